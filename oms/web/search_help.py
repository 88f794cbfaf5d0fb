"""What can be typed into a search: an example of every sign and every narrowing word, each a question that works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import gettext as _

from oms.services.finding import Named
from vietnamese.text import fold


def lines(units: Sequence[Named]) -> list[tuple[str, str]]:
    """Each example with what it finds; the one of a unit names a unit that this reader may choose."""
    unit = _one_of(units)
    found = [
        ("pham van thang", _("Họ tên có dấu hoặc không dấu; gõ sai một chữ vẫn thấy, ghi là gần đúng")),
        ("88-QĐ/HU", _("Số, ký hiệu văn bản")),
        ('"phó bí thư"', _("Ngoặc kép: các từ đứng liền nhau, đúng thứ tự")),
        ('bổ nhiệm -"kỷ luật"', _("Dấu trừ là KHÔNG: có từ trước, không có từ hay cụm từ ngay sau dấu trừ")),
        ("khen*", _("Dấu sao: từ bắt đầu bằng các chữ này, ít nhất hai chữ")),
        ("nâng HOẶC hạ", _("Một trong hai từ; HOẶC viết chữ in, OR cũng được")),
        ("(nâng HOẶC hạ) ngạch", _("Ngoặc đơn: gom lại trước, ở đây là ngạch cùng với nâng hoặc hạ")),
        ("loại:quyết_định", _("Loại tài liệu; dấu gạch dưới thay dấu cách")),
        ("khối:đảng", _("Khối: đảng, mặt_trận hoặc chính_quyền")),
        ("năm:2005..2010", _("Năm ban hành: từ năm đến năm; năm:2005 là một năm, năm:2005.. là từ năm đó")),
        ("mật:thường", _("Độ mật: thường, mật, tối_mật hoặc tuyệt_mật")),
        ("liên_kết:có", _("Người có tài liệu ở từ hai khối; liên_kết:không là chỉ ở một khối")),
        ("thiếu:sơ_yếu_lý_lịch", _("Hồ sơ chưa có loại tài liệu này")),
        ("bổ nhiệm năm:2005..2010 khối:đảng", _("Các cách trên viết chung trong một câu")),
    ]
    if unit:
        found.insert(9, (f'đơn_vị:"{unit}"', _("Đơn vị và cấp dưới, theo tên hoặc mã; đơn_vị:sở_nội_vụ cũng được")))
    return found


def _one_of(units: Sequence[Named]) -> str:
    """The name of the first unit that no other unit's name holds; "" when there is none."""
    names = Counter(fold(unit.name) for unit in units)
    return next((unit.name for unit in units if '"' not in unit.name and names[fold(unit.name)] == 1), "")
