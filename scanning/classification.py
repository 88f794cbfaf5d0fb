"""What type of document some pages are, with the words that say so, and its title for the contents list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scanning.headings import TITLES, Heading, evidence_of, headings, subject_lines, subtype_of
from scanning.layout import Line, Page, pages_of
from scanning.page import Box, PageReading
from scanning.type_model import TypeModel, first_written, starting_model, telling_lines
from vietnamese.text import fold

# the heading of a form with a photo and a long letterhead can stand this low
HEADING_DEPTH = 0.45
UNSURE = 0.3
# a heading this clear stands against the words; one that is not, with words sure of another type, is in doubt
HEADING_SURE = 0.95
MODEL_SURE = 0.9
CONTRADICTED = 0.45
# an inquiry's report is found by a line under its heading, whatever most of its words look like
_KINDRED = frozenset(("tham_tra_xac_minh",))
# what the number of an official document says of its type, written /QĐ- by the State and -QĐ/ by the Party
_NUMBER_CODES = {
    "quyet_dinh": "qd",
    "nghi_quyet": "nq",
    "bien_ban": "bb",
    "to_trinh": "ttr|tt",
    "bao_cao": "bc",
    "thong_bao": "tb",
    "ket_luan": "kl",
    "danh_sach": "ds",
    "giay_gioi_thieu": "ggt",
}
_NUMBER = re.compile(r"^so[:.]?\s*[\w.]*\s*[/\-]\s*\w")
_MAY_BE_INQUIRY = frozenset(("ket_luan", "bao_cao", "bien_ban", "thong_bao", "cong_van", "phieu_danh_gia"))
_INQUIRY = re.compile(r"tham tra|xac minh ly lich|tieu chuan chinh tri|bao ve chinh tri noi bo")
_FORM_CODES = {"so_yeu_ly_lich": re.compile(r"\b(2c[\s/\-.]*(tctw|bnv|tct)|hs02[\s\-]*vc|06/2023/tt-bnv)")}


@dataclass(frozen=True)
class Evidence:
    """Words that a conclusion rests on; ``page`` counts the readings from 1, ``box`` is in its pixels."""

    text: str
    page: int
    box: Box


@dataclass(frozen=True)
class DocumentType:
    """A type of document: ``code`` of the catalogue, ``subtype`` or None; ``score`` is 0 to 1."""

    code: str
    subtype: str | None
    title: str
    score: float
    evidence: tuple[Evidence, ...]


def classify(readings: Sequence[PageReading], model: TypeModel | None = None) -> DocumentType:
    """Return the type of a document by the heading of its first written page and by a model of its words.

    The heading leads; the model (by default the one shipped) confirms it, speaks where it is lost, and where the
    two contradict each other the type is given as unsure (``score`` under 0.5). ``khac`` if neither knows.
    """
    page = first_written(readings)
    if page is None:
        return DocumentType("khac", None, TITLES["khac"], 0.0, ())
    model = model or starting_model()
    likelihoods = model.likelihoods(readings)
    heading = heading_of(page)
    found = _typed(page, heading) if heading is not None else _letter(page)
    if found is not None:
        return _weighed(found, likelihoods)
    return _by_words(page, model, likelihoods) or DocumentType("khac", None, TITLES["khac"], UNSURE, ())


def _weighed(found: DocumentType, likelihoods: Mapping[str, float]) -> DocumentType:
    """Return the type a heading says with the score that the words of the page leave it."""
    said = likelihoods.get(found.code)
    other = max((share for code, share in likelihoods.items() if code not in (found.code, "khac")), default=0.0)
    if said is None or found.code in _KINDRED:
        return found
    if other >= MODEL_SURE and found.score < HEADING_SURE:
        return replace(found, score=min(found.score, CONTRADICTED))
    if said >= 0.5:
        return replace(found, score=round(max(found.score, min(said, 0.99)), 2))
    return found


def _by_words(page: Page, model: TypeModel, likelihoods: Mapping[str, float]) -> DocumentType | None:
    """Return the type that the words alone say, with the lines that say it; None if it is none of those known."""
    code, share = max(likelihoods.items(), key=lambda item: item[1], default=("khac", 0.0))
    if code not in TITLES or code == "khac" or share < 0.5:
        return None
    evidence = tuple(_evidence([line]) for line in telling_lines(model, page, code))
    score = share if share >= MODEL_SURE and evidence else min(share, CONTRADICTED)
    return DocumentType(code, None, TITLES[code], round(score, 2), evidence)


def heading_of(page: Page) -> Heading | None:
    """Return the heading that types the page, or None."""
    found = headings(page, HEADING_DEPTH)
    return found[0] if found else None


def _typed(page: Page, heading: Heading) -> DocumentType:
    """Return the type a heading says, its score raised by whatever else on the page agrees."""
    evidence = [_evidence([heading.line])]
    code = heading.code
    inquiry = _inquiry(page, heading)
    if inquiry is not None:
        evidence.append(_evidence([inquiry]))
        code = "tham_tra_xac_minh"
    score = heading.score
    support = supporting_line(page, heading.code)
    if support is not None:
        evidence.append(_evidence([support]))
        score = 1 - (1 - score) / 2
    subtype = None
    if heading.code == "quyet_dinh":
        subject = subject_lines(page, heading.index)
        if subject:
            evidence.append(_evidence(subject))
            subtype = subtype_of(evidence_of(subject))
    return DocumentType(code, subtype, TITLES[code], round(score, 2), tuple(evidence))


def _inquiry(page: Page, heading: Heading) -> Line | None:
    """Return the line under a conclusion, report or record that makes it one of a political inquiry, or None.

    Such papers go to a restricted compartment: "KẾT LUẬN" alone must not hide "thẩm tra lý lịch" under it.
    """
    if heading.code not in _MAY_BE_INQUIRY:
        return None
    below = page.lines[heading.index : heading.index + 3]
    return next((line for line in below if _INQUIRY.search(fold(line.text))), None)


def supporting_line(page: Page, code: str) -> Line | None:
    """Return a line of the page's upper half that says the same type by its number or form code, or None."""
    mark = _NUMBER_CODES.get(code)
    number = re.compile(rf"[/\-\s]({mark})[/\-\s]") if mark else None
    form = _FORM_CODES.get(code)
    for line in page.lines:
        text = fold(line.text)
        if page.depth(line) > 0.5:
            continue
        if number and _NUMBER.match(text) and number.search(text):
            return line
        if form and form.search(text):
            return line
    return None


def _letter(page: Page) -> DocumentType | None:
    """Return the type ``cong_van`` for a page that has an addressee but no heading, or None."""
    evidence = []
    for line in page.lines:
        text = fold(line.text)
        telling = text.startswith(("kinh gui", "v/v")) or (page.depth(line) < 1 / 3 and _NUMBER.match(text))
        if telling and page.depth(line) < 0.5:
            evidence.append(_evidence([line]))
    if not any(fold(item.text).startswith("kinh gui") for item in evidence) or len(evidence) < 2:
        return None
    return DocumentType("cong_van", None, TITLES["cong_van"], 0.9 if len(evidence) > 2 else 0.75, tuple(evidence))


def title_of(readings: Sequence[PageReading], doc_type: DocumentType) -> str:
    """Return what to write in the contents list: the type's name with the subject, or the heading line.

    "Quyết định về việc điều động …", "Công văn về việc …", "Bản kiểm điểm cá nhân"; at most 300 letters.
    """
    page = next((page for page in pages_of(readings) if page.lines), None)
    if page is None or doc_type.code == "khac":
        return doc_type.title
    subject = subject_of(page, doc_type.code)
    if subject:
        rest = re.sub(r"^(v\s*/\s*v|vv|về việc|về)\b[\s:.]*", "", subject, flags=re.IGNORECASE)
        joint = " về " if re.match(r"về\s+(?!việc)", subject, re.IGNORECASE) else " về việc "
        return f"{doc_type.title}{joint}{rest}"[:300].rstrip(" .,;:")
    heading = heading_of(page)
    if heading is None or heading.code != doc_type.code or not heading.line.upper:
        return doc_type.title
    return _sentence(heading.line.text, doc_type.title)


def subject_of(page: Page, code: str) -> str:
    """Return the subject (trích yếu) under the heading or, in a letter, after V/v; empty if there is none."""
    heading = heading_of(page)
    if heading is not None and heading.code == code:
        return evidence_of(subject_lines(page, heading.index))
    if code != "cong_van":
        return ""
    for index, line in enumerate(page.lines):
        if page.depth(line) < 0.5 and fold(line.text).startswith("v/v"):
            column = [other for other in page.lines[index:] if _same_column(line, other)]
            return evidence_of(_until_apart(page, column))
    return ""


def _same_column(above: Line, other: Line) -> bool:
    """Return whether a line stands in the same column, not higher: their middles nearly agree."""
    return abs(sum(above.box[::2]) - sum(other.box[::2])) < above.box[2] - above.box[0] and other.box[1] >= above.box[1]


def _until_apart(page: Page, column: Sequence[Line]) -> list[Line]:
    """Return the first lines of a column that belong together (at most four)."""
    kept = [column[0]]
    for line in column[1:4]:
        text = fold(line.text)
        if line.box[1] - kept[-1].box[3] > page.line_height or text.startswith(("kinh gui", "so")):
            break
        kept.append(line)
    return kept


def _sentence(text: str, title: str) -> str:
    """Return a heading in capitals as a sentence; kept as the type's title where it says no more."""
    words = text.lower().strip(" .,:;-*")
    return title if fold(words) == fold(title) else words[:1].upper() + words[1:300]


def _evidence(lines: Sequence[Line]) -> Evidence:
    boxes = [line.box for line in lines]
    box = (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
    return Evidence(evidence_of(lines), lines[0].page, box)
