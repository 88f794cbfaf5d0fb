"""Handing over what somebody who leaves has in hand: all of it in one go, each case with its own row, or nothing.

Whoever steers the unit's work does it. Who cannot take a case is told case by case, and then nothing was handed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import ROLE_ACTIONS, Action, Principal, Role, Target, visibility
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services.case_moves import LEAST_REASON, hand_over
from oms.services.case_opinions import pass_on
from oms.services.casework import local_day, steers
from oms.services.house import note, require_role
from oms.store import cases as store
from oms.store import people, units
from oms.store.case_tables import CaseOpinion
from oms.store.cases import CaseRow
from oms.store.db import UnitOfWork
from oms.store.tables import Account

AT_ONCE = 200
STAYS = "-"
"""What a form sends for a case that is not to be handed over."""


@dataclass(frozen=True)
class Holder:
    """Somebody with work in hand: how many cases, how many opinions asked of them."""

    account_id: str
    name: str
    cases: int
    opinions: int


@dataclass(frozen=True)
class InHand:
    """What one person has in hand, as far as this reader may see it, and who may be thought of for it."""

    account: Account
    rows: tuple[CaseRow, ...]
    total: int
    opinions: tuple[tuple[CaseOpinion, CaseRow], ...]
    receivers: tuple[Account, ...]


class Unfit(InvalidInput):
    """Some of it cannot be handed over like this: (number of the case, why) each; nothing was."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("to_all", "Chưa bàn giao việc nào: có việc không giao được như đã chọn.")
        self.problems = tuple(problems)


def holders(uow: UnitOfWork, principal: Principal, secret: bool, now: datetime) -> list[Holder]:
    """Who has open cases in hand that this person steers, most first; secret ones when these are asked for."""
    require_role(principal, Action.CASE_STEER, Verb.CASE_LIST)
    view = visibility(principal, Action.CASE_STEER)
    cases, opinions = store.hands(uow.session, view, secret), store.askings(uow.session, view, secret)
    names = people.names_of(uow.session, {*cases, *opinions})
    detail = {"hands": len(names), "secret": secret}
    note(uow, principal, Verb.CASE_LIST, now, detail=detail)
    found = [Holder(each, names[each], cases.get(each, 0), opinions.get(each, 0)) for each in names]
    return sorted(found, key=lambda each: (-each.cases, each.name))


def of_person(
    uow: UnitOfWork, principal: Principal, account_id: str, secret: bool, now: datetime, *, noted: bool = True
) -> InHand | None:
    """What somebody has in hand; None when there is nothing this person steers, whoever it is."""
    require_role(principal, Action.CASE_STEER, Verb.CASE_LIST)
    view = visibility(principal, Action.CASE_STEER)
    wanted = store.Wanted(hand=account_id, secret=secret, today=local_day(now), under=tuple(view.units))
    rows, total = store.listed(uow.session, view, wanted, AT_ONCE, 0)
    asked = store.asked_of(uow.session, view, account_id, secret, AT_ONCE)
    opinions = [(each, row) for each, row in asked if steers(principal, row)]
    account = people.by_id(uow.session, account_id)
    if noted:
        levels = [row.case.secrecy for row in rows] + [row.case.secrecy for _each, row in opinions]
        target = Target(principal.unit_path, max(levels, default=0)) if secret else None
        detail = {"hand": account_id, "shown": len(rows), "opinions": len(opinions), "secret": secret}
        note(uow, principal, Verb.CASE_LIST, now, target=target, detail=detail)
    if account is None or not (rows or opinions):
        return None
    paths = sorted({row.step_unit.path for row in (*rows, *(row for _each, row in opinions))})
    able = [each for each in units.accounts_reaching(uow.session, paths) if _works(each) and each.id != account_id]
    return InHand(account, tuple(rows), total, tuple(opinions), tuple(able))


def _works(account: Account) -> bool:
    return account.vetted_at is not None and Action.CASE_WORK in ROLE_ACTIONS[Role(account.role)]


@dataclass(frozen=True)
class Handing:
    """Who is to get what: account by id of the case or of the opinion, versions as they were seen, the reason."""

    to: Mapping[str, str]
    versions: Mapping[str, int]
    words: str


def hand_over_all(
    uow: UnitOfWork, principal: Principal, account_id: str, secret: bool, handing: Handing, now: datetime
) -> int:
    """Hands over what was chosen of one person's work, all or nothing; returns how much it was.

    InvalidInput: no reason or nobody chosen. Unfit: some of it cannot go to whom it was to go. Conflict: a case has
    moved meanwhile.
    """
    found = of_person(uow, principal, account_id, secret, now, noted=False)
    if len(squashed(handing.words)) < LEAST_REASON:
        raise InvalidInput("reason", "Hãy ghi lý do, ít nhất 5 ký tự.")
    chosen = [row for row in found.rows if _goes(handing, row.case.id)] if found else []
    asked = [(each, row) for each, row in found.opinions if _goes(handing, each.id)] if found else []
    if not chosen and not asked:
        raise InvalidInput("to_all", "Hãy chọn người nhận.")
    problems: list[tuple[str, str]] = []
    was = {row.case.id: row.case.version for row in chosen}
    for opinion, row in asked:
        try:
            pass_on(uow, principal, row.case.id, opinion.id, handing.to[opinion.id], now)
        except InvalidInput as problem:
            problems.append((row.case.number, problem.message_vi))
    for row in chosen:
        seen = handing.versions.get(row.case.id, 0)
        version = row.case.version if seen == was[row.case.id] else seen  # its opinions may just have moved it on
        try:
            hand_over(uow, principal, row.case.id, version, handing.to[row.case.id], handing.words, now)
        except InvalidInput as problem:
            problems.append((row.case.number, problem.message_vi))
    if problems:
        raise Unfit(problems)
    return len(chosen) + len(asked)


def _goes(handing: Handing, name: str) -> bool:
    return handing.to.get(name, "") not in ("", STAYS)
