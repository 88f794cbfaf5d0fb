"""Whole registers normalised portion by portion, on several cores when there are many rows."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from linkage.normalise import Feature, normalise
from linkage.records import Record

PORTION = 5_000
FEW = 4
"""Portions below which more processes cost more than they save."""


def _some(records: list[Record]) -> list[Feature]:
    return [normalise(record) for record in records]


def _portions(records: Iterable[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while portion := list(islice(rest, PORTION)):
        yield portion


def normalised(records: Iterable[Record], jobs: int | None = None) -> Iterator[list[Feature]]:
    """Yield the features of the records in their order, a portion at a time: a million rows are never all in memory."""
    workers = jobs or os.cpu_count() or 1
    portions = _portions(records)
    first = list(islice(portions, FEW))
    if workers < 2 or len(first) < FEW:
        for portion in first:
            yield _some(portion)
        for portion in portions:
            yield _some(portion)
        return
    with ProcessPoolExecutor(workers) as pool:
        waiting: deque[Future[list[Feature]]] = deque(pool.submit(_some, portion) for portion in first)
        for portion in portions:
            waiting.append(pool.submit(_some, portion))
            if len(waiting) > 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
