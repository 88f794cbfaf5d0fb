"""From papers into the record: what papers say beyond it, taken in by one press; taken out again the same day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.domain.access import Action, Principal, visibility
from oms.domain.consistency import alike, near, sign_of
from oms.domain.dated_rows import Catalogue
from oms.domain.journal import Verb
from oms.domain.record_facts import NewFact, Source, line_of
from oms.domain.record_items import ITEMS
from oms.domain.records import HANOI
from oms.errors import InvalidInput, Refused
from oms.services import catalogues, change_items, custody, record, record_papers
from oms.services.house import What, require
from oms.services.record import RecordFact
from oms.services.record_papers import PaperValue
from oms.services.shelf import require_held
from oms.store import dossiers, facts, people
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.record_tables import FactRow
from oms.store.tables import Opening


class Standing(StrEnum):
    """How a value on a paper stands to the record: not in it, in it already, or against it."""

    NEW = "new"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Offer:
    """A value on a paper beside the record. ``ticked``: of a new item, what its newest paper says."""

    value: PaperValue
    standing: Standing
    ticked: bool = False
    against: RecordFact | None = None

    @property
    def text(self) -> str:
        """The value as an office writes it."""
        return line_of(self.value.item, self.value.values)


@dataclass(frozen=True)
class TakingView:
    """Everything the papers offer to one record, and what is left out of it."""

    row: DossierRow
    opening: Opening
    offers: tuple[Offer, ...]
    contents: Mapping[str, custody.ContentsLine]
    names: Mapping[str, str]
    masked: int
    doubtful: int

    def standing(self, wanted: str) -> list[Offer]:
        """The offers of one standing."""
        return [offer for offer in self.offers if offer.standing == wanted]


def offers(values: Sequence[PaperValue], held: Sequence[RecordFact], catalogue: Catalogue) -> list[Offer]:
    """Each value on papers beside the record; of rows and values said by several papers the newest stands for all."""
    singles = {fact.item.key: fact for fact in held if not fact.item.is_table}
    rows = _Rows(held)
    found: list[Offer] = []
    earlier: dict[str, list[PaperValue]] = {}
    for value in values:
        if ITEMS[value.item].is_table:
            offer = rows.offer(value)
        else:
            before = earlier.setdefault(value.item, [])
            offer = _single_offer(value, before, singles.get(value.item), catalogue)
            before += [value] if offer else []
        if offer is not None:
            found.append(offer)
    return found


class _Rows:
    """The rows a record has, and those of papers looked at so far: each row of a paper is offered once."""

    def __init__(self, held: Sequence[RecordFact]) -> None:
        self._held = [(sign_of(fact.item.key, fact.values), fact) for fact in held if fact.item.is_table]
        self._keys = {sign.key: fact for sign, fact in self._held}
        self._offered: set[tuple[str, str, str]] = set()
        self._newest: dict[str, str] = {}

    def offer(self, value: PaperValue) -> Offer | None:
        """The row beside the record; None when a newer paper has offered it already."""
        sign = sign_of(value.item, value.values)
        newest = self._newest.setdefault(value.item, value.document.id)
        if sign.key in self._keys:
            return Offer(value, Standing.SAME, against=self._keys[sign.key])
        like = next((fact for other, fact in self._held if near(sign, other)), None)
        if like is not None:
            return Offer(value, Standing.DIFFERENT, against=like)
        if sign.key in self._offered:
            return None
        self._offered.add(sign.key)
        return Offer(value, Standing.NEW, ticked=value.document.id == newest)


def _single_offer(
    value: PaperValue, earlier: Sequence[PaperValue], held: RecordFact | None, catalogue: Catalogue
) -> Offer | None:
    said = value.values["value"]
    if held is not None:
        same = alike(value.item, held.values["value"], said, catalogue)
        return Offer(value, Standing.SAME if same else Standing.DIFFERENT, against=held)
    if any(alike(value.item, other.values["value"], said, catalogue) for other in earlier):
        return None
    return Offer(value, Standing.NEW, ticked=not earlier)


def _looked(uow: UnitOfWork, principal: Principal, dossier_id: str, verb: Verb, now: datetime) -> TakingView:
    row, opening = custody.opened(uow, principal, dossier_id, verb, now)
    target = custody.target_of(row)
    require(principal, Action.RECORD_CHANGE, verb, target, kind="dossier", object_id=dossier_id)
    view = visibility(principal, Action.DOSSIER_READ)
    listed = dossiers.contents(uow.session, view, dossier_id)
    said = record_papers.read(uow, principal, listed)
    held = [fact for fact in record.facts_of(uow, principal, dossier_id) if not fact.masked]
    found = offers(said.values, held, catalogues.load(uow))
    hands = {offer.value.vouched_by for offer in found}
    lines = {line.document.id: line for line in custody.contents_lines(uow, listed)}
    names = people.names_of(uow.session, hands)
    return TakingView(row, opening, tuple(found), lines, names, said.masked, said.doubtful)


def look(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> TakingView:
    """What the papers of a dossier offer to its record, under a running opening; journalled as a reading."""
    view = _looked(uow, principal, dossier_id, Verb.CADRE_OPEN, now)
    what, target = What("dossier", dossier_id, view.row.dossier.number), custody.target_of(view.row)
    more = {"offered": len(view.offers)}
    custody.note_under(uow, principal, Verb.CADRE_OPEN, view.opening, now, what, target, more)
    return view


def take(
    uow: UnitOfWork, principal: Principal, dossier_id: str, chosen: Sequence[str], now: datetime
) -> tuple[str, ...]:
    """Takes the chosen new values into the record; returns the new facts' ids. What is in it already is left out.

    A value somebody else vouched for at the desk has its second person in the taker; the taker's own waits for one.
    InvalidInput when nothing is chosen, or two values for an item that has one.
    """
    view = _looked(uow, principal, dossier_id, Verb.RECORD_TAKE, now)
    require_held(view.row)
    if not chosen:
        raise InvalidInput("chosen", "Hãy chọn ít nhất một giá trị.")
    wanted = [offer.value for offer in view.standing(Standing.NEW) if offer.value.key in set(chosen)]
    _one_each(wanted)
    by_other = [value for value in wanted if value.vouched_by not in ("", principal.account_id)]
    own = [value for value in wanted if value.vouched_by in ("", principal.account_id)]
    dossier = view.row.dossier
    taken: list[str] = []
    for values, second in ((by_other, principal.account_id), (own, None)):
        if values:
            keeping = record.Keeping(principal.account_id, now, second)
            taken += record.keep(uow, [(dossier, [_fact(value) for value in values])], keeping)[0]
    what, target = What("dossier", dossier_id, dossier.number), custody.target_of(view.row)
    documents = sorted({value.document.id for value in wanted})
    more = {"facts": len(taken), "documents": documents, "confirmed": len(by_other)}
    custody.note_under(uow, principal, Verb.RECORD_TAKE, view.opening, now, what, target, more)
    return tuple(taken)


def draft(uow: UnitOfWork, principal: Principal, dossier_id: str, chosen: Sequence[str], now: datetime) -> str:
    """Begins a change with the chosen values that differ from the record; the draft's id. Nothing is changed yet.

    InvalidInput when none is chosen, or two values for an item that has one.
    """
    view = _looked(uow, principal, dossier_id, Verb.CHANGE_CREATE, now)
    against = [offer.value for offer in view.standing(Standing.DIFFERENT) if not ITEMS[offer.value.item].is_table]
    wanted = [value for value in against if value.key in set(chosen)]
    if not wanted:
        raise InvalidInput("differing", "Hãy chọn ít nhất một giá trị khác lý lịch.")
    _one_each(wanted, "differing")
    proposed = [(value.item, value.values, _source(value)) for value in wanted]
    return change_items.draft_from_values(uow, principal, dossier_id, proposed, now)


def _one_each(wanted: Iterable[PaperValue], name: str = "chosen") -> None:
    seen = set()
    for value in wanted:
        if value.item in seen and not ITEMS[value.item].is_table:
            raise InvalidInput(name, f"“{ITEMS[value.item].label}” chỉ nhận một giá trị: hãy bỏ bớt lựa chọn.")
        seen.add(value.item)


def _source(value: PaperValue) -> Source:
    place = value.first
    return Source("document", value.document.id, place.page_id, place.box)


def _fact(value: PaperValue) -> NewFact:
    document = value.document
    return NewFact(
        value.item,
        value.values,
        _source(value),
        raw=value.raw,
        starts=value.starts,
        secrecy=document.secrecy,
        compartment=document.compartment,
        entered_by=value.vouched_by,
    )


def taker_of(fact: FactRow) -> str:
    """Who may take a fact out again: the one who took it from a paper, while no other has confirmed it since."""
    if fact.source != "document" or fact.change_id or fact.ended_at:
        return ""
    if fact.confirmed_by:
        return fact.confirmed_by if fact.confirmed_at == fact.entered_at else ""
    return fact.entered_by


def may_take_out(fact: FactRow, principal: Principal, now: datetime) -> bool:
    """Whether this person may still take it out: their own taking, of today."""
    today = now.astimezone(HANOI).date()
    return taker_of(fact) == principal.account_id and fact.entered_at.astimezone(HANOI).date() == today


def take_out(uow: UnitOfWork, principal: Principal, fact_id: str, now: datetime) -> str:
    """Ends a fact its taker took today by mistake; returns the dossier's id. It stays in the history.

    Refused: missing, hidden, masked or not opened. InvalidInput when it has become somebody else's business.
    """
    fact = facts.find(uow.session, visibility(principal, Action.DOSSIER_READ), fact_id)
    if fact is None or record.shown_to(principal, [fact])[0].masked:
        raise Refused(Verb.RECORD_TAKE, kind="fact", object_id=fact_id, reason="missing or not visible")
    try:
        row, opening = custody.opened(uow, principal, fact.dossier_id, Verb.RECORD_TAKE, now)
        require(principal, Action.RECORD_CHANGE, Verb.RECORD_TAKE, custody.target_of(row))
    except Refused as refusal:
        raise Refused(Verb.RECORD_TAKE, kind="fact", object_id=fact_id, reason=refusal.reason) from None
    if not may_take_out(fact, principal, now) or facts.spoken_of(uow.session, fact_id):
        words = "Chỉ người đưa vào, trong ngày, khi chưa có phiếu thay đổi nào nhắc đến, mới rút ra được."
        raise InvalidInput("fact", f"{words} Hãy lập phiếu thay đổi.")
    what, target = What("fact", fact_id), custody.target_of(row)
    custody.note_under(uow, principal, Verb.RECORD_TAKE, opening, now, what, target, {"taken_out": 1})
    record.end(uow, row.dossier, fact, record.Keeping(principal.account_id, now))
    return fact.dossier_id


def dossier_of(uow: UnitOfWork, principal: Principal, fact_id: str) -> str:
    """The dossier a visible fact belongs to. Refused when there is none."""
    fact = facts.find(uow.session, visibility(principal, Action.DOSSIER_READ), fact_id)
    if fact is None:
        raise Refused(Verb.RECORD_TAKE, kind="fact", object_id=fact_id, reason="missing or not visible")
    return fact.dossier_id
