"""Dossiers: registering a cadre, the contents list, and reading for a stated purpose. No journal row, no reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oms.domain.access import Action, Principal, Target, Visibility, may_read_field, visibility
from oms.domain.catalogue import COMPARTMENTS, MIN_PURPOSE_TEXT, PURPOSES, SECRECY_LABELS
from oms.domain.journal import Verb
from oms.domain.organisation import stands_on
from oms.domain.record_items import sensitive_group
from oms.domain.records import day_in_hanoi, page_span, serial_label
from oms.errors import InvalidInput, Refused
from oms.services import namesakes, record_seed
from oms.services.desk import DeskPage, page_words
from oms.services.house import NOTHING_SERVED, Served, What, Why, note, require, require_role
from oms.services.zones import require_zone
from oms.store import dossiers, keeping, papers, people, units
from oms.store.case_tables import Task
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierFilter, DossierRow
from oms.store.tables import Cadre, Document, Dossier, Opening, Page, Unit
from oms.store.tables import DocumentField as DocumentField
from vietnamese.dates import parse_date
from vietnamese.names import fold_name, title_name
from vietnamese.text import nfc


@dataclass(frozen=True)
class NewCadre:
    """A cadre to be registered with a first dossier; every value as typed."""

    full_name: str
    unit_id: int
    number: str
    birth_date: str = ""
    sex: str = ""
    other_names: str = ""
    citizen_id: str = ""
    old_id: str = ""
    position: str = ""
    home_place: str = ""
    secrecy: int = 0
    compartment: str = ""
    confirmed: bool = False
    """True when somebody has said that this is another person than the likely duplicates."""


def _checked_cadre(principal: Principal, new: NewCadre, now: datetime) -> Cadre:
    name = title_name(nfc(new.full_name))
    if not 2 <= len(name) <= 200:
        raise InvalidInput("full_name", "Hãy nhập họ và tên (2–200 ký tự).")
    birth = parse_date(new.birth_date) if new.birth_date.strip() else None
    if new.birth_date.strip() and birth is None:
        raise InvalidInput("birth_date", "Ngày sinh chưa đúng: hãy nhập như 05/08/1961, 08/1961 hoặc 1961.")
    if birth is not None:
        namesakes.check_age("birth_date", birth.iso(), now)
    for key, digits, words in (("citizen_id", 12, "Số căn cước"), ("old_id", 9, "Số CMND")):
        value = getattr(new, key).replace(" ", "")
        if value and not (value.isdecimal() and len(value) == digits):
            raise InvalidInput(key, f"{words} gồm đúng {digits} chữ số.")
    if new.sex not in ("", "Nam", "Nữ"):
        raise InvalidInput("sex", "Giới tính là Nam hoặc Nữ.")
    return Cadre(
        full_name=name,
        folded_name=fold_name(name),
        other_names=nfc(new.other_names).strip()[:300],
        sex=new.sex,
        birth_date=birth.iso() if birth else "",
        citizen_id=new.citizen_id.replace(" ", ""),
        old_id=new.old_id.replace(" ", ""),
        position=nfc(new.position).strip()[:300],
        home_place=nfc(new.home_place).strip()[:300],
        created_by=principal.account_id,
    )


def check_cadre(uow: UnitOfWork, principal: Principal, new: NewCadre, now: datetime) -> tuple[Unit, Cadre, str, Target]:
    """What :func:`create_cadre` would register, and all that it refuses; nothing is written but who was named."""
    unit = units.by_id(uow.session, new.unit_id)
    target = Target(unit.path if unit else "?", new.secrecy, new.compartment)
    require(principal, Action.CADRE_CREATE, Verb.CADRE_CREATE, target, kind="unit", object_id=str(new.unit_id))
    if unit is None or unit.block == "all":
        raise InvalidInput("unit_id", "Hãy chọn đơn vị quản lý hồ sơ thuộc một khối.")
    if not stands_on(unit.valid_from, unit.valid_to, day_in_hanoi(now)):
        raise InvalidInput("unit_id", "Đơn vị này đã kết thúc hoặc chưa hoạt động: hãy chọn đơn vị đang hoạt động.")
    if new.secrecy not in SECRECY_LABELS or (new.compartment and new.compartment not in COMPARTMENTS):
        raise InvalidInput("secrecy", "Độ mật hoặc khu vực hạn chế không có trong danh mục.")
    require_zone(uow, new.secrecy)
    number = " ".join(nfc(new.number).split())
    if not 1 <= len(number) <= 60:
        raise InvalidInput("number", "Hãy nhập số hồ sơ (tối đa 60 ký tự).")
    if keeping.number_taken(uow.session, unit.id, number):
        raise InvalidInput("number", "Đơn vị này đã có hồ sơ mang số đó.")
    cadre = _checked_cadre(principal, new, now)
    found = namesakes.find(uow, principal, unit, cadre)
    if found and not new.confirmed:
        namesakes.refuse(uow, principal, unit, found, now)
    return unit, cadre, number, target


def create_cadre(
    uow: UnitOfWork, principal: Principal, new: NewCadre, now: datetime, *, seeded: bool = True
) -> DossierRow:
    """Registers a cadre as this block knows them, with a first dossier. Never looks into other blocks, never merges.

    LikelyDuplicate (after its journal row, which the caller commits) when the block may know the person already.
    Not ``seeded``: whoever registers brings facts with a better source than the registration.
    """
    unit, cadre, number, target = check_cadre(uow, principal, new, now)
    cadre.created_at = now
    uow.session.add(cadre)
    uow.session.flush()
    dossier = Dossier(
        cadre_id=cadre.id,
        unit_id=unit.id,
        block=unit.block,
        number=number,
        secrecy=new.secrecy,
        compartment=new.compartment,
        created_by=principal.account_id,
        created_at=now,
    )
    uow.session.add(dossier)
    uow.session.flush()
    note(uow, principal, Verb.CADRE_CREATE, now, target=target, what=What("cadre", cadre.id))
    what = What("dossier", dossier.id, number)
    note(uow, principal, Verb.DOSSIER_CREATE, now, target=target, what=what)
    if seeded:
        record_seed.seed(uow, [(dossier, cadre)], principal.account_id, now)
    return DossierRow(dossier, cadre, unit)


def list_dossiers(
    uow: UnitOfWork,
    principal: Principal,
    name: str,
    unit_path: str,
    block: str,
    limit: int,
    offset: int,
    now: datetime,
    with_before: bool = False,
) -> tuple[list[DossierRow], int]:
    """Visible dossiers by name or dossier number; the row keeps what was asked and how many were shown.

    ``with_before``: those of the units that the unit took over as well.
    """
    require_role(principal, Action.CADRE_LIST, Verb.CADRE_LIST)
    before = units.with_predecessors(uow.session, unit_path, day_in_hanoi(now))[1:] if with_before and unit_path else []
    wanted = DossierFilter(fold_name(name)[:100], " ".join(nfc(name).split())[:60], unit_path, block, tuple(before))
    view = visibility(principal, Action.CADRE_LIST)
    found, total = dossiers.list_dossiers(uow.session, view, wanted, limit, offset)
    detail = {"asked": name[:100], "unit": unit_path, "block": block, "shown": len(found), "total": total}
    if before:
        detail["units_before"] = len(before)
    note(uow, principal, Verb.CADRE_LIST, now, detail=detail)
    return found, total


def _dossier(uow: UnitOfWork, principal: Principal, dossier_id: str, verb: Verb) -> DossierRow:
    row = dossiers.find_dossier(uow.session, visibility(principal, Action.DOSSIER_READ), dossier_id)
    if row is None:
        raise Refused(verb, kind="dossier", object_id=dossier_id, reason="missing or not visible")
    return row


def target_of(row: DossierRow) -> Target:
    """The dossier as the access rule sees it."""
    return Target(row.unit.path, row.dossier.secrecy, row.dossier.compartment, row.dossier.id)


@dataclass(frozen=True)
class Gate:
    """What is shown before a purpose is given: which dossier it is, and the open tasks that may be cited."""

    row: DossierRow
    tasks: tuple[Task, ...]
    opening: Opening | None


def gate(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime, *, citing: bool = False) -> Gate:
    """The dossier's door: the opening that is still running, or (or when ``citing``) tasks to cite; journalled."""
    row = _dossier(uow, principal, dossier_id, Verb.DOSSIER_OPEN)
    opening = dossiers.live_opening(uow.session, principal.account_id, dossier_id, now, principal.token_id)
    if opening is None:
        # The door itself names the cadre, so reaching it is a row too.
        what = What("dossier", dossier_id, row.dossier.number)
        note(uow, principal, Verb.CADRE_LIST, now, what=what, target=target_of(row), detail={"shown": 1, "total": 1})
    if opening is not None and not citing:
        return Gate(row, (), opening)
    view = visibility(principal, Action.DOSSIER_READ)
    tasks = dossiers.tasks(uow.session, view, open_only=True, persons=principal.persons)
    return Gate(row, tuple(task for task, _unit in tasks), opening)


def open_dossier(
    uow: UnitOfWork,
    principal: Principal,
    dossier_id: str,
    purpose: str,
    task_id: str,
    reason: str,
    minutes: int,
    now: datetime,
) -> Opening:
    """Opens a dossier for a purpose (a choice, an open task where there is one, and words); journalled.

    Refused: missing or not visible. InvalidInput: the purpose is not said well enough.
    """
    row = _dossier(uow, principal, dossier_id, Verb.DOSSIER_OPEN)
    if purpose not in PURPOSES:
        raise InvalidInput("purpose", "Hãy chọn mục đích.")
    task = dossiers.find_task(uow.session, visibility(principal, Action.DOSSIER_READ), task_id) if task_id else None
    if task_id and task is None:
        raise InvalidInput("task", "Công việc này đã đóng hoặc không có.")
    words = " ".join(nfc(reason).split())[:500]
    if len(words) < MIN_PURPOSE_TEXT:
        raise InvalidInput("reason", f"Hãy ghi rõ lý do, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    opening = Opening(
        account_id=principal.account_id,
        dossier_id=row.dossier.id,
        purpose=purpose,
        task_id=task.id if task else None,
        reason=words,
        at=now,
        until=now + timedelta(minutes=minutes),
        token_id=principal.token_id,
    )
    uow.session.add(opening)
    uow.session.flush()
    what = What("dossier", dossier_id, row.dossier.number)
    note_under(uow, principal, Verb.DOSSIER_OPEN, opening, now, what, target_of(row))
    return opening


def note_under(
    uow: UnitOfWork,
    principal: Principal,
    verb: Verb,
    opening: Opening,
    now: datetime,
    what: What,
    target: Target,
    more: Mapping[str, object] | None = None,
    served: Served = NOTHING_SERVED,
) -> None:
    """A row for something read under an opening: it repeats purpose, task and words, so that it stands alone."""
    task = uow.session.get(Task, opening.task_id) if opening.task_id else None
    why = Why(opening.reason, opening.purpose, task.number if task else "")
    detail = {"opening": opening.id, "dossier": opening.dossier_id, **(more or {})}
    note(uow, principal, verb, now, what=what, why=why, target=target, detail=detail, served=served)


@dataclass(frozen=True)
class ContentsLine:
    """One line of the contents list (mục lục): number, paper, its pages, which sheets they are."""

    document: Document
    pages: tuple[Page, ...]
    sheets: str


@dataclass(frozen=True)
class Fact:
    """A value read on a filed paper, with the place it stands; ``page_id`` and ``box`` open the paper there."""

    key: str
    field: DocumentField
    document: Document


@dataclass(frozen=True)
class Reader:
    """Who opened the dossier, when and what for."""

    name: str
    opening: Opening
    task: Task | None
    """The task cited, when it is in scope; ``opening.task_id`` tells that there is one."""


@dataclass(frozen=True)
class DossierView:
    """A dossier as read: contents, facts with their papers, readers, history of filing."""

    row: DossierRow
    opening: Opening
    contents: tuple[ContentsLine, ...]
    facts: tuple[Fact, ...]
    readers: tuple[Reader, ...]
    others: tuple[DossierRow, ...]
    filed_by: dict[str, str]
    masked: tuple[str, ...] = ()
    """Keys of values on papers that this reader lacks the permission for."""

    @property
    def page_count(self) -> int:
        return sum(line.document.page_count for line in self.contents)


class NotOpen(Refused):
    """Seen, but under no running opening: whoever wants to read goes to the door of ``dossier_id`` first."""

    dossier_id = ""


def _opening(uow: UnitOfWork, principal: Principal, dossier_id: str, verb: Verb, now: datetime) -> Opening:
    """The running opening, under a rule asked anew: a right taken away counts at once."""
    opening = dossiers.live_opening(uow.session, principal.account_id, dossier_id, now, principal.token_id)
    if opening is None:
        raise NotOpen(verb, kind="dossier", object_id=dossier_id, reason="no running opening")
    return opening


def read_dossier(
    uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime, door: Gate | None = None
) -> DossierView:
    """The dossier's contents and facts, under a running opening; every look is a row. ``door``: as just asked."""
    if door is None or door.opening is None:
        row, opening = opened(uow, principal, dossier_id, Verb.CADRE_OPEN, now)
    else:
        row, opening = door.row, door.opening
    view = visibility(principal, Action.DOSSIER_READ)
    listed = dossiers.contents(uow.session, view, dossier_id)
    contents = contents_lines(uow, listed)
    others = [
        other for other in dossiers.dossiers_of(uow.session, view, row.cadre.id) if other.dossier.id != dossier_id
    ]
    readers = _readers(uow, view, dossier_id)
    read = _facts(uow, listed)
    facts = tuple(fact for fact in read if may_read_field(principal, sensitive_group(fact.key)))
    masked = tuple(dict.fromkeys(fact.key for fact in read if not may_read_field(principal, sensitive_group(fact.key))))
    hands = {paper.filed_by for paper in listed if paper.filed_by} | {fact.field.by for fact in facts if fact.field.by}
    filed_by = people.names_of(uow.session, hands)
    what = What("dossier", dossier_id, row.dossier.number)
    note_under(uow, principal, Verb.CADRE_OPEN, opening, now, what, target_of(row))
    return DossierView(row, opening, tuple(contents), facts, tuple(readers), tuple(others), filed_by, masked)


def label_in_dossier(uow: UnitOfWork, document: Document) -> str:
    """How the journal names a filed paper: number of its dossier, number in its contents list."""
    dossier = uow.session.get(Dossier, document.dossier_id) if document.dossier_id else None
    return f"{dossier.number if dossier else '?'}/{label_of(document)}"


def opened(
    uow: UnitOfWork, principal: Principal, dossier_id: str, verb: Verb, now: datetime
) -> tuple[DossierRow, Opening]:
    """A dossier under a running opening. Refused when missing, hidden or not opened."""
    return _dossier(uow, principal, dossier_id, verb), _opening(uow, principal, dossier_id, verb, now)


def label_of(document: Document) -> str:
    """The number a paper bears in its dossier's contents list."""
    return serial_label(document.serial, document.secrecy, document.compartment)


def contents_lines(uow: UnitOfWork, listed: list[Document]) -> list[ContentsLine]:
    """The contents list's lines of some papers of one dossier."""
    pages: dict[str, list[Page]] = {}
    for page in dossiers.pages_of_dossier(uow.session, [document.id for document in listed]):
        pages.setdefault(str(page.document_id), []).append(page)
    lines, first = [], 1
    for document in listed:
        own = tuple(pages.get(document.id, []))
        lines.append(ContentsLine(document, own, page_span(first, len(own))))
        first += len(own)
    return lines


def _facts(uow: UnitOfWork, listed: list[Document]) -> list[Fact]:
    found = papers.newest_fields(uow.session, [document.id for document in listed])
    return [
        Fact(key, field, document)
        for document in listed
        for key, field in sorted(found.get(document.id, {}).items())
        if field.value
    ]


def _readers(uow: UnitOfWork, view: Visibility, dossier_id: str) -> list[Reader]:
    openings = dossiers.readers_of(uow.session, dossier_id)
    names = people.names_of(uow.session, {opening.account_id for opening in openings})
    cited = {opening.task_id for opening in openings if opening.task_id}
    tasks = dossiers.tasks(uow.session, view, open_only=False, ids=cited) if cited else []
    known = {task.id: task for task, _unit in tasks}
    return [
        Reader(names.get(opening.account_id, ""), opening, known.get(opening.task_id or "")) for opening in openings
    ]


@dataclass(frozen=True)
class PaperView:
    """One paper of a dossier with its pages and words."""

    row: DossierRow
    opening: Opening
    line: ContentsLine
    pages: tuple[DeskPage, ...]
    fields: dict[str, DocumentField]
    previous_id: str
    next_id: str
    names: dict[str, str] = field(default_factory=dict)
    masked: tuple[str, ...] = ()


def read_document(uow: UnitOfWork, principal: Principal, document_id: str, now: datetime) -> PaperView:
    """One filed paper under a running opening of its dossier. Refused when missing, hidden or not opened."""
    document, unit, row, opening = filed(uow, principal, document_id, Verb.DOCUMENT_OPEN, now)
    listed = dossiers.contents(uow.session, visibility(principal, Action.DOSSIER_READ), row.dossier.id)
    lines = contents_lines(uow, listed)
    place = next(index for index, line in enumerate(lines) if line.document.id == document_id)
    words = page_words(uow, lines[place].pages)
    pages = tuple(DeskPage(page, words.get(page.id, ())) for page in lines[place].pages)
    target = Target(unit.path, document.secrecy, document.compartment, row.dossier.id)
    what = What("document", document_id, f"{row.dossier.number}/{label_of(document)}")
    note_under(uow, principal, Verb.DOCUMENT_OPEN, opening, now, what, target)
    read = papers.newest_fields(uow.session, [document_id]).get(document_id, {})
    masked = tuple(key for key in read if read[key].value and not may_read_field(principal, sensitive_group(key)))
    read = {key: kept for key, kept in read.items() if key not in masked}
    return PaperView(
        row,
        opening,
        lines[place],
        pages,
        read,
        lines[place - 1].document.id if place else "",
        lines[place + 1].document.id if place + 1 < len(lines) else "",
        people.names_of(uow.session, {row.by for row in read.values() if row.by}),
        masked,
    )


def filed(
    uow: UnitOfWork, principal: Principal, document_id: str, verb: Verb, now: datetime
) -> tuple[Document, Unit, DossierRow, Opening]:
    """A filed paper with its unit, dossier and running opening. Refused when missing, hidden or not opened."""
    found = papers.find_document(uow.session, visibility(principal, Action.DOSSIER_READ), document_id)
    if found is None or found[0].state != "filed" or found[0].dossier_id is None:
        raise Refused(verb, kind="document", object_id=document_id, reason="missing or not visible")
    try:
        row = _dossier(uow, principal, found[0].dossier_id, verb)
        opening = _opening(uow, principal, found[0].dossier_id, verb, now)
    except Refused as refusal:
        again = type(refusal)(verb, kind="document", object_id=document_id, reason=refusal.reason)
        if isinstance(again, NotOpen):
            again.dossier_id = found[0].dossier_id
        raise again from None
    require_zone(uow, found[0].secrecy, "document")
    return found[0], found[1], row, opening


def dossier_of(uow: UnitOfWork, principal: Principal, document_id: str) -> str:
    """The dossier a visible filed paper lies in: where its reader is sent to say the purpose."""
    found = papers.find_document(uow.session, visibility(principal, Action.DOSSIER_READ), document_id)
    if found is None or found[0].state != "filed" or found[0].dossier_id is None:
        raise Refused(Verb.DOCUMENT_OPEN, kind="document", object_id=document_id, reason="missing or not visible")
    return found[0].dossier_id


def require_exportable(uow: UnitOfWork, principal: Principal, dossier_id: str) -> None:
    """Refused when the dossier is missing, or not visible to a person who may export."""
    view = visibility(principal, Action.DOSSIER_EXPORT)
    if dossiers.find_dossier(uow.session, view, dossier_id) is None:
        raise Refused(Verb.DOSSIER_EXPORT, kind="dossier", object_id=dossier_id, reason="missing or not visible")


def is_open(uow: UnitOfWork, principal: Principal, dossier_id: str, now: datetime) -> bool:
    """True when the person has a running opening of this dossier."""
    return dossiers.live_opening(uow.session, principal.account_id, dossier_id, now, principal.token_id) is not None


def page_image(uow: UnitOfWork, principal: Principal, page_id: str, now: datetime) -> bytes:
    """One page's image, after its row: page by page, so that the journal says what was really looked at."""
    page = uow.session.get(Page, page_id)
    if page is None or page.document_id is None or not page.image_sha:
        raise Refused(Verb.PAGE_VIEW, kind="page", object_id=page_id, reason="missing")
    try:
        document, unit, row, opening = filed(uow, principal, page.document_id, Verb.PAGE_VIEW, now)
    except Refused as refusal:
        raise Refused(Verb.PAGE_VIEW, kind="page", object_id=page_id, reason=refusal.reason) from None
    target = Target(unit.path, document.secrecy, document.compartment, row.dossier.id)
    what = What("page", page_id, f"{row.dossier.number}/{label_of(document)}/{page.position}")
    image = uow.vault.read(page.image_sha)
    note_under(uow, principal, Verb.PAGE_VIEW, opening, now, what, target, served=Served(1, len(image)))
    return image


def number_taken(uow: UnitOfWork, unit_id: int, number: str) -> bool:
    """True when the unit already holds a dossier of this number."""
    return keeping.number_taken(uow.session, unit_id, number)


def dossier_numbered(uow: UnitOfWork, principal: Principal, number: str) -> str:
    """Id of the visible dossier of this number, or ""."""
    return dossiers.id_of_number(uow.session, visibility(principal, Action.CADRE_LIST), number)
