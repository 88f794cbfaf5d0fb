"""What the model of document types may learn from: filed papers without a level, as far as their first pages go."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from oms.domain.records import DocumentState
from oms.store.tables import Document, Page


def confirmed_number(session: Session) -> int:
    """How many papers a person has filed that may be learned from."""
    return session.scalar(select(func.count()).select_from(Document).where(*_learnable())) or 0


def confirmed_pages(session: Session, per_type: int) -> list[tuple[str, str]]:
    """(type, first page) of the newest filed papers, at most ``per_type`` of each type."""
    rank = func.row_number().over(partition_by=Document.type_code, order_by=Document.filed_at.desc())
    ranked = (
        select(Document.type_code, Page.id, rank.label("rank"))
        .join(Page, (Page.document_id == Document.id) & (Page.position == 1))
        .where(*_learnable(), Page.blank.is_(False))
        .subquery()
    )
    statement = select(ranked.c.type_code, ranked.c.id).where(ranked.c.rank <= per_type)
    return [(code, page) for code, page in session.execute(statement.order_by(ranked.c.id))]


def _learnable() -> tuple[ColumnElement[bool], ...]:
    # weights of words could tell of the papers they came from: nothing of a level or a compartment goes in
    return Document.state == DocumentState.FILED, Document.secrecy == 0, Document.compartment == ""
