"""How often a page asks the database does not grow with what there is to show: for many as often as for few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import SignIn
from factories import World
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from web_walk import Walker

from oms.domain.access import Role

ACCOUNTS = ("clerk", "officer2", "leader", "reviewer", "security", "admin")
MORE = 6
LISTS = ("/ho-so", "/ho-so-cong-viec", "/thong-bao", "/lien-ket", "/thay-doi", "/den-han", "/chi-dao", "/nhiem-vu")
SETS = (
    *("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE"),
    *("SELECT set_config", "SELECT coalesce(current_setting", "SELECT pg_advisory_xact_lock"),
)
"""How what says how a transaction runs and for whom begins: it asks for nothing that is kept."""
ROW = ("SELECT anon_1.seq, anon_1.at, anon_1.clock", "INSERT INTO journal (")
"""How the two statements of the reading's own row in the journal begin on a server; SQLite's go past this ear."""
MOST = 8
"""Questions of a list page, the person's rights and the page's frame among them; its row in the journal apart."""


@contextmanager
def asked() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    found: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith((*SETS, *ROW)):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def plain_routes(app: Flask) -> list[str]:
    """Pages whose address names no object."""
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments)
    return sorted(rule.rule for rule in rules if not rule.endpoint.startswith(("api.", "auth.", "probes.")))


def counted(app: Flask, signed_in: SignIn) -> dict[tuple[str, str], Counter[str]]:
    """What each of some persons' pages asked, by person and page; the second time, when the page is warm."""
    found = {}
    for username in ACCOUNTS:
        client = signed_in(username)
        for path in plain_routes(app):
            if client.get(path).status_code == 200:
                with asked() as questions:
                    client.get(path)
                found[username, path] = Counter(questions)
    return found


def test_no_page_asks_more_often_when_there_is_more_to_show(app: Flask, world: World, signed_in: SignIn) -> None:
    walker = Walker(app, world)
    few = counted(app, signed_in)
    for number in range(MORE):
        walker = Walker(app, world, after=walker)
        world.account(f"them{number}", Role.SCANNING_CLERK, "D-BTC", "D", clearance=1, compartments=("bvctnb",))
    many = counted(app, signed_in)
    grown = {}
    for of_page in few.keys() & many.keys():
        more = many[of_page] - few[of_page]
        grown[" ".join(of_page)] = [words[:300] for words, number in more.items() if number >= MORE // 2]
    assert not {name: what for name, what in grown.items() if what}
    for (username, path), there in many.items():
        if path in LISTS:
            assert there.total() <= MOST, f"{username} {path}:\n" + "\n".join(words[:200] for words in there)


@pytest.mark.parametrize("path", LISTS)
def test_the_lists_measured_are_pages(app: Flask, path: str) -> None:
    assert path in plain_routes(app)
