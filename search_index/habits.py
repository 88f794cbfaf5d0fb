"""Names as people ask for them: from the words of a question to what name they may mean.

"a nguyễn văn", "N.V.An", "Ng Văn An", "Nguyễn An", "đ/c Bình", "An, Nguyễn Văn", "Nguyễn Văn An (tức Ba)",
"NguyenVanAn". A reading that only takes away what is no part of a name, or puts its parts in the usual order, says
what was asked; one that fills in what was not said is near.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from search_index.analysis import GRAM_SIZES, forms
from search_index.name_patterns import ANY, NameReading, Part
from vietnamese.names import COMMON_SURNAMES, FOLDED_SURNAMES
from vietnamese.syllable import is_plain_syllable
from vietnamese.text import TOKEN, fold, repair_eth

MOST_READINGS = 24
_MOST_SPLITS = 4
_VOWELS = frozenset("aeiouy")
# What a syllable may begin with: only that can stand for it. "TW", "QĐ", "BCH" stand for something else.
_ONSET_LIST = "b c ch d g gh h k kh l m n ng ngh nh p ph q r s t th tr v x"
_ONSETS = frozenset(_ONSET_LIST.split())
_SHORT_FOR = {"ng": "nguyen", "ngn": "nguyen", "ngyn": "nguyen"}
# Middle names that never end a name: "anh nguyễn văn" is a list's order, not Anh calling a Nguyễn Văn.
_NEVER_LAST = frozenset(("van", "thi"))

# "PV Thắng": a family name and middle names by their first letters, written together before the given name.
_INITIALS = re.compile("[BCDĐGHKLMNPQRSTVX]{2,3}")
_COMRADE = re.compile(r"(?<!\w)[đĐdD]\s?[/.]\s?[cC](?!\w)\.?")
_BREAK = re.compile(r"[()\[\]{};]")


def _phrases(listed: str) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """Return the phrases, parted by commas, in words folded and in words with their marks."""
    phrases = [[forms(word) for word in phrase.split()] for phrase in listed.split(",")]
    folded, written = (frozenset(tuple(word[form] for word in phrase) for phrase in phrases) for form in (0, 1))
    return folded, written


_PLAINLY = _phrases("đồng chí,đc,ts,ths,pgs,gs,bs,ks,ls,tiến sĩ,thạc sĩ,giáo sư,phó giáo sư,luật sư")
_HONORIFICS = _phrases(
    "ông,bà,anh,chị,cô,chú,bác,em,thầy,cụ,thầy giáo,cô giáo,bác sĩ,kỹ sư,thiếu uý,trung uý,thượng uý,đại uý,thiếu tá,"
    "trung tá,thượng tá,đại tá,thiếu tướng,trung tướng,thượng tướng,đại tướng"
)
# Short forms are honorifics only before a full stop: "a." for anh, "ô." for ông.
_SHORT_HONORIFICS = frozenset("aobc")
_ALIAS = _phrases(
    "tức,tức là,bí danh,tên thật,tên khác,tên gọi khác,còn gọi,còn gọi là,hay gọi là,hay còn gọi là,thường gọi,"
    "thường gọi là,tên thường gọi,alias"
)
_LONGEST_PHRASE = 4


@dataclass(frozen=True)
class _Token:
    """A word as typed, and what stands around it."""

    text: str
    dotted: bool = False
    after_comma: bool = False

    @property
    def folded(self) -> str:
        return forms(self.text)[0]


Tokens = tuple[_Token, ...]
Parts = tuple[Part, ...]


def readings(text: str) -> tuple[NameReading, ...]:
    """Return how the words may be read as a name, what they say first, guesses after; () when they are none.

    At most 24; each has two to five parts, or one when an honorific says that a single word is a name.
    """
    asked: list[NameReading] = []
    guessed: list[NameReading] = []
    for number, segment in enumerate(_segments(text)):
        for reading in _of_segment(segment):
            (guessed if reading.near else asked).append(replace(reading, alias=number > 0))
    # A name in which nothing was put in is the better guess.
    guessed.sort(key=lambda reading: reading.filled)
    return tuple(dict.fromkeys((*asked, *guessed)))[:MOST_READINGS]


def _segments(text: str) -> list[Tokens]:
    """Return the names that stand side by side in the text: the name, and its aliases in brackets or after "tức"."""
    clean = _COMRADE.sub("đồng chí ", repair_eth(text))
    segments: list[list[_Token]] = [[]]
    end = 0
    for match in TOKEN.finditer(clean):
        between = clean[end : match.start()]
        end = match.end()
        if _BREAK.search(between):
            segments.append([])
        dotted = clean[end : end + 1] == "."
        segments[-1].append(_Token(match.group(), dotted, "," in between))
    return [part for segment in segments for part in _split_alias(tuple(segment)) if part]


def _phrase_at(tokens: Tokens, at: int, known: tuple[frozenset[tuple[str, ...]], ...]) -> int:
    """Return how many words from here are one of the phrases, the most that are; 0 for none.

    Where marks were typed they count: "Ba" is no "bà" beside "Đen".
    """
    form = int(any(not token.text.isascii() for token in tokens))
    for size in range(_LONGEST_PHRASE, 0, -1):
        if tuple(forms(token.text)[form] for token in tokens[at : at + size]) in known[form]:
            return size if at + size <= len(tokens) else 0
    return 0


def _split_alias(tokens: Tokens) -> Iterator[Tokens]:
    begin = at = 0
    while at < len(tokens):
        size = _phrase_at(tokens, at, _ALIAS)
        # "Tức" may be a given name: it ends a name there, it does not introduce one.
        if size and at + size < len(tokens):
            yield tokens[begin:at]
            at = begin = at + size
        else:
            at += 1
    yield tokens[begin:]


def _of_segment(tokens: Tokens) -> Iterator[NameReading]:
    named, addressed, plainly = _without_honorific(tokens)
    if addressed and len(named) == 1:
        yield from _given_name(_parts_of(named[0])[0], near=not plainly)
    if addressed and not plainly:
        yield from _measured(tuple(_parts_of(token)[0] for token in tokens), near=False)
    doubtful = addressed and not plainly
    for kept, apart in _splits(named):
        for parts, rough in _spelt(kept):
            for ordered, turned in _orders(parts, kept):
                yield from _measured(ordered, near=apart or rough or turned or doubtful)
                if not (rough or turned):
                    yield from _filled(ordered, kept)


def _given_name(part: Part, *, near: bool) -> Iterator[NameReading]:
    """Yield a single word as a name that papers are filed under, and as the end of a longer name in a text."""
    if part.whole:
        yield NameReading((part,), near)
        yield NameReading((ANY, part), near=True)


def _measured(parts: Parts, *, near: bool) -> Iterator[NameReading]:
    if len(parts) in GRAM_SIZES:
        yield NameReading(parts, near or not all(part.whole for part in parts))


def _without_honorific(tokens: Tokens) -> tuple[Tokens, bool, bool]:
    """Return (the words after honorifics, whether there were any, whether they plainly are honorifics)."""
    at, plainly = 0, False
    while at < len(tokens) - 1:
        plain = _phrase_at(tokens, at, _PLAINLY)
        size = plain or _phrase_at(tokens, at, _HONORIFICS)
        short = tokens[at].dotted and (bool(size) or tokens[at].folded in _SHORT_HONORIFICS)
        size = size or int(short)
        rest = tokens[at + size :]
        if not size or not rest or (size == 1 and not plain and _is_turned(rest)):
            break
        plainly = plainly or bool(plain) or short or _is_name(rest)
        at += size
    if at and len(tokens) - at == 1:
        plainly = plainly or tokens[-1].text[0].isupper()
    return tokens[at:], at > 0, plainly


def _is_name(tokens: Tokens) -> bool:
    return len(tokens) > 1 and tokens[0].folded in FOLDED_SURNAMES


def _is_turned(tokens: Tokens) -> bool:
    """Return whether the words are a family name and a middle name, so that the given name stands before them."""
    return len(tokens) == 2 and _is_name(tokens) and tokens[-1].folded in _NEVER_LAST


def _parts_of(token: _Token) -> list[Part]:
    """Return what one word may be in a name, the likeliest first."""
    folded, canon = forms(token.text)
    whole = Part(folded, canon)
    begins = Part(folded, whole=False)
    if folded in _SHORT_FOR:
        return [Part(_SHORT_FOR[folded]), begins]
    if folded in _ONSETS:
        return [begins]
    if len(folded) == 1:
        return [begins, whole] if token.dotted else [whole, begins]
    return [whole]


def _spelt(tokens: Tokens) -> Iterator[tuple[Parts, bool]]:
    """Yield (parts, whether a guess) for the words: as they stand, then with what is short read the other way."""
    choices = [_parts_of(token) for token in tokens]
    first = tuple(choice[0] for choice in choices)
    yield first, False
    if any(len(choice) > 1 for choice in choices):
        yield tuple(choice[-1] for choice in choices), False
    last = first[-1] if first else ANY
    other = _other_i(last.folded)
    if last.whole and other and _surname(first[0]):
        yield (*first[:-1], Part(other)), True


@lru_cache(maxsize=1000)
def _other_i(syllable: str) -> str:
    """Return a given name's other spelling where i and y make two names: Vi and Vy, Thi and Thy; "" if it has none."""
    if len(syllable) < 2 or syllable[-1] not in "iy" or syllable[-2] in _VOWELS:
        return ""
    other = syllable[:-1] + ("y" if syllable[-1] == "i" else "i")
    return other if forms(other)[0] == other else ""


def _orders(parts: Parts, tokens: Tokens) -> Iterator[tuple[Parts, bool]]:
    """Yield (parts in the order of a name, whether a guess)."""
    yield parts, False
    if len(parts) < 2 or len(parts) != len(tokens):
        return
    comma = next((at for at, token in enumerate(tokens) if at and token.after_comma), 0)
    if comma and _surname(parts[comma]):
        yield parts[comma:] + parts[:comma], False
        return
    if parts[0].whole and parts[0].folded in COMMON_SURNAMES:
        return
    # Two words in small letters are more often no name at all: "quyết định" is no Đinh Quyết.
    doubtful = len(parts) == 2 and not tokens[0].text[0].isupper()
    second, last = parts[1], parts[-1]
    if second.folded in COMMON_SURNAMES or (_surname(second) and not _surname(parts[0])):
        yield parts[1:] + parts[:1], doubtful or second.folded not in COMMON_SURNAMES
    elif parts[0].whole and not any(part.whole for part in parts[1:]):
        yield parts[1:] + parts[:1], True
    if len(parts) > 2 and last.folded in COMMON_SURNAMES:
        yield parts[-1:] + parts[:-1], False
        yield parts[::-1], True


def _surname(part: Part) -> bool:
    return part.whole and part.folded in FOLDED_SURNAMES


def _filled(parts: Parts, tokens: Tokens) -> Iterator[NameReading]:
    """Yield the names in which a middle name was left out."""
    first = parts[0]
    capital = tokens[0].text[0].isupper()
    if not (first.folded in COMMON_SURNAMES or (capital and _surname(first)) or not first.whole):
        return
    if not first.whole and not any(part.whole for part in parts):
        return
    if len(parts) == 2:
        yield NameReading((first, ANY, parts[1]), near=True)
        yield NameReading((first, ANY, ANY, parts[1]), near=True)
    elif len(parts) == 3 and first.whole:
        yield NameReading((*parts[:2], ANY, parts[2]), near=True)
        yield NameReading((first, ANY, *parts[1:]), near=True)


def _splits(tokens: Tokens) -> Iterator[tuple[Tokens, bool]]:
    """Yield (the words, whether a guess), words written together taken apart."""
    yield tokens, False
    if not tokens or len(tokens) > 2:
        return
    if len(tokens) == 2 and _INITIALS.fullmatch(tokens[0].text) and tokens[1].text.istitle():
        yield (*map(_Token, tokens[0].text), tokens[1]), False
    for at, token in enumerate(tokens):
        for apart, guess in _apart(token.text):
            pieces = tuple(_Token(piece) for piece in apart)
            yield tokens[:at] + pieces + tokens[at + 1 :], guess


@lru_cache(maxsize=1000)
def _apart(word: str) -> tuple[tuple[Sequence[str], bool], ...]:
    folded = fold(word)
    if not 3 < len(word) <= 30 or len(folded) != len(word) or not folded.isalpha() or is_plain_syllable(folded):
        return ()
    if not word.isupper():
        capitals = _at_capitals(word)
        if len(capitals) > 1:
            return ((capitals, False),)
    cut = [_cut(word, sizes) for sizes in _syllable_runs(folded)]
    if cut:
        return tuple((pieces, False) for pieces in cut[:_MOST_SPLITS])
    return () if word.isupper() else _account_name(folded)


def _at_capitals(word: str) -> list[str]:
    """Return the word cut before each capital: NguyenVanAn, NVAn."""
    cuts = [at for at, letter in enumerate(word) if at and letter.isupper()]
    return [word[a:b] for a, b in zip([0, *cuts], [*cuts, len(word)], strict=True)]


def _cut(word: str, sizes: Sequence[int]) -> list[str]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(word[at : at + size])
        at += size
    return pieces


def _syllable_runs(folded: str) -> list[tuple[int, ...]]:
    """Return the ways to cut a word into a family name and one to four more syllables, fewest and usual ones first."""
    found: list[tuple[int, ...]] = []

    def go(at: int, sizes: tuple[int, ...]) -> None:
        if at == len(folded):
            found.append(sizes)
        elif len(sizes) < GRAM_SIZES[-1] and len(found) < 200:
            for size in range(min(7, len(folded) - at), 0, -1):
                piece = folded[at : at + size]
                if piece in FOLDED_SURNAMES if not sizes else _in_a_name(piece):
                    go(at + size, (*sizes, size))

    go(0, ())
    usual = [_NEVER_LAST.isdisjoint(_cut(folded, sizes)[1:-1]) for sizes in found]
    return [sizes for _, _, sizes in sorted(zip([len(sizes) for sizes in found], usual, found, strict=True))]


def _in_a_name(piece: str) -> bool:
    """Return whether this can be a syllable of a name: Vy and Thy are none by the rules of spelling."""
    return is_plain_syllable(piece) or (piece.endswith("y") and is_plain_syllable(piece[:-1] + "i"))


def _account_name(folded: str) -> tuple[tuple[Sequence[str], bool], ...]:
    """Return an office's account name as a name: annv is An with N and V before it."""
    cuts = [(folded[:-size], folded[-size:]) for size in (2, 3)]
    return tuple(
        ([*initials, given], True)
        for given, initials in cuts
        if len(given) > 1 and is_plain_syllable(given) and _VOWELS.isdisjoint(initials)
    )
