"""Shared test material: this folder is on the import path, so tests import the modules beside this file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest
import sphinx_server
from argon2 import PasswordHasher
from factories import WORLD_SETTINGS, FakeClock, World, make_world
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from oms.services import passwords
from oms.services.house import House
from oms.settings import Settings
from oms.store import schema, units
from oms.store.db import make_engine


@pytest.fixture(scope="session")
def world_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One freshly made installation, copied for each test: migrations and password hashes once, not each time."""
    home = tmp_path_factory.mktemp("template") / "home"
    make_world(home).house.database.close()
    return home


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> None:
    """Argon2id with less memory: the tests sign in hundreds of times. One test checks the real cost."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class _Compiled(BytecodeCache):
    """Templates compiled once a test process: every test makes an application of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> None:
    """Jinja's own cache of compiled templates; it knows each by its source, so a changed one is compiled anew."""
    Flask.jinja_options = {"bytecode_cache": _Compiled()}


@pytest.fixture
def world(world_template: Path, tmp_path: Path) -> Iterator[World]:
    """A small province of one's own, with real SQLite, vault and index."""
    home = tmp_path / "home"
    shutil.copytree(world_template, home)
    made = World(House(Settings.from_env(WORLD_SETTINGS | {"OMS_HOME": str(home)})), FakeClock())
    with made.work() as uow:
        made.units = {unit.code: unit.id for unit in units.everything(uow.session)}
    yield made
    made.house.database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A PostgreSQL server with the newest schema in its database "oms"."""
    if postgres_server.programs() is None:
        pytest.skip("no PostgreSQL server on this machine: apt-get install postgresql")
    server = postgres_server.start()
    try:
        engine = make_engine(server.url(server.make("oms")))
        schema.upgrade(engine)
        engine.dispose()
        yield server
    finally:
        postgres_server.stop(server)


@pytest.fixture(scope="session")
def sphinx() -> Iterator[sphinx_server.Running]:
    """Two Sphinx nodes and the front that asks them, holding what the test before left there."""
    if sphinx_server.program() is None:
        pytest.skip("no Sphinx on this machine: apt-get install sphinxsearch")
    running = sphinx_server.start()
    yield running
    running.stop()


@pytest.fixture
def nodes(sphinx: sphinx_server.Running) -> sphinx_server.Running:
    """The nodes, all of them up and holding nothing."""
    sphinx.empty()
    return sphinx
