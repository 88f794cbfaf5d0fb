"""From a question to an answer over any number of segments.

Everything here starts from the mask of what the reader may see. Nothing is computed from hidden documents:
no counts, no facets, no suggestions, no weights that depend on how often a word occurs elsewhere.

Order of hits: marks match, marks ignored, near; within it name, title, body; then the newest year. When the
question is a name that stands somewhere as a name (or nearly), documents that only hold its words far apart
count as near: otherwise "Nguyễn Văn An" drowns in papers that mention a Nguyễn, a Văn and an An.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from search_index.analysis import GRAM_SIZES
from search_index.evaluate import Matcher, side_by_side
from search_index.language import Node, Prefix, Word, parse, plain_words, wanted
from search_index.model import Answer, Hit, Query, Tier
from search_index.packing import pack
from search_index.segment import NO_YEAR, Bools, Bytes, Postings, Segment
from search_index.snippets import Sought, snippet
from vietnamese.names import FOLDED_SURNAMES

# Fewer places than this where the name stands as asked, and names one letter off are looked for too.
ENOUGH = 20
# So many papers a segment, the last indexed, are read for the words of a name written without capitals.
_VERIFIED = 1000
_LETTERS_FOR_NEAR = {1: 6, 2: 9}
_SUGGESTIONS = 3
_EXACT, _FOLDED, _NEAR, _APART = 0, 1, 2, 4


@dataclass
class Found:
    """What one segment answers; arrays run over its documents, `group` is the order of tiers."""

    segment: Segment
    visible: Bools
    within: Bools
    places: Bytes
    group: Bytes
    similar: list[tuple[str, Postings]] = field(default_factory=list)

    @property
    def matched(self) -> Bools:
        """Return which documents are in the answer."""
        return self.places > 0


def answer(segments: Sequence[Segment], query: Query) -> Answer:
    """Return the answer to the question over these segments; QueryError if it cannot be read."""
    begun = time.perf_counter()
    tree = parse(query.q)
    found = [_strict(segment, tree, query) for segment in segments]
    words = plain_words(tree)
    if len(words) in GRAM_SIZES:
        _prefer_names(found, words, names_too=not query.exact_accents)
    matched = [part.matched for part in found]
    count = sum(int(mask.sum()) for mask in matched)
    return Answer(
        count=count,
        complete=True,
        hits=tuple(_hit(found[part], number, tree) for part, number in _page(found, query)),
        facets={name: _facet(found, matched, name) for name in query.facets},
        suggestions=() if count else _suggestions(found, tree),
        ms=round((time.perf_counter() - begun) * 1000, 3),
        near=sum(int((part.matched & (part.group >= _NEAR)).sum()) for part in found),
    )


def _strict(segment: Segment, tree: Node, query: Query) -> Found:
    visible = segment.visible(query.visible)
    within = visible & segment.attributes.passing(query.filters)
    exact = Matcher(segment, within, "x", "x" if query.exact_accents else "f").match(tree)
    places = exact if query.exact_accents else Matcher(segment, within, "f", "f").match(tree)
    places = np.where(within, places, 0).astype(np.uint8)
    return Found(segment, visible, within, places, np.where(exact > 0, _EXACT, _FOLDED).astype(np.uint8))


def _prefer_names(found: list[Found], words: tuple[Word, ...], *, names_too: bool) -> None:
    """Put documents where the words stand as one name first; let similar names in when few are found."""
    gram = "_".join(word.folded for word in words)
    standing = []
    for part in found:
        places = np.zeros(part.segment.size, np.uint8)
        postings = part.segment.postings("n", gram)
        places[postings.ids] = postings.places
        # With marks demanded, the folded gram alone proves nothing.
        standing.append(np.where(part.matched, places, 0))
        part.places = np.where(standing[-1] > 0, places + 3, part.places).astype(np.uint8)
    letters = len(gram) - len(words) + 1
    # A misread family name is no family name any more: where nothing is found, similar names may help.
    name_like = words[0].folded in FOLDED_SURNAMES or not any(part.matched.any() for part in found)
    if not names_too or not name_like or letters < _LETTERS_FOR_NEAR[1]:
        return
    strict = [(part.places.copy(), part.group.copy()) for part in found]
    count = sum(int((places > 0).sum()) for places in standing)
    similar = _add_similar(found, standing, gram, count) if count < ENOUGH else 0
    if not count and not similar:
        return
    needle = pack(f" {' '.join(word.folded for word in words)} ")
    for part, places, (before, group) in zip(found, standing, strict, strict=True):
        others = _last(np.where(places > 0, 0, before).astype(np.uint8), _VERIFIED)
        beside = side_by_side(part.segment, others, part.within, "f", needle) > 0
        part.places[beside], part.group[beside] = before[beside], group[beside]
        apart = part.matched & (places == 0) & ~beside & (part.group < _NEAR)
        part.group[apart] = _APART


def _last(places: Bytes, count: int) -> Bytes:
    """Return the places with all but the last `count` matches cleared."""
    matches = np.flatnonzero(places)
    kept = places.copy()
    kept[matches[: max(0, len(matches) - count)]] = 0
    return kept


def _add_similar(found: list[Found], standing: list[Bytes], gram: str, count: int) -> int:
    """Let in documents with a name one letter off, then two while few; return how many were added."""
    terms = [_similar_terms(part.segment, gram, 2) for part in found]
    added = 0
    letters = len(gram) - gram.count("_")
    for distance, least in _LETTERS_FOR_NEAR.items():
        if letters < least or count + added >= ENOUGH:
            break
        for part, own, places in zip(found, terms, standing, strict=True):
            for term in own.get(distance, ()):
                postings = part.segment.postings("n", term)
                ids = postings.ids[part.within[postings.ids] & (places[postings.ids] == 0)]
                fresh = ids[(part.places[ids] == 0) | (part.group[ids] < _NEAR)]
                if len(ids):
                    part.similar.append((term, postings))
                part.places[fresh] = postings.places[np.searchsorted(postings.ids, fresh)]
                part.group[fresh] = _NEAR + distance - 1
                added += len(fresh)
    return added


def _similar_terms(segment: Segment, word: str, distance: int, name: str = "n") -> dict[int, list[str]]:
    """Return the field's terms by their edit distance from the word, from 1 to `distance`."""
    candidates = segment.lexicon(name).about_as_long_as(word, distance)
    if not candidates:
        return {}
    distances = cdist([word], candidates, scorer=Levenshtein.distance, score_cutoff=distance, dtype=np.uint8)
    result: dict[int, list[str]] = {}
    for i in np.flatnonzero((distances[0] > 0) & (distances[0] <= distance)):
        result.setdefault(int(distances[0][i]), []).append(candidates[int(i)])
    return result


def _page(found: list[Found], query: Query) -> list[tuple[int, int]]:
    """Return (segment, document) of the hits asked for, best first; of equals the last indexed first."""
    keys, where = [], []
    base = 0
    for index, part in enumerate(found):
        numbers = np.flatnonzero(part.matched)
        year = part.segment.attributes.year[numbers].astype(np.int64)
        rank = part.group[numbers].astype(np.int64) * 16 + (15 - part.places[numbers].astype(np.int64))
        recency = 9999 - np.where(year == NO_YEAR, 0, year)
        # One number a hit: rank, then year, then position counted from the end.
        keys.append(((rank << 14 | recency) << 32) + (2**31 - (base + numbers)))
        where.append(np.stack((np.full(len(numbers), index), numbers)))
        base += part.segment.size
    if not keys:
        return []
    key, place = np.concatenate(keys), np.concatenate(where, axis=1)
    last = query.offset + query.top
    best = np.argpartition(key, last)[:last] if last < len(key) else np.arange(len(key))
    ordered = best[np.argsort(key[best])][query.offset : last]
    return [(int(place[0, i]), int(place[1, i])) for i in ordered]


def _hit(part: Found, number: int, tree: Node) -> Hit:
    group = int(part.group[number])
    tier: Tier = "exact" if group == _EXACT else "folded" if group == _FOLDED else "near"
    sought = Sought.of(wanted(tree))
    if tier == "near":
        sought = sought.and_words(
            word for term, postings in part.similar if number in postings.ids for word in term.split("_")
        )
    doc = part.segment.doc(number)
    text, marks = snippet(doc, sought)
    return Hit(doc.id, tier, text, marks)


def _facet(found: list[Found], matched: list[Bools], name: str) -> dict[str, int]:
    """Return how many documents of the answer have each value, most first; empty values are left out."""
    total: dict[str, int] = {}
    for part, mask in zip(found, matched, strict=True):
        attributes = part.segment.attributes
        if name == "year":
            dated = mask & (attributes.year != NO_YEAR)
            years, counts = np.unique(attributes.year[dated], return_counts=True)
            pairs = [(str(year), int(n)) for year, n in zip(years, counts, strict=True)]
        else:
            column = attributes.columns[name]
            counts = np.bincount(column.codes[mask], minlength=len(column.values))
            pairs = [(value, int(n)) for value, n in zip(column.values, counts, strict=True) if n and value]
        for value, n in pairs:
            total[value] = total.get(value, 0) + n
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _suggestions(found: list[Found], tree: Node) -> tuple[str, ...]:
    """Return up to three queries in which a word no visible document holds is replaced by a near one."""
    leaves = wanted(tree)
    words = [leaf for leaf in leaves if isinstance(leaf, Word)]
    if not words or any(isinstance(leaf, Prefix) for leaf in leaves):
        return ()
    missing = [word for word in words if not _visible_df(found, word.folded)]
    if len(missing) != 1:
        return ()
    lost = missing[0].folded
    reach = 2 if len(lost) >= 6 else 1
    weighed: dict[str, tuple[int, int]] = {}
    for part in found:
        for distance, terms in _similar_terms(part.segment, lost, reach, "f").items():
            for term in terms:
                weighed.setdefault(term, (distance, -_visible_df(found, term)))
    best = sorted((weight, term) for term, weight in weighed.items() if weight[1])[:_SUGGESTIONS]
    return tuple(" ".join(term if w.folded == lost else w.canon for w in words) for _, term in best)


def _visible_df(found: list[Found], term: str) -> int:
    return sum(int(part.visible[part.segment.postings("f", term).ids].sum()) for part in found)
