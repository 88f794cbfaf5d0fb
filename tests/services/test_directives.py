"""Directives and the tasks they bring: entered, given, counted, closed, withdrawn, as files; who sees them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from directing import EVERYTHING, ISSUED, directive, give, line, listing, report, seen, task
from factories import World
from office import told

from oms.domain.directives import COLUMNS, Tally, TaskLine, quarter_of
from oms.errors import Refused, WrongZone
from oms.services import briefings, directive_files, directives
from oms.services.directives import NewDirective, Wanted
from oms.store.case_tables import Task

FILED = replace(EVERYTHING, directive_id="")


def shown(world: World, directive_id: str, by: str = "officer", wanted: Wanted = EVERYTHING) -> directives.View:
    who = world.who(by)
    with world.work(who) as uow:
        return directives.show(uow, who, directive_id, replace(wanted, directive_id=directive_id), 50, 0, world.clock())


def briefing(
    world: World, by: str = "officer", code: str = "2026-Q4", path: str = "", form: str = ""
) -> briefings.Briefing:
    who, quarter = world.who(by), quarter_of(code)
    assert quarter is not None
    with world.work(who) as uow:
        return briefings.made(uow, who, quarter, path, world.clock(), form)


def test_a_directive_brings_tasks_and_its_ratio_is_exact_overdue_first(world: World) -> None:
    one = directive(world)
    made = give(
        world,
        one,
        line("Việc đã xong"),
        line("Việc quá hạn", due="20/10/2026"),
        line("Việc còn hạn", due="30/12/2026"),
        line("Việc không hạn", due=""),
    )
    report(world, made[0].id, 100)
    view = shown(world, one)
    assert [row.task.title for row in view.tasks] == ["Việc quá hạn", "Việc còn hạn", "Việc không hạn", "Việc đã xong"]
    assert view.tally == Tally(4, 1, 0, 1) and view.tally.ratio.words == "25,0 %"
    assert view.tasks[0].task.number == "12-KL/TU/2"
    found = listing(world)
    assert (found.total, found.tally, found.rows[0].next_due) == (1, Tally(4, 1, 0, 1), made[1].due)


def test_lists_put_overdue_directives_first_and_narrow_by_state_unit_and_words(world: World) -> None:
    calm, late = directive(world, number="1-KL/TU"), directive(world, number="2-KL/TU")
    task(world, calm, due="20/12/2026")
    task(world, late, due="20/10/2026", unit="D-XA", owner="leader.xa")
    ended = directive(world, number="3-CV/TU")
    done = task(world, ended)
    report(world, done, 100)
    who = world.who("officer")
    with world.work(who) as uow:
        directives.close(uow, who, ended, "", world.clock())

    def numbers(**more: object) -> list[str]:
        found = listing(world, wanted=replace(EVERYTHING, **more))  # type: ignore[arg-type]
        return [row.directive.number for row in found.rows]

    assert numbers() == ["2-KL/TU", "1-KL/TU", "3-CV/TU"]
    assert numbers(state="open") == ["2-KL/TU", "1-KL/TU"]
    assert numbers(state="overdue") == ["2-KL/TU"]
    assert numbers(state="closed") == ["3-CV/TU"]
    assert numbers(words="cv/tu") == ["3-CV/TU"] and numbers(words="%") == []
    assert numbers(words="KẾT LUẬN VỀ CÔNG TÁC") == numbers(words="ket luan") == numbers()
    with world.work() as uow:
        from oms.store import units

        xa = units.by_code(uow.session, "D-XA")
        assert xa is not None
        path = xa.path
    assert numbers(unit_path=path) == ["2-KL/TU"]


def test_what_is_missing_is_told_and_nothing_is_written(world: World) -> None:
    one = directive(world)
    for lines, words in (
        ([line("ab")], "Nội dung"),
        ([line(owner="clerk.gov")], "không nhận được nhiệm vụ"),
        ([line(owner="khong.co")], "không nhận được nhiệm vụ"),
        ([line(owner="reviewer")], "không nhận được nhiệm vụ"),
        ([line(owner="")], "Hãy chọn người"),
        ([line(unit="C-SNV", owner="clerk.gov")], "Không có đơn vị"),
        ([line(due="30/09/2026")], "trước ngày của văn bản"),
        ([line(due="mai")], "như 05/12/2026"),
        ([line(), line("ab")], "Dòng 2"),
        ([], "từ 1 đến"),
    ):
        with told(words):
            give(world, one, *lines)
    with told("đã có nhiệm vụ số"):
        give(
            world,
            one,
            TaskLine("Việc thứ nhất", "D-BTC", "clerk", "", "7"),
            TaskLine("Việc hai", "D-BTC", "clerk", "", "7"),
        )
    assert shown(world, one).total == 0
    for number, title, words in (
        ("", "Kết luận", "số, ký hiệu"),
        ("1", "ab", "trích yếu"),
        ("1" * 51, "Kết luận", "số"),
    ):
        who = world.who("officer")
        with told(words), world.work(who) as uow:
            directives.create(uow, who, NewDirective(number, title, world.units["D-BTC"]), world.clock())


def test_who_has_no_business_there_sees_and_does_nothing(world: World) -> None:
    one = directive(world)
    given = task(world, one)
    for who in ("officer.gov", "leader.xa"):
        assert listing(world, who).rows == [] and listing(world, who).tally == Tally()
        with pytest.raises(Refused):
            shown(world, one, who)
        with pytest.raises(Refused):
            seen(world, given, who)
        with pytest.raises(Refused):
            give(world, one, line(), by=who)
    for who in ("clerk", "reviewer", "admin", "security"):
        with pytest.raises(Refused):
            listing(world, who)
    with pytest.raises(Refused):
        directive(world, by="officer.gov")
    assert [row for row in world.journal() if row[1] == "refused"]


def test_who_is_given_a_task_of_a_higher_unit_sees_where_it_comes_from_and_only_their_own(world: World) -> None:
    one = directive(world, unit="D")
    other = task(world, one, title="Việc của ban khác")
    given = task(world, one, unit="D-XA", owner="leader.xa")
    view = shown(world, one, "leader.xa")
    assert [row.task.id for row in view.tasks] == [given] and view.tally.total == 1 and not view.may_manage
    assert listing(world, "leader.xa").tally.total == 1
    with pytest.raises(Refused):
        seen(world, other, "leader.xa")
    with pytest.raises(Refused):
        give(world, one, line(unit="D-XA", owner="leader.xa"), by="leader.xa")


def test_secret_directives_stand_apart_and_are_given_only_to_who_may_see_them(world: World) -> None:
    secret = directive(world, number="9-KL/M", secrecy=2)
    with told("không nhận được nhiệm vụ"):
        give(world, secret, line(owner="clerk"))
    given = task(world, secret, owner="leader", due="20/10/2026")
    assert listing(world).rows == [] and listing(world).tally == Tally()
    apart = listing(world, wanted=replace(EVERYTHING, secret=True))
    assert [row.directive.id for row in apart.rows] == [secret]
    assert listing(world, "officer2", replace(EVERYTHING, secret=True)).rows == []
    for who in ("officer2", "leader.low"):
        with pytest.raises(Refused):
            shown(world, secret, who)
        with pytest.raises(Refused):
            seen(world, given, who)
    assert briefing(world).total == Tally() and briefing(world).overdue == ()
    who = world.who("officer")
    with told("không xuất"), world.work(who) as uow:
        directive_files.export(uow, who, secret, "xlsx", world.clock())


def test_a_secret_directive_is_not_entered_outside_an_isolated_network(world: World) -> None:
    object.__setattr__(world.house.settings, "zone", "internal")
    with pytest.raises(WrongZone):
        directive(world, secrecy=1)
    assert directive(world)


def test_the_filed_paper_is_bound_and_makes_the_directive_no_less_secret(world: World) -> None:
    row = world.dossier(secrecy=1)
    paper = world.filed(row, secrecy=1)
    one = directive(world, paper=f"https://oms.noibo/tai-lieu/{paper}")
    assert shown(world, one).directive.secrecy == 1 and shown(world, one).paper_seen
    elsewhere = world.filed(world.dossier(unit="C-SNV", by="officer.gov"), by="officer.gov")
    for typed in (elsewhere, "f" * 32, "không phải địa chỉ"):
        with told("Không có tài liệu nào"):
            directive(world, paper=typed)


def test_a_directive_closes_when_nothing_is_in_hand_and_a_mistaken_one_is_withdrawn_with_its_tasks(
    world: World,
) -> None:
    one, who = directive(world), world.who("officer")
    given = task(world, one)
    with told("Còn 1 nhiệm vụ"), world.work(who) as uow:
        directives.close(uow, who, one, "", world.clock())
    report(world, given, 100)
    with world.work(who) as uow:
        directives.close(uow, who, one, "Đã xong hết", world.clock())
    with told("đã kết thúc"):
        give(world, one, line())
    wrong = directive(world, number="nhầm")
    left = task(world, wrong)
    with told("lý do"), world.work(who) as uow:
        directives.withdraw(uow, who, wrong, " ", world.clock())
    with world.work(who) as uow:
        assert directives.withdraw(uow, who, wrong, "Nhập nhầm văn bản", world.clock()) == 1
    assert [row.directive.id for row in listing(world).rows] == [one]
    assert shown(world, wrong).tally == Tally() and seen(world, left).standing == "withdrawn"


def test_a_file_is_tried_told_by_row_and_given_in_one_go(world: World) -> None:
    one, who = directive(world), world.who("officer")
    rows = [["", f"Việc số {n}", "D-BTC", "clerk", "30/11/2026"] for n in range(3)]

    def data(lines: list[list[str]]) -> bytes:
        out = io.StringIO()
        csv.writer(out).writerows([list(COLUMNS.values()), *lines])
        return out.getvalue().encode()

    bad = data([*rows, ["", "x", "KHÔNG", "", "32/13/2026"]])
    with world.work(who) as uow:
        tried = directive_files.preview(uow, who, one, bad, "a.csv", world.clock())
    assert {(each.line, each.column) for each in tried.problems} == {
        (5, "Nội dung nhiệm vụ"),
        (5, "Mã đơn vị"),
        (5, "Hạn"),
    }
    with told("chưa ghi gì"), world.work(who) as uow:
        directive_files.take(uow, who, one, bad, "a.csv", world.clock())
    assert shown(world, one).total == 0
    with world.work(who) as uow:
        assert directive_files.take(uow, who, one, data(rows), "a.csv", world.clock()) == 3
    assert shown(world, one).tally.total == 3
    clerk = world.who("clerk")
    with world.house.look(clerk) as uow:
        from oms.services import notices

        told_of = notices.listed(uow, clerk, 10, 0)[0]
    assert [(each.kind, each.label) for each in told_of] == [("task_given", "12-KL/TU (3)")]


@pytest.mark.parametrize("form", directive_files.FORMATS)
def test_what_is_exported_is_taken_in_again_for_another_directive(world: World, form: str) -> None:
    one, who = directive(world), world.who("officer")
    made = give(world, one, line("=HYPERLINK(1)"), line("Việc quá hạn", due="20/10/2026"))
    report(world, made[0].id, 100)
    again = directive(world, number="13-KL/TU")
    with world.work(who) as uow:
        data, name = directive_files.export(uow, who, one, form, world.clock())
        assert directive_files.take(uow, who, again, data, name, world.clock()) == 2
    assert {row.task.title for row in shown(world, again).tasks} == {"=HYPERLINK(1)", "Việc quá hạn"}
    assert shown(world, again).tally == Tally(2, 0, 0, 1)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04rubbish", b"\xff\xfe\x00", b"a,b\n1,2", b'"', b"x" * (5 * 1024 * 1024)]
)
def test_a_file_that_holds_no_tasks_is_told(world: World, data: bytes) -> None:
    one, who = directive(world), world.who("officer")
    with world.work(who) as uow:
        assert directive_files.preview(uow, who, one, data, "a.csv", world.clock()).problems


def test_a_briefing_tells_the_quarter_by_unit_and_directive_with_reasons(world: World) -> None:
    one = directive(world)
    made = give(
        world,
        one,
        line("Xong đúng hạn"),
        line("Xong chậm", due="20/10/2026"),
        line("Quá hạn", due="28/10/2026"),
        line("Còn hạn", unit="D-XA", owner="leader.xa"),
    )
    report(world, made[0].id, 100)
    report(world, made[1].id, 100)
    report(world, made[2].id, 40, "Chờ ý kiến của Ban Thường vụ")
    told_of = briefing(world)
    assert told_of.total == Tally(4, 2, 1, 1) and told_of.total.ratio.words == "50,0 %"
    assert [(each.unit.code, each.tally.total) for each in told_of.by_unit] == [("D-BTC", 3), ("D-XA", 1)]
    late = told_of.overdue[0]
    assert (late.row.task.title, late.days, late.said and late.said.text) == (
        "Quá hạn",
        3,
        "Chờ ý kiến của Ban Thường vụ",
    )
    with told("chưa đến"):
        briefing(world, code="2027-Q1")
    assert briefing(world, code="2026-Q3").total == Tally()
    assert briefing(world, "officer.gov").total == Tally()
    data = briefings.excel(briefing(world, form="xlsx"), {"title": "Báo cáo", "under": "D"})
    assert data[:2] == b"PK" and world.journal()[-1][:2] == ("directive:export", "done")


def test_a_task_done_before_a_quarter_is_not_in_it_and_one_left_over_is(world: World) -> None:
    one = directive(world)
    done, left = give(world, one, line("Xong trong quý IV"), line("Chuyển sang quý I", due="15/01/2027"))
    report(world, done.id, 100)
    world.clock.forward(days=75)
    now_in = briefing(world, code="2027-Q1")
    assert now_in.total == Tally(1, 0, 0, 1) and now_in.overdue[0].row.task.id == left.id
    before = briefing(world, code="2026-Q4")
    assert before.total == Tally(2, 1, 0, 0) and before.as_of.isoformat() == "2026-12-31"


def test_a_heading_is_corrected_and_its_tasks_follow_the_day(world: World) -> None:
    one, who = directive(world), world.who("officer")
    given = task(world, one)
    new = NewDirective("12-KL/TU", "Kết luận đã sửa", world.units["D-BTC"], issued_on=ISSUED.replace(day=5))
    with world.work(who) as uow:
        directives.edit(uow, who, one, new, world.clock())
    with world.work() as uow:
        assert uow.session.get_one(Task, given).given_on == ISSUED.replace(day=5)
    with told("sau hôm nay"), world.work(who) as uow:
        directives.edit(uow, who, one, replace(new, issued_on=ISSUED.replace(year=2027)), world.clock())


def test_a_provinces_directives_and_twenty_thousand_tasks_are_listed_from_a_page_of_rows(world: World) -> None:
    who = world.who("officer")
    ids = [directive(world, number=f"{n}-KL/TU") for n in range(12)]
    with world.work() as uow:
        uow.session.add_all(
            Task(
                number=f"{n}", title=f"Nhiệm vụ {n}", unit_id=world.units["D-BTC"], owner_id=who.account_id,
                directive_id=ids[n % 12], created_by=who.account_id, created_at=world.clock(), given_on=ISSUED,
                due=ISSUED.replace(month=10 + n % 3), done_on=ISSUED if n < 1321 else None,
                closed_at=world.clock() if n < 1321 else None,
            )
            for n in range(1658)
        )  # fmt: skip
    found = listing(world)
    assert found.tally.ratio.words == "79,7 %" and (found.tally.done, found.tally.total) == (1321, 1658)
    assert len(shown(world, ids[0]).tasks) == 50
