"""Whole registers normalised portion by portion, on several cores when there are many rows."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from linkage.normalise import Feature, normalise
from linkage.plan import CADRES
from linkage.records import Record, Values

if TYPE_CHECKING:
    import pyarrow as pa

PORTION = 5_000
FEW = 4
"""Portions below which more processes cost more than they save."""
Made = TypeVar("Made")


def _rows(portion: list[Values]) -> list[Feature]:
    return [normalise(Record(*values)) for values in portion]


def _columns(portion: list[Values]) -> pa.RecordBatch:
    from linkage.coded import coded_portion

    return coded_portion(CADRES, _rows(portion))


def _portions(records: Iterable[Values]) -> Iterator[list[Values]]:
    rest = iter(records)
    while portion := list(islice(rest, PORTION)):
        yield portion


class Normaliser:
    """Makes portions of registers ready to be compared, in their order; one for both registers of a job.

    Its processes live until it is closed, so that places and names met in the first register are known in the second.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._workers = jobs or os.cpu_count() or 1
        self._pool = ProcessPoolExecutor(self._workers, initializer=gc.disable)

    def __enter__(self) -> Normaliser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def rows(self, records: Iterable[Values]) -> Iterator[list[Feature]]:
        """Yield the features of the records, a portion at a time."""
        return self._through(_rows, records)

    def columns(self, records: Iterable[Values]) -> Iterator[pa.RecordBatch]:
        """Yield the same as columns, as a batch wants them: a million rows are never all in memory one by one."""
        return self._through(_columns, records)

    def _through(self, make: Callable[[list[Values]], Made], records: Iterable[Values]) -> Iterator[Made]:
        portions = _portions(records)
        first = list(islice(portions, FEW))
        if self._workers < 2 or len(first) < FEW:
            yield from map(make, first)
            yield from map(make, portions)
            return
        waiting: deque[Future[Made]] = deque(self._pool.submit(make, portion) for portion in first)
        for portion in portions:
            waiting.append(self._pool.submit(make, portion))
            if len(waiting) > 3 * self._workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
