"""Several hosts at one installation: who has what in hand, who comes too late, what is set aside, who has a turn.

Each on SQLite and on PostgreSQL; what is about processes runs the real ones, with real Tesseract.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from factories import World
from PIL import Image
from postgres_server import Server
from sqlalchemy import select
from test_reading import received, state
from walled_province import walled_province

import scanning
from oms.services import hosts, in_hand, intake, jobs, reading, vault_care
from oms.services.house import House
from oms.services.in_hand import MAX_LOST, MAX_TRIES
from oms.settings import CHECKOUT
from oms.store.desk_tables import Lease
from oms.store.tables import Page, PageReading, Scan

_widths = itertools.count()
DATABASES = [pytest.param("sqlite", marks=pytest.mark.embedded), "postgresql"]


@pytest.fixture(params=DATABASES)
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An installation on either database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("world")
        return
    postgres: Server = request.getfixturevalue("postgres")
    with walled_province(postgres, tmp_path / "home", f"hosts{time.monotonic_ns()}") as world:
        yield world


@pytest.fixture
def other(there: World, tmp_path: Path) -> Iterator[House]:
    """A second host: a folder of its own, the same database, the same vault."""
    first = there.house.settings
    shutil.copytree(first.keys, tmp_path / "second/keys")
    shared = {"vault_place": str(first.vault), "keys_database": first.keys_database_url}
    house = House(replace(first, home=tmp_path / "second", database_url=_address(there), **shared))
    assert hosts.name(house.settings.home) != hosts.name(first.home)
    yield house
    house.close()


def _address(world: World) -> str:
    given = world.house.settings.database_url
    return given if given.startswith("postgresql") else f"sqlite:///{world.house.settings.home / 'oms.db'}"


def blank(world: World, pages: int, unit: str = "D-BTC", who: str = "clerk") -> str:
    """A file of white pages, unlike every other: the same one is not taken twice."""
    out, width = BytesIO(), 300 + next(_widths)
    sheets = [Image.new("L", (width, 424), 255) for _ in range(pages)]
    sheets[0].save(out, "TIFF", save_all=True, append_images=sheets[1:], compression="tiff_deflate", dpi=(36, 36))
    return received(world, out.getvalue(), unit, who)


def page_of(world: World, scan_id: str) -> scanning.PageReading:
    """The first page of a file, read with no worker about."""
    with world.house.look() as uow:
        sha = uow.session.get_one(Scan, scan_id).sha256
    with world.house.vault.opened(sha) as path:
        return scanning.read_page(scanning.rasterise(path, 1))


def readings(world: World) -> int:
    with world.house.look() as uow:
        return len(uow.session.scalars(select(PageReading.page_id)).all())


def lease_of(world: World, scan_id: str) -> Lease | None:
    with world.house.look() as uow:
        return uow.session.get(Lease, ("scan", scan_id))


@pytest.mark.ocr
def test_who_was_overtaken_writes_nothing_and_no_page_is_read_twice(there: World, other: House) -> None:
    scan_id = blank(there, 2)
    late = reading._begin(there.house, scan_id, there.clock)
    assert late is not None and reading._begin_page(late.work, late.unread[0]) is not None
    assert not reading.read_scan(other, scan_id, there.clock), "another host has it in hand"
    there.clock.forward(seconds=there.house.settings.lease_seconds + 1)
    assert reading.read_scan(other, scan_id, there.clock), "its time ran out"
    before = there.journal()
    with late.work:
        reading._fail_page(late.work, late.unread[0], "quá muộn")
    with late.work:
        reading._close(late)
    scan, pages, papers = state(there, scan_id)
    assert [page.state for page in pages] == ["read", "read"] and scan.state in ("read", "flagged")
    assert (readings(there), pages[0].lost) == (2, 0)
    assert sum(paper.page_count for paper in papers) == 2
    assert there.journal() == before and lease_of(there, scan_id) is None


@pytest.mark.ocr
def test_a_picture_that_comes_too_late_is_dropped_unless_it_is_the_one_that_counts(there: World, other: House) -> None:
    scan_id = blank(there, 1)
    late = reading._begin(there.house, scan_id, there.clock)
    assert late is not None and reading._begin_page(late.work, late.unread[0]) is not None
    read = page_of(there, scan_id)
    there.clock.forward(seconds=there.house.settings.lease_seconds + 1)
    assert reading.read_scan(other, scan_id, there.clock)
    before, image = sorted(there.house.vault.names()), state(there, scan_id)[1][0].image_sha
    picture = there.house.vault.read(image)
    for late_picture in (b"another picture", picture):
        with late.work:
            reading._keep_page(late.work, late.unread[0], None, read, [], late_picture)
        assert sorted(there.house.vault.names()) == before
    assert there.house.vault.read(image) == picture
    keys = there.house.vault.keys
    assert keys is not None and keys.rows_of(sha256(b"another picture").hexdigest()) == [], "its key has gone, too"


@pytest.mark.ocr
def test_who_is_about_to_name_a_picture_puts_it_again_when_it_was_dropped(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker that came too late had the very same bytes, and drops them between the putting and the naming."""
    scan_id, real = blank(there, 1), reading._page_read

    def dropped_before(work: in_hand.InHand, *given: Any) -> bool:
        assert vault_care.drop_unnamed(there.house, given[-1])
        return real(work, *given)

    monkeypatch.setattr(reading, "_page_read", dropped_before)
    assert reading.read_scan(there.house, scan_id, there.clock)
    [page] = state(there, scan_id)[1]
    assert page.state == "read" and there.house.vault.read(page.image_sha)


def test_a_picture_of_a_reading_that_nobody_wants_any_more_is_dropped(there: World) -> None:
    scan_id = blank(there, 1)
    begun = reading._begin(there.house, scan_id, there.clock)
    assert begun is not None and reading._begin_page(begun.work, begun.unread[0]) is not None
    before = sorted(there.house.vault.names())
    reading._keep_page(begun.work, begun.unread[0], 90, page_of(there, scan_id), [], b"turned in vain")
    assert sorted(there.house.vault.names()) == before and readings(there) == 0


def test_a_host_that_starts_frees_what_it_had_itself_and_nothing_of_others(there: World, other: House) -> None:
    mine, theirs = blank(there, 1), blank(there, 1)
    assert reading._begin(there.house, mine, there.clock) is not None
    assert reading._begin(other, theirs, there.clock) is not None
    assert jobs.bury(there.house.settings, there.clock()) == 1
    assert reading._begin(there.house, theirs, there.clock) is None
    assert reading._begin(other, mine, there.clock) is not None


def test_work_in_hand_is_held_longer_while_it_gets_on(there: World, other: House) -> None:
    begun = reading._begin(there.house, blank(there, 1), there.clock)
    assert begun is not None
    for _ in range(3):
        there.clock.forward(seconds=there.house.settings.lease_seconds - 10)
        begun.work.beat()
        assert reading._begin(other, begun.scan_id, there.clock) is None


def failing(number: int, real: Callable[..., object]) -> Callable[..., object]:
    """A page that brings its reader down each time."""

    def draw(path: Path, wanted: int) -> object:
        if wanted == number:
            raise RuntimeError("poison")
        return real(path, wanted)

    return draw


@pytest.mark.ocr
def test_a_page_that_fails_is_tried_after_growing_pauses_then_set_aside_and_put_back_by_a_person(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id, clerk, queue = blank(there, 3), there.who("clerk"), jobs.ReadingQueue(there.house.settings, there.clock)
    monkeypatch.setattr(reading, "rasterise", failing(2, reading.rasterise))
    waited = []
    for tried in range(1, MAX_TRIES):
        begun = there.clock()
        assert reading.read_scan(there.house, scan_id, there.clock)
        pages = state(there, scan_id)[1]
        assert [page.state for page in pages] == ["read", "waiting", "read"] and pages[1].attempts == tried
        assert queue.dispatch(there.house) == 0 and not reading.read_scan(there.house, scan_id, there.clock)
        while not queue.dispatch(there.house):
            there.clock.forward(seconds=5)
        queue.empty()
        waited.append(there.clock() - begun)
    assert timedelta(seconds=25) < waited[0] < waited[1] / 2
    assert reading.read_scan(there.house, scan_id, there.clock)
    scan, pages, papers = state(there, scan_id)
    assert [page.state for page in pages] == ["read", "failed", "read"] and "để riêng" in pages[1].reason
    assert scan.state == "flagged" and sum(paper.page_count for paper in papers) == 3, (
        "it lies on the desk all the same"
    )
    monkeypatch.undo()
    with there.work(clerk) as uow:
        intake.retry(uow, clerk, scan_id, there.clock())
    assert queue.dispatch(there.house) == 1 and reading.read_scan(there.house, scan_id, there.clock)
    assert [page.state for page in state(there, scan_id)[1]] == ["read"] * 3


@pytest.mark.parametrize(("ended", "points"), [(0, 1), (signal.SIGKILL, 1), (signal.SIGSEGV, 2)])
@pytest.mark.ocr
def test_a_page_over_which_workers_are_lost_is_set_aside_in_the_end_and_the_rest_is_read(
    world: World, ended: int, points: int
) -> None:
    scan_id, lost = blank(world, 2), 0
    while True:
        begun = reading._begin(world.house, scan_id, world.clock)
        assert begun is not None
        first = state(world, scan_id)[1][0]
        if first.state == "failed":
            break
        if first.id not in begun.unread:  # its pause: the others are read meanwhile
            with begun.work as work, world.work() as uow:
                work.put_off(uow, first.again_at)
            world.clock.forward(minutes=10)
            continue
        assert reading._begin_page(begun.work, first.id) is not None
        jobs.bury(world.house.settings, world.clock(), os.getpid(), ended)
        lost += 1
    assert lost == MAX_LOST // points
    with begun.work, reading._original(world.house, begun.sha) as path:
        reading._read_pages(begun, path, lambda: False)
        reading._close(begun)
    assert [page.state for page in state(world, scan_id)[1]] == ["failed", "read"]


def test_a_file_over_which_every_worker_is_lost_without_a_page_is_left_to_a_person(world: World) -> None:
    scan_id, clerk = blank(world, 1), world.who("clerk")
    for _ in range(MAX_LOST):
        begun = reading._begin(world.house, scan_id, world.clock)
        assert begun is not None
        with pytest.raises(KeyError), begun.work:
            raise KeyError
        assert not reading.read_scan(world.house, scan_id, world.clock), "not before its pause is over"
        world.clock.forward(minutes=11)
    assert not reading.read_scan(world.house, scan_id, world.clock)
    scan, pages, _papers = state(world, scan_id)
    assert (scan.state, pages[0].state) == ("flagged", "failed")
    with world.work(clerk) as uow:
        intake.retry(uow, clerk, scan_id, world.clock())
    assert reading._begin(world.house, scan_id, world.clock) is not None


def test_a_full_disk_is_nobodys_fault(world: World) -> None:
    scan_id = blank(world, 1)
    for _ in range(MAX_LOST + 2):
        begun = reading._begin(world.house, scan_id, world.clock)
        assert begun is not None and begun.work.held.lost == 0
        with pytest.raises(OSError), begun.work:  # noqa: PT011  # its number says which
            raise OSError(28, "No space left on device")
        world.clock.forward(minutes=1, seconds=1)


def order_of(queue: jobs.ReadingQueue, house: House) -> list[str]:
    """The scans in the order in which workers get them, one after the other, with the housekeeper between."""
    found = []
    while queue.dispatch(house) or queue.huey.pending_count():
        task = queue.huey.dequeue()
        found.append(task.args[0])
        with house.database.transaction() as session:
            session.get_one(Scan, task.args[0]).state = "read"
    return found


def test_a_unit_with_many_files_does_not_keep_another_waiting(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AHEAD", 8)
    many = [blank(there, 1) for _ in range(jobs.AHEAD + 4)]
    queue = jobs.ReadingQueue(there.house.settings, there.clock)
    assert queue.dispatch(there.house) == jobs.AHEAD, "so many ahead and no more"
    assert queue.dispatch(there.house) == 0
    few = [blank(there, 1, "C-SNV", "clerk.gov") for _ in range(3)]
    for _ in range(2):
        queue.huey.dequeue()
    again = many[-1]
    with there.house.database.transaction() as session:  # somebody at the desk wants a page of it again
        session.get_one(Scan, again).finished_at = there.clock()
    order = order_of(queue, there.house)
    assert order[0] == again
    assert max(order.index(scan_id) for scan_id in few) <= 2 * len(few) + 2
    assert set(order) == {*many, *few}, "nothing that was handed out and lost stays behind"


@pytest.mark.ocr
def test_a_long_file_gives_way_to_another_unit_and_goes_on_later(world: World) -> None:
    long = blank(world, reading.SLICE + 3)
    other = blank(world, 1, "C-SNV", "clerk.gov")
    assert reading.read_scan(world.house, long, world.clock)
    assert (readings(world), lease_of(world, long).again_at) == (reading.SLICE, None)  # type: ignore[union-attr]
    for scan_id in (other, long):
        assert reading.read_scan(world.house, scan_id, world.clock)
    assert readings(world) == reading.SLICE + 4
    assert {row for row in world.journal() if row[0] == "scan:read"} == {
        ("scan:read", "done", other),
        ("scan:read", "done", long),
    }


# processes


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def working(house: House, lease: int = 180) -> Iterator[subprocess.Popen[bytes]]:
    """``oms work`` on a host, in a group of its own."""
    own = house.settings
    told = {"OMS_HOME": own.home, "OMS_DATABASE_URL": own.database_url, "OMS_VAULT": own.vault}
    told |= {"OMS_KEYS_DATABASE_URL": own.keys_database_url}
    told |= {"OMS_SECRET_KEY": "x" * 40, "OMS_ZONE": own.zone, "OMS_LEASE_SECONDS": lease, "OMP_THREAD_LIMIT": 1}
    own.home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "oms.cli", "work", "--workers", "1"]
    env = os.environ | {name: str(value) for name, value in told.items()}
    with (own.home / "work.log").open("wb") as log:
        made = subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        yield made
    finally:
        if made.poll() is None:
            os.killpg(made.pid, signal.SIGKILL)
        made.wait()


def until(done: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)


def in_hand_of(world: World, host: str) -> list[Lease]:
    with world.house.look() as uow:
        return list(uow.session.scalars(select(Lease).where(Lease.host == host, Lease.until > now())))


@pytest.mark.ocr
@pytest.mark.parametrize("there", ["postgresql"], indirect=True)
def test_two_hosts_read_every_page_once_when_one_is_killed_and_the_other_drained(there: World, other: House) -> None:
    scans = [blank(there, 4) for _ in range(6)]
    queue = jobs.ReadingQueue(there.house.settings, now)
    names = [hosts.name(house.settings.home) for house in (there.house, other)]
    done = lambda: (queue.dispatch(there.house), all(state(there, each)[0].finished_at for each in scans))[1]  # noqa: E731
    shared = replace(other.settings, home=there.house.settings.home)
    with working(House(shared), lease=5) as first, working(other, lease=5) as second:
        until(lambda: (queue.dispatch(there.house), all(in_hand_of(there, name) for name in names))[1])
        os.killpg(first.pid, signal.SIGKILL)
        until(done)
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    with there.house.look() as uow:
        assert {page.state for page in uow.session.scalars(select(Page))} == {"read"}
        assert sum(page.lost for page in uow.session.scalars(select(Page))) == 0, "read in the end: counted anew"
        assert uow.session.scalars(select(Lease.kind).where(Lease.kind == "scan")).all() == []
    assert readings(there) == 24, "one reading of every page"
    read = [row for row in there.journal() if row[0] == "scan:read"]
    assert sorted(scan_id for _verb, _outcome, scan_id in read) == sorted(scans)


@pytest.mark.ocr
def test_told_to_end_it_finishes_the_page_in_hand_and_gives_the_file_back(world: World) -> None:
    scan_id, queue = blank(world, 25), jobs.ReadingQueue(world.house.settings, now)
    with working(world.house) as worker:
        queue.dispatch(world.house)
        until(lambda: readings(world) >= 2)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(jobs.DRAIN_SECONDS + 3) == 0
    scan, pages, _papers = state(world, scan_id)
    assert scan.state == "waiting" and {page.state for page in pages} == {"read", "waiting"}
    assert not any(page.lost or page.attempts or page.again_at for page in pages)
    assert in_hand_of(world, hosts.name(world.house.settings.home)) == []
    assert reading._begin(world.house, scan_id, now) is not None, "the next one goes on at once"


@pytest.mark.ocr
def test_a_worker_killed_alone_costs_a_second_and_not_the_whole_lease(world: World) -> None:
    scan_id, queue = blank(world, 12), jobs.ReadingQueue(world.house.settings, now)
    mine = hosts.name(world.house.settings.home)
    with working(world.house) as worker:
        queue.dispatch(world.house)
        until(lambda: readings(world) >= 2)
        [held] = in_hand_of(world, mine)
        os.kill(held.process, signal.SIGKILL)
        until(
            lambda: (
                any(each.process != held.process for each in in_hand_of(world, mine)) or queue.dispatch(world.house)
            ),
            20,
        )
        until(lambda: (queue.dispatch(world.house), state(world, scan_id)[0].finished_at)[1])
        assert worker.poll() is None
    assert readings(world) == 12


def test_the_queue_on_a_server_is_the_programs_alone_and_holds_no_code(there: World) -> None:
    queue = jobs.ReadingQueue(there.house.settings, there.clock)
    blank(there, 1)
    queue.dispatch(there.house)
    [row] = queue.huey.storage.enqueued_items()
    assert row.startswith(b'["') and b"read_scan" in row
    if there.house.database.on_server:
        with there.house.persons.bare() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.cursor().execute("INSERT INTO oms_queue.huey_task (queue, data) VALUES ('oms', 'x')")


def test_pauses_grow_to_a_bound() -> None:
    told = [in_hand.pause(times).total_seconds() for times in range(7)]
    assert told == [0, 30, 120, 480, 600, 600, 600]
