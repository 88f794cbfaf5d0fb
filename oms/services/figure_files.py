"""Figures of work as Excel and PDF: whose, of when, narrowed to what, made by whom and when stand in the head."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.domain.access import Principal, Target
from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.figures import CASE_LABELS, MEASURES, PAPER_LABELS, STANDING_LABELS, share, tenths_words
from oms.domain.journal import Verb
from oms.domain.records import HANOI
from oms.services import outgoing, secret_copies
from oms.services.figures import Asked, Counted, Figures, Late
from oms.services.house import What, Why, note
from oms.services.paper_figures import PaperFigures
from oms.services.secret_copies import Copied, Leaving
from oms.settings import CHECKOUT
from oms.store.case_tables import CountContest
from oms.store.db import UnitOfWork

STYLE = CHECKOUT / "oms" / "static" / "css" / "report_print.css"
TITLE = "THỐNG KÊ CÔNG VIỆC"
OUTSIDE = "Đơn vị khác, đang xử lý ở đây"
NOBODYS = "Chưa giao ai"


@dataclass(frozen=True)
class Head:
    """What stands over a file: what it is narrowed to in words, who made it and when."""

    narrowed: str
    who: str
    at: datetime

    def lines(self) -> tuple[str, str]:
        """Its two lines."""
        made = f"Lập lúc {self.at.astimezone(HANOI):%d/%m/%Y %H:%M}, người lập: {self.who}"
        return self.narrowed, f"{made}. Chỉ đếm những gì người lập được xem."


def contest_words(contests: Iterable[CountContest]) -> str:
    """Contests that wait, as they stand beside a figure in a file."""
    return "; ".join(f"{MEASURES.get(row.measure, row.measure)}: {row.note}" for row in contests)


Cells = list[str | int | float | None]


def case_cells(name: str, figures: Any, contests: Sequence[CountContest] = ()) -> Cells:
    """One line of figures of cases."""
    counts = [getattr(figures, measure) for measure in CASE_LABELS]
    mean = None if figures.mean is None else figures.mean / 10
    return [name, *counts, mean, figures.p90, contest_words(contests)]


def _paper_cells(name: str, line: Any, contests: Sequence[CountContest] = ()) -> Cells:
    work = line.work if hasattr(line, "work") else line.total
    counts: Cells = [getattr(work, measure) for measure in PAPER_LABELS]
    rate = None if work.error_rate is None else work.error_rate / 10
    shares: Cells = []
    for measure in STANDING_LABELS:
        part, whole = line.standing.get(measure, (0, 0))
        said = tenths_words(share(part, whole))
        shares.append(f"{part}/{whole}" + (f" = {said} %" if said else ""))
    return [name, *counts, rate, *shares, contest_words(contests)]


def line_name(name: str, asked: Asked, own: bool) -> str:
    """A line's name; the last line by unit or by person has none of its own."""
    if not name:
        return NOBODYS if asked.by == "person" else OUTSIDE
    return f"{name} (trực thuộc)" if own else name


def _tables(made: Figures | PaperFigures) -> tuple[list[str], list[Cells]]:
    if isinstance(made, Figures):
        heads = ["Tên", *CASE_LABELS.values(), MEASURES["mean"], MEASURES["p90"], "Phản ánh chưa trả lời"]
        rows = [case_cells(line_name(each.name, made.asked, each.own), each.work, each.contests) for each in made.lines]
        waiting = [each for each in made.contests if each.state == "open"]
        total = case_cells("Tổng cộng", made.total, waiting)
        return heads, [*rows, total, case_cells(f"Kỳ trước ({made.asked.period.before.words})", made.before)]
    heads = ["Tên", *PAPER_LABELS.values(), "Tỷ lệ sai (%)", *STANDING_LABELS.values(), "Phản ánh chưa trả lời"]
    rows = [_paper_cells(line_name(each.name, made.asked, each.own), each, each.contests) for each in made.lines]
    return heads, [*rows, _paper_cells("Tổng cộng", made)]


def excel(made: Figures | PaperFigures, head: Head, late: Late | None = None) -> bytes:
    """The figures as an Excel file; a second sheet lists the late cases with their reasons."""
    out = io.BytesIO()
    book = outgoing.new_workbook(out)
    bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    heads, rows = _tables(made)
    sheet = book.add_worksheet("Thống kê")
    start = _head(sheet, book, made.secrecy, head)
    _fill(sheet, start, heads, rows, (bold, plain))
    if late is not None and late.rows:
        listed = book.add_worksheet("Hồ sơ trễ hạn")
        names = ["Số", "Đơn vị tiếp nhận", "Thủ tục", "Hạn", "Kết thúc", "Trễ (ngày làm việc)", "Lý do"]
        cut = cut_words(late)
        if cut:
            listed.write_string(0, 0, cut, book.add_format({"bold": True}))
        _fill(listed, 2 if cut else 0, names, [_late_cells(row) for row in late.rows], (bold, plain))
    book.close()
    return out.getvalue()


def cut_words(late: Late) -> str:
    """What is said over a list of late cases that holds not all of them; "" over one that does."""
    if late.total <= len(late.rows):
        return ""
    return (
        f"Chỉ ghi {len(late.rows)} trong {late.total} hồ sơ trễ hạn. Muốn đủ, hãy thu hẹp theo đơn vị, thủ tục hoặc kỳ."
    )


def _head(sheet: Any, book: Any, secrecy: int, head: Head) -> int:
    lines = [SECRECY_LABELS[secrecy].upper()] if secrecy else []
    lines += [TITLE, *head.lines()]
    for place, line in enumerate(lines):
        sheet.write_string(place, 0, line, book.add_format({"bold": line == TITLE or (secrecy > 0 and place == 0)}))
    return len(lines) + 1


def _late_cells(row: Counted) -> Cells:
    case = row.case
    due = f"{case.due:%d/%m/%Y}" if case.due else ""
    ended = f"{case.ended_on:%d/%m/%Y}" if case.ended_on else "đang giải quyết"
    late = case.late_days if case.ended_on else None
    return [case.number, row.unit.name, row.procedure.title, due, ended, late, case.late_reason or "chưa ghi"]


def _fill(sheet: Any, start: int, heads: Sequence[str], rows: Sequence[Cells], forms: tuple[Any, Any]) -> None:
    for column, words in enumerate(heads):
        sheet.write_string(start, column, words, forms[0])
    for line, cells in enumerate(rows, start + 1):
        for column, cell in enumerate(cells):
            if cell is None:
                sheet.write_blank(line, column, None, forms[1])
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell, forms[1])
            else:
                sheet.write_number(line, column, cell, forms[1])
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, len(heads) - 1, 14)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def pdf(html: str) -> bytes:
    """The page as PDF; only what is in the page is drawn."""
    return outgoing.pdf(html, [STYLE])


@dataclass(frozen=True)
class Drawn:
    """Figures as a file that is to leave: its bytes, xlsx or pdf, what for, what is said of copies of a secret."""

    data: bytes
    form: str
    purpose: str
    leaving: Leaving | None = None


def note_export(
    uow: UnitOfWork, principal: Principal, made: Figures | PaperFigures, drawn: Drawn, now: datetime
) -> bytes:
    """Writes the export's row with its size and purpose; returns what may leave once the row is durable."""
    target = Target(principal.unit_path, made.secrecy)
    detail = made.asked.detail | {"form": drawn.form, "bytes": len(drawn.data), "lines": len(made.lines)}
    copied = Copied("report", What("count", "", TITLE), target, principal.unit_id)
    entered = secret_copies.enter(uow, principal, copied, drawn.leaving, drawn.purpose, now, kind=drawn.form)
    what = What("count", made.asked.by)
    note(uow, principal, Verb.COUNT_EXPORT, now, what=what, why=Why(drawn.purpose), target=target, detail=detail)
    return secret_copies.marked(drawn.data, entered, drawn.form)
