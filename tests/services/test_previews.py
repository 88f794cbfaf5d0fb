"""Pictures beside search results: who gets them, when not, what the journal and the reviewer's desk make of them."""

from __future__ import annotations

import io
import json

import pytest
from consulting import approved, as_now
from factories import World, page_image
from PIL import Image
from sqlalchemy import update

from oms.domain.sightings import Grounds, Kind, accesses
from oms.domain.unusual import peak_of
from oms.errors import Refused
from oms.services import previews
from oms.store import journal, papers, review_reads
from oms.store.tables import Document, Page

WORDS = ("quyết", "định")


def page_of(world: World, document_id: str) -> str:
    with world.work() as uow:
        return papers.pages_of_document(uow.session, document_id)[0].id


def seen_by(world: World, who: str, page_id: str) -> bool:
    """Whether somebody gets the picture; the last row says the same."""
    person = world.who(who)
    try:
        with world.work(person) as uow:
            data = previews.preview(uow, person, page_id, WORDS, world.clock())
    except Refused:
        assert world.journal()[-1] == ("search:preview", "refused", page_id)
        return False
    assert Image.open(io.BytesIO(data)).size == (previews.WIDTH, previews.HEIGHT)
    assert world.journal()[-1] == ("search:preview", "done", page_id)
    return True


def test_who_finds_a_paper_sees_its_lines_and_nobody_else(world: World) -> None:
    row = world.dossier()
    plain, secret = world.filed(row), world.filed(row, secrecy=2)
    closed = world.filed(world.dossier(secrecy=1))
    waiting = world.paper()
    everybody = (
        "officer",
        "officer2",
        "officer.gov",
        "leader",
        "leader.low",
        "leader.xa",
        "clerk",
        "reviewer",
        "admin",
    )
    for document, readers in (
        (plain, {"officer", "officer2", "leader", "leader.low"}),
        (secret, {"officer", "leader"}),
        (closed, {"officer", "officer2", "leader"}),
        (waiting, set()),
    ):
        page = page_of(world, document)
        assert {who for who in everybody if seen_by(world, who, page)} == readers


def test_outside_an_isolated_network_no_line_of_a_secret_paper_is_shown(world: World) -> None:
    page = page_of(world, world.filed(world.dossier(), secrecy=1))
    plain = page_of(world, world.filed(world.dossier()))
    assert seen_by(world, "leader", page)
    object.__setattr__(world.house.settings, "zone", "internal")
    assert not seen_by(world, "leader", page)
    assert seen_by(world, "leader", plain)


def test_what_is_lent_for_study_is_read_there_with_the_readers_name_in_it_and_shown_nowhere_else(world: World) -> None:
    row = world.dossier()
    document = world.filed(row)
    approved(world, row.dossier.id, document)
    reader, page = as_now(world, "officer.gov"), page_of(world, document)
    assert reader.consulted == {document}
    with pytest.raises(Refused), world.work(reader) as uow:
        previews.preview(uow, reader, page, WORDS, world.clock())


def test_a_page_put_out_of_reach_is_no_longer_shown(world: World) -> None:
    document = world.filed(world.dossier())
    page = page_of(world, document)
    assert seen_by(world, "leader.low", page)
    with world.work() as uow:
        uow.session.get_one(Page, page)
        uow.session.execute(update(Document).where(Document.id == document).values(secrecy=1))
    assert not seen_by(world, "leader.low", page)


def test_lines_seen_in_results_open_no_record_for_the_reviewer_and_opening_does(world: World) -> None:
    rows = [world.dossier(f"Lò Văn {name}") for name in ("An", "Bình", "Chiến", "Dũng")]
    pages = [page_of(world, world.filed(row)) for row in rows]
    leader = world.who("leader")
    begun = journal.utc_text(world.clock())
    for page in pages:
        assert seen_by(world, "leader", page)

    def read() -> list[review_reads.Read]:
        with world.work() as uow:
            return review_reads.reads_of(uow.session, [leader.account_id], begun, "9999")

    assert [each.kind for each in read()] == [Kind.SEARCH] * 4
    assert accesses(read(), "2026-11-02", Grounds([])) == [] and peak_of(read()) == 0
    for row in rows:
        world.open(leader, row.dossier.id)
    assert len(accesses(read(), "2026-11-02", Grounds([]))) == 4 and peak_of(read()) == 4
    with world.work() as uow:
        rows_kept = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == "search:preview"]
    assert all(entry.pages == 1 and entry.bytes > 0 and json.loads(entry.detail) == {"boxes": 2} for entry in rows_kept)


@pytest.mark.parametrize("boxes", [(), ((0, 0, 1, 1),), ((600, 860, 9999, 9999),), ((5, 5, 600, 7),)])
def test_any_box_gives_a_picture_of_one_size(boxes: tuple[tuple[int, int, int, int], ...]) -> None:
    data = previews.drawn(page_image(), boxes, 620)
    assert Image.open(io.BytesIO(data)).size == (previews.WIDTH, previews.HEIGHT)


def test_the_frame_stands_around_the_word_at_any_scale() -> None:
    """A black word on a page twice as fine as its reading: the frame's middle is black, and the frame is blue."""
    page = Image.new("RGB", (1240, 1754), "white")
    page.paste((0, 0, 0), (320, 140, 430, 180))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=95)
    seen = Image.open(io.BytesIO(previews.drawn(out.getvalue(), ((160, 70, 215, 90),), 620))).convert("RGB")
    x0, y0, x1, _y1 = previews.piece([(320, 140, 430, 180)], (1240, 1754))
    scale = previews.WIDTH / (x1 - x0)
    middle = (int((375 - x0) * scale), int((160 - y0) * scale))
    edge = (int((320 - x0) * scale) - 2, middle[1])
    assert max(seen.getpixel(middle)) < 60  # type: ignore[type-var]
    red, _green, blue = seen.getpixel(edge)  # type: ignore[misc]
    assert blue > red + 60
