"""gunicorn's own words in the form of the program's log. Its access log stays off: ``oms.access`` tells of requests."""

from __future__ import annotations

import sys
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from oms.program_log import JsonLines


class ProgramLog(Logger):  # type: ignore[misc]
    """What gunicorn says of itself. An error of a request is told without its address, which may hold names."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines("web"))

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        kind = sys.exc_info()[0]
        self.error_log.error("gunicorn: %s", kind.__name__ if kind else "error")
