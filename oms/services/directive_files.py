"""The tasks of one directive as Excel and CSV, and back: tried first, then given in one go or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, visibility
from oms.domain.directives import COLUMNS, STANDING_LABELS, TOLD, TaskLine, lines_of_file, standing
from oms.domain.journal import Verb
from oms.domain.list_edits import shown_day
from oms.domain.list_files import LineProblem
from oms.errors import InvalidInput
from oms.services import directives, list_tables, task_work
from oms.services.directives import Checker, Wanted
from oms.services.house import What, note
from oms.store import directives as store
from oms.store import people
from oms.store.case_tables import Task
from oms.store.db import UnitOfWork

FORMATS = ("xlsx", "csv")
MOST = directives.MOST_AT_ONCE
NO_FILES = "Văn bản có độ mật không xuất, không nhập bằng tệp."


@dataclass(frozen=True)
class Taking:
    """What a file would give: the tasks it stands for, and what is wrong with its lines."""

    tasks: tuple[Task, ...]
    problems: tuple[LineProblem, ...]


def export(uow: UnitOfWork, principal: Principal, directive_id: str, form: str, now: datetime) -> tuple[bytes, str]:
    """The visible tasks of a directive of no level as a file, and its name; journalled."""
    directive, unit = directives.found(uow, principal, directive_id, Verb.DIRECTIVE_EXPORT)
    if form not in FORMATS:
        raise InvalidInput("form", "Chọn Excel hoặc CSV.")
    if directive.secrecy:
        raise InvalidInput("form", NO_FILES)
    today, view = directives.today(now), visibility(principal, Action.TASK_MANAGE)
    rows, total = store.tasks(uow.session, view, Wanted(directive_id=directive_id, today=today), 20_000, 0)
    accounts = people.logins_of(uow.session, {row.task.owner_id for row in rows if row.task.owner_id})
    newest = store.newest_reports(uow.session, [row.task.id for row in rows])
    calendar = task_work.calendar_on(uow, today)
    lines = [[*COLUMNS.values(), *TOLD.values()]]
    for row in rows:
        task, owner = row.task, accounts.get(row.task.owner_id or "", ("", ""))
        told = newest.get(task.id)
        stands = standing(task.due, task.done_on, task.closed_at is not None, today)
        late = task_work.late_days(task, today, calendar)
        lines.append(
            [
                *(task.number, task.title, row.unit.code, owner[0], shown_day(task.due)),
                *(row.unit.name, owner[1], str(task.percent), shown_day(task.done_on), STANDING_LABELS[stands]),
                *(str(late) if late else "", told.text if told else ""),
            ]
        )
    what, detail = What("directive", directive.id, directive.number), {"form": form, "rows": total}
    target = directives.target_of(directive, unit)
    note(uow, principal, Verb.DIRECTIVE_EXPORT, now, what=what, target=target, detail=detail)
    name = f"nhiem-vu-{today:%Y-%m-%d}.{form}"
    return (list_tables.as_csv(lines) if form == "csv" else list_tables.as_xlsx(lines, "Nhiệm vụ")), name


def preview(uow: UnitOfWork, principal: Principal, directive_id: str, data: bytes, name: str, now: datetime) -> Taking:
    """What taking a file in would give; nothing is written."""
    directive, _unit = directives.kept(uow, principal, directive_id)
    if directive.secrecy:
        raise InvalidInput("file", NO_FILES)
    if directive.closed_at is not None:
        raise InvalidInput("file", "Văn bản này đã kết thúc theo dõi.")
    lines, problems = list_tables.read(data, name)
    found: list[tuple[int, TaskLine]] = []
    if not problems:
        found, problems = lines_of_file(lines)
    if len(found) > MOST:
        problems = [LineProblem(0, "", f"Tệp có hơn {MOST} nhiệm vụ; hãy chia nhỏ.")]
    if problems:
        return Taking((), tuple(problems))
    checker, tasks = Checker(uow, principal, directive, now), []
    for number, line in found:
        task, wrong = checker.check(line)
        problems += [LineProblem(number, COLUMNS[column], text) for column, text in wrong.items()]
        if task is not None:
            tasks.append(task)
    return Taking(tuple(tasks), tuple(problems))


def take(uow: UnitOfWork, principal: Principal, directive_id: str, data: bytes, name: str, now: datetime) -> int:
    """Gives the tasks of a file, all or none; returns how many. InvalidInput: nothing was written."""
    found = preview(uow, principal, directive_id, data, name, now)
    if found.problems:
        first = found.problems[0]
        where = f"Dòng {first.line}: " if first.line else ""
        raise InvalidInput("file", f"{where}{first.text} ({len(found.problems)} lỗi; chưa ghi gì)")
    directive, _unit = directives.kept(uow, principal, directive_id)
    directives.give(uow, principal, directive, found.tasks, now)
    return len(found.tasks)
