"""What a clerk may set on a paper at the desk, and how it is checked before it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Principal
from oms.domain.catalogue import COMPARTMENTS, DOCUMENT_TYPES, RESTRICTED_TYPES, SECRECY_LABELS
from oms.domain.fields import squashed
from oms.errors import InvalidInput
from oms.services.house import UnitOfWork
from oms.services.namesakes import check_not_ahead
from oms.services.zones import require_zone
from oms.store.tables import Batch, Document, Scan
from vietnamese.dates import parse_date

EDITABLE = (
    "state", "dossier_id", "unit_id", "type_code", "subtype", "title", "number", "issued_on", "person_name",
    "person_birth_date", "citizen_id", "old_id", "secrecy", "compartment", "note", "serial", "filed_by", "filed_at",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """What a clerk may set on a paper; every value as typed."""

    type_code: str
    title: str
    number: str = ""
    issued_on: str = ""
    person_name: str = ""
    person_birth_date: str = ""
    secrecy: int = 0
    compartment: str = ""


def _checked_date(name: str, typed: str, what: str) -> str:
    if not typed.strip():
        return ""
    date = parse_date(typed)
    if date is None:
        raise InvalidInput(name, f"{what} chưa đúng: hãy nhập như 05/08/1961, 08/1961 hoặc 1961.")
    return date.iso()


def _checked_level(principal: Principal, edit: Edit) -> tuple[int, str]:
    """The level and compartment typed; nobody may set one above their own clearance or outside their compartments."""
    if edit.secrecy not in SECRECY_LABELS or edit.secrecy > principal.clearance:
        raise InvalidInput("secrecy", "Anh/chị không được đặt độ mật này.")
    compartment = edit.compartment or RESTRICTED_TYPES.get(edit.type_code, "")
    if compartment and (compartment not in COMPARTMENTS or compartment not in principal.compartments):
        raise InvalidInput(
            "compartment", "Tài liệu này thuộc khu vực hạn chế; hãy chuyển cho người phụ trách khu vực đó."
        )
    return edit.secrecy, compartment


def one_compartment(left: str, right: str) -> str:
    """The compartment of what is put together; two different ones cannot lie in one cover."""
    if left and right and left != right:
        raise InvalidInput("compartment", "Hai khu vực hạn chế khác nhau không để chung được.")
    return left or right


def _set_level(uow: UnitOfWork, principal: Principal, document: Document, edit: Edit) -> None:
    secrecy, compartment = _checked_level(principal, edit)
    scan = uow.session.get_one(Scan, document.scan_id)
    batch = uow.session.get_one(Batch, scan.batch_id)
    level = max(secrecy, batch.secrecy, document.secrecy)
    if level > document.secrecy:
        require_zone(uow, level)
    document.secrecy = level
    document.compartment = one_compartment(one_compartment(compartment, document.compartment), batch.compartment)


def apply(uow: UnitOfWork, principal: Principal, document: Document, edit: Edit, now: datetime) -> None:
    """Sets what was typed; a level once given to the paper or its batch never falls here (that takes two persons)."""
    if edit.type_code not in DOCUMENT_TYPES:
        raise InvalidInput("type_code", "Loại tài liệu không có trong danh mục.")
    title, number, name = (squashed(text) for text in (edit.title, edit.number, edit.person_name))
    if len(title) > 500 or len(number) > 80 or len(name) > 200:
        raise InvalidInput("title", "Tên tài liệu tối đa 500 ký tự, số hiệu 80, họ tên 200.")
    issued_on = _checked_date("issued_on", edit.issued_on, "Ngày ban hành")
    birth_date = _checked_date("person_birth_date", edit.person_birth_date, "Ngày sinh")
    check_not_ahead("person_birth_date", birth_date, now)
    _set_level(uow, principal, document, edit)
    document.type_code, document.title, document.number = edit.type_code, title, number
    document.issued_on, document.person_birth_date = issued_on, birth_date
    document.person_name = name


def snapshot(document: Document) -> str:
    """The editable part of a paper as JSON, kept before each change."""
    values = {name: getattr(document, name) for name in EDITABLE}
    if document.filed_at is not None:
        values["filed_at"] = document.filed_at.isoformat()
    return json.dumps(values, ensure_ascii=False)
