"""Requests at the desk and the second look that must not show, count or run what they should not."""

from __future__ import annotations

import re
from collections.abc import Callable

from factories import World
from flask.testing import FlaskClient
from sqlalchemy import select

from oms.domain.access import Role
from oms.services import desk
from oms.store.desk_tables import Check
from oms.store.tables import Account, Batch, Document

SignIn = Callable[[str], FlaskClient]
BORN = "05/08/1961"
NUMBER = re.compile(r"[0-9a-f]{8}</span>|nonce=\"[^\"]*\"")


def filed(world: World) -> str:
    """A paper of a person, filed by a clerk; the look that waits for another."""
    clerk, row, paper = world.who("clerk"), world.dossier(birth_date="1961-08-05"), world.paper()
    with world.work(clerk) as uow:
        edit = desk.Edit("quyet_dinh", "Quyết định", person_birth_date=BORN)
        desk.file(uow, clerk, paper, 1, row.dossier.id, edit, world.clock())
        return uow.session.scalars(select(Check.id)).one()


def test_a_value_to_be_typed_unseen_stands_nowhere_on_the_page(world: World, signed_in: SignIn) -> None:
    check_id, other = filed(world), signed_in("clerk2")
    assert BORN in other.get(f"/kiem-tra/{check_id}").text
    with world.work() as uow:
        uow.session.scalars(select(Batch)).one().check_blind = True
    page = other.get(f"/kiem-tra/{check_id}").text
    assert BORN not in page
    assert "1961-08-05" not in page


def test_no_cell_of_the_report_is_a_formula(world: World, signed_in: SignIn) -> None:
    for name in ("＝1+1", "\n=1+1", "|calc", "@SUM(A1)"):
        with world.work() as uow:
            uow.session.scalars(select(Account).where(Account.username == "clerk")).one().display_name = name
            look = uow.session.scalars(select(Check)).first()
        if look is None:
            check_id = filed(world)
            with world.work() as uow:
                uow.session.get_one(Check, check_id).state = "agreed"
                uow.session.get_one(Check, check_id).checked_at = world.clock()
        text = signed_in("officer").get("/kiem-tra/bao-cao.csv").text
        assert f"'{name}" in text, name


def test_looks_and_pages_of_a_paper_raised_meanwhile_are_gone(world: World, signed_in: SignIn) -> None:
    check_id, other = filed(world), signed_in("clerk2")
    assert other.get(f"/kiem-tra/{check_id}").status_code == 200
    world.account("clerk.low", Role.SCANNING_CLERK, "D-BTC", "D", clearance=0)
    with world.work() as uow:
        uow.session.scalars(select(Document)).one().secrecy = 2
    data = {"version": "2", "seen": ["paper.title", "paper.type_code", "paper.dossier"]}
    for who in ("clerk2", "clerk.low"):
        client = signed_in(who)
        answers = [client.post(f"/kiem-tra/{one}", data=data) for one in (check_id, "0" * 32)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({NUMBER.sub("", answer.text.split("<main", 1)[1]) for answer in answers}) == 1
        assert client.get(f"/kiem-tra/{check_id}").status_code == 404
        assert "Quyết định" not in client.get("/kiem-tra").text.split("<main", 1)[1]
