"""A filled form as a Word file: real paragraphs, tables and styles, the same bytes for the same form."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from oms.domain.forms import Block, FilledForm, Line, Mark, Sign, Table

FONT = "Times New Roman"
WIDTH = 17.0
"""Centimetres between the margins of office papers: 21 less 2.5 and 1.5."""
PHOTO, GUTTER = 4.0, 0.4
CELL_EDGES = 0.7
"""What a cell keeps free at both sides, and a little."""
LETTER, DOT = 0.215, 0.11
"""Centimetres a letter and a dot of this type take, on the average."""
DOTS = "." * 26
SHORT_DOTS = "." * 9
"""So that a blank at the end of a full line goes to the next one and can be written on."""
NO_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - the format holds a time without a zone
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER


def word_of(form: FilledForm) -> bytes:
    """The filled form as a .docx file."""
    made = Document()
    _paper(made)
    _margins(made.sections[0], form.secrecy)
    _head(made, form)
    if form.photo:
        _beside_photo(made, form)
    else:
        _titles(made, form)
    for block in form.body:
        _block(made, block, WIDTH)
    made.core_properties.author = made.core_properties.last_modified_by = "OMS"
    made.core_properties.title = form.short
    made.core_properties.comments = ""
    made.core_properties.language = "vi-VN"
    made.core_properties.created = made.core_properties.modified = NO_DAY
    out = BytesIO()
    made.save(out)
    return _settled(out.getvalue())


def _settled(data: bytes) -> bytes:
    """The same file with a fixed day on every part: a Word file is a ZIP, and a ZIP notes when it was written."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as told, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in told.namelist():
            kept.writestr(zipfile.ZipInfo(name, ZIP_DAY), told.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _child(parent: Any, tag: str, **attributes: str) -> Any:
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    parent.append(made)
    return made


def _paper(made: Any) -> None:
    """Styles of the file: one type, one size, Vietnamese."""
    style = made.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12.5)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)
    for said in style.element.rPr.findall(qn("w:lang")):
        style.element.rPr.remove(said)
    _child(style.element.rPr, "w:lang", val="vi-VN", eastAsia="vi-VN")
    for said in made.styles.element.iter(qn("w:lang")):
        said.set(qn("w:val"), "vi-VN")
    style.paragraph_format.space_after = Pt(2.5)
    style.paragraph_format.line_spacing = 1.1
    for name, size in (("Heading 1", 16), ("Heading 2", 12.5)):
        head = made.styles[name]
        head.font.name, head.font.size, head.font.bold = FONT, Pt(size), True
        head.font.color.rgb = RGBColor(0, 0, 0)
        heads = head.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in heads.attrib if key.endswith("Theme")]:
            del heads.attrib[theme]
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            heads.set(qn(f"w:{script}"), FONT)
        head.paragraph_format.space_before, head.paragraph_format.space_after = Pt(8), Pt(3)


def _margins(section: Any, secrecy: str) -> None:
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.5), Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(2)
    section.header_distance = section.footer_distance = Cm(1)
    if secrecy:
        top = section.header.paragraphs[0]
        top.alignment = _CENTRE
        mark = top.add_run(secrecy.upper())
        mark.bold, mark.font.color.rgb = True, RGBColor(0xCC, 0, 0)
    foot = section.footer.paragraphs[0]
    foot.alignment = _CENTRE
    for kind, words in (("begin", ""), ("", " PAGE "), ("end", "")):
        run = foot.add_run()
        if kind:
            _child(run._r, "w:fldChar", fldCharType=kind)
        else:
            told = _child(run._r, "w:instrText")
            told.set(qn("xml:space"), "preserve")
            told.text = words


def _plain_table(made: Any, widths: Iterable[float]) -> Any:
    """A table without lines that only sets things side by side."""
    sizes = list(widths)
    table = made.add_table(rows=1, cols=len(sizes))
    _sized(table, sizes)
    return table


def _sized(table: Any, sizes: list[float]) -> None:
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, size in zip(table.columns, sizes, strict=True):
        column.width = Cm(size)
    for row in table.rows:
        for cell, size in zip(row.cells, sizes, strict=True):
            cell.width = Cm(size)


def _head(made: Any, form: FilledForm) -> None:
    table = _plain_table(made, (10.0, 7.0))
    for cell, lines, width in zip(table.rows[0].cells, (form.left, form.right), (10.0, 7.0), strict=True):
        for line in lines:
            _line(_fresh(cell), line, width - CELL_EDGES, in_cell=True)
    _gap(made)


def _gap(made: Any) -> None:
    """A thin line between two tables, which would else grow together."""
    thin = made.add_paragraph().paragraph_format
    thin.space_after, thin.line_spacing = Pt(0), Pt(6)


def _fresh(cell: Any) -> Any:
    """The cell's first paragraph while it is empty, then a new one."""
    first = cell.paragraphs[0]
    return first if len(cell.paragraphs) == 1 and not first.runs else cell.add_paragraph()


def _titles(where: Any, form: FilledForm) -> None:
    for words, style in ((form.heading, "Heading 1"), (form.subheading, "Heading 2")):
        if words:
            title = where.add_paragraph(words, style=style)
            title.alignment = _CENTRE


def _beside_photo(made: Any, form: FilledForm) -> None:
    widths = (PHOTO, GUTTER, WIDTH - PHOTO - GUTTER)
    table = _plain_table(made, widths)
    photo, _gutter, beside = table.rows[0].cells
    frame = photo.add_table(rows=1, cols=1)
    frame.style = "Table Grid"
    inner = frame.rows[0]
    inner.height = Cm(6)
    _sized(frame, [PHOTO - 0.4])
    for words in ("", "", "", *form.photo):
        said = inner.cells[0].add_paragraph(words)
        said.alignment = _CENTRE
    # the title takes the place of the empty paragraph every cell begins with
    first = beside.paragraphs[0]
    first.style, first.alignment = "Heading 1", _CENTRE
    first.add_run(form.heading)
    if form.subheading:
        second = beside.add_paragraph(form.subheading, style="Heading 2")
        second.alignment = _CENTRE
    for block in form.beside:
        if isinstance(block, Line):
            _line(beside.add_paragraph(), block, widths[2] - CELL_EDGES, in_cell=True)


def _block(where: Any, block: Block, width: float) -> None:
    if isinstance(block, Line):
        _line(where.add_paragraph(), block, width)
    elif isinstance(block, Table):
        _table(where, block)
    else:
        _sign(where, block)


def _dots_to_the_edge(line: Line, width: float) -> str:
    """Dots for a blank at the end of a line in a cell, where not every program draws a leader."""
    said = sum(len(DOTS) * DOT if piece.mark == Mark.BLANK else len(piece.text) * LETTER for piece in line.pieces[:-1])
    free = (width - (0.6 if line.indent else 0)) - said % width
    return "." * max(len(SHORT_DOTS), int(free / DOT) - 2)


def _line(paragraph: Any, line: Line, width: float, *, in_cell: bool = False) -> None:
    """One printed line; a blank at its end is a dotted leader to the margin, so that it can be written on."""
    if line.style == "heading":
        paragraph.style = "Heading 2"
    if line.style in ("heading", "subheading"):
        paragraph.paragraph_format.keep_with_next = True
    if line.indent:
        paragraph.paragraph_format.left_indent = Cm(0.6)
    last = len(line.pieces) - 1
    for at, piece in enumerate(line.pieces):
        if piece.mark == Mark.BLANK and at == last and in_cell:
            paragraph.add_run(_dots_to_the_edge(line, width))
            continue
        if piece.mark == Mark.BLANK and at == last:
            stops = paragraph.paragraph_format.tab_stops
            stops.add_tab_stop(Cm(width), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
            paragraph.add_run(SHORT_DOTS + "\t")
            continue
        run = paragraph.add_run(DOTS if piece.mark == Mark.BLANK else piece.text)
        run.bold = True if piece.mark == Mark.BOLD else None
        run.italic = True if piece.mark == Mark.HINT or line.style == "small" else None
        if run.italic:
            run.font.size = Pt(11)


def _repeated(row: Any) -> None:
    """The row stands again at the top of every page, and is not broken over two."""
    _child(row._tr.get_or_add_trPr(), "w:tblHeader", val="true")


def _whole(row: Any) -> None:
    _child(row._tr.get_or_add_trPr(), "w:cantSplit", val="true")


def _cell(cell: Any, text: str, *, bold: bool = False, centred: bool = False, size: float = 11.5) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold or None, Pt(size)
    if centred:
        paragraph.alignment = _CENTRE


def _table(made: Any, block: Table) -> None:
    rows = len(block.rows) if block.across else len(block.rows) + 1
    table = made.add_table(rows=rows, cols=len(block.widths))
    table.style = "Table Grid"
    if block.across:
        for row, head, cells in zip(table.rows, block.heads, block.rows, strict=True):
            _cell(row.cells[0], head, bold=True)
            for cell, text in zip(row.cells[1:], cells, strict=True):
                _cell(cell, text, centred=True, size=10)
    else:
        for cell, head in zip(table.rows[0].cells, block.heads, strict=True):
            _cell(cell, head, bold=True, centred=True)
        _repeated(table.rows[0])
        # cells are asked for once a row: python-docx counts them anew at every look
        for row, texts in zip(list(table.rows)[1:], block.rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                _cell(cell, text)
    for row in table.rows:
        _whole(row)
    total = sum(block.widths)
    _sized(table, [WIDTH * width / total for width in block.widths])
    _gap(made)


def _sign(made: Any, block: Sign) -> None:
    table = _plain_table(made, [WIDTH / len(block.columns)] * len(block.columns))
    _whole(table.rows[0])
    for cell, lines in zip(table.rows[0].cells, block.columns, strict=True):
        for at, words in enumerate([*lines, "", "", "", ""]):
            paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
            paragraph.alignment = _CENTRE
            bold = words.startswith("*")
            run = paragraph.add_run(words.strip("*"))
            run.bold, run.italic = bold or None, not bold or None
