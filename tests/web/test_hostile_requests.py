"""Requests nobody sends by accident."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from factories import World
from flask import Flask
from flask.testing import FlaskClient

from oms import create_app
from oms.services import custody, tasks

SignIn = Callable[[str], FlaskClient]

TOO_LONG = ("9" * 30, "9" * 5000)


class Counted(io.RawIOBase):
    """A form with one large file, counting how much of it is asked for."""

    HEAD = b'--zz\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    SIZE = 64 * 1024 * 1024

    def __init__(self) -> None:
        self.asked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = min(len(into), self.SIZE - self.asked)
        piece = self.HEAD[self.asked :][:wanted].ljust(wanted, b"a")
        into[:wanted] = piece
        self.asked += wanted
        return wanted


@pytest.mark.parametrize("path", ["/dot-so-hoa/x/tep", "/dang-nhap", "/ngon-ngu", "/khong-co"])
def test_a_strangers_upload_is_not_even_read(world: World, path: str) -> None:
    body = Counted()
    app = create_app(world.house.settings, world.clock)
    answer = app.test_client().post(
        path,
        environ_overrides={
            "wsgi.input": io.BufferedReader(body),
            "CONTENT_TYPE": "multipart/form-data; boundary=zz",
            "CONTENT_LENGTH": str(Counted.SIZE),
        },
    )
    assert answer.status_code in (302, 400, 413)
    assert body.asked < 1024 * 1024


@pytest.mark.parametrize("number", TOO_LONG)
def test_numbers_no_database_takes_are_told_as_wrong_input(
    app: Flask, world: World, signed_in: SignIn, number: str
) -> None:
    paper, unit = world.paper(), str(world.units["D-BTC"])
    person = {"username": "moi.nguoi", "display_name": "Người mới", "role": "leader"}
    cases = [
        ("admin", "/quan-tri/tai-khoan", person | {"unit_id": number}),
        ("admin", "/quan-tri/tai-khoan", person | {"unit_id": unit, "scopes": number}),
        ("officer", "/cong-viec", {"number": "1", "title": "Tên công việc", "unit_id": number}),
        ("officer", "/ho-so/moi", {"full_name": "Tô Thị Hiếu", "number": "1", "unit_id": number}),
        ("officer", "/ho-so/moi", {"full_name": "Tô Thị Hiếu", "number": "1", "unit_id": unit, "secrecy": number}),
        ("clerk", "/dot-so-hoa", {"title": "Đợt mới", "unit_id": number}),
        ("clerk", f"/ban-duyet/{paper}/luu", {"version": number, "type_code": "quyet_dinh"}),
        ("clerk", f"/ban-duyet/{paper}/tach", {"version": "1", "dirty": "0", "position": number}),
        ("clerk", f"/ban-duyet/{paper}/can-bo-moi", {"full_name": "Tô Thị Hiếu", "unit_id": number}),
    ]
    answers = {(who, path): signed_in(who).post(path, data=form).status_code for who, path, form in cases}
    assert set(answers.values()) <= {400, 404, 409}, answers


def test_half_a_character_in_a_corrected_word_is_told_as_wrong_input(world: World, signed_in: SignIn) -> None:
    paper, clerk = world.paper(), signed_in("clerk")
    page = clerk.get(f"/ban-duyet/{paper}").get_data(as_text=True).split("/ban-duyet/trang/")[1][:32]
    sent = '{"word": 0, "text": "\\ud800"}'
    answer = clerk.post(f"/ban-duyet/trang/{page}/tu", data=sent, content_type="application/json")
    assert answer.status_code == 400


def test_readers_of_a_dossier_do_not_learn_of_tasks_outside_their_scope(world: World, signed_in: SignIn) -> None:
    row, officer, leader, low = world.dossier(unit="D-XA"), world.who("officer"), world.who("leader"), "leader.xa"
    with world.work(officer) as uow:
        unit = world.units["D-BTC"]
        task = tasks.create_task(uow, officer, "NV-77", "Xác minh đơn thư của ban", unit, world.clock())
    with world.work(leader) as uow:
        reason = "rà soát quy hoạch năm 2026"
        custody.open_dossier(uow, leader, row.dossier.id, "quy_hoach", task.id, reason, 60, world.clock())
    for who, told in (("leader", True), (low, False)):
        world.open(world.who(who), row.dossier.id)
        page = signed_in(who).get(f"/ho-so/{row.dossier.id}?the=nguoi-xem").get_data(as_text=True)
        assert ("NV-77" in page) is told
        assert ("ngoài phạm vi của anh/chị" in page) is not told
