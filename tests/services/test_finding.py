"""Finding: what is hidden is not found, counted, suggested or faceted; the database has the last word."""

from __future__ import annotations

import json
import time

import databases
import pytest
from factories import World, reading_of
from linking_worlds import join, link, pair_of, take
from sqlalchemy import select

from oms.domain.links import Act
from oms.errors import InvalidInput, JournalUnavailable, Refused
from oms.services import finding
from oms.services.desk import page_words
from oms.services.finding import Asked, Found
from oms.store import journal, papers
from oms.store.dossiers import DossierRow
from oms.store.tables import Cadre, Document, Page, Unit

TEXT = "QUYẾT ĐỊNH\nvề biệt phái công tác"


def search(world: World, who: str, words: str = "biệt phái", **more: object) -> Found:
    return finding.search(world.house, world.who(who), Asked(words, **more), world.clock())  # type: ignore[arg-type]


def ids(found: Found) -> set[str]:
    return {paper.document.id for person in found.people for paper in person.papers}


def test_each_reader_finds_and_counts_their_own(world: World) -> None:
    party, village = world.dossier(), world.dossier(unit="D-XA")
    government = world.dossier(unit="C-SNV", by="officer.gov")
    plain = world.filed(party, TEXT)
    secret = world.filed(party, TEXT, secrecy=2)
    locked = world.filed(party, TEXT, compartment="bvctnb")
    far = world.filed(village, TEXT)
    other = world.filed(government, TEXT, by="officer.gov")
    world.index()
    expected = {
        "officer": {plain, secret, locked, far},
        "officer.gov": {other},
        "leader": {plain, secret, locked, far, other},
        "leader.low": {plain, far, other},
        "leader.xa": {far},
    }
    for who, visible in expected.items():
        found = search(world, who)
        assert (ids(found), found.answer.count) == (visible, len(visible)), who
        for facet in found.facets.values():
            assert sum(facet.values()) <= len(visible)


def test_a_hidden_paper_changes_nothing_a_reader_can_see(world: World) -> None:
    """The same questions before and after a secret paper is filed: count, facets, hits and suggestions stay."""
    world.filed(world.dossier(), TEXT)
    world.index()

    def seen() -> list[object]:
        answers = [search(world, "leader.low", words).answer for words in ("biệt phái", "khiển trách", "khien trac")]
        return [(a.count, dict(a.facets), a.suggestions, [hit.snippet for hit in a.hits]) for a in answers]

    before = seen()
    world.filed(world.dossier(secrecy=2), "KẾT LUẬN\nkhiển trách, biệt phái", secrecy=2)
    world.index()
    assert seen() == before
    assert search(world, "leader", "khiển trách").answer.count == 1


def test_the_question_is_kept_and_who_may_not_search_is_refused(world: World) -> None:
    search(world, "leader", "thi đua")
    assert world.journal()[-1][:2] == ("search:run", "done")
    for who in ("clerk", "reviewer", "admin"):
        with pytest.raises(Refused):
            search(world, who)
        assert world.journal()[-1][:2] == ("search:run", "refused")


def test_a_question_that_cannot_be_read_gets_one_clear_answer(world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        search(world, "leader", "year:abc..")
    assert caught.value.field == "q"
    assert caught.value.message_vi


@pytest.mark.parametrize("words", ["loại:quyết định", "biệt phái -thiếu:bậy", "(biệt OR khối:bậy)"])
def test_a_value_on_no_list_is_said_and_not_taken_for_an_answer_about_records(world: World, words: str) -> None:
    """Without a word, a type that there is not finds nothing, and every dossier lacks it."""
    world.filed(world.dossier(), TEXT)
    world.index()
    with pytest.raises(InvalidInput) as caught:
        search(world, "leader", words)
    assert caught.value.field == "q"
    assert "loại" in caught.value.message_vi or "Khối" in caught.value.message_vi
    for listed in ("loại:quyết_định", "thiếu:sơ_yếu_lý_lịch", "khối:đảng", "type:quyet_dinh block:party"):
        assert search(world, "leader", listed).answer.complete, listed


def test_accents_and_tone_places_do_not_matter(world: World) -> None:
    paper = world.filed(world.dossier("Đặng Hoà Thuý"), "QUYẾT ĐỊNH\nnâng lương")
    world.index()
    for words in ("dang hoa thuy", "Đặng Hòa Thúy", "đặng hoà thuý", "nang luong"):
        assert ids(search(world, "leader", words)) == {paper}, words


def in_both_blocks(world: World, name: str = "Nông Thị Mười", **more: object) -> tuple[DossierRow, DossierRow]:
    """The files of one person in the Party's block and in the government's."""
    facts = {"birth_date": "1975-03-02", "citizen_id": "004175000123", **more}
    party, other = world.dossier(name, **facts), world.dossier(name, unit="C-SNV", by="officer.gov", **facts)
    link(world, party, other)
    return party, other


def test_a_person_of_two_blocks_is_shown_once_to_who_sees_both_and_never_told_to_who_sees_one(world: World) -> None:
    party, government = in_both_blocks(world)
    alone = world.dossier("Nông Thị Mười", birth_date="1980-01-01")
    first, second, third = (
        world.filed(party, TEXT),
        world.filed(government, TEXT, by="officer.gov"),
        world.filed(alone, TEXT),
    )
    world.index()
    found = search(world, "leader")
    assert (found.answer.count, found.answer.persons) == (3, 2)
    both = next(person for person in found.people if len(person.papers) == 2)
    assert {paper.document.id for paper in both.papers} == {first, second}
    assert [row.dossier.id for row in both.rows] == [government.dossier.id, party.dossier.id]
    assert both.count == 2
    assert {paper.row.dossier.id for paper in both.papers} == {party.dossier.id, government.dossier.id}
    assert ids(search(world, "leader", linked=True)) == {first, second}
    assert ids(search(world, "leader", linked=False)) == {third}
    for who, own, row in (("officer", {first, third}, party), ("officer.gov", {second}, government)):
        answer = search(world, who)
        assert (ids(answer), answer.answer.persons) == (own, len(own))
        rows = {one.dossier.id for person in answer.people for one in person.rows}
        assert rows == {row.dossier.id} | ({alone.dossier.id} if who == "officer" else set())
        assert search(world, who, linked=True).people == (), "half a person is no linked person"


def test_persons_are_taken_for_one_by_a_link_alone_and_no_longer_when_it_is_taken_back(world: World) -> None:
    facts = {"birth_date": "1975-03-02", "citizen_id": "004175000123"}
    party = world.dossier("Nông Thị Mười", **facts)
    other = world.dossier("Nông Thị Mười", unit="C-SNV", by="officer.gov", **facts)
    world.filed(party, TEXT)
    world.filed(other, TEXT, by="officer.gov")
    world.index()

    def told() -> tuple[int, int]:
        named = finding.complete(world.house, world.who("leader"), "nong", world.clock())
        return search(world, "leader").answer.persons, sum(each.persons for each in named)

    assert told() == (2, 2)  # same number, name and birth: nobody has said so yet
    link(world, party, other)
    assert told() == (1, 1)
    take(world, join(world), pair_of(world, party, other), Act.UNDO)
    assert told() == (2, 2)


def test_every_filter_and_facet_counts_what_may_be_seen_and_nothing_else(world: World) -> None:
    party, government = world.dossier(), world.dossier(unit="C-SNV", by="officer.gov")
    plain = world.filed(party, TEXT)
    secret = world.filed(party, TEXT, secrecy=2)
    other = world.filed(government, TEXT, by="officer.gov")
    with world.work() as uow:
        uow.session.get_one(Document, plain).issued_on = "2015-06"
        uow.session.get_one(Document, secret).issued_on = "2016"
        uow.session.get_one(Document, other).type_code = "ly_lich"
        path = uow.session.get_one(Unit, world.units["D"]).path
    world.index()
    narrowed = {
        "leader": (
            ({"block": "party"}, {plain, secret}), ({"block": "government"}, {other}),
            ({"unit_path": path}, {plain, secret}),
            ({"type_code": "ly_lich"}, {other}), ({"secrecy": 2}, {secret}), ({"secrecy": 0}, {plain, other}),
            ({"year_from": 2015, "year_to": 2015}, {plain}), ({"missing": "ly_lich"}, {plain, secret}),
            ({"missing": "quyet_dinh"}, {other}), ({"only": frozenset({secret, "none"})}, {secret}),
        ),
        "leader.low": (
            ({"block": "party"}, {plain}), ({"secrecy": 2}, set()), ({"year_from": 2016}, set()),
            ({"only": frozenset({secret, plain})}, {plain}),
        ),
    }  # fmt: skip
    for who, questions in narrowed.items():
        for filters, expected in questions:
            found = search(world, who, **filters)
            assert (ids(found), found.answer.count) == (expected, len(expected)), (who, filters)
    facets = search(world, "leader").facets
    assert facets["type"] == {"quyet_dinh": 2, "ly_lich": 1} and facets["secrecy"] == {"0": 2, "2": 1}
    assert facets["year"] == {"2015": 1, "2016": 1} and sum(facets["unit"].values()) == 3
    facets = search(world, "leader.low").facets
    assert (facets["secrecy"], facets["year"], facets["block"]) == (
        {"0": 2},
        {"2015": 1},
        {"party": 1, "government": 1},
    )


def test_a_component_counts_as_missing_for_who_may_not_see_it(world: World) -> None:
    """Otherwise the filter would tell that a secret paper of this type lies there."""
    row = world.dossier()
    plain, secret = world.filed(row, TEXT), world.filed(row, "KẾT LUẬN\nvề biệt phái", secrecy=2)
    with world.work() as uow:
        uow.session.get_one(Document, secret).type_code = "ket_luan"
    world.index()
    assert ids(search(world, "leader", missing="ket_luan")) == set()
    assert ids(search(world, "leader.low", missing="ket_luan")) == {plain}


def test_a_name_that_stands_in_a_hidden_dossier_alone_is_not_offered(world: World) -> None:
    """One person in two blocks: what the Party's block calls them is nothing to who reads the other block."""
    person = {"citizen_id": "001070012345", "birth_date": "1970-01-02"}
    party = world.dossier("Nguyễn Văn Ân", **person)
    other = world.dossier("Nguyễn Văn An", "C-SNV", "officer.gov", **person)
    link(world, party, other)
    with world.work() as uow:
        uow.session.get_one(Cadre, party.dossier.cadre_id).other_names = "Trần Bí Danh"
    world.filed(party, TEXT)
    world.filed(other, TEXT, by="officer.gov")
    world.index()

    def offered(who: str, typed: str) -> dict[str, int]:
        names = finding.complete(world.house, world.who(who), typed, world.clock())
        return {each.name: each.persons for each in names}

    assert offered("officer.gov", "tran") == {}
    assert offered("officer.gov", "nguyễn văn ân") == offered("officer.gov", "nguyen") == {"Nguyễn Văn An": 1}
    assert offered("officer", "tran") == {"Trần Bí Danh": 1}
    assert offered("leader", "nguyen") == {"Nguyễn Văn An": 1, "Nguyễn Văn Ân": 1}
    assert search(world, "leader").answer.persons == 1


def test_order_by_day_or_name_and_pages_count_persons(world: World) -> None:
    days = {"Tô Thị Ba": "2003-05-01", "Bàn Văn An": "2010", "Lò Thị Én": "2003-04-30"}
    for name, day in days.items():
        paper = world.filed(world.dossier(name), TEXT)
        with world.work() as uow:
            uow.session.get_one(Document, paper).issued_on = day
    world.index()

    def names(**more: object) -> list[str]:
        return [person.row.cadre.full_name for person in search(world, "leader", **more).people]

    assert names(sort="newest") == ["Bàn Văn An", "Tô Thị Ba", "Lò Thị Én"]
    assert names(sort="oldest") == ["Lò Thị Én", "Tô Thị Ba", "Bàn Văn An"]
    assert names(sort="name") == ["Bàn Văn An", "Tô Thị Ba", "Lò Thị Én"], "by given name, as lists are"
    assert names(sort="newest", top=2, offset=2) == ["Lò Thị Én"]


def test_the_row_says_what_was_asked_how_it_was_narrowed_and_what_was_shown(world: World) -> None:
    papers = {world.filed(world.dossier(), TEXT) for _n in range(3)}
    world.index()
    found = search(world, "leader", block="party", sort="newest", top=2)
    with world.work() as uow:
        entry = list(journal.rows(uow.session))[-1][0]
    told = json.loads(entry.detail)
    assert told == {
        "query": "biệt phái", "filters": {"block": "party", "sort": "newest"}, "offset": 0, "count": 3,
        "shown": [paper.document.id for person in found.people for paper in person.papers],
    }  # fmt: skip
    assert set(told["shown"]) < papers and len(told["shown"]) == 2


def test_nobody_is_shown_anything_when_the_row_cannot_be_written(world: World) -> None:
    world.filed(world.dossier(), TEXT)
    world.index()
    databases.harm(world.house.settings.home, databases.NO_JOURNAL)
    with pytest.raises(JournalUnavailable):
        search(world, "leader.low")


def test_names_are_offered_within_what_may_be_seen_and_the_offer_is_a_row(world: World) -> None:
    for name, secrecy in (("Nguyễn Văn Ổn", 0), ("Nguyễn Văn Ơn", 2)):
        world.filed(world.dossier(name, secrecy=secrecy), TEXT, secrecy=secrecy)
    world.dossier("Nguyễn Văn Ớt")  # no paper: nothing to be found by this name
    world.index()

    def offered(who: str) -> set[str]:
        return {found.name for found in finding.complete(world.house, world.who(who), "nguyen van o", world.clock())}

    assert offered("leader") == {"Nguyễn Văn Ổn", "Nguyễn Văn Ơn"}
    assert offered("leader.low") == {"Nguyễn Văn Ổn"}
    assert offered("leader.xa") == set()
    assert world.journal()[-1][:2] == ("search:complete", "done")
    with pytest.raises(Refused):
        offered("reviewer")
    assert world.journal()[-1][:2] == ("search:complete", "refused")


def test_the_place_of_the_words_is_the_page_where_they_stand_together(world: World) -> None:
    paper = world.filed(world.dossier(), "BÁO CÁO\nvề thi đua", pages=3)
    with world.work() as uow:
        second = uow.session.scalars(select(Page).where(Page.document_id == paper, Page.position == 2)).one()
        lines = "công tác\nđược cử đi biệt phái một năm\nphái đoàn"
        papers.keep_reading(uow.session, second, "again", reading_of(lines).to_json(), world.clock())
    world.index()
    (found,) = search(world, "leader", '"biệt phái"').people[0].papers
    assert found.page is not None and found.page.position == 2
    # reading_of puts word n of line m at x = 40 + 60n, y = 40 + 30m
    with world.work() as uow:
        words = page_words(uow, [found.page])[found.page.id]
    assert finding.standing(words, found.words) == ((220, 70, 275, 90), (280, 70, 335, 90))


def test_a_search_waits_for_no_writer(world: World) -> None:
    """A long writer holds the lock: the search reads beside it, and its row goes by way of the inbox."""
    paper = world.filed(world.dossier(), TEXT)
    world.index()
    who = world.who("leader")
    with world.work():
        begun = time.monotonic()
        found = finding.search(world.house, who, Asked("biệt phái"), world.clock())
        assert ids(found) == {paper} and time.monotonic() - begun < 5
