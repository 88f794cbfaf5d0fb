"""Consultations, emergencies and notices in the pages: what a reader gets, and what an asker can never tell."""

from __future__ import annotations

import re

from conftest import SignIn
from consulting import approved, asked, day, prepared
from factories import World
from flask import Flask
from flask.testing import FlaskClient

from oms.services import consultation_cases
from oms.services.consultation_cases import Word

FORM = {
    "person": "Tô Thị Hiếu",
    "person_more": "sinh năm 1961",
    "papers": "quyết định bổ nhiệm năm 2021",
    "purpose": "xac_minh",
    "reason": "xác minh theo đơn thư số 12",
    "place": "Phòng đọc của đơn vị quản lý hồ sơ",
}
URGENT = {"reason": "đoàn kiểm tra yêu cầu ngay trong buổi sáng"}


def told(client: FlaskClient, path: str) -> str:
    """A page without its tokens, ids, times of the clock and numbers to quote."""
    body = client.get(path).get_data(as_text=True)
    body = re.sub(r'name="csrf-token" content="[^"]*"|name="csrf_token"[^>]*value="[^"]*"|nonce="[^"]*"', "TOKEN", body)
    body = re.sub(r"\b[0-9a-f]{32}\b", "ID", body)
    return re.sub(r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}", "TIME", body)


def refuse(world: World, made: str, version: int) -> None:
    leader = world.who("leader")
    with world.work(leader) as uow:
        consultation_cases.decide(uow, leader, made, version, Word(False, reason="không có hồ sơ"), world.clock())


def test_before_the_decision_no_byte_tells_whether_there_is_a_dossier(signed_in: SignIn, world: World) -> None:
    """The same request against a unit that holds the dossier and one that does not, at every step the asker sees."""
    row = world.dossier("Tô Thị Hiếu")
    lent = world.filed(row)
    client = signed_in("officer.gov")
    there, missing = prepared(world, row.dossier.id, lent), asked(world)
    pages = [f"/nghien-cuu/{made}" for made in (there, missing)]
    shown = [told(client, path).replace("1/2026", "N").replace("2/2026", "N") for path in pages]
    assert shown[0] == shown[1] and "Đang được xem xét" in shown[0]
    assert row.dossier.number not in shown[0]
    listed = told(client, "/nghien-cuu")
    assert listed.count("Đang được xem xét") == 2 and row.dossier.number not in listed
    refuse(world, there, 2)
    refuse(world, missing, 1)
    shown = [told(client, path).replace("1/2026", "N").replace("2/2026", "N") for path in pages]
    assert shown[0] == shown[1]
    assert "không có hồ sơ" not in shown[0] and "Không được chấp thuận" in shown[0]
    printed = [client.post(f"{path}/phieu.pdf").data[:5] for path in pages]
    assert printed == [b"%PDF-", b"%PDF-"]


def test_asking_reading_and_ending_in_the_pages(signed_in: SignIn, world: World) -> None:
    row = world.dossier("Tô Thị Hiếu", secrecy=1)
    lent, kept = world.filed(row, secrecy=1), world.filed(row)
    asker, officer, leader = signed_in("officer.gov"), signed_in("officer"), signed_in("leader")
    form = FORM | {"unit_id": str(world.units["D-BTC"]), "first": day(world), "last": day(world, 2)}
    wrong = asker.post("/nghien-cuu/moi", data=form | {"last": "hôm sau"})
    assert wrong.status_code == 400 and "Hãy nhập đủ ngày" in wrong.get_data(as_text=True)
    assert FORM["papers"] in wrong.get_data(as_text=True)
    sent = asker.post("/nghien-cuu/moi", data=form)
    here = sent.headers["Location"]
    made = here.rsplit("/", 1)[1]
    assert "chờ chuẩn bị" in officer.get("/").get_data(as_text=True)
    assert row.dossier.number in officer.get(f"/nghien-cuu/chuan-bi/{made}").get_data(as_text=True)
    picking = officer.get(f"/nghien-cuu/chuan-bi/{made}?ho_so={row.dossier.id}").get_data(as_text=True)
    assert lent in picking and kept in picking
    picked = {"version": "1", "ho_so": row.dossier.id, "documents": lent}
    assert officer.post(f"/nghien-cuu/chuan-bi/{made}", data=picked).status_code == 302
    assert officer.post(f"/nghien-cuu/chuan-bi/{made}", data=picked).status_code == 409
    word = {"version": "2", "decision": "approve", "documents": lent, "place": "Phòng đọc"}
    given = word | {"first": day(world), "last": day(world, 1)}
    assert leader.post(f"/nghien-cuu/duyet/{made}", data=given).status_code == 302
    own = asker.get(here).get_data(as_text=True)
    assert "Còn 2 ngày" in own and lent in own and kept not in own
    viewer = asker.get(f"{here}/tai-lieu/{lent}").get_data(as_text=True)
    image = re.search(rf"{here}/trang/[0-9a-f]{{32}}\.jpg", viewer)
    assert image is not None
    for tempting in ("download", "ban-luu-tru", "data-print", "/trang/%"):
        assert tempting not in viewer
    picture = asker.get(image[0])
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert picture.headers["Content-Disposition"] == "inline"
    for closed in (f"/ho-so/{row.dossier.id}", f"/tai-lieu/{lent}", f"/tai-lieu/{lent}/ban-luu-tru.pdf", image[0]):
        stranger = signed_in("clerk.gov") if closed == image[0] else asker
        assert stranger.get(closed).status_code == 404, closed
    assert asker.post(f"{here}/ket-thuc").status_code == 302
    assert asker.get(image[0]).status_code == 404
    register = officer.get("/nghien-cuu/so").get_data(as_text=True)
    assert row.dossier.number in register and "Người nghiên cứu đã trả" in register
    assert officer.post("/nghien-cuu/so.pdf", data={"purpose": ""}).status_code == 400
    said = {"purpose": "báo cáo công tác năm", "permitted_by": "Trưởng ban Tổ chức", "permitted_on": "02/11/2026"}
    assert officer.post("/nghien-cuu/so.pdf", data=said).status_code == 400
    copies = {"copies": "1", "recipients": "Văn phòng"}
    assert officer.post("/nghien-cuu/so.pdf", data=said | copies).data[:5] == b"%PDF-"


def test_a_dossier_one_sees_fills_the_form_and_one_hidden_fills_nothing(signed_in: SignIn, world: World) -> None:
    row = world.dossier("Tô Thị Hiếu", secrecy=1)
    assert f"/nghien-cuu/moi?ho_so={row.dossier.id}" in signed_in("leader").get(f"/ho-so/{row.dossier.id}").text
    assert row.dossier.number in signed_in("clerk").get(f"/nghien-cuu/moi?ho_so={row.dossier.id}").text
    client = signed_in("officer.gov")
    assert told(client, f"/nghien-cuu/moi?ho_so={row.dossier.id}") == told(client, f"/nghien-cuu/moi?ho_so={'f' * 32}")


def test_revoked_the_next_page_is_closed(signed_in: SignIn, world: World) -> None:
    row = world.dossier()
    lent = world.filed(row)
    made = approved(world, row.dossier.id, lent)
    reader, leader = signed_in("officer.gov"), signed_in("leader")
    assert reader.get(f"/nghien-cuu/{made}/tai-lieu/{lent}").status_code == 200
    assert leader.post(f"/nghien-cuu/duyet/{made}/thu-hoi", data={"revoke_reason": "đã xong việc"}).status_code == 302
    assert reader.get(f"/nghien-cuu/{made}/tai-lieu/{lent}").status_code == 404
    assert "Đã bị thu hồi" in reader.get(f"/nghien-cuu/{made}").text


def test_an_emergency_says_so_on_every_page_and_its_reviewers_are_told(signed_in: SignIn, world: World) -> None:
    row = world.dossier("Tô Thị Hiếu", secrecy=1)
    world.filed(row, secrecy=1)
    client, reviewer = signed_in("officer.gov"), signed_in("reviewer")
    form = URGENT | {"unit_id": str(world.units["D-BTC"]), "named": row.dossier.number}
    unknown = client.post("/khan-cap", data=form | {"named": "HS-9999"})
    assert unknown.status_code == 404 and "Không có hồ sơ nào mở khẩn cấp được" in unknown.text
    opened = client.post("/khan-cap", data=form)
    assert opened.headers["Location"] == f"/ho-so/{row.dossier.id}"
    for path in (f"/ho-so/{row.dossier.id}", f"/ho-so/{row.dossier.id}?the=tai-lieu", "/", "/ho-so"):
        page = client.get(path)
        assert page.status_code == 200
        assert "còn 60 phút" in page.text and '<body class="no-print">' in page.text, path
    assert "/luu-giu/" not in client.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text
    for tab in ("qua-trinh", "gia-dinh", "giay-to", "nguoi-xem"):
        assert client.get(f"/ho-so/{row.dossier.id}?the={tab}").status_code == 200
    assert row.cadre.full_name not in client.get("/ho-so").text
    home = reviewer.get("/").text
    assert "chờ hậu kiểm" in home and "work-late" not in home
    notice = re.search(r"/thong-bao/[0-9a-f]{32}", reviewer.get("/thong-bao").text)
    assert notice is not None
    thing = reviewer.post(notice[0]).headers["Location"]
    judged = reviewer.get(thing)
    assert row.dossier.number in judged.text and row.cadre.full_name not in judged.text
    world.clock.forward(days=4)
    assert "work-late" in signed_in("reviewer").get("/").text
    reviewer = signed_in("reviewer")
    assert "top-unread" not in reviewer.get("/thong-bao").text
    assert reviewer.post(thing, data={"finding": "justified", "words": ""}).status_code == 400
    done = {"finding": "justified", "words": "đã hỏi thủ trưởng đơn vị"}
    assert reviewer.post(thing, data=done).status_code == 302
    assert "chờ hậu kiểm" not in reviewer.get("/").text


def test_an_emergency_opens_reading_and_no_other_route(app: Flask, signed_in: SignIn, world: World) -> None:
    """Every page that takes a dossier's or a paper's id is asked for: what may be taken away or changed stays shut."""
    row = world.dossier("Tô Thị Hiếu", secrecy=1)
    paper = world.filed(row, secrecy=1)
    client = signed_in("officer.gov")
    form = URGENT | {"unit_id": str(world.units["D-BTC"]), "named": row.dossier.number}
    assert client.post("/khan-cap", data=form).status_code == 302
    ids = {"dossier_id": row.dossier.id, "document_id": paper}
    open_ones = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            continue  # a token never reads under an emergency (test_api_door)
        if rule.arguments and rule.arguments <= set(ids) and "GET" in (rule.methods or set()):
            with app.test_request_context():
                path = rule.build({name: ids[name] for name in rule.arguments})[1]  # type: ignore[index]
            if client.get(path).status_code != 404:
                open_ones.add(rule.endpoint)
    assert open_ones == {"records.dossier", "records.document", "record.compare"}


def test_reviewers_and_administrators_have_no_part_in_it(signed_in: SignIn) -> None:
    for name in ("reviewer", "admin", "security"):
        client = signed_in(name)
        for path in ("/nghien-cuu", "/nghien-cuu/chuan-bi", "/nghien-cuu/duyet", "/nghien-cuu/so", "/khan-cap"):
            assert client.get(path).status_code == 404, (name, path)
