"""What explains a reading, and what makes one unusual: the pure rules, reading by reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from oms.domain.day_review import judge
from oms.domain.footing import Footing, Seen, Standing
from oms.domain.records import HANOI
from oms.domain.sightings import BROAD, EVER, EXPLANATION_LABELS, Ground, Grounds, Kind, Read, accesses
from oms.domain.unusual import QUEUED_FROM, Facts, Habit, Item, Spread, in_days_before, items_of
from oms.domain.unusual_rules import RULE_LABELS, RULE_SENTENCES, RULES
from oms.domain.working_days import Calendar

DAY = "2026-11-04"
"""A Wednesday."""


def at(clock: str, day: str = DAY) -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=HANOI).timestamp())


def read(clock: str = "09:00", dossier: str = "d1", kind: Kind = Kind.PAGE, day: str = DAY, **more: object) -> Read:
    values = {"account": "a", "role": "records_officer", "unit": "1/2/3", "label": f"BTC.{dossier}"} | more
    return Read(at(clock, day), at(clock, day), values.pop("account"), values.pop("role"), kind, dossier, **values)


TASK = Ground("task", at("08:00"), at("12:00"), "NV-1", other_than="maker", unit="1/2", task="NV-1")
WORK = Ground("work", at("00:00"), EVER, "change:save 7", account="a", dossier="d1")


def explained(read_: Read, *grounds: Ground) -> str:
    found = Grounds(grounds).explain(read_)
    return found.rule if found else ""


@pytest.mark.parametrize(
    ("clock", "more", "rule"),
    [
        ("09:00", {"task": "NV-1"}, "task"),
        ("09:00", {"task": ""}, ""),
        ("09:00", {"task": "NV-2"}, ""),
        ("07:59", {"task": "NV-1"}, ""),
        ("12:01", {"task": "NV-1"}, ""),
        ("09:00", {"task": "NV-1", "unit": "1/2"}, "task"),
        ("09:00", {"task": "NV-1", "unit": "1/22"}, ""),
        ("09:00", {"task": "NV-1", "account": "maker"}, ""),
    ],
)
def test_a_cited_task_explains_while_it_is_open_in_its_subtree_and_not_its_maker(
    clock: str, more: dict[str, str], rule: str
) -> None:
    assert explained(read(clock, **more), TASK) == rule


def test_work_on_the_dossier_explains_its_maker_only_and_that_dossier_only() -> None:
    assert explained(read(), WORK) == "work"
    assert explained(read(account="b"), WORK) == explained(read(dossier="d2"), WORK) == ""


def test_a_duty_explains_the_roles_that_have_it() -> None:
    ground = Ground("loan", 0, EVER, "PM-1", roles=frozenset({"records_officer"}), dossier="d1")
    assert explained(read(), ground) == "loan" and explained(read(role="leader"), ground) == ""


def test_what_names_the_dossier_comes_before_what_names_only_the_unit() -> None:
    assert explained(read(task="NV-1"), TASK, WORK) == "work"


def test_a_ground_that_would_explain_everything_is_an_error() -> None:
    with pytest.raises(ValueError, match="everything"):
        Grounds([Ground("task", 0, EVER, "x", account="a")])


def test_the_gate_belongs_to_the_opening_that_follows_and_stands_alone_without_one() -> None:
    gate, opening = read("09:00", kind=Kind.GATE), read("09:02", kind=Kind.OPEN, task="NV-1")
    whole = accesses([gate, opening], DAY, Grounds([TASK]))[0]
    assert (whole.unexplained, whole.broad) == (0, 2)
    late = accesses([gate, read("09:45", kind=Kind.OPEN, task="NV-1")], DAY, Grounds([TASK]))[0]
    assert (late.unexplained, late.broad) == (1, 1)
    assert accesses([gate], DAY, Grounds([TASK]))[0].only_gate


def test_searches_and_refusals_are_no_readings() -> None:
    assert accesses([read(kind=Kind.SEARCH, dossier=""), read(refused=True)], DAY, Grounds([])) == []


def test_every_rule_has_its_words_and_every_broad_ground_is_known() -> None:
    assert set(RULES) == set(RULE_LABELS) == set(RULE_SENTENCES)
    assert set(EXPLANATION_LABELS) > BROAD


QUIET = Habit(
    days=60, dossiers=Spread(6, 1), peak=Spread(2, 1), role_dossiers=Spread(6, 1), role_peak=Spread(2, 1),
    last_active="2026-11-03", joined="2025-01-01", units=frozenset({"1/2/3"}), scopes=("1/2",), unit="1/9",
)  # fmt: skip


def items(
    *reads: Read, habit: Habit = QUIET, facts: Facts | None = None, grounds: tuple[Ground, ...] = ()
) -> list[Item]:
    whole = sorted(reads, key=lambda each: each.at)
    return items_of(accesses(whole, DAY, Grounds(grounds)), whole, habit, facts or Facts(), {})


def fired(*reads: Read, **more: object) -> set[str]:
    return {signal.rule for item in items(*reads, **more) for signal in item.signals}  # type: ignore[arg-type]


def test_what_a_row_explains_by_name_is_never_asked_about() -> None:
    assert items(read("23:00"), grounds=(WORK,), facts=Facts(watched=frozenset({"d1"}))) == []


def test_an_ordinary_reading_without_a_ground_is_below_the_queue() -> None:
    (item,) = items(read())
    assert {signal.rule for signal in item.signals} == {"unexplained"} and item.score < QUEUED_FROM


@pytest.mark.parametrize(
    ("more", "facts", "rule"),
    [
        ({"clock": "19:30"}, Facts(), "off_hours"),
        ({"clock": "06:30"}, Facts(), "off_hours"),
        ({}, Facts(calendar=Calendar(off=frozenset({date(2026, 11, 4)}))), "day_off"),
        ({"unit": "1/7"}, Facts(), "outside_scope"),
        ({"unit": "1/2/8"}, Facts(), "first_unit"),
        ({"unit": "1/9"}, Facts(), "coworker"),
        ({}, Facts(kin=frozenset({("a", "d1")})), "kin"),
        ({}, Facts(namesakes=frozenset({("a", "d1")})), "namesake"),
        ({}, Facts(watched=frozenset({"d1"})), "watched"),
        ({}, Facts(moved={"d1": ("1/2/3", at("08:00"))}), "after_transfer"),
        ({}, Facts(seekers={"d1": 5}), "many_searching"),
        ({}, Facts(under_review=frozenset({"d1"})), "under_review"),
        ({"kind": Kind.EXPORT}, Facts(), "taken_out"),
        ({"task": "NV-9"}, Facts(), "after_task"),
    ],
)
def test_each_rule_fires_on_what_it_is_for_and_not_without_it(more: dict[str, object], facts: Facts, rule: str) -> None:
    assert rule in fired(read(**more), facts=facts)  # type: ignore[arg-type]
    assert rule not in fired(read())


def test_a_transfer_later_than_the_reading_says_nothing() -> None:
    assert "after_transfer" not in fired(read(), facts=Facts(moved={"d1": ("1/2/3", at("10:00"))}))


def test_refused_then_read_within_ten_minutes_of_the_same_dossier() -> None:
    assert "denied_first" in fired(read("09:00", refused=True), read("09:09"))
    assert "denied_first" not in fired(read("09:00", refused=True), read("09:11"))
    assert "denied_first" not in fired(read("09:00", refused=True, dossier="d2"), read("09:05"))


def test_two_machines_at_once_is_back_and_forth_not_a_change_of_desk() -> None:
    there, back = read("09:00", address="1"), read("09:08", address="1")
    assert "two_addresses" in fired(there, read("09:04", address="2"), back)
    assert "two_addresses" not in fired(there, read("09:04", address="2"), read("09:08", address="2"))


def test_an_account_that_slept_wakes() -> None:
    asleep = Habit(days=60, last_active="2026-08-01", units=frozenset({"1/2/3"}), scopes=("1/2",))
    assert "dormant" in fired(read(), habit=asleep) and "dormant" not in fired(read())


def many(number: int, minutes: int = 9, step: int = 7) -> list[Read]:
    day = [divmod(minutes * place, 60) for place in range(number)]
    return [read(f"{8 + hour:02d}:{minute:02d}", f"d{1000 + place * step}") for place, (hour, minute) in enumerate(day)]


def test_much_more_than_usual_is_one_item_for_the_whole_day() -> None:
    (item,) = items(*many(30))
    assert item.dossier == "" and item.dossiers == 30 and {"bulk_day"} <= {signal.rule for signal in item.signals}
    assert item.score >= QUEUED_FROM
    assert "bulk_day" not in fired(*many(9))


def test_what_is_much_depends_on_the_person() -> None:
    busy = Habit(days=60, dossiers=Spread(28, 3), peak=Spread(9, 2), units=frozenset({"1/2/3"}), scopes=("1/2",))
    assert "bulk_day" in fired(*many(30)) and "bulk_day" not in fired(*many(30), habit=busy)


def test_numbers_one_after_another_are_seen_and_jumps_are_not() -> None:
    assert "sequential" in fired(*many(6, step=1)) and "sequential" not in fired(*many(6, step=7))
    backwards = [read(f"09:{place:02d}", f"d{1000 - place}") for place in range(6)]
    assert "sequential" in fired(*backwards)


def test_a_stocktake_goes_through_the_numbers_and_says_nothing_by_it() -> None:
    round_ = Ground("stocktake", 0, EVER, "2026-2", unit="1/2")
    assert not fired(*many(30, step=1), grounds=(round_,)) & {"sequential", "bulk_day", "bulk_hour"}
    running = Ground("task", 0, EVER, "NV-1", unit="1/2", task="NV-1")
    cited = [each._replace(task="NV-1") for each in many(30, step=1)]
    assert {"sequential", "bulk_day"} <= fired(*cited, grounds=(running,))


def test_a_true_task_lowers_what_it_may_answer_and_not_what_it_cannot() -> None:
    running = Ground("task", 0, EVER, "NV-1", unit="1/2", task="NV-1")
    cited = read("23:00", task="NV-1")
    assert "off_hours" not in fired(cited, grounds=(running,))
    watched = Facts(watched=frozenset({"d1"}))
    (plain,), (under,) = items(read(), facts=watched), items(cited, facts=watched, grounds=(running,))
    assert under.broad and 0 < under.score < plain.score
    own = Facts(kin=frozenset({("a", "d1")}))
    assert items(cited, facts=own, grounds=(running,))[0].score >= 5


def test_a_weight_of_nought_drops_a_rule() -> None:
    watched = Facts(watched=frozenset({"d1"}))
    whole = accesses([read()], DAY, Grounds([]))
    with_, without = (items_of(whole, [read()], QUIET, watched, weights) for weights in ({}, {"watched": 0.0}))
    assert with_[0].score - without[0].score == pytest.approx(RULES["watched"].weight)


def test_habits_are_of_the_days_before_and_repeating_is_against_the_role() -> None:
    days = [(f"p{person}", "officer", "2026-10-20", 5, 2, 0) for person in range(9)]
    days += [("snoop", "officer", "2026-10-20", 5, 2, 9), ("old", "officer", "2026-08-01", 5, 2, 9)]
    before = in_days_before(days, "2026-10-05")
    assert (before.habit("snoop", "officer").odd, before.habit("old", "officer").odd) == (9, 0)
    assert before.habit("p1", "officer").role_odd == Spread(0, 0)
    assert "repeated" in fired(read(), habit=before.habit("snoop", "officer"))
    assert "repeated" not in fired(read(), habit=before.habit("p1", "officer"))


RUNNING = Ground("task", 0, EVER, "NV-1", unit="1/2", task="NV-1")


def running_in(unit: str) -> Ground:
    return RUNNING._replace(unit=unit)


def test_the_unit_a_person_left_is_theirs_no_more_from_that_day_on() -> None:
    moved = replace(QUIET, left={"1/2/3": "2026-11-02"})
    (item,) = items(read(), habit=moved)
    assert "left_unit" in {signal.rule for signal in item.signals} and item.score >= QUEUED_FROM
    assert "left_unit" not in fired(read(), habit=replace(QUIET, left={"1/2/3": "2026-11-05"}))
    assert "left_unit" not in fired(read(unit="1/2/4"), habit=moved)
    assert "left_unit" not in fired(read(), habit=replace(moved, unit="1/2/3"))  # came back
    assert items(read(), habit=moved, grounds=(WORK,)) == []  # handing over leaves its mark
    (under,) = items(read(task="NV-1"), habit=moved, grounds=(RUNNING,))
    assert under.score < QUEUED_FROM  # a task of the unit left answers for one reading


def office(share: int, person: list[Seen]) -> Footing:
    """Nine officers who leave a result in ``share`` of ten dossiers of their unit, and one more person."""
    peers = [
        Seen(f"p{who}", "records_officer", f"x{who}-{n}", f"1/2/{who}", 1, int(n % 10 < share))
        for who in range(9)
        for n in range(60)
    ]
    own = [Seen("a", "records_officer", f"own{n}", "1/2/3", 1, int(n % 10 < share)) for n in range(60)]
    return Footing([*peers, *own, *person])


def strays(number: int, answered: int = 0, in_rounds: int = 0) -> list[Seen]:
    return [
        Seen("a", "records_officer", f"s{n}", f"1/7/{n % 5}", 1, int(n < answered), in_rounds) for n in range(number)
    ]


def test_true_tasks_of_units_in_which_a_person_never_has_work_are_queued() -> None:
    astray = replace(QUIET, standing=office(6, strays(15)).of("a"))
    running = running_in("1/7")
    (item,) = items(read(unit="1/7/1", task="NV-1"), habit=astray, grounds=(running,))
    assert item.broad and item.score >= QUEUED_FROM
    said = {signal.rule: dict(signal.said) for signal in item.signals}["no_footing"]
    assert (said["n"], said["usual"]) == ("15", "1")
    assert items(read(unit="1/7/1", task="NV-1"), habit=QUIET, grounds=(running,)) == []


@pytest.mark.parametrize(
    "standing",
    [
        office(6, strays(15, answered=5)).of("a"),  # covers for a colleague, and leaves work behind in each unit
        office(6, strays(3)).of("a"),  # three dossiers are no habit
        office(6, strays(15, in_rounds=1)).of("a"),  # a stocktake asks for no result
        office(0, strays(15)).of("a"),  # a role that never leaves results
        Footing(strays(15)).of("a"),  # nobody knows yet what is usual
    ],
)
def test_reading_elsewhere_is_not_held_against_who_works_there_or_whose_role_leaves_no_results(
    standing: Standing,
) -> None:
    habit = replace(QUIET, standing=standing)
    cited = read(unit="1/7/1", task="NV-1")
    assert "no_footing" not in fired(cited, habit=habit, grounds=(running_in("1/7"),))


def test_the_own_unit_is_a_footing_however_much_a_person_strays() -> None:
    astray = replace(QUIET, standing=office(6, strays(15)).of("a"))
    assert "no_footing" not in fired(read(task="NV-1"), habit=astray, grounds=(RUNNING,))


def test_coming_back_to_one_dossier_under_a_true_task_is_said_when_nothing_ever_came_of_it() -> None:
    def back(days: int, answered: int = 0) -> set[str]:
        standing = Footing([Seen("a", "records_officer", "d1", "1/2/3", days, answered)]).of("a")
        return fired(read(task="NV-1"), habit=replace(QUIET, standing=standing), grounds=(RUNNING,))

    assert "returned" in back(3) and "returned" not in back(2)
    assert "returned" not in back(9, answered=1)
    standing = Footing([Seen("a", "records_officer", "d1", "1/2/3", 9, 0)]).of("a")
    assert items(read(), habit=replace(QUIET, standing=standing), grounds=(WORK,)) == []  # today's work answers
    assert "returned" not in fired(read(dossier="d2"), habit=replace(QUIET, standing=standing))


def test_a_likely_relative_is_queued_under_a_true_task_and_not_when_work_answers_for_it() -> None:
    same = Facts(namesakes=frozenset({("a", "d1")}))
    (item,) = items(read(task="NV-1"), facts=same, grounds=(RUNNING,))
    assert item.broad and item.score >= QUEUED_FROM
    assert items(read(), facts=same, grounds=(WORK,)) == []


def test_what_is_often_odd_is_measured_by_the_person_and_their_role_together() -> None:
    role = Spread(4, 1)
    usual = [replace(QUIET, odd=8, role_odd=role, odd_before=before) for before in (None, 0.0, 14.0)]
    assert ["repeated" in fired(read(), habit=habit) for habit in usual] == [False, True, False]
    always = replace(QUIET, odd=60, role_odd=role, odd_before=60.0)
    assert "repeated" in fired(read(), habit=always)  # a habit of years excuses twice the role's most, not all


def test_a_day_is_judged_person_by_person_with_its_hours() -> None:
    reads = [read("08:30"), read("08:40"), read("15:00", dossier="d2", account="b", task="NV-1")]
    running = Ground("task", 0, EVER, "NV-1", unit="1/2", task="NV-1")
    days = {
        each.account: each for each in judge(DAY, reads, Grounds([running]), {"a": QUIET}, Facts(), {}, lambda *_: 0)
    }
    assert (days["a"].reads(), days["a"].reads("unexplained"), days["b"].reads("broad")) == (2, 2, 1)
    assert days["a"].hours[8] == days["a"].open_hours[8] == 2 and days["b"].open_hours[15] == 0
    assert (days["a"].odd, days["b"].odd) == (1, 0)
