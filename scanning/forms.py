"""The labels printed on forms, by their words: the item numbers differ from form to form and year to year."""

from __future__ import annotations

from dataclasses import dataclass

from scanning.layout import compact


@dataclass(frozen=True)
class Label:
    """A printed label: ``key`` of the field ("" for a label that only ends the value before it).

    ``kind`` says how the value is read: name, text, long (goes on over lines), date, number, sex, digits,
    code, id.
    """

    key: str
    kind: str
    compact: str
    words: int


_LABELS: dict[tuple[str, str], tuple[str, ...]] = {
    ("full_name", "name"): (
        "Họ và tên khai sinh",
        "Họ tên khai sinh",
        "Họ, chữ đệm và tên khai sinh",
        "Họ và tên",
        "Họ tên",
        "Họ, chữ đệm, tên",
        "Họ và tên đang dùng",
        "Tên tôi là",
        "Tôi tên là",
        "Tôi là",
        "Ông (bà)",
        "Cấp cho",
        "Cho ông",
        "Cho bà",
    ),
    ("other_names", "text"): ("Các tên gọi khác", "Tên gọi khác", "Các bí danh", "Bí danh"),
    ("sex", "sex"): ("Giới tính", "Nam, nữ", "Nam/nữ"),
    ("birth_date", "date"): ("Sinh ngày", "Ngày sinh", "Ngày, tháng, năm sinh", "Năm sinh"),
    ("birth_place", "long"): ("Nơi sinh", "Nơi đăng ký khai sinh"),
    ("home_place", "long"): ("Quê quán", "Nguyên quán"),
    ("permanent_residence", "long"): (
        "Nơi đăng ký hộ khẩu thường trú",
        "Nơi thường trú",
        "Hộ khẩu thường trú",
        "Nơi đăng ký thường trú",
    ),
    ("current_residence", "long"): ("Nơi ở hiện nay", "Chỗ ở hiện nay", "Nơi cư trú"),
    ("ethnicity", "text"): ("Dân tộc",),
    ("religion", "text"): ("Tôn giáo",),
    ("family_class", "text"): (
        "Thành phần gia đình xuất thân",
        "Thành phần xuất thân",
        "Thành phần gia đình",
    ),
    ("previous_occupation", "text"): (
        "Nghề nghiệp khi được tuyển dụng",
        "Nghề nghiệp trước khi được tuyển dụng",
        "Nghề nghiệp bản thân trước khi được tuyển dụng",
        "Nghề nghiệp khi vào Đảng",
    ),
    ("recruited_on", "date"): ("Ngày được tuyển dụng lần đầu", "Ngày được tuyển dụng", "Ngày tuyển dụng"),
    ("recruiting_agency", "long"): (
        "Cơ quan, tổ chức, đơn vị tuyển dụng",
        "Cơ quan tuyển dụng",
        "Vào cơ quan nào, ở đâu",
    ),
    ("position", "long"): (
        "Chức vụ (chức danh) hiện tại",
        "Chức vụ hiện tại",
        "Chức vụ, đơn vị công tác hiện nay",
        "Chức vụ hiện nay",
        "Chức vụ chính quyền, đoàn thể",
        "Chức vụ chính quyền",
        "Chức vụ, chức danh",
        "Chức vụ",
        "Chức danh",
    ),
    ("main_duty", "long"): ("Công việc chính được giao", "Công tác chính đang làm"),
    ("rank_title", "text"): (
        "Ngạch công chức",
        "Ngạch/chức danh nghề nghiệp",
        "Ngạch viên chức",
    ),
    ("rank_code", "code"): ("Mã ngạch", "Mã số ngạch", "Mã số"),
    ("salary_step", "number"): ("Bậc lương",),
    ("salary_coefficient", "number"): ("Hệ số lương", "Hệ số"),
    ("salary_from", "date"): ("Ngày hưởng",),
    ("position_allowance", "number"): ("Phụ cấp chức vụ",),
    ("general_education", "text"): ("Trình độ giáo dục phổ thông", "Giáo dục phổ thông", "Trình độ văn hóa"),
    ("highest_qualification", "text"): (
        "Trình độ chuyên môn cao nhất",
        "Học hàm, học vị cao nhất",
        "Trình độ chuyên môn",
        "Chuyên môn nghiệp vụ",
    ),
    ("political_theory", "text"): ("Trình độ lý luận chính trị", "Lý luận chính trị"),
    ("state_management", "text"): ("Quản lý nhà nước",),
    ("foreign_language", "text"): ("Ngoại ngữ",),
    ("it_level", "text"): ("Tin học",),
    ("party_joined_on", "date"): (
        "Ngày vào Đảng Cộng sản Việt Nam",
        "Ngày vào Đảng CSVN",
        "Ngày vào Đảng",
        "Ngày kết nạp vào Đảng",
        "Ngày kết nạp",
    ),
    ("party_official_on", "date"): (
        "Ngày chính thức",
        "Ngày công nhận chính thức",
        "Ngày được công nhận đảng viên chính thức",
    ),
    ("organisations_joined_on", "date"): (
        "Ngày tham gia tổ chức chính trị - xã hội đầu tiên",
        "Ngày tham gia tổ chức chính trị - xã hội",
        "Ngày tham gia các tổ chức chính trị, xã hội",
        "Ngày vào Đoàn TNCS Hồ Chí Minh",
        "Ngày vào Đoàn",
    ),
    ("enlisted_on", "date"): ("Ngày nhập ngũ",),
    ("discharged_on", "date"): ("Ngày xuất ngũ",),
    ("military_rank", "text"): ("Quân hàm cao nhất", "Quân hàm, chức vụ cao nhất", "Quân hàm"),
    ("highest_honour", "long"): (
        "Danh hiệu được phong tặng cao nhất",
        "Danh hiệu nhà nước phong tặng",
        "Danh hiệu được phong",
    ),
    ("strengths", "long"): ("Sở trường công tác",),
    ("rewards", "long"): ("Khen thưởng",),
    ("discipline", "long"): ("Kỷ luật",),
    ("health", "text"): ("Tình trạng sức khỏe", "Sức khỏe"),
    ("citizen_id", "id"): (
        "Số căn cước công dân",
        "Số định danh cá nhân",
        "Mã số định danh",
        "Số căn cước",
        "Số CCCD",
        "Số CMND/CCCD",
        "Căn cước công dân số",
    ),
    ("old_id", "id"): ("Số chứng minh nhân dân", "Số CMND", "Chứng minh nhân dân số"),
    ("id_issued_on", "date"): ("Ngày cấp",),
    ("social_insurance_no", "digits"): ("Số sổ BHXH", "Số BHXH", "Số sổ bảo hiểm xã hội"),
    ("party_card_no", "digits"): ("Số hiệu thẻ đảng viên", "Số thẻ đảng viên", "Số TĐV"),
    ("staff_code", "code"): ("Số hiệu cán bộ, công chức, viên chức", "Số hiệu cán bộ, công chức"),
    ("staff_code", "text"): ("Số hiệu", "Số hiệu văn bằng", "Số hiệu bằng"),
    ("managing_agency", "long"): (
        "Cơ quan quản lý cán bộ, công chức, viên chức",
        "Cơ quan, đơn vị có thẩm quyền quản lý CBCC",
        "Cơ quan quản lý cán bộ",
    ),
    ("unit", "long"): (
        "Cơ quan, đơn vị sử dụng cán bộ, công chức, viên chức",
        "Cơ quan, đơn vị sử dụng CBCC",
        "Đơn vị công tác",
        "Cơ quan, đơn vị công tác",
        "Nơi công tác",
        "Sinh hoạt tại chi bộ",
    ),
    ("", "text"): (
        "Chức vụ Đảng hiện tại",
        "Chức vụ Đảng kiêm nhiệm",
        "Chức vụ Đảng",
        "Chức vụ kiêm nhiệm",
        "Chi bộ",
        "Cấp ủy hiện tại",
        "Cấp ủy kiêm",
        "SĐT liên hệ",
        "Điện thoại",
        "Nơi cấp",
        "Số thẻ BHYT",
        "Ngày vào cơ quan hiện đang công tác",
        "Ngày tham gia cách mạng",
        "Đối tượng chính sách",
        "Học hàm",
        "Ngày bổ nhiệm",
        "Được quy hoạch chức danh",
        "Công việc đã làm lâu nhất",
        "Công việc làm lâu nhất",
        "Phụ cấp kiêm nhiệm",
        "Phụ cấp khác",
        "Phần trăm hưởng",
        "Vị trí việc làm",
        "Chiều cao",
        "Cân nặng",
        "Nhóm máu",
        "Thương binh loại",
        "Là thương binh hạng",
        "Gia đình liệt sĩ",
        "Là con gia đình chính sách",
        "Ảnh màu",
    ),
}


def _prepared() -> tuple[Label, ...]:
    labels = [
        Label(key, kind, compact(variant), len(variant.replace("/", " ").split()))
        for (key, kind), variants in _LABELS.items()
        for variant in variants
    ]
    # the longest first: "Họ và tên khai sinh" must not be taken for "Họ và tên"
    return tuple(sorted(labels, key=lambda label: -len(label.compact)))


LABELS = _prepared()
