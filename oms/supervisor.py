"""One command that keeps the programs alive: web server, workers, housekeeper, indexer, sealer, figures, backups."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

from oms import measures
from oms.errors import JournalUnavailable, VaultLocked
from oms.services.house import House
from oms.services.jobs import die_with_parent
from oms.services.unlocking import Handing
from oms.settings import CHECKOUT, Settings

OPENS_FILES = ("web", "work", "watch", "backup")
"""The programs that get the vault's key; the others have no file to open."""
FIRST, OTHERS_AFTER = ("web", "seal"), 3.0
"""What readiness asks for is loaded first; the others begin so many seconds later, with the cores to themselves."""
BACKUP_EVERY = "5"
"""Minutes between two backups; a service of its own has a timer instead."""
RESTART_PAUSE = 2.0
GRACE = 20.0
OTHERS = 6
"""Connections of one of the other processes at most: each works at one thing, some through a second door, and two lines
of the queue."""


def connections(settings: Settings) -> list[str]:
    """What is to be said of a server before the start: how many connections this host may want of how many there are.

    Nothing for an embedded database; a server that does not answer is waited for, which is said too.
    """
    house = House(settings)
    try:
        if not house.database.on_server:
            return []
        most, used = house.database.room()
    except JournalUnavailable:
        return ["PostgreSQL: the server does not answer yet; pages say so until it does"]
    finally:
        house.close()
    web = settings.web_processes * 2 * min(settings.web_threads, 2 * settings.database_pool)
    wanted = web + OTHERS * (settings.workers + (3 if settings.own_sealer else 2))
    said = [f"PostgreSQL: up to {wanted} connections from this host; the server takes {most}, {used} are open"]
    if wanted > most - used:
        said.append("PostgreSQL: raise max_connections, or lower OMS_DATABASE_POOL or OMS_WORKERS")
    return said


def web_command(settings: Settings) -> list[str]:
    """gunicorn with the pages; its words go to the error output."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{settings.host}:{settings.port}",
        "--workers",
        str(settings.web_processes),
        "--threads",
        str(settings.web_threads),
        "--timeout",
        "180",
        "--config",
        "python:oms.gunicorn_start",
        "--logger-class",
        "oms.gunicorn_log.ProgramLog",
        "--log-level",
        "warning",
        "wsgi:application",
    ]


def _commands(settings: Settings) -> dict[str, list[str]]:
    python = sys.executable
    return {
        "web": web_command(settings),
        "work": [python, "-m", "oms.cli", "work"],
        "watch": [python, "-m", "oms.cli", "watch"],
        "index": [python, "-m", "oms.cli", "index"],
        "seal": [python, "-m", "oms.cli", "seal"],
        "metrics": [python, "-m", "oms.cli", "metrics"],
        "backup": [python, "-m", "oms.cli", "backup", "--every", BACKUP_EVERY],
    }


def port_free(settings: Settings) -> bool:
    """True when nothing listens where the web server is to listen."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return False
    return True


class Supervisor:
    """Starts the processes, starts again what died, stops them in order."""

    def __init__(self, settings: Settings, handing: Handing | None = None) -> None:
        self._settings, self._handing = settings, handing
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._stopping = False

    def start(self, name: str) -> None:
        """Starts one process with its own log file."""
        handing = self._handing if name in OPENS_FILES else None
        scratch = self._settings.home / "tmp" / name
        shutil.rmtree(scratch, ignore_errors=True)  # a killed process leaves images of pages behind
        scratch.mkdir(mode=0o700, parents=True)
        with (self._settings.log / f"{name}.log").open("ab") as log:
            command = _commands(self._settings)[name]
            self._running[name] = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=os.environ | {"TMPDIR": str(scratch)} | (handing.environment if handing else {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=handing.passed if handing else (),
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._started[name] = time.monotonic()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Asks the loop to end."""
        self._stopping = True

    def run(self, names: tuple[str, ...]) -> int:
        """Keeps the named processes alive until told to stop; then 0."""
        begun, waiting = time.monotonic(), list(names)
        while not self._stopping:
            late = time.monotonic() - begun > OTHERS_AFTER
            for name in [each for each in waiting if late or each in FIRST]:
                waiting.remove(name)
                self.start(name)
            time.sleep(0.5)
            self._follow()
            for name, process in self._running.items():
                if process.poll() is not None and time.monotonic() - self._started[name] > RESTART_PAUSE:
                    print(f"oms: {name} ended ({process.returncode}); starting it again", file=sys.stderr)
                    self.start(name)
        self._end()
        return 0

    def _follow(self) -> None:
        """Children that are started later find the master key that is in force then."""
        try:
            if self._handing is not None:
                self._handing.refresh()
        except VaultLocked as problem:
            print(f"oms: {problem}", file=sys.stderr)

    def _end(self) -> None:
        """The page in hand may be finished; whoever has not stopped after the grace is killed."""
        for name, process in self._running.items():
            process.send_signal(signal.SIGINT if name == "work" else signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def serve(settings: Settings, handing: Handing) -> int:
    """Runs everything until SIGINT or SIGTERM."""
    supervisor = Supervisor(settings, handing)
    signal.signal(signal.SIGINT, supervisor.stop)
    signal.signal(signal.SIGTERM, supervisor.stop)
    measures.forget(settings.figures)
    more = {"seal": settings.own_sealer, "metrics": settings.metrics is not None, "backup": bool(settings.backup)}
    return supervisor.run(("web", "work", "watch", "index", *(name for name, wanted in more.items() if wanted)))
