"""The piece of a document that shows why it was found, and where in the piece the matches stand."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from search_index.analysis import forms
from search_index.language import Prefix, Word
from search_index.model import Text
from vietnamese.text import TOKEN, fold, repair_eth

LENGTH = 220
_BEFORE = 40
# A snippet need not be looked for beyond this; a whole book in one document stays affordable.
_LOOKED_AT = 100_000
# Letters up to here are folded by a table; a text with others, or with loose marks, is gone through word by word.
_TABLED = 0x3000
_OTHER = b"\x01"
_LONGEST = 60
_BLANKS = ("\n", "\r", "\t", "\f", "\v")

Span = tuple[int, int]


@dataclass(frozen=True)
class Sought:
    """The folded words and prefixes to mark."""

    words: frozenset[str]
    prefixes: tuple[str, ...]

    @classmethod
    def of(cls, leaves: Iterable[Word | Prefix]) -> "Sought":
        """Return what the leaves of a query look for."""
        leaves = list(leaves)
        return cls(
            frozenset(leaf.folded for leaf in leaves if isinstance(leaf, Word)),
            tuple(leaf.folded for leaf in leaves if isinstance(leaf, Prefix)),
        )

    def and_words(self, words: Iterable[str]) -> "Sought":
        """Return the same with more folded words."""
        return Sought(self.words | frozenset(words), self.prefixes)

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Return (start, end, folded word) of every match in the text."""
        if not self.words and not self.prefixes:
            return []
        found = []
        for match in self._candidates(text):
            folded = forms(match.group())[0]
            if folded in self.words or (self.prefixes and folded.startswith(self.prefixes)):
                found.append((match.start(), match.end(), folded))
        return found

    def _candidates(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the words of the text that may match, in order: in a folded text they are found in one pass."""
        folded = _folded(text)
        if _OTHER in folded or any(len(word) > _LONGEST for word in self.words):
            yield from TOKEN.finditer(text)
            return
        for place in self._pattern.finditer(folded):
            match = TOKEN.match(text, place.start())  # the blank before it stands one letter further left in the text
            if match:
                yield match

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        whole = [re.escape(_alike(word)) + b"(?= )" for word in sorted(self.words)]
        begun = [re.escape(_alike(prefix)) for prefix in self.prefixes]
        return re.compile(b" (?=" + b"|".join(whole + begun) + b")")


def _folded(text: str) -> bytes:
    """Return the text in plain small letters, a byte a letter, a blank before and behind; i and y fall together."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    folded: bytes = _table()[np.minimum(letters, _TABLED)].tobytes()
    return b" " + folded + b" "


@lru_cache(maxsize=1)
def _table() -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    """Return the byte of each letter: blank for what is no part of a word, _OTHER for what no one byte stands for."""
    folded = b"".join(_byte(chr(code)) for code in range(_TABLED)) + _OTHER
    return np.frombuffer(folded, np.uint8)


def _byte(letter: str) -> bytes:
    if "\u0300" <= letter <= "\u036f":
        return _OTHER
    if not TOKEN.match(letter):
        return b" "
    plain = fold(letter)
    return _alike(plain) if len(plain) == 1 and plain.isascii() and plain.isalnum() else _OTHER


def _alike(word: str) -> bytes:
    return word.replace("i", "y").encode("utf-8", "replace")


def snippet(of: Text, sought: Sought) -> tuple[str, tuple[Span, ...]]:
    """Return (plain text of about 220 characters, the matches' places in it).

    Taken from the body, title or names, whichever shows most different words sought, body first; the
    beginning of the body (or the title) where nothing is to show. "…" stands where text was cut.
    """
    best: tuple[int, str, list[tuple[int, int, str]]] = (0, repair_eth((of.body or of.title)[:_LOOKED_AT]), [])
    for source in (of.body, of.title, ", ".join(of.names)):
        text = repair_eth(source[:_LOOKED_AT])
        spans = sought.spans(text)
        distinct = len({word for _, _, word in _densest(spans)})
        if distinct > best[0]:
            best = (distinct, text, spans)
        if distinct and distinct == len(sought.words) + len(sought.prefixes):
            break
    _, text, spans = best
    window = _densest(spans)
    return _cut(text, window[0][0] if window else 0, spans)


def _densest(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the first run of matches within one snippet's length that shows the most different words."""
    best: list[tuple[int, int, str]] = []
    most, last = 0, 0
    for first, span in enumerate(spans):
        last = max(last, first)
        while last < len(spans) and spans[last][1] <= span[0] + LENGTH - _BEFORE:
            last += 1
        if last - first <= most:
            continue
        distinct = len({word for _, _, word in spans[first:last]})
        if distinct > most:
            most, best = distinct, spans[first:last]
    return best


def _cut(text: str, at: int, spans: list[tuple[int, int, str]]) -> tuple[str, tuple[Span, ...]]:
    start = 0
    if at > _BEFORE:
        blank = text.find(" ", at - _BEFORE, at)
        start = blank + 1 if blank >= 0 else at
    end = min(len(text), start + LENGTH)
    if end < len(text):
        blank = text.rfind(" ", start + LENGTH // 2, end)
        end = blank if blank >= 0 else end
    head, tail = "…" if start else "", "…" if end < len(text) else ""
    shift = len(head) - start
    piece = text[start:end]
    for blank_of_another_kind in _BLANKS:  # a table of letters costs ten times as much
        piece = piece.replace(blank_of_another_kind, " ")
    return head + piece + tail, tuple((a + shift, b + shift) for a, b, _ in spans if a >= start and b <= end)
