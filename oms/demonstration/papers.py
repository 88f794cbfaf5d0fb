"""A small typesetter for office paper: A4 sheets, justified text, form lines with dotted leaders, tables.

Lengths are millimetres at the callers' side and pixels inside. Text is markup of three kinds:
`*bold*`, `_italic_`, and plain. Sheets are grey (ink on white); what is coloured or pressed on by hand
(seals, signatures, secrecy stamps) is only noted as `Mark`s, for `damage` to put on in colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image, ImageDraw

from oms.demonstration.typeface import Font, font, stencil, width_of

Align = Literal["left", "centre", "right", "justify"]
MarkKind = Literal["seal", "signature", "secrecy"]
A4 = (210.0, 297.0)
_INK = 18
_LEADER_INK = 110
_MARKUP = re.compile(r"\*([^*]+)\*|_([^_]+)_|([^*_]+)")


@dataclass(frozen=True)
class Mark:
    """Something pressed or written on a sheet by hand: where its middle is (px) and what it says."""

    kind: MarkKind
    x: int
    y: int
    text: str


@dataclass
class Sheet:
    """One side of paper: a grey image and the marks still to be put on it."""

    image: Image.Image
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Word:
    """A word ready to draw: its text, face and width in pixels."""

    text: str
    face: Font
    width: float


@dataclass(frozen=True)
class Signatory:
    """One column at the foot: heading lines, what is said under them, the name, and whether sealed."""

    heading: tuple[str, ...]
    name: str
    note: str = ""
    seal: str = ""


class Paper:
    """A growing pile of A4 sheets; text flows down and over to the next sheet by itself.

    `size` is the body text in points, `margins` are left, top, right, bottom in mm.
    """

    def __init__(
        self,
        dpi: int = 200,
        size: float = 13.0,
        margins: tuple[float, float, float, float] = (28, 18, 16, 18),
        numbered: bool = True,
    ) -> None:
        self.dpi = dpi
        self.size = size
        self.margins = margins
        self.numbered = numbered
        self.sheets: list[Sheet] = []
        self.left, self.right = self.px(margins[0]), self.px(A4[0] - margins[2])
        self.bottom = self.px(A4[1] - margins[3])
        self.y = 0
        self.turn()

    def px(self, millimetres: float) -> int:
        """Millimetres as pixels at this paper's resolution."""
        return round(millimetres * self.dpi / 25.4)

    def face(self, size: float, bold: bool = False, italic: bool = False) -> Font:
        """Tinos at `size` points."""
        return font(round(size * self.dpi / 72), bold, italic)

    def turn(self) -> None:
        """Take a new sheet; from the second on its number stands at the top, as office rules ask."""
        sheet = Sheet(Image.new("L", (self.px(A4[0]), self.px(A4[1])), 255))
        self.sheets.append(sheet)
        self.ink = ImageDraw.Draw(sheet.image)
        self.y = self.px(self.margins[1])
        if self.numbered and len(self.sheets) > 1:
            middle = (self.left + self.right) // 2
            self._put_centred(middle, self.px(11), str(len(self.sheets)), self.face(self.size))

    def room(self, millimetres: float) -> None:
        """Turn the sheet unless that much is left on it."""
        if self.y + self.px(millimetres) > self.bottom:
            self.turn()

    def skip(self, millimetres: float) -> None:
        """Leave a gap."""
        self.y += self.px(millimetres)

    def mark(self, kind: MarkKind, x: int, y: int, text: str = "") -> None:
        """Note something to be pressed on this sheet later."""
        self.sheets[-1].marks.append(Mark(kind, x, y, text))

    def text(
        self,
        markup: str,
        align: Align = "justify",
        size: float = 0,
        indent: float = 0,
        across: tuple[int, int] | None = None,
        spacing: float = 1.28,
    ) -> None:
        """Set a paragraph between `across` (px; the margins by default), the first line indented (mm)."""
        size = size or self.size
        start, end = across or (self.left, self.right)
        step = self.line_step(size, spacing)
        lines = self._break(self._words(markup, size), end - start, self.px(indent))
        for number, line in enumerate(lines):
            if across is None:
                self.room(step * 25.4 / self.dpi)
            shift = self.px(indent) if number == 0 else 0
            stretch = align == "justify" and number < len(lines) - 1
            self._line(line, start + shift, end, "left" if align == "justify" and not stretch else align)
            self.y += step

    def line_step(self, size: float, spacing: float = 1.28) -> int:
        """Pixels from one baseline to the next at `size` points."""
        return round(size * spacing * self.dpi / 72)

    def entry(self, markup: str, across: tuple[int, int] | None = None, spacing: float = 1.45) -> None:
        """Set one line of a form: label and value, then dotted leaders to the margin; wraps if it must."""
        start, end = across or (self.left, self.right)
        step = self.line_step(self.size, spacing)
        for line in self._break(self._words(markup, self.size), end - start, 0):
            self.room(step * 25.4 / self.dpi)
            used = self._line(line, start, end, "left")
            last = self.y
            self.y += step
        self._leaders(used, end, last)

    def heads(self, left: Sequence[str], right: Sequence[str], size: float = 0) -> None:
        """Set the two centred columns at the head of a letter; a lone "~" line is a short rule."""
        top = self.y
        split = self.left + round((self.right - self.left) * 0.43)
        gap = self.px(2)
        bottoms = []
        spans = ((left, (self.left - self.px(6), split - gap)), (right, (split, self.right + self.px(4))))
        for lines, span in spans:
            self.y = top
            for line in lines:
                self._head_line(line, span, size or self.size - 0.5)
            bottoms.append(self.y)
        self.y = max(bottoms)

    def table(self, heads: Sequence[str], shares: Sequence[float], rows: Sequence[Sequence[str]], size: float) -> None:
        """Set a ruled table; columns share the width, a row never breaks, heads repeat on each sheet."""
        edges = [self.left]
        for share in shares:
            edges.append(edges[-1] + round((self.right - self.left) * share / sum(shares)))
        self._row([f"*{head}*" for head in heads], edges, size, centred=True)
        for row in rows:
            height = self._row_height(row, edges, size)
            if self.y + height > self.bottom:
                self.turn()
                self._row([f"*{head}*" for head in heads], edges, size, centred=True)
            self._row(row, edges, size)
        self.skip(3)

    def signatures(self, columns: Sequence[Signatory], gap: float = 26) -> None:
        """Set the foot: each signatory's heading, space for hand and seal (mm), then the name."""
        self.room(gap + 24)
        top, width = self.y, (self.right - self.left) // len(columns)
        spans = [(self.left + place * width, self.left + (place + 1) * width) for place in range(len(columns))]
        ends = []
        for column, span in zip(columns, spans, strict=True):
            self.y = top
            for line in column.heading:
                self.text(line, "centre", self.size - 0.5, across=span)
            if column.note:
                self.text(f"_{column.note}_", "centre", self.size - 2, across=span)
            middle, hand = sum(span) // 2, self.y + self.px(gap * 0.45)
            if column.name:
                self.mark("signature", middle, hand, column.name)
            if column.seal:
                self.mark("seal", middle - self.px(15), hand + self.px(1), column.seal)
            ends.append(self.y)
        names = max(ends) + self.px(gap)
        for column, span in zip(columns, spans, strict=True):
            self.y = names
            self.text(f"*{column.name}*", "centre", across=span)
        self.skip(4)

    def box(self, x: int, y: int, width: float, height: float, caption: Sequence[str]) -> None:
        """Rule a box (mm) with small centred words in it: the place of a photograph or a stamp."""
        right, low = x + self.px(width), y + self.px(height)
        self.ink.rectangle((x, y, right, low), outline=_INK, width=max(2, self.dpi // 100))
        keep, step = self.y, self.line_step(11)
        self.y = (y + low - step * len(caption)) // 2
        for line in caption:
            self.text(f"_{line}_", "centre", 11, across=(x, right))
        self.y = keep

    def rule(self, start: int, end: int, y: int) -> None:
        """Draw a thin line."""
        self.ink.line((start, y, end, y), fill=_INK, width=max(1, self.dpi // 100))

    def _head_line(self, line: str, span: tuple[int, int], size: float) -> None:
        if line == "*":
            self._put_centred(sum(span) // 2, self.y + self.px(5), line, self.face(size))
            self.skip(5)
            return
        if line != "~":
            self.text(line, "centre", size, across=span, spacing=1.2)
            return
        middle, half = sum(span) // 2, (span[1] - span[0]) // 6
        self.rule(middle - half, middle + half, self.y + self.px(1.4))
        self.skip(3.4)

    def _words(self, markup: str, size: float) -> list[Word]:
        words = []
        for bold, italic, plain in _MARKUP.findall(markup):
            face = self.face(size, bool(bold), bool(italic))
            words += [Word(each, face, width_of(each, face)) for each in (bold or italic or plain).split()]
        return words

    def _break(self, words: Sequence[Word], width: float, indent: int) -> list[list[Word]]:
        lines: list[list[Word]] = [[]]
        used: float = indent
        for word in words:
            space = width_of(" ", word.face)
            if lines[-1] and used + space + word.width > width:
                lines.append([])
                used = 0
            used += word.width + (space if lines[-1] else 0)
            lines[-1].append(word)
        return lines

    def _line(self, words: Sequence[Word], start: int, end: int, align: Align) -> int:
        """Draw one line with its top at `self.y`; answer where its last word ends."""
        if not words:
            return start
        spaces = [width_of(" ", word.face) for word in words[:-1]]
        slack = end - start - sum(word.width for word in words) - sum(spaces)
        extra = slack / len(spaces) if align == "justify" and spaces else 0.0
        x = start + {"centre": slack / 2, "right": slack}.get(align, 0.0)
        baseline = self.y + self._ascent(words)
        for word, space in zip(words, [*spaces, 0.0], strict=True):
            self._put(round(x), baseline, word.text, word.face)
            x += word.width + space + extra
        return round(x - extra)

    def _ascent(self, words: Sequence[Word]) -> int:
        return max(word.face.getmetrics()[0] for word in words)

    def _put(self, x: int, baseline: int, text: str, face: Font) -> None:
        mask, start, height = stencil(text, face)
        self.sheets[-1].image.paste(_INK, (x - start, baseline - height), mask)

    def _put_centred(self, middle: int, baseline: int, text: str, face: Font) -> None:
        self._put(round(middle - width_of(text, face) / 2), baseline, text, face)

    def _leaders(self, start: int, end: int, top: int) -> None:
        """Fine dots (0.15 mm) from just after `start` to `end`, on the baseline of the line starting at `top`."""
        face = self.face(self.size)
        step, dot = self.px(1.5), max(1, round(self.dpi / 170))
        baseline = top + face.getmetrics()[0]
        first = start + self.px(2) + (-(start + self.px(2))) % step
        for x in range(first, end - dot, step):
            self.ink.rectangle((x, baseline - dot + 1, x + dot - 1, baseline), fill=_LEADER_INK)

    def _row_height(self, row: Sequence[str], edges: Sequence[int], size: float) -> int:
        pad, step = self.px(1.4), self.line_step(size, 1.2)
        counts = [
            len(self._break(self._words(cell, size), right - left - 2 * pad, 0))
            for cell, left, right in zip(row, edges, edges[1:], strict=False)
        ]
        return max(counts) * step + 2 * pad

    def _row(self, row: Sequence[str], edges: Sequence[int], size: float, centred: bool = False) -> None:
        height = self._row_height(row, edges, size)
        if self.y + height > self.bottom:
            self.turn()
        top, pad = self.y, self.px(1.4)
        for cell, left, right in zip(row, edges, edges[1:], strict=False):
            self.y = top + pad
            align: Align = "centre" if centred else "left"
            self.text(cell, align, size, across=(left + pad, right - pad), spacing=1.2)
            self.ink.rectangle((left, top, right, top + height), outline=_INK, width=max(2, self.dpi // 120))
        self.y = top + height
