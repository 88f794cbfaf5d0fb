"""The end of a dossier: refused before its time, decided by a second person, gone except for what is left of record."""

from __future__ import annotations

import json
from collections.abc import Callable

import databases
import pytest
from directing import EVERYTHING, directive
from factories import World
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from oms.domain.journal import Verb
from oms.domain.record_facts import Source
from oms.errors import InvalidInput, Refused
from oms.services import directives, disposals, health, loans, transfers
from oms.services.directives import NewDirective
from oms.services.disposals import NewDisposal, NewHold
from oms.store import destruction, papers
from oms.store.custody_tables import Disposal
from oms.store.dossiers import DossierRow
from oms.store.record_tables import FactRow, RecordHead
from oms.store.tables import Account, Cadre, Document, DocumentField, Dossier, Page, PageReading, Scan, WordCorrection

LONG_AGO = "01/03/1950"
NEW = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")


def close(world: World, row: DossierRow, day: str = LONG_AGO) -> None:
    who = world.who("officer")
    with world.work(who) as uow:
        disposals.close(uow, who, row.dossier.id, day, "nghỉ hưu theo QĐ 12", world.clock())


def ask(world: World, row: DossierRow, username: str = "officer") -> str:
    who = world.who(username)
    with world.work(who) as uow:
        return disposals.ask(uow, who, row.dossier.id, NEW, world.clock()).id


def decide(world: World, disposal_id: str, approve: bool = True, username: str = "leader") -> None:
    who = world.who(username)
    with world.work(who) as uow:
        disposals.decide(uow, who, disposal_id, approve, "chưa đủ hồ sơ xét huỷ", world.clock())


def full(world: World) -> tuple[DossierRow, str]:
    """A closed dossier with a paper of two pages, a correction, a field and facts."""
    row = world.dossier("Cầm Văn Điệu", birth_date="05/08/1900", citizen_id="011000000001", number="CU-1")
    paper = world.filed(row, pages=2)
    world.fact(row, "birth_date", value="05/08/1900", source=Source("document", paper))
    by, at = world.who("officer").account_id, world.clock()
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0]
        uow.session.add(WordCorrection(page_id=page.id, word=0, text="chữ", by=by, at=at))
        kept = {"value": "v", "raw": "v", "confidence": 1.0, "page_id": page.id, "source": "machine", "at": at}
        uow.session.add(DocumentField(document_id=paper, key="number", **kept))
    close(world, row)
    return row, paper


def rows_of(world: World, table: type) -> int:
    with world.work() as uow:
        return uow.session.scalar(select(func.count()).select_from(table)) or 0


CONTENT = (Document, Page, PageReading, WordCorrection, DocumentField, FactRow, RecordHead)


def test_the_whole_way_leaves_a_stub_a_sound_check_and_a_neighbour_untouched(world: World) -> None:
    neighbour = world.dossier("Quàng Thị Ín", number="CU-2")
    world.filed(neighbour)
    kept = [rows_of(world, table) for table in CONTENT]
    row, paper = full(world)
    world.index()
    with world.work() as uow:
        scan = uow.session.get_one(Document, paper).scan_id
        original = uow.session.get_one(Scan, scan).sha256
    asked = ask(world, row)
    decide(world, asked)
    assert [rows_of(world, table) for table in CONTENT] == kept
    assert disposals.sweep(world.house) == 1  # the received file; the page image is the neighbour's too
    assert disposals.sweep(world.house) == 0
    assert original not in set(world.house.vault.names())
    with world.work() as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        assert (dossier.state, dossier.number) == ("disposed", "CU-1")
        stub = json.loads(uow.session.get_one(Disposal, asked).stub)
        assert (stub["number"], stub["unit"], stub["shared"]) == ("CU-1", "D-BTC", 0)
        assert [(line["type"], line["pages"], line["sha256"]) for line in stub["papers"]] == [
            ("quyet_dinh", 2, original)
        ]
        cadre = uow.session.get_one(Cadre, dossier.cadre_id)
        assert (cadre.full_name, cadre.birth_date, cadre.citizen_id) == ("Cầm Văn Điệu", "", "")
    world.index()
    assert world.house.engine.doc_count() == 1
    assert health.check(world.house) == []
    assert ("disposal:decide", "done", asked) in world.journal()
    with pytest.raises(InvalidInput):
        world.filed(row)


def test_guards_let_rows_go_only_for_a_disposal_that_says_doing(world: World) -> None:
    row, paper = full(world)
    asked = ask(world, row)
    other = world.dossier("Người khác")
    elsewhere = world.filed(other)
    sql = {
        "facts": "DELETE FROM facts WHERE dossier_id = :dossier",
        "document_fields": "DELETE FROM document_fields WHERE document_id = :paper",
        "page_readings": "DELETE FROM page_readings WHERE page_id IN (SELECT id FROM pages WHERE document_id = :paper)",
        "word_corrections": "DELETE FROM word_corrections WHERE page_id IN "
        "(SELECT id FROM pages WHERE document_id = :paper)",
    }
    values = {"dossier": row.dossier.id, "paper": paper}
    for state in ("asked", "done", "refused"):
        for statement in sql.values():
            with pytest.raises(IntegrityError, match="can only be added to"):
                remove(world, asked, state, statement, values)
    for statement in (sql["page_readings"], "DELETE FROM journal"):
        with pytest.raises(databases.REFUSED, match=r"can only be added to|permission denied for"):
            remove(world, asked, "doing", statement, {"paper": elsewhere})


def remove(world: World, disposal_id: str, state: str, statement: str, values: dict[str, str]) -> None:
    """Tries to remove rows while a disposal stands in a state."""
    with world.work() as uow:
        uow.session.get_one(Disposal, disposal_id).state = state
        uow.session.flush()
        uow.session.execute(text(statement), values)


def test_a_kill_before_the_commit_leaves_everything_and_one_after_it_is_finished_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _paper = full(world)
    before = [rows_of(world, table) for table in CONTENT]
    files = set(world.house.vault.names())
    asked = ask(world, row)
    whole = destruction.remove_content

    def killed(*args: object) -> None:
        whole(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(destruction, "remove_content", killed)
        with pytest.raises(KeyboardInterrupt):
            decide(world, asked)
    assert [rows_of(world, table) for table in CONTENT] == before
    assert disposals.sweep(world.house) == 0
    assert set(world.house.vault.names()) == files

    decide(world, asked)  # and killed before its files went
    assert set(world.house.vault.names()) == files
    assert health.check(world.house) == [] or all(line.startswith("index") for line in health.check(world.house))
    assert disposals.sweep(world.house) == 2
    assert set(world.house.vault.names()) < files


def test_a_file_that_something_names_again_is_kept(world: World) -> None:
    row, paper = full(world)
    with world.work() as uow:
        original = uow.session.get_one(Scan, uow.session.get_one(Document, paper).scan_id).sha256
    decide(world, ask(world, row))
    again = world.paper()
    with world.work() as uow:  # the same bytes came in again before the files went
        uow.session.get_one(Scan, uow.session.get_one(Document, again).scan_id).sha256 = original
    disposals.sweep(world.house)
    assert original in set(world.house.vault.names())


def hold(world: World, row: DossierRow) -> None:
    who = world.who("leader")
    with world.work(who) as uow:
        disposals.hold(uow, who, row.dossier.id, NewHold("đang giải quyết tố cáo", "CV 7"), world.clock())


def lend(world: World, row: DossierRow) -> None:
    who = world.who("officer")
    world.open(who, row.dossier.id)
    with world.work(who) as uow:
        new = loans.NewLoan((), "Người mượn", "", "xác minh", "Thủ trưởng", 2, "01/12/2026")
        loans.lend(uow, who, row.dossier.id, new, world.clock())


def send(world: World, row: DossierRow) -> None:
    who = world.who("officer")
    with world.work(who) as uow:
        new = transfers.NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
        transfers.create(uow, who, row.dossier.id, new, world.clock())


def cited(world: World, row: DossierRow) -> None:
    other = world.dossier("Người dẫn nguồn")
    with world.work() as uow:
        paper = uow.session.scalars(select(Document.id).where(Document.dossier_id == row.dossier.id)).first()
    world.fact(other, "birth_date", value="05/08/1961", source=Source("document", paper))


@pytest.mark.parametrize("hinder", [hold, lend, send, cited])
def test_what_stands_in_the_way_is_asked_when_asking_and_again_when_deciding(
    world: World, hinder: Callable[[World, DossierRow], None]
) -> None:
    row, _paper = full(world)
    asked = ask(world, row)
    hinder(world, row)
    before = [rows_of(world, table) for table in CONTENT]
    with pytest.raises(InvalidInput, match="decision"):
        decide(world, asked)
    assert [rows_of(world, table) for table in CONTENT] == before
    decide(world, asked, approve=False)
    with pytest.raises(InvalidInput, match="disposal_reason"):
        ask(world, row)


def test_not_before_its_time_and_not_while_it_is_held(world: World) -> None:
    row = world.dossier()
    with pytest.raises(InvalidInput, match="disposal_reason"):
        ask(world, row)
    close(world, row, "02/11/1956")  # 70 years to the day: kept until that day is over
    with pytest.raises(InvalidInput, match="disposal_reason"):
        ask(world, row)
    world.clock.forward(days=1)
    ask(world, row)


def test_who_asked_does_not_decide_whatever_role_they_have_by_then(world: World) -> None:
    row, _paper = full(world)
    asked = ask(world, row)
    with pytest.raises(Refused):
        decide(world, asked, username="officer2")  # no right to decide
    with world.work() as uow:
        officer = uow.session.scalars(select(Account).where(Account.username == "officer")).one()
        officer.role = "leader"
    with pytest.raises(Refused, match="same person"):
        decide(world, asked, username="officer")
    with pytest.raises(Refused):
        decide(world, asked, username="leader.xa")  # another unit


def test_a_lifted_hold_no_longer_bars_and_both_acts_have_their_words(world: World) -> None:
    row, _paper = full(world)
    who = world.who("officer")
    with world.work(who) as uow:
        made = disposals.hold(uow, who, row.dossier.id, NewHold("đang thanh tra", "QĐ 1/QĐ"), world.clock()).id
    with pytest.raises(InvalidInput):
        ask(world, row)
    with pytest.raises(InvalidInput, match="lift_reason"), world.work(who) as uow:
        disposals.lift(uow, who, made, "xong", world.clock())
    with world.work(who) as uow:
        disposals.lift(uow, who, made, "thanh tra đã kết luận", world.clock())
    ask(world, row)
    verbs = [verb for verb, _outcome, object_id in world.journal() if object_id == made]
    assert verbs == [Verb.HOLD_SET, Verb.HOLD_LIFT]


def test_a_closed_dossier_can_be_opened_again_and_is_past_its_time_only_then(world: World) -> None:
    row = world.dossier()
    close(world, row, "01/10/2026")
    old, _paper = full(world)
    who = world.who("leader")
    with world.work(who) as uow:
        past = disposals.desk(uow, who, False, 50, 0, world.clock())
        every = disposals.desk(uow, who, True, 50, 0, world.clock())
    assert [each.dossier.id for each, _until in past.closed] == [old.dossier.id]
    assert every.closed_total == 2
    officer = world.who("officer")
    with world.work(officer) as uow:
        disposals.reopen(uow, officer, row.dossier.id, "đóng nhầm người", world.clock())
    with world.work() as uow:
        assert uow.session.get_one(Dossier, row.dossier.id).state == "held"


def test_a_received_file_that_holds_another_dossiers_paper_stays_and_the_stub_says_so(world: World) -> None:
    row, paper = full(world)
    other = world.dossier("Người cùng tệp")
    second = world.filed(other)
    with world.work() as uow:  # both papers were cut from one file
        mine, theirs = uow.session.get_one(Document, paper), uow.session.get_one(Document, second)
        theirs.scan_id = mine.scan_id
        for page in papers.pages_of_document(uow.session, second):
            page.scan_id, page.number = mine.scan_id, 9
        original = uow.session.get_one(Scan, mine.scan_id).sha256
    asked = ask(world, row)
    decide(world, asked)
    disposals.sweep(world.house)
    assert original in set(world.house.vault.names())
    with world.work() as uow:
        assert json.loads(uow.session.get_one(Disposal, asked).stub)["shared"] == 1


def test_a_directive_whose_paper_went_says_so_and_its_heading_can_still_be_corrected(world: World) -> None:
    row, paper = full(world)
    one = directive(world, paper=paper)
    officer = world.who("officer")

    def seen(who: str) -> tuple[bool, bool]:
        person = world.who(who)
        with world.work(person) as uow:
            found = directives.show(uow, person, one, EVERYTHING, 10, 0, world.clock())
            return found.paper_seen, found.paper_gone

    assert seen("officer") == (True, False)
    decide(world, ask(world, row))
    assert seen("officer") == (False, True)
    with world.work(officer) as uow:
        new = NewDirective("13-KL/TU", "Kết luận về công tác cán bộ", world.units["D-BTC"], paper=paper)
        assert directives.edit(uow, officer, one, new, world.clock()).number == "13-KL/TU"
    with world.work() as uow:  # whoever does not see the stub is told of nothing
        uow.session.execute(update(Dossier).where(Dossier.id == row.dossier.id).values(secrecy=3))
    assert seen("leader.low") == (False, False)
