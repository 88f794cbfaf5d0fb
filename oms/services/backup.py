"""Backups: the installation as it is now, into every place that is named; what a place has already is not written.

Order: the waiting readings, the records, the keys, then files of the vault. So whatever the records name is there, and
a file that came later is one too many, never one too few.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oms.domain.journal import Outcome, Verb
from oms.errors import BackupFault, FileDamaged, OmsError, SettingsError, VaultLocked
from oms.services import last_done, notices, running, sealing
from oms.services.backup_deposit import Deposit, Written, state_file
from oms.services.house import House, What, note
from oms.settings import VERSION, Settings
from oms.store import disk, in_memory, papers, schema, snapshot
from oms.store.backup_form import BackupKeys, carried, checked_recipient, new_identity
from oms.store.backup_place import DATA, KEYS, ONCE, Depot
from oms.store.backup_state import State
from oms.store.snapshot import Part

log = logging.getLogger(__name__)
Tell = Callable[[str], None]
NOT_KEPT = frozenset(
    {"vault", "index", "log", "tmp", "running", "keys", "metrics", "backup", "last", "inbox.db", "oms.db"}
)
"""What lies in OMS_HOME and is kept otherwise, or is made anew."""
WAITS = (
    "intake/",
    "scanner/",
    "exchange/kept/",
    "exchange/arrived/",
    "exchange/receipts/",
    "exchange/in/",
    "exchange/out/",
)
"""Papers on their way in or out, before they have keys of their own in the vault, or under a key that nobody destroys.
They go where runs grow old: in a place that is written once they would outlive the paper they became."""
NOT_TOLD = ("SECRET", "FD", "URL", "PASS", "KEY")
"""Settings with such a word in their name are not written into a manifest."""
SECRET = "backup_s3"  # noqa: S105 - a file's name
DATABASE_KEY = "database_key"
"""What the key of a sealed database is called among the keys of a backup, wherever it lies."""
LATE = timedelta(minutes=15)


@dataclass
class PlaceDone:
    """What a run did to one place."""

    label: str
    purpose: str
    number: int = 0
    written: Written = field(default_factory=Written)
    pruned: int = 0
    skipped: bool = False
    problem: str = ""


@dataclass
class Done:
    """A run: its places, files that could not be taken, rows by table."""

    at: datetime
    places: list[PlaceDone]
    damaged: list[str]
    tables: dict[str, int]

    @property
    def well(self) -> bool:
        """Whether every place has everything."""
        return not self.damaged and not any(each.problem for each in self.places)


# --- getting ready ---


def depots(settings: Settings) -> list[Depot]:
    """The places in the order in which they are written: keys first, for files without keys are nothing."""
    if not settings.backup:
        raise SettingsError("OMS_BACKUP is missing: name a place (a folder, or s3://…)")
    secret = settings.keys / SECRET
    named = [(settings.backup_keys, KEYS), *((each, DATA) for each in settings.backup), (settings.backup_once, ONCE)]
    return [Depot(text, purpose, secret) for text, purpose in named if text]


def installation_of(house: House) -> str:
    """The id of the vault's keys: backups, places and vault bear the same."""
    keys = house.vault.sealing()
    if keys is None:
        raise BackupFault("there are no keys yet: run oms setup")
    return keys.value("id")


def prepare(house: House) -> list[tuple[str, str]]:
    """Marks places that are new; (place, "" or what is wrong with it)."""
    installation, told = installation_of(house), list[tuple[str, str]]()
    for depot in depots(house.settings):
        try:
            told.append((depot.label, "" if depot.prepare(installation) else "was marked already"))
        except (BackupFault, OSError) as problem:
            told.append((depot.label, said(problem)))
    return told


def new_key(house: House, file: Path, now: datetime) -> str:
    """Makes a pair: the private half goes into ``file`` and nowhere else; the public half, which is returned, stays."""
    if file.resolve().is_relative_to(house.settings.home):
        raise BackupFault("the private key must not lie in OMS_HOME: name a file on a medium of its own")
    BackupKeys(house.settings.keys).make()
    head = [f"OMS, private key of backups, made {now:%Y-%m-%d}. Two copies in two safes; never on the server."]
    text, public = new_identity([*head, *(line.removeprefix("# ") for line in carried_lines(house))])
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    _name_recipients(house, [public], now)
    return public


def use_keys(house: House, texts: list[str], now: datetime) -> None:
    """Seals for these public halves (age1…) from now on: pairs that were made elsewhere."""
    BackupKeys(house.settings.keys).make()
    _name_recipients(house, [checked_recipient(each) for each in texts], now)


def carried_lines(house: House) -> list[str]:
    """What the restorer has to carry beside a private key that was made elsewhere."""
    public = BackupKeys(house.settings.keys).public().hex()
    journal = house.signer.public_bytes().hex()
    return [f"# installation: {installation_of(house)}", f"# signed by: {public}", f"# journal: {journal}"]


def _name_recipients(house: House, recipients: list[str], now: datetime) -> None:
    with house.work(None, now) as uow:
        note(uow, None, Verb.BACKUP_KEY, now, what=What("backup"), detail={"recipients": recipients})
        BackupKeys(house.settings.keys).set_recipients(recipients)


# --- a run ---


def run(house: House, now: datetime, tell: Tell) -> Done:
    """One backup into every place. A place that fails is told and stops no other; Occupied while another run works."""
    with running.only_one(house.settings.home, "backup"):
        before = last_done.last(house.settings, "backup")
        try:
            done = _run(house, now, tell)
        except (OmsError, OSError) as problem:
            _end(house, now, before, [said(problem)], {})
            raise
        problems = [f"{each.label}: {each.problem}" for each in done.places if each.problem]
        problems += [f"file {sha} is missing or damaged" for sha in done.damaged]
        _end(house, now, before, problems, {each.purpose: each.number for each in done.places})
        return done


def _end(
    house: House, now: datetime, before: last_done.Done | None, problems: list[str], numbers: dict[str, int]
) -> None:
    """A row of the journal, the time for pages and monitors, and word to the administrators when it begins to fail."""
    last_done.keep(house.settings, "backup", last_done.Done(now, not problems, len(problems)))
    outcome = Outcome.FAILED if problems else Outcome.DONE
    with house.work(None, now) as uow:
        detail = {"numbers": numbers, "problems": len(problems)}
        note(uow, None, Verb.BACKUP_MAKE, now, what=What("backup"), outcome=outcome, detail=detail)
        if problems and (before is None or before.well):
            notices.tell(uow, notices.administrators(uow), "backup_failed", "backup", "", "", now)


@contextmanager
def _room(home: Path) -> Iterator[Path]:
    """A folder for the copy of the records; what a killed run left in it is gone."""
    folder = home / "tmp" / "backup"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(house: House, now: datetime, tell: Tell) -> Done:
    places, installation = depots(house.settings), installation_of(house)
    keys = BackupKeys(house.settings.keys)
    keys.recipients()
    with _room(house.settings.home) as folder, in_memory.room(_room_for_keys(house.settings)) as secret:
        body, parts = _records(house, folder)
        wanted, key_parts = _keys_of(house, secret)
        files = _files_of(house, wanted)
        damaged, done = set[str](), list[PlaceDone]()
        for depot in places:
            told = PlaceDone(depot.label, depot.purpose)
            done.append(told)
            try:
                with _deposit(house, depot, keys, installation, now) as deposit:
                    if depot.purpose == KEYS:
                        _put_keys(deposit, key_parts, {file_id for _sha, file_id in wanted}, body, told)
                    elif not _too_soon(house.settings, depot, deposit, now):
                        damaged |= _put_data(house, deposit, parts, body, files)
                        told.pruned = deposit.prune(_keep(house.settings)) if depot.purpose == DATA else 0
                    else:
                        told.skipped = True
                    told.number, told.written = deposit.number, deposit.done
            except (BackupFault, OSError, VaultLocked) as problem:
                told.problem = said(problem)
            tell(_line(told))
    return Done(now, done, sorted(damaged), body["tables"])


def _keep(settings: Settings) -> timedelta:
    return timedelta(days=settings.backup_days)


def _line(told: PlaceDone) -> str:
    if told.problem:
        return f"{told.purpose} {told.label}: {told.problem}"
    if told.skipped:
        return f"{told.purpose} {told.label}: not yet due"
    did = told.written
    left = f", {len(did.left)} files were changing and wait" if did.left else ""
    return (
        f"{told.purpose} {told.label}: run {told.number}, {did.objects} pieces and {did.files} files new, "
        f"{did.bytes} bytes written, {told.pruned} old runs removed{left}"
    )


@contextmanager
def _deposit(house: House, depot: Depot, keys: BackupKeys, installation: str, now: datetime) -> Iterator[Deposit]:
    state = State(state_file(house.settings.home, depot))
    try:
        yield Deposit(depot, state, keys, installation, now)
    finally:
        state.close()


def _too_soon(settings: Settings, depot: Depot, deposit: Deposit, now: datetime) -> bool:
    newest = deposit.state.newest()
    if depot.purpose != ONCE or newest is None:
        return False
    return now - datetime.fromisoformat(newest[2]) < timedelta(minutes=settings.backup_once_minutes)


def _records(house: House, folder: Path) -> tuple[dict[str, Any], list[Part]]:
    """What the manifest says of the records, and their files. The head of the journal is older than the copy."""
    settings, parts = house.settings, list[Part]()
    head = sealing.newest_head(house)
    if not house.database.on_server and settings.inbox.exists():
        # first: a row that is taken into the journal meanwhile is in both, and the journal remembers that it took it
        snapshot.copy_sqlite(settings.inbox, folder / "inbox.db")
        parts.append(Part("inbox.db", folder / "inbox.db"))
    taken = snapshot.take(house.database, folder)
    with house.look() as uow:
        revision = schema.revision(uow.session)
    body = {
        "program": VERSION,
        "schema": revision,
        "engine": taken.engine,
        "tables": taken.tables,
        "checkpoint": head[1] if head else "",
        "settings": {name: value for name, value in sorted(os.environ.items()) if _is_told(name)},
    }
    return body, [*taken.parts, *parts, *_beside(settings)]


def _is_told(name: str) -> bool:
    return name.startswith("OMS_") and not any(word in name for word in NOT_TOLD)


def _beside(settings: Settings) -> Iterator[Part]:
    """Every other file of the installation: models, trusted certificates, checkpoints kept, what waits to come in."""
    home, elsewhere = settings.home, kept_otherwise(settings)
    for top in sorted(home.iterdir()):
        if top.name in NOT_KEPT or top.name.startswith(
            ("oms.db", "inbox.db", "queue.db", "hashing.", ".", "restoring")
        ):
            continue
        if top.is_file():
            paths: Iterable[Path] = () if top.name.endswith(".lock") else (top,)
        else:
            paths = sorted(top.rglob("*"))
        for path in paths:
            about = path.lstat()
            apart = any(path == each or path.is_relative_to(each) for each in elsewhere)
            if stat.S_ISREG(about.st_mode) and not apart:
                yield Part(str(path.relative_to(home)), path, mode=about.st_mode & 0o700)


def _room_for_keys(settings: Settings) -> int:
    path = Path(settings.keys_database_url.removeprefix("sqlite:///"))
    return path.stat().st_size if path.is_file() else 64 * 1024 * 1024


def kept_otherwise(settings: Settings) -> list[Path]:
    """Files and folders that are no part of the rest, wherever in OMS_HOME they were put: keys above all."""
    named = [settings.vault_place, settings.vault_copy, *settings.backup, settings.backup_once, settings.backup_keys]
    folders = [Path(each).resolve() for each in named if each and not each.startswith("s3://")]
    urls = [url for url in (settings.database_url, settings.keys_database_url) if url.startswith("sqlite:///")]
    files = [Path(url.removeprefix("sqlite:///") + end).resolve() for url in urls for end in ("", "-wal", "-shm")]
    secrets = [settings.journal_key, settings.signing.secret_file if settings.signing else None]
    secrets += [settings.signing.pkcs12 if settings.signing else None, settings.database_key]
    return [*folders, *files, *(each.resolve() for each in secrets if each)]


def _keys_of(house: House, secret: Path) -> tuple[list[tuple[str, str]], list[Part]]:
    """Files that have a key (SHA-256, id of the sealing), and the folder of secrets with a copy of the keys in it."""
    file = secret / "files.db"
    snapshot.copy_keys(house.settings.keys_database_url, file)
    parts, sealed = [Part("files.db", file)], house.settings.database_key
    if sealed is not None:
        parts.append(Part(DATABASE_KEY, sealed))
    for path in sorted(house.settings.keys.iterdir()):
        unended = path.suffix in (".part", ".new", ".next") or path.name.startswith("files.db") or path == sealed
        # the journal's key is the sealer's own where that is another user
        if path.is_file() and not unended and os.access(path, os.R_OK):
            parts.append(Part(path.name, path, mode=path.stat().st_mode & 0o700))
    return list(snapshot.file_keys(file)), parts


def _put_keys(deposit: Deposit, parts: list[Part], held: set[str], body: dict[str, Any], told: PlaceDone) -> None:
    destroyed = deposit.state.gone_since(held)
    known = deposit.state.value("held") == "known"
    told_parts = [each for part in parts if (each := deposit.part(part)) is not None]
    deposit.end({"program": body["program"], "schema": body["schema"], "parts": told_parts, "keys": len(held)})
    try:
        deposit.keep_few(destroyed if known else 1)
    except OSError as problem:
        raise BackupFault(
            f"older snapshots cannot be removed ({said(problem)}): they may hold keys of {destroyed} destroyed files"
        ) from None
    deposit.state.hold(only=True)
    deposit.state.keep_value("held", "known")


def _put_data(house: House, deposit: Deposit, parts: list[Part], body: dict[str, Any], files: FilesOf) -> set[str]:
    """Records and files into a place, the manifest last; files that are damaged here and were not taken."""
    if deposit.depot.purpose == ONCE:
        parts = [part for part in parts if not part.name.startswith(WAITS)]
    told = [each for part in parts if (each := deposit.part(part)) is not None]
    if any(name.startswith(("oms.db", "tables/", "inbox.db")) for name in deposit.done.left):
        raise BackupFault("the copy of the records changed on the disk")
    damaged = _put_files(house, deposit, files)
    deposit.end(body | {"parts": told, "files": deposit.files(), "once": deposit.depot.purpose == ONCE})
    return damaged


@dataclass(frozen=True)
class FilesOf:
    """Files of the vault with the ids of their sealings ("" in the clear), and those of them the records name."""

    wanted: tuple[tuple[str, str], ...]
    named: frozenset[str]


def _files_of(house: House, sealed: list[tuple[str, str]]) -> FilesOf:
    with house.look() as uow:
        named = frozenset(papers.kept_files(uow.session))
    in_the_clear = named - {sha for sha, _file_id in sealed}
    return FilesOf((*sealed, *((sha, "") for sha in sorted(in_the_clear))), named)


def _put_files(house: House, deposit: Deposit, files: FilesOf) -> set[str]:
    vault, judges, damaged = house.vault, _opens(house), set[str]()
    for sha, file_id in deposit.state.missing(files.wanted):
        try:
            lies = vault.file_id(sha)
            if (lies.hex() if lies else "") != file_id:
                continue  # overtaken by another sealing, or on its way
            if judges:
                vault.verify(sha)
            with vault.place.open(sha) as stream:
                deposit.file(sha, file_id, stream)
        except FileDamaged:
            if sha in files.named:  # what no record names is a sealing that never came to its end
                damaged.add(sha)
    return damaged


def _opens(house: House) -> bool:
    """Whether files can be judged before they are taken: with a passphrase or a token nobody is asked every time."""
    keys = house.vault.sealing()
    if keys is None or keys.master().keeper != "file":
        return False
    try:
        keys.follow()
    except VaultLocked:
        return False
    return True


def said(problem: Exception) -> str:
    """A problem in words for the operator: nothing of what is kept stands in them."""
    if isinstance(problem, OSError):
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            return "the place is full"
        return f"it does not answer ({type(problem).__name__}: {os.strerror(problem.errno or errno.EIO)})"
    return str(problem) or type(problem).__name__


@disk.told()
def check(house: House, tell: Tell) -> int:
    """Reads everything the newest run of each place needs, as it lies there; how many pieces are bad or missing.

    What is bad is written anew by the next run; where nothing may be written over it is only told. DiskFull or
    DiskFailed when there is no room for the note of what is bad.
    """
    bad = 0
    for depot in depots(house.settings):
        depot.check(installation_of(house))
        state = State(state_file(house.settings.home, depot))
        try:
            names = [name for name, sum, size in list(state.sums()) if sum and not depot.is_whole(name, sum, size)]
            for name in names:
                tell(f"{depot.purpose} {depot.label}: piece {name} is missing or damaged")
                if depot.purpose != ONCE:
                    state.drop(name)
            bad += len(names)
            tell(f"{depot.purpose} {depot.label}: {len(names)} pieces bad")
        finally:
            state.close()
    return bad


def late(settings: Settings, now: datetime) -> bool:
    """Whether backups are wanted and the last one that went well is too old."""
    last = last_done.last(settings, "backup")
    return bool(settings.backup) and (last is None or now - last.at > LATE)


def tell_late(house: House, now: datetime) -> None:
    """Leaves word with the administrators that the last backup is too old."""
    with house.work(None, now) as uow:
        notices.tell(uow, notices.administrators(uow), "backup_late", "backup", "", "", now)


def carried_by(paths: Iterable[Path]) -> Any:
    """What stands in identity files; BackupFault when one cannot be read."""
    try:
        return carried([path.read_text(encoding="utf-8", errors="replace") for path in paths])
    except OSError as problem:
        raise BackupFault(f"the identity file cannot be read: {type(problem).__name__}") from None
