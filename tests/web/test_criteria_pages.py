"""The desk of criteria and rosters as people use it: built step by step, saved, taken away, refused."""

from __future__ import annotations

import json
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from factories import PASSWORD, World
from flask.testing import FlaskClient
from openpyxl import load_workbook

from oms import create_app
from oms.store import journal

TEXT = {"version": 1, "on": "", "root": {"join": "all", "negated": False, "parts": []}}


@pytest.fixture
def people(world: World) -> World:
    """Two women and a man of the Party block, one of the government's."""
    for name, born, sex, unit in (
        ("Tô Thị Hiếu", "05/08/1990", "Nữ", "D-BTC"), ("Lê Thị An", "1961", "Nữ", "D-XA"),
        ("Trần Văn Bình", "01/02/1980", "Nam", "D-BTC"),
    ):  # fmt: skip
        world.dossier(name, unit, birth_date=born, sex=sex)
    world.dossier("Ngô Thị Cúc", "C-SNV", by="officer.gov", birth_date="1992", sex="Nữ")
    return world


def client_of(world: World, username: str) -> FlaskClient:
    app = create_app(world.house.settings, world.clock)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": username, "password": PASSWORD}).status_code == 302
    return client


def asked(*parts: dict[str, str]) -> str:
    return json.dumps(TEXT | {"root": {"join": "all", "negated": False, "parts": list(parts)}})


WOMEN = {"what": "sex", "op": "in", "codes": "nu"}


def test_a_question_is_built_without_scripts(people: World) -> None:
    client = client_of(people, "officer")
    first = client.get("/tieu-chi", query_string={"them": "sex"})
    assert "Thêm điều kiện: Giới tính" in first.text
    sent = client.get("/tieu-chi", query_string={"them": "sex", "op": "in", "codes": ["nu"]})
    text = parse_qs(urlsplit(sent.location).query)["tieu_chi"][0]
    sent = client.get("/tieu-chi", query_string={"tieu_chi": text, "them": "age", "op": "lt", "value": "40"})
    page = client.get(sent.location).text
    assert "Nữ, dưới 40 tuổi." in page
    assert "Tô Thị Hiếu" in page
    for hidden in ("Lê Thị An", "Trần Văn Bình", "Ngô Thị Cúc"):
        assert hidden not in page


def test_what_is_typed_wrongly_is_told_beside_its_field_and_kept(people: World) -> None:
    client = client_of(people, "officer")
    answer = client.get("/tieu-chi", query_string={"them": "age", "op": "lt", "value": "bốn mươi"})
    assert answer.status_code == 400
    assert "Hãy nhập một số từ 0 đến 130." in answer.text
    assert "bốn mươi" in answer.text


@pytest.mark.parametrize("text", ["{", "[]", '{"version":2,"root":{}}', asked({"what": "x", "op": "in"}), "[" * 9000])
def test_what_is_no_question_is_told_clearly(people: World, text: str) -> None:
    answer = client_of(people, "officer").get("/tieu-chi", query_string={"tieu_chi": text})
    assert answer.status_code == 400
    assert "Tiêu chí" in answer.text or "điều kiện" in answer.text


def test_a_saved_question_finds_for_each_reader_what_that_reader_may_see(people: World) -> None:
    officer = client_of(people, "officer")
    sent = officer.post("/tieu-chi/luu", data={"tieu_chi": asked(WOMEN), "title": "Cán bộ nữ", "shared": "1"})
    assert sent.status_code == 302
    assert "Cán bộ nữ" in client_of(people, "officer2").get("/tieu-chi").text
    assert "Cán bộ nữ" not in client_of(people, "officer.gov").get("/tieu-chi").text
    page = client_of(people, "officer.gov").get("/tieu-chi", query_string={"tieu_chi": asked(WOMEN)}).text
    assert "Ngô Thị Cúc" in page
    assert "Tô Thị Hiếu" not in page


def test_a_condition_on_a_masked_group_is_refused_and_kept_in_the_journal(people: World) -> None:
    client = client_of(people, "leader.low")
    text = asked({"what": "disciplines", "op": "ge", "value": "1"})
    for path in ("/tieu-chi", "/trich-ngang/xem"):
        answer = client.get(path, query_string={"tieu_chi": text})
        assert answer.status_code == 400
        assert "chưa được cấp quyền" in answer.text
        assert "Tô Thị Hiếu" not in answer.text
    assert ("criteria:run", "refused", "") in people.journal()


def export(client: FlaskClient, kind: str, **more: str) -> bytes:
    data = {"mau": "co-ban", "kind": kind, "purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026"} | more
    answer = client.post("/trich-ngang/xuat", data=data)
    assert answer.status_code == 200, answer.text
    return answer.data


def test_no_cell_of_a_workbook_runs(people: World) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "http://example.invalid"]
    for number, text in enumerate(evil):
        row = people.dossier(f"Người Thử {'ABCDEFGH'[number]}")
        people.fact(row, "home_place", value=text)
    book = load_workbook(BytesIO(export(client_of(people, "officer"), "xlsx")))
    cells = [cell for line in book.active.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]
    values = {str(cell.value).strip() for cell in cells}
    assert {"=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://x")'} <= values


def test_an_export_says_what_for_and_its_row_says_how_much(people: World) -> None:
    client = client_of(people, "officer")
    data = {"mau": "co-ban", "kind": "xlsx", "purpose": "quy_hoach", "reason": "ngắn"}
    refused = client.post("/trich-ngang/xuat", data=data)
    assert refused.status_code == 400
    assert "ít nhất 10 ký tự" in refused.text
    taken = export(client, "xlsx", cot="full_name,age", tieu_chi=asked(WOMEN))
    with people.work() as uow:
        entry = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == "list:export"][-1]
    detail = json.loads(entry.detail)
    assert (detail["total"], detail["columns"], detail["bytes"]) == (2, ["full_name", "age"], len(taken))
    assert entry.purpose == "quy_hoach"
    assert "Hiếu" not in entry.detail


def test_a_leader_reads_a_roster_but_takes_none_away(people: World) -> None:
    client = client_of(people, "leader")
    page = client.get("/trich-ngang/xem").text
    assert "Tô Thị Hiếu" in page
    assert "Xuất Excel" not in page
    data = {"kind": "xlsx", "purpose": "quy_hoach", "reason": "rà soát quy hoạch năm 2026"}
    assert client.post("/trich-ngang/xuat", data=data).status_code in (403, 404)


def test_a_masked_column_is_masked_on_screen_and_in_the_file(people: World) -> None:
    row = people.dossier("Ngô Văn Dũng", "C-SNV", by="officer.gov")
    people.fact(row, "religion", by="officer.gov", value="Phật giáo")
    gov = client_of(people, "officer.gov")
    page = gov.get("/trich-ngang/xem", query_string={"cot": "full_name,religion"}).text
    book = load_workbook(BytesIO(export(gov, "xlsx", cot="full_name,religion")))
    words = " ".join(str(cell.value) for line in book.active.iter_rows() for cell in line)
    for text in (page, words):
        assert "không có quyền xem" in text
        assert "Phật giáo" not in text
    assert "Phật giáo" in client_of(people, "leader").get(
        "/trich-ngang/xem", query_string={"cot": "full_name,religion"}
    ).text  # fmt: skip


def test_a_printed_roster_repeats_its_level_and_people(people: World) -> None:
    people.dossier("Hồ Thị Mật", secrecy=1)
    said = {"copies": "1", "permitted_by": "Trưởng ban Tổ chức", "permitted_on": "01/11/2026", "recipients": "Văn thư"}
    data = export(client_of(people, "officer"), "pdf", cot="full_name,birth_date", **said)
    assert data.startswith(b"%PDF") and people.journal()[-2][0] == "secret_copy:make"
    from subprocess import run

    text = run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True).stdout.decode()
    assert "MẬT" in text
    assert "Tô Thị Hiếu" in text
    assert "Ngô Thị Cúc" not in text


def test_columns_are_saved_and_come_back_in_their_order(people: World) -> None:
    client = client_of(people, "officer")
    data = {"mau": "co-ban", "cot": "age,full_name,number", "title": "Mẫu riêng"}
    sent = client.post("/trich-ngang/luu", data=data)
    page = client.get(sent.location).text
    head = page[page.index("<thead>") : page.index("</thead>")]
    assert head.index("Tuổi") < head.index("Họ và tên") < head.index("Số hồ sơ")
    assert "Mẫu riêng" in client.get("/trich-ngang").text
