"""Makes oms/domain/defaults/blocklist.txt anew: the words that passwords are made of.

    .venv/bin/python deploy/blocklist.py FOLDER

FOLDER holds the unpacked package zxcvbn (MIT), whose list of leaked passwords by frequency is the first section. The
other sections are written here by hand (names, words) or come from vietnamese.places (provinces, before and after July
2025). Everything is folded: small letters and digits, no marks, no spaces. The result is the same bytes each time.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from oms.domain.passwords import ALONE, BESIDE_FACTOR, once  # noqa: E402
from vietnamese.names import SURNAMES  # noqa: E402
from vietnamese.places import LAST_DAY, provinces  # noqa: E402
from vietnamese.text import fold  # noqa: E402

TARGET = ROOT / "oms" / "domain" / "defaults" / "blocklist.txt"
MOST_COMMON = 6000
LONG = 3000
"""How many leaked passwords that are long enough to be set here are in the list at least, as ASVS 6.2.4 asks."""
GIVEN = """
An Anh Ái Ánh Ân Bách Bảo Bắc Bằng Bích Bình Bửu Ca Cầm Cẩm Chấn Chi Chí Chiến Chinh Chính Công Cúc Cương Cường Danh
Dao Diễm Diệp Diệu Dung Dũng Duy Duyên Duyệt Dương Đan Đào Đại Đạt Đăng Điệp Đình Đoan Đoàn Độ Đông Đồng Đức Được Gấm
Gia Giang Giao Hà Hạ Hải Hạnh Hân Hằng Hậu Hiên Hiền Hiển Hiếu Hiệp Hiệu Hoa Hoà Hoài Hoàn Hoàng Hồng Hợp Huân Huấn Huệ
Hùng Huy Huyên Huyền Hưng Hương Hường Hưởng Hữu Kha Khải Khang Khanh Khánh Khiêm Khoa Khôi Khuê Kiên Kiều Kim Kỳ Lan
Lâm Lân Lệ Liên Liễu Linh Loan Lộc Lợi Long Luân Luận Lụa Lực Lương Lượng Lý Mai Mạnh Mẫn Mây Mến Minh Mơ My Mỹ Nam Nga
Ngà Ngân Nghi Nghĩa Ngọc Nguyên Nguyệt Nhài Nhàn Nhân Nhật Nhi Nhiên Nhung Như Nữ Oanh Phi Phong Phú Phúc Phụng Phương
Phước Phượng Quang Quân Quốc Quy Quý Quyên Quyền Quyết Quỳnh Sang Sáng Sinh Sơn Sương Tài Tâm Tân Tấn Thái Thanh Thành
Thảo Thạch Thăng Thắng Thiện Thiên Thiết Thịnh Thoa Thông Thơ Thu Thuận Thục Thuý Thuỳ Thuỷ Thư Thương Thưởng Thy Tiên
Tiến Toàn Toán Trà Trang Trâm Trân Trí Triều Trinh Trọng Trung Trúc Trường Tú Tuấn Tuệ Tùng Tuyên Tuyền Tuyết Tường Tươi
Uyên Vân Văn Thị Vi Việt Vinh Vĩnh Võ Vũ Vui Vương Vy Xuân Xuyến Yên Yến Ý
"""
WORDS = """
mật khẩu | mật mã | mật khẩu mới | mật khẩu của tôi | không có mật khẩu | đổi mật khẩu | tài khoản | đăng nhập
truy cập | quản trị | quản trị viên | quản trị hệ thống | hệ thống | máy tính | máy chủ | dữ liệu | hồ sơ
hồ sơ cán bộ | cán bộ | công chức | viên chức | lưu trữ | văn thư | tổ chức | tổ chức cán bộ | ban tổ chức
nội vụ | sở nội vụ | văn phòng | đảng | đảng viên | đảng uỷ | tỉnh uỷ | huyện uỷ | thành uỷ | chi bộ | đảng bộ
đảng cộng sản | đảng cộng sản việt nam | uỷ ban | uỷ ban nhân dân | ubnd | hội đồng nhân dân | hđnd | mặt trận
mặt trận tổ quốc | mttq | công đoàn | đoàn thanh niên | tỉnh | huyện | thành phố | phường | xã | thị trấn
quận | chính phủ | nhà nước | quốc hội | bộ chính trị | trung ương | việt nam | việt nam vô địch
tôi yêu việt nam | tổ quốc | bác hồ | hồ chí minh | hà nội | sài gòn | độc lập | tự do | hạnh phúc
độc lập tự do hạnh phúc | cộng hoà xã hội chủ nghĩa việt nam | không có gì quý hơn độc lập tự do | xin chào
chào | chào bạn | cảm ơn | xin lỗi | tạm biệt | chúc mừng | năm mới | chúc mừng năm mới | sinh nhật
ngày sinh | năm sinh | anh yêu em | em yêu anh | yêu em | yêu anh | anh yêu | em yêu | con yêu | bé yêu
vợ yêu | chồng yêu | yêu con | yêu bố | yêu mẹ | bố mẹ | ba mẹ | mẹ yêu | gia đình | gia đình tôi | tình yêu
tình bạn | bạn bè | mãi mãi | mãi yêu | yêu mãi mãi | anh nhớ em | em nhớ anh | nhớ em | nhớ anh | hoa hồng
cô đơn | kỷ niệm | mùa xuân | mùa thu | bình an | may mắn | thành công | phát tài | phát lộc | phát đạt
tài lộc | an khang | thịnh vượng | vạn sự như ý | thiên thần | hoàng tử | công chúa | bóng đá | con mèo
con chó | mèo con | cún con | con heo | thỏ con | gấu con | bé bi | bé bông | bé na | bé bo | tí | tèo | admin
administrator | password | passwd | pass | login | user | root | guest | test | demo | welcome | hello
changeme | secret | default | windows | office | letmein | iloveyou | oms | cục | chi cục | phòng
trưởng phòng | giám đốc | chủ tịch | bí thư | thư ký | kế toán | nhân sự | thủ trưởng | lãnh đạo | trang chủ
khoá | mở khoá | vừng ơi mở ra | một hai ba | một hai ba bốn | khong co gi | khong biet | quên rồi
tôi quên rồi
"""


def bare(text: str) -> str:
    """Small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", fold(text))


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-not-found]

    leaked = [bare(word) for word in FREQUENCY_LISTS["passwords"]]
    short = {word for word in leaked[:MOST_COMMON] if len(word) >= 4 and not word.isdigit()}
    settable = list(dict.fromkeys(word for word in leaked if len(word) >= BESIDE_FACTOR))
    long = {part for word in settable[:LONG] for part in (word, once(word)) if len(part) > 2}
    common = sorted(short | long | {word for word in settable if len(word) >= ALONE})
    names = sorted({bare(name) for name in (*SURNAMES, *GIVEN.split())} - {"a", "y"})
    words = sorted({bare(word) for word in re.split(r"[|\n]", WORDS)} - {""})
    lands = {bare(place.name) for day in (LAST_DAY, date(2025, 7, 1)) for place in provinces(day)}
    sections = (("common", common), ("name", names), ("word", words), ("place", sorted(lands)))
    head = [
        "# What easily guessed passwords are made of; used by oms/domain/passwords.py. Made by deploy/blocklist.py.",
        f"# common: of the {MOST_COMMON} most frequent leaked passwords in zxcvbn (MIT), those of four characters or",
        f"#   more that are not digits alone, the {LONG} most frequent of {BESIDE_FACTOR} or more and all of {ALONE}",
        "#   or more; name: Vietnamese family and given names; word: what people here type for a password; place:",
        "#   provinces before and after July 2025. Folded: small letters and digits, no marks.",
    ]
    body = [line for kind, found in sections for line in (f"[{kind}]", *found)]
    TARGET.write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
