"""The desk of links: pairs of records that may be one person's, as a reader may see them. Deciding is ``link_decide``.

Whoever sees both sides sees what is compared and what it weighs. Whoever sees one is told of the other only whether a
field agrees, differs or is missing, and only where everybody may learn of that dossier; else the pair is not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linkage.normalise import name_of
from oms.domain.access import Action, Principal, Target, Visibility, visibility
from oms.domain.fields import shown
from oms.domain.journal import Verb
from oms.domain.links import Band, PairState, Sides, Standing
from oms.errors import Refused
from oms.services import custody, linking
from oms.services.house import Served, What, Why, note, require_role
from oms.services.linking_record import SOURCE_ITEM, said_with_facts
from oms.services.zones import require_zone
from oms.store import links as store
from oms.store import people
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow as DossierRow
from oms.store.link_tables import LinkCandidate, LinkDecision
from oms.store.links import PairFilter, PairRow
from oms.store.record_tables import FactRow
from oms.store.tables import Document
from oms.store.tables import Page as Page

COMPARED: Mapping[str, tuple[str, ...]] = {
    "name": ("full_name", "other_name"),
    "birth": ("birth_date",),
    "sex": ("sex",),
    "birth_place": ("birth_place",),
    "home_place": ("home_place",),
    "parents": ("father_name", "mother_name"),
    "spouse": ("spouse_name",),
    "joined": ("party_joined",),
    "citizen_id": ("citizen_id",),
    "old_id": ("old_id",),
    "staff_code": ("staff_code",),
    "party_card": ("party_card",),
    "work_unit": ("work_unit",),
}
"""What each comparison reads of a record."""
TABS: Mapping[str, PairFilter] = {
    "can-xem": PairFilter((PairState.OPEN, PairState.HALF), whole=True),
    "de-xuat": PairFilter((PairState.OPEN,), (Band.AUTO,), whole=True),
    "can-doi-chieu": PairFilter((PairState.OPEN, PairState.HALF), (Band.REVIEW,), whole=True),
    "mot-ben": PairFilter((PairState.OPEN, PairState.HALF), whole=False),
    "da-lien-ket": PairFilter((PairState.LINKED,)),
    "da-bac": PairFilter((PairState.REJECTED,)),
}
"""The lists of the desk; the first is what is worked through."""
FIRST_TAB = "can-xem"


def target_of(row: DossierRow) -> Target:
    """A side as the access rule sees it."""
    return custody.target_of(row)


@dataclass(frozen=True)
class Words:
    """What one side says of one field, with the fact (and so the paper) that says it."""

    text: str
    fact: FactRow | None


@dataclass(frozen=True)
class FieldLine:
    """One comparison: how it came out, what it weighs (None where a side is not seen), what each side says."""

    field: str
    verdict: str
    bits: float | None
    left: tuple[Words, ...]
    right: tuple[Words, ...]


@dataclass(frozen=True)
class PairLine:
    """A pair in the list: the sides that are seen, and for a pair seen whole its band and weight."""

    row: PairRow
    left: DossierRow | None
    right: DossierRow | None

    @property
    def seen(self) -> tuple[DossierRow, ...]:
        return tuple(side for side in (self.left, self.right) if side is not None)

    @property
    def band(self) -> str | None:
        return None if self.row.masked else self.row.pair.band

    @property
    def weight(self) -> float | None:
        return None if self.row.masked else self.row.pair.weight


@dataclass(frozen=True)
class Queue:
    """A page of a list of the desk, with the counts of all lists."""

    lines: Sequence[PairLine]
    total: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class PastDecision:
    """A decision as it is shown: who, unless they acted for a side that is not seen."""

    row: LinkDecision
    by: str
    reason: str


@dataclass(frozen=True)
class PairView:
    """A pair opened: both columns line by line, what was decided, where one goes next."""

    line: PairLine
    fields: Sequence[FieldLine]
    standing: Standing
    past: Sequence[PastDecision]
    following: str | None
    preceding: str | None
    pages: Mapping[str, Page]
    seen: str
    """Stands for what is shown here: a press from this page is held against it."""
    person: str
    """The dossier by which the person's own page is asked for; \"\" where there is none to show."""

    @property
    def pair(self) -> LinkCandidate:
        return self.line.row.pair

    @property
    def masked(self) -> bool:
        return self.line.row.masked


def lines(uow: UnitOfWork, principal: Principal, rows: Sequence[PairRow]) -> list[PairLine]:
    """Pairs with the dossiers of the sides that are seen."""
    view = visibility(principal, Action.LINK_REVIEW)
    ids = {end for row in rows for end in (row.pair.left_dossier_id, row.pair.right_dossier_id)}
    seen = store.dossiers_seen(uow.session, view, ids)
    return [PairLine(row, seen.get(row.pair.left_dossier_id), seen.get(row.pair.right_dossier_id)) for row in rows]


def _counts(found: Mapping[tuple[str, str, bool], int]) -> dict[str, int]:
    numbers = {}
    for tab, wanted in TABS.items():
        fits = (
            number
            for (state, band, whole), number in found.items()
            if state in wanted.states and (not wanted.bands or band in wanted.bands) and wanted.whole in (None, whole)
        )
        numbers[tab] = sum(fits)
    return numbers


def queue(uow: UnitOfWork, principal: Principal, tab: str, limit: int, offset: int, now: datetime) -> Queue:
    """A page of a list; the row says which list and how many, and names the records shown."""
    require_role(principal, Action.LINK_REVIEW, Verb.LINK_LIST)
    view = visibility(principal, Action.LINK_REVIEW)
    counts = _counts(store.counts(uow.session, view))
    rows, total = store.listed(uow.session, view, TABS[tab], limit, offset), counts[tab]
    shown_lines = lines(uow, principal, rows)
    named = sorted({side.dossier.id for line in shown_lines for side in line.seen})
    detail = {"list": tab, "shown": len(shown_lines), "total": total, "dossiers": named}
    secrecy = max((side.dossier.secrecy for line in shown_lines for side in line.seen), default=0)
    note(uow, principal, Verb.LINK_LIST, now, target=Target(principal.unit_path, secrecy), detail=detail)
    return Queue(shown_lines, total, counts)


def waiting(uow: UnitOfWork, principal: Principal) -> int:
    """How many pairs wait for this person, for the first page: a number alone."""
    found = store.counts(uow.session, visibility(principal, Action.LINK_REVIEW))
    return _counts(found)[FIRST_TAB]


def linked(uow: UnitOfWork, principal: Principal) -> int:
    """How many pairs this person sees are linked: a number alone."""
    return _counts(store.counts(uow.session, visibility(principal, Action.LINK_REVIEW)))["da-lien-ket"]


def following(uow: UnitOfWork, principal: Principal, pair_id: str, tab: str) -> str | None:
    """The pair that comes behind this one in a list, else the first one there; None when there is no other."""
    view = visibility(principal, Action.LINK_REVIEW)
    row = store.find(uow.session, view, pair_id)
    if row is None:
        return None
    behind = store.next_after(uow.session, view, TABS[tab], row)
    if behind is not None:
        return behind
    rows = store.listed(uow.session, view, TABS[tab], 2, 0)
    return next((each.pair.id for each in rows if each.pair.id != pair_id), None)


def reached(uow: UnitOfWork, principal: Principal, pair_id: str, verb: Verb) -> PairRow:
    """The pair, if it is there for this person; Refused with the answer of a missing one otherwise."""
    row = store.find(uow.session, visibility(principal, Action.LINK_REVIEW), pair_id)
    if row is None:
        raise Refused(verb, kind="link", object_id=pair_id, reason="missing or not visible")
    return row


def note_sides(
    uow: UnitOfWork,
    principal: Principal,
    verb: Verb,
    line: PairLine,
    now: datetime,
    detail: Mapping[str, object],
    why: Why | None = None,
) -> None:
    """A row for each side that is seen, under that dossier: nothing in it tells of the other."""
    more = {"masked": line.row.masked, **detail}
    for side in line.seen:
        what = What("dossier", side.dossier.id, side.dossier.number)
        about = {"link": line.row.pair.id, **more}
        note(uow, principal, verb, now, what=what, target=target_of(side), detail=about, why=why)


def _column(uow: UnitOfWork, side: DossierRow | None, principal: Principal) -> dict[str, Words]:
    if side is None:
        return {}
    known = store.known_seen(uow.session, visibility(principal, Action.LINK_REVIEW), side)
    found = {}
    for name, (text, fact) in said_with_facts(known).items():
        if name == "other_name" and name_of(text).whole is None:
            continue  # "Không" says that there is no other name
        item = SOURCE_ITEM.get(name, name)
        found[name] = Words(text if item == "family" else shown(item, text), fact)
    return found


def _simple(verdict: str, bits: float) -> str:
    """What a reader of one side is told: what nearly agrees agrees where it speaks for one person, else it differs."""
    if verdict == "near":
        return "agree" if bits > 0 else "differ"
    return verdict


def compared(line: PairLine, left: Mapping[str, Words], right: Mapping[str, Words]) -> list[FieldLine]:
    """The comparison line by line; of a pair seen by half neither weights nor what the other side says."""
    found = []
    for field, verdict, bits in json.loads(line.row.pair.evidence)["lines"]:
        names = COMPARED.get(field, ())
        masked = line.row.masked
        found.append(
            FieldLine(
                field,
                _simple(verdict, bits) if masked else verdict,
                None if masked else bits,
                tuple(left[name] for name in names if name in left),
                tuple(right[name] for name in names if name in right),
            )
        )
    return found


def _stands_for(fields: Sequence[FieldLine]) -> str:
    """A hash of verdicts and words as shown: it tells a reader nothing that does not stand beside it."""
    told = [[each.verdict, *([words.text for words in side] for side in (each.left, each.right))] for each in fields]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:32]


def seen_of(uow: UnitOfWork, principal: Principal, line: PairLine) -> str:
    """What stands for the pair as it would be shown now."""
    left, right = (_column(uow, side, principal) for side in (line.left, line.right))
    return _stands_for(compared(line, left, right))


def _past(uow: UnitOfWork, rows: Sequence[LinkDecision], row: PairRow) -> list[PastDecision]:
    names = people.names_of(uow.session, {each.by for each in rows})
    found = []
    for each in rows:
        mine = not row.masked or Sides(each.sides) is row.sides
        found.append(PastDecision(each, names.get(each.by, "") if mine else "", each.reason if mine else ""))
    return found


def open_pair(uow: UnitOfWork, principal: Principal, pair_id: str, tab: str, now: datetime) -> PairView:
    """A pair with what is compared of the sides that are seen; each of these gets its row in the journal."""
    row = reached(uow, principal, pair_id, Verb.LINK_OPEN)
    (line,) = lines(uow, principal, [row])
    for side in line.seen:
        require_zone(uow, side.dossier.secrecy)
    note_sides(uow, principal, Verb.LINK_OPEN, line, now, {})
    view = visibility(principal, Action.LINK_REVIEW)
    left, right = (_column(uow, side, principal) for side in (line.left, line.right))
    decided = store.decisions_of(uow.session, [pair_id])[pair_id]
    fields = compared(line, left, right)
    papers = [words.fact for words in (*left.values(), *right.values()) if words.fact is not None]
    pages = store.pages_seen(uow.session, view, [fact for fact in papers if fact.page_id])
    return PairView(
        line,
        fields,
        linking.standing_of(decided, row.pair.digest),
        _past(uow, decided, row),
        store.next_after(uow.session, view, TABS[tab], row),
        store.before(uow.session, view, TABS[tab], row),
        pages,
        _stands_for(fields),
        _person(uow, view, line),
    )


def _person(uow: UnitOfWork, view: Visibility, line: PairLine) -> str:
    if line.left is None or line.right is None:
        return ""
    dossier_id = line.left.dossier.id
    return dossier_id if len(store.same_person(uow.session, view, dossier_id)) > 1 else ""


def of_dossier(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> list[PairLine]:
    """The pairs of one dossier that this person may see, for its own page; the row names the sides shown."""
    view = visibility(principal, Action.LINK_REVIEW)
    every = tuple(PairState)
    rows = store.listed(uow.session, view, PairFilter(every, dossier_id=dossier_id), 50, 0)
    found = lines(uow, principal, rows)
    for line in found:
        note_sides(uow, principal, Verb.LINK_LIST, line, now, {"list": "dossier"})
    return found


def page_image(uow: UnitOfWork, principal: Principal, pair_id: str, page_id: str, now: datetime) -> bytes:
    """A page that shows what is compared, of a side that is seen, after its row. Refused for any other page."""
    row = reached(uow, principal, pair_id, Verb.PAGE_VIEW)
    (line,) = lines(uow, principal, [row])
    sides = {side.dossier.id: side for side in line.seen}
    facts = [
        words.fact
        for side in line.seen
        for words in _column(uow, side, principal).values()
        if words.fact is not None and words.fact.page_id == page_id
    ]
    found = store.pages_seen(uow.session, visibility(principal, Action.LINK_REVIEW), facts)
    page = found.get(page_id)
    if page is None or not page.image_sha or page.document_id is None:
        raise Refused(Verb.PAGE_VIEW, kind="page", object_id=page_id, reason="not a page of this pair")
    document, side = uow.session.get_one(Document, page.document_id), sides[facts[0].dossier_id]
    require_zone(uow, document.secrecy, "document")
    target = Target(side.unit.path, document.secrecy, document.compartment)
    what = What("page", page_id, f"{side.dossier.number}/{custody.label_of(document)}/{page.position}")
    image = uow.vault.read(page.image_sha)
    detail = {"dossier": side.dossier.id, "link": pair_id}
    note(uow, principal, Verb.PAGE_VIEW, now, target=target, what=what, detail=detail, served=Served(1, len(image)))
    return image
