"""From a question to an answer over any number of segments.

Everything here starts from the mask of what the reader may see. Nothing is computed from hidden documents:
no counts, no facets, no suggestions, no weights that depend on how often a word occurs elsewhere.

Order of hits: marks match, marks ignored, near; within it name, title, body; then the newest year. When the
question is a name that stands somewhere as a name (or nearly), documents that only hold its words far apart
count as near: otherwise "Nguyễn Văn An" drowns in papers that mention a Nguyễn, a Văn and an An.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from search_index.analysis import GRAM_SIZES
from search_index.evaluate import Matcher, side_by_side
from search_index.language import Node, Prefix, Word, parse, plain_words, wanted
from search_index.model import Answer, Completion, Hit, Query, Text, Tier, Visible
from search_index.packing import pack
from search_index.people import People
from search_index.records import NO_YEAR, NUMBERS, Bools, Records
from search_index.segment import Bytes, Postings, Segment
from search_index.snippets import Sought, snippet
from search_index.whole import Whole
from vietnamese.names import FOLDED_SURNAMES

# Fewer places than this where the name stands as asked, and names one letter off are looked for too.
ENOUGH = 20
# So many papers a segment, the last indexed, are read for the words of a name written without capitals.
_VERIFIED = 1000
LETTERS_FOR_NEAR = {1: 6, 2: 9}
_SUGGESTIONS = 3
_EXACT, _FOLDED, _NEAR, _APART = 0, 1, 2, 4
NO_TEXT = Text("", (), "")


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


@dataclass
class Holding:
    """All an answer is made from: the segments, and what the source says of documents and persons."""

    records: Records
    people: People
    segments: Sequence[Segment]


def answer(holding: Holding, query: Query) -> Answer:
    """Return the answer to the question; QueryError if it cannot be read."""
    begun = time.perf_counter()
    tree = parse(query.q)
    whole = Whole(holding.segments, query.visible)
    found = [_strict(segment, tree, query, whole) for segment in holding.segments]
    words = plain_words(tree)
    if len(words) in GRAM_SIZES:
        _prefer_names(found, words, names_too=not query.exact_accents)
    matched = [part.matched for part in found]
    count = sum(int(mask.sum()) for mask in matched)
    listed = Listing(holding.people, found, query)
    page = listed.page()
    return Answer(
        count=count,
        complete=True,
        hits=_hits(holding, found, page, tree, grouped=query.grouped),
        facets={name: _facet(holding, found, matched, name) for name in query.facets},
        suggestions=() if count else _suggestions(found, tree),
        ms=round((time.perf_counter() - begun) * 1000, 3),
        near=sum(int((part.matched & (part.group >= _NEAR)).sum()) for part in found),
        persons=listed.persons,
        of_person=listed.of_person,
    )


def complete(holding: Holding, typed: str, visible: Visible, top: int) -> tuple[Completion, ...]:
    """Return names that go on as typed, of persons with documents the reader may see."""
    seen = np.zeros(len(holding.records.values["person"].all), np.bool_)
    for segment in holding.segments:
        seen[segment.columns["person"][segment.visible(visible)]] = True
    seen[0] = False
    return holding.people.complete(typed, seen, top)


class Listing:
    """The order of the hits, by document or by person, and the page of it that was asked for."""

    def __init__(self, people: People, found: list[Found], query: Query) -> None:
        self._found, self._query = found, query
        numbers = [np.flatnonzero(part.matched) for part in found]
        self._where = np.concatenate(
            [np.stack((np.full(len(own), index), own)) for index, own in enumerate(numbers)] or [np.zeros((2, 0), int)],
            axis=1,
        )
        pairs = list(zip(found, numbers, strict=True))

        def gathered(column: str) -> npt.NDArray[np.int64]:
            return np.concatenate([part.segment.columns[column][own] for part, own in pairs] or [np.zeros(0, int)])

        self.persons, self.of_person = 0, dict[str, int]()
        person = gathered("person").astype(np.int64)
        day = gathered("day").astype(np.int64)
        keys: list[npt.NDArray[np.int64]] = []
        if query.sort == "rank":
            keys = [np.concatenate([_rank(part)[own] for part, own in pairs] or [np.zeros(0, int)])]
        if query.sort == "name":
            order = people.in_order(np.unique(person[person > 0]).tolist())
            place = np.full(int(person.max(initial=0)) + 1, len(order), np.int64)
            place[order] = np.arange(len(order))
            keys = [place[person]]
        keys.append(day if query.sort == "oldest" else -day)
        ids = np.array([part.segment.id(n) for part, own in pairs for n in own.tolist()], np.str_)
        by_id = np.argsort(ids)[::-1]
        self._order = by_id[np.lexsort([key[by_id] for key in reversed(keys)])]
        self._person = person

    def page(self) -> list[tuple[int, int]]:
        """Return (segment, document) of the hits asked for, best first."""
        query = self._query
        first, last = query.offset, query.offset + query.top
        chosen = self._grouped(first, last) if query.grouped else self._order[first:last].tolist()
        return [(int(self._where[0, i]), int(self._where[1, i])) for i in chosen]

    def _grouped(self, first: int, last: int) -> list[int]:
        groups: dict[int, list[int]] = {}
        for i in self._order.tolist():
            code = int(self._person[i])
            groups.setdefault(code or -1 - i, []).append(i)
        self.persons = len(groups)
        shown = list(groups.values())[first:last]
        for members in shown:
            part = self._found[int(self._where[0, members[0]])]
            name = person_of(part.segment, int(self._where[1, members[0]]))
            self.of_person[name] = len(members)
        return [i for members in shown for i in members[: self._query.each]]


def person_of(segment: Segment, number: int) -> str:
    """Return the group a document stands in: its person, or itself when it is about nobody."""
    return segment.records.values["person"].all[segment.columns["person"][number]] or segment.id(number)


def _rank(part: Found) -> npt.NDArray[np.int64]:
    return part.group.astype(np.int64) * 16 + (15 - part.places.astype(np.int64))


def _strict(segment: Segment, tree: Node, query: Query, whole: Whole) -> Found:
    visible = segment.visible(query.visible)
    within = visible & segment.passing(query.filters)
    if query.filters.linked is not None:
        within &= whole.linked(segment, query.filters.linked)
    for type_code in query.filters.missing:
        within &= whole.missing(segment, type_code)
    exact = Matcher(segment, within, whole, "x", "x" if query.exact_accents else "f").match(tree)
    places = exact if query.exact_accents else Matcher(segment, within, whole, "f", "f").match(tree)
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
    if not names_too or not name_like or letters < LETTERS_FOR_NEAR[1]:
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
    for distance, least in LETTERS_FOR_NEAR.items():
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


def _hits(
    holding: Holding, found: list[Found], page: list[tuple[int, int]], tree: Node, *, grouped: bool
) -> tuple[Hit, ...]:
    texts = holding.records.source.texts([found[part].segment.id(number) for part, number in page])
    hits = [_hit(found[part], number, tree, texts) for part, number in page]
    if not grouped:
        return tuple(hits)
    return tuple(
        replace(hit, person=person_of(found[part].segment, number))
        for hit, (part, number) in zip(hits, page, strict=True)
    )


def _hit(part: Found, number: int, tree: Node, texts: Mapping[str, Text]) -> Hit:
    group = int(part.group[number])
    tier: Tier = "exact" if group == _EXACT else "folded" if group == _FOLDED else "near"
    sought = Sought.of(wanted(tree))
    if tier == "near":
        sought = sought.and_words(
            word for term, postings in part.similar if number in postings.ids for word in term.split("_")
        )
    id_ = part.segment.id(number)
    text, marks = snippet(texts.get(id_, NO_TEXT), sought)
    return Hit(id_, tier, text, marks)


def _facet(holding: Holding, found: list[Found], matched: list[Bools], name: str) -> dict[str, int]:
    """Return how many documents of the answer have each value, most first; empty values are left out."""
    column = np.concatenate(
        [part.segment.columns[name][mask] for part, mask in zip(found, matched, strict=True)] or [np.zeros(0, np.int32)]
    )
    numbers, counts = np.unique(column, return_counts=True)
    pairs = list(zip(numbers.tolist(), counts.tolist(), strict=True))
    if name in NUMBERS:
        total = {str(value): n for value, n in pairs if value != NO_YEAR}
    else:
        values = holding.records.values[name].all
        total = {values[number]: n for number, n in pairs if values[number]}
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
