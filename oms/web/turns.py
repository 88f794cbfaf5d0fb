"""Turns: how many requests of one process compute at the same time; the others of its threads wait in a row.

Threads of one Python process take the interpreter from each other at every row that SQLite hands over, which costs more
than it gains once they all compute (docs/benchmarks.md, Load). A process still wants more threads than that: one that
reads a large file off a slow network, or writes an answer to it, only waits. So a request takes its turn when it begins
to compute, gives it back while it reads its body, and is done with it when the body of the answer begins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment


class Row:
    """So many turns; who comes when none is free is served in the order of coming."""

    def __init__(self, turns: int) -> None:
        self._free, self._waiting, self._own = turns, deque[Lock](), Lock()

    def take(self) -> None:
        """Waits until it is this thread's turn."""
        with self._own:
            if self._free:
                self._free -= 1
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def give(self) -> None:
        """Hands the turn to whoever has waited longest."""
        with self._own:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    @contextmanager
    def between(self) -> Iterator[None]:
        """Somebody else's turn, while this thread waits for something else."""
        self.give()
        try:
            yield
        finally:
            self.take()


class Body:
    """A request's body, read without holding a turn."""

    def __init__(self, body: InputStream, row: Row) -> None:
        self._body, self._row = body, row

    def read(self, *size: int) -> bytes:
        """So many bytes; all of them without a size."""
        with self._row.between():
            return self._body.read(*size)

    def readline(self, *size: int) -> bytes:
        """The next line."""
        with self._row.between():
            return self._body.readline(*size)

    def readlines(self, *size: int) -> list[bytes]:
        """The lines that are left."""
        with self._row.between():
            return self._body.readlines(*size)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


class Turns:
    """The application behind a row of turns (PEP 3333)."""

    def __init__(self, app: WSGIApplication, turns: int) -> None:
        self._app, self._row = app, Row(turns)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers in this thread's turn."""
        given: dict[str, Any] = environ
        given["wsgi.input"] = Body(environ["wsgi.input"], self._row)
        self._row.take()
        try:
            return self._app(environ, start_response)
        finally:
            self._row.give()
