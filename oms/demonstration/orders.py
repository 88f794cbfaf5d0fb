"""Who signs in the invented province, and the decisions they sign about its cadres."""

from __future__ import annotations

from datetime import date, timedelta

from oms.demonstration.forms import comma, printed
from oms.demonstration.letters import Desk, Order
from oms.demonstration.people import DemoCadre

PROVINCIAL_COMMITTEE = Desk(
    "party", ("Tỉnh uỷ Lam Giang",), "Tỉnh uỷ Lam Giang", "Lam Giang",
    "BAN THƯỜNG VỤ TỈNH UỶ", "Phó Bí thư", "Chử Văn Đoàn",
)  # fmt: skip
ORGANISATION_BOARD = Desk(
    "party", ("Tỉnh uỷ Lam Giang", "Ban Tổ chức"), "Ban Tổ chức Tỉnh uỷ", "Lam Giang",
    "BAN TỔ CHỨC TỈNH UỶ", "Trưởng ban", "Hứa Mạnh Cường",
)  # fmt: skip
OLD_DISTRICT_COMMITTEE = Desk(
    "party", ("Đảng bộ tỉnh Lam Thượng", "Huyện uỷ Vân Khởi"), "Huyện uỷ Vân Khởi", "Vân Khởi",
    "BAN THƯỜNG VỤ HUYỆN UỶ", "Bí thư", "Hà Quang Sướng",
)  # fmt: skip
FOREST_CELL = Desk(
    "party", ("Huyện uỷ Vân Khởi", "Chi bộ Lâm trường"), "Chi bộ Lâm trường", "Vân Khởi",
    "CHI BỘ", "Bí thư", "Khúc Thừa Mẫn", sealed=False,
)  # fmt: skip
PROVINCE = Desk(
    "state", ("Uỷ ban nhân dân", "tỉnh Lam Giang"), "Uỷ ban nhân dân tỉnh Lam Giang", "Lam Giang",
    "CHỦ TỊCH UỶ BAN NHÂN DÂN TỈNH LAM GIANG", "Chủ tịch", "Thạch Ngọc Bửu",
)  # fmt: skip
OLD_RIVER_PROVINCE = Desk(
    "state", ("Uỷ ban nhân dân", "tỉnh Giang Khê"), "Uỷ ban nhân dân tỉnh Giang Khê", "Giang Khê",
    "CHỦ TỊCH UỶ BAN NHÂN DÂN TỈNH GIANG KHÊ", "Chủ tịch", "Đinh Trọng Khuê",
)  # fmt: skip
OLD_DISTRICT = Desk(
    "state", ("Uỷ ban nhân dân", "huyện Vân Khởi"), "Uỷ ban nhân dân huyện Vân Khởi", "Vân Khởi",
    "CHỦ TỊCH UỶ BAN NHÂN DÂN HUYỆN VÂN KHỞI", "Phó Chủ tịch", "Triệu Thị Nguyệt",
)  # fmt: skip
HOME_AFFAIRS = Desk(
    "state", ("Uỷ ban nhân dân tỉnh", "Sở Nội vụ"), "Sở Nội vụ", "Lam Giang",
    "GIÁM ĐỐC SỞ NỘI VỤ", "Giám đốc", "Quản Trọng Nghĩa",
)  # fmt: skip
_PARTY_COPIES = ("Như Điều 3", "Các ban đảng", "Lưu hồ sơ")
_CIVIL_SERVANTS_LAW = "Căn cứ Luật Cán bộ, công chức ngày 13 tháng 11 năm 2008;"


def _known(cadre: DemoCadre) -> str:
    """The person as a decision first names them."""
    return f"{cadre.honorific} {cadre.name}, sinh ngày {printed(cadre.core.born)}"


def _called(cadre: DemoCadre) -> str:
    return f"{cadre.honorific.capitalize()} {cadre.name}"


def appointment(cadre: DemoCadre, number: str, issued_on: date, old: str, new: str) -> Order:
    """An appointment in the State style, in force a week after it is signed."""
    start = issued_on + timedelta(days=7)
    return Order(
        "bo_nhiem", number, issued_on, f"Về việc bổ nhiệm {new}",
        (
            "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
            _CIVIL_SERVANTS_LAW,
            "Xét đề nghị của Giám đốc Sở Nội vụ tại Tờ trình về công tác cán bộ,",
        ),
        (
            f"Bổ nhiệm {_known(cadre)}, {old}, giữ chức vụ {new}, kể từ ngày {printed(start)}. "
            "Thời hạn giữ chức vụ là 05 năm.",
            f"{_called(cadre)} được hưởng phụ cấp chức vụ hệ số {comma(cadre.core.allowance)} và các "
            "chế độ khác theo quy định hiện hành của Nhà nước.",
            f"Chánh Văn phòng, Giám đốc Sở Nội vụ, thủ trưởng các cơ quan, đơn vị có liên quan và "
            f"{cadre.honorific} có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
        ),
        start,
    )  # fmt: skip


def transfer(cadre: DemoCadre, number: str, issued_on: date, old: str, new: str) -> Order:
    """A transfer in the Party style."""
    start = issued_on + timedelta(days=10)
    return Order(
        "dieu_dong", number, issued_on, "Về việc điều động cán bộ",
        (
            "Căn cứ Điều lệ Đảng và quy định về phân cấp quản lý cán bộ;",
            "Căn cứ Quy chế làm việc của Ban Chấp hành Đảng bộ;",
            f"Xét yêu cầu nhiệm vụ và năng lực của đồng chí {cadre.name},",
        ),
        (
            f"Điều động {_known(cadre)}, {old}, đến nhận công tác và giữ chức vụ {new}, "
            f"kể từ ngày {printed(start)}.",
            f"{_called(cadre)} có trách nhiệm bàn giao công việc trước khi nhận nhiệm vụ mới; lương và "
            "phụ cấp thực hiện theo quy định.",
            f"Văn phòng, Ban Tổ chức, cơ quan liên quan và {cadre.honorific} {cadre.name} thi hành "
            "Quyết định này.",
        ),
        start,
        _PARTY_COPIES,
    )  # fmt: skip


def committee_seat(cadre: DemoCadre, number: str, issued_on: date, seat: str) -> Order:
    """An appointment to a Party committee, Party style."""
    return Order(
        "chuan_y", number, issued_on, f"Về việc chỉ định {seat}",
        (
            "Căn cứ Điều lệ Đảng Cộng sản Việt Nam và hướng dẫn thi hành Điều lệ Đảng;",
            "Căn cứ quyết định thành lập Đảng bộ tỉnh Lam Giang;",
            "Xét đề nghị của Ban Tổ chức Tỉnh uỷ,",
        ),
        (
            f"Chỉ định {_known(cadre)}, {cadre.post_on(issued_on)}, giữ chức vụ {seat} nhiệm kỳ 2025 - 2030, "
            f"kể từ ngày {printed(issued_on)}.",
            f"Đồng chí {cadre.name} thực hiện nhiệm vụ, quyền hạn theo Điều lệ Đảng và quy chế làm việc.",
            f"Văn phòng Tỉnh uỷ, Ban Tổ chức Tỉnh uỷ và đồng chí {cadre.name} thi hành Quyết định này.",
        ),
        issued_on,
        _PARTY_COPIES,
    )  # fmt: skip


def admission(cadre: DemoCadre, number: str) -> Order:
    """The decision by which a person was admitted to the Party, dated three days before the ceremony."""
    joined = cadre.core.party[0]
    return Order(
        "ket_nap", number, joined - timedelta(days=3), "Về việc kết nạp đảng viên",
        (
            "Căn cứ Điều lệ Đảng Cộng sản Việt Nam;",
            f"Xét Nghị quyết của Chi bộ Lâm trường đề nghị kết nạp {cadre.honorific} {cadre.name} vào Đảng,",
        ),
        (
            f"Kết nạp {_known(cadre)}, quê quán {cadre.core.home_place}, vào Đảng Cộng sản Việt Nam, "
            f"kể từ ngày {printed(joined)}.",
            f"Chi bộ Lâm trường tổ chức lễ kết nạp và phân công đảng viên giúp đỡ {cadre.honorific} "
            f"{cadre.name} trong thời gian dự bị 12 tháng.",
            f"Văn phòng, Ban Tổ chức Huyện uỷ, Chi bộ Lâm trường và {cadre.honorific} {cadre.name} thi hành "
            "Quyết định này.",
        ),
        joined,
        _PARTY_COPIES,
    )  # fmt: skip


def pay_rise(cadre: DemoCadre, number: str, issued_on: date) -> Order:
    """The last step of the pay history as a decision, State style."""
    before, after = cadre.salary_history[-2:]
    return Order(
        "nang_luong", number, issued_on, "Về việc nâng bậc lương thường xuyên đối với công chức",
        (
            _CIVIL_SERVANTS_LAW,
            "Căn cứ chế độ tiền lương đối với cán bộ, công chức, viên chức và lực lượng vũ trang;",
            "Theo đề nghị của Trưởng phòng Tổ chức cán bộ,",
        ),
        (
            f"Nâng bậc lương thường xuyên đối với {_known(cadre)}, ngạch {cadre.rank_title.lower()}, "
            f"mã số {cadre.core.rank}, từ bậc {cadre.core.step - 1}, hệ số {comma(before.coefficient)} lên "
            f"bậc {cadre.core.step}, hệ số {comma(after.coefficient)}.",
            f"Thời gian hưởng bậc lương mới và tính nâng bậc lương lần sau kể từ ngày "
            f"{printed(cadre.salary_from)}.",
            f"Chánh Văn phòng, Trưởng phòng Tổ chức cán bộ và {cadre.honorific} {cadre.name} chịu trách nhiệm "
            "thi hành Quyết định này./.",
        ),
        cadre.salary_from,
    )  # fmt: skip


def award(cadre: DemoCadre, number: str, issued_on: date, honour: str, deed: str) -> Order:
    """An honour given to one person; `deed` completes "đã có thành tích …"."""
    return Order(
        "khen_thuong", number, issued_on, f"Về việc tặng {honour}",
        (
            "Căn cứ Luật Thi đua, khen thưởng và các văn bản hướng dẫn thi hành;",
            "Xét đề nghị của cơ quan quản lý công tác thi đua, khen thưởng,",
        ),
        (
            f"Tặng {honour} cho {_known(cadre)}, {cadre.post_on(issued_on)}, {deed}.",
            "Tiền thưởng kèm theo thực hiện theo quy định hiện hành.",
            f"Văn phòng, cơ quan thi đua, khen thưởng và {cadre.honorific} {cadre.name} thi hành "
            "Quyết định này./.",
        ),
        None,
        ("Như Điều 3", "Lưu hồ sơ"),
    )  # fmt: skip
