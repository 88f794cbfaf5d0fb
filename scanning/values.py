"""Printed values to normalised ones, with what makes each hard to believe."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from scanning.closed_lists import CLOSED, listed
from scanning.office_phrases import has_foreign_letters, in_office_words, in_place_words
from vietnamese.dates import parse_date
from vietnamese.ids import digits_only, is_citizen_id, is_old_id
from vietnamese.names import is_plausible_name, surname_like, title_name
from vietnamese.slips import figures
from vietnamese.syllable import is_valid_syllable
from vietnamese.text import fold, nfc

# reasons, as a clerk reads them
REPAIRED = "đã sửa một ký tự máy đọc nhầm"
NOT_A_NAME = "không giống tên người"
WRONG_LENGTH = "số chữ số không đúng"
NOT_A_DATE = "không đọc được thành ngày tháng"
NOT_A_SEX = "không đọc được là Nam hay Nữ"
NOT_A_NUMBER = "không đọc được thành số"
NOT_LISTED = "không có trong danh mục"
STRANGE = "có ký tự lạ"

_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
_DIGITS = re.compile(r"\d[\d .]*\d")
# what may stand around a value without being part of it: leaders, list commas, rules
EDGES = " .,;:_-–—|…·•*“”„\"'‘’`~^°<>=«»"
EARLIEST_YEAR = 1900
LATEST_YEAR = 2099
# M'gar, H'Mông: the apostrophe of highland names, in whatever shape OCR saw it
_HIGHLAND = re.compile(r"(?<![^\W\d_])([A-ZĐ])\s?[’'‘`´ˆ^°ˈ*”“\"?]{1,2}(?=[^\W\d_])")
_ODD = re.compile(
    r"[^\w\s,.;:()/%&+*?!’'‘\"“”…–—\-]|[_|¦<>{}\[\]=~^«»§©®¢£¥€°#@\\„¡¿]|::|[.:;,][:;]|\s/[^\W\d]|[^\W\d]/\s|[^\W\d][!?][^\W\d]"
)
# dirt before a word; a quotation has its end as well
_STRAY = re.compile(r"(?<=\s)['‘`’](?=[^\W\d]{2})(?![^'‘`’]*['‘`’])")
# "Than: mưu": a colon stands behind a label, and labels are capitalised
_COLON = re.compile(r"(?<![\w])[^\W\d_]{1,4}:\s+[^\W\dA-ZĐ]")
# words that stand alone, not the end of M’gar or of an abbreviation
_WORD = re.compile(r"(?<![\w’'.\-/])[^\W\d_]+(?![\w’'/]|\.\w)")
_HINT = re.compile(r"\(\s*[^()]{2,40}\)\s*:?")

# a normalised value, and why it is doubtful (empty: it is not)
Value = tuple[str, tuple[str, ...]]


def parse_value(kind: str, raw: str, key: str = "") -> Value | None:
    """Return the normalised value of a printed one with its doubts; None if it is not of that kind.

    A key with a closed list (peoples, religions, ranks …) has slips of one letter put right.
    """
    text = nfc(raw).strip(EDGES)
    if not any(character.isalnum() for character in text):
        return None
    value = _PARSERS[kind](text)
    if value is None:
        return None
    known = listed(key or kind, value[0])
    if known is None:
        return (value[0], (*value[1], NOT_LISTED)) if key in CLOSED else value
    return known[0], () if known[1] or fold(known[0]) == fold(value[0]) else (REPAIRED,)


def is_listed(key: str, value: str) -> bool:
    """Return whether a value is one of the key's closed list."""
    known = listed(key, value)
    return known is not None and known[1]


def _name(text: str) -> Value | None:
    name = title_name(re.split(r"[,;:(]|\s[-–]\s", text)[0].strip(EDGES))
    name = _HIGHLAND.sub(r"\1’", name)
    if len(name) < 3 or any(character.isdigit() for character in name):
        return None
    surname, blank, rest = name.partition(" ")
    known = surname_like(surname)
    repaired = known is not None and known != surname
    if known is not None and repaired:
        name = f"{known}{blank}{rest}"
    if not is_plausible_name(name) or has_foreign_letters(name):
        return name, (NOT_A_NAME,)
    return name, (REPAIRED,) if repaired else ()


def _text(text: str) -> Value | None:
    clean = re.sub(r"\s+([,.;„])", r"\1", " ".join(text.split())).replace("„", ",")
    clean = _STRAY.sub("", clean)
    clean = in_office_words(_HIGHLAND.sub(r"\1’", clean))
    # what is left of a dotted line read as letters is mostly single marks
    if not any(character.isalnum() for character in clean):
        return None
    return clean, (STRANGE,) if _looks_misread(clean) else ()


def _looks_misread(text: str) -> bool:
    """Return whether running text has what no paper prints: odd marks, foreign letters, impossible small words.

    Words with a capital may be places of the highlands (Ea Tul, Krông): those are not judged by their spelling.
    """
    if _ODD.search(text) or _COLON.search(text) or has_foreign_letters(text):
        return True
    # by their case, not by ranges: Vietnamese capitals lie between its small letters in Unicode
    if any(before.islower() and after.isupper() for before, after in pairwise(text)):
        return True
    return any(word[0].islower() and not is_valid_syllable(word) for word in _WORD.findall(text))


def _place(text: str) -> Value | None:
    """Return a place; the hints of a form ("(huyện, quận):") between its parts become commas."""
    plain = re.sub(r"\s*,(?:\s*,)+", ",", _HINT.sub(",", text)).strip(EDGES) if "(" in text else text
    return _text(in_place_words(re.sub(r",(?=\S)", ", ", plain)))


def _date(text: str) -> Value | None:
    repaired = figures(text)
    # "26tháng 7": a space lost beside a figure must not lose the day
    spaced = re.sub(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)", " ", repaired)
    date = parse_date(spaced)
    if date is None or not EARLIEST_YEAR <= date.year <= LATEST_YEAR:
        return None
    return date.iso(), () if repaired == text else (REPAIRED,)


def _number(text: str) -> Value | None:
    match = _DECIMAL.search(text)
    return (match.group().replace(",", "."), ()) if match else None


def _coefficient(text: str) -> Value | None:
    """Return a pay coefficient or allowance, 0.1 to 13 (Decree 204/2004); a lost comma is put back, doubtfully."""
    repaired = figures(text)
    match = re.search(r"\d+(?:\s?[.,]\s?\d+)?", repaired)
    if match is None:
        return None
    number = re.sub(r"\s", "", match.group()).replace(",", ".")
    doubts = () if repaired == text else (REPAIRED,)
    if number.isdigit() and len(number) == 3:
        number, doubts = f"{number[0]}.{number[1:]}", (REPAIRED,)
    if not 0 <= float(number) <= 13 or len(number.rpartition(".")[2]) > 3:
        return number, (*doubts, "hệ số ngoài thang bảng lương")
    return number, doubts


def _step(text: str) -> Value | None:
    match = re.match(r"\D{0,6}(\d{1,2})(?!\d|[.,]\d)", figures(text))
    return (str(int(match[1])), () if int(match[1]) <= 16 else ("bậc lương ngoài thang",)) if match else None


def _sex(text: str) -> Value | None:
    word = re.match(r"[^\W\d]+", fold(text))
    found = {"nam": "Nam", "nu": "Nữ"}.get(word.group() if word else "")
    return (found, ()) if found else None


def _insurance(text: str) -> Value | None:
    """Return a social insurance number: ten figures; older papers may have fewer, doubtfully."""
    found = _digits(text)
    return found if found is None or len(found[0]) == 10 else (found[0], tuple({*found[1], WRONG_LENGTH}))


def _digits(text: str) -> Value | None:
    repaired = figures(text)
    match = _DIGITS.search(repaired)
    number = digits_only(match.group()) if match else ""
    if len(number) < 6:
        return None
    doubts = () if 8 <= len(number) <= 15 else (WRONG_LENGTH,)
    return number, doubts if repaired == text else (*doubts, REPAIRED)


def _phone(text: str) -> Value | None:
    found = _digits(text)
    return found if found is None or found[0].startswith("0") else (found[0], (*found[1], WRONG_LENGTH))


def _id(text: str) -> Value | None:
    repaired = figures(text)
    match = _DIGITS.search(repaired)
    number = digits_only(match.group()) if match else ""
    if not (is_citizen_id(number) or is_old_id(number)):
        return None
    return number, () if repaired == text else (REPAIRED,)


def _code(text: str) -> Value | None:
    word = text.split()[0].strip(EDGES + "()")
    return (word, ()) if any(character.isdigit() for character in word) else None


def _serial(text: str) -> Value | None:
    """Return a serial number of letters and figures ("LG 0019044"), without what a seal left behind it."""
    kept: list[str] = []
    for token in text.split():
        begun = any(character.isdigit() for part in kept for character in part)
        if begun and not (token.isdigit() and len(token) > 2):
            break
        if not begun and not any(map(str.isdigit, token)) and not token.strip(".-").isupper():
            break
        kept.append(token)
    serial = " ".join(kept).strip(EDGES)
    return (serial, ()) if any(map(str.isdigit, serial)) else None


def _rank_code(text: str) -> Value | None:
    """Return a rank's code: 01.003, 06.031, V.07.05.15 and the like."""
    repaired = figures(text).replace(" ", "")
    match = re.search(r"\d{2}[.,]\d{3}[a-c]?(?!\d)|[IV]{1,2}[.,]\d{2}[.,]\d{2}[.,]\d{2}|\d{2}[a-z]?[.,]\d{3}", repaired)
    if match is None:
        return None
    return match.group().replace(",", "."), () if repaired == text.replace(" ", "") else (REPAIRED,)


def _paper_number(text: str) -> Value | None:
    """Return a document's number ("12/QĐ-UBND", "218-QĐ/TU"), blanks taken out."""
    value = re.sub(r"\s+", "", text).strip(" ,;.:()-–*").replace("–", "-")
    head = re.match(r"[\w.]+", value)
    if head is None or not any(character.isdigit() for character in head.group()):
        return None
    repaired = figures(head.group()) + re.sub("Đ{2,}", "Đ", value[head.end() :])
    return repaired, () if repaired == value and not _ODD.search(value) else (REPAIRED,)


def _year(text: str) -> Value | None:
    match = re.search(r"(?<!\d)(19|20)\d{2}(?!\d)", figures(text))
    return (match.group(), ()) if match else None


def _count(text: str) -> Value | None:
    match = re.search(r"\d{1,4}", figures(text))
    return (str(int(match.group())), ()) if match else None


_PARSERS: dict[str, Callable[[str], Value | None]] = {
    "name": _name,
    "text": _text,
    "long": _text,
    "cell": _text,
    "relation": _text,
    "place": _place,
    "date": _date,
    "year": _year,
    "number": _number,
    "coefficient": _coefficient,
    "step": _step,
    "count": _count,
    "sex": _sex,
    "digits": _digits,
    "insurance": _insurance,
    "phone": _phone,
    "id": _id,
    "code": _code,
    "serial": _serial,
    "rank_code": _rank_code,
    "paper_number": _paper_number,
}
