"""Dated rows: code lists, forms, thresholds and day counts, each valid from a day to a day, with its legal basis.

Nothing that a law may change is a constant in code (domain.md §0): a rule is asked for on the day it is applied to.
Pure: the rows are handed over by the store; see ``oms.services.catalogues``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from vietnamese.text import fold

FOLLOWED = frozenset(("chuyen_mon",))
"""Lists whose names are followed by a subject in any letters: "Cử nhân luật"."""


class NoSuchRow(LookupError):
    """No row of this list and code is valid on the day: the list and code are named."""


@dataclass(frozen=True)
class Row:
    """One row of a list. ``aliases`` are other ways to write the label; ``extra`` holds the row's numbers.

    ``mark`` says how sure the default is: S read in its source, S2 second-hand, M general knowledge, ? not found,
    "" entered by the house. Days include both ends; None is open.
    """

    list_code: str
    code: str
    label: str
    aliases: tuple[str, ...] = ()
    position: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None
    legal_basis: str = ""
    mark: str = ""
    row_id: int = 0

    def valid_on(self, day: date) -> bool:
        """Whether the row holds on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """What is compared when a text is looked for in a closed list: no case, no marks, single spaces."""
    return " ".join(fold(text).replace("–", "-").split())


class Catalogue:
    """All lists as they stand in the register; asked for rows on a day."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._lists: dict[str, list[Row]] = {}
        for row in rows:
            self._lists.setdefault(row.list_code, []).append(row)
        for found in self._lists.values():
            found.sort(key=lambda row: (row.position, row.code, row.valid_from or date.min))
        self._words: dict[str, dict[str, list[Row]]] = {}

    @property
    def lists(self) -> Sequence[str]:
        """The codes of the lists that have rows."""
        return sorted(self._lists)

    def history(self, list_code: str) -> list[Row]:
        """Every row of a list, whatever its days, in order."""
        return list(self._lists.get(list_code, []))

    def rows(self, list_code: str, day: date) -> list[Row]:
        """The rows of a list valid on a day, in order."""
        return [row for row in self._lists.get(list_code, []) if row.valid_on(day)]

    def find(self, list_code: str, code: str, day: date) -> Row | None:
        """The row of that code valid on that day; the latest when several are."""
        found = [row for row in self.rows(list_code, day) if row.code == code]
        return max(found, key=lambda row: row.valid_from or date.min, default=None)

    def rule(self, list_code: str, code: str, day: date) -> Row:
        """As :meth:`find`; NoSuchRow when there is none."""
        row = self.find(list_code, code, day)
        if row is None:
            raise NoSuchRow(f"{list_code}/{code} on {day.isoformat()}")
        return row

    def number(self, code: str, day: date, key: str = "value") -> float:
        """A number of the list ``quy_tac`` (rules) on a day. NoSuchRow when there is no such rule or number."""
        row = self.rule("quy_tac", code, day)
        if key not in row.extra:
            raise NoSuchRow(f"quy_tac/{code}.{key} on {day.isoformat()}")
        return float(row.extra[key])

    def label(self, list_code: str, code: str) -> str:
        """The words of a code, the newest row's; the code itself when the list does not know it."""
        found = [row for row in self._lists.get(list_code, []) if row.code == code]
        return max(found, key=lambda row: row.valid_from or date.min).label if found else code

    def code_of(self, list_code: str, text: str) -> str:
        """The code whose label, alias or code is this text, marks and case aside; "" when the list has none.

        The days are not asked: an old paper uses old words. Of several, the one in the same accents, then the first.
        """
        words = self._words.get(list_code)
        if words is None:
            words = {}
            for row in self._lists.get(list_code, []):
                for name in (row.code, row.label, *row.aliases):
                    words.setdefault(folded(name), []).append(row)
            self._words[list_code] = words
        found = words.get(folded(text), [])
        exact = [row for row in found if text.casefold() in (row.label.casefold(), *map(str.casefold, row.aliases))]
        return (exact or found)[0].code if found else ""

    def code_in(self, list_code: str, text: str) -> str:
        """As :meth:`code_of`; else the code of the longest name of the list that the text begins with.

        Papers write a degree with its subject, a post with its unit: "Thạc sĩ Luật", "Bí thư Đảng uỷ xã Vân Khởi".
        What follows must begin a new part – a capital, a figure, a sign – so that "Trưởng phòng" is not found in
        "Trưởng phòng khám". An alias that begins another row's label names several and is not taken.
        """
        whole = self.code_of(list_code, text)
        parts = text.replace(",", " , ").replace("(", " ( ").split()
        for count in range(len(parts) - 1, 0, -1):
            begins = list_code in FOLLOWED or parts[count][0].isupper() or not parts[count][0].isalpha()
            if whole or not begins:
                continue
            found = self._words[list_code].get(folded(" ".join(parts[:count])), [])
            whole = next((row.code for row in found if self._names_one(row, " ".join(parts[:count]))), "")
        return whole

    def _names_one(self, row: Row, words: str) -> bool:
        """Whether these words are the row's label, or an alias with which no other row's label goes on."""
        name = folded(words)
        if name == folded(row.label):
            return True
        others = (folded(each.label) for each in self._lists[row.list_code] if each.code != row.code)
        return name != folded(row.code) and not any(label.startswith(name + " ") for label in others)

    def order(self, list_code: str, code: str) -> int:
        """The place of a code in its list (1 = first) for comparing levels; 0 when the list does not know it."""
        codes = list(dict.fromkeys(row.code for row in self._lists.get(list_code, [])))
        return codes.index(code) + 1 if code in codes else 0
