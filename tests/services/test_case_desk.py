"""Papers, opinions, drafts and the approval of a case: real files, a real signature, and what nobody may do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from agency_key import AGENCY, key_file, settings_with_key
from factories import World
from hostile_files import ACTIVE
from office import case, draft_file, go, publish, receive, told
from test_delegations import acting, lend

from oms.errors import Conflict, InvalidInput, Refused
from oms.services import case_approval, case_drafts, case_opinions, case_papers
from oms.services.case_approval import Word
from oms.services.case_drafts import Sent
from oms.store import cases as store
from oms.store.case_tables import CaseDraft, CaseOpinion
from scanning.signatures import check_signatures


def at_approval(world: World) -> str:
    """A case the officer took to the leader's approval."""
    publish(world)
    made = receive(world)
    for _step in range(4):
        go(world, "officer", made.id, "officer")
    go(world, "officer", made.id, "leader")
    return made.id


def drafted(world: World, tmp_path: Path, case_id: str, text: str = "QUYẾT ĐỊNH") -> CaseDraft:
    path = draft_file(tmp_path / "draft.pdf", text)
    officer = world.who("officer")
    sent = Sent(path, "Dự thảo quyết định.pdf", "bản đầu")
    return case_drafts.attach(world.house, officer, case_id, case(world, case_id).version, sent, world.clock())


def approve(world: World, case_id: str, who: str = "leader", **more: object) -> None:
    word = Word(world.who("officer").account_id, "đồng ý ban hành", **more)  # type: ignore[arg-type]
    case_approval.approve(world.house, world.who(who), case_id, case(world, case_id).version, word, world.clock())


def opinions(world: World, case_id: str) -> list[CaseOpinion]:
    with world.work() as uow:
        found = store.opinions_of(uow.session, case_id)
        uow.session.expunge_all()
        return found


def ask(world: World, case_id: str, *names: str, due: date | None = None) -> None:
    officer = world.who("officer")
    persons = [world.who(name).account_id for name in names]
    version = case(world, case_id).version
    with world.work(officer) as uow:
        case_opinions.ask(uow, officer, case_id, version, persons, "Có đúng quy hoạch?", due, world.clock())


def test_papers_that_come_later_are_entered_and_the_clock_goes_on(world: World) -> None:
    publish(world)
    made, officer = receive(world, papers={}, lacking=True), world.who("officer")
    with world.work(officer) as uow:
        paper = store.papers_of(uow.session, made.id)[0].id
        with told("từ 0 đến"):
            case_papers.enter(uow, officer, made.id, made.version, paper, 51, world.clock())
        case_papers.enter(uow, officer, made.id, made.version, paper, 1, world.clock())
        assert case_papers.missing(uow, made.id) == []
    go(world, "officer", made.id, act="resume")
    assert case(world, made.id).due is not None
    version = case(world, made.id).version
    with pytest.raises(Refused), world.work(officer) as uow:
        case_papers.enter(uow, officer, made.id, version, "f" * 32, 1, world.clock())


def test_drafts_are_versions_and_only_pdf_is_taken(world: World, tmp_path: Path) -> None:
    publish(world)
    made = receive(world)
    assert drafted(world, tmp_path, made.id).number == 1
    with told("giống hệt"):
        drafted(world, tmp_path, made.id)
    assert drafted(world, tmp_path, made.id, "QUYẾT ĐỊNH sửa").number == 2
    rubbish = tmp_path / "a.pdf"
    rubbish.write_bytes(b"MZ rubbish")
    officer, version, sent = world.who("officer"), case(world, made.id).version, Sent(rubbish, "a.pdf")
    with pytest.raises(InvalidInput):
        case_drafts.attach(world.house, officer, made.id, version, sent, world.clock())
    data, name = case_drafts.read(world.house, world.who("leader"), made.id, 1, world.clock())
    assert data.startswith(b"%PDF") and name == "Dự thảo quyết định.pdf"
    assert world.journal()[-1][:2] == ("case:read", "done")
    with pytest.raises(Refused):
        case_drafts.read(world.house, world.who("officer.gov"), made.id, 1, world.clock())


def test_an_opinion_is_given_once_by_who_was_asked(world: World) -> None:
    publish(world)
    made, officer2 = receive(world), world.who("officer2")
    with told("chính mình"):
        ask(world, made.id, "officer")
    with told("không xử lý được"):
        ask(world, made.id, "officer.gov")
    ask(world, made.id, "officer2", due=date(2026, 11, 5))
    [one] = opinions(world, made.id)
    with pytest.raises(Refused), world.work(world.who("clerk")) as uow:
        case_opinions.say(uow, world.who("clerk"), made.id, one.id, "agree", "", world.clock())
    with told("ít nhất"), world.work(officer2) as uow:
        case_opinions.say(uow, officer2, made.id, one.id, "disagree", "", world.clock())
    with world.work(officer2) as uow:
        case_opinions.say(uow, officer2, made.id, one.id, "comment", "Cần bổ sung nhận xét nơi cư trú", world.clock())
    with pytest.raises(Conflict), world.work(officer2) as uow:
        case_opinions.say(uow, officer2, made.id, one.id, "agree", "", world.clock())


def test_nothing_is_said_of_a_case_that_has_ended(world: World) -> None:
    publish(world)
    made = receive(world)
    officer, officer2, version = world.who("officer"), world.who("officer2"), case(world, made.id).version
    with world.work(officer) as uow:
        [one] = case_opinions.ask(
            uow, officer, made.id, version, [officer2.account_id], "Có đúng?", None, world.clock()
        )
    go(world, "officer", made.id, act="withdraw", words="người đề nghị rút đơn")
    ended = case(world, made.id).version
    with told("đã kết thúc"), world.work(officer2) as uow:
        case_opinions.say(uow, officer2, made.id, one.id, "disagree", "Chưa đủ năm giữ chức vụ", world.clock())
    with told("đã kết thúc"), world.work(officer) as uow:
        case_opinions.no_longer(uow, officer, made.id, ended, one.id, world.clock())
    assert opinions(world, made.id)[0].text == ""


def test_it_waits_for_opinions_or_for_the_question_to_be_taken_back(world: World) -> None:
    publish(world)
    made = receive(world)
    ask(world, made.id, "officer2")
    for _step in range(4):
        go(world, "officer", made.id, "officer")
    go(world, "officer", made.id, "leader")
    with told("1 ý kiến chưa trả lời"):
        approve(world, made.id)
    go(world, "leader", made.id, "consult", "back", "còn chờ ý kiến của phòng bên")
    officer, [one], version = world.who("officer"), opinions(world, made.id), case(world, made.id).version
    with world.work(officer) as uow:
        case_opinions.no_longer(uow, officer, made.id, version, one.id, world.clock())
    go(world, "officer", made.id, "leader")
    approve(world, made.id)
    assert case(world, made.id).step == "issue"


def test_nobody_approves_their_own_and_no_officer_approves(world: World) -> None:
    made = at_approval(world)
    for who in ("officer", "clerk", "officer.gov"):
        with pytest.raises(Refused):
            approve(world, made, who)
    assert [row[1] for row in world.journal() if row[0] == "case:approve"] == ["refused"] * 3


def test_a_leader_who_received_it_is_no_second_person(world: World) -> None:
    publish(world)
    made = receive(world, "leader")
    for _step in range(4):
        go(world, "leader", made.id, "officer" if _step == 3 else "leader")
    with told("người khác"):
        go(world, "officer", made.id, "leader")


def test_approval_signs_the_newest_draft_with_the_agencys_key(world: World, tmp_path: Path) -> None:
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world)
    publish(world)
    made = receive(world)
    drafted(world, tmp_path, made.id)
    newest = drafted(world, tmp_path, made.id, "QUYẾT ĐỊNH bản hai")
    for _step in range(4):
        go(world, "officer", made.id, "officer")
    go(world, "officer", made.id, "leader")
    approve(world, made.id)
    with world.work() as uow:
        signed, first = store.drafts_of(uow.session, made.id)
        assert signed.number == newest.number and signed.signed_sha256 and not first.signed_sha256
        assert signed.signed_by == world.who("leader").account_id
        with world.house.vault.opened(signed.signed_sha256) as path:
            [found] = check_signatures(path, None)
    assert found.intact and found.whole and found.agency == AGENCY
    assert world.house.vault.read(newest.sha256).startswith(b"%PDF"), "the draft itself stays as it was"
    assert case(world, made.id).step == "issue"
    assert ("case:approve", "done", made.id) in world.journal()


def test_without_a_key_it_is_told_and_signing_by_hand_is_said(world: World, tmp_path: Path) -> None:
    publish(world)
    made = receive(world)
    drafted(world, tmp_path, made.id)
    for _step in range(4):
        go(world, "officer", made.id, "officer")
    go(world, "officer", made.id, "leader")
    with told("chưa được cài khoá"):
        approve(world, made.id)
    assert case(world, made.id).step == "approve"
    approve(world, made.id, on_paper=True)
    assert case(world, made.id).step == "issue"


def test_of_two_approvers_at_once_the_slower_is_told(world: World) -> None:
    made = at_approval(world)
    version = case(world, made).version
    approve(world, made)
    leader, word = world.who("leader"), Word(world.who("officer").account_id)
    with pytest.raises(Conflict):
        case_approval.approve(world.house, leader, made, version, word, world.clock())


def test_who_approved_may_approve_the_case_again_after_it_was_returned(world: World) -> None:
    made = at_approval(world)
    approve(world, made)
    go(world, "officer", made, "draft", "back", "sai chức danh trong dự thảo")
    go(world, "officer", made, "officer")
    go(world, "officer", made, "leader")
    approve(world, made)
    assert case(world, made).step == "issue"


def test_a_deputy_does_not_approve_what_either_of_the_two_made(world: World) -> None:
    """By lent authority neither the deputy approves their own case, nor the giver what the deputy asked for."""
    lent = lend(world)
    publish(world)
    made = receive(world, "officer2")
    for _step in range(4):
        go(world, "officer2", made.id, "officer2")
    go(world, "officer2", made.id, "leader")
    deputy, word = acting(world, lent), Word(world.who("officer").account_id, "đồng ý")
    for who in (deputy, world.who("leader")):
        with told("người thứ hai"):
            case_approval.approve(world.house, who, made.id, case(world, made.id).version, word, world.clock())
    assert case(world, made.id).step == "approve"


def test_a_deputy_approves_what_others_made(world: World) -> None:
    lent = lend(world)
    made = at_approval(world)
    deputy, word = acting(world, lent), Word(world.who("officer").account_id, "đồng ý")
    case_approval.approve(world.house, deputy, made, case(world, made).version, word, world.clock())
    assert case(world, made).step == "issue"


def test_a_draft_in_which_something_acts_by_itself_is_not_taken(world: World, tmp_path: Path) -> None:
    publish(world)
    made = receive(world)
    path = tmp_path / "acts.pdf"
    path.write_bytes(ACTIVE["javascript-khi-mo"][0]())
    with told("JavaScript"):
        sent = Sent(path, "acts.pdf")
        case_drafts.attach(world.house, world.who("officer"), made.id, made.version, sent, world.clock())
    with world.work() as uow:
        assert store.drafts_of(uow.session, made.id) == []
