"""The catalogue of procedures: what is in force, a draft of the next version, publishing it, ending one.

A published version is never rewritten: a change is a draft of the next one, which replaces it from a day on. Who edits:
records officers of the unit that owns it, and the administrator, who keeps catalogues. Running cases keep theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from oms.domain.access import Action, Principal, Role, covers
from oms.domain.journal import Verb
from oms.domain.procedures import PART_LABELS, Kind, Procedure, VersionState, body_of, of_body, problems
from oms.domain.records import HANOI
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import catalogues
from oms.services.house import What, note, require_role
from oms.store import people, units
from oms.store import procedures as store
from oms.store.case_tables import ProcedureProposal, ProcedureVersion
from oms.store.db import UnitOfWork
from oms.store.tables import Unit
from vietnamese.text import fold

FIELDS = "linh_vuc"
"""The catalogue's list of fields (lĩnh vực) procedures belong to."""
CODE = re.compile(r"[a-z0-9][a-z0-9_]{1,59}")
RESERVED = ("soan", "nhap", "xuat")
"""Words that stand in the addresses of the catalogue's own pages."""
LONGEST_NEWS, MOST_NOTES = 120, 2000
"""Letters that a version's news give to one accepted proposal, and letters they have together."""
DEFAULTS = catalogues.DEFAULTS / "procedures.json"


@dataclass(frozen=True)
class Line:
    """A row of the catalogue as lists show it."""

    version: ProcedureVersion
    procedure: Procedure
    owner: Unit | None


@dataclass(frozen=True)
class Shown:
    """One row of the catalogue: the version asked for, all versions, the draft of the next, open proposals."""

    line: Line
    versions: tuple[ProcedureVersion, ...]
    draft: ProcedureVersion | None
    proposals: tuple[ProcedureProposal, ...]
    may_edit: bool
    in_force: bool


def read(version: ProcedureVersion) -> Procedure:
    """A version as the pure rules see it."""
    return of_body(version.code, json.loads(version.body), version.valid_from, version.valid_to)


def today(now: datetime) -> date:
    """The day in Ha Noi."""
    return now.astimezone(HANOI).date()


def index(uow: UnitOfWork, principal: Principal, words: str, field: str, kind: str, now: datetime) -> list[Line]:
    """What is in force today, by field and title; narrowed by words in title, code, subject or papers, marks aside."""
    require_role(principal, Action.PROCEDURE_VIEW, Verb.ROUTE_REFUSE)
    owners = {unit.id: unit for unit in units.everything(uow.session)}
    every = store.all_in_force(uow.session, today(now))
    lines = [Line(version, read(version), owners.get(version.owner_unit_id or 0)) for version in every]
    return narrowed(lines, words, field, kind)


def narrowed(lines: Iterable[Line], words: str, field: str, kind: str) -> list[Line]:
    """Those of a field and kind that hold all the words; "" narrows nothing."""
    wanted, found = fold(words).split(), []
    for line in lines:
        procedure = line.procedure
        if (field and procedure.field != field) or (kind and procedure.kind != kind):
            continue
        papers = (paper.title for paper in procedure.papers)
        said = fold(" ".join((procedure.title, procedure.code, procedure.subject, *papers)))
        if all(word in said for word in wanted):
            found.append(line)
    return found


def show(uow: UnitOfWork, principal: Principal, code: str, version_id: str, now: datetime) -> Shown:
    """One row: the version in force, or the one named; the newest where none is in force. Refused when missing."""
    require_role(principal, Action.PROCEDURE_VIEW, Verb.ROUTE_REFUSE)
    every = store.versions(uow.session, code)
    published = [each for each in every if each.state == VersionState.PUBLISHED]
    current = store.in_force(uow.session, code, today(now))
    chosen = next((each for each in published if each.id == version_id), None) if version_id else current
    if chosen is None and not version_id:
        chosen = next(iter(published), None)
    draft = store.draft_of(uow.session, code)
    if chosen is None and version_id and draft is not None and draft.id == version_id:
        chosen = draft
    if chosen is None and not version_id:
        chosen = draft
    if chosen is None:
        raise Refused(Verb.ROUTE_REFUSE, kind="procedure", object_id=code[:60], reason="missing")
    owner = units.by_id(uow.session, chosen.owner_unit_id) if chosen.owner_unit_id else None
    return Shown(
        Line(chosen, read(chosen), owner),
        tuple(published),
        draft,
        tuple(store.proposals(uow.session, [code])),
        may_edit(principal, owner),
        current is not None and chosen.id == current.id,
    )


def may_edit(principal: Principal, owner: Unit | None) -> bool:
    """Whether the person keeps this row: the administrator all, an officer those of units in their scope."""
    if principal.role is Role.ADMINISTRATOR:
        return True
    if principal.role is not Role.RECORDS_OFFICER:
        return False
    return owner is None or any(covers(scope, owner.path) for scope in principal.scopes)


def _keeper(uow: UnitOfWork, principal: Principal, code: str, owner_code: str, verb: Verb) -> Unit | None:
    """The owner, when the person keeps both the row as it is and as it is to be. Refused when not."""
    require_role(principal, Action.PROCEDURE_EDIT, verb)
    owner = units.by_code(uow.session, owner_code) if owner_code else None
    held = next(iter(store.versions(uow.session, code)), None)
    before = units.by_id(uow.session, held.owner_unit_id) if held and held.owner_unit_id else None
    if not (may_edit(principal, owner) and (held is None or may_edit(principal, before))):
        raise Refused(verb, kind="procedure", object_id=code[:60], reason="outside scope")
    return owner


def save_draft(
    uow: UnitOfWork, principal: Principal, procedure: Procedure, edition: int, notes: str, now: datetime
) -> ProcedureVersion:
    """Writes the draft of a code's next version; ``edition`` is the one that was seen, 0 for a new draft.

    A draft may be unfinished: what is wrong with it is told when it is published. Conflict when somebody was faster.
    """
    owner = _keeper(uow, principal, procedure.code, procedure.owner, Verb.PROCEDURE_SAVE)
    named = [each for each in problems(procedure) if each.field in ("code", "title")]
    if named:
        raise InvalidInput(named[0].field, named[0].text)
    draft = store.draft_of(uow.session, procedure.code)
    if (draft.edition if draft else 0) != edition:
        raise _overtaken()
    if draft is None:
        draft = ProcedureVersion(
            code=procedure.code,
            version=store.next_version(uow.session, procedure.code),
            state=VersionState.DRAFT,
            edition=0,
            created_by=principal.account_id,
            created_at=now,
        )
        uow.session.add(draft)
    _write(draft, procedure, owner)
    draft.notes, draft.edition = " ".join(notes.split())[:MOST_NOTES], edition + 1
    uow.session.flush()
    _noted(uow, principal, Verb.PROCEDURE_SAVE, draft, now)
    return draft


def _overtaken() -> Conflict:
    error = Conflict()
    error.message_vi = "Bản soạn của thủ tục này vừa được người khác sửa. Hãy tải lại trang để xem bản mới."
    return error


def _write(row: ProcedureVersion, procedure: Procedure, owner: Unit | None) -> None:
    row.kind, row.field, row.title = procedure.kind, procedure.field, procedure.title
    row.folded, row.mark = fold(procedure.title), procedure.mark
    row.owner_unit_id = owner.id if owner else None
    row.body = json.dumps(body_of(procedure), ensure_ascii=False, sort_keys=True)
    row.valid_from, row.valid_to = procedure.valid_from, procedure.valid_to


def discard(uow: UnitOfWork, principal: Principal, code: str, edition: int, now: datetime) -> None:
    """Throws a draft away; nothing published is touched."""
    draft = _draft(uow, principal, code, edition, Verb.PROCEDURE_SAVE)
    _noted(uow, principal, Verb.PROCEDURE_SAVE, draft, now, discarded=True)
    for each in store.taken_into(uow.session, code, draft.id):
        each.taken_id = None  # accepted all the same: they wait for the next draft
    uow.session.flush()
    uow.session.delete(draft)


def _draft(uow: UnitOfWork, principal: Principal, code: str, edition: int, verb: Verb) -> ProcedureVersion:
    draft = store.draft_of(uow.session, code)
    if draft is None:
        if not store.versions(uow.session, code):
            raise Refused(verb, kind="procedure", object_id=code[:60], reason="missing")
        require_keeper(uow, principal, code)
        raise _overtaken()  # somebody published or threw it away meanwhile
    _keeper(uow, principal, code, read(draft).owner, verb)
    if draft.edition != edition:
        raise _overtaken()
    return draft


def wrong_with(uow: UnitOfWork, procedure: Procedure, now: datetime) -> list[str]:
    """What keeps a version from being published, in words."""
    fields = [row.code for row in catalogues.load(uow).rows(FIELDS, today(now))]
    codes = [unit.code for unit in units.everything(uow.session)]
    return [each.text for each in problems(procedure, fields, codes)]


def publish(
    uow: UnitOfWork, principal: Principal, code: str, edition: int, valid_from: date | None, now: datetime
) -> ProcedureVersion:
    """Publishes a draft: in force from a day, today by itself; what was in force ends the day before.

    InvalidInput names everything that is wrong with it.
    """
    draft = _draft(uow, principal, code, edition, Verb.PROCEDURE_PUBLISH)
    day = valid_from or today(now)
    if day < today(now):
        raise InvalidInput("valid_from", "Ngày có hiệu lực không được trước hôm nay: hồ sơ đang chạy giữ bản cũ.")
    wrong = wrong_with(uow, read(draft), now)
    if wrong:
        raise InvalidInput("steps", " ".join(wrong))
    for each in store.versions(uow.session, code):
        if each.state == VersionState.PUBLISHED and (each.valid_to is None or each.valid_to >= day):
            each.valid_to = day - timedelta(days=1)
    draft.valid_from, draft.state = day, VersionState.PUBLISHED
    draft.published_by, draft.published_at = principal.account_id, now
    worked_in = store.taken_into(uow.session, code, draft.id)
    draft.notes = news(draft.notes, worked_in)
    for proposal in worked_in:
        proposal.taken_id = draft.id
    uow.session.flush()
    _noted(uow, principal, Verb.PROCEDURE_PUBLISH, draft, now)
    return draft


def news(notes: str, worked_in: Iterable[ProcedureProposal]) -> str:
    """What is new in a version: as its owner wrote it, then the accepted proposals by part, place and first words."""
    named = []
    for each in worked_in:
        part = PART_LABELS.get(each.part, each.part)
        where = f"{part} ({each.place})" if each.place else part
        said = each.text if len(each.text) <= LONGEST_NEWS else f"{each.text[: LONGEST_NEWS - 1].rstrip()}…"
        named.append(f"{where}: {said}")
    if not named:
        return notes
    return " ".join(filter(None, (notes, f"Theo góp ý: {'; '.join(named)}.")))[:MOST_NOTES]


def accepted(uow: UnitOfWork, code: str) -> list[tuple[ProcedureProposal, str]]:
    """Accepted proposals to be worked into the next version of a row its keeper edits, and who made each."""
    draft = store.draft_of(uow.session, code)
    rows = store.taken_into(uow.session, code, draft.id if draft else "")
    names = people.names_of(uow.session, {each.by for each in rows})
    return [(each, names.get(each.by, "")) for each in rows]


def end(uow: UnitOfWork, principal: Principal, code: str, last: date, now: datetime) -> None:
    """Ends a row of the catalogue after a day; cases that run go on under their version."""
    current = store.in_force(uow.session, code, today(now))
    if current is None:
        raise Refused(Verb.PROCEDURE_PUBLISH, kind="procedure", object_id=code[:60], reason="missing")
    _keeper(uow, principal, code, read(current).owner, Verb.PROCEDURE_PUBLISH)
    if last < today(now):
        raise InvalidInput("valid_to", "Ngày hết hiệu lực không được trước hôm nay.")
    current.valid_to = last
    _noted(uow, principal, Verb.PROCEDURE_PUBLISH, current, now, ended=last.isoformat())


def _noted(
    uow: UnitOfWork, principal: Principal, verb: Verb, row: ProcedureVersion, now: datetime, **more: object
) -> None:
    what = What("procedure", row.id, f"{row.code}/{row.version}")
    note(uow, principal, verb, now, what=what, detail={"code": row.code, "version": row.version, **more})


def ensure_defaults(uow: UnitOfWork) -> int:
    """Adds the shipped procedures whose code was never there, published; how many are new."""
    new = 0
    for body in json.loads(DEFAULTS.read_text(encoding="utf-8")):
        if not store.versions(uow.session, body["code"]):
            uow.session.add(shipped(of_body(body["code"], body)))
            new += 1
    uow.session.flush()
    return new


def shipped(procedure: Procedure) -> ProcedureVersion:
    """A first version that comes with the program: an editable start, marked by how sure it is."""
    row = ProcedureVersion(code=procedure.code, version=1, state=VersionState.PUBLISHED, created_at=catalogues.SHIPPED)
    _write(row, procedure, None)
    row.published_at = catalogues.SHIPPED
    return row


def fields_of(uow: UnitOfWork, now: datetime) -> dict[str, str]:
    """Code and name of the fields, in the order of their list."""
    return {row.code: row.label for row in catalogues.load(uow).rows(FIELDS, today(now))}


def counted(lines: Iterable[Line]) -> dict[str, int]:
    """How many procedures, regulations, rules and forms these are."""
    every = list(lines)
    found = {str(kind): sum(line.version.kind == kind for line in every) for kind in Kind}
    return found | {"forms": len({form for line in every for form in line.procedure.forms})}


def names_of(uow: UnitOfWork, found: Shown) -> dict[str, str]:
    """Who published the versions, and who proposed and answered, by account."""
    wanted = {each.published_by for each in found.versions}
    for proposal in found.proposals:
        wanted |= {proposal.by, proposal.answered_by}
    return people.names_of(uow.session, {each for each in wanted if each})


def require_keeper(uow: UnitOfWork, principal: Principal, code: str) -> None:
    """Refused when the person does not keep this row of the catalogue."""
    held = next(iter(store.versions(uow.session, code)), None)
    _keeper(uow, principal, code, read(held).owner if held else "", Verb.PROCEDURE_SAVE)


def require_new(uow: UnitOfWork, code: str) -> None:
    """InvalidInput when a row of the catalogue bears this code already."""
    if code in RESERVED or not CODE.fullmatch(code):
        raise InvalidInput("code", "Mã gồm chữ thường không dấu, số, gạch dưới; như bo_nhiem_lai.")
    if store.versions(uow.session, code):
        raise InvalidInput("code", "Mã này đã có trong danh mục thủ tục.")


def exists(uow: UnitOfWork, code: str) -> bool:
    """Whether any version bears this code."""
    return bool(store.versions(uow.session, code))


def units_for(uow: UnitOfWork, principal: Principal) -> list[Unit]:
    """Units the person may name as an owner or as who does a step."""
    every = units.everything(uow.session)
    return [unit for unit in every if may_edit(principal, unit)]
