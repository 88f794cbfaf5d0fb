"""What a notice may tell: a closed list, so that none of them names a person a record is about. Pure."""

from __future__ import annotations

NOTICE_LABELS: dict[str, str] = {
    "consultation_asked": "Có yêu cầu nghiên cứu hồ sơ chờ chuẩn bị",
    "consultation_prepared": "Có yêu cầu nghiên cứu hồ sơ chờ duyệt",
    "consultation_approved": "Yêu cầu nghiên cứu hồ sơ được duyệt",
    "consultation_refused": "Yêu cầu nghiên cứu hồ sơ không được chấp thuận",
    "consultation_revoked": "Việc nghiên cứu hồ sơ bị thu hồi",
    "emergency_opened": "Có người vừa mở hồ sơ khẩn cấp",
    "emergency_escalated": "Một lần mở hồ sơ khẩn cấp được báo cáo, cần người khác kết luận",
    "emergency_reviewed": "Lần mở hồ sơ khẩn cấp của anh/chị đã có kết luận hậu kiểm",
    "approval_asked": "Có việc cần người thứ hai quyết định",
    "approval_decided": "Việc anh/chị đề nghị đã có quyết định",
    "exchange_arrived": "Có gói trao đổi đến, chờ xử lý",
    "exchange_answered": "Gói trao đổi đã gửi có biên nhận",
    "exchange_forged": "Có gói trao đổi mang mã đã dùng nhưng nội dung khác: cần kiểm tra",
    "exchange_unfit": "Tệp gói trao đổi anh/chị tải lên không nhận được",
    "password_changed": "Mật khẩu tài khoản của anh/chị vừa được đổi",
    "code_given": "Mật khẩu của anh/chị vừa được thay bằng mã dùng một lần",
    "factor_added": "Tài khoản của anh/chị vừa có thêm yếu tố xác thực",
    "factor_removed": "Tài khoản của anh/chị vừa bớt yếu tố xác thực",
    "sessions_ended": "Phiên đăng nhập của anh/chị vừa bị người quản lý kết thúc",
    "guesses_stopped": "Có người thử mật khẩu của anh/chị quá nhiều lần; máy lạ tạm thời không đăng nhập được",
    "integrity": "Nhật ký có cảnh báo cần kiểm tra",
}
"""Kinds of notices and what a page says of them; a kind that is told must stand here."""
