"""Directives of the demonstration with their tasks: tens each, some done, some late, one closed, one secret.

Through the services, each step once (see ``lives.Steps``). Ratios are not round, as in life.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from oms.demonstration import clerk
from oms.demonstration.lives import Steps
from oms.domain.access import Principal
from oms.domain.directives import TaskLine
from oms.domain.records import day_in_hanoi
from oms.services import directives, setup, task_work
from oms.services.directives import NewDirective
from oms.services.house import House

Clock = Callable[[], datetime]
HEAD = "lanhdao.tinh"
OWNERS = (
    ("LG-D-BTC", "canbo.tochuc"),
    ("LG-D-BTC", "vanthu.dang"),
    ("LG-D-VK", "lanhdao.xa"),
    ("LG-C-SNV", "canbo.noivu"),
    ("LG-C-SNV", "vanthu.noivu"),
    ("LG-M", "canbo.mattran"),
)
WORK = (
    "Rà soát, bổ sung hồ sơ cán bộ còn thiếu thành phần",
    "Xây dựng kế hoạch số hoá hồ sơ của đơn vị",
    "Báo cáo kết quả rà soát quy hoạch nhiệm kỳ 2026–2031",
    "Kiện toàn nhân sự cấp uỷ sau sắp xếp đơn vị hành chính",
    "Đối chiếu ngày sinh, tuổi Đảng của cán bộ sắp nghỉ hưu",
    "Hướng dẫn cơ sở thực hiện quy trình đánh giá, xếp loại cuối năm",
    "Tham mưu ban hành quy chế khai thác hồ sơ",
    "Tổng hợp nhu cầu đào tạo, bồi dưỡng lý luận chính trị",
    "Kiểm kê hồ sơ giấy và lập biên bản đối chiếu",
)
SAID = (
    "Đã có dự thảo, đang xin ý kiến các đơn vị liên quan",
    "Còn chờ số liệu của ba xã mới sắp xếp",
    "Đã làm việc với đơn vị, thống nhất nội dung và tiến độ",
    "Vướng biểu mẫu: đã đề nghị cấp trên hướng dẫn",
)


@dataclass(frozen=True)
class _Paper:
    number: str
    title: str
    kind: str
    issuer: str
    days_ago: int
    tasks: int
    done: int
    overdue: int
    secrecy: int = 0


PAPERS = (
    _Paper("36-KL/TU", "Kết luận về công tác cán bộ và số hoá hồ sơ cán bộ năm 2026", "ket_luan",
           "Ban Thường vụ Tỉnh uỷ", 120, 37, 29, 3),
    _Paper("112-TB/TU", "Thông báo kết luận giao ban quý III về kiện toàn tổ chức cấp xã", "thong_bao",
           "Thường trực Tỉnh uỷ", 60, 23, 14, 4),
    _Paper("845-CV/BTCTU", "Về việc rà soát, bổ sung quy hoạch nhiệm kỳ 2026–2031", "cong_van", "Ban Tổ chức Tỉnh uỷ",
           35, 13, 6, 0),
    _Paper("21-NQ/TU", "Nghị quyết về sắp xếp tổ chức bộ máy giai đoạn đầu năm", "nghi_quyet",
           "Ban Chấp hành Đảng bộ tỉnh", 200, 8, 8, 0),
    _Paper("07-KL/TU", "Kết luận về công tác bảo vệ chính trị nội bộ", "ket_luan",
           "Ban Thường vụ Tỉnh uỷ", 45, 3, 1, 1, 1),
)  # fmt: skip


def lay_down(house: House, steps: Steps, clock: Clock) -> None:
    """Every directive with its tasks and their owners' reports."""
    for place, paper in enumerate(PAPERS):
        steps.once(f"directive {paper.number}", partial(_paper, house, paper, place, clock))


def _owner(paper: _Paper, place: int) -> tuple[str, str]:
    """Who is given the task; a secret one goes to who may see its level."""
    return OWNERS[place % 2] if paper.secrecy else OWNERS[place % len(OWNERS)]


def _due(paper: _Paper, place: int, today: date) -> date:
    """Done ones were due about today, some before; then the overdue, then those with time left."""
    if place < paper.done:
        return today + timedelta(days=(place * 5) % 40 - 6)
    if place < paper.done + paper.overdue:
        return today - timedelta(days=3 + place % 17)
    return today + timedelta(days=4 + (place * 7) % 60)


def _paper(house: House, paper: _Paper, place: int, clock: Clock) -> None:
    head, today = clerk.principal_named(house, HEAD), day_in_hanoi(clock())
    lines = []
    for number in range(paper.tasks):
        unit, owner = _owner(paper, number)
        work = WORK[(number + place * 2) % len(WORK)]
        lines.append((number + 1, TaskLine(work, unit, owner, f"{_due(paper, number, today):%d/%m/%Y}")))
    with house.work(head, clock()) as uow:
        unit_id = next(each.id for each in setup.all_units(uow) if each.code == "LG-D-BTC")
        issued = today - timedelta(days=paper.days_ago)
        new = NewDirective(paper.number, paper.title, unit_id, paper.kind, paper.issuer, issued, paper.secrecy)
        directive_id = directives.create(uow, head, new, clock()).id
        made = [(task.id, task.owner_id) for task in directives.add_tasks(uow, head, directive_id, lines, clock())]
    holders = {name: clerk.principal_named(house, name) for _unit, name in OWNERS}
    for number, (task_id, _holder) in enumerate(made):
        _report(house, holders[_owner(paper, number)[1]], task_id, paper, number, clock)
    if paper.done == paper.tasks:
        with house.work(head, clock()) as uow:
            directives.close(uow, head, directive_id, "Các nhiệm vụ đã hoàn thành", clock())


def _report(house: House, owner: Principal, task_id: str, paper: _Paper, place: int, clock: Clock) -> None:
    """Done ones say so, most others how far they are; some have not been reported on yet."""
    if place >= paper.done and place % 4 == 3:
        return
    percent = 100 if place < paper.done else 15 + (place * 20) % 80
    words = "Đã hoàn thành, có báo cáo gửi kèm" if percent == 100 else SAID[place % len(SAID)]
    with house.work(owner, clock()) as uow:
        task_work.report(uow, owner, task_id, percent, words, 0, clock())
