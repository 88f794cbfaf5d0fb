"""Read whole files, their pages spread over processes: what ``python -m scanning read`` reports on each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from scanning.active_content import sentence_vi
from scanning.classification import DocumentType, classify
from scanning.codes import Code, read_codes
from scanning.fields import extract_fields, nested, second_look
from scanning.files import Inspection, inspect, rasterise
from scanning.headings import TITLES
from scanning.limits import LIMITS
from scanning.page import PageReading
from scanning.reading import read_page
from scanning.rejection import Rejected
from scanning.separation import group_pages
from scanning.sheets import Sheet, sheet_of

# below it most words are guesses
LOW_CONFIDENCE = 65.0
_SHOWN = ("text", "rotation", "skew", "variant", "width", "height")
_WORD_SHOWN = ("text", "box", "confidence", "suspect")


@dataclass(frozen=True)
class PageResult:
    """One page of a file: its reading without the image and its codes, or the reason it was refused."""

    number: int
    reading: PageReading | None
    codes: tuple[Code, ...]
    refusal: str | None


@dataclass(frozen=True)
class FileResult:
    """One file: ``refusal`` (Vietnamese) and no pages, or its pages in order."""

    file: str
    refusal: str | None
    pages: tuple[PageResult, ...]
    flags: tuple[str, ...] = ()
    """What in the file could act by itself: codes of ``scanning.active_content``."""

    @property
    def failed(self) -> bool:
        """Whether the file or one of its pages could not be read."""
        return self.refusal is not None or any(page.refusal for page in self.pages)

    @property
    def reason(self) -> str | None:
        """Why a person should look, in Vietnamese; None if nothing calls for it."""
        if self.refusal is not None:
            return self.refusal
        doubts = [sentence_vi(self.flags), *(doubt for page in self.pages if (doubt := _doubt(page)))]
        return " ".join(filter(None, doubts)) or None

    @property
    def status(self) -> str:
        """read, flagged or rejected."""
        if self.refusal is not None or not any(page.reading for page in self.pages):
            return "rejected"
        return "flagged" if self.reason else "read"


def read_files(files: Sequence[str], jobs: int) -> Iterator[FileResult]:
    """Return the results of the files in the order given, ``jobs`` pages being read at a time.

    Never raises for a bad file: a refusal is a result.
    """
    # fresh processes: OpenCV and the sandbox's children do not survive a fork in every state
    context = multiprocessing.get_context("spawn")
    strikes = context.Array("i", max(len(files), 1))
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_share, initargs=(strikes,)) as pool:
        inspections = list(pool.map(_inspect, files))
        tasks = [
            (place, file, number)
            for place, (file, found) in enumerate(zip(files, inspections, strict=True))
            if isinstance(found, Inspection)
            for number in range(1, found.page_count + 1)
        ]
        results = pool.map(_read, tasks)
        for file, found in zip(files, inspections, strict=True):
            if isinstance(found, Inspection):
                yield FileResult(file, None, tuple(islice(results, found.page_count)), found.flags)
            else:
                yield FileResult(file, found, ())


def _inspect(file: str) -> Inspection | str:
    try:
        return inspect(file)
    except Rejected as refusal:
        return refusal.message_vi


_strikes: Any = None
"""In a worker: how many pages of each file ran over the limits, shared with the other workers."""


def _share(strikes: Any) -> None:
    global _strikes
    _strikes = strikes


def _read(task: tuple[int, str, int]) -> PageResult:
    place, file, number = task
    try:
        if _strikes[place] >= LIMITS.strikes:
            # a file made to cost time would cost it on every one of its pages
            raise Rejected("over_limits")
        raster = rasterise(file, number)
        reading = second_look(read_page(raster))
    except Rejected as refusal:
        if refusal.code == "over_limits":
            with _strikes.get_lock():
                _strikes[place] += 1
        return PageResult(number, None, (), refusal.message_vi)
    codes = tuple(read_codes(reading.image)) if reading.image is not None and not reading.blank else ()
    missing = reading.missing_text or raster.damaged
    return PageResult(number, replace(reading, image=None, missing_text=missing), codes, None)


def _doubt(page: PageResult) -> str | None:
    """Return why a person should look at a page, or None."""
    if page.reading is None:
        return f"Trang {page.number}: {page.refusal}"
    if page.reading.missing_text:
        return f"Trang {page.number}: còn nhiều chữ chưa đọc được."
    if page.reading.hard_to_read and page.reading.mean_confidence >= LOW_CONFIDENCE:
        return f"Trang {page.number}: chữ mờ hoặc khó đọc, nhiều từ cần xem lại."
    if not page.reading.blank and page.reading.mean_confidence < LOW_CONFIDENCE:
        return f"Trang {page.number}: chữ khó đọc, độ tin cậy trung bình {page.reading.mean_confidence:.0f}/100."
    return None


def as_json(result: FileResult, *, fields: bool) -> dict[str, Any]:
    """Return the report on a file as plain JSON values; its shape is a contract with outside programs."""
    read = [(page.number, page.reading) for page in result.pages if page.reading is not None]
    report: dict[str, Any] = {
        "file": result.file,
        "status": result.status,
        "reason": result.reason,
        "flags": list(result.flags),
        "pages": [{"number": number, **_page_json(reading)} for number, reading in read],
        "document_type": None,
        "fields": {},
        "codes": [
            {"kind": code.kind, "text": code.text, "page": page.number, "box": list(code.box)}
            for page in result.pages
            for code in page.codes
        ],
        "documents": [],
    }
    if not read:
        return report
    parts = _documents(result, read)
    report["documents"] = [{"pages": list(numbers), "document_type": _type_json(kind)} for numbers, _, kind in parts]
    if any(sheet_of(reading, _texts(result, number)) for number, reading in read):
        # a pile that sheets part is several papers; what the file is told to be is its first one
        numbers, readings, doc_type = parts[0] if parts else ((), (), None)
    else:
        numbers, readings = zip(*read, strict=True)
        doc_type = parts[0][2] if len(parts) == 1 else classify(readings)
    if doc_type is None:
        return report
    report["document_type"] = _type_json(doc_type)
    if fields:
        codes = [
            (place, code)
            for place, page in enumerate((page for page in result.pages if page.reading is not None), start=1)
            for code in page.codes
        ]
        found = extract_fields(readings, doc_type, codes)
        # places among the readings become page numbers of the file: a page may have been refused
        report["fields"] = nested({key: replace(field, page=numbers[field.page - 1]) for key, field in found.items()})
    return report


_Part = tuple[tuple[int, ...], tuple[PageReading, ...], DocumentType]


def _documents(result: FileResult, read: Sequence[tuple[int, PageReading]]) -> list[_Part]:
    """Return the papers of a file: page numbers, readings, and the type, which a separator before it may give."""
    sheets = [sheet_of(reading, _texts(result, number)) for number, reading in read]
    parts: list[_Part] = []
    for group in group_pages([reading for _, reading in read], sheets):
        numbers, readings = zip(*(read[place - 1] for place in group), strict=True)
        before = next((sheet for sheet in reversed(sheets[: group[0] - 1]) if sheet is not None), None)
        kind = classify(readings)
        told = before.type_code if before is not None and _right_behind(sheets, read, group[0]) else ""
        if told in TITLES:
            kind = DocumentType(told, kind.subtype if told == kind.code else None, TITLES[told], 1.0, kind.evidence)
        parts.append((numbers, readings, kind))
    return parts


def _right_behind(sheets: Sequence[Sheet | None], read: Sequence[tuple[int, PageReading]], place: int) -> bool:
    """Return whether only blank backs lie between the page at ``place`` (from 1) and the sheet before it."""
    between = place - 1
    while between > 0 and sheets[between - 1] is None and read[between - 1][1].blank:
        between -= 1
    return between > 0 and sheets[between - 1] is not None


def _texts(result: FileResult, number: int) -> list[str]:
    return [code.text for page in result.pages if page.number == number for code in page.codes]


def _type_json(doc_type: DocumentType) -> dict[str, Any]:
    return {
        "code": doc_type.code,
        "subtype": doc_type.subtype,
        "title": doc_type.title,
        "score": doc_type.score,
        "evidence": [item.text for item in doc_type.evidence],
    }


def _page_json(reading: PageReading) -> dict[str, Any]:
    whole = reading.to_json()
    words = [{name: word[name] for name in _WORD_SHOWN} for word in whole["words"]]
    return {**{name: whole[name] for name in _SHOWN}, "blank": reading.blank, "words": words}
