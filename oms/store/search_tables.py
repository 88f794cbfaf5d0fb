"""What the search reads of the records: the feed of what changed, and each filed paper's words as they were indexed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.tables import Base


class SearchFeed(Base):
    """Something of which what is searched, or who may find it, has changed; written by triggers alone.

    Numbers rise in the order of commits and are never given twice. ``what`` is a document, or the dossier, cadre or
    unit whose documents are meant. ``words``: what is searched changed too, not only who may find it and under what.
    ``token`` is drawn: a database that was put back may come to the same number again, not to the same token.
    """

    __tablename__ = "search_feed"
    __table_args__ = ({"sqlite_autoincrement": True},)
    number: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(10))
    object_id: Mapped[str] = mapped_column(String(32))
    words: Mapped[bool] = mapped_column(Boolean)
    token: Mapped[int | None] = mapped_column(BigInteger)


class DocumentText(Base):
    """The words of a filed paper as they were indexed: what snippets and phrases are read from. Goes with the paper."""

    __tablename__ = "document_texts"
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    names: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
