"""Forms filled from the record: what is on the record stands in the file once, what is masked does not."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from factories import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profile_facts import DAY, fact, filled, rich

from oms.domain.dated_rows import Catalogue, Row
from oms.domain.forms import FORMS, Line, Mark, column_keys, lines_of, offers
from oms.domain.record_items import ITEMS
from oms.services import catalogues
from oms.services.profile_form import fill
from oms.services.profile_pdf import pdf_of
from oms.services.profile_word import word_of
from oms.services.record import RecordFact
from scanning import classify, extract_fields, rasterise, read_page
from vietnamese.text import nfc

CODES = ("2c_tctw_98", "2c_bnv_2008", "tt06_2023", "tieu_su_tom_tat")
ITEM_COUNTS = {"2c_tctw_98": 31, "2c_bnv_2008": 32, "tt06_2023": 38, "tieu_su_tom_tat": 16}


@pytest.fixture
def catalogue(world: World) -> Catalogue:
    with world.work() as uow:
        return catalogues.load(uow)


def words_of(data: bytes) -> str:
    """Everything a Word file says, cells of cells included, in single spaces."""
    texts = [node.text or "" for node in Document(BytesIO(data)).element.body.iter() if node.tag.endswith("}t")]
    return " ".join("\n".join(texts).split())


def pdf_words(data: bytes, folder: Path) -> str:
    path = folder / "form.pdf"
    path.write_bytes(data)
    told = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout
    return " ".join(nfc(told.decode()).split())


@pytest.mark.parametrize("code", CODES)
def test_every_number_of_the_form_is_printed_in_order(catalogue: Catalogue, code: str) -> None:
    labels = [row.label for row in catalogue.rows(f"mau_{code}", DAY)]
    numbers = [int(n) for label in labels for n in re.findall(r"(?:^|\u2003|\*)(\d{1,2})(?:[).]\d?)", label)]
    assert sorted(set(numbers)) == numbers or sorted(numbers) == numbers
    assert set(numbers) == set(range(1, ITEM_COUNTS[code] + 1))


def test_a_word_file_says_what_the_record_says_in_the_places_of_the_form(catalogue: Catalogue) -> None:
    data = word_of(filled(catalogue, "tt06_2023", rich(catalogue), "Mật"))
    made, words = Document(BytesIO(data)), words_of(data)
    assert "Họ và tên khai sinh (viết chữ in hoa) : NGUYỄN THỊ TRƯỜNG GIANG" in words
    assert "Sinh ngày: 05 tháng 08 năm 1975" in " ".join(words.split())
    tables = {table.rows[0].cells[0].text + table.rows[0].cells[2].text: table for table in made.tables[2:-1]}
    career = next(t for head, t in tables.items() if head.startswith("TừĐơn vị công tác"))
    assert [cell.text for cell in career.rows[3].cells] == [
        "03/2012",
        "03/2020",
        "Ban Tổ chức Tỉnh uỷ Lam Giang",
        "Phó Trưởng phòng",
    ]
    assert career.rows[0]._tr.trPr is not None and "tblHeader" in career.rows[0]._tr.xml
    assert made.sections[0].header.paragraphs[0].text == "MẬT"
    assert 'w:val="vi-VN"' in made.styles.element.xml


def test_the_same_form_makes_the_same_bytes(catalogue: Catalogue) -> None:
    form = filled(catalogue, "tieu_su_tom_tat", rich(catalogue))
    assert word_of(form) == word_of(form)
    assert pdf_of(form) == pdf_of(form)


def test_salary_runs_across_and_goes_on_below(catalogue: Catalogue) -> None:
    data = word_of(filled(catalogue, "2c_tctw_98", rich(catalogue)))
    across = [t for t in Document(BytesIO(data)).tables if t.rows[0].cells[0].text == "Tháng/năm"]
    assert [cell.text for cell in across[0].rows[0].cells][:3] == ["Tháng/năm", "07/1998", "07/2001"]
    assert [cell.text for cell in across[1].rows[1].cells][:3] == ["Ngạch/bậc", "01.002/9", ""]


def test_family_is_split_between_the_person_and_the_other_side(catalogue: Catalogue) -> None:
    data = word_of(filled(catalogue, "2c_bnv_2008", rich(catalogue)))
    family = [t for t in Document(BytesIO(data)).tables if t.rows[0].cells[0].text == "Mối quan hệ"]
    assert [[row.cells[0].text for row in table.rows][1:] for table in family] == [["Bố đẻ", "Chồng"], ["Mẹ chồng"]]


def test_whose_parents_they_are_is_read_from_the_relation_and_no_unit_is_printed_twice(catalogue: Catalogue) -> None:
    told = [
        ("family", {"relation": "Bố chồng", "full_name": "Phạm Đình Phú"}),
        ("family", {"relation": "Chồng", "full_name": "Phạm Đức Toàn"}),
        ("weight", {"value": "49 kg"}),
        ("height", {"value": "157 cm"}),
    ]
    facts = [fact(catalogue, number, item, values) for number, (item, values) in enumerate(told)]
    data = word_of(filled(catalogue, "2c_bnv_2008", facts))
    family = [t for t in Document(BytesIO(data)).tables if t.rows[0].cells[0].text == "Mối quan hệ"]
    assert [[row.cells[0].text for row in table.rows][1:] for table in family] == [["Chồng"], ["Bố chồng"]]
    assert "157 cm, Cân nặng: 49 kg, " in words_of(data)


@pytest.mark.parametrize("code", CODES)
def test_a_pdf_says_the_values_of_the_record(catalogue: Catalogue, code: str, tmp_path: Path) -> None:
    words = pdf_words(pdf_of(filled(catalogue, code, rich(catalogue), "Mật")), tmp_path)
    for value in (
        "NGUYỄN THỊ TRƯỜNG",
        "GIANG",
        "05 tháng 08 năm 1975",
        "03/02/1999",
        "Kinh",
        "09/1997",
        "02/2005",
        "MẬT",
    ):
        assert value in words, value


def test_masked_groups_stay_dots_and_are_told(catalogue: Catalogue) -> None:
    form = filled(catalogue, "2c_bnv_2008", rich(catalogue, ("religion", "health", "history", "discipline")))
    assert set(form.masked) == {
        "religion",
        "health",
        "height",
        "weight",
        "blood_group",
        "history_arrest",
        "discipline_table",
    }
    assert "religion" not in form.empty
    words = words_of(word_of(form))
    for hidden in ("Khiển trách", "Chưa bao giờ bị bắt", "158 cm"):
        assert hidden not in words
    assert "Dân tộc: Kinh" in words


def test_nothing_is_invented_for_an_empty_record(catalogue: Catalogue) -> None:
    form = filled(catalogue, "tt06_2023", [fact(catalogue, 1, "full_name", {"value": "Tô Thị Hiếu"})])
    assert form.filled == 1 and "religion" in form.empty and not form.masked
    lines = [block for block in (*form.beside, *form.body) if isinstance(block, Line)]
    values = [piece.text for line in lines for piece in line.pieces if piece.mark == Mark.VALUE]
    assert values == ["TÔ THỊ HIẾU"]


def test_a_form_out_of_force_is_offered_as_old_with_its_own_lines(catalogue: Catalogue) -> None:
    ended = Row(FORMS, "cu", "Mẫu cũ", valid_from=date(2001, 1, 1), valid_to=date(2008, 1, 1))
    old = Row("mau_cu", "01", "1) Tên: {full_name}", extra={"kind": "line"}, valid_to=date(2008, 1, 1))
    new = Row("mau_cu", "01", "1) Tên mới: {full_name}", extra={"kind": "line"}, valid_from=date(2008, 1, 2))
    held = Catalogue([ended, old, new, *catalogue.history(FORMS)])
    found = offers(held, DAY)
    assert [(offer.row.code, offer.old) for offer in found][-1] == ("cu", True) and not found[0].old
    assert [row.label for row in lines_of(held, found[-1], DAY)] == ["1) Tên: {full_name}"]


def _token(number: int) -> str:
    return "W" + "".join("ABCDEFGHIJ"[int(c)] for c in f"{number:04d}") + "Z"


@st.composite
def records(draw: st.DrawFn) -> list[tuple[str, dict[str, str]]]:
    """An invented record whose every value is a word of its own."""
    numbers, found = iter(range(10_000)), []
    for key, item in ITEMS.items():
        for _ in range(draw(st.integers(0, 3 if item.is_table else 1))):
            values = {c.key: _token(next(numbers)) for c in item.columns or ()} or {"value": _token(next(numbers))}
            if "side" in values:
                values["side"] = draw(st.sampled_from(["Bản thân", "Bên vợ", "", "Bên chồng"]))
            if key == "training":
                values["kind"] = draw(
                    st.sampled_from(["Chuyên môn", "Lý luận chính trị", "Ngoại ngữ, tiếng dân tộc", "", "x"])
                )
            found.append((key, values))
    return found


def _expected(catalogue: Catalogue, code: str, told: list[tuple[str, dict[str, str]]]) -> list[str]:
    """The words the form has a place for, from its rows alone."""
    by_item: dict[str, list[dict[str, str]]] = {}
    for item, values in told:
        by_item.setdefault(item, []).append(values)
    head = catalogue.rule(FORMS, code, DAY).extra
    wanted: list[str] = []
    tables: set[str] = set()
    for label in [*head["left"], *head["right"], *(row.label for row in catalogue.rows(f"mau_{code}", DAY))]:
        for what in re.findall(r"\{([a-z_|+]+)", label):
            choices = [[by_item[i] for i in part.split("+") if i in by_item] for part in what.split("|")]
            first = next((c for c in choices if c), [])
            wanted += [text for rows in first for values in rows for text in values.values()]
    for row in catalogue.rows(f"mau_{code}", DAY):
        item = str(row.extra.get("table", ""))
        if not item or item in tables or item in ("training", "family"):
            continue
        tables.add(item)
        keys = [column_keys(c[1]) for c in row.extra["columns"]]
        shown = [k for found, between in keys for k in (found[:1] if between == "|" else found)]
        wanted += [values[key] for values in by_item.get(item, []) for key in shown]
    for values in by_item.get("family", []):
        if code != "tieu_su_tom_tat":
            wanted += [values["full_name"], values["about"]]
    for values in by_item.get("training", []):
        if code != "tieu_su_tom_tat":
            wanted += [values["school"], values["award"], values["from"]]
    return wanted


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=records())
def test_what_the_form_has_a_place_for_stands_there_once(
    catalogue: Catalogue, code: str, told: list[tuple[str, dict[str, str]]]
) -> None:
    facts = [_bare(catalogue, at, item, values) for at, (item, values) in enumerate(told, 1)]
    offer = next(offer for offer in offers(catalogue, DAY) if offer.row.code == code)
    words = words_of(word_of(fill(catalogue, offer.row, lines_of(catalogue, offer, DAY), facts))).upper()
    for text in _expected(catalogue, code, told):
        if text.startswith("W"):
            assert words.count(text) == 1, text


def _bare(catalogue: Catalogue, number: int, item: str, values: dict[str, str]) -> RecordFact:
    """A fact whose values are kept as they are, whatever their kind."""
    made = fact(catalogue, number, "other_names", {"value": "x"})
    made.row.item = item
    return RecordFact(made.row, ITEMS[item], values, "", False)


@pytest.mark.ocr
def test_a_form_that_was_made_is_read_back_by_the_reader(catalogue: Catalogue, tmp_path: Path) -> None:
    keys = {"full_name", "sex", "birth_date", "home_place", "ethnicity", "party_joined_on", "party_official_on"}
    facts = [f for f in rich(catalogue) if f.item.key in keys]
    path = tmp_path / "form.pdf"
    path.write_bytes(pdf_of(filled(catalogue, "tieu_su_tom_tat", facts)))
    subprocess.run(["pdftoppm", "-r", "200", "-l", "1", "-png", str(path), str(tmp_path / "page")], check=True)
    reading = read_page(rasterise(next(tmp_path.glob("page*.png")), 1))
    found = extract_fields([reading], classify([reading]))
    for kept in facts:
        assert found[kept.item.key].value == kept.values["value"], kept.item.key
