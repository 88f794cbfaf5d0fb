"""Refusals of a file, each with a code for programs and words for people."""

from __future__ import annotations

MESSAGES_VI = {
    "missing": "Không tìm thấy tệp hoặc không có quyền đọc tệp.",
    "empty": "Tệp rỗng (0 byte). Hãy quét lại hoặc chọn tệp khác.",
    "not_supported": "Không phải tệp PDF, TIFF, JPEG hoặc PNG. Hãy quét lại sang một trong các định dạng đó.",
    "encrypted": "Tệp PDF có mật khẩu. Hãy bỏ mật khẩu rồi gửi lại.",
    "truncated": "Tệp bị cắt cụt, thiếu dữ liệu. Hãy sao chép hoặc quét lại.",
    "too_large_file": "Tệp quá lớn (trên 500 MB). Hãy tách thành nhiều tệp nhỏ hơn.",
    "too_large_image": "Ảnh quá lớn (trên 60 triệu điểm ảnh). Hãy quét lại ở 300 dpi.",
    "too_many_pages": "Tệp có quá nhiều trang (trên 2.000). Hãy tách thành nhiều tệp.",
    "no_such_page": "Tệp không có trang này.",
    "unreadable": "Tệp hỏng hoặc sai cấu trúc, không mở được. Hãy quét lại, hoặc lưu lại tệp rồi gửi lại.",
    "over_limits": "Tệp tốn quá nhiều thời gian hoặc bộ nhớ để mở. Hãy quét lại với cách lưu đơn giản hơn.",
    "sandbox_missing": "Máy chủ không dùng được bubblewrap nên không mở tệp. Hãy báo quản trị hệ thống.",
    "ocr_missing": "Máy chủ chưa có Tesseract hoặc dữ liệu tiếng Việt. Hãy báo quản trị hệ thống.",
    "ocr_failed": "Không nhận dạng được chữ trên trang này. Hãy quét lại trang.",
}
MESSAGES_VI |= {
    "old_excel": "Tệp là Excel đời cũ (.xls). Hãy mở bằng Excel hoặc LibreOffice, lưu lại thành .xlsx rồi gửi lại.",
    "encrypted_table": "Tệp có mật khẩu. Hãy bỏ mật khẩu rồi gửi lại.",
    "macros": "Tệp có macro (.xlsm). Hãy lưu lại thành .xlsx, không kèm macro, rồi gửi lại.",
    "zip_bomb": "Tệp bung ra quá lớn so với một danh sách. Hãy lưu lại thành .xlsx mới chỉ có danh sách.",
    "foreign_entities": "Tệp có khai báo lạ (DOCTYPE) mà Excel không bao giờ ghi, nên không được mở.",
    "not_a_table": "Không phải tệp Excel (.xlsx) hoặc CSV.",
    "empty_table": "Tệp không có dòng nào.",
    "too_many_rows": "Danh sách có quá nhiều dòng (trên 20.000). Hãy tách thành nhiều tệp.",
}
"""What is said of lists besides."""


class Rejected(Exception):
    """A file or page is refused; ``code`` is a key of ``MESSAGES_VI``, ``message_vi`` says what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message_vi = MESSAGES_VI[code]
