"""Requests of the persons records are about: the register, its days, refusals, the extract and who has seen it."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest
from conftest import SignIn
from factories import World
from sqlalchemy import select

from oms.errors import InvalidInput
from oms.services import custody, subject_requests
from oms.services.subject_requests import Asked, Said
from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change, SubjectRequest


def entered(world: World, row: DossierRow, kind: str, number: str = "YC-1") -> str:
    officer = world.who("officer")
    with world.work(officer) as uow:
        asked = Asked(row.dossier.number, kind, number, world.clock().date(), "đề nghị của tôi")
        return subject_requests.ask(uow, officer, asked, world.clock()).id


def say(world: World, request_id: str, *words: str) -> None:
    officer = world.who("officer")
    with world.work(officer) as uow:
        subject_requests.answer(uow, officer, request_id, Said(*words), world.clock())


def held(world: World, request_id: str) -> SubjectRequest:
    with world.work() as uow:
        return uow.session.get_one(SubjectRequest, request_id)


def test_the_register_counts_the_days_and_tells_what_is_late(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    officer = signed_in("officer")
    form = {"dossier_number": row.dossier.number, "kind": "extract", "number": "YC-7", "received_on": "02/11/2026"}
    page = officer.post("/yeu-cau-can-bo", data=form, follow_redirects=True).text
    assert "04/11/2026" in page and "12/11/2026" in page and "còn 10 ngày" in page
    again = officer.post("/yeu-cau-can-bo", data=form)
    assert again.status_code == 400 and 'id="f-number-error"' in again.text
    for wrong in (
        {"dossier_number": "không có"},
        {"kind": "x"},
        {"received_on": "31/02/2026"},
        {"received_on": "12/2027"},
    ):
        answer = officer.post("/yeu-cau-can-bo", data=form | {"number": "YC-8"} | wrong)
        assert answer.status_code == 400 and f'id="f-{next(iter(wrong))}-error"' in answer.text
    world.clock.forward(days=12)
    assert "quá hạn 2 ngày" in signed_in("officer").get("/yeu-cau-can-bo").text
    other = signed_in("officer.gov").get("/yeu-cau-can-bo").text
    assert "YC-7" not in other and "Không có yêu cầu nào" in other
    number = {**form, "number": "YC-9"}
    assert "trong phạm vi" in signed_in("officer.gov").post("/yeu-cau-can-bo", data=number).text


def test_one_extension_a_refusal_with_its_law_and_then_it_is_closed(world: World) -> None:
    asked = entered(world, world.dossier(), "deletion")
    say(world, asked, "reply", "đã nhận, đang xem xét")
    say(world, asked, "extend", "phải hỏi lưu trữ lịch sử")
    assert held(world, asked).extended_to is not None
    with pytest.raises(InvalidInput):
        say(world, asked, "extend", "xin thêm nữa")
    with pytest.raises(InvalidInput) as caught:
        say(world, asked, "refuse", "luật buộc phải lưu hồ sơ")
    assert caught.value.field == "legal_basis"
    say(world, asked, "refuse", "luật buộc phải lưu hồ sơ", "Luật Lưu trữ 33/2024/QH15")
    assert held(world, asked).state == "refused" and held(world, asked).closed_by
    with pytest.raises(InvalidInput):
        say(world, asked, "done", "mở lại xem sao")


def test_past_its_last_day_a_request_cannot_be_extended(world: World) -> None:
    asked = entered(world, world.dossier(), "extract")
    world.clock.forward(days=15)
    with pytest.raises(InvalidInput):
        say(world, asked, "extend", "đang chờ ý kiến")


def test_a_request_for_correction_becomes_a_change(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    asked = entered(world, row, "correction")
    officer = signed_in("officer")
    closed = officer.post(f"/yeu-cau-can-bo/{asked}/dinh-chinh")
    assert closed.status_code == 400 and "Hãy mở hồ sơ" in closed.text
    world.open(world.who("officer"), row.dossier.id)
    assert officer.post(f"/yeu-cau-can-bo/{asked}/dinh-chinh").status_code == 302
    with world.work() as uow:
        change = uow.session.scalars(select(Change)).one()
    assert (change.request_id, change.declared_by, held(world, asked).change_id) == (
        asked,
        row.cadre.full_name,
        change.id,
    )
    assert officer.post(f"/yeu-cau-can-bo/{asked}/dinh-chinh").status_code == 400


def test_the_extract_holds_what_the_officer_may_read_and_says_what_is_left_out(world: World, signed_in: SignIn) -> None:
    row = world.dossier()
    world.fact(row, "phone", value="0912000111")
    world.fact(row, "religion", value="Phật giáo")
    asked = entered(world, row, "extract")
    officer = world.who("officer")
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        subject_requests.extract(uow, officer, asked, world.clock())
    from oms.domain.access import Principal, Role

    world.account("officer.plain", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=1)
    plain: Principal = world.who("officer.plain")
    for who in (officer, plain):
        world.open(who, row.dossier.id)
    with world.work(officer) as uow:
        given = subject_requests.extract(uow, officer, asked, world.clock())
    assert {"0912000111", "Phật giáo"} <= {fact.text for fact in given.facts} and given.left_out == ()
    with world.work(plain) as uow:
        less = subject_requests.extract(uow, plain, asked, world.clock())
    assert "Phật giáo" not in {fact.text for fact in less.facts} and less.left_out == ("Tôn giáo",)
    made = signed_in("officer").post(f"/yeu-cau-can-bo/{asked}/ban-trich.pdf")
    assert made.mimetype == "application/pdf"
    with pikepdf.open(BytesIO(made.data)) as pdf:
        assert len(pdf.pages) == 1
    assert ("subject:extract", "done", asked) in world.journal()


def test_who_has_seen_the_record_is_told_by_unit_role_and_purpose_never_by_name(
    world: World, signed_in: SignIn
) -> None:
    row, other = world.dossier(), world.dossier("Người khác")
    leader = world.who("leader")
    for each in (row, other):
        world.open(leader, each.dossier.id)
        with world.work(leader) as uow:
            custody.read_dossier(uow, leader, each.dossier.id, world.clock())
    secret = world.filed(row, "QUYẾT ĐỊNH\nMật", secrecy=2)
    with world.work(leader) as uow:
        custody.read_document(uow, leader, secret, world.clock())
    asked = entered(world, row, "viewers")
    assert seen(world, "officer", asked) == {
        ("dossier:open", "Tỉnh uỷ", "leader", "quy_hoach", 1),
        ("cadre:open", "Tỉnh uỷ", "leader", "quy_hoach", 1),
        ("document:open", "Tỉnh uỷ", "leader", "quy_hoach", 1),
    }
    low = {verb for verb, *_rest in seen(world, "officer2", asked)}
    assert "document:open" not in low, "a look at a paper above one's clearance stays untold"
    made = signed_in("officer").post(f"/yeu-cau-can-bo/{asked}/ban-trich.pdf")
    assert made.mimetype == "application/pdf" and "Người thử".encode() not in made.data


def seen(world: World, name: str, request_id: str) -> set[tuple[str, str, str, str, int]]:
    who = world.who(name)
    with world.work(who) as uow:
        found = subject_requests.viewers(uow, who, request_id, world.clock())
        lines = [line for line in found.lines if line.verb != "subject:extract"]
        return {(line.verb, line.unit, line.role, line.purpose, line.times) for line in lines}
