"""Items of a draft: what is to be added, replaced or ended, typed with its source; and drafts made by other desks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oms.domain.access import Action, Principal, may_read_field, visibility
from oms.domain.changes import Act
from oms.domain.fields import PROBLEMS, kind_of, shown, squashed
from oms.domain.journal import Verb
from oms.domain.record_facts import NewFact, Source, cell_key, checked
from oms.domain.record_items import ITEMS
from oms.errors import InvalidInput, Refused
from oms.services import changes
from oms.services.changes import About, own_draft, saved
from oms.services.custody import opened
from oms.services.record import RecordFact, shown_to
from oms.store import changes as store
from oms.store import dossiers, facts, papers
from oms.store.changes import ChangeRow
from oms.store.db import UnitOfWork
from oms.store.record_tables import ChangeItem, FactRow, Supplement
from oms.store.tables import Document, Page
from vietnamese.dates import parse_date

MOST_ITEMS = 60


class WrongItem(InvalidInput):
    """What was typed for an item cannot be taken: each field with its reason."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        first = next(iter(problems))
        super().__init__(first, problems[first])
        self.problems = dict(problems)


@dataclass(frozen=True)
class Typed:
    """An item as typed. ``fact_id`` is the fact it replaces or ends; ``page`` the number of the paper's page."""

    item: str
    act: str
    values: Mapping[str, str] = field(default_factory=dict)
    fact_id: str = ""
    starts: str = ""
    document_id: str = ""
    page: str = ""
    box: str = ""
    source_words: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Checked:
    values: Mapping[str, str]
    fact: FactRow | None
    starts: str
    document: Document | None
    page: Page | None


def put_item(
    uow: UnitOfWork, principal: Principal, change_id: str, version: int, typed: Typed, now: datetime, item_id: str = ""
) -> ChangeItem:
    """Adds an item to one's draft, or writes one of its items anew. WrongItem tells what cannot be taken."""
    row = own_draft(uow, principal, change_id, version, Verb.CHANGE_SAVE, now)
    held = store.items_of(uow.session, change_id)
    item = next((each for each in held if each.id == item_id), None)
    if item_id and item is None:
        raise Refused(Verb.CHANGE_SAVE, kind="change", object_id=change_id, reason="no such item in this change")
    if item is None and len(held) >= MOST_ITEMS:
        raise InvalidInput("item", f"Một phiếu có nhiều nhất {MOST_ITEMS} mục: hãy lập thêm phiếu.")
    found = _checked(uow, principal, row, typed)
    if found.fact is not None and any(each.fact_id == found.fact.id for each in held if each is not item):
        raise InvalidInput("item", "Phiếu này đã có một mục sửa giá trị đó.")
    if item is None:
        position = max((each.position for each in held), default=0) + 1
        item = ChangeItem(change_id=change_id, position=position, item=typed.item, act=typed.act)
        uow.session.add(item)
    _write(item, typed, found, principal)
    uow.session.flush()
    changes.level(uow, row)
    saved(uow, principal, row, now, {"act": "item", "item": typed.item})
    return item


def _write(item: ChangeItem, typed: Typed, found: _Checked, principal: Principal) -> None:
    item.item, item.act = typed.item, typed.act
    item.fact_id = found.fact.id if found.fact else None
    item.body = json.dumps(dict(found.values), ensure_ascii=False, sort_keys=True)
    raw = {name: squashed(text) for name, text in typed.values.items() if text.strip()}
    item.raw = json.dumps(raw if found.values else {}, ensure_ascii=False, sort_keys=True)
    item.starts = found.starts
    item.document_id = found.document.id if found.document else None
    item.page_id = found.page.id if found.page else None
    item.box = typed.box if found.page else ""
    item.source_words = squashed(typed.source_words)[:300]
    item.reason = squashed(typed.reason)[:2000]
    item.typed_by = principal.account_id


def _checked(uow: UnitOfWork, principal: Principal, row: ChangeRow, typed: Typed) -> _Checked:
    problems: dict[str, str] = {}
    if typed.item not in ITEMS or typed.act not in list(Act):
        raise WrongItem({"item": "Hãy chọn mục của lý lịch và việc cần làm."})
    if not may_read_field(principal, ITEMS[typed.item].sensitive):
        raise WrongItem({"item": "Anh/chị không được xem nhóm thông tin này nên không lập được thay đổi."})
    _allowed(uow, row, typed.item)
    fact = _fact(uow, principal, row, typed)
    values = _values(typed, problems)
    starts = _starts(typed, problems)
    document, page = _source(uow, principal, row, typed, problems)
    if typed.act == Act.END and len(squashed(typed.reason)) < 5:
        problems["reason"] = "Hãy ghi lý do kết thúc, ít nhất 5 ký tự."
    if problems:
        raise WrongItem(problems)
    return _Checked(values, fact, starts, document, page)


def _allowed(uow: UnitOfWork, row: ChangeRow, item: str) -> None:
    if row.change.supplement_id is None:
        return
    period = uow.session.get_one(Supplement, row.change.supplement_id)
    if item not in allowed_items(period):
        raise WrongItem({"item": "Đợt bổ sung này không gồm mục đó."})


def _fact(uow: UnitOfWork, principal: Principal, row: ChangeRow, typed: Typed) -> FactRow | None:
    if typed.act == Act.ADD:
        return None
    view = visibility(principal, Action.RECORD_DECIDE)
    fact = facts.find(uow.session, view, typed.fact_id)
    if fact is None or fact.dossier_id != row.dossier.id or fact.item != typed.item:
        raise WrongItem({"item": "Hãy chọn giá trị đang có cần thay hoặc kết thúc."})
    if fact.ended_at is not None:
        raise WrongItem({"item": "Giá trị này vừa được thay hoặc kết thúc: hãy tải lại trang."})
    return fact


def _values(typed: Typed, problems: dict[str, str]) -> dict[str, str]:
    if typed.act == Act.END:
        return {}
    values, wrong = checked(typed.item, typed.values)
    for column in wrong:
        problems[f"value.{column}"] = PROBLEMS[kind_of(cell_key(typed.item, column))]
    if not values and not wrong:
        known = ITEMS[typed.item]
        first = known.columns[0].key if known.columns else "value"
        problems[f"value.{first}"] = "Hãy nhập giá trị."
    return values


def _starts(typed: Typed, problems: dict[str, str]) -> str:
    if not typed.starts.strip():
        return ""
    day = parse_date(typed.starts)
    if day is None:
        problems["starts"] = "Ngày chưa đúng: hãy nhập như 05/08/2024, 08/2024 hoặc 2024."
    return day.iso() if day else ""


def _source(
    uow: UnitOfWork, principal: Principal, row: ChangeRow, typed: Typed, problems: dict[str, str]
) -> tuple[Document | None, Page | None]:
    if not typed.document_id:
        return None, None
    view = visibility(principal, Action.RECORD_DECIDE)
    document = store.filed_paper(uow.session, view, row.dossier.id, typed.document_id)
    if document is None:
        problems["document_id"] = "Tài liệu này không có trong hồ sơ."
        return None, None
    pages = papers.pages_of_document(uow.session, document.id)
    number = typed.page.strip() or "1"
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
    page = next((each for place, each in enumerate(pages, 1) if place == wanted), None)
    if page is None:
        problems["page"] = f"Tài liệu này có {len(pages)} trang: hãy nhập số trang trong khoảng đó."
    return document, page


def drop_item(uow: UnitOfWork, principal: Principal, change_id: str, version: int, item_id: str, now: datetime) -> None:
    """Takes an item out of one's draft."""
    row = own_draft(uow, principal, change_id, version, Verb.CHANGE_SAVE, now)
    item = next((each for each in store.items_of(uow.session, change_id) if each.id == item_id), None)
    if item is None:
        raise Refused(Verb.CHANGE_SAVE, kind="change", object_id=change_id, reason="no such item in this change")
    uow.session.delete(item)
    uow.session.flush()
    changes.level(uow, row)
    saved(uow, principal, row, now, {"act": "drop"})


@dataclass(frozen=True)
class Choices:
    """What an item's form chooses from: facts in force that may be read, and papers filed in the dossier."""

    facts: tuple[RecordFact, ...]
    papers: tuple[Document, ...]


def choices(uow: UnitOfWork, principal: Principal, row: ChangeRow) -> Choices:
    """Facts and papers a draft may be about; the caller has journalled the look, under a running opening."""
    view = visibility(principal, Action.RECORD_DECIDE)
    held = shown_to(principal, facts.in_force(uow.session, view, row.dossier.id))
    listed = dossiers.contents(uow.session, view, row.dossier.id)
    return Choices(tuple(held), tuple(listed))


def allowed_items(period: Supplement | None) -> tuple[str, ...]:
    """The items a supplement's change may touch; () when any may be."""
    return tuple(json.loads(period.items)) if period else ()


def typed_of(item: ChangeItem, values: Mapping[str, str], pages: Sequence[Page]) -> Typed:
    """An item of a draft as it was typed, for its form."""
    page = next((str(place) for place, each in enumerate(pages, 1) if each.id == item.page_id), "")
    return Typed(
        item.item,
        item.act,
        values,
        item.fact_id or "",
        shown("declared_on", item.starts),
        item.document_id or "",
        page,
        item.box,
        item.source_words,
        item.reason,
    )


def draft_from_values(
    uow: UnitOfWork,
    principal: Principal,
    dossier_id: str,
    proposed: Sequence[tuple[str, Mapping[str, str], Source]],
    now: datetime,
    title: str = "Giá trị khác nhau trên giấy tờ",
) -> str:
    """A draft with an item for each (item, values, source) found on papers; its id.

    A single item that is in force is replaced, anything else added. The values are taken as they are kept; nothing
    is submitted: whoever began it looks at it first.
    """
    row, _opening = opened(uow, principal, dossier_id, Verb.CHANGE_CREATE, now)
    change = changes.create(uow, principal, dossier_id, About(title), now)
    view = visibility(principal, Action.RECORD_DECIDE)
    held: dict[str, FactRow] = {}
    for fact in facts.in_force(uow.session, view, dossier_id):
        held[fact.item] = fact
    for position, (item, values, source) in enumerate(proposed, 1):
        old = None if ITEMS[item].is_table else held.pop(item, None)
        body = json.dumps(dict(values), ensure_ascii=False, sort_keys=True)
        uow.session.add(
            ChangeItem(
                change_id=change.id,
                position=position,
                item=item,
                act=Act.REPLACE if old else Act.ADD,
                fact_id=old.id if old else None,
                body=body,
                raw=body,
                document_id=source.document_id,
                page_id=source.page_id,
                box=source.box,
                source_words=source.words[:300],
                typed_by=principal.account_id,
            )
        )
    uow.session.flush()
    changes.level(uow, ChangeRow(change, row.dossier, row.cadre, row.unit))
    return change.id


def as_fact(item: ChangeItem, change_words: str, levels: tuple[int, str], starts: str) -> NewFact:
    """An approved item as the fact that is kept; ``levels`` are those of its paper and of the fact it replaces."""
    source = Source("declaration", words=item.source_words or change_words)
    if item.document_id:
        source = Source("document", item.document_id, item.page_id, item.box, item.source_words)
    return NewFact(
        item.item,
        json.loads(item.body),
        source,
        raw=json.loads(item.raw),
        starts=starts,
        secrecy=levels[0],
        compartment=levels[1],
        entered_by=item.typed_by or "",
    )
