"""Two real installations on this machine: worker and HTTPS server as processes, mutual TLS, and killed ones."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import databases
import pytest
from campaign import size
from exchange_running import free_port, running, until
from exchanging import Pair, came, filled, package, round_of, send, take, two
from factories import WORLD_SETTINGS, World
from sqlalchemy import select

from oms.domain.access import Action, visibility
from oms.services import exchange_https, exchange_partners, exchange_take, health
from oms.services.exchange_place import Place
from oms.services.exchange_post import Post
from oms.settings import CHECKOUT
from oms.store import dossiers, packages
from oms.store.package_tables import ExchangePackage
from oms.store.tables import Dossier, Scan


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def state_of(world: World, row_id: str) -> str:
    return package(world, row_id).state


def has(world: World, state: str) -> bool:
    with world.house.look() as uow:
        wanted = select(ExchangePackage).where(ExchangePackage.direction == "in", ExchangePackage.state == state)
        return uow.session.scalars(wanted).first() is not None


def whole(world: World) -> None:
    """Files, database and journal of an installation agree."""
    assert [line for line in health.check(world.house) if "index" not in line.lower()] == []


def test_a_dossier_goes_both_ways_over_https_between_processes(pair: Pair) -> None:
    ports = {id(world): free_port() for world in (pair.here, pair.there)}
    for world, other in ((pair.here, pair.there), (pair.there, pair.here)):
        admin = world.who("admin")
        with world.work(admin) as uow:
            (known,) = packages.active(uow.session)
            address = f"https://127.0.0.1:{ports[id(other)]}"
            exchange_partners.set_address(uow, admin, known.id, address, world.clock())
    row = filled(pair.here)
    sent = send(pair.here, row)
    with (
        running(pair.here, "exchange-serve", OMS_EXCHANGE_PORT=str(ports[id(pair.here)])),
        running(pair.there, "exchange-serve", OMS_EXCHANGE_PORT=str(ports[id(pair.there)])),
        running(pair.here, "watch", "--every", "0.5"),
        running(pair.there, "watch", "--every", "0.5"),
    ):
        until(lambda: has(pair.there, "checked"), "the package is checked there")
        take(pair.there, came(pair.there).id)
        until(lambda: state_of(pair.here, sent) == "accepted", "the receipt is fetched")
        officer = pair.there.who("officer")
        with pair.there.house.look() as uow:
            theirs = uow.session.scalars(select(Dossier)).one().id
            mine = dossiers.find_dossier(uow.session, visibility(officer, Action.EXCHANGE_WORK), theirs)
        assert mine is not None
        pair.there.open(officer, theirs)
        back = send(pair.there, mine, partial=True)
        until(lambda: has(pair.here, "checked"), "the way back")
        _strangers(pair, ports[id(pair.there)])
        words = "đã có đủ ở đây, không cần nhận lại"
        exchange_take.refuse(pair.here.house, pair.here.who("officer"), came(pair.here).id, words, pair.here.clock())
        until(lambda: state_of(pair.there, back) == "refused", "the refusal is fetched")
    whole(pair.here)
    whole(pair.there)


def _asked(connection: http.client.HTTPSConnection, path: str) -> int:
    """The status of a GET."""
    with closing(connection):
        connection.request("GET", path)
        with closing(connection.getresponse()) as answer:
            return answer.status


def _strangers(pair: Pair, port: int) -> None:
    """Without a certificate there is no connection; with one of nobody's neither; a partner reaches two addresses."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    with pytest.raises((OSError, http.client.HTTPException)):
        _asked(http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=nobody), "/")
    with pair.here.house.look() as uow:
        (known,) = packages.active(uow.session)
    place = Place(pair.here.house.settings)
    for path in ("/v1/receipts/" + "0" * 32, "/", "/v1/receipts/../keys", "/trao-doi"):
        assert _asked(exchange_https._connect(place, known), path) == 404
    connection = exchange_https._connect(place, known)
    connection.putrequest("POST", "/v1/packages")
    connection.putheader("Content-Length", str(2 * 1024**3))
    connection.endheaders()
    with closing(connection), closing(connection.getresponse()) as answer:
        assert answer.status == 413
    known.fingerprint = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(exchange_https.Unreachable):
        exchange_https.post(place, known, place.keys.tls_certificate)


TAKE = """
import os, sys
from datetime import UTC, datetime
from oms.services import accounts, exchange_take
from oms.services.exchange_take import Taking
from oms.services.house import House
from oms.settings import Settings
house = House(Settings.from_env())
with house.look() as uow:
    who = accounts.principal_named(uow, "officer")
at = sys.argv[3]
seen = [0]
def watch(frame, event, arg):
    if event == "call" and frame.f_code.co_filename.endswith(("exchange_take.py", "vault.py", "house.py", "record.py")):
        seen[0] += 1
        if at != "never" and seen[0] == int(at):
            os.kill(os.getpid(), 9)
sys.setprofile(watch)
exchange_take.take(house, who, sys.argv[1], Taking(int(sys.argv[2]), {}), datetime(2026, 11, 2, 2, tzinfo=UTC))
print(seen[0])
"""


def test_killed_in_the_middle_of_taking_in_nothing_is_lost_or_half_there(pair: Pair) -> None:
    sent = send(pair.here, filled(pair.here))
    pair.pass_over(pair.here, pair.there)
    arrived, unit = came(pair.there), str(pair.there.units["D-BTC"])
    home = pair.there.house.settings.home
    env = os.environ | WORLD_SETTINGS | {"OMS_HOME": str(home)} | databases.told(home)

    def try_taking(at: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", TAKE, arrived.id, unit, at]
        return subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False, timeout=300)

    for at in size(("1", "20", "38", "45"), ("1", "8", "20", "30", "38", "45")):
        killed = try_taking(at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-500:]
        with pair.there.house.look() as uow:
            row = uow.session.get_one(ExchangePackage, arrived.id)
            if row.state == "checked":
                assert uow.session.scalars(select(Dossier)).first() is None
                assert uow.session.scalars(select(Scan)).first() is None
            else:
                assert at == "45"
    if package(pair.there, arrived.id).state == "checked":
        done = try_taking("never")
        assert done.returncode == 0, done.stderr[-800:]
    pair.pass_over(pair.there, pair.here)
    assert state_of(pair.here, sent) == "accepted"
    with pair.there.house.look() as uow:
        assert len(list(uow.session.scalars(select(Dossier)))) == 1
        assert len(list(uow.session.scalars(select(Scan)))) == 1
    whole(pair.there)


def test_a_file_still_growing_in_the_folder_is_left_alone(pair: Pair) -> None:
    send(pair.here, filled(pair.here))
    round_of(pair.here)
    (sealed,) = Place(pair.here.house.settings).out.glob("*.oms")
    place = Place(pair.there.house.settings)
    place.make()
    half = place.incoming / sealed.name
    data = sealed.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    (place.incoming / f".{sealed.name}").write_bytes(b"partial")
    post = Post(pair.there.house, pair.there.clock)
    post.round()
    pair.there.clock.forward(seconds=1)
    half.write_bytes(data)
    post.round()
    assert half.exists() and not has(pair.there, "checked")
    pair.there.clock.forward(seconds=5)
    post.round()
    assert has(pair.there, "checked") and not half.exists()
    assert json.loads(came(pair.there).report)["failed"] == ""
