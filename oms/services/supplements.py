"""Yearly supplements (phiếu bổ sung lý lịch): opened for a unit, a period and some items, filled person by person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.changes import ChangeState
from oms.domain.fields import squashed
from oms.domain.journal import Verb
from oms.domain.record_items import ITEMS
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import case_follow, change_view, custody, profiles, secret_copies
from oms.services.change_view import ChangeView
from oms.services.house import What, note, require, require_role
from oms.services.record import RecordFact, facts_of
from oms.services.secret_copies import Copied, Leaving
from oms.services.shelf import require_held
from oms.store import dossiers, units
from oms.store import supplements as store
from oms.store.changes import items_of as case_items
from oms.store.db import UnitOfWork
from oms.store.record_tables import Change, Supplement
from oms.store.secrecy_tables import SecretCopy
from oms.store.supplements import PersonRow
from oms.store.tables import Unit

USUAL = (
    "permanent_residence", "current_residence", "phone", "highest_qualification", "political_theory",
    "foreign_language", "it_level", "training", "career", "position", "party_position", "rank_code", "salary_step",
    "salary_coefficient", "salary_from", "rewards_table", "discipline_table", "evaluations", "family",
    "foreign_organisations", "health", "house_owned", "land_owned", "income_salary",
)  # fmt: skip
"""The items a yearly supplement asks for unless the office chooses others."""


@dataclass(frozen=True)
class NewSupplement:
    """A supplement to be opened; days None when they could not be read."""

    unit_id: int
    title: str
    year: int | None
    opens_on: date | None
    closes_on: date | None
    items: Sequence[str] = USUAL


def units_of(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """The units for which a supplement may be opened."""
    return units.within(uow.session, visibility(principal, Action.SUPPLEMENT_MANAGE))


def open_supplement(uow: UnitOfWork, principal: Principal, new: NewSupplement, now: datetime) -> Supplement:
    """Opens a supplement for every dossier below a unit, a period and a set of items."""
    unit = units.by_id(uow.session, new.unit_id)
    target = Target(unit.path if unit else "?")
    require(principal, Action.SUPPLEMENT_MANAGE, Verb.SUPPLEMENT_CREATE, target, "unit", str(new.unit_id))
    title = squashed(new.title)[:200]
    if len(title) < 5:
        raise InvalidInput("title", "Hãy ghi tên đợt, ít nhất 5 ký tự.")
    if new.year is None or not 1945 <= new.year <= 2200:
        raise InvalidInput("year", "Hãy nhập năm, như 2026.")
    if new.opens_on is None:
        raise InvalidInput("opens_on", "Ngày bắt đầu chưa đúng: hãy nhập như 01/12/2026.")
    if new.closes_on is None or new.closes_on < new.opens_on:
        raise InvalidInput("closes_on", "Ngày kết thúc chưa đúng: hãy nhập như 31/12/2026, không trước ngày bắt đầu.")
    items = [name for name in ITEMS if name in set(new.items)]
    if not items:
        raise InvalidInput("items", "Hãy chọn ít nhất một mục cần bổ sung.")
    made = Supplement(
        unit_id=new.unit_id,
        title=title,
        year=new.year,
        items=json.dumps(items),
        opens_on=new.opens_on,
        closes_on=new.closes_on,
        created_by=principal.account_id,
        created_at=now,
    )
    uow.session.add(made)
    uow.session.flush()
    detail = {"items": len(items), "year": new.year}
    what = What("supplement", made.id, title)
    note(uow, principal, Verb.SUPPLEMENT_CREATE, now, target=target, what=what, detail=detail)
    return made


def list_supplements(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[tuple[Supplement, Unit]], int]:
    """The supplements in scope; journalled."""
    require_role(principal, Action.SUPPLEMENT_MANAGE, Verb.SUPPLEMENT_LIST)
    view = visibility(principal, Action.SUPPLEMENT_MANAGE)
    rows, total = store.listed(uow.session, view, limit, offset)
    note(uow, principal, Verb.SUPPLEMENT_LIST, now, detail={"shown": len(rows), "total": total})
    return rows, total


@dataclass(frozen=True)
class Progress:
    """A supplement with its persons of one page, and how many are in each state."""

    supplement: Supplement
    unit: Unit
    persons: list[PersonRow]
    total: int
    counts: Mapping[str, int]
    running: bool

    @property
    def everybody(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return self.counts.get("decided", 0) + self.counts.get("unchanged", 0)


def _no(verb: Verb, supplement_id: str) -> Refused:
    return Refused(verb, kind="supplement", object_id=supplement_id, reason="missing or not visible")


def _found(uow: UnitOfWork, principal: Principal, supplement_id: str, verb: Verb) -> tuple[Supplement, Unit]:
    found = store.find(uow.session, visibility(principal, Action.SUPPLEMENT_MANAGE), supplement_id)
    if found is None:
        raise _no(verb, supplement_id)
    target = Target(found[1].path)
    require(principal, Action.SUPPLEMENT_MANAGE, verb, target, kind="supplement", object_id=supplement_id)
    return found


def is_running(supplement: Supplement, now: datetime) -> bool:
    """Whether persons may be filled in today."""
    today = now.astimezone(HANOI).date()
    return supplement.closed_at is None and supplement.opens_on <= today <= supplement.closes_on


def show(
    uow: UnitOfWork, principal: Principal, supplement_id: str, state: str, limit: int, offset: int, now: datetime
) -> Progress:
    """How far a supplement is, person by person; journalled."""
    supplement, unit = _found(uow, principal, supplement_id, Verb.SUPPLEMENT_LIST)
    view = visibility(principal, Action.SUPPLEMENT_MANAGE)
    rows, total = store.persons(uow.session, view, supplement, unit, state, limit, offset)
    counts = store.progress(uow.session, view, supplement, unit)
    what, target = What("supplement", supplement_id, supplement.title), Target(unit.path)
    detail = {"state": state, "shown": len(rows), "total": total}
    note(uow, principal, Verb.SUPPLEMENT_LIST, now, target=target, what=what, detail=detail)
    return Progress(supplement, unit, rows, total, counts, is_running(supplement, now))


def close(uow: UnitOfWork, principal: Principal, supplement_id: str, now: datetime) -> None:
    """Closes a supplement: nothing more can be put up under it."""
    supplement, unit = _found(uow, principal, supplement_id, Verb.SUPPLEMENT_CLOSE)
    if supplement.closed_at is not None:
        raise InvalidInput("state", "Đợt này đã đóng.")
    supplement.closed_at = now
    what, target = What("supplement", supplement_id, supplement.title), Target(unit.path)
    note(uow, principal, Verb.SUPPLEMENT_CLOSE, now, target=target, what=what)


def _person(
    uow: UnitOfWork, principal: Principal, supplement_id: str, dossier_id: str, now: datetime
) -> tuple[Supplement, dossiers.DossierRow]:
    verb = Verb.CHANGE_CREATE
    supplement, unit = _found(uow, principal, supplement_id, verb)
    view = visibility(principal, Action.SUPPLEMENT_MANAGE)
    row = dossiers.find_dossier(uow.session, view, dossier_id)
    inside = row is not None and f"{row.unit.path}/".startswith(f"{unit.path}/")
    if row is None or not inside:
        raise Refused(verb, kind="dossier", object_id=dossier_id, reason="missing, hidden or not of this supplement")
    require_held(row)
    if not is_running(supplement, now):
        raise InvalidInput("state", "Ngoài thời gian của đợt, hoặc đợt đã đóng.")
    before = store.of_dossier(uow.session, supplement_id, dossier_id)
    if before is not None:
        _give_way(uow, before)
    return supplement, row


def _give_way(uow: UnitOfWork, before: Change) -> None:
    """An answer of nothing new gives way to a form begun after it; any other form stands."""
    if before.state != ChangeState.DECIDED or case_items(uow.session, before.id):
        raise InvalidInput("state", "Cán bộ này đã có phiếu trong đợt.")
    before.state, before.version = ChangeState.WITHDRAWN, before.version + 1


def _begin(
    uow: UnitOfWork, principal: Principal, supplement: Supplement, row: dossiers.DossierRow, now: datetime
) -> Change:
    change = Change(
        dossier_id=row.dossier.id,
        kind="supplement",
        state=ChangeState.DRAFT,
        title=f"Bổ sung lý lịch năm {supplement.year}",
        secrecy=row.dossier.secrecy,
        compartment=row.dossier.compartment,
        declared_by=row.cadre.full_name[:200],
        declared_on=now.astimezone(HANOI).date().isoformat(),
        supplement_id=supplement.id,
        created_by=principal.account_id,
        created_at=now,
    )
    uow.session.add(change)
    uow.session.flush()
    begun = case_follow.about("supplement", change.id, change.state, row.dossier, principal.account_id)
    case_follow.begin(uow, principal, begun, now)
    return change


def _note_begun(
    uow: UnitOfWork, principal: Principal, change: Change, row: dossiers.DossierRow, now: datetime, act: str
) -> None:
    target = custody.target_of(row)
    what = What("change", change.id, row.dossier.number)
    detail = {"dossier": row.dossier.id, "supplement": change.supplement_id, "act": act}
    note(uow, principal, Verb.CHANGE_CREATE, now, target=target, what=what, detail=detail)


def start(uow: UnitOfWork, principal: Principal, supplement_id: str, dossier_id: str, now: datetime) -> str:
    """Begins one person's supplement, under a running opening of the dossier; the change's id."""
    supplement, row = _person(uow, principal, supplement_id, dossier_id, now)
    if not custody.is_open(uow, principal, dossier_id, now):
        raise InvalidInput("opening", "Hãy mở hồ sơ của cán bộ, nêu mục đích, rồi bắt đầu.")
    change = _begin(uow, principal, supplement, row, now)
    _note_begun(uow, principal, change, row, now, "start")
    return change.id


def nothing_new(uow: UnitOfWork, principal: Principal, supplement_id: str, dossier_id: str, now: datetime) -> None:
    """Notes that the person declared no change: an answer too, that touches no fact and needs no second person."""
    supplement, row = _person(uow, principal, supplement_id, dossier_id, now)
    change = _begin(uow, principal, supplement, row, now)
    change.state, change.decided_at, change.reason = ChangeState.DECIDED, now, "Không có thay đổi"
    change.submitted_by, change.submitted_at = principal.account_id, now
    case_follow.follow(uow, principal, "supplement", change.id, change.state, now)
    _note_begun(uow, principal, change, row, now, "nothing_new")


@dataclass(frozen=True)
class PaperForm:
    """A supplement filled for one person, as it is printed to be signed: what is proposed, and what stands."""

    view: ChangeView
    supplement: Supplement
    standing: tuple[RecordFact, ...]
    entered: SecretCopy | None
    """Its line in the register of copies, where there is a level in it."""


def paper_form(
    uow: UnitOfWork, principal: Principal, change_id: str, now: datetime, leaving: Leaving | None = None
) -> PaperForm:
    """The filled form; journalled as a look at the change. Refused when the change is no supplement's.

    With a level in it, it leaves by the register of copies: InvalidInput when that is not said.
    """
    view = change_view.open_change(uow, principal, change_id, now)
    if view.period is None:
        raise Refused(Verb.CHANGE_OPEN, kind="change", object_id=change_id, reason="no supplement")
    items = set(json.loads(view.period.items))
    held = facts_of(uow, principal, view.row.dossier.id) if view.is_open else []
    touched = {each.row.fact_id for each in view.items}
    standing = [fact for fact in held if fact.item.key in items and fact.row.id not in touched and not fact.masked]
    shown = [fact for fact in held if fact.row.id in touched and not fact.masked]
    level, compartment = profiles.level_of(view.row.dossier, [*standing, *shown])
    level, compartment = max(level, view.row.change.secrecy), compartment or view.row.change.compartment
    what = What("change", change_id, view.row.dossier.number)
    target = Target(view.row.unit.path, level, compartment, view.row.dossier.id)
    copied = Copied("profile", what, target, view.row.dossier.unit_id, view.row.dossier.id)
    entered = secret_copies.enter(uow, principal, copied, leaving, view.period.title, now)
    return PaperForm(view, view.period, tuple(standing), entered)
