"""Fields of official documents: number, date and place, issuer, subject, the person concerned, the signer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from rapidfuzz import fuzz

from scanning.classification import heading_of
from scanning.field import Draft, sureness
from scanning.headings import subject_lines
from scanning.layout import Line, Page
from scanning.page import Word
from scanning.values import parse_value
from vietnamese.names import is_plausible_name
from vietnamese.slips import figures
from vietnamese.text import fold

Found = dict[str, Draft]

ODD_TITLE = "chức vụ người ký khác thường"
SPELT_TWICE = "tên đọc được khác nhau trong văn bản"
HEAD = 0.4
FOOT = 0.35
_NUMBER = re.compile(r"số\s*[:.]?\s*(\d+[\w.]*\s*[/\-]\s*[^\W\d][\w&/\-–. ]*)", re.IGNORECASE)
_DATED = re.compile(r"ngay\s*[\d.…]*\s*thang\s*[\d.…]+\s*nam\s*\d{4}")
_MOTTO = re.compile(r"cong hoa xa hoi|dang cong san viet|doc lap\W+tu do")
_BODY = re.compile(
    r"\W*(ubnd|so|ban|phong|van phong|chi bo|dang bo|dang uy|tinh uy|thanh uy|huyen uy|quan uy|truong|hoi|"
    r"tinh doan|huyen doan|doan|lien doan|uy ban|trung tam|chi cuc|cuc|vien|benh vien)\b"
)
_RANKS = frozenset(
    (
        "ts",
        "ths",
        "pgs",
        "gs",
        "tien",
        "si",
        "thac",
        "ky",
        "su",
        "bac",
        "luat",
        "cu",
        "nhan",
        "thieu",
        "trung",
        "thuong",
        "dai",
        "ta",
        "uy",
        "tuong",
        "dong",
        "chi",
        "ong",
        "ba",
    )
)
# "Phó" is a family name too: offices are never taken for persons
_OFFICE = re.compile(
    r"\b(chu tich|giam doc|bi thu|truong (ban|phong|khoa)|hieu truong|chu nhiem|chanh|nguoi|tong|bo truong)\b"
)
_HONORIFICS = (
    ("ong", "(ba)"),
    ("(ba)",),
    ("ong/ba",),
    ("dong", "chi"),
    ("d/c",),
    ("quan", "chung"),
    ("dang", "vien"),
    ("ong",),
    ("ba",),
)
# who signs a form does so in small letters
_OWN = re.compile(r"\W*nguoi (khai|viet|lam don|ke khai|tu kiem diem|tu danh gia|lam phieu|trich luc)\b")
# how the lines over a signature begin: a seal over the first letters leaves "HÓ BÍ THƯ"
_TITLE = re.compile(
    r"tm|kt|tl|tuq|q|chutich|pho|bithu|giamdoc|tonggiamdoc|truong|chanh|hieutruong|nguoi|thutruong|bo|thu|tong|cuc|vu|"
    r"vien|chunhiem|cap|ban|uyban|uyvien|xacnhan|hoidong|thanhtra|doitruong|totruong|chicuc|giam|quyen|tinhuy|huyenuy|"
    r"danguy|chiuy|chibo|so|phong|cantho|can|thuky|chutoa|doi|dai|ke|coquan|donvi|lanhdao|cham|quanly|van"
)
_BORN = re.compile(r"^sinh$")
_LOWER_FROM = ("ke", "tu", "ngay")
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_'’\-]*")
_PUNCTUATION = " ,;.:()-–"
MAX_NAME_WORDS = 6


def official_fields(pages: Sequence[Page], code: str) -> Found:
    """Return the fields that an official document's layout shows; what is not plain is left out."""
    written = [page for page in pages if page.lines]
    if not written:
        return {}
    first = written[0]
    found = {**_number(first), **_issuer(first), **_subject(first, code), **date_and_place(written)}
    return {**found, **_person(written), **_effective(written), **signer(written[-1])}


def keep(key: str, kind: str, words: Sequence[Word], page: int, *, agreed: bool = False) -> Found:
    """Return the draft that words make, by its key; empty if they are no value of the kind, nor written by pen."""
    draft = Draft(key, kind, tuple(words), page, agreed)
    if not words or (parse_value(kind, draft.raw) is None and not any(word.handwritten for word in words)):
        return {}
    return {key: draft}


def _number(page: Page) -> Found:
    """Return the document's number as in "Số: 12/QĐ-UBND" or "Số 12-QĐ/TU"."""
    for line in page.lines:
        match = _NUMBER.match(line.text) if page.depth(line) < HEAD else None
        if match is None:
            continue
        start = match.start(1)
        words = []
        end = 0
        for word in line.words:
            begin, end = end, end + len(word.text) + 1
            if end - 1 <= start:
                continue
            # "Số:12/QĐ" read as one word: the label is no part of the number
            words.append(replace(word, text=word.text[start - begin :]) if begin < start else word)
        return keep("number", "paper_number", words, page.number)
    return {}


def _issuer(page: Page) -> Found:
    """Return the organisation at the head, left: the lines in capitals above the number or heading."""
    heading = heading_of(page)
    bottom = heading.line.box[1] if heading else HEAD * page.height
    lines = []
    for line in page.lines:
        text = fold(line.text)
        if text.startswith("so") and _NUMBER.match(line.text):
            bottom = min(bottom, line.box[1])
        left = (line.box[0] + line.box[2]) / 2 < page.width / 2
        if left and line.upper and page.depth(line) < HEAD / 2 and not _MOTTO.search(text):
            lines.append(line)
    lines = sorted((line for line in lines if line.box[1] < bottom), key=lambda line: line.box[1])
    # the superior stands above the issuer; a line that names no body goes on the one before
    own = max((i for i, line in enumerate(lines) if _BODY.match(fold(line.text))), default=0)
    words = [word for line in lines[own:] for word in line.words]
    return keep("issuer", "text", words, page.number)


def _subject(page: Page, code: str) -> Found:
    heading = heading_of(page)
    if heading is None or heading.code != code:
        return {}
    words = [word for line in subject_lines(page, heading.index) for word in line.words]
    return keep("subject", "text", words, page.number)


def date_and_place(pages: Sequence[Page]) -> Found:
    """Return ``issued_on`` and ``issued_at`` from the line "Place, ngày … tháng … năm …"."""
    dated = [(page, line) for page in pages for line in page.lines if _place_words(line) is not None]
    if not dated:
        return {}
    page, line = next(((p, x) for p, x in dated if p is pages[0] and p.depth(x) < 0.45), dated[-1])
    place = _place_words(line) or 0
    found = keep("issued_on", "date", line.words[place:], page.number)
    return {**found, **keep("issued_at", "text", line.words[:place], page.number)} if found else {}


def _place_words(line: Line) -> int | None:
    """Return how many words of a line "Place, ngày … tháng … năm …" name the place, or None."""
    folded = fold(line.text).strip()
    if not _DATED.search(folded) or not re.search(r"nam\s*\d{4}\W*$", folded):
        return None
    for index, word in enumerate(line.words):
        if re.match(r"\W*ngay", fold(word.text)):
            capital = index and line.words[0].text[:1].isupper()
            return index if index <= 6 and (capital or not index) else None
    return None


def _stream(pages: Sequence[Page]) -> Iterator[tuple[int, Word]]:
    """Return all words in reading order with their page numbers."""
    return chain.from_iterable(((page.number, word) for line in page.lines for word in line.words) for page in pages)


def _person(pages: Sequence[Page]) -> Found:
    """Return whom a document concerns: the name after ông, bà, đồng chí … in article 1, else anywhere.

    The same name read better elsewhere on the paper wins; the birth date is the one said right after a
    mention.
    """
    stream = list(_stream(pages))
    keys = [fold(word.text).strip(" ,;.:") for _, word in stream]
    article = next((i for i in range(len(keys) - 1) if keys[i] == "dieu" and keys[i + 1] == "1"), 0)
    mentions = _mentions(stream, keys)
    first = next((mention for mention in mentions if mention[0] >= article), mentions[0] if mentions else None)
    if first is None:
        return {}
    same = [mention for mention in mentions if _same_name(stream, mention, first)]
    best = max(same, key=lambda mention: sureness([word for _, word in stream[mention[0] : mention[1]]]))
    names = [" ".join(word.text.strip(_PUNCTUATION) for _, word in stream[a:b]) for a, b in same]
    alike = names.count(names[same.index(best)])
    words = [word for _, word in stream[best[0] : best[1]]]
    found = keep("person_name", "name", words, stream[best[0]][0], agreed=1 < alike == len(names))
    if "person_name" in found and alike < len(names):
        found["person_name"] = replace(found["person_name"], doubts=(SPELT_TWICE,))
    for mention in same:
        born = _birth(stream, keys, mention[1])
        if born:
            return {**found, **born}
    return found


def _mentions(stream: Sequence[tuple[int, Word]], keys: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places (start, end) of plausible names that follow an honorific."""
    found = []
    for index in range(len(keys)):
        for honorific in _HONORIFICS:
            after = index + len(honorific)
            if tuple(keys[index:after]) != honorific:
                continue
            end = _name_end(stream, after)
            name = " ".join(word.text.strip(_PUNCTUATION) for _, word in stream[after:end])
            if end - after >= 2 and is_plausible_name(name):
                found.append((after, end))
            break
    return found


def _name_end(stream: Sequence[tuple[int, Word]], start: int) -> int:
    """Return where a run of capitalised words that begins at ``start`` ends; punctuation ends it."""
    end = start
    while end < min(start + MAX_NAME_WORDS, len(stream)):
        text = stream[end][1].text
        if not text[:1].isupper() or not _NAME_WORD.fullmatch(text.strip(_PUNCTUATION)):
            break
        end += 1
        if text[-1:] in _PUNCTUATION:
            break
    return end


def _same_name(stream: Sequence[tuple[int, Word]], one: tuple[int, int], other: tuple[int, int]) -> bool:
    names = [fold(" ".join(word.text.strip(_PUNCTUATION) for _, word in stream[a:b])) for a, b in (one, other)]
    return one[1] - one[0] == other[1] - other[0] and fuzz.ratio(names[0], names[1]) >= 90


def _birth(stream: Sequence[tuple[int, Word]], keys: Sequence[str], start: int) -> Found:
    """Return the birth date said within a dozen words after a name."""
    for index in range(start, min(start + 12, len(keys))):
        if _BORN.match(keys[index]):
            words = [word for _, word in stream[index + 1 : index + 8]]
            return keep("person_birth_date", "date", _date_words(words), stream[index][0])
    return {}


def _date_words(words: Sequence[Word]) -> list[Word]:
    """Return the words up to the one that completes a date (a year of four figures)."""
    for index, word in enumerate(words):
        if re.search(r"\d{4}\D*$", figures(word.text)):
            return list(words[: index + 1])
    return []


def _effective(pages: Sequence[Page]) -> Found:
    """Return the date after "kể từ ngày"; "kể từ ngày ký" gives none."""
    stream = list(_stream(pages))
    keys = [fold(word.text).strip(_PUNCTUATION) for _, word in stream]
    for index in range(len(keys) - 3):
        if tuple(keys[index : index + 3]) == _LOWER_FROM:
            words = _date_words([word for _, word in stream[index + 3 : index + 8]])
            return keep("effective_on", "date", words, stream[index][0])
    return {}


def signer(page: Page) -> Found:
    """Return who signed and as what: the lowest name at the foot, right, and the capitals above it."""
    foot = [line for line in page.lines if page.depth(line) > FOOT and _on_right(page, line)]
    for index in range(len(foot) - 1, -1, -1):
        name = _name_at_end(foot[index])
        titles = _titles_above(page, foot[:index], foot[index])
        if name and titles:
            found = keep("signer_name", "name", name, page.number)
            words = [word for line in titles for word in line.words]
            title = keep("signer_title", "text", words, page.number)
            if title and not all(_TITLE.match(line.compact) for line in titles):
                title["signer_title"] = replace(title["signer_title"], doubts=(ODD_TITLE,))
            return {**found, **title}
    return {}


def _on_right(page: Page, line: Line) -> bool:
    return (line.box[0] + line.box[2]) / 2 > 0.52 * page.width and line.box[0] > 0.3 * page.width


def _name_at_end(line: Line) -> tuple[Word, ...]:
    """Return the words at a line's end that are a name, without rank or degree; empty if none are."""
    if len(line.words) > MAX_NAME_WORDS + 3 or _OFFICE.search(fold(line.text)):
        return ()
    for start in range(len(line.words) - 1):
        words = line.words[start:]
        if start and fold(line.words[start - 1].text).strip(_PUNCTUATION) not in _RANKS:
            return ()
        if all(word.text[:1].isupper() for word in words) and is_plausible_name(" ".join(w.text for w in words)):
            return words
    return ()


def _titles_above(page: Page, lines: Sequence[Line], name: Line) -> list[Line]:
    """Return the lines in capitals above a signature, in its column and close together, from the top."""
    kept: list[Line] = []
    edge, reach = name.box[1], 0.22 * page.height
    for line in reversed(lines):
        own = _OWN.match(fold(line.text)) is not None
        if (line.upper or own) and 0 < edge - line.box[1] < reach:
            kept.insert(0, line)
            edge, reach = line.box[1], 3 * page.line_height
    return kept
