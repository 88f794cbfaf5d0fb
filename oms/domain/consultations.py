"""A consultation (yêu cầu nghiên cứu hồ sơ): what becomes of it, and for which days it may run. Pure.

Named papers of one dossier are lent to one person for a purpose, some days and a place. Asked → prepared → approved or
refused; what is approved runs for its days and then ends by itself. Nothing waits for ever: what nobody decided lapses.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum

from oms.domain.working_days import Calendar, after_working
from vietnamese.names import fold_name

FURTHEST = timedelta(days=60)
"""A consultation begins at most this long after it was asked for."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
READING_PLACE = "Phòng đọc của đơn vị quản lý hồ sơ"


class State(StrEnum):
    """What somebody did last; what only time brings is a :class:`Phase`."""

    ASKED = "asked"
    PREPARED = "prepared"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    ENDED = "ended"


class Phase(StrEnum):
    """Where a consultation stands on a day."""

    ASKED = "asked"
    PREPARED = "prepared"
    COMING = "coming"
    RUNNING = "running"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    ENDED = "ended"
    LAPSED = "lapsed"


PHASE_LABELS: dict[str, str] = {
    "asked": "Chờ chuẩn bị",
    "prepared": "Chờ duyệt",
    "coming": "Đã duyệt, chưa đến ngày",
    "running": "Đang nghiên cứu",
    "refused": "Không chấp thuận",
    "withdrawn": "Đã rút",
    "revoked": "Đã thu hồi",
    "ended": "Đã kết thúc",
    "lapsed": "Quá hạn, không được xét",
}
"""Words for the unit that holds the dossier."""

ASKER_LABELS: dict[str, str] = {
    "asked": "Đang được xem xét",
    "prepared": "Đang được xem xét",
    "coming": "Đã duyệt, chưa đến ngày",
    "running": "Đang nghiên cứu",
    "refused": "Không được chấp thuận",
    "withdrawn": "Đã rút",
    "revoked": "Đã bị thu hồi",
    "ended": "Đã kết thúc",
    "lapsed": "Quá hạn, không được xét",
}
"""Words for who asked: a request that found its dossier reads like one that did not."""

OPEN = (State.ASKED, State.PREPARED)


def phase(state: str, last_day_asked: date, given: tuple[date | None, date | None], today: date) -> Phase:
    """Where it stands today; ``given`` are the days approved."""
    if state in OPEN:
        return Phase.LAPSED if last_day_asked < today else Phase(state)
    first, last = given
    if state != State.APPROVED or first is None or last is None:
        return Phase(state) if state != State.APPROVED else Phase.LAPSED
    if today < first:
        return Phase.COMING
    return Phase.RUNNING if today <= last else Phase.ENDED


def longest(first: date, working_days: int, calendar: Calendar) -> date:
    """The last day a consultation of so many working days may run to when it begins on ``first``."""
    return after_working(first - timedelta(days=1), working_days, calendar)


def days_problem(first: date, last: date, today: date, working_days: int, calendar: Calendar) -> tuple[str, str] | None:
    """What is wrong with the days, as (field, words); None when they may be asked for."""
    if first < today:
        return "first", "Ngày bắt đầu đã qua; hãy nhập từ hôm nay trở đi."
    if first > today + FURTHEST:
        return "first", f"Ngày bắt đầu còn quá xa; hãy nhập trong vòng {FURTHEST.days} ngày tới."
    if last < first:
        return "last", "Ngày kết thúc phải từ ngày bắt đầu trở đi."
    latest = longest(first, working_days, calendar)
    if last > latest:
        return "last", f"Mỗi lần nghiên cứu tối đa {working_days} ngày làm việc: đến {latest:%d/%m/%Y} là muộn nhất."
    return None


USAGE_KINDS: dict[str, str] = {"handed": "Giao hồ sơ", "ended": "Kết thúc", "remark": "Ghi chú"}
"""What a line of the usage register (mẫu 5b) is added for."""


def may_mean(words: str, folded: str, born: str) -> bool:
    """Whether words that say whose dossier is asked for may mean a person of this folded name and birth date.

    The name stands among them, and no year that could be another birth year alone.
    """
    if f" {folded} " not in f" {fold_name(words)} ":
        return False
    years = _YEAR.findall(words)
    return not years or not born or born[:4] in years
