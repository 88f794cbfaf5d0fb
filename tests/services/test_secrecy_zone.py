"""The network zone: outside an isolated LAN nothing of a level is taken in, read or shown; what is there is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from factories import World

from oms.errors import InvalidInput, WrongZone
from oms.services import classifying, custody, desk, finding, health, intake, reading, scanner, secret_stubs
from oms.services.classifying import NewLevel
from oms.services.finding import Asked
from oms.services.intake import NewBatch, Received
from oms.services.secret_stubs import NewStub
from oms.store.tables import Batch, Document, Page, Scan


def moved(world: World, zone: str = "party_wan") -> None:
    """The same installation, declared to lie in another zone."""
    world.house.settings = replace(world.house.settings, zone=zone)


def batch_of(world: World, level: int) -> str:
    officer = world.who("officer")
    with world.work(officer) as uow:
        return intake.create_batch(uow, officer, NewBatch(world.units["D-BTC"], "Đợt", secrecy=level), world.clock()).id


@pytest.mark.parametrize("zone", ["party_wan", "office_lan"])
def test_nothing_of_a_level_is_taken_in(world: World, zone: str) -> None:
    secret = batch_of(world, 1)
    plain, row = world.paper(), world.dossier()
    filed = world.filed(row)
    moved(world, zone)
    officer, clock = world.who("officer"), world.clock
    level = NewLevel(1, "", "bvctnb", "", "01/10/2026", "Trưởng ban", "", "")
    tried: list[Callable[[object], object]] = [
        lambda uow: intake.create_batch(uow, officer, NewBatch(world.units["D-BTC"], "Đợt", secrecy=1), clock()),
        lambda uow: intake.require_open(uow, officer, secret),
        lambda uow: intake.receive(uow, officer, secret, Received("0" * 64, 1, "pdf", 1), "a.pdf", clock()),
        lambda uow: desk.save(uow, officer, plain, 1, desk.Edit("quyet_dinh", "Giấy", secrecy=1), clock()),
        lambda uow: classifying.classify(uow, officer, "document", filed, level, clock()),
        lambda uow: classifying.classify(uow, officer, "dossier", row.dossier.id, level, clock()),
        lambda uow: custody.create_cadre(
            uow, officer, custody.NewCadre("Nguyễn Văn Kín", world.units["D-BTC"], "K-1", secrecy=1), clock()
        ),
    ]
    for act in tried:
        with pytest.raises(WrongZone) as refused, world.work(officer) as uow:
            act(uow)
        assert "LAN độc lập" in refused.value.message_vi and "sổ đăng ký" in refused.value.message_vi
    assert batch_of(world, 0)  # what has no level goes on as ever
    with world.work(officer) as uow:
        desk.save(uow, officer, plain, 1, desk.Edit("quyet_dinh", "Giấy"), clock())
    new = NewStub(world.units["D-BTC"], "1-TB", 1, place="Két số 2")
    with world.work(officer) as uow:  # a line of the register is what may be kept
        assert secret_stubs.enter(uow, officer, new, clock()).entry == 1


def test_a_scanner_is_not_started_for_a_secret_pile(world: World) -> None:
    secret = batch_of(world, 1)
    moved(world)
    officer = world.who("officer")
    asked = scanner.Asked(secret, "test:0")
    with pytest.raises(WrongZone), world.work(officer) as uow:
        scanner.start(uow, officer, world.house.settings, asked, world.clock())


def test_secrets_that_came_in_before_are_neither_shown_nor_searched_nor_read(world: World) -> None:
    row = world.dossier()
    secret = world.filed(row, "QUYẾT ĐỊNH\nVề việc điều động đặc biệt", secrecy=1)
    plain = world.filed(row, "QUYẾT ĐỊNH\nVề việc điều động thường kỳ")
    waiting = world.paper(secrecy=1)
    world.index()
    officer = world.who("officer")
    world.open(officer, row.dossier.id)
    with world.work() as uow:
        pages = {page.document_id: page.id for page in uow.session.query(Page)}
        scan = uow.session.get_one(Document, waiting).scan_id
        uow.session.get_one(Batch, uow.session.get_one(Scan, scan).batch_id).secrecy = 1
    moved(world)
    for act in (
        lambda uow: custody.read_document(uow, officer, secret, world.clock()),
        lambda uow: custody.page_image(uow, officer, pages[secret], world.clock()),
        lambda uow: desk.open_document(uow, officer, waiting, world.clock()),
        lambda uow: desk.page_image(uow, officer, pages[waiting], world.clock()),
    ):
        with pytest.raises(WrongZone), world.work(officer) as uow:
            act(uow)
    with world.work(officer) as uow:
        assert custody.page_image(uow, officer, pages[plain], world.clock())
    found = finding.search(world.house, officer, Asked("điều động"), world.clock())
    assert [paper.document.id for one in found.people for paper in one.papers] == [plain]
    assert not reading.read_scan(world.house, scan, world.clock)
    told = [line for line in health.check(world.house) if line.startswith("zone:")]
    assert len(told) == 1 and "2 pages" in told[0] and "party_wan" in told[0]
    moved(world, "isolated_lan")
    assert not [line for line in health.check(world.house) if line.startswith("zone:")]
    with world.work(officer) as uow:
        assert custody.page_image(uow, officer, pages[secret], world.clock())


def test_who_may_not_see_a_secret_learns_nothing_from_the_zone(world: World) -> None:
    row = world.dossier()
    secret = world.filed(row, secrecy=2)
    moved(world)
    low = world.who("officer2")
    world.open(low, row.dossier.id)
    from oms.errors import Refused

    with pytest.raises(Refused), world.work(low) as uow:
        custody.read_document(uow, low, secret, world.clock())


def test_the_message_is_a_mistake_in_a_field_and_not_a_refusal() -> None:
    assert issubclass(WrongZone, InvalidInput) and WrongZone.status == 409
