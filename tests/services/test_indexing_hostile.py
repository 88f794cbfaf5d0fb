"""The index's folder under attack: a full disk, files taken away or strange, a locked journal, two makers at once."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import databases
import pytest
from factories import World
from sqlalchemy.exc import IntegrityError

from oms.errors import JournalUnavailable
from oms.services import finding, indexing
from oms.services.finding import Asked
from oms.store.tables import Document
from search_index import Query, SearchError, Visible

EVERYTHING = Visible(("1",), 9, frozenset({"bvctnb"}))
TEXT = "QUYẾT ĐỊNH\nđiều động cán bộ"


def found(world: World, words: str) -> set[str]:
    answer = world.house.engine.query(Query(words, EVERYTHING, top=500))
    assert answer.complete
    return {hit.id for hit in answer.hits}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir(mode=0o700)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("may not mount a small disk here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(filler: Path) -> None:
    """Writes until there is no room for another byte."""
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT, 0o600)
    with contextlib.suppress(OSError):
        while os.write(handle, b"x" * 4096):
            pass
    os.close(handle)


def moved(world: World, place: Path) -> None:
    """Puts the index's folder on another disk."""
    world.house.database.close()
    shutil.copytree(world.house.index.root, place / "index", dirs_exist_ok=True)
    world.house.index.root, world.house._engine = place / "index", None


# Whoosh drops files it could not write without closing them; the interpreter would say so in a later test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_full_disk_loses_nothing_says_so_and_goes_on_when_there_is_room(
    world: World, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = world.dossier()
    papers = {world.filed(row, TEXT)}
    world.index()
    moved(world, small_disk)
    filler = small_disk / "filler"
    indexer = indexing.Indexer(world.house, world.clock)
    fill(filler)
    for _n in range(6):
        papers.add(world.filed(row, TEXT))
    with caplog.at_level(logging.ERROR):
        for _round in range(4):
            assert not indexer.round()
    assert "No space left on device" in caplog.text
    assert len(found(world, "điều động")) == 1, "what was there goes on being found"
    assert indexing.waiting(world.house) > 0
    gc.collect()
    filler.unlink()
    assert indexer.round()
    assert found(world, "điều động") == papers
    assert indexing.compare(world.house) == []
    words = world.house.index.words(world.house.index.live())
    left = {path.suffix or path.name for path in words.rglob("*")}
    assert left == {".seg", ".toc", ".json", "MAIN_WRITELOCK"}, "what failed leaves no files behind"
    assert len(list(words.glob("*.seg"))) == 2


def test_a_rebuild_on_a_full_disk_leaves_the_old_index_in_force(world: World, small_disk: Path) -> None:
    papers = {world.filed(world.dossier(), TEXT) for _n in range(3)}
    world.index()
    moved(world, small_disk)
    old, filler = world.house.index.live(), small_disk / "filler"
    size = os.statvfs(small_disk)
    filler.write_bytes(b"x" * (size.f_bavail * size.f_bsize - 8192))
    with pytest.raises((OSError, SearchError)):
        indexing.rebuild(world.house)
    assert world.house.index.live() == old and found(world, "điều động") == papers
    filler.unlink()
    indexing.rebuild(world.house)
    assert world.house.index.live() != old and found(world, "điều động") == papers


@pytest.mark.parametrize("what", ["folder", "generation", "empty files", "noise", "pointer to nowhere", "pointer out"])
def test_whatever_happens_to_the_folder_under_a_running_search_is_no_answer_and_is_made_good(
    world: World, what: str
) -> None:
    papers = {world.filed(world.dossier(), TEXT) for _n in range(2)}
    world.index()
    assert found(world, "điều động") == papers
    place, live = world.house.index, world.house.index.live()
    if what == "folder":
        shutil.rmtree(place.root)
    elif what == "generation":
        shutil.rmtree(live)
    elif what == "pointer to nowhere":
        (place.root / "current").write_text("index-999\n")
    elif what == "pointer out":
        (place.root / "current").write_text("index-1/../../../elsewhere\n")
    else:
        for path in place.words(live).iterdir():
            path.write_bytes(b"" if what == "empty files" else os.urandom(4_000))
        world.house._engine = None
    leader = world.who("leader")
    answer = finding.search(world.house, leader, Asked("điều động"), world.clock())
    assert (answer.people, answer.answer.count, answer.answer.complete) == ((), 0, False)
    assert finding.complete(world.house, leader, "to", world.clock()) == ()
    with world.work() as uow:
        uow.session.get_one(Document, next(iter(papers))).title = "điều động lần hai"
    indexer = indexing.Indexer(world.house, world.clock)
    assert any(indexer.round() for _try in range(2))
    assert found(world, "điều động") == papers
    assert finding.search(world.house, leader, Asked("lần hai"), world.clock()).answer.count == 1


class Bomb:
    """What runs when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_a_folder_others_may_write_to_is_not_read(world: World, tmp_path: Path) -> None:
    """Whoosh unpickles what lies there: only a folder nobody else can put something into is opened."""
    papers = {world.filed(world.dossier(), TEXT)}
    world.index()
    words = world.house.index.words(world.house.index.live())
    (toc,) = words.glob("*.toc")
    toc.write_bytes(toc.read_bytes() + pickle.dumps(Bomb(tmp_path / "boom")))
    words.chmod(0o777)
    world.house._engine = None
    answer = finding.search(world.house, world.who("leader"), Asked("điều động"), world.clock())
    assert answer.people == () and not answer.answer.complete
    assert not (tmp_path / "boom").exists()
    assert indexing.Indexer(world.house, world.clock).round(), "it is made anew from the records"
    assert found(world, "điều động") == papers and world.house.index.words(world.house.index.live()) != words


def test_a_locked_or_read_only_database_lets_nothing_be_found_unlogged(world: World) -> None:
    """While a writer holds the lock the row goes by way of the inbox; where that cannot be, nothing is shown."""
    world.filed(world.dossier(), TEXT)
    world.index()
    leader = world.who("leader")
    inbox = world.house.settings.inbox
    if databases.ON_SERVER:
        databases.harm(world.house.settings.home, "REVOKE INSERT ON journal_waiting FROM oms_app, oms_worker")
    else:
        if inbox.exists():
            shutil.rmtree(inbox)
        inbox.parent.mkdir(parents=True, exist_ok=True)
        inbox.write_text("a file where the inbox should be")
    with world.work(), pytest.raises(JournalUnavailable):
        finding.search(world.house, leader, Asked("điều động"), world.clock())
    with world.work(), pytest.raises(JournalUnavailable):
        finding.complete(world.house, leader, "to thi", world.clock())
    inbox.unlink(missing_ok=databases.ON_SERVER)
    databases.harm(world.house.settings.home, databases.FULL_DISK)
    for ask in (
        lambda: finding.search(world.house, leader, Asked("điều động"), world.clock()),
        lambda: finding.complete(world.house, leader, "to thi", world.clock()),
    ):
        with pytest.raises((JournalUnavailable, IntegrityError)):
            ask()
