"""An upgrade rehearsed with data: an older program's installation brought to this one, and back again.

    python -m benchmarks.upgrade --from REVISION --folder FOLDER [--again]

Takes the older program out of git into ``FOLDER/old`` with packages of its own, lets it file its demonstration into
``FOLDER/home`` (``--again`` uses what is there), and stops. Then, as docs/operators.md tells it: a copy kept, this
program's ``oms setup`` and ``oms check``, the services, a sign-in, a search, a record, a page. Then the way back: the
copy put back, the older program again. Each step is timed; before and after, every row of every table that both know
and every file of the vault are compared. Prints one table and what was wrong; ends with 1 when anything was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pysqlite3

from benchmarks.bad_clients import Client, Ledger, token_of
from benchmarks.bad_house import free_port

ROOT = Path(__file__).resolve().parents[1]
READER = "lanhdao.tinh"
WHY = {"purpose": "quy_hoach", "reason": "diễn tập nâng cấp phần mềm"}
CHANGED_BY_RUNNING = frozenset({"alembic_version", "sessions", "sign_in_attempts", "heartbeats"})
"""Tables that change whenever a program runs, or that say which program it is."""


@dataclass
class Program:
    """One version of OMS: its tree, its Python, the installation it is asked to serve."""

    name: str
    tree: Path
    home: Path
    port: int = field(default_factory=free_port)

    @property
    def python(self) -> str:
        """The interpreter with this version's packages."""
        return str(self.tree / ".venv" / "bin" / "python")

    @property
    def env(self) -> dict[str, str]:
        """Its environment: nothing of ours but the path of the system."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        own = {"OMS_HOME": str(self.home), "OMS_PORT": str(self.port), "OMS_WORKERS": "1"}
        return kept | own | {"OMS_ZONE": "isolated_lan", "OMS_SECOND_FACTOR": "optional", "PYTHONPATH": str(self.tree)}

    def oms(self, *words: str, seconds: float = 3600) -> subprocess.CompletedProcess[str]:
        """Gives one of its commands."""
        command = [self.python, "-m", "oms.cli", *words]
        return subprocess.run(command, cwd=self.tree, env=self.env, capture_output=True, text=True, timeout=seconds)


@dataclass
class State:
    """What an installation holds: hashes of rows by table, names and sizes of its files, rows of the journal."""

    tables: dict[str, dict[bytes, int]]
    columns: dict[str, list[str]]
    files: dict[str, int]
    journal: int


def state(home: Path, columns: dict[str, list[str]] | None = None) -> State:
    """Reads it past any program; with ``columns`` only these, so that what a migration added is left out."""
    database = pysqlite3.connect(f"file:{home / 'oms.db'}?mode=ro", uri=True)
    try:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        here = {name: [row[1] for row in database.execute(f'PRAGMA table_info("{name}")')] for name in names}
        asked = {
            name: [each for each in here.get(name, []) if each in cols] for name, cols in (columns or here).items()
        }
        tables = {name: _rows(database, name, cols) for name, cols in asked.items() if name in here and cols}
        (journal,) = database.execute("SELECT count(*) FROM journal").fetchone()
    finally:
        database.close()
    files = {str(path.relative_to(home)): path.stat().st_size for path in (home / "vault").rglob("*") if path.is_file()}
    return State(tables, asked, files, journal)


def _rows(database: Any, name: str, columns: list[str]) -> dict[bytes, int]:
    wanted = ", ".join(f'"{each}"' for each in columns)
    found: dict[bytes, int] = {}
    for row in database.execute(f'SELECT {wanted} FROM "{name}"'):  # noqa: S608 - names of the schema itself
        key = hashlib.sha256(repr(row).encode()).digest()
        found[key] = found.get(key, 0) + 1
    return found


def missing(before: State, after: State, but: frozenset[str]) -> list[str]:
    """What was there before and is not, or is otherwise, afterwards."""
    wrong = []
    for name, rows in before.tables.items():
        if name in but:
            continue
        now = after.tables.get(name, {})
        gone = sum(number for key, number in rows.items() if now.get(key, 0) < number)
        if gone:
            wrong.append(f"{name}: {gone} rows of {sum(rows.values())} are gone or changed")
    lost = [name for name, size in before.files.items() if after.files.get(name) != size]
    return wrong + ([f"vault: {len(lost)} files of {len(before.files)} are gone or of another size"] if lost else [])


@dataclass
class Rehearsal:
    """The steps with their seconds, and what was wrong."""

    steps: list[tuple[str, float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def step(self, name: str, work: Callable[[], str]) -> None:
        """Does one step and writes it down; what it says stands beside it."""
        begun = time.monotonic()
        try:
            said = work()
        except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
            said = f"FAILED: {problem}"
            self.wrong.append(f"{name}: {problem}")
        self.steps.append((name, time.monotonic() - begun, said))
        print(f"{name}: {said}", file=sys.stderr, flush=True)

    def same(self, name: str, kept: Path, home: Path) -> None:
        """Compares what the installation holds now with what the copy holds, in the columns that both have."""
        was = state(kept)
        after = state(home, was.columns)
        before = state(kept, after.columns)
        dropped = [f"{table}.{each}" for table, all_of in was.columns.items() for each in all_of
                   if each not in after.columns.get(table, ())]  # fmt: skip
        found = missing(before, after, CHANGED_BY_RUNNING)
        self.wrong += [f"{name}: {each}" for each in found]
        rows = sum(sum(each.values()) for each in before.tables.values())
        held = f"{len(before.tables)} tables, {rows:,} rows, {len(before.files)} files"
        said = f"{held}; {len(found)} differ; journal +{after.journal - before.journal}"
        said += f"; columns dropped: {', '.join(dropped) or '-'}"
        self.steps.append((name, 0.0, said))


def well(done: subprocess.CompletedProcess[str], what: str) -> str:
    """The last line of a command that ended well; RuntimeError with its end when not."""
    if done.returncode != 0:
        raise RuntimeError(f"{what} ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-600:]}")
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[-1][:160] if lines else "well"


def taken_out(revision: str, folder: Path) -> None:
    """The older program with packages of its own."""
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    words = ". deploy/environment.sh; python_environment deploy/requirements.lock; translations"
    subprocess.run(["bash", "-c", words], cwd=folder, check=True, capture_output=True)


def served(program: Program, password: str, folder: Path) -> str:
    """Serves it, signs in, searches, opens a record, reads it and one page; stops. Says how long ``ready`` took."""
    with (folder / f"{program.name}.log").open("ab") as log:
        command = [program.python, "-m", "oms.cli", "serve"]
        running = subprocess.Popen(
            command, cwd=program.tree, env=program.env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        seconds = _waited(program.port)
        return (
            f"ready after {seconds:.1f} s; {_read(Client(program.port, READER, password, Ledger(folder / 'ledger')))}"
        )
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(60)


def _waited(port: int) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < 180:
        for path in ("/readyz", "/dang-nhap"):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                    return time.monotonic() - begun
            except urllib.error.HTTPError as error:
                if error.code != 404:  # an older program has no /readyz
                    break
            except OSError:
                break
        time.sleep(0.1)
    raise RuntimeError("the pages do not answer")


def _read(client: Client) -> str:
    if not client.sign_in():
        raise RuntimeError("not let in")
    found = client.ask("GET", "/tim-kiem?q=quyet+dinh")
    listed = client.ask("GET", "/ho-so")
    dossiers = re.findall(r"/ho-so/([0-9a-f]{32})", listed.body.decode())
    if found.status != 200 or not dossiers:
        raise RuntimeError(f"search {found.status}, list {listed.status} with {len(dossiers)} records")
    for dossier in dict.fromkeys(dossiers):
        opened = client.form(f"/ho-so/{dossier}/mo", WHY)
        record = client.ask("GET", f"/ho-so/{dossier}?the=tai-lieu")
        papers = re.findall(r"/tai-lieu/([0-9a-f]{32})", record.body.decode())
        if opened.status not in (302, 303) or record.status != 200:
            raise RuntimeError(f"opening {opened.status}, record {record.status}")
        if papers:
            return _page(client, papers[0])
    raise RuntimeError("no record holds a paper")


def _page(client: Client, paper: str) -> str:
    read = client.ask("GET", f"/tai-lieu/{paper}")
    pages = re.findall(r"/trang/([0-9a-f]{32})", read.body.decode())
    image = client.ask("GET", f"/trang/{pages[0]}.jpg") if pages else read
    if read.status != 200 or image.status != 200 or not token_of(read.body):
        raise RuntimeError(f"paper {read.status}, page {image.status}")
    return f"a search, a record, a paper and a page of {len(image.body) // 1024} KiB"


def refused(program: Program) -> str:
    """A program on another version's schema must not work with it; what it says."""
    done = program.oms("check", seconds=300)
    if done.returncode == 0:
        raise RuntimeError("it works with a schema that is not its own")
    return (done.stdout + done.stderr).strip().splitlines()[-1][:160]


def rehearse(revision: str, folder: Path, again: bool) -> Rehearsal:
    """All steps; the folder keeps the older program and its installation for another time."""
    told, home, kept = Rehearsal(), folder / "home", folder / "kept"
    old, new = Program("old", folder / "old", home), Program("new", ROOT, home)
    if not again:
        told.step("older program taken out, its packages", lambda: str(taken_out(revision, old.tree) or revision))
        told.step("its demonstration filed", lambda: well(old.oms("setup", "--demonstration"), "setup"))
        shutil.rmtree(kept, ignore_errors=True)
        told.step("a copy kept, services stopped", lambda: str(shutil.copytree(home, kept).name))
    else:
        shutil.rmtree(home)
        shutil.copytree(kept, home)
    password = json.loads((home / "demonstration").read_text())["password"]
    told.step("new program before its setup", lambda: refused(new))
    told.step("oms setup: schema brought up to date", lambda: well(new.oms("setup", "--demonstration"), "setup"))
    told.same("compared with before", kept, home)
    told.step("oms check", lambda: well(new.oms("check"), "check"))
    told.step("new program serves", lambda: served(new, password, folder))
    told.step("older program on the new schema", lambda: refused(old))
    shutil.rmtree(home)
    told.step("back: the copy put back", lambda: str(shutil.copytree(kept, home).name))
    told.same("compared with before, again", kept, home)
    told.step("older program's oms check", lambda: well(old.oms("check"), "check"))
    told.step("older program serves", lambda: served(old, password, folder))
    return told


def main() -> int:
    """Rehearses and prints."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--from", dest="revision", required=True, help="the older program: a revision of git")
    wanted.add_argument("--folder", type=Path, required=True)
    wanted.add_argument("--again", action="store_true", help="use the older program and data that are there")
    given = wanted.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    told = rehearse(given.revision, folder, given.again)
    print(
        f"from {given.revision}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores\n"
    )
    print("| step | seconds | |\n|---|---|---|")
    for name, seconds, said in told.steps:
        print(f"| {name} | {seconds:.1f} | {said} |")
    for each in told.wrong:
        print(f"wrong: {each}")
    return 1 if told.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
