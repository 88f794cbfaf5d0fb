"""The demonstration's paper: what a scanner would deliver, the same every time, and truly told."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import numpy as np
import pytesseract
import pytest
from PIL import Image, ImageSequence

from oms.demonstration import typeface
from oms.demonstration.deliver import DemoFile, deliver, draw
from oms.demonstration.people import cadres
from oms.demonstration.plan import FilePlan, plans

PEOPLE = {each.key: each for each in cadres()}
PLANS = plans(PEOPLE)
TYPES = """
so_yeu_ly_lich ly_lich_dang_vien phieu_dang_vien tieu_su_tom_tat quyet_dinh ban_kiem_diem phieu_danh_gia
nghi_quyet van_bang_chung_chi danh_sach tham_tra_xac_minh
"""
FIELDS = """
full_name other_names sex birth_date birth_place home_place permanent_residence current_residence ethnicity
religion family_class previous_occupation recruited_on recruiting_agency position main_duty rank_title
rank_code salary_step salary_coefficient salary_from position_allowance general_education
highest_qualification political_theory state_management foreign_language it_level party_joined_on
party_official_on organisations_joined_on enlisted_on discharged_on military_rank strengths rewards discipline
health citizen_id old_id id_issued_on social_insurance_no party_card_no staff_code managing_agency unit number
issued_on issued_at issuer subject person_name person_birth_date effective_on signer_name signer_title
"""


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoFile, ...]:
    """The whole delivery, written once."""
    return deliver(tmp_path_factory.mktemp("scanner"))


def _plan(name: str) -> FilePlan:
    return next(each for each in PLANS if each.name == name)


def _pages(path: Path) -> list[tuple[tuple[int, int], float]]:
    """Size in pixels and dpi of each page, read from the file itself."""
    if path.suffix == ".pdf":
        listing = subprocess.run(["pdfimages", "-list", path], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in listing.splitlines()[2:]]
        return [((int(row[3]), int(row[4])), float(row[12])) for row in rows]
    with Image.open(path) as image:
        return [(frame.size, round(float(frame.info["dpi"][0]))) for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize(("bold", "italic"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_face_draws_every_vietnamese_letter(bold: bool, italic: bool) -> None:
    path = typeface.font_file(bold, italic)
    assert typeface.missing_glyphs(path) == ""
    assert typeface.missing_glyphs(path, "ơก") == "ก"


def test_a_machine_without_the_face_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    typeface.font_file.cache_clear()
    with pytest.raises(typeface.FontMissingError, match="fonts-croscore"):
        typeface.font_file()


def test_the_delivery_is_about_sixty_pages_of_which_a_quarter_waits(delivered: tuple[DemoFile, ...]) -> None:
    waiting = [each for each in delivered if each.leave_on_desk]
    assert 24 <= len(delivered) <= 30
    assert 55 <= sum(each.page_count for each in delivered) <= 65
    assert 0.2 <= len(waiting) / len(delivered) <= 0.3
    assert {each.block for each in waiting} == {"party", "front", "government"}
    assert sum(len(each.documents) > 1 for each in delivered) >= 2
    assert sum(len(each.blank_pages) for each in delivered) == 1
    assert sum(len(each.hard_pages) for each in delivered) == 1


def test_files_hold_the_pages_the_truth_tells_at_scanner_resolutions(delivered: tuple[DemoFile, ...]) -> None:
    seen = set()
    for each in delivered:
        pages = _pages(each.path)
        assert len(pages) == each.page_count
        for size, dpi in pages:
            seen.add((each.path.suffix, dpi))
            short, long = sorted(size)
            assert dpi in {200, 300}
            assert abs(short / dpi * 25.4 - 210) < 1
            assert abs(long / dpi * 25.4 - 297) < 1
    assert {suffix for suffix, _ in seen} == {".pdf", ".tif", ".jpg"}
    assert {dpi for _, dpi in seen} == {200, 300}
    folder = {path.name for path in delivered[0].path.parent.iterdir()}
    assert folder == {each.path.name for each in delivered}


def test_files_carry_pixels_only_so_every_word_must_be_read(delivered: tuple[DemoFile, ...]) -> None:
    for each in delivered:
        if each.path.suffix == ".pdf":
            text = subprocess.run(["pdftotext", each.path, "-"], capture_output=True, text=True, check=True).stdout
            assert text.strip() == ""


def test_documents_cover_each_file_without_gap_and_belong_to_a_dossier_there(
    delivered: tuple[DemoFile, ...],
) -> None:
    filed = set()
    for file in delivered:
        covered = [page for each in file.documents for page in range(each.pages[0], each.pages[1] + 1)]
        assert covered == list(range(1, file.page_count + 1))
        for each in file.documents:
            dossiers = {(held.block, held.unit_code) for held in PEOPLE[each.person_key].dossiers}
            assert (file.block, file.unit_code) in dossiers
            filed.add((each.person_key, file.block))
            assert each.type_code in TYPES.split()
            assert each.fields.keys() <= set(FIELDS.split())
            assert all(each.fields.values())
    assert filed == {(key, held.block) for key, cadre in PEOPLE.items() for held in cadre.dossiers}


def test_one_dossier_is_secret_and_one_document_lies_in_the_compartment(delivered: tuple[DemoFile, ...]) -> None:
    documents = [each for file in delivered for each in file.documents]
    secret = {each.person_key for each in documents if each.secrecy == 1 and not each.compartment}
    assert secret == {"ngoc-an"}
    assert [each.type_code for each in documents if each.compartment == "bvctnb"] == ["tham_tra_xac_minh"]


def test_progress_counts_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.demonstration.deliver.plans", lambda people: plans(people)[9:12])
    told: list[tuple[int, int]] = []
    deliver(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_same_seed_writes_the_same_bytes(delivered: tuple[DemoFile, ...], tmp_path: Path) -> None:
    names = ("scan0044.pdf", "IMG_0105.jpg", "LLDV Truong Dinh Quoc Khuyen.tif")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oms.demonstration.deliver.plans", lambda _: tuple(_plan(name) for name in names))
        again = deliver(tmp_path)
    before = {each.path.name: each.path for each in delivered}
    for each in again:
        first, second = before[each.path.name].read_bytes(), each.path.read_bytes()
        assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()


def test_another_seed_scans_otherwise() -> None:
    plan = _plan("IMG_0105.jpg")
    assert draw(plan, 1)[0][0].tobytes() != draw(plan, 2)[0][0].tobytes()


@pytest.mark.parametrize("plan", PLANS, ids=lambda each: each.name)
def test_nothing_is_printed_over_the_edge_and_no_sheet_is_empty(plan: FilePlan) -> None:
    margin = 20  # 5 mm at 100 dpi
    for part in plan.parts:
        for sheet in part.draw(100).sheets:
            page = np.asarray(sheet.image)
            inner = page[margin:-margin, margin:-margin]
            assert (page < 128).sum() == (inner < 128).sum()
            assert (inner < 128).mean() > 0.004


@pytest.mark.ocr
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("LLDV_Nguyen Thi Thuy Duong.pdf", ("citizen_id",)),
        ("QD bo nhiem 2210.jpg", ()),
        ("TTLL_015.pdf", ("number",)),
    ],
)
def test_plain_tesseract_reads_a_clean_page(
    name: str, numbers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    images, documents, _ = draw(_plan(name), 2026)
    text = " ".join(pytesseract.image_to_string(images[0], lang="vie", config="--psm 3").split())
    cadre = PEOPLE[documents[0].person_key]
    assert cadre.name.upper() in text.upper()
    assert f"{cadre.core.born:%d/%m/%Y}" in text
    for key in numbers:
        assert documents[0].fields[key] in text
