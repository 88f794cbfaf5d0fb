"""The register of copies of state secrets (sổ quản lý sao, chụp): entered before a copy leaves, exact to the number.

A copy is made only with the word of the head who may permit it. Every page of it bears the level and its number; each
number has one recipient, and is later written down as returned or destroyed. Nothing here touches the original.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.domain.access import Action, Principal, Target, visibility
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.journal import Verb
from oms.domain.records import HANOI, day_in_hanoi
from oms.domain.secrecy import COPY_ACTS, COPY_ENDS, SYMBOLS, copy_mark
from oms.errors import InvalidInput, Refused
from oms.services import keeping_sheets, outgoing
from oms.services.house import What, Why, note, require_role
from oms.services.typed_words import day_of, squeezed
from oms.store import people
from oms.store import secrecy as store
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls
from oms.store.secrecy import CopyRow
from oms.store.secrecy_tables import SecretCopy, SecretCopyEnd

MOST_COPIES = 50


@dataclass(frozen=True)
class Leaving:
    """What is said before copies of a secret leave; every value as typed. ``recipients``: one line for each copy."""

    copies: str = ""
    permitted_by: str = ""
    permitted_on: str = ""
    recipients: str = ""


@dataclass(frozen=True)
class Copied:
    """What is copied: by which act, which object, in which dossier, with how many pages."""

    act: str
    what: What
    target: Target
    unit_id: int
    dossier_id: str | None = None
    pages: int = 0


def enter(
    uow: UnitOfWork,
    principal: Principal,
    copied: Copied,
    leaving: Leaving | None,
    purpose: str,
    now: datetime,
    kind: str = "pdf",
) -> SecretCopy | None:
    """Enters copies of a secret in the transaction that lets them go; None for what has no level.

    InvalidInput when it is not said how many, for whom and who permitted them; or more than one of what is no PDF:
    its pages bear no numbers.
    """
    if not copied.target.secrecy:
        return None
    said, today = leaving or Leaving(), day_in_hanoi(now)
    names = _recipients_of(said, kind)
    permitted_by, permitted_on = _permission(principal, said, today)
    row = SecretCopy(
        unit_id=copied.unit_id,
        year=today.year,
        entry=store.next_entry(uow.session, SecretCopy, copied.unit_id, today.year),
        act=copied.act,
        object_kind=copied.what.kind,
        object_id=copied.what.id,
        dossier_id=copied.dossier_id,
        label=copied.what.label[:120],
        secrecy=copied.target.secrecy,
        compartment=copied.target.compartment,
        copies=len(names),
        pages=copied.pages,
        permitted_by=permitted_by,
        permitted_on=permitted_on,
        recipients=json.dumps(names, ensure_ascii=False),
        purpose=squeezed(purpose, 500),
        made_by=principal.account_id,
        made_at=now,
    )
    with past_walls(uow.session):  # its line stands in the register whoever prints, also who sees no dossier
        uow.session.add(row)
        uow.session.flush()
    detail = {"copies": len(names), "pages": copied.pages, "act": copied.act, "of": copied.what.id}
    what = What("secret_copy", row.id, f"{row.entry}/{row.year}")
    note(
        uow, principal, Verb.SECRET_COPY_MAKE, now, what=what, target=copied.target, detail=detail, why=Why(row.purpose)
    )
    return row


def _recipients_of(said: Leaving, kind: str) -> list[str]:
    """For whom each copy is, one a copy; InvalidInput when they are not as many as was said."""
    count, names = _count(said.copies), _recipients(said.recipients)
    if kind != "pdf" and count != 1:
        raise InvalidInput("copies", "Tệp này không đóng được số bản trên từng trang: chỉ lấy 1 bản, hoặc chọn PDF.")
    if len(names) != count:
        raise InvalidInput("recipients", "Hãy ghi nơi nhận của từng bản, mỗi dòng một bản, đúng bằng số bản.")
    return names


def _permission(principal: Principal, said: Leaving, today: date) -> tuple[str, date]:
    """Who permitted the copies, and when; never the one who makes them."""
    permitted_by = squeezed(said.permitted_by, 200)
    if len(permitted_by) < 5 or permitted_by.casefold() == principal.display_name.casefold():
        raise InvalidInput("permitted_by", "Hãy ghi người có thẩm quyền đã cho phép sao, chụp: họ tên, chức vụ.")
    permitted_on = day_of("permitted_on", said.permitted_on, "Ngày cho phép")
    if permitted_on > today:
        raise InvalidInput("permitted_on", "Ngày cho phép chưa đến.")
    return permitted_by, permitted_on


def _count(typed: str) -> int:
    text = typed.strip()
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:4]) <= MOST_COPIES:
        raise InvalidInput("copies", f"Nội dung có độ mật: hãy ghi đúng số bản sao cần làm (1–{MOST_COPIES}).")
    return int(text)


def _recipients(typed: str) -> list[str]:
    return [name for line in typed.splitlines() if (name := squeezed(line, 200))]


def marks_of(row: SecretCopy) -> list[str]:
    """What each copy bears on every page, by its number."""
    return [copy_mark(row.secrecy, number, row.copies) for number in range(1, row.copies + 1)]


def stamped(pdf: bytes, marks: Sequence[str]) -> bytes:
    """The pages once for each mark, which stands at the head of every page; a new file, the one kept is not touched."""
    import pikepdf

    with pikepdf.new() as made:
        for mark in marks:
            # opened anew for each: a page taken twice from one file would bear both marks
            with pikepdf.open(io.BytesIO(pdf)) as source, pikepdf.open(io.BytesIO(_label(mark))) as label:
                for page in source.pages:
                    _stamp(page, label)
                made.pages.extend(source.pages)
        with made.open_metadata(set_pikepdf_as_editor=False) as meta:
            meta["dc:title"] = " · ".join(dict.fromkeys(marks))[:300]
            meta["dc:rights"] = "Bản sao bí mật nhà nước"
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def marked(data: bytes, entered: SecretCopy | None, kind: str) -> bytes:
    """A file as it leaves: of a secret, a PDF with its marks; anything else as it was drawn, with its level in it."""
    return stamped(data, marks_of(entered)) if entered is not None and kind == "pdf" else data


def _stamp(page: object, label: object) -> None:
    from pikepdf import Page, Pdf, Rectangle

    assert isinstance(page, Page) and isinstance(label, Pdf)  # noqa: S101 - for the type checker
    left, _bottom, right, top = (float(edge) for edge in page.mediabox)
    wide = min(right - left, 340.0)
    middle = (left + right) / 2
    page.add_overlay(label.pages[0], Rectangle(middle - wide / 2, top - 34, middle + wide / 2, top - 8))


def _label(mark: str) -> bytes:
    """The mark alone, red in a red frame, as a page the size of a label."""
    from html import escape

    style = (
        "@page { size: 340pt 26pt; margin: 0 } body { margin: 2pt; border: 1.2pt solid #c00000; color: #c00000; "
        "font: bold 12pt/20pt 'Be Vietnam Pro', Tinos, 'Times New Roman', serif; text-align: center; height: 20pt }"
    )
    return outgoing.pdf(f"<!doctype html><style>{style}</style><body>{escape(mark)}</body>", ())


def listing(
    uow: UnitOfWork, principal: Principal, year: int | None, limit: int | None, offset: int, now: datetime
) -> tuple[list[CopyRow], int, dict[str, str]]:
    """The visible lines of the register with the names of who made them; the look is a row."""
    require_role(principal, Action.SECRECY_REGISTER, Verb.SECRET_COPY_LIST)
    view = visibility(principal, Action.SECRECY_REGISTER)
    rows, total = store.copies(uow.session, view, year, limit, offset)
    level = max((row.copy.secrecy for row in rows), default=0)
    target, detail = Target(principal.unit_path, level), {"shown": len(rows), "total": total}
    note(uow, principal, Verb.SECRET_COPY_LIST, now, target=target, detail=detail)
    return rows, total, people.names_of(uow.session, {row.copy.made_by for row in rows})


def recipients_of(row: SecretCopy) -> list[str]:
    """Who got each copy, by its number."""
    found: list[str] = json.loads(row.recipients)
    return found


@dataclass(frozen=True)
class Ended:
    """What became of one numbered copy; every value as typed."""

    number: str
    what: str
    on: str
    minutes_no: str = ""


def end(uow: UnitOfWork, principal: Principal, copy_id: str, ended: Ended, now: datetime) -> CopyRow:
    """Writes down that one numbered copy came back or was destroyed; once for each number."""
    row = store.find_copy(uow.session, visibility(principal, Action.SECRECY_REGISTER), copy_id)
    if row is None:
        raise Refused(Verb.SECRET_COPY_END, kind="secret_copy", object_id=copy_id, reason="missing or not visible")
    if ended.what not in COPY_ENDS:
        raise InvalidInput("what", "Hãy chọn thu hồi hoặc tiêu huỷ.")
    left = set(range(1, row.copy.copies + 1)) - {each.number for each in row.ends}
    if not (ended.number.isascii() and ended.number.isdecimal()) or int(ended.number[:4]) not in left:
        raise InvalidInput("number", "Số bản sao không đúng, hoặc bản đó đã ghi thu hồi, tiêu huỷ.")
    day = day_of("on", ended.on, "Ngày thu hồi, tiêu huỷ")
    if not row.copy.made_at.astimezone(HANOI).date() <= day <= day_in_hanoi(now):
        raise InvalidInput("on", "Ngày thu hồi, tiêu huỷ không trước ngày sao và không quá hôm nay.")
    words = squeezed(ended.minutes_no, 200)
    if ended.what == "destroyed" and len(words) < 3:
        raise InvalidInput("minutes_no", "Tiêu huỷ phải có biên bản: hãy ghi số biên bản.")
    made = SecretCopyEnd(
        copy_id=copy_id,
        number=int(ended.number),
        what=ended.what,
        on_date=day,
        minutes_no=words,
        by=principal.account_id,
        at=now,
    )
    uow.session.add(made)
    uow.session.flush()
    target = Target(row.unit.path, row.copy.secrecy, row.copy.compartment, row.copy.dossier_id or "")
    label = f"{row.copy.entry}/{row.copy.year}"
    detail = {"number": made.number, "what": made.what}
    subject = What("secret_copy", copy_id, label)
    note(uow, principal, Verb.SECRET_COPY_END, now, what=subject, target=target, detail=detail)
    return row


COLUMNS = (
    ("Số thứ tự", 10), ("Ngày sao, chụp", 14), ("Tên loại, số hồ sơ/tài liệu", 26), ("Độ mật", 12), ("Ký hiệu", 8),
    ("Số trang", 9), ("Số lượng bản", 9), ("Người cho phép", 28), ("Ngày cho phép", 14), ("Người sao, chụp", 24),
    ("Nơi nhận từng bản", 36), ("Mục đích", 30), ("Thu hồi, tiêu huỷ", 30),
)  # fmt: skip


def sheet(uow: UnitOfWork, principal: Principal, year: int, now: datetime) -> bytes:
    """The register of a year as an Excel file for printing and signing; it bears the highest level in it."""
    rows, _total, names = listing(uow, principal, year, None, 0, now)
    level = max((row.copy.secrecy for row in rows), default=0)
    mark = f" · {SECRECY_LABELS[level].upper()}" if level else ""
    under = f"Năm {year} · lập ngày {now.astimezone(HANOI):%d/%m/%Y}"
    lines = [_line(row, names) for row in rows]
    return keeping_sheets.workbook(f"SỔ QUẢN LÝ SAO, CHỤP BÍ MẬT NHÀ NƯỚC{mark}", under, COLUMNS, lines)


def _line(row: CopyRow, names: dict[str, str]) -> list[str | int]:
    copy = row.copy
    ended = [
        f"bản {each.number}: {COPY_ENDS[each.what]} {each.on_date:%d/%m/%Y} {each.minutes_no}" for each in row.ends
    ]
    ends = [words.strip() for words in ended]
    given = [f"bản {number}: {name}" for number, name in enumerate(recipients_of(copy), start=1)]
    return [
        copy.entry, f"{copy.made_at.astimezone(HANOI):%d/%m/%Y}", f"{COPY_ACTS[copy.act]} {copy.label}",
        SECRECY_LABELS[copy.secrecy], SYMBOLS[copy.secrecy], copy.pages, copy.copies, copy.permitted_by,
        f"{copy.permitted_on:%d/%m/%Y}", names.get(copy.made_by, ""), "; ".join(given), copy.purpose, "; ".join(ends),
    ]  # fmt: skip
