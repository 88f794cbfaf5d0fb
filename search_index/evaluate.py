"""From a tree and a segment to the documents that match, and where best they match.

A match has a place (1 body, 2 title, 3 name). AND takes the weaker, OR the better one, so that a document ranks
by the weakest of the words it must hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as a_field
from functools import reduce

import numpy as np

from search_index.analysis import GRAM_SIZES, IN_NAME
from search_index.clock import Clock, OutOfTime
from search_index.language import And, Narrowing, Node, Not, Or, Phrase, Prefix, Word
from search_index.matches import (
    Bools,
    Matches,
    Words,
    both,
    either,
    everything,
    flagged,
    nothing,
    numbers_of,
    of_numbers,
    other_than,
)
from search_index.model import Text
from search_index.name_patterns import NameReading, Part
from search_index.naming import like_a_name
from search_index.narrowing import BlockIs, Linked, SecrecyIs, TypeIs, UnitUnder, Years
from search_index.packing import pack
from search_index.pairs import is_proof, pairs
from search_index.segment import Segment
from search_index.whole import Whole

# Texts are read this many at a time, the newest first.
_AT_ONCE = 64


@dataclass(frozen=True)
class Matcher:
    """Evaluates trees on one segment.

    `field` is "f" (marks ignored) or "x" (marks must match); excluded words always use `excluded`.
    Phrases are looked for in the text of documents `within` alone; outside it results mean nothing.
    """

    segment: Segment
    within: Words
    whole: Whole
    field: str
    excluded: str
    clock: Clock
    inside_not: bool = False
    to_the_letter: bool = False
    """Whether phrases with marks are looked for in texts too; else, for the order, their words alone are."""
    known: Mapping[str, Text] | None = None
    phrases: dict[tuple[str, Phrase], Matches] = a_field(default_factory=dict)

    def match(self, node: Node) -> Matches:
        """Return the documents that match; OutOfTime where half an answer would be a wrong one."""
        self.clock.check()
        if isinstance(node, Word):
            return self.segment.postings(self.field, self._form(node))
        if isinstance(node, Prefix):
            return self._prefix(node)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, And):
            return self._all(node.parts)
        if isinstance(node, Or):
            return reduce(either, map(self.match, node.parts), nothing(self.segment.size))
        if isinstance(node, Not):
            other = replace(self, field=self.excluded, inside_not=True)
            return other_than(other.match(node.part))
        return flagged(self._narrow(node))

    def _form(self, word: Word | Prefix) -> str:
        return word.folded if self.field == "f" else word.canon

    def _prefix(self, node: Prefix) -> Matches:
        found = self.segment.beginning(self.field, self._form(node), self.clock)
        self._whole()
        return found

    def _whole(self) -> None:
        """Raise OutOfTime if what was found is a part and the rest would be shown as not holding it."""
        if self.inside_not and self.clock.cut_short:
            raise OutOfTime

    def _all(self, parts: tuple[Node, ...]) -> Matches:
        if not parts:
            return everything(self.segment.size)
        return reduce(both, sorted(map(self.match, parts), key=lambda found: found.weight))

    def _phrase(self, node: Phrase) -> Matches:
        key = (self.field, node)
        found = self.phrases.get(key)
        if found is None:
            found = self.phrases[key] = self._read(node)
        self._whole()
        return found

    def _read(self, node: Phrase) -> Matches:
        if self.field == "x" and self.excluded == "f" and not self.to_the_letter:
            return self._for_the_order(node)
        folded = [word.folded for word in node.words]
        terms = list(dict.fromkeys(pairs(folded)))
        beside = reduce(both, [self.segment.postings("b", term) for term in terms]).within(self.within)
        # Where the words stand as a name is told by one look-up, and so are two words every paper is full of.
        standing = self._as_name(node, self.field)
        if self.field == "f" and len(folded) == 2 and is_proof(terms[0]):
            return either(standing, beside)
        candidates = both(beside, self._all(node.words))
        left = candidates.dense()[0] & ~standing.dense()[0]
        needle = pack(f" {' '.join(self._form(word) for word in node.words)} ")
        return either(standing, side_by_side(self, left, needle))

    def _as_name(self, node: Phrase, field: str) -> Matches:
        """Return where the words stand as a name: with any marks (field "f") or with theirs ("x")."""
        if len(node.words) not in GRAM_SIZES:
            return nothing(self.segment.size)
        own = "_".join(word.folded if field == "f" else word.canon for word in node.words)
        return self.segment.postings("n" if field == "f" else "m", own).within(self.within)

    def _for_the_order(self, node: Phrase) -> Matches:
        """Return where a phrase stands as written, without reading a text: the words with their marks, side by side.

        Of a person's name the marks are told by one look-up: where it stands with others, its words elsewhere in the
        paper are no sign.
        """
        words = both(self._all(node.words), replace(self, field="f").match(node))
        marked = self._as_name(node, "x")
        if like_a_name(NameReading(tuple(Part(word.folded, word.canon) for word in node.words))):
            words = both(words, other_than(self._as_name(node, "f")))
        return either(marked, words)

    def _narrow(self, node: Narrowing) -> Bools:
        if isinstance(node, Years):
            return self.segment.between(node.first, node.last)
        if isinstance(node, TypeIs | UnitUnder):
            return self.segment.under("type" if isinstance(node, TypeIs) else "unit", node.value)
        if isinstance(node, BlockIs):
            return self.segment.equal("block", node.value)
        if isinstance(node, SecrecyIs):
            level: Bools = self.segment.columns["secrecy"] == node.level
            return level
        if isinstance(node, Linked):
            return self.whole.linked(self.segment, node.yes)
        return self.whole.missing(self.segment, node.value)


def side_by_side(matcher: Matcher, candidates: Words, needle: bytes) -> Matches:
    """Return in which of these documents the phrase stands, and where, the newest first until time runs out.

    `needle` is the phrase's words, packed, with one blank between and around them.
    """
    segment, numbers = matcher.segment, numbers_of(candidates)
    places = np.zeros(len(numbers), np.uint8)
    for first in range(0, len(numbers), _AT_ONCE):
        if matcher.clock.is_over():
            break
        texts = segment.texts(numbers[first : first + _AT_ONCE], matcher.field, matcher.known)
        for at, text in enumerate(texts, first):
            where = text.find(needle)
            if where >= 0:
                # Names, title and body stand in this order, a line each.
                places[at] = IN_NAME - min(text.count(b"\n", 0, where), IN_NAME - 1)
    return of_numbers(segment.size, numbers[places > 0], places[places > 0])
