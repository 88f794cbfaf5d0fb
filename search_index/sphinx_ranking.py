"""The order of what is found: classes of documents that exclude one another, best first.

They are the same as of the other engines: marks match, marks ignored, near, words of a name far apart; within
each a name that stands as one, then name, title, body. Every class is one expression, so that a page is made of
as many questions as it takes to fill it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from search_index.language import And, Node, Word
from search_index.model import Tier
from search_index.name_patterns import NameReading
from search_index.naming import ENOUGH, LETTERS_FOR_NEAR, RARE, WORDS_OF_A_NAME, like_a_name
from search_index.questions import Question
from search_index.ranking import EXACT, FOLDED, NEAR
from search_index.sphinx_asking import Asking, Conditions
from search_index.sphinx_rows import NAMES, PLACES
from search_index.sphinx_terms import beginning, decode, trigrams, word
from search_index.sphinx_text import IN_NAME, Assumed, Form, both, but, cases, either, standing

_CANDIDATES = 5000
_LONGEST = 80
Levels = list[str]
"""Expressions for documents in which something stands in names, in names or title, anywhere: each wider."""


@dataclass(frozen=True)
class Part:
    """Documents that hold to conditions and match an expression."""

    where: Conditions
    match: str


@dataclass
class Ranked:
    """The classes, best first, each with its tier and its parts; and all of them together."""

    classes: list[tuple[Tier, list[Part]]] = field(default_factory=list)
    whole: list[Part] = field(default_factory=list)
    near: list[Part] = field(default_factory=list)
    similar: frozenset[str] = frozenset()
    """The names that only come near, as terms of the field n."""


def rank(asking: Asking, question: Question, where: Conditions, *, exact_accents: bool) -> Ranked:
    """Return the classes the question divides its documents into."""
    split = cases(question.tree)
    if question.names and len(split) == 1:
        assumed, words = split[0]
        return Naming(asking, question, words, (*where, *_conditions(asking, assumed)), exact_accents).ranked()
    found: dict[tuple[int, int], tuple[Tier, list[Part]]] = {}
    whole = []
    for assumed, words in split:
        own = (*where, *_conditions(asking, assumed))
        levels = _levels(words, exact_accents)
        whole.append(Part(own, levels[-1]))
        exact = _exact(words, exact_accents)
        for place, match in _disjoint(levels, exact):
            found.setdefault((EXACT, place), ("exact", []))[1].append(Part(own, match))
        for place, match in _disjoint(levels, "", exact) if exact else ():
            found.setdefault((FOLDED, place), ("folded", []))[1].append(Part(own, match))
    return Ranked([found[key] for key in sorted(found)], whole)


def _conditions(asking: Asking, assumed: Assumed) -> Conditions:
    return tuple(condition for atom, truth in assumed for condition in asking.assumed(atom, truth))


def _levels(tree: Node, exact_accents: bool) -> Levels:
    """Return the expressions for documents that match in names, in names or title, anywhere."""
    form = Form("x", "x") if exact_accents else Form("f", "f")
    return [form.expression(tree, place) for place in PLACES]


def _exact(tree: Node, exact_accents: bool) -> str:
    """Return the expression for documents that match as written; "" where all that match do."""
    match = Form("x", "f").expression(tree)
    return "" if exact_accents or match == Form("f", "f").expression(tree) else match


def _disjoint(levels: Levels, kind: str, *others: str) -> Iterator[tuple[int, str]]:
    """Yield (number of the place, expression): documents at each place and no better one, of this kind alone."""
    inner = ""
    for at, match in enumerate(levels):
        if match != inner:
            yield at, but(both(*filter(None, (match, kind))), *filter(None, (inner,)), *others)
        inner = match


class Naming:
    """A question whose words may be a name: where it stands as one, what comes near, what holds its words apart."""

    def __init__(self, asking: Asking, question: Question, words: Node, where: Conditions, exact_accents: bool) -> None:
        self._asking, self._where, self._exact_accents = asking, where, exact_accents
        self._names = question.names
        beside = [part for part in getattr(question.rest, "parts", ()) if isinstance(part, Word)]
        self._rest = Form("f", "f").expression(And(tuple(beside))) if beside else ""
        self._strict = _levels(words, exact_accents)
        self._asked = self._standing(alias=False)
        self._alias = self._standing(alias=True)
        exact = _exact(words, exact_accents)
        marked = [self._marked(reading) for reading in self._names if not reading.near]
        self._exact = either([*([exact] if exact else self._strict[-1:]), *marked])
        self._near: dict[int, Levels] = {}
        self._taken = [levels[-1] for levels in (self._asked, self._alias) if levels]
        self._guessed: list[str] = []
        self._similar: set[str] = set()

    def ranked(self) -> Ranked:
        """Return the classes, near ones among them only where few stand as asked."""
        asking, where = self._asking, self._where
        count = asking.count(where, either(self._taken)) if self._taken else 0
        asked = next((reading for reading in self._names if not reading.near), None)
        plausible = asked is not None and like_a_name(asked)
        near = 0
        few = not self._exact_accents and count < ENOUGH
        if few and (plausible or asked is None or not asking.count(where, self._matching())):
            near = self._let_near_in(asked, count)
        apart = plausible and asked is not None and len(asked.parts) >= WORDS_OF_A_NAME and bool(count or near)
        return self._ranked(_side_by_side(asked) if apart and asked is not None else "")

    def _standing(self, *, alias: bool) -> Levels:
        """Return where the readings that say what was asked stand, place by place; nothing when there are none."""
        found: list[Levels] = []
        for reading in self._names:
            if not reading.near and reading.alias == alias:
                written = [word(part.canon) for part in reading.parts if part.canon] if self._exact_accents else []
                levels = self._stands(reading.gram, len(reading.parts))
                found.append(
                    [both(match, *(standing("x", own, place) for own in written))
                     for match, place in zip(levels, PLACES, strict=True)]
                )  # fmt: skip
        return [either(each) for each in zip(*found, strict=True)]

    def _stands(self, gram: str, parts: int) -> Levels:
        """Return where one term stands as a name, beside what else is said, place by place."""
        if parts == 1:
            match = standing("f", word(gram), IN_NAME)
            return [both(*filter(None, (match, self._rest)))] * len(PLACES)
        return self._any_of([gram])

    def _any_of(self, terms: Iterable[str]) -> Levels:
        what = either(sorted(map(word, terms)))
        return [both(*filter(None, (standing("n", what, place), self._rest))) for place in PLACES]

    def _marked(self, reading: NameReading) -> str:
        """Return the expression for documents where the reading stands and its words as written."""
        written = [standing("x", word(part.canon)) for part in reading.parts if part.canon]
        return both(self._stands(reading.gram, len(reading.parts))[-1], *written)

    def _matching(self) -> str:
        return either([self._strict[-1], *self._taken])

    def _let_near_in(self, asked: NameReading | None, count: int) -> int:
        """Let in documents with names like the one asked, the likest first, while few were found; return how many."""
        guesses = [reading for reading in self._names if reading.near]
        # Two syllables are short of a middle name; whoever says three has rather been misread.
        short = not any(len(reading.parts) > 2 for reading in self._names if not reading.filled)
        near = self._guess_all([reading for reading in guesses if short or not reading.filled], count)
        if asked is None or not asked.gram or len(asked.gram) > _LONGEST:
            return near
        letters = len(asked.gram) - asked.gram.count("_")
        reach = max((distance for distance, least in LETTERS_FOR_NEAR.items() if letters >= least), default=0)
        terms = similar_terms(self._asking, NAMES, asked.gram, reach) if reach and count + near < ENOUGH else {}
        for distance in range(1, reach + 1):
            if count + near >= ENOUGH:
                return near
            rare = self._rare(terms.get(distance, []))
            common = [term for term in terms.get(distance, []) if term not in rare]
            for group, chosen in ((NEAR + 2 * distance - 1, rare), (NEAR + 2 * distance, common)):
                near += self._let_in(group, self._any_of(chosen), chosen) if chosen else 0
            if distance == 1 and not short:
                near += self._guess_all([reading for reading in guesses if reading.filled], count + near)
        return near

    def _guess_all(self, readings: Sequence[NameReading], count: int) -> int:
        near = 0
        for reading in readings:
            if count + near >= ENOUGH:
                break
            near += self._guess(reading)
        return near

    def _guess(self, reading: NameReading) -> int:
        """Take documents where a guess stands, as near unless they hold all words anyway; return how many were new."""
        terms = [] if len(reading.parts) == 1 else fitting(self._asking, reading)
        if not terms and not reading.gram:
            return 0
        levels = self._any_of(terms) if terms else self._stands(reading.gram, len(reading.parts))
        here = both(levels[-1], self._strict[-1])
        held = self._asking.count(self._where, but(here, *self._taken))
        if held:
            self._guessed.append(here)
            self._taken.append(here)
        written = [standing("x", word(part.canon)) for part in reading.parts if part.whole and part.canon]
        group = NEAR + 2 if reading.filled else NEAR
        marked = [both(match, *written) for match in levels]
        return held + self._let_in(group, marked, terms) + self._let_in(group + 1, levels, terms)

    def _rare(self, terms: list[str]) -> list[str]:
        """Return the terms that few of the reader's papers hold, asked of many at once: together few, each few."""
        if not terms:
            return []
        match = standing("n", either(sorted(map(word, terms))))
        if self._asking.count(self._asking.mask, match) <= RARE:
            return terms
        half = len(terms) // 2
        return [*self._rare(terms[:half]), *self._rare(terms[half:])] if half else []

    def _let_in(self, group: int, levels: Levels, terms: Sequence[str]) -> int:
        """Take the documents in which these terms stand as near; return how many were new."""
        fresh = [but(match, *self._taken) for match in levels]
        new = self._asking.count(self._where, fresh[-1])
        if new:
            known = self._near.get(group)
            self._near[group] = [either(pair) for pair in zip(known, fresh, strict=True)] if known else fresh
            self._taken.append(levels[-1])
            self._similar.update(terms)
        return new

    def _ranked(self, beside: str) -> Ranked:
        """Return the classes: marks match, marks ignored, near, words apart; in each the name before its words.

        `beside` matches the documents whose words do not stand apart; "" when all may stay where they are.
        """
        others = [either([*filter(None, (own,)), *known]) for own, known in self._others()]
        classes: list[tuple[Tier, str]] = []
        asked = self._asked[-1:]
        near = [levels[-1] for levels in self._near.values()]
        steps = [(self._asked, near), (self._alias, [*asked, *near])]
        if self._guessed:
            alias = self._alias[-1:]
            steps.append(([both(match, either(self._guessed)) for match in others], [*asked, *alias, *near]))
        steps.append(([both(*filter(None, (match, beside))) for match in others], self._taken))
        kinds: tuple[tuple[Tier, str, list[str]], ...] = (("exact", self._exact, []), ("folded", "", [self._exact]))
        for tier, kind, without in kinds:
            for levels, hidden in steps:
                classes += [(tier, match) for _, match in _disjoint(levels, kind, *hidden, *without)]
        for _, levels in sorted(self._near.items()):
            classes += [("near", match) for _, match in _disjoint(levels, "")]
        if beside:
            classes += [("near", match) for _, match in _disjoint(others, "", *self._taken, beside)]
        nearly = [*near, *([but(others[-1], *self._taken, beside)] if beside else [])]
        return Ranked(
            [(tier, [Part(self._where, match)]) for tier, match in classes],
            [Part(self._where, either([self._matching(), *near]))],
            [Part(self._where, either(nearly))] if nearly else [],
            frozenset(self._similar),
        )

    def _others(self) -> Iterator[tuple[str, list[str]]]:
        """Yield place by place where the words match, or the name stands."""
        for at, match in enumerate(self._strict):
            yield match, [levels[at] for levels in (self._asked, self._alias) if levels]


def _side_by_side(reading: NameReading) -> str:
    """Return the expression for documents with every two neighbours of the name's words side by side."""
    words = [word(part.folded) for part in reading.parts]
    return both(*(standing("f", f'"{first} {second}"') for first, second in pairwise(words)))


def fitting(asking: Asking, reading: NameReading) -> list[str]:
    """Return the names of the index in which a name with gaps fits; what they tell is not yet permitted."""
    if reading.gram:
        return [reading.gram]
    runs: list[list[str]] = [[]]
    for part in reading.parts:
        if part.folded:
            runs[-1].append(word(part.folded) if part.whole else f"{beginning(part.folded)}*")
        else:
            runs.append([])
    match = both(*(f'(@(w) "{" ".join(run)}")' for run in runs if run)) if any(runs) else ""
    if not match:
        return []
    return sorted(term for term in _terms(asking, (f"kind={NAMES}",), match) if reading.fits(term))


def similar_terms(asking: Asking, kind: int, term: str, reach: int) -> dict[int, list[str]]:
    """Return terms of the index by their edit distance, from 1 to `reach`; what they tell is not yet permitted."""
    sought = trigrams(term)
    # One changed letter spoils three runs of three at most.
    least = max(1, len(sought) - 3 * reach)
    size = f"size BETWEEN {max(1, len(term) - reach)} AND {len(term) + reach}"
    candidates = sorted(_terms(asking, (f"kind={kind}", size), f'(@(t) "{" ".join(sought)}"/{least})'))
    if not candidates:
        return {}
    distances = cdist([term], candidates, scorer=Levenshtein.distance, score_cutoff=reach, dtype=np.uint8)[0]
    found: dict[int, list[str]] = {}
    for at in np.flatnonzero((distances > 0) & (distances <= reach)):
        found.setdefault(int(distances[at]), []).append(candidates[int(at)])
    return found


def _terms(asking: Asking, where: Conditions, match: str) -> list[str]:
    rows = asking.rows("term", where, match, f"LIMIT 0,{_CANDIDATES}", _CANDIDATES, table="words", total=True)
    if rows.total > _CANDIDATES:
        asking.complete = False
    return [decode(safe) for (safe,) in rows.rows]
