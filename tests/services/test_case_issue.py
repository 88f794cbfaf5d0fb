"""Issuing: what was approved becomes a paper of the dossier, once; and the record changes by another person's word."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import databases
import pytest
from agency_key import AGENCY, key_file, settings_with_key
from archival_papers import copy_of, make_all
from factories import WORLD_SETTINGS, World
from office import APPOINT, draft_file, publish, receive, told
from scanning_paper import DECISION, draw
from sqlalchemy import func, select
from test_case_desk import approve, drafted
from test_case_moves import case, go

from oms.domain.access import Action, visibility
from oms.domain.casework import CaseState
from oms.domain.changes import ChangeState
from oms.domain.procedures import Stage
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import (
    case_drafts,
    case_issue,
    change_decide,
    change_items,
    changes,
    custody,
    disposals,
    finding,
    health,
    reading,
    signatures,
)
from oms.services.case_drafts import Sent
from oms.services.case_issue import ChangeLine, Issued
from oms.services.change_decide import Word
from oms.services.change_items import Typed
from oms.services.disposals import NewDisposal
from oms.services.finding import Asked
from oms.settings import CHECKOUT
from oms.store import cases as store
from oms.store import changes as change_store
from oms.store import facts, papers
from oms.store.case_tables import CaseEvent
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change
from oms.store.tables import Document, Dossier, Scan

SAID = Issued("417-QĐ/BTC", "02/11/2026", "Quyết định bổ nhiệm Phó Trưởng phòng", "quyet_dinh")


def keyed(world: World) -> None:
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world)


def to_approval(world: World, case_id: str) -> None:
    for _step in range(4):
        go(world, "officer", case_id, "officer")
    go(world, "officer", case_id, "leader")


def attach(world: World, case_id: str, path: Path, who: str = "officer") -> None:
    sent, version = Sent(path, "Quyết định.pdf"), case(world, case_id).version
    case_drafts.attach(world.house, world.who(who), case_id, version, sent, world.clock())


def approved(world: World, tmp_path: Path, row: DossierRow | None, **more: object) -> str:
    """An approved case at its issue in the officer's hand; with ``on_paper`` the leader signed by hand."""
    keyed(world)
    publish(world)
    made = receive(world, dossier_id=row.dossier.id if row else "")
    drafted(world, tmp_path, made.id)
    to_approval(world, made.id)
    approve(world, made.id, **more)
    return made.id


def issue(world: World, case_id: str, who: str = "officer", said: Issued = SAID, version: int = 0) -> str:
    version = version or case(world, case_id).version
    return case_issue.issue(world.house, world.who(who), case_id, version, said, world.clock())


def document(world: World, document_id: str) -> Document:
    with world.work() as uow:
        found = uow.session.get_one(Document, document_id)
        uow.session.expunge(found)
        return found


def filed_count(world: World) -> int:
    with world.work() as uow:
        return uow.session.scalar(select(func.count()).select_from(Document)) or 0


def test_the_signed_draft_lies_in_the_dossier_as_it_was_signed(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    world.filed(row)
    case_id = approved(world, tmp_path, row)
    paper = document(world, issue(world, case_id))
    assert (paper.state, paper.dossier_id, paper.serial, paper.page_count) == ("filed", row.dossier.id, 2, 1)
    assert (paper.number, paper.issued_on, paper.type_code) == ("417-QĐ/BTC", "2026-11-02", "quyet_dinh")
    assert (paper.filed_by, paper.person_name) == (world.who("officer").account_id, row.cadre.full_name)
    ended = case(world, case_id)
    assert (ended.state, ended.document_id, ended.late_days) == (CaseState.ISSUED, paper.id, 0)
    with world.work() as uow:
        [draft] = store.drafts_of(uow.session, case_id)
        scan = uow.session.get_one(Scan, paper.scan_id)
        assert scan.sha256 == draft.signed_sha256 != draft.sha256
        assert "Số 417-QĐ/BTC, ngày 02/11/2026" in [e.reason for e in store.events_of(uow.session, case_id)]
    verbs = [verb for verb, outcome, _id in world.journal() if outcome == "done"]
    for verb in ("scan:receive", "document:file", "case:issue"):
        assert verb in verbs
    assert verbs.index("case:issue") < len(verbs) - 1 and verbs[-1] == "case:move"
    assert health.check(world.house) == []


@pytest.mark.ocr
def test_it_is_read_found_and_its_signature_checked_like_any_file(world: World, tmp_path: Path) -> None:
    row, officer = world.dossier("Đặng Hữu Khoát"), world.who("officer")
    keyed(world)
    publish(world)
    made = receive(world, dossier_id=row.dossier.id)
    path = tmp_path / "qd.pdf"
    draw(DECISION).save(path, resolution=200)
    attach(world, made.id, path)
    to_approval(world, made.id)
    approve(world, made.id)
    paper = document(world, issue(world, made.id))
    assert make_all(world) == 0, "the copy waits for the words"
    world.open(officer, row.dossier.id)
    with world.work(officer) as uow:
        custody.read_document(uow, officer, paper.id, world.clock())  # a page not read yet breaks no viewer
    assert reading.read_scan(world.house, paper.scan_id, world.clock)
    world.index()
    found = finding.search(world.house, officer, Asked("quyết định"), world.clock())
    assert [each.document.id for person in found.people for each in person.papers] == [paper.id]
    with world.work(officer) as uow:
        view = custody.read_document(uow, officer, paper.id, world.clock())
        assert "QUYẾT ĐỊNH" in " ".join(word.text for word in view.pages[0].words)
        assert custody.page_image(uow, officer, view.pages[0].page.id, world.clock()).startswith(b"\xff\xd8")
    after = document(world, paper.id)
    assert (after.state, after.title, after.version) == ("filed", SAID.title, paper.version), "the machine adds no word"
    assert signatures.check_scan(world.house, paper.scan_id, world.clock) == 1
    with world.work() as uow:
        [line] = signatures.lines_of(uow, [paper.scan_id])
    assert line.agency == AGENCY and line.verdict in ("ok", "doubt")
    world.clock.forward(hours=1)  # what was not ready is looked at again after a while
    assert make_all(world) == 1 and copy_of(world, paper.id).state == "made"


def test_signed_by_hand_it_is_the_scan_attached_after_the_word(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    case_id = approved(world, tmp_path, row, on_paper=True)
    with told("tải bản quét"):
        issue(world, case_id)
    attach(world, case_id, draft_file(tmp_path / "scan.pdf", "signed by hand"))
    paper = document(world, issue(world, case_id))
    with world.work() as uow:
        newest = store.drafts_of(uow.session, case_id)[0]
        assert uow.session.get_one(Scan, paper.scan_id).sha256 == newest.sha256 and newest.number == 2


def test_signed_by_hand_it_may_come_by_scanning_later(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    case_id = approved(world, tmp_path, row, on_paper=True)
    assert issue(world, case_id, said=Issued("12", "02/11/2026", later=True)) == ""
    assert case(world, case_id).state == CaseState.ISSUED and case(world, case_id).document_id is None
    assert filed_count(world) == 0


def test_what_came_after_the_word_is_not_what_was_signed(world: World, tmp_path: Path) -> None:
    """A draft slipped in after the approval is not issued in the place of the approved one."""
    row = world.dossier()
    case_id = approved(world, tmp_path, row)
    attach(world, case_id, draft_file(tmp_path / "other.pdf", "something else"))
    paper = document(world, issue(world, case_id))
    with world.work() as uow:
        other, signed = store.drafts_of(uow.session, case_id)
        assert uow.session.get_one(Scan, paper.scan_id).sha256 == signed.signed_sha256 and not other.signed_sha256


def test_a_signature_of_an_earlier_round_is_not_taken_for_the_new_draft(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    case_id = approved(world, tmp_path, row)
    go(world, "officer", case_id, Stage.DRAFT, "back", "sai chức danh trong dự thảo")
    attach(world, case_id, draft_file(tmp_path / "new.pdf", "put right"))
    go(world, "officer", case_id, "officer")
    go(world, "officer", case_id, "leader")
    approve(world, case_id, on_paper=True)
    with told("tải bản quét"):
        issue(world, case_id)


def test_a_case_without_a_dossier_ends_with_its_signed_draft(world: World, tmp_path: Path) -> None:
    case_id = approved(world, tmp_path, None)
    assert issue(world, case_id, said=Issued()) == "" and filed_count(world) == 0
    assert case(world, case_id).state == CaseState.ISSUED


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Issued("", "02/11/2026", "Quyết định bổ nhiệm", "quyet_dinh"), "số của văn bản"),
        (Issued("1", "31/02/2026", "Quyết định bổ nhiệm", "quyet_dinh"), "Ngày ban hành"),
        (Issued("1", "11/2026", "Quyết định bổ nhiệm", "quyet_dinh"), "Ngày ban hành"),
        (Issued("1", "05/11/2026", "Quyết định bổ nhiệm", "quyet_dinh"), "không sau hôm nay"),
        (Issued("1", "02/11/2026", "QĐ", "quyet_dinh"), "tên văn bản"),
        (Issued("1", "02/11/2026", "Quyết định bổ nhiệm", "khong_co"), "danh mục"),
        (Issued("1" * 90, "02/11/2026", "Quyết định bổ nhiệm", "quyet_dinh"), "số hiệu 80"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_issued(world: World, tmp_path: Path, said: Issued, words: str) -> None:
    case_id = approved(world, tmp_path, world.dossier())
    with told(words):
        issue(world, case_id, said=said)
    assert filed_count(world) == 0 and case(world, case_id).state == CaseState.RUNNING


def test_who_may_not_and_where_it_is_not(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    keyed(world)
    publish(world)
    made = receive(world, dossier_id=row.dossier.id)
    with told("không ở bước phát hành"):
        issue(world, made.id)
    drafted(world, tmp_path, made.id)
    to_approval(world, made.id)
    approve(world, made.id)
    with pytest.raises(Refused):
        issue(world, made.id, "officer.gov")
    with told("người khác xử lý"):
        issue(world, made.id, "clerk")
    with told("cán bộ quản lý hồ sơ hoặc văn thư"):
        issue(world, made.id, "leader")  # who steers, but files nothing
    go(world, "officer", made.id, "clerk", "hand_over", "văn thư vào sổ, phát hành")
    assert document(world, issue(world, made.id, "clerk")).filed_by == world.who("clerk").account_id


def test_a_late_one_says_why(world: World, tmp_path: Path) -> None:
    case_id = approved(world, tmp_path, world.dossier())
    world.clock.forward(days=30)
    with told("lý do chậm"):
        issue(world, case_id)
    assert filed_count(world) == 0
    issue(world, case_id, said=replace(SAID, late_reason="chờ ý kiến của Tỉnh uỷ"))
    assert case(world, case_id).late_reason == "chờ ý kiến của Tỉnh uỷ" and case(world, case_id).late_days > 0


def test_two_at_once_or_twice_issue_once(world: World, tmp_path: Path) -> None:
    case_id = approved(world, tmp_path, world.dossier())
    version = case(world, case_id).version
    issue(world, case_id, version=version)
    for who in ("officer", "officer2"):
        with pytest.raises(Conflict):
            issue(world, case_id, who, version=version)
    with told("không ở bước phát hành"):
        issue(world, case_id)
    assert filed_count(world) == 1


def test_a_dossier_that_takes_nothing_in_leaves_the_case_where_it_is(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    case_id = approved(world, tmp_path, row)
    with world.work() as uow:
        uow.session.get_one(Dossier, row.dossier.id).state = "disposed"
    with pytest.raises((InvalidInput, Refused)):
        issue(world, case_id)
    assert case(world, case_id).state == CaseState.RUNNING and filed_count(world) == 0


_KILLED = """
    import os, signal, sys
    sys.path[:0] = sys.argv[4].split(os.pathsep)
    from pathlib import Path
    from datetime import datetime
    from factories import World
    from oms.services import case_issue, case_moves
    from oms.services.house import House
    from oms.settings import Settings
    from test_case_issue import SAID
    env = dict(pair.split("=", 1) for pair in sys.argv[5].split())
    world = World(House(Settings.from_env(env | {"OMS_HOME": sys.argv[1]})))
    case_moves.advance = lambda *_args: os.kill(os.getpid(), signal.SIGKILL)
    at = datetime.fromisoformat(sys.argv[3])
    from test_case_moves import case
    version = case(world, sys.argv[2]).version
    case_issue.issue(world.house, world.who("officer"), sys.argv[2], version, SAID, at)
"""


def test_killed_before_the_commit_the_case_stands_where_it_stood(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    case_id = approved(world, tmp_path, row)
    paths = os.pathsep.join(each for each in sys.path if each)
    known = WORLD_SETTINGS | databases.told(world.house.settings.home)
    env = " ".join(f"{name}={value}" for name, value in known.items())
    program = [sys.executable, "-c", textwrap.dedent(_KILLED), str(world.house.settings.home), case_id]
    done = subprocess.run(
        [*program, world.clock().isoformat(), paths, env], cwd=CHECKOUT, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert (case(world, case_id).state, filed_count(world)) == (CaseState.RUNNING, 0)
    assert health.check(world.house) == []
    paper = issue(world, case_id)
    assert document(world, paper).serial == 1 and health.check(world.house) == []


def begun(world: World, case_id: str, who: str = "officer") -> str:
    principal = world.who(who)
    with world.work(principal) as uow:
        return case_issue.begin_change(uow, principal, case_id, "Bổ nhiệm chức vụ mới", world.clock())


def test_the_record_changes_by_another_persons_word_with_the_paper_as_its_proof(world: World, tmp_path: Path) -> None:
    row, officer, second = world.dossier(), world.who("officer"), world.who("officer2")
    case_id = approved(world, tmp_path, row)
    with told("đã phát hành"):
        begun(world, case_id)
    paper = issue(world, case_id)
    with told("mở hồ sơ"):
        begun(world, case_id)
    world.open(officer, row.dossier.id)
    change_id = begun(world, case_id)
    assert case(world, case_id).change_id == change_id
    with told("Đã có phiếu"):
        begun(world, case_id)
    with world.work(officer) as uow:
        start = case_issue.prefilled(uow, officer, change_id)
        assert start is not None and (start.document_id, start.number) == (paper, "417-QĐ/BTC")
        values = {"from": "02/11/2026", "position": "Phó Trưởng phòng", "decision_no": start.number}
        typed = Typed("posts", "add", values, document_id=start.document_id)
        change_items.put_item(uow, officer, change_id, version_of(uow, change_id), typed, world.clock())
        changes.submit(uow, officer, change_id, version_of(uow, change_id), world.clock())
    assert line_of(world, case_id, "officer") == ChangeLine(ChangeState.WAITING, change_id)
    with told("tự duyệt"):
        _decide(world, officer_name="officer", change_id=change_id)
    _decide(world, officer_name="officer2", change_id=change_id)
    with world.work(second) as uow:
        view = visibility(second, Action.RECORD_DECIDE)
        [post] = [each for each in facts.in_force(uow.session, view, row.dossier.id) if each.item == "posts"]
        assert json.loads(post.body)["position"] and (post.document_id, post.source) == (paper, "document")
        assert post.page_id == papers.pages_of_document(uow.session, paper)[0].id


def version_of(uow: UnitOfWork, change_id: str) -> int:
    return uow.session.get_one(Change, change_id).version


def line_of(world: World, case_id: str, who: str) -> ChangeLine | None:
    principal = world.who(who)
    with world.work(principal) as uow:
        found = store.find(uow.session, visibility(principal, Action.CASE_WORK), case_id)
        assert found is not None
        return case_issue.change_of(uow, principal, found)


def _decide(world: World, officer_name: str, change_id: str) -> None:
    who = world.who(officer_name)
    with world.work(who) as uow:
        items = change_store.items_of(uow.session, change_id)
        words = {item.id: Word(True) for item in items}
        change_decide.decide(uow, who, change_id, version_of(uow, change_id), words, world.clock())


def test_a_withdrawn_change_gives_way_to_another(world: World, tmp_path: Path) -> None:
    row, officer = world.dossier(), world.who("officer")
    case_id = approved(world, tmp_path, row)
    issue(world, case_id)
    world.open(officer, row.dossier.id)
    first = begun(world, case_id)
    with world.work(officer) as uow:
        changes.withdraw(uow, officer, first, version_of(uow, first), world.clock())
    assert begun(world, case_id) != first


def test_a_hidden_change_is_told_by_its_state_alone(world: World, tmp_path: Path) -> None:
    row, officer = world.dossier(), world.who("officer")
    case_id = approved(world, tmp_path, row)
    issue(world, case_id)
    world.open(officer, row.dossier.id)
    begun(world, case_id)
    for who in ("clerk", "officer2"):
        assert line_of(world, case_id, who) == ChangeLine(ChangeState.DRAFT)


def test_a_disposed_dossier_leaves_its_cases_numbers_and_times_and_no_word(world: World, tmp_path: Path) -> None:
    row, officer, leader = world.dossier("Cầm Văn Điệu"), world.who("officer"), world.who("leader")
    keyed(world)
    publish(world)
    made = receive(world, dossier_id=row.dossier.id, requester="Cầm Văn Điệu", title="Bổ nhiệm ông Cầm Văn Điệu")
    drafted(world, tmp_path, made.id)
    go(world, "officer", made.id, act="suspend", words="chờ ông Điệu bổ sung giấy tờ")
    go(world, "officer", made.id, act="resume")
    to_approval(world, made.id)
    approve(world, made.id)
    issue(world, made.id)
    world.open(officer, row.dossier.id)
    begun(world, made.id)
    other = receive(world)
    with world.work() as uow:
        drafts = store.drafts_of(uow.session, made.id)
        files = {sha for each in drafts for sha in (each.sha256, each.signed_sha256)}
        before = [(e.number, e.act, e.at, e.by, e.to_step) for e in store.events_of(uow.session, made.id)]
    with world.work(officer) as uow:
        disposals.close(uow, officer, row.dossier.id, "01/03/1950", "nghỉ hưu theo QĐ 12", world.clock())
        new = NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
        asked = disposals.ask(uow, officer, row.dossier.id, new, world.clock()).id
    assert files <= set(world.house.vault.names())
    with world.work(leader) as uow:
        disposals.decide(uow, leader, asked, True, "", world.clock())
    disposals.sweep(world.house)
    assert not files & set(world.house.vault.names())
    after = case(world, made.id)
    assert (after.number, after.code, after.state, after.used_days) == (made.number, made.code, "issued", 0)
    assert (after.title, after.requester, after.document_id, after.change_id) == ("", "", None, None)
    with world.work() as uow:
        events = store.events_of(uow.session, made.id)
        assert [(e.number, e.act, e.at, e.by, e.to_step) for e in events] == before
        assert {e.reason for e in events} == {""}
        [draft] = store.drafts_of(uow.session, made.id)
        assert (draft.name, draft.note, draft.sha256, draft.signed_sha256) == ("", "", "", "")
    assert case(world, other.id).title == "Bổ nhiệm Phó Trưởng phòng"
    with pytest.raises(Refused):
        case_drafts.read(world.house, officer, made.id, 1, world.clock())
    assert health.check(world.house) == []
    with pytest.raises(Exception, match="can only be added to"), world.work() as uow:
        uow.session.delete(uow.session.scalars(select(CaseEvent).where(CaseEvent.case_id == other.id)).one())


def test_a_procedure_without_approval_issues_its_newest_draft(world: World, tmp_path: Path) -> None:
    row = world.dossier()
    publish(world, replace(APPOINT, steps=(APPOINT.steps[0], APPOINT.steps[-1])))
    made = receive(world, dossier_id=row.dossier.id)
    drafted(world, tmp_path, made.id)
    go(world, "officer", made.id, "officer")
    paper = document(world, issue(world, made.id))
    with world.work() as uow:
        assert uow.session.get_one(Scan, paper.scan_id).sha256 == store.drafts_of(uow.session, made.id)[0].sha256
