"""The level is carried: every page that shows a secret says so on its strip, every act on one has it in the journal."""

from __future__ import annotations

import re
from io import BytesIO

import pikepdf
import pytest
from consulting import approved, as_now
from factories import PASSWORD, World
from flask.testing import FlaskClient
from sqlalchemy import select

from oms import create_app
from oms.services import classifying, consultation_reading, declassifying, stocktakes, transfers
from oms.services.classifying import Lowering, NewLevel
from oms.store import journal
from oms.store.dossiers import DossierRow
from oms.store.review_tables import ReviewItem
from oms.store.secrecy_tables import SecretCopy

STRIP = re.compile(r'class="strip strip-secret"')
PLAIN_KINDS = {"account", "route", "home", ""}
"""Objects that are no records: a search or a list keeps the ids it showed."""


LEAVING = {"copies": "2", "permitted_by": "Chử Văn Đoàn, Trưởng ban", "permitted_on": "02/11/2026",
           "recipients": "Văn phòng\nĐơn vị nhận", "purpose": "lưu hồ sơ giao nhận, kiểm kê"}  # fmt: skip


def crawler(world: World, username: str = "officer") -> FlaskClient:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": username, "password": PASSWORD}).status_code == 302
    return client


def stocktake_of(world: World) -> str:
    officer = world.who("officer")
    with world.work(officer) as uow:
        return stocktakes.open_stocktake(uow, officer, world.units["D-BTC"], "2026-2", world.clock()).id


def sealed_transfer(world: World, row: DossierRow) -> str:
    officer, new = world.who("officer"), transfers.NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
    with world.work(officer) as uow:
        made = transfers.create(uow, officer, row.dossier.id, new, world.clock()).id
        transfers.seal(uow, officer, made, world.clock())
    return made


def test_every_page_that_names_a_secret_shows_its_level_on_the_strip_and_no_link_takes_it_out(world: World) -> None:
    """A world in which everything is secret: any page reached by links that names it has to say so, and is a page."""
    row = world.dossier("Nguyễn Thị Tuyệt Đối", secrecy=3)
    document = world.filed(row, "QUYẾT ĐỊNH\nVề việc tuyệt đối kín")
    world.fact(row, "position", value="Trưởng ban tuyệt đối")
    world.open(world.who("officer"), row.dossier.id)
    world.index()
    kept = [f"/luu-giu/kiem-ke/{stocktake_of(world)}", f"/luu-giu/chuyen-giao/{sealed_transfer(world, row)}"]
    client, seen, silent, taken = crawler(world), set[str](), [], []
    todo = [*kept, "/", "/ho-so", f"/ho-so/{row.dossier.id}", f"/tai-lieu/{document}"]
    todo += ["/tim-kiem?q=tuyệt+đối", "/do-mat"]
    while todo and len(seen) < 70:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        if "attachment" in answer.headers.get("Content-Disposition", ""):
            taken.append(path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        body = answer.text
        named = "Tuyệt Đối" in body or "tuyệt đối" in body.replace('value="tuyệt đối"', "")
        if named and not STRIP.search(body):
            silent.append(path)
        links = re.findall(r'href="(/(?!static|dang-xuat)[^"#]*)"', body)
        todo += [link.replace("&amp;", "&") for link in links if link.replace("&amp;", "&") not in seen]
    assert (silent, taken) == ([], [])
    assert len(seen) > 30


def print_of(world: World, kind: str) -> tuple[str, str, dict[str, str]]:
    """Who prints, where, with which other fields; everything in the print is Mật."""
    row = world.dossier("Tô Thị Hiếu", secrecy=1)
    paper = world.filed(row, secrecy=1)
    if kind == "transfer":
        return "officer", f"/luu-giu/chuyen-giao/{sealed_transfer(world, row)}/bien-ban.pdf", {}
    if kind == "stocktake":
        return "officer", f"/luu-giu/kiem-ke/{stocktake_of(world)}/bien-ban.pdf", {}
    if kind == "month":
        with world.work() as uow:
            values = dict.fromkeys(("reads", "dossiers", "first_seq", "last_seq"), 1) | {"score": 3.0, "signals": "[]"}
            about = {"account_id": world.who("clerk").account_id, "label": row.dossier.number, "secrecy": 1}
            about |= {"unit_path": row.unit.path, "dossier_id": row.dossier.id, "day": "2026-11-02"}
            uow.session.add(ReviewItem(made_at=world.clock(), **values, **about))
        return "reviewer", "/kiem-soat/bao-cao", {"thang": "2026-11"}
    made = approved(world, row.dossier.id, paper)
    reader = as_now(world, "officer.gov")
    with world.work(reader) as uow:
        consultation_reading.open_consultation(uow, reader, made, world.clock())
    places = {
        "asked": ("officer.gov", f"/nghien-cuu/{made}/phieu.pdf"),
        "held": ("officer", f"/nghien-cuu/chuan-bi/{made}/phieu.pdf"),
        "register": ("officer", "/nghien-cuu/so.pdf"),
    }
    return (*places[kind], {"nam": "2026"})


@pytest.mark.parametrize("kind", ["transfer", "stocktake", "asked", "held", "register", "month"])
def test_a_print_that_names_a_secret_leaves_by_the_register_with_its_exact_number(world: World, kind: str) -> None:
    who, address, form = print_of(world, kind)
    client = crawler(world, who)
    before = len(world.journal())
    for lack in ({"permitted_by": ""}, {"copies": "3"}, {"recipients": ""}):
        refused = client.post(address, data=LEAVING | form | lack)
        assert refused.status_code == 400 and "Sổ quản lý sao, chụp bí mật nhà nước" in refused.text, lack
    with world.work() as uow:
        assert uow.session.scalars(select(SecretCopy)).all() == []
    assert "secret_copy:make" not in [verb for verb, _outcome, _id in world.journal()[before:]]
    left = client.post(address, data=LEAVING | form)
    assert left.status_code == 200 and left.mimetype == "application/pdf"
    with world.work() as uow:
        line = uow.session.scalars(select(SecretCopy)).one()
        assert (line.secrecy, line.copies, line.made_by) == (1, 2, world.who(who).account_id)
        levels = [entry.secrecy for entry, _leaf in journal.rows(uow.session)][-2:]
    assert levels == [1, 1]
    with pikepdf.open(BytesIO(left.data)) as pdf:
        title = str(pdf.docinfo.get("/Title", "")) or str(pdf.open_metadata().get("dc:title"))
        assert "BẢN SAO SỐ 1/2" in title and "BẢN SAO SỐ 2/2" in title and len(pdf.pages) % 2 == 0


@pytest.mark.parametrize("kind", ["transfer", "stocktake"])
def test_a_print_without_a_level_leaves_at_once_and_enters_nothing(world: World, kind: str) -> None:
    row = world.dossier()
    world.filed(row)
    made = sealed_transfer(world, row) if kind == "transfer" else stocktake_of(world)
    address = f"/luu-giu/{'chuyen-giao' if kind == 'transfer' else 'kiem-ke'}/{made}"
    client = crawler(world)
    assert "Người cho phép sao, chụp" not in client.get(address).text
    assert client.post(f"{address}/bien-ban.pdf").status_code == 200
    with world.work() as uow:
        assert uow.session.scalars(select(SecretCopy)).all() == []


def test_every_act_on_a_secret_has_its_level_in_the_journal(world: World) -> None:
    row = world.dossier(secrecy=2)
    document = world.filed(row)
    world.open(world.who("officer"), row.dossier.id)
    officer, client = world.who("officer"), crawler(world)
    before = len(world.journal())
    for path in (f"/ho-so/{row.dossier.id}", f"/tai-lieu/{document}", f"/tai-lieu/{document}/do-mat", "/do-mat",
                 f"/ho-so/{row.dossier.id}/trich-doc", f"/ho-so/{row.dossier.id}/xuat",
                 f"/luu-giu/ho-so/{row.dossier.id}"):  # fmt: skip
        assert client.get(path).status_code == 200, path
    new = NewLevel(2, "", "bvctnb", "", "01/10/2026", "Trưởng ban", "", "")
    with world.work(officer) as uow:
        classifying.classify(uow, officer, "document", document, new, world.clock())
    with world.work(officer) as uow:
        wanted = Lowering("dossier", row.dossier.id, 0, "", "Đã công bố tại hội nghị tháng 10")
        declassifying.ask(uow, officer, wanted, world.clock())
    with world.work() as uow:
        entries = [entry for entry, _leaf in journal.rows(uow.session)][before:]
    told = {entry.verb: entry.secrecy for entry in entries if entry.object_kind not in PLAIN_KINDS}
    assert len(told) >= 6
    assert {verb: level for verb, level in told.items() if level != 2} == {}
