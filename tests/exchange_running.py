"""The exchange's processes for tests: an ``oms`` command of an installation, waited for by what it does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import databases
from factories import WORLD_SETTINGS, World

from oms.services.jobs import die_with_parent
from oms.settings import CHECKOUT

PATIENCE = 120.0


@contextmanager
def running(world: World, *command: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """An ``oms`` command of an installation, killed with everything it started."""
    home = world.house.settings.home
    env = os.environ | WORLD_SETTINGS | {"OMS_HOME": str(home), "OMS_SETTLE_SECONDS": "0"} | databases.told(home) | more
    process = subprocess.Popen(
        [sys.executable, "-m", "oms.cli", *command],
        cwd=CHECKOUT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(done: object, what: str) -> None:
    """Waits for something that another process does."""
    end = time.monotonic() + PATIENCE
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.3)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
