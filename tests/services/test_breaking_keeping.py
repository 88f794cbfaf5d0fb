"""Attacks on keeping: seals, registers, disposal, lists brought in; by two at once and by a hand in the file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import World
from sqlalchemy import text, update

from oms.domain.access import Principal, Role
from oms.errors import InvalidInput, OmsError, Refused
from oms.services import disposals, import_file, imports, loans, shelf, transfers
from oms.services.disposals import NewDisposal
from oms.services.loans import NewLoan
from oms.services.shelf import Place
from oms.services.transfers import NewTransfer, Outcomes, Received
from oms.store import papers
from oms.store.custody_tables import Disposal, Loan, Transfer
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, Dossier

NEW = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")


def lend(world: World, row: DossierRow, *papers: str, by: str = "officer") -> str:
    who = world.who(by)
    world.open(who, row.dossier.id)
    with world.work(who) as uow:
        new = NewLoan(papers, "Người mượn", "", "xác minh lý lịch", "Thủ trưởng", 1, "01/12/2030")
        return loans.lend(uow, who, row.dossier.id, new, world.clock()).id


def sealed(world: World, row: DossierRow, to: str = "D-XA") -> str:
    who = world.who("officer")
    with world.work(who) as uow:
        new = NewTransfer(world.units[to], "12-QĐ/TU", "điều động cán bộ")
        made = transfers.create(uow, who, row.dossier.id, new, world.clock()).id
    with world.work(who) as uow:
        transfers.seal(uow, who, made, world.clock())
    return made


def receiver(world: World, clearance: int = 3) -> Principal:
    return world.account(
        "officer.xa", Role.RECORDS_OFFICER, "D-XA", "D-XA", clearance=clearance, compartments=("bvctnb",)
    )


def take(world: World, who: Principal, transfer_id: str, **counted: int | None) -> Outcomes:
    with world.work(who) as uow:
        lines = transfers.read(uow, who, transfer_id, world.clock()).lines
    with world.work(who) as uow:
        said: dict[str, int | None] = {line.document: line.pages for line in lines}
        return transfers.receive(uow, who, transfer_id, Received(said | counted, True, "XA-7"), world.clock())


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Does some acts in threads of their own at the same moment; what came of each."""
    gate, outcomes = threading.Barrier(len(acts)), []

    def go(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
            outcomes.append("done")
        except (OmsError, InvalidInput) as problem:
            outcomes.append(type(problem).__name__)

    threads = [threading.Thread(target=go, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


# seals


@pytest.mark.parametrize("tampered", ["contents", "seal", "decision_no", "number_before"])
def test_a_hand_in_the_sealed_list_is_found_on_receiving(world: World, tampered: str) -> None:
    row = world.dossier()
    world.filed(row, pages=3)
    made = sealed(world, row)
    with world.work() as uow:
        before = getattr(uow.session.get_one(Transfer, made), tampered)
        after = before.replace('"pages": 3', '"pages": 2').replace('"pages":3', '"pages":2')
        value = after if tampered == "contents" else f"{before[:-1]}{'1' if before.endswith('0') else '0'}"
        assert value != before
        uow.session.execute(update(Transfer).where(Transfer.id == made).values({tampered: value}))
    found = take(world, receiver(world), made)
    assert not found.received and "niêm phong" in found.words
    with world.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).unit_id == world.units["D-BTC"]


def test_the_words_of_a_refusal_tell_no_hidden_paper(world: World) -> None:
    """The list named the secret paper by its number; who does not see it may not read that number either."""
    row = world.dossier()
    paper = world.filed(row, pages=3, secrecy=3)
    made = sealed(world, row)
    assert not take(world, receiver(world), made, **{paper: 1}).received
    told = {}
    for name in ("officer", "officer2"):
        who = world.who(name)
        with world.work(who) as uow:
            told[name] = transfers.read(uow, who, made, world.clock())
    assert "đếm được 1" in told["officer"].words
    assert told["officer2"].words == transfers.CLOSED_WORDS and not told["officer2"].lines


def test_what_receiving_answers_names_no_paper_the_receiver_may_not_know_of(world: World) -> None:
    """A paper rose above the receiver after the seal; a receiver who may know of it is told its number."""
    told = {}
    for clearance in (1, 3):
        row = world.dossier(f"Người Số {clearance}")
        paper = world.filed(row)
        made = sealed(world, row)
        with world.work() as uow:
            uow.session.get_one(Document, paper).secrecy = 2
        who = world.account(f"xa.muc{clearance}", Role.RECORDS_OFFICER, "D-XA", "D-XA", clearance=clearance)
        found = take(world, who, made)
        assert not found.received
        told[clearance] = found.words
    assert told[1] == transfers.CLOSED_WORDS
    assert "đã đổi số 1" in told[3]


def test_two_receivers_at_once_move_it_once(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    made, first = sealed(world, row), receiver(world)
    second = world.account("officer.xa2", Role.RECORDS_OFFICER, "D-XA", "D-XA", clearance=3, compartments=("bvctnb",))
    outcomes = at_once(lambda: take(world, first, made), lambda: take(world, second, made))
    assert outcomes.count("done") == 1
    assert world.journal().count(("transfer:receive", "done", made)) == 2  # one row for either unit


# the register of paper lent


def test_the_same_paper_is_lent_once_by_two_at_once(world: World) -> None:
    row = world.dossier()
    paper = world.filed(row)
    for name in ("officer", "officer2"):
        world.open(world.who(name), row.dossier.id)
    outcomes = at_once(*[lambda name=name: lend(world, row, paper, by=name) for name in ("officer", "officer2")])
    assert outcomes == ["InvalidInput", "done"]


def test_numbers_are_not_given_twice_when_a_dossier_leaves_with_its_loans(world: World) -> None:
    rows = [world.dossier() for _ in range(3)]
    for row in rows:
        world.filed(row)
    first = lend(world, rows[0])
    lend(world, rows[1])
    who = world.who("officer")
    with world.work(who) as uow:
        loans.give_back(uow, who, first, 1, "tốt", world.clock())
    assert take(world, receiver(world), sealed(world, rows[0])).received
    third = lend(world, rows[2])
    with world.work() as uow:
        assert uow.session.get_one(Loan, third).number.startswith("3/")


def test_papers_of_another_dossier_are_neither_lent_nor_placed(world: World) -> None:
    row, other = world.dossier(), world.dossier("Lò Văn Khác")
    world.filed(row)
    theirs, who = world.filed(other), world.who("officer")
    with pytest.raises(Refused):
        lend(world, row, theirs)
    with pytest.raises(Refused), world.work(who) as uow:
        shelf.place(uow, who, row.dossier.id, "giá 1", {theirs: Place("copy", "giá 9")}, world.clock())


# disposal


def long_closed(world: World, day: str = "01/03/1950") -> DossierRow:
    row, who = world.dossier(birth_date="05/08/1900"), world.who("officer")
    world.filed(row)
    with world.work(who) as uow:
        disposals.close(uow, who, row.dossier.id, day, "nghỉ hưu theo QĐ 12", world.clock())
    return row


def test_a_dossier_is_not_closed_before_its_cadre_was_born(world: World) -> None:
    """A day typed far back would make the time of keeping end at once."""
    with pytest.raises(InvalidInput) as problem:
        long_closed(world, "04/08/1900")
    assert "ngày sinh" in problem.value.message_vi


def test_asked_twice_and_decided_twice_at_once_is_done_once(world: World) -> None:
    row, officer, second = long_closed(world), world.who("officer"), world.who("officer2")

    def ask(who: Principal) -> None:
        with world.work(who) as uow:
            disposals.ask(uow, who, row.dossier.id, NEW, world.clock())

    assert at_once(lambda: ask(officer), lambda: ask(second)) == ["InvalidInput", "done"]
    with world.work() as uow:
        (asked,) = [each.id for each in uow.session.query(Disposal).all()]
    other = world.account("leader2", Role.LEADER, "D", "P", clearance=2, compartments=("bvctnb",))

    def decide(who: Principal) -> None:
        with world.work(who) as uow:
            disposals.decide(uow, who, asked, True, "", world.clock())

    leader = world.who("leader")
    assert at_once(lambda: decide(leader), lambda: decide(other)) == ["InvalidInput", "done"]
    assert world.journal().count(("disposal:decide", "done", asked)) == 1


# lists brought in


def test_a_list_in_the_vault_is_known_to_the_check_of_the_house(world: World, tmp_path: Path) -> None:
    """Else its loss would go unnoticed, and the sweep after a disposal could take it for nobody's."""
    path = tmp_path / "list"
    path.write_text("Số hồ sơ;Họ và tên\nN-1;Tô Thị Nhàn\n", encoding="utf-8")
    officer = world.who("officer")
    new = imports.read_in(world.house.vault, path, "ds.csv")
    with world.work(officer) as uow:
        run = imports.receive(uow, officer, new, world.units["D-BTC"], 0, world.clock()).id
    with world.work() as uow:
        assert new.sha256 in papers.kept_files(uow.session)
    with world.work(officer) as uow:
        imports.cancel(uow, officer, run, world.clock())
    with world.work() as uow:
        assert new.sha256 not in papers.kept_files(uow.session)


def test_bytes_that_are_no_words_do_not_get_in(world: World, tmp_path: Path) -> None:
    path, officer = tmp_path / "list", world.who("officer")
    path.write_bytes("Số hồ sơ;Họ và tên\nN-1;T\0ô Thị Nhàn\n".encode())
    try:
        new = imports.read_in(world.house.vault, path, "ds.csv")
    except InvalidInput:
        return
    with world.work(officer) as uow:
        run = imports.receive(uow, officer, new, world.units["D-BTC"], 0, world.clock()).id
    with world.work(officer) as uow:
        found = imports.view(uow, officer, run, world.clock())
        imports.map_columns(uow, officer, run, found.mapping.columns, world.clock())
    import_file.work_on(world.house, run, world.clock)
    with world.work() as uow:
        assert not uow.session.execute(text("SELECT 1 FROM import_runs WHERE instr(outcome, char(0))")).all()
