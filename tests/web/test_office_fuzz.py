"""The office's pages under hostile input: every field and every address of the routes of its desks."""

from __future__ import annotations

from factories import World
from flask import Flask
from web_fuzz import Fuzz

DESKS = ("cases", "case_issue", "directives", "task_work", "tasks", "briefings", "figures", "procedures")


def test_no_hostile_value_fails_or_writes_where_it_was_refused(app: Flask, world: World) -> None:
    fuzz = Fuzz(app, world, DESKS)
    try:
        fuzz.everything()
    finally:
        fuzz.close()
    assert fuzz.faults == []
    assert len(fuzz.rules) > 60 and fuzz.asked > 800
