"""A clerk's browser for the tests of the scanning desk: signed in, forms without a token, what the desk is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from factories import World
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass(frozen=True)
class Desk:
    """One person's session on a world."""

    world: World
    enter: Callable[[str], FlaskClient]
    client: FlaskClient

    def form(self, document_id: str, **typed: str) -> dict[str, str]:
        """What the desk's form sends when only ``typed`` was changed."""
        page = self.client.get(f"/ban-duyet/{document_id}").text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        texts = dict(re.findall(r'<input class="control"[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
        fields = ("title", "number", "issued_on", "person_name", "person_birth_date")
        kept = {name: texts.get(name, "") for name in fields}
        start = {"type_code": "quyet_dinh", "secrecy": "0", "compartment": "", "dirty": "1" if typed else "0"}
        return hidden | kept | start | typed

    def post(self, document_id: str, step: str, **typed: str) -> TestResponse:
        return self.client.post(f"/ban-duyet/{document_id}/{step}", data=self.form(document_id, **typed))

    def of(self, username: str) -> Desk:
        """Another person's session on the same world."""
        return Desk(self.world, self.enter, self.enter(username))
