"""What backups cost: a first run, one with nothing new, one after changes, a restore with its proof; and restic.

    .venv/bin/python benchmarks/backup.py [--cadres 20000] [--files 1500] [--folder FOLDER]

Makes an invented installation in a temporary folder, runs `oms backup` and `oms restore` as the operator does
(programs of their own, one ordinary place and the keys), while a writer commits a small row every twenty milliseconds.
Beside it, in the same run, on the same bytes: restic (where Debian's package is there) on a copy of the database made
by the same online backup, and tar with age. Prints tables; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import record_world
from pysqlite3 import dbapi2 as sqlite

from oms.services.house import House
from oms.settings import CHECKOUT
from oms.store import snapshot

MIB = 1024 * 1024
IMAGE = 350_000
"""Bytes of a page's image as the pages show it."""


class Writer:
    """Commits one row again and again; how long each commit took."""

    def __init__(self, database: Path) -> None:
        self._database, self._ending, self.took = database, False, list[float]()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending = True
        self._thread.join()

    def _run(self) -> None:
        with closing(sqlite.connect(self._database, isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            while not self._ending:
                begun = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE accounts SET display_name = display_name WHERE username = 'leader'")
                connection.execute("COMMIT")
                self.took.append(time.perf_counter() - begun)
                time.sleep(0.02)

    def told(self) -> str:
        cuts = quantiles(self.took, n=100) if len(self.took) > 2 else [0.0] * 99
        return f"{cuts[49] * 1000:.1f} / {cuts[94] * 1000:.1f} / {max(self.took, default=0) * 1000:.0f}"


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Ours:
    """`oms backup` and `oms restore` as programs."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        for name in ("place", "keys", "safe"):
            (folder / name).mkdir()
        places = {"OMS_BACKUP": str(folder / "place"), "OMS_BACKUP_KEYS": str(folder / "keys")}
        self.env = os.environ | places | {"OMS_HOME": str(home)}
        self("backup", "--new-key", str(folder / "safe/identity.txt"))
        self("backup", "--prepare")

    def __call__(self, *words: str, **env: str) -> str:
        command = [sys.executable, "-m", "oms.cli", *words]
        done = subprocess.run(command, cwd=CHECKOUT, env=self.env | env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def restore(self) -> str:
        given = ("--from", str(self.folder / "place"), "--keys", str(self.folder / "keys"))
        identity = ("--identity", str(self.folder / "safe/identity.txt"))
        return self("restore", "--json", *given, *identity, OMS_HOME=str(self.folder / "back"))


class Restic:
    """restic on the same folder, with the database copied beside first."""

    name = "restic"

    def __init__(self, folder: Path, home: Path) -> None:
        self.repository, self.copy, self.home = folder / "restic", folder / "restic-copy", home
        self.copy.mkdir()
        self.env = os.environ | {"RESTIC_PASSWORD": "x" * 20, "RESTIC_CACHE_DIR": str(folder / "restic-cache")}
        self._do("init")

    def _do(self, *words: str) -> None:
        command = ["restic", "--repo", str(self.repository), *words]
        subprocess.run(command, env=self.env, check=True, capture_output=True)

    def backup(self) -> None:
        snapshot.copy_sqlite(self.home / "oms.db", self.copy / "oms.db")
        snapshot.copy_sqlite(self.home / "keys/files.db", self.copy / "files.db")
        self._do("backup", str(self.copy), str(self.home / "vault"), str(self.home / "keys"))

    def restore(self, target: Path) -> None:
        self._do("restore", "latest", "--target", str(target), "--verify")

    def size(self) -> int:
        return size_of(self.repository)


class TarAge:
    """Everything into one sealed stream, each time anew."""

    name = "tar, age"

    def __init__(self, folder: Path, home: Path) -> None:
        self.out, self.copy, self.home = folder / "all.tar.age", folder / "tar-copy", home
        self.identity = folder / "safe/identity.txt"
        lines = self.identity.read_text().splitlines()
        self.public = next(line.split(": ")[1] for line in lines if line.startswith("# public key"))
        self.copy.mkdir()

    def backup(self) -> None:
        snapshot.copy_sqlite(self.home / "oms.db", self.copy / "oms.db")
        snapshot.copy_sqlite(self.home / "keys/files.db", self.copy / "files.db")
        given = (
            f"tar -cf - {self.copy} {self.home}/vault {self.home}/keys 2>/dev/null | age -r {self.public} > {self.out}"
        )
        subprocess.run(["/bin/sh", "-c", f"{given} && sync {self.out}"], check=True)

    def restore(self, target: Path) -> None:
        target.mkdir()
        command = f"age --decrypt -i {self.identity} {self.out} | tar -xf - -C {target}"
        subprocess.run(["/bin/sh", "-c", command], check=True)

    def size(self) -> int:
        return self.out.stat().st_size


def build(home: Path, cadres: int, files: int) -> House:
    house = record_world.prepare(home)
    record_world.fill(house, cadres, 1, time.perf_counter, lambda _done: None)
    put(house, files)
    return house


def put(house: House, files: int) -> None:
    for _each in range(files):
        house.vault.put_bytes(os.urandom(IMAGE), 1)


def edit(database: Path, edits: int) -> None:
    """Changes rows all over the database, a commit each."""
    with closing(sqlite.connect(database, isolation_level=None, timeout=30)) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM dossiers ORDER BY random() LIMIT ?", (edits,))]
        for number, each in enumerate(ids):
            connection.execute("UPDATE dossiers SET shelf = ? WHERE id = ?", (f"kệ {number}", each))


def line(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def run(folder: Path, cadres: int, files: int) -> None:
    home = folder / "home"
    seconds = timed(lambda: build(home, cadres, files).close())
    database, vault = (home / "oms.db").stat().st_size / MIB, size_of(home / "vault") / MIB
    print(
        f"{cadres} cadres, {files} files: database {database:.0f} MiB, vault {vault:.0f} MiB, made in {seconds:.0f} s\n"
    )
    ours, peers = Ours(folder, home), list[Restic | TarAge]()
    peers += [Restic(folder, home)] if shutil.which("restic") else []
    peers += [TarAge(folder, home)] if shutil.which("age") else []
    print(f"starting the program alone: {timed(lambda: ours('backup', '--help')):.1f} s")
    with Writer(home / "oms.db") as quiet:
        time.sleep(5)
    print(f"a writer alone: p50 / p95 / longest {quiet.told()} ms\n")
    line("step", "by", "seconds", "MiB/s", "MiB added", "writer p50 / p95 / longest ms")
    line(*["---"] * 6)
    for step in ("first run", "nothing new", "after 1,000 edits and 300 files"):
        if step.startswith("after"):
            house = House(ours_settings(home))
            edit(home / "oms.db", 1000)
            put(house, 300)
            house.close()
        whole = ((home / "oms.db").stat().st_size + size_of(home / "vault")) / MIB
        before = size_of(folder / "place") + size_of(folder / "keys")
        with Writer(home / "oms.db") as writer:
            took = timed(lambda: ours("backup"))
        added = (size_of(folder / "place") + size_of(folder / "keys") - before) / MIB
        line(step, "oms backup", f"{took:.1f}", f"{whole / took:.0f}", f"{added:.1f}", writer.told())
        for peer in peers:
            before = peer.size() if (step != "first run" and isinstance(peer, Restic)) else 0
            with Writer(home / "oms.db") as writer:
                took = timed(peer.backup)
            line(
                step,
                peer.name,
                f"{took:.1f}",
                f"{whole / took:.0f}",
                f"{(peer.size() - before) / MIB:.1f}",
                writer.told(),
            )
    back(folder, home, ours, peers)


def back(folder: Path, home: Path, ours: Ours, peers: list[Restic | TarAge]) -> None:
    """The restore of each, and ours by its steps."""
    whole = ((home / "oms.db").stat().st_size + size_of(home / "vault")) / MIB
    told = list[str]()
    took = timed(lambda: told.append(ours.restore()))
    line("restore", "oms restore", f"{took:.1f}", f"{whole / took:.0f}", "", "")
    for peer in peers:
        took = timed(lambda peer=peer: peer.restore(folder / f"back-{peer.name[:3]}"))  # type: ignore[misc]
        line("restore", peer.name, f"{took:.1f}", f"{whole / took:.0f}", "", "")
    print("\nthe restore by steps:\n")
    line("step", "seconds", "found")
    line("---", "---", "---")
    for each in json.loads(told[0])["steps"]:
        line(each["step"], f"{each['seconds']:.2f}", each["found"])


def ours_settings(home: Path) -> record_world.Settings:
    return record_world.Settings.from_env({"OMS_HOME": str(home)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cadres", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=1_500)
    parser.add_argument("--folder", default="", help="where the temporary folder is made")
    args = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="oms-backup-", dir=args.folder or None) as folder:
        run(Path(folder), args.cadres, args.files)


if __name__ == "__main__":
    main()
