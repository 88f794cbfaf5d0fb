"""A witness file whose last checkpoint was torn by a lost power: the next seal cuts it off, the journal is whole."""

from __future__ import annotations

import pytest
from factories import World

from oms.services import sealing


@pytest.mark.parametrize("left", [1, 11, 12, 40, 75, 110, -1, -2])
def test_an_unfinished_checkpoint_is_cut_off_by_the_next_seal(world: World, left: int) -> None:
    file = world.house.settings.witness / sealing.NOTES
    for _round in range(2):
        world.dossier()
        assert sealing.seal(world.house, world.clock())
    whole = file.read_bytes()
    world.dossier()
    assert sealing.seal(world.house, world.clock())
    last = file.read_bytes()[len(whole) :]
    file.write_bytes(whole + last[:left])
    world.dossier()
    assert sealing.seal(world.house, world.clock())
    assert sealing.verify(world.house, None).whole
    assert file.read_bytes().startswith(whole)
    assert len(sealing.witnessed_notes(world.house.settings.witness)) == 3


def test_words_of_somebody_else_at_the_end_are_left_alone(world: World) -> None:
    file = world.house.settings.witness / sealing.NOTES
    world.dossier()
    assert sealing.seal(world.house, world.clock())
    with file.open("a") as more:
        more.write("ghi tay: đã đối chiếu\n")
    world.dossier()
    assert sealing.seal(world.house, world.clock())
    assert "đã đối chiếu" in file.read_text()
