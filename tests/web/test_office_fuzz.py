"""The office's pages under hostile input: every field and every address of the routes of its desks."""

from __future__ import annotations

import pytest
from factories import World
from flask import Flask
from web_fuzz import Fuzz

pytestmark = pytest.mark.embedded("everything is put back as it was by SQLite's own copy")
DESKS = ("cases", "case_issue", "directives", "task_work", "tasks", "briefings", "figures", "procedures")


def fuzzed(app: Flask, world: World, most: int = 0) -> Fuzz:
    fuzz = Fuzz(app, world, DESKS)
    try:
        fuzz.everything(most)
    finally:
        fuzz.close()
    return fuzz


def test_no_hostile_value_fails_or_writes_where_it_was_refused(app: Flask, world: World) -> None:
    """A share of them for every run, the same each time: of each route some, by lot."""
    fuzz = fuzzed(app, world, most=5)
    assert fuzz.faults == []
    assert len(fuzz.rules) > 60 and fuzz.asked > 300
    assert fuzz.wrote > 20  # what is taken is seen to be written


@pytest.mark.long
def test_no_hostile_value_at_all_does(app: Flask, world: World) -> None:
    fuzz = fuzzed(app, world)
    assert fuzz.faults == []
    assert fuzz.asked > 2000
