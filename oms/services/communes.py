"""The reorganisation of 2025 laid into the register: a province's communes as units, with what they took over.

The table of places says what became of each commune; units that stand for old places (``units.place``) are joined to
the new ones. A commune divided among several inherits to none: its files are shared out by people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target
from oms.domain.journal import Verb
from oms.domain.organisation import Block, Days, Kind, day_before, wrong_with_predecessor
from oms.errors import InvalidInput
from oms.services.house import What, note, require
from oms.store import units
from oms.store.db import UnitOfWork
from oms.store.tables import Unit
from vietnamese import places
from vietnamese.places import Place

PREFIXES = {
    Block.PARTY: "Đảng uỷ",
    Block.GOVERNMENT: "Uỷ ban nhân dân",
    Block.FRONT: "Uỷ ban Mặt trận Tổ quốc Việt Nam",
}
DECISION = "NQ sắp xếp ĐVHC cấp xã năm 2025"


@dataclass(frozen=True)
class NewCommune:
    """One commune to be made a unit, and the old units it comes after."""

    place: Place
    name: str
    code: str
    before: tuple[Unit, ...]
    shared: tuple[Unit, ...]
    """Old units of communes that were divided: joined without their files."""

    @property
    def joined(self) -> bool:
        """True when it comes after an old unit of the register."""
        return bool(self.before or self.shared)


@dataclass(frozen=True)
class Communes:
    """What a load would do."""

    province: Place
    parent: Unit
    block: str
    new: tuple[NewCommune, ...]
    there: int
    """Communes that have a unit already."""
    left_out: tuple[str, ...]
    """Old units that cannot be joined, and why."""

    @property
    def ended(self) -> list[Unit]:
        """The old units that end."""
        found = {unit.id: unit for each in self.new for unit in (*each.before, *each.shared)}
        return list(found.values())


def planned(uow: UnitOfWork, province_code: str, parent_code: str) -> Communes:
    """What loading a province's communes under a unit would do. InvalidInput for an unknown province or unit."""
    wanted = province_code.removesuffix(places.NEW).zfill(2)
    province = places.of_code(f"{wanted}{places.NEW}") if wanted.isdecimal() else None
    if province is None or province.level != places.PROVINCE:
        raise InvalidInput("province", "Không có tỉnh nào mang mã này từ ngày 01/7/2025.")
    parent = units.by_code(uow.session, parent_code)
    if parent is None or parent.block not in PREFIXES:
        raise InvalidInput("under", "Hãy nhập mã một đơn vị của khối Đảng, MTTQ – đoàn thể hoặc chính quyền.")
    communes = places.children(province)
    held = units.of_places(uow.session, [place.code for place in communes], parent.block)
    there = {unit.place for unit in held if unit.path.startswith(parent.path + "/")}
    fresh = [place for place in communes if place.code not in there]
    old, left_out = _joinable(uow, fresh, parent)
    new = [_new(place, parent, old) for place in fresh]
    codes = {each.code for each in new if units.by_code(uow.session, each.code) is not None}
    if codes:
        raise InvalidInput("under", f"Mã {min(codes)} đã có đơn vị khác dùng.")
    return Communes(province, parent, parent.block, tuple(new), len(there), left_out)


def _joinable(uow: UnitOfWork, fresh: Sequence[Place], parent: Unit) -> tuple[dict[str, list[Unit]], tuple[str, ...]]:
    """Old units by the code of their place, and those that cannot be followed."""
    before = {place.code for new in fresh for place in places.predecessors(new)}
    found: dict[str, list[Unit]] = {}
    left_out = []
    for unit in units.of_places(uow.session, sorted(before), parent.block):
        days = Days(unit.id, unit.name, unit.valid_from, unit.valid_to)
        wrong = wrong_with_predecessor(Kind.MERGED, days, places.REORGANISED)
        followed = any(each.predecessor.id == unit.id for each in units.successions(uow.session, unit.id))
        if wrong or followed or parent.path.startswith(unit.path + "/") or parent.id == unit.id:
            left_out.append(wrong or f"{unit.name} đã có đơn vị kế thừa, hoặc là cấp trên của đơn vị mới.")
        else:
            found.setdefault(unit.place, []).append(unit)
    return found, tuple(left_out)


def _new(place: Place, parent: Unit, old: dict[str, list[Unit]]) -> NewCommune:
    before: list[Unit] = []
    shared: list[Unit] = []
    for earlier in places.predecessors(place):
        whole = len(places.successors(earlier)) == 1
        (before if whole else shared).extend(old.get(earlier.code, ()))
    name = f"{PREFIXES[Block(parent.block)]} {place.kind.lower()} {place.name}"
    return NewCommune(place, name, f"{parent.code}.{place.official}"[:35], tuple(before), tuple(shared))


def preview(uow: UnitOfWork, principal: Principal, province: str, under: str, now: datetime) -> Communes:
    """What a load would do; journalled."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_SUCCEED, kind="unit")
    found = planned(uow, province, under)
    note(uow, principal, Verb.UNIT_LIST, now, what=What("unit"), detail={"communes": len(found.new), "preview": True})
    return found


def load(uow: UnitOfWork, principal: Principal | None, province: str, under: str, now: datetime) -> Communes:
    """Makes the units and ends what they come after, in one act; journalled. None: the operator's command."""
    if principal is not None:
        require(principal, Action.UNIT_MANAGE, Verb.UNIT_SUCCEED, kind="unit")
    found = planned(uow, province, under)
    if not found.new:
        return found
    by = principal.account_id if principal else "system"
    act = units.add_act(uow.session, str(Kind.MERGED), places.REORGANISED, DECISION, by, now)
    ended: dict[int, date | None] = {unit.id: unit.valid_to for unit in found.ended}
    for unit in found.ended:
        unit.valid_to = day_before(places.REORGANISED)
    made = [_made(uow, each, found.parent, act.id) for each in found.new]
    units.tie(act, made, ended)
    detail = {"province": found.province.code, "made": len(made), "ended": len(ended)}
    target = Target(found.parent.path)
    note(uow, principal, Verb.UNIT_SUCCEED, now, what=What("unit_act", act.id), target=target, detail=detail)
    return found


def _made(uow: UnitOfWork, new: NewCommune, parent: Unit, act_id: str) -> int:
    unit = units.add_unit(
        uow.session,
        code=new.code,
        name=new.name,
        parent=parent,
        block=parent.block,
        level="xa",
        valid_from=places.REORGANISED,
        place=new.place.code,
    )
    for kind, olds in ((Kind.MERGED, new.before), (Kind.DIVIDED, new.shared)):
        for old in olds:
            inherits = kind is Kind.MERGED
            day = places.REORGANISED
            units.add_succession(uow.session, old, unit, str(kind), day, DECISION, inherits, act_id)
    return unit.id


def provinces() -> list[tuple[str, str]]:
    """The provinces since July 2025 as code and words, for a form."""
    return [(place.official, f"{place.official} – {place.name}") for place in places.provinces(places.REORGANISED)]
