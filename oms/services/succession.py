"""Succession: one decision on the tree of units as one act, entered in one transaction after a preview.

Nothing is re-keyed: a dossier keeps its unit, and whoever acts in a successor acts in what it took over
(``oms.store.people.principal_of``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from oms.domain.access import ROLE_ACTIONS, Action, Principal, Role, visibility
from oms.domain.journal import Verb
from oms.domain.organisation import (
    ENDS_PREDECESSOR,
    INHERITS,
    ONE_PREDECESSOR,
    Block,
    Days,
    Kind,
    cycle_through,
    day_before,
    party_code,
    stands_on,
    state_code,
    wrong_with_predecessor,
    wrong_with_successor,
)
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services.house import What, note, require
from oms.store import units
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls
from oms.store.tables import Account, Unit, UnitAct
from vietnamese.text import nfc

CODE = 35
NAME = 300
_ONE_AFTER = frozenset({Kind.RENAMED, Kind.MERGED, Kind.MOVED})


@dataclass(frozen=True)
class NewUnit:
    """A unit to be made, every value as typed. ``level`` and ``block`` may be left to what it comes after."""

    code: str
    name: str
    code_party: str = ""
    code_state: str = ""
    level: str = ""
    block: str = ""
    place: str = ""


@dataclass(frozen=True)
class Asked:
    """One decision on the tree: units are named by their codes; ``parent`` is where new ones stand."""

    kind: Kind
    on: date
    decision_no: str
    predecessors: tuple[str, ...]
    successor: str = ""
    new: tuple[NewUnit, ...] = ()
    parent: str = ""


@dataclass(frozen=True)
class Counts:
    """What hangs on some units; None where it is not this person's to know."""

    dossiers: int | None
    batches: int | None


@dataclass(frozen=True)
class Plan:
    """What an act would do, for the preview."""

    asked: Asked
    predecessors: tuple[Unit, ...]
    successor: Unit | None
    parent: Unit | None
    counts: Counts
    keep: tuple[Account, ...]
    """Accounts that reach the predecessors now."""
    gain: tuple[Account, ...]
    """Accounts that will reach them through the successor."""
    standing: tuple[Unit, ...]
    """Units below the ended ones that go on."""

    @property
    def inherits(self) -> bool:
        return self.asked.kind in INHERITS and (self.successor is not None or bool(self.asked.new))

    @property
    def last_day(self) -> date | None:
        """The predecessors' last day; None when they go on."""
        return day_before(self.asked.on) if self.asked.kind in ENDS_PREDECESSOR else None


def known(uow: UnitOfWork, field: str, code: str) -> Unit:
    unit = units.by_code(uow.session, code)
    if unit is None:
        raise InvalidInput(field, f"Không có đơn vị nào mang mã {code[:40]}.")
    return unit


def _days(unit: Unit) -> Days:
    return Days(unit.id, unit.name, unit.valid_from, unit.valid_to)


def _shape(asked: Asked) -> None:
    """The number of units on either side that the kind asks for."""
    old, new, existing = len(asked.predecessors), len(asked.new), bool(asked.successor)
    if not old:
        raise InvalidInput("predecessors", "Hãy nhập mã đơn vị cũ.")
    if len(set(asked.predecessors)) != old or asked.successor in asked.predecessors:
        raise InvalidInput("predecessors", "Một đơn vị đứng hai lần trong quyết định này.")
    for kinds, wrong, field, words in (
        (ONE_PREDECESSOR, old > 1, "predecessors", "Loại này chỉ có một đơn vị cũ."),
        ({Kind.MERGED}, old < 2, "predecessors", "Hợp nhất cần từ hai đơn vị cũ; một đơn vị nhập vào là sáp nhập."),
        ({Kind.ABSORBED}, not existing or new > 0, "successor", "Hãy nhập mã đơn vị đang hoạt động được nhập vào."),
        ({Kind.DISSOLVED}, new > 0, "new_units", "Giải thể không lập đơn vị mới; chỉ có thể có đơn vị tiếp nhận."),
        ({Kind.DIVIDED}, new + existing < 2, "new_units", "Chia cần từ hai đơn vị mới trở lên."),
        (_ONE_AFTER, new + existing != 1, "new_units", "Cần đúng một đơn vị sau: lập mới, hoặc mã đơn vị đã có."),
        ({Kind.SPLIT}, new + existing < 1, "new_units", "Tách cần ít nhất một đơn vị mới."),
        ({Kind.MOVED}, new > 0 and not asked.parent, "parent", "Chuyển cần mã đơn vị cấp trên mới."),
    ):
        if asked.kind in kinds and wrong:
            raise InvalidInput(field, words)


def checked_new(uow: UnitOfWork, new: NewUnit, on: date, ending: Sequence[Unit]) -> NewUnit:
    code, name = nfc(new.code).strip(), " ".join(nfc(new.name).split())
    if not code or len(code) > CODE or "/" in code or any(letter.isspace() for letter in code):
        raise InvalidInput("new_units", f"Mã đơn vị có 1–{CODE} ký tự, không có khoảng trắng hay dấu gạch chéo.")
    if not 2 <= len(name) <= NAME:
        raise InvalidInput("new_units", f"Đơn vị {code}: hãy nhập tên (2–{NAME} ký tự).")
    if units.by_code(uow.session, code) is not None:
        raise InvalidInput("new_units", f"Mã {code} đã có đơn vị dùng: một mã chỉ dùng một lần.")
    checked = replace(new, code=code, name=name)
    check_codes(uow, checked.code_party, checked.code_state, on, {unit.id for unit in ending}, "new_units")
    return checked


def check_codes(uow: UnitOfWork, party: str, state: str, on: date, free: set[int], field: str = "") -> None:
    """Both official codes have their form, and no other unit standing on or after the day bears them."""
    for column, code, fits, words in (
        ("code_party", party, party_code, "Mã tổ chức đảng gồm các nhóm số như 49.001.002.003"),
        ("code_state", state, state_code, "Mã định danh cơ quan như H49.64.33, tối đa 35 ký tự"),
    ):
        if not code:
            continue
        if not fits(code):
            raise InvalidInput(field or column, f"{words}; “{code[:40]}” không đúng.")
        for unit in units.holders_of(uow.session, column, code):
            if unit.id not in free and (unit.valid_to is None or unit.valid_to >= on):
                raise InvalidInput(field or column, f"Mã {code} đang được {unit.name} dùng.")


def _same_block(found: Sequence[Unit], field: str) -> None:
    if any(unit.block == Block.ALL for unit in found):
        raise InvalidInput(field, "Đơn vị liên khối không thay đổi theo cách này.")
    if len({unit.block for unit in found}) > 1:
        raise InvalidInput(field, "Các đơn vị phải cùng một khối: hồ sơ của các khối để riêng.")


def _checked_sides(uow: UnitOfWork, asked: Asked, old: Sequence[Unit], successor: Unit | None) -> None:
    """Days, blocks and chains of the units that are there already."""
    for unit in old:
        if wrong := wrong_with_predecessor(asked.kind, _days(unit), asked.on):
            raise InvalidInput("predecessors", wrong)
        following = [each for each in units.successions(uow.session, unit.id) if each.predecessor.id == unit.id]
        if asked.kind in INHERITS and any(each.row.inherits for each in following):
            raise InvalidInput("predecessors", f"{unit.name} đã có đơn vị kế thừa.")
    _same_block([*old, *filter(None, [successor])], "predecessors")
    if successor is None:
        return
    if wrong := wrong_with_successor(_days(successor), asked.on):
        raise InvalidInput("successor", wrong)
    if cycle_through(units.chain(uow.session), [(unit.id, successor.id) for unit in old]):
        raise InvalidInput("successor", "Như vậy một đơn vị sẽ kế thừa chính mình, qua các lần thay đổi trước.")
    _not_below(successor, old, asked.kind, "successor")


def _not_below(unit: Unit, old: Sequence[Unit], kind: Kind, field: str) -> None:
    if kind in ENDS_PREDECESSOR and any(unit.path.startswith(ended.path + "/") for ended in old):
        raise InvalidInput(field, f"{unit.name} nằm dưới đơn vị kết thúc: hãy chuyển đơn vị này trước.")


def _parent(uow: UnitOfWork, asked: Asked, old: Sequence[Unit]) -> Unit | None:
    """Where new units stand: as asked, else beside the first predecessor."""
    if not asked.new:
        return None
    if asked.parent:
        parent = known(uow, "parent", asked.parent)
    else:
        above = units.by_id(uow.session, old[0].parent_id) if old[0].parent_id else None
        if above is None:
            raise InvalidInput("parent", "Hãy nhập mã đơn vị cấp trên.")
        parent = above
    if not stands_on(parent.valid_from, parent.valid_to, asked.on) or parent.id in {unit.id for unit in old}:
        raise InvalidInput("parent", f"{parent.name} không hoạt động vào ngày đó.")
    if parent.block not in (old[0].block, Block.ALL):
        raise InvalidInput("parent", "Đơn vị cấp trên phải cùng khối.")
    _not_below(parent, old, asked.kind, "parent")
    return parent


def plan(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> Plan:
    """What an act would do; journalled. InvalidInput says what speaks against it."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_SUCCEED, kind="unit")
    made = _planned(uow, principal, asked)
    note(uow, principal, Verb.UNIT_LIST, now, what=What("unit"), detail={"preview": str(asked.kind)})
    return made


def _planned(uow: UnitOfWork, principal: Principal, asked: Asked) -> Plan:
    _shape(asked)
    decision = " ".join(nfc(asked.decision_no).split())
    if not 1 <= len(decision) <= 60:
        raise InvalidInput("decision_no", "Hãy nhập số quyết định (tối đa 60 ký tự).")
    old = [known(uow, "predecessors", code) for code in asked.predecessors]
    successor = known(uow, "successor", asked.successor) if asked.successor else None
    _checked_sides(uow, asked, old, successor)
    parent = _parent(uow, asked, old)
    ending = old if asked.kind in ENDS_PREDECESSOR else []
    new = [checked_new(uow, each, asked.on, ending) for each in asked.new]
    for key in ("code", "code_party", "code_state"):
        said = [getattr(each, key) for each in new if getattr(each, key)]
        if len(set(said)) != len(said):
            raise InvalidInput("new_units", "Hai đơn vị mới mang cùng một mã.")
    below = [unit for each in ending for unit in units.below(uow.session, each.path)]
    ended = {unit.id for unit in ending}
    standing = [unit for unit in below if unit.id not in ended and stands_on(unit.valid_from, unit.valid_to, asked.on)]
    keep = _readers(units.accounts_reaching(uow.session, [unit.path for unit in old]))
    after = [unit.path for unit in (successor, parent) if unit is not None]
    reach = _readers(units.accounts_reaching(uow.session, after)) if asked.kind in INHERITS and after else []
    kept = {account.id for account in keep}
    return Plan(
        replace(asked, decision_no=decision, new=tuple(new)),
        tuple(old),
        successor,
        parent,
        counts_of(uow, principal, [unit.path for unit in old]),
        tuple(keep),
        tuple(account for account in reach if account.id not in kept),
        tuple(standing),
    )


def _readers(accounts: Sequence[Account]) -> list[Account]:
    """Those whose role lists dossiers at all."""
    return [each for each in accounts if Action.CADRE_LIST in ROLE_ACTIONS[Role(each.role)]]


def counts_of(uow: UnitOfWork, principal: Principal, paths: Sequence[str]) -> Counts:
    """Dossiers and open batches that this person may see; None where their role counts no records."""
    view = visibility(principal, Action.CADRE_LIST)
    batches = visibility(principal, Action.BATCH_LIST)
    return Counts(
        sum(units.dossiers_below(uow.session, view, path) for path in paths) if view.units else None,
        sum(units.open_batches(uow.session, batches, path) for path in paths) if batches.units else None,
    )


def succeed(uow: UnitOfWork, principal: Principal, asked: Asked, now: datetime) -> UnitAct:
    """Enters a decision on the tree as one act: ends, makes, joins; journalled with ids."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_SUCCEED, kind="unit")
    planned = _planned(uow, principal, asked)
    return carry_out(uow, principal, planned, now)


def carry_out(uow: UnitOfWork, principal: Principal | None, planned: Plan, now: datetime) -> UnitAct:
    """Does what a plan says. The caller has asked the rule."""
    asked, session = planned.asked, uow.session
    by = principal.account_id if principal else "system"
    act = units.add_act(session, str(asked.kind), asked.on, asked.decision_no, by, now)
    ended: dict[int, date | None] = {}
    if asked.kind in ENDS_PREDECESSOR:
        for unit in planned.predecessors:
            ended[unit.id] = unit.valid_to
            unit.valid_to = day_before(asked.on)
    first = planned.predecessors[0]
    after = [planned.successor] if planned.successor else []
    made = [make(uow, each, planned.parent, first, asked.on) for each in asked.new]
    for old in planned.predecessors:
        for new in (*after, *made):
            inherits = asked.kind in INHERITS
            units.add_succession(session, old, new, str(asked.kind), asked.on, asked.decision_no, inherits, act.id)
    units.tie(act, [unit.id for unit in made], ended)
    detail = {
        "kind": str(asked.kind),
        "on": asked.on.isoformat(),
        "ended": sorted(ended),
        "before": [unit.id for unit in planned.predecessors],
        "after": [unit.id for unit in (*after, *made)],
        "made": [unit.id for unit in made],
    }
    note(uow, principal, Verb.UNIT_SUCCEED, now, what=What("unit_act", act.id), detail=detail)
    return act


def make(uow: UnitOfWork, new: NewUnit, parent: Unit | None, like: Unit, on: date) -> Unit:
    return units.add_unit(
        uow.session,
        code=new.code,
        name=new.name,
        parent=parent,
        block=new.block or like.block,
        level=new.level or like.level,
        valid_from=on,
        code_party=new.code_party,
        code_state=new.code_state,
        place=new.place,
    )


def take_back(uow: UnitOfWork, principal: Principal, act_id: str, now: datetime) -> None:
    """Takes back an act entered today on whose units nothing hangs yet; what it ended stands again."""
    require(principal, Action.UNIT_MANAGE, Verb.UNIT_SUCCEED, kind="unit_act", object_id=act_id)
    act = units.find_act(uow.session, act_id)
    if act is None:
        raise Refused(Verb.UNIT_SUCCEED, kind="unit_act", object_id=act_id, reason="missing")
    if reason := cannot_take_back(uow, act, now):
        raise InvalidInput("act", reason)
    detail = {"taken_back": True, "kind": act.kind, "made": json.loads(act.made), "ended": json.loads(act.ended)}
    units.take_back(uow.session, act)
    note(uow, principal, Verb.UNIT_SUCCEED, now, what=What("unit_act", act_id), detail=detail)


def _in_use(uow: UnitOfWork, unit_id: int) -> bool:
    with past_walls(uow.session):  # who manages units sees no dossier and no batch
        return units.in_use(uow.session, unit_id)


def cannot_take_back(uow: UnitOfWork, act: UnitAct, now: datetime) -> str:
    """What speaks against taking an act back; "" when nothing does."""
    if day_in_hanoi(act.entered_at) != day_in_hanoi(now):
        return "Chỉ rút lại được trong ngày đã ghi; sau đó hãy ghi một quyết định mới."
    made = set(json.loads(act.made))
    touched = made | {int(key) for key in json.loads(act.ended)}
    for unit_id in touched:
        later = [each for each in units.successions(uow.session, unit_id) if each.row.act_id != act.id]
        if unit_id in made and (later or _in_use(uow, unit_id)):
            return "Đơn vị mới đã có dữ liệu gắn vào (hồ sơ, tài khoản, đợt hoặc đơn vị khác): không rút lại được."
        if any(each.row.predecessor_id == unit_id for each in later):
            return "Một đơn vị trong quyết định này đã có thay đổi khác: không rút lại được."
    return ""
