"""Issuing in the pages: what is told before, what is wrong, what is filed, and the change that begins from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from agency_key import key_file, settings_with_key
from factories import World
from flask.testing import FlaskClient
from office import case, draft_file, go, publish, receive
from werkzeug.test import TestResponse

from oms.services import case_approval, case_drafts
from oms.services.case_approval import Word
from oms.services.case_drafts import Sent
from oms.store import cases
from oms.store.tables import Document

SignIn = Callable[[str], FlaskClient]
FORM = {"number": "417-QĐ/BTCTU", "issued_on": "02/11/2026", "title": "Quyết định bổ nhiệm", "type_code": "quyet_dinh"}


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return response.get_data(as_text=True)


@pytest.fixture
def approved(world: World, tmp_path: Path) -> Callable[..., str]:
    """An approved case at its issue in the officer's hand."""
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world, OMS_ZONE="isolated_lan", OMS_SECOND_FACTOR="optional")
    publish(world)

    def make(dossier_id: str = "", *, on_paper: bool = False) -> str:
        made, officer = receive(world, dossier_id=dossier_id), world.who("officer")
        sent = Sent(draft_file(tmp_path / "draft.pdf", "QUYET DINH"), "Dự thảo.pdf")
        case_drafts.attach(world.house, officer, made.id, made.version, sent, world.clock())
        for _step in range(4):
            go(world, "officer", made.id, "officer")
        go(world, "officer", made.id, "leader")
        word, version = Word(officer.account_id, on_paper=on_paper), case(world, made.id).version
        case_approval.approve(world.house, world.who("leader"), made.id, version, word, world.clock())
        return made.id

    return make


def where(case_id: str, more: str = "") -> str:
    return f"/ho-so-cong-viec/{case_id}/phat-hanh{more}"


def post(world: World, client: FlaskClient, case_id: str, **more: object) -> TestResponse:
    return client.post(where(case_id), data=FORM | {"version": str(case(world, case_id).version)} | more)


def test_it_says_who_signed_what_is_wrong_and_then_what_was_filed(
    world: World, signed_in: SignIn, approved: Callable[..., str]
) -> None:
    row = world.dossier()
    case_id, client = approved(row.dossier.id), signed_in("officer")
    before = text(client.get(where(case_id)))
    assert "Đã ký số" in before and "Người thử leader ký" in before and 'type="file"' not in before
    assert world.journal()[-1] == ("case:open", "done", case_id)
    wrong = text(post(world, client, case_id, number=" ", issued_on="31/02/2026"), 400)
    assert "Hãy ghi số của văn bản" in wrong and 'value="31/02/2026"' in wrong
    done = post(world, client, case_id)
    assert done.status_code == 302
    after = text(client.get(done.headers["Location"]))
    assert "Văn bản đã phát hành" in after and "417-QĐ/BTCTU" in after and 'name="number"' not in after
    whole = text(client.get(f"/ho-so-cong-viec/{case_id}"))
    assert "Tài liệu đã phát hành" in whole and where(case_id) in whole
    assert text(post(world, client, case_id), 400).count("không ở bước phát hành") >= 1


def test_of_two_who_send_it_the_slower_is_told(world: World, signed_in: SignIn, approved: Callable[..., str]) -> None:
    case_id, client = approved(world.dossier().dossier.id), signed_in("officer")
    version = case(world, case_id).version
    assert post(world, client, case_id, version=str(version)).status_code == 302
    assert "vừa được người khác xử lý" in text(post(world, client, case_id, version=str(version)), 409)


def test_signed_by_hand_the_scan_is_sent_along(
    world: World, signed_in: SignIn, approved: Callable[..., str], tmp_path: Path
) -> None:
    case_id, client = approved(world.dossier().dossier.id, on_paper=True), signed_in("officer")
    assert 'type="file"' in text(client.get(where(case_id)))
    assert "tải bản quét" in text(post(world, client, case_id), 400)
    rubbish = tmp_path / "rubbish.pdf"
    rubbish.write_bytes(b"MZ no paper")
    with rubbish.open("rb") as file:
        text(post(world, client, case_id, file=(file, "../../x.pdf")), 400)
    with draft_file(tmp_path / "signed.pdf", "signed, sealed, scanned").open("rb") as file:
        assert post(world, client, case_id, file=(file, "bản ký.pdf")).status_code == 302
    document_id = case(world, case_id).document_id
    with world.work() as uow:
        paper = uow.session.get_one(Document, document_id)
        assert (paper.state, paper.number) == ("filed", "417-QĐ/BTCTU")


def test_the_same_scan_sent_again_after_a_mistake_is_gone_on_with(
    world: World, signed_in: SignIn, approved: Callable[..., str], tmp_path: Path
) -> None:
    case_id, client = approved(world.dossier().dossier.id, on_paper=True), signed_in("officer")
    unsigned, signed = tmp_path / "draft.pdf", draft_file(tmp_path / "signed.pdf", "signed, sealed, scanned")
    with unsigned.open("rb") as file:
        assert "giống hệt" in text(post(world, client, case_id, file=(file, "bản ký.pdf")), 400)
    for number, told in ((" ", "Hãy ghi số của văn bản"), ("417", "Ngày ban hành chưa đúng")):
        with signed.open("rb") as file:
            more = {"file": (file, "bản ký.pdf"), "number": number, "issued_on": "31/02/2026"}
            wrong = text(post(world, client, case_id, **more), 400)
        assert told in wrong and "giống hệt" not in wrong
    with signed.open("rb") as file:
        assert post(world, client, case_id, file=(file, "bản ký.pdf")).status_code == 302
    with world.work() as uow:
        assert [each.number for each in cases.drafts_of(uow.session, case_id)] == [2, 1]


def test_without_a_dossier_or_the_right_to_file_it_is_told_so(
    world: World, signed_in: SignIn, approved: Callable[..., str]
) -> None:
    loose = approved()
    client = signed_in("officer")
    assert "không gắn với hồ sơ cán bộ nào" in text(client.get(where(loose)))
    assert post(world, client, loose, number="", title="").status_code == 302
    filed = approved(world.dossier().dossier.id)
    assert "bàn giao bước này" in text(signed_in("leader").get(where(filed)))
    assert "Chưa phát hành được" in text(signed_in("clerk").get(where(filed)))
    assert (
        signed_in("officer.gov").get(where(filed)).status_code
        == signed_in("officer.gov").get(where("f" * 32)).status_code
    )


def test_a_late_one_asks_why(world: World, signed_in: SignIn, approved: Callable[..., str]) -> None:
    case_id, client = approved(world.dossier().dossier.id), signed_in("officer")
    world.clock.forward(days=20)
    client = signed_in("officer")
    assert 'name="late_reason"' in text(client.get(where(case_id)))
    assert "lý do chậm" in text(post(world, client, case_id), 400)
    assert post(world, client, case_id, late_reason="chờ ý kiến của Tỉnh uỷ").status_code == 302
    assert case(world, case_id).late_reason == "chờ ý kiến của Tỉnh uỷ"


def test_the_change_begins_from_the_paper_under_an_opening(
    world: World, signed_in: SignIn, approved: Callable[..., str]
) -> None:
    row = world.dossier()
    case_id, client = approved(row.dossier.id), signed_in("officer")
    assert "Chỉ lập phiếu" in text(client.post(where(case_id, "/thay-doi"), data={"change_title": "Bổ nhiệm"}), 400)
    post(world, client, case_id)
    closed = text(client.get(where(case_id)))
    assert "Mở hồ sơ của cán bộ" in closed and "Lập phiếu thay đổi</button>" not in closed
    assert "mở hồ sơ" in text(client.post(where(case_id, "/thay-doi"), data={"change_title": "Bổ nhiệm"}), 400)
    world.open(world.who("officer"), row.dossier.id)
    assert "ít nhất 5" in text(client.post(where(case_id, "/thay-doi"), data={"change_title": "x"}), 400)
    begun = client.post(where(case_id, "/thay-doi"), data={"change_title": "Bổ nhiệm chức vụ mới"})
    assert begun.status_code == 302
    paper = case(world, case_id).document_id or ""
    item = text(client.get(begun.headers["Location"] + "/muc?muc=posts"))
    assert re.search(rf'<option value="{paper}"[^>]*selected', item)
    assert 'name="value.decision_no" value="417-QĐ/BTCTU"' in re.sub(r' (?:id|class|type)="[^"]*"', "", item)
    assert "Nháp" in text(client.get(where(case_id)))
    assert "Nháp" in text(signed_in("clerk").get(where(case_id)))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"version": "x" * 3000, "number": "\x00", "title": "\ud800", "type_code": "../.."},
        {"version": "-1", "number": "9" * 5000, "issued_on": "9" * 5000, "title": "<script>" * 200},
    ],
)
def test_what_is_hostile_is_answered_in_words(
    world: World, signed_in: SignIn, approved: Callable[..., str], form: dict[str, str]
) -> None:
    case_id, client = approved(world.dossier().dossier.id), signed_in("officer")
    data = {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
    assert client.post(where(case_id), data=data).status_code in (400, 409)
    assert client.post(where(case_id, "/thay-doi"), data=data).status_code == 400
    assert case(world, case_id).state == "running"
