"""The units' desk in the pages: the tree, one unit, a decision previewed and entered, a list, the reorganisation."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from factories import World
from flask.testing import FlaskClient

from oms.store import units
from vietnamese import places

VINH_LONG = "86"
SignIn = Callable[[str], FlaskClient]


def _text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)[-1500:]
    return str(answer.get_data(as_text=True))


def _post(client: FlaskClient, path: str, status: int, **form: str) -> str:
    answer = client.post(path, data=form)
    assert answer.status_code == status, answer.get_data(as_text=True)[-1500:]
    return str(answer.get_data(as_text=True))


FORM = {
    "kind": "hop_nhat",
    "on": "01/07/2026",
    "decision_no": "12-QĐ/TU",
    "predecessors": "D-XA, D-XB",
    "new_units": "D-XC; Đảng uỷ phường Hoà Bình; 49.001.002.003; H49.64.33",
}


@pytest.fixture
def two(world: World) -> World:
    world.unit("D-XB", "Đảng uỷ xã Bình", "D", "party", "xa")
    return world


def test_the_tree_is_that_of_the_day(two: World, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    preview = _post(admin, "/don-vi/thay-doi", 200, **FORM)
    assert "Đảng uỷ phường Hoà Bình" in preview
    assert "Ghi thay đổi này" in preview
    assert "30/06/2026" in preview
    with two.work() as uow:
        assert units.by_code(uow.session, "D-XC") is None
    _post(admin, "/don-vi/thay-doi", 302, **FORM, buoc="ghi")
    today = _text(admin, "/don-vi")
    assert "Đảng uỷ phường Hoà Bình" in today
    assert "Đảng uỷ xã Bình" not in today
    before = _text(admin, "/don-vi?ngay=30/06/2026")
    assert "Đảng uỷ xã Bình" in before
    assert "Đảng uỷ phường Hoà Bình" not in before.replace("<td>Đảng uỷ phường Hoà Bình</td>", "")
    assert "Đảng uỷ xã Bình" in _text(admin, "/don-vi?moi_luc=1")
    assert "Ngày chưa đúng" in _text(admin, "/don-vi?ngay=31/02/2026", 400)
    acts = _text(admin, "/don-vi/quyet-dinh")
    assert "12-QĐ/TU" in acts
    assert "Rút lại" in acts
    assert two.journal()[-1][0] == "unit:list"


def test_a_wrong_decision_is_told_beside_its_field(two: World, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    for change, words in (
        ({"predecessors": "KHONG-CO, D-XB"}, "Không có đơn vị nào mang mã KHONG-CO"),
        ({"on": "1-7-2026"}, "Ngày chưa đúng"),
        ({"kind": ""}, "Hãy chọn loại thay đổi"),
        ({"new_units": "D-XC"}, "Mỗi dòng: mã; tên"),
        ({"decision_no": ""}, "Hãy nhập số quyết định"),
        ({"new_units": "D-XC; Tên; sai mã"}, "Mã tổ chức đảng gồm các nhóm số"),
    ):
        page = _post(admin, "/don-vi/thay-doi", 400, **(FORM | change))
        assert words in page
        assert "error-summary" in page
        assert "field-error" in page


def test_counts_of_records_are_shown_to_who_may_see_them_only(two: World, signed_in: SignIn) -> None:
    two.dossier(unit="D-XB")
    two.dossier(unit="D-XB", secrecy=3)
    path = f"/don-vi/{two.units['D-XB']}"
    officer, low, admin = (
        _text(signed_in("officer"), path),
        _text(signed_in("officer2"), path),
        _text(signed_in("admin"), path),
    )
    assert "<dd>2</dd>" in officer
    assert "<dd>1</dd>" in low
    assert "<dd>2</dd>" not in low
    assert "Hồ sơ anh/chị được xem" not in admin
    other = _text(signed_in("officer.gov"), path)
    assert "<dd>0</dd>" in other
    assert "<dd>2</dd>" not in other
    assert "/don-vi/thay-doi" not in officer


def test_only_the_administrator_changes_the_tree(two: World, signed_in: SignIn) -> None:
    for username in ("officer", "leader", "clerk", "reviewer"):
        client = signed_in(username)
        for path in ("/don-vi/thay-doi", "/don-vi/moi", "/don-vi/nhap", "/don-vi/sap-xep-2025"):
            assert client.get(path).status_code == 404, (username, path)
            assert client.post(path, data=FORM | {"buoc": "ghi"}).status_code == 404, (username, path)
    assert _text(signed_in("officer"), "/don-vi")
    assert signed_in("leader").get("/don-vi").status_code == 404


def test_a_unit_is_made_and_its_codes_are_unique_among_those_that_stand(two: World, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    form = {
        "code": "D-TTYT", "name": "Trung tâm Y tế", "parent": "P", "block": "service", "level": "su_nghiep",
        "since": "01/07/2025", "code_state": "H49.64.33",
    }  # fmt: skip
    _post(admin, "/don-vi/moi", 302, **form)
    assert "Khối đơn vị sự nghiệp" in _text(admin, "/don-vi?khoi=service")
    assert "đang được Trung tâm Y tế dùng" in _post(admin, "/don-vi/moi", 400, **(form | {"code": "X"}))
    page = _post(admin, f"/don-vi/{two.units['D-XB']}/ma", 400, code_state="H49.64.33")
    assert "đang được Trung tâm Y tế dùng" in page
    _post(admin, f"/don-vi/{two.units['D-XB']}/ma", 302, place="Xã An Bình, huyện Long Hồ, tỉnh Vĩnh Long")
    with two.work() as uow:
        unit = units.by_code(uow.session, "D-XB")
        assert unit is not None
        assert places.in_words(places.of_code(unit.place)) == "xã An Bình, huyện Long Hồ, tỉnh Vĩnh Long"  # type: ignore[arg-type]


def test_a_list_is_tried_then_brought_in_and_goes_out_again(two: World, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    text = (
        "code;name;parent_code;block;level;valid_from\nX;=Đảng uỷ khối;D;party;ban;2025-07-01\nX1;Chi bộ;X;party;xa;\n"
    )

    def send(data: str, buoc: str) -> tuple[int, str]:
        sent = {"file": (io.BytesIO(data.encode("utf-8-sig")), "don-vi.csv"), "buoc": buoc}
        answer = admin.post("/don-vi/nhap", data=sent)
        return answer.status_code, answer.get_data(as_text=True)

    status, page = send(text, "thu")
    assert status == 200
    assert "sẽ thêm 2 đơn vị" in page
    with two.work() as uow:
        assert units.by_code(uow.session, "X") is None
    status, page = send(text + "Y;Không cha;NO;party;ban;\nZ;Sai ngày;D;party;ban;1/7/2025\n", "ghi")
    assert status == 400
    assert '<td class="num">4</td>' in page
    assert '<td class="num">5</td>' in page
    with two.work() as uow:
        assert units.by_code(uow.session, "X") is None
    assert send(text, "ghi")[0] == 302
    assert "thiếu cột" in send("ma;ten\n", "ghi")[1]
    out = _text(signed_in("officer"), "/don-vi/danh-sach.csv")
    assert "X1,Chi bộ,X,party,xa" in out
    assert "'=Đảng uỷ khối" in out


def test_the_reorganisation_joins_old_units_by_their_place(two: World, signed_in: SignIn) -> None:
    province = places.of_code(f"{VINH_LONG}{places.NEW}")
    assert province is not None
    whole, divided = None, None
    for commune in places.children(province):
        for old in places.predecessors(commune):
            if len(places.successors(old)) == 1:
                whole = whole or old
            else:
                divided = divided or old
    assert whole is not None
    assert divided is not None
    with two.work() as uow:
        for code, place in (("D-XA", whole), ("D-XB", divided)):
            unit = units.by_code(uow.session, code)
            assert unit is not None
            unit.place = place.code
    admin = signed_in("admin")
    page = _post(admin, "/don-vi/sap-xep-2025", 200, province=VINH_LONG, under="D")
    assert f"Sẽ lập {len(places.children(province))} đơn vị" in page
    assert "Không có tỉnh nào" in _post(admin, "/don-vi/sap-xep-2025", 400, province="83", under="D")
    assert "Hãy nhập mã một đơn vị" in _post(admin, "/don-vi/sap-xep-2025", 400, province=VINH_LONG, under="P")
    _post(admin, "/don-vi/sap-xep-2025", 302, province=VINH_LONG, under="D", buoc="ghi")
    with two.work() as uow:
        linked = {each.predecessor.code: each for each in units.successions(uow.session)}
        heir = linked["D-XA"]
        assert heir.row.inherits
        assert heir.successor.place == places.successors(whole)[0].code
        assert heir.successor.name.startswith("Đảng uỷ ")
        assert not linked["D-XB"].row.inherits
        assert str(heir.predecessor.valid_to) == "2025-06-30"
    assert "đã có sẵn" in _post(admin, "/don-vi/sap-xep-2025", 200, province=VINH_LONG, under="D")
    assert "Mọi xã, phường của tỉnh này đã có đơn vị" in _post(
        admin, "/don-vi/sap-xep-2025", 200, province=VINH_LONG, under="D"
    )


def test_the_record_says_where_a_place_lies_now(two: World, signed_in: SignIn) -> None:
    row = two.dossier(birth_date="05/08/1961")
    two.fact(row, "birth_place", value="xã Yên Sở, Hoài Đức, Hà Tây")
    two.open(two.who("officer"), row.dossier.id)
    page = _text(signed_in("officer"), f"/ho-so/{row.dossier.id}")
    assert "xã Yên Sở, Hoài Đức, Hà Tây" in page
    assert "nay thuộc xã Dương Hòa, thành phố Hà Nội" in page
