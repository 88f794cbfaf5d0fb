"""``oms web`` and ``oms metrics``: programs that ``oms serve`` starts by itself, for services of one's own."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from typing import NoReturn

from oms import supervisor
from oms.settings import CHECKOUT, Settings


def _web(_args: argparse.Namespace) -> NoReturn:
    """Becomes gunicorn, as ``oms serve`` would start it, with its words on the error output."""
    command = supervisor.web_command(Settings.from_env())
    os.chdir(CHECKOUT)
    os.execv(command[0], command)  # noqa: S606  # a program of ours with arguments of ours, no shell


def _metrics(_args: argparse.Namespace) -> int:
    """Answers a monitor at OMS_METRICS until stopped."""
    from oms import exposition

    settings = Settings.from_env()
    if settings.metrics is None:
        print("oms: set OMS_METRICS to an address and a port, like 127.0.0.1:9108", file=sys.stderr)
        return 1
    return exposition.run(settings, lambda: datetime.now(UTC))
