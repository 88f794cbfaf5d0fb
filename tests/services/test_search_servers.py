"""An installation whose search runs on servers of their own: found, hidden, made anew, emptied, away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sphinx_server
from factories import WORLD_SETTINGS, World, make_world

from oms.errors import SettingsError
from oms.services import finding, indexing
from oms.services.finding import Asked
from oms.services.house import House
from oms.settings import Settings
from oms.store.tables import Document
from search_index import Query, SearchError, Visible
from search_index.sphinx_config import Cluster
from search_index.sphinx_link import Link

EVERYTHING = Visible(("1",), 9, frozenset({"bvctnb"}))


def address(cluster: Cluster) -> str:
    nodes = ",".join(f"{node.host}:{node.port}" for node in cluster.nodes)
    return f"sphinxql://{cluster.front.host}:{cluster.front.port}/?nodes={nodes}"


@pytest.fixture
def served(nodes: sphinx_server.Running, tmp_path: Path) -> Iterator[World]:
    """A world that searches on the test's nodes."""
    world = make_world(tmp_path / "home", OMS_SEARCH=address(nodes.cluster))
    yield world
    world.house.database.close()


def papers(world: World, count: int) -> list[str]:
    row = world.dossier()
    return [world.filed(row, f"QUYẾT ĐỊNH\nđiều động chữ{n:03d}") for n in range(count)]


def count(world: World, words: str, visible: Visible = EVERYTHING) -> int:
    answer = world.house.engine.query(Query(words, visible))
    assert answer.complete
    return answer.count


def test_papers_are_found_on_the_servers_and_a_changed_level_counts_at_once(served: World) -> None:
    made = papers(served, 3)
    assert indexing.drain(served.house) == 3
    assert count(served, "dieu dong") == 3
    assert indexing.compare(served.house) == []
    open_only = Visible(("1",), 0)
    assert count(served, "dieu dong", open_only) == 3
    with served.work() as uow:
        uow.session.get_one(Document, made[0]).secrecy = 2
    assert count(served, "dieu dong", open_only) == 2
    found = finding.search(served.house, served.who("leader"), Asked("chu002"), served.clock())
    assert [paper.document.id for person in found.people for paper in person.papers] == [made[2]]


def test_made_anew_beside_the_old_one_and_gone_on_with_after_a_stop(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers(served, 6)
    indexing.drain(served.house)
    monkeypatch.setattr(indexing, "PORTION_ANEW", 2)
    taken = indexing._take

    def stopped(house: House, engine: indexing.Changing, ids: list[str]) -> None:
        taken(house, engine, ids)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(indexing, "_take", stopped)
        with pytest.raises(KeyboardInterrupt):
            indexing.rebuild(served.house)
    # Half of it was written beside; the old one answers.
    assert count(served, "dieu dong") == 6
    before = served.house.index.live()
    assert indexing.rebuild(served.house) == 6
    assert served.house.index.live() != before
    assert count(served, "dieu dong") == 6
    assert indexing.compare(served.house) == []


def test_servers_that_were_emptied_are_no_index_and_are_filled_again(
    served: World, nodes: sphinx_server.Running
) -> None:
    papers(served, 2)
    indexing.drain(served.house)
    indexing.rebuild(served.house)
    for node in nodes.cluster.nodes:
        for table in ("state", "docs_a", "docs_b"):
            Link.to(node).tell(f"TRUNCATE RTINDEX {table}")
    with pytest.raises(SearchError):
        count(served, "dieu dong")
    (told,) = indexing.compare(served.house)
    assert told.endswith("run: oms rebuild-index")
    assert indexing.rebuild(served.house) == 2
    assert count(served, "dieu dong") == 2


def test_servers_that_are_away_are_told_and_nothing_is_lost(served: World, nodes: sphinx_server.Running) -> None:
    papers(served, 2)
    for server in nodes.everything():
        server.kill()
    assert not indexing.Indexer(served.house, served.clock).round()
    found = finding.search(served.house, served.who("leader"), Asked("dieu dong"), served.clock())
    assert (found.people, found.answer.complete) == ((), False)
    for server in nodes.everything():
        server.start()
    assert indexing.Indexer(served.house, served.clock).round()
    assert count(served, "dieu dong") == 2


@pytest.mark.parametrize("wrong", ["here", "sphinxql://a:9306/", "sphinxql://u:p@a:9306/?nodes=b:9306"])
def test_an_address_that_is_none_stops_the_start_with_its_name(tmp_path: Path, wrong: str) -> None:
    settings = Settings.from_env(
        WORLD_SETTINGS | {"OMS_HOME": str(tmp_path), "OMS_SECRET_KEY": "k" * 40, "OMS_SEARCH": wrong}
    )
    with pytest.raises(SettingsError, match="OMS_SEARCH"):
        House(settings)
