"""The reviewer's desk: every act in words, local days, no way to a record, the tree re-computed on request."""

from __future__ import annotations

import re

import databases
import pytest
from factories import World
from sqlalchemy import text

from oms.domain import catalogue
from oms.domain.journal import Verb
from oms.services import review
from oms.web.review import reason_words


def journal_page(client, query: str = "") -> str:
    return str(client.get(f"/nhat-ky{query}").get_data(as_text=True))


def test_reading_and_refusals_are_seen_with_their_reasons(world: World, signed_in) -> None:
    row = world.dossier(number="BTC.0031")
    world.open(world.who("leader"), row.dossier.id)
    assert signed_in("clerk").get(f"/ho-so/{row.dossier.id}").status_code == 404
    page = journal_page(signed_in("reviewer"))
    assert "Mở hồ sơ, nêu mục đích" in page and "rà soát quy hoạch năm 2026" in page and "BTC.0031" in page
    assert "Vào chức năng ngoài quyền" in page and "Bị từ chối" in page and "vai trò này không được đọc hồ sơ" in page


def test_looking_is_a_row_that_keeps_the_filter(world: World, signed_in) -> None:
    journal_page(signed_in("reviewer"), "?ket_qua=refused")
    assert world.journal()[-1] == ("journal:view", "done", "")
    with world.work() as uow:
        detail = uow.session.execute(text("SELECT detail FROM journal ORDER BY seq DESC LIMIT 1")).scalar_one()
    assert '"outcome":"refused"' in detail


def test_no_link_of_the_page_opens_a_record(world: World, signed_in) -> None:
    row = world.dossier()
    document_id = world.filed(row)
    world.open(world.who("leader"), row.dossier.id)
    client = signed_in("reviewer")
    page = journal_page(client)
    links = set(re.findall(r'href="(/[^"]*)"', page))
    assert not [link for link in links if link.startswith(("/ho-so", "/tai-lieu", "/trang", "/tim-kiem", "/ban-duyet"))]
    for address in (f"/ho-so/{row.dossier.id}", f"/tai-lieu/{document_id}", "/tim-kiem?q=an", "/ho-so"):
        assert client.get(address).status_code == 404


def test_days_are_local_days(world: World, signed_in) -> None:
    """The world's clock stands at 01:00 UTC on 2 November: 08:00 in Hà Nội. 17:30 UTC is the next local day."""
    world.clock.forward(hours=16, minutes=30)
    row = world.dossier(number="SAU-NUA-DEM")
    world.open(world.who("leader"), row.dossier.id)
    client = signed_in("reviewer")
    assert "SAU-NUA-DEM" in journal_page(client, "?tu=03/11/2026")
    assert "SAU-NUA-DEM" not in journal_page(client, "?den=02/11/2026")


def test_a_wrong_date_is_named_and_nothing_typed_is_lost(signed_in) -> None:
    answer = signed_in("reviewer").get("/nhat-ky?tu=31/02/2026&ket_qua=refused")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400 and "Ngày chưa đúng" in page and 'value="31/02/2026"' in page


def test_one_access_is_followed_by_its_object(world: World, signed_in) -> None:
    kept, other = world.dossier(number="GIU-LAI"), world.dossier(number="BO-RA")
    for row in (kept, other):
        world.open(world.who("leader"), row.dossier.id)
    page = journal_page(signed_in("reviewer"), f"?doi_tuong={kept.dossier.id}")
    assert "GIU-LAI" in page and "BO-RA" not in page


def test_verification_says_whole_and_then_finds_the_first_changed_row(world: World, signed_in) -> None:
    world.dossier()
    review.seal(world.house, world.clock())
    client = signed_in("reviewer")
    page = client.post("/nhat-ky/kiem-tra", follow_redirects=True).get_data(as_text=True)
    assert "Nhật ký nguyên vẹn" in page
    change = "UPDATE journal SET actor_name = 'Người khác' WHERE seq = 3"
    databases.harm(world.house.settings.home, databases.UNGUARDED + change)  # what a thief with the database would do
    page = client.post("/nhat-ky/kiem-tra", follow_redirects=True).get_data(as_text=True)
    assert "KHÔNG còn nguyên vẹn" in page and "Dòng đầu tiên không tin được: 3" in page


def test_every_verb_has_words() -> None:
    assert set(catalogue.VERB_LABELS) == set(Verb)


@pytest.mark.parametrize("username", ["clerk", "officer", "leader", "admin"])
def test_nobody_else_reads_the_journal(signed_in, username: str) -> None:
    assert signed_in(username).get("/nhat-ky").status_code == 404


def test_a_persons_own_reason_is_left_as_typed() -> None:
    assert reason_words("theo yêu cầu của Ban Thường vụ") == "theo yêu cầu của Ban Thường vụ"
    assert reason_words("no running opening").startswith("chưa nêu mục đích")
