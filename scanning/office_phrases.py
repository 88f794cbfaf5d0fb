"""Words of office papers that stand together: marks that a reading lost or swapped inside them can be put right.

OCR of Vietnamese errs most in the marks ("dần vận", "bố nhiệm", "Tinh uỷ") and is sure of it. Where two or three
syllables, their marks taken off, make a phrase that offices use and nothing else, the phrase is what is printed.
Pairs that could be two things ("công nhân" and "công nhận", "học viện" and "học viên") are not in the list.
"""

from __future__ import annotations

import re

from vietnamese.text import TOKEN, canon, fold

_PHRASES = """
ủy ban nhân dân|hội đồng nhân dân|nhân dân|huyện ủy|tỉnh ủy|thành ủy|quận ủy|thị ủy|đảng ủy|chi ủy|cấp ủy|đảng bộ|
chi bộ|đảng viên|đoàn viên|công đoàn|mặt trận|tổ quốc|ban tổ chức|ban tuyên giáo|ban dân vận|dân vận|tuyên giáo|
nội chính|ủy ban kiểm tra|kiểm tra|thanh tra|văn phòng|văn thư|lưu trữ|bí thư|phó bí thư|thường trực|thường vụ|
chấp hành|chủ tịch|phó chủ tịch|giám đốc|phó giám đốc|trưởng ban|phó trưởng ban|trưởng phòng|phó trưởng phòng|
phó phòng|chánh văn phòng|phó chánh|trưởng khoa|hiệu trưởng|phó hiệu trưởng|bộ trưởng|thứ trưởng|chuyên viên|
chuyên viên chính|cao cấp|cán sự|nhân viên|kế toán|kế toán viên|giáo viên|giảng viên|giáo viên tiểu học|
trường tiểu học|tiểu học|trung học|trung học cơ sở|trung học phổ thông|đại học|cao đẳng|trung cấp|chính trị|
lý luận chính trị|quản lý nhà nước|quản lý công|quản lý|nhà nước|hành chính|luật hành chính|xây dựng đảng|xây dựng|
tổ chức cán bộ|cán bộ|công chức|viên chức|nông dân|trí thức|quân nhân|bộ đội|chiến sĩ|biên phòng|quốc phòng|an ninh|
công an|nội vụ|tài chính|kế hoạch|đầu tư|giáo dục|đào tạo|y tế|trạm y tế|bệnh viện|trung tâm|nông nghiệp|
phát triển nông thôn|công thương|lao động|thương binh|xã hội|văn hóa|thông tin|truyền thông|thể thao|du lịch|
tài nguyên|môi trường|tư pháp|giao thông|vận tải|khoa học|công nghệ|dân tộc|tôn giáo|thanh niên|phụ nữ|
cựu chiến binh|hội nông dân|liên hiệp|huyện đoàn|tỉnh đoàn|bồi dưỡng|chính quy|tại chức|tập trung|vừa làm vừa học|
chứng chỉ|cử nhân|thạc sĩ|tiến sĩ|kỹ sư|bác sĩ|y sĩ|dược sĩ|chuyên môn|nghiệp vụ|tin học|ngoại ngữ|tiếng anh|
tiếng pháp|tiếng nga|trình độ|ứng dụng|cơ bản|nhiệm vụ|bổ nhiệm|bổ nhiệm lại|điều động|luân chuyển|miễn nhiệm|
chỉ định|kết nạp|khen thưởng|kỷ luật|khiển trách|cảnh cáo|cách chức|bằng khen|giấy khen|huân chương|huy chương|
kháng chiến|chiến công|chiến sĩ thi đua|thi đua|thủ tướng|chính phủ|về việc|nghỉ hưu|về hưu|hưu trí|đã mất|
làm ruộng|buôn bán|học sinh|sinh viên|thợ may|đã nghỉ hưu|cán bộ hưu trí|phụ trách|theo dõi|công tác|tham mưu|
tổng hợp|quần chúng|vận động quần chúng|tuyên truyền|cơ quan|đơn vị|thành phố|thị trấn|thị xã|đường phố|nhà máy|
xí nghiệp|công ty|hợp tác xã|lâm trường|nông trường|doanh nghiệp|kinh tế|thống kê|địa chính|hạng nhất|hạng nhì|
hạng ba|gương mẫu|hoàn thành tốt nhiệm vụ|hoàn thành xuất sắc|xuất sắc|thành tích|xã hội chủ nghĩa|đơn vị sự nghiệp|
văn phòng ủy ban|ủy viên|huyện ủy viên|tỉnh ủy viên|đảng ủy viên|chi ủy viên|thanh tra viên|kiểm tra viên|
phó chủ nhiệm|chủ nhiệm|tổ trưởng|đội trưởng|nâng bậc lương|thường xuyên|trước thời hạn|cán bộ khoa học|
công thương nghiệp
"""
# what stands before a place's name
_UNITS = {
    "tinh": "tỉnh", "huyen": "huyện", "quan": "quận", "xa": "xã", "phuong": "phường", "thon": "thôn", "xom": "xóm",
    "ap": "ấp", "to": "tổ", "duong": "đường", "ban": "bản", "so": "số", "ngo": "ngõ", "khu": "khu", "pho": "phố",
}  # fmt: skip
_NUMBERED = frozenset(("to", "so", "ngo", "khu"))
_LONGEST = 5
_NOT_VIETNAMESE = re.compile(r"[^\W\d_]")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzăâđêôơư")
_MARKED = frozenset("àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ")


def _known() -> dict[tuple[str, ...], tuple[str, ...]]:
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    for phrase in _PHRASES.replace("\n", "").split("|"):
        words = tuple(phrase.split())
        if len(words) > 1:
            phrases[tuple(fold(word) for word in words)] = words
    return phrases


_KNOWN = _known()


def in_office_words(text: str) -> str:
    """Return the text with the marks of known phrases as offices write them; letters and case are never changed.

    "Phó Trưởng phòng Ban Tuyền giáo" -> "… Tuyên giáo"; either place of the tone (uỷ, ủy) stays as it is.
    """
    matches = list(TOKEN.finditer(text))
    words = [match.group() for match in matches]
    folded = [fold(word) for word in words]
    wanted: dict[int, str] = {}
    for start in range(len(words)):
        for length in range(min(_LONGEST, len(words) - start), 1, -1):
            phrase = _KNOWN.get(tuple(folded[start : start + length]))
            if phrase is not None and _joined(text, matches, start, length):
                wanted |= {start + place: word for place, word in enumerate(phrase) if start + place not in wanted}
                break
    return _rewritten(text, matches, wanted)


def in_place_words(text: str) -> str:
    """Return the text of a place with the words for its units ("Tinh", "Tố 3") as they are written.

    Only at the beginning of a part, before a capital or, for those that are numbered, a figure.
    """
    matches = list(TOKEN.finditer(text))
    wanted = {}
    for place, match in enumerate(matches[:-1]):
        word, following = match.group(), matches[place + 1].group()
        unit = _UNITS.get(fold(word))
        opens = place == 0 or "," in text[matches[place - 1].end() : match.start()]
        if unit and opens and (following[0].isdigit() if fold(word) in _NUMBERED else following[0].isupper()):
            wanted[place] = unit
    return _rewritten(text, matches, wanted)


def has_foreign_letters(text: str) -> bool:
    """Return whether the text has letters that Vietnamese has not (ÿ, ñ, ç): OCR made them of marks."""
    return any(c.lower() not in _LETTERS and c.lower() not in _MARKED for c in _NOT_VIETNAMESE.findall(text))


def _joined(text: str, matches: list[re.Match[str]], start: int, length: int) -> bool:
    gaps = (text[matches[i].end() : matches[i + 1].start()] for i in range(start, start + length - 1))
    return all(gap.isspace() for gap in gaps)


def _rewritten(text: str, matches: list[re.Match[str]], wanted: dict[int, str]) -> str:
    parts, end = [], 0
    for place, match in enumerate(matches):
        word = match.group()
        known = wanted.get(place)
        if known is not None and canon(known) != canon(word) and len(known) == len(word):
            word = "".join(new.upper() if old.isupper() else new for new, old in zip(known, word, strict=True))
        parts += [text[end : match.start()], word]
        end = match.end()
    return "".join((*parts, text[end:]))
