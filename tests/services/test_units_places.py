"""A fact of a place points to the place of its own time, keeps its words, and says where that lies now."""

from __future__ import annotations

import pytest
from factories import World

from oms.store.record_tables import FactRow
from oms.web.frame import now_place
from vietnamese import places


def _place(world: World, birth: str, said: str, item: str = "birth_place") -> str:
    row = world.dossier(birth_date=birth)
    kept = world.fact(row, item, value=said)
    with world.work() as uow:
        fact = uow.session.get_one(FactRow, kept)
        assert said in fact.body
        return fact.place


@pytest.mark.parametrize(("birth", "said", "words", "now"), [
    ("05/08/1961", "Bến Tre", "tỉnh Bến Tre", "tỉnh Vĩnh Long"),
    ("1961", "Vĩnh Long", "tỉnh Vĩnh Long", ""),
    ("08/1975", "Hoài Đức, Hà Tây", "huyện Hoài Đức, thành phố Hà Nội", "thành phố Hà Nội"),
    ("05/08/1961", "không rõ", "", ""),
    ("05/08/1961", "Xã Tân Thành", "", ""),
])  # fmt: skip
def test_a_birth_place_is_that_of_the_birth_date(world: World, birth: str, said: str, words: str, now: str) -> None:
    code = _place(world, birth, said)
    found = places.of_code(code) if code else None
    assert (places.in_words(found) if found else "") == words
    assert now_place(code) == now


def test_only_items_that_name_a_place_have_one(world: World) -> None:
    assert _place(world, "1961", "Bến Tre", "other_names") == ""
    assert _place(world, "1961", "huyện Yên Châu, tỉnh Sơn La", "home_place") != ""
