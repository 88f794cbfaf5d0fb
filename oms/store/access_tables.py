"""The tables of who may not: the persons an account must keep away from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oms.store.db import UtcDateTime
from oms.store.tables import Base, new_id


class AccountKin(Base):
    """The person behind an account, or a relative: nobody reads or handles their own or their relatives' dossier.

    Matched against the register anew at each request – by the number of the citizen's card, else by folded name and
    birth date together – so that a dossier registered later is withheld at once. Ended, never deleted.
    """

    __tablename__ = "account_kin"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    relation: Mapped[str] = mapped_column(String(20))
    full_name: Mapped[str] = mapped_column(String(200), default="")
    folded_name: Mapped[str] = mapped_column(String(200), default="")
    birth_date: Mapped[str] = mapped_column(String(10), default="")
    citizen_id: Mapped[str] = mapped_column(String(12), default="")
    entered_by: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(32))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
