"""Putting an installation back onto an empty machine, or trying whether one could: the same steps, all of them timed.

Everything is put together and proved in a folder beside; only then does it take its place. A restore that was stopped
leaves a mark, no service starts, and the next one begins again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from oms.domain.journal import Verb
from oms.errors import BackupFault
from oms.services import restore_proof, running
from oms.services.backup import DATABASE_KEY
from oms.services.house import House, What, note
from oms.services.restore_source import Manifest, Source
from oms.settings import Settings
from oms.store import cipher, restored, snapshot
from oms.store.backup_form import Carried
from oms.store.backup_place import DATA, KEYS, ONCE
from oms.store.file_place import FolderPlace, sync_folder, temporary_in

Tell = Callable[[str], None]
MARKER, STAGING = "restoring", "restoring.new"
ALLOWED = {MARKER, running.SHARED, running.FOLDER}
"""What may lie in a folder that counts as empty."""
ELSEWHERE = (
    "OMS_DATABASE_URL", "OMS_KEYS_DATABASE_URL", "OMS_VAULT", "OMS_VAULT_COPY", "OMS_JOURNAL_KEY", "OMS_SEARCH",
    "OMS_SECRET_KEY", "OMS_DATABASE_KEY", "OMS_BACKUP", "OMS_BACKUP_ONCE", "OMS_BACKUP_KEYS", "OMS_METRICS",
)  # fmt: skip
"""Settings that name what is not yet there, or is not to be touched, while an installation is put together."""


@dataclass(frozen=True)
class Asked:
    """Where from, with what was carried in, of which time, and against which witnesses."""

    places: tuple[str, ...]
    keys: str
    carried: Carried
    secret: Path
    at: datetime | None = None
    witnesses: tuple[Path, ...] = ()
    unlock: tuple[str, ...] | None = None
    reads: int = 200


@dataclass(frozen=True)
class Step:
    """One step: its name, its seconds, what it found."""

    name: str
    seconds: float
    words: str


@dataclass
class Restored:
    """What was put back: the point in time, the steps, and what is to be known although it stood in nobody's way."""

    at: datetime
    number: int
    purpose: str
    steps: list[Step] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """All steps together."""
        return sum(step.seconds for step in self.steps)

    def table(self) -> list[str]:
        """A line for each step."""
        lines = [f"{step.name:<34}{step.seconds:>9.2f} s  {step.words}" for step in self.steps]
        return [*lines, f"{'all steps':<34}{self.seconds:>9.2f} s", *(f"note: {each}" for each in self.told)]


class Timed:
    """Measures steps and tells them as they end."""

    def __init__(self, result: Restored, tell: Tell) -> None:
        self._result, self._tell = result, tell

    def step(self, name: str, work: Callable[[], str]) -> None:
        """Does one."""
        begun = time.monotonic()
        words = work()
        self._result.steps.append(Step(name, time.monotonic() - begun, words))
        self._tell(f"{name}: {words}")


def restore(home: Path, asked: Asked, now: datetime, tell: Tell, env: Mapping[str, str] | None = None) -> Restored:
    """Puts an installation into an empty ``home``; BackupFault says what is missing or bad, and nothing is there then.

    Occupied while a service of the folder runs.
    """
    env = dict(os.environ if env is None else env)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _empty(home)
    with running.alone(home, "restore"):
        (home / MARKER).write_text("a restore is at work, or was stopped: give oms restore again\n", encoding="ascii")
        sync_folder(home)
        try:
            result = _build(home / STAGING, asked, now, tell, env, final=home)
        except BaseException:
            _clear(home)
            (home / MARKER).unlink()
            raise
        _take_place(home)
    return result


def drill(scratch: Path, asked: Asked, now: datetime, tell: Tell, env: Mapping[str, str] | None = None) -> Restored:
    """The same into a new folder under ``scratch``, which is removed whatever happens."""
    env = dict(os.environ if env is None else env)
    folder = scratch / f"oms-drill-{os.getpid()}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        return _build(folder / STAGING, asked, now, tell, env, final=None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _empty(home: Path) -> None:
    """Clears what a restore that was stopped left; BackupFault where anything else lies."""
    if (home / MARKER).exists():
        _clear(home)
    found = sorted(path.name for path in home.iterdir() if path.name not in ALLOWED)
    if found:
        raise BackupFault(f"OMS_HOME is not empty ({', '.join(found[:3])}…): a restore wants an empty folder")


def _clear(home: Path) -> None:
    for path in home.iterdir():
        if path.name not in ALLOWED:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _take_place(home: Path) -> None:
    """Moves what was proved to where it belongs, the secrets last: without them nothing starts."""
    staging = home / STAGING
    if home.stat().st_mode & 0o020:
        _share(staging)
    for path in sorted(staging.iterdir(), key=lambda each: each.name == "keys"):
        if path.name in ALLOWED:
            continue
        path.rename(home / path.name)
    sync_folder(home)
    shutil.rmtree(staging)
    (home / MARKER).unlink()
    sync_folder(home)


def _share(staging: Path) -> None:
    """What the sealer needs where it is another user of the group: rows, heads kept, the public key; no secret."""
    for path in staging.glob("oms.db*"):
        path.chmod(0o660)
    for path in ((staging / "witness"), *(staging / "witness").glob("*")):
        path.chmod(0o2770 if path.is_dir() else 0o660)
    (staging / "keys").chmod(0o710)
    for path in (staging / "keys").glob("journal_key*"):
        if path.suffix != ".pem":
            path.chmod(0o640)


def _build(
    staging: Path, asked: Asked, now: datetime, tell: Tell, whole: Mapping[str, str], final: Path | None
) -> Restored:
    begun = time.monotonic()
    data = Source(asked.places, asked.carried, asked.secret, (DATA, ONCE))
    keys = Source([asked.keys], asked.carried, asked.secret, (KEYS,))
    if data.installation != keys.installation:
        raise BackupFault("the place of the keys is another installation's than the backup's")
    chosen, newest = data.chosen(asked.at)
    held = keys.newest_that_counts()
    result = Restored(chosen.head.at, chosen.head.number, data.purpose, told=[*data.told, *keys.told])
    words = f"run {chosen.head.number} of {chosen.head.at:%Y-%m-%d %H:%M:%S} UTC; {_age(chosen.head.at, now)} old"
    result.steps.append(Step("signatures and chain of manifests", time.monotonic() - begun, words))
    tell(words)
    staging.mkdir(mode=0o700)
    env = {name: value for name, value in whole.items() if name not in ELSEWHERE}
    work = _Work(staging, data, keys, chosen, newest, held, asked, now, env, whole, final)
    try:
        _steps(work, Timed(result, tell), result)
    finally:
        work.close()
    return result


def _age(at: datetime, now: datetime) -> str:
    minutes = max(0, int((now - at).total_seconds() // 60))
    return f"{minutes} minutes" if minutes < 180 else f"{minutes // 60} hours"


@dataclass
class _Work:
    """What the steps share."""

    staging: Path
    data: Source
    keys_source: Source
    chosen: Manifest
    newest: Manifest
    held: Manifest
    asked: Asked
    now: datetime
    env: Mapping[str, str]
    """The settings, without what :data:`ELSEWHERE` names."""
    server_env: Mapping[str, str]
    """All of the settings."""
    final: Path | None
    _house: House | None = None
    _lent: restored.Lent | None = None

    @property
    def admin_url(self) -> str:
        """A superuser's address of the database the rows go into: for a drill one that is made for it."""
        admin = self.server_env.get("OMS_DATABASE_ADMIN_URL", "")
        if not admin:
            raise BackupFault("OMS_DATABASE_ADMIN_URL is missing: this backup is of an installation on PostgreSQL")
        if self.final is not None:
            return admin
        self._lent = self._lent or restored.Lent(admin)
        return self._lent.admin_url

    @property
    def on_server(self) -> bool:
        """Whether the records came from a server."""
        return bool(self.chosen.body["engine"] != "sqlite")

    @property
    def house(self) -> House:
        """The installation that is being put together, opened once its keys are there."""
        if self._house is None:
            kept = dict(self.env)
            if self.final is not None:
                names = ("OMS_VAULT", "OMS_KEYS_DATABASE_URL", *(("OMS_DATABASE_URL",) if self.on_server else ()))
                kept |= {name: self.server_env[name] for name in names if name in self.server_env}
            elif self.on_server and self._lent is not None:
                kept["OMS_DATABASE_URL"] = self._lent.url
            key = self.staging / "keys" / DATABASE_KEY
            kept |= {"OMS_DATABASE_KEY": str(key)} if key.exists() and not self.on_server else {}
            told = {"OMS_ZONE": self.chosen.body["settings"].get("OMS_ZONE", "isolated_lan")}
            settings = Settings.from_env(told | kept | {"OMS_HOME": str(self.staging)})
            self._house = House(replace(settings, access_log=False))
            if self.asked.unlock is not None:
                self._house.unlock(self.asked.unlock)
        return self._house

    def close(self) -> None:
        """Gives connections back."""
        if self._house is not None:
            self._house.close()
        if self._lent is not None:
            self._lent.drop()


def _steps(work: _Work, timed: Timed, result: Restored) -> None:
    timed.step("keys put back", lambda: _keys(work, result))
    timed.step("records and settings put back", lambda: _parts(work))
    if work.on_server:
        timed.step("rows into the server", lambda: _rows(work))
    else:
        timed.step("SQLite's own check", lambda: restore_proof.sqlite_sound(work.staging / snapshot.DATABASE))
    proof = restore_proof.Proof(work.house, work.chosen.body, work.asked.carried.journal, work.staging, work.now)
    timed.step("rows of each table counted", proof.rows)
    timed.step("journal against its checkpoints", lambda: proof.journal(work.asked.witnesses, result.told))
    timed.step("journal by the separate verifier", proof.second_verifier)
    timed.step("files of the vault put back", lambda: _files(work, proof, result.told))
    timed.step("every file opened and hashed", proof.files)
    timed.step(f"{work.asked.reads} random readings", lambda: proof.random_reads(work.asked.reads))
    timed.step("who may see what, a sample", proof.access)
    if work.final is not None:
        timed.step("put down in the journal", lambda: _put_down(work, result))


def _keys(work: _Work, result: Restored) -> str:
    folder = work.staging / "keys"
    for told in work.held.body["parts"]:
        work.keys_source.part(told, folder / _safe(told["name"]))
    folder.chmod(0o700)
    key = folder / DATABASE_KEY
    if key.exists() and not work.on_server:
        cipher.know(work.staging, cipher.read_key(key))
        if work.final is not None:
            result.told.append(f"the database is sealed: set OMS_DATABASE_KEY={work.final / 'keys' / DATABASE_KEY}")
    url = work.server_env.get("OMS_KEYS_DATABASE_URL", "")
    if url and work.final is not None:
        snapshot.keys_into_server(folder / "files.db", url)
    held = work.held
    return f"{held.body['keys']} keys of files, {len(held.body['parts'])} secrets, of {held.head.at:%Y-%m-%d %H:%M:%S}"


def _safe(name: str) -> str:
    """A path of a manifest, which is signed and still not trusted to leave the folder."""
    if name.startswith("/") or ".." in Path(name).parts:
        raise BackupFault(f"a part of the backup has a path that leads elsewhere: {name[:80]}")
    return name


def _parts(work: _Work) -> str:
    size = 0
    for told in work.chosen.body["parts"]:
        size += work.data.part(told, work.staging / _safe(told["name"]))
    for name in ("log", "index", "intake", "witness"):
        (work.staging / name).mkdir(mode=0o700, exist_ok=True)
    return f"{len(work.chosen.body['parts'])} files, {size} bytes"


def _rows(work: _Work) -> str:
    """Tables of a backup from a server go into an empty database on one, all of them or none."""
    tables = work.chosen.body["tables"]
    restored.into_server(work.admin_url, work.chosen.body["schema"], work.staging / "tables", tables)
    shutil.rmtree(work.staging / "tables")
    return f"{len(tables)} tables, {sum(tables.values())} rows"


def _files(work: _Work, proof: restore_proof.Proof, told: list[str]) -> str:
    vault, keys = work.house.vault, work.house.vault.keys
    place, done, size, gone = vault.place, 0, 0, 0
    if keys is not None and place.mark() not in ("", keys.value("id")):
        raise BackupFault("OMS_VAULT names a place that is another installation's")
    held = dict.fromkeys(snapshot.file_keys(work.staging / "keys" / "files.db"))
    named = proof.named()
    for entry in work.data.files(work.newest):
        if entry.file_id and (entry.sha, entry.file_id) not in held:
            gone += 1
            continue
        with _into(place.new(), isinstance(place, FolderPlace)) as (file, path):
            work.data.file(entry, file)
        if isinstance(place, FolderPlace):
            target = place.path_of(entry.sha)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o400)
            path.rename(target)
        else:
            place.put(entry.sha, path)
        done, size = done + 1, size + entry.size
        named.pop(entry.sha, None)
    os.sync()
    if keys is not None and not place.mark():
        place.set_mark(keys.value("id"))
    proof.missing(named, told)
    return f"{done} files, {size} bytes; {gone} without a key stay away"


@contextmanager
def _into(folder: Path, at_once: bool) -> Iterator[tuple[BinaryIO, Path]]:
    """A file in the making; in a folder all of them are brought to the disk at once, at the end."""
    if not at_once:
        with temporary_in(folder) as found:
            yield found
        return
    path = folder / f".new-{os.getpid()}"
    with path.open("w+b") as file:
        yield file, path


def _put_down(work: _Work, result: Restored) -> str:
    """The row that says from which point the installation came back; sessions and tokens of then are ended."""
    with work.house.work(None, work.now) as uow:
        detail = {
            "from": result.at.isoformat(),
            "run": result.number,
            "place": result.purpose,
            "seconds": round(result.seconds),
        }
        note(uow, None, Verb.BACKUP_RESTORE, work.now, what=What("backup", str(result.number)), detail=detail)
        ended = restored.end_all_sessions(uow.session, work.now)
    return f"one entry; {ended} sessions and every token ended"


def scratch_of(settings: Settings | None, given: str) -> Path:
    """Where a drill is done: where it was asked for, else in the installation's own temporary folder."""
    if given:
        return Path(given)
    if settings is None:
        raise BackupFault("--scratch FOLDER is missing: there is no installation here to lend its own")
    return settings.home / "tmp"


def texts_of(values: Sequence[str]) -> tuple[str, ...]:
    """Places without blanks."""
    return tuple(value.strip() for value in values if value.strip())
