"""Delegated authority: less than either holds, for named units and days, never onward, gone on the next request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import World

from oms.domain.access import Action, Principal, Role, Secrecy, Target, decide, permits
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services import accounts, delegations, disposals, kin, posts
from oms.services.delegations import NewDelegation
from oms.services.disposals import NewDisposal
from oms.services.posts import Post

WHY = "đi công tác, giao cấp phó điều hành"


def lend(
    world: World, giver: str = "leader", deputy: str = "officer2", unit: str = "D", days: int = 5, **more: str
) -> str:
    who, today = world.who(giver), day_in_hanoi(world.clock())
    values = {"starts_on": f"{today:%d/%m/%Y}", "ends_on": f"{today + timedelta(days=days):%d/%m/%Y}"} | more
    new = NewDelegation(world.who(deputy).account_id, (world.units[unit],), document_no="15/GUQ", reason=WHY, **values)
    with world.work(who) as uow:
        return delegations.make(uow, who, new, world.clock()).id


def acting(world: World, delegation_id: str, deputy: str = "officer2") -> Principal:
    with world.work() as uow:
        person = accounts.principal_named(uow, deputy, world.clock())
        return delegations.acting(uow, person, delegation_id, world.clock())


def test_a_deputy_acts_with_the_givers_role_and_less_than_either_holds(world: World) -> None:
    made = lend(world, unit="D-XA")
    who, deputy, giver = acting(world, made), world.who("officer2"), world.who("leader")
    assert (who.account_id, who.behalf_of, who.behalf_name) == (
        deputy.account_id, giver.account_id, giver.display_name,
    )  # fmt: skip
    assert who.role is Role.LEADER and permits(who, Action.DISPOSAL_APPROVE)
    assert who.clearance is Secrecy.MAT  # the deputy's Mật, not the giver's Tối mật
    assert who.compartments == frozenset()  # the giver's alone
    inside, outside = (f"{giver.scopes[0]}/{world.units['D']}/{world.units[code]}" for code in ("D-XA", "D-BTC"))
    assert decide(who, Action.DOSSIER_READ, Target(inside, 1)).allowed
    assert not decide(who, Action.DOSSIER_READ, Target(inside, 2)).allowed
    assert not decide(who, Action.DOSSIER_READ, Target(inside, 1, "bvctnb")).allowed
    assert not decide(who, Action.DOSSIER_READ, Target(outside)).allowed
    assert not permits(who, Action.RECORD_CHANGE)  # one role at a time


def test_lent_authority_is_not_lent_on(world: World) -> None:
    who = acting(world, lend(world))
    new = NewDelegation(world.who("officer").account_id, (world.units["D"],), "02/11/2026", "03/11/2026", "16/GUQ", WHY)
    with pytest.raises(Refused), world.work(who) as uow:
        delegations.make(uow, who, new, world.clock())
    # what a deputy lends of their own is theirs alone
    second = acting(world, lend(world, "officer2", "officer", "D-XA"), "officer")
    assert (second.role, second.behalf_of) == (Role.RECORDS_OFFICER, world.who("officer2").account_id)


@pytest.mark.parametrize(
    ("giver", "deputy", "unit", "problem"),
    [
        ("leader", "leader", "D", "deputy_id"),
        ("leader", "reviewer", "D", "deputy_id"),
        ("leader", "security", "D", "deputy_id"),
        ("leader", "admin", "D", "deputy_id"),
        ("leader", "clerk", "D", "deputy_id"),
        ("leader.xa", "officer.gov", "D-XA", "deputy_id"),
        ("officer2", "officer", "M", "units"),
    ],
)
def test_who_keeps_another_duty_is_no_deputy_and_only_ones_own_units_are_lent(
    world: World, giver: str, deputy: str, unit: str, problem: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        lend(world, giver, deputy, unit)
    assert caught.value.field == problem
    with pytest.raises(Refused):
        lend(world, "security", "officer", "D")


def test_days_are_within_the_policy(world: World) -> None:
    lend(world, days=89)
    for more, field in (
        ({"days": 90}, "ends_on"),
        ({"starts_on": "01/11/2026"}, "starts_on"),
        ({"ends_on": "01/11/2026"}, "ends_on"),
        ({"ends_on": "2026"}, "ends_on"),
    ):
        with pytest.raises(InvalidInput) as caught:
            lend(world, **more)  # type: ignore[arg-type]
        assert caught.value.field == field


def test_it_ends_with_its_last_day_on_the_next_request(world: World) -> None:
    made = lend(world, days=1)
    assert acting(world, made).behalf_of
    world.clock.forward(days=1)
    assert acting(world, made).behalf_of
    world.clock.forward(days=1)
    assert acting(world, made) == world.who("officer2")


def test_it_does_not_begin_before_its_first_day(world: World) -> None:
    day = day_in_hanoi(world.clock()) + timedelta(days=1)
    made = lend(world, starts_on=f"{day:%d/%m/%Y}")
    assert not acting(world, made).behalf_of
    world.clock.forward(days=1)
    assert acting(world, made).behalf_of


@pytest.mark.parametrize("by", ["leader", "officer2"])
def test_either_ends_it_and_nobody_else(world: World, by: str) -> None:
    made = lend(world)

    def end(name: str) -> None:
        who = world.who(name)
        with world.work(who) as uow:
            delegations.end(uow, who, made, "đã về làm việc lại", world.clock())

    for stranger in ("officer", "leader.low"):
        with pytest.raises(Refused):
            end(stranger)
    end(by)
    assert not acting(world, made).behalf_of
    with pytest.raises(InvalidInput):
        end(by)


@pytest.mark.parametrize("whose", ["leader", "officer2"])
@pytest.mark.parametrize("how", ["off", "moved"])
def test_it_ends_with_either_account_or_its_duty_and_does_not_come_back(world: World, whose: str, how: str) -> None:
    made, admin = lend(world), world.who("admin")
    account_id, role = world.who(whose).account_id, world.who(whose).role
    with world.work(admin) as uow:
        if how == "off":
            accounts.set_active(uow, admin, account_id, False, world.clock())
        else:
            post = Post(role, world.units["M"], (world.units["P"],), "điều động theo quyết định")
            posts.change(uow, admin, account_id, post, world.clock())
    assert not acting(world, made).behalf_of
    if how == "off":
        with world.work(admin) as uow:
            accounts.set_active(uow, admin, account_id, True, world.clock())
        assert not acting(world, made).behalf_of
    assert ("delegation:end", "done", made) in world.journal()


def test_only_the_named_deputy_acts_with_it_and_both_relatives_files_stay_closed(world: World) -> None:
    made = lend(world)
    assert not acting(world, made, "officer").behalf_of
    theirs = world.dossier("Ngân Thị Pha", birth_date="05/08/1961", citizen_id="011000000007")
    giver = world.who("leader")
    with world.work(giver) as uow:
        typed = kin.Declared("spouse", "Ngân Thị Pha", "", "011000000007")
        kin.declare(uow, giver, giver.account_id, typed, world.clock())
    who = acting(world, made)
    assert theirs.dossier.id in who.withheld
    target = Target(theirs.unit.path, dossier_id=theirs.dossier.id)
    assert not decide(who, Action.DOSSIER_READ, target).allowed
    assert decide(world.who("officer2"), Action.DOSSIER_READ, target).allowed


def test_using_it_is_a_row_and_refused_to_others(world: World) -> None:
    made = lend(world)
    who, other = world.who("officer2"), world.who("officer")
    with world.work(who) as uow:
        assert delegations.use(uow, who, made, world.clock()) == made
        assert delegations.use(uow, who, "", world.clock()) == ""
    with pytest.raises(Refused), world.work(other) as uow:
        delegations.use(uow, other, made, world.clock())
    assert ("delegation:use", "done", made) in world.journal()
    assert world.journal()[-1] == ("delegation:use", "refused", made)


def test_a_deputy_does_not_close_what_the_giver_opened_nor_the_giver_what_the_deputy_did(world: World) -> None:
    """One side of an act of two persons is everybody behind it, by whatever name it was signed."""
    officer = world.who("officer")
    world.account("leader.xa2", Role.LEADER, "M", "P", clearance=1)
    row = world.dossier()
    with world.work(officer) as uow:
        disposals.close(uow, officer, row.dossier.id, "01/03/1950", "nghỉ hưu theo QĐ 12", world.clock())
    lent = lend(world, "leader.xa2", "officer", "D")
    with world.work(officer) as uow:
        new = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
        asked = disposals.ask(uow, officer, row.dossier.id, new, world.clock()).id
    acting_now = acting(world, lent, "officer")
    for second in (acting_now, world.who("leader.xa2")):
        with pytest.raises(Refused), world.work(second) as uow:
            disposals.decide(uow, second, asked, True, "", world.clock())
    leader = world.who("leader")
    with world.work(leader) as uow:
        disposals.decide(uow, leader, asked, True, "", world.clock())


def test_the_second_of_a_disposal_is_of_another_unit(world: World) -> None:
    officer = world.who("officer")
    world.account("leader.same", Role.LEADER, "D-BTC", "P", clearance=3)
    row = world.dossier()
    with world.work(officer) as uow:
        disposals.close(uow, officer, row.dossier.id, "01/03/1950", "nghỉ hưu theo QĐ 12", world.clock())
        new = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
        asked = disposals.ask(uow, officer, row.dossier.id, new, world.clock()).id
    same = world.who("leader.same")
    with world.work(same) as uow:
        assert not disposals.view(uow, same, asked, world.clock()).may_decide
    with pytest.raises(Refused), world.work(same) as uow:
        disposals.decide(uow, same, asked, True, "", world.clock())
