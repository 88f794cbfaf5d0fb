"""Places of papers as the codes valid now: through old names, mergers of 2025, missing districts and misread letters.

`vietnamese.places` reads a line strictly, as a record must. Two registers are compared on a guess instead: the best
name in the right province, even with a letter wrong, because a wrong guess costs one level of one comparison.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from vietnamese import places
from vietnamese.text import fold

_SPLIT = re.compile(r"\s*[,;\n|/]\s*|\s+[-–—]\s+")
_KIND = re.compile(
    r"^(?:tinh|thanh pho|huyen|quan|thi xa|thi tran|phuong|xa|dac khu|tp|tx|tt|h|q|p|x)(?:[. :]+)(?=\S)"
    r"|\s*\((?:xa|phuong|thi tran|huyen|quan)\)$"
)
_DISTRICT = re.compile(r"^(?:huyen|thanh pho|thi xa|quan(?= \d)|tp|tx|h|q)[. :]")
# Letters that scans mistake for one another, small and capital together: one class each.
_SHAPES = str.maketrans("bkmrvecqltjdoy", "hhnnuccgiiiaai")
_COUNTRY = ("viet nam", "vn")
LEAST_PROVINCE = 78.0
LEAST_COMMUNE = 80.0
OLD_DAY, NEW_DAY = date(2025, 6, 30), date(2025, 7, 1)


class Spot(NamedTuple):
    """Where a place lies now, and the commune of the time if one was named; None for what the line does not say."""

    province: str | None
    commune: str | None
    former: str | None
    """The code the commune had before the mergers, when the line named it so: finer than what it became."""


NOWHERE = Spot(None, None, None)


class Communes(dict[str, set[tuple[str, str | None]]]):
    """Name -> the present code and, where the name is an earlier one, the code it had then."""

    @cached_property
    def shapes(self) -> dict[str, str]:
        """The names by their shapes; asked for once all names are in."""
        return {shape_of(name): name for name in self}

    @cached_property
    def sure(self) -> dict[str, tuple[str, str | None]]:
        """The one commune each name means, without the names that mean several."""
        return {name: only for name, found in self.items() if (only := _only(found)) is not None}


@dataclass
class _Area:
    """The communes of one present province, by name, and by district and name; with every earlier name."""

    present: Communes = field(default_factory=Communes)
    named: Communes = field(default_factory=Communes)
    within: dict[str, Communes] = field(default_factory=dict)


class _Atlas:
    """All ways from a name to a present code."""

    def __init__(self) -> None:
        self.provinces: dict[str, set[str]] = {}
        self.areas: dict[str, _Area] = {}
        for province in places.provinces(NEW_DAY):
            self.provinces.setdefault(places.key_of(province.name), set()).add(province.code)
            area = self.areas.setdefault(province.code, _Area())
            for commune in places.children(province):
                for table in (area.present, area.named):
                    table.setdefault(places.key_of(commune.name), set()).add((commune.code, None))
        for province in places.provinces(OLD_DAY):
            heirs = {heir.code for heir in places.successors(province)}
            self.provinces.setdefault(places.key_of(province.name), set()).update(heirs)
            for district in places.children(province):
                for commune in places.children(district):
                    self._add(commune, places.key_of(district.name))
        self.shapes = {shape_of(key): key for key in self.provinces}

    def _add(self, commune: places.Place, district: str) -> None:
        heirs = places.successors(commune)
        if not heirs:
            return
        area = self.areas.setdefault(heirs[0].parent, _Area())
        key, found = places.key_of(commune.name), (heirs[0].code, commune.code)
        area.named.setdefault(key, set()).add(found)
        area.within.setdefault(district, Communes()).setdefault(key, set()).add(found)


_lock = threading.Lock()
_kept: list[_Atlas] = []


def _atlas() -> _Atlas:
    with _lock:
        if not _kept:
            _kept.append(_Atlas())
        return _kept[0]


@lru_cache(maxsize=65_536)
def shape_of(text: str) -> str:
    """Return what is left of letters once those that scans confuse are one: "tran van binh" and "lran uan hinh"."""
    return text.replace("rn", "m").translate(_SHAPES)


@lru_cache(maxsize=131_072)
def locate(text: str) -> Spot:
    """Return where a line of a paper lies now, as far as it can be guessed."""
    parts = [folded for part in _SPLIT.split(text[:200]) if (folded := _part(part)) and folded not in _COUNTRY]
    if not parts:
        return NOWHERE
    return _spot(tuple(parts)) or _below(_former(text), parts)


@lru_cache(maxsize=65_536)
def _part(text: str) -> str:
    return fold(text)


@lru_cache(maxsize=131_072)
def _spot(parts: tuple[str, ...]) -> Spot | None:
    """Where these parts lie; None when the last names no province that is known by its present or last name."""
    rest = list(parts)
    provinces = _provinces(rest[-1]) or _glued(rest)
    return _below(provinces, rest) if provinces else None


def _below(provinces: Set[str], parts: Sequence[str]) -> Spot:
    """Where the parts lie in these provinces."""
    if not provinces:
        return NOWHERE
    province = next(iter(provinces)) if len(provinces) == 1 else None
    if len(parts) == 1 or (len(parts) == 2 and _DISTRICT.match(parts[0])):
        return Spot(province, None, None)
    found = _commune(provinces, parts)
    if found is None:
        return Spot(province, None, None)
    commune = places.of_code(found[0])
    return Spot(commune.parent if commune else province, *found)


def _glued(parts: list[str]) -> Set[str]:
    """The province at the end of a last part whose comma was lost; the part is taken apart in place."""
    words = parts[-1].split()
    for count in (2, 3):
        tail = " ".join(words[-count:])
        if len(words) > count and (found := _provinces(tail)):
            parts[-1:] = [" ".join(words[:-count]).removesuffix(" tinh"), tail]
            return found
    return frozenset()


@lru_cache(maxsize=65_536)
def _keys(part: str) -> tuple[str, ...]:
    """The ways to read a part: as it is, without its kind word, without a first word that may be a misread kind."""
    plain = _KIND.sub("", _KIND.sub("", part))
    words = part.split()
    ways = [plain, part, *(" ".join(words[count:]) for count in (1, 2) if len(words) > count + 1)]
    return tuple(dict.fromkeys(key for key in map(places.key_of, ways) if key))


@lru_cache(maxsize=65_536)
def _provinces(part: str) -> Set[str]:
    atlas, keys = _atlas(), _keys(part)
    for key in keys:
        if key in atlas.provinces:
            return atlas.provinces[key]
    best: Set[str] = frozenset()
    score = LEAST_PROVINCE
    for key in map(shape_of, keys):
        found = process.extractOne(key, atlas.shapes.keys(), scorer=fuzz.ratio, score_cutoff=score)
        if found is not None and found[1] > score:
            best, score = atlas.provinces[atlas.shapes[found[0]]], found[1]
    return best


def _former(text: str) -> set[str]:
    """Provinces of an older order, which only the strict reader knows."""
    return {_province_of(place) for place in places.candidates(text) if not place.is_new} - {""}


def _province_of(place: places.Place) -> str:
    while place.level > places.PROVINCE and place.parent:
        above = places.of_code(place.parent)
        if above is None:
            return ""
        place = above
    heirs = places.successors(place)
    return heirs[0].code if heirs and len(heirs) == 1 else ""


def _commune(provinces: Set[str], parts: Sequence[str]) -> tuple[str, str | None] | None:
    """The commune that the first part names; with a district the old ones of it first, without one the present."""
    atlas, first, districts = _atlas(), _keys(parts[0]), _keys(parts[1]) if len(parts) > 2 else ()
    areas = [atlas.areas[code] for code in sorted(provinces) if code in atlas.areas]
    ways = [area.within[district] for area in areas for district in districts if district in area.within]
    tables = [area.named for area in areas] if districts else [t for a in areas for t in (a.present, a.named)]
    for table in (*ways, *tables):
        for key in first:
            if key in table.sure:
                return table.sure[key]
    for table in (*ways, *(area.named for area in areas)):
        if (near := _near(table, first)) is not None:
            return near
    return None


def _near(named: Communes, keys: Sequence[str]) -> tuple[str, str | None] | None:
    best, score = "", LEAST_COMMUNE
    shapes = named.shapes
    for key in keys:
        found = process.extractOne(shape_of(key), shapes.keys(), scorer=fuzz.ratio, score_cutoff=score)
        if found is not None and len(key) > 3 and found[1] > score:
            best, score = shapes[found[0]], found[1]
    return named.sure.get(best)


def _only(found: set[tuple[str, str | None]]) -> tuple[str, str | None] | None:
    """The one commune a name means; a present commune and a former one inside it are the same."""
    now = {code for code, _former in found}
    if len(now) != 1:
        return None
    former = {code for _now, code in found}
    return now.pop(), former.pop() if len(former) == 1 else None
