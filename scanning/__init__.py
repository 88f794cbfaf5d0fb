"""Paper to pages to words to documents: open, read, separate, type and take fields from scans.

Names are loaded when first used: the sandboxed child (``scanning.open``) imports this package for every
page and must not pay for OpenCV and OCR it never calls.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanning.classification import DocumentType, Evidence, classify, title_of
    from scanning.codes import Code, read_codes
    from scanning.cross_checks import cross_check
    from scanning.fields import Field, extract_fields, nested, second_look
    from scanning.files import Inspection, RasterPage, inspect, rasterise
    from scanning.identity_card import IdentityCard, parse_card
    from scanning.page import PageReading, Word
    from scanning.reading import read_page
    from scanning.rejection import Rejected
    from scanning.separation import group_pages
    from scanning.sheets import Sheet, parse_sheet, sheet_of

_HOMES = {
    "DocumentType": "classification",
    "Evidence": "classification",
    "classify": "classification",
    "title_of": "classification",
    "Code": "codes",
    "read_codes": "codes",
    "Field": "fields",
    "cross_check": "cross_checks",
    "extract_fields": "fields",
    "nested": "fields",
    "second_look": "fields",
    "IdentityCard": "identity_card",
    "parse_card": "identity_card",
    "Inspection": "files",
    "RasterPage": "files",
    "inspect": "files",
    "rasterise": "files",
    "PageReading": "page",
    "Word": "page",
    "read_page": "reading",
    "Rejected": "rejection",
    "group_pages": "separation",
    "Sheet": "sheets",
    "parse_sheet": "sheets",
    "sheet_of": "sheets",
}

__all__ = [
    "Code",
    "DocumentType",
    "Evidence",
    "Field",
    "IdentityCard",
    "Inspection",
    "PageReading",
    "RasterPage",
    "Rejected",
    "Sheet",
    "Word",
    "classify",
    "cross_check",
    "extract_fields",
    "group_pages",
    "inspect",
    "nested",
    "parse_card",
    "parse_sheet",
    "rasterise",
    "read_codes",
    "read_page",
    "second_look",
    "sheet_of",
    "title_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
