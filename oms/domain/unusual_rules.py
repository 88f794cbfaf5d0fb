"""The rules of the reviewer's queue: what each is called, its sentence, how much it weighs. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RULE_LABELS: dict[str, str] = {
    "unexplained": "Không có gì giải thích",
    "off_hours": "Ngoài giờ làm việc",
    "day_off": "Ngày nghỉ",
    "bulk_day": "Nhiều hồ sơ trong ngày",
    "bulk_hour": "Nhiều hồ sơ trong một giờ",
    "sequential": "Số hồ sơ liền nhau",
    "outside_scope": "Ngoài phạm vi được giao",
    "after_transfer": "Sau khi hồ sơ đã chuyển",
    "after_task": "Công việc viện dẫn không giải thích được",
    "kin": "Người thân",
    "namesake": "Cùng họ, cùng quê",
    "watched": "Trong danh sách theo dõi",
    "dormant": "Tài khoản lâu không dùng",
    "denied_first": "Bị từ chối rồi đọc được",
    "taken_out": "Đọc rồi lấy ra",
    "many_searching": "Nhiều người tìm một hồ sơ",
    "two_addresses": "Hai máy cùng lúc",
    "first_unit": "Lần đầu đọc đơn vị này",
    "coworker": "Đồng nghiệp cùng đơn vị",
    "under_review": "Hồ sơ đang được xem xét",
    "no_work": "Không có kết quả công việc",
    "repeated": "Lặp lại nhiều lần",
    "unlike_peers": "Khác đồng nghiệp",
    "left_unit": "Đơn vị đã thôi công tác",
    "no_footing": "Đọc nhiều, không có việc ở đơn vị đó",
    "returned": "Trở lại một hồ sơ nhiều ngày",
}

RULE_SENTENCES: dict[str, str] = {
    "unexplained": "Không dòng nào trong hệ thống giải thích %(n)s lượt đọc này.",
    "off_hours": "Đọc lúc %(when)s, ngoài giờ làm việc.",
    "day_off": "Đọc vào ngày nghỉ.",
    "bulk_day": "%(n)s hồ sơ trong ngày; thường ngày của người này là %(usual)s.",
    "bulk_hour": "%(n)s hồ sơ trong một giờ; thường là %(usual)s.",
    "sequential": "Mở %(n)s hồ sơ có số liền nhau.",
    "outside_scope": "Hồ sơ của đơn vị ngoài phạm vi được giao.",
    "after_transfer": "Hồ sơ đã chuyển sang đơn vị khác trước đó.",
    "after_task": "Công việc %(task)s không giải thích được.",
    "kin": "Hồ sơ của người thân đã khai.",
    "namesake": "Cùng họ và cùng quê quán với người đọc.",
    "watched": "Hồ sơ trong danh sách theo dõi riêng.",
    "dormant": "Tài khoản không đọc gì suốt %(days)s ngày trước đó.",
    "denied_first": "Bị từ chối, trong 10 phút sau thì đọc được.",
    "taken_out": "Đọc rồi xuất hoặc lấy bản sao.",
    "many_searching": "%(n)s người đến hồ sơ này trong 7 ngày mà không có gì giải thích.",
    "two_addresses": "Dùng từ hai địa chỉ máy trong 10 phút.",
    "first_unit": "Lần đầu người này đọc hồ sơ của đơn vị đó.",
    "coworker": "Hồ sơ của chính đơn vị người đọc, không kèm công việc.",
    "under_review": "Hồ sơ nằm trong một trường hợp khác đang xem xét.",
    "no_work": "Viện dẫn công việc nhưng sau đó không để lại kết quả nào trên hồ sơ.",
    "repeated": "%(n)s lần như vậy trong 30 ngày; với người này và vai trò này thường có %(usual)s.",
    "left_unit": "Người đọc đã thôi công tác ở đơn vị của hồ sơ từ %(day)s.",
    "no_footing": "Trong 90 ngày đọc %(n)s lượt hồ sơ ở những đơn vị mà người này không có kết quả công việc nào; "
    "cùng vai trò thường có %(usual)s.",
    "returned": "Đọc hồ sơ này %(n)s ngày trong 90 ngày, không ngày nào có kết quả hay căn cứ riêng cho hồ sơ.",
    "unlike_peers": "Những người đọc các hồ sơ như người này không đọc hồ sơ loại này.",
}
"""What a case says of itself; the figures in it are the signal's."""


@dataclass(frozen=True)
class Rule:
    """How much a rule weighs, and how much of that where a task or a yearly round explains the reading.

    ``under_task``: 0 – a task answers it; ``LESS`` – citing a true task is the cheapest cover there is; 1 – a task
    answers nothing: it is no ground for reading of one's own kin, declared or likely, nor for straying again and again.
    """

    weight: float
    under_task: float = 0.0


LESS = 0.4

RULES: Mapping[str, Rule] = {
    "unexplained": Rule(1.0),
    "off_hours": Rule(1.5),
    "day_off": Rule(1.5),
    "bulk_day": Rule(2.5, LESS),
    "bulk_hour": Rule(2.0, LESS),
    "sequential": Rule(3.0, LESS),
    "outside_scope": Rule(2.5),
    "after_transfer": Rule(2.5),
    "after_task": Rule(2.0),
    "kin": Rule(5.0, 1),
    "namesake": Rule(2.5, 1),
    "watched": Rule(3.0, LESS),
    "dormant": Rule(2.0, LESS),
    "denied_first": Rule(2.5, LESS),
    "taken_out": Rule(2.0, LESS),
    "many_searching": Rule(2.0),
    "two_addresses": Rule(2.5, LESS),
    "first_unit": Rule(1.0),
    "coworker": Rule(0.7),
    "under_review": Rule(1.0),
    "no_work": Rule(0.5, LESS),
    "repeated": Rule(2.0, 1),
    "unlike_peers": Rule(2.0, LESS),
    "left_unit": Rule(2.5, LESS),
    "no_footing": Rule(2.0, 1),
    "returned": Rule(1.5, 1),
}
