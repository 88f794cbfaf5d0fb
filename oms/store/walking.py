"""How the database is to walk: by which table first, where its own guess is wrong for a hundred thousand dossiers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class unindexed(GenericFunction[str]):  # noqa: N801 - named as it stands in a statement, like func.count
    """A text column whose index SQLite must not use here: "+column" there, the column itself elsewhere."""

    type = String()
    inherit_cache = True


@compiles(unindexed)
def _itself(element: Any, compiler: Any, **words: Any) -> str:
    return str(compiler.process(element.clauses, **words))


@compiles(unindexed, "sqlite")
def _plus(element: Any, compiler: Any, **words: Any) -> str:
    return "+" + str(compiler.process(element.clauses, **words))
