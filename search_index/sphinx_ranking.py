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

from search_index.analysis import GRAM_SIZES
from search_index.language import Node, Phrase, Word, plain_words
from search_index.model import Tier
from search_index.naming import ENOUGH, LETTERS_FOR_NEAR
from search_index.sphinx_asking import Asking, Conditions
from search_index.sphinx_rows import NAMES, PLACES
from search_index.sphinx_terms import decode, trigrams, word
from search_index.sphinx_text import Form, both, but, cases, either, standing
from vietnamese.names import FOLDED_SURNAMES

_CANDIDATES = 5000
_LONGEST = 80
_Level = tuple[int, str]


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


def rank(asking: Asking, tree: Node, where: Conditions, *, exact_accents: bool) -> Ranked:
    """Return the classes the question divides its documents into."""
    names = plain_words(tree)
    if len(names) in GRAM_SIZES:
        return _named(asking, _Name(tree, names, where, exact_accents))
    found: dict[tuple[int, int], tuple[Tier, list[Part]]] = {}
    whole = []
    for assumed, words in cases(tree):
        own = (*where, *(condition for atom, truth in assumed for condition in asking.assumed(atom, truth)))
        levels = _levels(words, exact_accents)
        whole.append(Part(own, levels[-1][1]))
        for key, tier, match in _strict(levels, _exact(words, exact_accents)):
            found.setdefault(key, (tier, []))[1].append(Part(own, match))
    return Ranked([found[key] for key in sorted(found)], whole)


def _levels(tree: Node, exact_accents: bool) -> list[_Level]:
    """Return (place, expression for documents that match there or better), best first, each wider than the last."""
    form = Form("x", "x") if exact_accents else Form("f", "f")
    found: list[_Level] = []
    for place in PLACES:
        match = form.expression(tree, place)
        if not found or found[-1][1] != match:
            found.append((place, match))
    return found


def _exact(tree: Node, exact_accents: bool) -> str:
    """Return the expression for documents that match as written; "" where all that match do."""
    match = Form("x", "f").expression(tree)
    return "" if exact_accents or match == Form("f", "f").expression(tree) else match


def _strict(levels: list[_Level], exact: str, within: str = "") -> Iterator[tuple[tuple[int, int], Tier, str]]:
    """Yield (order, tier, expression) of the classes of documents that match, of those `within` alone."""
    for (_, inner), (place, match) in pairwise([(0, ""), *levels]):
        inside = both(*filter(None, (match, within)))
        narrower = filter(None, (inner,))
        if not exact:
            yield (0, -place), "exact", but(inside, *narrower)
            continue
        outer = but(inside, *narrower)
        yield (0, -place), "exact", both(outer, exact)
        yield (1, -place), "folded", but(outer, exact)


class _Name:
    """A question that is nothing but words that may be a name."""

    def __init__(self, tree: Node, words: Sequence[Word], where: Conditions, exact_accents: bool) -> None:
        self.where, self.exact_accents = where, exact_accents
        self.gram = "_".join(each.folded for each in words)
        self.letters = len(self.gram) - len(words) + 1
        self.surname = words[0].folded in FOLDED_SURNAMES
        strict = _levels(tree, exact_accents)
        self.match = strict[-1][1]
        self.exact = _exact(tree, exact_accents)
        self.beside = both(self.match, Form("f", "f").expression(Phrase(tuple(words))))
        stands = [(3 + place, both(self.match, standing("n", word(self.gram), place))) for place in PLACES]
        self.standing = stands[-1][1]
        self.strict = strict
        self.levels = [*stands, *((place, either((match, self.standing))) for place, match in strict)]


def _named(asking: Asking, name: _Name) -> Ranked:
    """Return the classes of a question that may be a name; near ones only where few stand as asked."""
    plain = Ranked(_ordered(_strict(name.levels, name.exact), name.where), [Part(name.where, name.match)])
    if name.exact_accents or name.letters < LETTERS_FOR_NEAR[1] or len(name.gram) > _LONGEST:
        return plain
    if not name.surname and asking.count(name.where, name.match):
        return plain
    count = asking.count(name.where, name.standing)
    similar = _similar_enough(asking, name, count) if count < ENOUGH else []
    if not count and not similar:
        return plain
    # Words side by side count as the name although no capitals tell that it is one.
    kept = either((name.standing, name.beside))
    found = list(_strict(name.levels, name.exact, kept))
    hidden = [kept]
    near = []
    for distance, terms in similar:
        what = f"({' | '.join(map(word, terms))})"
        levels = [(place, standing("n", what, place)) for place in PLACES]
        found += _disjoint(1 + distance, levels, hidden)
        hidden.append(levels[-1][1])
        near.append(levels[-1][1])
    found += _disjoint(4, name.strict, hidden)
    whole = either((name.match, *near))
    return Ranked(
        _ordered(found, name.where),
        [Part(name.where, whole)],
        [Part(name.where, but(whole, kept))],
        frozenset(term for _, terms in similar for term in terms),
    )


def _disjoint(group: int, levels: list[_Level], hidden: list[str]) -> Iterator[tuple[tuple[int, int], Tier, str]]:
    for (_, inner), (place, match) in pairwise([(0, ""), *levels]):
        yield (group, -place), "near", but(match, *filter(None, (inner,)), *hidden)


def _ordered(found: Iterable[tuple[tuple[int, int], Tier, str]], where: Conditions) -> list[tuple[Tier, list[Part]]]:
    return [(tier, [Part(where, match)]) for _, tier, match in sorted(found)]


def _similar_enough(asking: Asking, name: _Name, count: int) -> list[tuple[int, list[str]]]:
    """Return the names one letter off that stand somewhere visible, and those two off while few are found."""
    terms = similar_terms(asking, NAMES, name.gram, 2)
    found: list[tuple[int, list[str]]] = []
    hidden = [name.standing]
    for distance, least in LETTERS_FOR_NEAR.items():
        if name.letters < least or count >= ENOUGH:
            break
        if distance in terms:
            match = standing("n", f"({' | '.join(map(word, terms[distance]))})")
            added = asking.count(name.where, but(match, *hidden))
            if added:
                found.append((distance, terms[distance]))
            hidden.append(match)
            count += added
    return found


def similar_terms(asking: Asking, kind: int, term: str, distance: int) -> dict[int, list[str]]:
    """Return terms of the index by their edit distance, from 1 to `distance`; what they tell is not yet permitted."""
    sought = trigrams(term)
    # One changed letter spoils three runs of three at most.
    least = max(1, len(sought) - 3 * distance)
    size = f"size BETWEEN {max(1, len(term) - distance)} AND {len(term) + distance}"
    match = f'(@(t) "{" ".join(sought)}"/{least})'
    rest = f"LIMIT 0,{_CANDIDATES}"
    rows = asking.rows("term", (f"kind={kind}", size), match, rest, _CANDIDATES, table="words", total=True)
    if rows.total > _CANDIDATES:
        asking.complete = False
    candidates = sorted(decode(safe) for (safe,) in rows.rows)
    if not candidates:
        return {}
    distances = cdist([term], candidates, scorer=Levenshtein.distance, score_cutoff=distance, dtype=np.uint8)[0]
    found: dict[int, list[str]] = {}
    for at in np.flatnonzero((distances > 0) & (distances <= distance)):
        found.setdefault(int(distances[at]), []).append(candidates[int(at)])
    return found
