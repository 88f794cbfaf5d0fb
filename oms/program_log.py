"""The programs' own logs, with the time in UTC: one JSON object a line for services, plain lines at a terminal.

What fails is told by the type of the error and its place. The text of an error, and of a traceback, may hold names and
words of papers: it is written nowhere.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from contextvars import ContextVar

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
TALKATIVE = ("alembic", "fontTools", "pikepdf", "weasyprint")

request_number: ContextVar[str] = ContextVar("request_number", default="")
"""The number of the request this thread works for: it stands on every line that is written meanwhile."""


def place_of(record: logging.LogRecord) -> str:
    """Type of the error a line tells of and where it arose ("ValueError in reading.py line 12"); "" without one."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" in {last[0].filename.rsplit('/', 1)[-1]} line {last[0].lineno}" if last else ""
    return f"{type(error).__name__}{where}"


class Utc(logging.Formatter):
    """Lines that begin with the time in UTC and say so, whatever zone the machine is set to."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        line = self.formatMessage(self._told(record))
        return " ".join(filter(None, (line, place_of(record))))

    def _told(self, record: logging.LogRecord) -> logging.LogRecord:
        record.message, record.asctime = record.getMessage(), self.formatTime(record)
        return record


class JsonLines(Utc):
    """The same as JSON: at, level, process, pid, event, message, request when there is one, and the line's fields."""

    def __init__(self, program: str) -> None:
        super().__init__(LINE)
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        told = self._told(record)
        line: dict[str, object] = {
            "at": told.asctime,
            "level": told.levelname,
            "process": self._program,
            "pid": told.process,
            "event": told.name,
            "message": told.message,
        }
        number, error = request_number.get(), place_of(record)
        line |= {name: value for name, value in (("request", number), ("error", error)) if value}
        return json.dumps(line | getattr(record, "fields", {}), ensure_ascii=False)


def begin(level: int, program: str = "") -> None:
    """Sends what the program says of itself, from ``level`` up, to its error output; the supervisor keeps that.

    ``program``: the name of a service, whose lines are JSON; without it they are for a person at a terminal.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(program) if program else Utc(LINE))
    logging.basicConfig(level=level, handlers=[handler])
    for talkative in TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
