"""Scanning and the verification desk: batches, files, what waits, a paper corrected, filed, set aside; second looks."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.catalogue import COMPARTMENTS, DOCUMENT_TYPES
from oms.domain.records import DocumentState
from oms.errors import InvalidInput
from oms.services import desk, desk_queue, intake, pile, scanner
from oms.services.desk import DeskView, Edit
from oms.services.desk_fields import Typed
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DossierTold, PageTold
from oms.web.api.operations import TAG, VERSION, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house

BATCH, PAPER = "/batches/<batch_id>", "/desk/<document_id>"
STATES = {"proposed": DocumentState.PROPOSED, "orphan": DocumentState.ORPHAN}


class ScanTold(Told):
    """A received file and how far its reading is."""

    id = s.text()
    name = s.text("original_name")
    state = s.text()
    reason = s.text()
    size = s.number()
    pages = s.number()
    pages_done = s.number()
    pages_failed = s.number()
    documents_open = s.number()
    documents_filed = s.number()
    received_at = s.at("received_at")
    finished_at = s.at("finished_at", maybe=True)


class BatchTold(Told):
    """A batch with its counts."""

    id = s.text("batch.id")
    title = s.text("batch.title")
    unit_id = s.number("unit.id")
    unit = s.text("unit.name")
    expected_pages = s.number("batch.expected_pages", maybe=True)
    secrecy = s.number("batch.secrecy")
    compartment = s.text("batch.compartment")
    created_at = s.at("batch.created_at")
    closed_at = s.at("batch.closed_at", maybe=True)
    pages = s.number()
    pages_done = s.number()
    finished = s.flag()


class BatchAbout(BatchTold):
    """One batch with its files."""

    scans = s.each(ScanTold)


class NewBatchAsked(Asked):
    """A batch to be opened."""

    unit_id = s.whole(1)
    title = s.words(200)
    expected_pages = s.maybe_whole(0, 1_000_000)
    secrecy = s.whole(0, 3, 0)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    operator_id = s.reference(optional=True)


@reads("/batches", Action.BATCH_LIST, "scanning", BatchTold, listed=True)
def list_batches(call: Call) -> Listed:
    """Batches in scope with their counts."""
    return Listed(*intake.list_batches(call.uow, call.who, call.size, call.offset))


@posts("/batches", Action.BATCH_CREATE, "scanning", NewBatchAsked, leads="get_batch")
def add_batch(call: Call) -> Made:
    """Opens a batch."""
    return Made(intake.create_batch(call.uow, call.who, intake.NewBatch(**call.body), call.now).id)


@reads(BATCH, Action.BATCH_LIST, "scanning", BatchAbout)
def get_batch(call: Call, batch_id: str) -> Any:
    """One batch: its files and how far their reading is."""
    return pile.look(call.uow, call.who, batch_id, call.now)[0]


@posts(BATCH + "/close", Action.BATCH_CREATE, "scanning", match=TAG, of="get_batch")
def close_batch(call: Call, batch_id: str) -> None:
    """Closes a batch whose every page is read and every paper decided."""
    left = pile.close(call.uow, call.who, batch_id, scanner.scanning(house().settings, batch_id), call.now)
    if left:
        raise InvalidInput("batch", "Chưa đóng được đợt: " + "; ".join(left))


class FileName(Asked):
    """The name of a file that is sent, and the paper file it belongs to."""

    name = s.words(255, 1)
    paper_file_id = s.reference(optional=True)


@posts(BATCH + "/scans", Action.SCAN_RECEIVE, "scanning", query=FileName, file=True, apart=True, leads="get_batch")
def add_scan(call: Call, batch_id: str) -> None:
    """Takes a file (PDF, TIFF, JPEG, PNG) into a batch; the body is the file itself."""
    with house().work(call.who, call.now) as uow:
        intake.require_open(uow, call.who, batch_id)
    if call.file is None or not call.file.stat().st_size:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    received = intake.take_in(house().vault, call.file)
    origin = intake.Origin("upload", call.query["paper_file_id"], "")
    with house().work(call.who, call.now) as uow:
        receipt = intake.receive(uow, call.who, batch_id, received, call.query["name"], call.now, origin)
    if not receipt.accepted:
        raise InvalidInput("file", receipt.message_vi)


@posts("/scans/<scan_id>/retry", Action.SCAN_RECEIVE, "scanning")
def retry_scan(call: Call, scan_id: str) -> None:
    """Puts the failed pages of a file back in the queue."""
    intake.retry(call.uow, call.who, scan_id, call.now)


@posts("/scans/<scan_id>/settle", Action.SCAN_RECEIVE, "scanning")
def settle_scan(call: Call, scan_id: str) -> None:
    """Marks a file that was not taken as dealt with."""
    intake.settle(call.uow, call.who, scan_id, call.now)


class DeskLine(Told):
    """A paper that waits at the desk."""

    id = s.text("document.id")
    state = s.text("document.state")
    type = s.text("document.type_code")
    title = s.text("document.title")
    person_name = s.text("document.person_name")
    secrecy = s.number("document.secrecy")
    pages = s.number("document.page_count")
    version = s.number("document.version")
    batch_id = s.text("batch.id")
    scan_id = s.text("scan.id")
    unit_id = s.number("unit.id")


class CandidateTold(Told):
    """A dossier the paper seems to belong to, with what says so."""

    dossier = s.one(DossierTold, "row")
    score = s.decimal()
    agrees = s.texts()
    differs = s.texts()


class DeskPaper(Told):
    """A paper at the desk: what the machine read, whom it seems to speak of."""

    id = s.text("document.id")
    version = s.number("document.version")
    state = s.text("document.state")
    type = s.text("document.type_code")
    title = s.text("document.title")
    number = s.text("document.number")
    issued_on = s.text("document.issued_on")
    person_name = s.text("document.person_name")
    person_birth_date = s.text("document.person_birth_date")
    secrecy = s.number("document.secrecy")
    compartment = s.text("document.compartment")
    note = s.text("document.note")
    batch_id = s.text("batch.id")
    scan_id = s.text("scan.id")
    values = s.table()
    pages = s.each(PageTold)
    candidates = s.each(CandidateTold)
    can_undo = s.flag()
    can_join = s.flag()


class WantedPapers(Paged):
    """Which papers."""

    state = s.choice(*STATES, optional=True, default="proposed")
    batch_id = s.reference(optional=True)


class EditAsked(Asked):
    """What a person says of a paper: its heading, values by key, values accepted as read."""

    type_code = s.choice(*DOCUMENT_TYPES)
    title = s.words(500)
    number = s.words(80)
    issued_on = s.words(10)
    person_name = s.words(200)
    person_birth_date = s.words(10)
    secrecy = s.whole(0, 3, 0)
    compartment = s.choice("", *COMPARTMENTS, optional=True)
    values = fields.Dict(keys=s.words(40, 1), values=s.words(500), load_default=dict, validate=validate.Length(max=200))
    seen = fields.List(s.words(40, 1), load_default=list, validate=validate.Length(max=200))


class FileAsked(EditAsked):
    """The same, and the dossier the paper belongs to."""

    dossier_id = s.reference()


def _edit(body: Any) -> tuple[Edit, Typed]:
    names = [name for name in EditAsked._declared_fields if name not in ("values", "seen")]
    return Edit(**{name: body[name] for name in names}), Typed(body["values"], frozenset(body["seen"]))


@reads("/desk", Action.DESK_WORK, "desk", DeskLine, listed=True, query=WantedPapers)
def list_desk(call: Call) -> Listed:
    """Papers that wait at the desk."""
    state, batch_id = STATES[call.query["state"]], call.query["batch_id"]
    return Listed(*desk.queue(call.uow, call.who, state, batch_id, call.size, call.offset, call.now))


class DeskCounts(Told):
    """How many papers wait."""

    proposed = s.number()
    orphan = s.number()


@reads("/desk/counts", Action.DESK_WORK, "desk", DeskCounts)
def count_desk(call: Call) -> dict[str, int]:
    """How many papers wait at the desk."""
    found = desk_queue.counts(call.uow, call.who, "")
    return {name: found.get(str(state), 0) for name, state in STATES.items()}


@reads(PAPER, Action.DESK_WORK, "desk", DeskPaper, version="document.version")
def get_desk_paper(call: Call, document_id: str) -> dict[str, Any]:
    """One paper at the desk."""
    view: DeskView = desk.open_document(call.uow, call.who, document_id, call.now)
    names = ("document", "batch", "scan", "pages", "candidates", "can_undo", "can_join")
    return {name: getattr(view, name) for name in names} | {
        "values": {key: row.value for key, row in view.fields.items()}
    }


OF_PAPER: dict[str, Any] = {"match": VERSION, "of": "get_desk_paper"}


@posts(PAPER + "/save", Action.DESK_WORK, "desk", EditAsked, **OF_PAPER)
def save_desk_paper(call: Call, document_id: str) -> None:
    """Keeps corrections without filing."""
    edit, typed = _edit(call.body)
    desk.save(call.uow, call.who, document_id, call.version, edit, call.now, typed)


@posts(PAPER + "/file", Action.DOCUMENT_FILE, "desk", FileAsked, match=VERSION, leads="read_document")
def file_desk_paper(call: Call, document_id: str) -> Made:
    """Files the paper into a dossier."""
    edit, typed = _edit(call.body)
    dossier_id = call.body["dossier_id"]
    filed = desk.file(call.uow, call.who, document_id, call.version, dossier_id, edit, call.now, typed)
    return Made(filed.id)


class Reason(Asked):
    """Why."""

    reason = s.words(2000, 1)


class AsideAsked(Reason):
    """Why a paper is set aside; ``discard``: a blank or repeated sheet, never to be filed."""

    discard = s.yes()


@posts(PAPER + "/set-aside", Action.DESK_WORK, "desk", AsideAsked, match=VERSION, leads="get_desk_paper")
def set_desk_paper_aside(call: Call, document_id: str) -> None:
    """Sets an unclear paper aside with a reason."""
    asked = call.body
    desk.set_aside(call.uow, call.who, document_id, call.version, asked["reason"], asked["discard"], call.now)


@posts(PAPER + "/undo", Action.DESK_WORK, "desk")
def undo_desk_paper(call: Call, document_id: str) -> None:
    """Takes back one's own last step on a paper."""
    desk.undo(call.uow, call.who, document_id, call.now)


class SplitAsked(Asked):
    """Before which page."""

    position = s.whole(1, 10_000)


@posts(PAPER + "/split", Action.DESK_WORK, "desk", SplitAsked, leads="get_desk_paper", match=VERSION)
def split_desk_paper(call: Call, document_id: str) -> Made:
    """Cuts a paper in two before a page; the second part is made."""
    return Made(desk.split(call.uow, call.who, document_id, call.version, call.body["position"], call.now).id)


@posts(PAPER + "/join", Action.DESK_WORK, "desk", leads="get_desk_paper", match=VERSION)
def join_desk_paper(call: Call, document_id: str) -> Made:
    """Puts the pages behind those of the paper before it in the same file."""
    return Made(desk.join_previous(call.uow, call.who, document_id, call.version, call.now).id)


@reads("/desk/pages/<page_id>/image", Action.DESK_WORK, "desk", media="image/jpeg")
def read_desk_page(call: Call, page_id: str) -> bytes:
    """The image of a page at the desk."""
    return desk.page_image(call.uow, call.who, page_id, call.now)


class WordAsked(Asked):
    """A word corrected; "" goes back to the machine's."""

    word = s.whole(0, 100_000)
    text = s.words(200)


@posts("/desk/pages/<page_id>/words", Action.DESK_WORK, "desk", WordAsked)
def correct_word(call: Call, page_id: str) -> None:
    """Keeps one corrected word."""
    desk.correct_word(call.uow, call.who, page_id, call.body["word"], call.body["text"], call.now)
