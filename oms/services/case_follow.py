"""Cases of the work of other desks: begun, moved and ended by what those desks do, in the transaction of their write.

Nobody is asked for a right here and no journal row is written: the desk asked and wrote its own. Who did it stands in
the history of the case. Where the house has ended the procedure, or the work began before there were cases, the desk
works on without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from oms.domain.access import Action, Principal, permits, visibility
from oms.domain.case_clock import days_left
from oms.domain.case_subjects import ENDING, LAPSED, SUBJECT_LABELS, SUBJECTS, BatchStep, step_at, towards
from oms.domain.casework import ENDED, CaseState
from oms.domain.procedures import Kind, Procedure, Stage
from oms.domain.records import HANOI
from oms.domain.secrecy import fallen
from oms.services import casework
from oms.services.accounts import FOLDER_ACCOUNT
from oms.services.casework import LONGEST_TITLE, calendar_of, happened, local_day, procedure_of, record, unit_of
from oms.services.house import House
from oms.store import case_subjects as store
from oms.store import cases, desk, people, procedures
from oms.store.case_tables import Case, ProcedureVersion
from oms.store.db import UnitOfWork
from oms.store.record_tables import Change
from oms.store.row_security import every_case
from oms.store.tables import Batch, Dossier, Scan, Unit, new_id

OWN_LEVEL = ("change", "supplement", "declassify")
"""Kinds whose level is their desk's: it does not fall with the dossier's."""
SWEPT_AT_ONCE = 500


@dataclass(frozen=True)
class Begun:
    """A piece of work as its desk begins it, in one of the desk's states.

    ``of`` says in neutral words of what ("hồ sơ số 12"). ``holder`` has it in hand, "" nobody yet. ``due`` is the
    desk's own last day (``Subject.own_day``); ``received_on`` the day it came in, where it is entered later.
    """

    kind: str
    subject_id: str
    state: str
    unit_id: int
    of: str = ""
    dossier_id: str = ""
    secrecy: int = 0
    compartment: str = ""
    holder: str = ""
    by: str = ""
    due: date | None = None
    received_on: date | None = None


def about(kind: str, subject_id: str, state: str, dossier: Dossier, holder: str = "", due: date | None = None) -> Begun:
    """Work about one dossier, at its level and in its unit."""
    return Begun(
        kind, subject_id, state, dossier.unit_id, f"hồ sơ số {dossier.number}", dossier.id,
        dossier.secrecy, dossier.compartment, holder, due=due,
    )  # fmt: skip


def begin(uow: UnitOfWork, principal: Principal | None, begun: Begun, now: datetime) -> Case | None:
    """Opens the case of a piece of work; None where the house has no version of its procedure in force.

    ``principal`` None is the program, which then says in ``begun.by`` whose work it is.
    """
    subject = SUBJECTS[begun.kind]
    version = procedures.in_force(uow.session, subject.code, local_day(now))
    if version is None or version.kind != Kind.PROCEDURE:
        return None
    procedure, place = procedure_of(version), subject.places[begun.state]
    with every_case(uow.session):
        case = _opened(uow, begun, version, principal.account_id if principal else begun.by, now)
        step = step_at(procedure, place if isinstance(place, Stage) else Stage.ISSUE)
        case.step, case.step_unit_id = step.key, unit_of(uow, case, version, step).id
        _set_clock(uow, case, procedure, begun.due, now)
        uow.session.add(case)  # goes to the database with its first event and others: many may begin in one transaction
        where = {"unit_id": case.step_unit_id, "account_id": case.assignee_id}
        days = {"due_before": None, "due_after": case.due}
        happened(uow, principal, case, "receive", now, **days, **where)
        if isinstance(place, CaseState):
            _end(uow, principal, case, place, "", now)
    return case


def _hand(uow: UnitOfWork, account_id: str) -> str | None:
    """Who has it in hand: nobody yet, where it came in through the intake folder, whose account is no person."""
    account = people.by_id(uow.session, account_id) if account_id else None
    return account.id if account is not None and account.username != FOLDER_ACCOUNT else None


def _opened(uow: UnitOfWork, begun: Begun, version: ProcedureVersion, by: str, now: datetime) -> Case:
    """The row of a new case, not in the database yet and at no step."""
    unit, today = uow.session.get_one(Unit, begun.unit_id), local_day(now)
    day = begun.received_on or today
    serial = cases.next_serial(uow.session, unit.id, today.year)
    return Case(
        id=new_id(),
        unit_id=unit.id,
        year=today.year,
        serial=serial,
        number=f"{unit.code}-{today.year}-{serial:05d}",
        procedure_id=version.id,
        code=version.code,
        title=", ".join(filter(None, (SUBJECT_LABELS[begun.kind], begun.of)))[:LONGEST_TITLE],
        dossier_id=begun.dossier_id or None,
        secrecy=begun.secrecy,
        compartment=begun.compartment,
        subject_kind=begun.kind,
        subject_id=begun.subject_id,
        state=CaseState.RUNNING,
        assignee_id=_hand(uow, begun.holder),
        received_at=now if day == today else datetime.combine(day, time(12), HANOI),
        received_on=day,
        step_at=now,
        version=1,
        late_reason="",
        late_days=0,
        created_by=by,
    )


def _set_clock(uow: UnitOfWork, case: Case, procedure: Procedure, due: date | None, now: datetime) -> None:
    """One last day: the desk's own where it has one, else that of the procedure."""
    if SUBJECTS[case.subject_kind or ""].own_day:
        case.due, case.step_due = due or case.due, None
    else:
        casework.wind(uow, case, procedure, (), now)


def follow(
    uow: UnitOfWork,
    principal: Principal | None,
    kind: str,
    subject_id: str,
    state: str,
    now: datetime,
    *,
    holder: str = "",
    due: date | None = None,
) -> Case | None:
    """Takes the case of a piece of work to where the desk's state says, into ``holder``'s hand ("" nobody's).

    None when it has no case, or its case has ended. KeyError for a state that is none of the desk's.
    """
    subject = SUBJECTS.get(kind)
    if subject is None:
        return None
    with every_case(uow.session):
        case = cases.of_subject(uow.session, kind, subject_id)
        if case is None or case.state in ENDED:
            return None
        place = subject.places[state]
        if isinstance(place, CaseState):
            _end(uow, principal, case, place, "Quá hạn, không được xét" if state == LAPSED else "", now)
        else:
            _to_stage(uow, principal, case, place, holder, due, now)
        uow.session.flush()
    return case


def _to_stage(
    uow: UnitOfWork,
    principal: Principal | None,
    case: Case,
    stage: Stage,
    holder: str,
    due: date | None,
    now: datetime,
) -> None:
    version = uow.session.get_one(ProcedureVersion, case.procedure_id)
    procedure = procedure_of(version)
    step, before, before_due = step_at(procedure, stage), case.step, case.due
    redated, hand = due is not None and due != case.due, _hand(uow, holder)
    if step.key == before and case.assignee_id == hand and not redated:
        return
    unit = unit_of(uow, case, version, step) if step.key != before else uow.session.get_one(Unit, case.step_unit_id)
    case.step, case.step_unit_id, case.assignee_id = step.key, unit.id, hand
    case.step_at = now if step.key != before else case.step_at
    case.version += 1
    # no hand suspends a case that follows: its clock has no pauses
    act = towards(procedure, before, step.key) if step.key != before else "assign"
    words = f"Hạn mới: {due:%d/%m/%Y}" if redated and due else ""
    _set_clock(uow, case, procedure, due, now)
    where = {"from_step": before, "to_step": step.key, "unit_id": unit.id, "account_id": case.assignee_id}
    days = {"due_before": before_due, "due_after": case.due}
    record(uow, principal, case, act, now, reason=words, **days, **where)


def _end(uow: UnitOfWork, principal: Principal | None, case: Case, state: CaseState, words: str, now: datetime) -> None:
    """Ends a case, in the hand of whoever ended it. A late one is not asked why: that may be written afterwards."""
    if principal is not None:
        case.assignee_id = principal.account_id
    casework.close(uow, case, state, now)
    record(uow, principal, case, ENDING[state], now, reason=words, account_id=case.assignee_id, due_after=case.due)


def batch_went_on(uow: UnitOfWork, principal: Principal | None, scan: Scan, now: datetime) -> None:
    """A paper of a batch was filed, set aside or taken back: all of it is filed now, or there is work left."""
    batch = uow.session.get_one(Batch, scan.batch_id)
    left = desk.open_papers_of_batch(uow.session, batch.id)
    holder = batch.operator_id or batch.created_by
    follow(uow, principal, "batch", batch.id, BatchStep.WORKING if left else BatchStep.FILED, now, holder=holder)


def of_change(change: Change) -> tuple[str, str]:
    """Kind and id of the case a change moves; ("", "") for one made of a person's request, which has its own."""
    if change.request_id:
        return "", ""
    return ("supplement" if change.supplement_id else "change"), change.id


def now_about(
    uow: UnitOfWork, kind: str, subject_id: str, dossier: Dossier | None, level: tuple[int, str] | None = None
) -> None:
    """Says which dossier a piece of work is about from now on (None: of no dossier any more), or its new level.

    A case never lies below its dossier; without a dossier it keeps the level it had.
    """
    with every_case(uow.session):
        case = cases.of_subject(uow.session, kind, subject_id) if kind else None
        if case is None:
            return
        case.dossier_id = dossier.id if dossier else None
        secrecy, area = level or (case.secrecy, case.compartment)
        case.secrecy = max(secrecy, dossier.secrecy if dossier else 0)
        case.compartment = area or (dossier.compartment if dossier else "")
        uow.session.flush()


def dossier_relevelled(uow: UnitOfWork, dossier: Dossier, before: tuple[int, str]) -> int:
    """A dossier has another level: no case about it stays below; what had its level from it falls. How many moved."""
    moved = 0
    with every_case(uow.session):
        for case in store.about_dossier(uow.session, dossier.id):
            held = case.secrecy, case.compartment
            falls = case.subject_kind not in OWN_LEVEL
            level = fallen(case.secrecy, before[0], dossier.secrecy) if falls else case.secrecy
            area = dossier.compartment if falls and case.compartment == before[1] else case.compartment
            case.secrecy, case.compartment = max(level, dossier.secrecy), area or dossier.compartment
            moved += held != (case.secrecy, case.compartment)
        uow.session.flush()
    return moved


def dossier_moved(uow: UnitOfWork, principal: Principal | None, dossier: Dossier, now: datetime) -> None:
    """A dossier lies in another unit: other desks' open work on it goes with it, into nobody's hand."""
    with every_case(uow.session):
        for case in store.open_about(uow.session, dossier.id):
            if case.subject_kind and case.step_unit_id != dossier.unit_id:
                case.step_unit_id, case.assignee_id = dossier.unit_id, None
                case.version += 1
                record(uow, principal, case, "assign", now, unit_id=dossier.unit_id, due_after=case.due)
        uow.session.flush()


def own_work_on(uow: UnitOfWork, dossier_id: str) -> bool:
    """Whether a case of this office's own, which no desk would take along, still runs about a dossier."""
    with every_case(uow.session):
        return any(not case.subject_kind for case in store.open_about(uow.session, dossier_id))


def sweep(house: House, now: datetime) -> int:
    """Ends the cases of consultations that nobody decided in time: no hand does, only time. How many."""
    with house.look() as uow:
        if not store.lapsed_consultations(uow.session, local_day(now), 1):
            return 0
    with house.work(None, now) as uow:
        lapsed = store.lapsed_consultations(uow.session, local_day(now), SWEPT_AT_ONCE)
        for consultation_id in lapsed:
            follow(uow, None, "consultation", consultation_id, LAPSED, now)
    return len(lapsed)


def where(case: Case) -> tuple[str, str]:
    """Kind and id of the work of another desk a case follows; ("", "") for this office's own."""
    return case.subject_kind or "", case.subject_id or ""


@dataclass(frozen=True)
class Line:
    """The case of a piece of work, as its desk's page names it. ``left``: working days, below 0 when late.

    ``own_day``: its last day is one that the desk's page knows, so it is told as that day and not counted anew.
    """

    case_id: str
    number: str
    state: str
    due: date | None
    left: int | None
    own_day: bool


def line(uow: UnitOfWork, principal: Principal, kind: str, subject_id: str, now: datetime) -> Line | None:
    """The case of work the person has open, if they may see cases there; the page's own journal row tells of it."""
    if not kind or not permits(principal, Action.CASE_WORK):
        return None
    case = cases.of_subject(uow.session, kind, subject_id)
    row = cases.find(uow.session, visibility(principal, Action.CASE_WORK), case.id) if case else None
    if row is None:
        return None
    today = local_day(now)
    left = days_left(today, row.case.due, calendar_of(uow, today))
    return Line(row.case.id, row.case.number, row.case.state, row.case.due, left, SUBJECTS[kind].own_day)


def line_of_change(uow: UnitOfWork, principal: Principal, change: Change, now: datetime) -> Line | None:
    """As :func:`line`, of a change: of the request it was made of, where that is its case."""
    kind, subject_id = of_change(change)
    return line(uow, principal, kind or "request", subject_id or change.request_id or "", now)
