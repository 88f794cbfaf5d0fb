"""What a decision decides: post, rank, pay, form of discipline or honour, dates; by the words of its articles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanning.field import Draft
from scanning.layout import Page
from scanning.page import Word
from scanning.values import parse_value
from vietnamese.slips import figures
from vietnamese.text import fold

_DAY = (
    r"(?:(?:ngay\s*)?\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{4}"
    r"|(?:ngay\s*)?\d{1,2}\s*thang\s*\d{1,2}\s*nam\s*\d{4}"
    r"|(?:thang\s*)?\d{1,2}\s*/\s*\d{4})"
)
_NUMBER = r"\d{1,2}\s?[.,]\s?\d{1,2}"
_CODE = r"(?:\d{2}[a-z]?[.,]\d{3}|v[.,]\d{2}[.,]\d{2}[.,]\d{2})"
# where the words of a post end
_POST_ENDS = (
    r"(?=\s*(?:[,;]?\s*(?:ke\s*tu|tu\s*ngay|nhiem\s*ky|thoi\s*(?:han|gian)|voi\s*he\s*so|huong|trong\s*thoi)"
    r"|[.;]\s|[.;]?$))"
)
_STEP_UP = r"\b(?:len|huong|xep|vao)\s*bac"
_PENALTY = r"khien\s*trach|canh\s*cao|ha\s*bac\s*luong|giang\s*chuc|cach\s*chuc|khai\s*tru|buoc\s*thoi\s*viec"
_HONOUR = r"bang\s*khen|giay\s*khen|huan\s*chuong|huy\s*chuong|ky\s*niem\s*chuong|huy\s*hieu"
_HONOUR_ENDS = r"(?=\s*(?:cho|doi\s*voi|cua|[,;.]|$))"
_GO_TO = r"(?:den\s*(?:nhan\s*)?cong\s*tac\s*tai|den\s*lam\s*viec\s*tai|ve\s*cong\s*tac\s*tai)"
_TERM = r"\d{1,2}\s*(?:\(\w+\)\s*)?(?:nam|thang)"

# key, kind, what the articles say (folded); the group "v" is the value
_Clauses = tuple[tuple[str, str, str], ...]
_CLAUSES: _Clauses = (
    ("person_birth_date", "date", rf"\bsinh\s*(?:ngay|nam)?\s*:?\s*(?P<v>{_DAY}|(?:19|20)\d{{2}})"),
    ("position", "text", rf"giu\s*chuc(?:\s*(?:vu|danh))?\s*[:,]?\s*(?P<v>.{{3,120}}?){_POST_ENDS}"),
    ("position", "text", rf"bo\s*nhiem\s*lam\s*(?P<v>.{{3,120}}?){_POST_ENDS}"),
    ("unit", "text", rf"{_GO_TO}\s*(?P<v>[^,;.]{{3,120}})"),
    ("term", "text", rf"thoi\s*han\s*(?:giu\s*chuc\s*vu|bo\s*nhiem)?\s*(?:la|:)?\s*(?P<v>{_TERM})"),
    (
        "rank_title",
        "text",
        r"ngach\s*(?:cong\s*chuc\s*|vien\s*chuc\s*)?(?!ma\b)(?P<v>[a-z ]{4,60}?)\s*[,(;]\s*ma(?:\s*so|\s*ngach)?\b",
    ),
    ("rank_code", "rank_code", rf"\bma\s*(?:so|ngach|so\s*ngach)?\s*[:(]?\s*(?P<v>{_CODE})"),
    ("salary_step", "step", rf"{_STEP_UP}\s*(?:luong\s*)?(?P<v>\d{{1,2}})\b"),
    (
        "salary_coefficient",
        "coefficient",
        rf"{_STEP_UP}[^.;]{{0,60}}?he\s*so(?:\s*luong)?\s*[:(]?\s*(?P<v>{_NUMBER})",
    ),
    ("salary_coefficient", "coefficient", rf"(?<!chuc vu )\bhe\s*so(?:\s*luong)?\s*[:(]?\s*(?P<v>{_NUMBER})"),
    (
        "position_allowance",
        "coefficient",
        rf"phu\s*cap\s*chuc\s*vu\s*[:,]?\s*(?:la\s*)?(?:he\s*so\s*)?[:(]?\s*(?P<v>{_NUMBER})",
    ),
    (
        "salary_from",
        "date",
        rf"thoi\s*(?:gian|diem)\s*(?:duoc\s*)?huong[^.;]{{0,80}}?\b(?:ke\s*)?tu\s*(?P<v>{_DAY})",
    ),
    (
        "salary_from",
        "date",
        rf"he\s*so(?:\s*luong)?\s*(?:moi\s*)?{_NUMBER}[^.;]{{0,40}}?\b(?:ke\s*)?tu\s*(?P<v>{_DAY})",
    ),
)
_BY_SUBTYPE: dict[str, _Clauses] = {
    "ky_luat": (
        ("discipline", "text", rf"(?:bang\s*)?hinh\s*thuc\s*(?:ky\s*luat)?\s*[:\"“]?\s*(?P<v>{_PENALTY})"),
        ("discipline", "text", rf"\b(?P<v>{_PENALTY})\b"),
    ),
    "khen_thuong": (
        (
            "rewards",
            "text",
            rf"\b(?:truy\s*)?tang\s*(?:thuong\s*)?(?P<v>(?:{_HONOUR}|danh\s*hieu)[^,;.]{{0,80}}?){_HONOUR_ENDS}",
        ),
        ("rewards", "text", rf"\b(?P<v>(?:{_HONOUR})[^,;.]{{0,60}}?){_HONOUR_ENDS}"),
    ),
    "nghi_huu": (
        ("retired_on", "date", rf"(?:nghi\s*huu|nghi\s*viec|huu\s*tri)[^;]{{0,160}}?\b(?:ke\s*)?tu\s*(?P<v>{_DAY})"),
    ),
    "ket_nap": (("party_joined_on", "date", rf"\bke\s*tu\s*(?P<v>{_DAY})"),),
    "cong_nhan_dang_vien": (("party_official_on", "date", rf"\b(?:ke\s*)?tu\s*(?P<v>{_DAY})"),),
}
# "Điều ?.": the figure may be gone
_ARTICLE = re.compile(r"\bdieu\s*[1il?!|7]?\s*[.:,]\s")
_PROPOSAL = re.compile(r"\bnoi\s*nhan\b")


@dataclass(frozen=True)
class Stream:
    """The words of pages as one folded text, figures repaired; ``starts`` says where in it each word begins."""

    words: tuple[tuple[int, Word], ...]
    text: str
    starts: tuple[int, ...]

    def between(self, begin: int, end: int) -> list[tuple[int, Word]]:
        """Return the words that lie at least half between two places of the text, with their pages."""
        kept = []
        for (page, word), start in zip(self.words, self.starts, strict=True):
            inside = min(end, start + len(word.text)) - max(begin, start)
            if inside > 0 and 2 * inside >= len(word.text):
                kept.append((page, word))
        return kept


def stream_of(words: Iterator[tuple[int, Word]]) -> Stream:
    """Return words, each with its page, as a stream."""
    kept = tuple(words)
    starts, parts, at = [], [], 0
    for _, word in kept:
        starts.append(at)
        # one letter for one letter: places in the text are places in the words
        plain = fold(figures(word.text)) if len(fold(word.text)) == len(word.text) else "·" * len(word.text)
        parts.append(plain)
        at += len(plain) + 1
    return Stream(kept, " ".join(parts), tuple(starts))


def decision_drafts(pages: Sequence[Page], subtype: str | None) -> dict[str, Draft]:
    """Return the particulars that a decision's articles state; what a clause does not plainly say is left out."""
    stream = stream_of((page.number, word) for page in pages for line in page.lines for word in line.words)
    article = _ARTICLE.search(stream.text)
    if article is None:
        return {}
    foot = _PROPOSAL.search(stream.text, article.end())
    end = foot.start() if foot else len(stream.text)
    found: dict[str, Draft] = {}
    for key, kind, pattern in (*_BY_SUBTYPE.get(subtype or "", ()), *_CLAUSES):
        if key not in found:
            draft = _clause(stream, key, kind, pattern, article.end(), end)
            if draft is not None:
                found[key] = draft
    return found


def _clause(stream: Stream, key: str, kind: str, pattern: str, begin: int, end: int) -> Draft | None:
    for match in re.compile(pattern).finditer(stream.text, begin, end):
        words = stream.between(*match.span("v"))
        if not words:
            continue
        page = words[0][0]
        draft = Draft(key, kind, tuple(word for number, word in words if number == page), page)
        if parse_value(kind, draft.raw, key) is not None or any(word.handwritten for word in draft.words):
            return draft
    return None
