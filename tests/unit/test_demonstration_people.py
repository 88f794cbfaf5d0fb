"""The invented province and its people hold together: units, successions, accounts, ids, dossiers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from oms.demonstration.people import DemoCadre, cadres
from oms.demonstration.plan import plans
from oms.demonstration.province import ACCOUNTS, MERGED_ON, ROOT, SUCCESSIONS, TASKS, UNITS, unit
from oms.domain.access import Role
from vietnamese import ids

PEOPLE = cadres()


def _above(code: str) -> list[str]:
    """The unit's own code and those over it, up to the root."""
    chain = [code]
    while (parent := unit(chain[-1]).parent_code) is not None:
        assert parent not in chain
        chain.append(parent)
    return chain


def test_every_unit_hangs_under_the_one_root_and_stays_in_its_block() -> None:
    assert len({each.code for each in UNITS}) == len(UNITS)
    assert [each.code for each in UNITS if each.parent_code is None] == [ROOT]
    for each in UNITS:
        chain = _above(each.code)
        assert chain[-1] == ROOT
        assert {unit(code).block for code in chain[:-1]} <= {each.block}


def test_each_block_has_one_subtree_under_the_root() -> None:
    heads = [each.block for each in UNITS if each.parent_code == ROOT]
    assert sorted(map(str, heads)) == ["front", "government", "party"]


def test_successions_join_a_unit_that_ended_to_one_that_stands() -> None:
    for each in SUCCESSIONS:
        old, new = unit(each.predecessor_code), unit(each.successor_code)
        assert old.valid_to is not None
        assert old.valid_to + timedelta(days=1) == each.on_date == MERGED_ON
        assert new.valid_from <= each.on_date
        assert new.valid_to is None
        assert old.block == new.block
    ended = {each.code for each in UNITS if each.valid_to is not None}
    assert ended == {each.predecessor_code for each in SUCCESSIONS}


def test_accounts_cover_every_role_and_stand_on_real_units() -> None:
    assert len({each.username for each in ACCOUNTS}) == len(ACCOUNTS)
    roles = {each.role for each in ACCOUNTS}
    assert roles == {str(role) for role in Role}
    for each in ACCOUNTS:
        for code in (each.unit_code, *each.scope_codes):
            assert unit(code).valid_to is None
    assert all(unit(task.unit_code) for task in TASKS)


def test_each_file_is_scanned_by_a_clerk_who_may_handle_what_is_in_it() -> None:
    clerks = {each.username: each for each in ACCOUNTS if each.role == "scanning_clerk"}
    for plan in plans({each.key: each for each in PEOPLE}):
        clerk = clerks[plan.scanned_by]
        assert set(_above(plan.unit_code)) & set(clerk.scope_codes)
        for part in plan.parts:
            assert part.secrecy <= clerk.clearance
            assert part.compartment in {"", *clerk.compartments}


@pytest.mark.parametrize("cadre", PEOPLE, ids=lambda each: each.key)
def test_identity_numbers_agree_with_sex_and_birth_year(cadre: DemoCadre) -> None:
    assert ids.sex_of(cadre.citizen_id) == {"Nam": "male", "Nữ": "female"}[cadre.core.sex]
    assert ids.birth_year_of(cadre.citizen_id) == cadre.core.born.year
    assert len(cadre.old_id) == 9 and cadre.old_id.isdigit()
    # 003 and 005 were never given to a province, so no real person bears such a number.
    assert cadre.citizen_id[:3] in {"003", "005"}


@pytest.mark.parametrize("cadre", PEOPLE, ids=lambda each: each.key)
def test_a_life_runs_in_order(cadre: DemoCadre) -> None:
    core = cadre.core
    joined, official = core.party
    assert joined.year - core.born.year >= 18
    assert joined < official
    starts = [(each.since[3:], each.since[:2]) for each in cadre.career]
    assert starts == sorted(starts)
    assert cadre.career[-1].until is None
    assert cadre.career[-1].since == "07/2025"
    parents = [each for each in cadre.family if each.relation in {"Bố đẻ", "Mẹ đẻ"}]
    assert all(core.born.year - each.year >= 18 for each in parents)


def test_the_post_held_on_a_day_is_the_one_of_the_career_table() -> None:
    elder = next(each for each in PEOPLE if each.key == "xuan-nghia")
    assert elder.post_on(elder.core.born) == elder.career[0].post
    assert elder.post_on(MERGED_ON - timedelta(days=1)) == "Bí thư Đảng uỷ xã Nậm Ỷ, huyện Vân Khởi"
    assert elder.post_on(MERGED_ON) == elder.career[-1].post


def test_two_cadres_share_a_name_but_not_a_birth_date_or_number() -> None:
    shared = [name for name, count in Counter(each.name for each in PEOPLE).items() if count > 1]
    assert shared == ["Phạm Văn Thắng"]
    twins = [each for each in PEOPLE if each.name == shared[0]]
    assert len({each.core.born for each in twins}) == len({each.citizen_id for each in twins}) == 2


def test_everyone_has_a_dossier_and_the_blocks_share_as_planned() -> None:
    held = Counter(tuple(sorted(each.block for each in cadre.dossiers)) for cadre in PEOPLE)
    assert held == {("government", "party"): 6, ("party",): 3, ("government",): 2, ("front", "party"): 1}
    dossiers = [each for cadre in PEOPLE for each in cadre.dossiers]
    assert len({each.number for each in dossiers}) == len(dossiers)
    assert [each.secrecy for each in dossiers].count(1) == 1
    for each in dossiers:
        assert unit(each.unit_code).block == each.block


def test_the_same_seed_makes_the_same_people_and_another_seed_other_numbers() -> None:
    assert cadres(2026) == PEOPLE
    assert [each.citizen_id for each in cadres(7)] != [each.citizen_id for each in PEOPLE]
