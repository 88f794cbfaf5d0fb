"""A queue that a power cut took or tore: what waits stands in the database and is handed out again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import World, page_image
from test_reading import received

from oms.services import setup
from oms.services.jobs import ReadingQueue

pytestmark = pytest.mark.embedded("on a server the queue is the server's")
ROOT = Path(__file__).resolve().parent.parent.parent


def waiting_scan(world: World) -> str:
    """A sheet that was taken in and waits to be read."""
    return received(world, page_image() + os.urandom(8))


def handed_out(world: World, queue: ReadingQueue) -> list[str]:
    queue.dispatch(world.house)
    return sorted(waiting.args[0] for waiting in queue.huey.pending())


def torn(file: Path) -> None:
    """Pages that never reached the disk, behind a head that did."""
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(bytes(file.stat().st_size - 4096))


def garbage(file: Path) -> None:
    file.write_bytes(os.urandom(8192))


@pytest.mark.parametrize("damage", [torn, garbage, Path.unlink], ids=["torn", "garbage", "gone"])
def test_what_was_handed_out_is_handed_out_again(world: World, damage: Callable[[Path], object]) -> None:
    scans = [waiting_scan(world) for _each in range(3)]
    first = ReadingQueue(world.house.settings, world.clock)
    assert handed_out(world, first) == sorted(scans)
    first.huey.storage.close()
    damage(world.house.settings.queue)
    again = ReadingQueue(world.house.settings, world.clock)
    assert handed_out(world, again) == sorted(scans)
    again.huey.storage.close()


def test_a_queue_that_is_whole_stays(world: World) -> None:
    scan = waiting_scan(world)
    first = ReadingQueue(world.house.settings, world.clock)
    assert handed_out(world, first) == [scan]
    second = ReadingQueue(world.house.settings, world.clock)
    assert [waiting.args[0] for waiting in second.huey.pending()] == [scan]
    for each in (first, second):
        each.huey.storage.close()


WRITES = """
import os, sys
from pathlib import Path
calls = []
for name in ("fsync", "link"):
    def told(*given, _real=getattr(os, name), _name=name):
        at = os.readlink(f"/proc/self/fd/{given[0]}") if _name == "fsync" else str(given[1])
        calls.append((_name, at))
        return _real(*given)
    setattr(os, name, told)
from oms.services import setup
setup.make_secrets(Path(sys.argv[1]) / "keys")
for name, at in calls:
    print(name, at)
"""


def test_the_cookie_key_is_on_the_disk_with_its_name_before_setup_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "new"
    asked = [sys.executable, "-c", WRITES, str(home)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    calls = [tuple(line.split(" ", 1)) for line in done.stdout.splitlines()]
    link = calls.index(("link", str(home / "keys" / "secret_key")))
    assert [name for name, _at in calls[:link]] == ["fsync"], "the key whole, then its name"
    assert [at for _name, at in calls[link + 1 :]] == [str(home / "keys"), str(home), str(tmp_path)]
    assert os.listdir(home / "keys") == ["secret_key"]
    key = home / "keys" / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_text()) > 60


def test_a_second_setup_leaves_the_key_as_it_is(tmp_path: Path) -> None:
    setup.make_secrets(tmp_path / "keys")
    first = (tmp_path / "keys" / "secret_key").read_text()
    setup.make_secrets(tmp_path / "keys")
    assert (tmp_path / "keys" / "secret_key").read_text() == first
