"""Closed lists with their Vietnamese words: document types, purposes, secrecy, compartments.

Types follow contracts.md; purposes follow the duties for which a cadre file may be studied (TT 11/2012, art. 8 as
reported in second-hand sources: an editable default). Issue "structured record" turns these into dated rows.
"""

from __future__ import annotations

from oms.domain.access import Role, Secrecy

DOCUMENT_TYPES: dict[str, str] = {
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
    "ke_khai_tai_san": "Kê khai tài sản",
    "giay_khai_sinh": "Giấy khai sinh",
    "giay_kham_suc_khoe": "Giấy khám sức khoẻ",
    "ly_lich_tu_phap": "Lý lịch tư pháp",
    "can_cuoc": "Căn cước",
    "danh_sach": "Danh sách",
    "tham_tra_xac_minh": "Thẩm tra, xác minh",
    "giay_gioi_thieu": "Giấy giới thiệu",
    "don": "Đơn",
    "khac": "Khác (chưa rõ loại)",
}

RESTRICTED_TYPES = {"tham_tra_xac_minh": "bvctnb"}
"""Types that belong to a compartment by nature: internal political protection papers (domain.md §2.7)."""

COMPARTMENTS: dict[str, str] = {
    "bvctnb": "Bảo vệ chính trị nội bộ",
    "kiem_tra": "Kiểm tra, kỷ luật",
}

SECRECY_LABELS: dict[int, str] = {
    Secrecy.NONE: "Thường",
    Secrecy.MAT: "Mật",
    Secrecy.TOI_MAT: "Tối mật",
    Secrecy.TUYET_MAT: "Tuyệt mật",
}

ROLE_LABELS: dict[str, str] = {
    Role.SCANNING_CLERK: "Cán bộ số hoá",
    Role.RECORDS_OFFICER: "Cán bộ quản lý hồ sơ",
    Role.LEADER: "Lãnh đạo",
    Role.SECURITY_REVIEWER: "Cán bộ kiểm soát an ninh",
    Role.ADMINISTRATOR: "Quản trị hệ thống",
}

PURPOSES: dict[str, str] = {
    "bo_nhiem": "Bổ nhiệm, bổ nhiệm lại, giới thiệu ứng cử",
    "quy_hoach": "Quy hoạch cán bộ",
    "dieu_dong": "Điều động, luân chuyển, biệt phái",
    "danh_gia": "Đánh giá, xếp loại",
    "khen_thuong_ky_luat": "Khen thưởng, kỷ luật",
    "che_do": "Lương, chế độ, nghỉ hưu",
    "bo_sung": "Bổ sung, đính chính hồ sơ",
    "xac_minh": "Xác minh, giải quyết đơn thư",
    "kiem_ke": "Kiểm kê, đối chiếu hồ sơ",
}

MIN_PURPOSE_TEXT = 10
"""Characters of free text asked for beside the purpose: enough to say for what, short enough to be written."""


def type_title(code: str) -> str:
    """The Vietnamese name of a type code; the code itself when the catalogue does not hold it."""
    return DOCUMENT_TYPES.get(code, code)
