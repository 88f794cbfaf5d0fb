"""Cases: received at the door, reached by whoever may see them, their clock and their history.

What may be done with a case is the state machine of ``oms.domain.casework`` over the version it began under; the moves
themselves are ``case_moves``. A case of another desk's work (``subject_kind``) is moved by that desk (``case_follow``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from oms.domain.access import ROLE_ACTIONS, Action, Principal, Role, Target, decide, visibility
from oms.domain.case_clock import Pause, last_day, late_by, unsure_years, used_days
from oms.domain.casework import CaseState, Move, Position, begun
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.procedures import OWNER, RECEIVER, Procedure, Step, of_body
from oms.domain.records import HANOI
from oms.domain.working_days import Calendar
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import catalogues, days_off
from oms.services.house import What, note, require
from oms.services.zones import require_zone
from oms.store import cases as store
from oms.store import dossiers, people, procedures, units
from oms.store.case_tables import Case as Case
from oms.store.case_tables import CaseEvent, CasePaper, ProcedureVersion
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Account, Unit

LONGEST_TITLE = 300
LACKING = "chờ bổ sung giấy tờ còn thiếu"


@dataclass(frozen=True)
class NewCase:
    """A case as it is received. ``papers`` says how many copies of each paper asked for have come, by its place.

    ``lacking``: it is received although required papers are missing; its clock stands until they have come.
    """

    code: str
    title: str
    unit_id: int
    requester: str = ""
    dossier_id: str = ""
    secrecy: int = 0
    compartment: str = ""
    papers: Mapping[int, int] = field(default_factory=dict)
    lacking: bool = False
    subject: tuple[str, str] | None = None


def local_day(now: datetime) -> date:
    """Today in Ha Noi."""
    return now.astimezone(HANOI).date()


def procedure_of(version: ProcedureVersion) -> Procedure:
    """The version as the pure rules see it."""
    return _read(version.code, version.body, version.valid_from, version.valid_to)


@lru_cache(maxsize=256)
def _read(code: str, body: str, valid_from: date | None, valid_to: date | None) -> Procedure:
    """By its whole text, so never one that is not meant."""
    return of_body(code, json.loads(body), valid_from, valid_to)


def target_of(row: CaseRow) -> Target:
    """The case as the access rule sees it where it is in hand."""
    return Target(row.step_unit.path, row.case.secrecy, row.case.compartment, row.case.dossier_id or "")


def steers(principal: Principal, row: CaseRow) -> bool:
    """Whether this person steers the work of the unit in which the case is in hand, wherever it was received."""
    return decide(principal, Action.CASE_STEER, target_of(row)).allowed


def holds(principal: Principal, row: CaseRow) -> bool:
    """Whether the case is theirs to move: in their hand, in nobody's where they work, or where they steer the work."""
    if row.case.assignee_id in principal.persons or steers(principal, row):
        return True
    return row.case.assignee_id is None and decide(principal, Action.CASE_WORK, target_of(row)).allowed


def stale() -> Conflict:
    """Somebody else moved the case first."""
    error = Conflict()
    error.message_vi = (
        "Hồ sơ công việc này vừa được người khác xử lý. Thao tác của anh/chị chưa được ghi; hãy tải lại trang."
    )
    return error


def reached(uow: UnitOfWork, principal: Principal, case_id: str, verb: Verb, action: Action) -> CaseRow:
    """The case, if this person may do the action where it is. Refused when missing or hidden."""
    row = store.find(uow.session, visibility(principal, action), case_id)
    if row is None:
        raise Refused(verb, kind="case", object_id=case_id, reason="missing or not visible")
    return row


def calendar_of(uow: UnitOfWork, day: date) -> Calendar:
    """Days off about a day."""
    return days_off.calendar(catalogues.load(uow), day)


def unit_of(uow: UnitOfWork, case: Case, version: ProcedureVersion, step: Step) -> Unit:
    """The unit that does a step: the receiving one where its owner or the unit it names is not there."""
    named = {RECEIVER: None, OWNER: version.owner_unit_id}
    if step.unit in named:
        found = units.by_id(uow.session, named[step.unit] or case.unit_id)
    else:
        found = units.by_code(uow.session, step.unit)
    return found or uow.session.get_one(Unit, case.unit_id)


def set_clock(uow: UnitOfWork, case: Case, procedure: Procedure, now: datetime, act: str = "") -> None:
    """Counts the last days of the whole and of the step anew, from what happened to the case.

    ``act`` is what is about to be written of it: its row then tells the last day before and after.
    """
    happening = [CaseEvent(act=act, at=now)] if act else []
    wind(uow, case, procedure, store.pauses_of([*store.events_of(uow.session, case.id), *happening]), now)


def wind(uow: UnitOfWork, case: Case, procedure: Procedure, pauses: Sequence[Pause], now: datetime) -> None:
    """As :func:`set_clock`, with the pauses known: a case that begins has none."""
    calendar, kind = calendar_of(uow, local_day(now)), procedure.day_kind
    case.due = last_day(case.received_at, procedure.days, kind, pauses, calendar)
    step = procedure.step(case.step)
    case.step_due = last_day(case.step_at, step.days, kind, pauses, calendar)


def late_days(uow: UnitOfWork, case: Case, now: datetime) -> int:
    """Working days a case would be late by if it ended now."""
    today = local_day(now)
    return late_by(today, case.due, calendar_of(uow, today))


def close(uow: UnitOfWork, case: Case, state: CaseState, now: datetime) -> None:
    """Writes that a case has ended, how many working days it took, and how late it was."""
    today = local_day(now)
    pauses = store.pauses_of(store.events_of(uow.session, case.id))
    case.late_days = late_days(uow, case, now)
    case.used_days = used_days(case.received_at, now, pauses, calendar_of(uow, today))
    case.state, case.ended_at, case.ended_on = state, now, today
    case.version += 1


def unsure(uow: UnitOfWork, case: Case, now: datetime) -> tuple[int, ...]:
    """Years of the case's deadline whose days off the house has not entered: told, not guessed."""
    return unsure_years(case.received_on, case.due or local_day(now), days_off.known_years(catalogues.load(uow)))


def record(
    uow: UnitOfWork, principal: Principal | None, case: Case, act: str, now: datetime, **more: object
) -> CaseEvent:
    """Adds to a case's history what was done, and by whom for whom."""
    event = happened(uow, principal, case, act, now, **more)
    uow.session.flush()
    return event


def happened(
    uow: UnitOfWork, principal: Principal | None, case: Case, act: str, now: datetime, **more: object
) -> CaseEvent:
    """As :func:`record`, going to the database with whatever is written next."""
    event = CaseEvent(
        case_id=case.id,
        act=act,
        by=principal.account_id if principal else None,
        behalf=(principal.behalf_of or None) if principal else None,
        at=now,
        **{"from_step": case.step, "to_step": case.step, "due_before": case.due, **more},
    )
    uow.session.add(event)
    return event


def receive(uow: UnitOfWork, principal: Principal, new: NewCase, now: datetime) -> Case:
    """Receives a case under the version in force today. InvalidInput names what is missing."""
    unit, about = _place(uow, principal, new)
    day = local_day(now)
    version = procedures.in_force(uow.session, new.code, day)
    if version is None or version.kind != "procedure":
        raise InvalidInput("code", "Không có thủ tục nào mang mã này đang có hiệu lực.")
    procedure = procedure_of(version)
    lacking = lacks(procedure, new.papers)
    if lacking and not new.lacking:
        raise InvalidInput("papers", f"Còn thiếu giấy tờ bắt buộc: {'; '.join(lacking)}.")
    case = _made(uow, principal, new, (version, procedure), (unit, about), now)
    for place, paper in enumerate(procedure.papers):
        came = max(0, new.papers.get(place, 0))
        line = CasePaper(
            case_id=case.id,
            position=place,
            title=paper.title,
            type_code=paper.type_code,
            asked=paper.copies,
            required=paper.required,
            received=came,
            by=principal.account_id if came else None,
            at=now if came else None,
        )
        uow.session.add(line)
    set_clock(uow, case, procedure, now)
    given = {"unit_id": case.step_unit_id, "account_id": case.assignee_id}
    record(uow, principal, case, "receive", now, due_before=None, due_after=case.due, **given)
    if lacking:
        case.state, before = CaseState.SUSPENDED, case.due
        set_clock(uow, case, procedure, now, Move.SUSPEND)
        record(uow, principal, case, Move.SUSPEND, now, reason=LACKING, due_before=before, due_after=case.due)
    detail = {"code": case.code, "procedure": version.id, "lacking": len(lacking), "dossier": case.dossier_id}
    target = Target(unit.path, case.secrecy, case.compartment, case.dossier_id or "")
    note(uow, principal, Verb.CASE_RECEIVE, now, target=target, what=What("case", case.id, case.number), detail=detail)
    return case


def _place(uow: UnitOfWork, principal: Principal, new: NewCase) -> tuple[Unit, DossierRow | None]:
    """The unit that receives it and the dossier it is about, both within what the person may work on."""
    unit = units.by_id(uow.session, new.unit_id)
    view = visibility(principal, Action.CASE_WORK)
    about = dossiers.find_dossier(uow.session, view, new.dossier_id) if new.dossier_id else None
    if new.dossier_id and about is None:
        raise Refused(Verb.CASE_RECEIVE, kind="dossier", object_id=new.dossier_id, reason="missing or not visible")
    target = Target(unit.path if unit else "?", new.secrecy, new.compartment, new.dossier_id)
    require(principal, Action.CASE_WORK, Verb.CASE_RECEIVE, target, kind="unit", object_id=str(new.unit_id))
    assert unit is not None  # noqa: S101 - a missing one was refused
    require_zone(uow, max(new.secrecy, about.dossier.secrecy if about else 0))
    return unit, about


def missing(uow: UnitOfWork, case_id: str) -> list[str]:
    """Titles of required papers of a case that was seen of which copies are still to come."""
    return [
        each.title for each in store.papers_of(uow.session, case_id) if each.required and each.received < each.asked
    ]


def lacks(procedure: Procedure, came: Mapping[int, int]) -> list[str]:
    """Titles of the required papers of which fewer copies have come than are asked for."""
    return [
        paper.title
        for place, paper in enumerate(procedure.papers)
        if paper.required and came.get(place, 0) < paper.copies
    ]


def _made(
    uow: UnitOfWork,
    principal: Principal,
    new: NewCase,
    under: tuple[ProcedureVersion, Procedure],
    where: tuple[Unit, DossierRow | None],
    now: datetime,
) -> Case:
    (version, procedure), (unit, about) = under, where
    title = squashed(new.title)[:LONGEST_TITLE] or version.title
    if len(title) < 5:
        raise InvalidInput("title", "Hãy ghi tên việc, ít nhất 5 ký tự.")
    day, position = local_day(now), begun(procedure)
    serial = store.next_serial(uow.session, unit.id, day.year)
    case = Case(
        unit_id=unit.id,
        year=day.year,
        serial=serial,
        number=f"{unit.code}-{day.year}-{serial:05d}",
        procedure_id=version.id,
        code=version.code,
        title=title,
        requester=squashed(new.requester)[:200],
        dossier_id=new.dossier_id or None,
        secrecy=max(new.secrecy, about.dossier.secrecy if about else 0),
        compartment=new.compartment or (about.dossier.compartment if about else ""),
        subject_kind=new.subject[0] if new.subject else None,
        subject_id=new.subject[1] if new.subject else None,
        state=position.state,
        step=position.step,
        step_unit_id=unit.id,
        assignee_id=principal.account_id,
        received_at=now,
        received_on=day,
        step_at=now,
        created_by=principal.account_id,
    )
    uow.session.add(case)
    uow.session.flush()
    return case


def position_of(case: Case) -> Position:
    """Where a case stands, as the state machine sees it."""
    return Position(CaseState(case.state), case.step)


def fit(uow: UnitOfWork, row: CaseRow, unit: Unit, account_id: str, action: Action, now: datetime) -> Account:
    """The account, if its holder may work on the case in a unit. InvalidInput when not, whatever the reason is."""
    account = people.by_id(uow.session, account_id) if account_id else None
    if account is not None and account.active and account.vetted_at is not None:
        holder = people.principal_of(uow.session, account, today=local_day(now), now=now)
        if _fits(uow, row, unit, holder, action):
            return account
    raise InvalidInput("to_account", "Người này không xử lý được hồ sơ ở bước đó: hãy chọn người khác.")


def _fits(uow: UnitOfWork, row: CaseRow, unit: Unit, holder: Principal, action: Action) -> bool:
    about = row.case.dossier_id or ""
    if not decide(holder, action, Target(unit.path, row.case.secrecy, row.case.compartment, about)).allowed:
        return False
    return not about or dossiers.find_dossier(uow.session, visibility(holder, action), about) is not None


def seeing(uow: UnitOfWork, row: CaseRow, account_ids: Collection[str], now: datetime) -> set[str]:
    """Those of some accounts that may see the case as their rights are now: nobody else is told of it."""
    found = set()
    for account_id in set(account_ids) - {""}:
        account = people.by_id(uow.session, account_id)
        if account is None or not account.active or account.vetted_at is None:
            continue
        holder = people.principal_of(uow.session, account, today=local_day(now), now=now)
        if store.find(uow.session, visibility(holder, Action.CASE_WORK), row.case.id) is not None:
            found.add(account.id)
    return found


def candidates(uow: UnitOfWork, row: CaseRow, unit: Unit, action: Action, now: datetime) -> list[Account]:
    """Who may be given the case in a unit: active accounts reaching it whose level and areas allow it."""
    return candidates_in(uow, row, [(unit, action)], now)[0]


def candidates_in(
    uow: UnitOfWork, row: CaseRow, wanted: Sequence[tuple[Unit, Action]], now: datetime
) -> list[list[Account]]:
    """As :func:`candidates`, for several units and actions at once: each person's rights are read once."""
    found: list[list[Account]] = [[] for _each in wanted]
    for account in units.accounts_reaching(uow.session, [unit.path for unit, _action in wanted]):
        asked = [place for place, (_unit, action) in enumerate(wanted) if action in ROLE_ACTIONS[Role(account.role)]]
        if not asked or account.vetted_at is None:
            continue
        holder = people.principal_of(uow.session, account, today=local_day(now), now=now)
        for place in asked:
            unit, action = wanted[place]
            if _fits(uow, row, unit, holder, action):
                found[place].append(account)
    return [sorted(each, key=lambda account: account.display_name) for each in found]
