"""Kept searches under attack: what is not told, not counted and not lost when rights, index or journal change."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from factories import World

from oms.domain.kin import Declared
from oms.services import finding, indexing, kin, saved_searches
from oms.services.finding import Asked
from oms.store.saved_search_tables import SavedSearchHit
from oms.store.tables import Document, Unit

TEXT = "QUYẾT ĐỊNH\nVề việc biệt phái công tác"


def keep(world: World, who: str, words: str = "biệt phái", **more: object) -> str:
    person = world.who(who)
    with world.work(person) as uow:
        asked = Asked(words, **more)  # type: ignore[arg-type]
        return saved_searches.save(uow, person, f"Tìm {words[:40]}", asked, True, world.clock()).id


def new(world: World, who: str) -> dict[str, int]:
    person = world.who(who)
    with world.house.look(person) as uow:
        return {each.row.id: each.new for each in saved_searches.kept(uow, person, world.clock())}


def look(world: World) -> int:
    return saved_searches.look(world.house, world.clock())


def hits(world: World) -> int:
    with world.work() as uow:
        return uow.session.query(SavedSearchHit).count()


def test_a_relative_declared_after_the_alert_is_no_longer_counted_or_named(world: World) -> None:
    search = keep(world, "leader")
    world.filed(world.dossier("Lò Thị Ín", birth_date="05/08/1961"), TEXT)
    other = world.filed(world.dossier("Vi Văn Khác"), TEXT)
    world.index()
    look(world)
    assert new(world, "leader") == {search: 2}
    leader = world.who("leader")
    with world.work(leader) as uow:
        kin.declare(uow, leader, leader.account_id, Declared("spouse", "Lò Thị Ín", "5/8/1961"), world.clock())
    assert new(world, "leader") == {search: 1}
    leader = world.who("leader")
    with world.work(leader) as uow:
        assert saved_searches.new_papers(uow, leader, search, world.clock()) == {other}


def test_a_paper_moved_to_a_hidden_dossier_is_no_longer_counted(world: World) -> None:
    """The paper itself stays open; the dossier it lies in does not."""
    search = keep(world, "leader.low")
    document = world.filed(world.dossier(), TEXT)
    hidden = world.dossier(secrecy=2)
    world.index()
    look(world)
    assert new(world, "leader.low") == {search: 1}
    with world.work() as uow:
        uow.session.get_one(Document, document).dossier_id = hidden.dossier.id
    assert new(world, "leader.low") == {search: 0}


def test_an_alert_is_not_lost_when_the_index_could_not_be_read_while_it_was_looked_for(world: World) -> None:
    search = keep(world, "leader")
    world.filed(world.dossier(), TEXT)
    world.index()
    words = world.house.index.words(world.house.index.live())
    shutil.rmtree(words)
    words.mkdir(mode=0o700)
    world.house._engine = None
    assert look(world) == 0
    assert new(world, "leader") == {search: 0}
    indexing.rebuild(world.house)
    look(world)
    assert new(world, "leader") == {search: 1}


def test_an_alert_is_not_lost_when_the_answer_was_cut_short(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    search = keep(world, "leader")
    world.filed(world.dossier(), TEXT)
    world.index()
    whole = finding._query  # no time at all: what a machine under load gives
    with monkeypatch.context() as patch:
        patch.setattr(finding, "_query", lambda *given: replace(whole(*given), within_ms=0))
        look(world)
    look(world)
    assert new(world, "leader") == {search: 1}


def test_a_pile_that_comes_in_at_once_is_told_of_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_MATCHING", 3)
    search = keep(world, "leader")
    row = world.dossier()
    for _n in range(8):
        world.filed(row, TEXT)
    world.index()
    look(world)
    assert new(world, "leader") == {search: 8}


def test_secret_papers_that_came_while_the_journal_had_no_witness_are_told_of_when_it_has_one(world: World) -> None:
    search = keep(world, "leader")
    world.filed(world.dossier(), TEXT, secrecy=2)
    plain = world.filed(world.dossier(), TEXT)
    world.index()
    world.clock.forward(days=30)
    look(world)
    leader = world.who("leader")
    with world.work(leader) as uow:
        assert saved_searches.new_papers(uow, leader, search, world.clock()) == {plain}
    world.clock.forward(days=-30)  # as good as an anchor: it is the time since that counts
    look(world)
    assert new(world, "leader") == {search: 2}


def test_a_lagging_indexer_tells_later_and_only_once(world: World) -> None:
    search = keep(world, "leader")
    first = world.filed(world.dossier(), TEXT)
    assert (look(world), new(world, "leader")) == (0, {search: 0})
    world.index()
    second = world.filed(world.dossier(), TEXT)  # not in the index yet
    assert look(world) == 1
    leader = world.who("leader")
    with world.work(leader) as uow:
        assert saved_searches.new_papers(uow, leader, search, world.clock()) == {first}
        saved_searches.mark_seen(uow, leader, search, world.clock())
    world.index()
    assert look(world) == 1
    with world.work(leader) as uow:
        assert saved_searches.new_papers(uow, leader, search, world.clock()) == {second}


def test_a_paper_sent_back_to_the_desk_is_taken_out_of_the_count(world: World) -> None:
    search = keep(world, "leader")
    document = world.filed(world.dossier(), TEXT)
    world.index()
    look(world)
    assert new(world, "leader") == {search: 1}
    with world.work() as uow:
        uow.session.get_one(Document, document).state = "proposed"
    assert new(world, "leader") == {search: 0}


def test_a_search_taken_away_and_put_back_tells_of_what_came_meanwhile(world: World) -> None:
    search, leader = keep(world, "leader"), world.who("leader")
    with world.work(leader) as uow:
        saved_searches.remove(uow, leader, search, world.clock())
    world.filed(world.dossier(), TEXT)
    world.index()
    assert look(world) == 0 and hits(world) == 0
    with world.work(leader) as uow:
        saved_searches.put_back(uow, leader, search, world.clock())
    look(world)
    assert new(world, "leader") == {search: 1}


def test_a_search_kept_in_a_unit_that_was_lost_finds_and_tells_nothing(world: World) -> None:
    with world.work() as uow:
        path = uow.session.get_one(Unit, world.units["C"]).path
    search = keep(world, "leader", unit_path=path)
    world.filed(world.dossier(unit="C-SNV", by="officer.gov"), TEXT, by="officer.gov")
    world.index()
    with world.work() as uow:
        for code in ("C", "C-SNV"):
            uow.session.get_one(Unit, world.units[code]).path = f"999/{world.units[code]}"
    assert look(world) == 0
    assert new(world, "leader") == {search: 0}
