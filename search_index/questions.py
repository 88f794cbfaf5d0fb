"""What a question means: its tree, how its words read as a name, and what its typing went wrong in."""

import re
from dataclasses import dataclass
from functools import lru_cache

from search_index.habits import readings
from search_index.language import MAX_LENGTH, And, Node, parse, plain_part, word
from search_index.name_patterns import NameReading
from vietnamese.keyboards import METHODS, Leftover, Method, leftover
from vietnamese.legacy import looks_legacy, to_unicode

# What stands in quotes or after a colon was meant as typed.
_FIELD = re.compile(r"(\w+:\S*)")
_TYPED = re.compile(r'"[^"]*"?|[^\s":]+:\S*|[^\W_]+')
_NUMBER = re.compile(r"(?<![\w/.-])\d+(?![\w/-])")
# What is left with figures or strokes in it is the number of a paper, "17-NQ/TU"; "đ/c" is none.
_CODE = re.compile(r"\d|/(?!\s?[cC]\b)")
_BORN = re.compile(
    r"\b(?:sinh năm|sinh nam|sinh ngày|sinh ngay|năm sinh|nam sinh|sn|sinh)\b\.?\s*(?=\d)", re.IGNORECASE
)


EVERYTHING = And(())


@dataclass(frozen=True)
class Question:
    """A question as it is understood.

    `tree` is what documents must match. `names` are the readings of its words as a name, what is said first: where
    one that is not near stands in a document, the document matches too if it matches `rest`. `instead` is the
    question with its typing repaired, to be asked when this one finds nothing; "" when there is nothing to repair.
    """

    tree: Node
    names: tuple[NameReading, ...] = ()
    rest: Node = EVERYTHING
    instead: str = ""


@lru_cache(maxsize=256)
def understand(q: str) -> Question:
    """Return what the question means; QueryError as `parse`."""
    read, sure = repaired(q) if len(q) <= MAX_LENGTH else (q, True)
    asked = read if sure else q
    tree = parse(asked)
    instead = "" if asked == read else read
    simple = plain_part(asked)
    if simple is None:
        return Question(tree, instead=instead)
    words, narrowing = simple
    words = _BORN.sub(" ", words)
    numbers = tuple(word(number) for number in _NUMBER.findall(words))
    named = _NUMBER.sub(" ", words)
    names = () if _CODE.search(named) else readings(named)
    return Question(tree, names, And((*narrowing, *numbers)), instead)


def repaired(q: str) -> tuple[str, bool]:
    """Return (the question without what a wrong font or a switched off input method left in it, whether that is sure).

    Sure is a text in TCVN3 or VNI letters, and keys that spell both a letter's sign and a tone ("nguyeenx",
    "nguye6n4") or stand in several words. Where it is not sure ("ha2", "test") what was typed may be meant.
    """
    between = _FIELD.split(q)
    encoding = looks_legacy(" ".join(between[::2]))
    if encoding is not None:
        return "".join(part if at % 2 else to_unicode(part, encoding) for at, part in enumerate(between)), True
    best: list[Leftover] = []
    text = q
    for method in METHODS:
        found = [part for match in _TYPED.finditer(q) if (part := _leftover(match, method)) is not None]
        if sum(part.marks for part in found) > sum(part.marks for part in best):
            best, text = found, _TYPED.sub(lambda match, by=method: _read(match, by), q)  # type: ignore[misc]
    sure = any(part.letters for part in best) and (len(best) > 1 or any(part.marks > 1 for part in best))
    return text, sure


def _leftover(match: re.Match[str], method: Method) -> Leftover | None:
    typed = match.group()
    return None if typed.startswith('"') or ":" in typed else leftover(typed, method)


def _read(match: re.Match[str], method: Method) -> str:
    part = _leftover(match, method)
    return match.group() if part is None else part.word
