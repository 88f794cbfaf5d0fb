"""Where keys and rows are kept for the live search: what a store must do, one in memory, one in SQLite's files.

The application keeps them in its own database behind the same protocol; its tests run the same contract.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from linkage.levels import Row


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the store keeps it: its row (the first value is its identity) and the keys it is found under."""

    row: Row
    keys: tuple[int, ...]

    @property
    def record_id(self) -> str:
        """The record's identity in its block."""
        return str(self.row[0])


class KeyStore(Protocol):
    """Rows and keys of all blocks. A block never sees another's unless it is asked for by name."""

    def put(self, block: str, entries: Iterable[Entry]) -> None:
        """Keep these records; what was kept of the same record before is gone, its keys too."""

    def remove(self, block: str, record_ids: Iterable[str]) -> None:
        """Forget these records; one that is not kept is no error."""

    def sharing(self, block: str, keys: Mapping[int, int]) -> set[str]:
        """Return the records under any of the keys; a key under which more than its bound lie brings none."""

    def count(self, block: str, key: int) -> int:
        """Return how many records lie under a key."""

    def rows(self, block: str, record_ids: Iterable[str]) -> list[Row]:
        """Return the rows of these records, those that are kept, in the order of their identities."""

    def size(self, block: str) -> int:
        """Return how many records of a block are kept; asked at every search, so it must not count them."""


class MemoryStore:
    """The twin in memory: nothing outlives the process."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {}
        self._under: dict[tuple[str, int], set[str]] = {}

    def put(self, block: str, entries: Iterable[Entry]) -> None:
        """Keep these records."""
        kept = self._entries.setdefault(block, {})
        for entry in entries:
            self.remove(block, [entry.record_id])
            kept[entry.record_id] = entry
            for key in entry.keys:
                self._under.setdefault((block, key), set()).add(entry.record_id)

    def remove(self, block: str, record_ids: Iterable[str]) -> None:
        """Forget these records."""
        kept = self._entries.get(block, {})
        for record_id in record_ids:
            entry = kept.pop(record_id, None)
            for key in entry.keys if entry else ():
                self._under[block, key].discard(record_id)

    def sharing(self, block: str, keys: Mapping[int, int]) -> set[str]:
        """Return the records under any key that is not crowded."""
        found = (self._under.get((block, key), set()) for key in keys)
        return set().union(*(ids for ids, most in zip(found, keys.values(), strict=True) if len(ids) <= most))

    def count(self, block: str, key: int) -> int:
        """Return how many records lie under a key."""
        return len(self._under.get((block, key), ()))

    def rows(self, block: str, record_ids: Iterable[str]) -> list[Row]:
        """Return the rows of these records."""
        kept = self._entries.get(block, {})
        return [kept[record_id].row for record_id in sorted(record_ids) if record_id in kept]

    def size(self, block: str) -> int:
        """Return how many records of a block are kept."""
        return len(self._entries.get(block, {}))


_SCHEMA = """
CREATE TABLE IF NOT EXISTS link_feature (
    n INTEGER PRIMARY KEY, block TEXT NOT NULL, record_id TEXT NOT NULL, row TEXT NOT NULL, keys TEXT NOT NULL,
    UNIQUE (block, record_id));
CREATE TABLE IF NOT EXISTS link_key (
    block TEXT NOT NULL, k INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (block, k, n)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link_block (block TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;
"""


class SqliteStore:
    """The same in a SQLite file, with the standard library alone: for the command line and for a million records."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    @contextmanager
    def _change(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def put(self, block: str, entries: Iterable[Entry]) -> None:
        """Keep these records, all or none."""
        with self._change():
            for entry in entries:
                self._forget(block, entry.record_id)
                self._grow(block, 1)
                keys = sorted(set(entry.keys))
                cursor = self._db.execute(
                    "INSERT INTO link_feature (block, record_id, row, keys) VALUES (?, ?, ?, ?)",
                    (block, entry.record_id, json.dumps(entry.row, ensure_ascii=False), json.dumps(keys)),
                )
                self._db.executemany(
                    "INSERT INTO link_key VALUES (?, ?, ?)", [(block, k, cursor.lastrowid) for k in keys]
                )

    def _forget(self, block: str, record_id: str) -> None:
        where = (block, record_id)
        found = self._db.execute("SELECT n, keys FROM link_feature WHERE block = ? AND record_id = ?", where).fetchone()
        if found is None:
            return
        keys = [(block, key, found[0]) for key in json.loads(found[1])]
        self._db.executemany("DELETE FROM link_key WHERE block = ? AND k = ? AND n = ?", keys)
        self._db.execute("DELETE FROM link_feature WHERE n = ?", found[:1])
        self._grow(block, -1)

    def _grow(self, block: str, by: int) -> None:
        """Keep count: every search asks for the size, and counting a million rows takes longer than all the rest."""
        self._db.execute(
            "INSERT INTO link_block VALUES (?, ?) ON CONFLICT (block) DO UPDATE SET size = size + excluded.size",
            (block, by),
        )

    def remove(self, block: str, record_ids: Iterable[str]) -> None:
        """Forget these records."""
        with self._change():
            for record_id in record_ids:
                self._forget(block, record_id)

    def sharing(self, block: str, keys: Mapping[int, int]) -> set[str]:
        """Return the records under any key that is not crowded."""
        numbers: set[int] = set()
        for key, most in keys.items():
            found = self._db.execute(
                "SELECT n FROM link_key WHERE block = ? AND k = ? LIMIT ?", (block, key, most + 1)
            ).fetchall()
            if len(found) <= most:
                numbers.update(n for (n,) in found)
        asked = "SELECT record_id FROM link_feature WHERE n = ?"
        return {self._db.execute(asked, (number,)).fetchone()[0] for number in numbers}

    def count(self, block: str, key: int) -> int:
        """Return how many records lie under a key."""
        asked = "SELECT count(*) FROM link_key WHERE block = ? AND k = ?"
        return int(self._db.execute(asked, (block, key)).fetchone()[0])

    def rows(self, block: str, record_ids: Iterable[str]) -> list[Row]:
        """Return the rows of these records."""
        asked = "SELECT row FROM link_feature WHERE block = ? AND record_id = ?"
        found = (self._db.execute(asked, (block, record_id)).fetchone() for record_id in sorted(record_ids))
        return [json.loads(row[0]) for row in found if row is not None]

    def size(self, block: str) -> int:
        """Return how many records of a block are kept."""
        found = self._db.execute("SELECT size FROM link_block WHERE block = ?", (block,)).fetchone()
        return int(found[0]) if found else 0
