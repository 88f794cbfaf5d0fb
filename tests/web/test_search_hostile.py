"""The search desk under attack: pictures, kept searches, type-ahead asked for by who should not, after a change."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from factories import World, page_image
from flask.testing import FlaskClient
from sqlalchemy import update
from web_sweep import tidy
from werkzeug.test import TestResponse

from oms.domain.kin import Declared
from oms.services import kin, previews, saved_searches
from oms.store import journal
from oms.store.access_tables import AccountKin
from oms.store.tables import Document, Dossier, Page, Proposal

TEXT = "QUYẾT ĐỊNH\nVề việc biệt phái công tác"
SignIn = Callable[[str], FlaskClient]


def seen(client: FlaskClient, address: str) -> str:
    return str(client.get(address).get_data(as_text=True))


def picture(client: FlaskClient) -> str:
    """The address of the first picture the results offer."""
    found = re.search(r'src="(/tim-kiem/anh/[^"]+)"', seen(client, "/tim-kiem?q=biet+phai"))
    assert found
    return found[1]


def secret(world: World, document: str) -> None:
    with world.work() as uow:
        uow.session.execute(update(Document).where(Document.id == document).values(secrecy=3))


def area(world: World, document: str) -> None:
    with world.work() as uow:
        uow.session.execute(update(Document).where(Document.id == document).values(compartment="bvctnb"))


def away(world: World, document: str) -> None:
    with world.work() as uow:
        unit = world.units["C-SNV"]
        uow.session.execute(update(Document).where(Document.id == document).values(unit_id=unit))


def dossier_up(world: World, document: str) -> None:
    with world.work() as uow:
        dossier = uow.session.get_one(Document, document).dossier_id
        uow.session.execute(update(Dossier).where(Dossier.id == dossier).values(secrecy=3))


def back_to_the_desk(world: World, document: str) -> None:
    with world.work() as uow:
        uow.session.execute(update(Document).where(Document.id == document).values(state="proposed"))


def relative(world: World, _document: str) -> None:
    who = world.who("officer2")
    with world.work(who) as uow:
        kin.declare(uow, who, who.account_id, Declared("spouse", "Lò Thị Ín", "5/8/1961"), world.clock())


def taken_for_a_relatives(world: World, document: str) -> None:
    """The machine had taken the paper for one of a dossier that is now a relative's."""
    row = world.dossier("Lò Thị Kín", birth_date="01/02/1962")
    with world.work() as uow:
        told = {"score": 1.0, "agrees": "name", "differs": ""}
        uow.session.add(Proposal(document_id=document, dossier_id=row.dossier.id, **told))
    who = world.who("officer2")
    with world.work(who) as uow:
        kin.declare(uow, who, who.account_id, Declared("spouse", "Lò Thị Kín", "1/2/1962"), world.clock())


CHANGES = (secret, area, away, dossier_up, back_to_the_desk, relative, taken_for_a_relatives)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_changed_between_the_result_and_its_picture_counts(
    world: World, signed_in: SignIn, change: Callable[[World, str], None]
) -> None:
    document = world.filed(world.dossier("Lò Thị Ín", birth_date="05/08/1961"), TEXT)
    world.index()
    client = signed_in("officer2")
    address = picture(client)
    assert client.get(address).status_code == 200
    change(world, document)
    missing = client.get(re.sub(r"[0-9a-f]{32}(?=/)", "f" * 32, address, count=1))
    answer = client.get(address)
    assert answer.status_code == 404 and answer.mimetype != "image/jpeg"
    assert said(answer) == said(missing)
    assert world.journal()[-1] == ("search:preview", "refused", address.split("/")[3])
    assert "Lò Thị Ín" not in seen(client, "/tim-kiem?q=biet+phai")
    assert seen(client, "/tim-kiem/goi-y?q=lo+thi+i").strip() == '{"names":[]}'


def test_a_page_that_was_moved_to_a_hidden_paper_is_no_longer_shown(world: World, signed_in: SignIn) -> None:
    document = world.filed(world.dossier(), TEXT)
    world.index()
    client = signed_in("officer2")
    address = picture(client)
    other = world.filed(world.dossier(secrecy=2), TEXT, secrecy=2)
    with world.work() as uow:
        uow.session.execute(update(Page).where(Page.document_id == document).values(document_id=other, position=9))
    assert client.get(address).status_code == 404


def said(answer: TestResponse) -> str:
    """The page that was answered, less what is of this request alone: its own address, tokens, numbers to quote."""
    return re.sub(r'value="/tim-kiem[^"]*"', "HERE", tidy(answer.get_data(as_text=True)))


PLACES = ("../../vault", "%00", "%ff%fe", "-", "AAAA", "=", "%F0%9F%92%A9", "a" * 5_000)
PLACES += tuple(urlsafe_b64encode(each).decode() for each in (b"\xff\xfe", "biệt <script>".encode()))


def test_no_guessed_picture_is_given_and_none_breaks_the_page(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier(), TEXT)
    world.index()
    client = signed_in("leader")
    page, _where, mark = picture(client).split("/")[3:]
    for place in PLACES:
        for address in (
            f"/tim-kiem/anh/{page}/{place}/{mark}",
            f"/tim-kiem/anh/{place}/-/{mark}",
            f"/tim-kiem/anh/{page}/-/{place}.jpg",
            f"/tim-kiem/anh/{page}%7C-/-/{mark}",
        ):
            answer = client.get(address)
            assert answer.status_code in (404, 308) and answer.mimetype != "image/jpeg", address


def test_words_that_stand_on_no_page_or_are_hostile_mark_nothing(world: World) -> None:
    """The words come from the text as it was read: whatever a paper holds, its picture is a picture."""
    hostile = "QUYẾT ĐỊNH\n<script>alert(1)</script> .*+?()[ ' OR 1=1 -- \u202ephái %s {0} ﷽ 💣"
    document = world.filed(world.dossier(), hostile)
    leader = world.who("leader")
    with world.work(leader) as uow:
        page = uow.session.query(Page).filter_by(document_id=document).one().id
        for words in (("<script>alert(1)</script>",), (".*+?()[",), ("",), ("\0",), ("x" * 10_000,), ("💣", "﷽")):
            assert previews.preview(uow, leader, page, words, world.clock())[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    "box",
    [(300, 300, 100, 100), (-50, -50, -10, -10), (10, 10, 10, 10), (0, 0, 10**9, 10**9), (619, 876, 620, 877),
     (700, 10, 900, 40), (5, 2_000, 9, 2_010)],
)  # fmt: skip
def test_a_box_from_a_hostile_file_gives_a_picture_all_the_same(box: tuple[int, int, int, int]) -> None:
    assert previews.drawn(page_image(), (box,), 620)[:2] == b"\xff\xd8"
    assert previews.drawn(page_image(), ((40, 40, 95, 60), box), 620)[:2] == b"\xff\xd8"


def test_each_picture_is_one_row_with_its_page_and_never_the_words(world: World, signed_in: SignIn) -> None:
    world.filed(world.dossier(), TEXT)
    world.index()
    client = signed_in("leader")
    address = picture(client)
    rows_before = len(world.journal())
    for _again in range(3):
        assert client.get(address).headers["Cache-Control"] == "no-store"
    rows = world.journal()[rows_before:]
    assert rows == [("search:preview", "done", address.split("/")[3])] * 3
    with world.work() as uow:
        last = list(journal.rows(uow.session))[-1][0]
    assert json.loads(last.detail) == {"boxes": 2} and last.pages == 1 and "biệt" not in last.detail


def test_a_kept_search_is_nobodys_elses_to_change_and_tells_nobody_that_it_is_there(
    world: World, signed_in: SignIn
) -> None:
    leader = signed_in("leader")
    told = leader.post("/tim-kiem/da-luu", data={"ten": "Lần tìm kín", "q": "biet phai", "bao": "1"})
    search = re.search(r"luu=([0-9a-f]{32})", told.location)[1]  # type: ignore[index]
    other = signed_in("officer")
    for act in ("doi", "xoa", "khoi-phuc", "da-xem"):
        real = other.post(f"/tim-kiem/da-luu/{search}/{act}", data={"ten": "Của tôi"})
        none = other.post(f"/tim-kiem/da-luu/{'f' * 32}/{act}", data={"ten": "Của tôi"})
        assert real.status_code == none.status_code == 404
        assert said(real) == said(none)
    assert "Lần tìm kín" in seen(leader, "/tim-kiem/da-luu")
    assert said(other.get(f"/tim-kiem?luu={search}&moi=1")) == said(other.get(f"/tim-kiem?luu={'f' * 32}&moi=1"))


def test_ten_thousand_letters_are_cut_or_refused_and_break_nothing(world: World, signed_in: SignIn) -> None:
    client = signed_in("leader")
    long = "biệt phái " * 1_000
    answer = client.post("/tim-kiem/da-luu", data={"ten": "Quá nhiều từ", "q": long, "bao": "1"})
    assert answer.status_code == 400 and "Quá nhiều từ" not in seen(client, "/tim-kiem/da-luu")
    one_word = "biet phai " + "a" * 40 + " " * 10_000
    answer = client.post("/tim-kiem/da-luu", data={"ten": "Câu tìm dài", "q": one_word, "bao": "1"})
    assert answer.status_code == 302
    with world.house.look(world.who("leader")) as uow:
        (kept,) = saved_searches.kept(uow, world.who("leader"), world.clock())
    assert len(kept.asked.text) == 50
    assert client.get(answer.location).status_code == 200
    world.filed(world.dossier(), TEXT)
    world.index()
    assert saved_searches.look(world.house, world.clock()) == 0
    answer = client.post("/tim-kiem/da-luu", data={"ten": long, "q": "biet phai"})
    assert answer.status_code == 400 and "120 ký tự" in answer.get_data(as_text=True)
    for name in ("nguoi", "don_vi", "luu", "mat", "loai", "tu_nam", "trang", "xep"):
        for value in (long, "\0", "💣", "-1", "1e9", "%00", "../..", "' OR 1=1 --"):
            status = client.get("/tim-kiem", query_string={"q": "biet phai", name: value}).status_code
            assert status in (200, 400), (name, value[:20])
    for typed in (long, "\0", "\ud800".encode("utf-8", "surrogatepass"), "💣", "(" * 500, '"' * 99, "-" * 99):
        for address in ("/tim-kiem", "/tim-kiem/goi-y"):
            assert client.get(address, query_string={"q": typed}).status_code in (200, 400), typed[:9]


def test_a_declared_relative_is_gone_from_every_answer_at_once(world: World, signed_in: SignIn) -> None:
    """Nothing is indexed between the declaration and the questions."""
    world.filed(world.dossier("Lường Thị Ích", birth_date="05/08/1961"), "KẾT LUẬN\nhiếm gặp vô cùng")
    world.filed(world.dossier("Vi Văn Khác"), TEXT)
    world.index()
    client = signed_in("leader")
    questions = (
        "?q=hiem+gap",
        "?q=hieem+gap",
        "?q=luong+thi+ik",
        "?q=",
        "?khoi=party",
        "/goi-y?q=lu",
        "/goi-y?q=luong+thi",
    )
    asked = [f"/tim-kiem{question}" for question in questions]
    before = {address: seen(client, address) for address in asked}
    assert sum("Lường Thị Ích" in page for page in before.values()) >= 4
    with world.work() as uow:
        account = world.who("leader").account_id
        told = {"folded_name": "luong thi ich", "birth_date": "1961-08-05", "relation": "vo_chong"}
        uow.session.add(AccountKin(account_id=account, entered_by=account, entered_at=world.clock(), **told))
    for address in asked:
        page = seen(client, address)
        assert "Lường" not in page and "hiếm" not in page and "Ích" not in page, address
    assert "1 người, 1 tài liệu" in seen(client, "/tim-kiem?khoi=party")
