"""Consultations: what they open and what stays closed, who may decide, and how each of them ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import databases
import pytest
from consulting import approved, as_now, asked, day, prepared, wanted
from factories import World
from following import of
from sqlalchemy import text

from oms.domain.access import Action, Principal, delegated, visibility
from oms.domain.consultations import Phase
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import consultation_cases, consultation_reading, consultations, custody, notices, usage_register
from oms.services.consultation_cases import DECIDING, PREPARING, Picked, Word
from oms.store import cases, papers
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Notice
from oms.store.tables import Document, Page


def look(
    world: World, who: str, made: str, action: Action = PREPARING, dossier: str = ""
) -> consultation_cases.CaseView:
    person = world.who(who)
    with world.work(person) as uow:
        return consultation_cases.look(uow, person, action, made, dossier, world.clock())


def reading(world: World, who: str, made: str) -> consultation_reading.Reading:
    person = as_now(world, who)
    with world.work(person) as uow:
        return consultation_reading.open_consultation(uow, person, made, world.clock())


def paper(world: World, who: str, made: str, document: str) -> consultation_reading.PaperReading:
    person = as_now(world, who)
    with world.work(person) as uow:
        return consultation_reading.read_paper(uow, person, made, document, world.clock())


def page(world: World, who: str, made: str, document: str) -> bytes:
    person = as_now(world, who)
    with world.house.look() as uow:
        first = papers.pages_of_document(uow.session, document)[0].id
    with world.work(person) as uow:
        return consultation_reading.page_image(uow, person, made, first, world.clock())


def test_only_the_named_papers_open_and_only_in_their_own_viewer(world: World) -> None:
    row = world.dossier(secrecy=1)
    lent, kept = world.filed(row), world.filed(row, "QUYẾT ĐỊNH\nVề việc kỷ luật")
    made = approved(world, row.dossier.id, lent)
    found = reading(world, "officer.gov", made)
    assert [document.id for document in found.papers] == [lent]
    assert (found.dossier_number, found.days_left) == (row.dossier.number, 3)
    assert [each.id for each in paper(world, "officer.gov", made, lent).pages]
    with world.house.look() as uow:
        rules = uow.session.scalars(text("SELECT rule FROM journal WHERE verb = 'consultation:read'")).all()
    assert set(rules) == {f"consult:{made}"}  # the row says through what it was allowed
    with pytest.raises(Refused):
        paper(world, "officer.gov", made, kept)
    reader = as_now(world, "officer.gov")
    with world.work(reader) as uow:
        for action in Action:
            seen = papers.find_document(uow.session, visibility(reader, action), lent)
            assert (seen is not None) == (action is Action.CONSULT_READ), action
            assert papers.find_document(uow.session, visibility(reader, action), kept) is None, action
    with pytest.raises(Refused), world.work(reader) as uow:
        custody.gate(uow, reader, row.dossier.id, world.clock())
    for other in ("clerk.gov", "leader", "officer"):
        with pytest.raises(Refused):
            reading(world, other, made)


def test_a_page_bears_its_readers_name_and_the_kept_picture_is_untouched(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = approved(world, row.dossier.id, lent)
    with world.work() as uow:
        kept = papers.pages_of_document(uow.session, lent)[0]
        before = uow.vault.read(str(kept.image_sha))
    served = page(world, "officer.gov", made, lent)
    assert served != before and served[:3] == b"\xff\xd8\xff"
    with world.work() as uow:
        assert uow.vault.read(str(uow.session.get_one(Page, kept.id).image_sha)) == before
    assert consultation_reading.marked(before, "Người A · phiếu 1") != consultation_reading.marked(
        before, "Người B · phiếu 1"
    )
    assert world.journal()[-1] == ("consultation:read", "done", kept.id)


def test_it_ends_at_midnight_in_hanoi(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = approved(world, row.dossier.id, lent, days=1)  # the 2nd of November only
    world.clock.at = datetime(2026, 11, 2, 16, 59, 58, tzinfo=UTC)  # 23:59:58 there
    assert page(world, "officer.gov", made, lent)
    world.clock.at = datetime(2026, 11, 2, 17, 0, 0, tzinfo=UTC)
    assert as_now(world, "officer.gov").consulted == frozenset()
    with pytest.raises(Refused):
        page(world, "officer.gov", made, lent)
    officer = world.who("officer")
    with world.work(officer) as uow:
        (line,), total = usage_register.register(uow, officer, 2026, 50, 0, world.clock())
    assert (total, line.by_time, line.ended) == (1, True, datetime(2026, 11, 2, 17, 0, tzinfo=UTC))


def test_one_that_begins_later_is_not_readable_before(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = prepared(world, row.dossier.id, lent)
    leader = world.who("leader")
    word = Word(True, (lent,), day(world, 1), day(world, 2), "Phòng đọc")
    with world.work(leader) as uow:
        consultation_cases.decide(uow, leader, made, 2, word, world.clock())
    with pytest.raises(Refused):
        reading(world, "officer.gov", made)
    world.clock.forward(days=1)
    assert len(reading(world, "officer.gov", made).papers) == 1


def test_what_is_revoked_is_gone_with_the_next_look(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = approved(world, row.dossier.id, lent)
    assert page(world, "officer.gov", made, lent)
    leader = world.who("leader")
    with world.work(leader) as uow:
        consultation_cases.revoke(uow, leader, made, "đã kết luận xong", world.clock())
    with pytest.raises(Refused):
        page(world, "officer.gov", made, lent)
    asker = world.who("officer.gov")
    with world.work(asker) as uow:
        assert [each.kind for each in notices.listed(uow, asker, 9, 0)[0]] == [
            "consultation_revoked",
            "consultation_approved",
        ]
        assert consultations.own(uow, asker, made, consultation_reading.READING, world.clock()).phase is Phase.REVOKED


def test_a_level_raised_afterwards_closes_the_paper(world: World) -> None:
    row = world.dossier()
    lent, other = world.filed(row), world.filed(row)
    made = approved(world, row.dossier.id, lent, other)
    with world.work() as uow:
        uow.session.get_one(Document, lent).secrecy = 2  # officer.gov holds Mật only
    assert [document.id for document in reading(world, "officer.gov", made).papers] == [other]
    with pytest.raises(Refused):
        page(world, "officer.gov", made, lent)


def test_above_the_askers_level_or_compartment_nothing_can_be_picked(world: World) -> None:
    row = world.dossier(secrecy=2)
    plain, secret = world.filed(row), world.filed(row, secrecy=2)
    apart = world.filed(row, secrecy=1, compartment="bvctnb")
    made = asked(world)
    view = look(world, "officer", made, dossier=row.dossier.id)
    with world.work() as uow:
        low = [each for each in (plain, secret, apart) if uow.session.get_one(Document, each).secrecy <= 1]
    assert {each.document.id for each in view.papers} == set(low) - {apart}
    officer = world.who("officer")
    for closed in (secret, apart):
        picked = Picked(row.dossier.id, (closed,))
        with pytest.raises(Refused), world.work(officer) as uow:
            consultation_cases.prepare(uow, officer, made, 1, picked, world.clock())


def test_nobody_studies_their_own_or_a_relatives_dossier(world: World) -> None:
    row = world.dossier("Nguyễn Văn Mình", citizen_id="001070000123")
    lent = world.filed(row)
    account = world.who("officer.gov").account_id
    with world.work() as uow:
        told = {"relation": "self", "entered_by": account, "entered_at": world.clock()}
        uow.session.add(AccountKin(account_id=account, citizen_id="001070000123", **told))
    made = asked(world)
    assert look(world, "officer", made, dossier=row.dossier.id).papers == ()
    officer = world.who("officer")
    with pytest.raises(Refused), world.work(officer) as uow:
        consultation_cases.prepare(uow, officer, made, 1, Picked(row.dossier.id, (lent,)), world.clock())


def test_the_head_is_neither_asker_nor_preparer_nor_acts_for_them(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    own = prepared(world, row.dossier.id, lent, asker="leader")
    word = Word(True, (lent,), day(world), day(world, 1), "Phòng đọc")
    leader, low, officer = world.who("leader"), world.who("leader.low"), world.who("officer")
    acting = delegated(low, leader, leader.scopes)  # leader.low with the authority of who asked
    prepared_by = delegated(low, officer, officer.scopes)
    for who in (leader, acting):
        with pytest.raises(Refused), world.work(who) as uow:
            consultation_cases.decide(uow, who, own, 2, word, world.clock())
    with pytest.raises(Refused), world.work(prepared_by) as uow:  # an officer's authority decides nothing
        consultation_cases.decide(uow, prepared_by, own, 2, word, world.clock())
    with world.work() as uow:
        uow.session.execute(text("UPDATE consultations SET prepared_behalf = :who"), {"who": low.account_id})
    with pytest.raises(Refused), world.work(low) as uow:
        consultation_cases.decide(uow, low, own, 2, word, world.clock())
    with world.work() as uow:
        uow.session.execute(text("UPDATE consultations SET prepared_behalf = ''"))
    with world.work(low) as uow:
        assert consultation_cases.decide(uow, low, own, 2, word, world.clock()).state == "approved"


def test_of_two_heads_the_second_is_told(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = prepared(world, row.dossier.id, lent)
    first, second = world.who("leader"), world.who("leader.low")
    with world.work(first) as uow:
        consultation_cases.decide(uow, first, made, 2, Word(False, reason="chưa đủ căn cứ"), world.clock())
    word = Word(True, (lent,), day(world), day(world, 1), "Phòng đọc")
    with pytest.raises(Conflict), world.work(second) as uow:
        consultation_cases.decide(uow, second, made, 2, word, world.clock())
    with pytest.raises(Refused):
        reading(world, "officer.gov", made)


def test_the_head_cuts_down_but_never_adds(world: World) -> None:
    row = world.dossier()
    lent, cut, never = world.filed(row), world.filed(row), world.filed(row)
    made = prepared(world, row.dossier.id, lent, cut)
    leader = world.who("leader")
    for word, field in (
        (Word(True, (), day(world), day(world), "Phòng đọc"), "documents"),
        (Word(True, (lent,), day(world, -1), day(world), "Phòng đọc"), "first"),
        (Word(True, (lent,), day(world), day(world, 5), "Phòng đọc"), "last"),
        (Word(True, (lent,), day(world), day(world), ""), "place"),
        (Word(False), "reason"),
    ):
        with pytest.raises(InvalidInput) as problem, world.work(leader) as uow:
            consultation_cases.decide(uow, leader, made, 2, word, world.clock())
        assert problem.value.field == field
    more = Word(True, (lent, never), day(world), day(world), "Phòng đọc")
    with pytest.raises(Refused), world.work(leader) as uow:
        consultation_cases.decide(uow, leader, made, 2, more, world.clock())
    with world.work(leader) as uow:
        word = Word(True, (lent,), day(world), day(world), "Phòng đọc")
        consultation_cases.decide(uow, leader, made, 2, word, world.clock())
    assert [document.id for document in reading(world, "officer.gov", made).papers] == [lent]


def test_days_and_words_that_cannot_be_asked_for(world: World) -> None:
    who = world.who("clerk.gov")
    for field, more in (
        ("first", {"first": day(world, -1)}),
        ("first", {"first": day(world, 90), "last": day(world, 91)}),
        ("last", {"last": day(world, -1)}),
        ("last", {"last": day(world, 20)}),  # more than ten working days
        ("first", {"first": "mai"}),
        ("person", {"person": " "}),
        ("papers", {"papers": ""}),
        ("reason", {"reason": "ngắn"}),
        ("purpose", {"purpose": "khan_cap"}),
        ("place", {"place": ""}),
    ):
        with pytest.raises(InvalidInput) as problem, world.work(who) as uow:
            consultations.ask(uow, who, wanted(world, **more), world.clock())
        assert problem.value.field == field, more
    for unit in (None, world.units["P"]):
        typed = replace(wanted(world), unit_id=unit)
        with pytest.raises(InvalidInput), world.work(who) as uow:
            consultations.ask(uow, who, typed, world.clock())


def test_no_request_is_without_an_end(world: World) -> None:
    made = asked(world, days=2)
    world.clock.forward(days=2)
    asker, leader, officer = world.who("officer.gov"), world.who("leader"), world.who("officer")
    with world.work(asker) as uow:
        assert consultations.own(uow, asker, made, consultation_reading.READING, world.clock()).phase is Phase.LAPSED
        with pytest.raises(InvalidInput):
            consultations.close(uow, asker, made, world.clock())
    with pytest.raises(Conflict), world.work(leader) as uow:
        consultation_cases.decide(uow, leader, made, 1, Word(False, reason="đã muộn"), world.clock())
    with world.work(officer) as uow:
        lines, counts = consultation_cases.cases(uow, officer, PREPARING, "over", 50, 0, world.clock())
    assert ([line.phase for line in lines], counts["waiting"]) == ([Phase.LAPSED], 0)


def test_each_study_is_a_line_that_nothing_can_rewrite(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made, unread = approved(world, row.dossier.id, lent), approved(world, row.dossier.id, lent)
    officer, asker = world.who("officer"), as_now(world, "officer.gov")
    for _twice in range(2):
        reading(world, "officer.gov", made)
    with world.work(officer) as uow:
        usage_register.remark(uow, officer, made, "đọc tại phòng 204", world.clock())
    with pytest.raises(Refused), world.work(officer) as uow:
        usage_register.remark(uow, officer, unread, "chưa đọc", world.clock())
    with world.work(asker) as uow:
        assert consultations.close(uow, asker, made, world.clock()) is Phase.RUNNING
    with world.work(officer) as uow:
        (line,), total = usage_register.register(uow, officer, 2026, 50, 0, world.clock())
    assert (total, line.entry.line, line.by_time) == (1, 1, False)
    assert line.body["reader"] == asker.display_name and line.body["dossier"] == row.dossier.number
    assert line.body["approver"] == world.who("leader").display_name
    assert line.remarks == ("đọc tại phòng 204", "Người nghiên cứu đã trả") and line.ended is not None
    for sql in ("UPDATE usage_register SET words = 'khác'", "DELETE FROM usage_register"):
        with pytest.raises(databases.REFUSED, match=r"can only be added to|permission denied"), world.work() as uow:
            uow.session.execute(text(sql))
    stranger = world.who("officer.gov")
    with world.work(stranger) as uow:
        assert usage_register.register(uow, stranger, 2026, 50, 0, world.clock()) == ([], 0)


def test_ones_own_request_is_never_among_the_cases_one_handles(world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = asked(world, by="officer2")
    own = world.who("officer2")
    with world.work(own) as uow:
        assert consultation_cases.cases(uow, own, PREPARING, "waiting", 50, 0, world.clock())[0] == []
    with pytest.raises(Refused):
        look(world, "officer2", made)
    view = look(world, "officer", made)
    assert [each.dossier.id for each in view.likely] == [row.dossier.id]
    assert {lent} == {each.document.id for each in look(world, "officer", made, dossier=row.dossier.id).papers}
    with pytest.raises(Refused):
        look(world, "leader.xa", made, DECIDING)


def test_a_request_in_words_about_oneself_or_a_relative_is_handled_by_others(world: World) -> None:
    """Before the dossier is found only the asker's words say whose it is: they are kept from the person's kin."""
    account = world.who("officer2").account_id
    with world.work() as uow:
        entry = {"relation": "sibling", "entered_by": account, "entered_at": world.clock()}
        kin = AccountKin(account_id=account, folded_name="to thi hieu", birth_date="1961-08-05", **entry)
        uow.session.add(kin)
    made = asked(world, person="bà Tô Thị Hiếu", person_more="sinh năm 1961, Sở Nội vụ")
    other = asked(world, person="Tô Thị Hiếu", person_more="sinh năm 1975")
    officer2, officer = world.who("officer2"), world.who("officer")

    def waiting(who: Principal) -> set[str]:
        with world.work(who) as uow:
            lines, counts = consultation_cases.cases(uow, who, PREPARING, "waiting", 50, 0, world.clock())
        assert counts["waiting"] == len(lines)
        return {line.row.consultation.id for line in lines}

    assert waiting(officer) == {made, other} and waiting(officer2) == {other}
    with pytest.raises(Refused), world.work(officer2) as uow:
        consultation_cases.look(uow, officer2, PREPARING, made, "", world.clock())
    with world.work() as uow:
        told = {(row.account_id, row.object_id) for row in uow.session.query(Notice)}
    assert (account, other) in told and (account, made) not in told
    assert (officer.account_id, made) in told


def test_the_case_of_a_request_names_nobody_and_leaves_the_kins_sight_with_the_decision(world: World) -> None:
    row = world.dossier("Tô Thị Hiếu", citizen_id="001070000123")
    lent = world.filed(row)
    account = world.who("officer2").account_id
    with world.work() as uow:
        entry = {"relation": "child", "entered_by": account, "entered_at": world.clock()}
        uow.session.add(AccountKin(account_id=account, citizen_id="001070000123", **entry))
    made = prepared(world, row.dossier.id, lent)

    case_id = of(world, "consultation", made).id

    def seen(name: str) -> str:
        who = as_now(world, name)
        with world.work(who) as uow:
            found = cases.find(uow.session, visibility(who, Action.CASE_WORK), case_id)
            return found.title if found else ""

    assert "Hiếu" not in seen("officer") + seen("officer2") and seen("officer").startswith("Nghiên cứu hồ sơ, yêu cầu")
    leader = world.who("leader")
    word = Word(True, (lent,), day(world), day(world, 1), "Phòng đọc")
    with world.work(leader) as uow:
        consultation_cases.decide(uow, leader, made, 2, word, world.clock())
    assert seen("officer") and not seen("officer2")
