"""Moving an installation from the embedded database to a server, while people work; proved before it counts.

First a snapshot is copied and read back, and work goes on. Then the embedded database is closed for good: nobody writes
while what changed meanwhile follows, and the proof is made. Only then is the server's side committed: all of it or
nothing. Killed at any moment, one of the two holds everything that was acknowledged, never both halves; the command is
simply repeated. What lies beside the database (vault, keys, index) stays where it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from oms.errors import SettingsError
from oms.services import alone
from oms.services.house import House, UnitOfWork
from oms.settings import Settings
from oms.store import journal, journal_seal, move, papers, schema
from oms.store.db import MOVED
from oms.store.move import NotMoved, Seen, Sum, Target, Tell


@dataclass(frozen=True)
class Moved:
    """What was proved: each table's sum, the journal's tree, files named, and how long nobody could write."""

    tables: dict[str, Sum]
    changed: frozenset[str]
    """Tables that changed between the snapshot and the end."""
    entries: int
    root: str
    checkpoints: int
    files: int
    missing: int
    """Files of the vault that the database names and that are not there: they were missing before."""
    sequences: int
    closed_seconds: float


def file_of(settings: Settings) -> Path:
    """The embedded database's file; SettingsError where there is none."""
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    if not settings.database_url.startswith("sqlite:///") or not path.is_file():
        raise SettingsError("OMS_DATABASE_URL: oms move begins at an installation on SQLite")
    return path


def reopen(settings: Settings) -> None:
    """Opens an embedded database that was closed by a move: its operator goes on with it after all."""
    move.mark(file_of(settings), 0)


def is_closed(settings: Settings) -> bool:
    """Whether the embedded database takes nothing more."""
    return move.marked(file_of(settings)) == MOVED


def move_to(settings: Settings, url: str, admin_url: str, now: datetime, tell: Tell) -> Moved:
    """Moves everything to the server's database; NotMoved says what stands in the way, and nothing has changed then."""
    file_of(settings)
    here = House(settings)
    try:
        with alone.only_one(settings.home / "move.lock") as mine:
            if not mine:
                raise NotMoved("another move of this installation is running")
            if not schema.is_current(here.database.engine):
                raise NotMoved("the embedded database wants a newer schema first: run oms setup")
            schema.same_database(url, admin_url)
            schema.by_administrator(admin_url)
            with schema.as_administrator(admin_url) as engine, engine.connect() as connection:
                target = Target(connection)
                if is_closed(settings) and move.holds_journal(connection):
                    return _again(here, target, tell)
                target.begin()
                with _seen(settings) as seen:
                    return _all(here, target, seen, now, tell)
    finally:
        here.close()


@contextmanager
def _seen(settings: Settings) -> Iterator[Seen]:
    with closing(Seen(settings.home / "tmp" / "move" / "seen.db")) as seen:
        yield seen


def _all(here: House, target: Target, seen: Seen, now: datetime, tell: Tell) -> Moved:
    with here.look() as uow:
        move.copy(move.door(uow.session), target, seen, tell)
    target.count()
    _prove(target, target.sums)
    begun = time.monotonic()
    try:
        with here.last_work() as uow:
            session = uow.session
            journal.take_inbox(session, here.settings.inbox, now)
            source = move.door(session)
            changed = move.follow(source, target, seen, tell)
            _prove(target, changed)
            found = _whole(here, uow, target)
            numbers = target.sequences(move.numbers_given(source))
            move.close(source, MOVED)
    except BaseException:
        target.give_up()
        reopen(here.settings)
        raise
    tell("closed", "", 0)
    target.commit()
    return replace(found, changed=frozenset(changed), sequences=numbers, closed_seconds=time.monotonic() - begun)


def _again(here: House, target: Target, tell: Tell) -> Moved:
    """Of a move that was done, and whose end nobody was told of: the proof once more, nothing is written."""
    with here.look() as uow:
        for table in move.tables():
            target.sums[table.name] = move.summed(move.door(uow.session), table)
            tell("copied", table.name, target.sums[table.name].rows)
        _prove(target, target.sums)
        return _whole(here, uow, target)


def _prove(target: Target, names: Iterable[str]) -> None:
    wrong = move.differing(target, names)
    if wrong:
        raise NotMoved(f"what was read back differs: {', '.join(wrong)}")


def _whole(here: House, uow: UnitOfWork, target: Target) -> Moved:
    """The journal's tree on both sides against every checkpoint, and the files that the server's side names."""
    with target.session() as arrived:
        verdicts = [journal_seal.check(each, here.signer, (), guards=False) for each in (uow.session, arrived)]
        files = papers.kept_files(arrived)
    if not all(verdict.whole for verdict in verdicts) or verdicts[0].root != verdicts[1].root:
        problem = next((verdict.problem for verdict in verdicts if verdict.problem), "the roots differ")
        raise NotMoved(f"the journal: {problem}")
    missing, tree = sum(not here.vault.is_there(sha) for sha in files), verdicts[1]
    tables, proved = dict(target.sums), (tree.entries, tree.root, tree.checkpoints)
    return Moved(tables, frozenset(), *proved, files=len(files), missing=missing, sequences=0, closed_seconds=0.0)


def table_of(done: Moved) -> list[str]:
    """The proof as lines: a table, its rows, the sum that both sides come to."""
    width = max(map(len, done.tables))
    lines = [f"{name:<{width}}  {found.rows:>10}  {found}" for name, found in sorted(done.tables.items())]
    told = [
        f"{len(done.tables)} tables, {sum(found.rows for found in done.tables.values())} rows: the same on both sides",
        f"journal: {done.entries} entries, {done.checkpoints} checkpoints, root {done.root}",
        f"vault: {done.files} files named, {done.missing} of them missing; {done.sequences} sequences set",
        f"{len(done.changed)} tables changed during the copy; nobody could write for {done.closed_seconds:.1f} s",
    ]
    return lines + told
