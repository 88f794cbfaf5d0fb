"""An installation with places of backup beside it, and the way back onto an empty folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import databases
from factories import World

from oms.services import backup, restoring
from oms.services.house import House
from oms.services.restoring import Asked, Restored
from oms.store.backup_place import DATA, KEYS, ONCE


def quiet(_words: str) -> None:
    return


@dataclass
class Kept:
    """A world with two ordinary places, one that is written once, one for keys; the private key lies outside."""

    world: World
    outside: Path
    places: dict[str, Path] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.world.house

    @property
    def identity(self) -> Path:
        return self.outside / "safe" / "identity.txt"

    def run(self, now: datetime | None = None) -> backup.Done:
        return backup.run(self.house, now or self.world.clock(), quiet)

    def asked(self, **more: Any) -> Asked:
        given = {
            "places": (str(self.places[DATA]),),
            "keys": str(self.places[KEYS]),
            "carried": backup.carried_by([self.identity]),
            "secret": self.outside / "safe" / "s3",
        }
        return Asked(**(given | more))

    def restored(self, name: str = "empty", **more: Any) -> tuple[Restored, Path]:
        home = self.outside / name
        done = restoring.restore(home, self.asked(**more), self.world.clock(), quiet, databases.empty(home))
        return done, home


def kept(world: World, outside: Path, **more: str) -> Kept:
    """Names places, makes the pair, marks the places."""
    places = {DATA: outside / "nas", "second": outside / "second", ONCE: outside / "once", KEYS: outside / "keys"}
    for path in (*places.values(), outside / "safe"):
        path.mkdir(parents=True)
    made = Kept(world, outside, places)
    world.house.settings = replace(
        world.house.settings,
        backup=(str(places[DATA]), str(places["second"])),
        backup_once=str(places[ONCE]),
        backup_keys=str(places[KEYS]),
        backup_once_minutes=0,
        **more,  # type: ignore[arg-type]
    )
    backup.new_key(world.house, made.identity, world.clock())
    assert not [words for _label, words in backup.prepare(world.house) if words]
    return made


def objects(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file() and len(path.name) == 64)
