"""What is true of a page for the benchmark of fields: keys, and how two ways of writing one value are made alike."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vietnamese.dates import parse_date
from vietnamese.text import nfc

SHORT = {
    "so": "number", "so_hieu": "staff_code", "tinh_uy": "managing_agency", "ho_ten": "full_name",
    "ten_khac": "other_names", "gioi_tinh": "sex", "ngay_sinh": "birth_date", "dan_toc": "ethnicity",
    "ton_giao": "religion", "ho_khau": "permanent_residence", "noi_o": "current_residence",
    "nghe": "previous_occupation", "ngay_td": "recruited_on", "cq_td": "recruiting_agency", "chuc_vu": "position",
    "cong_viec": "main_duty", "ma_ngach": "rank_code", "he_so": "salary_coefficient", "ngay_huong": "salary_from",
    "gdpt": "general_education", "chuyen_mon": "highest_qualification", "llct": "political_theory",
    "qlnn": "state_management", "vao_dang": "party_joined_on", "chinh_thuc": "party_official_on",
    "ctxh": "organisations_joined_on", "nhap_ngu": "enlisted_on", "xuat_ngu": "discharged_on",
    "danh_hieu": "highest_honour", "cccd": "citizen_id", "ngay_cap": "id_issued_on", "bhxh": "social_insurance_no",
    "the_dang": "party_card_no", "ngay_hl": "effective_on", "nguoi_ky": "signer_name", "nguoi_khai": "signer_name",
    "don_vi": "unit",
}  # fmt: skip
_PLACES = {"ns": "birth_place", "qq": "home_place"}
_ROWS = {"ten": "members.{}.full_name", "ns": "members.{}.birth_date", "gd": "family.{}.full_name"}
_NAMES = re.compile(r"(full_name|person_name|signer_name)$")
_UNIT_WORDS = re.compile(r"\b(xã|phường|thị trấn|huyện|quận|thị xã|thành phố|tỉnh(?: ủy| uỷ)?)\s+", re.IGNORECASE)


def true_values(short: Mapping[str, str]) -> dict[str, str]:
    """Return true values under contract keys; places put together from their parts, rows under ``table.row.key``."""
    values: dict[str, str] = {}
    of_person = {"ho_ten": "person_name", "ngay_sinh": "person_birth_date"} if "ngay_hl" in short else {}
    for name, value in short.items():
        stem, _, rest = name.partition("_")
        if rest.isdigit() and stem in _ROWS:
            values[_ROWS[stem].format(rest)] = value
        elif rest == "xa" and stem in _PLACES:
            values[_PLACES[stem]] = ", ".join(short[f"{stem}_{part}"] for part in ("xa", "huyen", "tinh"))
        elif name in of_person:
            values[of_person[name]] = value
        elif name in SHORT:
            values[SHORT[name]] = value
    return values


def comparable(key: str, value: str) -> str:
    """Return a value as it is compared: one way for dates, numbers, names and the kinds of places."""
    text = nfc(" ".join(value.split())).strip(" .,;:")
    if key.endswith(("_on", "_from", "birth_date", ".from", ".to")):
        date = parse_date(text)
        return date.iso() if date else text
    if key.endswith(("salary_coefficient", "position_allowance")):
        return text.replace(",", ".")
    if key.endswith(("_place", "managing_agency")):
        text = _UNIT_WORDS.sub("", text)
    if key == "party_card_no":
        text = text.replace(".", "")
    # points and commas of running text are not counted, nor which apostrophe a highland name has
    return " ".join(re.sub(r"[,;:.]", " ", re.sub(r"\s*([/-])\s*", r"\1", text.replace("'", "’"))).split()).casefold()
