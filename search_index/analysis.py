"""From a document to the terms it is found by, the same for indexing and asking.

Five fields, each term with the best place it stands in (3 a name, 2 the title, 1 the body):
`f` folded words, `x` words as written (canonical spelling, marks kept), `n` names: folded runs of two to
five capitalised syllables joined by "_", so that a whole name is one look-up, `m` the same with their marks;
`b` pairs of neighbouring words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search_index.model import Doc, Text
from search_index.packing import pack
from search_index.pairs import pairs
from vietnamese.names import capitalised_runs
from vietnamese.text import canon, fold, one_y, syllables

IN_NAME, IN_TITLE, IN_BODY = 3, 2, 1
GRAM_SIZES = range(2, 6)
# Longer "words" are noise of a scan or a rule drawn in letters; cutting them bounds the index.
_MAX_TOKEN = 64
# What is kept with y is found by a prefix with i too.
_WITH_I = {one_y(onset + i): onset + i for onset in ("h", "k", "l", "m", "s", "t", "qu") for i in "iíìỉĩị"}


@dataclass(frozen=True)
class Terms:
    """What one document is found by: in each field the terms with their places."""

    f: dict[str, int]
    x: dict[str, int]
    n: dict[str, int]
    m: dict[str, int]
    b: dict[str, int]


@lru_cache(maxsize=200_000)
def forms(token: str) -> tuple[str, str]:
    """Return (folded, canonical) of one word; lí and lý, kĩ and kỹ are one word here."""
    written = one_y(canon(token[:_MAX_TOKEN]))
    return fold(written), written


def prefix_forms(token: str) -> tuple[str, str]:
    """Return (folded, canonical) of the beginning of a word: "li" may go on to "linh", so it keeps its i."""
    written = canon(token[:_MAX_TOKEN])
    return fold(written), written


def grams(words: Sequence[str], form: int = 0) -> Iterable[str]:
    """Yield every run of two to five neighbouring words of a name, folded (form 0) or as written, joined by "_"."""
    spelt = [forms(word)[form] for word in words]
    for size in GRAM_SIZES:
        for start in range(len(spelt) - size + 1):
            yield "_".join(spelt[start : start + size])


def analyse(doc: Doc) -> Terms:
    """Return the document's terms; later places in this order win: body, title, names."""
    f: dict[str, int] = {}
    x: dict[str, int] = {}
    n: dict[str, int] = {}
    m: dict[str, int] = {}
    b: dict[str, int] = {}
    names = [syllables(name) for name in doc.names]
    title, body = syllables(doc.title), syllables(doc.body)
    for place, runs in ((IN_BODY, [body]), (IN_TITLE, [title]), (IN_NAME, names)):
        for words in runs:
            both = [forms(word) for word in words]
            folded = [own for own, _ in both]
            f.update(dict.fromkeys(folded, place))
            x.update(dict.fromkeys((written for _, written in both), place))
            b.update(dict.fromkeys(pairs(folded), place))
    for terms in (f, x):
        terms.update({as_i: terms[as_y] for as_y, as_i in _WITH_I.items() if as_y in terms})
    for place, named in (
        (IN_BODY, capitalised_runs(doc.body)),
        (IN_TITLE, capitalised_runs(doc.title)),
        (IN_NAME, names),
    ):
        for run in named:
            n.update(dict.fromkeys(grams(run), place))
            m.update(dict.fromkeys(grams(run, 1), place))
    return Terms(f, x, n, m, b)


def packed_words(text: Text) -> bytes:
    """Return names, title and body as words side by side, so that a phrase is a part of it (see `packing`).

    Each is closed by a line break, every word stands between two blanks.
    """

    def joined(part: str) -> str:
        return f" {' '.join(forms(word)[1] for word in syllables(part))} "

    # "|" keeps a phrase from running from one name into the next.
    return pack("\n".join(("|".join(map(joined, text.names)), joined(text.title), joined(text.body), "")))
