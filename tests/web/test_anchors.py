"""The page of anchors: the reviewer's alone; its sheet; lines typed back; a door for witnesses that tells strangers
nothing."""

from __future__ import annotations

import html
import re

from factories import World
from flask import Flask

from oms.services import anchors, sealing
from oms.web.guard import PUBLIC

PAGE = "/nhat-ky/chung-kien"


def test_a_sheet_is_printed_and_its_lines_typed_back(world: World, signed_in) -> None:
    client = signed_in("reviewer")
    assert "Nhật ký chưa được niêm phong lần nào" in client.get(PAGE).get_data(as_text=True)
    sealing.seal(world.house, world.clock())
    head = sealing.newest_head(world.house)
    assert head is not None
    made = client.post(f"{PAGE}/to-giay")
    assert made.mimetype == "application/pdf" and made.data.startswith(b"%PDF")
    wrong = client.post(f"{PAGE}/doi-chieu", data={"number": "1", "lines": head[0].body.replace("\n", "\nx", 1)})
    assert wrong.status_code == 400
    right = client.post(f"{PAGE}/doi-chieu", data={"number": "1", "lines": head[0].body.replace("\n", "\r\n")})
    assert right.status_code == 302
    page = html.unescape(re.sub(r"<[^>]+>", " ", client.get(PAGE).get_data(as_text=True)))
    assert "Tờ số 1" in page and "Tờ giấy trong sổ niêm phong" in page and "Ba dòng khớp" in page


def test_the_page_is_the_reviewers_alone(signed_in) -> None:
    for who in ("admin", "leader", "officer", "clerk"):
        client = signed_in(who)
        assert client.get(PAGE).status_code == 404
        assert client.post(f"{PAGE}/to-giay").status_code == 404
        assert client.post(f"{PAGE}/doi-chieu").status_code == 404


def test_a_stranger_at_the_witness_door_learns_nothing(world: World, app: Flask) -> None:
    sealing.seal(world.house, world.clock())
    client, word = app.test_client(), anchors.token(world.house)
    assert {"anchors.head", "anchors.cosignature"} <= set(PUBLIC)
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {word}x"}):
        assert client.get("/witness/checkpoint", headers=headers).status_code == 404
        assert client.post("/witness/cosignature", headers=headers, data="x").status_code == 404
    asked = client.get("/witness/checkpoint", headers={"Authorization": f"Bearer {word}"})
    head = sealing.newest_head(world.house)
    assert head is not None and asked.get_data(as_text=True) == "\n" + head[1]
