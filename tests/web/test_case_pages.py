"""Cases in the pages: lists, board, receiving, the slip, one case with its moves, handing over; who sees nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from factories import World
from flask import Flask
from flask.testing import FlaskClient
from office import APPOINT, case, draft_file, go, publish, receive
from sqlalchemy import event
from werkzeug.test import TestResponse

from oms.domain.casework import CaseState
from oms.domain.procedures import Paper
from oms.services import case_opinions
from oms.store.case_tables import Case
from oms.store.tables import new_id

SignIn = Callable[[str], FlaskClient]
LIST, BOARD, RECEIVE, LEAVING = (f"/ho-so-cong-viec{each}" for each in ("", "/bang", "/tiep-nhan", "/ban-giao"))
LONG = "Về việc điều động, bổ nhiệm Công Tằng Tôn Nữ Hoàng Diễm Quỳnh giữ chức Phó Trưởng ban Tổ chức Tỉnh uỷ"


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return response.get_data(as_text=True)


def page(client: FlaskClient, case_id: str) -> str:
    return text(client.get(f"/ho-so-cong-viec/{case_id}"))


def sent(world: World, client: FlaskClient, case_id: str, where: str = "chuyen", **form: object) -> TestResponse:
    data = {"version": str(case(world, case_id).version), **form}
    return client.post(f"/ho-so-cong-viec/{case_id}/{where}", data=data)


def test_my_steps_stand_first_due_first(world: World, signed_in: SignIn) -> None:
    publish(world)
    publish(world, replace(APPOINT, code="nhanh", title="Việc nhanh", days=2))
    receive(world, title="Việc chậm hạn")
    receive(world, code="nhanh", title="Việc gấp hạn")
    receive(world, "officer2", title="Việc người khác")
    mine = text(signed_in("officer").get(LIST))
    assert mine.index("Việc gấp hạn") < mine.index("Việc chậm hạn")
    assert "Việc người khác" not in mine and "còn 2 ngày" in mine and "còn 10 ngày" in mine
    assert "Việc người khác" in text(signed_in("officer").get(f"{LIST}?xem=don-vi"))
    assert world.journal()[-1][0] == "case:list"


def test_an_empty_hand_is_told_what_will_come(world: World, signed_in: SignIn) -> None:
    assert "Không có việc nào trong tay" in text(signed_in("officer").get(LIST))
    for view in ("don-vi", "qua-han", "da-ket-thuc", "mat"):
        assert "Không có việc" in text(signed_in("officer").get(f"{LIST}?xem={view}")) or view == "da-ket-thuc"
    assert text(signed_in("officer").get(BOARD)).count("Không có việc nào.") == 8


def test_a_late_case_says_how_late_and_why_and_a_stopped_clock_stands(world: World, signed_in: SignIn) -> None:
    publish(world)
    late, stopped = receive(world, title="Việc trễ hạn"), receive(world, title="Việc dừng lại")
    go(world, "officer", stopped.id, act="suspend", words="chờ ý kiến cấp trên")
    world.clock.forward(days=16)
    listed = text(signed_in("officer").get(LIST))
    assert "quá hạn 2 ngày" in listed and "đồng hồ dừng" in listed
    done = sent(world, signed_in("officer"), late.id, viec="late", late_reason="chờ kết luận của thường trực")
    assert done.status_code == 302
    late_ones = text(signed_in("officer").get(f"{LIST}?xem=qua-han"))
    assert "chờ kết luận của thường trực" in late_ones and "Việc dừng lại" not in late_ones


def test_words_procedure_unit_and_stage_narrow(world: World, signed_in: SignIn) -> None:
    publish(world)
    publish(world, replace(APPOINT, code="khac", title="Thủ tục khác"))
    first, other = receive(world, title="Bổ nhiệm ở Sở Tài chính 50%"), receive(world, code="khac", title="Khen thưởng")
    go(world, "officer", first.id, "officer2")
    client = signed_in("officer")

    def found(query: str) -> str:
        return text(client.get(f"{LIST}?xem=don-vi&{query}"))

    assert first.number in found("tim=50%25") and other.number not in found("tim=50%25")
    assert other.number in found("thu-tuc=khac") and first.number not in found("thu-tuc=khac")
    assert first.number in found("khau=instruct") and other.number not in found("khau=instruct")
    assert "Không có việc nào khớp" in found("khau=approve")
    assert "Không có việc nào khớp" in found("don-vi=999999")
    for hostile in (
        "khau=%00",
        "don-vi='%20or%201=1",
        "xem=<script>",
        "trang=-4",
        "thu-tuc=" + "a" * 500,
        "tim=%25%25",
    ):
        found(hostile)


def test_the_board_counts_exactly_and_shows_the_first_few(world: World, signed_in: SignIn) -> None:
    publish(world)
    for number in range(14):
        receive(world, title=f"Việc thứ {number}")
    stopped = receive(world, title="Việc tạm dừng")
    go(world, "officer", stopped.id, act="suspend", words="chờ giấy tờ bổ sung")
    board = text(signed_in("officer").get(BOARD))
    assert '<span class="tab-count">14</span>' in board and "Xem cả 14 việc" in board
    assert board.count("board-title") == 13
    whole = text(signed_in("officer").get(f"{LIST}?xem=don-vi&khau=receive"))
    assert whole.count("row-link") == 14
    assert stopped.number in text(signed_in("officer").get(f"{LIST}?xem=don-vi&khau=tam-dung"))


def test_secret_cases_stand_apart_and_are_counted_nowhere_else(world: World, signed_in: SignIn) -> None:
    publish(world)
    secret, plain = receive(world, title="Việc kín đáo", secrecy=2), receive(world, title="Việc thường")
    officer = signed_in("officer")
    for address in (LIST, f"{LIST}?xem=don-vi", f"{LIST}?xem=qua-han", BOARD, LEAVING):
        shown = text(officer.get(address))
        assert "Việc kín đáo" not in shown and secret.number not in shown
        assert ">2</span>" not in shown
    apart = text(officer.get(f"{LIST}?xem=mat"))
    assert "Việc kín đáo" in apart and "Việc thường" not in apart and "Tối mật" in apart
    low = signed_in("leader.low")
    assert "?xem=mat" not in text(low.get(LIST))
    assert "Việc kín đáo" not in text(low.get(f"{LIST}?xem=mat"))
    assert low.get(f"/ho-so-cong-viec/{secret.id}").status_code == 404
    assert plain.number in text(low.get(f"{LIST}?xem=don-vi"))


def test_another_unit_sees_nothing_and_the_reviewer_reads_no_case(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world)
    other = signed_in("officer.gov")
    assert made.number not in text(other.get(f"{LIST}?xem=don-vi"))
    assert '<span class="tab-count">1</span>' not in text(other.get(BOARD))
    hidden, missing = (other.get(f"/ho-so-cong-viec/{each}") for each in (made.id, "f" * 32))
    assert hidden.status_code == missing.status_code == 404
    assert world.journal()[-1][:2] == ("case:open", "refused")
    for who in ("reviewer", "security", "admin"):
        assert signed_in(who).get(LIST).status_code == 404
        assert signed_in(who).get(f"/ho-so-cong-viec/{made.id}").status_code == 404


def test_a_list_of_ten_thousand_asks_few_questions(world: World, app: Flask, signed_in: SignIn) -> None:
    version = publish(world)
    first, officer = receive(world), world.who("officer")
    with world.work() as uow:
        one = uow.session.get_one(Case, first.id)
        kept = {column.key: getattr(one, column.key) for column in Case.__table__.columns}
        many = [
            kept
            | {"id": new_id(), "serial": number, "number": f"D-BTC-2026-{number:05d}", "procedure_id": version}
            | {"assignee_id": officer.account_id if number % 2 else None}
            for number in range(2, 10_001)
        ]
        uow.session.execute(Case.__table__.insert(), many)
    client, asked = signed_in("officer"), []
    event.listen(
        app.extensions["oms"].database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_more: asked.append(statement),
    )
    for address in (LIST, f"{LIST}?xem=don-vi&trang=150", f"{LIST}?xem=don-vi&khau=receive", BOARD):
        asked.clear()
        text(client.get(address))
        about = [each for each in asked if re.search(r"\b(cases|case_\w+|procedure_versions)\b", each)]
        assert len(about) <= 8 and len(asked) <= 30, "\n".join(about)
    assert "10.000" in text(client.get(f"{LIST}?xem=don-vi"))


def test_receiving_goes_by_two_steps_with_its_papers(world: World, signed_in: SignIn) -> None:
    papers = (Paper("Tờ trình", "to_trinh", 2), Paper("Nhận xét nơi cư trú", required=False))
    publish(world, replace(APPOINT, papers=papers))
    client = signed_in("clerk")
    assert "thu-tuc=thu_nghiem" in text(client.get(f"{RECEIVE}?tim=thu+nghiem"))
    form = text(client.get(f"{RECEIVE}?thu-tuc=thu_nghiem"))
    assert "Tờ trình" in form and "Nhận xét nơi cư trú" in form
    data = {"code": "thu_nghiem", "unit_id": str(world.units["D-BTC"]), "title": LONG, "requester": "Đảng uỷ xã"}
    lacking = text(client.post(RECEIVE, data=data | {"copies-0": "1"}), 400)
    assert "Còn thiếu giấy tờ bắt buộc: Tờ trình" in lacking and LONG in lacking
    done = client.post(RECEIVE, data=data | {"has-0": "2"})
    assert done.status_code == 302
    shown = text(client.get(done.location))
    assert LONG in shown and "/phieu-nhan" in shown
    slip = text(client.get(f"{done.location}/phieu-nhan"))
    assert "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ" in slip and "16/11/2026" in slip and "Đảng uỷ xã" in slip
    assert world.journal()[-1][0] == "case:open"


def test_it_may_be_received_while_papers_are_still_to_come(world: World, signed_in: SignIn) -> None:
    publish(world)
    client = signed_in("officer")
    data = {"code": "thu_nghiem", "unit_id": str(world.units["D-BTC"]), "lacking": "1"}
    done = client.post(RECEIVE, data=data)
    shown = text(client.get(done.location))
    assert "đồng hồ dừng" in shown and "Còn thiếu giấy tờ bắt buộc: Tờ trình" in shown
    slip = text(client.get(f"{done.location}/phieu-nhan"))
    assert "tính từ ngày bổ sung đủ giấy tờ" in slip and "Giấy tờ cần bổ sung" in slip
    made = done.location.rpartition("/")[2]
    refused = sent(world, client, made, viec="resume")
    assert "Còn thiếu giấy tờ bắt buộc" in text(refused, 400)
    paper = re.search(r'name="paper-(\w+)"', page(client, made))
    assert paper
    assert sent(world, client, made, "giay-to", **{f"paper-{paper[1]}": "1"}).status_code == 302
    assert "đã đủ nhưng đồng hồ vẫn dừng" in page(client, made)
    assert sent(world, client, made, viec="resume").status_code == 302
    assert case(world, made).state == CaseState.RUNNING


def test_the_slip_of_a_secret_case_says_that_it_is_not_printed_here(world: World, signed_in: SignIn) -> None:
    publish(world)
    client = signed_in("officer")
    data = {"code": "thu_nghiem", "unit_id": str(world.units["D-BTC"]), "has-0": "1", "secrecy": "1"}
    done = client.post(RECEIVE, data=data)
    shown = text(client.get(done.location))
    assert "Việc mật chỉ hiện ở thẻ Mật" in shown and "In giấy tiếp nhận để trao" not in shown
    slip = text(client.get(f"{done.location}/phieu-nhan"))
    assert "không in từ trình duyệt" in slip and "data-print" not in slip


def test_an_empty_hand_shows_the_way_to_the_units_work(world: World, signed_in: SignIn) -> None:
    publish(world)
    receive(world, "officer2")
    assert "Xem 1 việc của đơn vị" in text(signed_in("officer").get(LIST))


def test_the_dossier_is_found_by_number_by_name_or_chosen(world: World, signed_in: SignIn) -> None:
    publish(world)
    one, _two = world.dossier("Tô Thị Hiếu", number="HS-77"), world.dossier("Tô Thị Hiếu", number="HS-78")
    hidden = world.dossier("Vi Văn Kín", unit="C-SNV", by="officer.gov", number="HS-79")
    client = signed_in("officer")
    data = {"code": "thu_nghiem", "unit_id": str(world.units["D-BTC"]), "has-0": "1"}
    done = client.post(RECEIVE, data=data | {"dossier": "hs-77"})
    assert case(world, done.location.rpartition("/")[2]).dossier_id == one.dossier.id
    choose = text(client.post(RECEIVE, data=data | {"dossier": "tô thị hiếu"}), 400)
    assert choose.count('name="dossier_id"') == 2
    picked = client.post(RECEIVE, data=data | {"dossier": "tô thị hiếu", "dossier_id": one.dossier.id})
    assert picked.status_code == 302
    for never in ("HS-79", "Vi Văn Kín", "HS-0000"):
        assert "Không có hồ sơ nào" in text(client.post(RECEIVE, data=data | {"dossier": never}), 400)
    assert client.post(RECEIVE, data=data | {"dossier_id": hidden.dossier.id}).status_code == 404
    assert client.get(f"{RECEIVE}?ho-so={hidden.dossier.id}").status_code == 404
    assert "HS-77" in text(client.get(f"{RECEIVE}?thu-tuc=thu_nghiem&ho-so={one.dossier.id}"))
    assert "Tô Thị Hiếu" in text(client.get(f"{LIST}?xem=don-vi&ho-so={one.dossier.id}"))


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"unit_id": "không"},
        {"unit_id": "9" * 9},
        {"secrecy": "9"},
        {"secrecy": "-1"},
        {"compartment": "<script>"},
        {"code": "\x00"},
        {"code": "khong_co"},
        {"copies-0": "1e9"},
        {"title": "a"},
        {"dossier_id": "x" * 9000},
    ],
)
def test_a_hostile_form_receives_nothing(world: World, signed_in: SignIn, bad: dict[str, str]) -> None:
    publish(world)
    data = {"code": "thu_nghiem", "unit_id": str(world.units["D-BTC"])}
    assert signed_in("officer").post(RECEIVE, data=data | bad).status_code in (400, 404)
    assert '<span class="tab-count">0</span>' in text(signed_in("officer").get(LIST))


def test_only_open_moves_are_drawn(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world, "clerk")
    clerk, officer, other = (page(signed_in(who), made.id) for who in ("clerk", "officer", "clerk2"))
    assert 'value="forward"' in clerk and 'value="refuse"' not in clerk and 'value="back"' not in clerk
    assert 'value="refuse"' in officer and 'value="forward"' in officer
    assert "Xử lý</h2>" not in other and 'name="version"' not in other
    go(world, "clerk", made.id, act="withdraw", words="người đề nghị rút đơn")
    assert 'name="version"' not in page(signed_in("clerk"), made.id)


def test_a_case_goes_from_receipt_to_its_end_in_the_pages(world: World, signed_in: SignIn, tmp_path: Path) -> None:
    publish(world)
    made, officer = receive(world), world.who("officer")
    client = signed_in("officer")
    for _step in range(4):
        assert sent(world, client, made.id, viec="forward", to_account=officer.account_id).status_code == 302
    file = draft_file(tmp_path / "a.pdf", "QUYET DINH").read_bytes()
    upload = {"file": (io.BytesIO(file), "Dự thảo.pdf"), "note": "bản đầu"}
    assert sent(world, client, made.id, "du-thao", **upload).status_code == 302
    got = signed_in("leader").get(f"/ho-so-cong-viec/{made.id}/du-thao/1")
    assert got.mimetype == "application/pdf" and got.data.startswith(b"%PDF")
    assert world.journal()[-1][0] == "case:read"
    leader = world.who("leader").account_id
    assert sent(world, client, made.id, viec="forward", to_account=leader, words="trình ký").status_code == 302
    boss = signed_in("leader")
    assert made.number in text(boss.get(LIST)) and "Phê duyệt</button>" in page(boss, made.id)
    unsigned = sent(world, boss, made.id, "phe-duyet", to_account=officer.account_id)
    assert "khoá ký số" in text(unsigned, 400)
    done = sent(world, boss, made.id, "phe-duyet", to_account=officer.account_id, on_paper="1", words="đồng ý")
    assert done.status_code == 302 and case(world, made.id).step == "issue"
    assert sent(world, client, made.id, viec="forward").status_code == 302
    ended = page(client, made.id)
    assert "Đã phát hành" in ended and "trình ký" in ended and "Xử lý</h2>" not in ended
    assert made.number in text(client.get(f"{LIST}?xem=da-ket-thuc"))


def test_who_was_faster_wins_and_nothing_typed_is_lost(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world)
    stale = {"viec": "suspend", "reason": "chờ ý kiến của cấp uỷ nơi công tác", "version": "1"}
    go(world, "officer", made.id, "officer")
    answer = signed_in("officer").post(f"/ho-so-cong-viec/{made.id}/chuyen", data=stale)
    shown = text(answer, 409)
    assert "vừa được người khác xử lý" in shown and "chờ ý kiến của cấp uỷ nơi công tác" in shown
    assert case(world, made.id).state == CaseState.RUNNING


def test_a_move_without_its_reason_is_told_where_it_was_typed(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world)
    client = signed_in("officer")
    for what in ("suspend", "refuse", "withdraw", "hand_over"):
        shown = text(sent(world, client, made.id, viec=what, reason="ừ"), 400)
        assert f'id="f-reason-{what}-error"' in shown and f'id="move-{what}" open' in shown
    for hostile in ({"viec": "approve"}, {"viec": ""}, {"viec": "x" * 99}, {"version": "\x00"}, {}):
        assert sent(world, client, made.id, **hostile).status_code in (400, 409)
    assert sent(world, client, made.id, "giay-to", **{f"paper-{'f' * 32}": "1"}).status_code == 302
    assert sent(world, client, made.id, "giay-to", **{"paper-x": "nhiều"}).status_code == 400
    assert sent(world, client, made.id, "du-thao").status_code == 400
    assert sent(world, client, made.id, "y-kien", due="hôm qua").status_code == 400
    for number in ("9", "-1", "x", "1e3"):
        assert client.get(f"/ho-so-cong-viec/{made.id}/du-thao/{number}").status_code == 404


def test_opinions_are_asked_given_and_taken_back(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world)
    client, adviser = signed_in("officer"), signed_in("officer2")
    persons = [world.who(name).account_id for name in ("officer2", "clerk")]
    asked = sent(world, client, made.id, "y-kien", persons=persons, question="Đúng quy hoạch chưa?", due="05/11/2026")
    assert asked.status_code == 302
    mine = text(adviser.get(LIST))
    assert "Xin ý kiến của tôi (1)" in mine and "Đúng quy hoạch chưa?" in mine
    form = re.search(rf"/ho-so-cong-viec/{made.id}/y-kien/(\w+)\"", page(adviser, made.id))
    assert form
    empty = adviser.post(f"/ho-so-cong-viec/{made.id}/y-kien/{form[1]}", data={"stance": "disagree"})
    assert "ít nhất 5 ký tự" in text(empty, 400)
    said = {"stance": "comment", "text": "Cần bổ sung nhận xét nơi cư trú"}
    assert adviser.post(f"/ho-so-cong-viec/{made.id}/y-kien/{form[1]}", data=said).status_code == 302
    assert adviser.post(f"/ho-so-cong-viec/{made.id}/y-kien/{form[1]}", data=said).status_code == 409
    back = re.search(rf"/ho-so-cong-viec/{made.id}/y-kien/(\w+)/thoi", page(client, made.id))
    assert back and sent(world, client, made.id, f"y-kien/{back[1]}/thoi").status_code == 302
    shown = page(client, made.id)
    assert "Cần bổ sung nhận xét nơi cư trú" in shown and "thôi không hỏi" in shown


def test_a_year_without_its_days_off_is_told(world: World, signed_in: SignIn) -> None:
    publish(world)
    publish(world, replace(APPOINT, code="dai", days=60))
    near, far = receive(world), receive(world, code="dai")
    assert "Ngày nghỉ của năm" not in page(signed_in("officer"), near.id)
    assert "Ngày nghỉ của năm 2027 chưa nhập" in page(signed_in("officer"), far.id)


def test_the_history_says_who_why_and_what_it_did_to_the_last_day(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world)
    go(world, "officer", made.id, act="suspend", words="chờ xác minh lý lịch")
    world.clock.forward(days=2)
    go(world, "officer", made.id, act="resume")
    shown = page(signed_in("officer"), made.id)
    assert "chờ xác minh lý lịch" in shown
    assert "16/11/2026 → đồng hồ dừng" in shown and "đồng hồ dừng → 17/11/2026" in shown


def test_the_work_of_another_desk_says_where_it_is_done(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world, subject=("batch", "a" * 32))
    shown = page(signed_in("officer"), made.id)
    assert f'href="/dot-so-hoa/{"a" * 32}"' in shown
    assert 'value="hand_over"' not in shown and 'value="forward"' not in shown and "Xin ý kiến</summary>" not in shown
    assert "bàn chuyên môn" in text(sent(world, signed_in("officer"), made.id, viec="forward"), 400)


def test_a_notice_opens_the_case(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world)
    go(world, "officer", made.id, "officer2")
    notices = text(signed_in("officer2").get("/thong-bao"))
    notice = re.search(r'action="(/thong-bao/\w{32})"', notices)
    assert notice and signed_in("officer2").post(notice[1]).location.endswith(made.id)


def test_all_of_a_leaving_persons_work_goes_in_one_go(world: World, signed_in: SignIn) -> None:
    publish(world)
    first, second = receive(world, "clerk", title="Việc một"), receive(world, "clerk", title="Việc hai")
    officer = world.who("officer")
    asked = receive(world, title="Việc ba")
    clerk, clerk2 = world.who("clerk").account_id, world.who("clerk2").account_id
    with world.work(officer) as uow:
        case_opinions.ask(uow, officer, asked.id, asked.version, [clerk], "Đủ giấy chưa?", None, world.clock())
    client = signed_in("officer")
    assert "Người thử clerk" in text(client.get(LEAVING))
    shown = text(client.get(f"{LEAVING}?nguoi={clerk}"))
    assert all(each in shown for each in ("Việc một", "Việc hai", "Ý kiến được hỏi: Việc ba"))
    form = dict(re.findall(r'name="((?:v|nguoi|mat)[\w-]*)" value="(\w*)"', shown))
    form |= dict.fromkeys(re.findall(r'name="(to-\w+)"', shown), "")
    assert "Hãy chọn người nhận" in text(client.post(LEAVING, data=form | {"reason": "chuyển công tác"}), 400)
    assert "Hãy ghi lý do" in text(client.post(LEAVING, data=form | {"to_all": clerk2}), 400)
    mixed = form | {"to_all": clerk2, f"to-{second.id}": world.who("officer.gov").account_id, "reason": "nghỉ hưu"}
    told = text(client.post(LEAVING, data=mixed | {"reason": "nghỉ hưu từ tháng sau"}), 400)
    assert second.number in told and "Chưa bàn giao việc nào" in told
    assert case(world, first.id).assignee_id == clerk
    done = client.post(
        LEAVING, data=form | {"to_all": clerk2, "reason": "nghỉ hưu từ tháng sau"}, follow_redirects=True
    )
    assert "Đã bàn giao 3 việc" in text(done)
    assert {case(world, each.id).assignee_id for each in (first, second)} == {clerk2}
    assert "Đủ giấy chưa?" in text(signed_in("clerk2").get(LIST))
    assert client.get(f"{LEAVING}?nguoi={clerk}").status_code == 200
    assert signed_in("clerk").get(LEAVING).status_code == 404


def test_a_stale_hand_over_hands_nothing_over(world: World, signed_in: SignIn) -> None:
    publish(world)
    made = receive(world, "clerk")
    clerk, clerk2 = world.who("clerk").account_id, world.who("clerk2").account_id
    client = signed_in("officer")
    form = {"nguoi": clerk, f"v-{made.id}": "1", f"to-{made.id}": clerk2, "reason": "chuyển công tác"}
    go(world, "clerk", made.id, "clerk")
    assert client.post(LEAVING, data=form).status_code == 409
    assert case(world, made.id).assignee_id == clerk


def test_work_that_a_desk_begins_itself_is_not_received_a_second_time(world: World, signed_in: SignIn) -> None:
    page = signed_in("officer").get(RECEIVE).get_data(as_text=True)
    assert "thu-tuc=bo_nhiem" in page and "thu-tuc=cho_muon_ho_so" not in page
    client = signed_in("officer")
    assert "Tiếp nhận việc" in client.get("/thu-tuc/bo_nhiem").get_data(as_text=True)
    assert "Tiếp nhận việc" not in client.get("/thu-tuc/cho_muon_ho_so").get_data(as_text=True)
