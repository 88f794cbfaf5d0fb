"""The journal for its reviewers: entries, the check of the whole, the queue of cases to be reviewed."""

from __future__ import annotations

from typing import Any

from oms.domain.access import Action
from oms.domain.catalogue import OUTCOME_LABELS, VERB_LABELS
from oms.services import review, review_cases, review_rules
from oms.services.review_cases import QueueFilter
from oms.web.api import shapes as s
from oms.web.api.operations import TAG, Call, Listed, posts, reads
from oms.web.api.shapes import Asked, Paged, Told
from oms.web.context import house

CASE = "/reviews/<item_id>"


class EntryTold(Told):
    """An entry of the journal."""

    seq = s.number()
    at = s.text()
    actor_id = s.text()
    actor_name = s.text()
    on_behalf = s.text()
    role = s.text()
    session = s.text()
    address = s.text()
    request = s.text()
    verb = s.text()
    outcome = s.text()
    rule = s.text()
    object_kind = s.text()
    object_id = s.text()
    object_label = s.text()
    unit_path = s.text()
    secrecy = s.number()
    purpose = s.text()
    task = s.text()
    reason = s.text()
    detail = s.text()
    pages = s.number()
    bytes = s.number()


class WantedEntries(Paged):
    """Which entries; moments with their zone, ``since`` included, ``until`` not."""

    actor_id = s.reference(optional=True)
    verb = s.choice("", *(str(verb) for verb in VERB_LABELS), optional=True)
    outcome = s.choice("", *(str(outcome) for outcome in OUTCOME_LABELS), optional=True)
    object_id = s.reference(optional=True)
    since = s.moment()
    until = s.moment()


class VerdictTold(Told):
    """What the check of the whole journal found."""

    whole = s.flag()
    entries = s.number()
    checkpoints = s.number()
    first_bad = s.number(maybe=True)
    problem = s.text()


class ReviewTold(Told):
    """A case to be reviewed."""

    id = s.text("item.id")
    account_id = s.text("item.account_id")
    person = s.text()
    day = s.text("item.day")
    dossier_id = s.text("item.dossier_id")
    label = s.text("item.label")
    score = s.decimal("item.score")
    reads = s.number("item.reads")
    state = s.text("item.state")
    outcome = s.text("item.outcome")
    rules = s.texts("rule_names")


class WantedReviews(Paged):
    """Which cases."""

    state = s.choice("", "open", "decided", "signed", optional=True, default="open")
    account_id = s.reference(optional=True)
    rule = s.words(40)


class NoteAsked(Asked):
    """A note, a question or an answer."""

    kind = s.choice("note", "question", "answer")
    text = s.words(4000, 1)


class OutcomeAsked(Asked):
    """How the case ended."""

    outcome = s.choice("explained", "breach", "unclear")
    grounds = s.words(4000, 1)


class SignAsked(Asked):
    """The second signature, or back."""

    agreed = s.yes()
    text = s.words(4000)


class WatchTold(Told):
    """A dossier watched."""

    id = s.text("row.id")
    number = s.text()
    reason = s.text("row.reason")


class WatchAsked(Asked):
    """A dossier to be watched, by its number."""

    number = s.words(60, 1)
    reason = s.words(1000, 1)


@reads("/journal", Action.JOURNAL_READ, "journal", EntryTold, listed=True, query=WantedEntries)
def list_journal(call: Call) -> Listed:
    """The newest entries that fit; the look is an entry itself."""
    asked = call.query
    parts = (asked[name] for name in ("actor_id", "verb", "outcome", "object_id", "since", "until"))
    found = review.entries(call.uow, house(), call.who, review.wanted(*parts), call.size, call.offset, call.now)
    return Listed(found.entries, found.total)


@reads("/journal/verification", Action.JOURNAL_READ, "journal", VerdictTold, apart=True)
def verify_journal(call: Call) -> Any:
    """Computes the whole tree anew and says what was found."""
    return review.verify_now(house(), call.who, call.now)


def _line(line: Any) -> dict[str, Any]:
    return {"item": line.item, "person": line.person, "rule_names": [each.rule for each in line.signals]}


@reads("/reviews", Action.REVIEW_CASE, "journal", ReviewTold, listed=True, query=WantedReviews)
def list_reviews(call: Call) -> Listed:
    """Cases to be reviewed, the highest score first."""
    asked = call.query
    wanted = QueueFilter(state=asked["state"], account_id=asked["account_id"], rule=asked["rule"])
    found = review_cases.queue(call.uow, call.who, wanted, call.size, call.offset, call.now)
    return Listed([_line(each) for each in found.lines], found.total)


@reads(CASE, Action.REVIEW_CASE, "journal", ReviewTold)
def get_review(call: Call, item_id: str) -> Any:
    """One case."""
    return _line(review_cases.open_case(call.uow, call.who, item_id, call.now).line)


@posts(CASE + "/notes", Action.REVIEW_CASE, "journal", NoteAsked, of="get_review")
def note_review(call: Call, item_id: str) -> None:
    """Adds a note, a question or an answer."""
    review_cases.add_note(call.uow, call.who, item_id, call.body["kind"], call.body["text"], call.now)


@posts(CASE + "/outcome", Action.REVIEW_CASE, "journal", OutcomeAsked, match=TAG, of="get_review")
def decide_review(call: Call, item_id: str) -> None:
    """Says how a case ended."""
    review_cases.decide(call.uow, call.who, item_id, call.body["outcome"], call.body["grounds"], call.now)


@posts(CASE + "/signature", Action.REVIEW_CASE, "journal", SignAsked, match=TAG, of="get_review")
def sign_review(call: Call, item_id: str) -> None:
    """The second signature, or back."""
    review_cases.sign(call.uow, call.who, item_id, call.body["agreed"], call.body["text"], call.now)


@reads("/watches", Action.WATCH_KEEP, "journal", WatchTold, listed=True)
def list_watches(call: Call) -> Listed:
    """The dossiers watched."""
    rows = review_rules.watches(call.uow, call.who, call.now)
    told = [{"row": row, "number": number} for row, number in rows]
    return Listed(told[call.offset : call.offset + call.size], len(told))


@posts("/watches", Action.WATCH_KEEP, "journal", WatchAsked)
def add_watch(call: Call) -> None:
    """Puts a dossier on the list."""
    review_rules.watch(call.uow, call.who, call.body["number"], call.body["reason"], call.now)


@posts("/watches/<watch_id>/end", Action.WATCH_KEEP, "journal")
def end_watch(call: Call, watch_id: str) -> None:
    """Takes a dossier off the list."""
    review_rules.unwatch(call.uow, call.who, watch_id, call.now)
