"""The pages of lists: a file received, columns beside samples, problems by row, filed; what is wrong is said."""

from __future__ import annotations

import io

from conftest import SignIn
from factories import World
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from oms.services import import_file


def send(client: FlaskClient, text: str, unit_id: int) -> TestResponse:
    data = {"file": (io.BytesIO(text.encode()), "can-bo.csv"), "unit_id": str(unit_id), "secrecy": "0"}
    return client.post("/nhap-danh-sach", data=data, content_type="multipart/form-data")


def test_a_list_from_the_form_to_the_dossiers(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    assert "Chưa nhập danh sách nào" in client.get("/nhap-danh-sach").text
    sent = send(client, "Số hồ sơ;Họ và tên;Ngày sinh\nNH-1;Lò Văn Một;31/02/1970\nNH-2;TrÇn ThÞ H¹nh;1971\n", 3)
    assert sent.status_code == 302
    address = sent.headers["Location"]
    page = client.get(address).text
    for words in ("Lò Văn Một", 'name="column-0"', "Kiểm tra danh sách"):
        assert words in page, words
    wrong = client.post(f"{address}/cot", data={"column-0": "number"})
    assert wrong.status_code == 400 and "Họ và tên" in wrong.text
    chosen = {"column-0": "number", "column-1": "full_name", "column-2": "birth_date"}
    assert client.post(f"{address}/cot", data=chosen).status_code == 302
    waiting = client.get(address).text
    assert "data-poll" in waiting and "js/progress.js" in waiting
    run_id = address.rsplit("/", 1)[1]
    import_file.work_on(world.house, run_id, world.clock)
    assert client.get(f"{address}/tien-do").json == {
        "done": 2, "total": 2, "rate": None, "seconds_left": None, "label": "Đã kiểm tra", "finished": True, "rows": [],
    }  # fmt: skip
    page = client.get(address).text
    for words in ("Không có ngày này trong lịch", "Trần Thị Hạnh", "Chuyển mã cả cột", "Chưa ghi được"):
        assert words in page, words
    assert "Không có ngày này" in client.get(f"{address}/loi?dang=csv").text
    assert client.get(f"{address}/loi").data.startswith(b"PK")
    assert client.post(f"{address}/ghi").status_code == 400
    for act in ("convert:1:tcvn3", "skip:2"):
        assert client.post(f"{address}/xu-ly", data={"act": act}).status_code == 302
        import_file.work_on(world.house, run_id, world.clock)
    assert client.post(f"{address}/ghi").status_code == 302
    import_file.work_on(world.house, run_id, world.clock)
    assert "Đã lập 1 hồ sơ" in client.get(address).text
    assert "Trần Thị Hạnh" in client.get("/ho-so").text
    assert client.post(f"{address}/bo").status_code == 409


def test_a_wrong_file_is_told_beside_its_field(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    assert client.post("/nhap-danh-sach", data={"unit_id": "3"}).status_code == 400
    answer = send(client, "một\nhai\n", 3)
    assert answer.status_code == 400 and "dòng tiêu đề" in answer.text


def test_another_persons_list_is_counted_but_not_named(world: World, signed_in: SignIn) -> None:
    address = send(signed_in("officer"), "Số hồ sơ;Họ và tên\nNH-1;Lò Văn Một\n", 3).headers["Location"]
    other = signed_in("officer2")
    page = other.get("/nhap-danh-sach").text
    assert "Danh sách của người khác" in page and "can-bo.csv" not in page
    assert other.get(address).status_code == 404
    assert signed_in("leader").get("/nhap-danh-sach").status_code == 404
