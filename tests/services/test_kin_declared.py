"""Declared relatives: anybody adds for themselves, and only the security officer ends an entry."""

from __future__ import annotations

import unicodedata

import pytest
from factories import World

from oms.domain.kin import Declared
from oms.errors import InvalidInput, Refused
from oms.services import kin


def declare(world: World, by: str, typed: Declared, account: str = "") -> str:
    who, of = world.who(by), world.who(account or by).account_id
    with world.work(who) as uow:
        return kin.declare(uow, who, of, typed, world.clock()).id


def end(world: World, by: str, entry: str, reason: str = "khai nhầm người cùng tên") -> None:
    who = world.who(by)
    with world.work(who) as uow:
        kin.end(uow, who, entry, reason, world.clock())


def test_a_declared_relatives_dossier_is_closed_on_the_next_request_and_opened_by_the_officer_alone(
    world: World,
) -> None:
    row = world.dossier("Hoàng Thị Hoà", birth_date="05/08/1961")
    assert row.dossier.id not in world.who("leader").withheld
    # written apart (NFD), in small letters: the same person
    typed = Declared("spouse", unicodedata.normalize("NFD", "hoàng  thị hòa"), "5/8/1961")
    entry = declare(world, "leader", typed)
    assert row.dossier.id in world.who("leader").withheld
    assert row.dossier.id not in world.who("officer").withheld
    for nobody in ("leader", "officer", "admin", "reviewer"):
        with pytest.raises(Refused):
            end(world, nobody, entry)
    with pytest.raises(InvalidInput):
        end(world, "security", entry, "sai")
    end(world, "security", entry)
    assert row.dossier.id not in world.who("leader").withheld
    assert world.journal()[-1][:2] == ("kin:end", "done")


def test_a_dossier_registered_after_the_declaration_is_closed_too(world: World) -> None:
    declare(world, "officer", Declared("child", "Lò Văn Ín", "", "011 000 000 123"))
    row = world.dossier("Lò Văn Ín", by="officer2", citizen_id="011000000123")
    assert row.dossier.id in world.who("officer").withheld
    assert world.dossier("Lò Văn Ín", by="officer2", citizen_id="011000000124").dossier.id not in (
        world.who("officer").withheld
    )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Declared("nobody", "Lò Văn Ín", "1961"), "relation"),
        (Declared("child", " ", "1961"), "full_name"),
        (Declared("child", "Lò Văn Ín"), "birth_date"),
        (Declared("child", "Lò Văn Ín", "hôm qua"), "birth_date"),
        (Declared("child", "Lò Văn Ín", "", "12345"), "citizen_id"),
        (Declared("child", "Lò Văn Ín", "", "01100000012a"), "citizen_id"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(world: World, typed: Declared, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        declare(world, "officer", typed)
    assert caught.value.field == field


def test_many_relatives_are_taken_once_each_up_to_a_bound(world: World) -> None:
    for number in range(60):
        declare(world, "clerk", Declared("sibling", "Lò Văn Ín", "", f"0110000001{number:02d}"))
    with pytest.raises(InvalidInput):
        declare(world, "clerk", Declared("sibling", "Lò Văn Khác", "1961"))
    declare(world, "officer", Declared("sibling", "Lò Văn Ín", "1961"))
    with pytest.raises(InvalidInput):
        declare(world, "officer", Declared("sibling", "Lò văn ín", "1961"))


def test_the_officer_enters_for_others_and_nobody_else_does(world: World) -> None:
    entry = declare(world, "security", Declared("parent", "Lò Văn Ín", "1961"), "leader")
    for nobody in ("admin", "officer", "reviewer", "leader.low"):
        with pytest.raises(Refused):
            declare(world, nobody, Declared("parent", "Lò Văn Ín", "1962"), "leader")
        who, of = world.who(nobody), world.who("leader").account_id
        with pytest.raises(Refused), world.work(who) as uow:
            kin.listing(uow, who, of, world.clock())
    who = world.who("leader")
    with world.work(who) as uow:
        assert [each.id for each in kin.listing(uow, who, who.account_id, world.clock()).entries] == [entry]
    own = declare(world, "security", Declared("spouse", "Lò Văn Ín", "1961"))
    with pytest.raises(Refused):
        end(world, "security", own)
    end(world, "security2", own)
