"""Shared test material: this folder is on the import path, so tests import the modules beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import databases
import made_once
import postgres_server
import pytest
import sphinx_server
from argon2 import PasswordHasher
from factories import FakeClock, World, copied_world, make_world

from oms.services import passwords


@pytest.fixture(scope="session")
def world_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One freshly made installation, copied for each test: migrations and password hashes once, not each time."""
    home = tmp_path_factory.mktemp("template") / "home"
    make_world(home).house.close()
    return home


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> None:
    """Argon2id with less memory: the tests sign in hundreds of times. One test checks the real cost."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    made_once.templates()
    made_once.addresses()
    made_once.routes()
    made_once.statements()
    databases.install()
    yield
    databases.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL tests that speak of SQLite itself are left out; each says in its marker why."""
    if databases.ON_SERVER:
        left = [item for item in items if item.get_closest_marker("embedded")]
        items[:] = [item for item in items if not item.get_closest_marker("embedded")]
        config.hook.pytest_deselected(items=left)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A test's databases on a server go with it, whoever made them: hundreds kept would fill its folder."""
    yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if folder is not None:
        databases.forget(folder)


def pytest_collection_finish() -> None:
    made_once.modules()


@pytest.fixture
def world(world_template: Path, tmp_path: Path) -> Iterator[World]:
    """A small province of one's own, with a real database, vault and index."""
    made = copied_world(world_template, tmp_path / "home", FakeClock())
    yield made
    made.house.close()


@pytest.fixture(scope="session")
def postgres() -> postgres_server.Server:
    """A PostgreSQL server with the newest schema in its database "oms"."""
    if postgres_server.programs() is None:
        pytest.skip("no PostgreSQL server on this machine: apt-get install postgresql")
    return databases.running()


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
