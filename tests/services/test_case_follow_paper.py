"""Consultations, loans, transfers, disposals, levels and batches as cases: moved and ended by their desks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from consulting import approved, asked, prepared
from factories import World
from following import answer, cases_of, enter, found, history, of, stands
from hostile_files import many_pages
from office import receive, told
from sqlalchemy import select
from test_intake import drop, keeper_of, settle
from test_keeping_disposals import ask as ask_disposal
from test_keeping_disposals import close as close_dossier
from test_keeping_disposals import decide as decide_disposal
from test_keeping_loans import give_back, lend
from test_keeping_transfers import begin as begin_transfer
from test_keeping_transfers import receiver, seal, take
from test_pile import close, new_batch
from test_secrecy_levels import REASON, give, lower

from oms.domain.approvals import State
from oms.domain.case_subjects import BatchStep
from oms.domain.casework import CaseState
from oms.domain.records import PageState
from oms.errors import Refused
from oms.services import (
    approvals,
    case_follow,
    case_moves,
    consultation_cases,
    consultations,
    declassifying,
    desk,
    intake,
    loans,
    transfers,
)
from oms.services.classifying import Lowering
from oms.services.consultation_cases import Word
from oms.store.case_tables import Case
from oms.store.dossiers import DossierRow
from oms.store.duty_tables import Approval
from oms.store.tables import Batch, Page, Scan

# --- consultations ---------------------------------------------------------------------------------------------------


def test_a_consultation_is_a_case_of_the_unit_that_is_asked(world: World) -> None:
    row = world.dossier(secrecy=1)
    lent = world.filed(row)
    made = prepared(world, row.dossier.id, lent)
    case = of(world, "consultation", made)
    assert case.unit_id == world.units["D-BTC"] and case.due == date(2026, 11, 5)  # three working days
    # nothing of what was found shows before the decision
    assert (case.step, case.dossier_id, case.secrecy, case.version) == ("receive", None, 0, 1)
    leader, word = world.who("leader"), Word(False, reason="không đúng thẩm quyền")
    with world.work(leader) as uow:
        consultation_cases.decide(uow, leader, made, 2, word, world.clock())
    assert of(world, "consultation", made).state == CaseState.REFUSED
    assert history(world, "consultation", made)[-1] == ("refuse", "receive", "leader")


def test_one_approved_is_issued_at_the_level_of_its_dossier_and_revoking_it_moves_nothing(world: World) -> None:
    row = world.dossier(secrecy=1)
    made = approved(world, row.dossier.id, world.filed(row))
    case = of(world, "consultation", made)
    assert (case.state, case.dossier_id, case.secrecy) == (CaseState.ISSUED, row.dossier.id, 1)
    leader = world.who("leader")
    with world.work(leader) as uow:
        consultation_cases.revoke(uow, leader, made, "đã xong việc", world.clock())
    assert of(world, "consultation", made).ended_at == case.ended_at


def test_who_asked_withdraws_it_and_one_nobody_decided_ends_with_its_days(world: World) -> None:
    made, other = asked(world), asked(world)
    asker = world.who("officer.gov")
    with world.work(asker) as uow:
        consultations.close(uow, asker, made, world.clock())
    assert of(world, "consultation", made).state == CaseState.WITHDRAWN
    assert case_follow.sweep(world.house, world.clock()) == 0
    world.clock.forward(days=3)
    assert case_follow.sweep(world.house, world.clock()) == 1
    lapsed = of(world, "consultation", other)
    assert (lapsed.state, lapsed.assignee_id) == (CaseState.WITHDRAWN, None)
    assert history(world, "consultation", other)[-1] == ("withdraw", "receive", "")  # no person: time did
    assert case_follow.sweep(world.house, world.clock()) == 0


# --- paper: loans, transfers, disposals ------------------------------------------------------------------------------


def test_a_loan_is_due_on_its_own_day_and_ends_when_every_page_is_back_or_explained(world: World) -> None:
    row = world.dossier()
    world.filed(row, pages=3)
    loan = lend(world, row, pages=3)
    case = of(world, "loan", loan)
    assert (case.step, case.due, case.step_due) == ("issue", date(2026, 11, 20), None)
    world.clock.forward(days=20)
    give_back(world, loan, 2)
    assert stands(world, "loan", loan) == ("running", "issue")
    officer = world.who("officer")
    with world.work(officer) as uow:
        loans.explain(uow, officer, loan, "trang 3 thất lạc ở nơi mượn", world.clock())
    ended = of(world, "loan", loan)
    assert (ended.state, ended.late_days) == (CaseState.ISSUED, 1)
    assert [act for act, *_rest in history(world, "loan", loan)] == ["receive", "assign", "forward"]


def test_why_a_followed_case_was_late_is_written_after_its_end_and_once(world: World) -> None:
    row = world.dossier()
    loan = lend(world, row, pages=3)
    world.clock.forward(days=30)
    give_back(world, loan, 3)
    case, officer = of(world, "loan", loan), world.who("officer2")
    with world.work(officer) as uow:
        case_moves.explain_late(uow, officer, case.id, case.version, "nơi mượn sáp nhập", world.clock())
    assert of(world, "loan", loan).late_reason == "nơi mượn sáp nhập"
    with told("không quá hạn"), world.work(officer) as uow:
        case_moves.explain_late(uow, officer, case.id, case.version + 1, "lý do khác hẳn", world.clock())


def test_a_transfer_is_a_case_on_either_side_and_each_keeps_its_own(world: World) -> None:
    row = world.dossier(secrecy=1)
    world.filed(row)
    xa, sent = receiver(world), begin_transfer(world, row)
    assert stands(world, "transfer_out", sent) == ("running", "draft") and cases_of(world) == 1
    seal(world, sent)
    out, coming = of(world, "transfer_out", sent), of(world, "transfer_in", sent)
    assert (out.step, out.due) == ("issue", date(2026, 11, 11)) and (coming.step, coming.secrecy) == ("draft", 1)
    assert coming.unit_id == world.units["D-XA"] and coming.dossier_id is None
    assert found(world, "officer.xa", coming.id) and not found(world, "officer.xa", out.id)
    assert take(world, xa, sent).received
    out, coming = of(world, "transfer_out", sent), of(world, "transfer_in", sent)
    assert (out.state, coming.state) == (CaseState.ISSUED, CaseState.ISSUED)
    assert coming.dossier_id == row.dossier.id
    assert found(world, "officer", out.id) and found(world, "officer.xa", coming.id)


def test_a_list_that_does_not_fit_refuses_both_and_taking_it_back_withdraws_both(world: World) -> None:
    row = world.dossier()
    paper = world.filed(row, pages=3)
    xa, first = receiver(world), begin_transfer(world, row)
    seal(world, first)
    take(world, xa, first, **{paper: 2})
    second = begin_transfer(world, row)
    seal(world, second)
    officer = world.who("officer2")
    with world.work(officer) as uow:
        transfers.cancel(uow, officer, second, "quyết định thu hồi", world.clock())
    for kind in ("transfer_out", "transfer_in"):
        assert of(world, kind, first).state == CaseState.REFUSED
        assert of(world, kind, second).state == CaseState.WITHDRAWN


def test_other_desks_work_goes_with_the_dossier_and_the_offices_own_keeps_it(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    xa, request = receiver(world), enter(world, row)
    own = receive(world, code="bo_nhiem", papers=dict.fromkeys(range(9), 1), dossier_id=row.dossier.id)
    sent = begin_transfer(world, row)
    with told("Còn hồ sơ công việc"):
        seal(world, sent)
    officer = world.who("officer")
    with world.work(officer) as uow:
        case_moves.withdraw(uow, officer, own.id, own.version, "hoãn việc bổ nhiệm", world.clock())
    seal(world, sent)
    assert take(world, xa, sent).received
    moved = of(world, "request", request)
    assert (moved.step_unit_id, moved.assignee_id) == (world.units["D-XA"], None)
    assert found(world, "officer.xa", moved.id)


def test_a_transfer_is_not_sealed_while_a_filed_paper_is_being_read(world: World) -> None:
    row = world.dossier()
    page_of = select(Page).where(Page.document_id == world.filed(row))
    with world.work() as uow:
        page = uow.session.scalars(page_of).one()
        kept = page.image_sha
        page.state, page.image_sha = PageState.WAITING, ""
    made = begin_transfer(world, row)
    with told("Máy còn đang đọc"):
        seal(world, made)
    with world.work() as uow:
        page = uow.session.scalars(page_of).one()
        page.state, page.image_sha = PageState.READ, kept
    seal(world, made)


def test_a_disposal_is_a_case_until_the_second_person_has_decided(world: World) -> None:
    row = world.dossier("Cầm Văn Điệu", birth_date="05/08/1900")
    close_dossier(world, row)
    refused = ask_disposal(world, row)
    assert stands(world, "disposal", refused) == ("running", "approve")
    decide_disposal(world, refused, approve=False)
    assert of(world, "disposal", refused).state == CaseState.REFUSED
    gone = ask_disposal(world, row)
    with pytest.raises(Refused):
        decide_disposal(world, gone, username="officer")
    decide_disposal(world, gone)
    ended = of(world, "disposal", gone)
    assert (ended.state, ended.title) == (CaseState.ISSUED, "")  # its words go with the dossier, its count stays


# --- levels ----------------------------------------------------------------------------------------------------------


def ask_lower(world: World, row: DossierRow, level: int = 0) -> str:
    officer = world.who("officer")
    with world.work(officer) as uow:
        wanted = Lowering("dossier", row.dossier.id, level, row.dossier.compartment, REASON)
        return declassifying.ask(uow, officer, wanted, world.clock()).id


def decide(world: World, approval: str, approve: bool, by: str = "leader") -> None:
    who = world.who(by)
    with world.work(who) as uow:
        approvals.decide(uow, who, approval, approve, "chưa đủ căn cứ giải mật", world.clock())


def test_declassifying_is_a_secret_case_due_when_the_request_runs_out(world: World) -> None:
    row = world.dossier(secrecy=2)
    first = ask_lower(world, row, 1)
    case = of(world, "declassify", first)
    with world.work() as uow:
        expires = uow.session.get_one(Approval, first).expires_at
    assert (case.secrecy, case.step) == (2, "approve") and case.due == (expires + timedelta(hours=7)).date()
    decide(world, first, approve=False)
    assert of(world, "declassify", first).state == CaseState.REFUSED
    second = ask_lower(world, row, 1)
    decide(world, second, approve=True)
    assert of(world, "declassify", second).state == CaseState.ISSUED
    assert history(world, "declassify", second)[-1][2] == "leader"
    assert of(world, "declassify", second).secrecy == 2  # what was decided stays as secret as it was


def test_a_request_to_declassify_that_is_taken_back_or_runs_out_is_withdrawn(world: World) -> None:
    row, officer = world.dossier(secrecy=2), world.who("officer")
    first = ask_lower(world, row)
    with world.work(officer) as uow:
        approvals.withdraw(uow, officer, first, world.clock())
    assert of(world, "declassify", first).state == CaseState.WITHDRAWN
    second = ask_lower(world, row)
    world.clock.forward(days=60)
    with world.work() as uow:
        approvals.expire(uow, world.clock())
        assert uow.session.get_one(Approval, second).state == State.EXPIRED
    assert of(world, "declassify", second).state == CaseState.WITHDRAWN


def test_no_case_about_a_dossier_stays_below_it_and_what_had_its_level_from_it_falls_with_it(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    request, ended = enter(world, row), enter(world, row, number="YC-2")
    answer(world, ended, "done", "đã trả lời bằng văn bản")
    secret = receive(world, dossier_id=row.dossier.id, code="bo_nhiem", papers=dict.fromkeys(range(9), 1), secrecy=2)
    with world.work() as uow:
        uow.session.get_one(Case, secret.id).state = CaseState.WITHDRAWN  # out of the transfer's way
    sent = begin_transfer(world, row)
    seal(world, sent)
    give(world, "dossier", row.dossier.id, compartment="bvctnb")
    followed = [("request", request), ("request", ended), ("transfer_out", sent), ("transfer_in", sent)]
    for kind, subject in followed:
        case = of(world, kind, subject)
        assert (case.secrecy, case.compartment) == (1, "bvctnb"), kind
    lower(world, "dossier", row.dossier.id, 0)
    for kind, subject in followed:
        case = of(world, kind, subject)
        assert (case.secrecy, case.compartment) == (0, ""), kind
    with world.work() as uow:
        assert uow.session.get_one(Case, secret.id).secrecy == 2


# --- batches ---------------------------------------------------------------------------------------------------------


def file(world: World, document: str, row: DossierRow) -> None:
    officer = world.who("officer")
    with world.work(officer) as uow:
        desk.file(uow, officer, document, 1, row.dossier.id, desk.Edit("quyet_dinh", "Bổ nhiệm"), world.clock())


def test_a_batch_is_a_case_from_its_opening_until_all_is_filed_and_it_is_closed(world: World) -> None:
    row, batch = world.dossier(), new_batch(world)
    case = of(world, "batch", batch)
    assert (case.step, case.title) == ("receive", "Số hoá đợt hồ sơ, “Đợt thử”")
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        received = intake.Received(uow.vault.put_bytes(b"one"), 3, "pdf", 1)
        intake.receive(uow, clerk, batch, received, "quet.pdf", world.clock())
    assert stands(world, "batch", batch) == ("running", "draft")
    with world.work() as uow:  # the machine has read it
        for scan in uow.session.scalars(select(Scan)):
            scan.state = "read"
        for page in uow.session.scalars(select(Page)):
            page.state = "read"
    first, second = world.paper(), world.paper()
    file(world, first, row)
    assert stands(world, "batch", batch) == ("running", "draft")
    file(world, second, row)
    assert stands(world, "batch", batch) == ("running", "approve")
    officer = world.who("officer")
    with world.work(officer) as uow:
        desk.undo(uow, officer, second, world.clock())
    assert stands(world, "batch", batch) == ("running", "draft")
    assert [act for act, *_rest in history(world, "batch", batch)] == ["receive", "forward", "forward", "back"]


def test_a_batch_closed_is_issued_and_the_program_itself_may_move_one(world: World) -> None:
    batch = new_batch(world)
    with world.work() as uow:
        case_follow.follow(uow, None, "batch", batch, BatchStep.WORKING, world.clock())
    assert history(world, "batch", batch)[-1] == ("forward", "draft", "")
    assert close(world, batch) == []
    assert of(world, "batch", batch).state == CaseState.ISSUED
    clerk = world.who("clerk")
    with told("đặt tên"), world.work(clerk) as uow:
        intake.create_batch(uow, clerk, intake.NewBatch(world.units["D-BTC"], "  "), world.clock())
    assert cases_of(world) == 1
    with world.work() as uow:
        begun = case_follow.Begun("batch", "b" * 32, BatchStep.OPENED, world.units["D-BTC"], by=clerk.account_id)
        made = case_follow.begin(uow, None, begun, world.clock())
        assert made is not None and made.created_by == clerk.account_id
    assert history(world, "batch", "b" * 32) == [("receive", "receive", "")]


def test_a_batch_from_the_intake_folder_waits_in_nobodys_hand(world: World) -> None:
    keeper = keeper_of(world)
    drop(world, "D-BTC/Đợt máy quét/a.pdf", many_pages(2))
    assert settle(world, keeper) == 1
    with world.work() as uow:
        batch = uow.session.scalars(select(Batch)).one()
    assert of(world, "batch", batch.id).assignee_id is None
    assert stands(world, "batch", batch.id) == ("running", "draft")
