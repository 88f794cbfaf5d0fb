"""Conditions on two rows, written once: each knows its SQL and its answer for the live scorer; `weighing` asks many.

A condition over something unknown does not hold, in all three; there is no "not", so SQL's third truth value cannot
part them. Comparisons are lists of levels, the first that holds is the pair's; their weights are in the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

Row = Sequence[Any]
Reading = Literal["agree", "near", "differ"]
"""How a clerk reads what two records say of one thing."""
Test = Callable[[Row, Row], bool]
Place = Callable[[str], int]
"""A column's position in a row."""


class Condition(Protocol):
    """Something that holds or does not between a row of the left and a row of the right."""

    def sql(self) -> str:
        """Return it as SQL over the columns `<name>_l` and `<name>_r`."""

    def compiled(self, at: Place) -> Test:
        """Return it as a function of two rows."""


@dataclass(frozen=True, slots=True)
class Same:
    """Both known and equal; with `other`, a left column against another right one."""

    column: str
    other: str = ""

    def sql(self) -> str:
        return f'"{self.column}_l" = "{self.other or self.column}_r"'

    def compiled(self, at: Place) -> Test:
        left, right = at(self.column), at(self.other or self.column)

        def holds(one: Row, two: Row) -> bool:
            value = one[left]
            return value is not None and value == two[right]

        return holds


@dataclass(frozen=True, slots=True)
class Close:
    """Jaro-Winkler similarity of at least so much."""

    column: str
    least: float
    other: str = ""

    def sql(self) -> str:
        return f'jaro_winkler_similarity("{self.column}_l", "{self.other or self.column}_r") >= {self.least}'

    def compiled(self, at: Place) -> Test:
        left, right, least, similarity = at(self.column), at(self.other or self.column), self.least, _similarity

        def holds(one: Row, two: Row) -> bool:
            value, against = one[left], two[right]
            return value is not None and against is not None and similarity(value, against) >= least

        return holds


@dataclass(frozen=True, slots=True)
class Far:
    """Both known and Jaro-Winkler similarity below so much."""

    column: str
    below: float

    def sql(self) -> str:
        return f'jaro_winkler_similarity("{self.column}_l", "{self.column}_r") < {self.below}'

    def compiled(self, at: Place) -> Test:
        where, below, similarity = at(self.column), self.below, _similarity

        def holds(one: Row, two: Row) -> bool:
            value, against = one[where], two[where]
            return value is not None and against is not None and similarity(value, against) < below

        return holds


@dataclass(frozen=True, slots=True)
class Edits:
    """At most so many letters changed, left out, put in, or two neighbours swapped."""

    column: str
    most: int

    def sql(self) -> str:
        return f'damerau_levenshtein("{self.column}_l", "{self.column}_r") <= {self.most}'

    def compiled(self, at: Place) -> Test:
        where, most = at(self.column), self.most

        def holds(one: Row, two: Row) -> bool:
            value, against = one[where], two[where]
            if value is None or against is None:
                return False
            return DamerauLevenshtein.distance(value, against, score_cutoff=most) <= most

        return holds


@dataclass(frozen=True, slots=True)
class Within:
    """Two whole numbers at most so far apart."""

    column: str
    most: int

    def sql(self) -> str:
        return f'abs("{self.column}_l" - "{self.column}_r") <= {self.most}'

    def compiled(self, at: Place) -> Test:
        where, most = at(self.column), self.most

        def holds(one: Row, two: Row) -> bool:
            value, against = one[where], two[where]
            return value is not None and against is not None and abs(value - against) <= most

        return holds


@dataclass(frozen=True, slots=True)
class Differ:
    """Both known and not equal."""

    column: str

    def sql(self) -> str:
        return f'"{self.column}_l" <> "{self.column}_r"'

    def compiled(self, at: Place) -> Test:
        where = at(self.column)

        def holds(one: Row, two: Row) -> bool:
            value, against = one[where], two[where]
            return value is not None and against is not None and value != against

        return holds


@dataclass(frozen=True, slots=True)
class Missing:
    """Not known on one side at least."""

    column: str

    def sql(self) -> str:
        return f'("{self.column}_l" IS NULL OR "{self.column}_r" IS NULL)'

    def compiled(self, at: Place) -> Test:
        where = at(self.column)
        return lambda one, two: one[where] is None or two[where] is None


@dataclass(frozen=True, slots=True)
class Every:
    """All of them hold."""

    parts: tuple[Condition, ...]

    def sql(self) -> str:
        return "(" + " AND ".join(part.sql() for part in self.parts) + ")"

    def compiled(self, at: Place) -> Test:
        tests = tuple(part.compiled(at) for part in self.parts)
        if len(tests) == 2:
            first, second = tests
            return lambda one, two: first(one, two) and second(one, two)
        return lambda one, two: all(test(one, two) for test in tests)


@dataclass(frozen=True, slots=True)
class Some:
    """One of them holds at least."""

    parts: tuple[Condition, ...]

    def sql(self) -> str:
        return "(" + " OR ".join(part.sql() for part in self.parts) + ")"

    def compiled(self, at: Place) -> Test:
        tests = tuple(part.compiled(at) for part in self.parts)
        if len(tests) == 2:
            first, second = tests
            return lambda one, two: first(one, two) or second(one, two)
        return lambda one, two: any(test(one, two) for test in tests)


def every(*parts: Condition) -> Every:
    """Return the condition that all of them hold."""
    return Every(parts)


def some(*parts: Condition) -> Some:
    """Return the condition that one of them holds."""
    return Some(parts)


def _similarity(one: str, two: str) -> float:
    return JaroWinkler.similarity(one, two)


@dataclass(frozen=True, slots=True)
class Level:
    """One outcome of a comparison. `reading` is what a clerk is told: the two agree, nearly agree, or differ."""

    name: str
    condition: Condition
    reading: Reading = "agree"
    fixed_u: float | None = None
    """A chance known by hand, where sampling never sees one."""
    rarity: str = ""
    """The column whose value's frequency adjusts the weight of this level."""


OTHER = "other"
"""The level where none of the levels holds."""
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of evidence; `missing` tells when there is none, then it weighs nothing."""

    name: str
    missing: Condition
    levels: tuple[Level, ...]

    @property
    def level_names(self) -> tuple[str, ...]:
        """The names of the levels, what is left over last."""
        return (*(level.name for level in self.levels), OTHER)

    def base(self, level: Level) -> str:
        """Return the level whose u a rarity is reckoned from: where the column alone is equal."""
        return next(each.name for each in self.levels if each.condition == Same(level.rarity))


@dataclass(frozen=True, slots=True)
class Rule:
    """Two records are compared when the left's columns equal the right's; a column unknown makes no key.

    `right` names other columns for the right; both directions are meant, so that neither block must be the left.
    """

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    live: bool = True
    most: int = 100
    """A key that more records of one block share brings nothing but work: it is passed over."""

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """The column lists that make this rule's keys."""
        return (self.left, self.right) if self.right and self.right != self.left else (self.left,)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the machinery needs of one kind of records: columns, comparisons, blocking rules."""

    name: str
    columns: tuple[str, ...]
    numbers: frozenset[str]
    comparisons: tuple[Comparison, ...]
    rules: tuple[Rule, ...]
    identities: tuple[str, ...] = ()
    """Columns of numbers that name one person; a pair without any of them is judged by stricter bounds."""

    def position(self, column: str) -> int:
        """Return a column's position in a row."""
        return self.columns.index(column)
