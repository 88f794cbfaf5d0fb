"""The level is carried: every page that shows a secret says so on its strip, every act on one has it in the journal."""

from __future__ import annotations

import re

from factories import PASSWORD, World
from flask.testing import FlaskClient

from oms import create_app
from oms.services import classifying, declassifying
from oms.services.classifying import Lowering, NewLevel
from oms.store import journal

STRIP = re.compile(r'class="strip strip-secret"')
PLAIN_KINDS = {"account", "route", "home", ""}
"""Objects that are no records: a search or a list keeps the ids it showed."""


def crawler(world: World) -> FlaskClient:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": "officer", "password": PASSWORD}).status_code == 302
    return client


def test_every_page_that_names_a_secret_shows_its_level_on_the_strip(world: World) -> None:
    """A world in which everything is secret: any page reached by links that names it has to say so."""
    row = world.dossier("Nguyễn Thị Tuyệt Đối", secrecy=3)
    document = world.filed(row, "QUYẾT ĐỊNH\nVề việc tuyệt đối kín")
    world.fact(row, "position", value="Trưởng ban tuyệt đối")
    world.open(world.who("officer"), row.dossier.id)
    world.index()
    client, seen, silent = crawler(world), set[str](), []
    todo = ["/", "/ho-so", f"/ho-so/{row.dossier.id}", f"/tai-lieu/{document}", "/tim-kiem?q=tuyệt+đối", "/do-mat"]
    while todo and len(seen) < 70:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        body = answer.text
        named = "Tuyệt Đối" in body or "tuyệt đối" in body.replace('value="tuyệt đối"', "")
        if named and not STRIP.search(body):
            silent.append(path)
        links = re.findall(r'href="(/(?!static|dang-xuat)[^"#]*)"', body)
        todo += [link.replace("&amp;", "&") for link in links if link.replace("&amp;", "&") not in seen]
    assert silent == []
    assert len(seen) > 30


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
