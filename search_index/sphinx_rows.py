"""From a document to its row: the words in their fields, the marks as numbers; from terms to theirs."""

from collections.abc import Iterable, Mapping, Sequence

from search_index.analysis import Terms, forms
from search_index.model import Doc, Marks
from search_index.sphinx_config import DOC_FIELDS, DOC_NUMBERS, DOC_PATHS
from search_index.sphinx_link import numbers, quoted
from search_index.sphinx_terms import ALL, BETWEEN, above, encode, number, trigrams, word
from vietnamese.text import syllables

NO_YEAR = -1
NAMES, WORDS = 1, 2
"""Kinds of terms that similar ones are looked for of."""
KINDS = ((NAMES, "n"), (WORDS, "f"))
PLACES = {3: "n", 2: "t", 1: "b"}
"""The letter of the field for each place: names, title, body."""
_HIGHEST = 1 << 62
_LAST = "\U0010ffff"
# After the name that orders: within one word the folded form, then the word as written, decides.
_WITHIN, _AFTER = "\x01", "\x02"
_DOC_COLUMNS = ("id", *DOC_FIELDS, "doc", "name", *DOC_NUMBERS, *DOC_PATHS)
_WORD_COLUMNS = ("id", "t", "w", "term", "kind", "size")


def doc_columns() -> str:
    """Return the columns of a document's row, in the order of `doc_row`."""
    return ",".join(_DOC_COLUMNS)


def word_columns() -> str:
    """Return the columns of a term's row, in the order of `word_row`."""
    return ",".join(_WORD_COLUMNS)


def shard_of(id_: str, nodes: int) -> int:
    """Return the number of the node that holds this document or term."""
    return number(id_) % nodes


def doc_row(doc: Doc, terms: Terms, marks: Marks | None, name: str, *, at: int, nodes: int) -> str:
    """Return the values of a document's row; without marks nobody sees it."""
    words = _words(doc, terms)
    values = [str(number(doc.id)), *(quoted(words[field]) for field in DOC_FIELDS), quoted(doc.id.encode().hex())]
    values.append(quoted(order_of(name) if name else (_LAST * 2).encode().hex()))
    own = {**marked(marks), "at": str(at), "shard": str(shard_of(doc.id, nodes))}
    return f"({','.join((*values, *(own[column] for column in (*DOC_NUMBERS, *DOC_PATHS))))})"


def marked(marks: Marks | None) -> dict[str, str]:
    """Return the columns that the marks decide; of a document the records do not know, such as nobody sees."""
    if marks is None:
        hidden = dict.fromkeys((name for name in DOC_NUMBERS if name not in ("at", "shard")), "0")
        return {**hidden, "year": str(NO_YEAR), **dict.fromkeys(DOC_PATHS, "()")}
    year = NO_YEAR if marks.year is None else marks.year
    values = {name: number(getattr(marks, name)) for name in ("unit", "type", "block", "compartment", "person")}
    values |= {
        # What lies in no dossier, or is about nobody, stands for itself.
        "file": number(marks.dossier) or itself(marks.id),
        "whose": values["person"] or itself(marks.id),
        "secrecy": min(marks.secrecy, _HIGHEST),
        "year": year,
        "day": marks.day if marks.day > 0 else max(year, 0) * 10_000,
        "marks": sum_of(marks),
    }
    paths = {"units": above(marks.unit), "types": above(marks.type)}
    return {
        **{name: str(value) for name, value in values.items()},
        **{name: f"({numbers(path)})" for name, path in paths.items()},
    }


def itself(id_: str) -> int:
    """Return the number that stands for a document where others have a dossier or a person."""
    return number(f"\0{id_}")


def sum_of(marks: Marks) -> int:
    """Return a number that differs where any mark differs."""
    return number("\0".join(map(repr, marks)))


def order_of(name: str) -> str:
    """Return letters that sort as lists of cadres do: by given name, then family and middle names."""
    words = [forms(each) for each in syllables(name)]
    ordered = (*words[-1:], *words[:-1]) or ((_LAST, _LAST),)
    return "".join(f"{folded}{_WITHIN}{written}{_AFTER}" for folded, written in ordered).encode().hex()


def word_row(kind: int, term: str) -> str:
    """Return the values of a term's row."""
    syllable = " ".join(map(word, term.split("_")))
    texts = (" ".join(trigrams(term)), syllable, encode(term))
    return f"({word_id(kind, term)},{','.join(map(quoted, texts))},{kind},{len(term)})"


def word_id(kind: int, term: str) -> int:
    """Return the number of a term's row."""
    return number(f"{kind}\0{term}")


def _words(doc: Doc, terms: Terms) -> dict[str, str]:
    """Return the text of each field; a term that is no word of its place as it stands follows apart."""
    found = {"a": ALL}
    texts: Mapping[str, Sequence[str]] = {"n": doc.names, "t": (doc.title,), "b": (doc.body,)}
    for place, letter in PLACES.items():
        pairs = [[forms(each) for each in syllables(text)] for text in texts[letter]]
        for form, (field, own) in enumerate((("f", terms.f), ("x", terms.x))):
            lines = [[pair[form] for pair in line] for line in pairs]
            seen = {each for line in lines for each in line}
            more = [[term] for term, best in own.items() if best == place and term not in seen]
            found[field + letter] = _joined([*lines, *more])
        found["n" + letter] = " ".join(word(term) for term, best in terms.n.items() if best == place)
    return found


def _joined(lines: Iterable[Iterable[str]]) -> str:
    return f" {BETWEEN} ".join(" ".join(map(word, line)) for line in lines)
