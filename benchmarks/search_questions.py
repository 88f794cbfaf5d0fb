"""The questions the measurements of search ask: drawn from the papers, and said so that every engine can answer."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.search_corpus import TYPES, Corpus
from search_index import Doc, Visible
from search_index.analysis import forms
from vietnamese.text import syllables

_SAMPLE = 3000
_LETTERS = "abcdeghiklmnopqrstuvxy"

# Everything; a fifth: eight provinces without the higher levels; a fiftieth: one province's open papers.
READERS = {
    "100 %": Visible(("",), 3, frozenset({"kiem_tra", "bao_ve_noi_bo"})),
    "20 %": Visible(tuple(f"{n:02d}" for n in range(4, 12)), 1),
    "2 %": Visible(("07",), 0),
}


@dataclass(frozen=True)
class Question:
    """One question: as typed in ours, and in parts for the languages of the others. Words are folded."""

    kind: str
    q: str
    must: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    side_by_side: tuple[str, ...] = ()
    """A phrase: folded words, or words as written when `exact`."""
    exact: bool = False
    prefix: str = ""
    off: int = 0
    """`side_by_side` is a name with so many wrong letters."""
    type: str | None = None
    years: tuple[int, int] | None = None
    facets: bool = False
    grouped: bool = False


class Questions:
    """Draws the questions of each kind from a sample of the papers."""

    def __init__(self, corpus: Corpus, each: int, seed: int) -> None:
        self._rng = random.Random(f"{seed} questions")
        self._each = each
        step = max(1, corpus.count // _SAMPLE)
        sample = [corpus.paper(number) for number in range(0, corpus.count, step)]
        counted = Counter(word for doc in sample for word in folded_words(doc))
        words = [word for word, _ in counted.most_common() if word.isalpha() and word.isascii() and len(word) > 1]
        self._often, self._middling = words[: max(each, 60)], words[:400]
        self._seldom = [word for word in words if counted[word] == 1 and len(word) > 3]
        self._names = [self._rng.choice(sample) for _ in range(4 * each)]
        self._people = list(dict.fromkeys(corpus.person(int(doc.person[1:])).name for doc in self._names))

    def all(self) -> Iterator[tuple[str, list[Question]]]:
        """Yield the kinds in the order of the table, each with its questions."""
        makers: dict[str, Callable[[int], Question]] = {
            "full name, as typed": self._name,
            "full name, no marks": self._phrase,
            "full name, marks": self._exact_name,
            "name in quotes, marks": self._exact_phrase,
            "common term": self._common,
            "rare term": self._rare,
            "boolean of 3": self._boolean,
            "boolean, type, years": self._narrowed,
            "prefix of 3 letters": self._prefix,
            "name, 1 letter off": lambda n: self._off(n, 1),
            "name, 2 letters off": lambda n: self._off(n, 2),
            "facets type, unit": self._facets,
            "grouped by person": self._grouped,
        }
        for kind, make in makers.items():
            yield kind, [make(number) for number in range(self._each)]

    def _written(self, number: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        name = self._people[number % len(self._people)]
        pairs = [forms(word) for word in syllables(name)]
        return name, tuple(folded for folded, _ in pairs), tuple(written for _, written in pairs)

    def _name(self, number: int) -> Question:
        _, folded, _ = self._written(number)
        return Question("full name, as typed", " ".join(folded), side_by_side=folded)

    def _exact_name(self, number: int) -> Question:
        name, _, written = self._written(number)
        return Question("full name, marks", name, side_by_side=written, exact=True)

    def _exact_phrase(self, number: int) -> Question:
        name, _, written = self._written(number)
        return Question("name in quotes, marks", f'"{name}"', side_by_side=written, exact=True)

    def _phrase(self, number: int) -> Question:
        # In quotes, so that ours too finds the name as it stands and nothing near.
        _, folded, _ = self._written(number)
        return Question("full name, no marks", f'"{" ".join(folded)}"', side_by_side=folded)

    def _common(self, number: int) -> Question:
        word = self._often[number % len(self._often)]
        return Question("common term", word, (word,))

    def _rare(self, number: int) -> Question:
        word = self._seldom[number * 7 % len(self._seldom)]
        return Question("rare term", word, (word,))

    def _boolean(self, number: int) -> Question:
        a, b, c = self._rng.sample(self._middling, 3)
        if number % 4 == 2:
            return Question("boolean of 3", f"{a} {b} -{c}", (a, b), none=(c,))
        if number % 4 == 3:
            return Question("boolean of 3", f"({a} OR {b}) {c}", (c,), either=(a, b))
        return Question("boolean of 3", f"{a} {b} {c}", (a, b, c))

    def _narrowed(self, _number: int) -> Question:
        a, b = self._rng.sample(self._middling, 2)
        first = self._rng.randrange(1990, 2020)
        kind = self._rng.choice(list(TYPES)[:6])
        return Question("boolean, type, years", f"{a} {b}", (a, b), type=kind, years=(first, first + 8))

    def _prefix(self, _number: int) -> Question:
        start = self._rng.choice([word for word in self._middling if len(word) > 3])[:3]
        return Question("prefix of 3 letters", f"{start}*", prefix=start)

    def _off(self, number: int, off: int) -> Question:
        _, folded, _ = self._written(number)
        words = list(folded)
        # In different words: engines that allow a wrong letter in each word can find it too.
        for at in self._rng.sample(range(len(words)), off):
            word = words[at]
            spot = self._rng.randrange(len(word))
            words[at] = word[:spot] + self._rng.choice(_LETTERS.replace(word[spot], "")) + word[spot + 1 :]
        plural = "s" if off > 1 else ""
        return Question(f"name, {off} letter{plural} off", " ".join(words), side_by_side=tuple(words), off=off)

    def _facets(self, number: int) -> Question:
        word = self._often[number * 3 % len(self._often)]
        return Question("facets type, unit", word, (word,), facets=True)

    def _grouped(self, number: int) -> Question:
        a, b = self._rng.sample(self._middling, 2)
        return Question("grouped by person", f"{a} {b}", (a, b), grouped=True)


def folded_words(doc: Doc) -> set[str]:
    """Return the different folded words of a paper."""
    return {forms(word)[0] for word in syllables(" ".join((*doc.names, doc.title, doc.body)))}
