"""Facts and changes that rest on a paper, whatever their level: shown to nobody, lifted and ended with it."""

from __future__ import annotations

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from oms.store.record_tables import Change, ChangeItem, FactRow
from oms.store.tables import Document


def facts_on(session: Session, document_id: str) -> list[FactRow]:
    """The facts in force whose source is a paper, whatever their level; shown to nobody."""
    return list(session.scalars(select(FactRow).where(FactRow.document_id == document_id, FactRow.ended_at.is_(None))))


def proposed_on(session: Session, document_id: str) -> bool:
    """Whether a change that is not over yet rests on a paper."""
    items = select(ChangeItem.change_id).where(ChangeItem.document_id == document_id)
    named = or_(Change.id.in_(items), Change.decision_document_id == document_id)
    open_still = Change.state.in_(("draft", "waiting"))
    return session.scalar(select(Change.id).where(named, open_still).limit(1)) is not None


def rise(session: Session, document: Document) -> list[FactRow]:
    """Lifts the facts and changes that rest on a paper to its level and into its compartment; the facts lifted."""
    own = FactRow.document_id == document.id
    below = FactRow.secrecy < document.secrecy
    if document.compartment:
        below = or_(below, FactRow.compartment == "")
    lifted = list(session.scalars(select(FactRow).where(own, below)))
    for fact in lifted:
        fact.secrecy = max(fact.secrecy, document.secrecy)
        fact.compartment = fact.compartment or document.compartment
    items = select(ChangeItem.change_id).where(ChangeItem.document_id == document.id)
    named = or_(Change.id.in_(items), Change.decision_document_id == document.id)
    session.execute(update(Change).where(named, Change.secrecy < document.secrecy).values(secrecy=document.secrecy))
    if document.compartment:
        session.execute(update(Change).where(named, Change.compartment == "").values(compartment=document.compartment))
    session.flush()
    return lifted
