"""A column folded in SQL is what the library folds, letter by letter, on either database."""

from __future__ import annotations

import unicodedata

import pytest
from factories import World
from sqlalchemy import Text, literal, select

from oms.store.folding import folded
from vietnamese.text import _WRITTEN, fold

TEXTS = [
    _WRITTEN,
    _WRITTEN.upper(),
    "ĐẢNG UỶ – Ủy ban Kiểm tra",
    "Ðảng Ɖảng ðảng ɖảng",
    "12-KL/TU, 100%_\\ 'x'",
    "Élève, Ñandú, naïve, Łódź",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_database_folds_as_the_library_does(world: World, text: str) -> None:
    with world.house.look() as uow:
        for form in ("NFC", "NFD"):
            given = unicodedata.normalize(form, text)
            found = uow.session.scalar(select(folded(literal(given, Text))))
            assert unicodedata.normalize("NFC", found or "") == fold(given)
