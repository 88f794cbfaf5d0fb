"""Ours at many times the size of an index that was built: the same words again under other ids and other marks.

A million papers take an hour to build on a busy machine. What a question costs depends on how many papers hold its
words and on their marks: each copy has ids of its own and the marks of other papers. Only the different misspellings
of names are fewer than in so many papers really made, though they are looked through as often.
"""

import copy
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from search_index import Doc, WhooshEngine
from search_index.model import Changes, Marks, Text
from search_index.segment import Tie
from search_index.sources import SqliteSource
from search_index.whoosh_files import SegmentFiles

_SHIFT = 9973


class Copies:
    """A source's documents many times, each time with the marks of others."""

    def __init__(self, source: SqliteSource, times: int) -> None:
        self._source, self._times = source, times

    def changes(self, after: int) -> Changes:
        """Return that nothing changes."""
        return self._source.changes(after)

    def marks(self, ids: Collection[str] | None = None) -> Iterable[Marks]:
        """Return the marks of all."""
        rows = list(self._source.marks())
        for number in range(self._times):
            for at, own in enumerate(rows):
                other = rows[(at + number * _SHIFT) % len(rows)]
                yield other._replace(id=f"{own.id}.{number}", person=f"{other.person}.{number}",
                                     dossier=f"{other.dossier}.{number}")  # fmt: skip

    def texts(self, ids: Collection[str]) -> Mapping[str, Text]:
        """Return the texts of these documents."""
        found = self._source.texts({id_.partition(".")[0] for id_ in ids})
        return {id_: found[id_.partition(".")[0]] for id_ in ids}

    def names(self, persons: Collection[str] | None = None) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Return the names of all persons."""
        for person, names in self._source.names():
            for number in range(self._times):
                yield f"{person}.{number}", names


class ManyTimes(WhooshEngine):
    """An engine that reads every segment many times; it cannot be written."""

    def __init__(self, home: Path, times: int) -> None:
        self._times = times
        super().__init__(home, Copies(SqliteSource(home / "documents.db"), times), create=False)

    def add(self, docs: Iterable[Doc]) -> int:
        """Refuse."""
        raise NotImplementedError

    def _load_if_newer(self) -> bool:
        newer = super()._load_if_newer()
        if newer:
            self._loaded = {
                f"{name}.{number}": (_again(files, number), kept)
                for number in range(self._times)
                for name, (files, kept) in self._loaded.items()
            }
        return newer


def _again(files: SegmentFiles, number: int) -> SegmentFiles:
    made = copy.copy(files)
    made.ids = [f"{id_}.{number}" for id_ in files.ids]
    made.numbers = {}
    made.tie = Tie.of(made.ids)
    made._slots = None
    return made
