"""Sign-in and accounts: what a stranger learns, what a colleague cannot do, what counts at once."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from factories import PASSWORD, World
from sqlalchemy import select

from oms.domain.access import Role
from oms.errors import InvalidInput, OmsError, Refused, Throttled
from oms.services import accounts
from oms.store import people
from oms.store.tables import Base

HERE, THERE = "10.0.0.5", "10.0.0.6"
WRONG = "sai mật khẩu rồi đây"


def enter(world: World, name: str = "clerk", password: str = PASSWORD, address: str = HERE) -> str:
    return accounts.sign_in(world.house, name, password, address, world.clock())


def refused(world: World, name: str, password: str = WRONG, address: str = HERE) -> OmsError:
    with pytest.raises(OmsError) as caught:
        enter(world, name, password, address)
    return caught.value


def whole_database(world: World) -> str:
    with world.work() as uow:
        tables = Base.metadata.sorted_tables
        return "\n".join(str(row) for table in tables for row in uow.session.execute(select(table)))


def test_wrong_unknown_and_inactive_are_told_the_same_and_are_rows(world: World) -> None:
    with world.work() as uow:
        people.by_username(uow.session, "clerk2").active = False  # type: ignore[union-attr]
    answers = [refused(world, "clerk"), refused(world, "không.có.ai"), refused(world, "clerk2", PASSWORD)]
    assert {(type(found), found.message_vi, str(found)) for found in answers} == {
        (Refused, answers[0].message_vi, str(answers[0]))
    }
    rows = [row for row in world.journal() if row[0] == "session:refuse"]
    assert [row[1] for row in rows] == ["refused"] * 3
    assert rows[1][2] == ""


def test_a_mistyped_name_is_kept_nowhere(world: World) -> None:
    refused(world, "MậtKhẩuGõNhầmÔ")
    assert "mậtkhẩugõnhầmô" not in whole_database(world).lower()


def test_the_token_is_kept_only_as_a_hash(world: World) -> None:
    token = enter(world)
    assert token not in whole_database(world)
    assert world.journal()[-1][:2] == ("session:open", "done")


def test_the_throttle_stops_one_place_and_locks_nobody_else_out(world: World) -> None:
    for _ in range(accounts.FREE_TRIES):
        assert isinstance(refused(world, "clerk"), Refused)
    assert isinstance(refused(world, "clerk", PASSWORD), Throttled)
    assert world.journal()[-1][:2] == ("session:refuse", "refused")
    enter(world, address=THERE)
    enter(world, "clerk2")
    world.clock.forward(seconds=3)
    enter(world)
    assert isinstance(refused(world, "clerk"), Refused)  # a good sign-in begins the count anew


def test_each_further_failure_doubles_the_wait(world: World) -> None:
    for _ in range(accounts.FREE_TRIES):
        refused(world, "clerk")
    world.clock.forward(seconds=3)
    assert isinstance(refused(world, "clerk"), Refused)
    world.clock.forward(seconds=3)
    assert isinstance(refused(world, "clerk", PASSWORD), Throttled)
    world.clock.forward(seconds=2)
    enter(world)


def test_a_session_ends_when_idle_and_when_old(world: World) -> None:
    token = enter(world)
    for _ in range(3):
        world.clock.forward(minutes=14)
        assert accounts.principal_for(world.house, token, HERE, world.clock()) is not None
    world.clock.forward(minutes=16)
    assert accounts.principal_for(world.house, token, HERE, world.clock()) is None
    world.clock.at = world.clock.at.replace(minute=0)
    assert accounts.principal_for(world.house, token, HERE, world.clock()) is None  # ended, not asleep
    token = enter(world)
    for _ in range(34):
        world.clock.forward(minutes=14)
        last = accounts.principal_for(world.house, token, HERE, world.clock())
    assert last is not None  # 7 h 56 min
    world.clock.forward(minutes=5)
    assert accounts.principal_for(world.house, token, HERE, world.clock()) is None


def test_a_right_taken_away_counts_on_the_next_request(world: World) -> None:
    token = enter(world, "officer")
    before = accounts.principal_for(world.house, token, HERE, world.clock())
    assert before is not None
    assert before[0].compartments == {"bvctnb"}
    with world.work() as uow:
        people.set_grants(uow.session, before[0].account_id, [world.units["D-XA"]], [])
    after = accounts.principal_for(world.house, token, HERE, world.clock())
    assert after is not None
    assert (len(after[0].scopes), after[0].compartments) == (1, frozenset())


def test_switching_an_account_off_ends_its_sessions_for_good(world: World) -> None:
    token, admin, clerk = enter(world), world.who("admin"), world.who("clerk")
    for active in (False, True):
        with world.work(admin) as uow:
            accounts.set_active(uow, admin, clerk.account_id, active, world.clock())
        assert accounts.principal_for(world.house, token, HERE, world.clock()) is None
    enter(world)


def test_nobody_switches_off_or_resets_themselves(world: World) -> None:
    admin = world.who("admin")
    with pytest.raises(InvalidInput), world.work(admin) as uow:
        accounts.set_active(uow, admin, admin.account_id, False, world.clock())
    with pytest.raises(Refused), world.work(admin) as uow:
        accounts.reset_password(uow, admin, admin.account_id, world.clock())


def test_a_reset_password_is_new_and_must_be_changed(world: World) -> None:
    admin, clerk = world.who("admin"), world.who("clerk")
    old = enter(world)
    with world.work(admin) as uow:
        name, password = accounts.reset_password(uow, admin, clerk.account_id, world.clock())
    assert accounts.principal_for(world.house, old, HERE, world.clock()) is None
    found = accounts.principal_for(world.house, enter(world, name, password), HERE, world.clock())
    assert found is not None
    assert found[1] is True
    assert password not in whole_database(world)


@pytest.mark.parametrize("who", ["clerk", "officer", "leader", "reviewer"])
def test_only_the_administrator_manages_accounts_and_the_attempt_is_a_row(world: World, who: str) -> None:
    person = world.who(who)
    new = accounts.NewAccount("moi", "Người mới", PASSWORD, Role.LEADER, 1, (1,))
    for act in (
        lambda uow: accounts.create(uow, person, new, world.clock()),
        lambda uow: accounts.set_active(uow, person, person.account_id, True, world.clock()),
        lambda uow: accounts.reset_password(uow, person, person.account_id, world.clock()),
        lambda uow: accounts.listing(uow, person, 10, 0, world.clock()),
    ):
        with pytest.raises(Refused), world.work(person) as uow:
            act(uow)
        assert world.journal()[-1][1] == "refused"


@pytest.mark.parametrize(
    "password", ["ngắn quá", "x" * 129, "aaaaaaaaaaaaaaaaaaaa", "tôi là CLERK của ban này", "abababababababababab"]
)
def test_weak_passwords_are_refused(world: World, password: str) -> None:
    clerk = world.who("clerk")
    with pytest.raises(InvalidInput) as caught:
        accounts.change_password(world.house, clerk, PASSWORD, password, world.clock())
    assert caught.value.field == "new_password"


def test_changing_a_password_asks_for_the_old_one_and_ends_every_session(world: World) -> None:
    token, clerk = enter(world), world.who("clerk")
    new = "một câu khác hẳn, dài vừa đủ"
    with pytest.raises(InvalidInput):
        accounts.change_password(world.house, clerk, "không phải mật khẩu cũ", new, world.clock())
    assert world.journal()[-1][:2] == ("account:password", "refused")
    accounts.change_password(world.house, clerk, PASSWORD, new, world.clock())
    assert world.journal()[-1][:2] == ("account:password", "done")
    assert accounts.principal_for(world.house, token, HERE, world.clock()) is None
    refused(world, "clerk", PASSWORD)
    enter(world, "clerk", new)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("username", {"username": "có dấu cách"}),
        ("username", {"username": "CLERK"}),
        ("display_name", {"display_name": "  "}),
        ("unit_id", {"scope_ids": (9999,)}),
        ("compartments", {"compartments": ("khong_co",)}),
    ],
)
def test_a_wrong_account_is_refused_by_its_field(world: World, field: str, change: dict[str, object]) -> None:
    new = accounts.NewAccount("nguoi.moi", "Người mới", PASSWORD, Role.LEADER, world.units["D"], ())
    with pytest.raises(InvalidInput) as caught, world.work() as uow:
        accounts.create(uow, None, replace(new, **change), world.clock())  # type: ignore[arg-type]
    assert caught.value.field == field


def test_the_real_cost_of_a_password_is_argon2id_64_mib() -> None:
    """The suite hashes cheaply, so the cost is read from where the module makes its hasher, and tried once."""
    tree = ast.parse(inspect.getsource(accounts))
    made = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_HASHER"
    )
    given = {word.arg: eval(ast.unparse(word.value)) for word in made.keywords}  # type: ignore[attr-defined]  # noqa: S307
    assert PasswordHasher(**given).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
