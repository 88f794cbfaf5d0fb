"""A right taken away counts on the next request, of every kind of right, also in the middle of reading page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest
from consulting import approved
from factories import World
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from oms.domain.access import Role
from oms.domain.organisation import Kind
from oms.services import consultation_cases, delegations, posts, succession
from oms.services.delegations import NewDelegation
from oms.services.posts import Post
from oms.services.succession import Asked
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Emergency
from oms.store.tables import (
    Account,
    AccountCompartment,
    AccountScope,
    AccountSensitive,
    Cadre,
    Document,
    Dossier,
    JournalEntry,
    Page,
    SignIn,
    Unit,
)

SignInAs = Callable[[str], FlaskClient]
TODAY = "02/11/2026"
WHY = "theo chỉ đạo của Thường trực"
PURPOSE = {"purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026"}


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


@dataclass(frozen=True)
class Borrowed:
    """Somebody who reads, page by page, what is open to them for a time only, and how that ends."""

    client: FlaskClient
    path: str
    end: Callable[[], None]

    def turn(self) -> int:
        """Asks for the page's image; the status of the answer."""
        return self.client.get(self.path).status_code


def _dossier_of_government(world: World) -> tuple[str, str, str]:
    """A dossier of another block, a paper in it, its first page."""
    row = world.dossier("Lò Văn Thử", unit="C-SNV", by="officer.gov")
    paper = world.filed(row, by="officer.gov")
    return row.dossier.id, paper, _first_page(world, paper)


def _first_page(world: World, paper: str) -> str:
    with world.work() as uow:
        return uow.session.query(Page).filter_by(document_id=paper).order_by(Page.position).first().id  # type: ignore[union-attr]


def _delegation(world: World, signed_in: SignInAs) -> Borrowed:
    """The leader lends authority over the Party's units to who leads one commune, and withdraws it."""
    row = world.dossier()
    page = _first_page(world, world.filed(row))
    leader, deputy = world.who("leader"), world.who("leader.xa")
    new = NewDelegation(deputy.account_id, (world.units["D"],), TODAY, "05/11/2026", "15/GUQ", WHY)
    with world.work(leader) as uow:
        lent = delegations.make(uow, leader, new, world.clock()).id
    client = signed_in("leader.xa")
    assert client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE).status_code == 404
    client.post("/thay-mat", data={"delegation": lent})
    assert client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE).status_code == 302

    def end() -> None:
        with world.work(leader) as uow:
            delegations.end(uow, leader, lent, WHY, world.clock())

    return Borrowed(client, f"/trang/{page}.jpg", end)


def _consultation(world: World, signed_in: SignInAs) -> Borrowed:
    """A paper is lent for three days to an officer of another block, and the head takes it back."""
    row = world.dossier()
    paper = world.filed(row)
    page, leader = _first_page(world, paper), world.who("leader")
    made = approved(world, row.dossier.id, paper)
    client = signed_in("officer.gov")
    assert client.get(f"/nghien-cuu/{made}/tai-lieu/{paper}").status_code == 200

    def end() -> None:
        with world.work(leader) as uow:
            consultation_cases.revoke(uow, leader, made, WHY, world.clock())

    return Borrowed(client, f"/nghien-cuu/{made}/trang/{page}.jpg", end)


def _emergency(world: World, signed_in: SignInAs) -> tuple[Borrowed, str]:
    row = world.dossier()
    page = _first_page(world, world.filed(row))
    client = signed_in("officer.gov")
    asked = {"unit_id": str(world.units["D-BTC"]), "named": row.dossier.number, "reason": WHY}
    client.post("/khan-cap", data=asked)
    with world.work() as uow:
        opened = uow.session.query(Emergency).one().id
    return Borrowed(client, f"/trang/{page}.jpg", lambda: None), opened


def _emergency_closed(world: World, signed_in: SignInAs) -> Borrowed:
    reading, opened = _emergency(world, signed_in)
    return replace(reading, end=lambda: _answered(reading.client.post(f"/khan-cap/{opened}/dong")))


def _emergency_over(world: World, signed_in: SignInAs) -> Borrowed:
    """The hour passes while they go on reading."""
    reading, _opened = _emergency(world, signed_in)

    def end() -> None:
        for _part in range(6):
            reading.client.get("/")
            world.clock.forward(minutes=10)

    return replace(reading, end=end)


def _level(world: World, signed_in: SignInAs) -> Borrowed:
    """The security officer withdraws the level, on the page of grants."""
    row = world.dossier(secrecy=2)
    page, leader = _first_page(world, world.filed(row, secrecy=2)), world.who("leader")
    world.open(leader, row.dossier.id)
    client, keeper = signed_in("leader"), signed_in("security")

    def end() -> None:
        _answered(
            keeper.post(f"/cap-quyen/{leader.account_id}/thu-hoi", data={"held": "clearance:2", "end_reason": WHY})
        )

    return Borrowed(client, f"/trang/{page}.jpg", end)


def _unit_taken_over(world: World, signed_in: SignInAs) -> Borrowed:
    """A commune that took another over reads its dossiers; the decision is taken back as entered by mistake."""
    admin = world.who("admin")
    world.unit("D-XB", "Đảng uỷ xã bên", "D", "party")
    row = world.dossier("Lò Văn Thử", unit="D-XB")
    page = _first_page(world, world.filed(row))
    client = signed_in("leader.xa")
    assert client.get(f"/ho-so/{row.dossier.id}").status_code == 404
    act = Asked(Kind.ABSORBED, date(2026, 11, 2), "1-QĐ/TU", ("D-XB",), successor="D-XA")
    with world.work(admin) as uow:
        made = succession.succeed(uow, admin, act, world.clock()).id
    assert client.post(f"/ho-so/{row.dossier.id}/mo", data=PURPOSE).status_code == 302

    def end() -> None:
        with world.work(admin) as uow:
            succession.take_back(uow, admin, made, world.clock())

    return Borrowed(client, f"/trang/{page}.jpg", end)


def _unit_moved(world: World, signed_in: SignInAs) -> Borrowed:
    """The unit that holds the dossier comes to stand under another block."""
    dossier, _paper, page = _dossier_of_government(world)
    world.open(world.who("officer.gov"), dossier)

    def end() -> None:
        with world.work() as uow:
            units = {row.code: row for row in uow.session.query(Unit)}
            units["C-SNV"].path = f"{units['D'].path}/{units['C-SNV'].id}"

    return Borrowed(signed_in("officer.gov"), f"/trang/{page}.jpg", end)


def _person_moved(world: World, signed_in: SignInAs) -> Borrowed:
    """Who reads is given another post, in another unit."""
    dossier, _paper, page = _dossier_of_government(world)
    reader, admin = world.who("officer.gov"), world.who("admin")
    world.open(reader, dossier)
    new = Post(Role.RECORDS_OFFICER, world.units["M"], (world.units["M"],), WHY)

    def end() -> None:
        with world.work(admin) as uow:
            posts.change(uow, admin, reader.account_id, new, world.clock())

    return Borrowed(signed_in("officer.gov"), f"/trang/{page}.jpg", end)


def _answered(answer: object) -> None:
    assert answer.status_code == 302  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "lent",
    [
        _delegation,
        _consultation,
        _emergency_closed,
        _emergency_over,
        _level,
        _unit_taken_over,
        _unit_moved,
        _person_moved,
    ],
)
def test_what_was_open_for_a_time_is_shut_with_the_next_page(
    world: World, signed_in: SignInAs, lent: Callable[[World, SignInAs], Borrowed]
) -> None:
    reading = lent(world, signed_in)
    assert reading.turn() == 200
    reading.end()
    answer = reading.client.get(reading.path)
    with world.work() as uow:
        last = uow.session.scalars(select(JournalEntry.outcome).order_by(JournalEntry.seq.desc())).first()
    if lent is _person_moved:  # their sessions are ended too
        assert answer.status_code == 302 and "/dang-nhap" in answer.location
    else:
        assert (answer.status_code, last) == (404, "refused")
