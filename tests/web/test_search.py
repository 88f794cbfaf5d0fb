"""The search desk: people with their papers, filters in words, what to do when nothing is found."""

from __future__ import annotations

import re

from factories import World


def found(client, address: str) -> str:
    return str(client.get(address).get_data(as_text=True))


def test_found_without_marks_grouped_by_person_and_linked_to_the_place(world: World, signed_in) -> None:
    row = world.dossier("Nguyễn Văn Ổn")
    document_id = world.filed(row, "QUYẾT ĐỊNH\nBổ nhiệm Nguyễn Văn Ổn")
    world.index()
    page = found(signed_in("leader"), "/tim-kiem?q=nguyen+van+on")
    assert "<mark>Nguyễn</mark>" in page and "không dấu" in page and "1 tài liệu" in page
    place = re.search(rf'href="(/tai-lieu/{document_id}\?trang=1&amp;chu=[^"]+)"', page)
    assert place
    assert world.journal()[-1][:2] == ("search:run", "done")
    leader = signed_in("leader")
    door = leader.get(place[1].replace("&amp;", "&"))
    assert 'name="chu" value="nguy' in found(leader, door.location)  # the door keeps what was looked for
    world.open(world.who("leader"), row.dossier.id)
    # word n of line m of the written-down page begins at x=40+60n, y=40+30m
    assert '<rect x="160" y="70"' in found(leader, place[1].replace("&amp;", "&"))


def test_search_shows_nothing_beyond_what_may_be_seen(world: World, signed_in) -> None:
    world.filed(world.dossier("Lê Thị Kín", secrecy=3), "QUYẾT ĐỊNH\nViệc hiếm gặp")
    world.index()
    for reader in ("leader", "leader.low", "leader.xa"):
        page = found(signed_in(reader), "/tim-kiem?q=hiem+gap")
        assert "Không thấy tài liệu nào" in page and "Lê Thị Kín" not in page and "hiếm" not in page


def test_filters_stand_as_chips_that_can_be_taken_off(world: World, signed_in) -> None:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương")
    world.index()
    page = found(signed_in("leader"), "/tim-kiem?q=nang+luong&khoi=party&loai=quyet_dinh")
    assert "Khối: <b>Khối Đảng</b>" in page and 'href="/tim-kiem?q=nang+luong&amp;khoi=party"' in page
    page = found(signed_in("leader"), "/tim-kiem?q=nang+luong&khoi=government")
    assert "Không thấy tài liệu nào" in page and "Bỏ mọi bộ lọc" in page


def test_papers_are_found_by_the_number_of_their_dossier(world: World, signed_in) -> None:
    first = world.filed(world.dossier("Nguyễn Văn Ổn", number="BTC.0116"))
    second = world.filed(world.dossier("Tô Thị Hiếu", number="BTC.0117"))
    world.index()
    page = found(signed_in("leader"), "/tim-kiem?q=BTC.0116")
    assert first in page and second not in page


def test_without_papers_the_way_goes_to_the_list_of_dossiers(world: World, signed_in) -> None:
    world.dossier("Lò Văn Ươi")
    world.index()
    client = signed_in("leader")
    page = found(client, "/tim-kiem?q=lo+van+uoi")
    assert "Không thấy tài liệu nào" in page and 'href="/ho-so?ten=lo+van+uoi"' in page
    assert "Lò Văn Ươi" in found(client, "/ho-so?ten=lo+van+uoi")


def test_exact_marks_when_asked(world: World, signed_in) -> None:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương trước hạn")
    world.index()
    client = signed_in("leader")
    assert "1 tài liệu" in found(client, "/tim-kiem?q=nang+luong")
    page = found(client, "/tim-kiem?q=nang+luong&dung_dau=1")
    assert "Không thấy tài liệu nào" in page and "Tìm cả khi khác dấu" in page


def test_a_query_that_cannot_be_read_gets_one_clear_message(world: World, signed_in) -> None:
    client = signed_in("leader")
    answer = client.get("/tim-kiem?q=***")
    assert answer.status_code == 400 and "không có chữ hay số nào" in answer.get_data(as_text=True)
    answer = client.get("/tim-kiem?q=an&tu_nam=hai")
    assert answer.status_code == 400 and "Năm gồm bốn chữ số" in answer.get_data(as_text=True)
    answer = client.get("/tim-kiem?q=an&tu_nam=2010&den_nam=2005")
    assert answer.status_code == 400 and "Năm cuối phải bằng hoặc sau năm đầu" in answer.get_data(as_text=True)
    assert client.get("/tim-kiem?q=an&trang=999999").status_code == 200


def test_snippets_are_escaped_around_their_marks(world: World, signed_in) -> None:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nđiều <img src=x onerror=alert(1)> động")
    world.index()
    page = found(signed_in("leader"), "/tim-kiem?q=dong")
    assert "<img src=x" not in page and "<mark>động</mark>" in page


def test_an_unreadable_index_says_that_the_answer_is_not_complete(world: World, signed_in) -> None:
    world.filed(world.dossier(), "QUYẾT ĐỊNH\nNâng lương")
    world.index()
    client = signed_in("leader")
    world.house.index.drop(world.house.index.live())
    page = found(client, "/tim-kiem?q=nang+luong")
    assert "Kết quả chưa đầy đủ" in page
    assert world.journal()[-1][:2] == ("search:run", "failed")


def test_without_a_question_it_says_what_can_be_typed_and_searches_nothing(world: World, signed_in) -> None:
    client = signed_in("leader")
    before = [verb for verb, _outcome, _id in world.journal()].count("search:run")
    assert "Có thể gõ" in found(client, "/tim-kiem")
    assert [verb for verb, _outcome, _id in world.journal()].count("search:run") == before
