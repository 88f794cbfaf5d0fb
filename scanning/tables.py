"""Tables of a paper as rows of cells: by the heads' words and the empty lanes between columns.

Rules drawn on the paper are not needed: readings kept without their image have none. A head is found by what its
columns are called; the body goes on as long as a lane stays empty between each two columns; rows part where the
space between lines is wider than inside a cell, or where the column that every row fills begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from scanning.bands import DASHES, Band, bands_of, clusters, usual_height
from scanning.form_tables import TABLES, Column, TableKind, columns_of
from scanning.layout import compact
from scanning.page import PageReading, Word
from vietnamese.text import fold

Lanes = NDArray[np.bool_]
Cells = dict[str, list[Word]]

HEAD_BANDS = 6
# a line with both of these is a person of its own, however close to the one above
_OWN = frozenset(("full_name", "birth_date"))
MAX_ROWS = 400
# shares of the usual height of letters
_LANE, _INSIDE_HEAD = 0.35, 1.1
# between heads: of print set wide, and of heads set close
_HEAD_GAPS = (0.5, 0.8)
_FAR = 4.0
# a head of more lines that fits nearly as well is the whole head
_TIE = 0.02
_NEW_PART = re.compile(r"^(\d{1,2}([.,]\d)?[).\-:]\s*\D|[IVX]{1,4}[.)]|[a-đ]\)|[-+*•]\s*\D)")
_PLACE_AND_DAY = re.compile(r"ngay\s*[\d.…]*\s*thang\s*[\d.…]+\s*nam\s*\d{4}\W*$")
_STARTS = frozenset(label[:3] for kind in TABLES for column in kind.columns for label in column.labels)


@dataclass
class FoundTable:
    """Rows found on one page: the words of each cell by column key, and every word of head and body."""

    kind: TableKind
    page: int
    columns: tuple[Column | None, ...]
    middles: tuple[float, ...]
    width: int
    rows: list[Cells] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    to_the_end: bool = False


def find_tables(readings: Sequence[PageReading]) -> list[FoundTable]:
    """Return the tables of a paper in reading order; one that goes on over the page is found on each page."""
    found: list[FoundTable] = []
    for number, reading in enumerate(readings, start=1):
        bands = bands_of(reading)
        if not bands:
            continue
        page = _Page(number, reading, bands, usual_height(reading))
        at = 0
        if found and found[-1].to_the_end and found[-1].page == number - 1:
            at = _carried_on(page, found)
        while at < len(bands):
            head = _head(page, at)
            if head is None:
                at += 1
                continue
            table, after = _body(page, *head)
            if table.rows:
                found.append(table)
            at = max(after, at + 1)
    return found


@dataclass(frozen=True)
class _Page:
    number: int
    reading: PageReading
    bands: list[Band]
    height: float


def _carried_on(page: _Page, found: list[FoundTable]) -> int:
    """Add the rows that a table of the page before has at the top of this page; return the band after them."""
    first = next((i for i, band in enumerate(page.bands[:3]) if not re.fullmatch(r"\W*\d{1,3}\W*", band.text)), None)
    if first is None or any(_head(page, at) for at in range(first, min(first + 2, len(page.bands)))):
        return first or 0
    above = found[-1]
    scale = page.reading.width / above.width
    middles = tuple(middle * scale for middle in above.middles)
    table = FoundTable(above.kind, page.number, above.columns, middles, page.reading.width)
    after = _grow(page, table, np.ones(page.reading.width + 1, np.bool_), first)
    if not table.rows or sum(len(cells) > 1 for cells in table.rows) < 1:
        return 0
    found.append(table)
    return after


def _head(page: _Page, at: int) -> tuple[FoundTable, int] | None:
    """Return an empty table whose head begins at a band, and the band after the head; None if none does."""
    first = page.bands[at].words
    if any(word.text.endswith(":") for word in first):
        return None  # "Họ và tên: …  Ngày sinh: …" is a form's line, not a head
    if len(clusters(first, _HEAD_GAPS[0] * page.height)) < 2 or sum(compact(w.text)[:3] in _STARTS for w in first) < 2:
        return None
    best: tuple[float, FoundTable, int] | None = None
    words: list[Word] = []
    for end in range(at, min(at + HEAD_BANDS, len(page.bands))):
        if end > at and page.bands[end].top - page.bands[end - 1].bottom > _INSIDE_HEAD * page.height:
            break
        words += page.bands[end].words
        for gap in _HEAD_GAPS:
            stretches = clusters(words, gap * page.height)
            heads = tuple(compact(" ".join(word.text for word in _within(words, stretch))) for stretch in stretches)
            for kind in TABLES:
                score, columns = columns_of(kind, heads)
                if score and (best is None or score > best[0] - _TIE):
                    middles = tuple((left + right) / 2 for left, right in stretches)
                    table = FoundTable(kind, page.number, columns, middles, page.reading.width)
                    table.words = list(words)
                    best = (score, table, end + 1)
    return best and (best[1], best[2])


def _within(words: Sequence[Word], stretch: tuple[int, int]) -> list[Word]:
    return [word for word in words if stretch[0] <= word.box[0] and word.box[2] <= stretch[1]]


def _body(page: _Page, table: FoundTable, start: int) -> tuple[FoundTable, int]:
    """Fill a table from the bands after its head; return it and the band after it."""
    lanes = np.ones(page.reading.width + 1, np.bool_)
    for word in table.words:
        lanes[word.box[0] : word.box[2]] = False
    return table, _grow(page, table, lanes, start)


def _grow(page: _Page, table: FoundTable, lanes: Lanes, start: int) -> int:
    """Take bands into the table as long as they leave the lanes between columns free; return the band after."""
    taken: list[Band] = []
    at = start
    while at < len(page.bands) and len(taken) < MAX_ROWS * 4:
        band = page.bands[at]
        above = taken[-1] if taken else None
        if above is not None and band.top - above.bottom > _FAR * page.height:
            break
        narrower = _narrower(lanes, band, table.middles, _LANE * page.height)
        if narrower is None or _begins_new_part(band, table, lanes, page):
            break
        lanes = narrower
        taken.append(band)
        at += 1
    table.to_the_end = at >= len(page.bands) - 1
    edges = _edges(lanes, table.middles, page.height)
    table.rows = _rows(taken, table, edges, page.height)
    table.words += [word for band in taken for word in band.words]
    return at


def _narrower(lanes: Lanes, band: Band, middles: Sequence[float], gap: float) -> Lanes | None:
    """Return the free lanes after a band, or None where it runs across the columns.

    One lane of several may be crossed, if the band has text in most columns: dirt on a rule reads as a word.
    """
    after = lanes.copy()
    for word in _written(band):
        after[word.box[0] : word.box[2]] = False
    blocked = 0
    for left, right in pairwise(middles):
        if _widest(after, left, right)[1] >= gap:
            continue
        blocked += 1
        after[int(left) : int(right)] = lanes[int(left) : int(right)]
    if not blocked:
        return after
    filled = len({int(np.searchsorted(middles, (word.box[0] + word.box[2]) / 2)) for word in _written(band)})
    return after if blocked == 1 and len(middles) >= 4 and filled >= len(middles) - 1 else None


def _widest(lanes: Lanes, left: float, right: float) -> tuple[int, int]:
    """Return where the widest free stretch between two places ends, and how wide it is, in pixels."""
    part = np.concatenate(([False], lanes[int(left) : int(right) + 1], [False])).astype(np.int8)
    turns = np.flatnonzero(np.diff(part))
    if not len(turns):
        return int(right), 0
    starts, ends = turns[::2], turns[1::2]
    best = int(np.argmax(ends - starts))
    return int(left) + int(ends[best]), int(ends[best] - starts[best])


def _edges(lanes: Lanes, middles: Sequence[float], height: float) -> list[float]:
    """Return where one column ends and the next begins: just before the text of the next, which stands left."""
    edges = []
    for left, right in pairwise(middles):
        end, width = _widest(lanes, left, right)
        edges.append(end - min(0.3 * height, width / 2))
    return edges


def _begins_new_part(band: Band, table: FoundTable, lanes: Lanes, page: _Page) -> bool:
    """Return whether a band is the heading of what comes after the table, or its foot, not a row."""
    edges = _edges(lanes, table.middles, page.height)
    filled = {int(np.searchsorted(edges, (word.box[0] + word.box[2]) / 2)) for word in _written(band)}
    numbered = table.columns[0] is not None and table.columns[0].key == "number"
    if _NEW_PART.match(band.text) and not (numbered and len(filled) > 1):
        return True
    first = [word for word in band.words if (word.box[0] + word.box[2]) / 2 < edges[0]] if edges else []
    capitals = sum(character.isupper() for character in band.text) > 0.9 * sum(map(str.isalpha, band.text))
    if (capitals and len(band.words) > 2 and not any(map(str.isdigit, band.text))) or any(
        w.text.endswith(":") for w in first
    ):
        return True
    if _PLACE_AND_DAY.search(fold(band.text)):
        return True
    return compact(band.text).startswith(("tongcong", "tongso", "toixincamdoan", "nguoikhai", "noinhan", "danhsachnay"))


def _rows(bands: Sequence[Band], table: FoundTable, edges: Sequence[float], height: float) -> list[Cells]:
    """Return the cells of each row; bands of one row are put together, column by column."""
    rows: list[Cells] = []
    breaks = _breaks(bands, height)
    anchor = _anchor(bands, table, edges)
    for place, band in enumerate(bands):
        cells = _cells(band, table, edges)
        opens = breaks[place] if breaks is not None else (anchor in cells and not _goes_on(rows, cells))
        opens = opens or (bool(rows) and _OWN.issubset(cells) and _OWN.issubset(rows[-1]))
        if not rows or (opens and (len(cells) > 1 or len(table.columns) == 1)):
            rows.append({})
        for key, words in cells.items():
            rows[-1].setdefault(key, []).extend(words)
    return [row for row in rows if len(row) > 1]


def _written(band: Band) -> list[Word]:
    """Return the words of a band without lone dashes: they may be bits of a rule."""
    return [word for word in band.words if word.text not in DASHES]


def _cells(band: Band, table: FoundTable, edges: Sequence[float]) -> Cells:
    cells: Cells = {}
    for word in band.words:
        column = table.columns[int(np.searchsorted(edges, (word.box[0] + word.box[2]) / 2))]
        if column is not None:
            cells.setdefault(column.key, []).append(word)
    return {key: words for key, words in cells.items() if any(word.text not in DASHES for word in words)}


def _breaks(bands: Sequence[Band], height: float) -> list[bool] | None:
    """Return whether each band begins a row, by its distance from the one above; None where all are alike.

    Distances are between the usual middles of the words: dirt read as a word reaches over several rows.
    """
    middles = [float(median((word.box[1] + word.box[3]) / 2 for word in band.words)) for band in bands]
    steps = [below - above for above, below in pairwise(middles)]
    if not steps or max(steps) - min(steps) < 0.45 * height or min(steps) > 2 * height:
        return None
    # a row of an odd height must not hide the difference between the others
    middle = min((max(steps) + min(steps)) / 2, min(steps) + 0.6 * height)
    return [True, *(step > middle for step in steps)]


def _anchor(bands: Sequence[Band], table: FoundTable, edges: Sequence[float]) -> str:
    """Return the key of the column that begins a row: the leftmost of those filled most often."""
    counts = {column.key: 0 for column in table.columns if column is not None}
    for band in bands:
        for key in _cells(band, table, edges):
            counts[key] += 1
    preferred = [key for key in ("number", "period", "from", "relation", "full_name", "year") if counts.get(key)]
    return preferred[0] if preferred else max(counts, key=lambda key: counts[key])


def _goes_on(rows: Sequence[Cells], cells: Cells) -> bool:
    """Return whether a period that begins in the row above ends in these cells ("05/1999 -", "đến 6/2001")."""
    if not rows or "period" not in cells or "period" not in rows[-1]:
        return False
    above = rows[-1]["period"][-1].text
    return above.rstrip().endswith(("-", "–")) or compact(cells["period"][0].text) in ("den", "")
