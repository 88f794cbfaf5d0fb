"""What a program counts of its own work for whoever watches from outside: no person, no id, no text of anybody.

Each process keeps its figures in memory and writes them every few seconds to a file of its own; ``oms metrics`` adds
them up. A write that fails is left out: whoever cannot measure works on. (prometheus_client's own mode for several
processes maps its files into memory, and the kernel kills a process that writes there when the disk is full.)
"""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 3.0, 10.0, 60.0)
"""Upper bounds of a duration, in seconds; what took longer than the last counts beyond it."""
EVERY = 5.0
"""Seconds between two writings: what a killed process loses of its figures at most."""

COUNTS: Mapping[str, tuple[str, ...]] = {
    "requests": ("desk", "method", "status"),
    "pages_read": ("ended",),
    "copies_made": ("ended",),
}
TIMES: Mapping[str, tuple[str, ...]] = {"request_seconds": ("desk",), "lock_wait_seconds": ()}
"""Everything that is counted and timed, with the names of its labels."""
PLAIN = re.compile(r"[a-zA-Z0-9_]{1,40}")
"""A label is a word of the program's own; anything else is counted as "other" and written nowhere."""

Key = tuple[str, ...]


@dataclass
class Sums:
    """Figures by name and labels; durations as numbers per bucket (one more than there are bounds) and their sum."""

    counts: dict[Key, float] = field(default_factory=dict)
    times: dict[Key, list[float]] = field(default_factory=dict)

    def add(self, key: Key, number: float) -> None:
        """Counts on."""
        self.counts[key] = self.counts.get(key, 0.0) + number

    def observe(self, key: Key, seconds: float) -> None:
        """Counts a duration."""
        found = self.times.setdefault(key, [0.0] * (len(BUCKETS) + 2))
        found[bisect_left(BUCKETS, seconds)] += 1
        found[-1] += seconds

    def take(self, other: Sums) -> None:
        """Adds another process's figures to these."""
        for key, number in other.counts.items():
            self.add(key, number)
        for key, numbers in other.times.items():
            mine = self.times.setdefault(key, [0.0] * len(numbers))
            self.times[key] = [a + b for a, b in zip(mine, numbers, strict=True)]

    def to_json(self) -> str:
        """One line, for the file."""
        return json.dumps({"counts": [*self.counts.items()], "times": [*self.times.items()]})

    @classmethod
    def from_json(cls, text: str) -> Sums:
        """The other way; ValueError for anything else."""
        said = json.loads(text)
        try:
            counts = {tuple(map(str, key)): float(number) for key, number in said["counts"]}
            times = {tuple(map(str, key)): [float(number) for number in numbers] for key, numbers in said["times"]}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no figures") from error
        known = {name: len(labels) + 1 for name, labels in {**COUNTS, **TIMES}.items()}
        odd = [key for key in (*counts, *times) if not key or known.get(key[0]) != len(key)]
        if odd or any(len(numbers) != len(BUCKETS) + 2 for numbers in times.values()):
            raise ValueError("figures of another version")
        return cls(counts, times)


class Tally:
    """The figures of one process. A process that was forked begins its own, with a file of its own."""

    def __init__(self, folder: Path, program: str) -> None:
        self._folder, self._program = folder, program
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._sums, self._fresh, self._writing = Sums(), False, False
        self._file = self._folder / f"{self._program}-{os.getpid()}-{secrets.token_hex(4)}.json"

    def forked(self) -> None:
        """In the child: what the parent counted is the parent's to tell."""
        self._begin()

    def add(self, key: Key, number: float) -> None:
        """Counts on."""
        with self._lock:
            self._sums.add(key, number)
            self._changed()

    def observe(self, key: Key, seconds: float) -> None:
        """Counts a duration."""
        with self._lock:
            self._sums.observe(key, seconds)
            self._changed()

    def _changed(self) -> None:
        self._fresh = True
        if not self._writing:
            self._writing = True
            threading.Thread(target=self._write_on, args=(threading.Event(),), name="measures", daemon=True).start()

    def _write_on(self, pause: threading.Event) -> None:
        while True:
            pause.wait(EVERY)
            self.write()

    def write(self) -> None:
        """Writes what is new; a disk that does not take it is asked again the next time."""
        with self._lock:
            if not self._fresh:
                return
            text, self._fresh = self._sums.to_json(), False
        beside = self._file.with_suffix(".new")
        try:
            beside.write_text(text, encoding="ascii")
            beside.replace(self._file)
        except OSError:
            self._fresh = True


_tally: Tally | None = None


def begin(folder: Path, program: str) -> None:
    """From here on this process, and what it forks, counts; without it counting is nothing."""
    global _tally
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _tally is None:
        os.register_at_fork(after_in_child=_forked)
        atexit.register(write)
    _tally = Tally(folder, program)


def _forked() -> None:
    if _tally is not None:
        _tally.forked()


def end() -> None:
    """Writes the last figures and counts no more."""
    global _tally
    write()
    _tally = None


def write() -> None:
    """Writes this process's figures now."""
    if _tally is not None:
        _tally.write()


def count(name: str, *labels: str, number: float = 1.0) -> None:
    """Counts something of :data:`COUNTS`."""
    if _tally is not None:
        _tally.add(_key(COUNTS, name, labels), number)


def took(name: str, seconds: float, *labels: str) -> None:
    """Counts a duration of :data:`TIMES`."""
    if _tally is not None:
        _tally.observe(_key(TIMES, name, labels), seconds)


def _key(known: Mapping[str, tuple[str, ...]], name: str, labels: tuple[str, ...]) -> Key:
    if len(known[name]) != len(labels):
        raise ValueError(f"{name} has the labels {', '.join(known[name])}")
    return name, *(label if PLAIN.fullmatch(label) else "other" for label in labels)


def summed(folder: Path) -> Sums:
    """The figures of every process that counted since the folder was emptied; a file that is none is left out."""
    found = Sums()
    for path in sorted(folder.glob("*.json")):
        try:
            found.take(Sums.from_json(path.read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return found


def forget(folder: Path, before: float | None = None) -> None:
    """Removes the files of an earlier run: all, or those last written before that time (seconds of the epoch)."""
    for path in [*folder.glob("*.json"), *folder.glob("*.new")]:
        try:
            if before is None or path.stat().st_mtime < before:
                path.unlink()
        except OSError:
            continue
