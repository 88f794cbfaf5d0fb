"""What a name looks like when part of it is not said, and where in a lexicon of names it fits.

A lexicon of names (the terms of `n`) is large; asking a pattern of every term one by one is slow. So each term has a
shape: one number that holds how many syllables it has and how each begins. A pattern is compared with all shapes at
once, and only the few terms that are left are looked at.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Shapes = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]

MOST_SYLLABLES = 5
_COUNT_BITS, _LETTER_BITS = 3, 5
_OTHER = 27
_CODES = np.full(256, _OTHER, np.uint32)
_CODES[ord("a") : ord("z") + 1] = range(1, 27)


@dataclass(frozen=True)
class Part:
    """One syllable of a name: the whole of it, or how it begins ("" begins every syllable)."""

    folded: str
    canon: str = ""
    whole: bool = True


ANY = Part("", "", whole=False)


@dataclass(frozen=True)
class NameReading:
    """One way to read a question as a name.

    Not `near`: it says what the question says, and where it stands the name stands. `near`: a guess, to be told as one.
    `alias`: another name that was told beside the first; where it alone stands comes after where the first does.
    """

    parts: tuple[Part, ...]
    near: bool = False
    alias: bool = False

    @cached_property
    def gram(self) -> str:
        """Return the one term it can be, "" when it may be several."""
        return "_".join(part.folded for part in self.parts) if all(part.whole for part in self.parts) else ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("_".join(re.escape(part.folded) + ("" if part.whole else "[^_]*") for part in self.parts))

    @cached_property
    def filled(self) -> bool:
        """Return whether a syllable was put in of which nothing was said."""
        return any(not part.folded for part in self.parts)

    def fits(self, term: str) -> bool:
        """Return whether the term is such a name; a pattern with gaps never takes a name that is said in full."""
        return self._pattern.fullmatch(term) is not None

    def shape(self) -> tuple[int, int]:
        """Return (mask, value): `shapes & mask == value` for every term that fits, and for few others."""
        mask, value = (1 << _COUNT_BITS) - 1, len(self.parts)
        for place, part in enumerate(self.parts):
            if part.folded:
                at = _COUNT_BITS + _LETTER_BITS * place
                mask |= ((1 << _LETTER_BITS) - 1) << at
                value |= int(_CODES[part.folded.encode()[0]]) << at
        return mask, value


def shapes(blob: bytes) -> Shapes:
    """Return the shape of every term; `blob` holds them in UTF-8, each closed by a line break.

    Half a second for a million terms; made once for a lexicon.
    """
    letters = np.frombuffer(blob, np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    if not len(ends):
        return np.zeros(0, np.uint32)
    begins = np.ones(len(letters), np.bool_)
    begins[1:] = (letters[:-1] == ord("_")) | (letters[:-1] == ord("\n"))
    starts = np.flatnonzero(begins)
    term = np.searchsorted(ends, starts)
    first = np.searchsorted(term, np.arange(len(ends)))
    count = np.diff(np.append(first, len(starts)))
    place = np.arange(len(starts)) - first[term]
    shift = (_COUNT_BITS + _LETTER_BITS * np.minimum(place, MOST_SYLLABLES)).astype(np.uint32)
    code = np.where(place < MOST_SYLLABLES, _CODES[letters[starts]] << shift, 0).astype(np.uint32)
    letters_of: Shapes = np.add.reduceat(code, first, dtype=np.uint32)
    made: Shapes = letters_of | np.minimum(count, 7).astype(np.uint32)
    return made


def shapes_of(terms: Sequence[str]) -> Shapes:
    """Return the shapes of a list of terms."""
    return shapes("".join(f"{term}\n" for term in terms).encode())


def matching(reading: NameReading, own: Shapes, term: Callable[[int], str], most: int) -> tuple[list[int], bool]:
    """Return (numbers of the terms that fit, ascending, at most `most`; whether those are all)."""
    mask, value = reading.shape()
    found: list[int] = []
    for number in np.flatnonzero((own & np.uint32(mask)) == np.uint32(value)).tolist():
        if reading.fits(term(number)):
            if len(found) == most:
                return found, False
            found.append(number)
    return found, True
