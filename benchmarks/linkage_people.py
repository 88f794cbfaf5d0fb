"""Invented people of old communes for the measurements of linking: families, siblings, twins, people of one name.

A commune's people depend on the seed and the commune alone, so a million need no memory. Nobody in them exists: names
are drawn by the weights of a table, and no citizen number begins with the code of a province.
"""

import json
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random

from vietnamese import places
from vietnamese.places import Place

TABLE = Path(__file__).with_name("linkage_tables.tsv")
MALE, FEMALE = "Nam", "Nữ"
PER_WARD = 150
"""Records of one block to an old commune, at every size: more people are more communes, not denser ones."""
SHARED = 0.7
"""Of a block's records, those whose person has one in the other block as well."""

_SIBLINGS = 0.16
_TWINS = 0.03
_NAMESAKES = 0.01
_MARRIED = 0.854
_ALIAS = 0.09
_OLD_ORDER = date(2025, 6, 1)
# Three-figure codes no province was ever given: the numbers of these people can be nobody's.
_UNUSED = (3, 5, 7, 9, 13, 16, 18, 21, 23, 28, 29, 32, 39, 41, 43, 47, 50, 53, 55, 57, 59, 61, 63, 65, 69, 71, 73, 76,
           78, 81, 85, 88, 90, 97, 98, 99)  # fmt: skip

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person as things are, before any register writes them down."""

    number: int
    name: Name
    alias: Name
    sex: str
    born: date
    birth_place: Place
    home_place: Place
    citizen_id: str
    old_id: str
    staff_code: str
    party_card: str
    father: Name
    mother: Name
    spouse: Name
    joined: date
    in_party: bool
    in_government: bool


class Draw:
    """Draws names by weight."""

    def __init__(self, weights: dict[str, int]) -> None:
        self.names = list(weights)
        self._sums = list(accumulate(weights.values()))

    def one(self, rng: Random) -> str:
        """Return one name."""
        return self.names[bisect(self._sums, rng.random() * self._sums[-1])]


class Names:
    """Surnames, middle and given names with their weights: our own small table, or a larger one from a JSON file."""

    def __init__(self, source: Path | None = None) -> None:
        found = _from_json(source) if source is not None else _from_tsv(TABLE)
        self.surname = Draw(found["surname"])
        self.middle = {MALE: Draw(found["middle male"]), FEMALE: Draw(found["middle female"])}
        self.given = {MALE: Draw(found["given male"]), FEMALE: Draw(found["given female"])}

    def middles(self, sex: str, rng: Random, old: bool = False) -> Name:
        """Return the words between surname and given name; older people bear Văn and Thị more often."""
        usual = "Văn" if sex == MALE else "Thị"
        first = usual if rng.random() < (0.35 if old else 0.02) else self.middle[sex].one(rng)
        if rng.random() > (0.06 if old else 0.2):
            return () if rng.random() < 0.01 else (first,)
        if sex == FEMALE and rng.random() < 0.7:
            first = "Thị"
        second = self.middle[sex].one(rng)
        return (first,) if second in (first, usual) else (first, second)

    def person(self, surname: str, sex: str, rng: Random, old: bool = False) -> Name:
        """Return a whole name."""
        return (surname, *self.middles(sex, rng, old), self.given[sex].one(rng))


def _from_tsv(path: Path) -> dict[str, dict[str, int]]:
    tables: dict[str, dict[str, int]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        kind, name, weight = line.split("\t")
        tables.setdefault(kind, {})[name] = int(weight)
    return tables


def _from_json(path: Path) -> dict[str, dict[str, int]]:
    """Read the shape {"surname": {…}, "middle": {"M": {…}, "F": {…}}, "given": {…}}."""
    read = json.loads(path.read_text(encoding="utf-8"))
    tables: dict[str, dict[str, int]] = {"surname": read["surname"]}
    for kind in ("middle", "given"):
        tables[f"{kind} male"], tables[f"{kind} female"] = read[kind]["M"], read[kind]["F"]
    return tables


@lru_cache(maxsize=2)
def communes(seed: int) -> tuple[Place, ...]:
    """Return the communes of the order before July 2025, province by province, the provinces in an order of chance."""
    all_of = list(places.provinces(_OLD_ORDER))
    Random(f"{seed} provinces").shuffle(all_of)
    return tuple(
        commune
        for province in all_of
        for district in places.children(province)
        for commune in places.children(district)
        if commune.level == places.COMMUNE
    )


def province_of(place: Place) -> Place:
    """Return the province a place lies in."""
    while place.parent and (above := places.of_code(place.parent)):
        place = above
    return place


@cache
def _origin(province_code: str) -> str:
    """Return the three figures a citizen number begins with: one unused code for each province or two."""
    codes = [place.code for place in places.provinces(_OLD_ORDER)]
    return f"{_UNUSED[codes.index(province_code) % len(_UNUSED)]:03d}"


class Ward:
    """The people of one commune who have a record in one block or both, as many as the blocks' records need."""

    def __init__(self, seed: int, index: int, records: int, first: int, names: Names) -> None:
        all_communes = communes(seed)
        self._index, self._all, self._names, self._first = index, all_communes, names, first
        self._place = all_communes[index % len(all_communes)]
        self._rng = Random(f"{seed} people {index}")
        shared = round(records * SHARED)
        roles = [(True, True)] * shared + [(True, False)] * (records - shared) + [(False, True)] * (records - shared)
        self._rng.shuffle(roles)
        self._roles = roles

    def people(self) -> list[Person]:
        """Return them, always the same."""
        made: list[Person] = []
        rng = self._rng
        while len(made) < len(self._roles):
            many = rng.choice((2, 2, 3)) if rng.random() < _SIBLINGS else 1
            for person in self._family(min(many, len(self._roles) - len(made)), self._first + len(made), made):
                made.append(person)
        return made

    def _family(self, many: int, number: int, neighbours: Sequence[Person]) -> list[Person]:
        rng, names = self._rng, self._names
        surname = names.surname.one(rng)
        father = names.person(surname, MALE, rng, old=True)
        mother = names.person(names.surname.one(rng), FEMALE, rng, old=True)
        home = self._home()
        children: list[Person] = []
        for nth in range(many):
            sex = MALE if rng.random() < 0.575 else FEMALE
            born = _birthday(rng)
            name = names.person(surname, sex, rng)
            if children:
                elder = children[-1]
                born, sex = self._beside(elder, sex)
                if sex == elder.sex and rng.random() < 0.6:
                    name = (surname, *elder.name[1:-1], name[-1])
                name = name if name != elder.name else (*name[:-1], names.given[sex].one(rng))
            elif neighbours and rng.random() < _NAMESAKES:
                name, sex = (other := rng.choice(neighbours)).name, other.sex
                father = (name[0], *father[1:])
            children.append(self._person(number + nth, name, sex, born, home, (father, mother)))
        return children

    def _beside(self, elder: Person, sex: str) -> tuple[date, str]:
        """Return a sibling's birthday and sex: a twin of the same day, or some years off."""
        rng = self._rng
        if rng.random() < _TWINS:
            return elder.born, elder.sex
        years = rng.choice((1, 2, 2, 3, 3, 4, 5, 6)) * rng.choice((-1, 1))
        return elder.born + timedelta(days=int(years * 365.25) + rng.randrange(-150, 150)), sex

    def _home(self) -> Place:
        """Return where the family comes from: mostly this commune, else the province's or any other."""
        rng, at = self._rng, self._index % len(self._all)
        drawn = rng.random()
        if drawn < 0.78:
            return self._place
        if drawn < 0.88:
            return self._all[(at + rng.randrange(-40, 41)) % len(self._all)]
        return rng.choice(self._all)

    def _person(self, number: int, name: Name, sex: str, born: date, home: Place, parents: tuple[Name, Name]) -> Person:
        rng, names = self._rng, self._names
        province = province_of(self._place).code
        century = 2 * ((born.year - 1900) // 100) + (sex == FEMALE)
        in_party, in_government = self._roles[number - self._first]
        other = FEMALE if sex == MALE else MALE
        married = rng.random() < _MARRIED
        return Person(
            number=number,
            name=name,
            alias=names.person(name[0], sex, rng) if rng.random() < _ALIAS else (),
            sex=sex,
            born=born,
            birth_place=home if rng.random() < 0.72 else self._home(),
            home_place=home,
            citizen_id=f"{_origin(province)}{century}{born.year % 100:02d}{_mixed(number, 10**6, 387_911):06d}",
            old_id=f"9{_mixed(number, 10**8, 61_803_399):08d}",
            staff_code=f"{province}.{_mixed(number, 10**7, 7_320_509):07d}",
            party_card=f"9{_mixed(number, 10**7, 4_142_137):07d}",
            father=parents[0],
            mother=parents[1],
            spouse=names.person(names.surname.one(rng), other, rng) if married else (),
            joined=_joined(born, rng),
            in_party=in_party,
            in_government=in_government,
        )


def _mixed(number: int, size: int, step: int) -> int:
    """Return a number that looks drawn and is another one for each person (step and size have no common factor)."""
    return (number * step + 271_828) % size


def _birthday(rng: Random) -> date:
    year = min(2003, max(1952, round(rng.gauss(1981, 10))))
    return date(year, 1, 1) + timedelta(days=rng.randrange(365))


def _joined(born: date, rng: Random) -> date:
    age = min(55.0, max(18.2, rng.gauss(28, 5)))
    return min(born + timedelta(days=int(age * 365.25)), date(2026, 6, 30) - timedelta(days=rng.randrange(300)))


def sizes(per_block: int) -> list[int]:
    """Return how many records of one block each commune gives, together ``per_block``."""
    wards = max(1, round(per_block / PER_WARD))
    return [per_block // wards + (index < per_block % wards) for index in range(wards)]


def ward_maker(seed: int, per_block: int, names: Names) -> Callable[[int], list[Person]]:
    """Return what makes the people of the commune of an index; their numbers run on from commune to commune."""
    counts = sizes(per_block)
    firsts = list(accumulate((2 * count - round(count * SHARED) for count in counts), initial=0))
    return lambda index: Ward(seed, index, counts[index], firsts[index], names).people()
