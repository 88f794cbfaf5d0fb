"""How two registers write the same invented person down: what they leave out, how they spell, what a scanner misread.

Shares are of records; ``errors`` multiplies those of mistakes (not of what is left out). They were set so that true
pairs agree as often as the research's did, which ``linkage_population --show`` prints side by side.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from random import Random

from benchmarks.linkage_people import Name, Person, province_of
from vietnamese import places
from vietnamese.places import Place

COLUMNS = (
    "full_name", "other_name", "sex", "birth_date", "birth_place", "home_place", "citizen_id", "old_id", "staff_code",
    "party_card", "father_name", "mother_name", "spouse_name", "party_joined",
)  # fmt: skip


@dataclass(frozen=True)
class Register:
    """The habits of one block: what share of records holds a field, and how the others go wrong."""

    mark: str
    file: str
    citizen_id: float
    old_id: float
    staff_code: float
    party_card: float
    father: float
    mother: float
    spouse: float
    joined: float
    alias: float
    scanned: float
    toneless: float
    year_only: float
    month_only: float
    new_order: float


PARTY = Register("P", "party", 0.482, 0.517, 0.285, 0.921, 0.80, 0.775, 0.745, 0.95, 0.84, 0.42, 0.06, 0.105, 0.017,
                 0.22)  # fmt: skip
GOVERNMENT = Register("G", "gov", 0.612, 0.43, 0.88, 0.26, 0.555, 0.52, 0.55, 0.47, 0.37, 0.27, 0.09, 0.05, 0.008,
                      0.52)  # fmt: skip
REGISTERS = (PARTY, GOVERNMENT)

_CAPITALS = 0.25
_DOTS, _ISO = 0.04, 0.2
_YEAR_OFF, _DAY_MONTH, _FIRST_DAY, _DAY_OFF, _NO_DATE = 0.052, 0.045, 0.02, 0.026, 0.01
_ALIAS_AS_NAME, _MIDDLE_LOST, _TWIN_SURNAME, _I_FOR_Y, _NEW_TONES = 0.18, 0.018, 0.05, 0.15, 0.35
_RELATIVE_MIDDLE_LOST, _RELATIVE_WRONG = 0.016, 0.01
_OFFICIAL_DATE, _JOINED_WRONG, _JOINED_YEAR = 0.045, 0.04, 0.045
_TONE_SLIP = 0.12  # a letter is drawn; two in three bear no tone
_ZERO_LOST, _DIGIT_OFF, _SWAPPED, _NEIGHBOURS = 0.021, 0.013, 0.008, 0.0025
# A new number after a card was lost, moved away with, or given out anew.
_RENEWED = {"citizen_id": 0.009, "old_id": 0.021, "staff_code": 0.017, "party_card": 0.022}
_NO_SEX, _WRONG_SEX = 0.009, 0.002
_NO_BIRTH_PLACE, _NO_HOME, _PROVINCE_ONLY, _DISTRICT_ONLY, _OTHER_PLACE, _FORMER = 0.12, 0.05, 0.13, 0.1, 0.03, 0.1
_LEAST_MISREAD, _MOST_MISREAD = 0.03, 0.08
# Figures are misread less often than letters with their marks.
_FIGURES = 0.22

_TWINS = {"Vũ": "Võ", "Võ": "Vũ", "Hoàng": "Huỳnh", "Huỳnh": "Hoàng"}
_LOOK_ALIKE = {
    "n": "rmh", "h": "bn", "b": "h", "m": "nr", "g": "qy", "q": "g", "r": "n", "t": "lf", "l": "ti", "c": "eo",
    "u": "vn", "v": "u", "d": "cl", "đ": "d", "y": "v", "k": "h", "p": "n", "s": "a",
    "N": "MRH", "H": "BN", "B": "HE", "M": "N", "T": "LI", "L": "IT", "C": "EG", "E": "F", "P": "F", "G": "CQ",
    "Đ": "D", "D": "O", "Q": "G", "V": "Y", "K": "X", "S": "5", "R": "P", "Y": "V", "X": "K",
}  # fmt: skip
_DIGITS = {"0": "68", "1": "74", "2": "7", "3": "85", "4": "19", "5": "63", "6": "50", "7": "12", "8": "30", "9": "4"}


def _toned() -> dict[str, str]:
    """Return for each vowel the letters that only another tone, or a lost mark, makes of it."""
    found: dict[str, str] = {}
    for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY":
        tones = [unicodedata.normalize("NFC", letter + tone) for tone in ("", *"\u0300\u0301\u0303\u0309\u0323")]
        bare = unicodedata.normalize("NFD", letter)[0]
        for each in tones:
            others = [other for other in tones if other != each]
            found[each] = "".join(others) + ("" if bare == letter else bare)
    return found


_OTHER_TONE = _toned()


def misread(text: str, share: float, rng: Random) -> str:
    """Return the text as a scanner read it: some letters with another tone, as a look-alike, lost or doubled."""
    if not share or not text:
        return text
    letters = list(text)
    at = int(rng.expovariate(share))
    while at < len(letters):
        _spoil(letters, at, rng)
        at += 1 + int(rng.expovariate(share))
    return "".join(letters)


def _spoil(letters: list[str], at: int, rng: Random) -> None:
    letter, drawn = letters[at], rng.random()
    if not letter.isalpha():
        return
    if letter in _OTHER_TONE:
        if drawn < 0.86:
            letters[at] = rng.choice(_OTHER_TONE[letter])
        elif drawn < 0.98:
            letters[at] = ""
    elif drawn < 0.68:
        letters[at] = rng.choice(_LOOK_ALIKE.get(letter, letter))
    elif drawn < 0.76:
        letters[at] = letter + letter
    elif drawn < 0.84 and at + 1 < len(letters) and letters[at + 1].isalpha():
        letters[at], letters[at + 1] = letters[at + 1], letter
    elif drawn < 0.92:
        letters[at] = ""


@cache
def spelt(word: str, i_for_y: bool, new_tones: bool) -> str:
    """Return a syllable by an office's habit: Lý or Lí, Hoà or Hòa."""
    parts = unicodedata.normalize("NFD", word)
    marks = [mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323"]
    plain = unicodedata.normalize("NFC", "".join(each for each in parts if each not in marks))
    if i_for_y and plain in ("Ly", "My", "Sy", "Ky", "Quy", "Vy", "Ty"):
        plain = plain[:-1] + "i"
    if not marks:
        return plain
    open_pair = plain[-2:].lower() in ("oa", "oe", "uy") and not plain.lower().startswith("qu")
    if open_pair:
        at = len(plain) if not new_tones else len(plain) - 1
        return unicodedata.normalize("NFC", plain[:at] + marks[0] + plain[at:])
    return word if plain[-1] != "i" or not i_for_y else unicodedata.normalize("NFC", plain + marks[0])


def without_marks(text: str) -> str:
    """Return the text as typed on a keyboard without Vietnamese, its capitals kept."""
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")
    return bare.replace("đ", "d").replace("Đ", "D")


def write_date(day: date, rng: Random, iso: bool, dots: bool) -> str:
    """Return a whole date in an office's hand."""
    if iso:
        return day.isoformat()
    return f"{day.day}.{day.month}.{day.year}" if dots else f"{day.day:02d}/{day.month:02d}/{day.year}"


def _shown(place: Place, kinds: bool) -> str:
    return f"{place.kind} {place.name}" if kinds or place.name.isdecimal() else place.name


@lru_cache(maxsize=65536)
def chain(place: Place) -> tuple[Place, ...]:
    """Return a place with what it lies in, the smallest first."""
    above = places.of_code(place.parent) if place.parent else None
    return (place, *chain(above)) if above else (place,)


@lru_cache(maxsize=65536)
def heir(place: Place) -> Place:
    """Return what an old commune or province became in July 2025, the heir of its seat."""
    following = places.successors(place)
    return following[0] if following else place


@lru_cache(maxsize=128)
def former(place: Place, born: int) -> str:
    """Return the name of the province that held this one when the person was born; "" when it was itself."""
    for each in places.predecessors(place):
        if each.valid_from and each.valid_to and each.valid_from.year <= born <= each.valid_to.year:
            return each.name
    return ""


class Clerk:
    """Writes one record: habits of hand, of place and of scanner are drawn once and hold for all its fields."""

    def __init__(self, register: Register, person: Person, errors: float, rng: Random) -> None:
        self._register, self._person, self._errors, self._rng = register, person, errors, rng
        draw = rng.random
        self._capitals = draw() < _CAPITALS
        self._iso, self._dots = draw() < _ISO, draw() < _DOTS
        self._i_for_y, self._new_tones = draw() < _I_FOR_Y, draw() < _NEW_TONES
        self._new_order = draw() < register.new_order
        self._toneless = draw() < register.toneless * errors
        scanned = draw() < register.scanned
        self._misread = rng.uniform(_LEAST_MISREAD, _MOST_MISREAD) * errors if scanned else 0.0
        self._style = rng.randrange(4)

    def _goes_wrong(self, share: float) -> bool:
        return self._rng.random() < share * self._errors

    def _text(self, text: str) -> str:
        if self._toneless:
            text = without_marks(text)
        return misread(text, self._misread, self._rng)

    def row(self, neighbours: Sequence[Person]) -> list[str]:
        """Return the record's fields in the order of ``COLUMNS``."""
        register, person, rng = self._register, self._person, self._rng
        name, alias = self._names()
        birth = "" if rng.random() < _NO_BIRTH_PLACE else self._place(person.birth_place)
        home = "" if rng.random() < _NO_HOME else self._place(person.home_place)
        return [
            name, alias, self._sex(), self._birth_date(), birth, home, *self._ids(neighbours),
            self._relative(person.father, register.father), self._relative(person.mother, register.mother),
            self._relative(person.spouse, register.spouse), self._joined_on(),
        ]  # fmt: skip

    def _name(self, name: Name) -> str:
        text = " ".join(spelt(word, self._i_for_y, self._new_tones) for word in name)
        return self._text(text.upper() if self._capitals else text)

    def _names(self) -> tuple[str, str]:
        person, rng = self._person, self._rng
        name, alias = person.name, person.alias if rng.random() < self._register.alias else ()
        if person.alias and self._goes_wrong(_ALIAS_AS_NAME):
            name, alias = person.alias, person.name if rng.random() < 0.5 else ()
        if name[0] in _TWINS and self._goes_wrong(_TWIN_SURNAME):
            name = (_TWINS[name[0]], *name[1:])
        if len(name) > 2 and self._goes_wrong(_MIDDLE_LOST):
            at = rng.randrange(1, len(name) - 1)
            name = name[:at] + name[at + 1 :]
        written = self._name(name)
        if self._goes_wrong(_TONE_SLIP):
            at = rng.randrange(len(written))
            written = written[:at] + rng.choice(_OTHER_TONE.get(written[at], written[at])) + written[at + 1 :]
        return written, self._name(alias) if alias else ""

    def _relative(self, name: Name, share: float) -> str:
        rng = self._rng
        if not name or rng.random() >= share:
            return ""
        if len(name) > 2 and self._goes_wrong(_RELATIVE_MIDDLE_LOST):
            name = (name[0], *name[2:])
        if self._goes_wrong(_RELATIVE_WRONG):
            name = rng.choice((self._person.father, self._person.mother))
        return self._name(name)

    def _sex(self) -> str:
        sex = self._person.sex
        if self._goes_wrong(_WRONG_SEX):
            sex = "Nữ" if sex == "Nam" else "Nam"
        return "" if self._rng.random() < _NO_SEX else sex

    def _date(self, day: date) -> str:
        return self._figures(write_date(day, self._rng, self._iso, self._dots))

    def _figures(self, text: str) -> str:
        """Return figures as read: one may be taken for another that looks like it."""
        share, rng = self._misread * _FIGURES, self._rng
        if not share or rng.random() > share * len(text):
            return text
        at = rng.randrange(len(text))
        return text[:at] + rng.choice(_DIGITS.get(text[at], text[at])) + text[at + 1 :]

    def _birth_date(self) -> str:
        register, rng = self._register, self._rng
        if rng.random() < _NO_DATE:
            return ""
        day = self._wrong_day(self._person.born)
        drawn = rng.random()
        if drawn < register.year_only:
            return self._figures(str(day.year))
        if drawn < register.year_only + register.month_only:
            return f"{day.month:02d}/{day.year}"
        return self._date(day)

    def _wrong_day(self, day: date) -> date:
        rng = self._rng
        if self._goes_wrong(_YEAR_OFF):
            day = day.replace(year=day.year + rng.choice((-2, -1, -1, 1, 1, 2)), day=min(day.day, 28))
        if self._goes_wrong(_FIRST_DAY):
            return date(day.year, 1, 1)
        if day.day <= 12 and self._goes_wrong(_DAY_MONTH):
            return date(day.year, day.day, day.month)
        if self._goes_wrong(_DAY_OFF):
            return day.replace(day=1 + (day.day + rng.choice((1, 9, 19))) % 28)
        return day

    def _ids(self, neighbours: Sequence[Person]) -> list[str]:
        register, person, rng = self._register, self._person, self._rng
        shares = {
            "citizen_id": register.citizen_id, "old_id": register.old_id,
            "staff_code": register.staff_code if person.in_government else 0.0,
            "party_card": register.party_card if person.in_party else 0.0,
        }  # fmt: skip
        written = []
        for field, share in shares.items():
            if rng.random() >= share:
                written.append("")
                continue
            bearer = rng.choice(neighbours) if self._goes_wrong(_NEIGHBOURS) else person
            written.append(self._number(field, str(getattr(bearer, field))))
        return written

    def _number(self, field: str, number: str) -> str:
        rng = self._rng
        # What tells whose number it is, at its end; the beginning stays one that nobody was given.
        first = 3 if field == "citizen_id" else 1
        if field == "citizen_id" and self._goes_wrong(_ZERO_LOST):
            return number[1:]
        at = rng.randrange(len(number) - 5, len(number) - 1)
        if self._goes_wrong(_RENEWED[field]):
            return number[:-6] + f"{rng.randrange(10**6):06d}"
        if self._goes_wrong(_SWAPPED):
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        if self._goes_wrong(_DIGIT_OFF):
            at = rng.randrange(first, len(number))
            wrong = str(rng.randrange(10)) if number[at] != "." else "."
            return number[:at] + wrong + number[at + 1 :]
        return number

    def _joined_on(self) -> str:
        person, rng = self._person, self._rng
        if not person.in_party or rng.random() >= self._register.joined:
            return ""
        day = person.joined
        if self._goes_wrong(_OFFICIAL_DATE):
            day = day.replace(year=day.year + 1, day=min(day.day, 28))
        if self._goes_wrong(_JOINED_WRONG):
            day = day.replace(month=rng.randrange(1, 13), day=min(day.day, 28))
        return str(day.year) if self._goes_wrong(_JOINED_YEAR) else self._date(day)

    def _place(self, place: Place) -> str:
        rng = self._rng
        if self._goes_wrong(_OTHER_PLACE):
            place = rng.choice(places.children(chain(place)[1]))
        drawn, style = rng.random(), self._style
        parts = [*chain(heir(place))] if self._new_order else [*chain(place)]
        if drawn < _PROVINCE_ONLY:
            parts = parts[-1:]
        elif drawn < _PROVINCE_ONLY + _DISTRICT_ONLY and len(parts) > 2:
            parts = parts[1:]
        words = [_shown(each, kinds=style != 2) for each in parts]
        words[-1] = parts[-1].name if style != 1 or len(parts) == 1 else words[-1].replace("T", "t", 1)
        if not self._new_order and rng.random() < _FORMER:
            words[-1] = former(province_of(place), self._person.born.year) or words[-1]
        return self._text((" - " if style == 0 else ", ").join(words))


def in_block(person: Person, register: Register) -> bool:
    """Return whether the person has a record in this block."""
    return person.in_party if register is PARTY else person.in_government
