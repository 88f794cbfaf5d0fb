"""All terms of a field, and those of them that come near a word: a few passes over numbers, not over strings.

A term has two signatures. One has a bit for each letter it holds and one for each it holds twice: an edit changes at
most two of its bits. The other has a bit for each two letters side by side (64 bits in all, shared by some): an edit
changes at most four. Terms whose signatures differ in more bits than that need not be compared.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from search_index.name_patterns import NameReading, Shapes, matching, shapes

Signatures = npt.NDArray[np.uint64]
_LETTERS = 31
_AT_ONCE = 50_000
_COMPARED_AT_ONCE = 20_000
_BITS_OF_AN_EDIT, _PAIR_BITS_OF_AN_EDIT = 2, 4
_END = 10


def _letter_table() -> npt.NDArray[np.uint8]:
    # a to z have a place each; everything else (digits, "_", bytes of other letters) shares the last five.
    table = np.array([26 + byte % 5 for byte in range(256)], np.uint8)
    table[ord("a") : ord("z") + 1] = np.arange(26)
    return table


_PLACE_OF = _letter_table()
_PLACES = np.left_shift(1, _PLACE_OF.astype(np.int64))
_BIT_OF_PAIR = np.left_shift(
    np.uint64(1), (np.arange(1 << 16, dtype=np.uint32) * np.uint32(0x9E3779B1)) >> np.uint32(26)
)


class Lexicon:
    """Terms in the order of their length, as one run of bytes each closed by a line break."""

    def __init__(self, blob: npt.NDArray[np.uint8], signatures: Signatures, pair_signatures: Signatures) -> None:
        self.blob, self.signatures, self.pair_signatures = blob, signatures, pair_signatures
        self._raw = blob.tobytes()
        ends = np.flatnonzero(blob == _END)
        self._starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends
        self._lengths = ends - self._starts
        self._shapes: Shapes | None = None

    @classmethod
    def of(cls, terms: Iterable[bytes]) -> "Lexicon":
        """Return the lexicon of these different terms."""
        ordered = sorted(terms, key=len)
        blob = np.frombuffer(b"".join(term + b"\n" for term in ordered), np.uint8)
        return cls(blob, signatures(blob), pair_signatures(blob))

    def __len__(self) -> int:
        return len(self.signatures)

    def term(self, number: int) -> str:
        """Return one term."""
        start = int(self._starts[number])
        return self._raw[start : start + int(self._lengths[number])].decode()

    def fitting(self, reading: NameReading) -> list[str]:
        """Return the terms in which a name with gaps fits."""
        if self._shapes is None:
            self._shapes = shapes(self._raw)
        numbers, _ = matching(reading, self._shapes, self.term, len(self))
        return [self.term(number) for number in numbers]

    def near(self, word: str, reach: int) -> list[tuple[int, str]]:
        """Return (edit distance, term) of the terms at a distance of 1 to `reach` from the word."""
        raw = word.encode()
        first, last = np.searchsorted(self._lengths, (len(raw) - reach, len(raw) + reach + 1))
        apart = np.bitwise_count(self.pair_signatures[first:last] ^ pair_signatures(_closed(raw))[0])
        numbers = np.flatnonzero(apart <= _PAIR_BITS_OF_AN_EDIT * reach) + first
        apart = np.bitwise_count(self.signatures[numbers] ^ _signature(raw))
        numbers = numbers[apart <= _BITS_OF_AN_EDIT * reach]
        found: list[tuple[int, str]] = []
        for start in range(0, len(numbers), _COMPARED_AT_ONCE):
            some = numbers[start : start + _COMPARED_AT_ONCE]
            begins = self._starts[some].tolist()
            ends = (self._starts[some] + self._lengths[some]).tolist()
            terms = [self._raw[begin:end] for begin, end in zip(begins, ends, strict=True)]
            distances = cdist([raw], terms, scorer=Levenshtein.distance, score_cutoff=reach, dtype=np.uint8)[0]
            close = np.flatnonzero((distances > 0) & (distances <= reach))
            found += [(int(distances[at]), terms[at].decode()) for at in close.tolist()]
        return found


def _signature(raw: bytes) -> np.uint64:
    """Return the signature of one term."""
    once = twice = 0
    for place in _PLACES[np.frombuffer(raw, np.uint8)].tolist():
        twice |= once & place
        once |= place
    return np.uint64(once | twice << _LETTERS)


def _closed(raw: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(raw + b"\n", np.uint8)


def pair_signatures(blob: npt.NDArray[np.uint8]) -> Signatures:
    """Return of each term of a run of bytes, each closed by a line break, the signature of its neighbouring letters.

    Where it begins and where it ends counts as a letter.
    """
    ends = np.flatnonzero(blob == _END)
    made = np.zeros(len(ends), np.uint64)
    begun = 0
    for start in range(0, len(ends), _AT_ONCE):
        some = ends[start : start + _AT_ONCE]
        piece = np.concatenate((np.array([_END], np.uint8), blob[begun : some[-1] + 1])).astype(np.uint16)
        bits = _BIT_OF_PAIR[piece[:-1] << 8 | piece[1:]]
        firsts = np.concatenate((np.zeros(1, np.int64), some[:-1] + 1 - begun))
        made[start : start + len(some)] = np.bitwise_or.reduceat(bits, firsts)
        begun = int(some[-1]) + 1
    return made


def signatures(blob: npt.NDArray[np.uint8]) -> Signatures:
    """Return the signature of each term of a run of bytes, each term closed by a line break."""
    ends = np.flatnonzero(blob == _END)
    made = np.zeros(len(ends), np.uint64)
    begun = 0
    for start in range(0, len(ends), _AT_ONCE):
        some = ends[start : start + _AT_ONCE]
        piece = blob[begun : some[-1] + 1]
        lengths = np.diff(np.concatenate(([begun - 1], some)))
        row = np.repeat(np.arange(len(some)), lengths)
        inside = piece != _END
        cells = row[inside] * _LETTERS + _PLACE_OF[piece[inside]]
        counts = np.bincount(cells, minlength=len(some) * _LETTERS).reshape(-1, _LETTERS)
        for letter in range(_LETTERS):
            once, twice = counts[:, letter] > 0, counts[:, letter] > 1
            made[start : start + len(some)] |= once.astype(np.uint64) << np.uint64(letter)
            made[start : start + len(some)] |= twice.astype(np.uint64) << np.uint64(letter + _LETTERS)
        begun = int(some[-1]) + 1
    return made
