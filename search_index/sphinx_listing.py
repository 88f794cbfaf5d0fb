"""The page of what is found, document by document or person by person, in the order asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from search_index.model import Query, Tier
from search_index.sphinx_asking import Asking, Conditions
from search_index.sphinx_link import among, outside
from search_index.sphinx_ranking import Part, Ranked

_COLUMNS = "id,doc,whose,person,name,day"
# Each order as SphinxQL, and for rows of several questions as (column, whether from the highest), last one first.
_ORDERS = {
    "rank": "day DESC,doc DESC",
    "newest": "day DESC,doc DESC",
    "oldest": "day ASC,doc ASC",
    "name": "name ASC,person ASC,day DESC,doc DESC",
}
_COLUMN = {"doc": 1, "person": 3, "name": 4, "day": 5}
Row = tuple[int, str, int, int, str, int]


@dataclass
class Listed:
    """The documents of the page in order, with their tiers; how many persons there are, and documents of each shown."""

    rows: list[Row] = field(default_factory=list)
    heads: list[Row] = field(default_factory=list)
    """The best document of each person shown."""
    tiers: dict[int, Tier] = field(default_factory=dict)
    persons: int = 0
    of_whom: dict[int, int] = field(default_factory=dict)


class Listing:
    """Fetches pages of a ranked answer of `count` documents."""

    def __init__(self, asking: Asking, ranked: Ranked, query: Query, count: int) -> None:
        self._asking, self._ranked, self._query, self._count = asking, ranked, query, count
        self._order = _ORDERS[query.sort]
        self._steps: list[tuple[Tier | None, list[Part]]] = [*ranked.classes]
        if query.sort != "rank":
            self._steps = [(None, ranked.whole)]
        self._listed = Listed()

    def page(self) -> Listed:
        """Return the page asked for."""
        if self._count:
            if self._query.grouped:
                self._by_person()
            else:
                self._by_document()
            self._tell_tiers()
        return self._listed

    def _by_document(self) -> None:
        skip = self._query.offset
        need = min(self._query.top, self._count - skip)
        rows = self._listed.rows
        for tier, parts in self._steps:
            if len(rows) >= need:
                break
            total, found = self._best(parts, skip, need - len(rows))
            rows += self._told(found, tier)
            skip = max(0, skip - total)

    def _best(self, parts: list[Part], skip: int, need: int) -> tuple[int, list[Row]]:
        """Return (how many there are, the rows after the first `skip`) of one class."""
        alone = len(parts) == 1
        first, last = (skip, need) if alone else (0, skip + need)
        total, rows = 0, list[Row]()
        for part in parts:
            rest = f"ORDER BY {self._order} LIMIT {first},{last}"
            found = self._asking.rows(_COLUMNS, part.where, part.match, rest, skip + need, total=True)
            total += found.total
            rows += found.rows
        return total, rows if alone else self._sorted(rows)[skip : skip + need]

    def _by_person(self) -> None:
        listed, query = self._listed, self._query
        listed.persons = self._persons()
        heads = self._heads(min(query.offset + query.top, listed.persons))[query.offset :]
        listed.heads = heads
        left = {row[2] for row in heads}
        for part in self._ranked.whole if left else ():
            for whose, count in self._grouped("whose,COUNT(*) AS many", part, (among("whose", left),), rest=""):
                listed.of_whom[whose] = listed.of_whom.get(whose, 0) + count
        documents: dict[int, list[Row]] = {row[2]: [] for row in heads}
        for tier, parts in self._steps if query.each else ():
            if not left:
                break
            for row in self._told(self._firsts(parts, (among("whose", left),)), tier):
                if len(documents[row[2]]) < query.each:
                    documents[row[2]].append(row)
            left -= {whose for whose in left if len(documents[whose]) >= min(query.each, listed.of_whom.get(whose, 0))}
        listed.rows = [row for rows in documents.values() for row in rows]

    def _told(self, rows: list[Row], tier: Tier | None) -> list[Row]:
        """Note the tier of these rows, where the step tells it."""
        if tier is not None:
            for row in rows:
                self._listed.tiers.setdefault(row[0], tier)
        return rows

    def _persons(self) -> int:
        """Return how many persons (or documents about nobody) there are."""
        if len(self._ranked.whole) == 1:
            part = self._ranked.whole[0]
            rest = "GROUP BY whose LIMIT 0,1"
            return self._asking.rows("whose", part.where, part.match, rest, self._count, total=True).total
        return len({whose for part in self._ranked.whole for (whose,) in self._grouped("whose", part, (), rest="")})

    def _heads(self, need: int) -> list[Row]:
        """Return the best document of each of the first persons."""
        found: list[Row] = []
        for _, parts in self._steps:
            if len(found) >= need:
                break
            rest = f"WITHIN GROUP ORDER BY {self._order} ORDER BY {self._order}"
            seen = outside("whose", {row[2] for row in found})
            rows = [row for part in parts for row in self._grouped(_COLUMNS, part, seen, rest, need - len(found))]
            best: dict[int, Row] = {}
            for row in self._sorted(rows):
                best.setdefault(row[2], row)
            found += list(best.values())[: need - len(found)]
        return found

    def _firsts(self, parts: list[Part], chosen: Conditions) -> list[Row]:
        """Return the best documents of one class of each chosen person."""
        rows: list[Row] = []
        rest = f"WITHIN GROUP ORDER BY {self._order} ORDER BY {self._order}"
        for part in parts:
            rows += self._grouped(_COLUMNS, part, chosen, rest, each=self._query.each)
        return self._sorted(rows)

    def _grouped(
        self, columns: str, part: Part, more: Conditions, rest: str, limit: int | None = None, each: int = 1
    ) -> tuple[Any, ...]:
        limit = self._count if limit is None else limit
        if not limit or not each:
            return ()
        group = f"GROUP {each} BY whose" if each > 1 else "GROUP BY whose"
        words = f"{group} {rest} LIMIT 0,{limit}"
        return self._asking.rows(columns, (*part.where, *more), part.match, words, self._count).rows

    def _tell_tiers(self) -> None:
        """Say of each document shown to which class it belongs, where the order did not tell."""
        left = {row[0] for row in self._listed.rows} - self._listed.tiers.keys()
        for tier, parts in self._ranked.classes:
            for part in parts:
                if not left:
                    return
                where = (*part.where, among("id", left))
                rows = self._asking.rows("id", where, part.match, f"LIMIT 0,{len(left)}", len(left)).rows
                self._listed.tiers |= dict.fromkeys((id_ for (id_,) in rows), tier)
                left -= {id_ for (id_,) in rows}

    def _sorted(self, rows: Iterable[Row]) -> list[Row]:
        found = list(rows)
        for column in reversed(self._order.split(",")):
            name, direction = column.split()
            found.sort(key=lambda row: row[_COLUMN[name]], reverse=direction == "DESC")
        return found
