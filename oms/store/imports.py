"""Lists brought in: runs, remembered mappings, whom a list could double, and people and dossiers added in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.store import leases
from oms.store.bulk import add_rows
from oms.store.exchange_tables import ImportMapping, ImportRun
from oms.store.past_walls import for_a_rule
from oms.store.tables import Cadre, Dossier, Unit
from oms.store.visible import in_scope, visible

WORK_STATES = ("checking", "filing")


def _runs(view: Visibility) -> Select[ImportRun, Unit]:
    statement = select(ImportRun, Unit).join(Unit, Unit.id == ImportRun.unit_id)
    return statement.where(visible(view, Unit.path, ImportRun))


def find(session: Session, view: Visibility, run_id: str) -> tuple[ImportRun, Unit] | None:
    """A visible run with its unit."""
    found = session.execute(_runs(view).where(ImportRun.id == run_id)).first()
    return (found[0], found[1]) if found else None


def listed(session: Session, view: Visibility, limit: int, offset: int) -> tuple[list[tuple[ImportRun, Unit]], int]:
    """Visible runs, newest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(_runs(view).subquery())) or 0
    ordered = _runs(view).order_by(ImportRun.received_at.desc(), ImportRun.id).limit(limit).offset(offset)
    return [(run, unit) for run, unit in session.execute(ordered)], total


def same_file(session: Session, view: Visibility, sha256: str) -> ImportRun | None:
    """A visible run of the same bytes that was not cancelled; a filed one first."""
    statement = _runs(view).where(ImportRun.sha256 == sha256, ImportRun.state != "cancelled")
    found = session.execute(statement.order_by(ImportRun.filed_at.is_(None))).first()
    return found[0] if found else None


def add(session: Session, run: ImportRun) -> ImportRun:
    """Adds a run."""
    session.add(run)
    session.flush()
    return run


def waiting(session: Session, now: datetime) -> list[str]:
    """Runs a worker is wanted for and nobody has in hand, oldest first."""
    free = leases.free(leases.LIST, ImportRun.id, now)
    statement = select(ImportRun.id).where(ImportRun.state.in_(WORK_STATES), free)
    return list(session.scalars(statement.order_by(ImportRun.received_at)))


def in_work(session: Session, run_id: str) -> ImportRun | None:
    """A run in its worker's hands; None when it no longer wants one."""
    run = session.get(ImportRun, run_id)
    return run if run is not None and run.state in WORK_STATES else None


def remembered(session: Session, unit_id: int, signature: str) -> str:
    """The mapping a unit used last for lists with these headings; "" when there is none."""
    return session.scalar(_mapping(unit_id, signature)) or ""


def _mapping(unit_id: int, signature: str) -> Select[Any]:
    return select(ImportMapping.mapping).where(ImportMapping.unit_id == unit_id, ImportMapping.signature == signature)


def remember(session: Session, unit_id: int, signature: str, mapping: str, now: datetime) -> None:
    """Keeps the mapping for the next list with these headings."""
    wanted = (ImportMapping.unit_id == unit_id, ImportMapping.signature == signature)
    row = session.scalar(select(ImportMapping).where(*wanted))
    if row is None:
        row = ImportMapping(unit_id=unit_id, signature=signature)
        session.add(row)
    row.mapping, row.used_at = mapping, now
    session.flush()


class Known(NamedTuple):
    """Somebody registered, as far as a list could double them."""

    folded_name: str
    birth_date: str
    citizen_id: str
    old_id: str
    number: str


def known_people(session: Session, view: Visibility, block_paths: Sequence[str]) -> list[Known]:
    """Everybody with a visible dossier below some blocks."""
    below = [or_(Unit.path == path, Unit.path.like(f"{path}/%")) for path in block_paths]
    statement = (
        select(Cadre.folded_name, Cadre.birth_date, Cadre.citizen_id, Cadre.old_id, Dossier.number)
        .join(Dossier, Dossier.cadre_id == Cadre.id)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(visible(view, Unit.path, Dossier), or_(*below))
    )
    return [Known(*row) for row in session.execute(statement)]


@for_a_rule
def numbers_taken(session: Session, unit_ids: Sequence[int]) -> set[tuple[int, str]]:
    """The dossier numbers some units have given out; as a single registration, it asks whatever their level."""
    statement = select(Dossier.unit_id, Dossier.number).where(Dossier.unit_id.in_(list(unit_ids)))
    return {(unit_id, number) for unit_id, number in session.execute(statement)}


def units_by_code(session: Session, view: Visibility) -> dict[str, Unit]:
    """The units in scope by each code they are known by."""
    found: dict[str, Unit] = {}
    for unit in session.scalars(select(Unit).where(in_scope(view, Unit.path))):
        found |= {code.casefold(): unit for code in (unit.code, unit.code_party, unit.code_state) if code}
    return found


def register(session: Session, cadres: Sequence[Mapping[str, Any]], dossiers: Sequence[Mapping[str, Any]]) -> None:
    """Adds people and their first dossiers, given as the columns of their rows."""
    add_rows(session, Cadre, cadres)
    add_rows(session, Dossier, dossiers)


def given_up(session: Session) -> set[str]:
    """SHA-256 of every list that was given up before it was filed."""
    return set(session.scalars(select(ImportRun.sha256).where(ImportRun.state == "cancelled").distinct()))
