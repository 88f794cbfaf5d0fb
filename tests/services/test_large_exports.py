"""Long lists leave by two persons, once, as approved; every list bears the highest level of its parts."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from factories import World

from oms.domain.organisation import common_path
from oms.domain.policy import SETTINGS, Setting
from oms.errors import InvalidInput, Refused
from oms.services import approvals, components, dues, grants, large_exports, loans
from oms.services.components import Wanted
from oms.services.large_exports import NeedsSecond, Part, PersonList
from oms.services.secret_copies import Leaving
from oms.store import journal
from oms.store.dossiers import DossierRow
from oms.store.dues import DueFilter
from oms.store.duty_tables import Approval

WHY = "báo cáo rà soát hồ sơ quý IV"


@pytest.fixture(autouse=True)
def _short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two persons may leave by one: a list of three is long."""
    monkeypatch.setitem(SETTINGS, "export_limit", Setting(2, 1, 5000))  # type: ignore[arg-type]


@dataclass
class Exporter:
    """An officer at the list of what dossiers lack."""

    world: World
    name: str = "officer"

    def take(self, code: str = "") -> bytes:
        who = self.world.who(self.name)
        with self.world.work(who) as uow:
            return components.sheet(uow, who, Wanted(code=code), WHY, self.world.clock())

    def ask(self, code: str = "") -> str:
        with pytest.raises(NeedsSecond) as caught:
            self.take(code)
        who = self.world.who(self.name)
        with self.world.work(who) as uow:
            return large_exports.ask(uow, who, caught.value.listed, "/luu-giu", self.world.clock()).id

    def approve(self, approval_id: str, by: str = "leader") -> None:
        who = self.world.who(by)
        with self.world.work(who) as uow:
            approvals.decide(uow, who, approval_id, True, "", self.world.clock())


def three(world: World, **more: object) -> list[DossierRow]:
    return [world.dossier(f"Người Số {name}", **more) for name in ("Một", "Hai", "Ba")]


def last_row(world: World) -> tuple[str, int, str, dict[str, object]]:
    with world.work() as uow:
        entry = [each for each, _leaf in journal.rows(uow.session)][-1]
    return entry.verb, entry.secrecy, entry.compartment, json.loads(entry.detail)


def test_a_short_list_leaves_at_once_and_a_long_one_by_two_and_once(world: World) -> None:
    desk = Exporter(world)
    world.dossier()
    assert desk.take()
    three(world)
    asked = desk.ask()
    assert desk.ask() == asked  # asked twice: the same request
    with pytest.raises(Refused):
        desk.approve(asked, "officer2")
    desk.approve(asked)
    assert desk.take()
    verb, _level, _area, detail = last_row(world)
    assert (verb, detail["persons"], detail["approval"]) == ("list:export", 4, asked)
    with pytest.raises(NeedsSecond):
        desk.take()  # once


def test_an_approval_is_for_that_list_that_person_and_those_in_it(world: World) -> None:
    desk = Exporter(world)
    three(world)
    desk.approve(desk.ask())
    with pytest.raises(NeedsSecond):
        Exporter(world, "officer2").take()
    world.dossier("Người Mới Vào")
    with pytest.raises(NeedsSecond):
        desk.take()  # one more than was approved
    again = desk.ask()
    with world.work() as uow:
        states = sorted(row.state for row in uow.session.query(Approval))
        assert uow.session.get_one(Approval, again).state == "waiting"
    assert states == ["waiting", "withdrawn"]


def test_what_is_taken_is_made_under_the_rights_of_that_moment(world: World) -> None:
    desk = Exporter(world)
    rows = three(world, secrecy=1)
    world.dossier("Người Thường")
    asked = desk.ask()
    desk.approve(asked)
    officer, security = world.who("officer"), world.who("security")
    with world.work(security) as uow:
        grants.remove(uow, security, officer.account_id, "clearance", "3", "thu hồi theo rà soát", world.clock())
    assert desk.take()  # short now: what may be seen is one
    assert last_row(world)[3]["persons"] == 1
    assert rows[0].dossier.id not in world.who("officer").withheld


def leave(world: World, dossiers: str, by: str = "officer", name: str = "Danh sách") -> bool:
    """Whether a list of these dossiers (a letter each) leaves by one person."""
    who = world.who(by)
    try:
        with world.work(who) as uow:
            large_exports.clear(uow, who, PersonList(name, {}, [Part(each) for each in dossiers], WHY), world.clock())
    except NeedsSecond:
        return False
    return True


def test_the_halves_of_a_long_list_are_as_long_as_the_list(world: World) -> None:
    assert not leave(world, "abc")
    assert leave(world, "ab") and leave(world, "ab", name="Danh sách khác")  # nobody new
    assert not leave(world, "c") and not leave(world, "bc")
    assert leave(world, "c", by="officer2")  # each person is counted alone
    world.clock.forward(hours=23)
    assert leave(world, "a") and not leave(world, "c")
    world.clock.forward(hours=2)  # b left 25 hours ago, a two
    assert leave(world, "c") and not leave(world, "d")
    world.clock.forward(hours=25)
    assert leave(world, "de")


def test_what_a_second_person_approved_and_what_did_not_leave_is_not_counted(world: World) -> None:
    desk = Exporter(world)
    three(world)
    desk.approve(desk.ask())
    assert desk.take()
    assert leave(world, "xy") and not leave(world, "z")
    world.clock.forward(hours=25)
    world.dossier("Người Mật", unit="C-SNV", by="officer.gov", secrecy=1)
    with pytest.raises(InvalidInput):
        Exporter(world, "officer.gov").take()  # nobody said for whom the copies are: nothing left
    assert leave(world, "rs", by="officer.gov")


def test_who_decides_is_told_how_many_left_before(world: World) -> None:
    assert leave(world, "xy")
    desk = Exporter(world)
    world.dossier("Người Số Một")
    asked = desk.ask()
    with world.work() as uow:
        lines = json.loads(uow.session.get_one(Approval, asked).lines)
    told = {line["what"]: line["after"] for line in lines}
    assert (told["Số người"], told["Số người khác đã xuất trong 24 giờ qua"]) == ("1", "2")


def test_who_may_not_know_of_a_part_does_not_decide_on_the_list(world: World) -> None:
    desk = Exporter(world)
    three(world)
    world.dossier("Người Mật", secrecy=1)
    asked = desk.ask()
    for nobody in ("leader.low", "leader.xa"):
        with pytest.raises(Refused):
            desk.approve(asked, nobody)
    desk.approve(asked)


@pytest.mark.parametrize("kind", ["lacking", "loans", "dues"])
def test_every_list_bears_the_highest_level_of_its_parts(world: World, kind: str) -> None:
    row = world.dossier("Người Mật", secrecy=2, compartment="bvctnb", birth_date="05/08/1964", sex="Nam")
    world.dossier("Người Thường")
    who = world.who("officer")
    world.open(who, row.dossier.id)
    said = Leaving("1", "Chử Văn Đoàn, Trưởng ban", "02/11/2026", "Phòng Tổng hợp")
    with world.work(who) as uow:
        if kind == "lacking":
            components.sheet(uow, who, Wanted(), WHY, world.clock(), said)
        elif kind == "loans":
            new = loans.NewLoan((), "Lò Văn Ín", "Ban Nội chính", "đọc để thẩm tra", "Chử Văn Đoàn", 2, "10/11/2026")
            loans.lend(uow, who, row.dossier.id, new, world.clock())
            loans.sheet(uow, who, "", WHY, world.clock(), said)
        else:
            dues.calendar(uow, who, DueFilter(world.clock().date()), WHY, world.clock(), said)
    assert last_row(world)[1:3] == (2, "bvctnb")


def test_several_compartments_do_not_leave_in_one_long_list(world: World) -> None:
    parts = [Part("a", 1, "bvctnb"), Part("b", 2, "kiem_tra"), Part("c")]
    listed = PersonList("Danh sách", {}, parts, WHY)
    assert listed.level == (2, ("bvctnb", "kiem_tra"))
    who = world.who("officer")
    with pytest.raises(InvalidInput), world.work(who) as uow:
        large_exports.ask(uow, who, listed, "", world.clock())


def test_the_lowest_unit_over_several() -> None:
    assert common_path(["1/2/3", "1/2/4"]) == "1/2"
    assert common_path(["1/2", "1/22"]) == "1"
    assert common_path(["1/2"]) == "1/2"
    assert common_path([]) == ""
