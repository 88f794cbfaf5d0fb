"""The operator's command. Every sub-command prints for people; ``--json`` prints one line for programs.

What a command needs is loaded when it is given (``oms/cli_parser.py`` says where it is written): ``oms --help`` answers
at once, and a command of one part of the program does not load the others.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from oms import measures, program_log
from oms.cli_parser import parser, work_of
from oms.errors import InvalidInput, OmsError, of_disk
from oms.services import running
from oms.settings import CHECKOUT, Settings

COUNTING = ("work", "watch", "index")


def _begin_service(name: str) -> None:
    """It runs from here on, and counts where somebody wants to know. ``web`` begins with its own processes."""
    settings = Settings.from_env()
    if name != "web":
        running.stay(settings.home, name)
    if settings.metrics and name in COUNTING:
        measures.begin(settings.figures, name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 done, 1 some input failed or not whole, 2 wrong usage."""
    args = parser().parse_args(arguments)
    service = args.command if args.command in running.SERVICES else ""
    program_log.begin(logging.INFO, service)
    os.umask(running.umask(Path(os.environ.get("OMS_HOME") or CHECKOUT / "var").resolve()))
    with suppress(OSError, ValueError):  # a unit's sandbox may forbid it: it has LimitCORE of its own
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold keys and papers
    try:
        if service:
            _begin_service(service)
        return work_of(args)(args)
    except InvalidInput as error:  # its text is the field's name alone
        print(f"oms: {error.field}: {error.message_vi}", file=sys.stderr)
        return 1
    except OmsError as error:
        print(f"oms: {str(error) or error.message_vi}", file=sys.stderr)
        return 1
    except OSError as error:
        told = of_disk(error)
        if told is None:
            raise
        print(f"oms: {told.message_vi} ({told})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        running.leave()


if __name__ == "__main__":
    raise SystemExit(main())
