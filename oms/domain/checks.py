"""Second looks: their states, how many are drawn, which values are compared, how errors are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from oms.domain.fields import cell_of

FIRST_STAGE, LAST_STAGE = 1, 3


class CheckState(StrEnum):
    """waiting for the second person → agreed, or differs → settled by a third."""

    WAITING = "waiting"
    DIFFERS = "differs"
    AGREED = "agreed"
    SETTLED = "settled"


DONE = (CheckState.AGREED, CheckState.SETTLED)

PAPER = "paper."
PAPER_FACTS = ("type_code", "title", "number", "issued_on", "person_name", "person_birth_date")
"""What is said of a paper itself and compared under ``paper.<name>``."""

FACT_KEYS: dict[str, tuple[str, ...]] = {
    "title": ("subject",),
    "number": ("number",),
    "issued_on": ("issued_on",),
    "person_name": ("full_name", "person_name"),
    "person_birth_date": ("birth_date", "person_birth_date"),
}
"""Under which keys a value read on the paper is kept that also stands among the paper's facts."""
FACT_OF = {key: name for name, keys in FACT_KEYS.items() if name != "title" for key in keys}


def wanted_number(total: int, share: int) -> int:
    """How many of ``total`` papers a share in percent asks for: rounded up, so at least one; none at 0 %."""
    return ceil(total * share / 100) if share > 0 and total > 0 else 0


@dataclass(frozen=True)
class Difference:
    """One value on which two persons differed; ``settled`` is None while the third has not spoken."""

    key: str
    first: str
    settled: str | None


@dataclass(frozen=True)
class Tally:
    """Values compared, differences found, of these wrong after settlement, and those not settled yet."""

    checked: int = 0
    differed: int = 0
    wrong: int = 0
    open: int = 0

    def __add__(self, other: Tally) -> Tally:
        pairs = zip(self._all(), other._all(), strict=True)
        return Tally(*(left + right for left, right in pairs))

    def _all(self) -> tuple[int, int, int, int]:
        return self.checked, self.differed, self.wrong, self.open

    @property
    def rate(self) -> float:
        """Wrong values in percent of those compared; 0 where none was."""
        return 100 * self.wrong / self.checked if self.checked else 0.0


def field_of(key: str) -> str:
    """What a key is counted under in the report: a table's cells by column, all rows together."""
    cell = cell_of(key)
    return f"{cell[0]}.{cell[2]}" if cell else key


def tallies(keys: Iterable[str], differences: Iterable[Difference]) -> dict[str, Tally]:
    """One check's counts per field: which keys were compared, what differed and how it was settled."""
    found: dict[str, Tally] = {}

    def add(key: str, more: Tally) -> None:
        found[field_of(key)] = found.get(field_of(key), Tally()) + more

    for key in keys:
        add(key, Tally(checked=1))
    for each in differences:
        wrong = each.settled is not None and each.settled != each.first
        add(each.key, Tally(differed=1, wrong=int(wrong), open=int(each.settled is None)))
    return found
