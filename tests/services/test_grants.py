"""Grants: never for oneself, by two persons for the highest, gone with another duty or on their last day."""

from __future__ import annotations

import pytest
from factories import World

from oms.domain.access import Action, Role, Secrecy, Target, decide
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import accounts, approvals, grants, posts
from oms.services.grants import Gift, HolderFilter
from oms.services.posts import Post
from oms.store.duty_tables import AccountGrant, Approval

WHY = "theo quyết định phân công số 12"


def id_of(world: World, username: str) -> str:
    return world.who(username).account_id


def give(world: World, to: str, kind: str, value: str, by: str = "security", until: str = "") -> object:
    who, account = world.who(by), id_of(world, to)
    with world.work(who) as uow:
        return grants.give(uow, who, account, Gift(kind, value, until, WHY), world.clock())


def remove(world: World, of: str, kind: str, value: str, by: str = "security") -> None:
    who, account = world.who(by), id_of(world, of)
    with world.work(who) as uow:
        grants.remove(uow, who, account, kind, value, WHY, world.clock())


def approve(world: World, asked: object, by: str) -> None:
    assert isinstance(asked, Approval)
    who = world.who(by)
    with world.work(who) as uow:
        approvals.decide(uow, who, asked.id, True, "", world.clock())


def now_of(world: World, username: str) -> object:
    with world.work() as uow:
        return accounts.principal_named(uow, username, world.clock())


def test_levels_up_to_toi_mat_are_one_officers_and_count_at_once(world: World) -> None:
    give(world, "officer.gov", "clearance", "2")
    assert world.who("officer.gov").clearance is Secrecy.TOI_MAT
    give(world, "officer.gov", "clearance", "1")  # lowering is a grant like any other
    assert world.who("officer.gov").clearance is Secrecy.MAT
    remove(world, "officer.gov", "clearance", "1")
    assert world.who("officer.gov").clearance is Secrecy.NONE
    give(world, "officer.gov", "sensitive", "health")
    assert world.who("officer.gov").sensitive == {"health"}
    who, account = world.who("security"), id_of(world, "officer.gov")
    with world.work() as uow:
        seen = grants.view(uow, who, account, world.clock())
    assert [(row.kind, row.value, row.ended_at is None) for row in seen.history] == [
        ("sensitive", "health", True), ("clearance", "1", False), ("clearance", "2", False),
    ]  # fmt: skip
    assert all(row.reason == WHY and row.granted_by == who.account_id for row in seen.history)


@pytest.mark.parametrize("by", ["admin", "leader", "officer", "reviewer", "clerk"])
def test_nobody_but_the_security_officer_grants(world: World, by: str) -> None:
    with pytest.raises(Refused):
        give(world, "officer.gov", "clearance", "1", by)
    with pytest.raises(Refused):
        remove(world, "officer", "clearance", "3", by)


@pytest.mark.parametrize("to", ["security", "security2", "admin", "reviewer"])
def test_nothing_is_granted_to_oneself_or_to_a_role_that_reads_no_records(world: World, to: str) -> None:
    for kind, value in (("clearance", "1"), ("compartment", "bvctnb"), ("sensitive", "health")):
        with pytest.raises((Refused, InvalidInput)):
            give(world, to, kind, value)
    assert world.who(to).clearance is Secrecy.NONE


def test_tuyet_mat_and_every_compartment_take_a_second_person_of_another_unit(world: World) -> None:
    asked = [give(world, "officer.gov", "clearance", "3"), give(world, "officer.gov", "compartment", "bvctnb")]
    before = world.who("officer.gov")
    assert (before.clearance, before.compartments) == (Secrecy.MAT, frozenset())
    world.account("security.same", Role.SECURITY_OFFICER, "D-BTC")
    for nobody in ("security", "security.same", "officer.gov", "admin", "reviewer", "leader.xa"):
        with pytest.raises(Refused):
            approve(world, asked[0], nobody)
    approve(world, asked[0], "security2")
    approve(world, asked[1], "leader")
    after = world.who("officer.gov")
    assert (after.clearance, after.compartments) == (Secrecy.TUYET_MAT, {"bvctnb"})
    who = world.who("security")
    with world.work() as uow:
        rows = grants.view(uow, who, after.account_id, world.clock()).history
    assert {row.approval_id for row in rows} == {row.id for row in asked if isinstance(row, Approval)}
    remove(world, "officer.gov", "compartment", "bvctnb", "security2")  # restricting takes one
    assert world.who("officer.gov").compartments == frozenset()


def test_the_subject_of_a_grant_does_not_decide_it_nor_return_it_in_a_ring(world: World) -> None:
    world.account("leader.d", Role.LEADER, "D", "P")
    world.account("leader.c", Role.LEADER, "C", "P")
    first = give(world, "leader.d", "compartment", "kiem_tra")
    with pytest.raises(Refused):
        approve(world, first, "leader.d")
    approve(world, first, "leader.c")
    back = give(world, "leader.c", "compartment", "kiem_tra")
    with pytest.raises(Refused):
        approve(world, back, "leader.d")  # who was just helped by the other
    approve(world, back, "security2")
    world.clock.forward(days=91)
    later = give(world, "leader.c", "clearance", "3")
    approve(world, later, "leader.d")
    assert world.who("leader.c").clearance is Secrecy.TUYET_MAT


def test_a_grant_agreed_on_for_another_duty_is_not_carried_out(world: World) -> None:
    asked = give(world, "officer2", "compartment", "bvctnb")
    move(world, "officer2", Role.RECORDS_OFFICER, "M", "M")
    with pytest.raises(InvalidInput):
        approve(world, asked, "security2")
    assert world.who("officer2").compartments == frozenset()


def move(world: World, username: str, role: Role, unit: str, *scopes: str, by: str = "admin") -> bool:
    who, account, wanted = world.who(by), id_of(world, username), tuple(world.units[code] for code in scopes)
    with world.work(who) as uow:
        post = Post(role, world.units[unit], wanted, WHY)
        return posts.change(uow, who, account, post, world.clock())


def test_another_duty_begins_with_nothing_granted(world: World) -> None:
    held = world.who("officer")
    assert (held.clearance, bool(held.compartments), bool(held.sensitive)) == (Secrecy.TUYET_MAT, True, True)
    assert not move(world, "officer", Role.RECORDS_OFFICER, "D-BTC", "D-BTC")  # scopes alone: the level stays
    assert world.who("officer").clearance is Secrecy.TUYET_MAT
    assert move(world, "officer", Role.RECORDS_OFFICER, "M", "M")
    after = world.who("officer")
    assert (after.clearance, after.compartments, after.sensitive) == (Secrecy.NONE, frozenset(), frozenset())
    assert after.scopes == (f"{world.who('leader').scopes[0]}/{world.units['M']}",)
    with pytest.raises(Refused):
        move(world, "admin", Role.RECORDS_OFFICER, "D", "D")
    for nobody in ("security", "leader", "officer2"):
        with pytest.raises(Refused):
            move(world, "clerk", Role.SCANNING_CLERK, "M", by=nobody)


def test_a_grant_ends_with_its_last_day(world: World) -> None:
    today = day_in_hanoi(world.clock())
    give(world, "officer.gov", "clearance", "2", until=f"{today:%d/%m/%Y}")
    give(world, "officer.gov", "sensitive", "health", until=f"{today:%d/%m/%Y}")
    target = Target(world.who("officer.gov").scopes[0], 2)

    def may() -> tuple[bool, bool]:
        who = now_of(world, "officer.gov")
        return decide(who, Action.DOSSIER_READ, target).allowed, "health" in who.sensitive  # type: ignore[attr-defined,arg-type]

    assert may() == (True, True)
    world.clock.forward(days=1)
    assert may() == (False, False)
    with pytest.raises(InvalidInput):
        give(world, "officer.gov", "clearance", "1", until="01/01/2020")
    with pytest.raises(InvalidInput):
        give(world, "officer.gov", "clearance", "1", until="2027")


def test_grants_older_than_the_policy_says_are_listed_until_somebody_looks_again(world: World) -> None:
    who = world.who("security")

    def due() -> set[str]:
        with world.work(who) as uow:
            found = grants.listing(uow, who, HolderFilter(due_only=True), 100, 0, world.clock()).rows
        return {each.account.username for each in found}

    assert due() == set()
    give(world, "officer.gov", "clearance", "2")
    world.clock.forward(days=366)
    assert "officer.gov" in due() and "clerk.gov" not in due()
    account = id_of(world, "officer.gov")
    with world.work(who) as uow:
        grants.review(uow, who, account, "vẫn giữ nhiệm vụ cũ", world.clock())
    assert "officer.gov" not in due()
    assert world.who("officer.gov").clearance is Secrecy.TOI_MAT
    with world.work() as uow:
        rows = uow.session.query(AccountGrant).filter_by(account_id=account).all()
    assert sorted(row.ended_at is None for row in rows) == [False, True]


def test_neither_who_makes_accounts_nor_who_grants_does_the_others_part(world: World) -> None:
    who = world.who("security")
    new = accounts.NewAccount("moi", "Mới", "", Role.LEADER, world.units["D"], (world.units["D"],))
    with pytest.raises(Refused), world.work(who) as uow:
        accounts.create(uow, who, new, world.clock())


def test_the_list_goes_unit_by_unit_and_narrows_by_unit_role_and_name(world: World) -> None:
    who = world.who("security")

    def shown(**wanted: object) -> list[tuple[str, str, str]]:
        with world.work(who) as uow:
            found = grants.listing(uow, who, HolderFilter(**wanted), 200, 0, world.clock())  # type: ignore[arg-type]
        assert found.total == len(found.rows)
        return [(row.unit.path, row.account.role, row.account.username) for row in found.rows]

    everybody = shown()
    paths = [path for path, _role, _name in everybody]
    assert len(everybody) > 8
    seen: list[str] = []
    for path in paths:
        if not seen or seen[-1] != path:
            assert path not in seen, "a unit stands in two places"
            seen.append(path)
    below = shown(unit_id=world.units["D"])
    assert below and all(f"{path}/".startswith(f"{below[0][0]}/") for path, _role, _name in below)
    assert "officer" in {name for _path, _role, name in below} and "officer.gov" not in {n for _p, _r, n in below}
    assert {role for _path, role, _name in shown(role="leader")} == {"leader"}
    assert [name for _path, _role, name in shown(name="officer.gov")] == ["officer.gov"]
    assert shown(unit_id=999_999) == [] and shown(name="không có ai tên này") == []
