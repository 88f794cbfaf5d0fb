"""Whoever walks all tables finds all of them, also in a process that has loaded one part of the program."""

from __future__ import annotations

import os
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


OPENED = """
from oms.cli_house import house_here
from oms.store.tables import Base
house_here()
print(*(key.column.table.name for table in Base.metadata.tables.values() for key in table.foreign_keys))
"""


def test_a_command_that_opens_the_installation_knows_what_its_tables_refer_to(world: World) -> None:
    """Else the first row it adds to a table that refers to one of an unloaded part ends in an error."""
    home = os.environ | {"OMS_HOME": str(world.house.settings.home)}
    said = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, check=True, text=True, env=home)
    assert "tasks" in said.stdout.split()
