"""Attacks on the record: papers that change their level or their dossier, second persons, ids of others, disposal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from factories import EVERY, World
from record_papers import paper_saying
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from oms.domain.access import Principal, Role
from oms.domain.record_facts import NewFact, Source
from oms.domain.record_items import SENSITIVE_LABELS
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import (
    change_decide,
    change_items,
    change_view,
    changes,
    checking,
    desk,
    record,
    record_taking,
    resting,
    supplements,
)
from oms.services.change_decide import Word
from oms.services.change_items import Typed
from oms.services.changes import About
from oms.services.supplements import NewSupplement
from oms.store import papers
from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change, ChangeItem, FactRow, RecordHead
from oms.store.tables import Cadre, Document, Dossier


@contextmanager
def told(words: str) -> Iterator[None]:
    """The act is not done, and these words say why."""
    with pytest.raises(InvalidInput) as problem:
        yield
    assert words in problem.value.message_vi


def read_by(world: World, who: Principal, row: DossierRow) -> set[str]:
    """What a person reads of a record unmasked."""
    with world.work(who) as uow:
        return {fact.text for fact in record.facts_of(uow, who, row.dossier.id) if fact.text}


def begun(world: World, row: DossierRow, *typed: Typed, by: str = "officer", submit: bool = True) -> str:
    """A change of a dossier with some items, waiting or a draft."""
    who = world.who(by)
    with world.work(who) as uow:
        made = changes.create(
            uow, who, row.dossier.id, About("Bổ sung lý lịch", declared_by="Người khai"), world.clock()
        )
        for number, each in enumerate(typed, 1):
            change_items.put_item(uow, who, made.id, number, each, world.clock())
        if submit:
            changes.submit(uow, who, made.id, len(typed) + 1, world.clock())
        return made.id


def version_of(world: World, change_id: str) -> int:
    with world.house.look() as uow:
        return uow.session.get_one(Change, change_id).version


def decided(world: World, change_id: str, by: str = "leader") -> change_decide.Result:
    who, version = world.who(by), version_of(world, change_id)
    with world.work(who) as uow:
        items = uow.session.scalars(select(ChangeItem.id).where(ChangeItem.change_id == change_id)).all()
        said = {name: Word(True) for name in items}
        return change_decide.decide(uow, who, change_id, version, said, world.clock())


@pytest.fixture
def row(world: World) -> DossierRow:
    found = world.dossier(birth_date="05/08/1961")
    for name in ("officer", "officer2", "leader"):
        world.open(world.who(name), found.dossier.id)
    return found


# papers that change their level or turn out to be another's


def test_facts_follow_their_paper_into_a_compartment_found_later(world: World, row: DossierRow) -> None:
    """A second look finds that a paper is of the restricted kind: what was taken from it may not stay open."""
    paper = paper_saying(world, row, {"position": "Trưởng phòng Bảo vệ"})
    change = begun(world, row, Typed("phone", "add", {"value": "0912000111"}, document_id=paper))
    officer, second = world.who("officer"), world.who("officer2")
    with world.work(officer) as uow:
        chosen = [offer.value.key for offer in record_taking.look(uow, officer, row.dossier.id, world.clock()).offers]
        record_taking.take(uow, officer, row.dossier.id, chosen, world.clock())
    assert "Trưởng phòng Bảo vệ" in read_by(world, second, row)
    with world.work(officer) as uow:
        document = uow.session.get_one(Document, paper)
        document.type_code = "bao_ve_chinh_tri"
        document.compartment = "bvctnb"
        assert resting.rise(uow, document, world.clock()) == 1
    assert "Trưởng phòng Bảo vệ" not in read_by(world, second, row)
    assert "Trưởng phòng Bảo vệ" in read_by(world, officer, row)
    with world.work() as uow:
        assert uow.session.get_one(RecordHead, row.dossier.id).position == ""
        assert uow.session.get_one(Cadre, row.cadre.id).position == ""
    with pytest.raises(Refused), world.work(second) as uow:
        change_view.open_change(uow, second, change, world.clock())


def test_the_second_look_itself_lifts_and_ends(world: World, row: DossierRow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of a settlement go through it: a restricted type lifts the facts, a wrong dossier ends them."""
    paper = paper_saying(world, row, {"ethnicity": "Tày", "position": "Chuyên viên"})
    officer = world.who("officer")
    with world.work(officer) as uow:
        chosen = [offer.value.key for offer in record_taking.look(uow, officer, row.dossier.id, world.clock()).offers]
        record_taking.take(uow, officer, row.dossier.id, chosen, world.clock())
    with world.work(officer) as uow:
        document = uow.session.get_one(Document, paper)
        resting.leave(uow, document, officer.account_id, world.clock())
        checking._out_of_dossier(uow, document, "")
    assert not {"Tày", "Chuyên viên"} & read_by(world, officer, row)
    with world.work() as uow:
        ended = uow.session.scalars(select(FactRow).where(FactRow.document_id == paper)).all()
        assert len(ended) == 2 and all(fact.ended_by == officer.account_id for fact in ended)
        assert uow.session.get_one(Cadre, row.cadre.id).position == ""


def test_a_fact_s_level_only_rises(world: World, row: DossierRow) -> None:
    fact = world.fact(row, "phone", value="0912000111")
    with world.work() as uow:
        uow.session.execute(text("UPDATE facts SET secrecy = 2, compartment = 'bvctnb' WHERE id = :id"), {"id": fact})
    for words in ("secrecy = 1", "compartment = ''"):
        fallen = text(f"UPDATE facts SET {words} WHERE id = :id")  # noqa: S608 - words of this test
        with pytest.raises(IntegrityError), world.work() as uow:
            uow.session.execute(fallen, {"id": fact})


def test_a_filing_is_not_undone_under_a_fact(world: World, row: DossierRow) -> None:
    """Else a paper could be taken out, filed elsewhere, and the record rest on a stranger's paper."""
    paper = paper_saying(world, row, {"ethnicity": "Tày"})
    officer = world.who("officer")
    with world.work(officer) as uow:
        chosen = [offer.value.key for offer in record_taking.look(uow, officer, row.dossier.id, world.clock()).offers]
        (fact,) = record_taking.take(uow, officer, row.dossier.id, chosen, world.clock())
    with told("đang dẫn tài liệu này"), world.work(officer) as uow:
        desk.undo(uow, officer, paper, world.clock())
    with world.work(officer) as uow:
        record_taking.take_out(uow, officer, fact, world.clock())
    with world.work(officer) as uow:
        desk.undo(uow, officer, paper, world.clock())


def test_a_change_is_not_approved_on_a_paper_that_has_left_the_dossier(world: World, row: DossierRow) -> None:
    paper = world.filed(row)
    change = begun(world, row, Typed("phone", "add", {"value": "0912000111"}, document_id=paper))
    other = world.dossier("Lò Văn Khác")
    with world.work() as uow:
        uow.session.get_one(Document, paper).dossier_id = other.dossier.id
    result = decided(world, change)
    assert result.approved == 0 and "không còn trong hồ sơ này" in next(iter(result.problems.values()))


# ids of others


def test_a_draft_takes_nothing_of_another_dossier(world: World, row: DossierRow) -> None:
    other = world.dossier("Lò Văn Khác")
    theirs, paper = world.fact(other, "phone", value="0912999888"), world.filed(other)
    mine = world.filed(row)
    with world.work() as uow:
        foreign_page = papers.pages_of_document(uow.session, paper)[0].id
    draft, who = begun(world, row, submit=False), world.who("officer")
    for typed in (
        Typed("phone", "replace", {"value": "0912000111"}, fact_id=theirs),
        Typed("phone", "end", fact_id=theirs, reason="không còn dùng"),
        Typed("phone", "add", {"value": "0912000111"}, document_id=paper),
        Typed("phone", "add", {"value": "0912000111"}, document_id=mine, page="99999"),
    ):
        with pytest.raises(InvalidInput), world.work(who) as uow:
            change_items.put_item(uow, who, draft, 1, typed, world.clock())
    about = About("Bổ sung lý lịch", decision_document_id=paper)
    with pytest.raises(InvalidInput), world.work(who) as uow:
        changes.describe(uow, who, draft, 1, about, world.clock())
    with pytest.raises(Refused), world.work(who) as uow:
        change_view.page_image(uow, who, draft, foreign_page, world.clock())


def test_items_of_another_change_are_not_written_dropped_or_decided(world: World, row: DossierRow) -> None:
    waiting = begun(world, row, Typed("phone", "add", {"value": "0912000111"}))
    draft, who, leader = begun(world, row, submit=False), world.who("officer"), world.who("leader")
    with world.work() as uow:
        theirs = uow.session.scalars(select(ChangeItem.id).where(ChangeItem.change_id == waiting)).one()
    with pytest.raises(Refused), world.work(who) as uow:
        change_items.put_item(uow, who, draft, 1, Typed("phone", "add", {"value": "1"}), world.clock(), theirs)
    with pytest.raises(Refused), world.work(who) as uow:
        change_items.drop_item(uow, who, draft, 1, theirs, world.clock())
    mine = begun(world, row, Typed("staff_code", "add", {"value": "CB-1"}))
    with pytest.raises(InvalidInput), world.work(leader) as uow:
        change_decide.decide(uow, leader, mine, version_of(world, mine), {theirs: Word(True)}, world.clock())
    with world.work() as uow:
        assert uow.session.get_one(ChangeItem, theirs).state == "open"


# second persons


def test_nobody_is_their_own_second_person(world: World, row: DossierRow) -> None:
    """Through the change, through the supplement, through what one took oneself."""
    change = begun(world, row, Typed("phone", "add", {"value": "0912000111"}))
    with told("người thứ hai"):
        decided(world, change, "officer")
    who, today = world.who("officer"), world.clock().date()
    with world.work(who) as uow:
        new = NewSupplement(world.units["D-BTC"], "Bổ sung năm 2026", 2026, today, today, ("phone",))
        period = supplements.open_supplement(uow, who, new, world.clock()).id
        filled = supplements.start(uow, who, period, row.dossier.id, world.clock())
        change_items.put_item(uow, who, filled, 1, Typed("phone", "add", {"value": "0912000222"}), world.clock())
        changes.submit(uow, who, filled, 2, world.clock())
    with told("người thứ hai"):
        decided(world, filled, "officer")
    assert read_by(world, who, row).isdisjoint({"0912000111", "0912000222"})


def test_two_who_decide_at_once_keep_one_fact(world: World, row: DossierRow) -> None:
    change = begun(world, row, Typed("phone", "add", {"value": "0912000111"}))
    version, outcomes = version_of(world, change), []
    with world.work() as uow:
        item = uow.session.scalars(select(ChangeItem.id).where(ChangeItem.change_id == change)).one()
    people, gate = [world.who("leader"), world.who("officer2")], threading.Barrier(2)

    def go(who: Principal) -> None:
        gate.wait()
        try:
            with world.work(who) as uow:
                change_decide.decide(uow, who, change, version, {item: Word(True)}, world.clock())
            outcomes.append("done")
        except Conflict:
            outcomes.append("stale")

    threads = [threading.Thread(target=go, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "stale"]
    with world.work() as uow:
        assert len(uow.session.scalars(select(FactRow).where(FactRow.item == "phone")).all()) == 1


def test_two_birth_dates_in_one_change_do_not_both_get_in(world: World) -> None:
    bare = world.dossier("Vì Thị Không Ngày")
    world.open(world.who("officer"), bare.dossier.id)
    change = begun(world, bare, *(Typed("birth_date", "add", {"value": day}) for day in ("05/08/1961", "06/08/1961")))
    result = decided(world, change)
    assert (result.approved, len(result.problems)) == (1, 1)


# sensitive groups and levels


def test_without_a_group_neither_value_nor_paper_nor_history_tells_it(world: World, row: DossierRow) -> None:
    blind = world.account("officer.blind", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=3, compartments=("bvctnb",))
    said = {"religion": "Phật giáo", "health": "viêm gan mạn", "discipline": "Khiển trách 2019"}
    facts = {item: world.fact(row, item, value=value) for item, value in said.items()}
    world.open(blind, row.dossier.id)
    assert set(SENSITIVE_LABELS) >= {"religion", "health", "discipline"} and set(EVERY) == set(SENSITIVE_LABELS)
    assert read_by(world, blind, row).isdisjoint(said.values())
    with world.work(blind) as uow:
        past = change_view.of_dossier(uow, blind, row.dossier.id, 50, 0, world.clock()).history
    told = {each.fact.text for each in past} | {str(each.fact.values) for each in past}
    assert not any(value in words for value in said.values() for words in told)
    with world.work(blind) as uow:
        draft = changes.create(uow, blind, row.dossier.id, About("Thử nhìn trộm"), world.clock()).id
    for act in ("replace", "end"):
        typed = Typed("health", act, {"value": "tốt"}, fact_id=facts["health"], reason="lý do đủ dài")
        with pytest.raises(InvalidInput), world.work(blind) as uow:
            change_items.put_item(uow, blind, draft, 1, typed, world.clock())


def test_a_higher_paper_s_change_is_as_missing_to_a_lower_reader(world: World, row: DossierRow) -> None:
    paper = world.filed(row, secrecy=3)
    change = begun(world, row, Typed("phone", "add", {"value": "0912000111"}, document_id=paper))
    for name in ("officer2", "leader"):
        who = world.who(name)
        with pytest.raises(Refused), world.work(who) as uow:
            change_view.open_change(uow, who, change, world.clock())
        with world.work(who) as uow:
            lines, total, counts = change_view.list_changes(uow, who, "waiting", 50, 0, world.clock())
        assert (lines, total, counts["waiting"]) == ([], 0, 0)


# what was destroyed stays destroyed


def test_nothing_comes_back_into_a_disposed_dossier(world: World, row: DossierRow) -> None:
    officer, today = world.who("officer"), world.clock().date()
    with world.work(officer) as uow:
        new = NewSupplement(world.units["D-BTC"], "Bổ sung năm 2026", 2026, today, today, ("phone",))
        period = supplements.open_supplement(uow, officer, new, world.clock()).id
        uow.session.get_one(Dossier, row.dossier.id).state = "disposed"
    now = world.clock()
    attempts = (
        lambda uow: record.keep(uow, [(_dossier(uow, row), [_phone()])], record.Keeping(officer.account_id, now)),
        lambda uow: changes.create(uow, officer, row.dossier.id, About("Bổ sung lý lịch"), now),
        lambda uow: record_taking.take(uow, officer, row.dossier.id, ["x"], now),
        lambda uow: supplements.start(uow, officer, period, row.dossier.id, now),
        lambda uow: supplements.nothing_new(uow, officer, period, row.dossier.id, now),
    )
    for attempt in attempts:
        with told("đã tiêu huỷ"), world.work(officer) as uow:
            attempt(uow)


def _dossier(uow: record.UnitOfWork, row: DossierRow) -> Dossier:
    return uow.session.get_one(Dossier, row.dossier.id)


def _phone() -> NewFact:
    return NewFact("phone", {"value": "0912000111"}, Source("declaration"))


# words that break things

HOSTILE = ("'; DROP TABLE facts; --", "<script>alert(1)</script>", "%_\\", "=1+1", "\u202e1234")


def test_hostile_words_are_only_words(world: World, row: DossierRow) -> None:
    """As values they are kept as words; none is a command to anything."""
    change = begun(world, row, *(Typed("career", "add", {"from": "2001", "what": value}) for value in HOSTILE))
    assert decided(world, change).approved == len(HOSTILE)


def test_impossible_days_are_told(world: World, row: DossierRow) -> None:
    draft, who = begun(world, row, submit=False), world.who("officer")
    for day in ("31/02/1961", "00/00/0000", "99/99/9999", "1961-13-45", "-1", "x"):
        with pytest.raises(InvalidInput), world.work(who) as uow:
            change_items.put_item(uow, who, draft, 1, Typed("enlisted_on", "add", {"value": day}), world.clock())


def test_ten_megabytes_of_words_are_refused_or_cut_in_no_time(world: World, row: DossierRow) -> None:
    draft, who = begun(world, row, submit=False), world.who("officer")
    typed = Typed("party_cell", "add", {"value": "dài " * 2_500_000})
    for each in (typed, replace(typed, values={"value": "ok"}, source_words="x " * 5_000_000, reason="y " * 5_000_000)):
        try:
            with world.work(who) as uow:
                change_items.put_item(uow, who, draft, version_of(world, draft), each, world.clock())
        except InvalidInput:
            continue
    with world.work() as uow:
        kept = uow.session.scalars(select(ChangeItem).where(ChangeItem.change_id == draft)).all()
    assert all(len(item.body) + len(item.raw) + len(item.reason) + len(item.source_words) < 20_000 for item in kept)
