"""The query language: any string becomes a tree of small nodes, or one clear QueryError that says where.

Words are ANDed; "…" is a phrase; -word excludes; word* is a prefix; OR (or HOẶC) joins alternatives and binds
weaker than AND (a b OR c = (a and b) or c); NOT excludes what follows it, AND says what standing side by side says
already, both in capitals only; brackets group; type:, unit:, year:, block:, secrecy:, link: and missing:
narrow, in Vietnamese too (loại:, đơn_vị:, năm:, khối:, mật:, liên_kết:, thiếu:). Everything else is punctuation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from search_index.analysis import forms, prefix_forms
from search_index.model import QueryError
from search_index.narrowing import NARROWING, BlockIs, Linked, Missing, SecrecyIs, TypeIs, UnitUnder, Years, narrow
from vietnamese.text import syllables

MAX_LENGTH = 200
MAX_WORDS = 32
MAX_PREFIXES = 8
MAX_DEPTH = 8
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


Narrowing = TypeIs | UnitUnder | Years | BlockIs | SecrecyIs | Linked | Missing
Node = Word | Prefix | Phrase | And | Or | Not | Narrowing

_PIECE = re.compile(r'(?P<minus>-*)(?:"(?P<phrase>[^"]*)"?|(?P<open>\()|(?P<close>\))|(?P<plain>[^\s"()]+))')
_OR = ("OR", "HOẶC")
_AND, _NOT = "AND", "NOT"


@dataclass
class _Level:
    """What stands between two brackets so far."""

    minus: bool = False
    branches: list[list[Node]] = field(default_factory=lambda: [[]])

    def add(self, nodes: list[Node], *, minus: bool) -> None:
        if minus and nodes:
            nodes = [Not(nodes[0] if len(nodes) == 1 else And(tuple(nodes)))]
        self.branches[-1].extend(nodes)

    def nodes(self) -> list[Node]:
        """Return the parts to stand side by side in the level outside."""
        filled = [branch for branch in self.branches if branch]
        if len(filled) > 1:
            return [Or(tuple(And(tuple(branch)) for branch in filled))]
        return filled[0] if filled else []


def parse(q: str) -> Node:
    """Return the tree of the query; the empty string is an And of nothing, which matches every document.

    QueryError for more than 200 characters, 32 words, 8 prefixes or 8 brackets within one another, a prefix under two
    letters, a value that is none, or text without a single letter or digit. A bracket without its other half is
    punctuation.
    """
    levels = [_Level()]
    denied = False
    for match in pieces(q):
        if match.group() in (_AND, _NOT):
            denied = match.group() == _NOT
            continue
        minus, denied = denied or bool(match["minus"]), False
        if match["open"]:
            if len(levels) > MAX_DEPTH:
                raise _fault("brackets too deep", f"Quá {MAX_DEPTH} lớp ngoặc lồng nhau", match)
            levels.append(_Level(minus))
        elif match["close"]:
            _close(levels)
        elif match.group() in _OR:
            levels[-1].branches.append([])
        else:
            levels[-1].add(_piece(match), minus=minus)
    while len(levels) > 1:
        _close(levels)
    parts = levels[0].nodes()
    if not parts and q.strip():
        raise QueryError("nothing to search for", "Câu tìm không có chữ hay số nào.")
    tree = parts[0] if len(parts) == 1 and isinstance(parts[0], Or) else And(tuple(parts))
    _check_size(tree)
    return tree


def pieces(q: str) -> Iterator[re.Match[str]]:
    """Yield the pieces of a query in order; QueryError for one that is too long or holds broken letters."""
    if len(q) > MAX_LENGTH:
        raise QueryError(
            f"query longer than {MAX_LENGTH} characters", f"Câu tìm dài quá {MAX_LENGTH} ký tự, hãy rút ngắn."
        )
    at = next((at for at, letter in enumerate(q) if "\ud800" <= letter <= "\udfff"), None)
    if at is not None:
        raise QueryError(
            "half a character (a lone surrogate)", f"Câu tìm có ký tự hỏng ở vị trí {at + 1}.", (at, at + 1)
        )
    return _PIECE.finditer(q)


def plain_part(q: str) -> tuple[str, tuple[Narrowing, ...]] | None:
    """Return (the words as typed with their punctuation and brackets, what narrows beside them) of a simple query.

    None when something is excluded, joined, quoted or a prefix: then the words are no name to be read by habit.
    """
    words: list[str] = []
    narrowing: list[Narrowing] = []
    for match in pieces(q):
        plain = match["plain"]
        joined = match.group() in (*_OR, _AND, _NOT)
        if match["minus"] or match["phrase"] is not None or joined or (plain or "").endswith("*"):
            return None
        node = _narrowed(match) if plain else None
        if node is not None:
            narrowing.append(node)
        else:
            words.append(match.group())
    return " ".join(words), tuple(narrowing)


def show(node: Node) -> str:
    """Return the tree as a query: `parse(show(parse(q))) == parse(q)`."""
    if isinstance(node, Word):
        return node.canon
    if isinstance(node, Prefix):
        return f"{node.canon}*"
    if isinstance(node, Phrase):
        return f'"{" ".join(word.canon for word in node.words)}"'
    if isinstance(node, And):
        return " ".join(f"({show(part)})" if isinstance(part, And | Or) else show(part) for part in node.parts)
    if isinstance(node, Or):
        return " OR ".join(show(part) for part in node.parts)
    if isinstance(node, Not):
        return f"-({show(node.part)})" if isinstance(node.part, And | Or | Not) else f"-{show(node.part)}"
    return node.shown()


def has_phrase(node: Node) -> bool:
    """Return whether a phrase is asked for, alone or beside or instead of something else."""
    if isinstance(node, And | Or):
        return any(map(has_phrase, node.parts))
    return isinstance(node, Phrase)


def wanted(node: Node) -> list[Word | Prefix]:
    """Return the words and prefixes a matching document may show, none of the excluded ones."""
    if isinstance(node, Word | Prefix):
        return [node]
    if isinstance(node, Phrase):
        return list(node.words)
    if isinstance(node, And | Or):
        return [leaf for part in node.parts for leaf in wanted(part)]
    return []


def word(text: str) -> Word:
    """Return the leaf for one word as typed."""
    return Word(*forms(text))


def _close(levels: list[_Level]) -> None:
    if len(levels) > 1:
        level = levels.pop()
        levels[-1].add(level.nodes(), minus=level.minus)


def _piece(match: re.Match[str]) -> list[Node]:
    if match["phrase"] is not None:
        return _side_by_side(match["phrase"])
    narrowed = _narrowed(match)
    if narrowed is not None:
        return [narrowed]
    return _prefix(match) if match["plain"].endswith("*") else _side_by_side(match["plain"])


def _narrowed(match: re.Match[str]) -> Narrowing | None:
    parts = NARROWING.fullmatch(match["plain"])
    if parts is None:
        return None
    try:
        return narrow(parts[1], parts[2])
    except ValueError as wrong:
        raise _fault(f"{parts[1]}: {parts[2]!r} is no value", str(wrong), match) from None


def _side_by_side(text: str) -> list[Node]:
    words = tuple(word(each) for each in syllables(text))
    if len(words) > 1:
        return [Phrase(words)]
    return list(words)


def _prefix(match: re.Match[str]) -> list[Node]:
    plain = match["plain"]
    words = syllables(plain)
    if not words:
        return []
    # The star belongs to the letters it stands at: "17/q*" is 17 and a word in q….
    if len(words[-1]) < MIN_PREFIX or not plain.rstrip("*").endswith(words[-1][-1]):
        raise _fault("a prefix is too short", f"Cần ít nhất {MIN_PREFIX} chữ cái ngay trước dấu *", match)
    return [*(word(each) for each in words[:-1]), Prefix(*prefix_forms(words[-1]))]


def _fault(message: str, message_vi: str, match: re.Match[str]) -> QueryError:
    start, end = match.span()
    shown = match.group() if end - start <= 40 else match.group()[:39] + "…"
    return QueryError(
        f"{message} at {start}..{end}", f"{message_vi} (chỗ «{shown}», ký tự thứ {start + 1}).", (start, end)
    )


def _check_size(node: Node) -> None:
    if _count(node, Word | Prefix | Narrowing) > MAX_WORDS:
        raise QueryError(f"more than {MAX_WORDS} words", f"Câu tìm có quá {MAX_WORDS} từ, hãy rút ngắn.")
    if _count(node, Prefix) > MAX_PREFIXES:
        raise QueryError(f"more than {MAX_PREFIXES} prefixes", f"Câu tìm có quá {MAX_PREFIXES} dấu *, hãy bớt đi.")


def _count(node: Node, kind: object) -> int:
    if isinstance(node, And | Or):
        return sum(_count(part, kind) for part in node.parts)
    if isinstance(node, Not):
        return _count(node.part, kind)
    if isinstance(node, Phrase):
        return sum(_count(part, kind) for part in node.words)
    return int(isinstance(node, kind))  # type: ignore[arg-type]
