"""Accounts: two persons let somebody in, nobody alone; what counts at once; what an account may be."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from factories import PASSWORD, World
from signing_in import HERE, NEW_PASSWORD, enter, refused, whole_database

from oms.domain.access import Role
from oms.errors import InvalidInput, Refused
from oms.services import accounts, passwords, sessions, sign_in
from oms.services.sessions import Stage
from oms.store import people


def made(world: World, name: str = "nguoi.moi") -> str:
    """An account the administrator has made; its id."""
    admin = world.who("admin")
    new = accounts.NewAccount(name, "Người mới", "", Role.LEADER, world.units["D"], ())
    with world.work(admin) as uow:
        return accounts.create(uow, admin, new, world.clock()).id


def vetted(world: World, account_id: str, by: str = "security") -> str:
    """The one-time code the security officer gets."""
    officer = world.who(by)
    with world.work(officer) as uow:
        return accounts.vet(uow, officer, account_id, world.clock())[1]


def test_an_account_is_useless_until_both_have_acted(world: World) -> None:
    account_id = made(world)
    refused(world, "nguoi.moi", "")
    admin = world.who("admin")
    with pytest.raises(InvalidInput), world.work(admin) as uow:
        accounts.set_active(uow, admin, account_id, True, world.clock())
    code = vetted(world, account_id)
    assert code not in whole_database(world)
    first = sign_in.with_password(world.house, "nguoi.moi", code.replace("-", " ").upper(), HERE, world.clock())
    assert first.stage is Stage.PASSWORD
    live = sessions.live(world.house, first.token, "", world.clock())
    assert live is not None
    done = sign_in.set_password(world.house, first.token, live, NEW_PASSWORD, HERE, world.clock())
    assert done.stage is Stage.FULL
    assert done.token != first.token
    assert sessions.live(world.house, first.token, "", world.clock()) is None
    enter(world, "nguoi.moi", NEW_PASSWORD)
    rows = [row[:2] for row in world.journal() if row[2] == account_id]
    assert rows[0] == ("account:create", "done")
    for verb in ("account:vet", "session:begin", "account:password", "session:open"):
        assert (verb, "done") in rows


def stands(world: World, arrived: sign_in.Arrived) -> bool:
    """Whether a session goes on."""
    return sessions.live(world.house, arrived.token, "", world.clock()) is not None


def test_a_code_works_until_a_password_is_set_and_for_three_days(world: World) -> None:
    code = vetted(world, made(world))
    first = sign_in.with_password(world.house, "nguoi.moi", code, HERE, world.clock())
    live = sessions.live(world.house, first.token, "", world.clock())
    assert live is not None
    for weak in ("", "nguoi.moi", "matkhau"):
        with pytest.raises(InvalidInput):
            sign_in.set_password(world.house, first.token, live, weak, HERE, world.clock())
    world.clock.forward(hours=2)  # went to think of a better one; the session is over, the code is not
    assert not stands(world, first)
    again = sign_in.with_password(world.house, "nguoi.moi", code, HERE, world.clock())
    live = sessions.live(world.house, again.token, "", world.clock())
    assert live is not None
    assert sign_in.set_password(world.house, again.token, live, NEW_PASSWORD, HERE, world.clock()).stage is Stage.FULL
    refused(world, "nguoi.moi", code)
    late = vetted(world, made(world, "nguoi.muon"))
    world.clock.forward(hours=72, seconds=1)
    refused(world, "nguoi.muon", late)


def test_of_two_who_use_a_code_at_once_one_session_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes in by the same code between the first one's look and its use."""
    code = vetted(world, made(world))
    real, inside = passwords.matches, list[sign_in.Arrived]()

    def slow(stored: str, password: str, is_code: bool = False) -> bool:
        monkeypatch.setattr(passwords, "matches", real)
        inside.append(sign_in.with_password(world.house, "nguoi.moi", code, HERE, world.clock()))
        return real(stored, password, is_code)

    monkeypatch.setattr(passwords, "matches", slow)
    last = sign_in.with_password(world.house, "nguoi.moi", code, HERE, world.clock())
    assert stands(world, last) and not stands(world, inside[0])


def test_a_code_that_was_replaced_or_used_meanwhile_opens_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner sets the password between another's look and use."""
    code = vetted(world, made(world))
    real = passwords.matches

    def slow(stored: str, password: str, is_code: bool = False) -> bool:
        monkeypatch.setattr(passwords, "matches", real)
        inside = sign_in.with_password(world.house, "nguoi.moi", code, HERE, world.clock())
        live = sessions.live(world.house, inside.token, "", world.clock())
        assert live is not None
        sign_in.set_password(world.house, inside.token, live, NEW_PASSWORD, HERE, world.clock())
        return real(stored, password, is_code)

    monkeypatch.setattr(passwords, "matches", slow)
    refused(world, "nguoi.moi", code)


def test_who_made_an_account_does_not_vet_it_nor_its_owner(world: World) -> None:
    account_id = made(world)
    officer, clerk = world.who("security"), world.who("clerk")
    with world.work() as uow:
        people.by_id(uow.session, account_id).made_by = officer.account_id  # type: ignore[union-attr]
    for who, target in ((officer, account_id), (clerk, account_id), (world.who("admin"), account_id)):
        with pytest.raises(Refused), world.work(who) as uow:
            accounts.vet(uow, who, target, world.clock())
        assert world.journal()[-1][:2] == ("account:vet", "refused")
    with pytest.raises(Refused), world.work(officer) as uow:
        accounts.issue_code(uow, officer, officer.account_id, world.clock())
    assert world.journal()[-1][:2] == ("account:code", "refused")
    assert vetted(world, account_id, "security2")


def test_a_code_for_a_forgotten_password_voids_it_and_ends_the_sessions(world: World) -> None:
    token, officer, clerk = enter(world), world.who("security"), world.who("clerk")
    with world.work(officer) as uow:
        name, code = accounts.issue_code(uow, officer, clerk.account_id, world.clock())
    assert sessions.live(world.house, token, "", world.clock()) is None
    refused(world, name, PASSWORD)
    assert sign_in.with_password(world.house, name, code, HERE, world.clock()).stage is Stage.PASSWORD


def test_the_administrator_sets_no_password(world: World) -> None:
    admin = world.who("admin")
    new = accounts.NewAccount("nguoi.moi", "Người mới", PASSWORD, Role.LEADER, world.units["D"], ())
    with pytest.raises(InvalidInput) as caught, world.work(admin) as uow:
        accounts.create(uow, admin, new, world.clock())
    assert caught.value.field == "password"


def test_switching_an_account_off_ends_its_sessions_for_good(world: World) -> None:
    token, admin, clerk = enter(world), world.who("admin"), world.who("clerk")
    for active in (False, True):
        with world.work(admin) as uow:
            accounts.set_active(uow, admin, clerk.account_id, active, world.clock())
        assert sessions.live(world.house, token, "", world.clock()) is None
    enter(world)


def test_nobody_switches_themselves_off(world: World) -> None:
    admin = world.who("admin")
    with pytest.raises(InvalidInput), world.work(admin) as uow:
        accounts.set_active(uow, admin, admin.account_id, False, world.clock())


@pytest.mark.parametrize("who", ["clerk", "officer", "leader", "reviewer", "security"])
def test_only_the_administrator_manages_accounts_and_the_attempt_is_a_row(world: World, who: str) -> None:
    person = world.who(who)
    new = accounts.NewAccount("moi", "Người mới", "", Role.LEADER, 1, (1,))
    for act in (
        lambda uow: accounts.create(uow, person, new, world.clock()),
        lambda uow: accounts.set_active(uow, person, person.account_id, True, world.clock()),
        lambda uow: accounts.listing(uow, person, 10, 0, world.clock()),
    ):
        with pytest.raises(Refused), world.work(person) as uow:
            act(uow)
        assert world.journal()[-1][1] == "refused"


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


def test_the_first_accounts_get_a_code_until_their_owners_have_been_in(world: World) -> None:
    from oms.services import setup

    def given(renew: bool = False) -> dict[str, str]:
        with world.work() as uow:
            root = setup.ensure_root(uow, "P", "")
            found = setup.first_accounts(uow, root, "quantri", "baomat", world.clock(), renew)
        return {name: code for name, _role, code in found}

    first = given()
    assert set(first) == {"quantri", "baomat"}
    assert given() == {}  # a start of the server voids no code that was handed out
    second = given(renew=True)
    refused(world, "quantri", first["quantri"])
    world.clock.forward(hours=73)
    refused(world, "quantri", second["quantri"])
    again = given()
    for name in again:
        step = sign_in.with_password(world.house, name, again[name], HERE, world.clock())
        live = sessions.live(world.house, step.token, "", world.clock())
        assert live is not None
        sign_in.set_password(world.house, step.token, live, NEW_PASSWORD, HERE, world.clock())
    assert given() == {}
    officer, administrator = world.who("security"), world.who("quantri").account_id
    with world.work(officer) as uow:  # forgotten later: the set-up is no way round the security officer
        accounts.issue_code(uow, officer, administrator, world.clock())
    assert given(renew=True) == {}


def test_the_real_cost_of_a_password_is_argon2id_64_mib() -> None:
    """The suite hashes cheaply, so the cost is read from where the module makes its hasher, and tried once."""
    tree = ast.parse(inspect.getsource(passwords))
    made_of = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_HASHER"
    )
    given = {word.arg: eval(ast.unparse(word.value)) for word in made_of.keywords}  # type: ignore[attr-defined]  # noqa: S307
    assert PasswordHasher(**given).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
