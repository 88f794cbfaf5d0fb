"""A dossier on its way between two units: sealed, counted by a second person, refused unless all of it fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import World
from sqlalchemy import text

from oms.domain.access import Principal, Role
from oms.errors import InvalidInput, Refused
from oms.services import custody, disposals, transfers
from oms.services.disposals import NewHold
from oms.services.loans import NewLoan, lend
from oms.services.transfers import NewTransfer, Outcomes, Received, TransferView
from oms.store import keeping
from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change
from oms.store.tables import Document, Dossier


def receiver(world: World, clearance: int = 3, name: str = "officer.xa") -> Principal:
    return world.account(name, Role.RECORDS_OFFICER, "D-XA", "D-XA", clearance=clearance, compartments=("bvctnb",))


def begin(world: World, row: DossierRow, to: str = "D-XA") -> str:
    who = world.who("officer")
    new = NewTransfer(world.units[to], "12-QĐ/TU", "điều động cán bộ")
    with world.work(who) as uow:
        return transfers.create(uow, who, row.dossier.id, new, world.clock()).id


def seal(world: World, transfer_id: str) -> None:
    who = world.who("officer")
    with world.work(who) as uow:
        transfers.seal(uow, who, transfer_id, world.clock())


def look(world: World, who: Principal, transfer_id: str) -> TransferView:
    with world.work(who) as uow:
        return transfers.read(uow, who, transfer_id, world.clock())


def take(
    world: World, who: Principal, transfer_id: str, confirmed: bool = True, number: str = "XA-7", **other: int | None
) -> Outcomes:
    counted: dict[str, int | None] = {line.document: line.pages for line in look(world, who, transfer_id).lines}
    counted |= other
    with world.work(who) as uow:
        found = Received(counted, confirmed, number)
        return transfers.receive(uow, who, transfer_id, found, world.clock())


def test_a_mismatch_is_refused_and_then_everything_fits_and_the_dossier_moves(world: World) -> None:
    row = world.dossier(number="BTC-1")
    paper, other = world.filed(row, pages=3), world.filed(row)
    world.index()
    xa = receiver(world)
    first = begin(world, row)
    seal(world, first)
    refused = take(world, xa, first, **{paper: 2})
    assert not refused.received
    assert "danh mục 3 trang, đếm được 2" in refused.words
    with world.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).unit_id == world.units["D-BTC"]
    assert ("transfer:refuse", "done", first) in world.journal()

    second = begin(world, row)
    seal(world, second)
    assert take(world, xa, second).received
    with world.work() as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        assert (dossier.unit_id, dossier.number) == (world.units["D-XA"], "XA-7")
        assert {uow.session.get_one(Document, name).unit_id for name in (paper, other)} == {world.units["D-XA"]}
        kept = keeping.transfers_of(uow.session, row.dossier.id)[0][0]
        assert (kept.number_before, kept.number_after) == ("BTC-1", "XA-7")
    assert world.journal()[-2:] == [("transfer:receive", "done", second)] * 2
    world.open(xa, row.dossier.id)
    with world.work(xa) as uow:
        assert len(custody.read_dossier(uow, xa, row.dossier.id, world.clock()).contents) == 2


def test_before_receiving_the_other_unit_sees_the_list_and_no_dossier(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    xa = receiver(world)
    moved = begin(world, row)
    with pytest.raises(Refused):
        look(world, xa, moved)  # a draft is the sender's own
    seal(world, moved)
    view = look(world, xa, moved)
    assert [line.type for line in view.lines] == ["quyet_dinh"]
    assert (view.may_receive, view.may_seal) == (True, False)
    with pytest.raises(Refused), world.work(xa) as uow:
        custody.gate(uow, xa, row.dossier.id, world.clock())
    for username in ("officer.gov", "leader", "clerk"):
        with pytest.raises(Refused):
            look(world, world.who(username), moved)
    with pytest.raises(Refused), world.work(xa) as uow:
        transfers.cancel(uow, xa, moved, "không muốn nhận", world.clock())


def test_who_made_or_sealed_it_does_not_receive_it(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    moved = begin(world, row)
    seal(world, moved)
    with pytest.raises(InvalidInput, match="transfer"):
        take(world, world.who("officer"), moved)


def test_a_receiver_who_may_not_see_every_paper_does_not_receive(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    world.filed(row, secrecy=2)
    moved = begin(world, row)
    seal(world, moved)
    low = receiver(world, clearance=0, name="officer.xa0")
    assert len(look(world, low, moved).lines) == 1
    with pytest.raises(InvalidInput, match="transfer"):
        take(world, low, moved)
    assert take(world, receiver(world), moved).received


def test_without_the_senders_confirmation_it_is_refused(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    moved = begin(world, row)
    seal(world, moved)
    outcome = take(world, receiver(world), moved, confirmed=False)
    assert (outcome.received, "xác nhận của bên giao" in outcome.words) == (False, True)


def test_a_list_that_no_longer_has_its_seal_is_refused_with_what_changed(world: World) -> None:
    row = world.dossier()
    paper = world.filed(row)
    moved = begin(world, row)
    seal(world, moved)
    with world.work() as uow:  # behind the program's back
        changed = text("UPDATE pages SET image_sha = :sha WHERE document_id = :id")
        uow.session.execute(changed, {"sha": "0" * 64, "id": paper})
    outcome = take(world, receiver(world), moved)
    assert not outcome.received
    assert "không còn đúng với niêm phong: đã đổi số 1" in outcome.words


def test_nothing_is_filed_into_or_lent_from_a_sealed_dossier(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    moved = begin(world, row)
    seal(world, moved)
    with pytest.raises(InvalidInput, match="dossier_id"):
        world.filed(row)
    who = world.who("officer")
    world.open(who, row.dossier.id)
    new = NewLoan((), "Người mượn", "", "xác minh", "Thủ trưởng", 1, "01/12/2026")
    with pytest.raises(InvalidInput, match="documents"), world.work(who) as uow:
        lend(uow, who, row.dossier.id, new, world.clock())
    with world.work(who) as uow:
        transfers.cancel(uow, who, moved, "lập nhầm đơn vị", world.clock())
    world.filed(row)


def held(world: World, row: DossierRow) -> None:
    who = world.who("officer")
    with world.work(who) as uow:
        hold = NewHold("đang thanh tra chuyên đề", "QĐ 15/QĐ-TTr", bars_transfer=True)
        disposals.hold(uow, who, row.dossier.id, hold, world.clock())


def lent(world: World, row: DossierRow) -> None:
    who = world.who("officer")
    world.open(who, row.dossier.id)
    with world.work(who) as uow:
        new = NewLoan((), "Người mượn", "", "xác minh", "Thủ trưởng", 1, "01/12/2026")
        lend(uow, who, row.dossier.id, new, world.clock())


def changing(world: World, row: DossierRow) -> None:
    by = world.who("officer").account_id
    with world.work() as uow:
        made = {"created_by": by, "created_at": world.clock()}
        uow.session.add(Change(dossier_id=row.dossier.id, kind="change", state="waiting", title="Sửa", **made))


@pytest.mark.parametrize("hinder", [held, lent, changing])
def test_what_stands_in_the_way_of_a_seal(world: World, hinder: Callable[[World, DossierRow], None]) -> None:
    row = world.dossier()
    world.filed(row)
    hinder(world, row)
    moved = begin(world, row)
    with pytest.raises(InvalidInput, match="transfer"):
        seal(world, moved)


def test_an_empty_dossier_another_block_and_a_taken_number_are_told(world: World) -> None:
    row = world.dossier()
    moved = begin(world, row)
    with pytest.raises(InvalidInput, match="transfer"):
        seal(world, moved)
    with pytest.raises(InvalidInput, match="to_unit_id"):
        begin(world, row)  # one at a time
    other = world.dossier("Lý Thị Say")
    with pytest.raises(InvalidInput, match="to_unit_id"):
        begin(world, other, "C-SNV")
    world.filed(other)
    world.dossier("Thào A Sử", "D-XA", number="XA-7")
    moved = begin(world, other)
    seal(world, moved)
    with pytest.raises(InvalidInput, match="number"):
        take(world, receiver(world), moved)


def test_a_seal_covers_papers_the_sender_does_not_see(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    world.filed(row, secrecy=3)
    low = world.who("officer2")
    with world.work(low) as uow:
        new = NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
        moved = transfers.create(uow, low, row.dossier.id, new, world.clock()).id
        transfers.seal(uow, low, moved, world.clock())
    assert len(look(world, low, moved).lines) == 1
    assert len(look(world, receiver(world), moved).lines) == 2


def test_a_hold_set_after_the_seal_keeps_the_dossier_from_moving(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    moved = begin(world, row)
    seal(world, moved)
    held(world, row)
    with pytest.raises(InvalidInput, match="transfer"):
        take(world, receiver(world), moved)
    with world.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).unit_id == world.units["D-BTC"]
