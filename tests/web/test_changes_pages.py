"""The pages of changes: a whole change by form, errors beside their fields, what an approver sees and does not."""

from __future__ import annotations

import re

import pytest
from conftest import SignIn
from factories import World
from sqlalchemy import select

from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change, ChangeItem, FactRow


@pytest.fixture
def row(world: World) -> DossierRow:
    made = world.dossier("Nguyễn Thị Trường Giang Hà Phương Thảo Nguyên")
    for name in ("officer", "officer2"):
        world.open(world.who(name), made.dossier.id)
    return made


def newest(world: World) -> Change:
    with world.work() as uow:
        return uow.session.scalars(select(Change).order_by(Change.created_at.desc())).first()  # type: ignore[return-value]


def items(world: World, change_id: str) -> list[ChangeItem]:
    with world.work() as uow:
        return list(uow.session.scalars(select(ChangeItem).where(ChangeItem.change_id == change_id)))


def facts(world: World, row: DossierRow, item: str) -> list[str]:
    with world.work() as uow:
        found = select(FactRow).where(FactRow.dossier_id == row.dossier.id, FactRow.item == item)
        return [fact.text for fact in uow.session.scalars(found) if fact.ended_at is None]


def test_a_change_from_the_first_form_to_the_approved_fact(world: World, signed_in: SignIn, row: DossierRow) -> None:
    paper, old = world.filed(row), world.fact(row, "position", value="Chuyên viên")
    officer, leader = signed_in("officer"), signed_in("leader")
    assert "Chuyên viên" in officer.get(f"/ho-so/{row.dossier.id}/thay-doi").text
    officer.post(f"/ho-so/{row.dossier.id}/thay-doi", data={"title": "Bổ nhiệm Trưởng phòng"})
    change = newest(world)
    page = officer.get(f"/thay-doi/{change.id}").text
    assert ": Chuyên viên</option>" in page
    form = officer.get(f"/thay-doi/{change.id}/muc?thay={old}").text
    assert "Chọn trong danh mục" in form and "Khác (ghi rõ)" in form
    typed = {"version": str(change.version), "item": "position", "act": "replace", "fact_id": old}
    typed |= {"value.value": "", "other.value": "Trưởng phòng", "document_id": paper, "page": "1"}
    assert officer.post(f"/thay-doi/{change.id}/muc", data=typed).status_code == 302
    done = officer.post(f"/thay-doi/{change.id}/trinh", data={"version": newest(world).version}, follow_redirects=True)
    assert "Đã trình phiếu" in done.text and "người thứ hai" in done.text
    assert "Ghi quyết định" not in done.text
    assert "Bổ nhiệm Trưởng phòng" in leader.get("/thay-doi").text
    shown = leader.get(f"/thay-doi/{change.id}").text
    assert "Chuyên viên" in shown and "Trưởng phòng" in shown
    image = re.search(rf"/thay-doi/{change.id}/trang/[0-9a-f]+\.jpg", shown)
    assert image is not None and leader.get(image[0]).mimetype == "image/jpeg"
    item = items(world, change.id)[0].id
    word = {"version": newest(world).version, f"word.{item}": "approve"}
    assert "duyệt 1 mục" in leader.post(f"/thay-doi/{change.id}/quyet-dinh", data=word, follow_redirects=True).text
    assert facts(world, row, "position") == ["Trưởng phòng"]
    assert "Người thử leader" in officer.get(f"/ho-so/{row.dossier.id}/thay-doi").text


def test_errors_stand_beside_their_fields_and_keep_what_was_typed(
    world: World, signed_in: SignIn, row: DossierRow
) -> None:
    officer = signed_in("officer")
    short = officer.post(f"/ho-so/{row.dossier.id}/thay-doi", data={"title": "abc", "declared_by": "Bà Hoa"})
    assert short.status_code == 400 and 'id="f-title-error"' in short.text and "Bà Hoa" in short.text
    officer.post(f"/ho-so/{row.dossier.id}/thay-doi", data={"title": "Sửa số điện thoại"})
    change = newest(world)
    typed = {"version": "1", "item": "birth_date", "act": "add", "value.value": "31/02/1961"}
    wrong = officer.post(f"/thay-doi/{change.id}/muc", data=typed)
    assert wrong.status_code == 400
    assert 'id="f-value.value-error"' in wrong.text and "31/02/1961" in wrong.text
    stale = officer.post(f"/thay-doi/{change.id}/muc", data=typed | {"version": "9", "value.value": "1961"})
    assert stale.status_code == 409 and "Phiếu này vừa được người khác thay đổi" in stale.text
    empty = officer.post(f"/thay-doi/{change.id}/trinh", data={"version": "1"})
    assert empty.status_code == 400 and "chưa có mục" in empty.text


def test_rejecting_without_a_reason_is_told_and_the_rest_can_be_approved_at_once(
    world: World, signed_in: SignIn, row: DossierRow
) -> None:
    officer, other = signed_in("officer"), signed_in("officer2")
    officer.post(f"/ho-so/{row.dossier.id}/thay-doi", data={"title": "Sửa liên lạc", "declared_by": "Bà Hoa"})
    change = newest(world)
    for name, value in (("phone", "0912000111"), ("staff_code", "CB-7"), ("religion", "Phật giáo")):
        typed = {"version": newest(world).version, "item": name, "act": "add", "value.value": value}
        assert officer.post(f"/thay-doi/{change.id}/muc", data=typed).status_code == 302
    officer.post(f"/thay-doi/{change.id}/trinh", data={"version": newest(world).version})
    held = {item.item: item.id for item in items(world, change.id)}
    seen = newest(world).version
    word = {"version": seen, f"word.{held['phone']}": "reject"}
    answer = other.post(f"/thay-doi/{change.id}/quyet-dinh", data=word)
    assert answer.status_code == 400 and f"f-reason.{held['phone']}-error" in answer.text
    low = signed_in("leader.low")
    page = low.get(f"/thay-doi/{change.id}").text
    assert "Phật giáo" not in page and "Nhóm thông tin anh/chị không được xem" in page
    word |= {f"reason.{held['phone']}": "không có giấy tờ", "all": "1", "open": list(held.values())}  # type: ignore[dict-item]
    assert "duyệt 2 mục" in other.post(f"/thay-doi/{change.id}/quyet-dinh", data=word, follow_redirects=True).text
    assert (facts(world, row, "phone"), facts(world, row, "staff_code")) == ([], ["CB-7"])


def test_an_empty_queue_says_so_and_roles_without_the_desk_do_not_reach_it(signed_in: SignIn) -> None:
    for tab in ("cho-duyet", "nhap", "da-quyet", "rut", "khong-co"):
        assert "Mở hồ sơ của cán bộ" in signed_in("leader").get(f"/thay-doi?the={tab}").text
    for name in ("clerk", "reviewer", "admin"):
        assert signed_in(name).get("/thay-doi").status_code == 404
