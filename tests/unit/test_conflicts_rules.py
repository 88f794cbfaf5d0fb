"""What differs between two blocks, who owns it, and what becomes of it: golden tables."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta

import pytest

from oms.domain import conflicts
from oms.domain.conflicts import Kind, Rule, Said, State, next_state, owner_of, receivers, same, verdict
from oms.domain.dated_rows import Catalogue, Row
from oms.domain.links import Sides
from oms.domain.record_items import ITEMS
from oms.domain.working_days import Calendar, after_working, working_left
from oms.services.catalogues import DEFAULTS

SEXES = [Row("gioi_tinh", "nam", "Nam"), Row("gioi_tinh", "nu", "Nữ", ("gái",))]
CATALOGUE = Catalogue(SEXES)
DAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("item", "left", "right", "agree"),
    [
        ("full_name", "Tô Thị Hiếu", "TÔ THỊ HIẾU", True),
        ("full_name", "Nguyễn Thúy Hoà", "Nguyễn Thuý Hòa", True),
        ("full_name", "Tô Thị Hiếu", "TO THI HIEU", True),
        ("full_name", "Tô Thị Hiếu", "Tô Thị Hiệu", False),
        ("birth_date", "1981-08-05", "1981", True),
        ("birth_date", "1981-08-05", "1981-08", True),
        ("birth_date", "1981-08-05", "1981-05-08", False),
        ("birth_date", "1981-08", "1981-09-01", False),
        ("sex", "Nữ", "gái", True),
        ("sex", "Nữ", "Nam", False),
        ("citizen_id", "086181001234", "086181001243", False),
        ("rank_code", "01.003", "01.003", True),
        ("rank_code", "01.003", "01003", False),
        ("party_card_no", "64.849336", "64849336", True),
        ("party_card_no", "64.849336", "64849337", False),
        ("old_id", "090 628 227", "090628227", True),
        ("home_place", "Xã An Bình,  Vĩnh Long", "xã An Bình, Vĩnh Long", True),
    ],
)
def test_what_says_the_same(item: str, left: str, right: str, agree: bool) -> None:
    assert same(item, left, right, CATALOGUE) is agree
    assert same(item, right, left, CATALOGUE) is agree


@pytest.mark.parametrize(
    ("left", "right", "missing", "expected"),
    [
        ("1999", "2001", False, Kind.DIFFERS),
        ("1999", "1999-02", True, None),
        ("1999", None, True, Kind.MISSING),
        (None, "1999", True, Kind.MISSING),
        ("1999", None, False, None),
        (None, None, True, None),
    ],
)
def test_what_is_a_difference(left: str | None, right: str | None, missing: bool, expected: Kind | None) -> None:
    sides = [None if value is None else Said(value) for value in (left, right)]
    assert verdict(Rule("party_joined_on", "party", missing), sides[0], sides[1], CATALOGUE) is expected


@pytest.mark.parametrize(
    ("owner", "blocks", "cards", "expected"),
    [
        ("party", ("party", "government"), (False, False), Sides.LEFT),
        ("party", ("front", "party"), (True, False), Sides.RIGHT),
        ("government", ("party", "government"), (True, False), Sides.RIGHT),
        ("government", ("party", "front"), (False, False), Sides.BOTH),
        ("paper", ("party", "government"), (True, False), Sides.LEFT),
        ("paper", ("party", "government"), (False, True), Sides.RIGHT),
        ("paper", ("party", "government"), (True, True), Sides.BOTH),
        ("paper", ("party", "government"), (False, False), Sides.BOTH),
        ("both", ("party", "government"), (True, False), Sides.BOTH),
    ],
)
def test_who_owns_an_item(owner: str, blocks: tuple[str, str], cards: tuple[bool, bool], expected: Sides) -> None:
    left, right = (Said("x", "f", card) for card in cards)
    assert owner_of(Rule("citizen_id", owner, False), blocks, left, right) is expected


@pytest.mark.parametrize(
    ("state", "differs", "same_values", "over", "expected"),
    [
        (State.OPEN, True, True, False, State.OPEN),
        (State.OPEN, False, False, False, State.SETTLED),
        (State.KEPT, True, True, False, State.KEPT),
        (State.KEPT, True, False, False, State.OPEN),
        (State.KEPT, False, False, False, State.SETTLED),
        (State.PROPOSED, True, True, False, State.PROPOSED),
        (State.PROPOSED, True, True, True, State.OPEN),
        (State.PROPOSED, True, False, False, State.OPEN),
        (State.PROPOSED, False, False, True, State.SETTLED),
        (State.SETTLED, True, False, False, State.OPEN),
        (State.SETTLED, False, True, False, State.SETTLED),
        (State.GONE, True, False, False, State.OPEN),
        (State.GONE, False, False, False, State.GONE),
    ],
)
def test_what_becomes_of_a_difference(
    state: State, differs: bool, same_values: bool, over: bool, expected: State
) -> None:
    assert next_state(state, differs, same_values, over) is expected


def test_a_change_is_proposed_to_who_lacks_the_value_or_does_not_own_it() -> None:
    assert receivers(Kind.DIFFERS, Sides.LEFT, None) == {"right"}
    assert receivers(Kind.DIFFERS, Sides.BOTH, None) == {"left", "right"}
    assert receivers(Kind.MISSING, Sides.LEFT, Sides.LEFT) == {"left"}


def test_sensitive_items_and_tables_are_never_compared_whatever_the_list_says() -> None:
    asked = ("religion", "health", "discipline", "career", "no_such_item", "rank_code")
    rows = [Row(conflicts.LIST, code, code, extra={"owner": "both", "missing": 1}) for code in asked]
    assert [rule.item for rule in conflicts.rules(Catalogue(rows), DAY)] == ["rank_code"]


def test_the_shipped_list_names_real_items_and_owners() -> None:
    with (DEFAULTS / "conflicts.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    owners = {line["code"]: json.loads(line["extra"])["owner"] for line in lines}
    assert all(line["list_code"] == conflicts.LIST for line in lines)
    assert all(code in ITEMS and not ITEMS[code].sensitive and not ITEMS[code].is_table for code in owners)
    assert set(owners.values()) <= {"party", "front", "government", "paper", "both"}
    assert {owners[code] for code in owners if code.startswith("party_")} == {"party"}
    assert {owners[code] for code in owners if code.startswith(("rank_", "salary_", "recruited"))} == {"government"}


@pytest.mark.parametrize(
    ("today", "left"),
    [
        (date(2026, 11, 5), 3),  # Thursday: Friday, Monday, Tuesday
        (date(2026, 11, 7), 2),  # Saturday
        (date(2026, 11, 10), 0),
        (date(2026, 11, 11), -1),
        (date(2026, 11, 14), -3),  # Saturday after: Wednesday, Thursday, Friday were worked
    ],
)
def test_the_clock_counts_working_days_on_both_sides_of_the_last_one(today: date, left: int) -> None:
    calendar = Calendar()
    due = after_working(date(2026, 11, 5), 3, calendar)
    assert due == date(2026, 11, 10) and working_left(today, due, calendar) == left


def test_the_clock_stands_over_tet() -> None:
    tet = Calendar(frozenset(date(2027, 2, 5) + timedelta(days=each) for each in range(7)))
    due = after_working(date(2027, 2, 3), 3, tet)
    assert due == date(2027, 2, 15)
    assert working_left(date(2027, 2, 8), due, tet) == 2
