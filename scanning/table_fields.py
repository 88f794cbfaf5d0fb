"""Cells of tables as values under ``table.row.column``: periods parted, horizontal pay tables turned, loose careers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scanning.bands import Band, bands_of
from scanning.field import Draft
from scanning.layout import compact
from scanning.page import Box, PageReading, Word
from scanning.tables import Cells, find_tables
from vietnamese.slips import figures
from vietnamese.text import fold

Place = tuple[int, Box]
_KINDS = {"period": "date", "from": "date", "to": "date"}
_DAY = r"(?:\d{1,2}\s*[/.]\s*)?(?:\d{1,2}\s*[/.\-]\s*)?\d{4}"
_DATE = re.compile(rf"{_DAY}|thang\s*\d{{1,2}}\s*(?:nam|[/.])?\s*\d{{4}}")
_SINCE = re.compile(
    rf"^\W*(?:tu\s+)?(?:(?:thang|nam|ngay)\s+)?(?P<since>{_DAY})\s*(?:[-–—]+|den)\s*"
    rf"(?:(?:thang|nam|ngay)\s+)?(?P<until>{_DAY}|(?:hien\s+)?nay)\s*[:,;.\-–]?\s*(?P<what>.*)$"
)
_LEAST_LOOSE = 2
_PAY_ROWS = (("rank", ("mangachbac", "ngachbac", "mangach")), ("coefficient", ("hesoluong", "heso")))


def table_drafts(readings: Sequence[PageReading]) -> tuple[dict[str, Draft], set[Place]]:
    """Return the cells of a paper's tables by ``table.row.column`` (rows from 1), and where their words stand.

    Tables of one kind go on counting: a family's two tables and a table broken by a page are one.
    """
    drafts: dict[str, Draft] = {}
    places: set[Place] = set()
    counts: dict[str, int] = {}
    for table in find_tables(readings):
        places |= {(table.page, word.box) for word in table.words}
        kinds = {column.key: column.kind for column in table.columns if column is not None}
        for cells in table.rows:
            counts[table.kind.key] = row = counts.get(table.kind.key, 0) + 1
            for key, words in _parted(cells).items():
                draft = Draft(f"{table.kind.key}.{row}.{key}", _kind(key, kinds), tuple(words), table.page)
                if key != "number" and words:
                    drafts[draft.key] = draft
    if "salary_history" not in counts:
        _keep_pay(readings, drafts, places)
    if "career" not in counts:
        _keep_loose(readings, drafts, places)
    return drafts, places


def _kind(key: str, kinds: dict[str, str]) -> str:
    return {"rank_code": "rank_code", "salary_coefficient": "coefficient", "salary_step": "step"}.get(
        key, _KINDS.get(key, kinds.get(key, "cell"))
    )


def _parted(cells: Cells) -> Cells:
    """Return the cells with a period as its two ends; an end that lasts ("nay") has no date."""
    parted: Cells = {}
    for key, words in cells.items():
        if key == "period" or (key == "from" and "to" not in cells):
            since, until = _ends(words)
            parted |= {name: end for name, end in (("from", since), ("to", until)) if end}
        else:
            parted[key] = words
    return parted


def _ends(words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """Return the words of the first and of the second date of a period; a word that holds both is cut."""
    text, starts = _line_text(words)
    found = [match.span() for match in _DATE.finditer(text)]
    if not found:
        return list(words), []
    first = _span(words, starts, *found[0])
    return first, _span(words, starts, *found[1]) if len(found) > 1 else []


def _line_text(words: Sequence[Word]) -> tuple[str, list[int]]:
    """Return the folded text of words, figures repaired, and where in it each word begins."""
    text, starts = "", []
    for word in words:
        starts.append(len(text))
        text += fold(figures(word.text)) + " "
    return text, starts


def _span(words: Sequence[Word], starts: Sequence[int], begin: int, end: int) -> list[Word]:
    """Return the words between two places of their text; a word partly inside is cut, its box by letters."""
    kept = []
    for word, start in zip(words, starts, strict=True):
        length = len(word.text)
        left, right = max(begin - start, 0), min(end - start, length)
        if left >= right:
            continue
        x0, y0, x1, y1 = word.box
        box = (x0 + (x1 - x0) * left // length, y0, x0 + (x1 - x0) * right // length, y1)
        kept.append(word if right - left == length else replace(word, text=word.text[left:right], box=box))
    return kept


def _pages(readings: Sequence[PageReading]) -> Iterator[tuple[int, list[Band]]]:
    return ((number, bands_of(reading)) for number, reading in enumerate(readings, start=1))


def _keep_pay(readings: Sequence[PageReading], drafts: dict[str, Draft], places: set[Place]) -> None:
    """Keep the pay history that forms print across: a line of months, under it ranks and coefficients."""
    row = 0
    for page, bands in _pages(readings):
        for place, band in enumerate(bands):
            label = compact(" ".join(word.text for word in band.words[:3]))
            months = [word for word in band.words if _DATE.fullmatch(fold(figures(word.text.strip(" .,;"))))]
            if not label.startswith("thangnam") or len(months) < 2:
                continue
            below = _pay_lines(bands[place + 1 : place + 5])
            places |= {(page, word.box) for word in band.words}
            for month in months:
                row += 1
                key = f"salary_history.{row}"
                drafts[f"{key}.from"] = Draft(f"{key}.from", "date", (month,), page)
                for name, line in below.items():
                    places |= {(page, word.box) for word in line.words}
                    _keep_pay_cell(drafts, key, name, _under(month, months, line), page)


def _pay_lines(bands: Sequence[Band]) -> dict[str, Band]:
    found: dict[str, Band] = {}
    for band in bands:
        label = compact(" ".join(word.text for word in band.words[:4]))
        for name, labels in _PAY_ROWS:
            if name not in found and label.startswith(labels):
                found[name] = band
    return found


def _under(month: Word, months: Sequence[Word], line: Band) -> list[Word]:
    """Return the words of a line that stand nearer to this month than to any other."""
    pitch = (months[-1].box[0] - months[0].box[0]) / (len(months) - 1)
    label_end = (months[0].box[0] + months[0].box[2] - pitch) / 2
    kept = []
    for word in line.words:
        middle = (word.box[0] + word.box[2]) / 2
        nearest = min(months, key=lambda other: abs((other.box[0] + other.box[2]) / 2 - middle))
        if nearest is month and word.box[0] > label_end and any(character.isdigit() for character in word.text):
            kept.append(word)
    return kept


def _keep_pay_cell(drafts: dict[str, Draft], key: str, name: str, words: list[Word], page: int) -> None:
    if not words:
        return
    if name == "coefficient":
        drafts[f"{key}.salary_coefficient"] = Draft(f"{key}.salary_coefficient", "coefficient", tuple(words), page)
        return
    text, starts = _line_text(words)
    code, slash, _step = text.rstrip().rpartition("/")
    if not slash:
        drafts[f"{key}.rank_code"] = Draft(f"{key}.rank_code", "rank_code", tuple(words), page)
        return
    rank = tuple(_span(words, starts, 0, len(code)))
    step = tuple(_span(words, starts, len(code) + 1, len(text)))
    drafts[f"{key}.rank_code"] = Draft(f"{key}.rank_code", "rank_code", rank, page)
    drafts[f"{key}.salary_step"] = Draft(f"{key}.salary_step", "step", step, page)


def _keep_loose(readings: Sequence[PageReading], drafts: dict[str, Draft], places: set[Place]) -> None:
    """Keep a career written without a table: lines that begin with a period, and what stands beside and under."""
    rows: list[tuple[int, list[Word], list[Word], list[Word]]] = []
    for page, bands in _pages(readings):
        above: Band | None = None
        left = 0
        for band in bands:
            text, starts = _line_text(band.words)
            match = _SINCE.match(text)
            free = all((page, word.box) not in places for word in band.words)
            if match is not None and free:
                since, until, what = (
                    _span(band.words, starts, *match.span(name)) for name in ("since", "until", "what")
                )
                rows.append((page, since, until, what))
                above, left = band, band.words[0].box[0]
            elif above is not None and free and rows and _goes_on(above, band, left, rows[-1][3]):
                rows[-1][3].extend(band.words)
                above = band
            else:
                above = None
    if len(rows) < _LEAST_LOOSE:
        return
    for row, (page, since, until, what) in enumerate(rows, start=1):
        places |= {(page, word.box) for word in (*since, *until, *what)}
        for key, kind, words in (("from", "date", since), ("to", "date", until), ("what", "cell", what)):
            if words:
                drafts[f"career.{row}.{key}"] = Draft(f"career.{row}.{key}", kind, tuple(words), page)


def _goes_on(above: Band, band: Band, left: int, what: Sequence[Word]) -> bool:
    """Return whether a line carries on the entry of the line above: close under it, under its text or set in."""
    tall = above.bottom - above.top
    near = band.top - above.bottom < 0.8 * tall
    under = not what or band.words[0].box[0] >= left + tall or not band.words[0].text[:1].isupper()
    begins = re.match(r"\W*(\d{1,2}[).]|[IVX]+[.)]|[a-đ]\))", band.text) is not None
    return near and under and not begins and not band.words[0].text.endswith(":")
