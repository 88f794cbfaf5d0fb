"""Attacks on lists and pages: criteria as an oracle, words that would run, pages without a row, numbers off the end."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable

import pytest
import walk_changes
import walk_criteria
import walk_keeping
import walk_profiles
import walk_record
from factories import World
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from web_walk import Walker

from oms.domain.access import Role
from oms.domain.dated_rows import Row
from oms.domain.list_files import lines_of
from oms.domain.record_facts import Source
from oms.services import catalogue_edit, list_tables, loans
from oms.services.loans import NewLoan
from oms.store import catalogues as store
from oms.store.dossiers import DossierRow
from oms.store.tables import Unit

SignIn = Callable[[str], FlaskClient]

LISTS = (
    "/thay-doi", "/bo-sung", "/yeu-cau-can-bo", "/luu-giu/muon-tra", "/luu-giu/chuyen-giao", "/luu-giu/kiem-ke",
    "/luu-giu/thanh-phan", "/luu-giu/luu-giu-tieu-huy", "/nhap-danh-sach", "/ngoai-danh-muc", "/bao-cao",
    "/bao-cao?loai=structure", "/bao-cao?loai=planned", "/den-han", "/den-han/dat-bang-tay", "/danh-muc",
    "/danh-muc/ngach", "/danh-muc/ngach/lich-su", "/don-vi", "/trich-ngang/xem",
)  # fmt: skip
RUNS = '<script>alert("xss")</script>'
FORMULA = '=HYPERLINK("http://x","y")'


def asked(*parts: dict[str, str], on: str = "") -> str:
    return json.dumps({"version": 1, "on": on, "root": {"join": "all", "negated": False, "parts": list(parts)}})


def rows_of(world: World) -> int:
    return len(world.journal())


def full(world: World, words: str) -> DossierRow:
    """A dossier with hostile words wherever a record, its unit and its keeping take words."""
    row, officer = world.dossier("Tô Thị Hiếu", birth_date="05/08/1961", sex="Nữ"), world.who("officer")
    said = Source("declaration", words=words)
    for item in ("full_name", "other_names", "position", "party_cell", "home_place", "birth_place", "religion"):
        world.fact(row, item, value=words, source=said)
    world.fact(row, "posts", position=words, from_="09/2020", term_months="60", source=said)
    world.fact(row, "plannings", position=words, from_="2025", source=said)
    world.open(officer, row.dossier.id)
    with world.work(officer) as uow:
        new = NewLoan((), words, words, words, words, 1, "01/12/2030")
        loans.lend(uow, officer, row.dossier.id, new, world.clock())
        for unit in uow.session.query(Unit).all():
            unit.name = f"{words} {unit.code}"
    return row


def test_every_new_list_is_a_row_before_it_is_shown(world: World, signed_in: SignIn) -> None:
    world.dossier()
    client = signed_in("officer")
    without = []
    for address in LISTS:
        before = rows_of(world)
        assert client.get(address).status_code == 200, address
        if rows_of(world) == before:
            without.append(address)
    assert without == []


def test_every_new_page_with_an_id_is_a_row(app: Flask, world: World) -> None:
    walker = Walker(app, world)
    without = []
    for area in (walk_record, walk_changes, walk_keeping, walk_profiles, walk_criteria):
        looks = {endpoint: case for endpoint, case in area.CASES.items() if not case.post}
        ids = walker.ids_for(next(iter(area.CASES)))
        for endpoint, case in looks.items():
            before = rows_of(world)
            walker.answer(case.insider, endpoint, ids)
            if rows_of(world) == before:
                without.append(endpoint)
    assert without == []


def test_who_has_no_business_with_records_reaches_no_list_of_them(world: World, signed_in: SignIn) -> None:
    world.dossier()
    lists = [address for address in LISTS if not address.startswith(("/danh-muc", "/don-vi"))]
    for name in ("admin", "reviewer", "clerk"):
        client = signed_in(name)
        assert {client.get(address).status_code for address in (*lists, "/tieu-chi", "/trich-ngang")} == {404}, name
    leader = signed_in("leader")
    for address in (
        "/trich-ngang/xuat", "/bao-cao/xuat", "/den-han/lich.ics", "/luu-giu/muon-tra.xlsx", "/luu-giu/thanh-phan.xlsx",
    ):  # fmt: skip
        assert leader.post(address, data={"purpose": "x" * 40, "reason": "x" * 40}).status_code == 404, address


# criteria as an oracle


@pytest.fixture
def blind(world: World) -> None:
    """An officer of the unit who may read no sensitive group."""
    world.account("officer.blind", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=3, compartments=("bvctnb",))
    row = world.dossier("Vàng Thị Oanh", birth_date="05/08/1961")
    world.fact(row, "religion", value="Phật giáo")
    world.fact(row, "health", value="viêm gan mạn tính")
    world.fact(row, "discipline_table", year="2019", form="Khiển trách", violation="đánh bạc")


SENSITIVE = (
    {"what": "religion", "op": "in", "codes": "phat_giao"},
    {"what": "religion", "op": "not_in", "codes": "khong"},
    {"what": "disciplines", "op": "ge", "value": "1"},
    {"what": "words", "op": "has", "item": "health", "text": "viêm gan"},
    {"what": "words", "op": "has", "item": "discipline_table", "text": "đánh bạc"},
)


@pytest.mark.usefixtures("blind")
def test_no_question_tells_what_is_masked(world: World, signed_in: SignIn) -> None:
    """Neither asked straight, nor in a group within a group, nor in a negated one, nor taken away, nor as a roster."""
    client = signed_in("officer.blind")
    for part in SENSITIVE:
        deep = {"join": "any", "negated": True, "parts": [{"join": "all", "negated": True, "parts": [part]}]}
        nested = json.dumps({"version": 1, "on": "", "root": {"join": "all", "negated": False, "parts": [deep]}})
        for text in (asked(part), nested):
            for address in ("/tieu-chi", "/trich-ngang/xem"):
                found = client.get(address, query_string={"tieu_chi": text})
                assert found.status_code == 400 and "Vàng Thị Oanh" not in found.text, (address, part)
            data = {"tieu_chi": text, "purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026", "kind": "xlsx"}
            assert client.post("/trich-ngang/xuat", data=data | {"dang": "xlsx"}).status_code == 400


@pytest.mark.usefixtures("blind")
def test_no_column_no_order_no_queue_tells_what_is_masked(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer.blind")
    cells = "full_name,religion,health,discipline_table"
    for order in ("religion", "health", "full_name"):
        page = client.get("/trich-ngang/xem", query_string={"cot": cells, "xep": order}).text
        assert "Vàng Thị Oanh" in page and "không có quyền xem" in page
        assert not any(value in page for value in ("Phật giáo", "viêm gan", "Khiển trách", "đánh bạc"))
    for address in ("/ngoai-danh-muc", "/bao-cao", "/den-han"):
        page = client.get(address).text
        assert not any(value in page for value in ("Phật giáo", "viêm gan", "Khiển trách", "đánh bạc")), address


# words that would run


def test_hostile_words_never_become_markup(world: World, signed_in: SignIn) -> None:
    row = full(world, RUNS)
    client, dossier = signed_in("officer"), row.dossier.id
    pages = [*LISTS, f"/luu-giu/ho-so/{dossier}"]
    pages.append(f"/ho-so/{dossier}")
    pages += [f"/ho-so/{dossier}/{part}" for part in ("dua-vao", "xac-nhan", "doi-chieu", "thay-doi", "trich-doc")]
    pages += [f"/luu-giu/ho-so/{dossier}/{part}" for part in ("cho-de", "chuyen-giao")]
    shown = 0
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.text and 'alert("xss")' not in answer.text, address
        shown += "&lt;script&gt;" in answer.text
    assert shown > 10
    assert client.post(f"/ho-so/{dossier}/trich-doc", data={"dang": "docx", "mau": ""}).status_code == 200


def _formulas(data: bytes) -> list[str]:
    """What in a workbook would run or open an address."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {name: packed.read(name).decode(errors="replace") for name in packed.namelist() if "sheet" in name}
    return [name for name, text in parts.items() if "<f>" in text or "<f " in text or "<hyperlink" in text]


def test_no_export_holds_a_formula(world: World, signed_in: SignIn) -> None:
    full(world, FORMULA)
    officer, admin = signed_in("officer"), signed_in("admin")
    why = {"purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026"}
    words = {"purpose": "đôn đốc bổ sung hồ sơ quý này"}
    books = {
        "roster": officer.post("/trich-ngang/xuat", data=why | {"kind": "xlsx", "dang": "xlsx", "mau": "co-ban"}),
        "loans": officer.post("/luu-giu/muon-tra.xlsx", data=words),
        "lacking": officer.post("/luu-giu/thanh-phan.xlsx", data=words),
        "report": officer.post("/bao-cao/xuat", data=words | {"loai": "bm02", "dang": "xlsx"}),
        "planned": officer.post("/bao-cao/xuat", data=words | {"loai": "planned", "dang": "xlsx"}),
        "list": admin.get("/danh-muc/ngach/tep?dang=xlsx"),
    }
    for name, answer in books.items():
        assert answer.status_code == 200, name
        assert _formulas(answer.data) == [], name
        book = load_workbook(io.BytesIO(answer.data))
        assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line), name
    listed = admin.get("/don-vi/danh-sach.csv").data.decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(listed)) for cell in line]
    assert any(FORMULA in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_calendar_holds_no_line_of_its_words(world: World, signed_in: SignIn) -> None:
    row = world.dossier("Tô Thị Hiếu", birth_date="05/08/1961", sex="Nữ")
    evil = "Trưởng phòng\r\nATTENDEE:mailto:x@y\rBEGIN:VALARM\nEND:VEVENT"
    world.fact(row, "position", value=evil)
    world.fact(row, "posts", position=evil, from_="09/2021", term_months="60")
    answer = signed_in("officer").post("/den-han/lich.ics", data={"purpose": "theo dõi nghỉ hưu quý này", "toi": "90"})
    assert answer.status_code == 200 and b"Tr\xc6\xb0\xe1\xbb\x9fng ph\xc3\xb2ng" in answer.data
    lines = answer.data.replace(b"\r\n ", b"").splitlines()
    assert not [line for line in lines if line.startswith((b"ATTENDEE", b"BEGIN:VALARM"))]
    assert answer.data.count(b"END:VEVENT\r\n") == answer.data.count(b"BEGIN:VEVENT\r\n")


# off the end


def test_numbers_and_days_off_the_end_are_told_and_nothing_breaks(world: World, signed_in: SignIn) -> None:
    officer, admin = signed_in("officer"), signed_in("admin")
    for huge in ("9" * 30, str(2**63)):
        assert officer.get(f"/den-han/{huge}").status_code == 404
        assert admin.get(f"/don-vi/{huge}").status_code == 404
    age = {"what": "age", "op": "ge", "value": "0"}
    for on in ("9999-12-31", "0001-01-01"):
        assert officer.get("/tieu-chi", query_string={"tieu_chi": asked(age, on=on)}).status_code == 400
    many = asked(*[age] * 5000)
    deep = "[" * 7900
    for text in (many, deep, '{"version":1,"on":"","root":' + '{"join":"all","parts":[' * 300):
        assert officer.get("/tieu-chi", query_string={"tieu_chi": text}).status_code in (400, 414)
    for part in (
        {"what": "sex", "op": "in", "codes": ","},
        {"what": "qualification", "op": "ge", "code": "so_cap,dai_hoc"},
    ):
        assert officer.get("/tieu-chi", query_string={"tieu_chi": asked(part)}).status_code == 400, part


def test_no_rule_that_is_reckoned_by_can_be_taken_away(world: World) -> None:
    """Without it the home page of every officer would be an error; by hand and by a file alike."""
    admin = world.who("admin")
    with world.work(admin) as uow:
        rows = store.list_rows(uow.session, "quy_tac")
        for row in (each for each in rows if each.code not in catalogue_edit.NOT_RECKONED):
            for act in ("withdraw", "end"):
                typed = {"day": "31/12/2026"}
                found, problems = catalogue_edit.preview(uow, admin, "quy_tac", row.row_id, act, typed)
                assert problems or (found is not None and found.against) or _others(rows, row), row.code
        shape = catalogue_edit.shape(uow, "quy_tac")
        lines = list(enumerate(lines_of(rows[:1], shape), 1))
        found, problems = catalogue_edit.preview_file(uow, admin, "quy_tac", lines, True)
        assert found is None and "không bỏ trống" in problems[0].text


def _others(rows: list[Row], row: Row) -> bool:
    """Whether another open row of the same rule stays."""
    return any(each.code == row.code and each.row_id != row.row_id and each.valid_to is None for each in rows)


def test_a_list_of_nothing_but_weight_is_not_opened() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (60 << 20))
    for data, name in ((out.getvalue(), "a.xlsx"), (b"ma,ten\nA\0B,x\n", "a.csv")):
        lines, problems = list_tables.read(data, name)
        assert lines == [] and problems


def test_a_wildcard_is_a_letter(world: World, signed_in: SignIn) -> None:
    row = world.dossier("Tô Thị Hiếu")
    world.fact(row, "party_cell", value="Chi bộ Phòng 1")
    client = signed_in("officer")
    for text in ("%%", "__", "Chi_bo", "%phong%"):
        part = {"what": "words", "op": "has", "item": "party_cell", "text": text}
        assert "Tô Thị Hiếu" not in client.get("/tieu-chi", query_string={"tieu_chi": asked(part)}).text, text
