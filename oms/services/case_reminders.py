"""Reminders and escalation: every working morning of Ha Noi, of cases, steps, opinions and tasks due soon or late.

The mark is in the row itself (a case's event, a task's columns), written in the transaction of its notices: killed and
run again it tells nothing twice. Suspended cases are silent. A notice names only the number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from oms.domain.access import Action, Principal, Target, covers, decide
from oms.domain.case_clock import local_day
from oms.domain.dated_rows import NoSuchRow
from oms.domain.journal import Verb
from oms.domain.records import HANOI
from oms.domain.working_days import Calendar
from oms.services import catalogues, days_off, notices
from oms.services.casework import record
from oms.services.house import House, What, note
from oms.store import people, units
from oms.store import reminders as store
from oms.store.case_tables import CaseOpinion, Task
from oms.store.db import UnitOfWork
from oms.store.reminders import CaseLine, Mark
from oms.store.tables import Account, Unit

PORTION = 200
"""Things told of in one transaction, so that nobody waits for the morning's round."""
FROM_HOUR = 6
LEAD, AGAIN = "lead.case", "again.case"
"""Rules of the list ``quy_tac``: working days before a last day, and between two escalations."""
DEFAULTS = {LEAD: 2, AGAIN: 5}
SOON = Mark("remind", "Sắp đến hạn giải quyết")
LATE = Mark("escalate", "Quá hạn giải quyết")
STEP_SOON = Mark("remind", "Sắp đến hạn của bước")
STEP_LATE = Mark("remind", "Quá hạn của bước")
UNHELD = Mark("escalate", "Không còn ai giữ")
OPINION_SOON = Mark("remind", "Sắp đến hạn cho ý kiến")
OPINION_LATE = Mark("remind", "Quá hạn cho ý kiến")


@dataclass
class Round:
    """One portion: the day, its bounds, and who was looked at already."""

    uow: UnitOfWork
    now: datetime
    today: date
    soon: date
    since: date
    _holders: dict[str, Principal | None] = field(default_factory=dict)
    _reaching: dict[str, list[Account]] = field(default_factory=dict)

    @property
    def since_instant(self) -> datetime:
        """The end of the day up to which an escalation is old enough to be made again."""
        return datetime.combine(self.since + timedelta(days=1), time(), HANOI)

    def holder(self, account_id: str | None) -> Principal | None:
        """The person as the rule sees them; None for nobody, and for an account that is not active."""
        if account_id is None:
            return None
        if account_id not in self._holders:
            session, found = self.uow.session, None
            if (account := store.active(session, [account_id]).get(account_id)) is not None:
                found = people.principal_of(session, account, today=self.today, now=self.now)
            self._holders[account_id] = found
        return self._holders[account_id]

    def heads(self, action: Action, target: Target, but: str | None, *, nearest: bool) -> list[str]:
        """Active accounts that may steer there; the nearest ones only (whose scope lies deepest), or all above."""
        path = target.unit_path
        if path not in self._reaching:
            self._reaching[path] = units.accounts_reaching(self.uow.session, [path])
        found: dict[str, int] = {}
        for account in self._reaching[path]:
            head = self.holder(account.id)
            if account.id != but and head is not None and decide(head, action, target).allowed:
                found[account.id] = max(scope.count("/") for scope in head.scopes if covers(scope, path))
        deepest = max(found.values(), default=0)
        return [each for each, depth in found.items() if depth == deepest or not nearest]


def _rule(uow: UnitOfWork, code: str, day: date) -> int:
    try:
        return max(0, int(catalogues.load(uow).number(code, day)))
    except NoSuchRow:
        return DEFAULTS[code]


def _moved(day: date, number: int, step: int, calendar: Calendar) -> date:
    """So many working days after (``step`` 1) or before (-1) a day."""
    for _each in range(number):
        day += timedelta(days=step)
        while not calendar.works(day):
            day += timedelta(days=step)
    return day


def _round(uow: UnitOfWork, now: datetime) -> Round | None:
    """The round of this morning; None on a day off, and before the office opens."""
    today = local_day(now)
    calendar = days_off.calendar(catalogues.load(uow), today)
    if not calendar.works(today) or now.astimezone(HANOI).hour < FROM_HOUR:
        return None
    soon = _moved(today, _rule(uow, LEAD, today), 1, calendar)
    since = _moved(today, max(1, _rule(uow, AGAIN, today)), -1, calendar)
    return Round(uow, now, today, soon, since)


def due_today(house: House, now: datetime) -> bool:
    """Whether there is a round to be made now: a working morning of Ha Noi."""
    with house.look() as uow:
        return _round(uow, now) is not None


def remind(house: House, now: datetime) -> int:
    """One portion of the morning's round; returns how many things were told of, 0 when nothing is left."""
    parts: dict[str, Callable[[Round], int]] = {
        "late": _late,
        "soon": _soon,
        "step_late": _step_late,
        "step_soon": _step_soon,
        "opinions_late": _opinions_late,
        "opinions_soon": _opinions_soon,
        "tasks_late": _tasks_late,
        "tasks_soon": _tasks_soon,
    }
    for name, part in parts.items():
        if number := _portion(house, name, part, now):
            return number
    return _portion(house, "unheld", partial(_unheld, _gone(house, now)), now)


def _portion(house: House, name: str, part: Callable[[Round], int], now: datetime) -> int:
    with house.work(None, now) as uow:
        this = _round(uow, now)
        number = part(this) if this is not None else 0
        if number:
            detail = {"what": name, "told": number}
            note(uow, None, Verb.CASE_REMIND, now, what=What("case"), detail=detail)
    return number


Holding = tuple[str | None, int, int, str]


def _target(line: CaseLine) -> Target:
    case = line.case
    return Target(line.unit.path, case.secrecy, case.compartment, case.dossier_id or "")


def _sees(who: Principal | None, action: Action, line: CaseLine) -> bool:
    """Whether a person may do the action on a case: where it is, and where the dossier it is about is."""
    if who is None or not decide(who, action, _target(line)).allowed:
        return False
    dossier, home = line.dossier, line.home
    if dossier is None or home is None:
        return True
    return decide(who, action, Target(home.path, dossier.secrecy, dossier.compartment, dossier.id)).allowed


def _told(this: Round, line: CaseLine, mark: Mark, day: date | None, to: str | None = None) -> None:
    record(this.uow, None, line.case, mark.act, this.now, reason=mark.words, account_id=to, due_after=day)


def _tell(this: Round, to: list[str], kind: str, line: CaseLine) -> None:
    notices.tell(this.uow, to, kind, "case", line.case.id, line.case.number, this.now)


def _held_by(this: Round, line: CaseLine) -> list[str]:
    """Who has the case in hand and still sees it."""
    holder = this.holder(line.case.assignee_id)
    return [holder.account_id] if holder is not None and _sees(holder, Action.CASE_WORK, line) else []


def _heads(this: Round, line: CaseLine, *, nearest: bool) -> list[str]:
    found = this.heads(Action.CASE_STEER, _target(line), line.case.assignee_id, nearest=nearest)
    seeing = [each for each in found if _sees(this.holder(each), Action.CASE_STEER, line)]
    if not seeing and nearest:
        return _heads(this, line, nearest=False)
    return seeing


def _soon(this: Round) -> int:
    found = store.soon(this.uow.session, SOON, this.today, this.soon, PORTION)
    for line in found:
        _tell(this, _held_by(this, line), "case_due", line)
        _told(this, line, SOON, line.case.due, line.case.assignee_id)
    return len(found)


def _late(this: Round) -> int:
    """To the holder and the nearest heads when a case becomes late; to all above, too, each further time."""
    found = store.late(this.uow.session, LATE, this.today, this.since_instant, PORTION)
    for line in found:
        first = not store.told_before(this.uow.session, LATE, line.case)
        _tell(this, _held_by(this, line), "case_late", line)
        _tell(this, _heads(this, line, nearest=first), "case_escalated", line)
        _told(this, line, LATE, line.case.due, line.case.assignee_id)
    return len(found)


def _step_soon(this: Round) -> int:
    return _steps(
        this, STEP_SOON, "case_due", store.step_soon(this.uow.session, STEP_SOON, this.today, this.soon, PORTION)
    )


def _step_late(this: Round) -> int:
    return _steps(this, STEP_LATE, "case_late", store.step_late(this.uow.session, STEP_LATE, this.today, PORTION))


def _steps(this: Round, mark: Mark, kind: str, found: list[CaseLine]) -> int:
    for line in found:
        _tell(this, _held_by(this, line), kind, line)
        _told(this, line, mark, line.case.step_due, line.case.assignee_id)
    return len(found)


def _gone(house: House, now: datetime) -> list[Holding]:
    """Who has running cases in hand and may no longer work on them there; looked up beside the writers."""
    gone = []
    with house.look() as uow:
        this = _round(uow, now)
        if this is None:
            return []
        paths = {unit.id: unit.path for unit in units.everything(uow.session)}
        for each in store.holders(uow.session):
            holder = this.holder(each[0])
            target = Target(paths[each[1]], each[2], each[3])
            if holder is None or not decide(holder, Action.CASE_WORK, target).allowed:
                gone.append(each)
    return gone


def _unheld(gone: list[Holding], this: Round) -> int:
    """Nobody has it in hand, or whoever had it is gone, or no longer reaches it: its heads give it anew."""
    session = this.uow.session
    found = store.unheld(session, UNHELD, gone, this.since_instant, PORTION)
    for line in found:
        _tell(this, _heads(this, line, nearest=True), "case_unheld", line)
        _told(this, line, UNHELD, line.case.due, line.case.assignee_id)
    return len(found)


def _opinions_soon(this: Round) -> int:
    found = store.opinions(this.uow.session, OPINION_SOON, this.today, this.soon, PORTION)
    return _opinions(this, OPINION_SOON, found)


def _opinions_late(this: Round) -> int:
    found = store.opinions(this.uow.session, OPINION_LATE, None, this.today - timedelta(days=1), PORTION)
    return _opinions(this, OPINION_LATE, found)


def _opinions(this: Round, mark: Mark, found: list[tuple[CaseLine, CaseOpinion]]) -> int:
    for line, opinion in found:
        sees = _sees(this.holder(opinion.asked_of), Action.CASE_WORK, line)  # it may have been raised since
        _tell(this, [opinion.asked_of] if sees else [], "opinion_due", line)
        _told(this, line, mark, opinion.due, opinion.asked_of)
    return len(found)


def _task_owner(this: Round, task: Task, unit: Unit | None) -> list[str]:
    path = unit.path if unit else this.uow.session.get_one(Unit, task.unit_id).path
    owner = this.holder(task.owner_id)
    target = Target(path, task.secrecy, task.compartment)
    return [owner.account_id] if owner is not None and decide(owner, Action.TASK_WORK, target).allowed else []


def _tasks_soon(this: Round) -> int:
    found = store.tasks_soon(this.uow.session, this.today, this.soon, PORTION)
    for task in found:
        to = _task_owner(this, task, None)
        notices.tell(this.uow, to, "task_due", "task", task.id, task.number, this.now)
        task.soon_told = task.due
    return len(found)


def _tasks_late(this: Round) -> int:
    found = store.tasks_late(this.uow.session, this.today, this.since, PORTION)
    for task, unit in found:
        target = Target(unit.path, task.secrecy, task.compartment)
        first = task.late_told_on is None or (task.due is not None and task.late_told_on <= task.due)
        heads = this.heads(Action.TASK_MANAGE, target, task.owner_id, nearest=first)
        notices.tell(this.uow, _task_owner(this, task, unit), "task_due", "task", task.id, task.number, this.now)
        notices.tell(this.uow, heads, "task_late", "task", task.id, task.number, this.now)
        task.late_told_on = this.today
    return len(found)
