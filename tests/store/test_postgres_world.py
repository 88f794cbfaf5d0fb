"""The program's use cases on PostgreSQL behind both walls: persons as ``oms_app``, the program as ``oms_worker``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from factories import World
from linking_worlds import PERSON, compare, pair_of, take, two_records
from postgres_server import Server
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from walled_province import walled_province

from oms.domain.access import Principal
from oms.domain.api_scopes import EVERY
from oms.domain.links import Act
from oms.errors import Refused
from oms.services import custody, finding, link_conflicts, links, loans, repeats, reports, sealing, tasks, tokens
from oms.services.finding import Asked
from oms.services.house import UnitOfWork
from oms.services.loans import NewLoan
from oms.services.repeats import Kept
from oms.store import journal_seal, linking, search_feed
from oms.store.db import make_engine
from oms.store.dossiers import DossierRow
from oms.store.link_tables import LinkConflict, LinkFeature, LinkKey
from oms.store.reports import Scope
from oms.store.tables import Cadre, Document, Dossier, JournalEntry


@pytest.fixture(scope="module")
def there(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small province, signed in to as an office is: persons as one role, the program as another."""
    with walled_province(postgres, tmp_path_factory.mktemp("province") / "home", "province") as world:
        yield world


@pytest.fixture(scope="module")
def dossiers(there: World) -> dict[str, DossierRow]:
    """A dossier of the Party, a secret one in a compartment, one of the government; each with a filed paper."""
    made = {
        "party": there.dossier("Tô Thị Hiếu"),
        "secret": there.dossier("Tô Thị Mật", secrecy=3, compartment="bvctnb"),
        "government": there.dossier("Tô Thị Chính", unit="C-SNV", by="officer.gov"),
    }
    there.filed(made["party"])
    there.fact(made["party"], "citizen_id", value="003071000001")
    there.index()
    return made


def each(world: World, ask: Callable[[UnitOfWork, Principal], object]) -> dict[str, object]:
    """What each of these persons is answered, in a transaction of their own."""
    answers = {}
    for name in ("officer", "officer2", "officer.gov", "leader"):
        who = world.who(name)
        with world.work(who) as uow:
            answers[name] = ask(uow, who)
    return answers


@pytest.mark.usefixtures("dossiers")
def test_lists_show_each_person_what_is_theirs(there: World) -> None:
    def names(uow: UnitOfWork, who: Principal) -> tuple[set[str], int]:
        rows, total = custody.list_dossiers(uow, who, "to thi", "", "", 10, 0, there.clock())
        return {row.cadre.full_name for row in rows}, total

    assert each(there, names) == {
        "officer": ({"Tô Thị Hiếu", "Tô Thị Mật"}, 2),
        "officer2": ({"Tô Thị Hiếu"}, 1),
        "officer.gov": ({"Tô Thị Chính"}, 1),
        "leader": ({"Tô Thị Hiếu", "Tô Thị Chính"}, 2),
    }


def test_a_dossier_is_opened_and_read_and_a_hidden_one_is_refused_as_a_missing_one(
    there: World, dossiers: dict[str, DossierRow]
) -> None:
    officer, other = there.who("officer2"), there.who("officer.gov")
    party = dossiers["party"].dossier.id
    there.open(officer, party)
    with there.work(officer) as uow:
        assert custody.read_dossier(uow, officer, party, there.clock()).row.cadre.full_name == "Tô Thị Hiếu"
    for hidden in (dossiers["secret"].dossier.id, dossiers["government"].dossier.id, "0" * 32):
        with pytest.raises(Refused), there.work(officer) as uow:
            custody.open_dossier(uow, officer, hidden, "work", "", "kiểm tra hồ sơ", 60, there.clock())
    with pytest.raises(Refused), there.work(other) as uow:
        custody.read_dossier(uow, other, party, there.clock())


def test_the_search_follows_what_changes_there_behind_the_walls(there: World) -> None:
    """The feed is written by triggers there too, also when the change takes a paper out of its writer's sight."""
    row = there.dossier("Lò Văn Ươi", number="HS-PG-1")
    paper = there.filed(row, "QUYẾT ĐỊNH\nvề biệt phái công tác")
    there.index()

    def seen(who: str, words: str = "biệt phái") -> list[str]:
        found = finding.search(there.house, there.who(who), Asked(words), there.clock())
        return [one.document.id for person in found.people for one in person.papers]

    assert (seen("officer2"), seen("officer.gov")) == ([paper], [])
    with there.work() as uow:
        uow.session.get_one(Document, paper).unit_id = there.units["C-SNV"]
    assert seen("officer2") == []
    with there.work() as uow:
        uow.session.get_one(Cadre, row.dossier.cadre_id).full_name = "Bàn Thị Én"
        uow.session.get_one(Document, paper).unit_id = there.units["D-BTC"]
    there.index()
    assert (seen("officer2", "bàn thị én"), seen("officer2", "lò văn ươi")) == ([paper], [])
    with there.work() as uow:
        uow.session.get_one(Document, paper).state = "discarded"
    assert seen("officer2") == []
    with there.work() as uow:
        assert paper not in search_feed.texts_kept(uow.session)
    there.index()
    assert paper not in there.house.engine.ids()


def test_what_is_hidden_changes_no_byte_of_an_answer_there(there: World) -> None:
    """The question, its facets, suggestions and names as they are typed, before and after others' papers come in."""
    there.filed(there.dossier("Lộc Văn Thường"), "QUYẾT ĐỊNH\nvề luân chuyển vùng cao")
    there.index()

    def seen() -> list[object]:
        who = there.who("officer2")
        asked = ("luân chuyển", "luan chuyen vung caoo", "khiển trách", "khien trac", "")
        answers = [finding.search(there.house, who, Asked(words), there.clock()).answer for words in asked]
        names = [finding.complete(there.house, who, typed, there.clock()) for typed in ("l", "luc", "loc van")]
        return [replace(answer, ms=0) for answer in answers] + names

    before = seen()
    row = there.dossier("Lục Thị Kín", secrecy=3)
    there.filed(row, "KẾT LUẬN\nkhiển trách, luân chuyển vùng caoo", secrecy=3)
    away = there.dossier("Lục Văn Xa", unit="C-SNV", by="officer.gov")
    there.filed(away, "KẾT LUẬN\nkhiển trách, luân chuyển", by="officer.gov")
    there.index()
    assert seen() == before
    raised = there.dossier("Lương Thị Ẩn")
    there.filed(raised, "KẾT LUẬN\nluân chuyển")
    there.index()
    assert seen() != before
    with there.work() as uow:  # the dossier's level alone, as no service raises it: the trigger tells
        uow.session.get_one(Dossier, raised.dossier.id).secrecy = 3
    assert seen() == before


def test_search_reports_loans_and_tasks_run_there(there: World, dossiers: dict[str, DossierRow]) -> None:
    officer = there.who("officer")
    there.open(officer, dossiers["party"].dossier.id)
    found = finding.search(there.house, officer, Asked("bổ nhiệm"), there.clock())
    assert found.answer.count == 1
    with there.work(officer) as uow:
        lent = NewLoan((), "Nguyễn Văn Mượn", "Ban Tổ chức", "đọc để bổ nhiệm", "Trưởng ban", 1, "30/11/2026")
        loans.lend(uow, officer, dossiers["party"].dossier.id, lent, there.clock())
        assert loans.register(uow, officer, "", 50, 0, there.clock())[1] == 1
        tasks.create_task(uow, officer, "07/CV", "Rà soát quy hoạch", there.units["D-BTC"], there.clock())
    seen = each(there, lambda uow, who: len(tasks.list_tasks(uow, who, there.clock())))
    assert seen == {"officer": 1, "officer2": 1, "officer.gov": 0, "leader": 1}
    with there.work(officer) as uow:
        for kind in ("bm01", "bm02"):
            reports.view(uow, officer, kind, Scope(date(2026, 11, 2)), there.clock())


@pytest.mark.usefixtures("dossiers")
def test_the_journal_there_is_dense_whole_and_sealed(there: World, postgres: Server) -> None:
    assert sealing.seal(there.house, there.clock())
    with there.house.database.transaction() as session:
        numbers = list(session.scalars(select(JournalEntry.seq).order_by(JournalEntry.seq)))
        assert numbers == list(range(1, len(numbers) + 1))
        assert journal_seal.check(session, there.house.signer, ()).whole
    engine = make_engine(postgres.url("province"))
    with Session(engine) as session:
        session.connection().exec_driver_sql("ALTER EVENT TRIGGER oms_keep_journal_altered DISABLE")
        session.connection().exec_driver_sql("ALTER TABLE journal DISABLE TRIGGER ALL")
        assert "journal_no_update" in journal_seal.missing_guards(session)
        session.connection().exec_driver_sql("UPDATE journal SET reason = 'đã sửa' WHERE seq = 3")
        assert not journal_seal.check(session, there.house.signer, ()).whole, "what a superuser changed is found"
        session.rollback()
    engine.dispose()


def test_a_programs_key_is_taken_once_there_and_tells_what_it_came_to(there: World) -> None:
    """An INSERT tells no number of rows there: every change of a program was answered as if its key were taken."""
    who, now = there.who("officer"), there.clock()
    with there.work(who) as uow:
        who = replace(who, token_id=tokens.make(uow, who, "Phần mềm thử", EVERY, 30, now)[0].id)
    with there.work(who) as uow:
        assert repeats.begin(uow, who, "một", "a" * 64, now) is None
        repeats.finish(uow, who, "một", Kept(201, "/api/v1/x"))
    with there.work(who) as uow:
        assert repeats.begin(uow, who, "một", "a" * 64, now) == Kept(201, "/api/v1/x")
    with pytest.raises(repeats.OtherRequest), there.work(who) as uow:
        repeats.begin(uow, who, "một", "b" * 64, now)


def test_pairs_are_found_shown_and_decided_behind_both_walls(there: World) -> None:
    made = two_records(there, "Hà Thị Liên Kết")
    party, state = there.who("officer"), there.who("officer.gov")
    outside = there.who("leader.xa")

    def listed(who: Principal, tab: str) -> list[bool]:
        with there.work(who) as uow:
            found = links.queue(uow, who, tab, 10, 0, there.clock())
            return [line.row.masked for line in found.lines if line.row.pair.id == made.id]

    assert (listed(party, "mot-ben"), listed(state, "mot-ben"), listed(outside, "mot-ben")) == ([True], [True], [])
    with there.work(party) as uow:
        seen = set(uow.session.scalars(select(LinkFeature.dossier_id)))
        assert made.party.dossier.id in seen and made.state.dossier.id not in seen
        assert list(uow.session.scalars(select(LinkKey.key))) == []  # whose keys meet is nobody's to see
    assert take(there, party, made.id, Act.ACCEPT).state == "half"
    assert take(there, state, made.id, Act.ACCEPT).state == "linked"
    with there.work() as uow:
        assert {made.party.cadre.id, made.state.cadre.id} <= set(linking.persons(uow.session))
    there.fact(made.party, "ethnicity", value="Kinh")
    there.fact(made.state, "ethnicity", "officer.gov", value="Tày")
    compare(there)

    def differing(who: Principal) -> list[tuple[str, str]]:
        with there.work(who) as uow:
            bare = list(uow.session.scalars(select(LinkConflict.id).where(LinkConflict.candidate_id == made.id)))
            found = link_conflicts.queue(uow, who, "dang-mo", 10, 0, there.clock()).lines
            shown = [line.row for line in found if line.row.candidate_id == made.id]
            assert bare == [row.id for row in shown]
            return [(row.item, row.state) for row in shown]

    expected = [("ethnicity", "open")]
    assert (differing(party), differing(state), differing(outside)) == (expected, expected, [])
    twin = there.dossier("Hà Thị Liên Kêt", "C-SNV", "officer.gov", **PERSON)
    compare(there)
    blind = take(there, party, pair_of(there, made.party, twin), Act.ACCEPT)
    assert not blind.done and "cùng khối" in blind.words  # the other link is behind the wall, and still in the way
    with pytest.raises(DBAPIError, match="permission denied"), there.work(party) as uow:
        uow.session.execute(text("UPDATE link_decisions SET act = 'reject'"))
    with there.work() as uow:
        into = text("UPDATE dossiers SET compartment = 'kiem_tra' WHERE id = :id")
        uow.session.execute(into, {"id": made.state.dossier.id})
    assert listed(party, "da-lien-ket") == [] and differing(party) == []
