"""How fast the journal is: durable rows a second, what a row adds to a reading, rows verified a second.

    nice .venv/bin/python benchmarks/journal.py [--seconds 4] [--verify 200000]

Peers side by side on the same disk, in the same minute, the same pragmas (WAL, synchronous=FULL, one commit a row):
"leaf only" adds a number and a hash; "chain head" reads the last hash and writes the next; "ours" is the program's own
append of a whole entry within its unit of work. Prints a table; asserts nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import platform
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from oms.domain.access import Principal, Role, Secrecy, Target
from oms.domain.journal import COLUMNS, WHOLE_NUMBERS, Entry, Verb, leaf_hash
from oms.errors import JournalUnavailable
from oms.services import sealing, setup
from oms.services.house import House, Served, What, Why, note
from oms.settings import CHECKOUT, Settings
from oms.store import journal
from oms.store.bulk import add_rows
from oms.store.tables import JournalEntry

Step = Callable[[], None]


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def plain(path: Path) -> Any:
    """A connection of a peer."""
    connection = sqlite.connect(path, isolation_level=None, timeout=15)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS peer (seq INTEGER PRIMARY KEY, leaf BLOB)")
    return connection


def leaf_only(home: Path) -> Step:
    """Peer: a number and a hash."""
    connection = plain(home / "peer.db")

    def step() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO peer (leaf) VALUES (?)", (secrets.token_bytes(32),))
        connection.execute("COMMIT")

    return step


def chain_head(home: Path) -> Step:
    """Peer: each row holds the hash of the one before."""
    connection = plain(home / "chain.db")

    def step() -> None:
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute("SELECT leaf FROM peer ORDER BY seq DESC LIMIT 1").fetchone()
        linked = hashlib.sha256((row[0] if row else b"") + secrets.token_bytes(700)).digest()
        connection.execute("INSERT INTO peer (leaf) VALUES (?)", (linked,))
        connection.execute("COMMIT")

    return step


READER = Principal("a" * 32, "doc", "Người đọc hồ sơ", Role.RECORDS_OFFICER, 1, "1", ("1",), Secrecy.MAT, frozenset())


def ours(home: Path) -> Step:
    """The program's own: a whole entry within a unit of work."""
    house = House(Settings.from_env({"OMS_HOME": str(home), "OMS_SECRET_KEY": "x" * 40}))
    what, why = What("page", "b" * 32, "HS-0001/3/2"), Why("rà soát quy hoạch năm 2026", "quy_hoach", "CV-12")
    target, served = Target("1/2/3", 1), Served(1, 412_345)

    def step() -> None:
        at = now()
        with house.read(READER, at) as uow:
            note(uow, READER, Verb.PAGE_VIEW, at, what=what, why=why, target=target, served=served)

    return step


def worker(make: Callable[[Path], Step], home: Path, seconds: float, start: Any, out: Any) -> None:
    """One process: steps until the time is over; gives back how long each took."""
    step, taken = make(home), []
    start.wait()
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        try:
            step()
        except JournalUnavailable:
            continue  # waited longer than 15 s for its turn: no row, so none is counted
        taken.append(time.perf_counter() - begun)
    out.put(taken)


def measure(make: Callable[[Path], Step], home: Path, workers: int, seconds: float) -> tuple[float, float, float]:
    """Rows a second, p50 and p99 in milliseconds."""
    context = multiprocessing.get_context("spawn")
    start, out = context.Event(), context.Queue()
    running = [context.Process(target=worker, args=(make, home, seconds, start, out)) for _ in range(workers)]
    for process in running:
        process.start()
    time.sleep(3 + workers)
    start.set()
    taken = [each for _ in running for each in out.get()]
    for process in running:
        process.join()
    cuts = statistics.quantiles(taken, n=100)
    return len(taken) / seconds, statistics.median(taken) * 1000, cuts[98] * 1000


def fill(home: Path, count: int) -> House:
    """A journal of so many entries with a checkpoint every 256."""
    house = House(Settings.from_env({"OMS_HOME": str(home), "OMS_SECRET_KEY": "x" * 40}))
    blank: dict[str, Any] = {name: 0 if name in WHOLE_NUMBERS else "" for name in COLUMNS}
    with house.look() as uow:
        first = uow.session.query(JournalEntry).count() + 1
    for start in range(first, count + 1, 2560):
        with house.database.transaction() as session:
            rows = []
            for seq in range(start, min(start + 2560, count + 1)):
                moment = journal.utc_text(datetime(2027, 1, 1, tzinfo=UTC) + timedelta(milliseconds=seq))
                entry = Entry(**(blank | {
                    "v": 2, "seq": seq, "at": moment, "clock": seq, "actor_id": "a" * 32, "actor_name": "Người đọc",
                    "role": "records_officer", "session": "c" * 16, "address": "10.0.0.7", "request": "deadbeef",
                    "verb": "page:view", "outcome": "done", "rule": "role+scope+level", "policy": "0123456789ab",
                    "object_kind": "page", "object_id": "b" * 32, "object_label": "HS-0001/3/2", "unit_path": "1/2/3",
                    "secrecy": 1, "purpose": "quy_hoach", "task": "CV-12", "reason": "rà soát quy hoạch năm 2026",
                    "pages": 1, "bytes": 412345, "detail": '{"dossier":"dddddddd","opening":12}',
                    "salt": secrets.token_hex(16),
                }))  # fmt: skip
                rows.append(vars(entry) | {"leaf": leaf_hash(entry)})
            add_rows(session, JournalEntry, rows)
        sealing.seal(house, now())
    return house


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--verify", type=int, default=200_000)
    parser.add_argument("--only", choices=["append", "verify"], help="one half of it")
    args = parser.parse_args()
    print(f"{now():%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"SQLite {sqlite.sqlite_version}")  # fmt: skip
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        home = Path(folder)
        setup.make_secrets(home / "keys")
        setup.prepare(Settings.from_env({"OMS_HOME": str(home), "OMS_SECRET_KEY": "x" * 40})).database.close()
        print("append, one commit a row     workers  rows/s    of leaf only   p50 ms   p99 ms")
        for workers in (1, 8) if args.only != "verify" else ():
            base = 0.0
            for name, make in (("leaf only", leaf_only), ("chain head", chain_head), ("ours", ours)):
                rate, middle, worst = measure(make, home, workers, args.seconds)
                base = base or rate
                print(f"{name:28} {workers:7} {rate:8.0f}  {rate / base:11.2f}  {middle:9.2f} {worst:8.2f}", flush=True)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        home = Path(folder)
        setup.make_secrets(home / "keys")
        setup.prepare(Settings.from_env({"OMS_HOME": str(home), "OMS_SECRET_KEY": "x" * 40})).database.close()
        house = fill(home, args.verify)
        begun, used = time.perf_counter(), time.process_time()
        verdict = sealing.verify(house, None)
        took, cpu = time.perf_counter() - begun, time.process_time() - used
        rates = f"{verdict.entries / took:,.0f} rows/s by the clock, {verdict.entries / cpu:,.0f} a second of CPU"
        print(f"verify: whole={verdict.whole} {verdict.entries} rows, {verdict.checkpoints} checkpoints: {rates}")
        command = [
            sys.executable,
            str(CHECKOUT / "deploy" / "verify_journal.py"),
            "--key",
            str(home / "keys/journal_key.pub"),
        ]
        begun = time.perf_counter()
        said = subprocess.run(
            [*command, "--database", str(home / "oms.db")], capture_output=True, text=True, check=False
        )
        print(
            f"separate verifier: {args.verify / (time.perf_counter() - begun):,.0f} rows/s; {said.stdout.strip()[:60]}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
