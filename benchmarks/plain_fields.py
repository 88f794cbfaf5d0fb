"""What regular expressions find in plain text: the simple peer of the extraction of fields."""

from __future__ import annotations

import re

from vietnamese.dates import parse_date
from vietnamese.text import nfc

_END = r"(?=\s*,?\s*\d{1,2}(?:\.\d)?[)\-]|\s*,\s+\S[^,:\n]{2,40}:|\n|$)"
_DAY = r"(\d{1,2}/\d{1,2}/\d{4}|\d{1,2} tháng \d{1,2} năm \d{4})"
_PATTERNS = {
    "full_name": rf"Họ và tên(?: khai sinh| đang dùng)?(?: \([^)]*\))?:\s*([^,:\n]+?){_END}",
    "other_names": rf"[Tt]ên gọi khác:\s*([^,:\n]+?){_END}",
    "sex": r"(?:Giới tính|Nam, nữ)[^:\n]*:\s*(Nam|Nữ)",
    "birth_date": rf"(?:Sinh ngày|Ngày sinh):\s*{_DAY}",
    "birth_place": r"Nơi sinh:\s*(.+)",
    "home_place": r"Quê quán:\s*(.+)",
    "permanent_residence": r"thường trú:\s*(.+)",
    "current_residence": r"Nơi ở hiện nay:\s*(.+)",
    "ethnicity": rf"Dân tộc:\s*([^,:\n]+?){_END}",
    "religion": rf"Tôn giáo:\s*([^,:\n]+?){_END}",
    "previous_occupation": r"được tuyển dụng:\s*([^\d\n]+)",
    "recruited_on": rf"Ngày(?: được)? tuyển dụng:\s*{_DAY}",
    "recruiting_agency": r"Cơ quan tuyển dụng:\s*(.+)",
    "position": r"(?:Chức vụ chính quyền|Chức vụ[^:\n]*):\s*(.+)",
    "main_duty": r"Công việc chính được giao:\s*(.+)",
    "rank_title": rf"Ngạch[^:\n]*:\s*([^,:\n]+?){_END}",
    "rank_code": r"(?:Mã ngạch|mã\s+số):?\s*(\d\d\.\d{3})",
    "salary_step": r"Bậc(?: lương)?:\s*(\d+)",
    "salary_coefficient": r"[Hh]ệ số(?: lương)?:?\s*(\d,\d+)",
    "salary_from": rf"Ngày hưởng:\s*{_DAY}",
    "position_allowance": r"[Pp]hụ cấp chức vụ(?: hệ số)?:?\s*(\d,\d+)",
    "general_education": r"phổ thông[^:\n]*:\s*(\d+/\d+)",
    "highest_qualification": r"chuyên môn cao nhất:\s*(.+)",
    "political_theory": rf"Lý luận chính trị:\s*([^,:\n]+?){_END}",
    "state_management": rf"Quản lý nhà nước:\s*([^,:\n]+?){_END}",
    "foreign_language": rf"Ngoại ngữ:\s*([^,:\n]+?){_END}",
    "it_level": rf"Tin học:\s*([^,:\n]+?){_END}",
    "party_joined_on": rf"Ngày vào Đảng[^:\n]*:\s*{_DAY}",
    "party_official_on": rf"Ngày chính thức:\s*{_DAY}",
    "organisations_joined_on": rf"(?:chính trị - xã hội|Đoàn TNCS[^:\n]*):\s*{_DAY}",
    "enlisted_on": rf"Ngày nhập ngũ:\s*{_DAY}",
    "discharged_on": rf"Ngày xuất ngũ:\s*{_DAY}",
    "military_rank": rf"Quân hàm[^:\n]*:\s*([^,:\n]+?){_END}",
    "highest_honour": r"phong tặng cao nhất:\s*(.+)",
    "strengths": r"Sở trường công tác:\s*(.+)",
    "rewards": r"Khen thưởng:\s*(.+)",
    "discipline": r"Kỷ luật:\s*(.+)",
    "citizen_id": r"căn cước[^:\n]*:\s*(\d{12})",
    "old_id": r"chứng minh nhân dân:\s*(\d{9})",
    "id_issued_on": rf"Ngày cấp:\s*{_DAY}",
    "social_insurance_no": r"BHXH:\s*(\d{10})",
    "party_card_no": r"thẻ đảng viên:\s*([\d.]+)",
    "staff_code": r"Số hiệu[^:\n]*:\s*(\S+)",
    "managing_agency": r"quản lý CBCC:\s*(.+)",
    "unit": r"(?:sử dụng CBCC|[Đđ]ơn vị công tác):\s*(.+)",
    "number": r"Số:?\s*(\d+[/\-][\w&/\-]+)",
    "issued_on": rf"ngày {_DAY}\s*$",
    "issued_at": r"^(.+), ngày \d+ tháng",
    "subject": r"^(Về việc .+)$",
    "person_name": r"(?:ông|bà|ông \(bà\)|đồng chí)\s+((?:[A-ZĐÀ-Ỹ]\w+ ?){2,5})",
    "person_birth_date": rf"sinh ngày\s*{_DAY}",
    "effective_on": rf"kể\s+từ\s+ngày\s*{_DAY}",
}
_ROW = re.compile(rf"^\W*(\d{{1,2}})\W+((?:[A-ZĐÀ-Ỹ]\w+ ?){{2,5}})\W*{_DAY}", re.MULTILINE)


def plain_fields(text: str) -> dict[str, str]:
    """Return what a regular expression for each key finds first in the text; list rows by their printed number."""
    clean = nfc(text)
    found = {}
    for key, pattern in _PATTERNS.items():
        match = re.search(pattern, clean, re.MULTILINE)
        if match is not None:
            found[key] = match[1].strip(" .,;")
    for number, name, born in _ROW.findall(clean):
        date = parse_date(born)
        found[f"members.{number}.full_name"] = name.strip()
        found[f"members.{number}.birth_date"] = date.iso() if date else born
    return found
