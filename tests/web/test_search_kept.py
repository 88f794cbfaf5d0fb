"""Kept searches and pictures in the pages: what the owner meets, and that nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable

import databases
from factories import World
from flask.testing import FlaskClient

from oms.services import saved_searches

TEXT = "QUYẾT ĐỊNH\nVề việc biệt phái công tác"
SignIn = Callable[[str], FlaskClient]


def seen(client: FlaskClient, address: str) -> str:
    return str(client.get(address).get_data(as_text=True))


def come_in(world: World, **more: object) -> str:
    document = world.filed(world.dossier("Lò Văn Ươi"), TEXT, **more)
    world.index()
    saved_searches.look(world.house, world.clock())
    return document


def keep(client: FlaskClient, **form: str) -> str:
    answer = client.post("/tim-kiem/da-luu", data={"ten": "Biệt phái khối Đảng", "bao": "1"} | form)
    assert answer.status_code == 302
    return str(re.search(r"luu=([0-9a-f]{32})", answer.location)[1])  # type: ignore[index]


def test_kept_run_told_of_seen_taken_away_and_put_back(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier("Vi Văn Cũ"), TEXT)
    world.index()
    leader = signed_in("leader")
    page = seen(leader, "/tim-kiem?q=biet+phai&khoi=party")
    assert "Lưu lần tìm này" in page and 'value="biet phai · Khối Đảng"' in page
    search = keep(leader, q="biet phai", khoi="party")
    page = seen(leader, f"/tim-kiem?luu={search}")
    assert "Biệt phái khối Đảng</h1>" in page and "Vi Văn Cũ" in page and "Khối: <b>Khối Đảng</b>" in page
    assert "mới từ lần xem trước" not in page

    document = come_in(world)
    home = seen(leader, "/")
    assert "Tài liệu mới của lần tìm đã lưu" in home and f"luu={search}&amp;moi=1" in home
    page = seen(leader, f"/tim-kiem?luu={search}")
    assert "1 tài liệu mới từ lần xem trước" in page and page.count(">mới</span>") == 1
    only = seen(leader, f"/tim-kiem?luu={search}&moi=1")
    assert "1 người, 1 tài liệu" in only and document in only and "Vi Văn Cũ" not in only

    assert leader.post(f"/tim-kiem/da-luu/{search}/da-xem").status_code == 302
    assert "Tài liệu mới của lần tìm" not in seen(leader, "/")
    gone = leader.post(f"/tim-kiem/da-luu/{search}/xoa")
    page = seen(leader, gone.location)
    assert "Đã xoá lần tìm “Biệt phái khối Đảng”" in page and "Chưa lưu lần tìm nào" in page
    assert leader.post(f"/tim-kiem/da-luu/{search}/khoi-phuc").status_code == 302
    assert "Biệt phái khối Đảng" in seen(leader, "/tim-kiem/da-luu")


def test_nobody_meets_anothers_kept_search_or_what_is_new_of_it(world: World, signed_in: SignIn) -> None:
    search = keep(signed_in("leader"), q="biet phai")
    come_in(world, secrecy=2)
    for who in ("officer", "leader.low"):
        other = signed_in(who)
        for address in (
            "/",
            "/tim-kiem",
            "/tim-kiem/da-luu",
            f"/tim-kiem/da-luu?bo={search}",
            f"/tim-kiem?luu={search}",
        ):
            page = seen(other, address)
            assert "Biệt phái khối Đảng" not in page and "1 tài liệu mới" not in page, (who, address)
        # with words, another's search adds nothing to them
        assert "mới từ lần xem" not in seen(other, f"/tim-kiem?q=biet+phai&luu={search}&moi=1")
    assert "1 tài liệu mới" in seen(signed_in("leader"), f"/tim-kiem?luu={search}")


def test_a_name_twice_or_nothing_asked_is_said_and_nothing_is_kept(world: World, signed_in: SignIn) -> None:
    leader = signed_in("leader")
    keep(leader, q="biet phai")
    again = leader.post("/tim-kiem/da-luu", data={"ten": "Biệt phái khối Đảng", "q": "lương"})
    assert again.status_code == 400 and "đã có lần tìm mang tên này" in again.get_data(as_text=True)
    empty = leader.post("/tim-kiem/da-luu", data={"ten": "Không gì cả", "xep": "moi"})
    assert empty.status_code == 400 and "Chưa có câu tìm để lưu" in empty.get_data(as_text=True)


def test_a_picture_is_given_to_the_session_it_was_offered_to_and_for_that_place_alone(
    world: World, signed_in: SignIn
) -> None:
    world.filed(world.dossier(), TEXT)
    world.index()
    leader, officer = signed_in("leader"), signed_in("officer")
    page = seen(leader, "/tim-kiem?q=biet+phai")
    address = re.search(r'<img class="result-picture" src="([^"]+)" width="360" height="96" loading="lazy"', page)[1]  # type: ignore[index]
    answer = leader.get(address)
    assert (
        answer.status_code == 200 and answer.mimetype == "image/jpeg" and answer.headers["Cache-Control"] == "no-store"
    )
    assert world.journal()[-1][:2] == ("search:preview", "done")
    assert officer.get(address).status_code == 404  # may see the paper, was not offered this picture
    assert world.journal()[-1][:2] == ("search:preview", "refused")
    other_words = re.sub(r"/[-\w]+(?=/[0-9a-f]{32}\.jpg)", "/Y8O0bmc", address)
    assert other_words != address and leader.get(other_words).status_code == 404
    assert signed_in("leader").get(address).status_code == 404  # a session of its own, too


def test_no_picture_leaves_when_its_row_cannot_be_written(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier(), TEXT)
    world.index()
    leader = signed_in("leader")
    address = re.search(r'src="(/tim-kiem/anh/[^"]+)"', seen(leader, "/tim-kiem?q=biet+phai"))[1]  # type: ignore[index]
    refusal = databases.NO_JOURNAL if databases.ON_SERVER else databases.FULL_DISK
    databases.harm(world.house.settings.home, refusal)
    answer = leader.get(address)
    assert answer.status_code in (500, 503) and answer.mimetype != "image/jpeg"
