"""What the search page says can be typed: every example is a question that works and does what its line says."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from factories import World
from flask.testing import FlaskClient
from linking_worlds import link

from oms.store.tables import Document

SignIn = Callable[[str], FlaskClient]
PAPERS = {
    # name of the paper: (whose, words on it, type, day, secrecy)
    "named": ("Phạm Văn Thắng", "Thông báo lịch họp", "thong_bao", "1999-01-01", 0),
    "numbered": ("Lò Văn Ươi", "Quyết định số 88-QĐ/HU", "quyet_dinh", "2001-02-03", 0),
    "phrase": ("Lò Văn Ươi", "Bầu phó bí thư", "nghi_quyet", "2002-01-01", 0),
    "apart": ("Lò Văn Ươi", "Thư của bí thư và phó phòng", "cong_van", "2002-01-01", 0),
    "appointed": ("Lò Văn Ươi", "Bổ nhiệm cán bộ", "quyet_dinh", "2007-05-06", 0),
    "appointed later": ("Lò Văn Ươi", "Bổ nhiệm lại cán bộ", "quyet_dinh", "2012-05-06", 0),
    "punished": ("Lò Văn Ươi", "Bổ nhiệm sau kỷ luật", "quyet_dinh", "2013-05-06", 0),
    "praised": ("Lò Văn Ươi", "Khen thưởng năm học", "quyet_dinh", "2014-01-01", 0),
    "raised": ("Lò Văn Ươi", "Nâng ngạch chuyên viên", "quyet_dinh", "2015-01-01", 0),
    "lowered": ("Lò Văn Ươi", "Hạ bậc lương", "quyet_dinh", "2016-01-01", 0),
    "secret": ("Lò Văn Ươi", "Việc riêng", "bao_cao", "2017-01-01", 1),
    "complete": ("Tô Thị Hiếu", "Lý lịch", "so_yeu_ly_lich", "2018-01-01", 0),
    "state": ("Hà Thị Mơ", "Bổ nhiệm ở chính quyền", "quyet_dinh", "2008-01-01", 0),
}
BOTH = {"birth_date": "1979-03-08", "citizen_id": "079079000110"}
FINDS = {
    # example: (papers it must find, papers it must not find)
    "pham van thang": (["named"], ["raised", "complete"]),
    "88-QĐ/HU": (["numbered"], ["raised"]),
    '"phó bí thư"': (["phrase"], ["apart"]),
    'bổ nhiệm -"kỷ luật"': (["appointed", "state"], ["punished", "raised"]),
    "khen*": (["praised"], ["raised"]),
    "nâng HOẶC hạ": (["raised", "lowered"], ["praised"]),
    "(nâng HOẶC hạ) ngạch": (["raised"], ["lowered"]),
    "loại:quyết_định": (["appointed", "state"], ["named", "secret", "complete"]),
    "khối:đảng": (["appointed", "named"], ["state"]),
    'đơn_vị:"Tỉnh thử"': (list(PAPERS), []),
    "năm:2005..2010": (["appointed", "state"], ["appointed later", "named"]),
    "mật:thường": (["appointed"], ["secret"]),
    "liên_kết:có": (["state", "complete"], ["appointed"]),
    "thiếu:sơ_yếu_lý_lịch": (["appointed", "state"], ["complete"]),
    "bổ nhiệm năm:2005..2010 khối:đảng": (["appointed"], ["state", "appointed later"]),
}


def found(client: FlaskClient, **asked: str) -> str:
    return str(client.get("/tim-kiem", query_string=asked).get_data(as_text=True))


def filled(world: World) -> dict[str, str]:
    """Files the papers; "complete" and "state" are of one person, linked over two blocks. Name of each to its id."""
    rows = {
        "Phạm Văn Thắng": world.dossier("Phạm Văn Thắng"),
        "Lò Văn Ươi": world.dossier("Lò Văn Ươi"),
        "Tô Thị Hiếu": world.dossier("Tô Thị Hiếu", **BOTH),
        "Hà Thị Mơ": world.dossier("Tô Thị Hiếu", unit="C-SNV", by="officer.gov", **BOTH),
    }
    ids = {}
    for name, (whose, words, _type, _day, secrecy) in PAPERS.items():
        by = "officer.gov" if whose == "Hà Thị Mơ" else "officer"
        ids[name] = world.filed(rows[whose], words, by=by, secrecy=secrecy)
    with world.work() as uow:
        for name, (_whose, _words, kind, day, _secrecy) in PAPERS.items():
            paper = uow.session.get_one(Document, ids[name])
            paper.type_code, paper.issued_on = kind, day
    link(world, rows["Tô Thị Hiếu"], rows["Hà Thị Mơ"])
    world.index()
    return ids


def test_every_example_of_the_help_finds_what_it_says(world: World, signed_in: SignIn) -> None:
    ids = filled(world)
    client = signed_in("leader")
    help_ = found(client).split("Có thể gõ")[1]
    examples = re.findall(r'<dt><a href="([^"]+)">([^<]+)</a></dt>', help_)
    assert [unescape(typed) for _href, typed in examples] == [
        *list(FINDS)[:9],
        'đơn_vị:"Tỉnh thử"',
        *[typed for typed in list(FINDS)[9:] if not typed.startswith("đơn_vị")],
    ]
    for href, typed in examples:
        page = str(client.get(unescape(href) + "&xep=moi").get_data(as_text=True))
        assert "Kết quả chưa đầy đủ" not in page, typed
        for person in re.findall(r'href="([^"]+)">Xem thêm \d+ tài liệu của', page):
            page += str(client.get(unescape(person)).get_data(as_text=True))
        shown, hidden = FINDS[unescape(typed)]
        for name in shown:
            assert f"/tai-lieu/{ids[name]}" in page, (typed, name)
        for name in hidden:
            assert f"/tai-lieu/{ids[name]}" not in page, (typed, name)
    said = unescape(help_)
    for word in ("Ngoặc kép", "Ngoặc đơn", "HOẶC", "OR", "KHÔNG", "Dấu sao", "Dấu trừ"):
        assert word in said


def test_a_question_that_cannot_be_read_is_answered_with_the_help_below(world: World, signed_in: SignIn) -> None:
    page = found(signed_in("leader"), q="năm:hai")
    assert "Năm phải viết như" in page and "Có thể gõ" in page


@pytest.mark.parametrize(
    "typed",
    ['đơn_vị:"Ban Tổ chức Tỉnh uỷ"', "đơn_vị:ban_tổ_chức_tỉnh_ủy", "don_vi:ban_to_chuc", "unit:D-BTC", "đơn_vị:d-btc"],
)
def test_a_unit_is_named_as_people_call_it(world: World, signed_in: SignIn, typed: str) -> None:
    here = world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương ở ban")
    village = world.filed(world.dossier(unit="D-XA"), "QUYẾT ĐỊNH\nNâng lương ở xã")
    world.index()
    page = found(signed_in("leader"), q=f"nâng lương {typed}")
    assert here in page and village not in page
    page = found(signed_in("leader"), q=f"nâng lương -{typed}")
    assert here not in page and village in page


def test_a_question_that_names_a_unit_is_kept_as_typed_and_a_unit_of_no_name_is_not(
    world: World, signed_in: SignIn
) -> None:
    here = world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương ở ban")
    world.index()
    client = signed_in("leader")
    typed = 'nâng lương đơn_vị:"Ban Tổ chức Tỉnh uỷ"'
    kept = client.post("/tim-kiem/da-luu", data={"q": typed, "ten": "Ban"}, follow_redirects=True)
    assert here in kept.get_data(as_text=True)
    assert typed in unescape(client.get("/tim-kiem/da-luu").get_data(as_text=True))
    for wrong in ("nâng đơn_vị:sở_xây_dựng", "an\0"):
        assert client.post("/tim-kiem/da-luu", data={"q": wrong, "ten": "Khác"}).status_code == 400


def test_a_units_path_is_taken_as_before_and_what_stands_in_quotes_is_words(world: World, signed_in: SignIn) -> None:
    here = world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương ở ban")
    world.index()
    root, block = world.units["P"], world.units["D"]
    assert here in found(signed_in("leader"), q=f"nâng lương unit:{root}/{block}")
    page = found(signed_in("leader"), q='"đơn_vị:sở_nội_vụ"')
    assert "Không thấy tài liệu nào" in page and "không có đơn vị nào" not in page


def test_a_name_of_none_or_of_several_units_gets_one_clear_message(world: World, signed_in: SignIn) -> None:
    leader = signed_in("leader")
    page = found(leader, q="đơn_vị:uỷ_ban")
    assert "Có 2 đơn vị tên như «uỷ_ban»" in page and "(mã M)" in page and "(mã C)" in page
    nowhere = "không có đơn vị nào tên là «{}»"
    assert nowhere.format("sở_xây_dựng") in found(leader, q="đơn_vị:sở_xây_dựng")


def test_a_unit_that_may_not_be_seen_is_as_unknown_as_none(world: World, signed_in: SignIn) -> None:
    village = signed_in("leader.xa")
    hidden = found(village, q="đơn_vị:sở_nội_vụ")
    missing = found(village, q="đơn_vị:sở_xây_dựng")
    assert "không có đơn vị nào tên là «sở_nội_vụ»" in hidden and "(mã" not in hidden
    plain = [re.sub(r'nonce="[^"]*"|content="[^"]*"|value="[^"]*"|số [\d.]+', "", page) for page in (hidden, missing)]
    assert plain[0].replace("sở_nội_vụ", "X") == plain[1].replace("sở_nội_vụ", "X").replace("sở_xây_dựng", "X")


@pytest.mark.parametrize("typed", ["an%00binh", "%00", "nguy%ED%A0%80n%00"])
def test_a_broken_letter_is_answered_and_kept_in_the_journal(world: World, signed_in: SignIn, typed: str) -> None:
    client = signed_in("leader")
    answer = client.get(f"/tim-kiem?q={typed}")
    assert answer.status_code == 400 and "ký tự hỏng" in answer.get_data(as_text=True)
    assert world.journal()[-1][:2] == ("search:run", "failed")
    assert client.get(f"/tim-kiem/goi-y?q={typed}").get_json() == {"names": []}


def test_how_long_it_took_is_said_in_steps_of_ten(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương")
    world.index()
    page = found(signed_in("leader"), q="nâng lương")
    assert re.search(r"(dưới 10|khoảng [\d.]*0) ms", page) and not re.search(r"\d,\d+ ms|[1-9] ms", page)
