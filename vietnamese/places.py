"""Places: provinces, districts and communes before and after 1 July 2025, found by the words of a paper.

The words of a paper stay as they are; what is found here points to the place of that time. 63 provinces with their
districts ended on 30 June 2025 and 34 without districts followed. Where the table comes from: ``places.LICENSE.md``.
The table (14,000 places) is read at first use. Pure: no clock; the day is an argument.
"""

from __future__ import annotations

import csv
import gzip
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from vietnamese.text import canon, fold, nfc

DATA = Path(__file__).with_name("places.tsv.gz")
FORMER = Path(__file__).with_name("places_former.tsv")
REORGANISED = date(2025, 7, 1)
LAST_DAY = date(2025, 6, 30)
NEW = "@2025"
"""Ends the code of a place of the new order: the statistics office gave old codes to other communes."""
PROVINCE, DISTRICT, COMMUNE = 1, 2, 3
MOST_HEIRS = 3

# i for y, c for k: Mỹ Lí = Mỹ Lý, Bắc Cạn = Bắc Kạn, Đắc Lắc = Đắk Lắk
_SAME = str.maketrans("yk", "ic")
_SAME_MARKED = str.maketrans("yýỳỷỹỵk", "iíìỉĩịc", " -–'’.")
_NOT_NAME = re.compile(r"[^0-9a-z]+")
_ZEROS = re.compile(r"^0+(?=\d)")

_KINDS = {
    "tinh": "Tỉnh", "t": "Tỉnh", "thanh pho": "Thành phố", "tp": "Thành phố", "t.p": "Thành phố", "huyen": "Huyện",
    "h": "Huyện", "quan": "Quận", "q": "Quận", "thi xa": "Thị xã", "tx": "Thị xã", "t.x": "Thị xã",
    "thi tran": "Thị trấn", "tt": "Thị trấn", "t.t": "Thị trấn", "phuong": "Phường", "p": "Phường", "f": "Phường",
    "xa": "Xã", "x": "Xã", "dac khu": "Đặc khu", "dk": "Đặc khu",
}  # fmt: skip
_KIND = re.compile(
    r"(?:(tinh|thanh pho|huyen|quan|thi xa|thi tran|phuong|xa|dac khu|tp|tx|tt|dk)(?:\s*[.:]\s*|\s+)"
    r"|(t\.p|t\.x|t\.t|t|h|q|p|f|x)\s*[.]\s*|([qpf])\s*(?=\d))(?=\S)"
)
_BEFORE_KIND = re.compile(
    r"\s+(?=(?:thị xã|thị trấn|thành phố|đặc khu|tỉnh|huyện|quận|phường|(?<!thị )xã|tp|tx|tt)[. ]\s*\S)", re.I
)
_BEFORE_BARE_KIND = re.compile(
    r"\s+(?=(?:thi xa|thi tran|thanh pho|dac khu|tinh|huyen|quan|phuong|(?<!thi )xa|tp|tx|tt)[. ]\s*\S)", re.I
)
_SEPARATOR = re.compile(r"\s*([,;|/\n]|[-–—])\s*")
_COUNTRY = frozenset({"vietnam", "vietnamm", "vn"})


@dataclass(frozen=True, slots=True)
class Place:
    """A province, district or commune as it stood for a time. ``code`` is unique over time ("00004", "00004@2025").

    ``parent`` is the code of what it belonged to; None for a day is open.
    """

    code: str
    name: str
    kind: str
    parent: str
    level: int
    valid_from: date | None
    valid_to: date | None

    @property
    def official(self) -> str:
        """The code of the statistics office."""
        return self.code.removesuffix(NEW)

    @property
    def is_new(self) -> bool:
        """True for a place of the order since 1 July 2025."""
        return self.code.endswith(NEW)


@lru_cache(maxsize=32768)
def key_of(name: str) -> str:
    """What is compared of a name: letters and digits without marks, case, blanks; y as i, k as c."""
    return _ZEROS.sub("", _NOT_NAME.sub("", fold(name)).translate(_SAME))


class _Table:
    """All places with the ways into them."""

    def __init__(self) -> None:
        self.by_code: dict[str, Place] = {}
        self.after: dict[str, tuple[str, ...]] = {}
        self.before: dict[str, list[str]] = {}
        self.below: dict[str, list[Place]] = {}
        self.named: dict[str, dict[str, list[Place]]] = {}
        """parent's code ("" and "@2025" for provinces, "districts", "communes", "communes@2025") -> key -> places."""
        for line in _lines(gzip.decompress(DATA.read_bytes()).decode()):
            self._add(line)
        for line in _lines(FORMER.read_text(encoding="utf-8")):
            self._add_former(line)
        for code, following in self.after.items():
            for each in following:
                self.before.setdefault(each, []).append(code)

    def _add(self, line: dict[str, str]) -> None:
        mark = NEW if line["era"] == "1" else ""
        level, days = int(line["level"]), (REORGANISED, None) if mark else (None, LAST_DAY)
        parent = line["parent"] + mark if line["parent"] else ""
        place = Place(line["code"] + mark, line["name"], line["kind"], parent, level, *days)
        self.by_code[place.code] = place
        if line["successors"]:
            self.after[place.code] = tuple(code + NEW for code in line["successors"].split(";"))
        self.below.setdefault(parent or mark, []).append(place)
        keys = [key_of(place.name), *filter(None, line["aliases"].split(";"))]
        ways = [parent or mark] + [f"{'districts' if level == DISTRICT else 'communes'}{mark}"] * (level > PROVINCE)
        for way in ways:
            for key in keys:
                self.named.setdefault(way, {}).setdefault(key, []).append(place)

    def _add_former(self, line: dict[str, str]) -> None:
        since, until = (_day(line[name], last) for name, last in (("from", False), ("to", True)))
        code = f"F-{key_of(line['name'])}"
        place = Place(code, line["name"], "Tỉnh", "", PROVINCE, since, until)
        self.by_code[code] = place
        self.after[code] = tuple(line["successors"].split(";"))
        self.named[""].setdefault(key_of(place.name), []).append(place)


def _day(text: str, last: bool) -> date:
    if len(text) == 4:
        return date(int(text), 12, 31) if last else date(int(text), 1, 1)
    return date.fromisoformat(text)


def _lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


_lock = threading.Lock()
_kept: list[_Table] = []


def _table() -> _Table:
    with _lock:
        if not _kept:
            _kept.append(_Table())
        return _kept[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of an address: its kind word, its name, whether a dash joined it to the piece before."""

    kind: str
    name: str
    whole: str
    dashed: bool


def _part(text: str, dashed: bool) -> _Part:
    found = _KIND.match(fold(text)) if len(fold(text)) == len(text) else None
    if found is None:
        return _Part("", text, text, dashed)
    return _Part(_KINDS[next(filter(None, found.groups()))], text[found.end() :], text, dashed)


def _parts(text: str) -> list[_Part]:
    """The pieces of an address from left to right."""
    clean = " ".join(nfc(text).replace("\n", ",").split())
    clean = (_BEFORE_BARE_KIND if fold(clean) == clean.lower() else _BEFORE_KIND).sub(", ", clean)
    pieces, dashed = [], False
    for index, piece in enumerate(_SEPARATOR.split(clean)):
        if index % 2:
            dashed = piece in "-–—"
        elif piece.strip(" .:()"):
            pieces.append(_part(piece.strip(" .:()"), dashed))
    while pieces and key_of(pieces[-1].whole) in _COUNTRY:
        pieces.pop()
    return pieces


def _joined(parts: Sequence[_Part], count: int) -> _Part | None:
    """The last ``count`` parts as one name, when dashes join them ("Bà Rịa - Vũng Tàu")."""
    if count > len(parts) or not all(part.dashed for part in parts[len(parts) - count + 1 :]):
        return None
    rest = [part.whole for part in parts[len(parts) - count + 1 :]]
    first = parts[-count]
    return _Part(first.kind, "-".join([first.name, *rest]), "-".join([first.whole, *rest]), first.dashed)


def _called(way: str, part: _Part) -> list[Place]:
    """Places of this name on this way; the same kind and the same marks go before what only looks alike."""
    if not part.kind and key_of(part.name).isdecimal():
        return []  # "phường 5" is a name, "5" is none
    names = _table().named.get(way, {})
    found = list(names.get(key_of(part.name), ()))
    if part.kind:
        found = [place for place in found if place.kind == part.kind] or found
        found = found or list(names.get(key_of(part.whole), ()))  # "Quan Hóa" begins with no kind word
    written = {_marked(part.name), _marked(part.whole)}
    exact = [place for place in found if _marked(place.name) in written]
    if not exact and not part.name.isascii():
        # another tone is another commune; a province or district that is the only one may be misspelt
        found = [place for place in found if place.level < COMMUNE or not _same_key(place, part)]
    return list(dict.fromkeys(exact or found))


@lru_cache(maxsize=32768)
def _marked(name: str) -> str:
    """A name with its marks, in one spelling."""
    return canon(name).translate(_SAME_MARKED)


def _same_key(place: Place, part: _Part) -> bool:
    """Whether the names are the same but for marks; otherwise the part is another name of the place."""
    return key_of(place.name) in (key_of(part.name), key_of(part.whole))


def _last(way: str, parts: Sequence[_Part]) -> tuple[list[Place], int]:
    """Places that the last parts name on this way, and how many parts that took."""
    for count in (3, 2, 1):
        whole = _joined(parts, count)
        if whole is not None and (found := _called(way, whole)):
            return found, count
    return [], 0


def _ways_down(place: Place) -> list[str]:
    """Where the next smaller place is looked for: below this one, or below what followed a former province."""
    table = _table()
    if place.code.startswith("F-"):
        return list(table.after[place.code])
    return [place.code]


def _below(places: Sequence[Place], parts: Sequence[_Part]) -> tuple[list[Place], int]:
    for place in places:
        for way in _ways_down(place):
            found, taken = _last(way, parts)
            if found:
                more = [other for each in places for w in _ways_down(each) for other in _last(w, parts)[0]]
                return list(dict.fromkeys([*found, *more])), taken
    return [], 0


def _deep_below(places: Sequence[Place], parts: Sequence[_Part]) -> tuple[list[Place], int]:
    """Communes of a whole province, for an address that leaves the district out."""
    table = _table()
    districts = [each for place in places for way in _ways_down(place) for each in table.below.get(way, ())]
    return _below([each for each in districts if each.level == DISTRICT], parts)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What an address says in one order; ``fit`` counts the parts that name something, a fitting kind word twice."""

    found: tuple[Place, ...]
    fit: int


def _fit(part: _Part, found: Sequence[Place]) -> int:
    if not part.kind:
        return 1
    return 2 if any(place.kind == part.kind for place in found) else 0


def _resolve(parts: Sequence[_Part], mark: str) -> _Reading:
    """The smallest places of one order that the parts name, from the last to the first."""
    found, taken = _last(mark, parts)
    if not found:
        return _without_province(parts, mark)
    rest, fit, skipped = list(parts), 0, False
    while True:
        fit += _fit(rest[len(rest) - taken], found)
        rest = rest[: len(rest) - taken]
        smaller: list[Place] = []
        while rest and not smaller and found[0].level < COMMUNE:
            smaller, taken = _below(found, rest)
            if not smaller and not mark and found[0].level == PROVINCE and not skipped:
                smaller, taken = _deep_below(found, rest)
            if not smaller:
                rest, skipped = rest[:-1], True  # what stands there may be a district that is misspelt
        if not smaller:
            return _Reading(tuple(found), fit)
        found = smaller


def _without_province(parts: Sequence[_Part], mark: str) -> _Reading:
    """An address that names no province: only with a kind word, or with two levels that agree."""
    if not parts:
        return _Reading((), 0)
    last = parts[-1]
    districts = [] if mark else _called("districts", last)
    if districts and len(parts) > 1:
        smaller, _taken = _below(districts, parts[:-1])
        if smaller:
            return _Reading(tuple(smaller), _fit(last, districts) + _fit(parts[-2], smaller))
    named = [*districts, *_called(f"communes{mark}", last)]
    found = tuple(place for place in named if place.kind == last.kind)
    return _Reading(found, _fit(last, found)) if found else _Reading((), 0)


@lru_cache(maxsize=8192)
def _candidates(text: str, new_first: bool) -> tuple[Place, ...]:
    parts = _parts(text[:300])
    first, second = (_resolve(parts, mark) for mark in ((NEW, "") if new_first else ("", NEW)))
    if second.fit > first.fit:
        return second.found
    if second.fit == first.fit and len(second.found) == 1 and len(first.found) > 1:
        return second.found  # no district was written: the way of the new order, and there it is one place
    return first.found


def candidates(text: str, on: date | None = None) -> tuple[Place, ...]:
    """The places an address line may mean, the smallest that it names; () when it names none.

    The order of the day is tried first (without a day: the old one), the other one when it says more.
    """
    return _candidates(text, on is not None and on >= REORGANISED)


def find(text: str, on: date | None = None) -> Place | None:
    """The one place an address line means; None when it means none or may mean several (:func:`candidates`)."""
    found = candidates(text, on)
    return found[0] if len(found) == 1 else None


def of_code(code: str) -> Place | None:
    """The place kept under this code."""
    return _table().by_code.get(code)


def provinces(on: date) -> list[Place]:
    """The provinces on a day, by code."""
    mark = NEW if on >= REORGANISED else ""
    return [place for place in _table().below[mark] if place.level == PROVINCE]


def children(place: Place) -> list[Place]:
    """What lies directly below a place, by code."""
    return list(_table().below.get(place.code, ()))


def successors(place: Place) -> tuple[Place, ...]:
    """What a place became on 1 July 2025, the heir of its seat first; () for a place that still stands.

    A district became nothing: its communes have successors of their own (``()``, see :func:`now_called`).
    """
    table = _table()
    return tuple(table.by_code[code] for code in table.after.get(place.code, ()))


def predecessors(place: Place) -> tuple[Place, ...]:
    """The places that a place came from, by code."""
    table = _table()
    return tuple(table.by_code[code] for code in sorted(table.before.get(place.code, ())))


def in_words(place: Place) -> str:
    """The place as an office writes it: "xã Chiềng Sàng, huyện Yên Châu, tỉnh Sơn La"."""
    own = f"{place.kind.lower()} {place.name}"
    above = of_code(place.parent) if place.parent else None
    return f"{own}, {in_words(above)}" if above else own


def now_called(place: Place) -> str:
    """Where a place of an old order lies now, in words; "" when it still stands, or kept its name and province.

    Of a divided commune its heirs are named (three at most); a district is told by its province.
    """
    following = _now(place)
    if not following or (len(following) == 1 and in_words(following[0]) == _without_district(place)):
        return ""
    shown, more = following[:MOST_HEIRS], len(following) - MOST_HEIRS
    words = [f"{each.kind.lower()} {each.name}" for each in shown]
    above = {each.parent for each in shown}
    if more > 0:
        words.append(f"{more} đơn vị khác")
    text = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} hoặc {words[-1]}"
    province = of_code(above.pop()) if len(above) == 1 else None
    return f"{text}, {in_words(province)}" if province else text


def _now(place: Place) -> tuple[Place, ...]:
    if place.is_new:
        return ()
    following = successors(place)
    if not following and place.parent:
        above = of_code(place.parent)
        return _now(above) if above else ()
    return tuple(dict.fromkeys(last for each in following for last in (_now(each) or (each,))))


def _without_district(place: Place) -> str:
    above = of_code(place.parent) if place.parent else None
    if place.level == COMMUNE and above and above.level == DISTRICT:
        above = of_code(above.parent)
    own = f"{place.kind.lower()} {place.name}"
    return f"{own}, {in_words(above)}" if above else own
