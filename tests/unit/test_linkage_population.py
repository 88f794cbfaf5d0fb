"""The invented registers linking is measured on: the same seed the same bytes, a truth that fits, nobody real."""

import csv
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.linkage_people import SHARED, TABLE, Names, Person, communes, sizes, ward_maker
from benchmarks.linkage_population import RESEARCH, collisions, marginals, read, truth_of, write
from benchmarks.linkage_registers import COLUMNS
from vietnamese import places
from vietnamese.places import Place

COUNT = 6000
FILES = ("party.csv", "gov.csv", "party_truth.csv", "gov_truth.csv")
# Every code a province ever had in a citizen number.
_CODES = """
001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044 045
046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093
094 095 096
"""
PROVINCE_CODES = frozenset(_CODES.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("registers")
    write(made, COUNT, seed=5)
    return made


@pytest.fixture(scope="module")
def people() -> list[Person]:
    make = ward_maker(5, COUNT, Names())
    return [person for ward in range(len(sizes(COUNT))) for person in make(ward)]


def test_the_same_seed_writes_the_same_bytes_by_one_process_or_two(tmp_path: Path) -> None:
    for name, jobs in (("one", 1), ("two", 2)):
        write(tmp_path / name, 900, seed=7, jobs=jobs)
    for file in FILES:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file
    write(tmp_path / "other", 900, seed=8)
    assert (tmp_path / "other" / "party.csv").read_bytes() != (tmp_path / "one" / "party.csv").read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(FILES), "nothing else is left behind"


def test_the_files_have_the_shape_linkage_reads(folder: Path) -> None:
    for name in ("party", "gov"):
        rows = list(read(folder / f"{name}.csv"))
        assert list(rows[0]) == ["record_id", *COLUMNS]
        assert len(rows) == len({row["record_id"] for row in rows}) == COUNT
        assert all(row["full_name"].strip() for row in rows)


def test_truth_names_each_record_once_and_seven_in_ten_people_twice(folder: Path) -> None:
    party, gov = truth_of(folder, "party"), truth_of(folder, "gov")
    for truth, name in ((party, "party"), (gov, "gov")):
        assert list(truth) == [row["record_id"] for row in read(folder / f"{name}.csv")]
        assert len(set(truth.values())) == COUNT, "a person has one record in a block"
    assert len(set(party.values()) & set(gov.values())) == pytest.approx(COUNT * SHARED, rel=0.01)


def test_the_order_of_a_file_tells_nothing_of_the_person(folder: Path) -> None:
    for name in ("party", "gov"):
        order = [int(person) for person in truth_of(folder, name).values()]
        middle = len(order) / 2
        rank = {person: at for at, person in enumerate(sorted(order))}
        off = sum((at - middle) * (rank[person] - middle) for at, person in enumerate(order))
        assert abs(off / sum((at - middle) ** 2 for at in range(len(order)))) < 0.06


def test_true_pairs_agree_as_often_as_the_research_measured(folder: Path) -> None:
    for field, found in marginals(folder).items():
        assert found == pytest.approx(RESEARCH[field], abs=4), field
    assert 0.8e-4 < collisions(folder) < 1.8e-4


def test_more_errors_make_fewer_fields_agree_and_leave_as_many_out(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, COUNT, seed=5, errors=1.6)
    before, after = marginals(folder), marginals(tmp_path)
    for field in ("citizen id", "whole birth date", "folded name", "father"):
        assert after[field][1] < before[field][1] - 2, field
        assert after[field][0] == pytest.approx(before[field][0], abs=3), field


def test_the_hard_cases_are_there(people: list[Person], folder: Path) -> None:
    together = list(pairwise(people))
    siblings = [(one, other) for one, other in together if (one.father, one.mother) == (other.father, other.mother)]
    assert len(siblings) > COUNT / 20
    assert any(one.born == other.born for one, other in siblings), "twins"
    assert sum(one.name[1:-1] == other.name[1:-1] for one, other in siblings) > len(siblings) / 5, "one middle name"
    party = list(read(folder / "party.csv"))
    citizen = Counter(len(row["citizen_id"]) for row in party)
    assert 0.01 < citizen[11] / citizen[12] < 0.05, "the zero before a number lost"
    assert 0.03 < sum(row["full_name"].isascii() for row in party) / len(party) < 0.12, "typed without marks"
    assert 0.05 < sum(len(row["birth_date"]) == 4 for row in party) / len(party) < 0.2, "a year alone"
    assert any(row["other_name"] for row in party)
    names = Counter((person.home_place.code, person.name) for person in people)
    assert max(names.values()) > 1, "two people of one name in one commune"


def test_places_are_of_the_old_order_and_the_new(folder: Path) -> None:
    today = date(2026, 11, 30)
    found = [places.find(row["home_place"], today) for row in read(folder / "gov.csv") if row["home_place"]]
    known = [place for place in found if place is not None]
    assert len(known) > 0.6 * len(found)
    assert 0.3 < sum(place.is_new for place in known) / len(known) < 0.8


def test_every_size_has_as_many_records_to_a_commune() -> None:
    for count in (100, 1000, 10_000, 1_000_000):
        assert sum(sizes(count)) == count
        assert count < 1000 or 140 < count / len(sizes(count)) < 160
    all_communes = communes(1)
    assert len(all_communes) == len(set(all_communes)) > 1_000_000 / 150
    assert all(isinstance(place, Place) and not place.is_new for place in all_communes)


def test_nobody_real_can_bear_these_numbers_and_no_list_of_people_is_kept(people: list[Person], folder: Path) -> None:
    assert not {person.citizen_id[:3] for person in people} & PROVINCE_CODES
    for field in ("citizen_id", "old_id", "staff_code", "party_card"):
        assert len({getattr(person, field) for person in people}) == len(people), field
    for name in ("party", "gov"):
        written = {row["citizen_id"][:3] for row in read(folder / f"{name}.csv") if len(row["citizen_id"]) == 12}
        assert not written & PROVINCE_CODES
    with TABLE.open(encoding="utf-8") as file:
        kept = list(csv.DictReader(file, delimiter="\t"))
    assert all(len(row["name"].split()) == 1 for row in kept), "single words of names with weights, no whole names"
    assert len({(row["kind"], row["name"]) for row in kept}) == len(kept)


def test_as_a_program_it_prints_the_shape_beside_the_research(tmp_path: Path) -> None:
    asked = ["--per-block", "300", "--seed", "2", "--out", str(tmp_path), "--show"]
    program = [sys.executable, "-m", "benchmarks.linkage_population", *asked]
    done = subprocess.run(program, cwd=TABLE.parents[1], capture_output=True, text=True, check=True)
    assert "no comparable id" in done.stdout and "research" in done.stdout
