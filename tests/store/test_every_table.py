"""Whoever walks all tables finds all of them, also in a process that has loaded one part of the program."""

from __future__ import annotations

import subprocess
import sys

import pytest
from factories import World
from sqlalchemy import inspect

ASKED = """
import {module}
from oms.store import move
print(*sorted(table.name for table in move.tables()))
"""


@pytest.mark.parametrize("module", ["oms.cli_backup", "oms.services.backup", "oms.store.move"])
def test_a_backup_and_a_move_know_every_table_of_the_database(world: World, module: str) -> None:
    with world.work() as uow:
        there = set(inspect(uow.session.connection()).get_table_names()) - {"alembic_version"}
    command = [sys.executable, "-c", ASKED.format(module=module)]
    said = subprocess.run(command, capture_output=True, check=True, text=True)
    assert set(said.stdout.split()) == there
