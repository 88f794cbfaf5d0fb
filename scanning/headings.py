"""The cues of each document type: what its heading says, and the verbs that tell decisions apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from scanning.layout import Line, Page, compact
from vietnamese.text import fold

TITLES = {
    "so_yeu_ly_lich": "Sơ yếu lý lịch",
    "ly_lich_dang_vien": "Lý lịch đảng viên",
    "phieu_dang_vien": "Phiếu đảng viên",
    "phieu_bo_sung_ly_lich": "Phiếu bổ sung lý lịch",
    "tieu_su_tom_tat": "Tiểu sử tóm tắt",
    "quyet_dinh": "Quyết định",
    "ban_kiem_diem": "Bản kiểm điểm",
    "phieu_danh_gia": "Phiếu đánh giá",
    "nghi_quyet": "Nghị quyết",
    "bien_ban": "Biên bản",
    "to_trinh": "Tờ trình",
    "bao_cao": "Báo cáo",
    "thong_bao": "Thông báo",
    "ket_luan": "Kết luận",
    "cong_van": "Công văn",
    "van_bang_chung_chi": "Văn bằng, chứng chỉ",
    "ke_khai_tai_san": "Bản kê khai tài sản, thu nhập",
    "giay_khai_sinh": "Giấy khai sinh",
    "giay_kham_suc_khoe": "Giấy khám sức khoẻ",
    "ly_lich_tu_phap": "Phiếu lý lịch tư pháp",
    "can_cuoc": "Căn cước",
    "danh_sach": "Danh sách",
    "tham_tra_xac_minh": "Thẩm tra, xác minh",
    "giay_gioi_thieu": "Giấy giới thiệu",
    "don": "Đơn",
    "khac": "Tài liệu khác",
}

# a heading begins with one of these; a * ends those that must be the whole line
_CUES = {
    "so_yeu_ly_lich": ("SƠ YẾU LÝ LỊCH",),
    "ly_lich_dang_vien": (
        "LÝ LỊCH ĐẢNG VIÊN",
        "LÝ LỊCH CỦA NGƯỜI XIN VÀO ĐẢNG",
        "LÝ LỊCH NGƯỜI XIN VÀO ĐẢNG",
    ),
    "phieu_dang_vien": ("PHIẾU ĐẢNG VIÊN",),
    "phieu_bo_sung_ly_lich": ("PHIẾU BỔ SUNG HỒ SƠ", "PHIẾU BỔ SUNG LÝ LỊCH", "BỔ SUNG LÝ LỊCH"),
    "tieu_su_tom_tat": ("TIỂU SỬ TÓM TẮT", "TÓM TẮT TIỂU SỬ", "BẢN TÓM TẮT LÝ LỊCH"),
    "quyet_dinh": ("QUYẾT ĐỊNH",),
    "ban_kiem_diem": ("BẢN KIỂM ĐIỂM", "BẢN TỰ KIỂM ĐIỂM", "KIỂM ĐIỂM CÁ NHÂN", "TỰ KIỂM ĐIỂM"),
    "phieu_danh_gia": (
        "PHIẾU ĐÁNH GIÁ",
        "BẢN NHẬN XÉT",
        "NHẬN XÉT, ĐÁNH GIÁ",
        "BẢN TỰ ĐÁNH GIÁ",
        "PHIẾU NHẬN XÉT",
        "BẢN ĐÁNH GIÁ",
    ),
    "nghi_quyet": ("NGHỊ QUYẾT",),
    "bien_ban": ("BIÊN BẢN",),
    "to_trinh": ("TỜ TRÌNH",),
    "bao_cao": ("BÁO CÁO",),
    "thong_bao": ("THÔNG BÁO", "PHIẾU BÁO"),
    "ket_luan": ("KẾT LUẬN",),
    "van_bang_chung_chi": (
        "BẰNG TỐT NGHIỆP",
        "BẰNG CỬ NHÂN",
        "BẰNG THẠC SĨ",
        "BẰNG TIẾN SĨ",
        "BẰNG KỸ SƯ",
        "CHỨNG CHỈ",
        "GIẤY CHỨNG NHẬN",
        "BẰNG*",
    ),
    "ke_khai_tai_san": ("BẢN KÊ KHAI TÀI SẢN", "PHIẾU KÊ KHAI TÀI SẢN", "KÊ KHAI TÀI SẢN"),
    "giay_khai_sinh": ("GIẤY KHAI SINH", "TRÍCH LỤC KHAI SINH"),
    "giay_kham_suc_khoe": ("GIẤY KHÁM SỨC KHỎE", "GIẤY CHỨNG NHẬN SỨC KHỎE", "PHIẾU KHÁM SỨC KHỎE"),
    "ly_lich_tu_phap": ("PHIẾU LÝ LỊCH TƯ PHÁP",),
    "can_cuoc": ("CĂN CƯỚC CÔNG DÂN*", "CĂN CƯỚC*", "CHỨNG MINH NHÂN DÂN*", "GIẤY CHỨNG MINH NHÂN DÂN*"),
    "danh_sach": ("DANH SÁCH",),
    "tham_tra_xac_minh": (
        "THẨM TRA LÝ LỊCH",
        "PHIẾU THẨM TRA",
        "BÁO CÁO THẨM TRA",
        "BÁO CÁO KẾT QUẢ THẨM TRA",
        "BIÊN BẢN THẨM TRA",
        "KẾT LUẬN TIÊU CHUẨN CHÍNH TRỊ",
        "KẾT LUẬN VỀ TIÊU CHUẨN CHÍNH TRỊ",
        "PHIẾU XÁC MINH",
        "BIÊN BẢN XÁC MINH",
    ),
    "giay_gioi_thieu": ("GIẤY GIỚI THIỆU",),
    "don": ("ĐƠN XIN", "ĐƠN ĐỀ NGHỊ", "ĐƠN KIẾN NGHỊ", "ĐƠN*"),
}

# in the subject of a decision the first of these words tells its kind; longer ones are looked for first
_SUBTYPES = {
    "bo_nhiem_lai": ("bổ nhiệm lại",),
    "bo_nhiem_ngach": (
        "bổ nhiệm vào ngạch",
        "bổ nhiệm ngạch",
        "xếp ngạch",
        "chuyển ngạch",
        "bổ nhiệm chức danh nghề",
    ),
    "bo_nhiem": ("bổ nhiệm",),
    "dieu_dong": ("điều động", "thuyên chuyển"),
    "luan_chuyen": ("luân chuyển",),
    "biet_phai": ("biệt phái",),
    "nang_luong": ("nâng bậc lương", "nâng lương", "xếp lương", "nâng phụ cấp"),
    "ky_luat": ("kỷ luật", "khiển trách", "cảnh cáo", "cách chức", "khai trừ", "buộc thôi việc"),
    "khen_thuong": ("khen thưởng", "tặng", "danh hiệu"),
    "nghi_huu": ("nghỉ hưu", "nghỉ việc hưởng chế độ", "hưởng chế độ hưu"),
    "thoi_viec": ("thôi việc", "chấm dứt hợp đồng"),
    "ket_nap": ("kết nạp",),
    "cong_nhan_dang_vien": ("công nhận đảng viên",),
    "phat_the": ("phát thẻ", "đổi thẻ", "cấp lại thẻ"),
    "chuan_y": ("chuẩn y",),
    "chi_dinh": ("chỉ định",),
    "mien_nhiem": ("miễn nhiệm", "thôi giữ chức"),
    "quy_hoach": ("quy hoạch",),
    "tuyen_dung": ("tuyển dụng", "tiếp nhận", "công nhận hết thời gian tập sự"),
    "phan_cong": ("phân công", "giao nhiệm vụ"),
    "cu_di_hoc": ("cử đi học", "cử đi đào tạo", "cử cán bộ", "cử công chức"),
    "phe_chuan": ("phê chuẩn",),
}

MIN_CLOSENESS = 84.0
_SUBJECT = re.compile(r"^(ve viec|v\s*/\s*v|ve\b|vv\b)")
_SUBJECT_END = re.compile(r"^(can cu|xet |theo de nghi|dieu \d|kinh gui|so:|so |-+$)")


@dataclass(frozen=True)
class Heading:
    """A line that reads as a type's heading; ``score`` 0 to 1, ``index`` its place in the page's lines."""

    code: str
    line: Line
    index: int
    score: float


def _prepared() -> list[tuple[str, str, bool]]:
    return [(code, compact(cue), cue.endswith("*")) for code, cues in _CUES.items() for cue in cues]


_PREPARED = _prepared()


def headings(page: Page, depth: float) -> list[Heading]:
    """Return the headings found in the upper ``depth`` (0 to 1) of a page, best first."""
    found = []
    for index, line in enumerate(page.lines):
        if page.depth(line) > depth:
            continue
        best = max(((_closeness(line.compact, cue, whole), len(cue), code) for code, cue, whole in _PREPARED))
        if best[0] >= MIN_CLOSENESS:
            score = min(best[0] / 100, 1.0) * _looks(page, line, best[1])
            if score >= 0.5:
                found.append(Heading(best[2], line, index, round(score, 3)))
    return sorted(found, key=lambda heading: (-heading.score, heading.index))


def _closeness(text: str, cue: str, whole: bool) -> float:
    """Return how well a compact line begins with a cue (or is it, if ``whole``), from 0 to about 100."""
    if len(text) < 0.85 * len(cue) or (whole and len(text) > len(cue) + 1):
        return 0.0
    closeness = max(fuzz.ratio(text[: len(cue) + extra], cue) for extra in (-1, 0, 1))
    return closeness + min(len(cue), 40) / 1000 if closeness >= MIN_CLOSENESS else 0.0


def _looks(page: Page, line: Line, cue_length: int) -> float:
    """Return how much a line looks like a heading (capitals, alone, centred, large, high), 0 to 1."""
    alone = len(line.compact) <= cue_length + 2
    if not line.upper and not (alone and page.is_centred(line)):
        return 0.0
    score = 0.5 + (0.25 if line.upper else 0.0)
    score += 0.1 if page.is_centred(line) or line.height > 1.25 * page.line_height else 0.0
    score += 0.1 if page.depth(line) < 1 / 3 else 0.0
    return score + (0.05 if alone or len(line.compact) < 45 else 0.0)


def subject_lines(page: Page, index: int) -> list[Line]:
    """Return the lines under the heading at ``index`` that say what a document is about; may be none."""
    found: list[Line] = []
    for line in page.lines[index + 1 : index + 7]:
        text = fold(line.text).strip(" .,:-*")
        if not found and _SUBJECT.match(text):
            found.append(line)
        elif found and (line.upper or _SUBJECT_END.match(text) or _far(page, found[-1], line)):
            break
        elif found:
            found.append(line)
        elif line.upper or _SUBJECT_END.match(text):
            break
    return found


def _far(page: Page, above: Line, below: Line) -> bool:
    """Return whether a line stands apart from the one above: in another column, or two lines lower."""
    return below.box[1] < above.box[1] or below.box[1] - above.box[3] > 2 * page.line_height


def subtype_of(subject: str) -> str | None:
    """Return the kind of a decision by the first telling words of its subject, or None."""
    text = fold(subject)
    places = [
        (text.find(fold(cue)), -len(cue), code) for code, cues in _SUBTYPES.items() for cue in cues if fold(cue) in text
    ]
    return min(places)[2] if places else None


def evidence_of(lines: Sequence[Line]) -> str:
    """Return the text of lines as one, spaces tidied."""
    return " ".join(" ".join(line.text for line in lines).split())
