"""Paper files of a batch and the pages of a scanned file."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.services import pile, pile_pages
from oms.web.api import shapes as s
from oms.web.api.operations import Call, Made, posts, reads
from oms.web.api.shapes import Asked, Told, WordsAsked

FILE, SCAN = "/paper-files/<file_id>", "/scans/<scan_id>"


class PaperFileTold(Told):
    """A paper file of a batch."""

    id = s.text("file.id")
    number = s.number("file.number")
    label = s.text("file.label")
    dossier_id = s.text("dossier.dossier.id", maybe=True)
    expected_pages = s.number("file.expected_pages", maybe=True)
    explanation = s.text("file.explanation")


class PileTold(Told):
    """The paper files of a batch."""

    files = s.each(PaperFileTold)
    left_to_do = s.texts()


class ScanPageTold(Told):
    """A page of a scanned file: what it is, where it went."""

    id = s.text("page.id")
    number = s.number("page.number")
    state = s.text("page.state")
    kind = s.text("page.kind")
    blank = s.flag("page.blank")
    document_id = s.text("document.id", maybe=True)
    paper_file_id = s.text("page.paper_file_id", maybe=True)


class ScanPagesTold(Told):
    """A scanned file with its pages."""

    id = s.text("scan.id")
    name = s.text("scan.original_name")
    state = s.text("scan.state")
    batch_id = s.text("batch.id")
    pages = s.each(ScanPageTold)


class CountedAsked(Asked):
    """A paper file as counted by hand."""

    label = s.words(200, 1)
    expected_pages = s.maybe_whole(0, 100_000)
    dossier_id = s.reference(optional=True)


class PagesAsked(Asked):
    """Pages ("1-5,8") and the paper file they belong to; none: to none."""

    pages = s.words(500, 1)
    paper_file_id = s.reference(optional=True)


class CollateAsked(Asked):
    """The file with the backs, and whether they lie in reverse."""

    backs_scan_id = s.reference(optional=True)
    reversed = s.yes(default=True)


class MarkAsked(Asked):
    """What the page is."""

    mark = s.words(20, 1)


@reads("/batches/<batch_id>/paper-files", Action.BATCH_LIST, "scanning", PileTold)
def list_paper_files(call: Call, batch_id: str) -> dict[str, Any]:
    """The paper files of a batch, and what is left to do before it can be closed."""
    _summary, counts, left = pile.look(call.uow, call.who, batch_id, call.now)
    return {"files": counts.files, "left_to_do": left}


@posts("/batches/<batch_id>/paper-files", Action.SCAN_RECEIVE, "scanning", CountedAsked, of="list_paper_files")
def add_paper_file(call: Call, batch_id: str) -> None:
    """Enters a paper file."""
    pile.add(call.uow, call.who, batch_id, pile.Counted(**call.body), call.now)


@posts(FILE, Action.SCAN_RECEIVE, "scanning", CountedAsked)
def change_paper_file(call: Call, file_id: str) -> None:
    """Corrects a paper file."""
    pile.change(call.uow, call.who, file_id, pile.Counted(**call.body), call.now)


@posts(FILE + "/remove", Action.SCAN_RECEIVE, "scanning")
def remove_paper_file(call: Call, file_id: str) -> None:
    """Takes an empty paper file out."""
    pile.remove(call.uow, call.who, file_id, call.now)


@posts(FILE + "/explanation", Action.SCAN_RECEIVE, "scanning", WordsAsked)
def explain_paper_file(call: Call, file_id: str) -> None:
    """Keeps why pages counted and pages scanned differ."""
    pile.explain(call.uow, call.who, file_id, call.body["words"], call.now)


@posts("/batches/<batch_id>/explanation", Action.SCAN_RECEIVE, "scanning", WordsAsked)
def explain_batch(call: Call, batch_id: str) -> None:
    """The same for a batch without paper files."""
    pile.explain_whole(call.uow, call.who, batch_id, call.body["words"], call.now)


@reads(SCAN, Action.SCAN_RECEIVE, "scanning", ScanPagesTold)
def get_scan(call: Call, scan_id: str) -> Any:
    """The pages of a file: what each is, where it went."""
    return pile_pages.view(call.uow, call.who, scan_id, call.now)


@posts(SCAN + "/paper-file", Action.SCAN_RECEIVE, "scanning", PagesAsked, of="get_scan")
def assign_pages(call: Call, scan_id: str) -> None:
    """Gives pages of a file to a paper file."""
    scan, _batch, _unit = pile_pages.find_scan(call.uow, call.who, scan_id, Verb.BATCH_COUNT)
    numbers = pile_pages.numbers_of(call.body["pages"], scan.page_count or 0)
    pile_pages.assign(call.uow, call.who, scan_id, numbers, call.body["paper_file_id"], call.now)


@posts(SCAN + "/collate", Action.SCAN_RECEIVE, "scanning", CollateAsked, of="get_scan")
def collate_scan(call: Call, scan_id: str) -> None:
    """Puts the papers of a duplex stack together side by side."""
    said = call.body
    pile_pages.collate(call.uow, call.who, scan_id, said["backs_scan_id"], said["reversed"], call.now)


@posts(SCAN + "/uncollate", Action.SCAN_RECEIVE, "scanning", of="get_scan")
def uncollate_scan(call: Call, scan_id: str) -> None:
    """Takes a duplex order back."""
    pile_pages.uncollate(call.uow, call.who, scan_id, call.now)


@posts("/scans/pages/<page_id>/mark", Action.SCAN_RECEIVE, "scanning", MarkAsked, leads="get_scan")
def mark_page(call: Call, page_id: str) -> Made:
    """Marks a page as blank, repeated, a separator, or as content again."""
    return Made(pile_pages.mark(call.uow, call.who, page_id, call.body["mark"], call.now).scan_id)
