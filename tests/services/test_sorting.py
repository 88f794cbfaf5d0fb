"""From a scanned pile to papers: sheets obeyed, foreign ones not trusted, repeats found – with real reading."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
import segno
from factories import World
from PIL import Image
from scanning_paper import DECISION, FORM, Text, draw

from oms.services import desk, intake, pile, reading
from oms.store import papers
from oms.store.tables import Document, Page, Scan
from scanning import Sheet

DPI = 150


def sheet(sign: Sheet) -> Image.Image:
    page, out = draw((Text("PHIẾU NGĂN TÀI LIỆU", 0.3, size=24),), DPI), io.BytesIO()
    segno.make(sign.text, error="h").save(out, kind="png", scale=5, border=4)
    page.paste(Image.open(out).convert("RGB"), (60, 60))
    return page


def plain(lines: Sequence[Text]) -> Image.Image:
    return draw(lines, DPI)


def batch_of(world: World, title: str = "Đợt 1", unit: str = "D-BTC", who: str = "clerk") -> str:
    person = world.who(who)
    with world.work(person) as uow:
        return intake.create_batch(uow, person, intake.NewBatch(world.units[unit], title), world.clock()).id


def read(world: World, batch: str, *pages: Image.Image, origin: intake.Origin | None = None) -> str:
    """A file of these pages received and read; its id."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=DPI, save_all=True, append_images=list(pages[1:]))
    path, clerk = world.house.settings.home / "upload", world.who("clerk")
    path.write_bytes(out.getvalue())
    received = intake.take_in(world.house.vault, path)
    with world.work(clerk) as uow:
        more = [origin] if origin else []
        receipt = intake.receive(uow, clerk, batch, received, "chồng.pdf", world.clock(), *more)
    assert receipt.accepted, receipt.message_vi
    reading.read_scan(world.house, receipt.scan_id, world.clock)
    return receipt.scan_id


def result(world: World, scan_id: str) -> tuple[Scan, list[Page], list[tuple[Document, list[int]]]]:
    """The file, its pages, and its papers with the numbers of their pages."""
    with world.work() as uow:
        scan, pages = uow.session.get_one(Scan, scan_id), papers.pages_of_scan(uow.session, scan_id)
        ids = list(dict.fromkeys(page.document_id for page in pages if page.document_id))
        found = [uow.session.get_one(Document, each) for each in ids]
        numbers = [[page.number for page in papers.pages_of_document(uow.session, each)] for each in ids]
        return scan, pages, list(zip(found, numbers, strict=True))


@pytest.mark.ocr
def test_covers_and_separators_part_a_pile_by_themselves(world: World) -> None:
    own = world.dossier("Lò Văn Pánh")
    batch, clerk = batch_of(world), world.who("clerk")
    with world.work(clerk) as uow:
        one = pile.add(uow, clerk, batch, pile.Counted("Quyển 1", 2, own.dossier.id), world.clock()).id
        two = pile.add(uow, clerk, batch, pile.Counted("Quyển 2", 1), world.clock()).id
    scan_id = read(
        world,
        batch,
        sheet(Sheet("cover", paper_file=one, batch=batch)),
        plain(DECISION),
        sheet(Sheet("sep", "bao_cao")),
        plain(()),
        plain(FORM[5:]),
        sheet(Sheet("cover", paper_file=two, batch=batch)),
        plain(FORM),
    )
    _scan, pages, made = result(world, scan_id)
    assert [page.kind for page in pages] == ["cover", "content", "separator", "content", "content", "cover", "content"]
    assert [numbers for _paper, numbers in made] == [[2], [5], [7]]
    assert [page.paper_file_id for page in pages] == [one] * 5 + [two] * 2
    report = made[1][0]
    assert report.type_code == "bao_cao"
    assert "phiếu ngăn" in report.evidence
    assert "Phiếu ngăn ghi một loại" in report.note  # the page's words are those of a personal form
    assert made[0][0].type_code == "quyet_dinh"
    with world.work(clerk) as uow:
        view = desk.open_document(uow, clerk, report.id, world.clock())
        _summary, counts, _left = pile.look(uow, clerk, batch, world.clock())
    assert view.candidates[0].row.dossier.id == own.dossier.id
    assert (view.candidates[0].score, view.candidates[0].agrees) == (1.0, ("cover",))
    assert [each.gap for each in counts.files] == [0, 0]
    assert (counts.total.sheets, counts.total.blank) == (3, 1)


@pytest.mark.ocr
def test_a_cover_of_another_batch_only_parts_and_is_told(world: World) -> None:
    foreign = batch_of(world, "Đợt khác")
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        theirs = pile.add(uow, clerk, foreign, pile.Counted("Tập lạ"), world.clock()).id
    batch = batch_of(world)
    scan_id = read(
        world,
        batch,
        plain(FORM[5:]),
        sheet(Sheet("cover", paper_file=theirs, batch=batch)),
        plain(FORM[6:]),
        sheet(Sheet("cover", paper_file="f" * 32, batch=batch)),
        plain(DECISION[9:]),
        sheet(Sheet("sep", "to_trinh", batch=foreign)),
        plain(FORM[7:]),
    )
    scan, pages, made = result(world, scan_id)
    assert [numbers for _paper, numbers in made] == [[1], [3], [5], [7]]
    assert {page.paper_file_id for page in pages} == {None}
    assert "không thuộc đợt" in scan.reason
    assert made[3][0].type_code != "to_trinh"
    assert "không dùng loại" in pages[5].reason


@pytest.mark.ocr
def test_a_code_on_a_page_of_words_takes_nothing_out_of_the_pile(world: World) -> None:
    page, out = plain(DECISION), io.BytesIO()
    segno.make(Sheet("sep", "don").text, error="h").save(out, kind="png", scale=3, border=4)
    page.paste(Image.open(out).convert("RGB"), (60, page.height - 300))
    _scan, pages, made = result(world, read(world, batch_of(world), page))
    assert pages[0].kind == "content"
    assert [(paper.type_code, numbers) for paper, numbers in made] == [("quyet_dinh", [1])]


@pytest.mark.ocr
def test_a_page_scanned_twice_is_marked_and_stays_where_it_is(world: World) -> None:
    batch = batch_of(world)
    first = read(world, batch, plain(DECISION), plain(()))
    turned = plain(DECISION).rotate(180)
    second = read(world, batch, plain(FORM), turned, plain(()))
    _scan, earlier, _made = result(world, first)
    scan, pages, made = result(world, second)
    assert [page.duplicate_of for page in pages] == [None, earlier[0].id, None]
    assert "Trang 2 có vẻ trùng" in scan.reason
    assert sum(len(numbers) for _paper, numbers in made) == 3  # marked, never dropped
    other_batch = read(world, batch_of(world, "Đợt 2"), plain(DECISION), plain(FORM[4:]))
    assert {page.duplicate_of for page in result(world, other_batch)[1]} == {None}


@pytest.mark.ocr
def test_fronts_then_backs_are_put_together_as_they_are_read(world: World) -> None:
    origin = intake.Origin("upload", "", "halves")
    scan_id = read(
        world, batch_of(world), plain(DECISION), plain(FORM), plain(FORM[8:]), plain(DECISION[12:]), origin=origin
    )
    _scan, pages, made = result(world, scan_id)
    assert [page.number for page in pages] == [1, 2, 3, 4]
    assert [numbers for _paper, numbers in made] == [[1, 4], [2, 3]]


@pytest.mark.ocr
def test_an_odd_stack_stays_as_it_lies_and_is_told(world: World) -> None:
    origin = intake.Origin("upload", "", "halves")
    scan, _pages, made = result(
        world, read(world, batch_of(world), plain(DECISION), plain(FORM), plain(FORM[8:]), origin=origin)
    )
    assert [numbers for _paper, numbers in made] == [[1], [2, 3]]
    assert "số lẻ" in scan.reason
