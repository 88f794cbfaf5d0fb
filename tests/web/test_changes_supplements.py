"""Yearly supplements: for whom, within which days and items, counted, answered with nothing new, closed, on paper."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from conftest import SignIn
from factories import World
from sqlalchemy import select

from oms.errors import InvalidInput, Refused
from oms.services import change_items, changes, supplements
from oms.services.change_items import Typed, WrongItem
from oms.services.supplements import NewSupplement, Progress
from oms.store.record_tables import Change, FactRow, Supplement


def opened(world: World, unit: str = "D", items: tuple[str, ...] = ("phone", "career")) -> str:
    officer, today = world.who("officer"), world.clock().date()
    new = NewSupplement(world.units[unit], "Bổ sung năm 2026", 2026, today, today + timedelta(days=20), items)
    with world.work(officer) as uow:
        return supplements.open_supplement(uow, officer, new, world.clock()).id


def shown(world: World, name: str, supplement_id: str, state: str = "") -> Progress:
    who = world.who(name)
    with world.work(who) as uow:
        return supplements.show(uow, who, supplement_id, state, 50, 0, world.clock())


def begun(world: World, supplement_id: str, dossier_id: str, name: str = "officer") -> str:
    who = world.who(name)
    world.open(who, dossier_id)
    with world.work(who) as uow:
        return supplements.start(uow, who, supplement_id, dossier_id, world.clock())


def put(world: World, change_id: str, item: str, value: str) -> None:
    officer = world.who("officer")
    with world.work(officer) as uow:
        version = uow.session.get_one(Change, change_id).version
        change_items.put_item(uow, officer, change_id, version, Typed(item, "add", {"value": value}), world.clock())


def submit(world: World, change_id: str) -> None:
    officer = world.who("officer")
    with world.work(officer) as uow:
        version = uow.session.get_one(Change, change_id).version
        changes.submit(uow, officer, change_id, version, world.clock())


def test_a_supplement_from_its_opening_to_the_signed_paper(world: World, signed_in: SignIn) -> None:
    row, other = world.dossier("Tô Thị Hiếu"), world.dossier("Vũ Văn Bình")
    world.dossier("Người khối khác", unit="C-SNV", by="officer.gov")
    officer, leader = signed_in("officer"), signed_in("leader")
    form = {"title": "Bổ sung lý lịch năm 2026", "year": "2026", "unit_id": world.units["D"], "items": ["phone"]}
    days = {"opens_on": "02/11/2026", "closes_on": "30/11/2026"}
    for wrong in ({"title": "a"}, {"year": "x"}, {"closes_on": "01/11/2026"}, {"unit_id": ""}, {"items": []}):
        assert officer.post("/bo-sung", data=form | days | wrong).status_code == 400
    page = officer.post("/bo-sung", data=form | days, follow_redirects=True).text
    assert "Tô Thị Hiếu" in page and "Vũ Văn Bình" in page and "Người khối khác" not in page
    with world.work() as uow:
        period = uow.session.scalars(select(Supplement)).one().id
    start = f"/bo-sung/{period}/can-bo/{row.dossier.id}"
    assert officer.post(start).headers["Location"].endswith(f"/ho-so/{row.dossier.id}")
    world.open(world.who("officer"), row.dossier.id)
    change = officer.post(start).headers["Location"].rpartition("/")[2]
    assert "Bổ sung hằng năm" in officer.get(f"/thay-doi/{change}").text
    put(world, change, "phone", "0912000111")
    made = officer.post(f"/thay-doi/{change}/phieu.pdf")
    with pikepdf.open(BytesIO(made.data)) as pdf:
        assert len(pdf.pages) == 1
    submit(world, change)
    with world.work() as uow:
        version = uow.session.get_one(Change, change).version
        item = changes.store.items_of(uow.session, change)[0].id
    leader.post(f"/thay-doi/{change}/quyet-dinh", data={"version": version, "all": "1", "open": item})
    officer.post(f"/bo-sung/{period}/can-bo/{other.dossier.id}/khong-doi")
    view = shown(world, "officer", period)
    assert dict(view.counts) == {"decided": 1, "unchanged": 1} and view.done == view.everybody == 2
    with world.work() as uow:
        fact = uow.session.scalars(select(FactRow).where(FactRow.item == "phone")).one()
    assert fact.confirmed_by == world.who("leader").account_id
    assert officer.post(f"/bo-sung/{period}/dong", follow_redirects=True).text.count("Đã đóng") >= 1
    assert officer.post(f"/bo-sung/{period}/dong").status_code == 400


def test_only_the_items_of_the_supplement_may_be_touched(world: World) -> None:
    change = begun(world, opened(world), world.dossier().dossier.id)
    with pytest.raises(WrongItem):
        put(world, change, "staff_code", "CB-7")
    put(world, change, "phone", "0912000111")


def test_outside_its_days_nothing_is_begun_or_put_up(world: World) -> None:
    row, other, period = world.dossier(), world.dossier("Khác"), opened(world)
    change = begun(world, period, row.dossier.id)
    put(world, change, "phone", "0912000111")
    world.clock.forward(days=25)
    world.open(world.who("officer"), row.dossier.id)
    with pytest.raises(InvalidInput, match="state"):
        submit(world, change)
    with pytest.raises(InvalidInput, match="state"):
        begun(world, period, other.dossier.id)


def test_one_person_has_one_form_and_closing_ends_it(world: World) -> None:
    row, period = world.dossier(), opened(world)
    change = begun(world, period, row.dossier.id)
    with pytest.raises(InvalidInput, match="state"):
        begun(world, period, row.dossier.id)
    put(world, change, "phone", "0912000111")
    officer = world.who("officer")
    with world.work(officer) as uow:
        supplements.close(uow, officer, period, world.clock())
    with pytest.raises(InvalidInput, match="state"):
        submit(world, change)


def test_each_officer_counts_only_the_persons_they_may_see(world: World) -> None:
    for secrecy in (0, 1, 2):
        world.dossier(f"Người mức {secrecy}", secrecy=secrecy)
    period = opened(world)
    assert shown(world, "officer", period).everybody == 3
    assert shown(world, "officer2", period).everybody == 2
    names = {person.cadre.full_name for person in shown(world, "officer2", period).persons}
    assert names == {"Người Mức 0", "Người Mức 1"}
    with pytest.raises(Refused):
        shown(world, "officer.gov", period)
    with pytest.raises(Refused):
        shown(world, "leader", period)


def test_a_person_outside_the_unit_of_the_supplement_has_no_form(world: World) -> None:
    period, elsewhere = opened(world, "D-XA"), world.dossier()
    with pytest.raises(Refused):
        begun(world, period, elsewhere.dossier.id)


def test_nothing_new_gives_way_to_a_form_begun_after_it(world: World) -> None:
    row, period = world.dossier(), opened(world)
    officer = world.who("officer")
    with world.work(officer) as uow:
        supplements.nothing_new(uow, officer, period, row.dossier.id, world.clock())
    assert dict(shown(world, "officer", period).counts) == {"unchanged": 1}
    begun(world, period, row.dossier.id)
    assert dict(shown(world, "officer", period).counts) == {"draft": 1}
