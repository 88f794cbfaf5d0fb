"""The pages of differences between linked records."""

from __future__ import annotations

import pytest
from factories import World
from flask import Flask
from linking_worlds import Pair, compare, join, take, two_records
from sqlalchemy import select
from test_links_pages import signed_in

from oms.domain.links import Act
from oms.store.link_tables import LinkConflict


@pytest.fixture
def linked(world: World) -> Pair:
    made = two_records(world)
    take(world, join(world), made.id, Act.ACCEPT)
    world.fact(made.party, "ethnicity", value="Kinh")
    world.fact(made.state, "ethnicity", value="Tày")
    compare(world)
    return made


def conflict_id(world: World) -> str:
    with world.work() as uow:
        return uow.session.scalars(select(LinkConflict.id)).one()


def test_a_difference_is_kept_taken_back_and_proposed_from_its_page(app: Flask, world: World, linked: Pair) -> None:
    client, name = signed_in(app, "officer.both"), conflict_id(world)
    assert "mục khác nhau giữa hai khối" in client.get("/").get_data(as_text=True)
    page = client.get("/lien-ket/khac-nhau").get_data(as_text=True)
    assert "Dân tộc" in page and "còn 3 ngày làm việc" in page and "Kinh" not in page
    page = client.get(f"/lien-ket/khac-nhau/{name}").get_data(as_text=True)
    assert "Kinh" in page and "Tày" in page and page.count("Lập phiếu thay đổi") == 2
    data = {"act": "keep", "version": "0", "reason": "đang xác minh"}
    assert client.post(f"/lien-ket/khac-nhau/{name}/xu-ly", data=data).status_code == 303
    assert "Dân tộc" in client.get("/lien-ket/khac-nhau?the=giu-ca-hai").get_data(as_text=True)
    again = client.post(f"/lien-ket/khac-nhau/{name}/xu-ly", data=data)
    assert again.status_code == 409 and "chưa được ghi" in again.get_data(as_text=True)
    back = {"act": "undo", "version": "1"}
    assert client.post(f"/lien-ket/khac-nhau/{name}/xu-ly", data=back).status_code == 303
    both = join(world)
    for side in (linked.party, linked.state):
        world.open(both, side.dossier.id)
    person = client.get(f"/nguoi/{linked.party.dossier.id}").get_data(as_text=True)
    assert f"/lien-ket/khac-nhau/{name}" in person and "chưa xử lý" in person
    made = client.post(f"/lien-ket/khac-nhau/{name}/xu-ly", data={"act": "propose", "version": "2", "to": "left"})
    assert made.status_code == 303 and "/thay-doi/" in made.location
    assert "Khác nhau giữa hai khối: Dân tộc" in client.get(made.location).get_data(as_text=True)


def test_who_sees_one_side_reads_nothing_of_the_other(app: Flask, world: World, linked: Pair) -> None:
    client, name = signed_in(app, "officer"), conflict_id(world)
    for path in ("/lien-ket/khac-nhau", f"/lien-ket/khac-nhau/{name}"):
        page = client.get(path).get_data(as_text=True)
        assert "Dân tộc" in page and "ngoài phạm vi" in page
        for told in (linked.state.dossier.number, linked.state.dossier.id, "Tày", "Khối chính quyền", "Sở Nội vụ"):
            assert told not in page, (path, told)
    assert "khác" in page and "Lập phiếu" not in page
