"""How much of the house was asked for with hidden ids: in every address, and in every field of every request.

``python benchmarks/idor.py [--ways unit area level kin] [--minutes 15]`` hides every record in one way after the other,
asks for each as everybody, and puts hidden ids into every field that a route reads. Prints counts and what told a
hidden id from one that never was; asserts nothing.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from factories import World, make_world  # noqa: E402
from web_fields import Fields  # noqa: E402
from web_sweep import ACCOUNTS, WAYS, Way, sweep  # noqa: E402
from web_walk import Walker  # noqa: E402

from oms import create_app  # noqa: E402
from oms.services import passwords  # noqa: E402


def house(folder: str) -> tuple[Any, World]:
    """A fresh installation in a folder of its own."""
    world = make_world(Path(tempfile.mkdtemp(dir=folder)) / "home")
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    return app, world


def addresses(folder: str, way: Way, until: float) -> tuple[int, list[str]]:
    """Ids in addresses: how many requests, and the faults."""
    app, world = house(folder)
    asked = itertools.takewhile(
        lambda _one: time.monotonic() < until, sweep(Walker(app, world), way, (None, *ACCOUNTS))
    )
    found = [one.fault for one in asked]
    world.house.database.close()
    return 2 * len(found), [fault for fault in found if fault]


def in_fields(folder: str, way: Way, until: float) -> tuple[int, list[str]]:
    """Ids in fields: how many requests, and the faults."""
    app, world = house(folder)
    fields = Fields(app, world, way)
    found: list[str] = []
    for faults in itertools.chain(fields.as_everybody(), fields.everything()):
        found += faults
        if time.monotonic() > until:
            break
    asked = fields.asked
    fields.close()
    world.house.database.close()
    return asked, found


SWEEPS = {"addresses": addresses, "fields": in_fields}


def main() -> None:
    """Runs the ways and prints the table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--ways", nargs="+", choices=[way.name for way in WAYS], default=[way.name for way in WAYS])
    wanted.add_argument("--what", nargs="+", choices=list(SWEEPS), default=list(SWEEPS))
    wanted.add_argument("--minutes", type=float, default=15.0, help="for each way, addresses and fields alike")
    given = wanted.parse_args()
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    logging.disable(logging.WARNING)
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for way in (way for way in WAYS if way.name in given.ways):
            for what in given.what:
                started = time.monotonic()
                asked, faults = SWEEPS[what](folder, way, started + 60 * given.minutes)
                total += asked
                print(f"{way.name:6} {what:10} {asked:7} requests {time.monotonic() - started:6.0f} s", end=" ")
                print(f"{len(faults)} told", *faults, sep="\n    ", flush=True)
    print(f"requests {total}")


if __name__ == "__main__":
    main()
