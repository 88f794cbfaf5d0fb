"""``oms metrics``: the installation's figures in the text that Prometheus reads, at an address of its own.

Nothing of it is served by the pages' server. Every label is a word of the program's own.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from oms import measures
from oms.services import outside, readiness, running
from oms.services.house import House
from oms.services.outside import Outside
from oms.settings import VERSION, Settings

Clock = Callable[[], datetime]

ABOUT = {
    "requests": "Answers of the web server.",
    "pages_read": "Pages that the machine has read, by how it ended.",
    "copies_made": "Archival copies, by how it ended.",
    "request_seconds": "Time until an answer was ready to be sent.",
    "lock_wait_seconds": "Time a transaction waited to become the writer.",
}


class Figures(Collector):
    """What the processes counted, and what is asked at each visit."""

    def __init__(self, house: House, clock: Clock) -> None:
        self._house, self._clock = house, clock

    def describe(self) -> list[Metric]:
        return []  # known at the visit; nothing is asked when the collector is registered

    def collect(self) -> Iterator[Metric]:
        yield from counted(measures.summed(self._house.settings.figures))
        now = self._clock()
        yield from asked(outside.look(self._house, now), now)


def counted(sums: measures.Sums) -> Iterator[Metric]:
    """Counters and histograms of all processes."""
    for name, labels in measures.COUNTS.items():
        family = CounterMetricFamily(f"oms_{name}", ABOUT[name], labels=labels)
        for key, number in sorted(sums.counts.items()):
            if key[0] == name:
                family.add_metric(key[1:], number)
        yield family
    bounds = [*(str(bound) for bound in measures.BUCKETS), "+Inf"]
    for name, labels in measures.TIMES.items():
        histogram = HistogramMetricFamily(f"oms_{name}", ABOUT[name], labels=labels)
        for key, numbers in sorted(sums.times.items()):
            if key[0] == name:
                upto = [sum(numbers[: place + 1]) for place in range(len(bounds))]
                histogram.add_metric(key[1:], list(zip(bounds, upto, strict=True)), numbers[-1])
        yield histogram


def asked(seen: Outside, now: datetime) -> Iterator[Metric]:
    """What stands in the database and on the disk right now."""
    yield _labelled("build_info", "This program.", "version", {VERSION: 1})
    ready = {part: int(part not in seen.unready) for part in readiness.PARTS}
    yield _labelled("ready", "1 where a part is as it has to be.", "part", ready)
    alive = {name: seen.running.get(name, 0) for name in running.SERVICES}
    yield _labelled("processes", "Processes of the installation on this machine.", "program", alive)
    yield _labelled("queue_length", "What waits for the workers and the indexer.", "queue", seen.queues)
    yield _gauge("disk_free_bytes", "Free bytes where the installation lies.", seen.free)
    yield _gauge("sessions", "Sessions in use.", seen.sessions)
    ages = {kind: (now - done.at).total_seconds() for kind, done in seen.done.items() if done}
    yield _labelled("last_done_age_seconds", "Seconds since it was last done, where that is known.", "what", ages)
    well = {kind: int(done.well) for kind, done in seen.done.items() if done}
    yield _labelled("last_done_well", "1 where it ended well.", "what", well)
    if seen.beat.current:
        yield _gauge("journal_entries", "Entries of the journal.", seen.beat.entries)
        yield _gauge("journal_unsealed", "Entries that wait for their seal.", seen.unsealed)
        yield _gauge("seal_lag_seconds", "Seconds since the last seal while something waits.", seen.seal_lag(now))
        yield _gauge("journal_quiet_seconds", "Seconds since the last entry.", _quiet(seen, now))
    if seen.anchored:
        yield _gauge("anchor_age_seconds", "Seconds since a witness.", (now - seen.anchored).total_seconds())


def _quiet(seen: Outside, now: datetime) -> float:
    newest = seen.beat.newest_at
    return (now - datetime.fromisoformat(newest).astimezone(UTC)).total_seconds() if newest else 0.0


def _gauge(name: str, about: str, number: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"oms_{name}", about, value=number)


def _labelled(name: str, about: str, label: str, numbers: dict[str, float] | dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"oms_{name}", about, labels=[label])
    for value, number in numbers.items():
        family.add_metric([value], number)
    return family


def registry(house: House, clock: Clock) -> CollectorRegistry:
    """The figures of an installation, ready to be asked."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Figures(house, clock))
    return made


def run(settings: Settings, clock: Clock) -> int:
    """Answers until SIGTERM or SIGINT."""
    if settings.metrics is None:
        raise ValueError("OMS_METRICS is not set")
    host, port = settings.metrics
    measures.forget(settings.figures, before=time.time() - time.clock_gettime(time.CLOCK_BOOTTIME))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    server, thread = start_http_server(port, host, registry(House(settings), clock))
    stop.wait()
    server.shutdown()
    thread.join()
    server.server_close()
    return 0
