"""From the tree of a question to what Sphinx is asked: expressions over fields, conditions over marks.

Sphinx joins words as one likes, but marks only by AND. A question that joins both by OR is taken apart into
cases that exclude one another, so that their counts add up; nearly every question is one case.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from search_index.language import And, Narrowing, Node, Not, Or, Phrase, Prefix, Word
from search_index.model import QueryError
from search_index.sphinx_rows import PLACES
from search_index.sphinx_terms import ALL, beginning, word

Assumed = tuple[tuple[Narrowing, bool], ...]
EVERY, NOTHING = And(()), Or(())
MOST_CASES = 16
ANYWHERE, IN_TITLE, IN_NAME = 1, 2, 3


def cases(tree: Node) -> list[tuple[Assumed, Node]]:
    """Return the question as cases of (what marks are assumed, what words must match then).

    QueryError when there would be more than 16.
    """
    atom = _first_atom(tree)
    if atom is None:
        return [((), tree)]
    found: list[tuple[Assumed, Node]] = []
    for truth in (True, False):
        rest = _assume(tree, atom, truth)
        if rest != NOTHING:
            found += [(((atom, truth), *more), words) for more, words in cases(rest)]
        if len(found) > MOST_CASES:
            raise QueryError(
                "too much that narrows is joined by OR with words",
                "Câu tìm nối quá nhiều điều kiện lọc với từ khoá bằng OR, hãy tách thành nhiều câu.",
            )
    return found


def _first_atom(node: Node) -> Narrowing | None:
    if isinstance(node, Narrowing):
        return node
    if isinstance(node, Not):
        return _first_atom(node.part)
    if isinstance(node, And | Or):
        return next((atom for part in node.parts if (atom := _first_atom(part)) is not None), None)
    return None


def _assume(node: Node, atom: Narrowing, truth: bool) -> Node:
    """Return what is left of the node when the atom is known to hold, or not to."""
    if node == atom:
        return EVERY if truth else NOTHING
    if isinstance(node, Not):
        part = _assume(node.part, atom, truth)
        if part in (EVERY, NOTHING):
            return NOTHING if part == EVERY else EVERY
        return Not(part)
    if isinstance(node, And):
        parts = [_assume(part, atom, truth) for part in node.parts]
        return NOTHING if NOTHING in parts else And(tuple(part for part in parts if part != EVERY))
    if isinstance(node, Or):
        parts = [_assume(part, atom, truth) for part in node.parts]
        return EVERY if EVERY in parts else Or(tuple(part for part in parts if part != NOTHING))
    return node


@dataclass(frozen=True)
class Form:
    """Which words are compared: "f" folded ones or "x" those as written; what is excluded always by `excluded`."""

    kind: str
    excluded: str

    def expression(self, node: Node, place: int = ANYWHERE) -> str:
        """Return the expression for documents that match, each word standing at this place or a better one."""
        if isinstance(node, And):
            return self._all(node, place)
        if isinstance(node, Or):
            return either(self.expression(part, place) for part in node.parts)
        if isinstance(node, Not):
            return but(every(), Form(self.excluded, self.excluded).expression(node.part))
        return standing(self.kind, self._leaf(node), place)

    def _all(self, node: And, place: int) -> str:
        wanted = [self.expression(part, place) for part in node.parts if not isinstance(part, Not)] or [every()]
        other = Form(self.excluded, self.excluded)
        return but(both(*wanted), *(other.expression(part.part) for part in node.parts if isinstance(part, Not)))

    def _leaf(self, node: Node) -> str:
        if isinstance(node, Word):
            return word(self._form(node))
        if isinstance(node, Prefix):
            return f"{beginning(self._form(node))}*"
        if isinstance(node, Phrase):
            return f'"{" ".join(word(self._form(each)) for each in node.words)}"'
        raise TypeError(f"{type(node).__name__} is no word")

    def _form(self, node: Word | Prefix) -> str:
        return node.folded if self.kind == "f" else node.canon


def standing(kind: str, what: str, place: int = ANYWHERE) -> str:
    """Return the expression for a word or phrase of this kind at this place or a better one."""
    fields = ",".join(kind + letter for at, letter in PLACES.items() if at >= place)
    return f"(@({fields}) {what})"


def every() -> str:
    """Return the expression that every document matches."""
    return f"(@(a) {ALL})"


def both(*parts: str) -> str:
    """Return the expression for what all parts match."""
    return parts[0] if len(parts) == 1 else f"({' '.join(parts)})"


def either(parts: Iterable[str]) -> str:
    """Return the expression for what some part matches."""
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"({' | '.join(parts)})"


def but(what: str, *not_these: str) -> str:
    """Return the expression for what matches and none of these does."""
    return f"({what}{''.join(f' -({each})' for each in not_these)})" if not_these else what
