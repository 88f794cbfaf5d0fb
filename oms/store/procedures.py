"""The catalogue of procedures: versions, which one is in force on a day, proposals. No record stands here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from oms.domain.procedures import VersionState
from oms.store.case_tables import ProcedureProposal, ProcedureVersion
from oms.store.db import held

PUBLISHED = str(VersionState.PUBLISHED)


def by_id(session: Session, version_id: str) -> ProcedureVersion | None:
    """A version by its id."""
    return held(session, ProcedureVersion, version_id)


def versions(session: Session, code: str) -> list[ProcedureVersion]:
    """Every version of one row of the catalogue, newest first."""
    found = select(ProcedureVersion).where(ProcedureVersion.code == code).order_by(ProcedureVersion.version.desc())
    return list(session.scalars(found))


def in_force(session: Session, code: str, day: date) -> ProcedureVersion | None:
    """The published version that holds on a day; the newest when several do. Looked for once in a transaction.

    The one that was found stays right: what replaces it ends it first, and that is seen in its own row.
    """
    known: dict[tuple[str, date], ProcedureVersion] = session.info.setdefault("in_force", {})
    found = known.get((code, day))
    if found is None or found.state != PUBLISHED or not holds(found, day):
        fitting = [each for each in versions(session, code) if each.state == PUBLISHED and holds(each, day)]
        if not fitting:
            return None
        found = known[code, day] = fitting[0]
    return found


def holds(version: ProcedureVersion, day: date) -> bool:
    """Whether a version's days include a day."""
    begun = version.valid_from is None or version.valid_from <= day
    return begun and (version.valid_to is None or day <= version.valid_to)


def all_in_force(session: Session, day: date) -> list[ProcedureVersion]:
    """The version in force on a day of every row of the catalogue, by field and title."""
    statement = (
        select(ProcedureVersion)
        .where(
            ProcedureVersion.state == PUBLISHED,
            or_(ProcedureVersion.valid_from.is_(None), ProcedureVersion.valid_from <= day),
            or_(ProcedureVersion.valid_to.is_(None), ProcedureVersion.valid_to >= day),
        )
        .order_by(ProcedureVersion.version)
    )
    newest = {each.code: each for each in session.scalars(statement)}
    return sorted(newest.values(), key=lambda each: (each.field, each.folded, each.code))


def titles_in_force(session: Session, day: date, kind: str) -> list[tuple[str, str]]:
    """Code and title of what is in force on a day, of one kind, by title; bodies are not read."""
    statement = (
        select(ProcedureVersion.code, ProcedureVersion.title, ProcedureVersion.folded)
        .where(
            ProcedureVersion.state == PUBLISHED,
            ProcedureVersion.kind == kind,
            or_(ProcedureVersion.valid_from.is_(None), ProcedureVersion.valid_from <= day),
            or_(ProcedureVersion.valid_to.is_(None), ProcedureVersion.valid_to >= day),
        )
        .order_by(ProcedureVersion.version)
    )
    newest = {row.code: row for row in session.execute(statement)}
    return [(row.code, row.title) for row in sorted(newest.values(), key=lambda row: (row.folded, row.code))]


def of_ids(session: Session, version_ids: Sequence[str]) -> list[ProcedureVersion]:
    """Some versions by their ids."""
    return list(session.scalars(select(ProcedureVersion).where(ProcedureVersion.id.in_(list(version_ids)))))


def next_version(session: Session, code: str) -> int:
    """The number of a code's next version."""
    newest = session.scalar(select(func.max(ProcedureVersion.version)).where(ProcedureVersion.code == code))
    return (newest or 0) + 1


def draft_of(session: Session, code: str) -> ProcedureVersion | None:
    """The draft of a code's next version, if somebody began one."""
    return next((each for each in versions(session, code) if each.state == VersionState.DRAFT), None)


def proposals(session: Session, codes: Sequence[str] = (), state: str = "") -> list[ProcedureProposal]:
    """Proposals, newest first; of some codes and in one state when these are given."""
    statement = select(ProcedureProposal).order_by(ProcedureProposal.at.desc(), ProcedureProposal.id)
    if codes:
        statement = statement.where(ProcedureProposal.code.in_(list(codes)))
    if state:
        statement = statement.where(ProcedureProposal.state == state)
    return list(session.scalars(statement))


def taken_into(session: Session, code: str, version_id: str) -> list[ProcedureProposal]:
    """Proposals that were accepted and are worked into a version, or into none yet; oldest first."""
    accepted = ProcedureProposal.state == "taken"
    here = or_(ProcedureProposal.taken_id.is_(None), ProcedureProposal.taken_id == version_id)
    statement = select(ProcedureProposal).where(ProcedureProposal.code == code, accepted, here)
    return list(session.scalars(statement.order_by(ProcedureProposal.at, ProcedureProposal.id)))


def proposal(session: Session, proposal_id: str) -> ProcedureProposal | None:
    """A proposal by its id."""
    return session.get(ProcedureProposal, proposal_id)
