"""From what a paper says to what can be compared: one flat row of folded names, split dates, codes and bare digits.

Idempotent where it can be, and never guessing twice: what is not known is None, and None agrees with nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from linkage.locations import locate, shape_of
from linkage.records import Record
from vietnamese import ids
from vietnamese.dates import PartialDate, parse_date
from vietnamese.slips import figures
from vietnamese.syllable import is_plain_syllable
from vietnamese.text import TOKEN, fold, one_y, repair_eth

NORM_VERSION = 1
OLDEST, YOUNGEST = 1900, 2100

# North and south spell one family name two ways; a person's papers mix them.
_ONE_SURNAME = {"vo": "vu", "huynh": "hoang"}
_WOMAN, _MAN = frozenset({"nu", "gai", "female", "f", "2"}), frozenset({"nam", "trai", "male", "m", "1"})
_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_JUST_YEAR = re.compile(r"\d{4}")
_NO_DIGIT = re.compile(r"\D+")
_NO_WORD = re.compile(r"[^0-9a-z]+")
_NOBODY = frozenset({"khong", "khong ro", "khong co", "chua co", "chua", "da mat", "mat", "ko", "k"})


class Feature(NamedTuple):
    """What is compared of one record; None is "not said". Column names are those of the SQL as well."""

    record_id: str
    name: str | None
    surname: str | None
    middle: str | None
    given: str | None
    short: str | None
    shape: str | None
    given_shape: str | None
    given_real: str | None
    alias: str | None
    alias_given: str | None
    sex: str | None
    birth_day: str | None
    birth_swapped: str | None
    birth_md: str | None
    birth_year: int | None
    birth_next: int | None
    birth_commune: str | None
    birth_former: str | None
    birth_province: str | None
    home_commune: str | None
    home_former: str | None
    home_province: str | None
    citizen_id: str | None
    old_id: str | None
    staff_code: str | None
    party_card: str | None
    father: str | None
    father_given: str | None
    father_shape: str | None
    mother: str | None
    mother_given: str | None
    mother_shape: str | None
    spouse: str | None
    spouse_given: str | None
    spouse_shape: str | None
    joined: str | None
    joined_md: str | None
    joined_year: int | None
    work_unit: str | None


COLUMNS = Feature._fields
WHOLE_NUMBERS = frozenset({"birth_year", "birth_next", "joined_year"})


class Name(NamedTuple):
    """A folded name and its parts; the family name comes first, what a person is called by comes last."""

    whole: str | None
    surname: str | None
    middle: str | None
    given: str | None


class Day(NamedTuple):
    """A date with its precision: `day` is YYYYMMDD and `md` MMDD only where both are truly known."""

    day: str | None
    swapped: str | None
    md: str | None
    year: int | None


_NO_NAME = Name(None, None, None, None)
_NO_DAY = Day(None, None, None, None)


@lru_cache(maxsize=65_536)
def _syllable(word: str) -> str:
    return one_y(fold(word))


@lru_cache(maxsize=65_536)
def name_of(raw: str) -> Name:
    """Return a name without marks, in one spelling of its syllables; no name at all for a word such as "không"."""
    words = [_syllable(word) for word in TOKEN.findall(repair_eth(raw))]
    words = [word for word in words if not word.isdigit()]
    if not words or " ".join(words) in _NOBODY:
        return _NO_NAME
    words[0] = _ONE_SURNAME.get(words[0], words[0])
    whole = " ".join(words)
    if len(words) == 1:
        return Name(whole, None, None, words[0])
    return Name(whole, words[0], " ".join(words[1:-1]) or None, words[-1])


@lru_cache(maxsize=65_536)
def day_of(raw: str) -> Day:
    """Return a date as written, day before month; the first of January counts as a year only.

    Registers put 01/01 where only the year is known, far more often than people are born on it.
    """
    found = _date(raw)
    if found is None or not OLDEST <= found.year <= YOUNGEST:
        return _NO_DAY
    if found.month is None or found.day is None or (found.month == 1 and found.day == 1):
        return Day(None, None, None, found.year)
    year, month, day = f"{found.year:04d}", f"{found.month:02d}", f"{found.day:02d}"
    swapped = year + day + month if found.day <= 12 and found.day != found.month else None
    return Day(year + month + day, swapped, month + day, found.year)


def _date(raw: str) -> PartialDate | None:
    for pattern, order in ((_DAY_FIRST, (3, 2, 1)), (_ISO, (1, 2, 3))):
        match = pattern.fullmatch(raw)
        if match is not None:
            year, month, day = (int(match[at]) for at in order)
            try:
                return PartialDate(year, month, day)
            except ValueError:
                return PartialDate(year) if year >= 1000 else None
    if _JUST_YEAR.fullmatch(raw):
        return PartialDate(int(raw)) if int(raw) >= 1000 else None
    return parse_date(figures(raw)) if raw else None


def number_of(raw: str, *lengths: int) -> str | None:
    """Return the digits of a number that has one of the lengths; None for anything else, or for all one digit."""
    if not raw:
        return None
    digits = _NO_DIGIT.sub("", figures(raw))
    if len(digits) not in lengths or len(set(digits)) == 1 or not digits.isascii():
        return None
    return digits


def citizen_id_of(raw: str) -> str | None:
    """Return the twelve digits of a personal number, with the leading zero that a spreadsheet took."""
    digits = number_of(raw, 11, 12)
    return digits.zfill(12) if digits else None


def sex_of(raw: str, citizen_id: str | None) -> str | None:
    """Return "m" or "f" as written, else as the personal number states it."""
    word = fold(raw.strip(" .,:"))
    if word in _WOMAN:
        return "f"
    if word in _MAN:
        return "m"
    stated = ids.sex_of(citizen_id) if citizen_id else None
    return stated[0] if stated else None


@lru_cache(maxsize=16_384)
def unit_of(raw: str) -> str | None:
    """Return the words of a work unit without marks and signs."""
    return " ".join(_NO_WORD.sub(" ", fold(raw)).split()) or None


def _ids(record: Record) -> tuple[str | None, str | None]:
    """The personal number and the card before it; a twelve-digit number in the older column is the newer one."""
    citizen, old = citizen_id_of(record.citizen_id), number_of(record.old_id, 8, 9)
    if citizen is None and old is None and record.old_id:
        citizen = citizen_id_of(record.old_id)
    if citizen is None and record.citizen_id:
        old = old or number_of(record.citizen_id, 9)
    return citizen, old.zfill(9) if old else None


def normalise(record: Record) -> Feature:
    """Return what is compared of a record."""
    name, alias = name_of(record.full_name), name_of(record.other_name)
    father, mother = name_of(record.father_name), name_of(record.mother_name)
    spouse = name_of(record.spouse_name)
    citizen, old = _ids(record)
    born, joined = day_of(record.birth_date), day_of(record.party_joined)
    year = born.year or _stated_year(citizen)
    birth, home = locate(record.birth_place), locate(record.home_place)
    staff = number_of(record.staff_code, *range(5, 16))
    card = number_of(record.party_card, *range(6, 13))
    return Feature(
        record.record_id,
        *(name.whole, name.surname, name.middle, name.given),
        f"{name.surname} {name.given}" if name.surname else None,
        shape_of(name.whole) if name.surname and name.whole else None,
        *_called(name.given),
        *(alias.whole, alias.given),
        sex_of(record.sex, citizen),
        *(born.day, born.swapped, born.md),
        year,
        year + 1 if year else None,
        *(birth.commune, birth.former, birth.province, home.commune, home.former, home.province),
        *(citizen, old, staff.zfill(9) if staff else None, card.zfill(8) if card else None),
        *(*_relative(father), *_relative(mother), *_relative(spouse)),
        *(joined.day, joined.md),
        joined.year,
        unit_of(record.work_unit),
    )


def _called(given: str | None) -> tuple[str | None, str | None]:
    """The shape of what a person is called by, and the word itself where it is a syllable: no scan invented it."""
    if given is None:
        return None, None
    return shape_of(given), given if is_plain_syllable(given) else None


def _relative(name: Name) -> tuple[str | None, str | None, str | None]:
    return name.whole, name.given, shape_of(name.whole) if name.whole else None


def _stated_year(citizen: str | None) -> int | None:
    year = ids.birth_year_of(citizen) if citizen else None
    return year if year is not None and OLDEST <= year <= YOUNGEST else None
