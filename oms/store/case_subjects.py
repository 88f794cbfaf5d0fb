"""Cases that follow the work of other desks, or what they are about: asked for by the program, shown to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from oms.domain import consultations
from oms.store.case_tables import Case
from oms.store.cases import OPEN
from oms.store.consultation_tables import Consultation
from oms.store.custody_tables import Transfer

TRANSFERS = ("transfer_out", "transfer_in")


def about_dossier(session: Session, dossier_id: str) -> list[Case]:
    """Every case about a dossier, ended ones too, and those of its transfers: for its level, shown to nobody."""
    moving = select(Transfer.id).where(Transfer.dossier_id == dossier_id)
    theirs = and_(Case.subject_kind.in_(TRANSFERS), Case.subject_id.in_(moving))
    return list(session.scalars(select(Case).where(or_(Case.dossier_id == dossier_id, theirs))))


def open_about(session: Session, dossier_id: str) -> list[Case]:
    """The cases about a dossier that have not ended, of this office's own work and of other desks'."""
    return list(session.scalars(select(Case).where(Case.dossier_id == dossier_id, Case.state.in_(OPEN))))


def lapsed_consultations(session: Session, today: date, limit: int) -> Sequence[str]:
    """Ids of consultations nobody decided before their days were over, whose case still runs."""
    statement = (
        select(Consultation.id)
        .join(Case, and_(Case.subject_kind == "consultation", Case.subject_id == Consultation.id))
        .where(Case.state.in_(OPEN), Consultation.state.in_(consultations.OPEN), Consultation.last_day < today)
    )
    return list(session.scalars(statement.limit(limit)))
