"""The programs' own logs: one form of line, with the time in UTC."""

from __future__ import annotations

import logging
import sys
import time

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Utc(logging.Formatter):
    """Lines that begin with the time in UTC and say so, whatever zone the machine is set to."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


def begin(level: int) -> None:
    """Sends what the program says of itself, from ``level`` up, to its error output; the supervisor keeps that."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Utc(LINE))
    logging.basicConfig(level=level, handlers=[handler])
    for talkative in ("alembic", "fontTools", "weasyprint"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
