"""A small province on a PostgreSQL server: persons are one role there, the program is another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factories import World, make_world
from postgres_server import Server


@contextmanager
def walled_province(postgres: Server, home: Path, name: str) -> Iterator[World]:
    """The province in a database of this name, behind both walls."""
    world = make_world(home, OMS_DATABASE_URL=postgres.url(postgres.make(name, template="oms")))
    try:
        yield world
    finally:
        world.house.close()
