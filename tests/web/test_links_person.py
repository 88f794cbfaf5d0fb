"""The person page across blocks, and the tab of a dossier's links."""

from __future__ import annotations

import pytest
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient
from linking_worlds import Pair, compare, join, pair_of, take, two_records
from web_sweep import tidy

from oms.domain.links import Act
from oms.store import linking as machine


def signed_in(app: Flask, username: str) -> FlaskClient:
    client = app.test_client()
    client.post("/dang-nhap", data={"username": username, "password": PASSWORD})
    return client


@pytest.fixture
def linked(world: World) -> tuple[Pair, str]:
    made = two_records(world)
    take(world, join(world), made.id, Act.ACCEPT)
    return made, made.state.dossier.id


def test_a_person_is_read_across_blocks_under_the_openings_of_each(
    app: Flask, world: World, linked: tuple[Pair, str]
) -> None:
    made, person = linked
    world.fact(made.party, "career", from_="1990", what="Công nhân")
    world.fact(made.state, "career", "officer", from_="1995", what="Chuyên viên")
    world.fact(made.party, "birth_place", value="Xã An Bình")
    world.fact(made.state, "birth_place", "officer", value="Xã Long Hồ")
    client = signed_in(app, "officer.both")
    page = client.get(f"/nguoi/{person}").get_data(as_text=True)
    assert "chưa hiện ở dưới" in page and "Công nhân" not in page
    named = [row for row in world.journal() if row[0] == "cadre:list"][-2:]
    assert {row[2] for row in named} == {made.party.dossier.id, made.state.dossier.id}
    both = join(world)
    for side in (made.party, made.state):
        world.open(both, side.dossier.id)
    page = client.get(f"/nguoi/{person}").get_data(as_text=True)
    assert page.index("Công nhân") < page.index("Chuyên viên")
    assert page.count('class="is-different"') == 1 and "Xã An Bình" in page and "Xã Long Hồ" in page
    opened = [row for row in world.journal() if row[0] == "cadre:open"][-2:]
    assert {row[2] for row in opened} == {made.party.dossier.id, made.state.dossier.id}


def test_who_sees_one_record_is_answered_as_for_nobody(app: Flask, world: World, linked: tuple[Pair, str]) -> None:
    _made, person = linked
    client = signed_in(app, "officer")
    seen, missing = client.get(f"/nguoi/{person}"), client.get(f"/nguoi/{'f' * 32}")
    assert (seen.status_code, missing.status_code) == (404, 404)


def test_the_tab_names_the_other_record_only_to_who_sees_it(app: Flask, world: World, linked: tuple[Pair, str]) -> None:
    made, _person = linked
    address = f"/ho-so/{made.party.dossier.id}?the=lien-ket"
    for username, told in (("officer.both", True), ("officer", False)):
        world.open(world.who(username), made.party.dossier.id)
        page = signed_in(app, username).get(address).get_data(as_text=True)
        assert (made.state.dossier.number in page) is told
        assert (f"/nguoi/{made.party.dossier.id}" in page) is told
        assert "Đã liên kết" in page


def test_a_third_record_that_is_hidden_changes_nothing_of_the_page(
    app: Flask, world: World, linked: tuple[Pair, str]
) -> None:
    made, person = linked
    client = signed_in(app, "officer.both")

    def page() -> str:
        return tidy(client.get(f"/nguoi/{person}").get_data(as_text=True))

    before = page()
    world.account("officer.all", world.who("officer").role, "P", "P", clearance=3)
    same = {"birth_date": "05/08/1981", "citizen_id": "086181001234"}
    front = world.dossier(made.party.cadre.full_name, "M", "officer.all", secrecy=2, **same)
    compare(world)
    take(world, world.who("officer.all"), pair_of(world, made.party, front), Act.ACCEPT)
    with world.work() as uow:
        now = machine.persons(uow.session)
    assert len(set(now.values())) == 1 and len(now) == 3
    assert page() == before
    assert client.get(f"/nguoi/{front.dossier.id}").status_code == 404
