"""All tables of the program, whichever of them the process that asks has loaded so far.

A command loads only the part of the program that it needs, and a table is known once its module is loaded: whoever
walks all tables (a backup, a move to a server, a count) would leave out those of the other parts.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import Table

from oms import store
from oms.store.tables import Base


def every_table() -> list[Table]:
    """Every table, what is referred to before what refers to it."""
    for module in iter_modules(store.__path__):
        if module.name.endswith("_tables"):
            import_module(f"{store.__name__}.{module.name}")
    return list(Base.metadata.sorted_tables)
