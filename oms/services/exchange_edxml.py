"""A sent package as an edXML envelope of the State's document axis: the sealed file beside an issued official letter.

The axis sees an agency, a letter and a sealed file, never whom it speaks of. What has a level never goes this way.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.domain import edxml
from oms.domain.access import Principal
from oms.domain.edxml import Letter, Organ
from oms.domain.journal import Verb
from oms.domain.packages import Kind, OutState
from oms.domain.records import HANOI, day_in_hanoi
from oms.errors import InvalidInput
from oms.services.exchange_carried import not_now, note_leaving, opened, require_state
from oms.services.exchange_place import Place, name_out
from oms.services.exchange_send import found_package
from oms.services.house import House
from oms.services.typed_words import day_of, squeezed
from oms.store import packages as store
from oms.store.db import UnitOfWork
from oms.store.packages import PackageRow
from oms.store.tables import Unit

SUFFIX = ".edxml"
_ENTRY_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Typed:
    """What is said of the letter that carries the package, every value as typed."""

    code: str = ""
    issued_on: str = ""
    place: str = ""
    signer: str = ""
    position: str = ""


@dataclass(frozen=True)
class Made:
    """An envelope ready to leave, under an ASCII name."""

    name: str
    data: bytes


def by_person(house: House, principal: Principal, row_id: str, typed: Typed, now: datetime) -> Made:
    """The envelope of a sent package for who may see the package; its row is durable when this returns."""
    with house.work(principal, now) as uow:
        row = found_package(uow, principal, row_id, Verb.EXCHANGE_LEAVE)
        return _made(uow, house, principal, row, typed, now)


def by_operator(house: House, named: str, typed: Typed, now: datetime) -> Made:
    """The same for the operator's command; ``named`` is the number or the id of a package that was sent."""
    with house.work(None, now) as uow:
        package = store.sent_as(uow.session, named.strip())
        if package is None or package.kind == Kind.RECEIPT:
            raise InvalidInput("package", "Không có gói đã gửi nào mang số hoặc mã này.")
        partner = store.partner(uow.session, package.partner_id)
        assert partner is not None  # noqa: S101 - a package has one
        row = PackageRow(package, partner, uow.session.get_one(Unit, package.unit_id))
        return _made(uow, house, None, row, typed, now)


def _made(
    uow: UnitOfWork, house: House, principal: Principal | None, row: PackageRow, typed: Typed, now: datetime
) -> Made:
    package, statement = row.package, json.loads(row.package.body)
    if package.secrecy or package.compartment or int(statement["highest_level"]):
        raise InvalidInput("code", "Gói có nội dung mang độ mật không bao giờ đi qua trục văn bản.")
    require_state(package, "out", (OutState.SENT,))
    name = name_out(row.partner.code, package.package_id)
    letter = _letter(row, statement, typed, name, now)
    with opened(Place(house.settings), package) as stream:
        content = _zipped(name, stream.read(edxml.ENVELOPE_BYTES))
    text = edxml.envelope(letter, content)
    if len(text) > edxml.ENVELOPE_BYTES or package.size > edxml.ENVELOPE_BYTES:
        raise InvalidInput("code", "Gói lớn hơn mức trục văn bản nhận (50 MB): hãy gửi qua thư mục hoặc HTTPS.")
    if where := edxml.problem_of(text):
        raise InvalidInput("code", f"Phong bì edXML chưa đúng cấu trúc, tại {where}.")
    data = text.encode()
    document = edxml.document_id(letter)
    note_leaving(uow, principal, row, "edxml", len(data), now, document=document)
    return Made(name.removesuffix(".oms") + SUFFIX, data)


def _letter(row: PackageRow, statement: dict[str, Any], typed: Typed, name: str, now: datetime) -> Letter:
    """The letter as issued; InvalidInput names the field that is missing."""
    code = edxml.split_code(squeezed(typed.code, 61))
    if code is None:
        raise InvalidInput("code", "Hãy ghi số, ký hiệu công văn gửi kèm gói, như 123/SNV-CCVC.")
    issued_on = day_of("issued_on", typed.issued_on, "Ngày ban hành")
    if issued_on > day_in_hanoi(now):
        raise InvalidInput("issued_on", "Ngày ban hành chưa đến.")
    return Letter(
        sender=_organ(statement["sender"], "gửi"),
        receiver=_organ(statement["receiver"], "nhận"),
        number=code[0],
        notation=code[1],
        place=_said("place", typed.place, 100, "nơi ban hành công văn, như Hà Nội"),
        issued_on=issued_on,
        subject=f"V/v gửi gói dữ liệu trao đổi số {row.package.number}",
        signer=_said("signer", typed.signer, 100, "người ký công văn"),
        position=_said("position", typed.position, 100, "chức vụ người ký công văn"),
        pages=int(statement["counts"]["pages"]),
        due_on=row.package.due_on,
        file_name=name,
        handed_at=f"{now.astimezone(HANOI):%Y/%m/%d %H:%M:%S}",
    )


def _said(field: str, typed: str, most: int, what: str) -> str:
    if len(said := squeezed(typed, most)) < 2:
        raise InvalidInput(field, f"Hãy ghi {what}.")
    return said


def _organ(side: dict[str, str], which: str) -> Organ:
    """A side of the package on the axis: by its own code when that is the State's, else by its State code."""
    for code in (side["code"], side["state"]):
        if edxml.is_organ(code):
            return Organ(code, side["name"])
    words = f"Bên {which} chưa có mã định danh điện tử của Nhà nước (như H49.12): trục văn bản không biết gửi đâu."
    raise InvalidInput("code", words)


def _zipped(name: str, data: bytes) -> str:
    """The sealed file in a zip with one entry, in base64: the same each time."""
    if not data:
        raise not_now("Tệp gói không còn trên máy chủ.")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(name, _ENTRY_DAY), data)
    return base64.b64encode(out.getvalue()).decode("ascii")
