"""What is written by hand about the twelve invented cadres; everything else is derived in `people`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from oms.demonstration.province import Block


@dataclass(frozen=True)
class Career:
    """One line of a working life: months as MM/YYYY, `until` None while it lasts."""

    since: str
    until: str | None
    post: str


@dataclass(frozen=True)
class Training:
    """One course: school, subject, months, form of study, the paper it gave."""

    school: str
    subject: str
    since: str
    until: str
    form: str
    award: str


@dataclass(frozen=True)
class Core:
    """The hand-written facts of one cadre; dates are days, `holders` pairs a block with a holding unit."""

    key: str
    name: str
    alias: str
    sex: str
    born: date
    birth_place: str
    home_place: str
    lives_in: str
    ethnicity: str
    before: str
    recruited: date
    recruiter: str
    position: str
    duty: str
    rank: str
    step: int
    allowance: str
    party: tuple[date, date]
    soldier: tuple[date, date, str] | None
    holders: tuple[tuple[Block, str], ...]
    secrecy: int
    training: tuple[Training, ...]
    career: tuple[Career, ...]
    religion: str = "Không"


_T = Training
_C = Career
_UNIVERSITY = "Trường Đại học Lam Giang"
_PROVINCIAL = "Trường Chính trị tỉnh Lam Thượng"
_ACADEMY = "Học viện Chính trị khu vực"
_KHE_MAN = "Xã Khe Mận, Huyện Vân Khởi, Tỉnh Lam Thượng"
_BAI_TRU = "Xã Bãi Trữ, Huyện Thượng Ngưỡng, Tỉnh Lam Thượng"
_NAM_Y = "Xã Nậm Ỷ, Huyện Vân Khởi, Tỉnh Lam Thượng"
_O_KE = "Xã Ô Kễ, Huyện Đức Lẫm, Tỉnh Giang Khê"
_CUA_DOAI = "Thị trấn Cửa Đoài, Huyện Đức Lẫm, Tỉnh Giang Khê"
_REGULAR = "Chính quy"
_PART_TIME = "Tại chức"
_COURSE = "Bồi dưỡng"

CORE: tuple[Core, ...] = (
    Core(
        "thuy-duong", "Nguyễn Thị Thuỳ Dương", "Không", "Nữ", date(1979, 3, 8),
        _KHE_MAN, _KHE_MAN,
        "Số 14, đường Bờ Sông, phường Đức Lẫm, tỉnh Lam Giang", "Kinh", "Giáo viên trung học cơ sở",
        date(2002, 9, 5), "Uỷ ban nhân dân huyện Vân Khởi", "Phó Giám đốc Sở Nội vụ",
        "Tham mưu công tác tổ chức bộ máy, cán bộ, công chức", "01.002", 4, "0.60",
        (date(2006, 5, 19), date(2007, 5, 19)), None,
        (("party", "LG-D-BTC"), ("government", "LG-C-SNV")), 0,
        (
            _T(_UNIVERSITY, "Sư phạm Ngữ văn", "09/1997", "06/2001", _REGULAR, "Cử nhân"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2012", "07/2014", _PART_TIME, "Cao cấp"),
            _T(_UNIVERSITY, "Quản lý công", "10/2015", "10/2017", _PART_TIME, "Thạc sĩ"),
            _T(_PROVINCIAL, "Quản lý nhà nước chuyên viên chính", "03/2016", "05/2016", _COURSE, "Chứng chỉ"),
        ),
        (
            _C("09/2002", "08/2008", "Giáo viên Trường Trung học cơ sở Khe Mận, huyện Vân Khởi"),
            _C("09/2008", "03/2014", "Chuyên viên Phòng Nội vụ huyện Vân Khởi"),
            _C("04/2014", "10/2018", "Trưởng phòng Nội vụ huyện Vân Khởi, Huyện uỷ viên"),
            _C("11/2018", "06/2025", "Phó Giám đốc Sở Nội vụ tỉnh Lam Thượng"),
            _C("07/2025", None, "Phó Giám đốc Sở Nội vụ tỉnh Lam Giang"),
        ),
    ),
    Core(
        "huu-luong", "Đỗ Hữu Lượng", "Không", "Nam", date(1971, 11, 20),
        _BAI_TRU, _BAI_TRU,
        "Thôn Nà Vượng, xã Thượng Ngưỡng, tỉnh Lam Giang", "Tày", "Cán bộ khuyến nông",
        date(1995, 4, 1), "Uỷ ban nhân dân huyện Thượng Ngưỡng", "Chủ tịch Uỷ ban nhân dân xã Thượng Ngưỡng",
        "Lãnh đạo, điều hành chung công việc của Uỷ ban nhân dân xã", "01.002", 5, "0.50",
        (date(1999, 2, 3), date(2000, 2, 3)), (date(1990, 2, 15), date(1992, 2, 15), "Thượng sĩ"),
        (("party", "LG-D-TN"), ("government", "LG-C-TN")), 0,
        (
            _T(_UNIVERSITY, "Nông học", "09/1992", "12/1994", _REGULAR, "Cao đẳng"),
            _T(_UNIVERSITY, "Kinh tế nông nghiệp", "10/2001", "06/2005", _PART_TIME, "Kỹ sư"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2010", "06/2012", _PART_TIME, "Cao cấp"),
        ),
        (
            _C("02/1990", "02/1992", "Chiến sĩ, Tiểu đội trưởng Trung đoàn 8, Quân khu"),
            _C("04/1995", "12/2003", "Cán bộ Trạm Khuyến nông huyện Thượng Ngưỡng"),
            _C("01/2004", "07/2011", "Phó Trưởng phòng Nông nghiệp huyện Thượng Ngưỡng"),
            _C("08/2011", "06/2020", "Chủ tịch Uỷ ban nhân dân xã Bãi Trữ, huyện Thượng Ngưỡng"),
            _C("07/2020", "06/2025", "Phó Chủ tịch Uỷ ban nhân dân huyện Thượng Ngưỡng"),
            _C("07/2025", None, "Phó Bí thư Đảng uỷ, Chủ tịch Uỷ ban nhân dân xã Thượng Ngưỡng"),
        ),
    ),
    Core(
        "quoc-khuyen", "Trương Đình Quốc Khuyến", "Không", "Nam", date(1974, 8, 5),
        "Xã Đức Lẫm, Huyện Đức Lẫm, Tỉnh Giang Khê", _O_KE,
        "Số 3, ngõ 27, phố Chợ Cũ, phường Đức Lẫm, tỉnh Lam Giang", "Kinh", "Kế toán",
        date(1998, 10, 15), "Sở Tài chính tỉnh Giang Khê", "Phó Giám đốc Sở Tài chính",
        "Phụ trách quản lý ngân sách và tài sản công", "01.002", 6, "0.60",
        (date(2003, 9, 2), date(2004, 9, 2)), None,
        (("party", "LG-D-BTC"), ("government", "LG-C-SNV")), 0,
        (
            _T(_UNIVERSITY, "Tài chính - Kế toán", "09/1992", "06/1997", _REGULAR, "Cử nhân"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2013", "06/2015", _PART_TIME, "Cao cấp"),
            _T(_UNIVERSITY, "Kinh tế chính trị", "10/2016", "12/2018", _PART_TIME, "Thạc sĩ"),
        ),
        (
            _C("10/1998", "05/2006", "Chuyên viên Sở Tài chính tỉnh Giang Khê"),
            _C("06/2006", "09/2012", "Phó Trưởng phòng Ngân sách, Sở Tài chính tỉnh Giang Khê"),
            _C("10/2012", "12/2019", "Trưởng phòng Ngân sách, Sở Tài chính tỉnh Giang Khê"),
            _C("01/2020", "06/2025", "Phó Giám đốc Sở Tài chính tỉnh Giang Khê"),
            _C("07/2025", None, "Phó Giám đốc Sở Tài chính tỉnh Lam Giang"),
        ),
    ),
    Core(
        "van-thang-1968", "Phạm Văn Thắng", "Không", "Nam", date(1968, 1, 12),
        _KHE_MAN, _KHE_MAN,
        "Thôn Đồng Mơ, xã Vân Khởi, tỉnh Lam Giang", "Kinh", "Công nhân lâm trường",
        date(1991, 6, 1), "Lâm trường Vân Khởi", "Bí thư Đảng uỷ xã Vân Khởi",
        "Lãnh đạo toàn diện Đảng bộ xã", "01.002", 7, "0.60",
        (date(1994, 12, 22), date(1995, 12, 22)), (date(1986, 9, 1), date(1989, 9, 1), "Trung sĩ"),
        (("party", "LG-D-VK"), ("government", "LG-C-VK")), 0,
        (
            _T(_UNIVERSITY, "Luật", "09/1999", "08/2003", _PART_TIME, "Cử nhân"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2006", "07/2008", _PART_TIME, "Cao cấp"),
            _T(_PROVINCIAL, "Quản lý nhà nước chuyên viên chính", "04/2011", "06/2011", _COURSE, "Chứng chỉ"),
        ),
        (
            _C("09/1986", "09/1989", "Chiến sĩ Sư đoàn bộ binh, Quân khu"),
            _C("06/1991", "04/1999", "Công nhân, Bí thư Đoàn Lâm trường Vân Khởi"),
            _C("05/1999", "09/2010", "Chánh Văn phòng Huyện uỷ Vân Khởi"),
            _C("10/2010", "06/2025", "Phó Bí thư Thường trực Huyện uỷ Vân Khởi"),
            _C("07/2025", None, "Bí thư Đảng uỷ xã Vân Khởi, tỉnh Lam Giang"),
        ),
    ),
    Core(
        "van-thang-1985", "Phạm Văn Thắng", "Không", "Nam", date(1985, 12, 1),
        _NAM_Y, _NAM_Y,
        "Thôn Nậm Ỷ, xã Vân Khởi, tỉnh Lam Giang", "Mường", "Sinh viên",
        date(2009, 8, 1), "Uỷ ban nhân dân huyện Vân Khởi", "Phó Chủ tịch Uỷ ban nhân dân xã Vân Khởi",
        "Phụ trách khối kinh tế, đất đai, xây dựng", "01.003", 5, "0.30",
        (date(2013, 9, 7), date(2014, 9, 7)), None,
        (("party", "LG-D-VK"), ("government", "LG-C-VK")), 0,
        (
            _T(_UNIVERSITY, "Quản lý đất đai", "09/2004", "06/2008", _REGULAR, "Kỹ sư"),
            _T(_PROVINCIAL, "Lý luận chính trị", "03/2015", "03/2017", _PART_TIME, "Trung cấp"),
        ),
        (
            _C("08/2009", "12/2015", "Công chức địa chính - xây dựng xã Nậm Ỷ, huyện Vân Khởi"),
            _C("01/2016", "07/2021", "Chuyên viên Phòng Tài nguyên và Môi trường huyện Vân Khởi"),
            _C("08/2021", "06/2025", "Phó Trưởng phòng Tài nguyên và Môi trường huyện Vân Khởi"),
            _C("07/2025", None, "Phó Chủ tịch Uỷ ban nhân dân xã Vân Khởi, tỉnh Lam Giang"),
        ),
    ),
    Core(
        "ngoc-an", "Hoàng Thị Ngọc Ẩn", "Không", "Nữ", date(1976, 6, 30),
        _CUA_DOAI, _O_KE,
        "Số 88, đường Lũng Vài, phường Đức Lẫm, tỉnh Lam Giang", "Kinh", "Cán bộ thanh tra",
        date(1999, 3, 1), "Thanh tra tỉnh Giang Khê", "Phó Chủ nhiệm Uỷ ban Kiểm tra Tỉnh uỷ",
        "Phụ trách công tác kiểm tra, giám sát tổ chức đảng", "01.002", 5, "0.70",
        (date(2002, 5, 19), date(2003, 5, 19)), None,
        (("party", "LG-D-BTC"), ("government", "LG-C-SNV")), 1,
        (
            _T(_UNIVERSITY, "Luật học", "09/1994", "06/1998", _REGULAR, "Cử nhân"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2009", "06/2011", _PART_TIME, "Cao cấp"),
        ),
        (
            _C("03/1999", "08/2007", "Thanh tra viên Thanh tra tỉnh Giang Khê"),
            _C("09/2007", "04/2016", "Kiểm tra viên Uỷ ban Kiểm tra Tỉnh uỷ Giang Khê"),
            _C("05/2016", "06/2025", "Uỷ viên Uỷ ban Kiểm tra Tỉnh uỷ Giang Khê"),
            _C("07/2025", None, "Phó Chủ nhiệm Uỷ ban Kiểm tra Tỉnh uỷ Lam Giang"),
        ),
    ),
    Core(
        "van-uoi", "Lò Văn Ươi", "Không", "Nam", date(1967, 4, 2),
        _BAI_TRU, _BAI_TRU,
        "Bản Huổi Lươn, xã Thượng Ngưỡng, tỉnh Lam Giang", "Thái", "Làm ruộng",
        date(1993, 1, 10), "Huyện uỷ Thượng Ngưỡng", "Chủ nhiệm Uỷ ban Kiểm tra Đảng uỷ xã Thượng Ngưỡng",
        "Chủ trì công tác kiểm tra, giám sát của Đảng uỷ xã", "01.003", 9, "0.40",
        (date(1992, 11, 7), date(1993, 11, 7)), (date(1985, 3, 1), date(1988, 3, 1), "Thượng sĩ"),
        (("party", "LG-D-TN"),), 0,
        (
            _T(_PROVINCIAL, "Lý luận chính trị", "03/2000", "06/2002", _PART_TIME, "Trung cấp"),
            _T(_UNIVERSITY, "Xây dựng Đảng", "09/2005", "07/2009", _PART_TIME, "Cử nhân"),
        ),
        (
            _C("03/1985", "03/1988", "Chiến sĩ biên phòng"),
            _C("01/1993", "05/2004", "Chuyên viên Ban Dân vận Huyện uỷ Thượng Ngưỡng"),
            _C("06/2004", "06/2025", "Uỷ viên Uỷ ban Kiểm tra Huyện uỷ Thượng Ngưỡng"),
            _C("07/2025", None, "Chủ nhiệm Uỷ ban Kiểm tra Đảng uỷ xã Thượng Ngưỡng"),
        ),
    ),
    Core(
        "diem-quynh", "Tôn Nữ Hoàng Diễm Quỳnh", "Không", "Nữ", date(1982, 10, 20),
        _CUA_DOAI, _CUA_DOAI,
        "Số 5, phố Bến Đò, phường Đức Lẫm, tỉnh Lam Giang", "Kinh", "Sinh viên",
        date(2005, 12, 1), "Thị uỷ Đức Lẫm", "Trưởng phòng Ban Tuyên giáo và Dân vận Tỉnh uỷ",
        "Tham mưu công tác tuyên truyền, báo chí", "01.003", 7, "0.50",
        (date(2009, 3, 26), date(2010, 3, 26)), None,
        (("party", "LG-D-BTC"),), 0,
        (
            _T(_UNIVERSITY, "Báo chí", "09/2000", "06/2004", _REGULAR, "Cử nhân"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2017", "06/2019", _PART_TIME, "Cao cấp"),
        ),
        (
            _C("12/2005", "03/2014", "Chuyên viên Ban Tuyên giáo Thị uỷ Đức Lẫm"),
            _C("04/2014", "06/2025", "Phó Trưởng phòng Ban Tuyên giáo Tỉnh uỷ Giang Khê"),
            _C("07/2025", None, "Trưởng phòng Ban Tuyên giáo và Dân vận Tỉnh uỷ Lam Giang"),
        ),
        "Phật giáo",
    ),
    Core(
        "xuan-nghia", "Bùi Xuân Nghĩa", "Ba Nghĩa", "Nam", date(1966, 2, 9),
        _NAM_Y, _NAM_Y,
        "Thôn Đồng Mơ, xã Vân Khởi, tỉnh Lam Giang", "Mường", "Làm ruộng",
        date(1990, 7, 1), "Uỷ ban nhân dân xã Nậm Ỷ", "Phó Bí thư Thường trực Đảng uỷ xã Vân Khởi",
        "Phụ trách công tác xây dựng Đảng, tổ chức cán bộ", "01.003", 9, "0.45",
        (date(1989, 5, 19), date(1990, 5, 19)), (date(1984, 8, 15), date(1988, 8, 15), "Chuẩn uý"),
        (("party", "LG-D-VK"),), 0,
        (
            _T(_PROVINCIAL, "Lý luận chính trị", "03/1998", "03/2000", _PART_TIME, "Trung cấp"),
            _T(_UNIVERSITY, "Luật", "09/2003", "07/2007", _PART_TIME, "Cử nhân"),
        ),
        (
            _C("08/1984", "08/1988", "Chiến sĩ, Tiểu đội trưởng, Quân khu"),
            _C("07/1990", "11/2004", "Trưởng Công an xã Nậm Ỷ, huyện Vân Khởi"),
            _C("12/2004", "06/2025", "Bí thư Đảng uỷ xã Nậm Ỷ, huyện Vân Khởi"),
            _C("07/2025", None, "Phó Bí thư Thường trực Đảng uỷ xã Vân Khởi"),
        ),
    ),
    Core(
        "thi-dep", "Ma Thị Đẹp", "Không", "Nữ", date(1988, 9, 14),
        _KHE_MAN, _KHE_MAN,
        "Thôn Khuổi Đẩy, xã Vân Khởi, tỉnh Lam Giang", "Tày", "Sinh viên",
        date(2011, 11, 1), "Uỷ ban nhân dân xã Khe Mận", "Công chức văn hoá - xã hội xã Vân Khởi",
        "Phụ trách lao động, người có công và xã hội", "01.003", 5, "0.15",
        (date(2018, 6, 1), date(2019, 6, 1)), None,
        (("government", "LG-C-VK"),), 0,
        (
            _T(_UNIVERSITY, "Công tác xã hội", "09/2007", "06/2011", _REGULAR, "Cử nhân"),
            _T(_PROVINCIAL, "Lý luận chính trị", "09/2019", "08/2021", _PART_TIME, "Trung cấp"),
        ),
        (
            _C("11/2011", "10/2016", "Công chức văn hoá - xã hội xã Khe Mận, huyện Vân Khởi"),
            _C("11/2016", "06/2025", "Phó Chủ tịch Hội Liên hiệp Phụ nữ xã Khe Mận, huyện Vân Khởi"),
            _C("07/2025", None, "Công chức văn hoá - xã hội xã Vân Khởi, tỉnh Lam Giang"),
        ),
    ),
    Core(
        "duc-huynh", "Võ Đức Huỳnh", "Không", "Nam", date(1980, 7, 27),
        _O_KE, _O_KE,
        "Số 41, đường Lũng Vài, phường Đức Lẫm, tỉnh Lam Giang", "Kinh", "Giáo viên",
        date(2003, 8, 20), "Uỷ ban nhân dân thị xã Đức Lẫm", "Chánh Thanh tra Sở Giáo dục và Đào tạo",
        "Thanh tra, kiểm tra chuyên ngành giáo dục", "01.003", 8, "0.50",
        (date(2010, 10, 14), date(2011, 10, 14)), None,
        (("government", "LG-C-SNV"),), 0,
        (
            _T(_UNIVERSITY, "Sư phạm Toán học", "09/1998", "06/2002", _REGULAR, "Cử nhân"),
            _T(_UNIVERSITY, "Quản lý giáo dục", "10/2011", "11/2013", _PART_TIME, "Thạc sĩ"),
            _T(_PROVINCIAL, "Nghiệp vụ thanh tra viên", "05/2016", "07/2016", _COURSE, "Chứng chỉ"),
        ),
        (
            _C("08/2003", "07/2013", "Giáo viên Trường Trung học phổ thông Đức Lẫm"),
            _C("08/2013", "06/2025", "Thanh tra viên Sở Giáo dục và Đào tạo tỉnh Giang Khê"),
            _C("07/2025", None, "Chánh Thanh tra Sở Giáo dục và Đào tạo tỉnh Lam Giang"),
        ),
        "Công giáo",
    ),
    Core(
        "bao-tran", "Lê Hồ Bảo Trân", "Không", "Nữ", date(1990, 5, 3),
        _BAI_TRU, _KHE_MAN,
        "Số 20, đường Bờ Sông, phường Đức Lẫm, tỉnh Lam Giang", "Kinh", "Sinh viên",
        date(2013, 1, 15), "Tỉnh Đoàn Lam Thượng", "Phó Bí thư Tỉnh Đoàn Lam Giang",
        "Phụ trách phong trào thanh niên, trường học", "01.003", 4, "0.50",
        (date(2014, 3, 26), date(2015, 3, 26)), None,
        (("front", "LG-M-TD"), ("party", "LG-D-BTC")), 0,
        (
            _T(_UNIVERSITY, "Quản trị văn phòng", "09/2008", "06/2012", _REGULAR, "Cử nhân"),
            _T(_ACADEMY, "Lý luận chính trị", "09/2021", "06/2023", _PART_TIME, "Cao cấp"),
        ),
        (
            _C("01/2013", "08/2017", "Chuyên viên Ban Phong trào Tỉnh Đoàn Lam Thượng"),
            _C("09/2017", "06/2025", "Trưởng ban Phong trào Tỉnh Đoàn Lam Thượng"),
            _C("07/2025", None, "Phó Bí thư Tỉnh Đoàn Lam Giang"),
        ),
    ),
)  # fmt: skip
