"""The operator's command as its user meets it – words in, what it prints and its code out – in the test's own process.

A process of its own costs seconds before its first line; where being one is what is tested, the test starts one.
"""

from __future__ import annotations

import io
import logging
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from factories import World

from oms import cli


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run(world: World, *words: str) -> Done:
    """Runs ``oms WORDS`` on the world's installation."""
    out, err = io.StringIO(), io.StringIO()
    logger = logging.getLogger()
    handlers, level, mask = logger.handlers[:], logger.level, os.umask(0o077)
    try:
        with (
            mock.patch.dict(os.environ, {"OMS_HOME": str(world.house.settings.home)}),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = cli.main(words)
    except SystemExit as left:  # argparse: wrong usage
        code = int(left.code or 0)
    finally:
        os.umask(mask)
        logger.handlers[:] = handlers
        logger.setLevel(level)
    return Done(code, out.getvalue(), err.getvalue())
