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


class json_words(GenericFunction[str]):  # noqa: N801 - as above
    """The words that a column of JSON text holds under a name."""

    type = String()
    inherit_cache = True


@compiles(json_words)
def _extracted(element: Any, compiler: Any, **words: Any) -> str:
    body, name = (str(compiler.process(each, **words)) for each in element.clauses)
    return f"json_extract({body}, '$.' || {name})"


@compiles(json_words, "postgresql")
def _taken_out(element: Any, compiler: Any, **words: Any) -> str:
    body, name = (str(compiler.process(each, **words)) for each in element.clauses)
    return f"(CAST({body} AS json) ->> {name})"


class json_rows(GenericFunction[str]):  # noqa: N801 - as above
    """Rows of a few columns as one JSON text: hundreds of rows are fetched as one, and each fetch lets go of the
    interpreter, for which every other thread of the process then waits."""

    type = String()
    inherit_cache = True


@compiles(json_rows)
def _gathered(element: Any, compiler: Any, **words: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **words)}))"


@compiles(json_rows, "postgresql")
def _gathered_there(element: Any, compiler: Any, **words: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **words)})) AS TEXT)"
