"""Values of which there are few: a reading one slip away from exactly one of them is that one."""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein

from vietnamese.text import canon, fold, nfc

# values between bars; the 54 peoples by Decision 121-TCTK/PPCĐ of 2 March 1979, with the older spellings on paper
_LISTS = {
    "ethnicity": """Kinh|Tày|Thái|Hoa|Khơ-me|Mường|Nùng|Mông|Dao|Gia-rai|Ngái|Ê-đê|Ba-na|Xơ-đăng|Sán Chay|Cơ-ho|Chăm|
        Sán Dìu|Hrê|Mnông|Ra-glai|Xtiêng|Bru-Vân Kiều|Thổ|Giáy|Cơ-tu|Gié-Triêng|Mạ|Khơ-mú|Co|Tà-ôi|Chơ-ro|Kháng|
        Xinh-mun|Hà Nhì|Chu-ru|Lào|La Chí|La Ha|Phù Lá|La Hủ|Lự|Lô Lô|Chứt|Mảng|Pà Thẻn|Cơ Lao|Cống|Bố Y|Si La|
        Pu Péo|Brâu|Ơ Đu|Rơ-măm|Ê đê|Ba na|Gia rai|Khmer|Khơ me|Xê Đăng|Cờ Ho|Vân Kiều|H'Mông|Hmông""",
    "religion": """Không|Phật giáo|Công giáo|Thiên chúa giáo|Thiên Chúa|Tin Lành|Cao Đài|Hoà Hảo|Phật giáo Hoà Hảo|
        Hồi giáo|Bà La Môn|Phật|Đạo Phật""",
    "sex": "Nam|Nữ",
    "political_theory": "Sơ cấp|Trung cấp|Cao cấp|Cử nhân|Không|Chưa qua đào tạo|Cao cấp lý luận chính trị",
    "state_management": """Chuyên viên|Chuyên viên chính|Chuyên viên cao cấp|Cán sự|Nhân viên|
        Chuyên viên và tương đương|Không|Chưa qua đào tạo""",
    "rank_title": "Chuyên viên|Chuyên viên chính|Chuyên viên cao cấp|Cán sự|Nhân viên",
    "health": """Tốt|Khá|Bình thường|Trung bình|Yếu|Khoẻ mạnh|Loại I|Loại II|Loại III|
        Tốt, đủ sức công tác""",
    "blood_group": "A|B|AB|O",
    "general_education": "|".join(f"{grade}/{of}" for of in (10, 12) for grade in range(1, of + 1)),
    "military_rank": """Binh nhất|Binh nhì|Hạ sĩ|Trung sĩ|Thượng sĩ|Chuẩn uý|Thiếu uý|Trung uý|Thượng uý|Đại uý|
        Thiếu tá|Trung tá|Thượng tá|Đại tá|Thiếu tướng|Không""",
    "discipline": "Không",
    "other_names": "Không",
    "highest_honour": "Không",
    "relation": """Bố|Mẹ|Cha|Vợ|Chồng|Con|Anh|Chị|Em|Ông|Bà|Cô|Dì|Chú|Bác|Cậu|Anh ruột|Chị ruột|Em ruột|Anh trai|
        Chị gái|Em trai|Em gái|Con trai|Con gái|Ông nội|Bà nội|Ông ngoại|Bà ngoại|Bố nuôi|Mẹ nuôi|Con nuôi|Bố đẻ|
        Mẹ đẻ|Cha đẻ|
        Con đẻ|Bố vợ|Mẹ vợ|Bố chồng|Mẹ chồng|Cha vợ|Cha chồng|Anh vợ|Chị vợ|Em vợ|Anh chồng|Chị chồng|Em chồng|Con rể|
        Con dâu|Chị dâu|Anh rể|Em dâu|Em rể""",
}
# nothing else can stand there: a value outside is misread or needs a word with whoever keeps the list
CLOSED = frozenset(("ethnicity", "religion", "sex", "political_theory", "state_management", "blood_group"))


def _by_canon(values: str) -> dict[str, str]:
    return {canon(value.strip()): nfc(value.strip()) for value in values.split("|")}


_BY_CANON = {key: _by_canon(values) for key, values in _LISTS.items()}


def listed(key: str, value: str) -> tuple[str, bool] | None:
    """Return the listed value that a reading is or is one slip away from, and whether it was exactly that.

    None if the key has no list, or no single value is so near. A slip is one letter, or any marks where the letters
    agree; values of under three letters must be exact. Either place of a tone mark counts as exact and stays.
    """
    values = _BY_CANON.get(key)
    if values is None or not value:
        return None
    read = canon(value)
    if read in values:
        return nfc(value), True
    if len(read) < 3:
        return None
    bare = fold(value)
    same = {known for text, known in values.items() if fold(text) == bare}
    near = same or {known for text, known in values.items() if len(text) > 3 and Levenshtein.distance(text, read) == 1}
    return (near.pop(), False) if len(near) == 1 else None
