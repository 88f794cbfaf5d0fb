"""What a record and its papers say against each other; ways of writing the same are no contradiction."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.domain import dated_rows
from oms.domain.consistency import KIND_LABELS, MESSAGES, Claim, alike, contradictions
from oms.domain.dated_rows import Catalogue, Row

TODAY = date(2026, 11, 2)


def shipped() -> Catalogue:
    rows = []
    for path in sorted(Path(dated_rows.__file__).with_name("defaults").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                since, until = (
                    date.fromisoformat(line[name]) if line[name] else None for name in ("valid_from", "valid_to")
                )
                aliases = tuple(part for part in line["aliases"].split(";") if part)
                extra, place = json.loads(line["extra"] or "{}"), int(line["position"] or 0)
                rows.append(Row(line["list_code"], line["code"], line["label"], aliases, place, extra, since, until))
    return Catalogue(rows)


CATALOGUE = shipped()


def said(item: str, place: str = "", **values: str) -> Claim:
    return Claim(item, {name.rstrip("_"): value for name, value in values.items()}, place)


def rules(*claims: Claim) -> list[str]:
    return [each.rule for each in contradictions(claims, CATALOGUE, TODAY)]


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        ((said("birth_date", value="1961-08-05"), said("birth_date", "p1", value="1961-05-08")), "birth.differ"),
        ((said("recruited_on", value="1985-01"), said("recruited_on", "p1", value="1986")), "work.differ"),
        ((said("party_joined_on", value="1990"), said("party_joined_on", "p1", value="1991-02-03")), "party.joined"),
        ((said("birth_date", value="1980-06"), said("party_joined_on", "p", value="1998-05-19")), "party.age"),
        (
            (said("party_joined_on", value="1990-01-10"), said("party_official_on", "p", value="1990-12-20")),
            "party.probation",
        ),
        (
            (said("highest_qualification", value="Đại học"), said("training", "p", from_="2001", award="Thạc sĩ")),
            "education.above",
        ),
        (
            (said("highest_qualification", value="Tiến sĩ"), said("training", "p", from_="2001", award="Kỹ sư")),
            "education.below",
        ),
        (
            (
                said("career", "p", from_="2001-01", to="2005-06", what="Kế toán"),
                said("career", "p", from_="2005-01", to="2009-12", what="Phó trưởng phòng"),
            ),
            "career.overlap",
        ),
        (
            (
                said("career", "p", from_="2001-01", to="2005-06", what="Kế toán"),
                said("career", "p", from_="2006-01", to="2009-12", what="Phó trưởng phòng"),
            ),
            "career.gap",
        ),
        (
            (
                said("career", "", from_="2001-01", to="2005-06", what="Kế toán Sở Tài chính"),
                said("career", "p", from_="2001-01", to="2006-06", what="Kế toán, Sở Tài chính"),
            ),
            "career.dates",
        ),
        (
            (
                said("career", "", from_="2001-01", what="Kế toán Sở Tài chính"),
                said("career", "p", from_="2001-01", what="Giáo viên Trường Trung học"),
            ),
            "career.words",
        ),
        ((said("citizen_id", value="001161000123"), said("birth_date", value="1962-01-01")), "identity.year"),
        ((said("citizen_id", value="001161000123"), said("sex", value="Nam")), "identity.sex"),
        ((said("enlisted_on", value="1985-02"), said("discharged_on", "p", value="1984")), "military.order"),
        ((said("recruited_on", value="2027-01-01"),), "future.date"),
        (
            (said("recruited_on", "p", value="1985-01"), said("career", "p", from_="1990-03", what="Giáo viên")),
            "work.first",
        ),
    ],
)
def test_a_contradiction_is_found_and_named(claims: tuple[Claim, ...], rule: str) -> None:
    assert rules(*claims) == [rule]


@pytest.mark.parametrize(
    "claims",
    [
        tuple(said("birth_date", f"p{len(value)}", value=value) for value in ("1961-08-05", "1961-08", "1961")),
        (said("highest_qualification", value="Cử nhân"), said("highest_qualification", "p", value="Đại học")),
        (said("highest_qualification", value="Đại học"), said("training", "p", award="Cử nhân", from_="1980")),
        (said("birth_date", value="1980-05-19"), said("party_joined_on", "p", value="1998-05-19")),
        (said("party_joined_on", value="1990-01-10"), said("party_official_on", value="1991-01-10")),
        (said("party_joined_on", value="1990"), said("party_official_on", value="1991")),
        (
            said("career", "p", from_="2001-01", to="2005-06", what="Kế toán"),
            said("career", "p", from_="2005-07", what="Phó trưởng phòng"),
        ),
        (said("recruited_on", value="1985"), said("career", "p", from_="1985-09", what="Giáo viên")),
        (said("citizen_id", value="001161000123"), said("birth_date", value="1961-08-05"), said("sex", value="Nữ")),
        (
            said("career", "", from_="2001-01", what="Phó trưởng phòng", unit="Sở Tài chính"),
            said("career", "p", from_="2001", what="Phó Trưởng phòng, Sở Tài chính"),
        ),
    ],
)  # fmt: skip
def test_other_ways_of_writing_the_same_are_no_contradiction(claims: tuple[Claim, ...]) -> None:
    assert rules(*claims) == []


def test_a_gap_copied_into_a_second_form_is_told_once() -> None:
    rows = [
        said("career", place, from_=start, to=end, what=what)
        for place in ("", "p")
        for start, end, what in (("2001-01", "2003-01", "Kế toán"), ("2005-01", "2009-12", "Chuyên viên"))
    ]
    assert rules(*rows) == ["career.gap"]


def test_two_papers_are_held_against_each_other_where_the_record_is_silent() -> None:
    assert rules(
        said("career", "", from_="1990-01", to="2000-12", what="Giáo viên Trường Trung học"),
        said("career", "p", from_="2001-01", to="2005-06", what="Kế toán Sở Tài chính"),
        said("career", "q", from_="2001-01", to="2006-06", what="Kế toán Sở Tài chính"),
    ) == ["career.dates"]


def test_a_year_alone_does_not_hide_that_two_days_differ() -> None:
    claims = [said("birth_date", place, value=value) for place, value in (("", "1961"), ("p", "1961-08-05"))]
    assert rules(*claims, said("birth_date", "q", value="1961-05-08")) == ["birth.differ"]


def test_every_rule_has_its_words_and_its_kind() -> None:
    assert {key.partition(".")[0] for key in MESSAGES} == set(KIND_LABELS)


days = st.dates(date(1930, 1, 1), date(2026, 1, 1)).map(date.isoformat)
partial = st.tuples(days, st.sampled_from((4, 7, 10))).map(lambda pair: pair[0][: pair[1]])
singles = st.tuples(
    st.sampled_from(("birth_date", "recruited_on", "party_joined_on", "party_official_on", "enlisted_on")),
    st.sampled_from(("", "p", "q")),
    partial,
).map(lambda part: said(part[0], part[1], value=part[2]))
rows = st.tuples(st.sampled_from(("", "p", "q")), partial, partial, st.text(max_size=12)).map(
    lambda part: said("career", part[0], from_=part[1], to=part[2], what=part[3])
)


@given(st.lists(st.one_of(singles, rows), max_size=12))
def test_any_claims_are_held_against_each_other_without_failing(claims: list[Claim]) -> None:
    found = contradictions(claims, CATALOGUE, TODAY)
    assert all(each.left in claims and (each.right is None or each.right in claims) for each in found)
    twice = contradictions([*claims, *claims], CATALOGUE, TODAY)
    assert {each.rule for each in found if each.kind in ("birth", "party")} == {
        each.rule for each in twice if each.kind in ("birth", "party")
    }


@given(partial, partial)
def test_alike_does_not_ask_who_comes_first(left: str, right: str) -> None:
    assert alike("birth_date", left, right, CATALOGUE) == alike("birth_date", right, left, CATALOGUE)
    assert alike("birth_date", left, left, CATALOGUE)
