"""Acts of two persons: asked, decided by somebody else of another unit, once, and only while the world is the same."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from factories import World
from sqlalchemy import select

from oms.domain.access import Principal, Role, Target
from oms.domain.approvals import Kind, Line, State
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import approvals, policy, policy_edit
from oms.services.approvals import Wanted
from oms.services.house import What
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Notice
from oms.store.duty_tables import Approval
from oms.store.tables import Account

WHY = "rà soát theo kế hoạch năm"


def propose(world: World, key: str = "export_limit", value: int = 40, by: str = "security") -> str:
    who = world.who(by)
    with world.work(who) as uow:
        return policy_edit.propose(uow, who, key, value, WHY, world.clock()).id


def decide(world: World, approval_id: str, by: str = "security2", approve: bool = True, reason: str = "") -> None:
    who = world.who(by)
    with world.work(who) as uow:
        approvals.decide(uow, who, approval_id, approve, reason, world.clock())


def limit(world: World) -> int:
    with world.work() as uow:
        return policy.value(uow, "export_limit", world.clock())


def state(world: World, approval_id: str) -> str:
    with world.work() as uow:
        return uow.session.get_one(Approval, approval_id).state


def ask_on(world: World, row: object, by: str = "officer", kind: Kind = Kind.EXPORT, **more: object) -> str:
    who = world.who(by)
    unit, dossier = row.unit, row.dossier  # type: ignore[attr-defined]
    values = {"secrecy": dossier.secrecy, "compartment": dossier.compartment, "dossier_id": dossier.id} | more
    wanted = Wanted(kind, What("dossier", dossier.id, dossier.number), Target(unit.path, **values), WHY, (Line("x"),))
    with world.work(who) as uow:
        return approvals.ask(uow, who, wanted, world.clock()).id


def seen(world: World, by: str, approval_id: str) -> bool:
    who = world.who(by)
    try:
        with world.work(who) as uow:
            approvals.view(uow, who, approval_id, world.clock())
    except Refused:
        return False
    return True


def test_a_change_of_policy_waits_for_a_second_person_of_another_unit_and_is_two_rows(world: World) -> None:
    world.account("security.same", Role.SECURITY_OFFICER, "D-BTC")
    asked = propose(world)
    assert limit(world) == 100
    for nobody in ("security", "security.same", "officer", "reviewer", "admin", "leader.xa"):
        with pytest.raises(Refused):
            decide(world, asked, nobody)
    assert (limit(world), state(world, asked)) == (100, "waiting")
    decide(world, asked)
    assert (limit(world), state(world, asked)) == (40, "carried_out")
    rows = world.journal()
    assert ("approval:decide", "done", asked) in rows and ("policy:change", "done", "export_limit") in rows
    assert rows.count(("approval:decide", "refused", asked)) == 6
    with pytest.raises(InvalidInput):
        decide(world, asked)


def told_of(world: World, approval_id: str) -> set[str]:
    """The accounts a notice says that a request waits for them."""
    with world.work() as uow:
        wanted = select(Account.username).join(Notice, Notice.account_id == Account.id)
        return set(uow.session.scalars(wanted.where(Notice.kind == "approval_asked", Notice.object_id == approval_id)))


def test_who_may_decide_is_told_and_nobody_else(world: World) -> None:
    world.account("security.same", Role.SECURITY_OFFICER, "D-BTC")
    asked = propose(world)
    told = told_of(world, asked)
    assert "security2" in told and not told & {"security", "security.same", "officer", "admin", "reviewer"}
    secret = ask_on(world, world.dossier(secrecy=1))
    told = told_of(world, secret)
    assert "leader" in told and not told & {"officer", "officer2", "leader.gov", "security2", "clerk"}
    for name in told:  # each opens the thing itself
        assert seen(world, name, secret)


def test_a_refusal_needs_words_and_changes_nothing(world: World) -> None:
    asked = propose(world)
    with pytest.raises(InvalidInput):
        decide(world, asked, approve=False, reason="không")
    decide(world, asked, approve=False, reason="chưa có căn cứ để hạ mức này")
    assert (limit(world), state(world, asked)) == (100, "refused")
    propose(world)  # it may be asked for again


def test_one_request_at_a_time_and_values_within_bounds(world: World) -> None:
    propose(world)
    for key, value in (("export_limit", 60), ("export_limit", 0), ("emergency_minutes", 61), ("no_such", 5)):
        with pytest.raises(InvalidInput):
            propose(world, key, value)


def test_a_request_runs_out_and_can_be_taken_back_by_whoever_asked(world: World) -> None:
    asked = propose(world)
    who = world.who("security2")
    with pytest.raises(Refused), world.work(who) as uow:
        approvals.withdraw(uow, who, asked, world.clock())
    who = world.who("security")
    with world.work(who) as uow:
        approvals.withdraw(uow, who, asked, world.clock())
    assert state(world, asked) == "withdrawn"
    second = propose(world)
    world.clock.forward(days=14)
    with pytest.raises(InvalidInput):
        decide(world, second)
    assert (limit(world), state(world, second)) == (100, "waiting")
    with world.work() as uow:
        assert approvals.expire(uow, world.clock()) == 1
        assert approvals.expire(uow, world.clock()) == 0
    assert state(world, second) == "expired"
    assert world.journal()[-1] == ("approval:expire", "done", second)


def test_what_was_asked_about_must_still_be_so(world: World) -> None:
    first, second = propose(world, value=40), propose(world, "approval_days", 20)
    decide(world, first)
    with world.work() as uow:
        row = uow.session.get_one(Approval, second)
        row.payload = row.payload.replace('"before": 14', '"before": 9')
    with pytest.raises(InvalidInput):
        decide(world, second)
    assert state(world, second) == "waiting"  # nothing was decided


@pytest.mark.parametrize("lost", ["account", "role"])
def test_an_asker_who_lost_account_or_right_gets_nothing_carried_out(world: World, lost: str) -> None:
    asked = propose(world)
    asker = world.who("security").account_id
    with world.work() as uow:
        account = uow.session.get_one(Account, asker)
        account.active, account.role = lost != "account", "scanning_clerk" if lost == "role" else account.role
    with pytest.raises(InvalidInput):
        decide(world, asked)
    assert limit(world) == 100


def test_of_two_who_decide_at_once_one_wins(world: World) -> None:
    world.account("security3", Role.SECURITY_OFFICER, "M")
    asked = propose(world)
    ends: list[str] = []

    def run(by: str, approve: bool) -> None:
        try:
            decide(world, asked, by, approve, "chưa có căn cứ để hạ mức này")
            ends.append("done")
        except (Conflict, InvalidInput) as error:
            ends.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=each) for each in (("security2", True), ("security3", False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends.count("done") == 1 and len(ends) == 2
    assert (state(world, asked) == "carried_out") is (limit(world) == 40)


def test_only_who_may_know_of_the_object_sees_its_request(world: World) -> None:
    row = world.dossier(secrecy=2, compartment="bvctnb")
    asked = ask_on(world, row)
    assert {name for name in WHO if seen(world, name, asked)} == {"officer", "leader"}
    plain = world.dossier("Người khác")
    open_to = ask_on(world, plain)
    assert {name for name in WHO if seen(world, name, open_to)} == {"officer", "officer2", "leader", "leader.low"}
    value = propose(world)
    guards = {"security", "security2", "leader", "leader.low"}
    assert {name for name in WHO if seen(world, name, value)} == guards


WHO = (
    "clerk", "officer", "officer2", "officer.gov", "leader", "leader.low", "leader.xa", "reviewer", "security",
    "security2", "admin",
)  # fmt: skip


@pytest.fixture
def relatives(world: World) -> Principal:
    """A leader whose relative the dossier of the next test is."""
    world.account("leader.kin", Role.LEADER, "M", "P", clearance=3)
    account = world.who("leader.kin").account_id
    with world.work() as uow:
        uow.session.add(AccountKin(account_id=account, relation="spouse", citizen_id="011000000009",
                                   entered_by=account, entered_at=world.clock()))  # fmt: skip
    return world.who("leader.kin")


def test_a_relative_of_the_person_concerned_neither_sees_nor_decides(world: World, relatives: Principal) -> None:
    theirs, other = world.dossier(citizen_id="011000000009"), world.dossier("Người khác")
    asked, free = ask_on(world, theirs), ask_on(world, other)
    assert (seen(world, "leader.kin", asked), seen(world, "leader.kin", free)) == (False, True)
    with pytest.raises(Refused):
        decide(world, asked, "leader.kin")
    decide(world, free, "leader.kin")
    assert state(world, free) == "approved"


def test_who_may_not_know_or_may_not_ask_cannot_ask(world: World) -> None:
    row = world.dossier(secrecy=2)
    for nobody in ("officer2", "officer.gov", "leader", "clerk", "admin", "security", "reviewer"):
        with pytest.raises(Refused):
            ask_on(world, row, by=nobody)


def test_what_is_taken_later_is_taken_once_by_whoever_asked_and_in_time(world: World) -> None:
    row = world.dossier()
    asked = ask_on(world, row)

    def take(by: str = "officer") -> None:
        who = world.who(by)
        with world.work(who) as uow:
            approvals.taken(uow, who, asked, Kind.EXPORT, world.clock())

    with pytest.raises(InvalidInput):
        take()
    decide(world, asked, "leader")
    with pytest.raises(Refused):
        take("officer2")
    take()
    assert state(world, asked) == State.DONE
    with pytest.raises(InvalidInput):
        take()
    again = ask_on(world, row)
    decide(world, again, "leader")
    asked = again
    world.clock.at += timedelta(days=3)
    with pytest.raises(InvalidInput):
        take()


def test_the_desk_lists_what_waits_for_me_what_i_asked_and_what_is_over(world: World) -> None:
    done, waiting = propose(world), propose(world, "approval_days", 20)
    decide(world, done)

    def desk(by: str) -> tuple[list[str], list[str], list[str]]:
        who = world.who(by)
        with world.work(who) as uow:
            found = approvals.desk(uow, who, 50, 0, world.clock())
        lists = (found.waiting, found.mine, found.over)
        return tuple([each.row.id for each in part] for part in lists)  # type: ignore[return-value]

    assert desk("security") == ([], [waiting], [done])
    assert desk("security2") == ([waiting], [], [done])
    assert desk("leader") == ([waiting], [], [done])
    assert desk("officer") == ([], [], [])
    who = world.who("security2")
    with world.work() as uow:
        assert approvals.waiting_count(uow, who, world.clock()) == 1
    who = world.who("clerk")
    with pytest.raises(Refused), world.work(who) as uow:
        approvals.desk(uow, who, 50, 0, world.clock())
