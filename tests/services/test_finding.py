"""Finding: what is hidden is not found, counted, suggested or faceted; the database has the last word."""

from __future__ import annotations

import pytest
from factories import World

from oms.errors import InvalidInput, Refused
from oms.services import finding
from oms.services.finding import Asked, Found

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


def test_accents_and_tone_places_do_not_matter(world: World) -> None:
    paper = world.filed(world.dossier("Đặng Hoà Thuý"), "QUYẾT ĐỊNH\nnâng lương")
    world.index()
    for words in ("dang hoa thuy", "Đặng Hòa Thúy", "đặng hoà thuý", "nang luong"):
        assert ids(search(world, "leader", words)) == {paper}, words
