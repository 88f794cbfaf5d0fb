"""Directives and tasks for tests, through the real services."""

from __future__ import annotations

from datetime import date, datetime

from factories import World

from oms.domain.directives import TaskLine
from oms.services import directives, task_work
from oms.services.directives import NewDirective, Wanted
from oms.services.task_work import TaskView
from oms.store.case_tables import Task

ISSUED = date(2026, 10, 1)
EVERYTHING = Wanted(today=date(2026, 11, 2))


def directive(world: World, by: str = "officer", **more: object) -> str:
    """A directive of D-BTC; its id."""
    who = world.who(by)
    more.setdefault("issued_on", ISSUED)
    unit = world.units[str(more.pop("unit", "D-BTC"))]
    new = NewDirective(str(more.pop("number", "12-KL/TU")), "Kết luận về công tác cán bộ", unit, **more)  # type: ignore[arg-type]
    with world.work(who) as uow:
        return directives.create(uow, who, new, world.clock()).id


def give(world: World, directive_id: str, *lines: TaskLine, by: str = "officer") -> list[Task]:
    """Tasks of a directive."""
    who = world.who(by)
    with world.work(who) as uow:
        return directives.add_tasks(uow, who, directive_id, list(enumerate(lines, 1)), world.clock())


def line(
    title: str = "Rà soát quy hoạch", owner: str = "clerk", unit: str = "D-BTC", due: str = "30/11/2026"
) -> TaskLine:
    """A line of the form."""
    return TaskLine(title, unit, owner, due)


def task(world: World, directive_id: str, by: str = "officer", **more: str) -> str:
    """One task; its id."""
    return give(world, directive_id, line(**more), by=by)[0].id


def seen(world: World, task_id: str, by: str = "officer") -> TaskView:
    """A task as somebody sees it."""
    who = world.who(by)
    with world.work(who) as uow:
        return task_work.show(uow, who, task_id, world.clock())


def report(
    world: World, task_id: str, percent: int | None, words: str = "Đã làm xong phần đầu", by: str = "clerk"
) -> None:
    """The owner's report, made knowing the newest."""
    who, newest = world.who(by), seen(world, task_id, by).seen
    with world.work(who) as uow:
        task_work.report(uow, who, task_id, percent, words, newest, world.clock())


def listing(
    world: World, by: str = "officer", wanted: Wanted = EVERYTHING, now: datetime | None = None
) -> directives.Listing:
    """The list of directives as somebody sees it."""
    who = world.who(by)
    with world.work(who) as uow:
        return directives.listing(uow, who, wanted, 50, 0, now or world.clock())
