"""What is left of the desks: pages, batches of links, tasks from files, searches kept, disposals, copies, kin."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms.domain.access import Action
from oms.domain.journal import Verb
from oms.domain.kin import Declared
from oms.domain.organisation import Block
from oms.errors import InvalidInput
from oms.services import (
    desk_pages,
    directive_files,
    disposals,
    kin,
    link_decide,
    list_tables,
    pile_pages,
    policy_edit,
    pruning,
    saved_searches,
    secret_copies,
)
from oms.services.finding import Asked as Search
from oms.services.secret_copies import Ended
from oms.web.api import shapes as s
from oms.web.api.areas.accounts import HOLDER
from oms.web.api.areas.dossiers import UNIT_PATH
from oms.web.api.areas.upkeep import RelativesTold
from oms.web.api.operations import VERSION, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told

BLOCKS = tuple(str(block) for block in Block)


class PagesWaiting(Told):
    """How many pages of the paper wait to be read, and the paper's version."""

    waiting = s.number()
    version = s.number()


class PageStep(Asked):
    """One step on pages: turn (90, 180, 270) or read again one (no id: all), in this order, or to the next paper."""

    act = s.choice("turn", "reread", "move", "to_next", "to_previous")
    page_id = s.reference(optional=True)
    degrees = s.whole(0, 270, 90)
    order = s.many(s.reference(), 2000)


@reads("/desk/<document_id>/pages/waiting", Action.DESK_WORK, "desk", PagesWaiting)
def count_pages_waiting(call: Call, document_id: str) -> Any:
    """How many pages of a paper on the desk still wait to be read."""
    waiting, version = desk_pages.waiting(call.uow, call.who, document_id)
    return {"waiting": waiting, "version": version}


@posts("/desk/<document_id>/pages", Action.DESK_WORK, "desk", PageStep, match=VERSION, of="get_desk_paper")
def step_desk_pages(call: Call, document_id: str) -> None:
    """One step on the pages of a paper: turned, read again, put in order, moved to the neighbouring paper."""
    uow, who, version, said, at_ = call.uow, call.who, call.version, call.body, call.now
    act, page_id = said["act"], said["page_id"]
    if act == "turn":
        desk_pages.turn(uow, who, document_id, version, page_id, said["degrees"], at_)
    elif act == "reread":
        desk_pages.reread(uow, who, document_id, version, page_id, at_)
    elif act == "move":
        desk_pages.move(uow, who, document_id, version, said["order"], at_)
    else:
        desk_pages.shift(uow, who, document_id, version, page_id, act == "to_next", at_)


class PagesGiven(Asked):
    """Pages (1-5, 8) given to a paper file ("": to none)."""

    paper_file_id = s.reference(optional=True)
    pages = s.words(200, 1)


class PagesPutBack(Asked):
    """How the pages of a file lay before."""

    before = fields.List(fields.Nested(PagesGiven), required=True, validate=validate.Length(min=1, max=200))


@posts("/scans/<scan_id>/pages/put-back", Action.SCAN_RECEIVE, "scanning", PagesPutBack, of="get_scan")
def put_pages_back(call: Call, scan_id: str) -> None:
    """Gives the pages of a file back to the paper files they were of."""
    scan, _batch, _unit = pile_pages.find_scan(call.uow, call.who, scan_id, Verb.BATCH_COUNT)
    last = scan.page_count or 0
    before = {each["paper_file_id"]: pile_pages.numbers_of(each["pages"], last) for each in call.body["before"]}
    pile_pages.put_back(call.uow, call.who, scan_id, before, call.now)


class PairSeen(Asked):
    """A pair with the version, and the digest of what was compared, it was listed with."""

    id = s.reference()
    version = s.whole(0)
    seen = s.words(80)


class PairsAsked(Asked):
    """Pairs to be accepted."""

    pairs = fields.List(
        fields.Nested(PairSeen), required=True, validate=validate.Length(min=1, max=link_decide.MOST_AT_ONCE)
    )


class BatchPair(Told):
    """A pair of a batch."""

    id = s.text("pair.id")
    state = s.text("pair.state")
    version = s.number("pair.version")


class LinkBatchTold(Told):
    """The pairs that were accepted together, as they stand."""

    id = s.text()
    pairs = s.each(BatchPair)


BATCH = "/link-batches/<link_batch_id>"


@reads(BATCH, Action.LINK_BATCH, "links", LinkBatchTold)
def get_link_batch(call: Call, link_batch_id: str) -> Any:
    """The pairs of a batch."""
    return {"id": link_batch_id, "pairs": link_decide.batch(call.uow, call.who, link_batch_id, call.now)}


@posts("/links/accept", Action.LINK_BATCH, "links", PairsAsked, proof=True, keeps=True, leads="get_link_batch")
def accept_links(call: Call) -> Made:
    """Accepts proposed pairs, a row each, as one batch; what changed meanwhile is left out."""
    seen = [(each["id"], each["version"], *filter(None, [each["seen"]])) for each in call.body["pairs"]]
    answer = link_decide.accept_batch(call.uow, call.who, seen, call.now)
    if not answer.done:
        raise InvalidInput("pairs", answer.refused[0] if answer.refused else "Không có cặp nào.")
    return Made(answer.batch_id)


@posts(BATCH + "/undo", Action.LINK_BATCH, "links", proof=True, keeps=True, of="get_link_batch")
def undo_link_batch(call: Call, link_batch_id: str) -> None:
    """Takes back what still stands of a batch."""
    answer = link_decide.undo_batch(call.uow, call.who, link_batch_id, call.now)
    if not answer.done:
        raise InvalidInput("batch", answer.refused[0] if answer.refused else "Không còn gì để huỷ.")


class FileNamed(Asked):
    """The file's name (.csv, .xlsx)."""

    name = s.words(200, 1)


@posts("/directives/<directive_id>/file", Action.TASK_MANAGE, "directives", query=FileNamed, file=True,
       of="get_directive")  # fmt: skip
def take_tasks_in(call: Call, directive_id: str) -> None:
    """Gives the tasks of a file, all or none; the body is the file itself."""
    if call.file is None:
        raise InvalidInput("file", "Chưa có tệp nào được gửi.")
    with call.file.open("rb") as stream:
        data = stream.read(list_tables.MOST_BYTES + 1)
    directive_files.take(call.uow, call.who, directive_id, data, call.query["name"], call.now)


class SearchKept(Asked):
    """A question under a name, told of what is new or not."""

    title = s.words(120, 1)
    watched = s.yes()
    q = s.words(300)
    type = s.words(40)
    block = s.choice("", *BLOCKS, optional=True)
    unit = fields.String(load_default="", validate=UNIT_PATH)
    year_from = s.maybe_whole(1900, 2200)
    year_to = s.maybe_whole(1900, 2200)
    exact_accents = s.yes()
    sort = s.choice("rank", "newest", "oldest", "name", optional=True, default="rank")


@posts("/saved-searches", Action.SEARCH, "search", SearchKept)
def save_search(call: Call) -> None:
    """Keeps a question."""
    said = dict(call.body)
    title, watched, words = said.pop("title"), said.pop("watched"), said.pop("q")
    said["type_code"], said["unit_path"] = said.pop("type"), said.pop("unit")
    saved_searches.save(call.uow, call.who, title, Search(words, **said), watched, call.now)


class CopyEnded(Asked):
    """What became of one numbered copy of a secret; the day as dd/mm/yyyy."""

    number = s.words(6, 1)
    what = s.words(20, 1)
    on = s.words(10, 1)
    minutes_no = s.words(80)


@posts("/secret-copies/<copy_id>/end", Action.SECRECY_REGISTER, "custody", CopyEnded)
def end_secret_copy(call: Call, copy_id: str) -> None:
    """Writes down that a numbered copy came back or was destroyed."""
    secret_copies.end(call.uow, call.who, copy_id, Ended(**call.body), call.now)


class ClosedLine(Told):
    """A closed dossier and until when it is kept."""

    dossier_id = s.text("row.dossier.id")
    number = s.text("row.dossier.number")
    unit_id = s.number("row.unit.id")
    until = s.on("until.day")


class WantedClosed(Paged):
    """Those past their time, or all that are closed."""

    every = s.yes()


@reads("/closed-dossiers", Action.CUSTODY_HOLD, "custody", ClosedLine, listed=True, query=WantedClosed)
def list_closed_dossiers(call: Call) -> Listed:
    """Closed dossiers past the time they are kept."""
    desk = disposals.desk(call.uow, call.who, call.query["every"], call.size, call.offset, call.now)
    return Listed([{"row": row, "until": until} for row, until in desk.closed], desk.closed_total)


class DisposalLine(Told):
    """A disposal that was asked for."""

    id = s.text("disposal.id")
    state = s.text("disposal.state")
    dossier_id = s.text("dossier.id")
    dossier_number = s.text("dossier.number")
    reason = s.text("disposal.reason")
    asked_at = s.at("disposal.asked_at")


@reads("/disposals", Action.CUSTODY_HOLD, "custody", DisposalLine, listed=True)
def list_disposals(call: Call) -> Listed:
    """Disposals asked for, the newest fifty."""
    desk = disposals.desk(call.uow, call.who, False, 1, 0, call.now)
    return Listed(desk.asked[call.offset : call.offset + call.size], len(desk.asked))


class KinAsked(Asked):
    """A person whose dossiers are closed to the account."""

    relation = s.words(20, 1)
    full_name = s.words(200, 2)
    birth_date = s.words(10)
    citizen_id = s.words(20)


class KinEnded(Asked):
    """Why it is ended."""

    reason = s.words(500, 1)


@reads(HOLDER + "/kin", Action.GRANT_LEVEL, "accounts", RelativesTold)
def list_kin(call: Call, account_id: str) -> Any:
    """Whose dossiers are closed to the account as its relatives."""
    return kin.listing(call.uow, call.who, account_id, call.now)


@posts(HOLDER + "/kin", Action.GRANT_LEVEL, "accounts", KinAsked, of="list_kin")
def add_kin(call: Call, account_id: str) -> None:
    """Enters a person whose dossiers are closed to the account."""
    said = call.body
    typed = Declared(said["relation"], said["full_name"], said["birth_date"], said["citizen_id"])
    kin.declare(call.uow, call.who, account_id, typed, call.now)


@posts("/kin/<kin_id>/end", Action.GRANT_LEVEL, "accounts", KinEnded, proof=True)
def end_kin(call: Call, kin_id: str) -> None:
    """Ends an entry of relatives, with a reason."""
    kin.end(call.uow, call.who, kin_id, call.body["reason"], call.now)


class PolicyAsked(Asked):
    """Another value of the access policy, and why."""

    key = s.words(60, 1)
    value = s.whole(0)
    reason = s.words(1000, 1)


@posts("/policy", Action.POLICY_EDIT, "approvals", PolicyAsked, proof=True, leads="get_approval")
def propose_policy(call: Call) -> Made:
    """Asks for another value; somebody of another unit decides."""
    said = call.body
    return Made(policy_edit.propose(call.uow, call.who, said["key"], said["value"], said["reason"], call.now).id)


class PruneTold(Told):
    """Months of the journal that may be cut down to their hashes, and the oldest entry's."""

    months = s.texts()
    oldest = s.text()
    possible = s.flag()


class PruneAsked(Asked):
    """Up to which month (2026-11), and why."""

    month = fields.String(required=True, validate=validate.Regexp(r"^20\d{2}-(0[1-9]|1[0-2])$"))
    reason = s.words(1000, 1)


@reads("/journal/prune", Action.JOURNAL_PRUNE, "approvals", PruneTold)
def get_prunable(call: Call) -> Any:
    """Months of the journal that may be cut down to their hashes."""
    return pruning.page(call.uow, call.who, call.now)


@posts("/journal/prune", Action.JOURNAL_PRUNE, "approvals", PruneAsked, proof=True, leads="get_approval")
def propose_prune(call: Call) -> Made:
    """Asks for the entries up to a month to be cut down; another person decides."""
    return Made(pruning.propose(call.uow, call.who, call.body["month"], call.body["reason"], call.now).id)
