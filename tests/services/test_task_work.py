"""A task in its owner's hand: reports that only grow, done, returned, moved, handed over, withdrawn; by whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from directing import directive, listing, report, seen, task
from factories import World
from office import told

from oms.domain.access import Principal
from oms.errors import Conflict, Refused
from oms.services import custody, notices, task_work
from oms.services.directives import Wanted
from oms.services.house import UnitOfWork

Act = Callable[[UnitOfWork, Principal], object]


def do(world: World, by: str, act: Act) -> None:
    who = world.who(by)
    with world.work(who) as uow:
        act(uow, who)


def change(world: World, task_id: str, by: str = "officer", **more: str) -> None:
    view, who = seen(world, task_id, by), world.who(by)
    values = {"due": "15/12/2026", "owner": "clerk", "words": "Chờ hướng dẫn của trên"} | more
    with world.work(who) as uow:
        task_work.change(uow, who, task_id, values["due"], values["owner"], values["words"], view.seen, world.clock())


def reopen(world: World, task_id: str, words: str = "Chưa có số liệu của xã", by: str = "officer") -> None:
    view = seen(world, task_id, by)
    do(world, by, lambda uow, who: task_work.reopen(uow, who, task_id, words, view.seen, world.clock()))


def told_of(world: World, by: str) -> list[tuple[str, str]]:
    who = world.who(by)
    with world.house.look(who) as uow:
        return [(each.kind, each.object_id) for each in notices.listed(uow, who, 50, 0)[0]]


def test_the_owner_tells_how_far_it_is_and_the_newest_counts(world: World) -> None:
    given = task(world, directive(world))
    assert told_of(world, "clerk") == [("task_given", given)]
    report(world, given, 30, "Đã có dự thảo")
    world.clock.forward(days=1)
    report(world, given, 20, "Phải làm lại số liệu")
    view = seen(world, given, "clerk")
    assert view.task.percent == 20 and [each.percent for each in view.reports] == [20, 30]
    assert view.may_report and not view.may_manage
    assert world.journal()[-2][0] == "task:report"


def test_a_hundred_is_done_and_counted_and_no_purpose_cites_it_any_more(world: World) -> None:
    given = task(world, directive(world))
    reader, row = world.who("officer"), world.dossier()
    with world.work(reader) as uow:
        custody.open_dossier(
            uow, reader, row.dossier.id, "quy_hoach", given, "rà soát quy hoạch năm", 60, world.clock()
        )
    report(world, given, 100)
    view = seen(world, given)
    assert view.standing == "done" and view.task.done_on is not None
    assert listing(world).tally.done == 1
    with told("đã đóng"), world.work(reader) as uow:
        custody.open_dossier(
            uow, reader, row.dossier.id, "quy_hoach", given, "rà soát quy hoạch năm", 60, world.clock()
        )


def test_a_task_done_after_its_day_says_by_how_many_working_days(world: World) -> None:
    given = task(world, directive(world), due="28/10/2026")
    assert seen(world, given).standing == "overdue"
    report(world, given, 100)
    view = seen(world, given)
    assert view.standing == "done_late" and view.late_days == 3  # Thursday, Friday, Monday 02/11


def test_back_from_done_only_with_the_reason(world: World) -> None:
    given = task(world, directive(world))
    report(world, given, 100)
    with told("vì sao"):
        report(world, given, 90, "chưa")
    report(world, given, 90, "Ban Thường vụ yêu cầu bổ sung phụ lục")
    view = seen(world, given)
    assert (view.standing, view.task.percent, view.task.done_on) == ("open", 90, None)


def test_the_head_returns_what_was_said_to_be_done(world: World) -> None:
    given = task(world, directive(world))
    with told("chưa báo xong"):
        reopen(world, given)
    report(world, given, 60)
    report(world, given, 100)
    with told("lý do"):
        reopen(world, given, "x")
    reopen(world, given)
    view = seen(world, given)
    assert (view.task.percent, view.standing, view.reports[0].act) == (60, "open", "reopen")
    assert told_of(world, "clerk")[0] == ("task_returned", given)
    assert world.journal()[-2][0] == "task:change"


def test_day_and_owner_change_with_a_reason_that_stays_in_the_history(world: World) -> None:
    given = task(world, directive(world))
    for more, words in (
        ({"words": ""}, "lý do"),
        ({"due": "30/02/2026"}, "Hạn"),
        ({"due": "01/01/2026"}, "trước ngày"),
        ({"owner": "clerk.gov"}, "không nhận được"),
        ({"owner": ""}, "không nhận được"),
        ({"due": "30/11/2026"}, "Chưa có gì"),
    ):
        with told(words):
            change(world, given, **more)
    change(world, given, owner="clerk2")
    view = seen(world, given)
    assert view.reports[0].text == (
        "Hạn: 30/11/2026 → 15/12/2026; Người chịu trách nhiệm: Người thử clerk → Người thử clerk2. "
        "Lý do: Chờ hướng dẫn của trên"
    )
    assert told_of(world, "clerk2") == [("task_given", given)]
    with pytest.raises(Refused):
        seen(world, given, "clerk")
    report(world, given, 50, by="clerk2")


def test_who_was_given_a_task_neither_moves_its_day_nor_withdraws_it(world: World) -> None:
    """Else a unit could make what is late good by itself: it may only give it to another of its own."""
    below = task(world, directive(world), owner="leader.xa", unit="D-XA")
    own = task(world, directive(world, number="13-KL/TU"), owner="officer")
    world.clock.forward(days=60)
    for given, owner in ((below, "leader.xa"), (own, "officer")):
        with told("không phải người chịu trách nhiệm"):
            change(world, given, by=owner, owner=owner, due="31/03/2027")
        with told("không phải người chịu trách nhiệm"):
            do(world, owner, lambda uow, who, t=given: task_work.withdraw(uow, who, t, "Giao nhầm", 0, world.clock()))  # type: ignore[misc]
        assert seen(world, given, owner).standing == "overdue" and not seen(world, given, owner).may_move
    change(world, below, by="leader.xa", owner="officer", due="30/11/2026")
    assert seen(world, below).task.owner_id == world.who("officer").account_id
    change(world, own, by="leader", owner="officer", due="31/03/2027")


def test_a_withdrawn_task_is_counted_nowhere_and_takes_no_report(world: World) -> None:
    given = task(world, directive(world))
    do(world, "officer", lambda uow, who: task_work.withdraw(uow, who, given, "Giao nhầm đơn vị", 0, world.clock()))
    assert listing(world).tally.total == 0 and seen(world, given).standing == "withdrawn"
    with told("đã được rút"):
        report(world, given, 10)
    with told("đang thực hiện"):
        change(world, given)


@pytest.mark.parametrize("percent", [None, -1, 101, 10**9])
def test_percent_is_a_number_from_nought_to_a_hundred(world: World, percent: int | None) -> None:
    given = task(world, directive(world))
    with told("từ 0 đến 100"):
        report(world, given, percent)
    with told("ít nhất"):
        report(world, given, 10, " ")
    assert seen(world, given).reports == []


def test_only_the_owner_reports_and_only_a_head_of_the_unit_changes(world: World) -> None:
    given = task(world, directive(world))
    for who in ("officer", "leader"):
        with pytest.raises(Refused):
            report(world, given, 10, by=who)
    for who in ("clerk2", "clerk.gov", "reviewer", "officer.gov", "leader.xa"):
        with pytest.raises(Refused):
            seen(world, given, who)
    for act in (task_work.reopen, task_work.withdraw):
        with pytest.raises(Refused):
            do(world, "clerk", lambda uow, who, act=act: act(uow, who, given, "vì việc khác", 0, world.clock()))  # type: ignore[misc]


def test_two_at_once_the_second_is_told(world: World) -> None:
    given, clerk = task(world, directive(world)), world.who("clerk")
    before = seen(world, given, "clerk").seen
    report(world, given, 40)
    with pytest.raises(Conflict), world.work(clerk) as uow:
        task_work.report(uow, clerk, given, 50, "Từ một cửa sổ khác", before, world.clock())
    with pytest.raises(Conflict):
        do(world, "officer", lambda uow, who: task_work.withdraw(uow, who, given, "Giao nhầm", before, world.clock()))
    assert seen(world, given).task.percent == 40


def test_ones_own_tasks_overdue_first_with_secret_ones_apart(world: World) -> None:
    one, secret = directive(world), directive(world, number="9-KL/M", secrecy=1)
    later, late = task(world, one), task(world, one, due="20/10/2026")
    hidden = task(world, secret, owner="clerk")
    clerk = world.who("clerk")

    def mine(**more: object) -> list[str]:
        with world.work(clerk) as uow:
            return [row.task.id for row in task_work.mine(uow, clerk, Wanted(**more), 50, 0, world.clock())[0]]  # type: ignore[arg-type]

    assert mine() == [late, later] and mine(secret=True) == [hidden]
    with world.work(clerk) as uow:
        assert task_work.waiting(uow, clerk, world.clock()) == (2, 1)  # what the list shows: not the secret one
    with world.work(world.who("clerk2")) as uow:
        assert task_work.waiting(uow, world.who("clerk2"), world.clock()) == (0, 0)


def test_a_closed_directive_takes_no_more_reports(world: World) -> None:
    one = directive(world)
    given = task(world, one)
    report(world, given, 100)
    from oms.services import directives

    do(world, "officer", lambda uow, who: directives.close(uow, who, one, "", world.clock()))
    with told("kết thúc"):
        report(world, given, 50, "Nghĩ lại thì chưa xong hẳn")
