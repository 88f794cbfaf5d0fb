"""Closed lists with their Vietnamese words: document types, purposes, secrecy, compartments.

Types follow contracts.md; purposes follow the duties for which a cadre file may be studied (TT 11/2012, art. 8 as
reported in second-hand sources: an editable default). Issue "structured record" turns these into dated rows.
"""

from __future__ import annotations

from oms.domain.access import Role, Secrecy
from oms.domain.journal import Outcome, Verb

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

FIELD_LABELS: dict[str, str] = {
    "full_name": "Họ và tên khai sinh",
    "other_names": "Tên gọi khác",
    "sex": "Giới tính",
    "birth_date": "Ngày sinh",
    "birth_place": "Nơi sinh",
    "home_place": "Quê quán",
    "ethnicity": "Dân tộc",
    "religion": "Tôn giáo",
    "family_class": "Thành phần gia đình",
    "permanent_residence": "Nơi đăng ký thường trú",
    "current_residence": "Nơi ở hiện nay",
    "citizen_id": "Số căn cước",
    "old_id": "Số CMND",
    "id_issued_on": "Ngày cấp căn cước, CMND",
    "social_insurance_no": "Số sổ BHXH",
    "party_card_no": "Số thẻ đảng viên",
    "staff_code": "Số hiệu cán bộ, công chức",
    "party_joined_on": "Ngày vào Đảng",
    "party_official_on": "Ngày chính thức",
    "organisations_joined_on": "Ngày tham gia tổ chức chính trị – xã hội",
    "position": "Chức vụ hiện tại",
    "main_duty": "Công việc chính được giao",
    "managing_agency": "Cơ quan quản lý",
    "unit": "Cơ quan, đơn vị sử dụng",
    "previous_occupation": "Nghề nghiệp khi được tuyển dụng",
    "recruited_on": "Ngày được tuyển dụng",
    "recruiting_agency": "Cơ quan tuyển dụng",
    "rank_title": "Ngạch",
    "rank_code": "Mã ngạch",
    "salary_step": "Bậc lương",
    "salary_coefficient": "Hệ số lương",
    "salary_from": "Ngày hưởng lương",
    "position_allowance": "Phụ cấp chức vụ",
    "general_education": "Trình độ giáo dục phổ thông",
    "highest_qualification": "Trình độ chuyên môn cao nhất",
    "political_theory": "Lý luận chính trị",
    "state_management": "Quản lý nhà nước",
    "foreign_language": "Ngoại ngữ",
    "it_level": "Tin học",
    "enlisted_on": "Ngày nhập ngũ",
    "discharged_on": "Ngày xuất ngũ",
    "military_rank": "Quân hàm cao nhất",
    "highest_honour": "Danh hiệu cao nhất",
    "strengths": "Sở trường công tác",
    "rewards": "Khen thưởng",
    "discipline": "Kỷ luật",
    "health": "Sức khoẻ",
    "number": "Số, ký hiệu",
    "issued_on": "Ngày ban hành",
    "issued_at": "Nơi ban hành",
    "issuer": "Cơ quan ban hành",
    "subject": "Trích yếu",
    "person_name": "Người được nêu trong văn bản",
    "person_birth_date": "Ngày sinh của người được nêu",
    "effective_on": "Ngày có hiệu lực",
    "signer_name": "Người ký",
    "signer_title": "Chức vụ người ký",
}
"""Words for the values read on papers, by the field keys of contracts.md, in the order a record is read."""

TABLE_LABELS: dict[str, str] = {
    "training": "Đào tạo, bồi dưỡng",
    "career": "Quá trình công tác",
    "family": "Quan hệ gia đình",
    "salary_history": "Diễn biến lương",
    "rewards_table": "Khen thưởng theo năm",
    "members": "Danh sách người",
}
"""The tables on forms and lists, by the keys of contracts.md."""

TABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "training": ("from", "to", "school", "subject", "form", "award", "score"),
    "career": ("from", "to", "what", "position", "unit"),
    "family": ("relation", "full_name", "birth_date", "about"),
    "salary_history": ("from", "to", "rank_code", "salary_step", "salary_coefficient", "amount"),
    "rewards_table": ("year", "work_rating", "emulation_rating", "form", "authority"),
    "members": ("full_name", "birth_date", "sex", "position", "unit", "note"),
}
"""The columns of each table in the order a form prints them."""

COLUMN_LABELS: dict[str, str] = {
    "from": "Từ",
    "to": "Đến",
    "school": "Tên trường",
    "subject": "Chuyên ngành",
    "form": "Hình thức",
    "award": "Văn bằng",
    "score": "Xếp loại",
    "what": "Làm gì, ở đâu",
    "position": "Chức vụ",
    "unit": "Đơn vị",
    "relation": "Quan hệ",
    "full_name": "Họ và tên",
    "birth_date": "Ngày, năm sinh",
    "about": "Quê quán, nghề nghiệp, nơi ở",
    "rank_code": "Mã ngạch",
    "salary_step": "Bậc",
    "salary_coefficient": "Hệ số",
    "amount": "Mức tiền",
    "year": "Năm",
    "work_rating": "Xếp loại chuyên môn",
    "emulation_rating": "Xếp loại thi đua",
    "authority": "Cấp quyết định",
    "sex": "Giới tính",
    "note": "Ghi chú",
}
"""Words for the columns of tables; a column read beyond these is named by its key."""

VERB_LABELS: dict[str, str] = {
    Verb.SESSION_OPEN: "Đăng nhập",
    Verb.SESSION_REFUSE: "Đăng nhập bị từ chối",
    Verb.SESSION_CLOSE: "Đăng xuất",
    Verb.PASSWORD_CHANGE: "Đổi mật khẩu",
    Verb.ACCOUNT_CREATE: "Lập tài khoản",
    Verb.ACCOUNT_CHANGE: "Thay đổi tài khoản",
    Verb.ACCOUNT_LIST: "Xem danh sách tài khoản",
    Verb.STATUS_VIEW: "Xem tình trạng hệ thống",
    Verb.UNIT_CREATE: "Lập đơn vị",
    Verb.BATCH_CREATE: "Mở đợt số hoá",
    Verb.BATCH_CLOSE: "Đóng đợt số hoá",
    Verb.BATCH_COUNT: "Ghi số trang của tập giấy",
    Verb.BATCH_VIEW: "Xem đợt số hoá",
    Verb.SCAN_RECEIVE: "Nhận tệp quét",
    Verb.SCAN_REPEAT: "Nhận tệp đã có",
    Verb.SCAN_REJECT: "Không nhận tệp",
    Verb.SCAN_READ: "Máy đọc tệp quét",
    Verb.SCAN_RETRY: "Đọc lại tệp quét",
    Verb.SCAN_SETTLE: "Đã xử lý tệp không nhận",
    Verb.SCANNER_LIST: "Tìm máy quét",
    Verb.SCANNER_RUN: "Quét từ máy quét",
    Verb.SHEET_PRINT: "In phiếu ngăn, phiếu bìa",
    Verb.DESK_LIST: "Xem danh sách chờ duyệt",
    Verb.DESK_OPEN: "Mở tài liệu để duyệt",
    Verb.DESK_PAGE: "Xem trang khi duyệt",
    Verb.PAGE_TURN: "Xoay trang",
    Verb.PAGE_REREAD: "Đọc lại trang",
    Verb.PAGE_MOVE: "Đổi thứ tự trang",
    Verb.PAGE_MARK: "Đánh dấu trang",
    Verb.WORD_CORRECT: "Sửa chữ máy đọc",
    Verb.FIELD_CONFIRM: "Xác nhận giá trị",
    Verb.DOCUMENT_SAVE: "Lưu thông tin tài liệu",
    Verb.DOCUMENT_FILE: "Đưa tài liệu vào hồ sơ",
    Verb.DOCUMENT_ASIDE: "Để riêng tài liệu",
    Verb.DOCUMENT_UNDO: "Hoàn tác trên tài liệu",
    Verb.DOCUMENT_SPLIT: "Tách tài liệu",
    Verb.DOCUMENT_JOIN: "Ghép tài liệu",
    Verb.CHECK_LIST: "Xem danh sách chờ kiểm tra",
    Verb.CHECK_OPEN: "Mở tài liệu để kiểm tra",
    Verb.CHECK_DECIDE: "Kiểm tra lần hai",
    Verb.CHECK_SETTLE: "Phân xử kiểm tra",
    Verb.CHECK_DRAW: "Rút mẫu kiểm tra",
    Verb.CHECK_REPORT: "Xem báo cáo kiểm tra",
    Verb.MODEL_TRAIN: "Luyện bộ nhận loại tài liệu",
    Verb.CADRE_LIST: "Xem danh sách hồ sơ",
    Verb.CADRE_CREATE: "Đăng ký cán bộ",
    Verb.CADRE_OPEN: "Xem hồ sơ",
    Verb.DOSSIER_CREATE: "Lập hồ sơ",
    Verb.DOSSIER_OPEN: "Mở hồ sơ, nêu mục đích",
    Verb.DOCUMENT_OPEN: "Đọc tài liệu",
    Verb.COPY_MAKE: "Làm bản lưu trữ",
    Verb.COPY_SIGN: "Ký số bản lưu trữ",
    Verb.COPY_READ: "Lấy bản lưu trữ",
    Verb.SIGNATURE_CHECK: "Kiểm tra chữ ký số",
    Verb.DOSSIER_EXPORT: "Xuất hồ sơ",
    Verb.PAGE_VIEW: "Xem trang",
    Verb.TASK_CREATE: "Mở công việc",
    Verb.TASK_CLOSE: "Đóng công việc",
    Verb.TASK_LIST: "Xem danh sách công việc",
    Verb.SEARCH_RUN: "Tìm kiếm",
    Verb.JOURNAL_VIEW: "Xem nhật ký",
    Verb.JOURNAL_VERIFY: "Kiểm tra nhật ký",
    Verb.JOURNAL_EXPORT: "Xuất nhật ký",
    Verb.ROUTE_REFUSE: "Vào chức năng ngoài quyền",
}
"""What each journal verb means, as a reviewer reads it."""

OUTCOME_LABELS: dict[str, str] = {
    Outcome.DONE: "Đã thực hiện",
    Outcome.REFUSED: "Bị từ chối",
    Outcome.FAILED: "Không thành",
}

OBJECT_LABELS: dict[str, str] = {
    "account": "tài khoản",
    "batch": "đợt số hoá",
    "cadre": "cán bộ",
    "check": "lần kiểm tra",
    "copy": "bản lưu trữ",
    "document": "tài liệu",
    "dossier": "hồ sơ",
    "home": "trang chủ",
    "journal": "nhật ký",
    "model": "bộ nhận loại tài liệu",
    "page": "trang",
    "paper_file": "tập giấy",
    "route": "chức năng",
    "scan": "tệp quét",
    "scanner": "máy quét",
    "sheet": "phiếu ngăn",
    "task": "công việc",
    "unit": "đơn vị",
}
"""Kinds of things the journal names."""


def type_title(code: str) -> str:
    """The Vietnamese name of a type code; the code itself when the catalogue does not hold it."""
    return DOCUMENT_TYPES.get(code, code)
