"""Figures of work: counted by hand in a small world, at the borders of days and periods, within what one may see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from io import BytesIO
from itertools import chain, repeat

import pytest
from counting import case, forward_to
from factories import World
from hypothesis import given, settings
from hypothesis import strategies as st
from office import publish, receive, told
from openpyxl import load_workbook
from sqlalchemy import update

from oms.domain.figures import (
    CASE_LABELS,
    PAPER_LABELS,
    Period,
    Work,
    containing,
    merged,
    nearest_rank,
    period_of,
    share,
)
from oms.errors import Conflict, Refused
from oms.services import case_moves, count_contests, figure_files, figures, intake, paper_figures
from oms.services.figures import Asked, Figures
from oms.store.case_tables import Case
from oms.store.consultation_tables import Notice
from oms.store.desk_tables import Check, CheckFinding, ScanSignature
from oms.store.tables import Document, Scan

NOVEMBER = period_of("2026-11")


def seen(world: World, who: str, asked: Asked) -> Figures:
    person = world.who(who)
    with world.work(person) as uow:
        return figures.view(uow, person, asked, world.clock())


def numbers(work: Work) -> dict[str, int]:
    return {name: getattr(work, name) for name in CASE_LABELS if getattr(work, name)}


def behind(world: World, who: str, asked: Asked, measure: str) -> int:
    person = world.who(who)
    with world.work(person) as uow:
        found = figures.listing(uow, person, asked, measure, 1000, 0, world.clock())
    assert len(found.rows) == found.total
    return found.total


def small(world: World) -> None:
    """Six cases of November in the Party block, two of another block, one that is secret."""
    forward_to(world, "2026-11-20")
    case(world, "2026-10-30", "2026-11-03", used=2)
    case(world, "2026-11-02", "2026-11-10", used=6, late=1, late_reason="chờ ý kiến cấp uỷ")
    case(world, "2026-11-02", "2026-11-12", state="refused", holder="officer2")
    case(world, "2026-11-03", "2026-11-12", state="withdrawn", unit="D-XA", code="khen_thuong")
    case(world, "2026-11-04", due="2026-11-19", unit="D-XA")
    case(world, "2026-11-05", due="2026-11-20", holder=None)
    case(world, "2026-11-05", unit="C-SNV", holder="officer.gov")
    case(world, "2026-11-06", "2026-11-09", unit="C-SNV", holder="officer.gov")
    case(world, "2026-11-06", "2026-11-09", secrecy=1, late=3)


def test_a_small_world_counted_by_hand(world: World) -> None:
    small(world)
    found = seen(world, "officer", Asked(NOVEMBER))
    assert numbers(found.total) == {
        "received": 5, "ended": 4, "on_time": 1, "late": 1, "refused": 1, "withdrawn": 1,
        "in_hand": 2, "in_hand_late": 1,
    }  # fmt: skip
    assert (found.total.mean, found.total.p90) == (40, 6)
    assert numbers(found.before) == {"received": 1, "in_hand": 1}
    by_name = {line.name: numbers(line.work) for line in found.lines}
    assert by_name == {
        "Ban Tổ chức Tỉnh uỷ": {"received": 3, "ended": 3, "on_time": 1, "late": 1, "refused": 1, "in_hand": 1},
        "Đảng uỷ xã": {"received": 2, "ended": 1, "withdrawn": 1, "in_hand": 1, "in_hand_late": 1},
    }
    assert seen(world, "leader", Asked(NOVEMBER)).total.received == 7


def test_every_figure_opens_the_very_cases_it_counts(world: World) -> None:
    small(world)
    for who, by, secret in (
        ("leader", "unit", False), ("officer", "procedure", False),
        ("officer", "person", False), ("leader", "unit", True),
    ):  # fmt: skip
        found = seen(world, who, Asked(NOVEMBER, by, secret=secret))
        assert found.lines
        for line in found.lines:
            kept = line.narrowed
            asked = Asked(
                NOVEMBER, "unit", kept.get("unit", ""), "own" in kept, kept.get("code", ""), kept.get("person", ""),
                secret,
            )  # fmt: skip
            for measure in CASE_LABELS:
                assert behind(world, who, asked, measure) == getattr(line.work, measure), (by, line.name, measure)
        for measure in CASE_LABELS:
            assert behind(world, who, Asked(NOVEMBER, secret=secret), measure) == getattr(found.total, measure)


def test_what_came_in_less_what_ended_is_what_is_in_hand(world: World) -> None:
    small(world)
    case(world, "2026-12-01", "2026-12-03")
    forward_to(world, "2026-12-31")
    earlier = seen(world, "leader", Asked(NOVEMBER)).total
    later = seen(world, "leader", Asked(period_of("2026-12"))).total
    assert later.in_hand == earlier.in_hand + later.received - later.ended
    assert earlier.ended == earlier.on_time + earlier.late + earlier.refused + earlier.withdrawn


def test_secret_cases_are_counted_apart_and_only_for_who_may_see_them(world: World) -> None:
    small(world)
    general = [numbers(seen(world, who, Asked(NOVEMBER, unit_path="")).total) for who in ("leader", "leader.low")]
    assert general[0] == general[1]
    apart = seen(world, "leader", Asked(NOVEMBER, secret=True))
    assert numbers(apart.total) == {"received": 1, "ended": 1, "late": 1} and apart.secrecy == 1
    with pytest.raises(Refused):
        seen(world, "leader.low", Asked(NOVEMBER, secret=True))
    assert world.journal()[-1][:2] == ("count:view", "refused")


def test_a_case_about_a_dossier_that_is_secret_or_withheld_moves_no_general_figure(world: World) -> None:
    small(world)
    before = numbers(seen(world, "leader", Asked(NOVEMBER)).total)
    secret = world.dossier(by="officer", secrecy=2)
    plain = world.dossier(by="officer", number="HS-9001")
    case(world, "2026-11-09", dossier_id=secret.dossier.id)
    case(world, "2026-11-09", dossier_id=plain.dossier.id)
    assert seen(world, "leader", Asked(NOVEMBER)).total.received == before["received"] + 1
    assert seen(world, "leader", Asked(NOVEMBER, secret=True)).total.received == 2
    assert seen(world, "officer2", Asked(NOVEMBER, secret=True)).total.received == 1


def test_of_a_year_nothing_slips_between_the_days_of_ha_noi(world: World) -> None:
    forward_to(world, "2027-01-15")
    publish(world)
    for at in (datetime(2026, 12, 31, 16, 59, tzinfo=UTC), datetime(2026, 12, 31, 17, 1, tzinfo=UTC)):
        world.clock.at = at
        receive(world)
    forward_to(world, "2027-01-15")
    assert seen(world, "officer", Asked(period_of("2026"))).total.received == 1
    assert seen(world, "officer", Asked(period_of("2027"))).total.received == 1
    assert seen(world, "officer", Asked(period_of("2027-01"))).before.received == 1
    assert seen(world, "officer", Asked(period_of("2026-Q4"))).total.in_hand == 1


def test_on_its_last_day_a_case_is_in_time_and_the_day_after_it_is_late(world: World) -> None:
    publish(world)
    officer = world.who("officer")
    ids = [receive(world).id for _each in range(2)]
    with world.work() as uow:
        due = uow.session.get_one(Case, ids[0]).due
    assert due is not None
    for case_id, day in zip(ids, (due, due + timedelta(days=1)), strict=True):
        forward_to(world, day.isoformat())
        with world.work(officer) as uow:
            row = uow.session.get_one(Case, case_id)
            case_moves.refuse(uow, officer, case_id, row.version, "không thuộc thẩm quyền", world.clock())
    period = containing(due, "month")
    assert behind(world, "officer", Asked(period), "refused") == 2
    case(world, "2026-11-02", due.isoformat(), due=due.isoformat())
    case(world, "2026-11-02", (due + timedelta(days=3)).isoformat(), due=due.isoformat(), late=1)
    forward_to(world, (due + timedelta(days=5)).isoformat())
    found = seen(world, "officer", Asked(period_of(str(due.year)))).total
    assert (found.on_time, found.late) == (1, 1)


def test_persons_are_shown_to_who_steers_their_work_and_to_themselves(world: World) -> None:
    small(world)
    by_person = seen(world, "leader", Asked(NOVEMBER, "person"))
    names = [line.name for line in by_person.lines]
    assert names[:-1] == sorted(names[:-1]) and names[-1] == ""
    for asked in (Asked(NOVEMBER, "person"), Asked(NOVEMBER, person=world.who("officer").account_id)):
        with pytest.raises(Refused):
            seen(world, "clerk", asked)
    officer = world.who("officer")
    with world.work(officer) as uow:
        own = figures.own_figures(uow, officer, Asked(NOVEMBER), world.clock())
    theirs = next(line for line in by_person.lines if line.narrowed["person"] == officer.account_id)
    assert numbers(own.total) == numbers(theirs.work) and own.total.p90 == theirs.work.p90
    assert world.journal()[-1][0] == "count:view"


def contest(world: World, who: str, measure: str = "late", words: str = "hồ sơ 2 chậm vì chờ cấp uỷ") -> str:
    person = world.who(who)
    with world.work(person) as uow:
        return count_contests.contest(uow, person, "2026-11", measure, words, world.clock()).id


def answer(world: World, who: str, contest_id: str, words: str = "đã xem, số liệu đúng như sổ") -> None:
    person = world.who(who)
    with world.work(person) as uow:
        count_contests.answer(uow, person, contest_id, words, world.clock())


def test_a_contested_figure_says_so_wherever_it_is_shown_until_another_answers(world: World) -> None:
    small(world)
    made = contest(world, "officer")
    beside = [line for line in seen(world, "leader", Asked(NOVEMBER, "person")).lines if line.contests]
    assert [line.contests[0].figure for line in beside] == ["1"]
    leader = world.who("leader")
    with world.work(leader) as uow:
        found = figures.to_export(uow, leader, Asked(NOVEMBER, "person"), world.clock())
        late = figures.late_ones(uow, leader, Asked(NOVEMBER, "person"), world.clock())
        data = figure_files.excel(found, figure_files.Head("Tháng 11/2026", "Người lập", world.clock()), late)
    book = load_workbook(BytesIO(data))
    words = [str(cell.value) for sheet in book for row in sheet for cell in row]
    assert any("chậm vì chờ cấp uỷ" in word for word in words) and "chờ ý kiến cấp uỷ" in words
    with told("đang chờ trả lời"):
        contest(world, "officer")
    with pytest.raises(Refused):
        answer(world, "officer.gov", made)
    with told("người khác trả lời"):
        answer(world, "officer", made)
    answer(world, "leader", made)
    with pytest.raises(Conflict):
        answer(world, "leader", made)
    assert not any(line.contests for line in seen(world, "leader", Asked(NOVEMBER, "person")).lines)
    answers = [how for verb, how, _id in world.journal() if verb == "count:answer"]
    assert answers == ["refused", "done"]
    contest(world, "officer")


@pytest.mark.parametrize(
    ("period", "measure", "words"),
    [("2026-13", "late", "dài đủ mười ký tự"), ("", "late", "dài đủ mười ký tự"), ("2026-11", "diem", "dài đủ mười"),
     ("2026-11", "late", "ngắn"), ("2026-11", "late", "")],
)  # fmt: skip
def test_a_contest_of_nothing_is_told_and_not_kept(world: World, period: str, measure: str, words: str) -> None:
    clerk = world.who("clerk")
    with told("ã"), world.work(clerk) as uow:
        count_contests.contest(uow, clerk, period, measure, words, world.clock())
    with world.work(clerk) as uow:
        assert figures.own_figures(uow, clerk, Asked(NOVEMBER), world.clock()).contests == ()


def paper_figure(world: World, who: str, asked: Asked) -> paper_figures.PaperFigures:
    person = world.who(who)
    with world.work(person) as uow:
        return paper_figures.view(uow, person, asked, world.clock())


def papers_behind(world: World, who: str, asked: Asked, measure: str, counts: bool = True) -> int:
    person = world.who(who)
    with world.work(person) as uow:
        return paper_figures.listing(uow, person, asked, (measure, counts), 1000, 0, world.clock()).total


def checked(world: World, document_id: str, operator: str, checker: str, settled: str | None = None) -> None:
    with world.work() as uow:
        paper = uow.session.get_one(Document, document_id)
        batch = uow.session.get_one(Scan, paper.scan_id).batch_id
        row = Check(
            document_id=document_id, batch_id=batch, stage=1, state="settled" if settled else "agreed", fields=4,
            operator_id=world.who(operator).account_id, checker_id=world.who(checker).account_id,
            drawn_at=world.clock(), checked_at=world.clock(),
        )  # fmt: skip
        uow.session.add(row)
        uow.session.flush()
        if settled:
            uow.session.add(
                CheckFinding(check_id=row.id, key="number", first_value="12", second_value="13", settled_value=settled)
            )


def test_paper_work_is_counted_by_who_did_it_and_opens_what_it_counts(world: World) -> None:
    row = world.dossier()
    papers = [world.filed(row, pages=3) for _each in range(3)]
    world.dossier(number="HS-9000")
    secret = world.filed(row, secrecy=2)
    checked(world, papers[0], "officer", "officer2", settled="13")
    checked(world, papers[1], "officer", "officer2", settled="12")
    checked(world, papers[2], "officer", "officer2")
    checked(world, secret, "officer", "leader")
    found = paper_figure(world, "leader", Asked(NOVEMBER))
    # the batch the secret paper came in has no level of its own: its page is a page like another
    assert vars(found.total) == {"scanned": 10, "filed": 3, "checked": 3, "compared": 12, "wrong": 1}
    assert found.total.error_rate == 83
    assert found.standing["digitised"] == (1, 2)
    for measure in PAPER_LABELS:
        assert papers_behind(world, "leader", Asked(NOVEMBER), measure) == getattr(found.total, measure)
    for measure in ("digitised", "complete"):
        part, whole = found.standing[measure]
        assert papers_behind(world, "leader", Asked(NOVEMBER), measure) == part
        assert papers_behind(world, "leader", Asked(NOVEMBER), measure, counts=False) == whole - part
    persons = {
        line.narrowed["person"]: line.work for line in paper_figure(world, "leader", Asked(NOVEMBER, "person")).lines
    }
    officer, second = world.who("officer"), world.who("officer2")
    assert (persons[officer.account_id].filed, persons[officer.account_id].wrong) == (3, 1)
    assert persons[second.account_id].checked == 3
    with world.work(officer) as uow:
        assert paper_figures.own(uow, officer, Asked(NOVEMBER), world.clock()) == persons[officer.account_id]
    assert papers_behind(world, "leader", Asked(NOVEMBER, secret=True), "checked") == 1


def test_a_signature_counts_only_when_all_of_its_file_are_valid(world: World) -> None:
    row = world.dossier()
    papers = [world.filed(row) for _each in range(3)]
    with world.work() as uow:
        for paper, goods in zip(papers, ((True,), (True, False), ()), strict=True):
            scan = uow.session.get_one(Document, paper).scan_id
            for good in goods:
                uow.session.add(
                    ScanSignature(
                        scan_id=scan,
                        signer="Sở Nội vụ",
                        intact=True,
                        whole=True,
                        trusted=good,
                        checked_at=world.clock(),
                    )
                )
    assert paper_figure(world, "officer", Asked(NOVEMBER)).standing["signed"] == (1, 2)
    assert papers_behind(world, "officer", Asked(NOVEMBER), "signed", counts=False) == 1


def test_what_is_out_of_reach_is_in_no_figure(world: World) -> None:
    small(world)
    world.filed(world.dossier())
    assert numbers(seen(world, "officer.gov", Asked(NOVEMBER)).total) == {
        "received": 2, "ended": 1, "on_time": 1, "in_hand": 1
    }  # fmt: skip
    assert vars(paper_figure(world, "officer.gov", Asked(NOVEMBER)).total)["filed"] == 0
    inside = Asked(NOVEMBER, unit_path="1/2")
    assert seen(world, "officer.gov", inside).total.empty
    for who in ("reviewer", "security", "admin"):
        with pytest.raises(Refused):
            seen(world, who, Asked(NOVEMBER))


def test_a_case_in_hand_here_and_received_elsewhere_has_a_line_of_its_own(world: World) -> None:
    small(world)
    case(world, "2026-11-06", unit="C-SNV", hand="D-BTC")
    found = seen(world, "officer", Asked(NOVEMBER))
    assert found.lines[-1].name == "" and found.lines[-1].work.received == 1
    assert behind(world, "officer", Asked(NOVEMBER, unit_path=figures.ELSEWHERE), "received") == 1
    assert found.total.received == sum(line.work.received for line in found.lines)


def test_the_small_drawing_of_a_home_page_is_of_ones_own_scope(world: World) -> None:
    small(world)
    with world.work() as uow:
        drawn = {
            who: paper_figures.home_chart(uow, world.who(who), world.clock()) for who in ("leader", "clerk", "admin")
        }
    assert drawn["admin"] is None
    assert drawn["leader"] is not None and len(drawn["leader"].points) == figures.WEEKS
    assert sum(received for _week, received, _ended in drawn["leader"].points) == 8
    assert drawn["clerk"] is not None and (drawn["clerk"].kind, len(drawn["clerk"].points)) == ("pages", 14)


def reference(histogram: Mapping[int, int]) -> int | None:
    values = sorted(chain.from_iterable(repeat(value, number) for value, number in histogram.items()))
    for value in values:
        if Fraction(sum(other <= value for other in values), len(values)) >= Fraction(9, 10):
            return value
    return None


HISTOGRAMS = st.dictionaries(st.integers(0, 60), st.integers(1, 9), max_size=8)


@settings(deadline=None)  # the machine may be busy
@given(HISTOGRAMS)
def test_the_ninetieth_percentile_is_the_nearest_rank(histogram: dict[int, int]) -> None:
    assert nearest_rank(histogram, 90) == reference(histogram)


@settings(deadline=None)  # the machine may be busy
@given(HISTOGRAMS, HISTOGRAMS)
def test_figures_of_parts_together_are_the_figures_of_the_whole(one: dict[int, int], two: dict[int, int]) -> None:
    whole = merged([Work(received=1, days=one), Work(received=2, days=two)])
    assert whole.received == 3 and whole.days == dict(Counter(one) + Counter(two))
    assert whole.p90 == reference(Counter(one) + Counter(two))


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_not_whole_while_one_is_missing(part: int, whole: int) -> None:
    part = min(part, whole)
    found = share(part, whole)
    assert found is not None and (found == 1000) == (part == whole) and (found == 0) == (part == 0)
    if 0 < part < whole:
        assert abs(Fraction(found, 10) - Fraction(100 * part, whole)) <= Fraction(1, 10)


def test_the_share_of_the_province_that_wrote_more_than_eighty() -> None:
    assert share(1321, 1658) == 797 and share(0, 0) is None and share(9999, 10000) == 999


@settings(deadline=None)  # the machine may be busy
@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.sampled_from(["year", "quarter", "month"]))
def test_periods_are_read_as_they_are_written_and_follow_without_a_gap(day: date, kind: str) -> None:
    period = containing(day, kind)
    assert period_of(period.text) == period and period.first <= day <= period.last
    assert period.before.last + timedelta(days=1) == period.first and period.before.kind == kind
    assert (period.months()[0].first, period.months()[-1].last) == (period.first, period.last)


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-Q5", "2026-00", "1989", "2101", "2026-1", "26", "٢٠٢٦", "2026-11 "]
)
def test_what_is_no_period_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        period_of(text)


def test_a_head_is_told_of_a_contest_and_the_person_of_its_answer(world: World) -> None:
    small(world)
    made = contest(world, "officer2", "refused")
    with world.work() as uow:
        told_to = {row.account_id for row in uow.session.query(Notice).filter(Notice.kind == "count_contested")}
    assert {world.who(name).account_id for name in ("leader", "leader.low", "officer")} <= told_to
    out = ("officer2", "leader.xa", "clerk", "officer.gov", "admin")
    assert not told_to & {world.who(name).account_id for name in out}
    answer(world, "officer", made)
    with world.work() as uow:
        answered = [row.account_id for row in uow.session.query(Notice).filter(Notice.kind == "count_answered")]
    assert answered == [world.who("officer2").account_id]


def quarter() -> Period:
    return period_of("2026-Q4")


def test_of_a_quarter_each_month_is_told(world: World) -> None:
    small(world)
    months = seen(world, "officer", Asked(quarter())).months
    assert [(month.text, received, ended) for month, received, ended in months] == [
        ("2026-10", 1, 0), ("2026-11", 5, 4), ("2026-12", 0, 0)
    ]  # fmt: skip


def test_a_list_of_late_cases_that_was_cut_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    small(world)
    leader, head = world.who("leader"), figure_files.Head("Tháng 11/2026", "Người lập", world.clock())

    def first_rows() -> tuple[str, list[str]]:
        with world.work(leader) as uow:
            made = figures.to_export(uow, leader, Asked(NOVEMBER, "unit"), world.clock())
            late = figures.late_ones(uow, leader, Asked(NOVEMBER, "unit"), world.clock())
        sheet = load_workbook(BytesIO(figure_files.excel(made, head, late)))["Hồ sơ trễ hạn"]
        return str(sheet["A1"].value), [str(row[0].value) for row in sheet if row[0].value]

    whole, rows = first_rows()
    assert whole == "Số" and len(rows) == 3  # the headings, one that ended late, one late in hand
    monkeypatch.setattr(figures, "MOST_LATE", 1)
    case(world, "2026-11-02", "2026-11-11", used=7, late=2, late_reason="chờ thẩm tra")
    cut, rows = first_rows()
    assert cut.startswith("Chỉ ghi 2 trong 3 hồ sơ trễ hạn") and len(rows) == 4


def test_what_one_scanned_into_a_secret_batch_is_not_in_the_drawing_of_ones_pages(world: World) -> None:
    clerk = world.who("clerk")  # may see what is Mật
    world.filed(world.dossier(), pages=2)
    secret = world.paper(pages=5, secrecy=1)
    officer = world.who("officer")
    with world.work(officer) as uow:
        new = intake.NewBatch(world.units["D-BTC"], "Đợt mật", secrecy=1)
        batch = intake.create_batch(uow, officer, new, world.clock())
        uow.session.get_one(Scan, uow.session.get_one(Document, secret).scan_id).batch_id = batch.id
        uow.session.execute(update(Scan).values(received_by=clerk.account_id))
        drawn = paper_figures.home_chart(uow, clerk, world.clock())
    assert drawn is not None and sum(pages for _day, pages, _none in drawn.points) == 2
