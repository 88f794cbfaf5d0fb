"""The desk of links in the pages: what is said, what is masked, what is refused in words."""

from __future__ import annotations

import re

import pytest
from factories import PASSWORD, World
from flask import Flask
from flask.testing import FlaskClient
from linking_worlds import NAME, compare, join, pair_of, take, two_people, two_records

from oms.domain.links import Act
from oms.services import link_decide


@pytest.fixture
def desk(app: Flask, world: World) -> FlaskClient:
    join(world)
    return signed_in(app, "officer.both")


def signed_in(app: Flask, username: str) -> FlaskClient:
    client = app.test_client()
    client.post("/dang-nhap", data={"username": username, "password": PASSWORD})
    return client


def test_a_pair_is_worked_from_list_to_link_and_back(desk: FlaskClient, world: World) -> None:
    made = two_records(world)
    page = desk.get("/lien-ket").get_data(as_text=True)
    assert page.count(NAME) >= 2 and f"/lien-ket/{made.id}" in page and "Bắt đầu đối chiếu" in page
    page = desk.get(f"/lien-ket/{made.id}").get_data(as_text=True)
    assert "Số căn cước" in page and "khớp" in page and "thiếu" in page and "Trọng số" in page
    done = desk.post(f"/lien-ket/{made.id}/quyet-dinh", data={"act": "accept", "version": "0"})
    assert done.status_code == 303 and done.location == "/lien-ket"
    assert "Đã liên kết hai hồ sơ" in desk.get("/lien-ket?the=da-lien-ket").get_data(as_text=True)
    late = desk.post(f"/lien-ket/{made.id}/quyet-dinh", data={"act": "reject", "version": "0", "reason": "khác người"})
    assert late.status_code == 409 and link_decide.STALE in late.get_data(as_text=True)
    back = desk.post(f"/lien-ket/{made.id}/quyet-dinh", data={"act": "undo", "version": "1"}, follow_redirects=True)
    assert "Chưa quyết định" in back.get_data(as_text=True) and "huỷ quyết định, Người thử" in back.get_data(
        as_text=True
    )


def test_two_values_the_machine_cannot_hold_against_each_other_are_not_called_missing(
    desk: FlaskClient, world: World
) -> None:
    made = two_records(world, home_place="Xã Nậm Ỷ, Tỉnh Lam Thượng")
    page = desk.get(f"/lien-ket/{made.id}").get_data(as_text=True)
    row = next(part for part in page.split("<tr") if "Quê quán" in part)
    assert row.count("Xã Nậm Ỷ") == 2 and "không so được" in row and "thiếu" not in row


def test_no_other_name_is_not_shown_as_a_name(desk: FlaskClient, world: World) -> None:
    made = two_records(world, other_names="Không")
    page = desk.get(f"/lien-ket/{made.id}").get_data(as_text=True)
    row = next(part for part in page.split("<tr") if "Họ và tên" in part)
    assert row.count(NAME) == 2 and "Không" not in row


def test_who_sees_one_side_reads_nothing_of_the_other(app: Flask, world: World) -> None:
    made = two_records(world, home_place="")
    both = join(world)
    take(world, both, made.id, Act.REJECT, f"hai người, xem hồ sơ {made.state.dossier.number}")
    take(world, both, made.id, Act.UNDO)
    world.fact(made.state, "staff_code", value="CC-777")
    compare(world)
    client = signed_in(app, "officer")
    for path in ("/lien-ket?the=mot-ben", f"/lien-ket/{made.id}?the=mot-ben"):
        page = client.get(path).get_data(as_text=True)
        assert NAME in page and "ngoài phạm vi" in page
        hidden = [made.state.dossier.number, made.state.dossier.id, made.state.cadre.id]
        for told in (*hidden, "Sở Nội vụ", "Khối chính quyền", "CC-777", "officer.both"):
            assert told not in page, (path, told)
        assert not re.search(r"[+-]\d+,\d", page), path
    assert client.get(f"/lien-ket/{made.id}/trang/{'f' * 32}.jpg").status_code == 404
    answer = client.post(
        f"/lien-ket/{made.id}/quyet-dinh", data={"act": "accept", "version": "2"}, follow_redirects=True
    )
    assert "đang chờ phía bên kia" in answer.get_data(as_text=True)


def test_the_link_in_the_way_is_told_in_words(desk: FlaskClient, world: World) -> None:
    made = two_records(world)
    twin = world.dossier("Tô Thị Hiền", "C-SNV", "officer.gov", birth_date="05/08/1981", citizen_id="086181001234")
    compare(world)
    take(world, join(world), made.id, Act.ACCEPT)
    other = pair_of(world, made.party, twin)
    answer = desk.post(f"/lien-ket/{other}/quyet-dinh", data={"act": "accept", "version": "0"})
    assert answer.status_code == 409
    assert "một khối chỉ có một hồ sơ của một người" in answer.get_data(as_text=True)
    assert made.state.dossier.number in answer.get_data(as_text=True)


def test_a_batch_is_accepted_and_taken_back_from_the_list(desk: FlaskClient, world: World) -> None:
    made = two_people(world)
    page = desk.get("/lien-ket?the=de-xuat").get_data(as_text=True)
    chosen = re.findall(r'name="pair" value="([0-9a-f]{32}:\d+)"', page)
    assert {each.partition(":")[0] for each in chosen} == {each.id for each in made}
    done = desk.post("/lien-ket/chap-nhan-loat", data={"pair": [*chosen]}, follow_redirects=True)
    text = done.get_data(as_text=True)
    assert "Đã liên kết 2 cặp." in text
    undo = re.search(r"/lien-ket/loat/[0-9a-f]{32}/huy", text)
    assert undo
    assert "Đã huỷ liên kết của 2 cặp" in desk.post(undo[0], follow_redirects=True).get_data(as_text=True)
    assert desk.post("/lien-ket/chap-nhan-loat", data={"pair": ["f" * 32 + ":0"]}).status_code == 404


def test_wrong_acts_and_versions_decide_nothing(desk: FlaskClient, world: World) -> None:
    made = two_records(world)
    for form in ({}, {"act": "merge", "version": "0"}, {"act": "accept"}, {"act": "accept", "version": "x"}):
        assert desk.post(f"/lien-ket/{made.id}/quyet-dinh", data=form).status_code == 409, form
    with world.work() as uow:
        assert not uow.session.connection().exec_driver_sql("SELECT count(*) FROM link_decisions").scalar()


def test_a_page_that_lies_open_while_the_records_change_decides_nothing(desk: FlaskClient, world: World) -> None:
    made = two_people(world)
    queue = desk.get("/lien-ket?the=de-xuat").get_data(as_text=True)
    boxes = {name: re.findall(rf'name="{name}" value="([0-9a-f]{{32}}:\w+)"', queue) for name in ("pair", "seen")}
    assert len(boxes["pair"]) == len(boxes["seen"]) == 2
    seen = re.findall(r'name="seen" value="([0-9a-f]{32})"', desk.get(f"/lien-ket/{made[0].id}").get_data(as_text=True))
    world.fact(made[0].state, "staff_code", "officer", value="CC-1981")
    compare(world)
    press = {"act": "accept", "version": "0", "seen": seen[0]}
    late = desk.post(f"/lien-ket/{made[0].id}/quyet-dinh", data=press)
    assert late.status_code == 409 and link_decide.CHANGED in late.get_data(as_text=True)
    answer = desk.post("/lien-ket/chap-nhan-loat", data=boxes, follow_redirects=True).get_data(as_text=True)
    assert "Đã liên kết 1 cặp." in answer and "1 cặp không làm được" in answer
