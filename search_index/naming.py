"""Questions that are names: where the name stands as one, what comes near it, what only holds its words apart.

When a question is a name that stands somewhere as a name (or nearly), documents that only hold its words far apart
come last: otherwise "Nguyễn Văn An" drowns in papers that mention a Nguyễn, a Văn and an An.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from search_index.analysis import IN_NAME
from search_index.clock import Clock
from search_index.matches import Matches, Words, both, count_of, either, no_words, nothing, of_levels
from search_index.name_patterns import NameReading
from search_index.questions import Question
from search_index.ranking import APART, EXACT, FOLDED, NEAR, Part, Rank
from vietnamese.names import FOLDED_SURNAMES, is_plausible_name

# Fewer places than this where the name stands as asked, and names that come near are looked for too.
ENOUGH = 20
# So many letters a name must have for one of them to be wrong, for two, for three.
LETTERS_FOR_NEAR = {1: 6, 2: 9, 3: 12}
# A name that stands in more papers than this is somebody's; in fewer it may be a misreading.
_RARE = 3
# Two words standing apart are no sign that another name was meant.
_WORDS_OF_A_NAME = 3


@dataclass
class Standing:
    """Where the name stands in one part: as asked, under another name told beside it, nearly (by group).

    `words` are the documents that match the question's words; of those, `guessed` are where a guess stands.
    """

    part: Part
    rest: Words
    words: Words
    asked: Matches
    alias: Matches
    guessed: Matches
    near: dict[int, Matches]

    def open(self) -> Words:
        """Return the documents in which it was not found yet."""
        taken = self.asked.dense()[0] | self.alias.dense()[0] | self.guessed.dense()[0]
        for found in self.near.values():
            taken = taken | found.dense()[0]
        left: Words = self.rest & ~taken
        return left

    def guess(self, reading: NameReading) -> int:
        """Take documents where a guess stands, as near unless they hold all words anyway; return how many were new."""
        found = _where(self.part, reading).within(self.open())
        here = found.within(self.words)
        self.guessed = either(self.guessed, here)
        marked = found
        for part in reading.parts:
            if part.whole and part.canon:
                marked = both(marked, self.part.segment.postings("x", part.canon))
        group = NEAR + 2 if reading.filled else NEAR
        near = self.let_in(group, marked) + self.let_in(group + 1, found)
        return near + count_of(here.dense()[0])

    def let_in(self, group: int, found: Matches) -> int:
        """Take documents as near; return how many were new."""
        fresh = found.within(self.open())
        new = count_of(fresh.dense()[0])
        if new:
            self.near[group] = either(self.near.get(group, nothing(found.size)), fresh)
        return new


def rank(parts: Sequence[Part], question: Question, rests: Sequence[Words], clock: Clock, *, exact: bool) -> None:
    """Give every part its ranks; where the question is a name, let in the documents where it stands.

    `rests` are the documents of each part that match what the question says beside the name; `exact` demands marks.
    """
    standings = [_standing(part, question, rest, exact=exact) for part, rest in zip(parts, rests, strict=True)]
    count = sum(count_of(own.asked.dense()[0] | own.alias.dense()[0]) for own in standings)
    asked = next((reading for reading in question.names if not reading.near), None)
    matched = any(part.matched.any() for part in parts)
    like_a_name = asked is not None and _like_a_name(asked)
    near = 0
    if question.names and not exact and count < ENOUGH and (like_a_name or asked is None or not matched):
        near = _let_near_in(standings, question, asked, count, clock)
    apart = like_a_name and asked is not None and len(asked.parts) >= _WORDS_OF_A_NAME and (count or near)
    groups = {group for own in standings for group in own.near}
    for own in standings:
        _rank(own, groups, apart=bool(apart))


def similar_terms(parts: Sequence[Part], word: str, reach: int, field: str, clock: Clock) -> dict[int, list[str]]:
    """Return the terms of the field by their edit distance from the word, from 1 on."""
    found: dict[int, set[str]] = {}
    for part in parts:
        for lexicon in part.segment.lexicons(field):
            if clock.is_over():
                return {}
            for distance, term in lexicon.near(word, reach):
                found.setdefault(distance, set()).add(term)
    return {distance: sorted(terms) for distance, terms in sorted(found.items())}


def visible_count(parts: Sequence[Part], field: str, term: str) -> int:
    """Return how many documents the reader sees hold the term."""
    return sum(count_of(part.segment.postings(field, term).within(part.visible).dense()[0]) for part in parts)


def _like_a_name(reading: NameReading) -> bool:
    if len(reading.parts) == 1:
        # Only an honorific makes one word a name.
        return True
    folded, written = [part.folded for part in reading.parts], [part.canon for part in reading.parts]
    if folded == written:
        return folded[0] in FOLDED_SURNAMES
    return is_plausible_name(" ".join(written))


def _standing(part: Part, question: Question, rest: Words, *, exact: bool) -> Standing:
    words = part.matched & rest
    found = {False: nothing(part.segment.size), True: nothing(part.segment.size)}
    for reading in question.names:
        if reading.near:
            continue
        stands = _where(part, reading).within(rest)
        written = [part.segment.postings("x", own.canon) for own in reading.parts if own.canon]
        for own in written if exact else ():
            stands = both(stands, own).within(rest)
        found[reading.alias] = either(found[reading.alias], stands)
        marked = stands.dense()[0].copy()
        for own in written:
            marked &= own.dense()[0]
        part.exact = part.exact | marked
    part.levels = part.levels | found[False].dense() | found[True].dense()
    return Standing(part, rest, words, found[False], found[True], nothing(part.segment.size), {})


def _where(part: Part, reading: NameReading) -> Matches:
    """Return where a reading stands as a name."""
    if reading.gram and len(reading.parts) > 1:
        return part.segment.postings("n", reading.gram)
    if reading.gram:
        in_name = part.segment.postings("f", reading.gram).dense()[IN_NAME - 1]
        return of_levels(part.segment.size, np.broadcast_to(in_name, (IN_NAME, len(in_name))))
    found = nothing(part.segment.size)
    for lexicon in part.segment.lexicons("n"):
        for term in lexicon.fitting(reading):
            postings = part.segment.postings("n", term)
            part.similar.append((term, postings))
            found = either(found, postings)
    return found


def _let_near_in(
    standings: Sequence[Standing], question: Question, asked: NameReading | None, count: int, clock: Clock
) -> int:
    """Let in documents with names like the one asked, the likest first, while few were found; return how many."""
    guesses = [reading for reading in question.names if reading.near]
    # Two syllables are short of a middle name; whoever says three has rather been misread.
    short = not any(len(reading.parts) > 2 for reading in question.names if not reading.filled)
    at_once = [reading for reading in guesses if short or not reading.filled]
    near = _guess(standings, at_once, count, clock)
    if asked is None or not asked.gram:
        return near
    letters = len(asked.gram) - asked.gram.count("_")
    reach = max((distance for distance, least in LETTERS_FOR_NEAR.items() if letters >= least), default=0)
    for distance in range(1, reach + 1):
        if count + near >= ENOUGH or clock.is_over():
            return near
        for group, term in _by_rarity(standings, asked.gram, distance, clock):
            for own in standings:
                postings = own.part.segment.postings("n", term)
                fresh = own.let_in(group, postings)
                if fresh:
                    own.part.similar.append((term, postings))
                near += fresh
        if distance == 1 and not short:
            near += _guess(standings, [reading for reading in guesses if reading.filled], count + near, clock)
    return near


def _guess(standings: Sequence[Standing], readings: Sequence[NameReading], count: int, clock: Clock) -> int:
    """Let in documents where these readings stand, while few were found; return how many."""
    near = 0
    for reading in readings:
        if count + near >= ENOUGH or clock.is_over():
            break
        near += sum(own.guess(reading) for own in standings)
    return near


def _by_rarity(standings: Sequence[Standing], gram: str, distance: int, clock: Clock) -> Iterator[tuple[int, str]]:
    """Yield (group, term) of the names at this distance, those few of the reader's papers hold before the others."""
    parts = [own.part for own in standings]
    for term in similar_terms(parts, gram, distance, "n", clock).get(distance, ()):
        seen = visible_count(parts, "n", term)
        if seen:
            yield NEAR + 2 * distance - (seen <= _RARE), term


def _rank(own: Standing, groups: set[int], *, apart: bool) -> None:
    """Give the part its ranks: marks match, marks ignored, near, words apart; in each the name before its words."""
    part = own.part
    asked = own.asked.dense()
    nearly = no_words(part.segment.size)
    for found in own.near.values():
        nearly = nearly | found.dense()[0]
        part.levels = part.levels | found.dense()
    others = part.levels & ~asked[0] & ~nearly
    alias = others & own.alias.dense()[0]
    guessed = others & own.guessed.dense()[0]
    others = others & ~own.alias.dense()[0] & ~own.guessed.dense()[0]
    ranks = []
    for group, kind in ((EXACT, part.exact), (FOLDED, ~part.exact)):
        ranks += [Rank(group, asked & kind), Rank(group, alias & kind), Rank(group, guessed & kind)]
        if not apart:
            ranks.append(Rank(group, others & kind))
    for group in range(NEAR, APART):
        if group in groups:
            ranks.append(Rank(group, own.near.get(group, nothing(part.segment.size)).dense()))
    ranks.append(Rank(APART, others if apart else np.zeros_like(asked)))
    part.ranks = ranks
    part.nearly = nearly | others[0] if apart else nearly
