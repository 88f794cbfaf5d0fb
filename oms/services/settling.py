"""Files that come by themselves: one is taken once it has stopped changing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path


@dataclass
class Settling:
    """What a watched folder held at the last look: path → (size, time of change, unchanged since)."""

    seconds: float
    _seen: dict[Path, tuple[int, int, datetime]] = field(default_factory=dict)

    def ready(self, paths: Iterable[Path], now: datetime) -> list[Path]:
        """Of these files the regular ones unchanged for the settle time, in two looks and by our own clock."""
        wait, seen, done = timedelta(seconds=self.seconds), {}, []
        for path in sorted(paths):
            if path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            state = (status.st_size, status.st_mtime_ns)
            old = self._seen.get(path)
            since = old[2] if old is not None and old[:2] == state else now
            seen[path] = (*state, since)
            if now - since >= wait:
                done.append(path)
        self._seen = seen
        return done

    def forget(self, path: Path) -> None:
        """A file whose name comes again starts anew."""
        self._seen.pop(path, None)
