"""Every operation with an id, asked by everybody: hidden answers as missing does; and every page has its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_asking import (
    OPERATIONS,
    OTHERWISE,
    PAGES,
    PURPOSE,
    Program,
    coverage,
    named,
    real_ids,
    request_of,
    token_of,
)
from factories import FakeClock, World, copied_world
from flask import Flask
from web_sweep import newest_row
from web_walk import ID_ROUTES, TYPED_IDS, Walker, desk_of

from oms import create_app
from oms.domain.access import Secrecy, permits
from oms.web.api.operations import Operation
from oms.web.guard import declared_action

EVERYBODY_MAY = {"get_unit"}
"""The tree of units is known to everybody who may look at it."""
_ENDS = ("remove", "close", "end_", "withdraw", "lift", "put_", "take_")
WITH_IDS = sorted(
    (name for name, here in OPERATIONS.items() if here.ids),
    key=lambda name: (OPERATIONS[name].writes, name.startswith(_ENDS)),
)
"""Those that read come first, those that end something last: the others are about it."""
EVERYBODY_MAY = {"get_unit"}
"""The tree of units is known to everybody who may look at it."""


def test_every_page_has_its_line_and_every_operation_its_page(world: World) -> None:
    """A new route needs a line in tests/api_coverage.tsv: its operations, or why there is none."""
    app = create_app(world.house.settings, world.clock)
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("api.")}
    rows = coverage()
    assert sorted(route for route, _said in rows) == sorted(routes)
    named = {name for _route, said in rows if not said.startswith("-") for name in said.split()}
    assert named <= set(OPERATIONS) and set(OPERATIONS) <= named | set(OTHERWISE)
    assert all(len(said) > 4 for _route, said in rows)


def test_every_operation_asks_what_its_page_asks(world: World) -> None:
    """The action of an operation is the page's; a fresh proof there is a code here."""
    app = create_app(world.house.settings, world.clock)
    differs = []
    for name, page in PAGES.items():
        here, action = OPERATIONS[name], declared_action(app, page)
        if here.action is not action and name not in LESS:
            differs.append((name, str(here.action), str(action)))
        if getattr(app.view_functions[page], "step_up", False) and here.writes:
            assert here.proof, name
        assert declared_action(app, here.endpoint) is here.action
    assert differs == []


LESS = {"get_me", "close_task", "get_keeping"}
"""Operations whose page is another's: none of them asks for less than its own service does."""


def _app(world: World) -> Flask:
    made = create_app(world.house.settings, world.clock)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


class Asker:
    """A walker's world and everybody's programs in it."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self._tokens = walker, {}

    def ids(self, here: Operation) -> dict[str, str]:
        """The real ids of an operation, as its page has them."""
        return real_ids(self.walker, here)

    def answer(self, username: str, here: Operation, ids: dict[str, str]) -> tuple[int, str]:
        """Status and body without the id asked for and the number to quote."""
        if username not in self._tokens:
            self._tokens[username] = token_of(self.walker.world, username)
        method, path, sent = request_of(here, ids)
        match = {"If-Match": '"1"'} if here.match else {}
        proof = {"OMS-Proof": "000000"} if here.proof else {}
        program = Program(self.walker.app, self._tokens[username])
        answer = program.ask(method, path, match | proof, **sent)
        body = answer.get_data().decode(errors="replace")
        for value in sorted(ids.values(), key=len, reverse=True):
            body = body.replace(value, "ID") if len(value) > 8 else body
        return answer.status_code, re.sub(r'"number":"[0-9a-f]{8}"', "", body)


def _some(name: str, outsiders: tuple[str, ...]) -> tuple[str, ...]:
    """The first, of another unit or level, and in turn one of the others: over all operations everybody asks."""
    return tuple(dict.fromkeys((outsiders[0], outsiders[WITH_IDS.index(name) % len(outsiders)])))


def missing(here: Operation) -> dict[str, str]:
    """Ids that never were."""
    return {name: TYPED_IDS.get(named(name, TYPED_IDS), "f" * 32) for name in here.ids}


@pytest.fixture(scope="module")
def walked(world_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Asker]]:
    """One world for each desk; the requests in it are all refused, or read."""
    made: dict[int | None, Asker] = {}

    def of(page: str) -> Asker:
        desk = desk_of(page)
        if desk not in made:
            world = copied_world(world_template, tmp_path_factory.mktemp("api") / "home", FakeClock())
            made[desk] = Asker(Walker(_app(world), world))
        return made[desk]

    yield of
    for asker in made.values():
        asker.walker.world.house.database.close()


@pytest.fixture
def as_at_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of the phone and the highest level of tokens have tests of their own; here it is ids that are asked."""
    monkeypatch.setattr("oms.services.tokens.prove", lambda *_each: True)
    monkeypatch.setattr("oms.services.tokens.HIGHEST", Secrecy.TUYET_MAT)


@pytest.mark.parametrize("name", WITH_IDS)
@pytest.mark.usefixtures("as_at_the_pages")
def test_hidden_answers_exactly_as_missing_and_the_refusal_is_a_row(walked: Callable[[str], Asker], name: str) -> None:
    here, page = OPERATIONS[name], PAGES[name]
    asker = walked(page)
    real, gone = asker.ids(here), missing(here)
    for username in _some(name, ID_ROUTES[page].outsiders):
        if name in EVERYBODY_MAY and permits(asker.walker.world.who(username), here.action):
            continue
        before = newest_row(asker.walker.world)[0]
        seen = asker.answer(username, here, real)
        number, outcome = newest_row(asker.walker.world)
        if seen[0] == 412:  # they may read it, and were told that it is not what they read
            reader = OPERATIONS[here.of]
            assert asker.answer(username, reader, asker.ids(reader))[0] == 200, f"{name} as {username}"
            continue
        assert seen == asker.answer(username, here, gone), f"{name} as {username}"
        assert seen[0] == 404, f"{name} as {username}: {seen}"
        assert number > before and outcome == "refused", f"{name} as {username}"


@pytest.mark.parametrize("name", WITH_IDS)
@pytest.mark.usefixtures("as_at_the_pages")
def test_the_right_person_gets_through(walked: Callable[[str], Asker], name: str) -> None:
    """The walk would prove nothing if its real ids were wrong."""
    here, page = OPERATIONS[name], PAGES[name]
    asker = walked(page)
    status, body = asker.answer(ID_ROUTES[page].insider, here, asker.ids(here))
    assert status in (200, 201, 204, 400, 409, 412) or name == "read_draft", f"{name}: {status} {body[:300]}"
    if not here.writes and name != "read_draft":  # of which there is none
        assert status == 200, f"{name}: {status} {body[:300]}"


def test_purposes_are_of_the_list() -> None:
    from oms.domain.catalogue import PURPOSES

    assert PURPOSE["OMS-Purpose"] in PURPOSES and json.dumps(PURPOSE)
