"""Ways around who may do what, each tried as somebody would try it; what was found stays closed."""

from __future__ import annotations

import pytest
from consulting import as_now
from factories import World

from oms.domain.access import Role, Secrecy
from oms.domain.checkpoints import note_body
from oms.domain.journal import Verb
from oms.errors import InvalidInput, Refused, Unanchored
from oms.services import (
    anchors,
    custody,
    disposals,
    emergencies,
    finding,
    integrity,
    previews,
    sealing,
    subject_requests,
)
from oms.services.disposals import NewDisposal
from oms.services.emergencies import Asked
from oms.services.finding import Asked as Sought
from oms.services.house import What, note
from oms.services.secret_copies import Leaving
from oms.services.subject_requests import Asked as Requested
from oms.store import papers, people
from oms.store.secrecy_tables import SecretCopy
from oms.store.tables import Account

REASON = "đoàn kiểm tra yêu cầu ngay trong buổi sáng"


def test_an_emergency_shows_no_top_secret_paper_even_to_who_holds_that_level(world: World) -> None:
    """A dossier of Mật may hold a paper of Tuyệt mật: an emergency on it opens the one and never the other."""
    row = world.dossier("Vi Thị Kín", secrecy=1)
    world.account("officer.near", Role.RECORDS_OFFICER, "D", "D", clearance=3)
    shown, top = (world.filed(row, secrecy=level, by="officer.near") for level in (2, 3))
    world.account("officer.top", Role.RECORDS_OFFICER, "C-SNV", "C", clearance=3)
    who = as_now(world, "officer.top")
    with world.work(who) as uow:
        asked = Asked(world.units["D-BTC"], row.dossier.number, REASON)
        emergencies.open_emergency(uow, who, asked, world.clock())
    reader = as_now(world, "officer.top")
    assert (reader.clearance, reader.emergency) == (Secrecy.TUYET_MAT, {row.dossier.id})
    with world.work(reader) as uow:
        contents = custody.read_dossier(uow, reader, row.dossier.id, world.clock()).contents
        assert [line.document.id for line in contents] == [shown]
    with world.work() as uow:
        first = papers.pages_of_document(uow.session, top)[0].id
    with pytest.raises(Refused), world.work(reader) as uow:
        custody.page_image(uow, reader, first, world.clock())


def test_search_shows_no_words_of_what_may_not_be_read_without_a_witness(world: World) -> None:
    row = world.dossier("Vi Thị Kín", secrecy=2)
    secret = world.filed(row, "QUYẾT ĐỊNH\nVề việc thanh tra kho quỹ", secrecy=2)
    plain = world.filed(world.dossier("Tô Thị Ngỏ"), "QUYẾT ĐỊNH\nVề việc thanh tra trường học")
    world.index()
    sealing.seal(world.house, world.clock())
    who = world.who("officer")

    def found() -> set[str]:
        people = finding.search(world.house, who, Sought("thanh tra"), world.clock()).people
        return {paper.document.id for person in people for paper in person.papers}

    assert len(found()) == 2
    world.clock.forward(hours=25)
    with pytest.raises(Unanchored), world.work(who) as uow:
        note(uow, who, Verb.DOCUMENT_OPEN, world.clock(), what=What("document"), target=custody.target_of(row))
    assert found() == {plain}
    with world.work() as uow:
        page = {each: papers.pages_of_document(uow.session, each)[0].id for each in (secret, plain)}
    with pytest.raises(Refused), world.work(who) as uow:
        previews.preview(uow, who, page[secret], (), world.clock())
    with world.work(who) as uow:
        assert previews.preview(uow, who, page[plain], (), world.clock())


def test_an_old_sheet_typed_once_more_holds_nothing_written_since(world: World) -> None:
    """Otherwise one printed sheet, typed once a day, would stand for a witness for ever."""
    reviewer = world.who("reviewer")
    world.dossier()
    sealing.seal(world.house, world.clock())
    with world.work(reviewer) as uow:
        made, head = anchors.sheet(uow, reviewer, world.clock())
    lines = note_body(head.size, head.root)
    anchors.typed_back(world.house, reviewer, lines, made.number, world.clock())
    world.dossier()
    sealing.seal(world.house, world.clock())
    world.clock.forward(hours=25)
    anchors.typed_back(world.house, reviewer, lines, made.number, world.clock())
    with world.house.look() as uow:
        assert integrity.anchoring(uow, world.clock()).hours(world.clock()) == 25
    with world.work(reviewer) as uow:
        made, head = anchors.sheet(uow, reviewer, world.clock())
    anchors.typed_back(world.house, reviewer, note_body(head.size, head.root), made.number, world.clock())
    with world.house.look() as uow:
        assert integrity.anchoring(uow, world.clock()).hours(world.clock()) == 0


@pytest.mark.parametrize("lost", ["account", "scope"])
def test_nothing_is_destroyed_for_somebody_who_may_not_ask_any_more(world: World, lost: str) -> None:
    row = world.dossier("Cầm Văn Điệu", birth_date="05/08/1900", number="CU-1")
    officer, leader, admin = world.who("officer"), world.who("leader"), world.who("admin")
    new = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
    with world.work(officer) as uow:
        disposals.close(uow, officer, row.dossier.id, "01/03/1950", "nghỉ hưu theo QĐ 12", world.clock())
        asked = disposals.ask(uow, officer, row.dossier.id, new, world.clock()).id
    with world.work(admin) as uow:
        if lost == "account":
            uow.session.get_one(Account, officer.account_id).active = False
        else:
            people.set_scopes(uow.session, officer.account_id, [])
    with pytest.raises(InvalidInput, match="decision"), world.work(leader) as uow:
        disposals.decide(uow, leader, asked, True, "", world.clock())
    with world.work(leader) as uow:
        disposals.decide(uow, leader, asked, False, "người đề nghị đã chuyển công tác", world.clock())


def test_the_extract_of_a_secret_record_leaves_by_the_register_of_copies(world: World) -> None:
    row = world.dossier("Vi Thị Kín", secrecy=1)
    world.fact(row, "birth_date", value="05/08/1970")
    officer = world.who("officer")
    with world.work(officer) as uow:
        wanted = Requested(row.dossier.number, "extract", "YC-9", world.clock().date(), "xin bản trích")
        asked = subject_requests.ask(uow, officer, wanted, world.clock()).id
    world.open(officer, row.dossier.id)
    with pytest.raises(InvalidInput, match="copies"), world.work(officer) as uow:
        subject_requests.extract(uow, officer, asked, world.clock())
    said = Leaving("1", "Trần Thị Trưởng, Trưởng phòng", "02/11/2026", "Vi Thị Kín")
    with world.work(officer) as uow:
        given = subject_requests.extract(uow, officer, asked, world.clock(), said)
        (line,) = uow.session.query(SecretCopy).all()
        assert given.entered is not None and given.entered.id == line.id
        assert (line.copies, line.secrecy, line.dossier_id) == (1, 1, row.dossier.id)
