"""When something that keeps an installation safe was last done, for the pages and whoever watches: a small file each.

The database is not asked: it may be what is broken. What is written here is a help to the eye, no proof.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime

from oms.settings import Settings

KINDS = ("check", "backup", "restore_drill")


@dataclass(frozen=True)
class Done:
    """When it ended, whether it went well, and how many findings or files it told of."""

    at: datetime
    well: bool
    number: int = 0


def keep(settings: Settings, kind: str, done: Done) -> None:
    """Writes down that something of :data:`KINDS` was done; a disk that does not take it changes nothing else."""
    if kind not in KINDS:
        raise ValueError(kind)
    folder = settings.home / "last"
    said = {"at": done.at.isoformat(), "well": done.well, "number": done.number}
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        beside = folder / f"{kind}.{os.getpid()}.new"
        beside.write_text(json.dumps(said), encoding="ascii")
        beside.replace(folder / f"{kind}.json")
    except OSError:
        return


def last(settings: Settings, kind: str) -> Done | None:
    """When it was last done; None when that is not known."""
    try:
        said = json.loads((settings.home / "last" / f"{kind}.json").read_text(encoding="ascii"))
        at = datetime.fromisoformat(said["at"])
        return Done(at, bool(said["well"]), int(said["number"])) if at.tzinfo else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
