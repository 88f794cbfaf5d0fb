"""What the linking benchmark counts: pairs best on both sides, bands, what a person's right judgement adds."""

import sys
from pathlib import Path

import pytest

from benchmarks.linkage_measures import Found, Truth, bands, fewest_wrong, mutual_best, read_pairs, run, scored
from benchmarks.linkage_peers import RULES, agreeing, bits, cleaned, write_pairs

TRUTH = Truth({"P1": "1", "P2": "2", "P3": "3", "P4": "4"}, {"G1": "1", "G2": "2", "G3": "3", "G9": "9"})


def found(left: str, right: str, weight: float, band: str = "") -> Found:
    return Found((left, right), weight, 1 / (1 + 2**-weight), band)


def test_a_pair_counts_one_to_one_only_when_it_is_the_best_of_both_and_likely() -> None:
    pairs = [found("P1", "G1", 9), found("P1", "G2", 5), found("P2", "G2", 4), found("P3", "G3", -1)]
    assert mutual_best(pairs) == [("P1", "G1")], "G2 likes P1 better, P1 does not like it; P3's pair is unlikely"


def test_two_that_are_alike_are_neither() -> None:
    assert mutual_best([found("P1", "G1", 1), found("P1", "G2", 1), found("P2", "G2", 1)]) == []


def test_precision_recall_and_f1_are_held_against_the_people_in_both() -> None:
    score = scored([("P1", "G1"), ("P2", "G2"), ("P4", "G9")], TRUTH)
    assert (score.precision, score.recall, score.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    nothing = scored([], TRUTH)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)


def test_a_record_no_truth_knows_is_wrong() -> None:
    assert scored([("P8", "G8")], TRUTH).right == 0


def test_bands_count_records_once_and_a_right_judgement_takes_only_the_true() -> None:
    pairs = [
        found("P1", "G1", 9, "auto"),
        found("P2", "G2", 3, "review"),
        found("P2", "G9", 2, "review"),
        found("P1", "G2", 1, "review"),
    ]
    got = bands(pairs, TRUTH)
    assert got.auto.precision == 1
    assert got.review_share == 1 / 4, "P2 alone: P1 is suggested already"
    assert got.review_hits == pytest.approx(1 / 3)
    assert (got.after_review.given, got.after_review.right) == (2, 2)


def test_recall_at_safety_stops_before_too_many_are_wrong() -> None:
    pairs = [found("P1", "G1", 9), found("P4", "G9", 8), found("P2", "G2", 7)]
    assert fewest_wrong(pairs, TRUTH) == pytest.approx(1 / 3)
    assert fewest_wrong(pairs, TRUTH, wrong_in=2) == pytest.approx(2 / 3)


def test_rules_pair_what_agrees_and_never_by_what_is_empty(tmp_path: Path) -> None:
    head = "record_id,full_name,birth_date,birth_place,home_place,sex,citizen_id,old_id,staff_code,party_card,"
    head += "father_name,mother_name,spouse_name,party_joined\n"
    (tmp_path / "party.csv").write_text(f"{head}P1,NGUYỄN VĂN AN,05/08/1961,,,,,,,,,,,\nP2,Lê Thị Bé,,,,,,,,,,,,\n")
    (tmp_path / "gov.csv").write_text(f"{head}G1,Nguyen Van An,1961-08-05,,,,,,,,,,,\nG2,Lê Thị Bé,,,,,,,,,,,,\n")
    left, right = (cleaned(tmp_path / f"{name}.csv") for name in ("party", "gov"))
    pairs = {rule: [pair[:2] for pair in agreeing(left, right, *keys)] for rule, keys in RULES.items()}
    assert pairs["folded name + birth date"] == pairs["folded name + birth year"] == [("P1", "G1")]
    assert pairs["name with tones + birth date"] == pairs["any of 4 exact ids"] == []


def test_pairs_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_pairs(tmp_path / "pairs.csv", [("P1", "G1", bits(0.9)), ("P2", "G2", -200.0)])
    one, other = read_pairs(tmp_path / "pairs.csv")
    assert (one.pair, round(one.probability, 3), one.band) == (("P1", "G1"), 0.9, "")
    assert other.probability == 0


def test_a_program_that_fails_is_told_with_what_it_said_and_what_it_cost(tmp_path: Path) -> None:
    said = run(["-c", "import sys; print('hỏng'); sys.exit(3)"], tmp_path / "log")
    assert (said.status, said.output.strip()) == (3, "hỏng")
    assert 0 < said.cpu < 60 and said.megabytes > 1, sys.executable
