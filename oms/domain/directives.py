"""Directives and the tasks they bring: exact ratios, how a task stands, quarters, columns of files. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from oms.domain.list_edits import day_of
from oms.domain.list_files import LineProblem

DONE = 100
"""Percent of a task that is done."""


class Standing(StrEnum):
    """How a task stands on a day."""

    OVERDUE = "overdue"
    OPEN = "open"
    DONE_LATE = "done_late"
    DONE = "done"
    WITHDRAWN = "withdrawn"


STANDING_LABELS: dict[str, str] = {
    Standing.OVERDUE: "Quá hạn",
    Standing.OPEN: "Đang thực hiện",
    Standing.DONE_LATE: "Xong, chậm hạn",
    Standing.DONE: "Xong đúng hạn",
    Standing.WITHDRAWN: "Đã rút",
}
REPORT_LABELS: dict[str, str] = {
    "report": "Báo cáo tiến độ",
    "reopen": "Trả lại, chưa đạt",
    "change": "Đổi hạn, đổi người",
    "withdraw": "Rút nhiệm vụ",
}
"""Kinds of lines in a task's history."""


def standing(due: date | None, done_on: date | None, closed: bool, today: date) -> Standing:
    """How a task stands; one without a last day is never late."""
    if done_on is not None:
        return Standing.DONE_LATE if due is not None and done_on > due else Standing.DONE
    if closed:
        return Standing.WITHDRAWN
    return Standing.OVERDUE if due is not None and due < today else Standing.OPEN


@dataclass(frozen=True)
class Ratio:
    """So many done of so many, told as a fraction and as a percentage with one decimal that never flatters.

    The percentage is exact to one decimal, an exact half rounded to the even digit; "100,0" is said only when all is
    done and "0,0" only when nothing is, so that 9,999 of 10,000 is 99,9 % and no more.
    """

    done: int
    total: int

    @property
    def tenths(self) -> int | None:
        """Tenths of a percent (1,321 of 1,658 is 797); None of nothing."""
        if self.total <= 0:
            return None
        whole, left = divmod(self.done * 1000, self.total)
        whole += 2 * left > self.total or (2 * left == self.total and whole % 2 == 1)
        if 0 < self.done < self.total:
            return min(max(whole, 1), 999)
        return whole

    @property
    def words(self) -> str:
        """The percentage as an office writes it ("79,7 %"), or a dash."""
        return "–" if self.tenths is None else f"{self.tenths // 10},{self.tenths % 10} %"


@dataclass(frozen=True)
class Tally:
    """Counts of tasks: all, done, of these late; in hand, of these past their last day. Withdrawn ones are in none."""

    total: int = 0
    done: int = 0
    done_late: int = 0
    overdue: int = 0

    @property
    def on_time(self) -> int:
        """Done by the last day, or without one."""
        return self.done - self.done_late

    @property
    def in_hand(self) -> int:
        """Not done."""
        return self.total - self.done

    @property
    def ratio(self) -> Ratio:
        """Done of all."""
        return Ratio(self.done, self.total)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.total + other.total,
            self.done + other.done,
            self.done_late + other.done_late,
            self.overdue + other.overdue,
        )


_QUARTER = re.compile(r"(20\d\d)-Q([1-4])")


@dataclass(frozen=True)
class Quarter:
    """A quarter of a year."""

    year: int
    number: int

    @property
    def code(self) -> str:
        """As addresses name it: 2026-Q4."""
        return f"{self.year}-Q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        after = self.following
        return after.first - timedelta(days=1)

    @property
    def following(self) -> Quarter:
        """The next one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> Quarter:
        """The one before."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)


def quarter_on(day: date) -> Quarter:
    """The quarter a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def quarter_of(code: str) -> Quarter | None:
    """The quarter that 2026-Q4 names; None for anything else."""
    found = _QUARTER.fullmatch(code)
    return Quarter(int(found[1]), int(found[2])) if found else None


COLUMNS: dict[str, str] = {
    "number": "Số",
    "title": "Nội dung nhiệm vụ",
    "unit": "Mã đơn vị",
    "owner": "Tên đăng nhập người chịu trách nhiệm",
    "due": "Hạn",
}
TOLD: dict[str, str] = {
    "unit_name": "Đơn vị",
    "owner_name": "Người chịu trách nhiệm",
    "percent": "Tiến độ (%)",
    "done_on": "Ngày xong",
    "standing": "Tình trạng",
    "late": "Số ngày làm việc chậm",
    "newest": "Báo cáo mới nhất",
}
"""Columns of an exported file that taking one in passes over."""
_NEEDED = ("title", "unit", "owner", "due")


@dataclass(frozen=True)
class TaskLine:
    """A task as typed: code of the unit, username of the owner, last day as words."""

    title: str
    unit: str = ""
    owner: str = ""
    due: str = ""
    number: str = ""


def lines_of_file(lines: Sequence[tuple[int, Sequence[str]]]) -> tuple[list[tuple[int, TaskLine]], list[LineProblem]]:
    """The tasks of a file's lines (number, cells), its headings first; and which columns are wrong."""
    if not lines:
        return [], [LineProblem(0, "", "Tệp không có dòng nào.")]
    places, problems = _places(lines[0][1])
    if problems:
        return [], problems
    found = []
    for number, cells in lines[1:]:
        typed = {places[place]: " ".join(text.split()) for place, text in enumerate(cells) if place in places}
        if any(typed.get(name) for name in COLUMNS):
            found.append((number, TaskLine(**{name: typed.get(name, "") for name in COLUMNS})))
    if not found:
        return [], [LineProblem(0, "", "Tệp chỉ có dòng tiêu đề.")]
    return found, []


def _places(head: Sequence[str]) -> tuple[dict[int, str], list[LineProblem]]:
    known = {label.casefold(): name for name, label in {**COLUMNS, **TOLD}.items()}
    places: dict[int, str] = {}
    problems = []
    for place, text in enumerate(head):
        name = known.get(" ".join(text.split()).casefold())
        if name is None and text.strip():
            problems.append(LineProblem(1, text.strip()[:60], "Không có cột nào mang tên này."))
        elif name in places.values():
            problems.append(LineProblem(1, text.strip()[:60], "Cột này có hai lần."))
        elif name:
            places[place] = name
    missing = [name for name in _NEEDED if name not in places.values()]
    return places, [*problems, *(LineProblem(1, COLUMNS[name], "Tệp thiếu cột này.") for name in missing)]


def due_of(text: str, issued_on: date | None) -> date | None:
    """The last day as typed; None when left empty. ValueError with words for an office otherwise."""
    try:
        day = day_of(text)
    except ValueError:
        raise ValueError("Hạn chưa đúng: hãy nhập như 05/12/2026.") from None
    if day is not None and not 2000 <= day.year <= 2100:
        raise ValueError("Hạn chưa đúng: hãy nhập như 05/12/2026.")
    if day is not None and issued_on is not None and day < issued_on:
        raise ValueError("Hạn không được trước ngày của văn bản.")
    return day


def added(tallies: Mapping[str, Tally], keys: Collection[str]) -> Tally:
    """The sum of some tallies."""
    return sum((tallies[key] for key in keys if key in tallies), Tally())
