"""By which way SQLite goes to the papers of a page of results: by their ids, never through all that are filed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from factories import World
from sqlalchemy import event

from oms.domain.access import Action, visibility
from oms.store import found, search_feed
from oms.store.search_source import StoreSource
from search_index import Text

pytestmark = pytest.mark.embedded("which index SQLite's planner takes")

IDS = [f"{number:032x}" for number in range(60)]


@contextmanager
def statements(world: World) -> Iterator[list[tuple[str, object]]]:
    """What is asked meanwhile, with its values."""
    asked: list[tuple[str, object]] = []
    engine = world.house.database.engine

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def shown(world: World) -> None:
    with world.work() as uow:
        found.papers_of(uow.session, visibility(world.who("leader"), Action.SEARCH), IDS)


def marked(world: World) -> None:
    list(StoreSource(world.house.database, "isolated_lan").marks(IDS))


def taken_in(world: World) -> None:
    with world.work() as uow:
        search_feed.filed(uow.session, IDS, "isolated_lan")
        search_feed.keep_texts(uow.session, {name: Text("", (), "") for name in IDS})


@pytest.mark.parametrize("ask", [shown, marked, taken_in])
def test_some_papers_are_looked_up_by_their_ids(world: World, ask: Callable[[World], None]) -> None:
    with statements(world) as asked:
        ask(world)
    about = [(statement, values) for statement, values in asked if "FROM documents" in statement]
    assert about
    connection = world.house.database.engine.raw_connection()
    for statement, values in about:
        plan = [str(row[-1]) for row in connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)]
        of_papers = [step for step in plan if step.split()[1:2] == ["documents"]]
        assert of_papers == ["SEARCH documents USING INDEX sqlite_autoindex_documents_1 (id=?)"] or of_papers == [
            "SEARCH documents USING COVERING INDEX sqlite_autoindex_documents_1 (id=?)"
        ], plan
    connection.close()
