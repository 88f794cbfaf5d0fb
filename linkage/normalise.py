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
_STAFF_LENGTHS, _CARD_LENGTHS = range(5, 16), range(6, 13)

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
    short: str | None
    shape: str | None
    given_shape: str | None
    given_real: str | None
    """What the person is called by where it is a syllable: no scan invented it."""


class Day(NamedTuple):
    """A date with its precision: `day` is YYYYMMDD and `md` MMDD only where both are truly known."""

    day: str | None
    swapped: str | None
    md: str | None
    year: int | None


_NO_NAME = Name(*[None] * 8)
_NO_DAY = Day(None, None, None, None)


@lru_cache(maxsize=65_536)
def _syllable(word: str) -> str:
    return one_y(fold(word))


@lru_cache(maxsize=65_536)
def _plain_word(word: str) -> str | None:
    """The one syllable that stands between two blanks; None where signs stand there too or a mark stands alone."""
    folded = fold(word)
    return one_y(folded) if folded.isascii() and folded.isalpha() and len(folded) == len(word) else None


def _syllables(raw: str) -> list[str]:
    """The syllables without marks, numbers left out; a word at a time, as words come again and names do not."""
    words = [_plain_word(word) for word in raw.split()]
    if None not in words:
        return words  # type: ignore[return-value]
    return [_syllable(word) for word in TOKEN.findall(repair_eth(raw)) if not word.isdigit()]


@lru_cache(maxsize=131_072)
def name_of(raw: str) -> Name:
    """Return a name without marks, in one spelling of its syllables; no name at all for a word such as "không"."""
    words = _syllables(raw)
    if not words:
        return _NO_NAME
    words[0] = _ONE_SURNAME.get(words[0], words[0])
    whole = " ".join(words)
    if whole in _NOBODY:
        return _NO_NAME
    surname, given = words[0] if len(words) > 1 else None, words[-1]
    return Name(
        *(whole, surname, " ".join(words[1:-1]) or None, given, f"{surname} {given}" if surname else None),
        *(" ".join(map(shape_of, words)), shape_of(given), given if is_plain_syllable(given) else None),
    )


@lru_cache(maxsize=131_072)
def day_of(raw: str) -> Day:
    """Return a date as written, day before month; the first of January counts as a year only.

    Registers put 01/01 where only the year is known, far more often than people are born on it.
    """
    for pattern, year, month, day in ((_DAY_FIRST, 3, 2, 1), (_ISO, 1, 2, 3)):
        match = pattern.fullmatch(raw)
        if match is not None:
            return _day(int(match[year]), int(match[month]), int(match[day]))
    if _JUST_YEAR.fullmatch(raw):
        return _day(int(raw), None, None)
    found = parse_date(figures(raw)) if raw else None
    return _day(found.year, found.month, found.day) if found is not None else _NO_DAY


@lru_cache(maxsize=131_072)
def _day(year: int, month: int | None, day: int | None) -> Day:
    """A day of the calendar; of one that no calendar has, the year."""
    if not OLDEST <= year <= YOUNGEST:
        return _NO_DAY
    try:
        found = PartialDate(year, month, day)
    except ValueError:
        found = PartialDate(year)
    if found.month is None or found.day is None or (found.month == 1 and found.day == 1):
        return Day(None, None, None, year)
    whole, days, months = f"{year:04d}", f"{found.day:02d}", f"{found.month:02d}"
    swapped = whole + days + months if found.day <= 12 and found.day != found.month else None
    return Day(whole + months + days, swapped, months + days, year)


def number_of(raw: str, *lengths: int) -> str | None:
    """Return the digits of a number that has one of the lengths; None for anything else, or for all one digit."""
    if not raw:
        return None
    digits = raw if raw.isascii() and raw.isdigit() else _NO_DIGIT.sub("", figures(raw))
    if len(digits) not in lengths or digits == digits[0] * len(digits) or not digits.isascii():
        return None
    return digits


def citizen_id_of(raw: str) -> str | None:
    """Return the twelve digits of a personal number, with the leading zero that a spreadsheet took."""
    digits = number_of(raw, 11, 12)
    return digits.zfill(12) if digits else None


def sex_of(raw: str, citizen_id: str | None) -> str | None:
    """Return "m" or "f" as written, else as the personal number states it."""
    said = _said_sex(raw) if raw else None
    if said is not None:
        return said
    stated = ids.sex_of(citizen_id) if citizen_id else None
    return stated[0] if stated else None


@lru_cache(maxsize=1024)
def _said_sex(raw: str) -> str | None:
    word = fold(raw.strip(" .,:"))
    return "f" if word in _WOMAN else "m" if word in _MAN else None


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
    staff = number_of(record.staff_code, *_STAFF_LENGTHS)
    card = number_of(record.party_card, *_CARD_LENGTHS)
    return Feature._make((
        record.record_id, name.whole, name.surname, name.middle, name.given, name.short,
        name.shape if name.surname else None, name.given_shape, name.given_real, alias.whole, alias.given,
        sex_of(record.sex, citizen), born.day, born.swapped, born.md, year, year + 1 if year else None,
        birth.commune, birth.former, birth.province, home.commune, home.former, home.province,
        citizen, old, staff.zfill(9) if staff else None, card.zfill(8) if card else None,
        father.whole, father.given, father.shape, mother.whole, mother.given, mother.shape,
        spouse.whole, spouse.given, spouse.shape, joined.day, joined.md, joined.year,
        unit_of(record.work_unit) if record.work_unit else None,
    ))  # fmt: skip


def _stated_year(citizen: str | None) -> int | None:
    year = ids.birth_year_of(citizen) if citizen else None
    return year if year is not None and OLDEST <= year <= YOUNGEST else None
