"""Finding: what is hidden is not found, counted, suggested or faceted; the database has the last word."""

from __future__ import annotations

import pytest
from factories import World
from sqlalchemy import text

from oms.errors import InvalidInput, Refused
from oms.services import finding
from oms.services.finding import Asked, Found

TEXT = "QUYẾT ĐỊNH\nvề biệt phái công tác"


def search(world: World, who: str, words: str = "biệt phái", **more: object) -> Found:
    person = world.who(who)
    with world.work(person) as uow:
        return finding.search(uow, world.house, person, Asked(words, **more), world.clock())  # type: ignore[arg-type]


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


def test_a_paper_reclassified_disappears_before_the_index_knows(world: World) -> None:
    stays, goes = world.filed(world.dossier(), TEXT), world.filed(world.dossier(), TEXT)
    world.index()
    assert ids(search(world, "leader.low")) == {stays, goes}
    with world.work() as uow:
        uow.session.execute(text("UPDATE documents SET secrecy = 1 WHERE id = :it"), {"it": goes})
    found = search(world, "leader.low")
    assert (ids(found), found.answer.count, found.facets) == ({stays}, 1, {})


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


def test_accents_and_tone_places_do_not_matter(world: World) -> None:
    paper = world.filed(world.dossier("Đặng Hoà Thuý"), "QUYẾT ĐỊNH\nnâng lương")
    world.index()
    for words in ("dang hoa thuy", "Đặng Hòa Thúy", "đặng hoà thuý", "nang luong"):
        assert ids(search(world, "leader", words)) == {paper}, words


def test_filling_the_index_twice_changes_nothing(world: World) -> None:
    paper = world.filed(world.dossier(), TEXT)
    with world.work() as uow:
        uow.session.execute(text("INSERT INTO index_outbox (document_id) SELECT document_id FROM index_outbox"))
        uow.session.execute(text("INSERT INTO index_outbox (document_id) VALUES ('none')"))
    assert finding.drain_outbox(world.house) == 2
    assert finding.drain_outbox(world.house) == 0
    assert (world.house.engine.doc_count(), ids(search(world, "leader"))) == (1, {paper})


# Whoosh leaves its file open when what it reads is damaged.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("damage", ["", "format.json", "segments"])
def test_a_damaged_index_is_told_and_made_anew_from_the_records(world: World, damage: str) -> None:
    paper = world.filed(world.dossier(), TEXT)
    world.index()
    for path in world.house.settings.index.iterdir():
        if path.name == damage or (damage == "segments" and path.name != "format.json"):
            path.write_bytes(b"junk")
    world.house._engine = None
    if damage:
        answer = search(world, "leader").answer
        assert (answer.count, answer.complete) == (0, False)
        assert world.journal()[-1][:2] == ("search:run", "failed")
    assert finding.rebuild(world.house) == 1
    assert finding.drain_outbox(world.house) == 1
    assert ids(search(world, "leader")) == {paper}
