"""Ten thousand results: counted exactly, and every page up to the last can be turned to."""

from __future__ import annotations

import re
from collections.abc import Callable

from factories import START, World
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from oms.services.index_place import Position
from oms.store import search_feed
from oms.store.search_tables import DocumentText
from oms.store.tables import Account, Batch, Cadre, Document, Dossier, Scan, Unit
from search_index import Doc, Text
from vietnamese.names import fold_name

PAPERS, EACH = 10_000, 4
HIDDEN = 40
"""Persons, the last ones, whose papers are Mật."""
SignIn = Callable[[str], FlaskClient]


def test_ten_thousand_results_are_counted_and_paged_to_the_last(world: World, signed_in: SignIn) -> None:
    fill(world)
    leader, low = signed_in("leader"), signed_in("leader.low")
    persons = PAPERS // EACH
    assert said(leader, 1) == ("2.500 người, 10.000 tài liệu", 20)
    assert said(low, 1) == (f"2.460 người, {(PAPERS - HIDDEN * EACH) // 1000}.840 tài liệu", 20)
    first, last = page(leader, 1), page(leader, persons // 20)
    assert f"trang={persons // 20}" in first and 'rel="next"' in first
    assert 'rel="next"' not in last and "2.481–2.500 / 2.500 người" in last
    assert said(leader, persons // 20)[1] == 20
    assert not set(dossiers(first)) & set(dossiers(last))
    assert said(low, 123)[1] == 20 and said(low, 124)[1] == 0
    everyone = [name for number in range(1, 124, 40) for name in dossiers(page(low, number))]
    assert len(everyone) == len(set(everyone)) and not {f"{n:032x}" for n in range(2460, 2500)} & set(everyone)


def page(client: FlaskClient, number: int) -> str:
    return str(client.get(f"/tim-kiem?q=nang+luong&trang={number}").get_data(as_text=True))


def said(client: FlaskClient, number: int) -> tuple[str, int]:
    """What the page says was found, and how many persons stand on it."""
    text = page(client, number)
    head = re.search(r'id="found-title"[^>]*>([^<]*)<', text)
    assert head
    return head[1].strip(), text.count('<article class="person"')


def dossiers(text: str) -> list[str]:
    return re.findall(r'<h3 id="person-\d+"><a href="/ho-so/([0-9a-f]{32})"', text)


def fill(world: World) -> None:
    """Files the papers by bulk insert, four a person, and indexes the same words."""
    with world.work() as uow:
        by = uow.session.scalars(select(Account.id).where(Account.username == "officer")).one()
        unit = uow.session.scalars(select(Unit).where(Unit.code == "D-BTC")).one()
        batch = Batch(title="Đợt lớn", unit_id=unit.id, created_by=by, created_at=START)
        uow.session.add(batch)
        uow.session.flush()
        scan = Scan(batch_id=batch.id, sha256="0" * 64, original_name="lon.pdf", size=1, state="read",
                    received_by=by, received_at=START)  # fmt: skip
        uow.session.add(scan)
        uow.session.flush()
        cadres, files, papers, texts, docs = [], [], [], [], []
        for n in range(PAPERS // EACH):
            name, key = f"Lò Văn {'Ươi' if n % 2 else 'Mơ'}", f"{n:032x}"
            cadres.append({"id": key, "full_name": name, "folded_name": fold_name(name), "created_by": by,
                           "created_at": START})  # fmt: skip
            files.append({"id": key, "cadre_id": key, "unit_id": unit.id, "block": "party", "number": f"L-{n}",
                          "created_by": by, "created_at": START})  # fmt: skip
            secrecy = int(n >= PAPERS // EACH - HIDDEN)
            for each in range(EACH):
                paper, title = f"{n * EACH + each:032x}", f"Quyết định nâng lương số {n * EACH + each}"
                papers.append({"id": paper, "scan_id": scan.id, "unit_id": unit.id, "dossier_id": key,
                               "state": "filed", "type_code": "quyet_dinh", "title": title, "created_at": START,
                               "secrecy": secrecy, "filed_at": START, "page_count": 1})  # fmt: skip
                texts.append(search_feed._row(paper, Text(title, (name,), "")))
                docs.append(Doc(paper, title, "", (name,), "party", unit.path, secrecy, "", "quyet_dinh", None, key,
                                key))  # fmt: skip
        for table, rows in ((Cadre, cadres), (Dossier, files), (Document, papers), (DocumentText, texts)):
            uow.session.execute(insert(table), rows)
    house = world.house
    house.index.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory = house.index.building()
    house.open_building(directory).replace_all(docs)
    with house.look() as uow:
        number = search_feed.newest(uow.session)
        house.index.keep_position(directory, Position(number, search_feed.mark_of(uow.session, number) or ""))
    house.index.put_in_force(directory)
