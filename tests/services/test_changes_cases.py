"""Changes of a record: nothing reaches it without a second person; what is rejected or stale changes nothing."""

from __future__ import annotations

import pytest
from factories import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from oms.domain.changes import ChangeState, Step, Tally, WrongStep, moved
from oms.domain.record_facts import Source
from oms.domain.record_items import ITEMS
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import change_decide, change_items, change_view, changes
from oms.services.change_decide import Result, Word
from oms.services.change_items import Typed, WrongItem
from oms.services.changes import About
from oms.store.dossiers import DossierRow
from oms.store.record_tables import Change, ChangeItem, FactRow
from oms.store.tables import Document


class Desk:
    """One dossier and the steps of its changes, each in a transaction of its own, as the person named."""

    def __init__(self, world: World, **more: object) -> None:
        self.world = world
        self.row: DossierRow = world.dossier(**more)  # type: ignore[arg-type]
        self.paper = world.filed(self.row)
        for name in ("officer", "officer2"):
            world.open(world.who(name), self.row.dossier.id)

    def begin(self, by: str = "officer", **about: str) -> str:
        who = self.world.who(by)
        told = About(about.pop("title", "Bổ sung lý lịch"), declared_by=about.pop("declared_by", "Người khai"), **about)
        with self.world.work(who) as uow:
            return changes.create(uow, who, self.row.dossier.id, told, self.world.clock()).id

    def version(self, change_id: str) -> int:
        with self.world.house.look() as uow:
            return uow.session.get_one(Change, change_id).version

    def state(self, change_id: str) -> str:
        with self.world.house.look() as uow:
            return uow.session.get_one(Change, change_id).state

    def put(self, change_id: str, item: str, act: str = "add", by: str = "officer", **more: object) -> str:
        who, version = self.world.who(by), self.version(change_id)
        with self.world.work(who) as uow:
            typed = Typed(item, act, **more)  # type: ignore[arg-type]
            return change_items.put_item(uow, who, change_id, version, typed, self.world.clock()).id

    def rest_on(self, change_id: str, document_id: str) -> None:
        who, version = self.world.who("officer"), self.version(change_id)
        about = About("Bổ sung lý lịch", declared_by="Người khai", decision_document_id=document_id)
        with self.world.work(who) as uow:
            changes.describe(uow, who, change_id, version, about, self.world.clock())

    def submit(self, change_id: str, by: str = "officer") -> list[str]:
        who, version = self.world.who(by), self.version(change_id)
        with self.world.work(who) as uow:
            return changes.submit(uow, who, change_id, version, self.world.clock())

    def step(self, name: str, change_id: str, by: str = "officer") -> None:
        who, version = self.world.who(by), self.version(change_id)
        with self.world.work(who) as uow:
            getattr(changes, name)(uow, who, change_id, version, self.world.clock())

    def decide(self, change_id: str, by: str = "leader", approve: bool = True, only: str = "") -> Result:
        who, version = self.world.who(by), self.version(change_id)
        with self.world.work(who) as uow:
            items = uow.session.scalars(select(ChangeItem.id).where(ChangeItem.change_id == change_id)).all()
            words = {name: Word(approve, "" if approve else "chưa có căn cứ") for name in items if only in ("", name)}
            return change_decide.decide(uow, who, change_id, version, words, self.world.clock())

    def facts(self, item: str = "") -> list[FactRow]:
        with self.world.work() as uow:
            found = select(FactRow).where(FactRow.dossier_id == self.row.dossier.id).order_by(FactRow.entered_at)
            return [row for row in uow.session.scalars(found) if item in ("", row.item)]

    def in_force(self, item: str) -> list[str]:
        return [row.text for row in self.facts(item) if row.ended_at is None]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@given(st.lists(st.tuples(st.sampled_from(list(Step)), st.integers(0, 2), st.integers(0, 2)), max_size=12))
def test_no_path_reaches_decided_but_through_waiting_and_all_states_have_their_rules(
    steps: list[tuple[Step, int, int]],
) -> None:
    state, seen = ChangeState.DRAFT, [ChangeState.DRAFT]
    for step, still, decided in steps:
        try:
            state = moved(state, step, Tally(still, decided))
        except WrongStep:
            continue
        if state is ChangeState.DECIDED:
            assert seen[-1] is ChangeState.WAITING and still == 0
        if state is ChangeState.WITHDRAWN:
            assert seen[-1] in (ChangeState.DRAFT, ChangeState.WAITING) and decided == 0
        if seen[-1] in (ChangeState.DECIDED, ChangeState.WITHDRAWN):
            raise AssertionError("a state that is over was left")
        seen.append(state)


def test_every_state_is_reachable() -> None:
    draft = ChangeState.DRAFT
    waiting = moved(draft, Step.SUBMIT, Tally(1))
    assert moved(waiting, Step.TAKE_BACK, Tally(1)) is draft
    assert moved(waiting, Step.DECIDE, Tally(0, 1)) is ChangeState.DECIDED
    assert moved(waiting, Step.WITHDRAW, Tally(1)) is ChangeState.WITHDRAWN
    with pytest.raises(WrongStep):
        moved(draft, Step.SUBMIT, Tally())


def test_an_approved_item_is_a_fact_with_its_paper_its_hands_and_its_change(desk: Desk, world: World) -> None:
    change = desk.begin()
    desk.put(change, "career", values={"from": "09/2014", "position": "Bí thư Đảng uỷ xã"}, document_id=desk.paper)
    desk.submit(change)
    assert desk.facts("career") == []
    assert desk.decide(change).approved == 1
    (fact,) = desk.facts("career")
    assert (fact.text, fact.source, fact.document_id) == ("09/2014: Bí thư Đảng uỷ xã", "document", desk.paper)
    assert fact.page_id and fact.change_id == change
    assert fact.entered_by == world.who("officer").account_id
    assert fact.confirmed_by == world.who("leader").account_id
    assert desk.state(change) == "decided"


def test_nobody_decides_on_what_they_made(desk: Desk) -> None:
    change = desk.begin()
    desk.put(change, "phone", values={"value": "0912000111"})
    desk.submit(change)
    with pytest.raises(InvalidInput, match="state") as caught:
        desk.decide(change, by="officer")
    assert "người thứ hai" in caught.value.message_vi
    assert desk.facts("phone") == []
    assert desk.decide(change, by="officer2").approved == 1


def test_a_rejected_item_changes_nothing_and_needs_a_reason(desk: Desk, world: World) -> None:
    change = desk.begin()
    item = desk.put(change, "phone", values={"value": "0912000111"})
    desk.put(change, "staff_code", values={"value": "CB-7"})
    desk.submit(change)
    leader = world.who("leader")
    with pytest.raises(InvalidInput), world.work(leader) as uow:
        change_decide.decide(uow, leader, change, desk.version(change), {item: Word(False)}, world.clock())
    assert desk.decide(change, approve=False, only=item).rejected == 1
    assert desk.state(change) == "waiting"
    assert desk.decide(change).approved == 1
    assert (desk.facts("phone"), desk.in_force("staff_code")) == ([], ["CB-7"])
    assert desk.state(change) == "decided"
    with pytest.raises(InvalidInput):
        desk.decide(change)


def test_correcting_a_key_fact_needs_the_decision_of_the_collective_leadership(desk: Desk, world: World) -> None:
    old = world.fact(desk.row, "birth_date", value="08/1961")
    change = desk.begin()
    desk.put(change, "birth_date", "replace", fact_id=old, values={"value": "05/08/1961"})
    with pytest.raises(InvalidInput) as caught:
        desk.submit(change)
    assert "01-QCTC/TW" in caught.value.message_vi
    letter = world.filed(desk.row, "ĐƠN\nĐơn xin sửa ngày sinh")
    with world.work() as uow:
        uow.session.get_one(Document, letter).type_code = "don"
    with pytest.raises(InvalidInput):
        desk.rest_on(change, letter)
    desk.rest_on(change, desk.paper)
    desk.submit(change)
    desk.decide(change)
    before, after = desk.facts("birth_date")
    assert (before.ended_for, before.ended_change) == (after.id, change)
    assert (after.text, after.starts) == ("05/08/1961", "1961-08-05")
    with world.work() as uow:
        assert uow.session.get_one(Change, change).kind == "correction"


def test_a_second_birth_date_is_no_way_round_that_rule(desk: Desk, world: World) -> None:
    world.fact(desk.row, "birth_date", value="08/1961")
    world.fact(desk.row, "political_theory", value="Trung cấp")
    change = desk.begin()
    desk.put(change, "birth_date", values={"value": "05/08/1965"})
    with pytest.raises(InvalidInput, match="state"):
        desk.submit(change)
    onward = desk.begin()
    desk.put(onward, "political_theory", values={"value": "Cao cấp"}, starts="07/2024")
    desk.submit(onward)
    assert desk.decide(onward).approved == 1


def test_of_two_changes_of_one_fact_the_second_is_warned_of_and_then_refused(desk: Desk, world: World) -> None:
    old = world.fact(desk.row, "phone", value="0912000111")
    first, second = desk.begin(), desk.begin()
    for change, number in ((first, "0912000222"), (second, "0912000333")):
        desk.put(change, "phone", "replace", fact_id=old, values={"value": number})
    assert desk.submit(first) == []
    assert desk.submit(second) == [ITEMS["phone"].label]
    desk.decide(first)
    result = desk.decide(second)
    assert result.approved == 0 and len(result.problems) == 1
    assert desk.in_force("phone") == ["0912000222"]
    assert desk.state(second) == "waiting"
    assert desk.decide(second, approve=False).rejected == 1


def test_ending_a_fact_needs_a_reason_and_leaves_it_in_the_history(desk: Desk, world: World) -> None:
    old = world.fact(desk.row, "phone", value="0912000111")
    change = desk.begin()
    with pytest.raises(WrongItem) as caught:
        desk.put(change, "phone", "end", fact_id=old)
    assert set(caught.value.problems) == {"reason"}
    desk.put(change, "phone", "end", fact_id=old, reason="số không còn dùng")
    desk.submit(change)
    desk.decide(change)
    assert desk.in_force("phone") == [] and len(desk.facts("phone")) == 1


def test_bad_values_are_told_per_field(desk: Desk) -> None:
    change = desk.begin()
    with pytest.raises(WrongItem) as caught:
        desk.put(
            change, "birth_date", values={"value": "31/02/1961"}, document_id=desk.paper, page="9", starts="hôm qua"
        )
    assert set(caught.value.problems) == {"value.value", "page", "starts"}
    with pytest.raises(WrongItem):
        desk.put(change, "khong_co", values={"value": "1"})
    with pytest.raises(WrongItem) as caught:
        desk.put(change, "career")
    assert set(caught.value.problems) == {"value.from"}


def test_an_item_without_any_source_is_not_put_up(desk: Desk) -> None:
    change = desk.begin(declared_by="")
    desk.put(change, "phone", values={"value": "0912000111"})
    with pytest.raises(InvalidInput) as caught:
        desk.submit(change)
    assert "căn cứ" in caught.value.message_vi


def test_a_stale_page_is_a_conflict_and_changes_nothing(desk: Desk, world: World) -> None:
    change = desk.begin()
    desk.put(change, "phone", values={"value": "0912000111"})
    desk.submit(change)
    desk.step("take_back", change)
    desk.put(change, "phone", values={"value": "0912000222"})
    desk.submit(change)
    leader = world.who("leader")
    with pytest.raises(Conflict), world.work(leader) as uow:
        change_decide.decide(uow, leader, change, 1, {}, world.clock())
    officer = world.who("officer")
    with pytest.raises(Conflict), world.work(officer) as uow:
        changes.withdraw(uow, officer, change, 1, world.clock())
    desk.step("withdraw", change)
    assert desk.state(change) == "withdrawn" and desk.facts("phone") == []


def test_a_draft_is_its_makers_alone_and_a_waiting_change_is_for_who_may_decide(desk: Desk, world: World) -> None:
    change = desk.begin()
    desk.put(change, "phone", values={"value": "0912000111"})
    outside = ("officer2", "leader", "officer.gov", "leader.xa", "reviewer", "admin", "clerk")
    for name in outside:
        assert not seen(world, name, change), name
    desk.submit(change)
    assert [name for name in outside if seen(world, name, change)] == ["officer2", "leader"]
    assert ("change:open", "refused", change) in world.journal()
    desk.decide(change)
    assert seen(world, "officer", change) and seen(world, "leader", change)
    assert seen(world, "officer2", change), "under a running opening"
    world.clock.forward(hours=2)
    assert not seen(world, "officer2", change)


def test_a_change_is_as_secret_as_its_paper(desk: Desk, world: World) -> None:
    secret = world.filed(desk.row, "QUYẾT ĐỊNH\nMật", secrecy=2)
    change = desk.begin()
    desk.put(change, "phone", values={"value": "0912000111"}, document_id=secret)
    desk.submit(change)
    assert not seen(world, "officer2", change), "clearance 1"
    assert seen(world, "leader", change)
    assert waiting(world, "officer2") == [] and waiting(world, "leader") == [change]
    desk.decide(change)
    assert [fact.secrecy for fact in desk.facts("phone")] == [2]


def test_masked_groups_stay_masked_and_are_not_decided_on(desk: Desk, world: World) -> None:
    change = desk.begin()
    desk.put(change, "religion", values={"value": "Phật giáo"}, document_id=desk.paper)
    desk.put(change, "phone", values={"value": "0912000111"})
    desk.submit(change)
    low = world.who("leader.low")
    with world.work(low) as uow:
        view = change_view.open_change(uow, low, change, world.clock())
        page = view.items[0].row.page_id
    assert [(each.masked, each.text) for each in view.items] == [(True, ""), (False, "0912000111")]
    assert view.items[0].paper is None and not view.items[0].values
    with pytest.raises(Refused), world.work(low) as uow:
        change_view.page_image(uow, low, change, str(page), world.clock())
    result = desk.decide(change, by="leader.low")
    assert (result.approved, len(result.problems)) == (1, 1)
    assert desk.facts("religion") == []
    assert desk.decide(change, by="leader").approved == 1


def test_pages_of_the_change_are_shown_by_the_change_and_no_others(desk: Desk, world: World) -> None:
    other = world.filed(desk.row, "QUYẾT ĐỊNH\nkhác")
    change = desk.begin()
    desk.put(change, "phone", values={"value": "0912000111"}, document_id=desk.paper)
    desk.submit(change)
    leader = world.who("leader")
    with world.work(leader) as uow:
        view = change_view.open_change(uow, leader, change, world.clock())
        paper = view.items[0].paper
        assert paper is not None
        assert change_view.page_image(uow, leader, change, paper.page_id, world.clock())
        from oms.store import papers

        strange = papers.pages_of_document(uow.session, other)[0].id
    assert ("page:view", "done", paper.page_id) in world.journal()
    with pytest.raises(Refused), world.work(leader) as uow:
        change_view.page_image(uow, leader, change, strange, world.clock())


def test_values_found_on_papers_become_a_draft(desk: Desk, world: World) -> None:
    world.fact(desk.row, "phone", value="0912000111")
    officer = world.who("officer")
    proposed = [
        ("phone", {"value": "0912000222"}, Source("document", desk.paper)),
        ("career", {"from": "2014-09", "what": "Chuyên viên"}, Source("document", desk.paper)),
    ]
    with world.work(officer) as uow:
        change = change_items.draft_from_values(uow, officer, desk.row.dossier.id, proposed, world.clock())
    desk.submit(change)
    assert desk.decide(change).approved == 2
    assert desk.in_force("phone") == ["0912000222"] and desk.in_force("career") == ["09/2014: Chuyên viên"]


def test_history_says_what_was_who_and_when(desk: Desk, world: World) -> None:
    old = world.fact(desk.row, "phone", value="0912000111")
    change = desk.begin()
    desk.put(change, "phone", "replace", fact_id=old, values={"value": "0912000222"})
    desk.submit(change)
    desk.decide(change)
    officer = world.who("officer")
    with world.work(officer) as uow:
        told = change_view.of_dossier(uow, officer, desk.row.dossier.id, 50, 0, world.clock())
    lines = {past.fact.text: past for past in told.history}
    assert lines["0912000111"].ended_by == lines["0912000222"].confirmed_by == "Người thử leader"
    assert [line.row.change.id for line in told.changes] == [change]
    xa = world.who("leader.xa")
    with pytest.raises(Refused), world.work(xa) as uow:
        change_view.of_dossier(uow, xa, desk.row.dossier.id, 50, 0, world.clock())


def seen(world: World, name: str, change_id: str) -> bool:
    who = world.who(name)
    try:
        with world.work(who) as uow:
            change_view.open_change(uow, who, change_id, world.clock())
    except Refused:
        return False
    return True


def waiting(world: World, name: str) -> list[str]:
    who = world.who(name)
    with world.work(who) as uow:
        return [line.row.change.id for line in change_view.list_changes(uow, who, "waiting", 50, 0, world.clock())[0]]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["submit", "take_back", "officer", "leader", "withdraw"]), max_size=6))
def test_whatever_is_tried_the_record_changes_only_by_a_second_person(world: World, steps: list[str]) -> None:
    desk = Desk(world)
    change = desk.begin()
    desk.put(change, "phone", values={"value": "0912000111"})
    for name in steps:
        try:
            if name in ("officer", "leader"):
                desk.decide(change, by=name)
            elif name == "submit":
                desk.submit(change)
            else:
                desk.step(name, change)
        except (InvalidInput, Refused):
            continue
    for fact in desk.facts("phone"):
        assert fact.confirmed_by == world.who("leader").account_id != fact.entered_by
        assert desk.state(change) == "decided"
