"""A few requests of every operation, made from its document; the long run makes twenty thousand."""

from __future__ import annotations

from collections import Counter

import pytest
from api_asking import OPERATIONS, known_ids, real_ids, token_of
from api_fuzzing import fuzz
from factories import World
from web_walk import Walker

from oms import create_app

WHO = ("officer", "leader", "clerk", "reviewer", "security", "admin")
FEW = ("dossiers", "documents", "desk", "scanning", "cases", "directives", "procedures")


def _fuzzed(world: World, areas: tuple[str, ...], examples: int, seed: int) -> Counter[int]:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    walker = Walker(app, world)
    known = {
        name: real_ids(walker, here) for name, here in OPERATIONS.items() if here.ids and here.area in areas
    } or known_ids(walker)
    tokens = {token_of(world, username): world.who(username).role for username in WHO}
    statuses, wrong = fuzz(app, tokens, known, examples, seed)
    assert wrong == {}
    return statuses


def test_no_request_breaks_it_and_every_answer_is_in_the_document(world: World) -> None:
    statuses = _fuzzed(world, FEW, 2, 20261130)
    assert sum(statuses.values()) >= 2 * len(OPERATIONS) - 50
    assert statuses[200] > 20 and statuses[404] > 20 and statuses[400] > 20 and not any(s >= 500 for s in statuses)


@pytest.mark.long
def test_twenty_thousand_requests(world: World) -> None:
    statuses = _fuzzed(world, (), 20_000 // len(OPERATIONS) + 1, 9)
    assert sum(statuses.values()) >= 20_000 and not any(status >= 500 for status in statuses)
