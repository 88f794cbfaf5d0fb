"""From a question to its answer, asked of all nodes at once."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from search_index.analysis import analyse, forms
from search_index.corrections import proposals, reach
from search_index.language import Node, Prefix, Word, wanted
from search_index.model import Answer, Bearer, Completion, Doc, Hit, Marks, Query, Text, Visible
from search_index.questions import Question, understand
from search_index.snippets import Sought, snippet
from search_index.sphinx_asking import Asking, nobody
from search_index.sphinx_link import outside
from search_index.sphinx_listing import Listed, Listing
from search_index.sphinx_nodes import Nodes, State
from search_index.sphinx_ranking import Part, Ranked, rank, similar_terms
from search_index.sphinx_rows import NO_YEAR, WORDS
from search_index.sphinx_terms import beginning, number, word
from search_index.sphinx_text import IN_NAME, both, standing
from vietnamese.text import syllables

_SUGGESTIONS = 3
_OPTIONS = 8
_PROPOSED = 100
_VALUES = 100_000
_TYPED = 5000
_LONGEST_TYPED = 12
_COMPLETE_MS = 2000
_NO_TEXT = Text("", (), "")


class MovedError(Exception):
    """What was found is no longer what the records say: ask again."""


def answer(nodes: Nodes, state: State, query: Query) -> Answer:
    """Return the answer; QueryError if the question cannot be read, MovedError if the records changed meanwhile."""
    begun = time.perf_counter()
    question = understand(query.q)
    if nobody(query.visible):
        return Answer(0, state.complete, (), {name: {} for name in query.facets}, (), _ms(begun))
    asking = Asking(nodes, state, query.visible, query.within_ms)
    found = _answered(asking, question, query)
    if not found.count and question.instead:
        # What was typed means something in another keyboard's or font's letters, and found nothing as it stands.
        other = _answered(asking, understand(question.instead), query)
        if other.count:
            found = replace(other, suggestions=(question.instead,))
    return replace(found, complete=asking.complete, ms=_ms(begun))


def _answered(asking: Asking, question: Question, query: Query) -> Answer:
    ranked = rank(asking, question, asking.narrowed(query.filters), exact_accents=query.exact_accents)
    count = _count(asking, ranked.whole)
    listed = Listing(asking, ranked, query, count).page()
    marks = _permitted_marks(asking.nodes, query.visible, listed)
    return Answer(
        count=count,
        complete=True,
        hits=_hits(asking.nodes, listed, marks, question.tree, ranked, query),
        facets={name: _facet(asking, ranked.whole, name, count) if count else {} for name in query.facets},
        suggestions=() if count else _suggestions(asking, question.tree),
        ms=0,
        near=_count(asking, ranked.near),
        persons=listed.persons,
        of_person=_of_person(listed, marks),
    )


def complete(nodes: Nodes, state: State, typed: str, visible: Visible, top: int) -> tuple[Completion, ...]:
    """Return names that go on as typed, of persons with documents the reader may see."""
    words = syllables(typed)
    if not 0 < len(words) <= _LONGEST_TYPED or top <= 0 or nobody(visible):
        return ()
    asking = Asking(nodes, state, visible, _COMPLETE_MS)
    more = " " if typed[-1:].isspace() else ""
    folded = [forms(each)[0] for each in words]
    last = word(folded[-1]) if more else f"{beginning(folded[-1])}*"
    match = standing("f", f'"{" ".join([*map(word, folded[:-1]), last])}"', IN_NAME)
    rest = f"GROUP BY person,file ORDER BY day DESC LIMIT 0,{_TYPED}"
    rows = asking.rows("person,doc", (*asking.mask, *outside("person", {0})), match, rest, _TYPED).rows
    ids = {_id(doc) for _, doc in rows}
    seen = {(marks.person, marks.dossier) for marks in nodes.source.marks(ids) if marks.person}
    bearers = nodes.source.bearers({person for person, _ in seen})
    told = [own for own in bearers if (own.person, own.dossier) in seen and _may_tell(own, visible)]
    names = {(name, own.person) for own in told for name in own.names}
    for form in (1, 0):
        found = _going_on(names, " ".join(forms(each)[form] for each in words) + more, form)
        # Marks were typed and somebody is called so: names that only sound like it would be noise.
        if found:
            break
    best = sorted(found, key=lambda name: (found[name][0], -found[name][1], name))[:top]
    return tuple(Completion(name, found[name][1]) for name in best)


def _may_tell(bearer: Bearer, visible: Visible) -> bool:
    return bearer.protection is None or visible.allows(*bearer.protection)


def _going_on(names: Iterable[tuple[str, str]], text: str, form: int) -> dict[str, tuple[bool, int]]:
    """Return of each name that goes on so from some word: (whether not from its first word, how many bear it)."""
    found: dict[str, tuple[bool, int]] = {}
    for name, _ in names:
        words = [forms(each)[form] for each in syllables(name)]
        starts = [at for at in range(len(words)) if f"{' '.join(words[at:])} ".startswith(text)]
        if starts:
            found[name] = (starts[0] > 0, found.get(name, (False, 0))[1] + 1)
    return found


def _ms(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 3)


def _id(doc: str) -> str:
    return bytes.fromhex(doc).decode()


def _count(asking: Asking, parts: Iterable[Part]) -> int:
    return sum(asking.count(part.where, part.match) for part in parts)


def _permitted_marks(nodes: Nodes, visible: Visible, listed: Listed) -> dict[int, Marks]:
    """Return what the records say of the documents shown; MovedError if one of them must not be."""
    ids = {row[0]: _id(row[1]) for row in (*listed.heads, *listed.rows)}
    known = {marks.id: marks for marks in nodes.source.marks(list(ids.values()))}
    for id_ in ids.values():
        marks = known.get(id_)
        shown = marks is not None and visible.allows(marks.unit, marks.secrecy, marks.compartment)
        if marks is None or not shown or {id_, marks.dossier} & visible.without:
            raise MovedError
    return {row: known[id_] for row, id_ in ids.items()}


def _hits(
    nodes: Nodes, listed: Listed, marks: Mapping[int, Marks], tree: Node, ranked: Ranked, query: Query
) -> tuple[Hit, ...]:
    shown = [marks[row[0]] for row in listed.rows]
    texts = nodes.source.texts([own.id for own in shown]) if query.snippets and shown else {}
    hits = []
    for row, own in zip(listed.rows, shown, strict=True):
        tier = listed.tiers.get(row[0])
        if tier is None:
            raise MovedError
        person = (own.person or own.id) if query.grouped else ""
        if not query.snippets:
            hits.append(Hit(own.id, tier, "", (), person))
            continue
        text = texts.get(own.id, _NO_TEXT)
        sought = Sought.of(wanted(tree))
        if tier == "near" and ranked.similar:
            sought = sought.and_words(_words_of(own, text, ranked.similar))
        hits.append(Hit(own.id, tier, *snippet(text, sought), person))
    return tuple(hits)


def _words_of(marks: Marks, text: Text, similar: Collection[str]) -> set[str]:
    """Return the words of those of the similar names that stand in the text."""
    terms = analyse(Doc(title=text.title, body=text.body, names=text.names, **marks._asdict()))
    return {each for term in similar if term in terms.n for each in term.split("_")}


def _of_person(listed: Listed, marks: Mapping[int, Marks]) -> dict[str, int]:
    names = {row[2]: marks[row[0]].person or marks[row[0]].id for row in listed.heads}
    return {name: listed.of_whom.get(whose, 0) for whose, name in names.items()}


def _facet(asking: Asking, parts: Iterable[Part], name: str, count: int) -> dict[str, int]:
    """Return how many documents of the answer have each value, most first; empty values are left out."""
    counts: dict[int, int] = {}
    shown: dict[int, str] = {}
    for part in parts:
        # More values than documents there are none; room for many costs time even when it stays empty.
        most = max(1, min(count, _VALUES))
        rest = f"GROUP BY {name} LIMIT 0,{most}"
        rows = asking.rows(f"{name},COUNT(*) AS many,doc", part.where, part.match, rest, most)
        for value, many, doc in rows.rows:
            counts[value] = counts.get(value, 0) + many
            shown[value] = doc
    if name in ("year", "secrecy"):
        total = {str(value): count for value, count in counts.items() if value != NO_YEAR}
    else:
        words = _values(asking.nodes, name, {value: doc for value, doc in shown.items() if value})
        total = {words[value]: count for value, count in counts.items() if value}
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _values(nodes: Nodes, name: str, shown: Mapping[int, str]) -> dict[int, str]:
    """Return what the numbers stand for, by a document that has each; MovedError if one has it no more."""
    ids = {_id(doc) for doc in shown.values()}
    known = {marks.id: getattr(marks, name) for marks in nodes.source.marks(ids)}
    found = {value: known.get(_id(doc), "") for value, doc in shown.items()}
    if any(number(text) != value for value, text in found.items()):
        raise MovedError
    return found


def _suggestions(asking: Asking, tree: Node) -> tuple[str, ...]:
    """Return up to three questions in which words no visible document holds are replaced by near ones."""
    leaves = wanted(tree)
    words = [leaf for leaf in leaves if isinstance(leaf, Word)]
    if not words or any(isinstance(leaf, Prefix) for leaf in leaves):
        return ()
    lost = [not _visible(asking, [each.folded]) for each in words]
    options = [_options(asking, each.folded) if gone else {} for each, gone in zip(words, lost, strict=True)]
    found: dict[str, None] = {}
    for proposal in proposals([each.folded for each in words], options):
        if len(found) == _SUGGESTIONS:
            break
        if _visible(asking, proposal):
            shown = (new if gone else each.canon for new, each, gone in zip(proposal, words, lost, strict=True))
            found[" ".join(shown)] = None
    return tuple(found)


def _options(asking: Asking, lost: str) -> Mapping[str, int]:
    """Return the nearest words that visible documents hold, with their distance."""
    options: dict[str, int] = {}
    far = reach(lost)
    for distance, terms in sorted(similar_terms(asking, WORDS, lost, far).items()) if far else ():
        if len(options) >= _OPTIONS:
            break
        seen = {term: _visible(asking, [term]) for term in terms[:_PROPOSED]}
        likely = sorted((term for term in seen if seen[term]), key=lambda term: (-seen[term], term))
        options |= dict.fromkeys(likely[:_OPTIONS], distance)
    return options


def _visible(asking: Asking, terms: Sequence[str]) -> int:
    """Return how many documents the reader sees hold all these words."""
    return asking.count(asking.mask, both(*(standing("f", word(term)) for term in terms)))
