"""From a question to an answer over any number of segments.

Everything here starts from the set of what the reader may see. Nothing is computed from hidden documents:
no counts, no facets, no suggestions, no weights that depend on how often a word occurs elsewhere.

Order of hits: marks match, marks ignored, near; within it name, title, body; then the newest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from search_index.clock import Clock, OutOfTime
from search_index.corrections import proposals, reach
from search_index.evaluate import Matcher
from search_index.language import Node, Prefix, Word, has_phrase, wanted
from search_index.matches import (
    LEVELS,
    Bools,
    Ints,
    Matches,
    Words,
    both,
    count_of,
    everything,
    flags_at,
    has,
    no_words,
    words_of,
)
from search_index.model import Answer, Completion, Hit, Query, Text, Tier, Visible
from search_index.naming import rank, similar_terms, visible_count
from search_index.people import People
from search_index.questions import EVERYTHING, understand
from search_index.ranking import EXACT, FOLDED, Listing, Part, Place
from search_index.records import NO_YEAR, NUMBERS, Records
from search_index.segment import Recent, Segment
from search_index.snippets import Sought, snippet
from search_index.whole import Whole

_SUGGESTIONS = 3
_OPTIONS = 8
_READERS_KEPT = 32
NO_TEXT = Text("", (), "")
_NO_VALUES = np.zeros(0, np.int64)


@dataclass
class Holding:
    """All an answer is made from: the segments, and what the source says of documents and persons."""

    records: Records
    people: People
    segments: Sequence[Segment]
    _wholes: Recent[Whole] = field(default_factory=lambda: Recent(_READERS_KEPT))

    def whole(self, reader: Visible) -> Whole:
        """Return what the reader sees of all segments together."""
        found = self._wholes.get(reader)
        if found is None:
            found = Whole(self.segments, self.people, reader)
            self._wholes.keep(reader, found)
        return found


def answer(holding: Holding, query: Query) -> Answer:
    """Return the answer to the question; QueryError if it cannot be read."""
    clock = Clock(query.within_ms)
    found = _answered(holding, query, clock)
    instead = understand(query.q).instead
    if not found.count and instead and not clock.is_over():
        # What was typed means something in another keyboard's or font's letters, and found nothing as it stands.
        other = _answered(holding, replace(query, q=instead), clock)
        if other.count:
            found = replace(other, suggestions=(instead,))
    return replace(found, complete=not clock.cut_short, ms=clock.milliseconds)


def complete(holding: Holding, typed: str, visible: Visible, top: int) -> tuple[Completion, ...]:
    """Return names that go on as typed, of persons with documents the reader may see."""
    return holding.people.complete(typed, holding.whole(visible).bearers(), top)


def _answered(holding: Holding, query: Query, clock: Clock) -> Answer:
    question = understand(query.q)
    whole = holding.whole(query.visible)
    parts, rests = [], []
    for segment in holding.segments:
        part, rest = _strict(segment, question.tree, question.rest, query, whole, clock)
        parts.append(part)
        rests.append(rest)
    rank(parts, question, rests, clock, exact=query.exact_accents)
    count = sum(count_of(part.matched) for part in parts)
    listing = Listing(holding.people, parts, query, whole.bearers)
    page = listing.page()
    return Answer(
        count=count,
        complete=True,
        hits=_hits(holding, parts, page, question.tree, query, clock),
        facets={name: _facet(holding, parts, name) for name in query.facets},
        suggestions=() if count else _suggestions(parts, question.tree, clock),
        ms=0,
        near=sum(count_of(part.nearly) for part in parts),
        persons=listing.persons,
        of_person=listing.of_person,
    )


def _strict(segment: Segment, tree: Node, rest: Node, query: Query, whole: Whole, clock: Clock) -> tuple[Part, Words]:
    """Return what matches the words in one segment, and what matches what is said beside a name."""
    visible = segment.visible(query.visible)
    nothing = no_words(segment.size)
    try:
        clock.check()
        within = _within(segment, visible, query, whole)
        marked = Matcher(segment, within, whole, "x", "x" if query.exact_accents else "f", clock)
        plain = replace(marked, field="f")
        matched = (marked if query.exact_accents else plain).match(tree).within(within)
        exact = matched if query.exact_accents else both(matched, marked.match(tree))
        allowed = within if rest == EVERYTHING else within & plain.match(rest).dense()[0]
        return Part(segment, visible, within, matched.dense(), exact.dense()[0], nothing, nothing), allowed
    except OutOfTime:
        # Half of this segment would be a wrong answer: it is left out.
        return Part(segment, visible, nothing, np.stack([nothing] * LEVELS), nothing, nothing, nothing), nothing


def _within(segment: Segment, visible: Words, query: Query, whole: Whole) -> Words:
    """Return the documents the reader may see that pass the filters."""
    within = visible & segment.passing(query.filters)
    if query.filters.linked is not None:
        within = within & words_of(whole.linked(segment, query.filters.linked))
    for type_code in query.filters.missing:
        within = within & words_of(whole.missing(segment, type_code))
    return within


def _hits(
    holding: Holding, parts: Sequence[Part], page: list[Place], tree: Node, query: Query, clock: Clock
) -> tuple[Hit, ...]:
    ids = [parts[part].segment.id(number) for part, number in page]
    texts = holding.records.source.texts(ids) if query.snippets and ids else None
    groups: dict[Place, int] = {}
    for at, part in enumerate(parts):
        numbers = np.array([number for own, number in page if own == at], np.int32)
        found = part.groups_of(numbers)
        if has_phrase(tree) and not query.exact_accents:
            # The order is told by words alone; what is said of a document shown is true to the letter.
            whole = holding.whole(query.visible)
            exact = numbers[found == EXACT]
            found[found == EXACT] = np.where(_to_the_letter(part, exact, tree, whole, texts, clock), EXACT, FOLDED)
        groups |= {(at, number): group for number, group in zip(numbers.tolist(), found.tolist(), strict=True)}
    hits = []
    for id_, (at, number) in zip(ids, page, strict=True):
        part, group = parts[at], groups[at, number]
        tier: Tier = "exact" if group == EXACT else "folded" if group == FOLDED else "near"
        person = part.person_of(number) if query.grouped else ""
        shown, marks = (
            snippet(texts.get(id_, NO_TEXT), _sought(part, number, tree, tier)) if texts is not None else ("", ())
        )
        hits.append(Hit(id_, tier, shown, marks, person))
    return tuple(hits)


def _to_the_letter(
    part: Part, numbers: Ints, tree: Node, whole: Whole, texts: Mapping[str, Text] | None, clock: Clock
) -> Bools:
    """Return which of these documents hold what is asked with its marks; where there was no time to read, none do."""
    within = words_of(flags_at(numbers, part.segment.size))
    strict = Matcher(part.segment, within, whole, "x", "f", clock, to_the_letter=True, known=texts)
    try:
        return has(strict.match(tree).dense()[0] | part.named, numbers)
    except OutOfTime:
        return has(part.named, numbers)


def _sought(part: Part, number: int, tree: Node, tier: Tier) -> Sought:
    sought = Sought.of(wanted(tree))
    if tier == "near":
        sought = sought.and_words(word for similar in part.similar for word in similar.words_in(number))
    return sought


def _facet(holding: Holding, parts: Sequence[Part], name: str) -> dict[str, int]:
    """Return how many documents of the answer have each value, most first; empty values are left out."""
    found = [part.segment.counts(name, part.matched, part.numbers) for part in parts]
    values, own = np.unique(np.concatenate([_NO_VALUES, *(values for values, _ in found)]), return_inverse=True)
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, own, np.concatenate([_NO_VALUES, *(each for _, each in found)]))
    if name in NUMBERS:
        total = {str(value): n for value, n in zip(values.tolist(), counts.tolist(), strict=True) if value != NO_YEAR}
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
    values, counts = values[values > 0], counts[values > 0]
    known = holding.records.values[name]
    order = np.lexsort((known.places(values), -counts))
    shown = map(known.all.__getitem__, values[order].tolist())
    return dict(zip(shown, counts[order].tolist(), strict=True))


def _suggestions(parts: Sequence[Part], tree: Node, clock: Clock) -> tuple[str, ...]:
    """Return up to three questions in which words no visible document holds are replaced by near ones."""
    leaves = wanted(tree)
    words = [leaf for leaf in leaves if isinstance(leaf, Word)]
    if not words or any(isinstance(leaf, Prefix) for leaf in leaves):
        return ()
    lost = [not visible_count(parts, "f", word.folded) for word in words]
    options = [_options(parts, word.folded, clock) if gone else {} for word, gone in zip(words, lost, strict=True)]
    found: dict[str, None] = {}
    for proposal in proposals([word.folded for word in words], options):
        if len(found) == _SUGGESTIONS or clock.is_over():
            break
        if _somewhere(parts, proposal):
            shown = (new if gone else word.canon for new, word, gone in zip(proposal, words, lost, strict=True))
            found[" ".join(shown)] = None
    return tuple(found)


def _options(parts: Sequence[Part], word: str, clock: Clock) -> Mapping[str, int]:
    """Return the nearest words that visible documents hold, with their distance."""
    options: dict[str, int] = {}
    for distance, terms in similar_terms(parts, word, reach(word), "f", clock).items():
        if len(options) >= _OPTIONS or clock.is_over():
            break
        seen = {term: visible_count(parts, "f", term) for term in terms}
        likely = sorted((term for term in terms if seen[term]), key=lambda term: (-seen[term], term))
        options |= dict.fromkeys(likely[:_OPTIONS], distance)
    return options


def _somewhere(parts: Sequence[Part], words: Sequence[str]) -> bool:
    """Return whether a visible document holds all these words."""
    for part in parts:
        found: Matches = everything(part.segment.size).within(part.visible)
        for word in words:
            found = both(found, part.segment.postings("f", word))
        if found.dense()[0].any():
            return True
    return False
