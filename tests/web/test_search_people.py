"""Results person by person: who is shown with which dossiers and papers, and of whom nothing is to be seen anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from factories import World
from flask.testing import FlaskClient
from linking_worlds import link
from sqlalchemy import event
from web_sweep import ID, tidy

from oms.store.dossiers import DossierRow

CITIZEN = "079079000110"
NAME = "Tôn Nữ Diễm Quỳnh"
SignIn = Callable[[str], FlaskClient]


def found(client: FlaskClient, address: str) -> str:
    return str(client.get(address).get_data(as_text=True))


def groups(page: str) -> list[str]:
    """The part of the page that is about each person."""
    return re.findall(r'<article class="person".*?</article>', page, re.S)


def facet(page: str, title: str) -> dict[str, int]:
    """Labels and counts of one group of the column at the side."""
    part = re.search(rf"<h2>{title}</h2>(.*?)</section>", page, re.S)
    lines = re.findall(r'facet-label">([^<]*)</span><span class="facet-count">(\d+)<', part[1] if part else "")
    return {label: int(number) for label, number in lines}


def in_both_blocks(world: World) -> tuple[DossierRow, DossierRow]:
    """One person with a file in the Party's block (five papers) and one in the government's (one paper)."""
    about = {"birth_date": "1979-03-08", "citizen_id": CITIZEN}
    party = world.dossier(NAME, **about)
    for number in range(5):
        world.filed(party, f"QUYẾT ĐỊNH\nVề việc nâng lương lần {number}")
    other = world.dossier(NAME, unit="C-SNV", by="officer.gov", **about)
    link(world, party, other)
    world.filed(other, "QUYẾT ĐỊNH\nVề việc nâng lương ở khối chính quyền", by="officer.gov")
    return party, other


def test_one_person_stands_together_across_the_blocks_with_every_dossier_that_may_be_seen(
    world: World, signed_in: SignIn
) -> None:
    party, other = in_both_blocks(world)
    world.filed(world.dossier("Lò Văn Ươi"), "QUYẾT ĐỊNH\nVề việc nâng lương")
    world.index()
    page = found(signed_in("leader"), "/tim-kiem?q=nang+luong")
    assert "2 người, 7 tài liệu" in page and len(groups(page)) == 2
    (own,) = (group for group in groups(page) if NAME in group)
    for row in (party, other):
        assert f"/ho-so/{row.dossier.id}" in own and row.dossier.number in own
    assert own.count('class="result"') == 3 and "Xem thêm 3 tài liệu của người này" in own
    rest = re.search(r'href="([^"]*)">Xem thêm', own)[1].replace("&amp;", "&")
    every = found(signed_in("leader"), rest)
    assert "1 người, 6 tài liệu" in every and every.count('class="result"') == 6 and "Lò Văn Ươi" not in every

    # who sees one block alone learns of no second dossier, by no way: not its number, not its count, not by asking
    page = found(signed_in("officer2"), "/tim-kiem?q=nang+luong")
    assert "2 người, 6 tài liệu" in page and "Xem thêm 2 tài liệu" in page
    for hidden in (other.dossier.id, f"hồ sơ {other.dossier.number}", "khối chính quyền"):
        assert hidden not in page
    asked = found(signed_in("officer2"), f"/tim-kiem?q=nang+luong&nguoi={other.dossier.id}")
    never = found(signed_in("officer2"), f"/tim-kiem?q=nang+luong&nguoi={'f' * 32}")
    assert "Không thấy tài liệu nào" in asked and NAME not in asked
    assert ID.sub("", tidy(asked)) == ID.sub("", tidy(never))


def test_facets_count_exactly_what_choosing_them_finds(world: World, signed_in: SignIn) -> None:
    in_both_blocks(world)
    world.filed(world.dossier("Vi Thị Kín", secrecy=1), "QUYẾT ĐỊNH\nVề việc nâng lương", secrecy=1)
    world.index()
    leader = signed_in("leader")
    page = found(leader, "/tim-kiem?q=nang+luong")
    assert facet(page, "Khối") == {"Khối Đảng": 6, "Khối chính quyền": 1}
    assert facet(page, "Độ mật") == {"Thường": 6, "Mật": 1}
    # a unit above with the same papers says nothing more than the unit itself
    assert facet(page, "Đơn vị và cấp dưới") == {"Ban Tổ chức Tỉnh uỷ": 6, "Sở Nội vụ": 1}
    side = re.search(r'<aside class="search-side".*?</aside>', page, re.S)[0]
    for href, number in re.findall(r'href="([^"]*)"[^>]*><span class="facet-label">[^<]*</span>[^>]*>(\d+)<', side):
        assert f"{number} tài liệu" in found(leader, href.replace("&amp;", "&")), href
    # what is too secret for a reader is in no count
    page = found(signed_in("leader.low"), "/tim-kiem?q=nang+luong")
    assert facet(page, "Độ mật") == {"Thường": 6} and "1 người, 6 tài liệu" in page


def test_filters_by_link_missing_paper_and_secrecy_stand_as_chips(world: World, signed_in: SignIn) -> None:
    in_both_blocks(world)
    world.filed(world.dossier("Lò Văn Ươi"), "QUYẾT ĐỊNH\nVề việc nâng lương")
    world.index()
    leader = signed_in("leader")
    both = found(leader, "/tim-kiem?q=nang+luong&lien_ket=co")
    assert "1 người, 6 tài liệu" in both and "Lò Văn Ươi" not in both
    assert "Người: <b>có tài liệu ở từ hai khối</b>" in both
    assert "1 người, 1 tài liệu" in found(leader, "/tim-kiem?q=nang+luong&lien_ket=khong")
    # seen from one block, nobody has papers in two
    officer = signed_in("officer2")
    assert "Không thấy tài liệu nào" in found(officer, "/tim-kiem?q=nang+luong&lien_ket=co")
    lacking = found(leader, "/tim-kiem?q=nang+luong&thieu=quyet_dinh")
    assert "Không thấy tài liệu nào" in lacking and "Hồ sơ chưa có: <b>Quyết định</b>" in lacking
    assert "2 người, 7 tài liệu" in found(leader, "/tim-kiem?q=nang+luong&thieu=so_yeu_ly_lich")
    assert "Không thấy tài liệu nào" in found(leader, "/tim-kiem?q=nang+luong&mat=1")


def test_ordered_by_name_or_date_and_an_order_alone_asks_nothing(world: World, signed_in: SignIn) -> None:
    for name in ("Vi Văn Yên", "Âu Văn Anh", "Lò Văn Chiến"):
        world.filed(world.dossier(name), "QUYẾT ĐỊNH\nVề việc nâng lương")
    world.index()
    leader = signed_in("leader")
    page = found(leader, "/tim-kiem?q=nang+luong&xep=ten")
    order = [re.search(r"<h3.*?>([^<>]+)</a>", group)[1] for group in groups(page)]
    assert order == ["Âu Văn Anh", "Lò Văn Chiến", "Vi Văn Yên"]  # by the given name, as office lists are
    assert re.search(r'aria-current="true">theo tên<', page)
    before = len(world.journal())
    assert "Có thể gõ" in found(leader, "/tim-kiem?xep=ten")
    assert [verb for verb, _outcome, _id in world.journal()[before:]].count("search:run") == 0


def test_what_was_meant_is_a_link_and_never_a_word_of_hidden_papers(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier("Nguyễn Văn Quyền"), "QUYẾT ĐỊNH\nVề việc khen thưởng")
    world.filed(world.dossier("Vi Thị Kín", secrecy=2), "QUYẾT ĐỊNH\nVề việc khiển trách", secrecy=2)
    world.index()
    page = found(signed_in("leader"), "/tim-kiem?q=khien+trch")
    assert re.search(r'Có phải anh/chị tìm:\s*<a href="/tim-kiem\?q=khi[^"]*\+tr(a|%C3%A1)ch">', page)
    page = found(signed_in("leader.low"), "/tim-kiem?q=khien+trch")
    assert "Có phải" not in page and "trách" not in page


def test_the_number_of_statements_does_not_grow_with_the_hits(world: World, signed_in: SignIn) -> None:
    rows = [world.dossier(f"Lò Văn {name}") for name in ("An", "Bình", "Chiến", "Dũng", "Em", "Giang")]
    world.filed(rows[0], "QUYẾT ĐỊNH\nVề việc nâng lương sớm")
    for row in rows:
        world.filed(row, "QUYẾT ĐỊNH\nVề việc khen thưởng")
        world.filed(row, "QUYẾT ĐỊNH\nVề việc khen thưởng lần nữa")
    world.index()
    client = signed_in("leader")
    engine = client.application.extensions["oms"].database.engine
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    def statements(address: str) -> int:
        found(client, address)
        said.clear()
        page = found(client, address)
        assert "tài liệu" in page
        return len(said)

    event.listen(engine, "before_cursor_execute", hear)
    few = statements("/tim-kiem?q=nang+luong+som")
    many = statements("/tim-kiem?q=khen+thuong")
    assert many <= few + 2
    assert many <= 60


@pytest.mark.parametrize("typed", ["HIẾU", "to thi"])
def test_names_go_on_as_typed_of_whom_may_be_seen_alone(world: World, signed_in: SignIn, typed: str) -> None:
    world.filed(world.dossier("Tô Thị Hiếu"))
    world.filed(world.dossier("Hiền Thị Kín", secrecy=3), secrecy=3)
    world.filed(world.dossier("Tô Thị Hiên", unit="C-SNV", by="officer.gov"), by="officer.gov")
    world.dossier("Tô Thị Hiển")  # registered, without a paper that may be seen
    world.index()
    own = signed_in("officer2").get("/tim-kiem/goi-y", query_string={"q": typed})
    assert own.get_json() == {"names": [{"name": "Tô Thị Hiếu", "persons": 1}]}
    verb, outcome, _id = world.journal()[-1]
    assert (verb, outcome) == ("search:complete", "done")
    assert signed_in("clerk").get("/tim-kiem/goi-y", query_string={"q": typed}).status_code in (403, 404)
    assert signed_in("admin").get("/tim-kiem/goi-y", query_string={"q": typed}).status_code in (403, 404)


def test_the_frame_offers_names_to_whom_may_search_alone(world: World, signed_in: SignIn) -> None:
    assert 'id="frame-search"' in found(signed_in("leader"), "/") and "data-suggests" in found(signed_in("leader"), "/")
    assert "data-suggests" not in found(signed_in("clerk"), "/")
