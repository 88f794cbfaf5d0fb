"""The half-yearly reconciliation of the list of dossiers with what stands on the shelf (kiểm kê)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, highest, visibility
from oms.domain.journal import Verb
from oms.domain.keeping import LINE_LABELS, LineState, counted_state, period_of, periods_around
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import catalogues, keeping_sheets, large_exports, secret_copies
from oms.services.house import What, Why, note, require, require_role
from oms.services.large_exports import Part, PersonList
from oms.services.secret_copies import Copied, Leaving
from oms.services.shelf import squeezed
from oms.store import keeping, people, units
from oms.store.custody_tables import Stocktake, StocktakeLine
from oms.store.db import UnitOfWork
from oms.store.keeping import CountRow
from oms.store.secrecy_tables import SecretCopy
from oms.store.tables import Unit

DIFFERING = (LineState.MISSING, LineState.DAMAGED, LineState.DIFFERS)


def months(uow: UnitOfWork, day: date) -> int:
    """The months between two stocktakes by the rule of the day."""
    return int(catalogues.load(uow).number("stocktake.months", day))


def periods(uow: UnitOfWork, now: datetime) -> list[str]:
    """The periods a stocktake may be opened for, the present one first."""
    today = now.astimezone(HANOI).date()
    return periods_around(today, months(uow, today))


@dataclass(frozen=True)
class DueUnit:
    """A unit that holds dossiers and has no concluded stocktake of the present period."""

    unit: Unit
    dossiers: int
    period: str


def due(uow: UnitOfWork, principal: Principal, now: datetime) -> list[DueUnit]:
    """Units in scope whose stocktake of this period is still to be concluded; counts only what the person may see."""
    today = now.astimezone(HANOI).date()
    period = period_of(today, months(uow, today))
    holding = keeping.units_holding(uow.session, visibility(principal, Action.CUSTODY_WORK))
    done = keeping.closed_periods(uow.session, [unit.id for unit, _number in holding], period)
    return [DueUnit(unit, number, period) for unit, number in holding if unit.id not in done]


def due_number(uow: UnitOfWork, principal: Principal, now: datetime) -> int:
    """How many units are :func:`due`."""
    today = now.astimezone(HANOI).date()
    holding = keeping.units_holding_any(uow.session, visibility(principal, Action.CUSTODY_WORK))
    return len(set(holding) - keeping.closed_periods(uow.session, holding, period_of(today, months(uow, today))))


def open_units(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Units a stocktake may be opened for: those that hold dossiers this person sees."""
    return [unit for unit, _number in keeping.units_holding(uow.session, visibility(principal, Action.CUSTODY_WORK))]


def listing(
    uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime
) -> tuple[list[tuple[Stocktake, Unit, dict[str, int]]], int]:
    """Stocktakes in scope with the lines this person sees per state; a look is a row."""
    require_role(principal, Action.CUSTODY_WORK, Verb.STOCKTAKE_LIST)
    view = visibility(principal, Action.CUSTODY_WORK)
    rows, total = keeping.stocktakes(uow.session, view, limit, offset)
    note(uow, principal, Verb.STOCKTAKE_LIST, now, detail={"shown": len(rows), "total": total})
    return [(row, unit, keeping.line_counts(uow.session, view, row.id)) for row, unit in rows], total


def open_stocktake(uow: UnitOfWork, principal: Principal, unit_id: int | None, period: str, now: datetime) -> Stocktake:
    """Opens a stocktake of a unit for a period: a line for every dossier it holds that the opener may see."""
    unit = units.by_id(uow.session, unit_id) if unit_id is not None else None
    if unit is None:
        raise InvalidInput("unit_id", "Hãy chọn đơn vị kiểm kê.")
    target = Target(unit.path)
    require(principal, Action.CUSTODY_WORK, Verb.STOCKTAKE_OPEN, target, kind="unit", object_id=str(unit_id))
    if period not in periods(uow, now):
        raise InvalidInput("period", "Hãy chọn kỳ kiểm kê trong danh sách.")
    if keeping.stocktake_running(uow.session, unit.id, period):
        raise InvalidInput("period", "Đơn vị này đang có một đợt kiểm kê của kỳ này.")
    held = keeping.held_by(uow.session, visibility(principal, Action.CUSTODY_WORK), unit.id)
    if not held:
        raise InvalidInput("unit_id", "Đơn vị này không giữ hồ sơ nào trong phạm vi của anh/chị.")
    row = Stocktake(unit_id=unit.id, period=period, opened_by=principal.account_id, opened_at=now)
    uow.session.add(row)
    uow.session.flush()
    uow.session.add_all(
        [StocktakeLine(stocktake_id=row.id, dossier_id=name, pages_listed=pages) for name, pages in held]
    )
    what = What("stocktake", row.id, f"{unit.code} {period}")
    note(uow, principal, Verb.STOCKTAKE_OPEN, now, what=what, target=target, detail={"lines": len(held)})
    return row


def _stocktake(uow: UnitOfWork, principal: Principal, stocktake_id: str, verb: Verb) -> tuple[Stocktake, Unit]:
    found = keeping.find_stocktake(uow.session, visibility(principal, Action.CUSTODY_WORK), stocktake_id)
    if found is None:
        raise Refused(verb, kind="stocktake", object_id=stocktake_id, reason="missing or outside scope")
    return found


@dataclass(frozen=True)
class StocktakeView:
    """A stocktake with a page of the lines this person sees, what is lent of them, and how far it is."""

    row: Stocktake
    unit: Unit
    lines: tuple[CountRow, ...]
    total: int
    counts: dict[str, int]
    lent: dict[str, str]
    names: dict[str, str]
    may_close: bool
    target: Target
    """The unit at the highest level of the lines shown."""

    @property
    def all_lines(self) -> int:
        return sum(number for state, number in self.counts.items() if state != "untreated")

    @property
    def counted(self) -> int:
        return self.all_lines - self.counts.get("", 0)


def read(
    uow: UnitOfWork,
    principal: Principal,
    stocktake_id: str,
    only: str,
    limit: int | None,
    offset: int,
    now: datetime,
) -> StocktakeView:
    """A stocktake and its lines in scope; a look is a row."""
    row, unit = _stocktake(uow, principal, stocktake_id, Verb.STOCKTAKE_LIST)
    view = visibility(principal, Action.CUSTODY_WORK)
    lines, total = keeping.stocktake_lines(uow.session, view, stocktake_id, only, limit, offset)
    what = What("stocktake", stocktake_id, f"{unit.code} {row.period}")
    level, areas = highest((line.dossier.secrecy, line.dossier.compartment) for line in lines)
    target = Target(unit.path, level, next(iter(areas), ""))
    note(uow, principal, Verb.STOCKTAKE_LIST, now, what=what, target=target, detail={"shown": len(lines)})
    out = keeping.open_loans(uow.session, [line.dossier.id for line in lines])
    lent = {name: loans[0].number for name, loans in out.items()}
    hands = {row.opened_by, row.closed_by or ""} - {""}
    counts = keeping.line_counts(uow.session, view, stocktake_id)
    names = people.names_of(uow.session, hands)
    may_close = row.opened_by == principal.account_id
    return StocktakeView(row, unit, tuple(lines), total, counts, lent, names, may_close, target)


@dataclass(frozen=True)
class Counted:
    """What is typed for one line: pages ("" = not counted, "=" as listed is resolved by the page), marks, words."""

    pages: int | None = None
    missing: bool = False
    damaged: bool = False
    note: str = ""
    treatment: str = ""


def count(uow: UnitOfWork, principal: Principal, stocktake_id: str, typed: Mapping[int, Counted], now: datetime) -> int:
    """Keeps what was counted for some lines; returns how many changed. Refused for a line this person cannot see."""
    row, unit = _stocktake(uow, principal, stocktake_id, Verb.STOCKTAKE_COUNT)
    if row.closed_at is not None:
        raise InvalidInput("lines", "Đợt kiểm kê này đã kết luận.")
    view = visibility(principal, Action.CUSTODY_WORK)
    known = keeping.lines_named(uow.session, view, stocktake_id, list(typed))
    if set(typed) - set(known):
        raise Refused(Verb.STOCKTAKE_COUNT, kind="stocktake", object_id=stocktake_id, reason="a line not visible")
    out = keeping.open_loans(uow.session, [known[name].dossier.id for name in typed])
    changed = 0
    for name, put in typed.items():
        each = known[name]
        lent = any(not keeping.lent_papers(loan) for loan in out.get(each.dossier.id, []))
        changed += _put(each.line, put, lent, principal, now)
    what = What("stocktake", stocktake_id, f"{unit.code} {row.period}")
    note(uow, principal, Verb.STOCKTAKE_COUNT, now, what=what, target=Target(unit.path), detail={"lines": changed})
    return changed


def _put(line: StocktakeLine, put: Counted, lent: bool, principal: Principal, now: datetime) -> bool:
    if put.pages is not None and not 0 <= put.pages < 1_000_000:
        raise InvalidInput(f"pages-{line.id}", "Số trang chưa đúng.")
    entered = put.pages is not None or put.missing or put.damaged
    state = counted_state(
        line.pages_listed, put.pages, lent=lent and not entered, missing=put.missing, damaged=put.damaged
    )
    new = (None if put.missing else put.pages, state, squeezed(put.note, 500), squeezed(put.treatment, 500))
    if new == (line.pages_counted, line.state, line.note, line.treatment):
        return False
    line.pages_counted, line.state, line.note, line.treatment = new
    line.counted_by, line.counted_at = (principal.account_id, now) if state else (None, None)
    return True


def close(uow: UnitOfWork, principal: Principal, stocktake_id: str, conclusion: str, now: datetime) -> Stocktake:
    """Concludes a stocktake; only its opener, who sees every line of it, and only when each has been counted.

    InvalidInput while a line has no state, or one that differs no word on what is done about it.
    """
    row, unit = _stocktake(uow, principal, stocktake_id, Verb.STOCKTAKE_CLOSE)
    if row.closed_at is not None:
        raise InvalidInput("conclusion", "Đợt kiểm kê này đã kết luận.")
    if row.opened_by != principal.account_id:
        raise InvalidInput("conclusion", "Người mở đợt kiểm kê mới kết luận được.")
    counts = keeping.line_counts(uow.session, visibility(principal, Action.CUSTODY_WORK), stocktake_id)
    if counts.get(""):
        raise InvalidInput("conclusion", f"Còn {counts['']} hồ sơ chưa có kết quả kiểm kê.")
    if counts.get("untreated"):
        raise InvalidInput("conclusion", f"Còn {counts['untreated']} hồ sơ lệch chưa ghi cách xử lý.")
    said = squeezed(conclusion, 2000)
    if len(said) < 10:
        raise InvalidInput("conclusion", "Hãy ghi kết luận, ít nhất 10 ký tự.")
    row.conclusion, row.closed_by, row.closed_at = said, principal.account_id, now
    what = What("stocktake", stocktake_id, f"{unit.code} {row.period}")
    numbers = {state or "open": number for state, number in counts.items()}
    note(uow, principal, Verb.STOCKTAKE_CLOSE, now, what=what, target=Target(unit.path), detail=numbers)
    return row


COLUMNS = (
    ("STT", 6),
    ("Số hồ sơ", 18),
    ("Họ và tên", 28),
    ("Vị trí", 24),
    ("Số trang theo danh mục", 12),
    ("Số trang đếm được", 12),
    ("Kết quả", 18),
    ("Ghi chú", 34),
    ("Cách xử lý", 34),
)


def table(view: StocktakeView) -> list[list[str | int]]:
    """The lines of a stocktake as they are reported."""
    return [
        [
            place,
            each.dossier.number,
            each.cadre.full_name,
            each.dossier.shelf,
            each.line.pages_listed,
            "" if each.line.pages_counted is None else each.line.pages_counted,
            LINE_LABELS.get(each.line.state, "Chưa kiểm"),
            each.line.note,
            each.line.treatment,
        ]
        for place, each in enumerate(view.lines, start=1)
    ]


def sheet(
    uow: UnitOfWork,
    principal: Principal,
    stocktake_id: str,
    purpose: str,
    now: datetime,
    leaving: Leaving | None = None,
) -> bytes:
    """The report of a stocktake as Excel; journalled with its size and what it is for."""
    require_role(principal, Action.LIST_EXPORT, Verb.LIST_EXPORT)
    row, unit = _stocktake(uow, principal, stocktake_id, Verb.STOCKTAKE_LIST)
    why = keeping_sheets.purpose_of(purpose)
    view = read(uow, principal, stocktake_id, "", None, 0, now)
    what = What("stocktake", stocktake_id, f"{unit.code} {row.period}")
    parts = [Part(line.dossier.id, line.dossier.secrecy, line.dossier.compartment) for line in view.lines]
    listed = PersonList("Kết quả kiểm kê hồ sơ", {"stocktake": stocktake_id}, parts, why, (("Kỳ", row.period),))
    cleared = large_exports.clear(uow, principal, listed, now)
    detail = {"list": "stocktake", "rows": len(view.lines)} | dict(cleared.detail)
    target = Target(unit.path, cleared.target.secrecy, cleared.target.compartment)
    copied = Copied("list", what, target, principal.unit_id)
    secret_copies.enter(uow, principal, copied, leaving, why, now, kind="xlsx")
    note(uow, principal, Verb.LIST_EXPORT, now, what=what, why=Why(why), target=target, detail=detail)
    under = f"{unit.name} · kỳ {row.period} · lập ngày {now.astimezone(HANOI):%d/%m/%Y}"
    return keeping_sheets.workbook("KẾT QUẢ KIỂM KÊ HỒ SƠ", under, COLUMNS, table(view), listed.level[0])


def minutes(
    uow: UnitOfWork, principal: Principal, stocktake_id: str, now: datetime, leaving: Leaving | None = None
) -> tuple[StocktakeView, SecretCopy | None]:
    """The record of a stocktake, to be signed, with its line in the register of copies where it has a level."""
    view = read(uow, principal, stocktake_id, "", None, 0, now)
    what = What("stocktake", stocktake_id, f"{view.unit.code} {view.row.period}")
    copied = Copied("minutes", what, view.target, principal.unit_id)
    entered = secret_copies.enter(uow, principal, copied, leaving, f"Biên bản kiểm kê kỳ {view.row.period}", now)
    return view, entered
