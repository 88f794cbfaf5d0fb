"""The words in which the administrator is told how an installation is, and what to do where it is not well."""

from __future__ import annotations

PART_LABELS: dict[str, str] = {
    "database": "Cơ sở dữ liệu không ghi được",
    "schema": "Cơ sở dữ liệu chưa đúng phiên bản của chương trình",
    "vault": "Kho tệp không mở được",
    "index": "Chưa có chỉ mục tìm kiếm",
    "sealer": "Nhật ký chưa được niêm phong kịp thời",
    "disk": "Ổ đĩa còn ít hơn mức tối thiểu",
}
PART_STEPS: dict[str, str] = {
    "database": "Xem ổ đĩa còn chỗ và còn quyền ghi không; nhật ký chương trình web nói lý do.",
    "schema": "Báo người vận hành: dừng dịch vụ, chạy oms setup, rồi chạy lại.",
    "vault": "Xem ổ đĩa của kho tệp đã được gắn và đúng quyền chưa. Đừng tạo thư mục mới thay cho nó.",
    "index": "Bộ lập chỉ mục tự làm lại; nếu sau vài phút vẫn vậy, xem oms index có chạy không.",
    "sealer": "Xem oms seal có chạy không. Nếu nhật ký của nó nói có dòng bị sửa: giữ nguyên máy, báo người phụ trách "
    "an ninh.",
    "disk": "Thêm chỗ, hoặc chuyển bớt tệp không thuộc hệ thống, trước khi nhận thêm tệp quét.",
}
PROGRAM_LABELS: dict[str, str] = {
    "web": "Máy chủ trang",
    "work": "Bộ đọc",
    "watch": "Bộ trông coi",
    "index": "Bộ lập chỉ mục",
    "seal": "Bộ niêm phong",
    "exchange-serve": "Cổng trao đổi",
    "metrics": "Cổng số đo",
    "backup": "Bộ sao lưu",
}
NEEDED = ("web", "work", "watch", "index", "seal")
"""Programs without which some of the work stands still."""
QUEUE_LABELS: dict[str, str] = {
    "scans": "tệp chờ đọc",
    "copies": "bản lưu trữ chờ làm",
    "lists": "danh sách chờ nhập",
    "index": "tài liệu chờ vào chỉ mục",
}
VERSION_LABELS: dict[str, str] = {"schema": "Lược đồ dữ liệu", "generation": "Chỉ mục tìm kiếm"}
BACKUP_MINUTES = 15
"""A backup older than this is told in amber: one is made every five minutes."""
CHECK_DAYS = 8
"""A check is asked for each week."""
