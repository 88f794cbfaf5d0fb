"""Figures of cases: counted in SQL by unit, procedure or person, and the very cases behind each; within a visibility.

General figures are the same for everybody who may see the units: they count what has no level, lies in no restricted
area, and is about no dossier that has or does. All else is counted apart, for those who may see it and ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, and_, exists, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session

from oms.domain.access import Visibility
from oms.domain.casework import ENDED
from oms.domain.figures import Work
from oms.store.case_tables import Case, ProcedureVersion
from oms.store.tables import Account, Dossier, Unit
from oms.store.visible import apart_from_units, in_scope, on_general_lists

NOBODY = "-"
"""In place of an account: cases that are in nobody's hand."""
ELSEWHERE = "khac"
"""In place of a unit: cases received outside one's units that are in hand inside them."""
KEYS: dict[str, Any] = {
    "unit": literal_column("cases.unit_id + 0", Integer),
    "procedure": literal_column("cases.code || ''", String),
    "person": literal_column("cases.assignee_id || ''", String),
}
"""What is counted by. Not the bare columns: SQLite would walk their index for the groups, and every row with it."""


@dataclass(frozen=True)
class Wanted:
    """Which cases are counted: of a unit and all below it (or it alone), a procedure, a person; from day to day.

    ``closing`` is the day on which what is in hand is counted. ``secret``: what general figures leave out.
    """

    first: date
    last: date
    closing: date
    unit_path: str = ""
    own: bool = False
    code: str = ""
    person: str = ""
    secret: bool = False


def general(view: Visibility) -> Visibility:
    """The view of general figures: nothing of a level, nothing of a restricted area."""
    return replace(view, secrecy=min(view.secrecy, 0), compartments=frozenset())


class Ground:
    """The cases a question is about, as conditions that every count and every list of it share."""

    def __init__(self, session: Session, view: Visibility, wanted: Wanted) -> None:
        plain = general(view)
        everywhere = not session.scalar(select(exists(select(Unit.id).where(not_(in_scope(view, Unit.path))))))
        seen = self._seen(view if wanted.secret else plain, everywhere)
        open_to_all = on_general_lists(Case)
        if wanted.secret:
            dull = and_(open_to_all, _of_dossier(plain, everywhere))
            seen.append(not_(dull))
        else:
            seen.append(open_to_all)
        self.conditions: list[ColumnElement[bool]] = [*seen, *_narrowed(view, wanted)]

    @staticmethod
    def _seen(view: Visibility, everywhere: bool) -> list[ColumnElement[bool]]:
        """The rule of ``cases.seen``, in a form that costs little for very many rows."""
        seen = [apart_from_units(view, Case), _of_dossier(view, everywhere)]
        if everywhere:
            return seen
        inside = select(Unit.id).where(in_scope(view, Unit.path))
        return [or_(Case.unit_id.in_(inside), Case.step_unit_id.in_(inside)), *seen]


def _of_dossier(view: Visibility, everywhere: bool) -> ColumnElement[bool]:
    """About no dossier, or about one that is seen; figures, like lists, know of no emergency.

    Where every unit is in scope, the few dossiers that are hidden are asked for, else those of the units in scope.
    """
    apart = apart_from_units(view, Dossier)
    if everywhere:
        seen = Case.dossier_id.not_in(select(Dossier.id).where(not_(apart)))
    else:
        units = select(Unit.id).where(in_scope(view, Unit.path))
        seen = Case.dossier_id.in_(select(Dossier.id).where(Dossier.unit_id.in_(units), apart))
    return or_(Case.dossier_id.is_(None), seen)


def _narrowed(view: Visibility, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unit_path == ELSEWHERE:
        found.append(Case.unit_id.not_in(select(Unit.id).where(in_scope(view, Unit.path))))
    elif wanted.unit_path:
        of_unit = Unit.path == wanted.unit_path
        if not wanted.own:
            of_unit = or_(of_unit, Unit.path.like(f"{wanted.unit_path}/%"))
        found.append(Case.unit_id.in_(select(Unit.id).where(of_unit)))
    if wanted.code:
        found.append(Case.code == wanted.code)
    if wanted.person:
        found.append(Case.assignee_id.is_(None) if wanted.person == NOBODY else Case.assignee_id == wanted.person)
    return found


def _still(wanted: Wanted) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """In hand at the end of the closing day: not ended at all, or ended later."""
    return (
        and_(Case.ended_on.is_(None), Case.received_on <= wanted.closing),
        and_(Case.ended_on > wanted.closing, Case.received_on <= wanted.closing),
    )


def measured(measure: str, wanted: Wanted) -> ColumnElement[bool]:
    """The condition of one count; KeyError for what is no count of cases."""
    ended = Case.ended_on.between(wanted.first, wanted.last)
    issued = and_(ended, Case.state == "issued")
    in_hand = or_(*_still(wanted))
    conditions: dict[str, ColumnElement[bool]] = {
        "received": Case.received_on.between(wanted.first, wanted.last),
        "ended": and_(ended, Case.state.in_(sorted(ENDED))),
        "on_time": and_(issued, Case.late_days == 0),
        "late": and_(issued, Case.late_days > 0),
        "refused": and_(ended, Case.state == "refused"),
        "withdrawn": and_(ended, Case.state == "withdrawn"),
        "in_hand": in_hand,
        "in_hand_late": and_(in_hand, Case.due < wanted.closing),
    }
    return conditions[measure]


def counted(session: Session, view: Visibility, wanted: Wanted, by: str) -> dict[Any, Work]:
    """The figures by unit id, procedure code or account id (None: in nobody's hand)."""
    ground, key = Ground(session, view, wanted).conditions, KEYS[by]
    found: dict[Any, Work] = {}
    received = select(key, func.count()).where(measured("received", wanted), *ground).group_by(key)
    for name, number in session.execute(received):
        found.setdefault(name, Work()).received += number
    parts = (key, Case.state, Case.late_days > 0, Case.used_days)
    ended = select(*parts, func.count()).where(measured("ended", wanted), *ground).group_by(*parts)
    for name, state, late, days, number in session.execute(ended):
        found.setdefault(name, Work()).add(state, bool(late), days, number)
    overdue = func.count().filter(Case.due < wanted.closing)
    for still in _still(wanted):
        for name, number, late in session.execute(
            select(key, func.count(), overdue).where(still, *ground).group_by(key)
        ):
            work = found.setdefault(name, Work())
            work.in_hand += number
            work.in_hand_late += late
    return found


def by_day(session: Session, view: Visibility, wanted: Wanted) -> dict[date, tuple[int, int]]:
    """How many cases were received and how many ended on each day of the period that has any."""
    ground = Ground(session, view, wanted).conditions
    found: dict[date, list[int]] = {}
    for place, (column, measure) in enumerate(((Case.received_on, "received"), (Case.ended_on, "ended"))):
        statement = select(column, func.count()).where(measured(measure, wanted), *ground).group_by(column)
        for day, number in session.execute(statement):
            if day is not None:
                found.setdefault(day, [0, 0])[place] += number
    return {day: (numbers[0], numbers[1]) for day, numbers in found.items()}


@dataclass(frozen=True)
class Counted:
    """A case behind a figure, with its procedure, the unit that received it and who has or had it last."""

    case: Case
    procedure: ProcedureVersion
    unit: Unit
    holder: Account | None


def listed(
    session: Session, view: Visibility, wanted: Wanted, measure: str, limit: int, offset: int
) -> tuple[list[Counted], int]:
    """The cases one figure counts, by day, and how many: never another number than the figure's."""
    where = (measured(measure, wanted), *Ground(session, view, wanted).conditions)
    total = session.scalar(select(func.count()).select_from(Case).where(*where)) or 0
    day = Case.received_on if measure == "received" else Case.due if measure.startswith("in_hand") else Case.ended_on
    statement = (
        select(Case, ProcedureVersion, Unit, Account)
        .join(ProcedureVersion, ProcedureVersion.id == Case.procedure_id)
        .join(Unit, Unit.id == Case.unit_id)
        .outerjoin(Account, Account.id == Case.assignee_id)
        .where(*where)
        .order_by(day.is_(None), day, Case.number, Case.id)
    )
    rows = session.execute(statement.limit(limit).offset(offset))
    return [Counted(row[0], row[1], row[2], row[3]) for row in rows], total


def highest(session: Session, view: Visibility, wanted: Wanted) -> int:
    """The highest level of the open or ended cases such figures may be of: what a file of them is marked with."""
    if not wanted.secret:
        return 0
    where = Ground(session, view, wanted).conditions
    within = or_(measured("received", wanted), measured("ended", wanted), measured("in_hand", wanted))
    return session.scalar(select(func.max(Case.secrecy)).where(within, *where)) or 0


def titles(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The newest published title of some procedures."""
    statement = (
        select(ProcedureVersion.code, ProcedureVersion.title)
        .where(ProcedureVersion.code.in_(sorted(codes)), ProcedureVersion.state == "published")
        .order_by(ProcedureVersion.version)
    )
    return {code: title for code, title in session.execute(statement)}


def procedures_counted(session: Session) -> Sequence[tuple[str, str]]:
    """Code and title of every procedure of the catalogue that is or was in force, by title."""
    statement = (
        select(ProcedureVersion.code, ProcedureVersion.title)
        .where(ProcedureVersion.state == "published", ProcedureVersion.kind == "procedure")
        .order_by(ProcedureVersion.version)
    )
    newest = {code: title for code, title in session.execute(statement)}
    return sorted(newest.items(), key=lambda each: each[1])
