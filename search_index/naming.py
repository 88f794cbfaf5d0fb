"""Questions that are names: where the name stands as one, what comes near it, what only holds its words apart.

When a question is a name that stands somewhere as a name (or nearly), documents that only hold its words far apart
come last: otherwise "Nguyễn Văn An" drowns in papers that mention a Nguyễn, a Văn and an An.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search_index.analysis import IN_NAME
from search_index.clock import Clock
from search_index.matches import (
    Bytes,
    Matches,
    Words,
    both,
    count_of,
    either,
    has,
    no_words,
    nothing,
    of_levels,
    spread,
)
from search_index.name_patterns import NameReading
from search_index.pairs import pairs
from search_index.questions import Question
from search_index.ranking import APART, EXACT, FOLDED, NEAR, Part, Rank, Similar
from vietnamese.names import FOLDED_SURNAMES, is_plausible_name

# Fewer places than this where the name stands as asked, and names that come near are looked for too.
ENOUGH = 20
# So many letters a name must have for one of them to be wrong, for two, for three.
LETTERS_FOR_NEAR = {1: 6, 2: 9, 3: 12}
# A name that stands in more papers than this is somebody's; in fewer it may be a misreading.
RARE = 3
# Two words standing apart are no sign that another name was meant.
WORDS_OF_A_NAME = 3


@dataclass
class Standing:
    """Where the name stands in one part: as asked, under another name told beside it, nearly (by group).

    `words` are the documents that match the question's words; of those, `guessed` are where a guess stands.
    `open` are the documents it was not found in yet.
    """

    part: Part
    words: Words
    asked: Words
    alias: Words
    guessed: Words
    open: Words
    near: dict[int, Words]

    def guess(self, reading: NameReading) -> int:
        """Take documents where a guess stands, as near unless they hold all words anyway; return how many were new."""
        found = _where(self.part, reading).dense() & self.open
        here = found & self.words
        self.guessed = self.guessed | here
        self.open = self.open & ~here[0]
        marked = found
        for part in reading.parts:
            if part.whole and part.canon:
                marked = marked & self.part.segment.postings("x", part.canon).dense()
        group = NEAR + 2 if reading.filled else NEAR
        near = self.let_in(group, marked) + self.let_in(group + 1, found)
        return near + count_of(here[0])

    def let_in(self, group: int, levels: Words) -> int:
        """Take documents as near; return how many were new."""
        fresh = levels & self.open
        new = count_of(fresh[0])
        if new:
            self.near[group] = self.near[group] | fresh if group in self.near else fresh
            self.open = self.open & ~fresh[0]
        return new


def rank(parts: Sequence[Part], question: Question, rests: Sequence[Words], clock: Clock, *, exact: bool) -> None:
    """Give every part its ranks; where the question is a name, let in the documents where it stands.

    `rests` are the documents of each part that match what the question says beside the name; `exact` demands marks.
    """
    standings = [_standing(part, question, rest, exact=exact) for part, rest in zip(parts, rests, strict=True)]
    count = sum(count_of(own.asked[0] | own.alias[0]) for own in standings)
    asked = next((reading for reading in question.names if not reading.near), None)
    matched = any(part.matched.any() for part in parts)
    plausible = asked is not None and like_a_name(asked)
    near = 0
    if question.names and not exact and count < ENOUGH and (plausible or asked is None or not matched):
        near = _let_near_in(standings, question, asked, count, clock)
    apart = plausible and asked is not None and len(asked.parts) >= WORDS_OF_A_NAME and (count or near)
    groups = {group for own in standings for group in own.near}
    for own in standings:
        _rank(own, groups, _side_by_side(own.part, asked) if apart and asked is not None else None)


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
    return sum(part.segment.postings(field, term).count(part.visible) for part in parts)


def like_a_name(reading: NameReading) -> bool:
    """Return whether the reading looks like a person's name, so that names near it are worth telling."""
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
        part.exact, part.named = part.exact | marked, part.named | marked
    asked, alias = found[False].dense(), found[True].dense()
    part.levels = part.levels | asked | alias
    return Standing(part, words, asked, alias, np.zeros_like(asked), rest & ~(asked[0] | alias[0]), {})


def _where(part: Part, reading: NameReading) -> Matches:
    """Return where a reading stands as a name."""
    if reading.gram and len(reading.parts) > 1:
        return part.segment.postings("n", reading.gram)
    if reading.gram:
        in_name = part.segment.postings("f", reading.gram).dense()[IN_NAME - 1]
        return of_levels(part.segment.size, np.broadcast_to(in_name, (IN_NAME, len(in_name))))
    terms = {term for lexicon in part.segment.lexicons("n") for term in lexicon.fitting(reading)}
    similar, places = _holding(part, sorted(terms))
    part.similar.append(similar)
    return of_levels(part.segment.size, spread(part.segment.size, similar.numbers, places))


def _holding(part: Part, terms: Sequence[str]) -> tuple[Similar, Bytes]:
    """Return the documents that hold one of these names, and the place of each."""
    found = [part.segment.postings("n", term).listed() for term in terms]
    numbers = np.concatenate([np.zeros(0, np.int32), *(own for own, _ in found)])
    places = np.concatenate([np.zeros(0, np.uint8), *(own for _, own in found)])
    owners = np.repeat(np.arange(len(terms)), [len(own) for own, _ in found])
    return Similar(terms, numbers, owners), places


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
        near += _let_in_at(standings, asked.gram, distance, clock)
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


def _let_in_at(standings: Sequence[Standing], gram: str, distance: int, clock: Clock) -> int:
    """Let in documents with names at this distance, first those names that few of the reader's papers hold."""
    terms = similar_terms([own.part for own in standings], gram, distance, "n", clock).get(distance, ())
    held = [_holding(own.part, terms) for own in standings]
    seen = np.zeros(len(terms), np.int64)
    for own, (similar, _) in zip(standings, held, strict=True):
        seen += np.bincount(similar.owners[has(own.part.visible, similar.numbers)], minlength=len(terms))
    near = 0
    for group, chosen in ((NEAR + 2 * distance - 1, seen <= RARE), (NEAR + 2 * distance, seen > RARE)):
        for own, (similar, places) in zip(standings, held, strict=True):
            kept = chosen[similar.owners]
            levels = spread(own.part.segment.size, similar.numbers[kept], places[kept])
            near += own.let_in(group, levels)
    for own, (similar, _) in zip(standings, held, strict=True):
        own.part.similar.append(similar)
    return near


def _side_by_side(part: Part, reading: NameReading) -> Words:
    """Return the documents with the name's words side by side, in capitals or not (by pairs: now and then one more)."""
    found = ~no_words(part.segment.size)
    for pair in pairs([own.folded for own in reading.parts]):
        found = found & part.segment.postings("b", pair).dense()[0]
    return found


def _rank(own: Standing, groups: set[int], beside: Words | None) -> None:
    """Give the part its ranks: marks match, marks ignored, near, words apart; in each the name before its words.

    `beside` are the documents whose words do not stand apart, None when all may stay where they are.
    """
    part = own.part
    nearly = no_words(part.segment.size)
    for found in own.near.values():
        nearly = nearly | found[0]
        part.levels = part.levels | found
    taken = own.asked[0] | nearly
    alias = part.levels & (own.alias[0] & ~taken)
    guessed = part.levels & (own.guessed[0] & ~taken & ~own.alias[0])
    others = part.levels & ~(taken | own.alias[0] | own.guessed[0])
    nothing_here = np.zeros_like(others)
    apart = nothing_here if beside is None else others & ~beside
    others = others & ~apart[0]
    part.ranks = []
    for group, kind in ((EXACT, part.exact), (FOLDED, ~part.exact)):
        part.ranks += [Rank(group, own.asked & kind), Rank(group, alias & kind), Rank(group, guessed & kind)]
        part.ranks.append(Rank(group, others & kind))
    part.ranks += [Rank(group, own.near.get(group, nothing_here)) for group in sorted(groups)]
    part.ranks.append(Rank(APART, apart))
    part.nearly = nearly | apart[0]
