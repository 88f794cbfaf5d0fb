"""Doors of the pages by which something left without a fresh proof, or without its line in the register of copies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import World
from flask import Flask
from flask.testing import FlaskClient

from oms.domain.access import Action
from oms.services import subject_requests
from oms.services.subject_requests import Asked
from oms.store.secrecy_tables import SecretCopy
from oms.web.guard import asks_step_up, declared_action

SignIn = Callable[[str], FlaskClient]
COPIES = {
    "copies": "1",
    "permitted_by": "Trần Thị Trưởng, Trưởng phòng",
    "permitted_on": "02/11/2026",
    "recipients": "Vi Thị Kín",
}


def test_every_door_by_which_lists_and_forms_leave_asks_for_a_fresh_proof(app: Flask) -> None:
    leaves = (Action.LIST_EXPORT, Action.DOSSIER_EXPORT)
    doors = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and not rule.endpoint.startswith("api.")
        and declared_action(app, rule.endpoint) in leaves
    } | {"changes.extract"}
    assert len(doors) >= 8
    assert {door for door in doors if not asks_step_up(app, door)} == set()


@pytest.mark.parametrize("path", ["/luu-giu/muon-tra.xlsx", "/luu-giu/thanh-phan.xlsx"])
def test_a_session_left_open_takes_no_register_along(world: World, signed_in: SignIn, path: str) -> None:
    client = signed_in("officer")
    world.clock.forward(minutes=11)
    answer = client.post(path, data={"purpose": "đối chiếu sổ với kho"})
    assert answer.status_code == 403 and "đối chiếu sổ với kho" in answer.text
    assert [verb for verb, _outcome, _id in world.journal() if verb == "list:export"] == []


def test_the_extract_of_a_secret_record_asks_for_its_copies_and_bears_their_number(
    world: World, signed_in: SignIn
) -> None:
    row = world.dossier("Vi Thị Kín", secrecy=1)
    world.fact(row, "birth_date", value="05/08/1970")
    officer = world.who("officer")
    with world.work(officer) as uow:
        wanted = Asked(row.dossier.number, "extract", "YC-9", world.clock().date(), "xin bản trích")
        asked = subject_requests.ask(uow, officer, wanted, world.clock()).id
    world.open(officer, row.dossier.id)
    client = signed_in("officer")
    path = f"/yeu-cau-can-bo/{asked}/ban-trich.pdf"
    refused = client.post(path)
    assert refused.status_code == 400 and 'name="recipients"' in refused.text
    given = client.post(path, data=COPIES)
    assert (given.status_code, given.mimetype) == (200, "application/pdf")
    with world.work() as uow:
        (line,) = uow.session.query(SecretCopy).all()
    assert (line.object_id, line.secrecy) == (asked, 1)
