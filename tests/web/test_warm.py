"""A warmed process: loaded beside its first answer, with no row of the journal, and well without an index."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from factories import World
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from oms.web import warm

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_the_first_page_needs_is_there_and_nobody_has_read_anything(
    world: World, app: Flask, signed_in: SignIn
) -> None:
    document_id = world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương")
    world.index()
    before, asked = world.journal(), []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(app.extensions["oms"].source._database.engine, "before_cursor_execute", hear)
    thread = warm.begin(app)
    assert thread.daemon  # a process that is told to stop does not wait for it
    thread.join()
    assert world.journal() == before
    assert gc.get_freeze_count()
    who_may_find = [each for each in asked if "compartment" in each and "issued_on" in each]
    assert who_may_find
    asked.clear()
    assert document_id in signed_in("leader").get("/tim-kiem?q=nang+luong").get_data(as_text=True)
    assert not set(who_may_find) & set(asked)  # it was read already


def test_without_an_index_the_process_serves_all_the_same(world: World, app: Flask, signed_in: SignIn) -> None:
    world.house.index.drop(world.house.index.live())
    warm.warm(app)
    page = signed_in("leader").get("/tim-kiem?q=nang+luong")
    assert page.status_code == 200 and "Chưa tìm được" in page.get_data(as_text=True)
