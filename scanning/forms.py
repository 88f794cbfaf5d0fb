"""The labels printed on forms, by their words: the item numbers differ from form to form and year to year."""

from __future__ import annotations

from dataclasses import dataclass

from scanning.layout import compact


@dataclass(frozen=True)
class Label:
    """A printed label: ``key`` of the field ("" for a label that only ends the value before it).

    ``kind`` says how the value is read (``scanning.values``); long and place go on over lines.
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
    ("birth_date", "date"): ("Sinh ngày", "Ngày sinh", "Ngày, tháng, năm sinh", "Năm sinh", "Sinh ngày, tháng, năm"),
    ("birth_place", "place"): ("Nơi sinh", "Nơi đăng ký khai sinh"),
    ("home_place", "place"): ("Quê quán", "Nguyên quán"),
    ("permanent_residence", "place"): (
        "Nơi đăng ký hộ khẩu thường trú",
        "Nơi thường trú",
        "Hộ khẩu thường trú",
        "Nơi đăng ký thường trú",
    ),
    ("current_residence", "place"): ("Nơi ở hiện nay", "Chỗ ở hiện nay", "Nơi cư trú", "Nơi tạm trú"),
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
        "Nghề nghiệp trước khi vào Đảng",
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
        "Chức vụ (chức danh) công tác hiện tại",
        "Chức vụ công tác hiện tại",
        "Chức vụ, chức danh",
        "Chức vụ",
        "Chức danh",
        "Chức vụ, chức danh, đơn vị công tác",
        "Chức vụ (Đảng, đoàn thể, Chính quyền, kể cả chức vụ kiêm nhiệm)",
        "Chức vụ Đảng, chính quyền, đoàn thể",
    ),
    ("main_duty", "long"): ("Công việc chính được giao", "Công tác chính đang làm", "Nhiệm vụ được giao"),
    ("rank_title", "text"): (
        "Ngạch công chức",
        "Ngạch/chức danh nghề nghiệp",
        "Ngạch viên chức",
        "Ngạch công chức (viên chức)",
        "Ngạch, chức danh nghề nghiệp",
        "Chức danh nghề nghiệp",
        "Chức danh nghề nghiệp viên chức",
        "Ngạch",
    ),
    ("rank_code", "rank_code"): ("Mã ngạch", "Mã số ngạch", "Mã số", "Mã số chức danh nghề nghiệp", "Mã số CDNN"),
    ("salary_step", "step"): ("Bậc lương", "Bậc"),
    ("salary_coefficient", "coefficient"): ("Hệ số lương", "Hệ số"),
    ("salary_from", "date"): ("Ngày hưởng",),
    ("position_allowance", "coefficient"): ("Phụ cấp chức vụ", "Phụ cấp chức vụ lãnh đạo"),
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
        "Ngày và nơi kết nạp vào Đảng",
        "Ngày và nơi kết nạp",
    ),
    ("party_official_on", "date"): (
        "Ngày chính thức",
        "Ngày công nhận chính thức",
        "Ngày được công nhận đảng viên chính thức",
        "Ngày và nơi công nhận chính thức",
        "Ngày và nơi công nhận đảng viên chính thức",
    ),
    ("organisations_joined_on", "date"): (
        "Ngày tham gia tổ chức chính trị - xã hội đầu tiên",
        "Ngày tham gia tổ chức chính trị - xã hội",
        "Ngày tham gia các tổ chức chính trị, xã hội",
        "Ngày tham gia tổ chức chính trị - xã hội đầu tiên (Đoàn TNCSHCM, Công đoàn, Hội)",
        "Ngày vào Đoàn TNCS Hồ Chí Minh",
        "Ngày vào Đoàn",
        "Ngày và nơi vào Đoàn TNCS Hồ Chí Minh",
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
    ("social_insurance_no", "insurance"): ("Số sổ BHXH", "Số BHXH", "Số sổ bảo hiểm xã hội"),
    ("party_card_no", "digits"): (
        "Số hiệu thẻ đảng viên",
        "Số thẻ đảng viên",
        "Số TĐV",
        "Số thẻ đảng",
        "Thẻ đảng viên số",
    ),
    ("health_insurance_no", "code"): ("Số thẻ BHYT", "Số thẻ bảo hiểm y tế"),
    ("phone", "phone"): ("SĐT liên hệ", "Điện thoại", "Số điện thoại", "Điện thoại liên hệ"),
    ("id_issued_at", "text"): ("Nơi cấp",),
    ("current_agency_from", "date"): ("Ngày vào cơ quan hiện đang công tác", "Ngày vào cơ quan hiện nay"),
    ("revolution_joined_on", "date"): ("Ngày tham gia cách mạng",),
    ("policy_group", "long"): ("Đối tượng chính sách", "Là con gia đình chính sách"),
    ("academic_title", "text"): ("Học hàm",),
    ("ethnic_language", "text"): ("Tiếng dân tộc thiểu số", "Tiếng dân tộc"),
    ("party_introducers", "long"): ("Người giới thiệu vào Đảng", "Người giới thiệu"),
    ("current_occupation", "text"): ("Nghề nghiệp hiện nay", "Nghề nghiệp hiện tại"),
    ("appointed_on", "date"): ("Ngày bổ nhiệm/ngày phê chuẩn", "Ngày bổ nhiệm"),
    ("reappointed_on", "date"): (
        "Ngày bổ nhiệm lại/phê chuẩn nhiệm kỳ tiếp theo",
        "Ngày bổ nhiệm lại",
    ),
    ("rank_appointed_on", "date"): (
        "Ngày bổ nhiệm ngạch/chức danh nghề nghiệp",
        "Ngày bổ nhiệm ngạch/CDNN",
        "Ngày bổ nhiệm ngạch",
        "Ngày bổ nhiệm vào chức danh nghề nghiệp",
    ),
    ("planned_position", "long"): ("Được quy hoạch chức danh",),
    ("concurrent_position", "long"): ("Chức vụ kiêm nhiệm",),
    ("party_position", "text"): ("Chức vụ Đảng hiện tại", "Chức vụ Đảng", "Cấp ủy hiện tại"),
    ("party_concurrent_position", "text"): ("Chức vụ Đảng kiêm nhiệm", "Cấp ủy kiêm"),
    ("party_cell", "text"): ("Chi bộ", "Sinh hoạt tại chi bộ", "Chi bộ đang sinh hoạt"),
    ("longest_work", "long"): ("Công việc đã làm lâu nhất", "Công việc làm lâu nhất"),
    ("concurrent_allowance", "coefficient"): ("Phụ cấp kiêm nhiệm",),
    ("other_allowance", "coefficient"): ("Phụ cấp khác",),
    ("salary_percent", "number"): ("Phần trăm hưởng",),
    ("seniority_allowance", "number"): ("Phụ cấp thâm niên vượt khung",),
    ("seniority_from", "date"): ("Ngày hưởng PCTNVK", "Ngày hưởng phụ cấp thâm niên vượt khung"),
    ("job_position", "text"): ("Vị trí việc làm",),
    ("height", "text"): ("Chiều cao", "Cao"),
    ("weight", "text"): ("Cân nặng",),
    ("blood_group", "text"): ("Nhóm máu",),
    ("invalid_class", "text"): ("Thương binh loại", "Là thương binh hạng"),
    ("martyr_family", "text"): ("Gia đình liệt sĩ",),
    ("rating", "long"): (
        "Kết quả xếp loại chất lượng",
        "Mức xếp loại chất lượng",
        "Tự xếp loại chất lượng",
        "Tự nhận mức xếp loại chất lượng",
        "Xếp loại chất lượng",
        "Chi bộ xếp loại",
    ),
    ("degree_class", "text"): ("Xếp loại tốt nghiệp", "Xếp loại", "Hạng tốt nghiệp"),
    ("major", "text"): ("Chuyên ngành", "Ngành đào tạo", "Ngành"),
    ("training_form", "text"): ("Hình thức đào tạo",),
    ("study_period", "text"): ("Thời gian đào tạo", "Thời gian học"),
    ("register_no", "text"): ("Số vào sổ cấp bằng", "Số vào sổ", "Vào sổ cấp bằng số"),
    ("staff_code", "serial"): (
        "Số hiệu cán bộ, công chức, viên chức",
        "Số hiệu cán bộ, công chức",
        "Số hiệu CBCCVC",
        "Số hiệu viên chức",
        "Số hiệu",
        "Số hiệu văn bằng",
        "Số hiệu bằng",
    ),
    ("managing_agency", "place"): (
        "Cơ quan quản lý cán bộ, công chức, viên chức",
        "Cơ quan, đơn vị có thẩm quyền quản lý CBCC",
        "Cơ quan quản lý cán bộ",
        "Cơ quan, đơn vị có thẩm quyền quản lý viên chức",
        "Cơ quan quản lý viên chức",
    ),
    ("unit", "long"): (
        "Cơ quan, đơn vị sử dụng cán bộ, công chức, viên chức",
        "Cơ quan, đơn vị sử dụng CBCC",
        "Cơ quan, đơn vị sử dụng viên chức",
        "Đơn vị công tác",
        "Cơ quan, đơn vị công tác",
        "Nơi công tác",
    ),
    ("", "text"): ("Ảnh màu", "Giấy chứng nhận quyền sở hữu", "Tỉnh", "Đơn vị trực thuộc", "Đơn vị cơ sở"),
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
