"""A paper of nothing but pages scanned before can be left out, so that its batch can be closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk_pages import Desk
from factories import World
from flask.testing import FlaskClient

from oms.store import papers
from oms.store.tables import Document

LETTER = "QUYẾT ĐỊNH\nVề việc bổ nhiệm cán bộ"


@pytest.fixture
def desk(world: World, signed_in: Callable[[str], FlaskClient]) -> Desk:
    return Desk(world, signed_in, signed_in("clerk"))


def _kept(world: World, document_id: str) -> tuple[str, str]:
    with world.work() as uow:
        document = uow.session.get_one(Document, document_id)
        return document.state, document.note


def test_only_a_repeated_paper_is_left_out_and_it_comes_back_undone(desk: Desk) -> None:
    paper, other = desk.world.paper(LETTER), desk.world.paper(LETTER)
    with desk.world.work() as uow:
        first = papers.pages_of_document(uow.session, other)[0].id
        papers.pages_of_document(uow.session, paper)[0].duplicate_of = first
    before = _kept(desk.world, paper)

    assert "Bỏ trang trùng" in desk.client.get(f"/ban-duyet/{paper}").text
    assert "Bỏ trang trùng" not in desk.client.get(f"/ban-duyet/{other}").text
    assert desk.post(other, "de-rieng", discard="repeated").status_code == 400
    assert desk.post(paper, "de-rieng", discard="repeated").status_code == 302
    assert _kept(desk.world, paper) == ("discarded", "Trang trùng, đã quét rồi.")
    assert desk.client.post(f"/ban-duyet/{paper}/hoan-tac").status_code == 302
    assert _kept(desk.world, paper) == before
