"""A right taken away counts on the next request, of every kind of right, also in the middle of reading page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import World
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from oms.store.access_tables import AccountKin
from oms.store.tables import (
    Account,
    AccountCompartment,
    AccountScope,
    AccountSensitive,
    Cadre,
    Document,
    Dossier,
    Page,
    SignIn,
)

SignInAs = Callable[[str], FlaskClient]


class Reading:
    """The leader in the middle of a dossier: it is open, a page has been read, the next is about to be."""

    def __init__(self, world: World, client: FlaskClient) -> None:
        self.world, self.client = world, client
        row = world.dossier(secrecy=2, compartment="bvctnb")
        self.dossier, self.cadre = row.dossier.id, row.dossier.cadre_id
        self.document = world.filed(row, secrecy=2, compartment="bvctnb", pages=3)
        with world.work() as uow:
            found = uow.session.query(Page).filter_by(document_id=self.document).order_by(Page.position)
            self.pages = [page.id for page in found]
        world.open(world.who("leader"), self.dossier)
        self.account = world.who("leader").account_id

    def turn(self, page: int) -> int:
        """Asks for a page's image; the status of the answer."""
        return self.client.get(f"/trang/{self.pages[page]}.jpg").status_code


@pytest.fixture
def reading(world: World, signed_in: SignInAs) -> Reading:
    return Reading(world, signed_in("leader"))


def _scope(reading: Reading) -> None:
    _run(reading, delete(AccountScope).where(AccountScope.account_id == reading.account))


def _level(reading: Reading) -> None:
    _run(reading, update(Account).where(Account.id == reading.account).values(clearance=1))


def _area(reading: Reading) -> None:
    _run(reading, delete(AccountCompartment).where(AccountCompartment.account_id == reading.account))


def _role(reading: Reading) -> None:
    _run(reading, update(Account).where(Account.id == reading.account).values(role="security_reviewer"))


def _raised(reading: Reading) -> None:
    _run(reading, update(Document).where(Document.id == reading.document).values(secrecy=3))


def _nothing(reading: Reading) -> None:
    _run(reading, update(Account).where(Account.id == reading.account).values(clearance=0))


def _kin(reading: Reading) -> None:
    with reading.world.work() as uow:
        cadre = uow.session.get_one(Cadre, reading.cadre)
        cadre.citizen_id = "001070000001"
        told = {"relation": "vo_chong", "citizen_id": "001070000001", "entered_at": reading.world.clock()}
        uow.session.add(AccountKin(account_id=reading.account, entered_by=reading.account, **told))


def _run_out(reading: Reading) -> None:
    reading.world.clock.forward(minutes=9)  # kept awake, so that only the opening runs out, not the session
    for _part in range(7):
        reading.client.get("/")
        reading.world.clock.forward(minutes=9)


OPENING = "the opening ran out"
RIGHTS = {
    "scope": _scope,
    "clearance": _level,
    "compartment": _area,
    "role": _role,
    "the paper's level raised": _raised,
    "clearance to nothing": _nothing,
    "declared kin": _kin,
    OPENING: _run_out,
}


def _run(reading: Reading, statement: object) -> None:
    with reading.world.work() as uow:
        uow.session.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("right", RIGHTS)
def test_the_next_page_is_refused(reading: Reading, right: str) -> None:
    assert reading.turn(0) == 200
    RIGHTS[right](reading)
    assert reading.turn(1) in (302, 404)
    assert reading.client.get(f"/ho-so/{reading.dossier}").status_code in (200, 404)
    with reading.world.work() as uow:
        shown = uow.session.get_one(Dossier, reading.dossier).number
    page = reading.client.get("/ho-so").get_data(as_text=True)
    assert (shown in page) is (right in ("the paper's level raised", OPENING))


@pytest.mark.parametrize("way", ["switched off", "ended", "signed out elsewhere"])
def test_a_session_that_is_over_opens_nothing(reading: Reading, way: str) -> None:
    assert reading.turn(0) == 200
    if way == "switched off":
        _run(reading, update(Account).where(Account.id == reading.account).values(active=False))
    elif way == "ended":
        now = reading.world.clock()
        _run(reading, update(SignIn).where(SignIn.account_id == reading.account).values(ended_at=now))
    else:
        _run(reading, delete(SignIn).where(SignIn.account_id == reading.account))
    answer = reading.client.get(f"/trang/{reading.pages[1]}.jpg")
    assert answer.status_code == 302 and "/dang-nhap" in answer.location


def test_sensitive_fields_are_masked_from_the_next_request(world: World, signed_in: SignInAs, reading: Reading) -> None:
    row = world.dossier("Lò Văn Thử")
    world.fact(row, "religion", value="Phật giáo")
    leader = world.who("leader")
    world.open(leader, row.dossier.id)
    before = reading.client.get(f"/ho-so/{row.dossier.id}").get_data(as_text=True)
    _run(reading, delete(AccountSensitive).where(AccountSensitive.account_id == leader.account_id))
    after = reading.client.get(f"/ho-so/{row.dossier.id}").get_data(as_text=True)
    assert "Phật giáo" in before
    assert "Phật giáo" not in after
