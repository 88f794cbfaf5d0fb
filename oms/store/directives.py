"""Directives and tasks: what a person may see of them, lists with counts, reports. Withdrawn tasks count nowhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, exists, func, or_, select
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session, aliased

from oms.domain.access import Visibility
from oms.domain.directives import Tally
from oms.store.case_tables import Directive, Task, TaskReport
from oms.store.facts import chunks
from oms.store.folding import saying
from oms.store.past_walls import for_a_rule
from oms.store.tables import Unit
from oms.store.visible import on_general_lists, visible

Home = aliased(Unit)
COUNTED = or_(Task.closed_at.is_(None), Task.done_on.is_not(None))
IN_HAND = and_(Task.closed_at.is_(None), Task.done_on.is_(None))


@dataclass(frozen=True)
class Wanted:
    """Which directives or tasks a list asks for.

    ``state`` of a directive: open | overdue | closed | withdrawn | "" all but withdrawn; of a task: open | overdue |
    done | withdrawn | "" all. ``unit_path``: directives with tasks there, tasks that are there.

    ``secret`` asks for those of a level instead of those of none: secret ones stay off the general lists.
    """

    state: str = ""
    unit_path: str = ""
    words: str = ""
    secret: bool = False
    today: date | None = None
    directive_id: str = ""


@dataclass(frozen=True)
class DirectiveRow:
    """A directive with its unit and the counts of those of its tasks that the reader sees."""

    directive: Directive
    unit: Unit
    tally: Tally
    next_due: date | None


@dataclass(frozen=True)
class TaskRow:
    """A task with its unit."""

    task: Task
    unit: Unit


def task_seen(view: Visibility, own: Visibility | None = None, persons: Collection[str] = ()) -> ColumnElement[bool]:
    """Tasks of the units in scope; with ``own``, also those that these persons own, where they may work."""
    seen = visible(view, Unit.path, Task)
    if own is None or not persons:
        return seen
    return or_(seen, and_(Task.owner_id.in_(sorted(persons)), visible(own, Unit.path, Task)))


def _under(path: str, column: Any) -> ColumnElement[bool]:
    return or_(column == path, column.like(f"{path}/%"))


def _sums(today: date) -> tuple[ColumnElement[Any], ...]:
    done = Task.done_on.is_not(None)
    late = and_(done, Task.due.is_not(None), Task.done_on > Task.due)
    overdue = and_(IN_HAND, Task.due < today)
    return (
        func.count().label("total"),
        *(
            as_type(func.coalesce(func.sum(case((each, 1), else_=0)), 0), Integer).label(name)
            for name, each in (("done", done), ("late", late), ("overdue", overdue))
        ),
        func.min(case((IN_HAND, Task.due))).label("next_due"),
    )


def _counts(view: Visibility, wanted: Wanted, today: date) -> Select[Any]:
    statement = (
        select(Task.directive_id, *_sums(today))
        .join(Unit, Unit.id == Task.unit_id)
        .where(Task.directive_id.is_not(None), COUNTED, visible(view, Unit.path, Task))
    )
    if wanted.unit_path:
        statement = statement.where(_under(wanted.unit_path, Unit.path))
    return statement.group_by(Task.directive_id)


def _of_tasks(view: Visibility) -> ColumnElement[bool]:
    """A directive some of whose tasks are seen."""
    return exists(
        select(Task.id)
        .join(Unit, Unit.id == Task.unit_id)
        .where(Task.directive_id == Directive.id, visible(view, Unit.path, Task))
    )


def directive_seen(view: Visibility) -> ColumnElement[bool]:
    """A directive is seen where it was entered and by whom one of its tasks is seen."""
    return or_(visible(view, Home.path, Directive), _of_tasks(view))


def listed(
    session: Session, view: Visibility, wanted: Wanted, today: date, limit: int, offset: int
) -> tuple[list[DirectiveRow], int, Tally]:
    """Visible directives with counts, those with overdue tasks first; how many, and the sum of their tasks."""
    counts = _counts(view, wanted, today).subquery()
    statement = (
        select(Directive, Home, counts.c.total, counts.c.done, counts.c.late, counts.c.overdue, counts.c.next_due)
        .join(Home, Home.id == Directive.unit_id)
        .outerjoin(counts, counts.c.directive_id == Directive.id)
        .where(*_narrowed(view, wanted, counts))
    )
    inner = statement.subquery()
    summed = select(func.count(), *(func.sum(inner.c[name]) for name in ("total", "done", "late", "overdue")))
    number, *sums = session.execute(summed).one()
    overdue = func.coalesce(counts.c.overdue, 0)
    order = (
        Directive.closed_at.is_not(None),
        overdue.desc(),
        counts.c.next_due.is_(None),
        counts.c.next_due,
        Directive.issued_on.desc(),
        Directive.id,
    )
    found = session.execute(statement.order_by(*order).limit(limit).offset(offset))
    rows = [DirectiveRow(row[0], row[1], Tally(*(n or 0 for n in row[2:6])), row[6]) for row in found]
    return rows, number, Tally(*(n or 0 for n in sums))


def _narrowed(view: Visibility, wanted: Wanted, counts: Any) -> list[ColumnElement[bool]]:
    found = [directive_seen(view), on_general_lists(Directive, wanted.secret)]
    if wanted.state in ("open", "overdue"):
        found.append(Directive.closed_at.is_(None))
    elif wanted.state in ("closed", "withdrawn"):
        found += [Directive.closed_at.is_not(None), Directive.withdrawn.is_(wanted.state == "withdrawn")]
    else:
        found.append(Directive.withdrawn.is_(False))
    if wanted.state == "overdue":
        found.append(counts.c.overdue > 0)
    if wanted.unit_path:
        found.append(or_(counts.c.total > 0, _under(wanted.unit_path, Home.path)))
    if wanted.words:
        found.append(saying(wanted.words, Directive.title, Directive.number, Directive.issuer))
    return found


def find(session: Session, view: Visibility, directive_id: str) -> tuple[Directive, Unit] | None:
    """The directive with its unit, if it is visible."""
    statement = select(Directive, Home).join(Home, Home.id == Directive.unit_id)
    found = session.execute(statement.where(Directive.id == directive_id, directive_seen(view))).one_or_none()
    return (found[0], found[1]) if found else None


def heading(session: Session, task: Task) -> Directive | None:
    """The directive that a task which was seen comes from: whoever is given a task is told by what."""
    return session.get(Directive, task.directive_id) if task.directive_id else None


def tally(session: Session, view: Visibility, directive_id: str, today: date) -> Tally:
    """Counts of the visible tasks of a directive."""
    found = session.execute(_counts(view, Wanted(), today).where(Task.directive_id == directive_id)).one_or_none()
    return Tally(*found[1:5]) if found else Tally()


def _tasks(wanted: Wanted, seen: ColumnElement[bool]) -> Select[Task, Unit]:
    statement = select(Task, Unit).join(Unit, Unit.id == Task.unit_id).where(seen)
    if wanted.directive_id:
        statement = statement.where(Task.directive_id == wanted.directive_id)
    else:
        statement = statement.where(on_general_lists(Task, wanted.secret))
    if wanted.unit_path:
        statement = statement.where(_under(wanted.unit_path, Unit.path))
    if wanted.words:
        statement = statement.where(saying(wanted.words, Task.title, Task.number))
    states = {
        "open": IN_HAND,
        "overdue": and_(IN_HAND, Task.due < (wanted.today or date.min)),
        "done": Task.done_on.is_not(None),
        "withdrawn": and_(Task.closed_at.is_not(None), Task.done_on.is_(None)),
    }
    return statement.where(states[wanted.state]) if wanted.state in states else statement


def tasks(session: Session, view: Visibility, wanted: Wanted, limit: int, offset: int) -> tuple[list[TaskRow], int]:
    """Visible tasks of one directive: in hand by last day (so overdue first), then done, then withdrawn; how many."""
    return _page(session, _tasks(wanted, visible(view, Unit.path, Task)), limit, offset)


def owned(
    session: Session, view: Visibility, persons: Collection[str], wanted: Wanted, limit: int, offset: int
) -> tuple[list[TaskRow], int]:
    """The tasks that these persons own, where they may work: overdue first."""
    mine = and_(Task.owner_id.in_(sorted(persons)), visible(view, Unit.path, Task))
    return _page(session, _tasks(wanted, mine), limit, offset)


def _page(session: Session, statement: Select[Task, Unit], limit: int, offset: int) -> tuple[list[TaskRow], int]:
    total = session.scalar(select(func.count()).select_from(statement.with_only_columns(Task.id).subquery())) or 0
    order = (
        Task.closed_at.is_not(None),
        Task.done_on.is_(None),
        case((Task.done_on.is_(None), Task.due)).is_(None),
        case((Task.done_on.is_(None), Task.due)),
        Task.done_on.desc(),
        Task.created_at,
        func.length(Task.number),  # 2 before 10: those of one file were entered at one moment
        Task.number,
        Task.id,
    )
    return [TaskRow(*row) for row in session.execute(statement.order_by(*order).limit(limit).offset(offset))], total


def waiting(session: Session, view: Visibility, persons: Collection[str], today: date) -> tuple[int, int]:
    """How many tasks of no level in hand these persons own, and how many are overdue: what the general list shows."""
    mine = and_(Task.owner_id.in_(sorted(persons)), visible(view, Unit.path, Task), IN_HAND, on_general_lists(Task))
    statement = select(func.count(), func.count().filter(Task.due < today)).join(Unit, Unit.id == Task.unit_id)
    number, late = session.execute(statement.where(mine)).one()
    return number, late


def find_task(
    session: Session, view: Visibility, own: Visibility, persons: Collection[str], task_id: str
) -> TaskRow | None:
    """The task, if it is in scope of ``view`` or owned by one of these persons where they may work."""
    statement = select(Task, Unit).join(Unit, Unit.id == Task.unit_id)
    found = session.execute(statement.where(Task.id == task_id, task_seen(view, own, persons))).one_or_none()
    return TaskRow(*found) if found else None


@for_a_rule
def numbers_of(session: Session, directive_id: str) -> set[str]:
    """Numbers given to tasks of a directive that was seen, so that none is given twice."""
    return set(session.scalars(select(Task.number).where(Task.directive_id == directive_id)))


def tasks_given(session: Session, directive_id: str) -> list[Task]:
    """Every task of a directive that is being changed by its head."""
    return list(session.scalars(select(Task).where(Task.directive_id == directive_id)))


def left_open(session: Session, directive_id: str) -> list[Task]:
    """Tasks in hand of a directive that is being ended by its head: of every unit."""
    return list(session.scalars(select(Task).where(Task.directive_id == directive_id, IN_HAND)))


def reports_of(session: Session, task_id: str) -> list[TaskReport]:
    """The history of a task that was seen, newest first."""
    found = select(TaskReport).where(TaskReport.task_id == task_id).order_by(TaskReport.number.desc())
    return list(session.scalars(found))


def newest_reports(session: Session, task_ids: Sequence[str]) -> dict[str, TaskReport]:
    """The owner's newest words on each of some tasks that were seen."""
    found: dict[str, TaskReport] = {}
    for some in chunks(list(task_ids)):
        newest = (
            select(func.max(TaskReport.number))
            .where(TaskReport.task_id.in_(some), TaskReport.act == "report")
            .group_by(TaskReport.task_id)
        )
        for row in session.scalars(select(TaskReport).where(TaskReport.number.in_(newest))):
            found[row.task_id] = row
    return found


@dataclass(frozen=True)
class Period:
    """A span of days and the day on which its state is told."""

    first: date
    last: date
    as_of: date


def _in_period(view: Visibility, period: Period, path: str) -> ColumnElement[bool]:
    """Tasks of no level that were in play: given by its end, and neither done nor withdrawn before it began."""
    inside = [
        visible(view, Unit.path, Task),
        Task.directive_id.is_not(None),
        on_general_lists(Task),
        COUNTED,
        or_(Task.given_on.is_(None), Task.given_on <= period.last),
        or_(Task.done_on.is_(None), Task.done_on >= period.first),
    ]
    return and_(*inside, _under(path, Unit.path)) if path else and_(*inside)


def _as_of(period: Period) -> tuple[ColumnElement[Any], ...]:
    done = and_(Task.done_on.is_not(None), Task.done_on <= period.as_of)
    late = and_(done, Task.due.is_not(None), Task.done_on > Task.due)
    overdue = and_(or_(Task.done_on.is_(None), Task.done_on > period.as_of), Task.due < period.as_of)
    return tuple(
        as_type(func.coalesce(func.sum(case((each, 1), else_=0)), 0), Integer) for each in (done, late, overdue)
    )


def in_period(
    session: Session, view: Visibility, period: Period, path: str
) -> tuple[dict[str, Tally], dict[int, Tally]]:
    """Counts of the visible tasks in play in a period, by directive and by unit, as they stood on its last day."""
    where = _in_period(view, period, path)
    by: list[Mapping[Any, Tally]] = []
    for column in (Task.directive_id, Task.unit_id):
        statement = select(column, func.count(), *_as_of(period)).join(Unit, Unit.id == Task.unit_id).where(where)
        by.append({row[0]: Tally(*row[1:]) for row in session.execute(statement.group_by(column))})
    return dict(by[0]), dict(by[1])


def overdue_in(session: Session, view: Visibility, period: Period, path: str, limit: int) -> list[TaskRow]:
    """The visible tasks in play that were past their last day when the period ended, the oldest first."""
    late = and_(or_(Task.done_on.is_(None), Task.done_on > period.as_of), Task.due < period.as_of)
    statement = select(Task, Unit).join(Unit, Unit.id == Task.unit_id).where(_in_period(view, period, path), late)
    return [TaskRow(*row) for row in session.execute(statement.order_by(Task.due, Task.id).limit(limit))]


def headings(session: Session, view: Visibility, ids: Collection[str]) -> dict[str, Directive]:
    """The visible ones of some directives."""
    found: dict[str, Directive] = {}
    for some in chunks(sorted(ids)):
        statement = select(Directive).join(Home, Home.id == Directive.unit_id)
        for row in session.scalars(statement.where(Directive.id.in_(some), directive_seen(view))):
            found[row.id] = row
    return found
