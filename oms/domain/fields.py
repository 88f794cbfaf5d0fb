"""Values read on papers: of what kind each key is, how an office writes it, and what may be typed for it."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from vietnamese.dates import parse_date
from vietnamese.ids import digits_only, is_citizen_id, is_old_id
from vietnamese.names import title_name
from vietnamese.text import nfc

LONGEST_VALUE = 2000
LONGEST_KEY = 40


class Kind(StrEnum):
    """How a value is checked."""

    TEXT = "text"
    DATE = "date"
    LOOSE_DATE = "loose_date"
    NAME = "name"
    SEX = "sex"
    CITIZEN_ID = "citizen_id"
    OLD_ID = "old_id"
    DIGITS = "digits"
    DECIMAL = "decimal"


PROBLEMS: dict[str, str] = {
    Kind.TEXT: "Giá trị dài quá 2000 ký tự; hãy ghi phần chính.",
    Kind.DATE: "Ngày chưa đúng: hãy nhập như 05/08/1961, 08/1961 hoặc 1961.",
    Kind.LOOSE_DATE: "Giá trị dài quá 2000 ký tự; hãy ghi phần chính.",
    Kind.NAME: "Họ tên gồm 2–200 ký tự.",
    Kind.SEX: "Giới tính là Nam hoặc Nữ.",
    Kind.CITIZEN_ID: "Số căn cước gồm đúng 12 chữ số.",
    Kind.OLD_ID: "Số CMND gồm đúng 9 chữ số.",
    Kind.DIGITS: "Số sổ BHXH gồm đúng 10 chữ số.",
    Kind.DECIMAL: "Hãy nhập một số, ví dụ 4,98.",
}
"""What is said beside a field whose value cannot be taken."""

_KINDS: dict[str, Kind] = {
    "sex": Kind.SEX,
    "citizen_id": Kind.CITIZEN_ID,
    "old_id": Kind.OLD_ID,
    "social_insurance_no": Kind.DIGITS,
    "salary_coefficient": Kind.DECIMAL,
    "position_allowance": Kind.DECIMAL,
    "full_name": Kind.NAME,
    "person_name": Kind.NAME,
    "signer_name": Kind.NAME,
    "organisations_joined_on": Kind.LOOSE_DATE,
}
_DATES = ("_on", "_date", "_from")
_LOOSE_COLUMNS = frozenset(
    ("from", "to", "date", "birth_date", "born", "issued_on", "joined_on", "year", "period", "decision_on")
)
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_ISO = re.compile(r"\d{4}(-\d{2}){0,2}")
_DECIMAL = re.compile(r"\d{1,6}([.,]\d{1,4})?")
_EIGHT = re.compile(r"(\d{2})(\d{2})(\d{4})")
_ONE_DATE = re.compile(r"(\d{1,2}\s*[/.\-]\s*){0,2}\d{4}|\d{4}-\d{2}(-\d{2})?")
_CELL = re.compile(r"([a-z_]+)\.(\d{1,3})\.([a-z_]{1,24})")


def cell_of(key: str) -> tuple[str, int, str] | None:
    """Table, row (from 1) and column of a table cell's key ("career.2.from"); None for any other key."""
    found = _CELL.fullmatch(key)
    return (found[1], int(found[2]), found[3]) if found else None


def kind_of(key: str) -> Kind:
    """How the values of a key are checked; cells of tables are taken as they stand on paper."""
    cell = cell_of(key)
    if cell is not None:
        return Kind.LOOSE_DATE if cell[2] in _LOOSE_COLUMNS else Kind.TEXT
    if key in _KINDS:
        return _KINDS[key]
    return Kind.DATE if key.endswith(_DATES) else Kind.TEXT


def is_key_value(key: str) -> bool:
    """Whether a slip here means another person or another act: names, birth dates, numbers, dates."""
    return kind_of(key) not in (Kind.TEXT, Kind.LOOSE_DATE) or key in ("number", "staff_code", "party_card_no")


def shown(key: str, value: str) -> str:
    """A kept value as an office writes it: dates as dd/mm/yyyy, numbers with a comma."""
    kind = kind_of(key)
    if kind in (Kind.DATE, Kind.LOOSE_DATE) and _ISO.fullmatch(value):
        return "/".join(reversed(value.split("-")))
    return value.replace(".", ",") if kind is Kind.DECIMAL else value


def squashed(text: str) -> str:
    """The text in NFC with single spaces, without what no eye sees: control, direction and zero-width characters.

    They would make one value look like another, and some cannot be written into a PDF's metadata at all.
    """
    spaced = " ".join(nfc(text).split())
    if spaced.isprintable():
        return spaced
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN).split())


def _date(text: str) -> str | None:
    eight = _EIGHT.fullmatch(text)
    found = parse_date("/".join(eight.groups()) if eight else text)
    return found.iso() if found else None


def normalised(key: str, typed: str) -> str | None:
    """The value as it is kept: ISO dates, digits, a decimal point, names in title case; "" for nothing typed.

    None when what was typed is no value of its kind; :data:`PROBLEMS` says what to tell.
    """
    text, kind = squashed(typed), kind_of(key)
    if not text or len(text) > LONGEST_VALUE:
        return None if text else ""
    if kind is Kind.DATE:
        return _date(text)
    if kind is Kind.LOOSE_DATE:
        return (_date(text) or text) if _ONE_DATE.fullmatch(text) else text
    return _checked(kind, text)


def _checked(kind: Kind, text: str) -> str | None:
    digits = digits_only(text)
    if kind is Kind.NAME:
        return title_name(text) if 2 <= len(text) <= 200 else None
    if kind is Kind.SEX:
        return text.capitalize() if text.capitalize() in ("Nam", "Nữ") else None
    if kind is Kind.CITIZEN_ID:
        return digits if is_citizen_id(text) else None
    if kind is Kind.OLD_ID:
        return digits if is_old_id(text) else None
    if kind is Kind.DIGITS:
        return digits if len(digits) == 10 and digits.isascii() and digits.isdecimal() else None
    if kind is Kind.DECIMAL:
        return text.replace(",", ".") if _DECIMAL.fullmatch(text) else None
    return text


def same(key: str, left: str, right: str) -> bool:
    """Whether two kept values say the same: blanks and case aside, for a form may print a name in capitals."""
    return squashed(left).casefold() == squashed(right).casefold()
