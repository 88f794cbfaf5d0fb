"""Paper and its keeping: components a dossier must have, sealed lists, stocktakes, the end of retention. Pure."""

from __future__ import annotations

import calendar
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from oms.domain.dated_rows import Row

COMPONENTS = "thanh_phan_ho_so"
"""The list of the catalogue that says which components a dossier must have."""

ORIGINALS: dict[str, str] = {
    "original": "Bản chính",
    "certified": "Bản sao có chứng thực",
    "copy": "Bản sao",
    "missing": "Không có bản giấy",
}

_ASCII = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def in_small_ascii(text: str) -> str:
    """A text with its letters A to Z small and every other as it is: what both databases can do alike in SQL."""
    return text.translate(_ASCII)


DEFAULT_KIND = {"party": "dang_vien", "government": "cong_chuc", "front": "can_bo"}
"""The kind of person taken for a dossier whose record does not say one, by block."""


class TransferState(StrEnum):
    """draft → sealed → received | refused; or cancelled before it is received."""

    DRAFT = "draft"
    SEALED = "sealed"
    RECEIVED = "received"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class DisposalState(StrEnum):
    """asked → done | refused; ``doing`` stands only inside the transaction that removes the content."""

    ASKED = "asked"
    DOING = "doing"
    DONE = "done"
    REFUSED = "refused"


class DossierState(StrEnum):
    """held → closed (the person left) → disposed (the content is destroyed, the number stays)."""

    HELD = "held"
    CLOSED = "closed"
    DISPOSED = "disposed"


class LineState(StrEnum):
    """How a dossier stood when it was counted; "" before that."""

    OK = "ok"
    LENT = "lent"
    MISSING = "missing"
    DAMAGED = "damaged"
    DIFFERS = "differs"


TRANSFER_LABELS: dict[str, str] = {
    TransferState.DRAFT: "Đang soạn",
    TransferState.SEALED: "Đã niêm phong, chờ nhận",
    TransferState.RECEIVED: "Đã nhận",
    TransferState.REFUSED: "Bên nhận không nhận",
    TransferState.CANCELLED: "Đã huỷ",
}
DISPOSAL_LABELS: dict[str, str] = {
    DisposalState.ASKED: "Chờ duyệt",
    DisposalState.DOING: "Đang tiêu huỷ",
    DisposalState.DONE: "Đã tiêu huỷ",
    DisposalState.REFUSED: "Không duyệt",
}
DOSSIER_LABELS: dict[str, str] = {
    DossierState.HELD: "Đang quản lý",
    DossierState.CLOSED: "Đã đóng, đang lưu",
    DossierState.DISPOSED: "Đã tiêu huỷ",
}
LOAN_LABELS: dict[str, str] = {
    "dang-muon": "Đang cho mượn",
    "qua-han": "Quá hạn trả",
    "thieu": "Trả thiếu trang",
    "": "Tất cả",
}
LINE_LABELS: dict[str, str] = {
    LineState.OK: "Khớp",
    LineState.LENT: "Đang cho mượn",
    LineState.MISSING: "Không thấy",
    LineState.DAMAGED: "Hư hỏng",
    LineState.DIFFERS: "Lệch số trang",
}


@dataclass(frozen=True)
class Component:
    """A paper a dossier must have. Empty ``kinds`` or ``blocks`` mean all.

    A paper meets it by its type; where ``subtypes`` or ``words`` are given, one of them must fit as well.
    """

    code: str
    label: str
    kinds: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    subtypes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    priority: int = 1
    note: str = ""
    legal_basis: str = ""
    mark: str = ""

    def asked_of(self, kind: str, block: str) -> bool:
        """Whether a dossier of this kind of person in this block must have it."""
        return (not self.kinds or kind in self.kinds) and (not self.blocks or block in self.blocks)

    def met_by(self, type_code: str, subtype: str, title: str) -> bool:
        """Whether a paper of this type, subtype and title is it. The store asks the same in SQL."""
        if type_code not in self.types:
            return False
        if not self.subtypes and not self.words:
            return True
        said = in_small_ascii(title)
        worded = any(in_small_ascii(form) in said for form in self.forms())
        return (bool(subtype) and subtype in self.subtypes) or worded

    def forms(self) -> tuple[str, ...]:
        """The words of a title as they may be written: as given, with a capital first, in capitals."""
        return tuple(dict.fromkeys(f for word in self.words for f in (word, word[:1].upper() + word[1:], word.upper())))


def component_of(row: Row) -> Component:
    """A row of the list as a component; what the row does not say asks for nothing."""

    def many(key: str) -> tuple[str, ...]:
        value = row.extra.get(key, [])
        return tuple(str(part) for part in value) if isinstance(value, list) else ()

    priority = row.extra.get("priority", 1)
    return Component(
        row.code,
        row.label,
        many("kinds"),
        many("blocks"),
        many("types"),
        many("subtypes"),
        many("words"),
        priority if isinstance(priority, int) else 1,
        str(row.extra.get("note", "")),
        row.legal_basis,
        row.mark,
    )


def kind_of(person_kind: str, block: str) -> str:
    """The kind of person a dossier is of: as the record says, else by its block."""
    return person_kind or DEFAULT_KIND.get(block, "can_bo")


@dataclass(frozen=True)
class SealedLine:
    """One paper of a sealed list, without a word that was read on it."""

    document: str
    serial: str
    type: str
    pages: int
    secrecy: int
    compartment: str
    images: tuple[str, ...]
    original: str

    @property
    def digest(self) -> str:
        """One short mark for what the paper is made of: the start of the SHA-256 over its file and its images."""
        return hashlib.sha256("\n".join((self.original, *self.images)).encode()).hexdigest()[:16]


def sealed_text(head: Mapping[str, str], lines: Sequence[SealedLine]) -> str:
    """The canonical text of a sealed list: JSON, sorted keys, no spaces."""
    body = {**head, "lines": [asdict(line) for line in lines]}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal_of(text: str) -> str:
    """The seal: SHA-256 of the canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def lines_of(text: str) -> list[SealedLine]:
    """The lines of a sealed text."""
    return [SealedLine(**{**line, "images": tuple(line["images"])}) for line in json.loads(text)["lines"]]


@dataclass(frozen=True)
class Difference:
    """A line of a sealed list that does not have the pages the receiver counted (None: not counted at all)."""

    serial: str
    listed: int
    counted: int | None


def differences(lines: Iterable[SealedLine], counted: Mapping[str, int | None]) -> list[Difference]:
    """Where the receiver's count is not the list; ``counted`` is by document."""
    return [
        Difference(line.serial, line.pages, counted.get(line.document))
        for line in lines
        if counted.get(line.document) != line.pages
    ]


def period_of(day: date, months: int) -> str:
    """The period of the year a day lies in, as "2026-2" for the second when a period has six months."""
    return f"{day.year}-{(day.month - 1) // max(1, months) + 1}"


def periods_around(day: date, months: int) -> list[str]:
    """The periods a stocktake may be opened for: of this year and the last, newest first, none that lies ahead."""
    each = max(1, 12 // max(1, months))
    found = [f"{year}-{number}" for year in (day.year, day.year - 1) for number in range(each, 0, -1)]
    return found[found.index(period_of(day, months)) :]


def after_years(day: date, years: int) -> date:
    """The same day so many years on; the last of the month where there is none."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def counted_state(listed: int, counted: int | None, *, lent: bool, missing: bool, damaged: bool) -> str:
    """What a count says of a dossier: what hinders counting first, then damage, then the number of pages."""
    if missing:
        return LineState.MISSING
    if lent:
        return LineState.LENT
    if damaged:
        return LineState.DAMAGED
    if counted is None:
        return ""
    return LineState.OK if counted == listed else LineState.DIFFERS
