"""Every route that takes an id, asked by everybody: one answer for hidden and missing, and the right person gets in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from factories import FakeClock, World, copied_world
from flask import Flask
from web_sweep import newest_row
from web_walk import ID_ROUTES, TYPED_IDS, Walker, desk_of

from oms import create_app

Walked = Callable[[str], Walker]
"""A walker with real objects behind the ids of a route."""


def _app(world: World) -> Flask:
    made = create_app(world.house.settings, world.clock)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def _closed(walker: Walker) -> None:
    for house in (walker.world.house, walker.app.extensions["oms"]):
        house.database.close()


def _copied(walker: Walker, home: Path) -> Walker:
    world = copied_world(walker.world.house.settings.home, home, FakeClock(walker.world.clock.at))
    return walker.in_copy(_app(world), world)


@pytest.fixture(scope="module")
def template(world_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """One world for each desk, with the desk's objects and no others; nobody acts in it."""
    made: dict[int | None, Walker] = {}

    def of(endpoint: str) -> Walker:
        desk = desk_of(endpoint)
        if desk not in made:
            world = copied_world(world_template, tmp_path_factory.mktemp("desk") / "home", FakeClock())
            walker = Walker(_app(world), world)
            walker.ids_for(endpoint)
            _closed(walker)
            made[desk] = walker
        return made[desk]

    return of


@pytest.fixture(scope="module")
def refused(template: Walked, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """One copy for each desk, for requests that are all refused: it stays as it is but for the journal."""
    made: dict[Walker, Walker] = {}

    def of(endpoint: str) -> Walker:
        known = template(endpoint)
        if known not in made:
            made[known] = _copied(known, tmp_path_factory.mktemp("refused") / "home")
        return made[known]

    yield of
    for walker in made.values():
        _closed(walker)


@pytest.fixture
def own(template: Walked, tmp_path: Path) -> Walked:
    """A copy for this test alone, which may act in it."""
    made: list[Walker] = []

    def of(endpoint: str) -> Walker:
        made.append(_copied(template(endpoint), tmp_path / "home"))
        return made[-1]

    yield of
    for walker in made:
        _closed(walker)


def test_every_id_route_is_walked(world: World) -> None:
    """A new route with an id must be added to the walk below, or this fails."""
    rules = _app(world).url_map.iter_rules()
    with_ids = {rule.endpoint for rule in rules if rule.arguments - {"filename", "name"}}
    of_programs = {endpoint for endpoint in with_ids if endpoint.startswith("api.")}  # walked in test_api_ids
    assert with_ids - of_programs == set(ID_ROUTES)


@pytest.mark.parametrize("endpoint", sorted(ID_ROUTES))
def test_hidden_answers_exactly_as_missing_and_the_refusal_is_a_row(refused: Walked, endpoint: str) -> None:
    """Anonymous, wrong unit, low clearance: the answer for a real id is the answer for one that never was."""
    walker = refused(endpoint)
    real = walker.ids_for(endpoint)
    for username in (None, *ID_ROUTES[endpoint].outsiders):
        walker.client(username)  # whose sign-in is a row too
        before = newest_row(walker.world)[0]
        seen = walker.answer(username, endpoint, real)
        number, outcome = newest_row(walker.world)
        assert username is None or (number > before and outcome == "refused"), f"{endpoint} as {username}"
        missing = walker.answer(username, endpoint, TYPED_IDS)
        assert seen == missing, f"{endpoint} as {username}"
        assert seen[0] in ((302,) if username is None else (404,)), f"{endpoint} as {username}"


@pytest.mark.parametrize("endpoint", sorted(ID_ROUTES))
def test_insider_is_not_refused(own: Walked, endpoint: str) -> None:
    """The walk would prove nothing if its real ids were wrong: the right person gets through."""
    walker = own(endpoint)
    status, _body = walker.answer(ID_ROUTES[endpoint].insider, endpoint, walker.ids_for(endpoint))
    assert status in ID_ROUTES[endpoint].expected, endpoint
