"""The personal forms: 2C-BNV/2008, a Party member's history and card, the short biography.

Labels are those of domain.md §2.2 and §2.4, word for word; the Party forms follow the headings of §2.7.
Each function draws one document and tells the truth of what it printed, in the contract's field keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from oms.demonstration.papers import Paper, Sheet, Signatory
from oms.demonstration.people import DemoCadre, Relative
from oms.demonstration.people_facts import Career, Training
from oms.demonstration.province import MERGED_ON, DemoUnit

MOTTO = ("*CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM*", "*Độc lập - Tự do - Hạnh phúc*", "~")
PARTY_HEAD = ("*ĐẢNG CỘNG SẢN VIỆT NAM*", "~")
_OATH = "Tôi xin cam đoan những lời khai trên đây là đúng sự thật"


@dataclass(frozen=True)
class Drawn:
    """One drawn document: what it is, what it says (contract field keys), and its sheets in order."""

    type_code: str
    title: str
    fields: dict[str, str]
    sheets: tuple[Sheet, ...]
    subtype: str | None = None
    number: str | None = None
    issued_on: date | None = None


def printed(day: date) -> str:
    """A day as forms print it, dd/mm/yyyy."""
    return f"{day:%d/%m/%Y}"


def spoken(day: date) -> str:
    """A day as letters print it: "ngày 05 tháng 8 năm 2024" (rule of office papers: 1 and 2 get a zero)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def place_of(cadre: DemoCadre, day: date) -> str:
    """The province a paper about the person was dated at: before the merger, the one they come from."""
    return "Lam Giang" if day >= MERGED_ON else cadre.core.birth_place.rpartition("Tỉnh ")[2]


def comma(number: str) -> str:
    """A decimal as Vietnamese paper prints it."""
    return number.replace(".", ",")


def person_fields(cadre: DemoCadre) -> dict[str, str]:
    """What every personal form prints of a person, normalised."""
    core = cadre.core
    return {
        "full_name": core.name,
        "other_names": core.alias,
        "sex": core.sex,
        "birth_date": core.born.isoformat(),
        "birth_place": core.birth_place,
        "home_place": core.home_place,
        "ethnicity": core.ethnicity,
        "religion": core.religion,
        "current_residence": core.lives_in,
        "position": core.position,
    }


def learning_fields(cadre: DemoCadre) -> dict[str, str]:
    """What forms print of schooling and of Party membership, normalised."""
    core = cadre.core
    return {
        "general_education": "12/12",
        "highest_qualification": cadre.highest_qualification,
        "political_theory": cadre.political_theory,
        "foreign_language": cadre.foreign_language,
        "it_level": cadre.it_level,
        "party_joined_on": core.party[0].isoformat(),
        "party_official_on": core.party[1].isoformat(),
    }


def summary_2c(cadre: DemoCadre, unit: DemoUnit, signed_on: date, dpi: int) -> Drawn:
    """Draw SƠ YẾU LÝ LỊCH, form 2C-BNV/2008, for the unit that employs the person."""
    paper = Paper(dpi, 12.5, (24, 15, 15, 15))
    paper.text("_Mẫu 2C-BNV/2008 ban hành kèm theo Quyết định số 02/2008/QĐ-BNV_", "right", 10)
    paper.entry("Cơ quan, đơn vị có thẩm quyền quản lý CBCC: Tỉnh Lam Giang")
    paper.entry(f"Cơ quan, đơn vị sử dụng CBCC: {unit.name}")
    paper.entry(f"Số hiệu cán bộ, công chức: {cadre.staff_code}")
    paper.skip(3)
    paper.text("*SƠ YẾU LÝ LỊCH CÁN BỘ, CÔNG CHỨC*", "centre", 16)
    paper.skip(3)
    _person_2c(paper, cadre)
    _work_2c(paper, cadre)
    _body_2c(paper, cadre)
    paper.room(50)
    _heading(paper, "27) Đào tạo, bồi dưỡng về chuyên môn, nghiệp vụ, lý luận chính trị, ngoại ngữ, tin học")
    _training_table(paper, cadre.training)
    paper.room(50)
    _heading(paper, "28) Tóm tắt quá trình công tác")
    _career_table(paper, cadre.career)
    _history_2c(paper)
    _heading(paper, "30) Quan hệ gia đình")
    paper.text("a) Về bản thân: Cha, Mẹ, Vợ (hoặc chồng), các con, anh chị em ruột", spacing=1.4)
    _family_table(paper, cadre.family)
    paper.text("b) Về bên vợ (hoặc chồng): Cha, Mẹ, anh chị em ruột", spacing=1.4)
    _family_table(paper, cadre.in_laws)
    paper.room(45)
    _heading(paper, "31) Diễn biến quá trình lương của cán bộ, công chức")
    _salary_table(paper, cadre)
    _heading(paper, "32) Nhận xét, đánh giá của cơ quan, đơn vị quản lý và sử dụng cán bộ, công chức")
    paper.entry("Phẩm chất chính trị, đạo đức tốt; hoàn thành tốt nhiệm vụ được giao; đoàn kết nội bộ")
    paper.skip(3)
    _place_and_day(paper, signed_on)
    paper.signatures(
        (
            Signatory(("*Người khai*", "Tôi xin cam đoan lời khai", "trên đây là đúng sự thật"), cadre.name),
            Signatory(("*Thủ trưởng cơ quan, đơn vị*", "*quản lý và sử dụng CBCC*"), "Quản Trọng Nghĩa",
                      "(Ký tên, đóng dấu)", unit.name),
        )
    )  # fmt: skip
    return Drawn(
        "so_yeu_ly_lich", "Sơ yếu lý lịch cán bộ, công chức", _fields_2c(cadre, unit), tuple(paper.sheets),
        "2c_bnv_2008", None, signed_on,
    )  # fmt: skip


def _fields_2c(cadre: DemoCadre, unit: DemoUnit) -> dict[str, str]:
    core = cadre.core
    known = person_fields(cadre) | learning_fields(cadre)
    known |= {
        "managing_agency": "Tỉnh Lam Giang",
        "unit": unit.name,
        "staff_code": cadre.staff_code,
        "permanent_residence": core.lives_in,
        "previous_occupation": core.before,
        "recruited_on": core.recruited.isoformat(),
        "recruiting_agency": core.recruiter,
        "main_duty": core.duty,
        "rank_title": cadre.rank_title,
        "rank_code": core.rank,
        "salary_step": str(core.step),
        "salary_coefficient": cadre.salary_coefficient,
        "salary_from": cadre.salary_from.isoformat(),
        "position_allowance": core.allowance,
        "state_management": cadre.state_management,
        "organisations_joined_on": cadre.youth_joined_on.isoformat(),
        "strengths": cadre.strengths,
        "rewards": cadre.rewards,
        "discipline": "Không",
        "health": "Tốt",
        "old_id": cadre.old_id,
        "citizen_id": cadre.citizen_id,
        "id_issued_on": cadre.id_issued_on.isoformat(),
        "social_insurance_no": cadre.social_insurance_no,
    }
    return known | soldier_fields(cadre)


def soldier_fields(cadre: DemoCadre) -> dict[str, str]:
    """Army service, normalised; empty for those who never served."""
    if cadre.core.soldier is None:
        return {}
    enlisted, discharged, rank = cadre.core.soldier
    return {
        "enlisted_on": enlisted.isoformat(),
        "discharged_on": discharged.isoformat(),
        "military_rank": rank,
    }


def _person_2c(paper: Paper, cadre: DemoCadre) -> None:
    core = cadre.core
    paper.box(paper.left, paper.y + paper.px(1), 32, 42, ("Ảnh màu", "(4 x 6 cm)"))
    below = paper.y + paper.px(46)
    beside = (paper.left + paper.px(37), paper.right)
    born = core.born
    for line in (
        f"1) Họ và tên khai sinh (viết chữ in hoa): *{core.name.upper()}*",
        f"2) Tên gọi khác: {core.alias}",
        f"3) Sinh ngày: {born:%d tháng %m năm %Y}, Giới tính (nam, nữ): {core.sex}",
        f"4) Nơi sinh: {core.birth_place}",
        f"5) Quê quán: {core.home_place}",
        f"6) Dân tộc: {core.ethnicity} , 7) Tôn giáo: {core.religion}",
    ):
        paper.entry(line, beside)
    paper.y = max(paper.y, below)
    paper.entry(f"8) Nơi đăng ký hộ khẩu thường trú: {core.lives_in}")
    paper.entry(f"9) Nơi ở hiện nay: {core.lives_in}")


def _work_2c(paper: Paper, cadre: DemoCadre) -> None:
    core = cadre.core
    for line in (
        f"10) Nghề nghiệp khi được tuyển dụng: {core.before}",
        f"11) Ngày tuyển dụng: {printed(core.recruited)}",
        f"Cơ quan tuyển dụng: {core.recruiter}",
        f"12) Chức vụ (chức danh) hiện tại: {core.position}",
        f"13) Công việc chính được giao: {core.duty}",
        f"14) Ngạch công chức (viên chức): {cadre.rank_title} , Mã ngạch: {core.rank}",
        f"Bậc lương: {core.step} , Hệ số: {comma(cadre.salary_coefficient)} , "
        f"Ngày hưởng: {printed(cadre.salary_from)} , Phụ cấp chức vụ: {comma(core.allowance)}",
        "15.1- Trình độ giáo dục phổ thông (đã tốt nghiệp lớp mấy/thuộc hệ nào): 12/12",
        f"15.2- Trình độ chuyên môn cao nhất: {cadre.highest_qualification}",
        f"15.3- Lý luận chính trị: {cadre.political_theory} , 15.4- Quản lý nhà nước: {cadre.state_management}",
        f"15.5- Ngoại ngữ: {cadre.foreign_language} , 15.6- Tin học: {cadre.it_level}",
        f"16) Ngày vào Đảng Cộng sản Việt Nam: {printed(core.party[0])} , Ngày chính thức: {printed(core.party[1])}",
        f"17) Ngày tham gia tổ chức chính trị - xã hội: {printed(cadre.youth_joined_on)} (Đoàn TNCS)",
    ):
        paper.entry(line)


def _body_2c(paper: Paper, cadre: DemoCadre) -> None:
    for line in (
        *_soldier_lines("18) ", cadre),
        "19) Danh hiệu được phong tặng cao nhất: Không",
        f"20) Sở trường công tác: {cadre.strengths}",
        f"21) Khen thưởng: {cadre.rewards}",
        "22) Kỷ luật: Không",
        f"23) Tình trạng sức khoẻ: Tốt , Chiều cao: {cadre.height_cm} cm , "
        f"Cân nặng: {cadre.weight_kg} kg , Nhóm máu: {cadre.blood}",
        "24) Là thương binh hạng: Không , Là con gia đình chính sách: Không",
        f"25) Số chứng minh nhân dân: {cadre.old_id} , Số căn cước công dân: {cadre.citizen_id}",
        f"Ngày cấp: {printed(cadre.id_issued_on)}",
        f"26) Số sổ BHXH: {cadre.social_insurance_no}",
    ):
        paper.entry(line)


def _soldier_lines(number: str, cadre: DemoCadre) -> tuple[str, ...]:
    if cadre.core.soldier is None:
        return (f"{number}Ngày nhập ngũ: Không , Ngày xuất ngũ: Không , Quân hàm cao nhất: Không",)
    enlisted, discharged, rank = cadre.core.soldier
    return (
        f"{number}Ngày nhập ngũ: {printed(enlisted)} , Ngày xuất ngũ: {printed(discharged)}",
        f"Quân hàm cao nhất: {rank}",
    )


def _history_2c(paper: Paper) -> None:
    paper.room(55)
    _heading(paper, "29) Đặc điểm lịch sử bản thân")
    for question in (
        "- Khai rõ: bị bắt, bị tù (từ ngày tháng năm nào đến ngày tháng năm nào, ở đâu), đã khai báo cho ai, "
        "những vấn đề gì? Bản thân có làm việc trong chế độ cũ: Không",
        "- Tham gia hoặc có quan hệ với các tổ chức chính trị, kinh tế, xã hội nào ở nước ngoài: Không",
        "- Có thân nhân (Cha, Mẹ, Vợ, Chồng, con, anh chị em ruột) ở nước ngoài: Không",
    ):
        paper.entry(question)
    paper.skip(2)


def _heading(paper: Paper, text: str) -> None:
    paper.skip(2)
    paper.room(42)  # a heading, the heads of its table and a first row stay together
    paper.text(f"*{text}*", "left", spacing=1.5)


def _place_and_day(paper: Paper, day: date) -> None:
    paper.room(55)
    paper.text(f"_Lam Giang, {spoken(day)}_", "right", spacing=1.6)


def _training_table(paper: Paper, lines: Iterable[Training]) -> None:
    paper.table(
        ("Tên trường", "Chuyên ngành đào tạo, bồi dưỡng", "Từ tháng, năm - đến tháng, năm",
         "Hình thức đào tạo", "Văn bằng, chứng chỉ, trình độ gì"),
        (30, 34, 25, 20, 23),
        [(each.school, each.subject, f"{each.since} - {each.until}", each.form, each.award)
         for each in lines],
        11.5,
    )  # fmt: skip


def _career_table(paper: Paper, lines: Iterable[Career]) -> None:
    paper.table(
        (
            "Từ tháng, năm đến tháng, năm",
            "Chức danh, chức vụ, đơn vị công tác (đảng, chính quyền, đoàn thể, tổ chức xã hội)",
        ),
        (30, 102),
        [(f"{each.since} - {each.until or 'nay'}", each.post) for each in lines],
        11.5,
    )


def _family_table(paper: Paper, lines: Iterable[Relative]) -> None:
    paper.table(
        ("Mối quan hệ", "Họ và tên", "Năm sinh", "Quê quán, nghề nghiệp, chức danh, đơn vị công tác, nơi ở"),
        (19, 34, 14, 65),
        [(each.relation, each.name, str(each.year), each.about) for each in lines],
        11.5,
    )


def _salary_table(paper: Paper, cadre: DemoCadre) -> None:
    steps = cadre.salary_history
    paper.table(
        ("Tháng/năm", *(each.month for each in steps)),
        (24, *(18 for _ in steps)),
        (
            ("Mã ngạch/bậc", *(each.rank_step for each in steps)),
            ("Hệ số lương", *(comma(each.coefficient) for each in steps)),
        ),
        11,
    )


def party_history(cadre: DemoCadre, committee: DemoUnit, signed_on: date, dpi: int) -> Drawn:
    """Draw LÝ LỊCH ĐẢNG VIÊN, certified by the committee the member belongs to."""
    core = cadre.core
    paper = Paper(dpi, 13, (26, 16, 16, 16))
    paper.heads((f"*{committee.name.upper()}*", "*"), PARTY_HEAD)
    paper.skip(8)
    paper.text("*LÝ LỊCH ĐẢNG VIÊN*", "centre", 18)
    paper.text(f"Số thẻ đảng viên: {cadre.party_card_no}", "centre")
    paper.skip(5)
    _member_lines(paper, cadre)
    _heading(paper, "LỊCH SỬ BẢN THÂN VÀ QUÁ TRÌNH CÔNG TÁC")
    _career_table(paper, cadre.career)
    _heading(paper, "NHỮNG LỚP ĐÀO TẠO, BỒI DƯỠNG ĐÃ QUA")
    _training_table(paper, cadre.training)
    _heading(paper, "KHEN THƯỞNG, KỶ LUẬT")
    paper.entry(f"Khen thưởng: {cadre.rewards}")
    paper.entry("Kỷ luật: Không")
    _heading(paper, "HOÀN CẢNH GIA ĐÌNH")
    _family_table(paper, (*cadre.family, *cadre.in_laws))
    _heading(paper, "CAM ĐOAN VÀ KÝ TÊN")
    paper.text(f"{_OATH}, nếu sai tôi xin chịu trách nhiệm trước Đảng.", indent=10)
    paper.skip(2)
    _place_and_day(paper, signed_on)
    paper.signatures(
        (
            Signatory(("*XÁC NHẬN CỦA CẤP UỶ CƠ SỞ*", "*T/M CẤP UỶ*"), "Quan Thế Vượng", "", committee.name),
            Signatory(("*NGƯỜI KHAI*",), cadre.name, "(Ký, ghi rõ họ tên)"),
        )
    )
    fields = person_fields(cadre) | learning_fields(cadre) | soldier_fields(cadre)
    fields |= {
        "party_card_no": cadre.party_card_no.replace(".", ""),
        "family_class": cadre.family_class,
        "previous_occupation": core.before,
        "organisations_joined_on": cadre.youth_joined_on.isoformat(),
        "citizen_id": cadre.citizen_id,
        "id_issued_on": cadre.id_issued_on.isoformat(),
        "rewards": cadre.rewards,
        "discipline": "Không",
    }
    return Drawn(
        "ly_lich_dang_vien", "Lý lịch đảng viên", fields, tuple(paper.sheets), issued_on=signed_on
    )  # fmt: skip


def _member_lines(paper: Paper, cadre: DemoCadre) -> None:
    core = cadre.core
    for line in (
        f"01) Họ và tên đang dùng: *{core.name.upper()}* , 02) Nam, nữ: {core.sex}",
        f"03) Họ và tên khai sinh: {core.name}",
        f"04) Các bí danh, tên gọi khác: {core.alias}",
        f"05) Sinh ngày: {printed(core.born)} , Nơi sinh: {core.birth_place}",
        f"06) Quê quán: {core.home_place}",
        f"07) Nơi ở hiện nay: {core.lives_in}",
        f"08) Dân tộc: {core.ethnicity} , 09) Tôn giáo: {core.religion}",
        f"10) Thành phần gia đình xuất thân: {cadre.family_class}",
        f"11) Nghề nghiệp bản thân trước khi được tuyển dụng: {core.before}",
        f"12) Ngày vào Đảng: {printed(core.party[0])} , Ngày chính thức: {printed(core.party[1])}",
        f"13) Ngày vào Đoàn TNCS Hồ Chí Minh: {printed(cadre.youth_joined_on)}",
        *_soldier_lines("14) ", cadre),
        f"15) Chức vụ, đơn vị công tác hiện nay: {core.position}",
        "16) Trình độ giáo dục phổ thông: 12/12",
        f"17) Trình độ chuyên môn cao nhất: {cadre.highest_qualification}",
        f"18) Lý luận chính trị: {cadre.political_theory} , 19) Ngoại ngữ: {cadre.foreign_language}",
        f"20) Tin học: {cadre.it_level} , 21) Sức khoẻ: Tốt",
        f"22) Số căn cước công dân: {cadre.citizen_id} , Ngày cấp: {printed(cadre.id_issued_on)}",
    ):
        paper.entry(line)


def party_sheet(cadre: DemoCadre, committee: DemoUnit, signed_on: date, dpi: int) -> Drawn:
    """Draw PHIẾU ĐẢNG VIÊN, the member's sheet of the Party register."""
    core = cadre.core
    paper = Paper(dpi, 13, (24, 16, 16, 16))
    paper.heads((f"*{committee.name.upper()}*", "*"), PARTY_HEAD)
    paper.skip(7)
    paper.text("*PHIẾU ĐẢNG VIÊN*", "centre", 18)
    paper.skip(4)
    for line in (
        f"Số thẻ đảng viên: {cadre.party_card_no} , Số căn cước công dân: {cadre.citizen_id}",
        f"1) Họ và tên khai sinh: *{core.name.upper()}*",
        f"2) Họ và tên đang dùng: {core.name} , Giới tính: {core.sex}",
        f"3) Sinh ngày: {printed(core.born)} , Dân tộc: {core.ethnicity} , Tôn giáo: {core.religion}",
        f"4) Quê quán: {core.home_place}",
        f"5) Nơi ở hiện nay: {core.lives_in}",
        f"6) Chức vụ hiện nay: {core.position}",
        f"7) Ngày vào Đảng: {printed(core.party[0])} , Ngày chính thức: {printed(core.party[1])}",
        f"8) Trình độ chuyên môn cao nhất: {cadre.highest_qualification}",
        f"9) Lý luận chính trị: {cadre.political_theory} , Ngoại ngữ: {cadre.foreign_language}",
        f"10) Khen thưởng: {cadre.rewards}",
        "11) Kỷ luật: Không",
    ):
        paper.entry(line)
    _heading(paper, "12) Quá trình hoạt động và công tác")
    _career_table(paper, cadre.career)
    _heading(paper, "13) Quan hệ gia đình")
    _family_table(paper, cadre.family)
    paper.skip(2)
    _place_and_day(paper, signed_on)
    paper.signatures(
        (
            Signatory(("*T/M CẤP UỶ CƠ SỞ*",), "Quan Thế Vượng", "(Ký, đóng dấu)", committee.name),
            Signatory(("*NGƯỜI LÀM PHIẾU*",), "Lương Thị Mơ", "(Ký, ghi rõ họ tên)"),
        )
    )
    known = person_fields(cadre) | learning_fields(cadre)
    left_out = {"other_names", "birth_place", "general_education", "it_level"}
    fields = {key: known[key] for key in known if key not in left_out} | {
        "party_card_no": cadre.party_card_no.replace(".", ""),
        "citizen_id": cadre.citizen_id,
        "rewards": cadre.rewards,
        "discipline": "Không",
    }
    return Drawn("phieu_dang_vien", "Phiếu đảng viên", fields, tuple(paper.sheets), issued_on=signed_on)


def biography(cadre: DemoCadre, unit: DemoUnit, signed_on: date, dpi: int) -> Drawn:
    """Draw TIỂU SỬ TÓM TẮT, form 3a-BNV/2007, sixteen items."""
    core = cadre.core
    paper = Paper(dpi, 12.5, (26, 16, 16, 16))
    paper.text("_Mẫu 3a-BNV/2007_", "right", 10)
    paper.text("*TIỂU SỬ TÓM TẮT*", "centre", 17)
    paper.skip(4)
    for line in (
        f"1) Họ và tên khai sinh: *{core.name.upper()}*",
        f"2) Tên gọi khác: {core.alias}",
        f"3) Sinh ngày: {printed(core.born)} , Giới tính: {core.sex}",
        f"4) Nơi sinh: {core.birth_place}",
        f"5) Quê quán: {core.home_place}",
        f"6) Dân tộc: {core.ethnicity} , 7) Tôn giáo: {core.religion}",
        f"8) Nơi ở hiện nay: {core.lives_in}",
        f"9) Chức vụ (chức danh) hiện tại: {core.position}",
        f"10) Cơ quan, đơn vị công tác: {unit.name}",
        "11.1- Trình độ giáo dục phổ thông: 12/12",
        f"11.2- Trình độ chuyên môn cao nhất: {cadre.highest_qualification}",
        f"11.3- Lý luận chính trị: {cadre.political_theory} , 11.4- Quản lý nhà nước: {cadre.state_management}",
        f"11.5- Ngoại ngữ: {cadre.foreign_language} , 11.6- Tin học: {cadre.it_level}",
        f"12) Ngày vào Đảng Cộng sản Việt Nam: {printed(core.party[0])} , Ngày chính thức: {printed(core.party[1])}",
        f"13) Tình trạng sức khoẻ: Tốt , Chiều cao: {cadre.height_cm} cm , "
        f"Cân nặng: {cadre.weight_kg} kg , Nhóm máu: {cadre.blood}",
        f"14) Khen thưởng: {cadre.rewards}",
        "15) Kỷ luật: Không",
    ):
        paper.entry(line, spacing=1.35)
    _heading(paper, "16) Tóm tắt quá trình công tác, học tập")
    _career_table(paper, cadre.career)
    _place_and_day(paper, signed_on)
    paper.signatures((Signatory((" ",), ""), Signatory(("*Người khai*",), cadre.name, "(hoặc người trích lục)")), 20)
    fields = person_fields(cadre) | learning_fields(cadre)
    fields |= {"state_management": cadre.state_management, "unit": unit.name, "health": "Tốt",
               "rewards": cadre.rewards, "discipline": "Không"}  # fmt: skip
    return Drawn("tieu_su_tom_tat", "Tiểu sử tóm tắt", fields, tuple(paper.sheets), "3a_bnv_2007", None, signed_on)
