"""Packages that came for a unit whose packages nobody here may take: the administrator says for which unit they are.

Of a package the administrator is shown its number, its kind, who sent it and the unit code on it; never whom it speaks
of. Without this a code that nobody knows, or one of a unit without officers, would leave a package unseen for good.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Target
from oms.domain.journal import Verb
from oms.domain.organisation import Block, stands_on
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput, Refused
from oms.services.exchange_receive import holders, tell_of_arrival
from oms.services.exchange_send import target_of, what_of
from oms.services.house import note, require
from oms.store import packages as store
from oms.store import units
from oms.store.db import UnitOfWork
from oms.store.packages import PackageRow
from oms.store.past_walls import past_walls
from oms.store.tables import Unit


@dataclass(frozen=True)
class Astray:
    """A package that nobody here may take: what the administrator is told of it."""

    id: str
    number: str
    kind: str
    sender: str
    code: str
    unit: str
    at: datetime


def astray(uow: UnitOfWork, principal: Principal) -> list[Astray]:
    """What waits and nobody may take; the caller journals the look."""
    require(principal, Action.EXCHANGE_MANAGE, Verb.PARTNER_LIST)
    waiting = [row for row in store.waiting_anywhere(uow.session) if not holders(uow, row.package)]
    return [
        Astray(
            each.package.id,
            each.package.number,
            each.package.kind,
            each.partner.name,
            _code(each),
            each.unit.name,
            each.package.at,
        )
        for each in waiting
    ]


def receiving_units(uow: UnitOfWork, now: datetime) -> list[Unit]:
    """Units that hold files today, by name; the names of units are no record."""
    today = day_in_hanoi(now)
    known = units.everything(uow.session)
    return [unit for unit in known if unit.block != Block.ALL and stands_on(unit.valid_from, unit.valid_to, today)]


def _code(row: PackageRow) -> str:
    return str(json.loads(row.package.body)["receiver"]["code"])


def direct(uow: UnitOfWork, principal: Principal, row_id: str, unit_id: int, now: datetime) -> int:
    """Says for which unit a package is, and remembers a code nobody knew; how many there may take it.

    Only of a package that nobody may take: what has its people is theirs.
    """
    require(principal, Action.EXCHANGE_MANAGE, Verb.EXCHANGE_MAP, kind="package", object_id=row_id)
    found = next((row for row in store.waiting_anywhere(uow.session) if row.package.id == row_id), None)
    if found is None or holders(uow, found.package):
        raise Refused(Verb.EXCHANGE_MAP, kind="package", object_id=row_id, reason="missing")
    unit = units.by_id(uow.session, unit_id)
    if unit is None:
        raise InvalidInput(f"unit-{row_id}", "Hãy chọn đơn vị tiếp nhận.")
    code = _code(found)
    if store.code(uow.session, code) is None:
        store.remember_code(uow.session, code, unit.id, principal.account_id, now)
    row = found.package
    with past_walls(uow.session):  # the administrator sees no package
        row.unit_id, row.report = unit.id, json.dumps(json.loads(row.report) | {"placed": True}, ensure_ascii=False)
        uow.session.flush()
    target = Target(unit.path, target_of(found).secrecy)
    detail = {"code": code, "unit": unit.id}
    note(uow, principal, Verb.EXCHANGE_MAP, now, what=what_of(found), target=target, detail=detail)
    return tell_of_arrival(uow, row, now)
