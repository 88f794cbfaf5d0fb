"""The register of secret papers that are not digitised (sổ đăng ký bí mật nhà nước): a line, never a page.

Outside an isolated LAN this is all that is kept of a state secret. Tuyệt mật has no abstract anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Action, Principal, Secrecy, Target, visibility
from oms.domain.catalogue import COMPARTMENTS, SECRECY_LABELS
from oms.domain.journal import Verb
from oms.domain.organisation import stands_on
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services.house import What, note, require, require_role
from oms.services.typed_words import day_of, squeezed
from oms.store import dossiers, units
from oms.store import secrecy as store
from oms.store.db import UnitOfWork
from oms.store.secrecy import StubRow
from oms.store.secrecy_tables import SecretStub
from oms.store.tables import Unit

MOST_PAGES = 10_000


@dataclass(frozen=True)
class NewStub:
    """A line of the register; every value as typed. ``dossier_no``: the unit's dossier the paper belongs to."""

    unit_id: int
    number: str
    level: int
    issued_on: str = ""
    issuer: str = ""
    title: str = ""
    compartment: str = ""
    pages: str = ""
    place: str = ""
    received_on: str = ""
    dossier_no: str = ""


def enter(uow: UnitOfWork, principal: Principal, new: NewStub, now: datetime) -> SecretStub:
    """Registers a secret paper under the unit's next number of the year. No page is taken in, in any zone."""
    unit = units.by_id(uow.session, new.unit_id)
    target = Target(unit.path if unit else "?", new.level, new.compartment)
    require(principal, Action.SECRECY_REGISTER, Verb.STUB_ENTER, target, kind="unit", object_id=str(new.unit_id))
    row = _checked(uow, principal, new, now)
    uow.session.add(row)
    uow.session.flush()
    what = What("stub", row.id, f"{row.entry}/{row.year}")
    note(uow, principal, Verb.STUB_ENTER, now, what=what, target=target, detail={"dossier": row.dossier_id or ""})
    return row


def _checked(uow: UnitOfWork, principal: Principal, new: NewStub, now: datetime) -> SecretStub:
    if new.level not in SECRECY_LABELS or new.level == Secrecy.NONE:
        raise InvalidInput("level", "Hãy chọn độ mật ghi trên văn bản.")
    if new.compartment not in ("", *COMPARTMENTS):
        raise InvalidInput("compartment", "Khu vực hạn chế không có trong danh mục.")
    number, title = squeezed(new.number, 80), squeezed(new.title, 500)
    if not number:
        raise InvalidInput("number", "Hãy nhập số, ký hiệu văn bản.")
    if title and new.level == Secrecy.TUYET_MAT:
        raise InvalidInput("title", "Văn bản Tuyệt mật không ghi trích yếu vào sổ.")
    if len(squeezed(new.place, 200)) < 3:
        raise InvalidInput("place", "Hãy ghi nơi để bản giấy: tủ, ngăn, người giữ.")
    issued_on = day_of("issued_on", new.issued_on, "Ngày ban hành") if new.issued_on.strip() else None
    today = day_in_hanoi(now)
    received_on = day_of("received_on", new.received_on, "Ngày vào sổ") if new.received_on.strip() else today
    if received_on > today or (issued_on is not None and issued_on > received_on):
        raise InvalidInput("received_on", "Ngày vào sổ không quá hôm nay và không trước ngày ban hành.")
    return SecretStub(
        unit_id=new.unit_id,
        dossier_id=_dossier(uow, principal, new),
        year=received_on.year,
        entry=store.next_entry(uow.session, SecretStub, new.unit_id, received_on.year),
        number=number,
        issued_on=issued_on,
        issuer=squeezed(new.issuer, 300),
        title=title,
        secrecy=new.level,
        compartment=new.compartment,
        page_count=_pages(new.pages),
        place=squeezed(new.place, 200),
        received_on=received_on,
        entered_by=principal.account_id,
        entered_at=now,
    )


def _pages(typed: str) -> int:
    text = typed.strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:6]) <= MOST_PAGES:
        raise InvalidInput("pages", "Số trang là một số nguyên dương.")
    return int(text)


def _dossier(uow: UnitOfWork, principal: Principal, new: NewStub) -> str | None:
    """The dossier named, when this person may see it in that unit; one they may not is as if there were none."""
    number = squeezed(new.dossier_no, 60)
    if not number:
        return None
    view = visibility(principal, Action.SECRECY_REGISTER)
    found = dossiers.find_dossier(uow.session, view, dossiers.id_of_number(uow.session, view, number))
    if found is None or found.unit.id != new.unit_id:
        raise InvalidInput("dossier_no", "Đơn vị này không có hồ sơ mang số đó.")
    return found.dossier.id


def units_to_enter(uow: UnitOfWork, principal: Principal, now: datetime) -> list[Unit]:
    """The units whose register this person keeps: of one block, in scope, not ended."""
    found = units.within(uow.session, visibility(principal, Action.SECRECY_REGISTER))
    today = day_in_hanoi(now)
    return [unit for unit in found if unit.block != "all" and stands_on(unit.valid_from, unit.valid_to, today)]


def listing(uow: UnitOfWork, principal: Principal, limit: int, offset: int, now: datetime) -> tuple[list[StubRow], int]:
    """The visible lines of the register; the look is a row at the highest level shown."""
    require_role(principal, Action.SECRECY_REGISTER, Verb.STUB_LIST)
    rows, total = store.stubs(uow.session, visibility(principal, Action.SECRECY_REGISTER), limit, offset)
    level = max((row.stub.secrecy for row in rows), default=0)
    target, detail = Target(principal.unit_path, level), {"shown": len(rows), "total": total}
    note(uow, principal, Verb.STUB_LIST, now, target=target, detail=detail)
    return rows, total


def of_dossier(uow: UnitOfWork, principal: Principal, dossier_id: str) -> list[StubRow]:
    """What a dossier's contents list says of its papers that are not digitised; the caller has journalled."""
    view = visibility(principal, Action.DOSSIER_READ)
    return store.stubs(uow.session, view, 200, 0, dossier_id)[0]
