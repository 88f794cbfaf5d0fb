"""Many people at once: the whole installation as it is served, asked by 200 users in the mix of an office's day.

    python -m benchmarks.load --locust FOLDER/bin/locust [--docs 1000000] [--users 200] [--minutes 10] [--each 0.75]
                              [--home FOLDER] [--sentences FILE] [--processes 2] [--threads 8] [--linked]

Builds the installation of :mod:`benchmarks.load_world` (once; ``--home`` keeps it), serves it with the programs of
``oms serve`` (web, indexer, sealer, housekeeper; reading only with ``--reading``), and lets locust ask from one process
on the same cores. Prints each kind of request against the targets, CPU and memory of each program from the first
minute to the last, and whether the journal is whole afterwards. locust is no part of the project's environment: install
``locust>=2.40`` into a folder of its own and name its program. On PostgreSQL: make it with ``--home``, move it and
ask again with ``OMS_DATABASE_URL`` and ``OMS_DATABASE_ADMIN_URL`` set. It asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks import load_world
from benchmarks.search_corpus import Chain, Corpus

ROOT = Path(__file__).resolve().parents[1]
RATE, P95 = 150.0, 300.0
"""What is asked of the embedded database; of a server twice the rate."""
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watcher:
    """CPU seconds and resident memory of every process below one, by what it does; a sample each five seconds."""

    root: int
    memory: dict[str, list[int]] = field(default_factory=dict)
    cpu: dict[int, tuple[str, float]] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Samples until told to stop."""
        while not self._end.wait(5):
            now: dict[str, int] = {}
            for number in _below(self.root):
                found = _process(number)
                if found is not None:
                    name, used, resident = found
                    self.cpu[number] = (name, used)
                    now[name] = now.get(name, 0) + resident
            for name, resident in now.items():
                self.memory.setdefault(name, []).append(resident)

    def stop(self) -> None:
        """Ends the sampling."""
        self._end.set()

    def used(self) -> dict[str, float]:
        """CPU seconds by program."""
        total: dict[str, float] = {}
        for name, used in self.cpu.values():
            total[name] = total.get(name, 0.0) + used
        return total


def _below(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        found.append(number)
        waiting += children.get(number, [])
    return found


def _process(number: int) -> tuple[str, float, int] | None:
    place = Path(f"/proc/{number}")
    try:
        words = (place / "cmdline").read_text().split("\0")
        stat = (place / "stat").read_text().rsplit(")", 1)[1].split()
        resident = int((place / "statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return None
    name = "web" if "gunicorn" in " ".join(words) else next((word for word in words[2:5] if word.isalpha()), "other")
    return name, (int(stat[11]) + int(stat[12])) / TICK, resident


def serving(home: Path, port: int, given: argparse.Namespace) -> subprocess.Popen[bytes]:
    """The programs of ``oms serve`` on this installation; returns when the pages answer."""
    more = {"OMS_HOME": str(home), "OMS_PORT": str(port), "OMS_ZONE": "isolated_lan", "OMS_SECOND_FACTOR": "optional",
            "OMS_WEB_PROCESSES": str(given.processes), "OMS_WEB_THREADS": str(given.threads)}  # fmt: skip
    names = ["web", *([] if given.linked else ["watch"]), "index", "seal", *(["work"] if given.reading else [])]
    command = f"for each in {' '.join(names)}; do {sys.executable} -m oms.cli $each & done; wait"
    with (home / "log" / "load.log").open("ab") as log:
        running = subprocess.Popen(
            ["bash", "-c", command], cwd=ROOT, env=os.environ | more, start_new_session=True, stdout=log, stderr=log
        )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/dang-nhap", timeout=5) as answer:
                if answer.status == 200:
                    return running
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    os.killpg(running.pid, signal.SIGTERM)
    raise SystemExit("the server does not answer")


def asked(home: Path, port: int, given: argparse.Namespace) -> dict[str, Any]:
    """Runs locust to its end; what it told."""
    told = home / "load-told.json"
    told.unlink(missing_ok=True)
    more = {
        "OMS_LOAD_WORLD": str(home / "load.json"),
        "OMS_LOAD_TOLD": str(told),
        "OMS_LOAD_EACH": str(given.each),
        "OMS_LOAD_USERS": str(given.users),
    }
    command = [given.locust, "-f", str(ROOT / "benchmarks" / "load_users.py"), "--headless", "--only-summary",
               "-u", str(given.users), "-r", str(given.spawn), "-t", f"{round(given.minutes * 60)}s",
               "--host", f"http://127.0.0.1:{port}", "--loglevel", "ERROR"]  # fmt: skip
    subprocess.run(command, env=os.environ | more, check=False, stdout=subprocess.DEVNULL)
    return dict(json.loads(told.read_text()))


def table(told: dict[str, Any], target: float) -> None:
    """Prints the kinds, ratios to the targets first."""
    print("| request | 300 ms : p95 | requests | failed | p50 ms | p95 ms | p99 ms |")
    print("|---|---|---|---|---|---|---|")
    for each in sorted(told["lines"], key=lambda line: -line["requests"]):
        p95 = each["p95"] or 0
        ratio = f"{P95 / p95:.1f}" if p95 else "-"
        print(f"| {each['name']} | {ratio} | {each['requests']} | {each['failures']} | "
              f"{each['p50']} | {p95} | {each['p99']} |")  # fmt: skip
    total = next(line for line in told["lines"] if line["name"] == "Aggregated")
    seconds = told["ended"] - told["began"]
    rate = total["requests"] / seconds
    print(f"\n{rate:.0f} requests a second in {seconds:.0f} s, all signed in: {rate / target:.2f} of the target")
    for each in told["errors"]:
        print(f"failed: {each['name']}: {each['error']} ({each['times']} times)")


def programs(watcher: Watcher, minutes: float) -> None:
    """Prints what each program used."""
    print("\n| program | CPU of one core | memory MiB: after a minute | a quarter | half | three | at the end | most |")
    print("|---|---|---|---|---|---|---|---|")
    for name, used in sorted(watcher.used().items(), key=lambda pair: -pair[1]):
        seen = watcher.memory.get(name, [0])
        at = [min(12, len(seen) - 1), *(len(seen) * part // 4 for part in (1, 2, 3)), len(seen) - 1]
        mib = [round(value / 2**20) for value in (*(seen[place] for place in at), max(seen))]
        print(f"| {name} | {used / (minutes * 60):.2f} | {' | '.join(map(str, mib))} |")


def main() -> None:
    """Builds, serves, asks, prints."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--locust", required=True, help="the program locust")
    wanted.add_argument("--docs", type=int, default=1_000_000)
    wanted.add_argument("--users", type=int, default=200)
    wanted.add_argument("--spawn", type=float, default=10.0, help="users a second that sign in")
    wanted.add_argument("--minutes", type=float, default=10.0)
    wanted.add_argument("--each", type=float, default=0.75, help="requests a second that each user tries to make")
    wanted.add_argument("--home", type=Path, help="keep the installation in this folder, or take it from there")
    wanted.add_argument("--sentences", type=Path, help="a file of sentences, one a line; else syllables are drawn")
    wanted.add_argument("--port", type=int, default=8790)
    wanted.add_argument("--processes", type=int, default=2)
    wanted.add_argument("--threads", type=int, default=8)
    wanted.add_argument("--reading", action="store_true", help="the workers read what is uploaded meanwhile")
    wanted.add_argument("--linked", action="store_true", help="as if all were linked: without the housekeeper, who "
                        "compares the dossiers of an installation that was made in bulk for hours")  # fmt: skip
    given = wanted.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="oms-load-"))
    house = load_world.made(home, given.users, Corpus(given.docs, Chain.of(given.sentences), 1))
    count = text("SELECT count(*) FROM journal")
    with house.look() as uow:
        before = uow.session.execute(count).scalar_one()
    running = serving(home, given.port, given)
    watcher = Watcher(running.pid)
    threading.Thread(target=watcher.run, daemon=True).start()
    try:
        told = asked(home, given.port, given)
    finally:
        watcher.stop()
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(60)
    with house.look() as uow:
        rows = uow.session.execute(count).scalar_one() - before
    print(f"{given.docs:,} papers, {given.users} users for {given.minutes:g} minutes, {given.processes} processes × "
          f"{given.threads} threads; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} "
          f"cores, Python {sys.version.split()[0]}\n")  # fmt: skip
    table(told, RATE * 2 if house.database.on_server else RATE)
    programs(watcher, given.minutes)
    done = subprocess.run([sys.executable, "-m", "oms.cli", "journal", "verify"], cwd=ROOT, capture_output=True,
                          text=True, env=os.environ | {"OMS_HOME": str(home)}, check=False)  # fmt: skip
    print(f"\n{rows:,} rows of the journal in the run; it is {'whole' if done.returncode == 0 else 'NOT WHOLE'}")
    house.database.close()


if __name__ == "__main__":
    main()
