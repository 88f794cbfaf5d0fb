"""What accidents and slow peers do to the exchange: kill -9 at any step, a full disk, servers that drip or redirect."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import databases
import pytest
from campaign import size
from exchanging import Pair, came, filled, lay, package, partner, round_of, send, states, take, two
from factories import WORLD_SETTINGS, World

from oms.services import exchange_https, exchange_partners, exchange_post, health
from oms.services.exchange_place import Place
from oms.settings import CHECKOUT


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


@contextmanager
def peer(world: World, answer: Callable[[ssl.SSLSocket], None]) -> Iterator[tuple[str, list[int]]]:
    """A server with the world's own certificate that answers every connection its own way."""
    keys, calls = Place(world.house.settings).keys, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys.tls_certificate, keys.tls_key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _from = listener.accept()
            except OSError:
                return
            calls.append(1)
            with suppress(OSError), context.wrap_socket(raw, server_side=True) as connection:
                connection.settimeout(10)
                answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", calls
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def drip(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Long: ")
    for _each in range(200):
        connection.sendall(b"x")
        time.sleep(0.1)


def elsewhere(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    )


@pytest.mark.parametrize("answer", [drip, elsewhere])
def test_a_peer_that_drips_or_sends_elsewhere_gets_one_call_a_round_and_no_more_time(
    pair: Pair, answer: Callable[[ssl.SSLSocket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_https, "SECONDS", 1.0)
    row = filled(pair.here)
    with peer(pair.there, answer) as (address, calls):
        admin = pair.here.who("admin")
        with pair.here.work(admin) as uow:
            exchange_partners.set_address(uow, admin, partner(pair.here).id, address, pair.here.clock())
        names = [send(pair.here, row) for _each in range(3)]
        begun, post = time.monotonic(), exchange_post.Post(pair.here.house, pair.here.clock)
        post.round()
        assert time.monotonic() - begun < 8 and len(calls) == 1, "two that wait cost no call of their own"
    rows = [package(pair.here, name) for name in names]
    assert {each.state for each in rows} == {"queued"} and sorted(each.tries for each in rows) == [0, 0, 1]


ROUND = """
import os, resource, signal, sys
from datetime import UTC, datetime, timedelta
from oms.services.exchange_post import Post
from oms.services.house import House
from oms.settings import Settings
house, seen = House(Settings.from_env()), [0]
ticks = iter(range(10**9))
clock = lambda: datetime(2026, 11, 2, 2, tzinfo=UTC) + timedelta(seconds=next(ticks))
at, room = int(sys.argv[1]), int(sys.argv[2])
post = Post(house, clock)
WATCHED = ("exchange_post.py", "exchange_receive.py", "exchange_place.py", "house.py")
def watch(frame, event, arg):
    if event == "call" and os.path.basename(frame.f_code.co_filename) in WATCHED:
        seen[0] += 1
        if seen[0] == at:
            os.kill(os.getpid(), 9)
if at:
    sys.setprofile(watch)
if room > 0:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
post.round(); post.round()
print(seen[0])
"""


def rounds(world: World, at: int = 0, room: int = 0) -> subprocess.CompletedProcess[str]:
    """The worker's rounds as a process of its own, killed (-9) at its n-th step, or with no room for larger files."""
    home = world.house.settings.home
    env = os.environ | WORLD_SETTINGS | {"OMS_HOME": str(home), "OMS_SETTLE_SECONDS": "0"} | databases.told(home)
    command = [sys.executable, "-c", ROUND, str(at), str(room)]
    return subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False, timeout=300)


def test_the_worker_killed_at_any_step_of_sending_or_taking_in_loses_and_doubles_nothing(pair: Pair) -> None:
    sent = send(pair.here, filled(pair.here))
    for at in size((5, 17, 28), (5, 12, 17, 20, 24, 28)):
        assert rounds(pair.here, at).returncode == -signal.SIGKILL, at
    rounds(pair.here)
    assert package(pair.here, sent).state == "sent"
    (made,) = Place(pair.here.house.settings).out.glob("*.oms")
    lay(pair.there, made, "a.oms")
    for at in size((6, 20, 32, 40), (6, 14, 20, 24, 28, 32, 36, 40)):
        killed = rounds(pair.there, at)
        assert killed.returncode in (0, -signal.SIGKILL), killed.stderr[-500:]
    assert rounds(pair.there).returncode == 0
    assert states(pair.there) == ["checked"]
    assert take(pair.there, came(pair.there).id).taken
    pair.pass_over(pair.there, pair.here)
    assert package(pair.here, sent).state == "accepted"
    assert [line for line in health.check(pair.there.house) if "index" not in line.lower()] == []


def test_a_full_disk_leaves_the_file_where_it_came_and_nothing_half(pair: Pair) -> None:
    send(pair.here, filled(pair.here))
    round_of(pair.here)
    (sealed,) = Place(pair.here.house.settings).out.glob("*.oms")
    lay(pair.there, sealed, "a.oms")
    full = rounds(pair.there, room=sealed.stat().st_size // 2)
    assert full.returncode == 0 and "Hiếu" not in full.stderr, full.stderr[-500:]
    place = Place(pair.there.house.settings)
    assert states(pair.there) == [] and (place.incoming / "a.oms").exists()
    assert list(place.kept.iterdir()) == []
    assert rounds(pair.there).returncode == 0
    assert states(pair.there) == ["checked"] and take(pair.there, came(pair.there).id).taken
