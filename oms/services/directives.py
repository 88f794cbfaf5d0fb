"""Directives: a conclusion or document entered with the tasks it brings, changed, closed, withdrawn; lists with ratios.

A task is given to a unit and to somebody who reaches that unit and may see its level. Counts are of what the reader
sees; secret directives stay off the general lists, ratios and briefings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, decide, visibility
from oms.domain.case_clock import local_day
from oms.domain.catalogue import COMPARTMENTS, DOCUMENT_TYPES
from oms.domain.directives import Tally, TaskLine, due_of
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Refused
from oms.services import notices, zones
from oms.services.house import What, note, note_each, require, require_role
from oms.store import destruction, papers, people, units
from oms.store import directives as store
from oms.store.case_tables import Directive, Task, TaskReport
from oms.store.db import UnitOfWork
from oms.store.directives import DirectiveRow, TaskRow
from oms.store.directives import Wanted as Wanted
from oms.store.past_walls import past_walls
from oms.store.tables import Account, Unit

LONGEST_NUMBER, LONGEST_TITLE, LONGEST_TASK = 50, 500, 300
LEAST, LEAST_REASON = 5, 5
MOST_AT_ONCE = 2000
_ID = re.compile(r"\b[0-9a-f]{32}\b")
UNFIT = "Người này không nhận được nhiệm vụ của đơn vị đó: hãy chọn người khác."


@dataclass(frozen=True)
class NewDirective:
    """A directive as typed. ``paper``: the address of the filed document's page, or its id; "" for none."""

    number: str
    title: str
    unit_id: int
    kind: str = ""
    issuer: str = ""
    issued_on: date | None = None
    secrecy: int = 0
    compartment: str = ""
    paper: str = ""


@dataclass(frozen=True)
class Listing:
    """A page of directives, how many there are, and the sum of their tasks."""

    rows: list[DirectiveRow]
    total: int
    tally: Tally


@dataclass(frozen=True)
class View:
    """One directive with a page of its tasks: names of owners, newest words of each, and who may change it."""

    directive: Directive
    unit: Unit
    tally: Tally
    tasks: list[TaskRow]
    total: int
    names: Mapping[str, str]
    newest: Mapping[str, TaskReport]
    paper_seen: bool
    may_manage: bool
    paper_gone: bool = False


def today(now: datetime) -> date:
    """Today in Ha Noi."""
    return local_day(now)


def target_of(directive: Directive, unit: Unit) -> Target:
    """The directive as the access rule sees it."""
    return Target(unit.path, directive.secrecy, directive.compartment)


def listing(uow: UnitOfWork, principal: Principal, wanted: Wanted, limit: int, offset: int, now: datetime) -> Listing:
    """Directives the person may see, those with overdue tasks first; journalled."""
    require_role(principal, Action.TASK_MANAGE, Verb.DIRECTIVE_OPEN)
    view = visibility(principal, Action.TASK_MANAGE)
    rows, total, tally = store.listed(uow.session, view, wanted, today(now), limit, offset)
    detail = {"shown": len(rows), "total": total, "secret": wanted.secret}
    level = max((row.directive.secrecy for row in rows), default=0)
    target = Target(principal.unit_path, level) if level else None
    note(uow, principal, Verb.DIRECTIVE_OPEN, now, what=What("directives"), target=target, detail=detail)
    return Listing(rows, total, tally)


def found(uow: UnitOfWork, principal: Principal, directive_id: str, verb: Verb) -> tuple[Directive, Unit]:
    """The directive, if the person may see it. Refused when missing or hidden."""
    seen = store.find(uow.session, visibility(principal, Action.TASK_MANAGE), directive_id)
    if seen is None:
        raise Refused(verb, kind="directive", object_id=directive_id, reason="missing or not visible")
    return seen


def kept(uow: UnitOfWork, principal: Principal, directive_id: str) -> tuple[Directive, Unit]:
    """The directive, if the person keeps it: it was entered in a unit of theirs. Refused otherwise."""
    directive, unit = found(uow, principal, directive_id, Verb.DIRECTIVE_SAVE)
    target = target_of(directive, unit)
    require(principal, Action.TASK_MANAGE, Verb.DIRECTIVE_SAVE, target, "directive", directive_id)
    return directive, unit


def show(
    uow: UnitOfWork, principal: Principal, directive_id: str, wanted: Wanted, limit: int, offset: int, now: datetime
) -> View:
    """One directive with its visible tasks, overdue first; journalled."""
    directive, unit = found(uow, principal, directive_id, Verb.DIRECTIVE_OPEN)
    view, session = visibility(principal, Action.TASK_MANAGE), uow.session
    rows, total = store.tasks(session, view, wanted, limit, offset)
    target = target_of(directive, unit)
    what = What("directive", directive.id, directive.number)
    note(uow, principal, Verb.DIRECTIVE_OPEN, now, what=what, target=target, detail={"shown": len(rows)})
    reading = visibility(principal, Action.DOSSIER_READ)
    paper = directive.document_id and papers.find_document(session, reading, directive.document_id)
    return View(
        directive,
        unit,
        store.tally(session, view, directive_id, today(now)),
        rows,
        total,
        people.names_of(session, {row.task.owner_id for row in rows if row.task.owner_id}),
        store.newest_reports(session, [row.task.id for row in rows]),
        bool(paper),
        decide(principal, Action.TASK_MANAGE, target).allowed,
        not paper and _paper_gone(uow, principal, directive),
    )


def _paper_gone(uow: UnitOfWork, principal: Principal, directive: Directive) -> bool:
    """Whether the paper a directive is bound to was disposed of, as far as this person sees what is left of it."""
    view = visibility(principal, Action.DOSSIER_READ)
    return bool(directive.document_id) and destruction.paper_gone(uow.session, view, directive.document_id or "")


def choosable(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """The units a directive may be entered in and a task given to."""
    return units.within(uow.session, visibility(principal, Action.TASK_MANAGE))


def owners(uow: UnitOfWork, principal: Principal) -> list[Account]:
    """Accounts that reach a unit the person manages tasks of, to be suggested; whether one is fit is asked later."""
    paths = sorted({unit.path for unit in choosable(uow, principal)})
    return [each for each in units.accounts_reaching(uow.session, paths) if each.vetted_at is not None]


def create(uow: UnitOfWork, principal: Principal, new: NewDirective, now: datetime) -> Directive:
    """Enters a directive. InvalidInput names what is missing; WrongZone for a secret one outside an isolated LAN."""
    unit = units.by_id(uow.session, new.unit_id)
    target = Target(unit.path if unit else "?", new.secrecy, new.compartment)
    require(principal, Action.TASK_MANAGE, Verb.DIRECTIVE_SAVE, target, "unit", str(new.unit_id))
    if new.compartment and new.compartment not in COMPARTMENTS:
        raise InvalidInput("compartment", "Hãy chọn khu vực hạn chế có trong danh sách.")
    directive = Directive(
        unit_id=new.unit_id,
        secrecy=new.secrecy,
        compartment=new.compartment,
        created_by=principal.account_id,
        created_at=now,
        withdrawn=False,
        end_reason="",
    )
    _written(uow, principal, directive, new, now)
    zones.require_zone(uow, directive.secrecy)
    uow.session.add(directive)
    uow.session.flush()
    _noted(uow, principal, directive, target, "create", now)
    return directive


def edit(uow: UnitOfWork, principal: Principal, directive_id: str, new: NewDirective, now: datetime) -> Directive:
    """Corrects the heading of a directive; where it belongs and its level stay as they were entered."""
    directive, unit = kept(uow, principal, directive_id)
    _open(directive)
    level = directive.secrecy
    _written(uow, principal, directive, new, now)
    if directive.secrecy != level:
        raise InvalidInput("paper", "Văn bản này mật hơn: hãy rút bản nhập này và nhập lại với độ mật của văn bản.")
    with past_walls(uow.session):  # also tasks of units that its head does not see
        for task in store.tasks_given(uow.session, directive_id):
            task.given_on = directive.issued_on or local_day(task.created_at)
    _noted(uow, principal, directive, target_of(directive, unit), "edit", now)
    return directive


def _written(uow: UnitOfWork, principal: Principal, directive: Directive, new: NewDirective, now: datetime) -> None:
    number, title = squashed(new.number), squashed(new.title)
    if not 1 <= len(number) <= LONGEST_NUMBER:
        raise InvalidInput("number", f"Hãy nhập số, ký hiệu văn bản, nhiều nhất {LONGEST_NUMBER} ký tự.")
    if not LEAST <= len(title) <= LONGEST_TITLE:
        raise InvalidInput("title", f"Hãy nhập trích yếu, từ {LEAST} đến {LONGEST_TITLE} ký tự.")
    if new.kind and new.kind not in DOCUMENT_TYPES:
        raise InvalidInput("kind", "Hãy chọn loại văn bản có trong danh sách.")
    if new.issued_on is not None and not date(1990, 1, 1) <= new.issued_on <= today(now):
        raise InvalidInput("issued_on", "Ngày văn bản không được sau hôm nay.")
    directive.number, directive.title, directive.kind = number, title, new.kind
    directive.issuer, directive.issued_on = squashed(new.issuer)[:200], new.issued_on
    _paper(uow, principal, directive, new.paper)


def _paper(uow: UnitOfWork, principal: Principal, directive: Directive, typed: str) -> None:
    """Binds the filed paper; the directive is no less secret than it."""
    if not typed.strip():
        directive.document_id = None
        return
    if typed.strip() == directive.document_id:
        return  # bound before, whoever corrects the heading: also when it was disposed of since
    ids = _ID.findall(typed)
    view = visibility(principal, Action.DOSSIER_READ)
    seen = papers.find_document(uow.session, view, ids[-1]) if ids else None
    if seen is None or seen[0].state != "filed":
        raise InvalidInput("paper", "Không có tài liệu nào trong hồ sơ ở địa chỉ này.")
    document = seen[0]
    if document.compartment and document.compartment != directive.compartment:
        raise InvalidInput("compartment", "Văn bản này thuộc khu vực hạn chế: hãy chọn cùng khu vực.")
    directive.document_id = document.id
    directive.secrecy = max(directive.secrecy, document.secrecy)


def _open(directive: Directive) -> None:
    if directive.closed_at is not None:
        raise InvalidInput("state", "Văn bản này đã kết thúc theo dõi.")


def _noted(
    uow: UnitOfWork, principal: Principal, directive: Directive, target: Target, act: str, now: datetime, **more: object
) -> None:
    what = What("directive", directive.id, directive.number)
    detail = {"act": act, **more}
    note(uow, principal, Verb.DIRECTIVE_SAVE, now, what=what, target=target, detail=detail)


@dataclass
class Checker:
    """Judges lines of tasks for one directive, asking for each unit and each person once."""

    uow: UnitOfWork
    principal: Principal
    directive: Directive
    now: datetime
    taken: set[str] = field(default_factory=set)
    _units: dict[str, Unit] = field(default_factory=dict)
    _fit: dict[tuple[str, str], Account | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken |= store.numbers_of(self.uow.session, self.directive.id)
        self._units = {unit.code: unit for unit in choosable(self.uow, self.principal)}

    def check(self, line: TaskLine) -> tuple[Task | None, dict[str, str]]:
        """The task a line stands for, or what is wrong with each of its columns."""
        wrong: dict[str, str] = {}
        title, number = squashed(line.title), squashed(line.number)
        if not LEAST <= len(title) <= LONGEST_TASK:
            wrong["title"] = f"Nội dung nhiệm vụ từ {LEAST} đến {LONGEST_TASK} ký tự."
        if len(number) > 60:
            wrong["number"] = "Số nhiệm vụ nhiều nhất 60 ký tự."
        elif number in self.taken:
            wrong["number"] = f"Văn bản này đã có nhiệm vụ số {number}."
        unit = self._units.get(line.unit.strip())
        if unit is None:
            wrong["unit"] = "Không có đơn vị nào mang mã này trong phạm vi của anh/chị."
        owner = self._owner(unit, line.owner.strip()) if unit else None
        if unit and owner is None:
            wrong["owner"] = UNFIT if line.owner.strip() else "Hãy chọn người chịu trách nhiệm."
        due = None
        try:
            due = due_of(line.due, self.directive.issued_on)
        except ValueError as problem:
            wrong["due"] = str(problem)
        if wrong or unit is None or owner is None:
            return None, wrong
        number = number or self._next()
        self.taken.add(number)
        return self._task(number, title, unit, owner, due), {}

    def _owner(self, unit: Unit, username: str) -> Account | None:
        key = (username, unit.path)
        if key not in self._fit:
            account = people.by_username(self.uow.session, username) if username else None
            target = Target(unit.path, self.directive.secrecy, self.directive.compartment)
            self._fit[key] = account if account and fit(self.uow, account, target, self.now) else None
        return self._fit[key]

    def _next(self) -> str:
        place = len(self.taken) + 1
        while f"{self.directive.number}/{place}" in self.taken:
            place += 1
        return f"{self.directive.number}/{place}"

    def _task(self, number: str, title: str, unit: Unit, owner: Account, due: date | None) -> Task:
        return Task(
            number=number,
            title=title,
            unit_id=unit.id,
            owner_id=owner.id,
            due=due,
            given_on=self.directive.issued_on or today(self.now),
            directive_id=self.directive.id,
            secrecy=self.directive.secrecy,
            compartment=self.directive.compartment,
            created_by=self.principal.account_id,
            created_at=self.now,
            percent=0,
        )


def fit(uow: UnitOfWork, account: Account, target: Target, now: datetime) -> bool:
    """Whether this account's holder may work on a task there: in reach, active, and of the level."""
    if not account.active or account.vetted_at is None:
        return False
    holder = people.principal_of(uow.session, account, today=today(now), now=now)
    return decide(holder, Action.TASK_WORK, target).allowed


def add_tasks(
    uow: UnitOfWork, principal: Principal, directive_id: str, lines: Sequence[tuple[int, TaskLine]], now: datetime
) -> list[Task]:
    """Gives several tasks at once, all or none. InvalidInput: the first line that is wrong, and its column."""
    directive, _unit = kept(uow, principal, directive_id)
    _open(directive)
    if not 1 <= len(lines) <= MOST_AT_ONCE:
        raise InvalidInput("lines", f"Hãy nhập từ 1 đến {MOST_AT_ONCE} nhiệm vụ một lần.")
    checker, made = Checker(uow, principal, directive, now), []
    for place, line in lines:
        task, wrong = checker.check(line)
        if task is None:
            name, text = next(iter(wrong.items()))
            raise InvalidInput(f"line-{place}-{name}", f"Dòng {place}: {text}")
        made.append(task)
    give(uow, principal, directive, made, now)
    return made


def give(uow: UnitOfWork, principal: Principal, directive: Directive, tasks: Sequence[Task], now: datetime) -> None:
    """Writes checked tasks, a row of the journal for each, and tells each owner once."""
    uow.session.add_all(tasks)
    uow.session.flush()
    paths = {unit.id: unit.path for unit in units.of_ids(uow.session, sorted({task.unit_id for task in tasks}))}
    noted = [
        (
            What("task", task.id, task.number),
            Target(paths[task.unit_id], task.secrecy, task.compartment),
            {"directive": directive.id, "owner": task.owner_id, "due": task.due.isoformat() if task.due else ""},
        )
        for task in tasks
    ]
    note_each(uow, principal, Verb.TASK_CREATE, now, noted)
    mine: dict[str, list[Task]] = {}
    for task in tasks:
        mine.setdefault(task.owner_id or "", []).append(task)
    for owner, given in mine.items():
        if owner in principal.persons:
            continue
        if len(given) == 1:
            notices.tell(uow, [owner], "task_given", "task", given[0].id, given[0].number, now)
        else:
            label = f"{directive.number} ({len(given)})"
            notices.tell(uow, [owner], "task_given", "my_tasks", directive.id, label, now)


def close(uow: UnitOfWork, principal: Principal, directive_id: str, words: str, now: datetime) -> None:
    """Ends following a directive once none of its tasks is in hand any more."""
    directive, unit = kept(uow, principal, directive_id)
    _open(directive)
    with past_walls(uow.session):
        left = store.left_open(uow.session, directive_id)
    if left:
        raise InvalidInput("state", f"Còn {len(left)} nhiệm vụ chưa xong: hãy hoàn thành hoặc rút trước khi kết thúc.")
    directive.closed_at, directive.end_reason = now, squashed(words)[:500]
    _noted(uow, principal, directive, target_of(directive, unit), "close", now)


def withdraw(uow: UnitOfWork, principal: Principal, directive_id: str, words: str, now: datetime) -> int:
    """Withdraws a directive entered by mistake, with the tasks that are in hand; returns how many."""
    directive, unit = kept(uow, principal, directive_id)
    _open(directive)
    reason = squashed(words)[:500]
    if len(reason) < LEAST_REASON:
        raise InvalidInput("reason", f"Hãy ghi lý do, ít nhất {LEAST_REASON} ký tự.")
    with past_walls(uow.session):
        left = store.left_open(uow.session, directive_id)
        for task in left:
            task.closed_at = now
            uow.session.add(
                TaskReport(
                    task_id=task.id, percent=task.percent, text=reason, by=principal.account_id, at=now, act="withdraw"
                )
            )
    directive.closed_at, directive.withdrawn, directive.end_reason = now, True, reason
    _noted(uow, principal, directive, target_of(directive, unit), "withdraw", now, tasks=len(left))
    told = {task.owner_id or "" for task in left} - principal.persons
    notices.tell(uow, told, "task_withdrawn", "my_tasks", directive.id, directive.number, now)
    return len(left)
