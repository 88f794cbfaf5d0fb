"""The command line itself: asking for help loads nothing of the program, and every command leads to its work."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oms import cli, cli_parser

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = set(
    """flask numpy PIL cv2 whoosh sqlalchemy alembic huey pikepdf weasyprint cryptography argon2 sklearn gunicorn
    psycopg scanning search_index linkage oms.store oms.web oms.demonstration""".split()  # noqa: SIM905
)
ASK = """
import json, sys
from oms import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded_by(*words: str) -> tuple[int, str, set[str]]:
    done = subprocess.run([sys.executable, "-c", ASK, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, done.stdout + done.stderr, set(modules)


@pytest.mark.parametrize("words", [["--help"], ["backup", "--help"], ["no-such-command"]])
def test_asking_for_help_loads_nothing_of_the_program(words: list[str]) -> None:
    code, said, modules = loaded_by(*words)
    assert code == (2 if "no-such-command" in words else 0) and "usage: oms" in said
    assert sorted(modules & HEAVY) == []


def _works(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _works(below)
    if work := parser.get_default("run"):
        yield work


def test_every_command_leads_to_a_function_that_is_there() -> None:
    works = list(_works(cli.parser()))
    assert len(works) > 30
    for work in works:
        assert callable(cli_parser.work_of(argparse.Namespace(run=work))), work
