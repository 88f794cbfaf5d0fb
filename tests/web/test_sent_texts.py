"""Broken and unseen letters in whatever a request carries: refused or taken out in one place, for every page."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from conftest import SignIn
from consulting import asked
from directing import directive
from factories import World
from office import publish, receive
from sqlalchemy import select

from oms.store.case_tables import Case, Task
from oms.store.tables import Cadre

TASK = {"number": "NV-1", "title": "Rà soát quy hoạch"}


def test_a_broken_letter_in_a_form_is_refused_wherever_it_stands_and_nothing_is_kept(
    world: World, signed_in: SignIn
) -> None:
    client, unit = signed_in("officer"), str(world.units["D-BTC"])
    new = {"full_name": "Tô Thị\0Hiếu", "number": "HS-1", "unit_id": unit}
    assert client.post("/ho-so/moi", data=new).status_code == 400
    assert client.post("/cong-viec", data=TASK | {"unit_id": unit, "title\0": "x"}).status_code == 400
    half = b"number=1&title=Vi%E1%BB%87c%20%00&unit_id=" + unit.encode()
    kind = "application/x-www-form-urlencoded"
    assert client.post("/cong-viec", data=half, content_type=kind).status_code == 400
    page = client.post("/ho-so/moi", data=new).get_data(as_text=True)
    assert "Chưa có gì bị thay đổi" in page
    with world.work() as uow:
        assert uow.session.scalars(select(Cadre)).all() == []


def test_marks_of_direction_and_control_letters_never_reach_a_title(world: World, signed_in: SignIn) -> None:
    publish(world)
    unit = str(world.units["D-BTC"])
    typed = {
        "code": "thu_nghiem",
        "unit_id": unit,
        "has-0": "1",
        "title": "\u202eBổ nhiệm\x1b[31m Trưởng\x0bphòng\u200b",
    }
    assert signed_in("officer").post("/ho-so-cong-viec/tiep-nhan", data=typed).status_code == 302
    with world.work() as uow:
        assert uow.session.scalars(select(Case.title)).one() == "Bổ nhiệm[31m Trưởng phòng"


def test_an_id_with_a_broken_letter_is_missing_as_any_other_and_leaves_the_same_row(
    world: World, signed_in: SignIn
) -> None:
    publish(world)
    receive(world)
    client = signed_in("officer")
    for wrong in ("%00", "a%00b"):
        assert client.get(f"/ho-so-cong-viec/{wrong}").status_code == 404
        assert world.journal()[-1][:2] == ("case:open", "refused")


def test_json_inside_a_field_and_as_a_body_is_looked_at_too(world: World, signed_in: SignIn) -> None:
    part = {"field": "full_name", "op": "contains", "values": ["T\0ô"]}
    wanted = json.dumps({"version": 1, "root": {"join": "all", "parts": [part]}})
    page = signed_in("officer").get("/tieu-chi", query_string={"tieu_chi": wanted})
    assert page.status_code in (200, 400) and "ký tự hỏng" in page.get_data(as_text=True)
    sent = {"data": '{"word": 0, "text": "a\\u0000"}', "content_type": "application/json"}
    paper, clerk = world.paper(), signed_in("clerk")
    there = clerk.get(f"/ban-duyet/{paper}").get_data(as_text=True).split("/ban-duyet/trang/")[1][:32]
    assert clerk.post(f"/ban-duyet/trang/{there}/tu", **sent).status_code == 400  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["Rà soát\0quy hoạch", "Rà soát \u202equy hoạch"])
def test_a_table_in_a_file_is_held_to_the_same(world: World, signed_in: SignIn, cell: str) -> None:
    one = directive(world)
    heads = "Số;Nội dung nhiệm vụ;Mã đơn vị;Tên đăng nhập người chịu trách nhiệm;Hạn"
    lines = f"{heads}\n1;{cell};D-BTC;clerk;30/11/2026\n"
    file = {"file": (BytesIO(lines.encode()), "a\0b\u202e.csv"), "buoc": "ghi"}
    answer = signed_in("officer").post(f"/chi-dao/{one}/nhap", data=file)
    if "\0" in cell:
        assert answer.status_code == 400
        return
    assert answer.status_code == 302
    with world.work() as uow:
        assert uow.session.scalars(select(Task.title).where(Task.directive_id == one)).all() == ["Rà soát quy hoạch"]


def test_what_a_search_says_of_a_broken_letter_stays(world: World, signed_in: SignIn) -> None:
    assert asked(world)
    answer = signed_in("leader").get("/tim-kiem?q=an%00binh")
    assert answer.status_code == 400 and "ở vị trí 3" in answer.get_data(as_text=True)
