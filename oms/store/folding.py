"""Words a person types, found in a column in any case and with or without marks, the same on either database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from vietnamese.text import fold

NAME = "oms_folded"


def lend(driver: Any) -> None:
    """Gives a connection to SQLite, which knows the case of A to Z alone, the function under :class:`folded`."""
    driver.create_function(NAME, 1, lambda text: None if text is None else fold(text), deterministic=True)


class folded(FunctionElement[str]):  # noqa: N801
    """A text in small letters without marks: ``vietnamese.text.fold`` in SQL."""

    type = Text()
    inherit_cache = True


@compiles(folded)
def _by_sqlite(element: folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{NAME}({compiler.process(element.clauses, **kw)})"


@compiles(folded, "postgresql")
def _by_server(element: folded, compiler: SQLCompiler, **kw: Any) -> str:
    bare = f"regexp_replace(normalize({compiler.process(element.clauses, **kw)}, NFD), '[\\u0300-\\u036f]', '', 'g')"
    return f"lower(translate({bare}, 'ĐđÐðƉɖ', 'dddddd'))"


def saying(words: str, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Rows of which one of these columns holds the words as they were typed, one after the other."""
    wanted = fold(words) or words  # marks alone, which no folded text holds
    return or_(*(folded(column).contains(wanted, autoescape=True) for column in columns))
