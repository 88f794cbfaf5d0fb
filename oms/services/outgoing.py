"""Files that leave the house: workbooks in which no cell can run, pages as PDF that ask nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oms.domain.catalogue import MIN_PURPOSE_TEXT
from oms.errors import InvalidInput
from vietnamese.text import nfc


def new_workbook(target: Any, *, rows_at_once: bool = True) -> Any:
    """An empty xlsxwriter workbook on a buffer or path; a text that looks like a formula or an address stays text.

    ``rows_at_once`` False writes row by row with constant memory (rows in order, to a path).
    """
    import xlsxwriter  # only exports are worth its loading

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    how = {"in_memory": True} if rows_at_once else {"constant_memory": True}
    return xlsxwriter.Workbook(target, {**options, **how})


def pdf(html: str, styles: Sequence[Path]) -> bytes:
    """A page as PDF; only images inside the page are drawn, nothing is fetched. Takes about 0.05 s a sheet."""
    from weasyprint import CSS, HTML  # a second of loading that only printing is worth
    from weasyprint.urls import URLFetcher

    sheets = [CSS(string=path.read_text(encoding="utf-8")) for path in styles]
    inside = URLFetcher(allowed_protocols=["data"])
    return bytes(HTML(string=html, url_fetcher=inside).write_pdf(stylesheets=sheets))


def purpose_of(typed: str) -> str:
    """What an export is for, in words; InvalidInput when it is not said."""
    words = " ".join(nfc(typed).split())[:500]
    if len(words) < MIN_PURPOSE_TEXT:
        raise InvalidInput("purpose", f"Hãy ghi xuất để làm gì, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    return words
