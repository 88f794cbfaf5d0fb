"""Installations to look at: pages over a small world, or everything as the operator's command runs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from factories import WORLD_SETTINGS, FakeClock, World
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from oms import create_app
from oms.settings import CHECKOUT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STARTING = 60
STOPPING = 40
"""Seconds given to the whole of it to come up and to end, also on a busy machine."""

Enter = Callable[..., Page]
"""Opens a window on a site: (site, username="", size=SMALL, scripts=True)."""


@dataclass(frozen=True)
class Site:
    """An address that answers, and the world behind it."""

    base: str
    world: World


class WallClock(FakeClock):
    """The time of day, where other processes keep it too."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


def _at_once(app: Flask) -> WSGIApplication:
    """The app with every answer read whole before it is sent.

    werkzeug's server leaves the file of an answer open when a browser that went on to another page drops the line.
    """

    def answer(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        found = app(environ, start)
        try:
            return [b"".join(found)]
        finally:
            if hasattr(found, "close"):
                found.close()

    return answer


@contextmanager
def pages_of(world: World) -> Iterator[Site]:
    """Serves the pages of a world from a thread, by the world's own clock."""
    server = make_server("127.0.0.1", 0, _at_once(create_app(world.house.settings, world.clock)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", world)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def served_whole(world: World) -> Iterator[Site]:
    """Runs ``oms serve``: gunicorn, one reading worker, the housekeeper, by the time of day."""
    home, port = world.house.settings.home, _free_port()
    own = WORLD_SETTINGS | {"OMS_HOME": str(home), "OMS_PORT": str(port), "OMS_WORKERS": "1", "OMP_THREAD_LIMIT": "1"}
    with (home / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "oms.cli", "serve"]
        process = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | own, stdout=log, stderr=log)
        try:
            _wait_for(port, process, home / "serve.log")
            yield Site(f"http://127.0.0.1:{port}", world)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOPPING)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the door answers: a port is open long before the first process behind it is ready."""
    pause = threading.Event()
    for _ in range(STARTING * 5):
        assert process.poll() is None, log.read_text()
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/dang-nhap", timeout=STARTING) as answer:
            assert answer.status == 200
            return
        pause.wait(0.2)
    raise AssertionError(f"nothing answers after {STARTING} s: {log.read_text()}")
