"""Lists of cases: my steps, the unit's, what is late or ended, the secret ones apart, the board by stage.

Every look is a row. Secret cases are shown where they were asked for, and only there: no other list counts them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, permits, visibility
from oms.domain.case_clock import days_left
from oms.domain.case_subjects import SUBJECTS
from oms.domain.casework import ENDED, CaseState
from oms.domain.journal import Verb
from oms.domain.procedures import Kind, Procedure, Stage
from oms.domain.working_days import Calendar
from oms.services import procedures as catalogue
from oms.services.casework import calendar_of, local_day, procedure_of
from oms.services.house import note, require_role
from oms.store import cases as store
from oms.store import people, procedures, units
from oms.store.case_tables import CaseOpinion, ProcedureVersion
from oms.store.cases import CaseRow, Counts
from oms.store.cases import Wanted as Wanted
from oms.store.db import UnitOfWork
from oms.store.units import Named

OF_DESKS = frozenset(subject.code for subject in SUBJECTS.values())
FIRST_OF_A_COLUMN = 12
LONGEST_WORDS = 100
STAGES = tuple(Stage)


@dataclass(frozen=True)
class Line:
    """A case as lists show it: where it stands, working days left (None: no last day, or ended)."""

    row: CaseRow
    step: str
    stage: Stage | None
    left: int | None


@dataclass(frozen=True)
class Asked:
    """An opinion that is waited for, with the case it is about."""

    opinion: CaseOpinion
    row: CaseRow
    left: int | None
    asker: str


@dataclass(frozen=True)
class Listing:
    """A page of a list of cases, how many there are, what the tabs count, opinions asked of the reader."""

    lines: tuple[Line, ...]
    total: int
    counts: Counts
    opinions: tuple[Asked, ...]


@dataclass(frozen=True)
class Column:
    """A column of the board: a stage, or None for what is suspended; how many stand in it, the first of them."""

    stage: Stage | None
    number: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Choices:
    """What lists can be narrowed by: procedures in force as (code, title), units in reach."""

    procedures: tuple[tuple[str, str], ...]
    units: tuple[Named, ...]


def hand_of(principal: Principal) -> str:
    """The account whose work is done: whoever's authority is used, else the person's own."""
    return principal.behalf_of or principal.account_id


def sees_secret(principal: Principal) -> bool:
    """Whether secret cases can be asked for at all."""
    return permits(principal, Action.CASE_WORK) and (principal.clearance > 0 or bool(principal.compartments))


def listing(
    uow: UnitOfWork,
    principal: Principal,
    wanted: Wanted,
    stage: Stage | None,
    limit: int,
    offset: int,
    now: datetime,
    *,
    opinions: bool = False,
) -> Listing:
    """Visible cases as asked for, narrowed to a stage or not; with the opinions asked of the reader, or not."""
    require_role(principal, Action.CASE_WORK, Verb.CASE_LIST)
    view, today = visibility(principal, Action.CASE_WORK), local_day(now)
    wanted = replace(wanted, today=today, words=" ".join(wanted.words.split())[:LONGEST_WORDS])
    if stage is not None:
        wanted = replace(wanted, steps=_steps_at(uow, principal, wanted, stage))
    rows, hand = store.first(uow.session, view, wanted, limit, offset), hand_of(principal)
    counts = store.counts(uow.session, view, wanted, hand, today)
    asked = store.asked_of(uow.session, view, hand, wanted.secret) if opinions and counts.opinions else []
    names = people.names_of(uow.session, {each.asked_by for each, _row in asked})
    calendar = calendar_of(uow, today)
    found = Listing(
        tuple(_line(row, today, calendar) for row in rows),
        counts.listed,
        counts,
        tuple(
            Asked(each, row, days_left(today, each.due, calendar), names.get(each.asked_by, "")) for each, row in asked
        ),
    )
    levels = [row.case.secrecy for row in rows] + [row.case.secrecy for _each, row in asked]
    _noted(uow, principal, wanted, {"shown": len(rows), "total": counts.listed, "opinions": len(asked)}, levels, now)
    return found


def _steps_at(uow: UnitOfWork, principal: Principal, wanted: Wanted, stage: Stage) -> tuple[tuple[str, str], ...]:
    """The steps of that stage at which cases stand, over the versions they run under."""
    groups = store.grouped(uow.session, visibility(principal, Action.CASE_WORK), wanted)
    stages = _stages(uow, {each.procedure_id for each in groups})
    found = {(each.procedure_id, each.step) for each in groups}
    return tuple(sorted(pair for pair in found if stages.get(pair) is stage))


def _stages(uow: UnitOfWork, version_ids: Iterable[str]) -> dict[tuple[str, str], Stage]:
    """Version and key of a step → its stage."""
    versions = procedures.of_ids(uow.session, sorted(set(version_ids)))
    return {(each.id, step.key): step.stage for each in versions for step in procedure_of(each).steps}


def lines_of(rows: Sequence[CaseRow], today: date, calendar: Calendar) -> list[Line]:
    """Visible cases as lists show them; whoever asks leaves the row of the journal."""
    return [_line(row, today, calendar) for row in rows]


def _line(
    row: CaseRow,
    today: date,
    calendar: Calendar,
    read: dict[str, Procedure] | None = None,
) -> Line:
    procedure = _read(row.procedure, {} if read is None else read)
    step = next((each for each in procedure.steps if each.key == row.case.step), None)
    left = None if row.case.state in ENDED else days_left(today, row.case.due, calendar)
    return Line(row, step.title if step else row.case.step, step.stage if step else None, left)


def _read(version: ProcedureVersion, known: dict[str, Procedure]) -> Procedure:
    if version.id not in known:
        known[version.id] = procedure_of(version)
    return known[version.id]


def board(uow: UnitOfWork, principal: Principal, wanted: Wanted, now: datetime) -> list[Column]:
    """Open cases of no level by stage, what is suspended last; each column counts exactly and shows the first few."""
    require_role(principal, Action.CASE_WORK, Verb.CASE_LIST)
    view, today = visibility(principal, Action.CASE_WORK), local_day(now)
    wanted = replace(wanted, state="open", secret=False, today=today)
    groups = store.grouped(uow.session, view, wanted)
    stages = _stages(uow, {each.procedure_id for each in groups})
    numbers: Counter[Stage | None] = Counter()
    for each in groups:
        numbers[_column(stages, each.procedure_id, each.step, each.state)] += each.number
    ids: defaultdict[Stage | None, list[str]] = defaultdict(list)
    for version, step, state, case_id in store.firsts(uow.session, view, wanted, FIRST_OF_A_COLUMN):
        place = ids[_column(stages, version, step, state)]
        if len(place) < FIRST_OF_A_COLUMN:
            place.append(case_id)
    rows = store.of_ids(uow.session, view, [case_id for place in ids.values() for case_id in place])
    calendar = calendar_of(uow, today)
    known: dict[str, Procedure] = {}

    def column(stage: Stage | None) -> Column:
        shown = [rows[case_id] for case_id in ids[stage] if case_id in rows]
        return Column(stage, numbers[stage], tuple(_line(row, today, calendar, known) for row in shown))

    detail = {"board": True, "shown": len(rows), "total": sum(numbers.values())}
    _noted(uow, principal, wanted, detail, [], now)
    return [column(stage) for stage in (*STAGES, None)]


def _column(stages: dict[tuple[str, str], Stage], version: str, step: str, state: str) -> Stage | None:
    return None if state == CaseState.SUSPENDED else stages.get((version, step), Stage.RECEIVE)


def _noted(
    uow: UnitOfWork,
    principal: Principal,
    wanted: Wanted,
    detail: Mapping[str, object],
    levels: Sequence[int],
    now: datetime,
) -> None:
    asked = {"state": wanted.state, "mine": bool(wanted.hand), "secret": wanted.secret, "code": wanted.code}
    asked |= {"since": wanted.since.isoformat() if wanted.since else ""}
    asked |= {"unit": wanted.unit_path, "asked": wanted.words, "dossier": wanted.dossier_id}
    target = Target(principal.unit_path, max(levels, default=0)) if wanted.secret else None
    note(uow, principal, Verb.CASE_LIST, now, target=target, detail={**asked, **detail})


def choices(uow: UnitOfWork, principal: Principal, now: datetime) -> Choices:
    """What a list can be narrowed by."""
    titles = procedures.titles_in_force(uow.session, local_day(now), Kind.PROCEDURE)
    view = visibility(principal, Action.CASE_WORK)
    return Choices(tuple(titles), units.named_within(uow.session, view))


def catalogue_for(uow: UnitOfWork, principal: Principal, words: str, now: datetime) -> list[catalogue.Line]:
    """Procedures in force under which a case can be received, by field and title, narrowed by words.

    Not those whose cases the desks begin themselves: the same work would be counted twice.
    """
    lines = catalogue.index(uow, principal, words, "", Kind.PROCEDURE, now)
    return [line for line in lines if line.procedure.steps and line.version.code not in OF_DESKS]
