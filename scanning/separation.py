"""Split the pages of one file into documents: at separator sheets, and where a page plainly begins a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanning.headings import headings
from scanning.layout import Page, pages_of
from scanning.page import PageReading
from scanning.sheets import Sheet
from vietnamese.text import fold

TITLE_DEPTH = 1 / 3
STRONG = 0.85
# the head of an official document, or the code of a form: they stand on first pages only
_FIRST_PAGE = re.compile(r"cong hoa xa hoi chu nghia|dang cong san viet nam|doc lap\W+tu do|^mau( so)?\W|mau 2c|mau 3a")
_PAGE_NUMBER = re.compile(r"^\W*(trang\s*)?(\d{1,3})(\s*/\s*\d{1,3})?\W*$")


def group_pages(readings: Sequence[PageReading], sheets: Sequence[Sheet | None] = ()) -> list[list[int]]:
    """Return the documents of a file as lists of page numbers (from 1), in order.

    ``sheets`` says for each page which separator or cover sheet it is (None: a page of a document; nothing: none
    is). A sheet ends the document before it and belongs to none, nor does a blank page right behind it, which is its
    back; every other page is in exactly one document.

    Without a sheet a page begins a new document only if it has a strong heading in its top third and the head of
    a first page; when unsure it stays with the pages before it. Blank pages stay with what goes before.
    """
    groups: list[list[int]] = []
    cut, behind_sheet = True, False
    for page, sheet in zip(pages_of(readings), sheets or [None] * len(readings), strict=True):
        if sheet is not None:
            cut = behind_sheet = True
            continue
        if behind_sheet and readings[page.number - 1].blank:
            continue
        behind_sheet = False
        if cut or begins_document(page):
            groups.append([page.number])
            cut = False
        else:
            groups[-1].append(page.number)
    return groups


def begins_document(page: Page) -> bool:
    """Return whether a page plainly is the first of a document."""
    found = headings(page, TITLE_DEPTH + 0.05)
    if not found or found[0].score < STRONG:
        return False
    above = [line for line in page.lines if line.box[1] < found[0].line.box[1] and page.depth(line) < TITLE_DEPTH]
    if any(int(number[2]) > 1 for line in above if (number := _PAGE_NUMBER.match(fold(line.text)))):
        return False
    return any(_FIRST_PAGE.search(fold(line.text)) for line in above)
