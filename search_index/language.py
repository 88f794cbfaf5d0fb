"""The query language: any string becomes a tree of small nodes, or one clear QueryError.

Words are ANDed; "…" is a phrase; -word excludes; word* is a prefix; OR joins alternatives and binds weaker
than AND (a b OR c = (a and b) or c); type:, unit:, year: narrow. Everything else is punctuation.
"""

import re
from dataclasses import dataclass

from search_index.analysis import forms
from search_index.model import QueryError
from vietnamese.text import syllables

MAX_LENGTH = 200
MAX_WORDS = 32
MIN_PREFIX = 2


@dataclass(frozen=True)
class Word:
    """Documents holding this word; both forms, so that an evaluator can ask for either."""

    folded: str
    canon: str


@dataclass(frozen=True)
class Prefix:
    """Documents holding a word that begins so."""

    folded: str
    canon: str


@dataclass(frozen=True)
class Phrase:
    """Documents holding these words side by side in this order."""

    words: tuple[Word, ...]


@dataclass(frozen=True)
class And:
    """Documents that every part matches; no parts match every document."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """Documents that some part matches."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Not:
    """Documents the part does not match."""

    part: "Node"


@dataclass(frozen=True)
class TypeIs:
    """Documents of this type or a sub-type of it."""

    value: str


@dataclass(frozen=True)
class UnitUnder:
    """Documents of this unit or one below it."""

    value: str


@dataclass(frozen=True)
class Years:
    """Documents dated within these years, both included; None is open."""

    first: int | None
    last: int | None


Node = Word | Prefix | Phrase | And | Or | Not | TypeIs | UnitUnder | Years

_PIECE = re.compile(r'(?P<minus>-*)(?:"(?P<phrase>[^"]*)"?|(?P<plain>[^\s"]+))')
_FIELD = re.compile(r"(type|unit|year):(.*)", re.IGNORECASE | re.DOTALL)
_YEARS = re.compile(r"(\d{4})?(\.\.)?(\d{4})?")


def parse(q: str) -> Node:
    """Return the tree of the query; the empty string is an And of nothing, which matches every document.

    QueryError for more than 200 characters or 32 words, a prefix under two letters, a year that is none, or
    text without a single letter or digit.
    """
    if len(q) > MAX_LENGTH:
        raise QueryError(
            f"query longer than {MAX_LENGTH} characters", f"Câu tìm dài quá {MAX_LENGTH} ký tự, hãy rút ngắn."
        )
    if any("\ud800" <= letter <= "\udfff" for letter in q):
        raise QueryError("half a character (a lone surrogate)", "Câu tìm có ký tự hỏng.")
    branches: list[list[Node]] = [[]]
    for match in _PIECE.finditer(q):
        if match.group() == "OR":
            branches.append([])
            continue
        nodes = _piece(match)
        if match["minus"]:
            nodes = [Not(nodes[0] if len(nodes) == 1 else And(tuple(nodes)))] if nodes else []
        branches[-1].extend(nodes)
    filled = [branch for branch in branches if branch]
    if not filled and q.strip():
        raise QueryError("nothing to search for", "Câu tìm không có chữ hay số nào.")
    tree = And(tuple(filled[0])) if len(filled) == 1 else Or(tuple(And(tuple(part)) for part in filled))
    _check_size(tree)
    return tree if filled else And(())


def plain_words(node: Node) -> tuple[Word, ...]:
    """Return the words of a query that is nothing but two or more words side by side, else ()."""
    if isinstance(node, And) and len(node.parts) > 1:
        words = tuple(part for part in node.parts if isinstance(part, Word))
        if len(words) == len(node.parts):
            return words
    return ()


def wanted(node: Node) -> list[Word | Prefix]:
    """Return the words and prefixes a matching document may show, none of the excluded ones."""
    if isinstance(node, Word | Prefix):
        return [node]
    if isinstance(node, Phrase):
        return list(node.words)
    if isinstance(node, And | Or):
        return [leaf for part in node.parts for leaf in wanted(part)]
    return []


def _piece(match: re.Match[str]) -> list[Node]:
    if match["phrase"] is not None:
        return _side_by_side(match["phrase"])
    plain = match["plain"]
    narrowing = _FIELD.fullmatch(plain)
    if narrowing is not None:
        return [_narrow(narrowing.group(1).lower(), narrowing.group(2))]
    if plain.endswith("*"):
        return _prefix(plain)
    return _side_by_side(plain)


def _word(text: str) -> Word:
    return Word(*forms(text))


def _side_by_side(text: str) -> list[Node]:
    words = tuple(_word(word) for word in syllables(text))
    if len(words) > 1:
        return [Phrase(words)]
    return list(words)


def _prefix(plain: str) -> list[Node]:
    words = syllables(plain)
    if not words:
        return []
    # The star belongs to the letters it stands at: "17/q*" is 17 and a word in q….
    if len(words[-1]) < MIN_PREFIX or not plain.rstrip("*").endswith(words[-1][-1]):
        raise QueryError(
            f"a prefix needs {MIN_PREFIX} letters before *", f"Cần ít nhất {MIN_PREFIX} chữ cái trước dấu *."
        )
    return [*(_word(word) for word in words[:-1]), Prefix(*forms(words[-1]))]


def _narrow(name: str, value: str) -> Node:
    value = value.strip()
    if name == "year":
        match = _YEARS.fullmatch(value)
        if match is None or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
            raise QueryError(
                f"not a year or a range of years: {value!r}",
                "Năm phải viết như year:2005, year:2005.. hoặc year:2005..2010.",
            )
        first, last = (int(part) if part else None for part in (match[1], match[3]))
        return Years(first, last) if match[2] else Years(first, first)
    if not value:
        raise QueryError(f"{name}: needs a value", f"Thiếu giá trị sau {name}:.")
    return TypeIs(value) if name == "type" else UnitUnder(value)


def _check_size(node: Node) -> None:
    if _size(node) > MAX_WORDS:
        raise QueryError(f"more than {MAX_WORDS} words", f"Câu tìm có quá {MAX_WORDS} từ, hãy rút ngắn.")


def _size(node: Node) -> int:
    if isinstance(node, And | Or):
        return sum(_size(part) for part in node.parts)
    if isinstance(node, Not):
        return _size(node.part)
    return len(node.words) if isinstance(node, Phrase) else 1
