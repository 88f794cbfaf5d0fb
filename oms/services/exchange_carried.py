"""What a person carries by hand: a sealed file put in through the page, a sealed package or a receipt taken out.

What comes goes through the door of the shared folder: it is laid there and checked by the worker like any other file.
What goes out is journalled before its first byte; a level is entered in the register of copies, once for each copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from oms.domain.access import Action, Principal, Target
from oms.domain.journal import Verb
from oms.domain.packages import BOUNDS, InState, OutState
from oms.errors import Conflict, InvalidInput
from oms.services import notices, secret_copies
from oms.services.exchange_place import SUFFIX, Place, name_out, put_out
from oms.services.exchange_receive import TOO_LARGE
from oms.services.exchange_send import found_package, target_of, what_of
from oms.services.house import House, Served, What, Why, note, require_role
from oms.services.secret_copies import Copied, Leaving
from oms.store import packages as store
from oms.store.db import UnitOfWork
from oms.store.package_tables import ExchangePackage
from oms.store.packages import PackageRow
from oms.store.tables import Account

AGE = b"age-encryption.org/v1\n"
_UPLOADED = re.compile(r"tai-len-([0-9a-f]{32})-[0-9a-f]{32}\.oms")


@dataclass(frozen=True)
class Carried:
    """A file that may leave now: open for reading, with the name it has at the partner's."""

    stream: BinaryIO
    name: str
    size: int


def upload(house: House, principal: Principal, stream: IO[bytes], now: datetime) -> None:
    """Lays an uploaded file into the folder of what comes; the worker takes it from there as any other file.

    InvalidInput for what is no sealed package or longer than one may be; the row stands before the file does.
    """
    place = Place(house.settings)
    with house.work(principal, now):
        require_role(principal, Action.EXCHANGE_WORK, Verb.EXCHANGE_ARRIVE)
    if not place.keys.made:
        raise InvalidInput("file", "Hệ thống này chưa có khoá trao đổi: báo người quản trị.")
    place.make()
    part = place.kept / f".new-{os.getpid()}-{uuid.uuid4().hex[:12]}"
    try:
        digest, size = _stored(stream, part)
        what, target = What("package", digest, "tệp tải lên"), Target(principal.unit_path)
        with house.work(principal, now) as uow:
            detail = {"uploaded": True, "size": size}
            note(uow, principal, Verb.EXCHANGE_ARRIVE, now, what=what, target=target, detail=detail)
        put_out(part, place.incoming, f"tai-len-{principal.account_id}-{uuid.uuid4().hex}{SUFFIX}")
    finally:
        part.unlink(missing_ok=True)


def _stored(stream: IO[bytes], part: Path) -> tuple[str, int]:
    """Writes what was sent beside the kept files; its SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    with part.open("xb") as out:
        while piece := stream.read(1024 * 1024):
            if not size and not piece.startswith(AGE):
                raise InvalidInput("file", "Tệp này không phải gói trao đổi đã niêm phong (.oms).")
            size += len(piece)
            if size > BOUNDS.package_bytes + 1024 * 1024:
                raise InvalidInput("file", TOO_LARGE)
            digest.update(piece)
            out.write(piece)
    if not size:
        raise InvalidInput("file", "Hãy chọn tệp gói trao đổi (.oms).")
    return digest.hexdigest(), size


def tell_uploader(house: House, path: Path, words: str, now: datetime) -> None:
    """Tells who uploaded a file why it could not be taken; a file that came by the folder has nobody to tell."""
    named = _UPLOADED.fullmatch(path.name)
    if named is None:
        return
    with house.work(None, now) as uow:
        if uow.session.get(Account, named[1]) is not None:
            notices.tell(uow, [named[1]], "exchange_unfit", "exchange", "", words, now)


def take_out(house: House, principal: Principal, row_id: str, leaving: Leaving | None, now: datetime) -> Carried:
    """The sealed file of a package that was sent and is not answered, to be carried by hand."""
    place = Place(house.settings)
    with house.work(principal, now) as uow:
        row = found_package(uow, principal, row_id, Verb.EXCHANGE_LEAVE)
        require_state(row.package, "out", (OutState.SENT,))
        statement = json.loads(row.package.body)
        about = store.records_of(uow.session, row_id)
        copied = Copied(
            "exchange", what_of(row), target_of(row), row.unit.id,
            about[0].dossier_id if about else None, int(statement["counts"]["pages"]),
        )  # fmt: skip
        entered = secret_copies.enter(uow, principal, copied, leaving, statement.get("reason", ""), now)
        if entered is not None and entered.copies != 1:
            raise InvalidInput("copies", "Gói trao đổi là một bản: hãy ghi số bản là 1 và một nơi nhận.")
        note_leaving(uow, principal, row, "download", row.package.size, now)
        name = name_out(row.partner.code, row.package.package_id)
        return Carried(opened(place, row.package), name, row.package.size)


def take_receipt(house: House, principal: Principal, row_id: str, now: datetime) -> Carried:
    """The sealed receipt of a package that came and was decided on; it carries no record."""
    place = Place(house.settings)
    with house.work(principal, now) as uow:
        row = found_package(uow, principal, row_id, Verb.EXCHANGE_LEAVE)
        require_state(row.package, "in", (InState.TAKEN, InState.REFUSED))
        receipt = store.receipt_for(uow.session, row.package.package_id)
        if receipt is None:
            raise not_now("Biên nhận chưa lập xong; hãy thử lại sau ít phút.")
        what = What("package", receipt.id, receipt.number)
        detail: dict[str, object] = {
            "package": receipt.package_id,
            "partner": row.partner.id,
            "kind": receipt.kind,
            "way": "download",
        }
        detail |= {"answers": receipt.answers, "size": receipt.size}
        served = Served(0, receipt.size)
        note(uow, principal, Verb.EXCHANGE_LEAVE, now, what=what, target=target_of(row), detail=detail, served=served)
        return Carried(opened(place, receipt), name_out(row.partner.code, receipt.package_id), receipt.size)


def require_state(package: ExchangePackage, direction: str, states: Collection[str]) -> None:
    """Conflict when a package is not where its file may be taken out."""
    if package.direction != direction or package.state not in states:
        raise not_now("Chỉ lấy được tệp của gói đã gửi và đang chờ biên nhận, hoặc biên nhận của gói đã xử lý.")


def not_now(words: str) -> Conflict:
    """A Conflict that says what stands in the way."""
    error = Conflict()
    error.message_vi = words
    return error


def opened(place: Place, package: ExchangePackage) -> BinaryIO:
    """The kept sealed file of a package, opened: it stays readable even when an answer removes it meanwhile."""
    try:
        if package.file:
            return place.file(package.file).open("rb")
    except FileNotFoundError:
        pass
    raise not_now("Tệp gói không còn trên máy chủ.")


def pieces(carried: Carried) -> Iterator[bytes]:
    """The file in pieces; closed at its end."""
    with carried.stream as stream:
        while piece := stream.read(1024 * 1024):
            yield piece


def note_leaving(
    uow: UnitOfWork, principal: Principal | None, row: PackageRow, way: str, size: int, now: datetime, **more: str
) -> None:
    """The row of a package that leaves by somebody's hand: as the worker's, with who and how."""
    package, statement = row.package, json.loads(row.package.body)
    counts = statement["counts"]
    detail: dict[str, object] = {
        "package": package.package_id,
        "partner": row.partner.id,
        "kind": package.kind,
        "way": way,
    }
    detail |= {"size": size, **counts, **more}
    why = Why(statement.get("reason", ""), statement.get("purpose", ""))
    served = Served(int(counts["pages"]), size)
    note(
        uow, principal, Verb.EXCHANGE_LEAVE, now,
        what=what_of(row), target=target_of(row), why=why, detail=detail, served=served,
    )  # fmt: skip
