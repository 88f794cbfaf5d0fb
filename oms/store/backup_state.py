"""What a machine remembers of a place of backup: objects that lie there, files, manifests. Lost, it is made anew.

An object counts from the manifest it came for (``first``) to the last one that names it (``gone``; NULL: the newest).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from oms.store.backup_form import FileEntry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, first INT NOT NULL, gone INT, sum TEXT NOT NULL,
    size INT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (seq INTEGER PRIMARY KEY, sha TEXT NOT NULL, file_id TEXT NOT NULL,
    object TEXT NOT NULL, sealed TEXT NOT NULL, size INT NOT NULL, sum TEXT NOT NULL, length INT NOT NULL,
    UNIQUE (sha, file_id));
CREATE TABLE IF NOT EXISTS manifests (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL,
    hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lists (segment INTEGER PRIMARY KEY, object TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS held (file_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE named (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE now_held (file_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class State:
    """One place's file. Every method is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._run = sqlite.connect(path, isolation_level=None, timeout=15)
        self._run.execute("PRAGMA journal_mode=WAL")
        self._run.execute("PRAGMA synchronous=NORMAL")
        self._run.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._run.close()

    def forget(self) -> None:
        """Begins anew: what is remembered is not what lies there."""
        for table in ("meta", "objects", "files", "manifests", "lists", "held"):
            self._run.execute(f"DELETE FROM {table}")  # noqa: S608

    def value(self, name: str) -> str:
        """A word that is kept; "" when it is not."""
        row = self._run.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def keep_value(self, name: str, value: str) -> None:
        """Keeps it."""
        self._run.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # --- objects ---

    def has(self, name: str) -> bool:
        """Whether the object lies in the place; asked for it is wanted again, so nothing removes it from here on."""
        row = self._run.execute("SELECT gone FROM objects WHERE name = ?", (name,)).fetchone()
        if row is not None and row[0] is not None:
            self._run.execute("UPDATE objects SET gone = NULL WHERE name = ?", (name,))
        return row is not None

    def known(self) -> set[str]:
        """Names of all objects."""
        return {row[0] for row in self._run.execute("SELECT name FROM objects")}

    def add(self, name: str, number: int, sum: str, size: int) -> None:
        """It lies there now, for the manifest of that number."""
        self._run.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, NULL, ?, ?)", (name, number, sum, size))

    def found(self, names: Iterable[str], newest: int) -> None:
        """They were found there and belong to manifests nobody remembers, up to that one."""
        self._run.execute("BEGIN")
        rows = ((name, newest) for name in names)
        self._run.executemany("INSERT OR IGNORE INTO objects VALUES (?, 0, ?, '', 0)", rows)
        self._run.execute("COMMIT")

    def sums(self) -> Iterator[tuple[str, str, int]]:
        """(name, SHA-256 as it lies there, bytes) of what the newest manifest names; "" where it is not known."""
        yield from self._run.execute("SELECT name, sum, size FROM objects WHERE gone IS NULL")
        yield from self._run.execute("SELECT object, sum, length FROM files ORDER BY seq")

    # --- manifests ---

    def newest(self) -> tuple[int, str, str, str] | None:
        """(number, hash, time, name) of the last manifest; None before the first."""
        asked = "SELECT number, hash, at, name FROM manifests ORDER BY number DESC LIMIT 1"
        row = self._run.execute(asked).fetchone()
        return (int(row[0]), str(row[1]), str(row[2]), str(row[3])) if row else None

    def manifests(self) -> list[tuple[int, str, str]]:
        """(number, name, time) of all that are kept, the oldest first."""
        rows = self._run.execute("SELECT number, name, at FROM manifests ORDER BY number")
        return [(int(number), str(name), str(at)) for number, name, at in rows]

    def finish(self, number: int, name: str, at: str, hash: str, named: Iterable[str]) -> None:
        """The manifest is in the place; ``named`` are the objects that it names beside files of the vault."""
        self._run.execute("BEGIN IMMEDIATE")
        self._run.execute("DELETE FROM named")
        self._run.executemany("INSERT OR IGNORE INTO named VALUES (?)", ((each,) for each in named))
        self._run.execute("INSERT OR REPLACE INTO manifests VALUES (?, ?, ?, ?)", (number, name, at, hash))
        self._run.execute(
            "UPDATE objects SET gone = ? WHERE gone IS NULL AND name NOT IN (SELECT name FROM named)", (number - 1,)
        )
        self._run.execute("COMMIT")

    def add_manifest(self, number: int, name: str, at: str, hash: str) -> None:
        """A manifest that was found in the place."""
        self._run.execute("INSERT OR REPLACE INTO manifests VALUES (?, ?, ?, ?)", (number, name, at, hash))

    def drop_manifest(self, number: int) -> None:
        """It was removed from the place."""
        self._run.execute("DELETE FROM manifests WHERE number = ?", (number,))

    def unneeded(self) -> list[str]:
        """Objects that no kept manifest names."""
        asked = (
            "SELECT name FROM objects AS o WHERE gone IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM manifests WHERE number BETWEEN o.first AND o.gone)"
        )
        return [str(row[0]) for row in self._run.execute(asked)]

    def drop(self, name: str) -> None:
        """It is not in the place any more, or not whole: it is written again where it is needed."""
        self._run.execute("DELETE FROM objects WHERE name = ?", (name,))
        self._run.execute("UPDATE files SET sum = '' WHERE object = ?", (name,))

    # --- files of the vault ---

    def add_file(self, entry: FileEntry, sum: str, length: int) -> None:
        """A file lies there now, as an object with this SHA-256 and so many bytes."""
        values = (entry.sha, entry.file_id, entry.object, entry.sealed, entry.size, sum, length)
        self._run.execute(
            "INSERT INTO files (sha, file_id, object, sealed, size, sum, length) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (sha, file_id) DO UPDATE SET sum = excluded.sum, length = excluded.length",
            values,
        )

    def missing(self, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of these files (SHA-256, id of the sealing) those that are not there."""
        self._run.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (sha TEXT, file_id TEXT)")
        self._run.execute("DELETE FROM wanted")
        self._run.execute("BEGIN")
        self._run.executemany("INSERT INTO wanted VALUES (?, ?)", wanted)
        self._run.execute("COMMIT")
        rows = self._run.execute(
            "SELECT sha, file_id FROM wanted EXCEPT SELECT sha, file_id FROM files WHERE sum <> ''"
        ).fetchall()
        self._run.execute("DELETE FROM wanted")
        return [(str(sha), str(file_id)) for sha, file_id in rows]

    def full_lists(self) -> list[str]:
        """Objects of the lists of files that take no more, in order."""
        return [str(row[0]) for row in self._run.execute("SELECT object FROM lists ORDER BY segment")]

    def keep_list(self, segment: int, object: str) -> None:
        """A list of files is full and lies there."""
        self._run.execute("INSERT OR REPLACE INTO lists VALUES (?, ?)", (segment, object))

    def files(self, after: int) -> Iterator[FileEntry]:
        """Files in the order in which they came, without the first so many."""
        asked = "SELECT sha, file_id, object, sealed, size FROM files ORDER BY seq LIMIT -1 OFFSET ?"
        for row in self._run.execute(asked, (after,)):
            yield FileEntry(*row)

    def counts(self) -> tuple[int, int]:
        """How many files, and their bytes."""
        row: Any = self._run.execute("SELECT count(*), COALESCE(sum(size), 0) FROM files").fetchone()
        return int(row[0]), int(row[1])

    # --- keys of files, in a place of keys ---

    def gone_since(self, held: Iterable[str]) -> int:
        """How many keys older snapshots of the place may hold that are destroyed now; ``held`` are those there are."""
        self._run.execute("BEGIN")
        self._run.execute("DELETE FROM now_held")
        self._run.executemany("INSERT OR IGNORE INTO now_held VALUES (?)", ((each,) for each in held))
        self._run.execute("COMMIT")
        row = self._run.execute(
            "SELECT count(*) FROM held WHERE file_id NOT IN (SELECT file_id FROM now_held)"
        ).fetchone()
        return int(row[0])

    def hold(self, only: bool) -> None:
        """The keys of the last question lie there now; ``only``: no others, older snapshots are gone."""
        self._run.execute("BEGIN IMMEDIATE")
        if only:
            self._run.execute("DELETE FROM held WHERE file_id NOT IN (SELECT file_id FROM now_held)")
        self._run.execute("INSERT OR IGNORE INTO held SELECT file_id FROM now_held")
        self._run.execute("COMMIT")
