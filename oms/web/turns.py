"""Turns: how many requests of one process compute at the same time; the others of its threads wait in a row.

Threads of one Python process take the interpreter from each other at every row that SQLite hands over, which costs more
than it gains once they all compute (docs/benchmarks.md, Load). A process still wants more threads than that: one that
reads a large file off a slow network, or writes an answer to it, only waits. So a request takes its turn when it begins
to compute and its body, if that is a form's, has come; it gives its turn back while it reads a larger one, and is done
with it when the body of the answer begins. Who computes for longer than ``LONG`` goes on beside the turns: a few large
exports hold nobody else up.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

LONG = 2.0
"""Seconds after which a turn is somebody else's, whether its holder is done or not."""
FORM = 65_536
"""Bytes of a body up to which it is kept in memory before its request begins to wait for a turn."""
PROBES = ("/healthz", "/readyz")
"""What a monitor asks waits for nobody."""


class Turn:
    """One request's: it has it, waits for it, or neither."""

    def __init__(self) -> None:
        self.until, self.come = 0.0, Lock()
        self.come.acquire()


class Row:
    """So many turns; who comes when none is free is served in the order of coming."""

    def __init__(self, turns: int, long: float = LONG) -> None:
        self._turns, self._long, self._own = turns, long, Lock()
        self._held, self._waiting = set[Turn](), deque[Turn]()

    def take(self, turn: Turn) -> None:
        """Waits until it is this one's."""
        with self._own:
            self._waiting.append(turn)
            self._hand_on()
        while not turn.come.acquire(timeout=self._long):
            with self._own:
                self._hand_on()

    def give(self, turn: Turn) -> None:
        """Hands it to whoever has waited longest."""
        with self._own:
            self._held.discard(turn)
            self._hand_on()

    def _hand_on(self) -> None:
        now = time.monotonic()
        if self._waiting and len(self._held) >= self._turns:
            self._held = {turn for turn in self._held if turn.until > now}
        while self._waiting and len(self._held) < self._turns:
            first = self._waiting.popleft()
            first.until = now + self._long
            self._held.add(first)
            first.come.release()

    @contextmanager
    def between(self, turn: Turn) -> Iterator[None]:
        """Somebody else's, while this thread waits for something else."""
        self.give(turn)
        try:
            yield
        finally:
            self.take(turn)


class Body:
    """A request's body, read without holding a turn."""

    def __init__(self, body: InputStream, row: Row, turn: Turn) -> None:
        self._body, self._row, self._turn = body, row, turn

    def read(self, *size: int) -> bytes:
        """So many bytes; all of them without a size."""
        with self._row.between(self._turn):
            return self._body.read(*size)

    def readline(self, *size: int) -> bytes:
        """The next line."""
        with self._row.between(self._turn):
            return self._body.readline(*size)

    def readlines(self, *size: int) -> list[bytes]:
        """The lines that are left."""
        with self._row.between(self._turn):
            return self._body.readlines(*size)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


def _come(environ: WSGIEnvironment) -> BytesIO | None:
    """The whole of a small body; what has come of it when its sender went away, which whoever reads it is told.

    None for one of unknown size or a larger one. A form that waited for its turn, read its body and waited for another
    turn would take twice as long as a page.
    """
    told = environ.get("CONTENT_LENGTH") or ""
    if not told.isdecimal() or int(told) > FORM:
        return None
    left, come = int(told), BytesIO()
    with suppress(OSError):
        while left and (part := environ["wsgi.input"].read(left)):
            left -= come.write(part)
    come.seek(0)
    return come


class Turns:
    """The application behind a row of turns (PEP 3333)."""

    def __init__(self, app: WSGIApplication, turns: int, long: float = LONG) -> None:
        self._app, self._row = app, Row(turns, long)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers in this thread's turn."""
        if environ.get("PATH_INFO") in PROBES:
            return self._app(environ, start_response)
        turn = Turn()
        environ["wsgi.input"] = _come(environ) or Body(environ["wsgi.input"], self._row, turn)
        self._row.take(turn)
        try:
            return self._app(environ, start_response)
        finally:
            self._row.give(turn)
