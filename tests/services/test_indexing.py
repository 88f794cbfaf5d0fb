"""The indexer: what is killed at any moment loses nothing and does nothing twice; a new index beside the old one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from factories import WORLD_SETTINGS, World
from sqlalchemy import select, text

from oms.services import finding, health, indexing
from oms.services.finding import Asked
from oms.services.house import House
from oms.settings import CHECKOUT, Settings
from oms.store import search_feed
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
        with running(world, indexing.run):
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


def test_an_index_that_was_deleted_or_damaged_is_made_anew_by_the_indexer(world: World) -> None:
    papers = some(world, 3)
    world.index()
    world.house.index.drop(world.house.index.live())
    answer = finding.search(world.house, world.who("leader"), Asked("điều động"), world.clock()).answer
    assert (answer.count, answer.complete) == (0, False)
    assert world.journal()[-1][:2] == ("search:run", "failed")
    with pytest.raises(IndexFormatError):
        indexing.drain(world.house)
    assert indexing.Indexer(world.house).round()
    assert found_words(world, "điều động") == papers_sorted(papers)
    for path in world.house.index.words(world.house.index.live()).iterdir():
        path.write_bytes(b"junk")
    world.house._engine = None
    titled(world, papers[0], "điều động sau khi hỏng")
    assert indexing.Indexer(world.house).round()
    assert found_words(world, "sau khi hỏng") == [papers[0]]
    assert health.check(world.house) == []


def papers_sorted(papers: list[str]) -> list[str]:
    return sorted(papers)
