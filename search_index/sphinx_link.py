"""Speaking SphinxQL: connections kept for the next question, statements that cannot carry anything else.

A statement is made of the words of this package, of whole numbers and of safe letters (`sphinx_terms`); `quoted`
and `among` refuse all else, so there is nothing to escape and nothing to inject.
"""

import os
import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from pymysql.connections import Connection
from pymysql.err import InterfaceError, MySQLError, OperationalError, ProgrammingError

from search_index.model import IndexFormatError, SearchError
from search_index.sphinx_config import Node
from search_index.sphinx_terms import SAFE

_KEPT = 8
_CONNECT_SECONDS = 2
# Above what the nodes themselves allow (agent_query_timeout): theirs is the better message.
_READ_SECONDS = 30
_MATCH = re.compile(r'[a-z0-9_ ()|"*^$@,/-]*')


class IndexAwayError(SearchError):
    """No answer came from the search servers."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Máy chủ tìm kiếm không trả lời, vui lòng thử lại sau ít phút.")


@dataclass(frozen=True)
class Rows:
    """What a question brought: its rows, how many there are in all, and whether every node has answered in time."""

    rows: tuple[tuple[Any, ...], ...]
    total: int
    complete: bool


def quoted(safe: str) -> str:
    """Return the safe letters as a string of SphinxQL; ValueError for any other letter."""
    if not SAFE.fullmatch(safe):
        raise ValueError("not in safe letters")
    return f"'{safe}'"


def matching(expression: str) -> str:
    """Return the clause that looks for this expression of safe words; ValueError for any other letter."""
    if not _MATCH.fullmatch(expression):
        raise ValueError("not in safe letters")
    return f"MATCH('{expression}')"


def numbers(values: Collection[int]) -> str:
    """Return the numbers as a list."""
    return ",".join(f"{value:d}" for value in sorted(values))


def among(column: str, values: Collection[int]) -> str:
    """Return the condition that the column holds one of these; ValueError for none: that would be no condition."""
    if not values:
        raise ValueError(f"no values for {column}")
    return f"{column} IN ({numbers(values)})"


def outside(column: str, values: Collection[int]) -> tuple[str, ...]:
    """Return the conditions that the column holds none of these."""
    return (f"{column} NOT IN ({numbers(values)})",) if values else ()


class Link:
    """Connections to one searchd, safe for many threads and for processes that fork."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._idle: deque[tuple[int, Connection]] = deque()

    @staticmethod
    @cache
    def to(node: Node) -> "Link":
        """Return the process's link to this searchd."""
        return Link(node)

    def ask(self, statement: str, *, total: bool = False) -> Rows:
        """Return what the statement brings, on demand with the number of all; IndexAwayError if nobody answers."""
        with self._speaking() as session:
            found, warned, _ = session.run(statement)
            meta = dict(session.run("SHOW META")[0]) if total else {}
        # A lost node or an exceeded time is told as a warning alone; the rows look like any others.
        return Rows(found, int(meta.get("total_found", len(found))), not warned)

    def tell(self, statement: str) -> int:
        """Carry out a change; return how many rows it concerned."""
        with self._speaking() as session:
            return session.run(statement)[2]

    def close(self) -> None:
        """Let the idle connections go."""
        while self._idle:
            self._idle.pop()[1].close()

    @contextmanager
    def _speaking(self) -> Iterator["_Session"]:
        session = _Session(self.node)
        try:
            session.connection = self._rested()
            session.rested = session.connection is not None
            yield session
        except BaseException as error:
            session.close()
            if isinstance(error, ProgrammingError):
                raise _understood(str(error.args[-1])) from None
            if isinstance(error, MySQLError | OSError):
                raise IndexAwayError(f"{self.node.host}:{self.node.port}: {type(error).__name__}") from None
            raise
        if session.connection is not None and len(self._idle) < _KEPT:
            self._idle.append((os.getpid(), session.connection))
        else:
            session.close()

    def _rested(self) -> Connection | None:
        while self._idle:
            try:
                owner, connection = self._idle.pop()
            except IndexError:
                break
            # A parent's connection is the parent's.
            if owner == os.getpid():
                return connection
        return None


class _Session:
    """A few statements one after another on one connection."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.connection: Connection | None = None
        self.rested = False

    def run(self, statement: str) -> tuple[tuple[tuple[Any, ...], ...], int, int]:
        """Return the rows, how many warnings there were, and how many rows were concerned."""
        try:
            return self._once(statement)
        except (OperationalError, InterfaceError, OSError):
            if not self.rested:
                raise
        # The server may have started anew while the connection rested; every statement here may be said twice.
        self.close()
        self.connection = None
        return self._once(statement)

    def close(self) -> None:
        """Let the connection go."""
        if self.connection is not None and self.connection.open:
            self.connection.close()

    def _once(self, statement: str) -> tuple[tuple[tuple[Any, ...], ...], int, int]:
        connection = self.connection or self._open()
        with connection.cursor() as cursor:
            cursor.execute(statement)
            self.rested = False
            return cursor.fetchall(), cursor.warning_count, cursor.rowcount

    def _open(self) -> Connection:
        self.rested = False
        self.connection = Connection(
            host=self._node.host, port=self._node.port, user="", charset="utf8", autocommit=None,
            connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, write_timeout=_READ_SECONDS,
        )  # fmt: skip
        return self.connection


def _understood(message: str) -> SearchError:
    message = message.rstrip("\0")
    if "connect() failed" in message or "timed out" in message or "read" in message.split(":")[-1]:
        return IndexAwayError(message)
    return IndexFormatError(message)
