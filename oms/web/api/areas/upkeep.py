"""Saved searches, delegations, relatives, tasks to cite, disposals decided, decisions on units, policy, status."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action
from oms.domain.kin import Declared
from oms.services import (
    archival,
    catalogue_edit,
    delegations,
    disposals,
    kin,
    overview,
    policy_edit,
    saved_searches,
    tasks,
)
from oms.services import units as register
from oms.services.delegations import NewDelegation
from oms.web.api import shapes as s
from oms.web.api.areas.dossiers import DOCUMENT, DOSSIER
from oms.web.api.operations import TAG, Call, Listed, Made, posts, reads
from oms.web.api.shapes import Asked, Paged, Told, WordsAsked
from oms.web.context import house, now


class KeptTold(Told):
    """A saved search; ``new``: papers found since, of a watched one."""

    id = s.text("row.id")
    title = s.text("row.title")
    watched = s.flag("row.watched")
    new = s.number(maybe=True)


class KeptAsked(Asked):
    """Another title, watched or not."""

    title = s.words(120, 1)
    watched = s.yes()


@reads("/saved-searches", Action.SEARCH, "search", KeptTold, listed=True)
def list_saved_searches(call: Call) -> Listed:
    """One's own saved searches."""
    found = saved_searches.kept(call.uow, call.who, call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts("/saved-searches/<search_id>", Action.SEARCH, "search", KeptAsked)
def change_saved_search(call: Call, search_id: str) -> None:
    """Another title, watched or not."""
    saved_searches.change(call.uow, call.who, search_id, call.body["title"], call.body["watched"], call.now)


@posts("/saved-searches/<search_id>/remove", Action.SEARCH, "search")
def remove_saved_search(call: Call, search_id: str) -> None:
    """Removes a saved search; it can be put back for a while."""
    saved_searches.remove(call.uow, call.who, search_id, call.now)


@posts("/saved-searches/<removed_id>/put-back", Action.SEARCH, "search")
def put_saved_search_back(call: Call, removed_id: str) -> None:
    """Puts a removed search back."""
    saved_searches.put_back(call.uow, call.who, removed_id, call.now)


@posts("/saved-searches/<search_id>/seen", Action.SEARCH, "search")
def see_saved_search(call: Call, search_id: str) -> None:
    """Marks what a watched search found as seen."""
    saved_searches.mark_seen(call.uow, call.who, search_id, call.now)


class LentTold(Told):
    """Authority lent or held."""

    id = s.text("row.id")
    other = s.text("other.display_name")
    starts_on = s.on("row.starts_on")
    ends_on = s.on("row.ends_on")
    document_no = s.text("row.document_no")
    state = s.text()


class DelegationsTold(Told):
    """What one lent and was lent."""

    given = s.each(LentTold)
    held = s.each(LentTold)


class DelegationAsked(Asked):
    """Authority to be lent; days as dd/mm/yyyy."""

    deputy_id = s.reference()
    unit_ids = s.many(s.whole(1), 500, 1)
    starts_on = s.words(10, 1)
    ends_on = s.words(10, 1)
    document_no = s.words(80, 1)
    reason = s.words(500, 1)


@reads("/me/delegations", Action.DELEGATE, "me", DelegationsTold)
def list_delegations(call: Call) -> Any:
    """What one lent and was lent."""
    return delegations.page(call.uow, call.who, call.now)


@posts("/me/delegations", Action.DELEGATE, "me", DelegationAsked, proof=True)
def lend_authority(call: Call) -> None:
    """Lends authority to a deputy."""
    said = dict(call.body)
    delegations.make(call.uow, call.who, NewDelegation(**{**said, "unit_ids": tuple(said["unit_ids"])}), call.now)


@posts("/me/delegations/<delegation_id>/end", Action.DELEGATE, "me", WordsAsked)
def end_delegation(call: Call, delegation_id: str) -> None:
    """Ends what one lent or was lent."""
    delegations.end(call.uow, call.who, delegation_id, call.body["words"], call.now)


class RelativeTold(Told):
    """A person whose dossiers are closed to the account."""

    id = s.text()
    relation = s.text()
    full_name = s.text()
    birth_date = s.text()
    ended_at = s.at(maybe=True)


class RelativesTold(Told):
    """Who one has declared."""

    entries = s.each(RelativeTold)


class RelativeAsked(Asked):
    """Oneself or a relative."""

    relation = s.words(20, 1)
    full_name = s.words(200, 2)
    birth_date = s.words(10)
    citizen_id = s.words(20)


@reads("/me/relatives", Action.OWN_ACCOUNT, "me", RelativesTold)
def list_relatives(call: Call) -> Any:
    """Who one has declared."""
    return kin.listing(call.uow, call.who, call.who.account_id, call.now)


@posts("/me/relatives", Action.OWN_ACCOUNT, "me", RelativeAsked)
def declare_relative(call: Call) -> None:
    """Declares oneself or a relative; it only ever closes."""
    said = call.body
    typed = Declared(said["relation"], said["full_name"], said["birth_date"], said["citizen_id"])
    kin.declare(call.uow, call.who, call.who.account_id, typed, call.now)


class CitedTask(Told):
    """A task that purposes may cite."""

    id = s.text("task.id")
    number = s.text("task.number")
    title = s.text("task.title")
    unit_id = s.number("task.unit_id")
    closed_at = s.at("task.closed_at", maybe=True)


class CitedTaskAsked(Asked):
    """A task to be opened."""

    number = s.words(60, 1)
    title = s.words(300, 5)
    unit_id = s.whole(1)


@reads("/tasks", Action.TASK_MANAGE, "directives", CitedTask, listed=True)
def list_tasks(call: Call) -> Listed:
    """Tasks in scope that purposes may cite, open ones first."""
    found = [{"task": task} for task, _unit in tasks.list_tasks(call.uow, call.who, call.now)]
    return Listed(found[call.offset : call.offset + call.size], len(found))


@posts("/tasks", Action.TASK_MANAGE, "directives", CitedTaskAsked, leads="get_task")
def add_task(call: Call) -> Made:
    """Opens a task that purposes may cite."""
    said = call.body
    return Made(tasks.create_task(call.uow, call.who, said["number"], said["title"], said["unit_id"], call.now).id)


class DisposalRead(Told):
    """One disposal."""

    id = s.text("row.disposal.id")
    state = s.text("row.disposal.state")
    reason = s.text("row.disposal.reason")
    legal_basis = s.text("row.disposal.legal_basis")
    dossier_id = s.text("row.dossier.id")
    dossier_number = s.text("row.dossier.number")
    hindered = s.text()
    may_decide = s.flag()


class DisposalWord(Asked):
    """Yes or no, and why."""

    approve = s.yes()
    reason = s.words(1000)


class ClosedAsked(Asked):
    """The day the person left (dd/mm/yyyy), and why."""

    closed_on = s.words(10, 1)
    reason = s.words(1000)


@reads("/disposals/<disposal_id>", Action.CUSTODY_HOLD, "custody", DisposalRead)
def get_disposal(call: Call, disposal_id: str) -> Any:
    """One disposal: what was asked, who may decide."""
    return disposals.view(call.uow, call.who, disposal_id, call.now)


@posts("/disposals/<disposal_id>/decision", Action.DISPOSAL_APPROVE, "custody", DisposalWord, match=TAG,
       of="get_disposal", proof=True)  # fmt: skip
def decide_disposal(call: Call, disposal_id: str) -> None:
    """Approves or refuses; approved, the content is destroyed."""
    disposals.decide(call.uow, call.who, disposal_id, call.body["approve"], call.body["reason"], call.now)


@posts(DOSSIER + "/close", Action.CUSTODY_WORK, "custody", ClosedAsked)
def close_dossier(call: Call, dossier_id: str) -> None:
    """Closes a dossier: the person left."""
    disposals.close(call.uow, call.who, dossier_id, call.body["closed_on"], call.body["reason"], call.now)


@posts(DOSSIER + "/reopen", Action.CUSTODY_WORK, "custody", WordsAsked)
def reopen_dossier(call: Call, dossier_id: str) -> None:
    """Opens a closed dossier again."""
    disposals.reopen(call.uow, call.who, dossier_id, call.body["words"], call.now)


@posts(DOCUMENT + "/archival-copy/remake", Action.COPY_SIGN, "documents", purpose="document_id")
def remake_copy(call: Call, document_id: str) -> None:
    """Puts an archival copy that failed back in the queue."""
    archival.remake(call.uow, call.who, document_id, call.now)


class ActTold(Told):
    """A decision on the tree that was entered."""

    id = s.text("act.id")
    kind = s.text("act.kind")
    on_date = s.on("act.on_date")
    entered_at = s.at("act.entered_at")
    not_to_be_taken_back = s.text("why")


@reads("/unit-acts", Action.UNIT_VIEW, "units", ActTold, listed=True)
def list_unit_acts(call: Call) -> Listed:
    """Decisions on the tree, newest first."""
    rows, total = register.acts(call.uow, call.who, call.size, call.offset, call.now)
    return Listed([{"act": act, "why": why} for act, _linked, why in rows], total)


class ListTold(Told):
    """A code list."""

    code = s.text()
    rows = s.number()
    total = s.number()
    unsure = s.number()


class RowTold(Told):
    """A row of a code list."""

    id = s.number("row_id")
    code = s.text()
    label = s.text()
    valid_from = s.on()
    valid_to = s.on()


class WantedRows(Paged):
    """Which rows, on which day (today when left out)."""

    q = s.words(100)
    on = s.day()


@reads("/catalogues", Action.CATALOGUE_VIEW, "units", ListTold, listed=True)
def list_catalogues(call: Call) -> Listed:
    """The code lists."""
    found = catalogue_edit.index(call.uow, call.who, call.now.date(), call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


@reads("/catalogues/<list_code>", Action.CATALOGUE_VIEW, "units", RowTold, listed=True, query=WantedRows)
def list_catalogue_rows(call: Call, list_code: str) -> Listed:
    """The rows of a code list on a day."""
    day = call.query["on"] or call.now.date()
    found = catalogue_edit.view(call.uow, call.who, list_code, day, call.query["q"], call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


class PolicyTold(Told):
    """A value of the access policy."""

    key = s.text()
    value = s.number()


@reads("/policy", Action.POLICY_EDIT, "approvals", PolicyTold, listed=True)
def list_policy(call: Call) -> Listed:
    """The values of the access policy."""
    found = policy_edit.page(call.uow, call.who, call.now)
    return Listed(found[call.offset : call.offset + call.size], len(found))


class StatusTold(Told):
    """How the installation is."""

    pages_done = s.number()
    disk_free = s.number()
    disk_total = s.number()
    accounts = s.number()
    accounts_off = s.number()
    journal_entries = s.number("integrity.entries")
    journal_sealed = s.number("integrity.sealed")


@reads("/status", Action.SYSTEM_STATUS, "accounts", StatusTold)
def get_status(call: Call) -> Any:
    """Queues, sizes, the journal."""
    return overview.status(call.uow, house(), call.who, call.now)


@posts(DOCUMENT + "/archival-copy/signature", Action.COPY_SIGN, "documents", purpose="document_id", apart=True)
def sign_copy(call: Call, document_id: str) -> None:
    """Signs the paper's archival copy for the agency."""
    archival.sign(house(), call.who, document_id, now)
