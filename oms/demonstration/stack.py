"""A pile of paper files as an office scans it: counted by hand, parted by printed sheets, one stack two-sided.

The sheets are those the desk prints; the reader meets them as scanned paper and nothing else.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random

import numpy as np
from jinja2 import Environment, FileSystemLoader
from PIL import Image

from oms.demonstration import cards, clerk, forms, letters, orders, records
from oms.demonstration.damage import CLEAN, CREAM, GREYISH, Scan, scan
from oms.demonstration.deliver import DemoDocument, DemoFile, save
from oms.demonstration.papers import A4, Sheet
from oms.demonstration.people import DemoCadre, cadres
from oms.demonstration.plan import FilePlan, Part
from oms.demonstration.province import unit
from oms.domain.access import Principal
from oms.domain.catalogue import DOCUMENT_TYPES
from oms.services import custody, desk, intake, pile, pile_pages, sheets
from oms.services.house import House
from oms.settings import CHECKOUT
from scanning import rasterise

Clock = Callable[[], datetime]
CLERK, UNIT = "vanthu.noivu", "LG-C-SNV"
TITLE = "Đợt 09-2026 - Hồ sơ giấy Sở Nội vụ, có phiếu bìa"
PILE, TWO_SIDED = "Chong giay co phieu.pdf", "Danh gia, kiem diem 2025 - hai mat.pdf"
_DPI = 200


@dataclass(frozen=True)
class PaperFolder:
    """A paper file as it lies on the table: label, pages counted by hand, the dossier it holds."""

    label: str
    counted: int
    dossier: str = ""


FOLDERS = (
    PaperFolder("Trương Đình Quốc Khuyến – SNV.0065", 3, "SNV.0065"),
    PaperFolder("Hoàng Thị Ngọc Ẩn – SNV.0116", 3, "SNV.0116"),
    PaperFolder("Võ Đức Huỳnh – SNV.0201", 4, "SNV.0201"),
    PaperFolder("Đánh giá, kiểm điểm năm 2025 (giấy hai mặt)", 4),
)
EXPLAINED = "Tờ thứ ba đếm tay là bìa sau bằng giấy màu, không có chữ, không quét."


@dataclass(frozen=True)
class _Laid:
    """What lies next in the pile: a sheet ("cover:2", "quyet_dinh") or a paper; ``twice`` went through twice."""

    sheet: str = ""
    part: Part | None = None
    how: Scan = CLEAN
    twice: bool = False


def lay_down(house: House, clock: Clock) -> int:
    """Opens the batch, enters its paper files, prints its sheets, scans the piles; returns how many files are in it.

    Repeated after a crash it goes on where it stopped.
    """
    who = clerk.principal_named(house, CLERK)
    batch_id = open_batch(house, who, TITLE, clock)
    files = _counted(house, who, batch_id, clock)
    people = {each.key: each for each in cadres()}
    for name, draw, origin in (
        (PILE, lambda: _pile(people, _printed(house, who, batch_id, files, clock)), intake.Origin()),
        (TWO_SIDED, lambda: _stack(people), intake.Origin("upload", files[3], "halves")),
    ):
        upload(house, who, batch_id, name, lambda path, draw=draw: _write(path, draw()), clock, origin)  # type: ignore[misc]
    return 2


def open_batch(house: House, who: Principal, title: str, clock: Clock, **more: int) -> str:
    """The clerk's batch of this title, opened unless it is there."""
    with house.work(who, clock()) as uow:
        known, _total = intake.list_batches(uow, who, 200, 0)
        found = next((each.batch.id for each in known if each.batch.title == title), "")
        unit_id = more.get("unit_id", who.unit_id)
        new = intake.NewBatch(unit_id, title, expected_pages=more.get("expected_pages"))
        return found or intake.create_batch(uow, who, new, clock()).id


def upload(
    house: House,
    who: Principal,
    batch_id: str,
    name: str,
    write: Callable[[Path], None],
    clock: Clock,
    origin: intake.Origin = intake.UPLOADED,
) -> None:
    """What the page's upload does with one file, unless a file of this name is there."""
    with house.work(who, clock()) as uow:
        if intake.scan_named(uow, who, name):
            return
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / name
        write(path)
        received = intake.take_in(house.vault, path)
    with house.work(who, clock()) as uow:
        intake.receive(uow, who, batch_id, received, name, clock(), origin)


def _counted(house: House, who: Principal, batch_id: str, clock: Clock) -> list[str]:
    """Enters the paper files with their counts; returns their ids in order."""
    with house.work(who, clock()) as uow:
        known = {each.label: each.id for each in pile.choices(uow, who, batch_id)}
        for folder in FOLDERS:
            if folder.label not in known:
                dossier_id = custody.dossier_numbered(uow, who, folder.dossier) if folder.dossier else ""
                counted = pile.Counted(folder.label, folder.counted, dossier_id or "")
                known[folder.label] = pile.add(uow, who, batch_id, counted, clock()).id
    return [known[folder.label] for folder in FOLDERS]


def _printed(house: House, who: Principal, batch_id: str, files: Sequence[str], clock: Clock) -> dict[str, Sheet]:
    """The sheets as the desk prints them, by what they are; drawn in the sandbox like any PDF."""
    kinds = ("quyet_dinh", "tieu_su_tom_tat")
    wanted = sheets.Wanted(dict.fromkeys(kinds, 1), files[:3], own=True)
    with house.work(who, clock()) as uow:
        stack = sheets.order(uow, who, batch_id, wanted, clock())
        page = Environment(loader=FileSystemLoader(CHECKOUT / "templates"), autoescape=True)
        html = page.get_template("scanning/sheets_print.html").render(stack=stack, types=DOCUMENT_TYPES)
    names = [*(f"cover:{number}" for number in (1, 2, 3)), *kinds]
    with tempfile.TemporaryDirectory(prefix="print-") as folder:
        path = Path(folder) / "sheets.pdf"
        path.write_bytes(sheets.pdf(html))
        return {name: _on_paper(path, number) for number, name in enumerate(names, 1)}


def _on_paper(path: Path, number: int) -> Sheet:
    size = (round(A4[0] * _DPI / 25.4), round(A4[1] * _DPI / 25.4))
    pixels = np.ascontiguousarray(rasterise(path, number).image[:, :, ::-1])
    return Sheet(Image.fromarray(pixels).convert("L").resize(size, Image.Resampling.LANCZOS))


def _papers(people: dict[str, DemoCadre]) -> tuple[_Laid, ...]:
    """The pile from top to bottom."""
    chief, auditor, teacher = people["quoc-khuyen"], people["ngoc-an"], people["duc-huynh"]
    praise = "đã có thành tích xuất sắc trong công tác năm 2024"

    def honour(cadre: DemoCadre, number: str) -> Part:
        order = orders.award(cadre, number, date(2025, 1, 20), "Bằng khen của Chủ tịch Uỷ ban nhân dân tỉnh", praise)
        return Part(cadre.key, lambda dpi: letters.decision(cadre, orders.PROVINCE, order, dpi))

    def raised(cadre: DemoCadre, number: str) -> Part:
        order = orders.pay_rise(cadre, number, cadre.salary_from)
        return Part(cadre.key, lambda dpi: letters.decision(cadre, orders.HOME_AFFAIRS, order, dpi))

    life = Part(teacher.key, lambda dpi: forms.biography(teacher, unit("LG-C-SGD"), date(2025, 11, 18), dpi))
    return (
        _Laid("cover:1"),
        _Laid("quyet_dinh"),
        _Laid(part=honour(chief, "61/QĐ-UBND")),
        _Laid(part=raised(chief, "733/QĐ-SNV"), how=Scan(CREAM, 0.7)),
        _Laid(part=Part(chief.key, lambda dpi: cards.citizens_card(chief, dpi)), how=Scan(noise=3)),
        _Laid("cover:2"),
        _Laid(part=honour(auditor, "62/QĐ-UBND"), twice=True, how=Scan(skew=-0.8)),
        _Laid(part=raised(auditor, "740/QĐ-SNV")),
        _Laid("cover:3"),
        _Laid("tieu_su_tom_tat"),
        _Laid(part=life, how=Scan(GREYISH, 1.2, 0.6, 6, 5, 0.4)),
        _Laid(part=raised(teacher, "752/QĐ-SNV"), how=Scan(CREAM)),
    )


@dataclass(frozen=True)
class _Drawn:
    """A file's images, the truth of its papers and the pages that show a sheet again."""

    images: list[Image.Image]
    documents: tuple[DemoDocument, ...]
    repeated: tuple[int, ...] = ()


def _pile(people: dict[str, DemoCadre], printed: dict[str, Sheet]) -> _Drawn:
    rng = Random(PILE)
    images = []
    for laid in _papers(people):
        drawn = laid.part.draw(_DPI).sheets if laid.part else (printed[laid.sheet],)
        images += [scan(sheet, laid.how, _DPI, rng) for sheet in drawn * (1 + laid.twice)]
    documents, repeated = _truth(people)
    return _Drawn(images, documents, repeated)


def _truth(people: dict[str, DemoCadre]) -> tuple[tuple[DemoDocument, ...], tuple[int, ...]]:
    """The papers of the pile with their pages, and the pages that are repeated."""
    documents, repeated, at = [], [], 1
    for laid in _papers(people):
        if laid.part is None:
            at += 1
            continue
        drawn = laid.part.draw(_DPI)
        documents.append(_document(laid.part, drawn, at))
        at += len(drawn.sheets)
        if laid.twice:
            repeated.append(at)
            at += len(drawn.sheets)
    return tuple(documents), tuple(repeated)


def _document(part: Part, drawn: forms.Drawn, first: int) -> DemoDocument:
    pages = (first, first + len(drawn.sheets) - 1)
    what = (drawn.type_code, drawn.subtype, drawn.title, drawn.number, drawn.issued_on)
    return DemoDocument(pages, *what, part.person, drawn.fields, part.secrecy, part.compartment)


def _stack(people: dict[str, DemoCadre]) -> _Drawn:
    """Two papers printed on both sides, scanned fronts first; the turned stack gives the last back first."""
    rng = Random(TWO_SIDED)
    office = ("UỶ BAN NHÂN DÂN TỈNH", "SỞ NỘI VỤ")
    rated = records.rating(people["quoc-khuyen"], office, 2025, _DPI)
    examined = records.self_criticism(people["ngoc-an"], "Chi bộ Văn phòng", 2025, _DPI)
    pair = [rated.sheets, examined.sheets]
    fronts, backs = [sheet[0] for sheet in pair], [sheet[1] for sheet in pair]
    return _Drawn([scan(side, CLEAN, _DPI, rng) for side in (*fronts, *reversed(backs))], ())


def _write(path: Path, drawn: _Drawn) -> None:
    plan = FilePlan(path.name, "pdf", _DPI, TITLE, UNIT, "government", CLERK, ())
    save(path, plan, drawn.images)


def settle(house: House, clock: Clock) -> None:
    """What the clerk does once the pile is read: two paper files are filed, the third waits on the desk.

    One difference is explained; the other is left for whoever tries the demonstration.
    """
    who = clerk.principal_named(house, CLERK)
    documents, repeated = _truth({each.key: each for each in cadres()})
    with house.work(who, clock()) as uow:
        scan_id = intake.scan_named(uow, who, PILE)
    clerk.mend_cuts(house, who, scan_id, {each.pages[0] for each in documents} | set(repeated), clock)
    file = DemoFile(Path(PILE), TITLE, UNIT, "government", CLERK, documents, 0, (), (), False)
    for document in documents:
        if document.person_key != "duc-huynh":
            clerk.file_paper(house, who, scan_id, file, document, clock)
    for number in repeated:
        _drop(house, who, scan_id, number, clock)
    _explain(house, who, clock)


def _drop(house: House, who: Principal, scan_id: str, number: int, clock: Clock) -> None:
    """Leaves a sheet that went through twice out of the dossier; a person says so where the machine did not."""
    with house.work(who, clock()) as uow:
        view = pile_pages.view(uow, who, scan_id, clock())
        page = next(each.page for each in view.pages if each.page.number == number)
        place = desk.place_of(uow, who, scan_id, number)
        if place is not None and page.duplicate_of:
            document = place.document
            desk.set_aside(uow, who, document.id, document.version, "Tờ này quét hai lần.", True, clock())


def _explain(house: House, who: Principal, clock: Clock) -> None:
    batch_id = open_batch(house, who, TITLE, clock)
    with house.work(who, clock()) as uow:
        _summary, counts, _left = pile.look(uow, who, batch_id, clock())
        for each in counts.files:
            if each.file.label == FOLDERS[1].label and each.gap and not each.explained:
                pile.explain(uow, who, each.file.id, EXPLAINED, clock())
