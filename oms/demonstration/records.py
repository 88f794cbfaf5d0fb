"""Papers about how a person works and studied: self-criticism, rating, diploma, list, background check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from oms.demonstration.forms import MOTTO, PARTY_HEAD, Drawn, comma, person_fields, place_of, printed, spoken
from oms.demonstration.letters import Desk, letter_fields
from oms.demonstration.papers import Paper, Signatory
from oms.demonstration.people import DemoCadre

_STRENGTHS = (
    "Về chính trị tư tưởng: kiên định chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh; chấp hành nghiêm chủ "
    "trương, đường lối của Đảng, chính sách, pháp luật của Nhà nước; tham gia đầy đủ các lớp học nghị quyết.",
    "Về đạo đức, lối sống: giữ gìn đoàn kết nội bộ, sống trung thực, khiêm tốn, gắn bó với nhân dân; không "
    "có biểu hiện suy thoái; thực hiện tốt việc kê khai tài sản, thu nhập theo quy định.",
    "Về ý thức tổ chức kỷ luật: chấp hành sự phân công của tổ chức; thực hiện đúng quy chế làm việc; sinh "
    "hoạt đảng đầy đủ, đóng đảng phí đúng quy định; thường xuyên giữ mối liên hệ với chi uỷ nơi cư trú.",
    "Về thực hiện nhiệm vụ: chủ động xây dựng kế hoạch công tác, hoàn thành đúng hạn các nhiệm vụ được giao; "
    "tham mưu kịp thời cho lãnh đạo; phối hợp tốt với các cơ quan liên quan trong giải quyết công việc.",
)
_WEAKNESS = (
    "Đôi lúc chưa thật sự quyết liệt trong đôn đốc cấp dưới; việc ứng dụng công nghệ thông tin vào công tác "
    "lưu trữ hồ sơ còn chậm; chưa dành nhiều thời gian đi cơ sở."
)
_REMEDY = (
    "Tiếp tục học tập, nâng cao trình độ chuyên môn và lý luận; xây dựng lịch đi cơ sở hằng tháng; "
    "hoàn thành việc số hoá hồ sơ do mình phụ trách trong quý I năm sau; gương mẫu trong thực hành tiết kiệm."
)
_MEMBERS = (
    "Đinh Thị Hoè", "Khổng Văn Lực", "Lã Quốc Ứng", "Mạc Thị Yên", "Ngân Văn Ỏn", "Quàng Thị Phượng",
    "Sầm Đức Vĩnh", "Tống Thị Xuyến", "Ứng Văn Khoẻ", "Viên Thị Hảo", "Xa Đình Lưỡng", "Ông Thế Duyệt",
)  # fmt: skip


def _working_fields(cadre: DemoCadre, day: date) -> dict[str, str]:
    known = person_fields(cadre) | {"position": cadre.post_on(day)}
    return {key: known[key] for key in ("full_name", "birth_date", "position")}


def self_criticism(cadre: DemoCadre, cell: str, year: int, dpi: int) -> Drawn:
    """Draw a yearly BẢN KIỂM ĐIỂM of a Party member, with the cell's conclusion on the second sheet."""
    core, signed_on = cadre.core, date(year, 12, 5)
    paper = Paper(dpi, 13.5, (28, 18, 17, 18))
    paper.heads((cell.upper(), "*"), PARTY_HEAD)
    paper.heads((" ",), (f"_{place_of(cadre, signed_on)}, {spoken(signed_on)}_",))
    paper.skip(6)
    paper.text("*BẢN KIỂM ĐIỂM CÁ NHÂN*", "centre", 15)
    paper.text(f"*Năm {year}*", "centre")
    paper.skip(4)
    paper.entry(f"Họ và tên: {core.name} , Ngày sinh: {printed(core.born)}")
    paper.entry(f"Chức vụ Đảng, chính quyền, đoàn thể: {cadre.post_on(signed_on)}")
    paper.entry(f"Chi bộ: {cell}")
    paper.skip(2)
    paper.text("*I. Ưu điểm, kết quả đạt được*", spacing=1.6)
    for number, line in enumerate(_STRENGTHS, 1):
        paper.text(f"{number}. {line}", indent=10, spacing=1.4)
        paper.skip(1)
    paper.text("*II. Hạn chế, khuyết điểm và nguyên nhân*", spacing=1.6)
    paper.text(_WEAKNESS, indent=10, spacing=1.4)
    paper.text("*III. Phương hướng, biện pháp khắc phục*", spacing=1.6)
    paper.text(_REMEDY, indent=10, spacing=1.4)
    paper.text("*IV. Tự nhận mức xếp loại*", spacing=1.6)
    paper.text("Hoàn thành tốt nhiệm vụ.", indent=10, spacing=1.4)
    paper.skip(2)
    paper.signatures((Signatory((), ""), Signatory(("*NGƯỜI TỰ KIỂM ĐIỂM*",), core.name, "(Ký, ghi rõ họ tên)")), 22)
    paper.text("*V. Đánh giá, xếp loại của chi bộ*", spacing=1.6)
    paper.text(
        f"Chi bộ nhất trí với bản tự kiểm điểm; đồng chí {core.name} có tinh thần trách nhiệm cao, được "
        "đảng viên và quần chúng tín nhiệm. Chi bộ xếp loại: Hoàn thành tốt nhiệm vụ.",
        indent=10,
        spacing=1.4,
    )
    paper.skip(3)
    paper.signatures((Signatory((), ""), Signatory(("*T/M CHI UỶ*", "*BÍ THƯ*"), "Khúc Thừa Mẫn")), 24)
    return Drawn(
        "ban_kiem_diem", f"Bản kiểm điểm cá nhân năm {year}", _working_fields(cadre, signed_on), tuple(paper.sheets),
        "ca_nhan", None, signed_on,
    )  # fmt: skip


def rating(cadre: DemoCadre, office: Sequence[str], year: int, dpi: int) -> Drawn:
    """Draw a yearly PHIẾU ĐÁNH GIÁ, XẾP LOẠI CHẤT LƯỢNG CÔNG CHỨC with its table of points."""
    core, signed_on = cadre.core, date(year, 12, 12)
    paper = Paper(dpi, 13, (28, 18, 17, 18))
    paper.heads((*office[:-1], f"*{office[-1]}*", "~"), MOTTO)
    paper.skip(7)
    paper.text("*PHIẾU ĐÁNH GIÁ, XẾP LOẠI CHẤT LƯỢNG CÔNG CHỨC*", "centre", 14.5)
    paper.text(f"*Năm {year}*", "centre")
    paper.skip(4)
    paper.entry(f"Họ và tên: {core.name} , Ngày sinh: {printed(core.born)}")
    paper.entry(f"Chức vụ, chức danh: {cadre.post_on(signed_on)}")
    paper.entry(f"Ngạch: {cadre.rank_title} , Bậc: {core.step} , Hệ số lương: {comma(cadre.salary_coefficient)}")
    paper.skip(3)
    paper.text("*I. KẾT QUẢ TỰ ĐÁNH GIÁ*", spacing=1.6)
    paper.table(
        ("TT", "Nội dung đánh giá", "Điểm tối đa", "Điểm tự chấm"),
        (8, 82, 20, 22),
        (
            ("1", "Chính trị tư tưởng, đạo đức, lối sống, tác phong, lề lối làm việc", "20", "19"),
            ("2", "Ý thức tổ chức kỷ luật, chấp hành quy chế của cơ quan, đơn vị", "10", "10"),
            ("3", "Kết quả thực hiện nhiệm vụ theo số lượng, chất lượng, tiến độ", "50", "46"),
            ("4", "Tinh thần trách nhiệm và phối hợp trong công tác", "10", "9"),
            ("5", "Năng lực lãnh đạo, quản lý; thái độ phục vụ nhân dân", "10", "8"),
        ),
        12,
    )
    paper.text("*II. TỰ XẾP LOẠI CHẤT LƯỢNG*", spacing=1.6)
    paper.text("Hoàn thành xuất sắc nhiệm vụ (92/100 điểm).", indent=10)
    paper.skip(2)
    paper.signatures((Signatory((), ""), Signatory(("*Người tự đánh giá*",), core.name)), 20)
    paper.room(100)  # the verdict and its signature stay on one sheet
    paper.text("*III. Ý KIẾN NHẬN XÉT CỦA TẬP THỂ VÀ THỦ TRƯỞNG ĐƠN VỊ*", spacing=1.6)
    paper.text(_STRENGTHS[3], indent=10, spacing=1.4)
    paper.entry("Kết quả xếp loại chất lượng: Hoàn thành tốt nhiệm vụ")
    head = Signatory(("*THỦ TRƯỞNG ĐƠN VỊ*",), "Quản Trọng Nghĩa", "", " ".join(office))
    paper.signatures((Signatory((), ""), head))
    title = f"Phiếu đánh giá, xếp loại chất lượng công chức năm {year}"
    fields, sheets = _working_fields(cadre, signed_on), tuple(paper.sheets)
    return Drawn("phieu_danh_gia", title, fields, sheets, "cong_chuc", None, signed_on)


def diploma(cadre: DemoCadre, place: int, number: str, dpi: int) -> Drawn:
    """Draw the diploma or certificate of the person's course number `place` (0 the oldest)."""
    core, course = cadre.core, cadre.training[place]
    month, year = (int(part) for part in course.until.split("/"))
    signed_on = date(year, month, 20)
    degree = course.award in {"Cử nhân", "Kỹ sư", "Thạc sĩ"}
    title = f"BẰNG {course.award.upper()}" if degree else "CHỨNG CHỈ"
    paper = Paper(dpi, 14, (28, 20, 20, 18))
    edge = paper.px(12)
    width, height = paper.sheets[0].image.size
    for inset in (edge, edge + paper.px(1.5)):
        paper.ink.rectangle((inset, inset, width - inset, height // 2 + paper.px(28) - inset), outline=60, width=3)
    paper.skip(2)
    for line in MOTTO[:2]:
        paper.text(line, "centre", 13.5)
    paper.skip(4)
    paper.text("HIỆU TRƯỞNG", "centre", 13)
    paper.text(f"*{course.school.upper()}*", "centre", 14)
    paper.text("cấp", "centre", 12)
    paper.text(f"*{title}*", "centre", 22)
    paper.skip(2)
    paper.entry(f"Chuyên ngành: {course.subject}")
    paper.entry(f"Cho {cadre.honorific}: {core.name} , Sinh ngày: {printed(core.born)}")
    paper.entry(f"Thời gian đào tạo: {course.since} - {course.until} , Xếp loại: Khá")
    paper.entry(f"Hình thức đào tạo: {course.form}")
    paper.skip(2)
    paper.text(f"_{place_of(cadre, signed_on)}, {spoken(signed_on)}_", "right")
    top = paper.y
    paper.signatures((Signatory((), ""), Signatory(("*HIỆU TRƯỞNG*",), "Doãn Bá Ngư", "", course.school)), 24)
    after, paper.y = paper.y, top + paper.px(18)
    left = (paper.left, (paper.left + paper.right) // 2)
    paper.text(f"Số hiệu: {number}", "left", 12, across=left)
    paper.text(f"Số vào sổ cấp bằng: {place + 17}/{year}", "left", 12, across=left)
    paper.y = after
    fields = {"full_name": core.name, "birth_date": core.born.isoformat(), "number": number}
    shown = f"{title.capitalize()} {course.subject}" if degree else f"Chứng chỉ {course.subject}"
    return Drawn(
        "van_bang_chung_chi",
        shown,
        fields,
        tuple(paper.sheets),
        "bang" if degree else "chung_chi",
        number,
        signed_on,
    )


def member_list(cadre: DemoCadre, desk: Desk, number: str, issued_on: date, dpi: int, seed: str) -> Drawn:
    """Draw a ruled DANH SÁCH of officials whose pay is raised; the person stands among invented others."""
    subject = "Danh sách cán bộ, công chức được nâng bậc lương thường xuyên"
    paper = Paper(dpi, 12.5, (20, 18, 14, 18))
    paper.heads((*(line.upper() for line in desk.lines), "~"), MOTTO)
    paper.skip(7)
    paper.text("*DANH SÁCH CÁN BỘ, CÔNG CHỨC ĐƯỢC NÂNG BẬC LƯƠNG*", "centre", 14)
    paper.text(f"_(Kèm theo Quyết định số {number} ngày {printed(issued_on)})_", "centre", 12)
    paper.skip(4)
    rng = Random(seed)
    rows = [_list_row(name, rng, issued_on) for name in _MEMBERS]
    rows.insert(
        4,
        (cadre.name, printed(cadre.core.born), cadre.rank_title, cadre.core.rank,
         comma(cadre.salary_coefficient), printed(issued_on)),
    )  # fmt: skip
    paper.table(
        ("TT", "Họ và tên", "Ngày sinh", "Ngạch", "Mã ngạch", "Hệ số", "Ngày hưởng"),
        (9, 46, 25, 32, 19, 15, 25),
        [(str(place), *row) for place, row in enumerate(rows, 1)],
        12,
    )
    paper.text(f"*Tổng cộng: {len(rows)} người.*", "left")
    paper.signatures((Signatory((), ""), Signatory((f"*{desk.signer_title.upper()}*",), desk.signer, "", desk.issuer)))
    fields = letter_fields(desk, number, issued_on, subject)
    return Drawn("danh_sach", subject, fields, tuple(paper.sheets), "nang_bac_luong", number, issued_on)


def _list_row(name: str, rng: Random, issued_on: date) -> tuple[str, ...]:
    born = date(rng.randint(1966, 1992), rng.randint(1, 12), rng.randint(1, 28))
    step = rng.randint(1, 8)
    return (
        name,
        printed(born),
        "Chuyên viên",
        "01.003",
        f"{2.34 + 0.33 * step:.2f}".replace(".", ","),
        printed(issued_on),
    )


def background_check(cadre: DemoCadre, desk: Desk, number: str, issued_on: date, dpi: int) -> Drawn:
    """Draw a KẾT LUẬN THẨM TRA LÝ LỊCH, a paper of internal political protection (restricted)."""
    core = cadre.core
    subject = f"Thẩm tra lý lịch đồng chí {core.name}"
    paper = Paper(dpi, 13.5, (30, 20, 18, 18))
    upper = [line.upper() for line in desk.lines]
    paper.heads((*upper[:-1], f"*{upper[-1]}*", "*"), PARTY_HEAD)
    paper.heads((f"Số {number}",), (f"_{desk.place}, {spoken(issued_on)}_",))
    paper.mark("secrecy", paper.left + paper.px(22), paper.y + paper.px(9), "MẬT")
    paper.skip(16)
    paper.text("*KẾT LUẬN*", "centre", 15)
    paper.text("*THẨM TRA LÝ LỊCH CÁN BỘ*", "centre", 14)
    paper.skip(4)
    for line in (
        "Thực hiện quy định về bảo vệ chính trị nội bộ Đảng, tổ thẩm tra đã làm việc với cấp uỷ nơi quê quán, "
        "nơi cư trú và các cơ quan nơi cán bộ đã công tác. Kết quả như sau:",
        f"1. Đồng chí {core.name}, sinh ngày {printed(core.born)}, quê quán {core.home_place}, "
        f"hiện là {cadre.post_on(issued_on)}. Lai lịch gia đình hai bên rõ ràng; người thân chấp hành tốt chủ "
        "trương của Đảng, chính sách, pháp luật của Nhà nước nơi cư trú.",
        "2. Về lịch sử chính trị: không phát hiện vấn đề cần tiếp tục xem xét; không có quan hệ với tổ chức, "
        "cá nhân nước ngoài trái quy định; các thời điểm kê khai khớp với hồ sơ gốc lưu tại cơ quan quản lý.",
        "3. Về chính trị hiện nay: kiên định lập trường, tư tưởng; chấp hành nghiêm quy định những điều "
        "đảng viên không được làm; kê khai tài sản đúng hạn.",
        f"4. Kết luận: đồng chí {core.name} bảo đảm tiêu chuẩn chính trị theo quy định, không vi phạm quy định "
        "về bảo vệ chính trị nội bộ. Hồ sơ thẩm tra lưu riêng, chỉ người được giao nhiệm vụ mới được xem.",
    ):
        paper.text(line, indent=10, spacing=1.4)
        paper.skip(1.5)
    paper.skip(4)
    head = (f"*{desk.signer_title.upper()}*",)
    paper.signatures((Signatory((), ""), Signatory(head, desk.signer, "", desk.issuer)), 30)
    fields = letter_fields(desk, number, issued_on, subject)
    fields |= {"person_name": core.name, "person_birth_date": core.born.isoformat()}
    return Drawn(
        "tham_tra_xac_minh", f"Kết luận {subject[0].lower()}{subject[1:]}", fields, tuple(paper.sheets),
        "ly_lich", number, issued_on,
    )  # fmt: skip
