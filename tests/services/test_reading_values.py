"""What the machine reads reaches the desk: cells of tables, reasons for doubt, the card's code; real Tesseract."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from factories import World
from PIL import Image
from scanning_paper import Text, centred, draw
from sqlalchemy import select

from oms.services import intake, reading
from oms.store.tables import Document, DocumentField

CARD = "002173004455|012345678|Đỗ Thị Thuý Hường|05081973|Nữ|Thôn Ba, Bình Sơn, Lam Hạ, Hà Giang|11042021"
COLUMNS = (0.08, 0.14, 0.42, 0.62)
ROWS = (("1", "Lò Văn Sủi", "03/12/1979", "Kế toán"), ("2", "Đàm Thị Diệu", "04/02/1961", "Văn thư"))
LIST = (
    centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.04),
    centred("DANH SÁCH CÁN BỘ", 0.1),
    *(Text(head, 0.2, x) for head, x in zip(("TT", "Họ và tên", "Ngày sinh", "Chức vụ"), COLUMNS, strict=True)),
    *(
        Text(cell, 0.23 + 0.03 * row, x)
        for row, cells in enumerate(ROWS)
        for cell, x in zip(cells, COLUMNS, strict=True)
    ),
)
FORM = (
    centred("SƠ YẾU LÝ LỊCH", 0.08, size=16),
    Text("1) Họ và tên khai sinh: ĐỖ THỊ THUÝ HƯỜNG", 0.14),
    Text("3) Sinh ngày: 05 tháng 8 năm 1973, Giới tính (nam, nữ): Nam", 0.17),
    Text("25) Số căn cước công dân: 002173004455, Ngày cấp: 11/4/2021", 0.2),
)


def stored(world: World, image: Image.Image, dpi: int = 200) -> dict[str, DocumentField]:
    """The values kept of the one paper on a page that is received and read."""
    out = BytesIO()
    image.save(out, "PDF", resolution=dpi)
    path: Path = world.house.settings.home / "upload"
    path.write_bytes(out.getvalue())
    file, person = intake.take_in(world.house.vault, path), world.who("clerk")
    with world.work(person) as uow:
        batch = intake.create_batch(uow, person, intake.NewBatch(world.units["D-BTC"], "Đợt 1"), world.clock())
        receipt = intake.receive(uow, person, batch.id, file, "quet", world.clock())
    assert reading.read_scan(world.house, receipt.scan_id, world.clock)
    with world.work() as uow:
        paper = uow.session.scalars(select(Document).where(Document.scan_id == receipt.scan_id)).one()
        rows = uow.session.scalars(select(DocumentField).where(DocumentField.document_id == paper.id)).all()
        return {row.key: row for row in rows}


@pytest.mark.ocr
def test_cells_of_a_table_are_kept_each_with_its_page_and_box(world: World) -> None:
    fields = stored(world, draw(LIST, 200))
    assert {key: row.value for key, row in fields.items() if key.startswith("members.")} == {
        "members.1.full_name": "Lò Văn Sủi",
        "members.1.birth_date": "1979-12-03",
        "members.1.position": "Kế toán",
        "members.2.full_name": "Đàm Thị Diệu",
        "members.2.birth_date": "1961-02-04",
        "members.2.position": "Văn thư",
    }
    assert all(row.page_id and row.box.startswith("[") for row in fields.values())
    assert fields["members.1.full_name"].box != fields["members.2.full_name"].box


@pytest.mark.ocr
def test_reasons_for_doubt_are_kept_beside_the_value(world: World) -> None:
    fields = stored(world, draw(FORM, 200))
    assert fields["sex"].doubt == "giới tính không khớp số căn cước"
    assert fields["sex"].confidence < 0.5
    assert fields["birth_date"].doubt == ""
    assert fields["birth_date"].confidence >= 0.9


@pytest.mark.ocr
def test_a_card_on_the_paper_gives_its_holder_and_contradicts_the_print(world: World) -> None:
    page = draw((*FORM[:2], Text("25) Số căn cước công dân: 002173004456", 0.2)), 200)
    code = zxingcpp.create_barcode(CARD, zxingcpp.BarcodeFormat.QRCode)
    picture = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6))
    page.paste(picture.convert("RGB"), (1000, 1500))
    fields = stored(world, page)
    assert fields["birth_date"].value == "1973-08-05"
    assert fields["citizen_id"].value == "002173004455"
    assert fields["citizen_id"].doubt.startswith("mã QR khác chữ trên giấy")
    assert (fields["full_name"].value, fields["full_name"].confidence) == ("Đỗ Thị Thuý Hường", 0.99)
