"""The exception tree. ``message_vi`` is safe to show; it never says whether a hidden thing exists.

OmsError
├── SettingsError        unsafe or missing setting; the program does not start
├── Occupied             another program of the installation runs that does not go with this one; it does not start
├── Refused              the rule said no, or the thing does not exist: one and the same answer
│   └── Unanchored       the journal has no witness outside, so secrets of the higher levels stay closed
├── InvalidInput         what was sent cannot be accepted; names the field
│   ├── LikelyDuplicate  the person may be registered already; whoever registers has to say that it is another
│   └── WrongZone        a state secret may not lie in this network zone
├── Conflict             somebody else changed it first
├── JournalUnavailable   no row could be written, so nothing is shown
│   ├── DatabaseAway     the database server did not answer, or not in time
│   └── DatabaseMoved    this database was moved to a server and takes nothing more
├── JournalChanged       a row is not what was written: nothing is signed over it
├── FileDamaged          a kept file no longer has its SHA-256
│   └── FileKeyGone      the key of a sealed file was destroyed: nobody opens it any more
├── DiskFull             the disk has no room; what was to be kept was not kept
├── DiskFailed           the disk did not read or take something
├── BackupFault          a backup cannot be made, trusted or put back as asked; names objects, never what is in them
├── LeaseLost            another worker has this piece of work by now; whoever comes late writes nothing
├── VaultLocked          the keys of the vault are not at hand; nothing is lost
└── Throttled            too many attempts
    └── Busy             too many passwords being judged at this moment
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oms.domain.journal import Verb

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class OmsError(Exception):
    """Base of every error the program raises on purpose."""

    status = 500
    message_vi = "Hệ thống gặp lỗi. Dữ liệu đã lưu không bị ảnh hưởng."


class SettingsError(OmsError):
    """An installation must not start like this."""


class Occupied(OmsError):
    """Another program of this installation runs, and the two do not go together."""


class Refused(OmsError):
    """Refused or missing. Carries what the journal must keep; the person sees only ``message_vi``."""

    status = 404
    message_vi = "Không tìm thấy, hoặc anh/chị không được xem nội dung này."

    def __init__(
        self,
        verb: Verb,
        *,
        kind: str = "",
        object_id: str = "",
        label: str = "",
        reason: str = "",
        detail: str = "{}",
    ) -> None:
        super().__init__(f"{verb} refused: {reason}")
        self.verb, self.kind, self.object_id, self.label = verb, kind, object_id, label
        self.reason, self.detail = reason, detail


class Unanchored(Refused):
    """The journal has had no witness outside for too long, so nothing of Tối mật or above is shown."""

    status = 503
    message_vi = (
        "Nhật ký truy cập đã quá lâu chưa được chứng kiến ở bên ngoài máy chủ, nên hệ thống tạm dừng mở tài liệu "
        "Tối mật, Tuyệt mật. Chưa có gì bị mất; hãy báo cán bộ kiểm tra nhật ký hoặc quản trị viên để chứng kiến lại."
    )


class InvalidInput(OmsError):
    """Input that cannot be accepted; ``field`` is the form field's name."""

    status = 400

    def __init__(self, field: str, message_vi: str) -> None:
        super().__init__(field)
        self.field, self.message_vi = field, message_vi


class LikelyDuplicate(InvalidInput):
    """A cadre like this one is registered in the block; ``secrecy`` is the highest level of the dossiers named."""

    def __init__(self, message_vi: str, secrecy: int) -> None:
        super().__init__("duplicate", message_vi)
        self.secrecy = secrecy


class WrongZone(InvalidInput):
    """What has a level may not be taken in, read or shown outside an isolated LAN."""

    status = 409


class Conflict(OmsError):
    """Another person's change came first; nothing was overwritten."""

    status = 409
    message_vi = (
        "Tài liệu này vừa được người khác thay đổi. Thay đổi của anh/chị chưa được ghi; "
        "hãy tải lại trang để xem bản mới."
    )


class JournalUnavailable(OmsError):
    """The journal could not take the row, so the door stays closed."""

    status = 503
    message_vi = (
        "Không ghi được nhật ký nên hệ thống chưa cho xem nội dung. Chưa có gì bị mất; hãy thử lại sau ít phút."
    )


class DatabaseAway(JournalUnavailable):
    """The database server is away or did not answer in time; the next request finds it again when it is back."""

    message_vi = (
        "Máy chủ cơ sở dữ liệu chưa trả lời nên hệ thống tạm chưa phục vụ được. Chưa có gì bị mất; việc chưa báo "
        "“đã lưu” thì chưa được ghi. Hãy thử lại sau ít phút."
    )


class DatabaseMoved(JournalUnavailable):
    """The embedded database was moved to a server: it takes nothing more, so that no act is lost in it."""

    message_vi = (
        "Dữ liệu đang được hoặc đã được chuyển sang máy chủ cơ sở dữ liệu. Chưa có gì bị mất; hãy thử lại sau ít phút. "
        "Quản trị viên: đặt OMS_DATABASE_URL theo máy chủ mới rồi khởi động lại."
    )


class JournalChanged(OmsError):
    """A row of the journal is not what was written; names its number. The sealer stops, and says so."""

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(f"the journal was changed at entry {number}: {problem}")
        self.number, self.problem = number, problem


class FileDamaged(OmsError):
    """A file in the vault does not have the SHA-256 it is kept under."""

    message_vi = "Tệp lưu trữ không còn nguyên vẹn nên không được hiển thị. Hãy báo quản trị hệ thống."


class FileKeyGone(FileDamaged):
    """The key of a sealed file is not there, or is another file's."""


class DiskFull(OmsError):
    """There is no room for what was to be kept: nothing of it was acknowledged, and it goes on once there is room."""

    status = 507
    message_vi = (
        "Ổ đĩa của máy chủ đã đầy nên chưa lưu được. Việc chưa báo “đã lưu” thì chưa được ghi, dữ liệu đã lưu không bị "
        "ảnh hưởng; hãy báo quản trị hệ thống rồi làm lại khi đã có chỗ."
    )


class DiskFailed(OmsError):
    """The disk did not do what it was asked: nothing is said to be kept."""

    status = 503
    message_vi = (
        "Ổ đĩa của máy chủ báo lỗi nên chưa làm được. Việc chưa báo “đã lưu” thì chưa được ghi; "
        "hãy báo quản trị hệ thống."
    )


def of_disk(error: OSError) -> OmsError | None:
    """What an error of the operating system says of the disk; None when it speaks of something else."""
    if error.errno in FULL_DISK:
        return DiskFull(f"the disk is full: {error.strerror}")
    return DiskFailed(f"the disk fails: {error.strerror}") if error.errno in (errno.EIO, errno.EROFS) else None


class BackupFault(OmsError):
    """A backup cannot be made, trusted or put back as asked."""


class LeaseLost(OmsError):
    """The work in hand is another's by now: its time ran out here. Nothing of it may be written any more."""


class VaultLocked(OmsError):
    """The vault's keys cannot be had: not unlocked, database missing, or a folder that is not this installation's."""

    status = 503
    message_vi = "Kho tệp đang khoá nên chưa mở được tệp. Chưa có gì bị mất; hãy báo quản trị hệ thống."


class Throttled(OmsError):
    """Too many attempts in a short time."""

    status = 429
    message_vi = (
        "Đăng nhập sai quá nhiều lần. Hãy chờ rồi thử lại; hoặc dùng máy tính anh/chị vẫn dùng, khoá bảo mật, "
        "hoặc xin mã dùng một lần của cán bộ bảo mật."
    )


class Busy(Throttled):
    """Too many passwords are being judged at this moment; nothing was counted."""

    status = 503
    message_vi = "Hệ thống đang bận kiểm tra mật khẩu. Hãy thử lại sau ít giây."
