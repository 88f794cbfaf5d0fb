"""The documents say what the program does: every setting, command, verb, dependency; nothing of one machine."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from oms import cli
from oms.demonstration.province import ACCOUNTS
from oms.domain.catalogue import VERB_LABELS
from oms.domain.journal import Verb

ROOT = Path(__file__).resolve().parents[2]
OPERATOR, ARCHITECTURE, DEPENDENCIES = (
    ROOT / "docs" / f"{name}.md" for name in ("operators", "architecture", "dependencies")
)
README = ROOT / "README.md"
TEXTS = (".py", ".md", ".html", ".js", ".css", ".toml", ".cfg", ".sh", ".lock", ".po", ".svg", "")
# put together here, so that this file does not hold what it looks for
ONE_MACHINE = r"(?<![\w.}>])/(?:wo" + "rk|ho" + "me|ro" + "ot|Us" + "ers)/"
REGISTRIES = "pypi" + r"\.org|files\.python" + "hosted|index" + "-url|find" + r"-links|proxy\.gol" + "ang"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """The tables' rows by what stands between backquotes in their first column."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            for name in re.findall(r"`([^`]+)`", cells[0]):
                found[name] = cells
    return found


OUTSIDE = {".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache"}


def tracked() -> list[Path]:
    """Every file of the project; needs no git, which a bare machine lacks."""
    found = (path for path in ROOT.rglob("*") if not OUTSIDE & set(path.relative_to(ROOT).parts))
    return sorted(path for path in found if path.is_file() and path.suffix not in (".mo", ".pyc"))


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def commands(parser: argparse.ArgumentParser, before: str = "oms") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that can be typed, with its parser."""
    inside = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inside:
        yield before, parser
    for action in inside:
        for name, child in action.choices.items():
            yield from commands(child, f"{before} {name}")


def test_every_setting_is_in_the_operators_guide_with_its_meaning() -> None:
    named = set(re.findall(r'"(OMS_[A-Z0-9_]+)"', read(ROOT / "oms" / "settings.py")))
    scripts = "".join(read(ROOT / name) for name in ("run", "test", "deploy/environment.sh"))
    named |= set(re.findall(r"OMS_[A-Z0-9_]+", scripts))
    table = rows(read(OPERATOR))
    assert len(named) > 10
    assert sorted(name for name in named if len(table.get(name, [])) < 3 or not table[name][2]) == []


def test_no_setting_is_described_that_does_not_exist() -> None:
    code = "".join(read(path) for path in tracked() if path.suffix in (".py", ".sh") or path.name in ("run", "test"))
    said = {name for path in documents() for name in re.findall(r"OMS_[A-Z0-9_]+[A-Z0-9]", read(path))}
    assert sorted(name for name in said if name not in code) == []


def test_every_command_and_option_is_in_the_operators_guide() -> None:
    table, missing = rows(read(OPERATOR)), []
    for name, parser in commands(cli.parser()):
        about = " ".join(table.get(name, []))
        options = [option for action in parser._actions for option in action.option_strings if option != "--help"]
        missing += [name] if not about else [f"{name} {o}" for o in options if o.startswith("--") and o not in about]
    assert missing == []


def test_every_verb_is_explained_under_the_word_of_the_pages() -> None:
    table = rows(read(ARCHITECTURE))
    wrong = [str(verb) for verb in Verb if table.get(verb, ["", "", ""])[1] != VERB_LABELS[verb]]
    assert wrong == []
    assert [str(verb) for verb in Verb if not table[verb][2]] == []


def test_every_direct_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.match(r"[A-Za-z0-9-]+", line)[0] for line in wanted}
    table = rows(read(DEPENDENCIES))
    assert sorted(name for name in names if len(table.get(name, [])) < 2 or not table[name][1]) == []


def test_every_debian_package_of_the_set_up_is_explained() -> None:
    script = read(ROOT / "deploy" / "environment.sh")
    packages = " ".join(re.findall(r"_PACKAGES=\(([^)]+)\)", script)).split()
    assert "bubblewrap" in packages
    for text in (read(DEPENDENCIES), read(README)):
        assert [name for name in packages if name not in text] == []


def test_readme_names_both_commands_and_every_demonstration_account() -> None:
    text = read(README)
    assert "\n./run\n" in text and "\n./test\n" in text
    assert [account.username for account in ACCOUNTS if f"`{account.username}`" not in text] == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(document))
    near = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in near if not (document.parent / link).exists()] == []


def test_every_part_of_the_code_that_the_documents_name_exists() -> None:
    said = {
        name
        for path in documents()
        for name in re.findall(
            r"`((?:oms|scanning|search_index|vietnamese|tests|deploy|migrations|docs)/[\w/.-]+)`", read(path)
        )
    }
    assert len(said) > 20
    assert sorted(name for name in said if not (ROOT / name).exists()) == []


def test_nothing_in_the_repository_belongs_to_one_machine() -> None:
    forbidden = re.compile(f"{ONE_MACHINE}|{REGISTRIES}")
    found = []
    for path in tracked():
        if path.suffix in TEXTS:
            found += [
                f"{path.relative_to(ROOT)}: {hit}" for hit in forbidden.findall(path.read_text("utf-8", "replace"))
            ]
    assert found == []
