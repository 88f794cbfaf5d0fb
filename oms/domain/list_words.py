"""Words for the lists of the catalogue: what each is called and for, what its numbers mean, how sure a default is.

A list that is not named here is shown by its code: lists are data, and an installation may have more of them.
"""

from __future__ import annotations

from collections.abc import Mapping

LIST_LABELS: dict[str, str] = {
    "gioi_tinh": "Giới tính",
    "dan_toc": "Dân tộc",
    "ton_giao": "Tôn giáo",
    "thanh_phan": "Thành phần gia đình xuất thân",
    "chuyen_mon": "Trình độ chuyên môn",
    "van_bang": "Văn bằng, chứng chỉ",
    "hoc_ham": "Học hàm",
    "ly_luan": "Lý luận chính trị",
    "quan_ly_nha_nuoc": "Quản lý nhà nước",
    "tin_hoc": "Tin học",
    "ngoai_ngu": "Ngoại ngữ",
    "hinh_thuc_dao_tao": "Hình thức đào tạo",
    "loai_dao_tao": "Loại đào tạo, bồi dưỡng",
    "nhom_mau": "Nhóm máu",
    "ngach": "Ngạch, bậc, hệ số lương",
    "quan_ham": "Quân hàm",
    "loai_can_bo": "Loại cán bộ",
    "dien_quan_ly": "Diện quản lý",
    "doi_tuong_chinh_sach": "Đối tượng chính sách",
    "xep_loai": "Đánh giá, xếp loại",
    "ky_luat": "Hình thức kỷ luật",
    "ly_do_thoi": "Lý do thôi công tác",
    "hinh_thuc_bo_nhiem": "Hình thức giữ chức vụ",
    "chuc_vu": "Chức vụ, chức danh",
    "quy_tac": "Quy tắc: thời hạn, ngưỡng, mức",
    "can_cu_mat": "Căn cứ xác định độ mật",
    "bien_che": "Biên chế được giao",
    "thanh_phan_ho_so": "Thành phần hồ sơ",
    "cap_don_vi": "Cấp đơn vị",
    "ngay_nghi": "Ngày nghỉ lễ, ngày làm bù",
    "linh_vuc": "Lĩnh vực của thủ tục",
    "doi_chieu_khoi": "Mục đối chiếu giữa hai khối",
    "mau_bieu": "Mẫu biểu trích dọc",
    "mau_tt06_2023": "Mẫu kèm Thông tư 06/2023: các mục",
    "mau_2c_tctw_98": "Mẫu 2C/TCTW-98: các mục",
    "mau_2c_bnv_2008": "Mẫu 2C-BNV/2008: các mục",
    "mau_tieu_su_tom_tat": "Mẫu tiểu sử tóm tắt: các mục",
}

LIST_PURPOSES: dict[str, str] = {
    "chuc_vu": "Chức vụ từ tỉnh đến xã của ba khối; dùng khi tìm theo tiêu chí và đồng bộ",
    "ngach": "Tính nâng bậc, phụ cấp vượt khung; cột của báo cáo BM02/BNV",
    "quy_tac": "Số ngày, số tháng, tuổi, mức tiền mà việc đến hạn và các thời hạn khác được tính theo",
    "bien_che": "Số biên chế giao cho từng đơn vị (mã = mã đơn vị), so với số có mặt",
    "dan_toc": "Danh mục 54 dân tộc; cột dân tộc ít người của báo cáo",
    "thanh_phan_ho_so": "Giấy tờ hồ sơ phải có, theo loại cán bộ và khối",
    "linh_vuc": "Nhóm các thủ tục, quy định, quy chế",
    "ngay_nghi": "Tính ngày làm việc khi có thời hạn theo ngày làm việc",
    "doi_chieu_khoi": "Mục được so giữa hồ sơ đã liên kết và khối giữ mục đó (mã = mã của mục)",
    "can_cu_mat": "Mục trong danh mục bí mật nhà nước được chọn khi xác định độ mật; cột số: các độ mật được dùng",
    "cap_don_vi": "Cấp của đơn vị trong cây tổ chức",
}
"""What a list is for, where its name does not say it."""

MARK_LABELS: dict[str, str] = {
    "S": "đã đọc trong văn bản gốc",
    "S2": "theo nguồn dẫn lại",
    "M": "hiểu biết chung, chưa đối chiếu",
    "?": "chưa tìm thấy căn cứ",
    "": "cơ quan tự nhập",
}
"""How sure a row is; the shipped defaults say it of themselves (``oms.domain.dated_rows.Row.mark``)."""

UNSURE = ("M", "?")

EXTRA_LABELS: dict[str, str] = {
    "value": "Giá trị",
    "years": "Năm",
    "months": "Tháng",
    "extended": "Khi gia hạn",
    "class": "Nhóm ngạch",
    "steps": "Số bậc",
    "base": "Hệ số bậc 1",
    "increment": "Mức tăng mỗi bậc",
    "block": "Khối",
    "level": "Cấp",
    "levels": "Các độ mật (1 Mật, 2 Tối mật, 3 Tuyệt mật)",
    "kinds": "Loại cán bộ",
    "blocks": "Các khối",
    "types": "Loại tài liệu",
    "subtypes": "Loại việc",
    "priority": "Mức ưu tiên",
    "note": "Ghi chú",
    "words": "Từ nhận biết",
    "items": "Các mục",
    "kind": "Loại dòng",
    "short": "Tên ngắn",
    "heading": "Tiêu đề",
    "subheading": "Dòng dưới tiêu đề",
    "owner": "Khối giữ (party, front, government; paper: bên có thẻ căn cước; both: cả hai)",
    "missing": "Một bên chưa có cũng là khác nhau (1)",
}
"""Words for the numbers of a row (``Row.extra``); one that is not named is shown by its key."""

LIST_KINDS: Mapping[str, Mapping[str, str]] = {
    "bien_che": {"value": "number"},
    "chuc_vu": {"block": "text", "level": "text"},
    "doi_chieu_khoi": {"owner": "text", "missing": "number"},
    "ngach": {"class": "text", "steps": "number", "base": "number", "increment": "number"},
}
"""Numbers a list's rows have even before it has a row; the others are learnt from the rows there are."""


def list_label(code: str) -> str:
    """The list's name; its code when it has none."""
    return LIST_LABELS.get(code, code)
