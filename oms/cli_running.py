"""The programs that run until they are stopped: `oms serve`, `work`, `watch`, `index`, `seal`, `scan`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

from oms.cli_house import house_here, now
from oms.services import running
from oms.services.house import House
from oms.settings import Settings


def _work(args: argparse.Namespace) -> int:
    """Reads scans until stopped."""
    from oms.services.jobs import ReadingQueue

    settings = Settings.from_env()
    with running.only_one(settings.home, "work"):  # what workers of this host had in hand is free: they have ended
        ReadingQueue(settings, now).work(args.workers or settings.workers)
    return 0


def _watch(args: argparse.Namespace) -> int:
    """Watches the intake folder, feeds the workers."""
    from oms.services import watch
    from oms.services.jobs import ReadingQueue

    house = house_here()
    queue = ReadingQueue(house.settings, now)
    with watch.only_one(house) as alone:
        if not alone:
            print("another housekeeper runs on this installation", file=sys.stderr)
            if not alone.waits:
                return 1
        keeper, first = watch.Housekeeper(house, queue, now), True
        while True:
            if alone.still():
                if first:
                    queue.empty()  # of an earlier run, or an earlier version of the program
                first = False
                keeper.round()
            time.sleep(args.every)


def _sealer(_args: argparse.Namespace) -> int:
    """Seals the journal until stopped; the only process that reads the signing key."""
    from oms.services import sealer

    house = sealer.house_of(Settings.from_env())
    with sealer.only_one(house) as alone:
        if not alone:
            print("another sealer runs on this installation", file=sys.stderr)
            if not alone.waits:
                return 1
        return sealer.run(house, now, alone)


def _scan(args: argparse.Namespace) -> int:
    """Scans what a run asks for; started by the housekeeper, one process a run."""
    from oms.services import scanner_run

    return 0 if scanner_run.run(house_here(), args.run_id, now) else 1


def _serve(args: argparse.Namespace) -> int:
    """Runs everything until stopped; says where, and in the demonstration as whom."""
    from oms.services import unlocking
    from oms.supervisor import port_free, serve

    settings = Settings.from_env()
    with running.only_one(settings.home, "serve"):
        if not port_free(settings):
            print(f"oms: port {settings.port} is in use; stop the other program or set OMS_PORT", file=sys.stderr)
            return 1
        house = House(settings)
        if args.unlock_fd >= 0:
            house.unlock(unlocking.lines_of(args.unlock_fd))
        house.database.require_here()
        house.vault.check_place()
        handing = unlocking.Handing(house.vault)
        house.close()
        return _served(settings, partial(serve, settings, handing))


def _served(settings: Settings, serve: Callable[[], int]) -> int:
    from oms.supervisor import connections

    for line in connections(settings):
        print(line, flush=True)
    print(f"OMS: http://{settings.host}:{settings.port}", flush=True)
    if settings.demonstration:
        from oms.demonstration.filing import greeting

        print(greeting(settings), flush=True)
    return serve()


def _index(_args: argparse.Namespace) -> int:
    """Keeps the search index up until stopped."""
    from oms.services import indexing

    return indexing.run(house_here(), now)
