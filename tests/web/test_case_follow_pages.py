"""The page of a piece of work names its case, the case's page leads back to it, for who may see both."""

from __future__ import annotations

import pytest
from conftest import SignIn
from consulting import prepared
from factories import World
from following import answer, enter, of

from oms.domain.case_subjects import SUBJECTS
from oms.services import changes, declassifying, disposals, intake, loans, transfers
from oms.services.changes import About
from oms.services.classifying import Lowering
from oms.services.disposals import NewDisposal
from oms.services.loans import NewLoan
from oms.services.transfers import NewTransfer
from oms.web.case_words import SUBJECT_PAGES


def begun(world: World, kind: str) -> tuple[str, str]:
    """A piece of work of a kind: its id, and the address of its page."""
    row, who = world.dossier(secrecy=1 if kind == "declassify" else 0, birth_date="05/08/1900"), world.who("officer")
    paper, dossier = world.filed(row), row.dossier.id
    if kind == "request":
        request = enter(world, row)
        return request, f"/yeu-cau-can-bo/{request}"
    if kind == "consultation":
        made = prepared(world, dossier, paper)
        return made, f"/nghien-cuu/chuan-bi/{made}"
    world.open(who, dossier)
    with world.work(who) as uow:
        now = world.clock()
        if kind == "change":
            made = changes.create(uow, who, dossier, About("Bổ sung điện thoại"), now).id
            return made, f"/thay-doi/{made}"
        if kind == "loan":
            new = NewLoan((), "Lò Thị Mỷ", "Ban Nội chính", "xác minh lý lịch", "Trưởng ban", 3, "20/11/2026")
            made = loans.lend(uow, who, dossier, new, now).id
            return made, f"/luu-giu/muon-tra/{made}"
        if kind == "transfer_out":
            decision = NewTransfer(world.units["D-XA"], "12-QĐ/TU", "điều động cán bộ")
            made = transfers.create(uow, who, dossier, decision, now).id
            return made, f"/luu-giu/chuyen-giao/{made}"
        if kind == "declassify":
            wanted = Lowering("dossier", dossier, 0, "", "Đã công bố theo thông báo 12-TB/TU")
            made = declassifying.ask(uow, who, wanted, now).id
            return made, f"/phe-duyet/{made}"
        if kind == "disposal":
            disposals.close(uow, who, dossier, "01/03/1950", "nghỉ hưu theo QĐ 12", now)
            asked = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
            made = disposals.ask(uow, who, dossier, asked, now).id
            return made, f"/luu-giu/tieu-huy/{made}"
        made = intake.create_batch(uow, who, intake.NewBatch(world.units["D-BTC"], "Đợt mới"), now).id
        return made, f"/dot-so-hoa/{made}"


@pytest.mark.parametrize("kind", [each for each in SUBJECTS if each not in ("supplement", "transfer_in")])
def test_the_desks_page_leads_to_the_case_and_the_case_back(world: World, signed_in: SignIn, kind: str) -> None:
    subject, page = begun(world, kind)
    case, client = of(world, kind, subject), signed_in("officer")
    answered = client.get(page)
    assert answered.status_code == 200, answered.text[:500]
    assert f'href="/ho-so-cong-viec/{case.id}">{case.number}</a>' in answered.text
    assert f'href="{page}"' in client.get(f"/ho-so-cong-viec/{case.id}").text


def test_one_last_day_is_told_on_both_pages(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    _change, page = begun(world, "change")
    assert "còn 15 ngày làm việc" in client.get(page).text
    _loan, page = begun(world, "loan")
    assert "hạn 20/11/2026" in client.get(page).text
    world.clock.forward(days=30)
    assert "quá hạn" in signed_in("officer").get(page).text


def test_whoever_does_not_work_with_cases_sees_no_line(world: World, signed_in: SignIn) -> None:
    subject, page = begun(world, "declassify")
    case = of(world, "declassify", subject)
    assert case.number in signed_in("leader").get(page).text
    assert case.number not in signed_in("security").get(page).text


def test_the_case_page_offers_only_the_reason_of_being_late_once_it_has_ended(world: World, signed_in: SignIn) -> None:
    request, _page = begun(world, "request")
    world.clock.forward(days=30)
    answer(world, request, "done", "đã gửi bản trích")
    case, client = of(world, "request", request), signed_in("officer")
    assert case.late_days
    address = f"/ho-so-cong-viec/{case.id}"
    assert "Ghi lý do chậm" in client.get(address).text
    said = {"version": case.version, "viec": "late", "late_reason": "kho lưu trữ đóng cửa để sửa chữa"}
    assert client.post(f"{address}/chuyen", data=said).status_code == 302
    page = client.get(address).text
    assert "kho lưu trữ đóng cửa" in page and 'name="late_reason"' not in page


def test_every_kind_of_work_has_its_page(world: World, signed_in: SignIn) -> None:
    signed_in("officer")
    assert set(SUBJECT_PAGES) == set(SUBJECTS)


def test_the_case_page_says_which_unit_and_who_works_at_the_desk(world: World, signed_in: SignIn) -> None:
    client = signed_in("officer")
    loan, _address = begun(world, "loan")
    held = client.get(f"/ho-so-cong-viec/{of(world, 'loan', loan).id}").get_data(as_text=True)
    assert "Đơn vị làm:" in held and f"Người làm: <b>{world.who('officer').display_name}</b>" in held
    made, _address = begun(world, "consultation")
    free = client.get(f"/ho-so-cong-viec/{of(world, 'consultation', made).id}").get_data(as_text=True)
    assert "Chưa ai nhận; người làm được:" in free and world.who("officer2").display_name in free
    assert world.who("clerk").display_name not in free.partition("người làm được:")[2].partition("</p>")[0]
