"""The official list of 104 papers of a Party member's file, dated, and which of them a paper seems to be.

An editable default: it is known at second hand only (see the head of ``party_types.tsv``), so what is proposed is
shown to a person before any file bears it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vietnamese.text import TOKEN, fold

_FILE = Path(__file__).with_name("party_types.tsv")
_SURE = 0.34
# words that stand in so many names that they tell nothing
_COMMON = frozenset(
    ("quyet", "dinh", "dang", "vien", "cua", "va", "cho", "ve", "viec", "cac", "co", "doi", "voi", "trong", "den")
)


@dataclass(frozen=True)
class PartyType:
    """One paper of the list. ``type_code`` and ``subtypes`` are those of the reader; priority 1 is digitised first."""

    number: int
    priority: int
    type_code: str
    subtypes: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Catalogue:
    """The list as it holds from a day on; ``confirmed`` is False while its source is second-hand."""

    basis: str
    effective_from: date
    confirmed: bool
    types: tuple[PartyType, ...]

    def of(self, number: int) -> PartyType | None:
        """The paper of this number, or None."""
        return self.types[number - 1] if 1 <= number <= len(self.types) else None


def parse(text: str) -> Catalogue:
    """The catalogue written in a table; ValueError names the line that is wrong."""
    facts: dict[str, str] = {}
    rows: list[PartyType] = []
    for place, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t")
        if line.startswith("# ") and len(cells) == 2:
            facts[cells[0].removeprefix("# ")] = cells[1]
        elif line and not line.startswith("#"):
            if len(cells) != 5 or cells[0] != str(len(rows) + 1) or cells[1] not in "123":
                raise ValueError(f"line {place}")
            subtypes = tuple(cells[3].split())
            rows.append(PartyType(int(cells[0]), int(cells[1]), cells[2], subtypes, cells[4]))
    confirmed = not facts["source"].startswith("second-hand")
    return Catalogue(facts["basis"], date.fromisoformat(facts["effective_from"]), confirmed, tuple(rows))


PARTY_TYPES = parse(_FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Proposal:
    """A number for a paper, and whether more than a guess speaks for it."""

    number: int
    sure: bool


def propose(type_code: str, subtype: str, title: str) -> Proposal | None:
    """The number of the list a paper of this type, subtype and title seems to bear; None when nothing fits."""
    words = set(_words(title))
    scored = [(_score(kind, subtype, words), -kind.number) for kind in PARTY_TYPES.types if kind.type_code == type_code]
    if not scored:
        return None
    best, place = max(scored)
    alone = len(scored) == 1 and type_code != "khac"
    if best < _SURE and not alone:
        return None
    second = max((score for score, number in scored if number != place), default=0.0)
    return Proposal(-place, alone or best - second >= 0.1)


def _score(kind: PartyType, subtype: str, words: set[str]) -> float:
    """How well a title fits: the share of words in common (Dice), half a point more for the reader's own subtype."""
    own = set(_words(kind.name))
    shared = 2 * len(own & words) / max(1, len(own) + len(words))
    return shared + (0.5 if subtype and subtype in kind.subtypes else 0.0)


def _words(text: str) -> Iterator[str]:
    return (word for word in TOKEN.findall(fold(text)) if word not in _COMMON)
