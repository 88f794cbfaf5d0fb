"""Names of persons: one way to write them, a guess whether a line is one, where they stand in text."""

import re

from vietnamese.text import TOKEN, canon, fold, repair_eth

# Family names of the Kinh and, after them, of the larger minorities; spelling as on birth certificates.
_SURNAME_LIST = """
Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý An Âu Bạch Bành Bồ Bế Ca Cái Cao
Cát Cấn Chu Châu Chung Chử Cù Cung Diệp Doãn Dư Đàm Đan Đào Đậu Đèo Điền Điêu Đinh Đoàn Đồng Đới Đường
Giang Giáp Hà Hạ Hán Hàn Hạp Hầu Hoa Hoàn Hồng Hứa Kha Khổng Khuất Khúc Khương Kiều Kim Kỷ La Lã Lại Lâm
Lành Lều Liêu Liễu Lò Lô Lộ Lộc Lỗ Lù Lục Lư Lữ Lưu Lương Lường Ma Mã Mạc Mạch Mai Man Mẫn Mông Mùa Ngân
Nghiêm Ngọ Ngụy Nhan Nhâm Nhữ Nhiếp Ninh Nông Ong Ông Phí Phó Phù Phùng Phương Quách Quan Quản Quang
Quảng Quàng Sầm Sẩm Sùng Tạ Tạo Tăng Tẩn Thạch Thái Thang Thào Thẩm Thân Thi Thiều Thiệu Thôi Thịnh Tiêu
Tiết Tòng Tô Tôn Tống Tràng Triệu Trịnh Trương Từ Tưởng Ty Ung Uông Ứng Vàng Văn Vi Viên Vĩnh Vừ Vương
Xa Yên Hờ Giàng Lầu Cầm Bạc Cà Bá Cứ Hạng Và Xồng Già Y Niê Êban Mlô Kbuôr Ksor Rơ Siu Kpă Nay Rah A
Alăng Zơrâm Bríu Pơloong Danh Sơn Chau Kiên Trà Thập Đàng Báo
"""
SURNAMES = frozenset(canon(name) for name in _SURNAME_LIST.split())
_BY_FOLD: dict[str, list[str]] = {}
for _name in dict.fromkeys(_SURNAME_LIST.split()):
    _BY_FOLD.setdefault(fold(_name), []).append(_name)
FOLDED_SURNAMES = frozenset(fold(name) for name in SURNAMES)
# The folded family names most people bear: nine of ten.
_COMMON_LIST = """
nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh doan dao mai trinh truong
"""
COMMON_SURNAMES = frozenset(_COMMON_LIST.split())

# Syllables of headings and office talk that begin with a surname's letters but never stand in a name.
_OFFICE_WORDS = """
của và các những được không về việc theo tại đảng uỷ cán bộ sơ yếu lịch quyết định phiếu bản
tỉnh huyện phường thành phố phòng ban trường tổng cục số ngày tháng năm tuổi nơi quê quán
"""
_OFFICE = frozenset(canon(word) for word in _OFFICE_WORDS.split())
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_GAP = re.compile(r"[ \t\u00a0]+|[ \t\u00a0]*\r?\n[ \t\u00a0]*")


def title_name(name: str) -> str:
    """Return the name as it is written in a sentence: "NGUYỄN VĂN AN" -> "Nguyễn Văn An".

    Spaces are tidied, letters are NFC with ð repaired; parts after a hyphen or apostrophe are capitalised.
    """
    words = repair_eth(name).split()
    return " ".join(re.sub(r"[^\W\d_]+", lambda m: m.group().lower().capitalize(), word) for word in words)


def fold_name(name: str) -> str:
    """Return the name's syllables folded and joined by one space, the key for comparing names loosely."""
    return " ".join(fold(word) for word in TOKEN.findall(repair_eth(name)))


def is_plausible_name(name: str) -> bool:
    """Return whether the text could be a person's full name: a known surname and 1 to 5 more words.

    A guess for proposing a person to a clerk, never for deciding: headings may pass, rare names may fail.
    """
    words = repair_eth(name).split()
    if not 2 <= len(words) <= 6 or len(name) > 60:
        return False
    if not all(_NAME_WORD.fullmatch(word) and len(word) <= 12 for word in words):
        return False
    if canon(words[0]) not in SURNAMES and not words[0].upper().startswith("H'"):
        return False
    return not any(canon(word) in _OFFICE for word in words[1:])


def surname_like(word: str) -> str | None:
    """Return a word that is a family name as it stands, or the only one it is but for its marks ("Đỉnh": Đinh).

    None if it is neither, or may be several.
    """
    if canon(word) in SURNAMES:
        return word
    like = _BY_FOLD.get(fold(word), [])
    return like[0] if len(like) == 1 else None


def capitalised_runs(text: str) -> list[tuple[str, ...]]:
    """Return the runs of two or more neighbouring words that each begin with a capital, in text order.

    Only blanks or one line break may stand between the words of a run: names are broken across lines on
    paper, but never by a comma. Words are NFC as written.
    """
    clean = repair_eth(text)
    runs: list[tuple[str, ...]] = []
    run: list[str] = []
    end = 0
    for match in TOKEN.finditer(clean):
        word = match.group()
        capital = word[0].isupper()
        if run and not (capital and _GAP.fullmatch(clean, end, match.start())):
            runs.append(tuple(run))
            run = []
        if capital:
            run.append(word)
            end = match.end()
    runs.append(tuple(run))
    return [found for found in runs if len(found) > 1]
