"""What a pair weighs and why: reissued cards, siblings, twins, people of one name; whole and masked evidence."""

from dataclasses import replace

import pytest

from linkage import CADRES, ModelError, Record, Scorer, explain, load, loads, normalise
from linkage.levels import OTHER
from linkage.model import LEAST_M, Bounds, dumps, floored

BLOCK = 100_000
RARE, COMMON = 1e-5, 2e-3
MAN = Record(
    "P1", "Nguyễn Văn Tâm", "", "Nam", "17/05/1977", "Xã Nhân Lý, Huyện Chi Lăng, Lạng Sơn",
    "Xã Nhân Lý, Huyện Chi Lăng, Lạng Sơn", "020077349895", "207271005", "200373806", "20631353",
    "Nguyễn Văn Phát", "Phan Thị Hảo", "Võ Thị Hảo Châu", "13/06/2005",
)  # fmt: skip
NO_IDS = {"citizen_id": "", "old_id": "", "staff_code": "", "party_card": ""}


def weight(one: Record, two: Record, share: float = RARE) -> float:
    return Scorer(load(), BLOCK, BLOCK, lambda _column, _value: share).score(normalise(one), normalise(two)).weight


def test_one_reissued_card_does_not_veto_all_the_rest() -> None:
    reissued = replace(MAN, record_id="G1", citizen_id="024177555555", old_id="", staff_code="", party_card="")
    assert weight(MAN, reissued) > load().bounds.auto
    model = load()
    for column in CADRES.identities:
        assert -10 < model.chances[column][OTHER].bits < 0


def test_no_learned_level_is_impossible_for_one_person() -> None:
    learned = {each.name: dict.fromkeys(each.level_names, (1e-12, 0.5)) for each in CADRES.comparisons}
    for levels in floored(CADRES, learned).values():
        assert all(chance.m >= LEAST_M for chance in levels.values())


def test_a_personal_number_off_by_one_figure_still_speaks_for_the_man() -> None:
    slip = replace(MAN, **(NO_IDS | {"citizen_id": "020077349896"}))
    assert (
        weight(MAN, slip)
        > weight(MAN, replace(MAN, **NO_IDS))
        > weight(MAN, replace(MAN, **(NO_IDS | {"citizen_id": "024066111222"})))
    )


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Nguyễn Văn Lập", "birth_date": "02/11/1979"},
        {"full_name": "Nguyễn Văn Khoa", "birth_date": "17/05/1977"},
        {"full_name": "Nguyễn Văn Dũng", "birth_date": "1978"},
    ],
    ids=["brother", "twin", "brother by year only"],
)
def test_siblings_and_twins_are_not_suggested(change: dict[str, str]) -> None:
    other = replace(MAN, **(NO_IDS | {"record_id": "G2", "spouse_name": "", "party_joined": ""} | change))
    assert weight(replace(MAN, **NO_IDS), other) < load().bounds.auto_bare
    with_numbers = replace(other, citizen_id="020079111222", staff_code="200999888")
    assert weight(MAN, with_numbers) < load().bounds.review


def test_two_of_one_common_name_in_one_commune_are_not_suggested() -> None:
    other = replace(
        MAN, record_id="G3", birth_date="03/09/1983", father_name="Nguyễn Quốc Lam", mother_name="Trần Thị Sen",
        spouse_name="Bùi Thị Vân", party_joined="20/10/2010", **NO_IDS,
    )  # fmt: skip
    assert weight(MAN, other, COMMON) < load().bounds.review


def test_a_rare_name_weighs_more_than_a_common_one() -> None:
    assert weight(MAN, replace(MAN, record_id="G1"), RARE) > weight(MAN, replace(MAN, record_id="G1"), COMMON) + 5


def test_the_prior_follows_the_size_of_the_job() -> None:
    model = replace(load(), found=0.0)
    assert model.prior(100_000, 100_000) == pytest.approx(-17.1, abs=0.1)
    assert model.prior(1_000_000, 1_000_000) == pytest.approx(-20.4, abs=0.1)
    assert model.prior(10, 1_000_000) == model.prior(1_000_000, 10)


def test_the_evidence_sums_up_to_the_weight_and_reads_as_a_clerk_reads_it() -> None:
    other = replace(MAN, record_id="G1", birth_date="17/05/1978", spouse_name="", father_name="Trần Văn Sáu")
    score = Scorer(load(), BLOCK, BLOCK, lambda _column, _value: RARE).score(normalise(MAN), normalise(other))
    told = explain(load(), score)
    assert told.weight == pytest.approx(told.prior + sum(each.bits for each in told.evidence))
    assert told.probability == pytest.approx(1 / (1 + 2**-told.weight))
    reading = {each.comparison: (each.level, each.reading) for each in told.evidence}
    assert reading["name"] == ("same", "agree")
    assert reading["birth"] == ("year_off", "near")
    assert reading["spouse"] == ("missing", "missing")
    assert reading["citizen_id"] == ("same", "agree")
    assert all(each.bits == 0 for each in told.evidence if each.reading == "missing")


def test_masked_evidence_says_only_whether_fields_agree() -> None:
    other = replace(MAN, record_id="G1", birth_date="17/05/1978", spouse_name="", sex="Nữ")
    score = Scorer(load(), BLOCK, BLOCK, lambda _column, _value: RARE).score(normalise(MAN), normalise(other))
    masked = explain(load(), score).masked()
    assert set(masked) == {comparison.name for comparison in CADRES.comparisons}
    assert set(masked.values()) == {"agree", "differ", "missing"}
    assert (masked["sex"], masked["spouse"], masked["name"]) == ("differ", "missing", "agree")


def test_a_model_is_the_same_after_a_journey_and_refuses_other_levels() -> None:
    model = load()
    again = loads(dumps(model))
    assert (again.version, again.chances, again.bounds) == (model.version, model.chances, model.bounds)
    assert model.with_bounds(Bounds(auto=9.5)).version != model.version
    text = dumps(model)
    at = text.index('"levels": "') + len('"levels": "')
    for broken in (text[:at] + "0" * 16 + text[at + 16 :], "{}", "[]", "", text.replace("citizen_id", "citizen")):
        with pytest.raises(ModelError):
            loads(broken)
