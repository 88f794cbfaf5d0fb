"""The app over a small world of its own, and a browser's stand-in for each person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient

from oms import create_app

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def app(world: World) -> Flask:
    """The real app; only the form token is off, which a test of its own checks."""
    made = create_app(world.house.settings, world.clock)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def signed_in(app: Flask) -> SignIn:
    """Signs a person in through the door and gives their client."""

    def enter(username: str) -> FlaskClient:
        client = app.test_client()
        done = client.post("/dang-nhap", data={"username": username, "password": PASSWORD})
        assert done.status_code == 302, username
        return client

    return enter
