"""What keeps the search index right on a disk that does not: its files are read again, a damaged one is told of.

The index is a cache: it is made anew from the records, and nothing of it has to be repaired.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oms.domain.journal import Verb
from oms.services import notices
from oms.services.house import House, What, note
from oms.services.index_place import IndexPlace
from search_index import IndexFormatError

log = logging.getLogger(__name__)
EVERY = 10.0
"""Seconds between two files at least."""
BYTES_A_SECOND = 4_000_000
"""Of a large file: its reading is paid for by a longer wait, so that the disk is for the others."""


@dataclass
class RollingRead:
    """Goes round the files of the index in force, one at a time."""

    place: IndexPlace
    _due: float = 0.0
    _after: str = ""

    def step(self, directory: Path) -> None:
        """Reads the next file when it is due; IndexFormatError when it is not what was written."""
        if time.monotonic() < self._due:
            return
        names = sorted(self.place.files(directory))
        name = next((each for each in names if each > self._after), names[0] if names else "")
        self._after, self._due = name, time.monotonic() + EVERY
        if not name:
            return
        if not self.place.is_as_written(directory, name):
            raise IndexFormatError(f"file {name} of the index is not what was written")
        self._due += (self.place.words(directory) / name).stat().st_size / BYTES_A_SECOND


def damaged(place: IndexPlace, directory: Path) -> list[str]:
    """Every file of an index that is not what was written: for the operator's check."""
    return [name for name in sorted(place.files(directory)) if not place.is_as_written(directory, name)]


def tell_renewed(house: House, now: datetime) -> None:
    """Enters in the journal, and tells whoever looks after the installation, that a damaged index was made anew."""
    with house.work(None, now) as uow:
        note(uow, None, Verb.INDEX_RENEW, now, what=What("index"))
        to = {*notices.administrators(uow), *notices.officers(uow)}
        notices.tell(uow, to, "index_renewed", "index", "", "", now)
