"""Work of other desks as cases: begun, moved and ended by those desks, at its level, in one count; by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from consulting import asked
from factories import World
from following import answer, cases_of, enter, history, of, stands
from office import publish, told
from sqlalchemy import select
from test_changes_cases import Desk

from oms.domain.access import Action, visibility
from oms.domain.casework import CaseState
from oms.domain.procedures import Procedure, Stage, Step
from oms.services import (
    case_follow,
    case_moves,
    changes,
    consultations,
    procedures,
    subject_requests,
    supplements,
)
from oms.services.supplements import NewSupplement
from oms.store import cases as store
from oms.store.case_tables import Case
from oms.store.consultation_tables import Consultation
from oms.store.record_tables import Change


def put(made: Desk, change_id: str) -> str:
    return made.put(change_id, "phone", values={"value": "0912345678"})


@pytest.fixture
def record(world: World) -> Desk:
    return Desk(world)


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_change_is_a_case_from_its_draft_to_the_record(world: World, record: Desk) -> None:
    change = record.begin()
    case = of(world, "change", change)
    assert (case.code, case.step, case.due) == ("sua_ho_so", "draft", date(2026, 11, 23))  # fifteen working days
    assert case.title == f"Sửa đổi lý lịch, hồ sơ số {record.row.dossier.number}"
    assert (case.dossier_id, case.assignee_id) == (record.row.dossier.id, world.who("officer").account_id)
    put(record, change)
    record.submit(change)
    assert stands(world, "change", change) == ("running", "approve")
    assert of(world, "change", change).assignee_id is None  # whoever may decide
    record.step("take_back", change)
    record.submit(change)
    world.clock.forward(days=3)
    record.decide(change)
    ended = of(world, "change", change)
    assert (ended.state, ended.used_days, ended.late_days) == (CaseState.ISSUED, 3, 0)
    assert ended.assignee_id == world.who("leader").account_id
    assert history(world, "change", change) == [
        ("receive", "draft", "officer"),
        ("forward", "approve", "officer"),
        ("back", "draft", "officer"),
        ("forward", "approve", "officer"),
        ("forward", "approve", "leader"),
    ]


def test_a_change_of_which_nothing_is_approved_is_a_case_refused(world: World, record: Desk) -> None:
    change = record.begin()
    put(record, change)
    record.submit(change)
    record.decide(change, approve=False)
    assert of(world, "change", change).state == CaseState.REFUSED
    taken_back = record.begin()
    record.step("withdraw", taken_back)
    assert of(world, "change", taken_back).state == CaseState.WITHDRAWN


def test_a_change_decided_in_part_runs_on(world: World, record: Desk) -> None:
    change = record.begin()
    first = put(record, change)
    record.put(change, "health", values={"value": "Tốt"})
    record.submit(change)
    record.decide(change, only=first, approve=False)
    assert stands(world, "change", change) == ("running", "approve")
    record.decide(change)
    assert of(world, "change", change).state == CaseState.ISSUED


def test_the_one_who_made_it_decides_neither_the_change_nor_its_case(world: World, record: Desk) -> None:
    change = record.begin()
    put(record, change)
    record.submit(change)
    with told("người thứ hai"):
        record.decide(change, by="officer")
    assert stands(world, "change", change) == ("running", "approve")


def test_a_change_as_secret_as_its_paper_is_a_case_as_secret(world: World, record: Desk) -> None:
    change = record.begin()
    secret = world.filed(record.row, secrecy=2)
    record.put(change, "phone", values={"value": "0912345678"}, document_id=secret)
    assert of(world, "change", change).secrecy == 2
    with world.work() as uow:
        assert uow.session.get_one(Change, change).secrecy == 2


def test_what_the_desk_refuses_leaves_no_case(world: World, record: Desk) -> None:
    with told("ít nhất 5 ký tự"):
        record.begin(title="x")
    change = record.begin()
    with told("chưa có mục"):
        record.submit(change)
    assert cases_of(world) == 1 and stands(world, "change", change) == ("running", "draft")


# --- what a person asks for, supplements -----------------------------------------------------------------------------


def test_a_persons_request_has_the_days_of_the_law_and_no_others(world: World) -> None:
    request = enter(world, world.dossier(), ago=3)
    case = of(world, "request", request)
    assert (case.received_on, case.due, case.step_due) == (date(2026, 10, 30), date(2026, 11, 9), None)
    answer(world, request, "extend", "phải tra ở kho lưu trữ tỉnh")
    assert of(world, "request", request).due == date(2026, 11, 16)  # fifteen days from receipt, on a working day
    answer(world, request, "reply", "đã nhận, trả trong tuần")
    assert stands(world, "request", request) == ("running", "draft")
    world.clock.forward(days=15)
    answer(world, request, "done", "đã gửi bản trích")
    ended = of(world, "request", request)
    assert (ended.state, ended.late_days, ended.used_days) == (CaseState.ISSUED, 1, 12)
    assert [act for act, *_rest in history(world, "request", request)] == ["receive", "assign", "forward", "forward"]


def test_a_request_refused_is_a_case_refused_and_its_change_is_counted_once(world: World) -> None:
    row = world.dossier()
    request = enter(world, row, "correction")
    officer = world.who("officer")
    world.open(officer, row.dossier.id)
    with world.work(officer) as uow:
        change = subject_requests.correct(uow, officer, request, world.clock())
        changes.withdraw(uow, officer, change, 1, world.clock())
    assert cases_of(world) == 1
    answer(world, request, "refuse", "không có căn cứ", "Luật Lưu trữ 33/2024/QH15")
    assert of(world, "request", request).state == CaseState.REFUSED


def period(world: World) -> str:
    officer, today = world.who("officer"), world.clock().date()
    new = NewSupplement(world.units["D"], "Bổ sung năm 2026", 2026, today, today + timedelta(days=20), ("phone",))
    with world.work(officer) as uow:
        return supplements.open_supplement(uow, officer, new, world.clock()).id


def test_a_yearly_supplement_is_a_case_per_person_also_when_nothing_is_new(world: World) -> None:
    row, officer, opened = world.dossier(), world.who("officer"), period(world)
    with world.work(officer) as uow:
        supplements.nothing_new(uow, officer, opened, row.dossier.id, world.clock())
        first = uow.session.scalars(select(Change.id)).one()
    case = of(world, "supplement", first)
    assert (case.code, case.state, case.used_days) == ("bo_sung_ho_so", CaseState.ISSUED, 0)
    world.open(officer, row.dossier.id)
    with world.work(officer) as uow:
        again = supplements.start(uow, officer, opened, row.dossier.id, world.clock())
    assert stands(world, "supplement", again) == ("running", "draft") and cases_of(world) == 2


# --- what holds for all ----------------------------------------------------------------------------------------------


@dataclass
class Hands:
    """What a page of cases could try on one that follows another desk's work."""

    world: World
    case: Case

    def __call__(self, act: str) -> None:
        who = self.world.who("leader")
        case = of(self.world, self.case.subject_kind or "", self.case.subject_id or "")
        with self.world.work(who) as uow:
            move: Callable[..., None] = getattr(case_moves, act)
            more = ("receive", "không cần nữa") if act == "back" else ("không cần nữa",)
            if act == "forward":
                more = (who.account_id, "")
            move(uow, who, case.id, case.version, *more, self.world.clock())


@pytest.mark.parametrize("act", ["forward", "back", "suspend", "resume", "refuse", "withdraw"])
def test_the_hands_of_the_case_page_do_not_move_it(world: World, record: Desk, act: str) -> None:
    change = record.begin()
    with told(case_moves.ELSEWHERE):
        Hands(world, of(world, "change", change))(act)
    assert stands(world, "change", change) == ("running", "draft")


def test_where_the_house_has_ended_the_procedure_the_desk_works_on_without_a_case(world: World, record: Desk) -> None:
    admin = world.who("admin")
    with world.work(admin) as uow:
        procedures.end(uow, admin, "sua_ho_so", world.clock().date(), world.clock())
    world.clock.forward(days=1)
    for name in ("officer", "officer2"):
        world.open(world.who(name), record.row.dossier.id)
    change = record.begin()
    put(record, change)
    record.submit(change)
    record.decide(change)
    assert record.state(change) == "decided" and cases_of(world) == 0


def test_work_that_began_before_there_were_cases_goes_on_without_one(world: World) -> None:
    made = asked(world)
    with world.work() as uow:
        before = uow.session.get_one(Consultation, made)
        kept = {column.name: getattr(before, column.name) for column in Consultation.__table__.columns}
        uow.session.add(Consultation(**kept | {"id": "c" * 32, "number": "99/2026"}))
    asker = world.who("officer.gov")
    with world.work(asker) as uow:
        consultations.close(uow, asker, "c" * 32, world.clock())
    assert cases_of(world) == 1


def test_the_house_moves_it_to_its_own_step_and_unit(world: World, record: Desk) -> None:
    steps = (Step("a", Stage.RECEIVE, "Nhận"), Step("b", Stage.APPROVE, "Thường trực duyệt", days=2, unit="D"))
    publish(world, Procedure("sua_ho_so", "Sửa thông tin trong hồ sơ", days=5, steps=steps))
    change = record.begin()
    assert stands(world, "change", change) == ("running", "a")
    put(record, change)
    record.submit(change)
    case = of(world, "change", change)
    assert (case.step, case.step_unit_id, case.step_due) == ("b", world.units["D"], date(2026, 11, 4))


def test_its_line_is_shown_to_who_sees_the_case_and_to_nobody_else(world: World, record: Desk) -> None:
    change = record.begin()
    for who, seen in (("officer", True), ("leader", True), ("officer.gov", False), ("reviewer", False)):
        person = world.who(who)
        with world.work(person) as uow:
            line = case_follow.line(uow, person, "change", change, world.clock())
        assert (line is not None) == seen, who
        if line is not None:
            assert (line.left, line.state) == (15, "running")
    assert case_follow.where(of(world, "change", change)) == ("change", change)


def test_a_case_bears_no_journal_row_of_its_own_for_its_desk_wrote_one(world: World, record: Desk) -> None:
    before = len(world.journal())
    record.begin()
    assert [row[0] for row in world.journal()[before:]] == ["change:create"]


def test_a_case_of_a_level_stays_off_the_general_list(world: World) -> None:
    low, high = enter(world, world.dossier()), enter(world, world.dossier(secrecy=2), number="YC-2")
    officer = world.who("officer")
    with world.work(officer) as uow:
        view = visibility(officer, Action.CASE_WORK)
        rows, total = store.listed(uow.session, view, store.Wanted(), 10, 0)
        assert total == 1 and rows[0].case.subject_id == low
        rows, total = store.listed(uow.session, view, store.Wanted(secret=True), 10, 0)
        assert total == 1 and rows[0].case.subject_id == high
