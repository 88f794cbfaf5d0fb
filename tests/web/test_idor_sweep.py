"""Every object there is, hidden in each way there is, asked for by everybody at every address that takes an id."""

from __future__ import annotations

import pytest
from factories import World
from flask import Flask
from web_sweep import ACCOUNTS, ID, WAYS, Way, rules, sweep, tidy
from web_walk import ID_ROUTES, Walker

EVERYBODY = (None, *ACCOUNTS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_what_is_hidden_answers_as_what_never_was(app: Flask, world: World, way: Way) -> None:
    """A share for every run: each address once, by turns of accounts; another share in each way of hiding."""
    who = tuple(sorted({ID_ROUTES[rule.endpoint].insider for rule in rules(app)}))
    asked = list(sweep(Walker(app, world), way, who, each=1, stride=1 if way.name == "unit" else 3))
    assert [one.fault for one in asked if one.fault] == []
    assert len(asked) > 20


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_nobody_reaches_what_is_hidden(app: Flask, world: World, way: Way) -> None:
    asked = list(sweep(Walker(app, world), way, EVERYBODY))
    assert [one.fault for one in asked if one.fault] == []
    assert len(asked) > 40 * len(EVERYBODY)


def test_an_answer_is_tidied_of_nothing_but_noise() -> None:
    assert tidy("hồ sơ HS-0001 lúc 08:15") == "hồ sơ HS-0001 lúc TIME"
    assert ID.findall("/ho-so/" + "a" * 32) == ["a" * 32]
