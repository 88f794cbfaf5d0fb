"""The table of ASVS requirements is whole and names nothing that is not there."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from pathlib import Path

from oms.settings import Settings
from oms.supervisor import _commands

ROOT = Path(__file__).resolve().parents[2]
LEVEL_1 = (
    "1.2:1-5 1.3:1-2 1.5:1 2.1:1 2.2:1-2 2.3:1 3.2:1-2 3.3:1 3.4:1-2 3.5:1-3 4.1:1 4.4:1 5.2:1-2 5.3:1-2 6.1:1 "
    "6.2:1-8 6.3:1-2 6.4:1-2 7.2:1-4 7.4:1-2 8.1:1 8.2:1-2 8.3:1 9.1:1-3 9.2:1 10.4:1-5 11.3:1-2 11.4:1 12.1:1 "
    "12.2:1-2 13.4:1 14.2:1 14.3:1 15.1:1 15.2:1 15.3:1 "
)
LEVEL_2 = (
    "1.1:1-2 1.2:6-9 1.3:3-11 1.4:1-3 1.5:2 2.1:2-3 2.2:3 2.3:2-4 2.4:1 3.3:2-4 3.4:3-6 3.5:4-5 3.7:1-2 "
    "4.1:2-3 4.2:1 4.3:1-2 4.4:2-4 5.1:1 5.2:3 5.4:1-3 6.1:2-3 6.2:9-12 6.3:3-4 6.4:3-4 6.5:1-5 6.6:1-3 "
    "6.8:1-4 7.1:1-3 7.3:1-2 7.4:3-5 7.5:1-2 7.6:1-2 8.1:2 8.2:3 8.4:1 9.2:2-4 10.1:1-2 10.2:1-2 10.3:1-4 "
    "10.4:6-11 10.5:1-5 10.6:1-2 10.7:1-3 11.1:1-2 11.2:1-3 11.3:3 11.4:2-4 11.5:1 11.6:1 12.1:2-3 12.3:1-4 "
    "13.1:1 13.2:1-5 13.3:1-2 13.4:2-5 14.1:1-2 14.2:2-4 14.3:2-3 15.1:2-3 15.2:2-3 15.3:2-7 16.1:1 16.2:1-5 "
    "16.3:1-4 16.4:1-3 16.5:1-3 17.1:1 17.2:1-4 17.3:1-2 "
)
"""Numbers of the standard, section by section, written down from its list."""


def numbers(sections: str) -> list[str]:
    """ "1.2:1-3,5" as V1.2.1, V1.2.2, V1.2.3, V1.2.5."""
    found = []
    for section in sections.split():
        name, places = section.split(":")
        for part in places.split(","):
            first, _dash, last = part.partition("-")
            found += [f"V{name}.{place}" for place in range(int(first), int(last or first) + 1)]
    return found


def rows() -> list[list[str]]:
    """The cells of every requirement in the table."""
    text = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| V\d.*$", text, re.M)]


def test_every_requirement_of_levels_1_and_2_stands_there_once() -> None:
    assert (len(numbers(LEVEL_1)), len(numbers(LEVEL_2))) == (70, 183)
    told = {row[0]: row[1] for row in rows()}
    assert len(rows()) == len(told) == 253
    assert {number for number, level in told.items() if level == "1"} == set(numbers(LEVEL_1))
    assert {number for number, level in told.items() if level == "2"} == set(numbers(LEVEL_2))


def test_each_says_how_it_stands_and_the_sums_are_right() -> None:
    counts = Counter(row[3] for row in rows())
    assert set(counts) == {"met", "not applicable", "open"}
    head = " ".join((ROOT / "docs/asvs.md").read_text(encoding="utf-8").split())
    assert f"**{counts['met']} are met, {counts['not applicable']} do not apply, {counts['open']} are open**" in head
    assert all(row[4] for row in rows())


def test_what_is_named_is_there() -> None:
    for number, _level, _words, _state, why in rows():
        for name in re.findall(r"`([^`]+)`", why):
            if "/" in name and not name.startswith("--"):
                path, _colons, function = name.partition("::")
                assert (ROOT / path).exists(), f"{number}: {name}"
                assert not function or function in named_tests(path), f"{number}: {name}"


@functools.cache
def named_tests(path: str) -> frozenset[str]:
    """The test functions of a file that pytest would collect."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return (
        frozenset(name for name in found if name.startswith("test_")) if Path(path).name.startswith("test_") else found
    )


def test_a_name_that_is_no_test_would_be_found() -> None:
    """The rule above can fail: a helper, a misspelt name and a test of another file are not taken for tests."""
    here = named_tests("tests/unit/test_asvs.py")
    assert "test_what_is_named_is_there" in here
    assert not here & {"rows", "test_what_is_named", "test_published_roots"}


def test_what_is_called_met_names_something() -> None:
    assert [row[0] for row in rows() if row[3] == "met" and "`" not in row[4]] == []


def test_the_inventory_names_every_key_and_log() -> None:
    """A secret or a log the code makes, and the list does not have, is a hole in both."""
    told = (ROOT / "docs/inventories.md").read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "oms").rglob("*.py")))
    keys = set(re.findall(r'(?:keys|folder)(?: /|,) "(\w+(?:_key|_secret|_token)(?:\.\w+)?)"', code))
    assert keys >= {"secret_key", "journal_key.pem", "journal_key.pub", "witness_token", "sign_secret"}
    logs = {f"log/{name}.log" for name in _commands(Settings(ROOT, "", ""))}
    assert len(logs) == 7
    missing = [name for name in {*(f"keys/{key}" for key in keys), *logs} if f"`{name}`" not in told]
    assert missing == []
