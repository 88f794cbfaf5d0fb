"""``python -m scanning read``: the shapes and exit codes that outside measurements rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scanning_paper import DECISION, FORM, draw

from scanning.headings import TITLES

pytestmark = pytest.mark.ocr

ROOT = Path(__file__).resolve().parents[2]
CODES = (
    "so_yeu_ly_lich ly_lich_dang_vien phieu_dang_vien phieu_bo_sung_ly_lich tieu_su_tom_tat quyet_dinh ban_kiem_diem "
    "phieu_danh_gia nghi_quyet bien_ban to_trinh bao_cao thong_bao ket_luan cong_van van_bang_chung_chi "
    "ke_khai_tai_san giay_khai_sinh giay_kham_suc_khoe ly_lich_tu_phap can_cuoc danh_sach tham_tra_xac_minh "
    "giay_gioi_thieu don khac"
)


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, from another folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "scanning", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
        timeout=300,
    )


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a two-page TIFF (the second page empty), a form turned on its side and a broken PDF."""
    folder = tmp_path_factory.mktemp("giấy tờ")
    pages = [draw(DECISION), draw(())]
    pages[0].save(folder / "quyết định.tif", save_all=True, append_images=pages[1:], dpi=(200, 200))
    draw(FORM).rotate(90, expand=True).save(folder / "lý lịch.jpg", dpi=(200, 200), quality=90)
    (folder / "hỏng.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
    return folder


@pytest.fixture(scope="module")
def report(papers: Path) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code and the lines of one run over all three, the broken file in the middle."""
    done = command("read", "quyết định.tif", "hỏng.pdf", "lý lịch.jpg", "--json", "--jobs", "2", cwd=papers)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_one_line_a_file_in_input_order(report: tuple[int, list[dict[str, Any]]]) -> None:
    code, lines = report
    assert code == 1
    assert [line["file"] for line in lines] == ["quyết định.tif", "hỏng.pdf", "lý lịch.jpg"]
    for line in lines:
        assert {"file", "status", "reason", "pages", "document_type", "fields", "codes"} <= set(line)


def test_a_refused_file_has_a_reason_and_no_pages(report: tuple[int, list[dict[str, Any]]]) -> None:
    refused = report[1][1]
    assert (refused["status"], refused["pages"], refused["fields"]) == ("rejected", [], {})
    assert "Hãy" in refused["reason"]


def test_pages_carry_words_in_pixels_of_the_upright_page(report: tuple[int, list[dict[str, Any]]]) -> None:
    decision, _, form = report[1]
    assert (decision["status"], decision["reason"]) == ("read", None)
    assert [page["number"] for page in decision["pages"]] == [1, 2]
    assert (decision["pages"][1]["text"], decision["pages"][1]["words"]) == ("", [])
    page = form["pages"][0]
    assert {"text", "rotation", "skew", "variant", "width", "height", "words"} <= set(page)
    assert page["rotation"] == 90
    assert page["height"] > page["width"]
    for word in page["words"]:
        assert set(word) == {"text", "box", "confidence", "suspect"}
        x0, y0, x1, y1 = word["box"]
        assert 0 <= x0 < x1 <= page["width"]
        assert 0 <= y0 < y1 <= page["height"]
        assert 0 <= word["confidence"] <= 100


def test_types_and_fields_are_named_as_agreed(report: tuple[int, list[dict[str, Any]]]) -> None:
    decision, _, form = report[1]
    assert decision["document_type"]["code"] == "quyet_dinh"
    assert decision["document_type"]["evidence"][0] == "QUYẾT ĐỊNH"
    assert decision["fields"]["number"]["value"] == "417/QĐ-UBND"
    assert decision["fields"]["person_name"]["value"] == "Đặng Hữu Khoát"
    assert form["document_type"]["code"] == "so_yeu_ly_lich"
    agreed = {"value", "raw", "confidence", "page", "box"}
    assert set(form["fields"]["birth_date"]) == agreed | {"doubts", "doubtful"}
    assert form["fields"]["birth_date"]["value"] == "1973-08-05"
    assert form["fields"]["citizen_id"]["value"] == "002173004455"


def test_text_for_people_and_no_fields(papers: Path) -> None:
    shown = command("read", "quyết định.tif", cwd=papers)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "quyết định.tif · trang 1" in shown.stdout
    assert "HUYỆN LAM THƯỢNG" in shown.stdout
    bare = command("read", "quyết định.tif", "--json", "--no-fields", "--jobs", "1", cwd=papers)
    assert bare.returncode == 0
    assert json.loads(bare.stdout)["fields"] == {}


@pytest.mark.parametrize(
    "arguments", [(), ("read",), ("read", "a.pdf", "--jobs", "0"), ("write", "a.pdf"), ("read", "--x")]
)
def test_wrong_usage_is_2(papers: Path, arguments: tuple[str, ...]) -> None:
    assert command(*arguments, cwd=papers).returncode == 2


def test_every_agreed_type_code_is_known() -> None:
    assert set(TITLES) == set(CODES.split())
