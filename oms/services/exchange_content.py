"""What of a dossier leaves in a package: only what policy lets out, for whom, over which way.

A level leaves only from an isolated LAN, in a folder, to a partner on an isolated LAN; Tuyệt mật and anything in a
compartment never. What is above is told by a stub: number, level and pages. Private groups leave only when they were
chosen, the purpose needs them and the sender may read them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from oms.domain.access import Action, Principal, Secrecy, may_read_field, visibility
from oms.domain.journal import Verb
from oms.domain.packages import NEEDS_SENSITIVE, Kind, canonical
from oms.domain.record_items import sensitive_group
from oms.domain.records import CopyState
from oms.domain.secrecy import ISOLATED, copy_mark
from oms.errors import InvalidInput, Refused
from oms.services import custody, secret_copies
from oms.services.exchange_bag import Part, part_of
from oms.store import copies, dossiers, facts, packages, papers
from oms.store.db import UnitOfWork
from oms.store.desk_tables import ArchivalCopy, ScanSignature
from oms.store.dossiers import DossierRow
from oms.store.package_tables import ExchangePartner
from oms.store.record_tables import FactRow
from oms.store.tables import Document, Opening, Scan, Unit

EXTENSIONS = {"pdf": "pdf", "jpeg": "jpg", "png": "png", "tiff": "tif"}
_CADRE = ("full_name", "other_names", "sex", "birth_date", "citizen_id", "old_id", "position", "home_place")


@dataclass(frozen=True)
class Choice:
    """What a person wants to send, every value as typed."""

    kind: Kind
    purpose: str
    groups: frozenset[str] = frozenset()
    partial: bool = False


@dataclass
class Packed:
    """The records of a package with the files they need; ``left_out`` counts what stays, for the sender alone."""

    records: list[dict[str, Any]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    rows: list[tuple[DossierRow, Opening]] = field(default_factory=list)
    left_out: int = 0
    missing: int = 0

    @property
    def pages(self) -> int:
        return sum(paper["pages"] for record in self.records for paper in record["papers"])

    @property
    def bytes(self) -> int:
        return sum(part.size for part in self.parts)


def highest_allowed(zone: str, partner: ExchangePartner) -> int:
    """The highest level that may go to a partner from here: by HTTPS none, by folder between isolated LANs Tối mật."""
    if partner.address or zone != ISOLATED or partner.zone != ISOLATED:
        return int(Secrecy.NONE)
    return int(Secrecy.TOI_MAT)


def unit_words(unit: Unit) -> dict[str, str]:
    """A unit as a package names it: by its codes, and its name as it is written."""
    return {"name": unit.name, "code": unit.code, "party": unit.code_party, "state": unit.code_state}


def precision(day: str) -> str:
    """How exact a partial ISO date is."""
    return {0: "", 4: "year", 7: "month", 10: "day"}[len(day)]


def pack(
    uow: UnitOfWork, principal: Principal, partner: ExchangePartner, ids: Sequence[str], choice: Choice, now: datetime
) -> Packed:
    """The records of some opened dossiers as this person may send them. Refused when one is not theirs to send.

    InvalidInput when one may not leave at all, or its papers have no copy yet and going without was not asked for.
    """
    packed = Packed()
    allowed = highest_allowed(uow.zone, partner)
    groups = _groups(principal, choice)
    for dossier_id in ids:
        row, opening = custody.opened(uow, principal, dossier_id, Verb.EXCHANGE_SEND, now)
        view = visibility(principal, Action.EXCHANGE_WORK)
        if dossiers.find_dossier(uow.session, view, dossier_id) is None:
            raise Refused(Verb.EXCHANGE_SEND, kind="dossier", object_id=dossier_id, reason="may not send")
        if row.dossier.secrecy > allowed or row.dossier.compartment:
            raise InvalidInput("dossiers", f"Hồ sơ số {row.dossier.number} không được rời hệ thống theo đường này.")
        packed.rows.append((row, opening))
        _add(uow, principal, packed, row, _Rule(allowed, groups, choice, partner))
    if packed.missing and not choice.partial:
        words = f"Còn {packed.missing} tài liệu chưa có bản lưu trữ để gửi; hãy chờ máy làm xong, hoặc chọn gửi thiếu."
        raise InvalidInput("partial", words)
    return packed


def _groups(principal: Principal, choice: Choice) -> frozenset[str]:
    """The private groups that go along. InvalidInput for one the purpose does not need or the person may not read."""
    if choice.kind is Kind.TRANSFER:
        return principal.sensitive
    if choice.groups and choice.purpose not in NEEDS_SENSITIVE:
        raise InvalidInput("groups", "Mục đích này không cần nhóm thông tin riêng; hãy bỏ chọn.")
    if any(not may_read_field(principal, group) for group in choice.groups):
        raise InvalidInput("groups", "Anh/chị không được xem nhóm thông tin riêng đã chọn nên không gửi được.")
    return choice.groups


@dataclass(frozen=True)
class _Rule:
    allowed: int
    groups: frozenset[str]
    choice: Choice
    partner: ExchangePartner

    def lets(self, each: FactRow | Document) -> bool:
        return each.secrecy <= self.allowed and not each.compartment

    def shows(self, key: str) -> bool:
        group = sensitive_group(key)
        return not group or group in self.groups


def _add(uow: UnitOfWork, principal: Principal, packed: Packed, row: DossierRow, rule: _Rule) -> None:
    view = visibility(principal, Action.EXCHANGE_WORK)
    held = facts.in_force(uow.session, view, row.dossier.id)
    since = None
    ended: list[FactRow] = []
    if rule.choice.kind is Kind.UPDATE:
        sent = packages.last_sent(uow.session, row.dossier.id, rule.partner.id)
        since = sent.at if sent else None
        if since is not None:
            ended = packages.ended_since(uow.session, view, row.dossier.id, since)
    leaving = [fact for fact in held if rule.lets(fact) and rule.shows(fact.item)]
    packed.left_out += len(held) - len(leaving)
    if since is not None:
        leaving = [fact for fact in leaving if fact.entered_at > since]
    listed = dossiers.contents(uow.session, view, row.dossier.id)
    if rule.choice.kind is Kind.UPDATE:
        named = {fact.document_id for fact in leaving}
        listed = [paper for paper in listed if paper.id in named]
    listing, parts, stubs = _papers(uow, packed, listed, rule)
    places = _places(uow, [paper["id"] for paper in listing])
    record = {
        "dossier": row.dossier.id,
        "number": row.dossier.number,
        "unit": unit_words(row.unit),
        "block": row.dossier.block,
        "secrecy": row.dossier.secrecy,
        "handling": row.dossier.handling,
        "state": row.dossier.state,
        "cadre": {name: getattr(row.cadre, name) if rule.shows(name) else "" for name in _CADRE},
        "groups": sorted(rule.groups),
        "facts": [_fact(fact, places) for fact in leaving],
        "ended": [
            {"id": fact.id, "item": fact.item, "values": json.loads(fact.body)}
            for fact in ended
            if rule.lets(fact) and rule.shows(fact.item)
        ],
        "papers": listing,
        "stubs": stubs,
    }
    packed.records.append(record)
    packed.parts += [part_of(f"data/records/{row.dossier.id}.json", canonical(record)), *parts]


def _fact(fact: FactRow, places: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    paper, page = places.get(fact.page_id or "", ("", 0))
    if not paper and fact.document_id in {name for name, _place in places.values()}:
        paper = fact.document_id or ""
    return {
        "id": fact.id,
        "item": fact.item,
        "values": json.loads(fact.body),
        "raw": json.loads(fact.raw),
        "starts": fact.starts,
        "starts_precision": precision(fact.starts),
        "ends": fact.ends,
        "ends_precision": precision(fact.ends),
        "secrecy": fact.secrecy,
        "confirmed": fact.confirmed_by is not None,
        "entered_on": f"{fact.entered_at:%Y-%m-%d}",
        "source": {
            "kind": fact.source,
            "paper": paper,
            "page": page,
            "box": fact.box if page else "",
            "words": fact.source_words,
        },
    }


def _places(uow: UnitOfWork, document_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Page id → (paper, place among its pages)."""
    found: dict[str, tuple[str, int]] = {}
    count: dict[str, int] = {}
    for page in dossiers.pages_of_dossier(uow.session, document_ids):
        paper = str(page.document_id)
        count[paper] = count.get(paper, 0) + 1
        found[page.id] = (paper, count[paper])
    return found


def _papers(
    uow: UnitOfWork, packed: Packed, listed: Sequence[Document], rule: _Rule
) -> tuple[list[dict[str, Any]], list[Part], list[dict[str, Any]]]:
    made = copies.latest(uow.session, listed)
    signed = copies.signatures(uow.session, [paper.scan_id for paper in listed])
    found_papers: list[dict[str, Any]] = []
    parts: list[Part] = []
    stubs: list[dict[str, Any]] = []
    for paper in listed:
        if not rule.lets(paper):
            packed.left_out += 1
            if not paper.compartment:
                label = custody.label_of(paper)
                stubs.append({"serial": label, "secrecy": paper.secrecy, "pages": paper.page_count})
            continue
        found = _file(uow, paper, made.get(paper.id), signed.get(paper.scan_id, []), rule)
        if found is None:
            packed.missing += 1
            continue
        form, part, signer = found
        found_papers.append(_paper(paper, form, part, signer))
        parts.append(part)
    return found_papers, parts, stubs


def _paper(paper: Document, form: str, part: Part, signer: str) -> dict[str, Any]:
    return {
        "id": paper.id,
        "serial": custody.label_of(paper),
        "type": paper.type_code,
        "subtype": paper.subtype,
        "title": paper.title,
        "number": paper.number,
        "issued_on": paper.issued_on,
        "pages": paper.page_count,
        "secrecy": paper.secrecy,
        "handling": "restricted",
        "form": form,
        "signer": signer,
        "original": paper.original,
        "file": part.path,
        "sha256": part.sha256,
        "bytes": part.size,
    }


def _file(
    uow: UnitOfWork, paper: Document, copy: ArchivalCopy | None, signed: Sequence[ScanSignature], rule: _Rule
) -> tuple[str, Part, str] | None:
    """The file that stands for a paper: the signed original, else the archival copy, else the original; None: wait.

    An original goes only when every page of it is this paper's: a pile holds other people's papers too. Of a secret
    the stamped copy goes, as in every export.
    """
    scan = uow.session.get_one(Scan, paper.scan_id)
    whole = scan.kind in EXTENSIONS and _whole(uow, scan, paper)
    name = f"data/papers/{paper.id}"
    if signed and whole and not paper.secrecy:
        signer = "; ".join(dict.fromkeys(each.signer for each in signed if each.signer))[:300]
        return "signed_original", _kept(uow, f"{name}.{EXTENSIONS[scan.kind]}", scan.sha256), signer
    if copy is not None and copy.state == CopyState.MADE:
        if paper.secrecy:
            data = secret_copies.stamped(uow.vault.read(copy.sha256), [copy_mark(paper.secrecy, 1, 1)])
            return "archival", Part(f"{name}.pdf", hashlib.sha256(data).hexdigest(), len(data), data), copy.signer
        return "archival", _kept(uow, f"{name}.pdf", copy.sha256), copy.signer
    if whole and not paper.secrecy and (copy is None or copy.state == CopyState.FAILED):
        return "original", _kept(uow, f"{name}.{EXTENSIONS[scan.kind]}", scan.sha256), ""
    return None


def _kept(uow: UnitOfWork, path: str, sha256: str) -> Part:
    return Part(path, sha256, uow.vault.size(sha256), partial(uow.vault.pieces, sha256))


def _whole(uow: UnitOfWork, scan: Scan, paper: Document) -> bool:
    return all(page.document_id == paper.id for page in papers.pages_of_scan(uow.session, scan.id))
