"""What the reviewer reads of an address: a mistyped one is nothing, one outside the role is named by its section."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import World
from flask import Flask
from flask.testing import FlaskClient

from oms.store import journal


def _last_label(world: World) -> tuple[str, str, str]:
    with world.work() as uow:
        entry = [entry for entry, _leaf in journal.rows(uow.session)][-1]
    return entry.verb, entry.object_id, entry.object_label


@pytest.mark.parametrize("path", ["/ho-so-khong-co", "/nhat-ky/", "/wp-login.php"])
def test_a_mistyped_address_is_a_plain_404_and_no_row(
    world: World, signed_in: Callable[[str], FlaskClient], path: str
) -> None:
    client = signed_in("clerk")
    before = len(world.journal())
    assert client.get(path).status_code == 404
    assert client.post("/ngon-ngu", data={"lang": "en", "next": path}, follow_redirects=True).status_code == 404
    assert len(world.journal()) == before


def test_a_stranger_is_sent_to_the_door_whatever_was_typed(world: World, app: Flask) -> None:
    client = app.test_client()
    assert "/dang-nhap" in client.get("/ho-so-khong-co").location


@pytest.mark.parametrize(
    ("path", "endpoint", "label"),
    [
        ("/nhat-ky", "review.journal", "Nhật ký"),
        ("/quan-tri", "admin.status", "Quản trị"),
        ("/tim-kiem", "search.search", "Tìm kiếm"),
    ],
)
def test_a_page_outside_the_role_is_a_row_named_by_its_section(
    world: World, signed_in: Callable[[str], FlaskClient], path: str, endpoint: str, label: str
) -> None:
    client = signed_in("clerk")
    client.post("/ngon-ngu", data={"lang": "en"})
    assert client.get(path).status_code == 404
    assert _last_label(world) == ("route:refuse", endpoint, label)
