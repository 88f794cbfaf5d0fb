"""Ids of hidden records in query strings and forms are answered like ids that never were."""

from __future__ import annotations

import pytest
from factories import World
from flask import Flask
from web_fields import CARRIED, Fields
from web_sweep import WAYS, Way


def test_a_field_tells_no_hidden_id_from_one_that_never_was(app: Flask, world: World) -> None:
    """A share for every run: the fields where an id means something, as the person whose work it is."""
    fields = Fields(app, world, WAYS[0])
    sent = {each.endpoint: each for each in fields.requests(whole=False)}
    try:
        carried = [(sent[endpoint], name, fields.put(kind)) for endpoint, name, kind in CARRIED]
        assert [(each[0].endpoint, each[1]) for each in carried if not fields.comes_to(*each)] == []
        for each, name, put in carried:
            assert list(fields.faults(each, name, each.insider, [put])) == []
    finally:
        fields.close()


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_no_field_of_any_request_tells(app: Flask, world: World, way: Way) -> None:
    """Every field a route reads, with an id of every kind; and where an id means something, as everybody."""
    fields = Fields(app, world, way)
    try:
        found = [fault for faults in (*fields.everything(), *fields.as_everybody()) for fault in faults]
    finally:
        fields.close()
    assert found == []
    assert fields.asked > 10_000
