"""Taking a package in: all of it or nothing, by a person of the receiving unit, in one transaction.

A person this block does not have is registered with the package's facts, which name it as their source. Facts about a
dossier that is here become items of draft changes, approved like any other; nothing is overwritten. Papers become scans
of a batch of the unit, their bytes in the vault as the sender's were. The receipt's content is part of the transaction.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from oms.domain.access import Action, Principal, Target, may_read_field, visibility
from oms.domain.changes import Act
from oms.domain.journal import Verb
from oms.domain.keeping import DossierState
from oms.domain.packages import InState, Kind
from oms.domain.record_facts import NewFact, Source
from oms.domain.record_items import ITEMS
from oms.errors import Conflict, InvalidInput, LikelyDuplicate, Refused
from oms.services import changes, custody, intake, pile, record
from oms.services.change_items import MOST_ITEMS
from oms.services.changes import About
from oms.services.custody import NewCadre
from oms.services.exchange_bag import opened
from oms.services.exchange_check import Examined, Ground, examine
from oms.services.exchange_handover import counted_wrong, words_of
from oms.services.exchange_place import Place
from oms.services.exchange_receive import answer_text, link
from oms.services.exchange_send import found_package, target_of, what_of
from oms.services.house import House, Why, note, require
from oms.services.intake import NewBatch, Origin, Received
from oms.services.pile import Counted
from oms.services.typed_words import squeezed
from oms.store import dossiers, facts, units
from oms.store import packages as store
from oms.store.changes import ChangeRow
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.packages import PackageRow
from oms.store.record_tables import ChangeItem, FactRow
from oms.store.tables import Unit

LEAST_WORDS = 10


@dataclass(frozen=True)
class Placed:
    """Where one record goes: a new dossier under a number, or one that is here (``dossier_id``)."""

    number: str = ""
    dossier_id: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class Taking:
    """How a package is taken in, as typed: the unit, each record's place by the sender's id, pages counted by paper."""

    unit_id: int
    places: Mapping[str, Placed]
    counted: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of it: taken, or refused with words."""

    taken: bool
    words: str = ""
    changes: tuple[str, ...] = ()


@dataclass
class _Work:
    """What one taking has in hand."""

    principal: Principal
    found: PackageRow
    examined: Examined
    files: Mapping[str, Received]
    taking: Taking
    now: datetime
    unit: Unit
    drafts: list[str] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.found.package.number


def take(house: House, principal: Principal, row_id: str, taking: Taking, now: datetime) -> Outcome:
    """Takes a package in, or (a hand-over whose count does not match) refuses it. InvalidInput: nothing happened.

    The package is checked anew first; its papers lie in the vault before the transaction begins.
    """
    place = Place(house.settings)
    with house.work(principal, now) as uow:
        found = _waiting(uow, principal, row_id, Verb.EXCHANGE_TAKE)
        name, digest = found.package.file, found.package.digest
        partners = {found.partner.verify_key: found.partner}
        if found.partner.state != "active":
            raise InvalidInput("package", "Đối tác đã bị thu hồi: không nhận gói này được nữa, chỉ có thể không nhận.")
    sealed = place.file(name)
    if not sealed.is_file():
        raise InvalidInput("package", "Tệp gói không còn trong kho: hãy đề nghị bên gửi gửi lại, rồi báo quản trị.")
    examined = examine(sealed, Ground(place.keys, house.settings.zone, partners, frozenset(partners)))
    if examined.failed or examined.digest != digest:
        raise InvalidInput("package", examined.words or "Tệp gói đã đổi so với lúc đến: không nhận được.")
    files = _into_vault(house, place, name, examined)
    duplicate: LikelyDuplicate | None = None
    wrong = []
    with house.work(principal, now) as uow:
        found = _waiting(uow, principal, row_id, Verb.EXCHANGE_TAKE)
        unit = _unit(uow, principal, found, taking, now)
        work = _Work(principal, found, examined, files, taking, now, unit)
        if found.package.kind == Kind.TRANSFER:
            wrong = counted_wrong(examined.statement, taking.counted)
        try:
            if not wrong:
                _try(uow, work)
        except LikelyDuplicate as problem:
            duplicate = problem  # who was named is journalled: that row stays
        else:
            if wrong:
                close(uow, principal, found, words_of(wrong), now)
            else:
                _take(uow, work)
    if duplicate is not None:
        raise duplicate
    place.forget(name)
    return Outcome(not wrong, words_of(wrong) if wrong else "", tuple(work.drafts))


def _waiting(uow: UnitOfWork, principal: Principal, row_id: str, verb: Verb) -> PackageRow:
    found = found_package(uow, principal, row_id, verb)
    if found.package.direction != "in":
        raise Refused(verb, kind="package", object_id=row_id, reason="not one that came")
    if found.package.state != InState.CHECKED:
        error = Conflict()
        error.message_vi = "Gói này đã được xử lý."
        raise error
    return found


def _unit(uow: UnitOfWork, principal: Principal, found: PackageRow, taking: Taking, now: datetime) -> Unit:
    """The unit that takes it in; a code nobody knew is remembered for it."""
    unit = units.by_id(uow.session, taking.unit_id)
    target = Target(unit.path if unit else "?", found.package.secrecy)
    require(principal, Action.EXCHANGE_WORK, Verb.EXCHANGE_TAKE, target, kind="unit", object_id=str(taking.unit_id))
    assert unit is not None  # noqa: S101 - a missing one was refused
    code = json.loads(found.package.body)["receiver"]["code"]
    known = store.code(uow.session, code)
    if known is None:
        store.remember_code(uow.session, code, unit.id, principal.account_id, now)
        detail = {"code": code, "unit": unit.id}
        note(uow, principal, Verb.EXCHANGE_MAP, now, what=what_of(found), target=target_of(found), detail=detail)
    return unit


def _into_vault(house: House, place: Place, name: str, examined: Examined) -> dict[str, Received]:
    """The papers in the vault, by id: their bytes are what the sender's were."""
    kept: dict[str, Received] = {}
    with opened(place.file(name), place.keys) as bag, tempfile.TemporaryDirectory(prefix="oms-exchange-") as folder:
        for paper in [paper for each in examined.records for paper in each["papers"]]:
            path = Path(folder) / Path(paper["file"]).name
            bag.copy(paper["file"], path)
            received = intake.take_in(house.vault, path)
            path.unlink()
            if received.rejection_code or received.sha256 != paper["sha256"]:
                words = f"Tài liệu số {paper['serial']} không nhận được: {received.rejection_vi or 'sai mã SHA-256'}"
                raise InvalidInput("package", words)
            kept[paper["id"]] = received
    return kept


def _placed(work: _Work, each: Mapping[str, Any]) -> Placed:
    return work.taking.places.get(each["dossier"], Placed(each["number"]))


def _try(uow: UnitOfWork, work: _Work) -> None:
    """Everything that may stand in the way, before anything is written."""
    numbers = set()
    for each in work.examined.records:
        placed = _placed(work, each)
        for fact in [*each["facts"], *each["ended"]]:
            if not may_read_field(work.principal, ITEMS[fact["item"]].sensitive):
                words = "Gói có nhóm thông tin riêng mà anh/chị không được xem; cần người được xem tiếp nhận."
                raise InvalidInput("package", words)
        if placed.dossier_id:
            _level(_here(uow, work, placed), each)
            continue
        if work.found.package.kind == Kind.UPDATE:
            words = f"Hãy chọn hồ sơ nhận cập nhật của hồ sơ số {each['number']}; cập nhật không lập hồ sơ mới."
            raise InvalidInput(f"known-{each['dossier']}", words)
        new = _cadre(work, each, placed)
        if new.number in numbers:
            raise InvalidInput(f"number-{each['dossier']}", "Hai hồ sơ của gói không mang cùng một số.")
        numbers.add(new.number)
        custody.check_cadre(uow, work.principal, new, work.now)


def _cadre(work: _Work, each: Mapping[str, Any], placed: Placed) -> NewCadre:
    said = each["cadre"]
    return NewCadre(
        full_name=said["full_name"],
        unit_id=work.unit.id,
        number=squeezed(placed.number, 60),
        birth_date=_typed(said["birth_date"]),
        sex=said["sex"],
        other_names=said["other_names"],
        citizen_id=said["citizen_id"],
        old_id=said["old_id"],
        position=said["position"],
        home_place=said["home_place"],
        secrecy=each["secrecy"],
        confirmed=placed.confirmed,
    )


def _typed(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))


def _here(uow: UnitOfWork, work: _Work, placed: Placed) -> DossierRow:
    """A dossier that is here, in the unit's reach, opened by the person: what is proposed for it is their draft."""
    row, _opening = custody.opened(uow, work.principal, placed.dossier_id, Verb.CHANGE_CREATE, work.now)
    if row.dossier.state == DossierState.DISPOSED:
        raise InvalidInput("package", record.GONE)
    return row


def _level(row: DossierRow, each: Mapping[str, Any]) -> None:
    """InvalidInput where what would be proposed has a higher level than the dossier: a draft knows its dossier's."""
    if max([each["secrecy"], *(fact["secrecy"] for fact in each["facts"])]) > row.dossier.secrecy:
        words = f"Gói có thông tin độ mật cao hơn hồ sơ số {row.dossier.number}: hãy xác định độ mật của hồ sơ trước."
        raise InvalidInput("package", words)


def _take(uow: UnitOfWork, work: _Work) -> None:
    session, package = uow.session, work.found.package
    pairs, filed = [], []
    rows = {each.remote: each for each in store.records_of(session, package.id)}
    for each in work.examined.records:
        placed = _placed(work, each)
        if placed.dossier_id:
            row = _here(uow, work, placed)
            drafts = _propose(uow, work, row, each)
            rows[each["dossier"]].change_id = drafts[0] if drafts else ""
            work.drafts += drafts
        else:
            row = _register(uow, work, each, placed)
        link(uow, work.found.partner, each["dossier"], row.dossier.id, work.now)
        rows[each["dossier"]].dossier_id = row.dossier.id
        pairs.append({"theirs": each["dossier"], "ours": row.dossier.id})
        filed.append((row, each))
    batch_id, again = _papers(uow, work, filed)
    if not store.move(session, package.id, InState.CHECKED, InState.TAKEN):
        raise Conflict
    session.refresh(package)
    package.closed_by, package.closed_at, package.unit_id = work.principal.account_id, work.now, work.unit.id
    package.answer, package.file = answer_text(package, "accepted", [], pairs, work.now), ""
    detail = {"package": package.package_id, "partner": work.found.partner.id, "batch": batch_id,
              "dossiers": [pair["ours"] for pair in pairs], "changes": work.drafts, "known_files": again}  # fmt: skip
    target = Target(work.unit.path, package.secrecy)
    note(uow, work.principal, Verb.EXCHANGE_TAKE, work.now, what=what_of(work.found), target=target, detail=detail)


def _source(work: _Work, each: Mapping[str, Any], fact: Mapping[str, Any]) -> Source:
    """Where a fact comes from, in words: the package, its sender, the paper's number and page there."""
    said = fact["source"]
    serials = {paper["id"]: paper["serial"] for paper in each["papers"]}
    place = ""
    if said["paper"]:
        place = f", tài liệu số {serials[said['paper']]}" + (f", trang {said['page']}" if said["page"] else "")
    words = f"Gói {work.number} của {work.found.partner.name}, hồ sơ số {each['number']}{place}"
    return Source("exchange", words=words[:300])


def _register(uow: UnitOfWork, work: _Work, each: Mapping[str, Any], placed: Placed) -> DossierRow:
    """A new dossier of the receiver's block, with the package's facts; what the heading says beside them too."""
    row = custody.create_cadre(uow, work.principal, _cadre(work, each, placed), work.now, seeded=False)
    new = [
        NewFact(
            fact["item"], fact["values"], _source(work, each, fact), raw=fact["raw"],
            starts=fact["starts"], ends=fact["ends"], secrecy=fact["secrecy"],
        )
        for fact in each["facts"]
    ]  # fmt: skip
    said = {fact.item for fact in new}
    heading = {"paper": "", "page": 0}
    new += [
        NewFact(item, {"value": value}, _source(work, each, {"source": heading}))
        for item, value in each["cadre"].items()
        if value and item in ITEMS and item not in said
    ]
    record.keep(uow, [(row.dossier, new)], record.Keeping(work.principal.account_id, work.now))
    return row


def _propose(uow: UnitOfWork, work: _Work, row: DossierRow, each: Mapping[str, Any]) -> list[str]:
    """Draft changes with what differs from the record here; none when nothing does."""
    view = visibility(work.principal, Action.RECORD_DECIDE)
    held = facts.in_force(uow.session, view, row.dossier.id)
    items = [item for fact in each["facts"] if (item := _item(work, each, fact, held)) is not None]
    replaced = {item.item for item in items if not ITEMS[item.item].is_table}
    items += _ends(work, each, held, replaced)
    drafts = []
    for first in range(0, len(items), MOST_ITEMS):
        drafts.append(_draft(uow, work, row, items[first : first + MOST_ITEMS]))
    return drafts


def _item(work: _Work, each: Mapping[str, Any], fact: Mapping[str, Any], held: Sequence[FactRow]) -> ChangeItem | None:
    """The item a fact becomes; None when the record here says the same."""
    known = ITEMS[fact["item"]]
    same = [old for old in held if old.item == fact["item"]]
    if any(json.loads(old.body) == fact["values"] for old in same):
        return None
    old = None if known.is_table or not same else same[-1]
    return ChangeItem(
        item=fact["item"],
        act=Act.REPLACE if old else Act.ADD,
        fact_id=old.id if old else None,
        body=json.dumps(fact["values"], ensure_ascii=False, sort_keys=True),
        raw=json.dumps(fact["raw"] or fact["values"], ensure_ascii=False, sort_keys=True),
        starts=fact["starts"],
        source_words=_source(work, each, fact).words,
        typed_by=work.principal.account_id,
    )


def _ends(work: _Work, each: Mapping[str, Any], held: Sequence[FactRow], replaced: set[str]) -> list[ChangeItem]:
    """Items that end what the sender ended, where the record here says just that still."""
    made, taken = [], set()
    for gone in each["ended"]:
        same = [old for old in held if old.item == gone["item"] and json.loads(old.body) == gone["values"]]
        if not same or gone["item"] in replaced or same[0].id in taken:
            continue
        taken.add(same[0].id)
        words = f"Gói {work.number} của {work.found.partner.name}: giá trị này đã kết thúc"
        made.append(ChangeItem(
            item=gone["item"], act=Act.END, fact_id=same[0].id, source_words=words[:300], reason=words,
            typed_by=work.principal.account_id,
        ))  # fmt: skip
    return made


def _draft(uow: UnitOfWork, work: _Work, row: DossierRow, items: Sequence[ChangeItem]) -> str:
    about = About(f"Trao đổi: gói {work.number} của {work.found.partner.name}"[:300])
    change = changes.create(uow, work.principal, row.dossier.id, about, work.now)
    for position, item in enumerate(items, 1):
        item.change_id, item.position = change.id, position
    uow.session.add_all(items)
    uow.session.flush()
    changes.level(uow, ChangeRow(change, row.dossier, row.cadre, row.unit))
    return change.id


def _papers(uow: UnitOfWork, work: _Work, filed: Sequence[tuple[DossierRow, Mapping[str, Any]]]) -> tuple[str, int]:
    """A batch with a paper file for each record; its id ("" without papers), and how many files were here already."""
    papers = [paper for _row, each in filed for paper in each["papers"]]
    if not papers:
        return "", 0
    pages = sum(paper["pages"] for paper in papers)
    title = f"Trao đổi {work.number}"
    new = NewBatch(work.unit.id, title, pages, work.found.package.secrecy)
    batch, again = intake.create_batch(uow, work.principal, new, work.now), 0
    for row, each in filed:
        if not each["papers"]:
            continue
        home = row.dossier.id if row.unit.block == work.unit.block else ""
        counted = Counted(f"Hồ sơ {row.dossier.number}", sum(paper["pages"] for paper in each["papers"]), home)
        file = pile.add(uow, work.principal, batch.id, counted, work.now)
        for paper in each["papers"]:
            name = f"{paper['serial'].replace('/', '-')} {paper['title'] or paper['type']}{Path(paper['file']).suffix}"
            origin = Origin("exchange", file.id)
            receipt = intake.receive(uow, work.principal, batch.id, work.files[paper["id"]], name, work.now, origin)
            again += receipt.repeated
    return batch.id, again


def close(uow: UnitOfWork, principal: Principal, found: PackageRow, words: str, now: datetime) -> None:
    """Refuses a package: its answer says why, and nothing of it stays but its row."""
    package = found.package
    if not store.move(uow.session, package.id, InState.CHECKED, InState.REFUSED):
        raise Conflict
    uow.session.refresh(package)
    package.closed_by, package.closed_at = principal.account_id, now
    package.answer, package.file = answer_text(package, "refused", [words], [], now), ""
    detail = {"package": package.package_id, "partner": found.partner.id}
    note(uow, principal, Verb.EXCHANGE_REFUSE, now, what=what_of(found), target=target_of(found), why=Why(words),
         detail=detail)  # fmt: skip


def refuse(house: House, principal: Principal, row_id: str, words: str, now: datetime) -> None:
    """Refuses a package with reasons that go back to the sender."""
    said = squeezed(words, 500)
    with house.work(principal, now) as uow:
        found = _waiting(uow, principal, row_id, Verb.EXCHANGE_REFUSE)
        if len(said) < LEAST_WORDS:
            raise InvalidInput("words", f"Hãy ghi vì sao không nhận, ít nhất {LEAST_WORDS} ký tự.")
        name = found.package.file
        close(uow, principal, found, said, now)
    Place(house.settings).forget(name)


def known_here(uow: UnitOfWork, principal: Principal, row: PackageRow) -> dict[str, DossierRow]:
    """The sender's dossier → the one here that it was linked with, where this person may see it."""
    view, found = visibility(principal, Action.EXCHANGE_WORK), {}
    for each in store.records_of(uow.session, row.package.id):
        mine = dossiers.find_dossier(uow.session, view, each.dossier_id) if each.dossier_id else None
        if mine is not None:
            found[each.remote] = mine
    return found
