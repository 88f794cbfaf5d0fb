"""A real installation with made-up people, for the bad days: made, served by ``oms serve``, killed, started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [path for path in (str(ROOT), str(ROOT / "tests")) if path not in sys.path]

import postgres_server  # noqa: E402
from factories import PASSWORD, WORLD_SETTINGS, make_world  # noqa: E402

from oms.domain.access import Role  # noqa: E402
from oms.services.house import House  # noqa: E402
from oms.settings import Settings  # noqa: E402
from oms.store import papers, schema  # noqa: E402
from oms.store.db import make_engine  # noqa: E402
from oms.store.tables import Page  # noqa: E402

PEOPLE = 6
LATEST = 60.0
"""Seconds after which a start has failed, whatever the goal is."""


@dataclass(frozen=True)
class Office:
    """What the clients have to know: a batch to upload into, a unit, dossiers with their papers and pages."""

    batch: str
    unit: int
    dossiers: dict[str, list[tuple[str, str]]]
    password: str = PASSWORD

    @classmethod
    def read(cls, home: Path) -> Office:
        """As :func:`made` wrote it beside the installation."""
        told = json.loads(home.with_suffix(".office.json").read_text())
        return cls(told["batch"], told["unit"], {name: [tuple(each) for each in of] for name, of in told["d"].items()})


def made(home: Path, more: Mapping[str, str] | None = None) -> Office:
    """Makes the installation: the tests' small province, people with a filed paper each, an open batch."""
    world = make_world(home, **(more or {}))
    world.account("operator", Role.ADMINISTRATOR, "P")
    dossiers: dict[str, list[tuple[str, str]]] = {}
    for number in range(PEOPLE):
        row = world.dossier(f"Tô Thị Hiếu {number}")
        paper = world.filed(row, f"QUYẾT ĐỊNH\nVề việc bổ nhiệm lần {number}")
        with world.work() as uow:
            pages = [page.id for page in uow.session.query(Page).filter_by(document_id=paper)]
        dossiers[row.dossier.id] = [(paper, page) for page in pages]
    world.index()
    with world.work() as uow:
        batch = papers.open_batch_of_day(uow.session, world.units["D-BTC"], "Đợt thử")
        assert batch is not None
        office = Office(batch.id, world.units["D-BTC"], dossiers)
    world.house.close()
    told = {"batch": office.batch, "unit": office.unit, "d": office.dossiers}
    home.with_suffix(".office.json").write_text(json.dumps(told))
    return office


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def below(root: int) -> list[tuple[int, str]]:
    """Processes under one, each with its command line."""
    children: dict[int, list[int]] = {}
    words: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], list(children.get(root, []))
    while waiting:
        number = waiting.pop()
        found.append((number, words.get(number, "")))
        waiting += children.get(number, [])
    return found


def killed(*numbers: int) -> int:
    """Sends signal 9 to processes of ours; how many there were."""
    done = 0
    for number in numbers:
        try:
            os.kill(number, signal.SIGKILL)
            done += 1
        except ProcessLookupError:
            continue
    return done


@dataclass
class Installation:
    """One installation that runs, or not; ``more`` are settings of its own."""

    home: Path
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    workers: int = 1
    running: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """The environment its programs get."""
        own = {"OMS_HOME": str(self.home), "OMS_PORT": str(self.port), "OMS_WORKERS": str(self.workers)}
        floor = {"OMS_DISK_FLOOR_MB": "0", "OMS_SETTLE_SECONDS": "0"}
        base = {name: value for name, value in os.environ.items() if not name.startswith("OMS_")}
        return base | WORLD_SETTINGS | floor | own | self.more

    @property
    def settings(self) -> Settings:
        """Its settings, for looking at it from this process."""
        return Settings.from_env(self.env)

    def house(self) -> House:
        """Opens it in this process; the caller closes it."""
        return House(self.settings)

    def command(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Gives one of the operator's commands."""
        asked = [sys.executable, "-m", "oms.cli", *arguments]
        return subprocess.run(
            asked, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=seconds
        )

    def start(self, wait: bool = True) -> float:
        """Starts ``oms serve`` – again, as systemd would, while it ends – and waits; seconds until ``ready``."""
        begun = time.monotonic()
        self._spawn()
        if wait:
            self.ready(begun)
        return time.monotonic() - begun

    def _spawn(self) -> None:
        with self.home.with_suffix(".serve.log").open("ab") as log:
            asked = [sys.executable, "-m", "oms.cli", "serve"]
            self.running = subprocess.Popen(
                asked, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def ready(self, begun: float) -> float:
        """Waits until ``/readyz`` says so; seconds since. SystemExit when it never does."""
        said = ""
        while time.monotonic() - begun < LATEST:
            if self.running is not None and self.running.poll() is not None:
                time.sleep(0.2)
                self._spawn()
            said = self.says()
            if said == "ready":
                self.starts.append(time.monotonic() - begun)
                return self.starts[-1]
            time.sleep(0.05)
        raise SystemExit(f"not ready after {LATEST:.0f} s: {said}")

    def says(self, path: str = "/readyz") -> str:
        """What a probe says, or why it says nothing."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return str(answer.read().decode().strip())
        except urllib.error.HTTPError as error:
            return error.read().decode().strip()[:200]
        except (OSError, ValueError) as error:
            return type(error).__name__

    def programs(self) -> dict[str, list[int]]:
        """Processes by what they are: ``web master``, ``web``, ``work master``, ``work``, ``watch`` and so on."""
        found: dict[str, list[int]] = {}
        if self.running is None or self.running.poll() is not None:
            return found
        seen: set[str] = set()
        for number, words in below(self.running.pid):
            name = "web" if "gunicorn" in words else _program(words)
            if name in ("web", "work"):
                master = f"{name} master"
                name = name if master in seen else master
                seen.add(master)
            found.setdefault(name, []).append(number)
        return found

    def kill_all(self) -> int:
        """Signal 9 to the supervisor and everything below it, all at once; how many."""
        if self.running is None:
            return 0
        everyone = [self.running.pid, *(number for number, _words in below(self.running.pid))]
        done = killed(*everyone)
        self.running.wait()
        self.running = None
        self.gone(everyone)
        return done

    @staticmethod
    def gone(numbers: Sequence[int]) -> None:
        """Waits until none of these processes runs."""
        until = time.monotonic() + 30
        while time.monotonic() < until and any(_runs(number) for number in numbers):
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it as an operator does."""
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(60)
            except subprocess.TimeoutExpired:
                self.kill_all()
        self.running = None


def _program(words: str) -> str:
    parts = words.split()
    if "oms.cli" in parts:
        return parts[parts.index("oms.cli") + 1]
    return "other"


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


@dataclass
class Server:
    """A PostgreSQL server of the campaign's own that waits for its disk, as in production; None of it on SQLite."""

    there: postgres_server.Server | None = None

    @classmethod
    def of(cls, database: str) -> Server:
        """Starts one when ``database`` is postgresql."""
        if database != "postgresql":
            return cls()
        postgres_server.FAST = "-c shared_buffers=32MB -c max_connections=120"
        there = postgres_server.start()
        engine = make_engine(there.url(there.make("office")))
        schema.upgrade(engine)
        engine.dispose()
        return cls(there)

    @property
    def settings(self) -> dict[str, str]:
        """What an installation's settings say of it."""
        return {} if self.there is None else {"OMS_DATABASE_URL": self.there.url("office"), "OMS_DATABASE_POOL": "4"}

    def backends(self) -> list[int]:
        """Processes of the server that work for our programs."""
        if self.there is None:
            return []
        first = int((self.there.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        return [number for number, words in below(first) if "office" in words]

    def fall(self) -> None:
        """Kills the server's first process, and starts it again."""
        assert self.there is not None
        postgres_server.kill(self.there)
        postgres_server.begin(self.there.folder)

    def stop(self) -> None:
        """Ends and removes it."""
        if self.there is not None:
            postgres_server.stop(self.there)


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755, parents=True)
    return folder
