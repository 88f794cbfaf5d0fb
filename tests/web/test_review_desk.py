"""The reviewer's desk in pages."""

from __future__ import annotations

from factories import World

from oms.services import review_engine


def test_smoke(world: World, signed_in) -> None:
    row = world.dossier(number="BTC.0031")
    world.open(world.who("leader"), row.dossier.id)
    world.clock.forward(hours=14)
    world.open(world.who("leader"), row.dossier.id)
    review_engine.Engine(world.house).catch_up(world.clock())
    client = signed_in("reviewer")
    page = client.get("/kiem-soat").get_data(as_text=True)
    assert "BTC.0031" in page
    import re

    item = re.search(r"/kiem-soat/truong-hop/\w+", page)[0]
    assert client.get(item).status_code == 200
    for address in ("bieu-do", "quy-tac", "theo-doi", "bao-cao"):
        assert client.get(f"/kiem-soat/{address}").status_code == 200, address
    answer = client.post("/kiem-soat/bao-cao", data={"thang": "2026-11", "purpose": "nộp lãnh đạo hằng tháng"})
    assert answer.status_code == 200 and answer.data[:5] == b"%PDF-"
