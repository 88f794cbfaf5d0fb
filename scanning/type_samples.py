"""Written samples of every document type, from which the starting model learns: all persons and places invented.

A sample is a first page as OCR would give it: letterhead, heading (sometimes lost), a choice of the sentences and
labels that such papers carry, with OCR's slips. What stands on the forms is
public (2C-BNV/2008, 2C/TCTW-98, TT 06/2023, NĐ 30/2020); the wording of letters is that of office use.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from scanning.page import PageReading, Word
from scanning.type_model import Vector, features_of, train
from scanning.type_phrases import HEADS, PHRASES

WIDTH, HEIGHT = 1654, 2339
_LINE, _TOP, _MARGIN, _SPACE = 40, 90, 150, 12
_SLIPS = (("rn", "m"), ("i", "l"), ("l", "i"), ("o", "0"), ("u", "ii"), ("c", "e"), ("h", "b"), ("t", "f"), ("g", "q"))
_NAMES = ("Vàng A Lử", "Hoàng Thị Sen", "Đinh Công Lương", "Lò Văn Toán", "Bế Thị Hạnh", "Ma Thế Quyền", "Lưu Gia Bình")


PAPERS = 60
SEED = 1


def starting_samples(papers: int = PAPERS, seed: int = SEED) -> list[tuple[Vector, str]]:
    """Return the features of that many invented papers of each type with their types; the same for the same seed."""
    rng = Random(seed)  # noqa: S311 - samples, no secrets
    return [(features_of([sample(code, rng)]), code) for code in PHRASES for _ in range(papers)]


def starting_model_bytes() -> bytes:
    """Return the starting model as shipped under scanning/models."""
    return train(starting_samples()).to_bytes()


def sample(code: str, rng: Random) -> PageReading:
    """Return an invented first page of a document of the type, its words in lines, worse read in one of three."""
    slips = rng.choice((0.0, 0.01, 0.05))
    head = rng.choice(HEADS["state"] + HEADS["party"])
    headings, phrases = PHRASES[code]
    lines: list[tuple[str, bool]] = [(line, False) for line in head if rng.random() < 0.9]
    if rng.random() < 0.8:
        lines.append(
            (f"Lam Thượng, ngày {rng.randint(1, 28)} tháng {rng.randint(1, 12)} năm {rng.randint(1975, 2026)}", False)
        )
    if rng.random() < 0.72:  # a third of the headings is lost to stamps, stains and folds
        lines.append((rng.choice(headings), True))
    chosen = rng.sample(phrases, k=min(len(phrases), rng.randint(4, 12)))
    if rng.random() < 0.7:
        chosen.sort(key=phrases.index)
    lines += [(phrase.replace("{name}", rng.choice(_NAMES)), False) for phrase in chosen]
    return _page([(_slipped(text, slips, rng), centred) for text, centred in lines])


def _slipped(text: str, share: float, rng: Random) -> str:
    """Return the text with OCR's slips in that share of its places."""
    if not share:
        return text
    for right, wrong in _SLIPS:
        if right in text and rng.random() < share * 12:
            text = text.replace(right, wrong, 1)
    return "".join("" if letter == " " and rng.random() < share else letter for letter in text)


def _page(lines: Sequence[tuple[str, bool]]) -> PageReading:
    words: list[Word] = []
    for number, (text, centred) in enumerate(lines):
        parts = text.split()
        widths = [14 * len(part) for part in parts]
        x = (WIDTH - sum(widths) - _SPACE * len(parts)) // 2 if centred else _MARGIN
        y = _TOP + number * _LINE * 2 if number < 20 else _TOP + 20 * _LINE * 2 + (number - 20) * _LINE
        for part, width in zip(parts, widths, strict=True):
            words.append(Word(part, (max(x, 0), y, max(x, 0) + width, y + 26), 93.0, False, number))
            x += width + _SPACE
    text = "\n".join(text for text, _ in lines)
    return PageReading(WIDTH, HEIGHT, 0, 0.0, "plain", False, text, tuple(words), False, 93.0)
