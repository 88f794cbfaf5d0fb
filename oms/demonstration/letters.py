"""Decisions and resolutions, State and Party style, with the heads, numbers and clauses of each.

State: national title over the motto at the right, number `Số: …/QĐ-UBND`. Party: ĐẢNG CỘNG SẢN VIỆT NAM
at the right, an asterisk under the organisation, number `Số …-QĐ/TU` (domain.md §2.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from oms.demonstration.forms import MOTTO, PARTY_HEAD, Drawn, printed, spoken
from oms.demonstration.papers import Paper, Signatory
from oms.demonstration.people import DemoCadre

Style = Literal["state", "party"]


@dataclass(frozen=True)
class Desk:
    """Who signs letters for an organisation: its head lines, name, place, title and person.

    A Party cell has no seal of its own.
    """

    style: Style
    lines: tuple[str, ...]
    issuer: str
    place: str
    authority: str
    signer_title: str
    signer: str
    sealed: bool = True


@dataclass(frozen=True)
class Order:
    """What one decision orders: its sub-type, number, day, subject line, grounds and articles."""

    subtype: str
    number: str
    issued_on: date
    subject: str
    grounds: tuple[str, ...]
    articles: tuple[str, ...]
    effective_on: date | None = None
    copies: tuple[str, ...] = ("Như Điều 3", "Sở Nội vụ (theo dõi)", "Lưu: VT, hồ sơ cán bộ")


def decision(cadre: DemoCadre, desk: Desk, order: Order, dpi: int) -> Drawn:
    """Draw a decision about one person and tell its number, day, subject, person and signer."""
    paper = Paper(dpi, 13.5, (30, 20, 18, 18))
    _letterhead(paper, desk, order.number, order.issued_on)
    paper.skip(7)
    paper.text("*QUYẾT ĐỊNH*", "centre", 15)
    paper.text(f"*{order.subject}*", "centre", 13.5)
    if desk.style == "state":
        paper.skip(4)
        paper.text(f"*{desk.authority}*", "centre", 13.5)
    paper.skip(4)
    for ground in order.grounds:
        lead = "- " if desk.style == "party" else ""
        paper.text(f"{lead}{ground}" if lead else f"_{ground}_", indent=10)
    paper.skip(3)
    if desk.style == "party":
        paper.text(f"*{desk.authority} QUYẾT ĐỊNH*", "centre", 14)
    else:
        paper.text("*QUYẾT ĐỊNH:*", "centre", 14)
    paper.skip(3)
    for number, article in enumerate(order.articles, 1):
        paper.text(f"*Điều {number}.* {article}", indent=10)
        paper.skip(1.5)
    _foot(paper, desk, order.copies)
    fields = letter_fields(desk, order.number, order.issued_on, order.subject)
    fields |= {"person_name": cadre.name, "person_birth_date": cadre.core.born.isoformat()}
    if order.effective_on:
        fields["effective_on"] = order.effective_on.isoformat()
    title = f"Quyết định {order.subject[0].lower()}{order.subject[1:]}"
    return Drawn(
        "quyet_dinh", title, fields, tuple(paper.sheets), order.subtype, order.number, order.issued_on
    )  # fmt: skip


def resolution(cadre: DemoCadre, desk: Desk, number: str, issued_on: date, dpi: int) -> Drawn:
    """Draw a Party cell's NGHỊ QUYẾT proposing that a person be admitted to the Party."""
    core = cadre.core
    subject = f"Về việc đề nghị kết nạp quần chúng {core.name} vào Đảng"
    paper = Paper(dpi, 13.5, (30, 20, 18, 18))
    _letterhead(paper, desk, number, issued_on)
    paper.skip(8)
    paper.text("*NGHỊ QUYẾT*", "centre", 15)
    paper.text(f"*{subject}*", "centre")
    paper.skip(5)
    for ground in (
        "- Căn cứ Điều lệ Đảng Cộng sản Việt Nam;",
        f"- Ngày {printed(issued_on)} chi bộ đã họp xét đề nghị của quần chúng {core.name} xin vào Đảng. "
        f"Tổng số đảng viên của chi bộ: 14 đồng chí, có mặt 13 đồng chí, vắng mặt 01 đồng chí có lý do.",
    ):
        paper.text(ground, indent=10)
    paper.skip(3)
    paper.text("*CHI BỘ QUYẾT NGHỊ*", "centre", 14)
    paper.skip(3)
    for line in (
        f"1. Quần chúng {core.name}, sinh ngày {printed(core.born)}, quê quán {core.home_place}; "
        "lý lịch bản thân và gia đình rõ ràng, phẩm chất đạo đức tốt, được quần chúng tín nhiệm, "
        "động cơ phấn đấu vào Đảng đúng đắn, tích cực tham gia các phong trào do đoàn thể phát động.",
        f"2. Chi bộ biểu quyết đề nghị kết nạp {cadre.honorific} {core.name} vào Đảng: số tán thành 13/13, "
        "đạt 100% so với tổng số đảng viên chính thức có mặt; số không tán thành: không.",
        "3. Phân công hai đảng viên chính thức giúp đỡ người vào Đảng trong thời gian dự bị; chi uỷ chịu "
        "trách nhiệm gửi nghị quyết này lên cấp uỷ cấp trên xem xét, quyết định.",
    ):
        paper.text(line, indent=10)
        paper.skip(1.5)
    _foot(paper, desk, ("Cấp uỷ cấp trên (để b/c)", "Các đồng chí chi uỷ viên", "Lưu chi bộ"))
    fields = letter_fields(desk, number, issued_on, subject)
    fields |= {"person_name": core.name, "person_birth_date": core.born.isoformat()}
    return Drawn(
        "nghi_quyet", f"Nghị quyết {subject[0].lower()}{subject[1:]}", fields, tuple(paper.sheets),
        "de_nghi_ket_nap", number, issued_on,
    )  # fmt: skip


def letter_fields(desk: Desk, number: str, issued_on: date, subject: str) -> dict[str, str]:
    """What every letter's head and foot say, normalised."""
    return {
        "number": number,
        "issued_on": issued_on.isoformat(),
        "issued_at": desk.place,
        "issuer": desk.issuer,
        "subject": subject,
        "signer_name": desk.signer,
        "signer_title": desk.signer_title,
    }


def _letterhead(paper: Paper, desk: Desk, number: str, day: date) -> None:
    """Draw the two columns, then number at the left and place with day at the right."""
    upper = [line.upper() for line in desk.lines]
    names = (*upper[:-1], f"*{upper[-1]}*")
    if desk.style == "state":
        paper.heads((*names, "~"), MOTTO)
        count = f"Số: {number}"
    else:
        paper.heads((*names, "*"), PARTY_HEAD)
        count = f"Số {number}"
    paper.skip(1)
    paper.heads((count,), (f"_{desk.place}, {spoken(day)}_",))


def _foot(paper: Paper, desk: Desk, copies: tuple[str, ...]) -> None:
    """Draw who gets copies at the left and who signs, with the seal, at the right."""
    paper.skip(4)
    paper.room(60)
    top, middle = paper.y, (paper.left + paper.right) // 2
    for line in ("*Nơi nhận:*", *(f"- {copy};" for copy in copies)):
        paper.text(line, "left", 11, across=(paper.left, middle))
    paper.y = top
    title = desk.signer_title.upper()
    head = (f"*T/M {desk.authority}*", title) if desk.style == "party" else (f"*{title}*",)
    paper.signatures((Signatory((), ""), Signatory(head, desk.signer, "", desk.issuer if desk.sealed else "")), 30)
