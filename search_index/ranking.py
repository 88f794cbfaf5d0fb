"""The order of the hits: tier by tier, in each by place, in each the newest first; by document or by person."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from search_index.matches import LEVELS, Ints, Words, count_of, first, flags_at, has, last, numbers_of
from search_index.model import Query
from search_index.people import Bearers, People
from search_index.segment import Segment

EXACT, FOLDED, NEAR, APART = 0, 1, 2, 10
"""Groups of hits in their order; between NEAR and APART the groups of names that come near, the nearest first."""

_PERSONS_AT_ONCE = 512
_NONE = np.zeros(0, np.intp)


class Rank(NamedTuple):
    """A group of hits, and the three sets of its documents by place."""

    group: int
    levels: Words


class Similar(NamedTuple):
    """Names that come near, and in which documents: `owners` are places in `terms`."""

    terms: Sequence[str]
    numbers: Ints
    owners: npt.NDArray[np.intp]

    def words_in(self, number: int) -> set[str]:
        """Return the words of those of the names that stand in a document."""
        owners = self.owners[self.numbers == number].tolist()
        return {word for owner in owners for word in self.terms[owner].split("_")}


@dataclass
class Part:
    """What one segment answers: `levels` are the documents in the answer, `ranks` the same in their order.

    `exact` holds those whose marks match, `named` those of them whose marks match where the name stands, `nearly`
    those that only come near.
    """

    segment: Segment
    visible: Words
    within: Words
    levels: Words
    exact: Words
    named: Words
    nearly: Words
    ranks: list[Rank] = field(default_factory=list)
    similar: list[Similar] = field(default_factory=list)

    @property
    def matched(self) -> Words:
        """Return the documents in the answer."""
        found: Words = self.levels[0]
        return found

    @cached_property
    def numbers(self) -> Ints:
        """Return the documents in the answer, ascending; to be asked for once they are ranked."""
        return numbers_of(self.matched)

    def groups_of(self, numbers: Ints) -> Ints:
        """Return the groups some documents of the answer stand in."""
        groups = np.zeros(len(numbers), np.int32)
        for rank in self.ranks:
            groups[has(rank.levels[0], numbers)] = rank.group
        return groups

    def person_of(self, number: int) -> str:
        """Return whom a document is about, or itself when it is about nobody."""
        code = int(self.segment.columns["person"][number])
        return self.segment.records.values["person"].all[code] or self.segment.id(number)


Place = tuple[int, int]
"""Number of the part, number of the document in it."""


class Chosen(NamedTuple):
    """Documents of some persons: parts, numbers, persons, side by side."""

    part: npt.NDArray[np.intp]
    number: npt.NDArray[np.intp]
    person: npt.NDArray[np.intp]


class Listing:
    """The hits of an answer in order, and the page that was asked for."""

    def __init__(self, people: People, parts: Sequence[Part], query: Query, bearers: Callable[[], Bearers]) -> None:
        self._people, self._parts, self._query = people, parts, query
        self._bearers = bearers
        self.persons = 0
        self.of_person: dict[str, int] = {}

    def page(self) -> list[Place]:
        """Return the hits asked for, best first; in a grouped answer count the persons too."""
        query = self._query
        if query.grouped:
            return self._by_person()
        if query.sort == "name":
            return self._by_name()
        return self._in_order(query.offset, query.top)

    # --- by document ---

    def _classes(self) -> Iterator[list[Words]]:
        """Yield the documents of equal rank, part by part, the best rank first."""
        if self._query.sort != "rank":
            yield [part.matched for part in self._parts]
            return
        for ranks in zip(*(part.ranks for part in self._parts), strict=True):
            for level in reversed(range(LEVELS)):
                better = [rank.levels[level + 1] if level + 1 < LEVELS else np.uint64(0) for rank in ranks]
                yield [rank.levels[level] & ~above for rank, above in zip(ranks, better, strict=True)]

    def _in_order(self, skip: int, most: int) -> list[Place]:
        found: list[Place] = []
        for sets in self._classes():
            if len(found) >= most:
                break
            total = sum(map(count_of, sets))
            if skip < total:
                upto = skip + most - len(found)
                found += self._newest(sets, upto)[skip:upto]
            skip = max(0, skip - total)
        return found

    def _newest(self, sets: Sequence[Words], most: int) -> list[Place]:
        """Return the newest documents of sets, a set for each part; the oldest if that was asked."""
        oldest = self._query.sort == "oldest"
        each = [(last if oldest else first)(words, most) for words in sets]
        filled = [index for index, numbers in enumerate(each) if len(numbers)]
        if len(filled) < 2:
            return [(index, number) for index in filled for number in each[index].tolist()]
        part = np.concatenate([np.full(len(each[index]), index) for index in filled])
        number = np.concatenate([each[index] for index in filled])
        order = self._age(part, number)
        if oldest:
            order = order[::-1]
        return list(zip(part[order].tolist(), number[order].tolist(), strict=True))[:most]

    def _age(self, part: npt.NDArray[np.intp], number: npt.NDArray[np.intp], *keys: npt.NDArray[np.intp]) -> Ints:
        """Return the order of documents by the keys, the first one first, then from the newest on."""
        day = np.zeros(len(part), np.int32)
        head, whole = np.zeros(len(part), np.uint64), np.zeros(len(part), np.uint32)
        for index, own in enumerate(self._parts):
            here = part == index
            at = number[here]
            day[here] = own.segment.columns["day"][at]
            head[here], whole[here] = own.segment.tie.head[at], own.segment.tie.whole[at]
        columns: list[npt.NDArray[Any]] = [~whole, ~head, -day, *reversed(keys)]
        order: Ints = np.lexsort(columns).astype(np.int32)
        return order

    # --- by person ---

    def _persons(self) -> npt.NDArray[np.int64]:
        """Return how many documents of the answer each person (by number) has; 0 is nobody."""
        size = max((len(part.segment.records.values["person"].all) for part in self._parts), default=1)
        found = np.zeros(size, np.int64)
        for part in self._parts:
            found += np.bincount(part.segment.columns["person"].take(part.numbers), minlength=size)
        return found

    def _documents_of(self, persons: Sequence[int]) -> Chosen:
        """Return all documents of the answer about these persons, from the newest on."""
        found: list[tuple[npt.NDArray[Any], ...]] = []
        for index, part in enumerate(self._parts):
            codes = part.segment.columns["person"].take(part.numbers)
            wanted = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
            wanted[[code for code in persons if code < len(wanted)]] = True
            kept = np.flatnonzero(wanted.take(codes))
            found.append((np.full(len(kept), index), part.numbers.take(kept), codes.take(kept)))
        part_of, number, person = (np.concatenate([_NONE, *(own[at] for own in found)]) for at in range(3))
        return Chosen(part_of, number, person)

    def _about_nobody(self) -> list[Words]:
        found = []
        for part in self._parts:
            flags = flags_at(part.numbers[part.segment.columns["person"].take(part.numbers) == 0], part.segment.size)
            padded = np.zeros(len(part.matched) * 64, np.bool_)
            padded[: len(flags)] = flags
            found.append(np.packbits(padded, bitorder="little").view(np.uint64))
        return found

    def _rank(self, chosen: Chosen) -> npt.NDArray[np.intp]:
        """Return the place of each document's rank in the order of ranks."""
        rank = np.zeros(len(chosen.number), np.intp)
        for place, sets in enumerate(self._classes()):
            for index, words in enumerate(sets):
                here = np.flatnonzero(chosen.part == index)
                rank[here[has(words, chosen.number[here].astype(np.int32))]] = place
        return rank

    def _by_name(self) -> list[Place]:
        """Return the page by the persons' names; what is about nobody comes last."""
        query = self._query
        each = self._persons()
        persons = self._people.in_order(np.flatnonzero(each[1:]) + 1, self._bearers())
        upto = np.cumsum(each[persons]) if persons else np.zeros(0, np.int64)
        begin = int(np.searchsorted(upto, query.offset, side="right"))
        end = int(np.searchsorted(upto, query.offset + query.top, side="left")) + 1
        before = int(upto[begin - 1]) if begin else 0
        shown = persons[begin:end]
        chosen = self._documents_of(shown)
        place = {code: at for at, code in enumerate(shown)}
        order = self._age(
            chosen.part, chosen.number, np.array([place[code] for code in chosen.person.tolist()], np.intp)
        )
        found = [(int(chosen.part[at]), int(chosen.number[at])) for at in order]
        found = found[query.offset - before :][: query.top]
        total = int(each[1:].sum())
        lacking = query.top - len(found)
        if lacking > 0:
            skip = max(0, query.offset - total)
            found += self._newest(self._about_nobody(), skip + lacking)[skip:]
        return found

    def _by_person(self) -> list[Place]:
        """Return the page person by person, each with the best of the documents."""
        query = self._query
        each = self._persons()
        self.persons = int(np.count_nonzero(each[1:])) + int(each[0])
        groups = self._groups(query.offset + query.top, each)[query.offset :]
        persons = [code for code, _ in groups if code]
        chosen = self._documents_of(persons)
        keys = [] if query.sort in ("newest", "oldest") else [self._rank(chosen)]
        order = self._age(chosen.part, chosen.number, *keys)
        if query.sort == "oldest":
            order = order[::-1]
        documents: dict[int, list[Place]] = {}
        for at in order.tolist():
            documents.setdefault(int(chosen.person[at]), []).append((int(chosen.part[at]), int(chosen.number[at])))
        found: list[Place] = []
        for code, best in groups:
            own = documents[code] if code else [best]
            self.of_person[self._parts[best[0]].person_of(best[1])] = len(own)
            found += own[: query.each]
        return found

    def _groups(self, most: int, each: npt.NDArray[np.int64]) -> list[tuple[int, Place]]:
        """Return (person, a document) of the first persons in order; (0, document) is about nobody."""
        if self._query.sort == "name":
            persons = self._people.in_order(np.flatnonzero(each[1:]) + 1, self._bearers())[:most]
            chosen = self._documents_of(persons)
            one = dict(
                zip(chosen.person.tolist(), zip(chosen.part.tolist(), chosen.number.tolist(), strict=True), strict=True)
            )
            groups = [(code, one[code]) for code in persons]
            return groups + [(0, place) for place in self._newest(self._about_nobody(), most - len(groups))]
        looked = _PERSONS_AT_ONCE
        while True:
            places = self._in_order(0, looked)
            found: dict[tuple[int, Place], tuple[int, Place]] = {}
            for part, number in places:
                code = int(self._parts[part].segment.columns["person"][number])
                found.setdefault((code, (0, 0)) if code else (0, (part, number)), (code, (part, number)))
            if len(found) >= most or len(places) < looked:
                return list(found.values())[:most]
            looked *= 8
