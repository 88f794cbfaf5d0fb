"""The indexer: what is killed at any moment loses nothing and does nothing twice; a new index beside the old one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import databases
import pytest
from factories import WORLD_SETTINGS, World

from oms.services import alone, finding, health, index_place, indexing
from oms.services.finding import Asked
from oms.services.house import House
from oms.services.jobs import die_with_parent
from oms.settings import CHECKOUT, Settings
from oms.store.tables import Document
from search_index import IndexBusyError, IndexFormatError, Query, Visible

EVERYTHING = Visible(("1",), 9, frozenset({"bvctnb"}))


def found_words(world: World, words: str) -> list[str]:
    answer = world.house.engine.query(Query(words, EVERYTHING, top=500))
    assert answer.count == len(answer.hits) and answer.complete
    return sorted(hit.id for hit in answer.hits)


def titled(world: World, paper: str, title: str) -> None:
    with world.work() as uow:
        uow.session.get_one(Document, paper).title = title


def some(world: World, number: int) -> list[str]:
    """Filed papers, each with a word of its own in its title."""
    row, made = world.dossier(), []
    for n in range(number):
        made.append(world.filed(row, f"QUYẾT ĐỊNH\nđiều động chữ{n:04d}"))
    return made


@contextmanager
def running(world: World, work: Callable[[House], object]) -> Iterator[int]:
    """A process of its own that does this on the world's house; killed -9 at the end."""
    home = str(world.house.settings.home)
    pid = os.fork()
    if not pid:
        try:
            work(House(Settings.from_env(WORLD_SETTINGS | {"OMS_HOME": home})))
        finally:
            os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def killed(world: World, kills: int) -> None:
    """An indexer is killed again and again while papers come, change and go; then everything must be as it is."""
    draw = random.Random(6)
    papers = some(world, 12)
    for paper in papers[:6]:
        titled(world, paper, "đầu tiên")
    words = dict.fromkeys(papers, "")
    row = world.dossier()
    for turn in range(kills):
        with running(world, partial(indexing.run, clock=world.clock)):
            if turn % 5 == 0:
                words[world.filed(row, "QUYẾT ĐỊNH\nbổ sung")] = ""
            for paper in draw.sample(sorted(words), 4):
                words[paper] = f"lần{turn:04d}x{draw.randrange(10**6)}"
                titled(world, paper, f"thay {words[paper]}")
            if turn % 7 == 6:
                gone = draw.choice(sorted(words))
                del words[gone]
                with world.work() as uow:
                    uow.session.get_one(Document, gone).state = "discarded"
            time.sleep(draw.uniform(0, 0.12))
    world.index()
    assert indexing.compare(world.house) == []
    assert found_words(world, "") == sorted(words)
    for paper, word in words.items():
        if word:
            assert found_words(world, word) == [paper]
    assert indexing.waiting(world.house) == 0
    assert indexing.drain(world.house) == 0


def test_thirty_kills_lose_nothing_and_do_nothing_twice(world: World) -> None:
    killed(world, 30)


@pytest.mark.long
def test_three_hundred_kills_lose_nothing_and_do_nothing_twice(world: World) -> None:
    killed(world, 300)


def test_a_rebuild_killed_goes_on_where_it_was_while_the_old_index_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PORTION_ANEW", 2)
    papers = some(world, 24)
    world.index()
    old, done, kills = world.house.index.live(), [0], 0
    while world.house.index.live() == old:
        told, tell = os.pipe()
        with running(world, lambda house, out=tell: indexing.rebuild(house, lambda *_n: os.write(out, b"."))):
            os.close(tell)
            os.read(told, 1)  # some portion more is done; then it is killed in the middle of another
            time.sleep(0.02 * (kills % 4))
        os.close(told)
        kills += 1
        plans = world.house.index.plans()
        done += [plan.done for plan in plans]
        assert found_words(world, "điều động") == sorted(papers)
        titled(world, papers[kills % 24], f"giữa chừng {kills}")
        with world.work() as uow:
            uow.session.get_one(Document, papers[-1]).title = f"cuối {kills}"
    assert kills > 3 and done == sorted(done), "it goes on, it does not begin again"
    world.index()
    assert indexing.compare(world.house) == []
    assert found_words(world, f"cuối {kills}") == [papers[-1]]
    assert found_words(world, "") == sorted(papers)


class Killed(BaseException):
    """Stands for the end of the process at a moment that has to be met exactly."""


def cut(*_args: object, **_kwargs: object) -> None:
    raise Killed


def test_a_rebuild_killed_before_its_finished_index_is_in_force_does_not_begin_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    some(world, 3)
    world.index()
    old, write = world.house.index.live(), index_place._write
    with monkeypatch.context() as patch:
        patch.setattr(index_place, "_write", lambda path, text: (cut if path.name == "current" else write)(path, text))
        with pytest.raises(Killed):
            indexing.rebuild(world.house)
    assert world.house.index.live() == old
    assert [plan.done for plan in world.house.index.plans()] == [3]
    told: list[int] = []
    assert indexing.rebuild(world.house, lambda done, _of: told.append(done)) == 3
    assert told == [] and world.house.index.live() != old


def test_a_rebuild_killed_when_its_index_is_in_force_has_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = some(world, 3)
    world.index()
    old, unlink = world.house.index.live(), Path.unlink
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda path, **how: (unlink if path.parent == old else cut)(path, **how))
        with pytest.raises(Killed):
            indexing.rebuild(world.house)
    made = world.house.index.live()
    assert made != old and world.house.index.plans() == []
    titled(world, papers[0], "sau đó")
    world.index()
    indexing.rebuild(world.house)
    assert world.house.index.live() not in (old, made), "made beside the one in force, not in it"
    assert found_words(world, "sau đó") == [papers[0]]
    indexing.tidy(world.house)
    assert not made.exists() and not old.exists()


def test_an_index_that_was_deleted_or_damaged_is_made_anew_by_the_indexer(world: World) -> None:
    papers = some(world, 3)
    world.index()
    world.house.index.drop(world.house.index.live())
    answer = finding.search(world.house, world.who("leader"), Asked("điều động"), world.clock()).answer
    assert (answer.count, answer.complete) == (0, False)
    assert world.journal()[-1][:2] == ("search:run", "failed")
    with pytest.raises(IndexFormatError):
        indexing.drain(world.house)
    assert indexing.Indexer(world.house, world.clock).round()
    assert found_words(world, "điều động") == sorted(papers)
    for path in world.house.index.words(world.house.index.live()).iterdir():
        path.write_bytes(b"junk")
    world.house._engine = None
    titled(world, papers[0], "điều động sau khi hỏng")
    assert indexing.Indexer(world.house, world.clock).round()
    assert found_words(world, "sau khi hỏng") == [papers[0]]
    assert health.check(world.house) == []


def test_the_indexer_merges_when_nothing_waits(world: World) -> None:
    papers = some(world, 25)
    world.index()
    indexer, words = indexing.Indexer(world.house, world.clock), world.house.index.words(world.house.index.live())
    for number in range(12):
        titled(world, papers[number], f"lần {number}")
        assert indexer.round()
    assert len(list(words.glob("*.seg"))) == 13
    assert indexer.round()
    assert len(list(words.glob("*.seg"))) == 2
    assert found_words(world, "lần") == sorted(papers[:12])
    assert indexing.compare(world.house) == []


def test_a_database_put_back_from_a_copy_gets_an_index_of_its_own(world: World, tmp_path: Path) -> None:
    """Numbers of the feed go on after a restore as if nothing had been: the index tells by what stands there."""
    papers = some(world, 2)
    world.index()
    databases.copy(world.house.settings.home, tmp_path / "copy.db")
    for number in range(6):
        titled(world, papers[0], f"mất đi {number}")
    world.index()
    world.house.close()
    databases.put_back(world.house.settings.home, tmp_path / "copy.db")
    house = House(world.house.settings)
    restored = World(house, world.clock)
    for number in range(9):
        titled(restored, papers[1], f"sau khi khôi phục {number}")
    assert indexing.compare(house) == ["index: it stands where this database has never been; run: oms rebuild-index"]
    assert indexing.Indexer(house, world.clock).round()
    assert found_words(restored, "mất đi") == []
    assert found_words(restored, "khôi phục 8") == [papers[1]]
    assert indexing.compare(house) == []
    house.database.close()


def test_one_makes_an_index_and_one_follows_the_feed(world: World) -> None:
    with alone.only_one(world.house.index.root / "maker.lock"), pytest.raises(IndexBusyError):
        indexing.rebuild(world.house)
    paper = some(world, 1)[0]
    with running(world, partial(indexing.run, clock=world.clock)) as first:
        until(lambda: found_words(world, "điều động") == [paper])
        with running(world, partial(indexing.run, clock=world.clock)):
            titled(world, paper, "chuyển công tác")
            until(lambda: found_words(world, "chuyển công tác") == [paper])
            os.kill(first, signal.SIGSTOP)  # the first still has the lock: the second only waits
            titled(world, paper, "nghỉ hưu")
            time.sleep(1.2)
            assert found_words(world, "nghỉ hưu") == []
            os.kill(first, signal.SIGKILL)
            until(lambda: found_words(world, "nghỉ hưu") == [paper])


def test_the_command_ends_with_whoever_started_it_and_when_told(world: World) -> None:
    """``oms index`` as ``oms serve`` starts it is gone with its parent; told to end, it ends well."""
    home, paper = str(world.house.settings.home), some(world, 1)[0]
    command = [sys.executable, "-m", "oms.cli", "index"]
    env = os.environ | WORLD_SETTINGS | {"OMS_HOME": home}
    told, tell = os.pipe()

    def start(_house: House) -> None:
        child = subprocess.Popen(command, env=env, cwd=CHECKOUT, preexec_fn=die_with_parent)
        os.write(tell, b"%d\n" % child.pid)
        time.sleep(600)

    with running(world, start):
        child = Path(f"/proc/{int(os.read(told, 20))}")
        until(lambda: found_words(world, "điều động") == [paper], 120)
    until(lambda: not child.exists(), 30)
    with running(world, partial(indexing.run, clock=world.clock)) as own:
        titled(world, paper, "tiếp tục")
        until(lambda: found_words(world, "tiếp tục") == [paper])
        os.kill(own, signal.SIGTERM)
        until(lambda: "zombie" in Path(f"/proc/{own}/status").read_text())
        assert os.waitstatus_to_exitcode(os.waitid(os.P_PID, own, os.WEXITED | os.WNOWAIT).si_status) == 0
    os.close(told)
    os.close(tell)


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits until this holds; fails when it does not in time."""
    last = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < last, "not in time"
        time.sleep(0.01)


def test_a_change_is_found_within_a_tenth_of_a_second(world: World) -> None:
    paper, waits = some(world, 1)[0], []
    with running(world, partial(indexing.run, clock=world.clock)):
        until(lambda: found_words(world, "điều động") == [paper])
        for number in range(20):
            titled(world, paper, f"nâng lương lần{number:03d}")
            begun = time.monotonic()
            until(lambda word=f"lần{number:03d}": found_words(world, word) == [paper])  # type: ignore[misc]
            waits.append(time.monotonic() - begun)
    # generous for a loaded machine: benchmarks/search_changes.py measures
    assert sorted(waits)[len(waits) // 2] < 0.5, waits


def test_the_feed_is_kept_short_and_old_generations_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "FEED_KEPT", 5)
    paper = some(world, 1)[0]
    world.index()
    assert world.house.engine.query(Query("", EVERYTHING)).count == 1
    position = world.house.source.newest()
    for number in range(12):
        titled(world, paper, f"đổi tên {number}")
    indexing.tidy(world.house)
    assert world.house.source.changes(position).ids == {paper}, "nothing goes that the index has not taken in"
    world.index()
    indexing.rebuild(world.house)
    live = world.house.index.live()
    indexing.tidy(world.house)
    assert sorted(path.name for path in world.house.index.root.glob("index-*")) == [live.name]
    assert world.house.source.changes(position).ids is None, "who is behind the oldest row reads everything anew"
    assert found_words(world, "đổi tên 11") == [paper]
    titled(world, paper, "sau khi rút gọn")
    world.index()
    assert found_words(world, "rút gọn") == [paper]
    assert indexing.compare(world.house) == []


def test_words_taken_away_under_a_running_indexer_are_made_again(world: World) -> None:
    """The folder of the generation stands, its words do not: nothing is found, and the next round makes it anew."""
    papers = some(world, 2)
    world.index()
    assert found_words(world, "điều động") == sorted(papers)
    shutil.rmtree(world.house.index.words(world.house.index.live()))
    found = finding.search(world.house, world.who("leader"), Asked("điều động"), world.clock())
    assert (found.people, found.answer.complete) == ((), False)
    assert indexing.Indexer(world.house, world.clock).round()
    assert found_words(world, "điều động") == sorted(papers)
