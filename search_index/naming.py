"""Documents in which the name that was asked for stands, and those in which one stands that was nearly asked for.

Works on what has been found for the words: puts documents where the name stands as a name first; lets in, as "near",
those where a reading of it by habit or a name one or two letters off stands, while few are found; and puts documents
that only hold its words far apart behind both. All of it within the mask of what the reader may see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from search_index.analysis import IN_NAME
from search_index.evaluate import Matcher, side_by_side
from search_index.language import And, Narrowing, Node, Word
from search_index.name_patterns import NameReading, matching
from search_index.packing import pack
from search_index.questions import EVERYTHING, Question
from search_index.segment import Bools, Bytes, Postings, Segment
from vietnamese.names import FOLDED_SURNAMES

if TYPE_CHECKING:
    from search_index.answering import Found

# Fewer places than this where the name stands as asked, and names nearly so are looked for too.
ENOUGH = 20
# So many papers a segment, the last indexed, are read for the words of a name written without capitals.
_VERIFIED = 1000
# So many names a segment are taken for one reading; more is no question any more, and the answer says so.
MOST_NAMES = 500
_LETTERS_FOR_NEAR = {1: 6, 2: 9}
EXACT, FOLDED, NEAR, APART = 0, 1, 2, 4


class Naming:
    """One question's names, looked for in what its words found."""

    def __init__(self, found: Sequence[Found], question: Question, *, exact_accents: bool) -> None:
        self._found = found
        self._names = question.names
        self._words = _words_of(question.tree)
        self._exact_accents = exact_accents
        self._may = [_within(part, question.rest) for part in found]
        self._standing = [np.zeros(part.segment.size, np.uint8) for part in found]
        self.complete = True

    def prefer(self) -> None:
        """Change places and groups of what was found, and add what was not."""
        anything = any(part.matched.any() for part in self._found)
        strict = [(part.places.copy(), part.group.copy()) for part in self._found]
        for reading in self._names:
            if not reading.near:
                self._put_first(reading)
        if self._exact_accents or not (self._name_like() or not anything):
            return
        count = sum(int((places > 0).sum()) for places in self._standing)
        added = self._add_guessed(count) if count < ENOUGH else 0
        added += self._add_similar(count + added) if count + added < ENOUGH else 0
        if (count or added) and self._words:
            self._put_apart_last(strict)

    def _name_like(self) -> bool:
        first = self._names[0].parts[0]
        return not first.whole or first.folded in FOLDED_SURNAMES

    def _put_first(self, reading: NameReading) -> None:
        for part, may, standing in zip(self._found, self._may, self._standing, strict=True):
            postings = _postings(part.segment, reading)
            ids = postings.ids[may[postings.ids]]
            exact = np.ones(len(ids), np.bool_)
            for each in reading.parts:
                exact &= np.isin(ids, part.segment.postings("x", each.canon).ids) if each.canon else False
            if self._exact_accents:
                ids, exact = ids[exact], exact[exact]
            if not len(ids):
                continue
            part.group[ids] = np.where(part.places[ids] > 0, np.minimum(part.group[ids], FOLDED), FOLDED)
            part.group[ids[exact]] = EXACT
            standing[ids] = np.maximum(standing[ids], postings.places[np.searchsorted(postings.ids, ids)])
            # An alias lifts by one step, the name by two: papers that bear both or the name come before the alias alone.
            lifted = standing[ids] + IN_NAME * (1 if reading.alias else 2)
            part.places[ids] = np.maximum(part.places[ids], lifted)
            part.similar.append((reading.gram, postings))

    def _add_guessed(self, count: int) -> int:
        """Let in documents where a reading by habit stands; return how many."""
        added = 0
        for reading in self._names:
            if reading.near and count + added < ENOUGH:
                for at, part in enumerate(self._found):
                    added += sum(self._let_in(at, *term, NEAR) for term in self._terms(part.segment, reading))
        return added

    def _terms(self, segment: Segment, reading: NameReading) -> Iterator[tuple[str, Postings]]:
        if reading.gram:
            yield reading.gram, _postings(segment, reading)
            return
        lexicon = segment.lexicon("n")
        numbers, complete = matching(reading, lexicon.shapes, lexicon.terms.__getitem__, MOST_NAMES)
        self.complete &= complete
        for number in numbers:
            yield lexicon.terms[number], segment.postings("n", lexicon.terms[number])

    def _add_similar(self, count: int) -> int:
        """Let in documents with a name one letter off, then two while few; return how many."""
        gram = next((own.gram for own in self._names if not own.near and len(own.parts) > 1), "")
        letters = len(gram) - gram.count("_")
        if letters < _LETTERS_FOR_NEAR[1]:
            return 0
        terms = [similar_terms(part.segment, gram, 2) for part in self._found]
        added = 0
        for distance, least in _LETTERS_FOR_NEAR.items():
            if letters < least or count + added >= ENOUGH:
                break
            for at, (part, own) in enumerate(zip(self._found, terms, strict=True)):
                for term in own.get(distance, ()):
                    added += self._let_in(at, term, part.segment.postings("n", term), NEAR + distance - 1)
        return added

    def _let_in(self, at: int, term: str, postings: Postings, group: int) -> int:
        part = self._found[at]
        ids = postings.ids[self._may[at][postings.ids] & (self._standing[at][postings.ids] == 0)]
        if not len(ids):
            return 0
        part.similar.append((term, postings))
        fresh = ids[(part.places[ids] == 0) | (part.group[ids] < NEAR)]
        part.places[fresh] = postings.places[np.searchsorted(postings.ids, fresh)]
        part.group[fresh] = group
        return len(fresh)

    def _put_apart_last(self, strict: list[tuple[Bytes, Bytes]]) -> None:
        """Put documents that hold the words neither as a name nor side by side behind the others."""
        needle = pack(f" {' '.join(word.folded for word in self._words)} ")
        for part, standing, (before, group) in zip(self._found, self._standing, strict, strict=True):
            others = _last(np.where(standing > 0, 0, before).astype(np.uint8), _VERIFIED)
            beside = side_by_side(part.segment, others, part.within, "f", needle) > 0
            part.places[beside], part.group[beside] = before[beside], group[beside]
            apart = part.matched & (standing == 0) & ~beside & (part.group < NEAR)
            part.group[apart] = APART


def similar_terms(segment: Segment, word: str, distance: int, name: str = "n") -> dict[int, list[str]]:
    """Return the field's terms by their edit distance from the word, from 1 to `distance`."""
    candidates = segment.lexicon(name).about_as_long_as(word, distance)
    if not candidates:
        return {}
    distances = cdist([word], candidates, scorer=Levenshtein.distance, score_cutoff=distance, dtype=np.uint8)
    result: dict[int, list[str]] = {}
    for i in np.flatnonzero((distances[0] > 0) & (distances[0] <= distance)):
        result.setdefault(int(distances[0][i]), []).append(candidates[int(i)])
    return result


def _postings(segment: Segment, reading: NameReading) -> Postings:
    """Return where the name stands; a single word only where it is in a document's names."""
    if len(reading.parts) > 1:
        return segment.postings("n", reading.gram)
    ids, places = segment.postings("f", reading.gram)
    return Postings(ids[places == IN_NAME], places[places == IN_NAME])


def _within(part: Found, rest: Node) -> Bools:
    if rest == EVERYTHING:
        return part.within
    may: Bools = part.within & (Matcher(part.segment, part.within, "f", "f").match(rest) > 0)
    return may


def _words_of(tree: Node) -> tuple[Word, ...]:
    """Return the words of a question that is nothing but two or more of them and what narrows them, else ()."""
    parts = tree.parts if isinstance(tree, And) else ()
    words = tuple(part for part in parts if isinstance(part, Word))
    plain = all(isinstance(part, Word | Narrowing) for part in parts)
    return words if plain and len(words) > 1 else ()


def _last(places: Bytes, count: int) -> Bytes:
    """Return the places with all but the last `count` matches cleared."""
    matches = np.flatnonzero(places)
    kept = places.copy()
    kept[matches[: max(0, len(matches) - count)]] = 0
    return kept
