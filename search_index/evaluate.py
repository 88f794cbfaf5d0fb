"""From a tree and a segment to the documents that match, and where best they match.

A result is one small number per document: 0 no match, else the place (1 body, 2 title, 3 name). AND is the
minimum, OR the maximum, so that a document ranks by the weakest of the words it must hold.
"""

from dataclasses import dataclass

import numpy as np

from search_index.analysis import IN_NAME
from search_index.language import And, Narrowing, Node, Not, Or, Phrase, Prefix, Word
from search_index.narrowing import BlockIs, Linked, SecrecyIs, TypeIs, UnitUnder, Years
from search_index.packing import pack
from search_index.records import Bools
from search_index.segment import Bytes, Postings, Segment
from search_index.whole import Whole

# Texts are read this many at a time: few locks, little memory.
_AT_ONCE = 256


@dataclass(frozen=True)
class Matcher:
    """Evaluates trees on one segment.

    `field` is "f" (marks ignored) or "x" (marks must match); excluded words always use `excluded`.
    Phrases are looked for in the text of documents `within` alone; outside it results mean nothing.
    """

    segment: Segment
    within: Bools
    whole: Whole
    field: str
    excluded: str

    def match(self, node: Node) -> Bytes:
        """Return the place of the match for each document, 0 for none."""
        if isinstance(node, Word):
            return self._spread(self.segment.postings(self.field, self._form(node)))
        if isinstance(node, Prefix):
            return self._prefix(node)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, And):
            return self._all(node.parts)
        if isinstance(node, Or):
            return self._any(node.parts)
        if isinstance(node, Not):
            other = Matcher(self.segment, self.within, self.whole, self.excluded, self.excluded)
            return _flags(other.match(node.part) == 0)
        return _flags(self._narrow(node))

    def _form(self, word: Word | Prefix) -> str:
        return word.folded if self.field == "f" else word.canon

    def _spread(self, postings: Postings) -> Bytes:
        places = np.zeros(self.segment.size, np.uint8)
        places[postings.ids] = postings.places
        return places

    def _prefix(self, node: Prefix) -> Bytes:
        places = np.zeros(self.segment.size, np.uint8)
        for term in self.segment.terms_from(self.field, self._form(node)):
            found = self.segment.postings(self.field, term)
            places[found.ids] = np.maximum(places[found.ids], found.places)
        return places

    def _all(self, parts: tuple[Node, ...]) -> Bytes:
        places = _flags(np.ones(self.segment.size, np.bool_))
        for part in parts:
            places = np.minimum(places, self.match(part))
        return places

    def _any(self, parts: tuple[Node, ...]) -> Bytes:
        places = np.zeros(self.segment.size, np.uint8)
        for part in parts:
            places = np.maximum(places, self.match(part))
        return places

    def _phrase(self, node: Phrase) -> Bytes:
        candidates = self._all(node.words)
        needle = pack(f" {' '.join(self._form(word) for word in node.words)} ")
        return side_by_side(self.segment, candidates, self.within, self.field, needle)

    def _narrow(self, node: Narrowing) -> Bools:
        if isinstance(node, Years):
            return self.segment.between(node.first, node.last)
        if isinstance(node, TypeIs | UnitUnder):
            return self.segment.under("type" if isinstance(node, TypeIs) else "unit", node.value)
        if isinstance(node, BlockIs):
            return self.segment.where("block", lambda own: own == node.value)
        if isinstance(node, SecrecyIs):
            level: Bools = self.segment.columns["secrecy"] == node.level
            return level
        if isinstance(node, Linked):
            return self.whole.linked(self.segment, node.yes)
        return self.whole.missing(self.segment, node.value)


def side_by_side(segment: Segment, candidates: Bytes, within: Bools, field: str, needle: bytes) -> Bytes:
    """Return the place of the phrase in each candidate document within the mask, 0 where it is not.

    `needle` is the phrase's words, packed, with one blank between and around them.
    """
    places = np.zeros(segment.size, np.uint8)
    numbers = np.flatnonzero((candidates > 0) & within).tolist()
    for first in range(0, len(numbers), _AT_ONCE):
        some = numbers[first : first + _AT_ONCE]
        for number, text in zip(some, segment.texts(some, field), strict=True):
            at = text.find(needle)
            if at >= 0:
                # Names, title and body stand in this order, a line each.
                places[number] = IN_NAME - min(text.count(b"\n", 0, at), IN_NAME - 1)
    return places


def _flags(mask: Bools) -> Bytes:
    return mask.astype(np.uint8) * np.uint8(IN_NAME)
