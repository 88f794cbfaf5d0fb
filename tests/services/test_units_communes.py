"""The operator's command lays a province's communes into the tree: said first, made once, taken back whole."""

from __future__ import annotations

from command import Done, run
from factories import World

from oms.services import communes, succession
from oms.store import units


def load(world: World, *words: str) -> Done:
    return run(world, "load-communes", "--province", "86", "--under", "D", *words)


def test_the_command_says_first_and_makes_once(world: World) -> None:
    said = load(world)
    assert said.returncode == 0, said.stderr
    assert "124 units would be made" in said.stdout
    with world.work() as uow:
        assert len(units.everything(uow.session)) == 7
    assert "124 units made" in load(world, "--apply").stdout
    assert "0 units made, 124 were there" in load(world, "--apply").stdout
    with world.work() as uow:
        assert len(units.everything(uow.session)) == 131
    assert [entry[:2] for entry in world.journal()][-1] == ("unit:succeed", "done")


def test_a_load_of_today_is_taken_back_whole(world: World) -> None:
    admin = world.who("admin")
    with world.work() as uow:
        old = units.by_code(uow.session, "D-XA")
        assert old is not None
        old.place = "29587"  # xã An Bình, huyện Long Hồ
    with world.work(admin) as uow:
        found = communes.load(uow, admin, "86", "D", world.clock())
        assert [unit.code for unit in found.ended] == ["D-XA"]
        act = units.acts(uow.session, 1, 0)[0][0].id
    with world.work(admin) as uow:
        succession.take_back(uow, admin, act, world.clock())
    with world.work() as uow:
        assert len(units.everything(uow.session)) == 7
        old = units.by_code(uow.session, "D-XA")
        assert old is not None
        assert old.valid_to is None
