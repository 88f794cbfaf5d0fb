"""Reports in the pages: tables, charts, masks, links to the persons behind a figure, files for a purpose."""

from __future__ import annotations

from collections.abc import Callable

from factories import World
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]


def fill(world: World) -> None:
    row = world.dossier("Đỗ Thị Thử")
    for item, value in (("sex", "Nữ"), ("birth_date", "05/08/1990"), ("religion", "Công giáo"), ("ethnicity", "Tày")):
        world.fact(row, item, value=value)
    world.fact(row, "plannings", position="Bí thư Đảng uỷ xã", from_="2026")


def test_each_report_is_drawn_with_its_table_and_chart(world: World, signed_in: SignIn) -> None:
    fill(world)
    client = signed_in("officer")
    table = client.get("/bao-cao").get_data(as_text=True)
    assert '<td class="num">38</td>' in table and "Trên tuổi nghỉ hưu" in table and "<svg" in table
    shares = client.get("/bao-cao?loai=structure&ngay=02/11/2026").get_data(as_text=True)
    assert "31–40 tuổi" in shares and "Tày" in shares and shares.count('<svg class="chart"') == 6
    assert "Bí thư Đảng uỷ xã" in client.get("/bao-cao?loai=planned").get_data(as_text=True)
    assert "Biên chế được giao" in client.get("/bao-cao?loai=staffing").get_data(as_text=True)
    for kind in ("bm02", "structure", "planned", "staffing"):
        empty = signed_in("officer.gov").get(f"/bao-cao?loai={kind}").get_data(as_text=True)
        assert "Không có ai trong phạm vi này" in empty


def test_a_masked_column_says_so_and_its_figure_is_nowhere(world: World, signed_in: SignIn) -> None:
    fill(world)
    page = signed_in("leader.low").get("/bao-cao").get_data(as_text=True)
    assert "Cột Tôn giáo được che" in page and page.count(">che<") >= 2
    assert "Xuất báo cáo" not in page


def test_a_wrong_day_is_told_beside_its_field(signed_in: SignIn) -> None:
    page = signed_in("officer").get("/bao-cao?ngay=31/02/2026").get_data(as_text=True)
    assert "Ngày chưa đúng" in page and 'aria-invalid="true"' in page and "31/02/2026" in page


def test_files_leave_for_a_purpose_only(world: World, signed_in: SignIn) -> None:
    fill(world)
    client = signed_in("officer")
    assert client.post("/bao-cao/xuat", data={"loai": "bm02", "purpose": "ngắn"}).status_code == 400
    for kind, form, start in (("bm02", "xlsx", b"PK"), ("bm02", "pdf", b"%PDF"), ("structure", "pdf", b"%PDF")):
        typed = {"loai": kind, "dang": form, "purpose": "báo cáo thường kỳ quý bốn"}
        answer = client.post("/bao-cao/xuat", data=typed)
        assert answer.status_code == 200 and answer.data.startswith(start)
        assert world.journal()[-1][0] == "report:export"
    assert signed_in("leader").post("/bao-cao/xuat", data={"purpose": "x" * 30}).status_code == 404
    assert signed_in("clerk").get("/bao-cao").status_code == 404
