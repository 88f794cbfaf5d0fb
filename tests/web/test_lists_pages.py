"""Lists in the pages: preview before writing, files, the queue, what each role sees."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from factories import World
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that confirms a preview."""
    return dict(re.findall(r'<input type="hidden" name="([\w.]+)" value="([^"]*)">', page))


def test_the_index_and_a_list_say_how_sure_each_row_is_and_show_no_code(signed_in: SignIn) -> None:
    client = signed_in("officer")
    page = client.get("/danh-muc").get_data(as_text=True)
    for words in ("Chức vụ, chức danh", "Biên chế được giao", "Theo phiên bản phần mềm", "Danh mục giấy tờ đảng viên"):
        assert words in page
    rules = client.get("/danh-muc/quy_tac?tim=tuổi nghỉ hưu nam&ngay=01/05/2026").get_data(as_text=True)
    assert "Năm: 61" in rules and "Tháng: 6" in rules and "theo nguồn dẫn lại" in rules
    assert "&#34;years&#34;" not in rules and "2027" not in rules.split("<tbody>")[1]
    assert "Thêm dòng" not in rules
    assert signed_in("leader").get("/danh-muc").status_code == 404


def test_an_edit_is_shown_first_and_written_when_confirmed(world: World, signed_in: SignIn) -> None:
    client = signed_in("admin")
    typed = {"code": "QH-1", "label": "Học hàm mới", "legal_basis": "QĐ 1/QĐ", "valid_from": "01/01/2027"}
    preview = client.post("/danh-muc/hoc_ham/dong", data=typed).get_data(as_text=True)
    assert "Chưa có gì được ghi" in preview
    assert "Học hàm mới" not in client.get("/danh-muc/hoc_ham?xem=moi-ngay").get_data(as_text=True)
    done = client.post("/danh-muc/hoc_ham/dong", data=hidden(preview) | {"buoc": "ghi"})
    assert done.status_code == 302
    assert "Học hàm mới" in client.get("/danh-muc/hoc_ham?xem=moi-ngay").get_data(as_text=True)
    assert "Người thử admin" in client.get("/danh-muc/hoc_ham/lich-su?ma=QH-1").get_data(as_text=True)
    again = client.post("/danh-muc/hoc_ham/dong", data=hidden(preview) | {"buoc": "ghi"})
    assert again.status_code in (200, 409) and "hai dòng cùng có hiệu lực" in again.get_data(as_text=True)


def test_a_wrong_edit_keeps_what_was_typed(signed_in: SignIn) -> None:
    answer = signed_in("admin").post("/danh-muc/hoc_ham/dong", data={"code": "mã có dấu", "label": "Tên đã gõ"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400 and "Tên đã gõ" in page and 'aria-invalid="true"' in page


def test_a_file_is_tried_then_taken_in(signed_in: SignIn) -> None:
    client = signed_in("admin")
    wrong = "Mã,Tên gọi,Giá trị [value]\nD-BTC,Ban,mười\n".encode()
    answer = client.post("/danh-muc/bien_che/nhap", data={"file": (io.BytesIO(wrong), "b.csv")})
    assert answer.status_code == 400 and "Hãy nhập một số" in answer.get_data(as_text=True)
    good = "Mã,Tên gọi,Giá trị [value],Từ ngày\nD-BTC,Ban Tổ chức,12,01/01/2026\n".encode()
    preview = client.post("/danh-muc/bien_che/nhap", data={"file": (io.BytesIO(good), "b.csv")}).get_data(as_text=True)
    done = client.post("/danh-muc/bien_che/nhap", data=hidden(preview) | {"buoc": "ghi"})
    assert done.status_code == 302
    table = client.get("/danh-muc/bien_che/tep?dang=csv").get_data(as_text=True)
    assert "D-BTC,Ban Tổ chức" in table
    broken = client.post("/danh-muc/bien_che/nhap", data={"buoc": "ghi", "lines": "xxx"})
    assert broken.status_code == 400


def test_words_outside_the_lists_are_settled_and_taken_back_in_the_pages(world: World, signed_in: SignIn) -> None:
    world.fact(world.dossier(), "position", value="Chức vụ rất lạ")
    client = signed_in("officer")
    assert "Chức vụ rất lạ" in client.get("/ngoai-danh-muc?danh_muc=chuc_vu").get_data(as_text=True)
    form = {"danh_muc": "chuc_vu", "tu": "chuc vu rat la", "viec": "map", "code": ""}
    assert client.post("/ngoai-danh-muc", data=form).status_code == 400
    assert client.post("/ngoai-danh-muc", data=form | {"code": "truong_phong"}).status_code == 302
    settled = client.get("/ngoai-danh-muc?xem=da-xu-ly").get_data(as_text=True)
    assert "Đã gán mã" in settled
    back = {"danh_muc": "chuc_vu", "tu": "chuc vu rat la", "code": "truong_phong", "trang_thai": "mapped"}
    assert client.post("/ngoai-danh-muc/hoan-tac", data=back).status_code == 302
    assert client.post("/ngoai-danh-muc", data=form | {"viec": "suggest"}).status_code == 302
    admin = signed_in("admin")
    assert "Chức vụ rất lạ" in admin.get("/danh-muc-de-nghi").get_data(as_text=True)
    no = {"danh_muc": "chuc_vu", "tu": "chuc vu rat la", "viec": "khong"}
    assert admin.post("/danh-muc-de-nghi", data=no).status_code == 302
    assert admin.get("/ngoai-danh-muc").status_code == 404
