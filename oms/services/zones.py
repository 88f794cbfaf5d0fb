"""The network zone of this installation: outside an isolated LAN nothing of a state secret is taken in or shown."""

from __future__ import annotations

from oms.domain.secrecy import may_hold
from oms.errors import WrongZone
from oms.store import secrecy as store
from oms.store.db import UnitOfWork

KEEP_OUT = (
    "Máy chủ này không đặt trong mạng LAN độc lập nên không được nhận, đọc máy hay mở nội dung có độ mật. "
    "Hãy giữ bản giấy ở ngoài việc số hoá và ghi vào sổ đăng ký bí mật nhà nước (Hồ sơ › Độ mật › Sổ đăng ký)."
)


def require_zone(uow: UnitOfWork, level: int, field: str = "secrecy") -> None:
    """WrongZone when pixels or words of this level may not be here. Asked after the rule, never before."""
    if not may_hold(uow.zone, level):
        raise WrongZone(field, KEEP_OUT)


def pages_out_of_place(uow: UnitOfWork) -> int:
    """How many pages of secret papers lie here though the zone does not allow it: counts only."""
    return 0 if may_hold(uow.zone, 1) else store.pixels_above_nothing(uow.session)
