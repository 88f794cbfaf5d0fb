"""Is this installation ready for work? Asked by load balancers and monitors; tells the parts that are not, no more."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from oms.errors import VaultLocked
from oms.services.house import House
from oms.services.integrity import QUIET
from oms.settings import Settings
from oms.store.file_place import FolderPlace
from oms.store.pulse import Pulse, pulse
from search_index import SearchError

PARTS = ("database", "schema", "vault", "index", "sealer", "disk")
_ALL = os.R_OK | os.W_OK | os.X_OK
BEHIND = 1000
"""Entries that wait for their seal: a sealer that runs has never so many."""


def unready(house: House, now: datetime) -> tuple[str, ...]:
    """The parts of :data:`PARTS` that are not as they have to be; empty when the installation can work."""
    beat = pulse(house.database, now)
    well = {
        "database": beat.writable,
        "schema": beat.current or not beat.writable,  # of a database that does not answer nothing more is known
        "vault": vault_there(house),
        "index": index_there(house),
        "sealer": not (beat.writable and beat.current) or seals(beat, now),
        "disk": free_bytes(house.settings) >= house.settings.disk_floor,
    }
    return tuple(part for part in PARTS if not well[part])


def vault_there(house: House) -> bool:
    """Whether files can be kept and found: their place answers and is this installation's, a folder can be written."""
    try:
        house.vault.check_place()
    except (VaultLocked, OSError):
        return False
    root = house.vault.root
    return not isinstance(house.vault.place, FolderPlace) or (root.is_dir() and os.access(root, _ALL))


def index_there(house: House) -> bool:
    """Whether a generation of the search index is in force."""
    try:
        house.index.live()
    except (SearchError, OSError):
        return False
    return True


def seals(beat: Pulse, now: datetime) -> bool:
    """Whether the sealer has been heard of lately and keeps up."""
    if not beat.newest_at:
        return False
    quiet = now - datetime.fromisoformat(beat.newest_at).astimezone(UTC)
    behind = beat.entries - beat.sealed
    late = bool(behind) and beat.sealed_at is not None and now - beat.sealed_at > QUIET
    return quiet <= QUIET and behind <= BEHIND and not late


def free_bytes(settings: Settings) -> int:
    """The fewest free bytes of the places where the installation keeps its things; a place that is not there has none.

    A missing vault is told as that, not as a full disk.
    """
    places = [place for place in (settings.home, settings.vault) if place.is_dir()]
    return min((shutil.disk_usage(place).free for place in places), default=0)


@dataclass
class Kept:
    """The last answer, kept for a moment: the door is open to strangers, who could otherwise ask the disk to death."""

    seconds: float = 1.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _at: float = float("-inf")
    _answer: tuple[str, ...] = ()

    def unready(self, house: House, now: datetime) -> tuple[str, ...]:
        """As :func:`unready`, at most this old. One asks, the others wait for its answer."""
        with self._lock:
            if time.monotonic() - self._at >= self.seconds:
                self._answer = unready(house, now)
                self._at = time.monotonic()
            return self._answer
