"""Machine reading: page by page, so that a crash loses at most the page in hand; then papers are proposed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2

from oms import measures
from oms.domain.access import Secrecy, Target, Visibility
from oms.domain.catalogue import COMPARTMENTS, RESTRICTED_TYPES
from oms.domain.journal import Outcome, Verb
from oms.domain.organisation import block_path
from oms.domain.records import DocumentState, PageState, ScanState, file_label
from oms.domain.secrecy import may_hold
from oms.errors import FileDamaged
from oms.services import persons, renewal, sorting, type_learning
from oms.services.house import House, What, note
from oms.store import papers
from oms.store.db import UnitOfWork
from oms.store.tables import Batch, Document, DocumentField, Page, Proposal, Scan, Unit
from scanning import (
    DocumentType,
    Field,
    PageReading,
    Rejected,
    extract_fields,
    rasterise,
    read_codes,
    read_page,
    second_look,
    title_of,
)
from scanning.active_content import sentence_vi
from scanning.fingerprint import fingerprint
from scanning.limits import LIMITS
from scanning.rejection import MESSAGES_VI

log = logging.getLogger(__name__)

ENGINE = "tesseract vie fast"
MAX_ATTEMPTS = 3
VIEW_EDGE = 2400
"""Longest side of the page image people see, in pixels: 200 dpi on A4, enough for a field's crop."""
SURE_TYPE = 0.5
LOW_CONFIDENCE = 60.0
_UNREAD_STATES = (PageState.WAITING, PageState.READING)
UNREAD = PageReading(0, 0, 0, 0.0, "none", False, "", (), True, 0.0)


def read_scan(house: House, scan_id: str, clock: Callable[[], datetime]) -> bool:
    """Reads every waiting page of a scan, then proposes its papers. False when another worker has it.

    Every page is committed on its own. Killed at any moment, the next call goes on with the first unread page.
    """
    with house.work(None, clock()) as uow:
        if not may_hold(uow.zone, papers.level_of_scan(uow.session, scan_id)):
            return False  # it stays in the queue: nothing of it is opened in this zone
        scan = papers.claim_scan(uow.session, scan_id, clock())
        if scan is None:
            return False
        unread = [p for p in papers.pages_of_scan(uow.session, scan_id) if p.state in _UNREAD_STATES]
        sha = scan.sha256
    with _original(house, sha) as path:
        _read_pages(house, scan_id, path, unread, clock)
    repeats = sorting.find_repeats(house, scan_id, [page.id for page in unread])
    _assemble(house, scan_id, [page.id for page in unread], repeats, clock())
    return True


@contextmanager
def _original(house: House, sha: str) -> Iterator[Path | None]:
    """The verified original, opened once for all of its pages; None when it is damaged."""
    with ExitStack() as stack:
        try:
            path = stack.enter_context(house.vault.opened(sha))
        except FileDamaged:
            log.error("file %s of the vault is damaged", sha)
            path = None
        yield path


def _read_pages(
    house: House, scan_id: str, path: Path | None, unread: Sequence[Page], clock: Callable[[], datetime]
) -> None:
    strikes = 0
    for page in unread:
        if path is None:
            _fail_page(house, page.id, FileDamaged.message_vi)
        elif strikes >= LIMITS.strikes:  # a file made to cost time would cost it on every one of its pages
            _fail_page(house, page.id, MESSAGES_VI["over_limits"])
        else:
            strikes += _read_one(house, scan_id, path, page.number, clock) == "over_limits"


def _read_one(house: House, scan_id: str, path: Path, number: int, clock: Callable[[], datetime]) -> str:
    """One page; tried again by the same worker until it is read or has failed for good. Returns the refusal's code."""
    while (begun := _begin_page(house, scan_id, number, clock())) is not None:
        page_id, turn = begun
        try:
            raster = rasterise(path, number)
            reading = second_look(read_page(raster, rotation=turn))
            if raster.damaged:  # what could not be drawn could not be read
                reading = replace(reading, missing_text=True)
            codes = [vars(code) for code in read_codes(raster.image if reading.image is None else reading.image)]
            _keep_page(house, page_id, turn, reading, codes, clock())
            measures.count("pages_read", "read")
        except Rejected as rejection:
            _fail_page(house, page_id, rejection.message_vi)
            measures.count("pages_read", "failed")
            return rejection.code
        except Exception as error:  # a poison page must not stop the pile; its text must not reach the log
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "page %s of scan %s: %s at %s:%s",
                number,
                scan_id,
                type(error).__name__,
                where.name,
                where.lineno,
            )
            continue
        break
    return ""


def _begin_page(house: House, scan_id: str, number: int, now: datetime) -> tuple[str, int | None] | None:
    """Marks a page as in hand and says how a person wants it turned; None when it needs no reading.

    A page that killed its worker thrice has failed.
    """
    with house.work(None, now) as uow:
        page = papers.pages_of_scan(uow.session, scan_id)[number - 1]
        scan = uow.session.get_one(Scan, scan_id)
        scan.lease_until = now + papers.LEASE
        if page.state not in _UNREAD_STATES:
            return None
        if page.attempts >= MAX_ATTEMPTS:
            _failed(page, "Trang này làm máy đọc lỗi nhiều lần; hãy quét lại trang.")
            return None
        page.state, page.attempts = PageState.READING, page.attempts + 1
        return page.id, page.wanted_turn


def _view_image(reading: PageReading) -> bytes:
    """The upright page as a JPEG for the eye; the original scan is never touched."""
    image = reading.image
    if image is None:
        raise ValueError("reading without image")
    edge = max(image.shape[:2])
    if edge > VIEW_EDGE:
        scale = VIEW_EDGE / edge
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise ValueError("page image could not be encoded")
    return bytes(data.tobytes())


def _keep_page(
    house: House, page_id: str, turn: int | None, reading: PageReading, codes: list[dict[str, object]], now: datetime
) -> None:
    image_sha = house.vault.put_bytes(_view_image(reading))
    with house.work(None, now) as uow:
        page = uow.session.get_one(Page, page_id)
        if not renewal.is_wanted(page, turn):
            return
        page.state, page.image_sha, page.read_at = PageState.READ, image_sha, now
        page.width, page.height = reading.width, reading.height
        page.rotation, page.skew, page.variant = reading.rotation, reading.skew, reading.variant
        page.blank, page.missing_text, page.confidence = (
            reading.blank,
            reading.missing_text,
            reading.mean_confidence,
        )
        page.fingerprint = "" if reading.blank or reading.image is None else fingerprint(reading.image)
        papers.keep_reading(uow.session, page, ENGINE, reading.to_json() | {"codes": codes}, now)


def _fail_page(house: House, page_id: str, reason: str) -> None:
    with house.database.transaction() as session:
        _failed(session.get_one(Page, page_id), reason)


def _failed(page: Page, reason: str) -> None:
    if not renewal.give_up(page, reason):
        page.state, page.reason = PageState.FAILED, reason


def _assemble(house: House, scan_id: str, read_now: Sequence[str], repeats: dict[str, str], now: datetime) -> None:
    """Groups the read pages into papers, types them, proposes persons; once for a scan's unassigned pages.

    Papers on the desk of which pages were read again get their values anew.
    """
    with house.work(None, now) as uow:
        scan = uow.session.get_one(Scan, scan_id)
        batch = uow.session.get_one(Batch, scan.batch_id)
        unit = uow.session.get_one(Unit, batch.unit_id)
        pages = [page for page in papers.pages_of_scan(uow.session, scan_id) if page.document_id is None]
        made = propose_papers(uow, scan, sorting.in_order(scan, pages), now)
        sorting.keep_repeats(uow, repeats)
        whole = papers.pages_of_scan(uow.session, scan_id)
        again = [page for page in whole if page.id in read_now and page not in pages]
        renewal.renew(uow, again, extract_fields, _keep_fields, now)
        doubtful = [p for p in whole if p.state == PageState.FAILED or _hard_to_read(p)]
        told = [sentence_vi(json.loads(scan.flags)), *sorting.notices(whole), sorting.odd_stack(scan, whole)]
        scan.reason = " ".join(filter(None, (*told, _flag_reason(doubtful))))
        scan.state = ScanState.FLAGGED if scan.reason else ScanState.READ
        scan.finished_at, scan.lease_until = now, None
        renewal.requeue(uow, whole)
        failed = sum(page.state == PageState.FAILED for page in whole)
        outcome = Outcome.FAILED if failed else Outcome.DONE
        detail = {"pages": len(whole), "failed": failed, "documents": made}
        what = What("scan", scan_id, file_label(scan_id))
        note(
            uow,
            None,
            Verb.SCAN_READ,
            now,
            outcome=outcome,
            target=Target(unit.path),
            detail=detail,
            what=what,
        )


def propose_papers(uow: UnitOfWork, scan: Scan, pages: Sequence[Page], now: datetime) -> int:
    """Puts pages that lie in no paper together into papers, in the order given; returns how many papers."""
    batch = uow.session.get_one(Batch, scan.batch_id)
    unit = uow.session.get_one(Unit, batch.unit_id)
    piles = sorting.sort(uow, scan, pages, UNREAD)
    for pile in piles:
        _propose(uow, scan, batch, unit, pile, now)
    return len(piles)


def _hard_to_read(page: Page) -> bool:
    if page.kind != sorting.CONTENT:
        return False
    return page.missing_text or (not page.blank and page.confidence < LOW_CONFIDENCE)


def _flag_reason(doubtful: Sequence[Page]) -> str:
    if not doubtful:
        return ""
    numbers = ", ".join(str(page.number) for page in doubtful[:12]) + ("…" if len(doubtful) > 12 else "")
    return f"Cần xem lại trang {numbers}: máy đọc không chắc hoặc có thể thiếu chữ."


def _value(fields: dict[str, Field], *keys: str) -> str:
    return next((fields[key].value for key in keys if key in fields and fields[key].value), "")


def _propose(
    uow: UnitOfWork,
    scan: Scan,
    batch: Batch,
    unit: Unit,
    pile: sorting.Pile,
    now: datetime,
) -> None:
    group, readings = pile.pages, pile.readings
    kind = pile.typed(type_learning.typed(uow, readings))
    stored = papers.readings(uow.session, [page.id for page in group])
    codes = renewal.codes_of([stored.get(page.id, {}) for page in group])
    fields = extract_fields(readings, kind, codes)
    unread = all(page.state == PageState.FAILED or page.blank for page in group)
    unsure = unread or kind.score < SURE_TYPE
    document = Document(
        scan_id=scan.id,
        unit_id=unit.id,
        state=DocumentState.ORPHAN if unsure else DocumentState.PROPOSED,
        type_code=kind.code,
        subtype=kind.subtype or "",
        type_score=kind.score,
        title=title_of(readings, kind)[:500],
        number=_value(fields, "number")[:80],
        issued_on=_value(fields, "issued_on")[:10],
        person_name=_value(fields, "full_name", "person_name")[:200],
        person_birth_date=_value(fields, "birth_date", "person_birth_date")[:10],
        citizen_id=_value(fields, "citizen_id")[:12],
        old_id=_value(fields, "old_id")[:9],
        secrecy=batch.secrecy,
        compartment=batch.compartment or RESTRICTED_TYPES.get(kind.code, ""),
        note=_orphan_note(group, unsure, pile.type_code),
        evidence=json.dumps(pile.evidence() + _evidence(kind, group), ensure_ascii=False),
        page_count=len(group),
        created_at=now,
    )
    uow.session.add(document)
    uow.session.flush()
    for position, page in enumerate(group, start=1):
        page.document_id, page.position = document.id, position
    _keep_fields(uow, document.id, fields, group, now)
    text = "\n".join(reading.text for reading in readings)
    proposed = _propose_persons(uow, unit, document, text, now)
    sorting.propose_cover(uow, document, pile, proposed)


def _orphan_note(group: Sequence[Page], unsure: bool, separated_as: str) -> str:
    failed = [page for page in group if page.state == PageState.FAILED]
    if failed:
        return failed[0].reason
    if all(page.blank for page in group):
        return "Trang trắng."
    if unsure and separated_as:
        return "Phiếu ngăn ghi một loại, chữ trên giấy cho thấy loại khác; hãy xem phiếu có đặt đúng chỗ không."
    return "Máy chưa chắc loại tài liệu." if unsure else ""


def _evidence(kind: DocumentType, group: Sequence[Page]) -> list[dict[str, object]]:
    return [
        {"text": item.text, "page_id": group[item.page - 1].id, "box": list(item.box)}
        for item in kind.evidence
        if 1 <= item.page <= len(group)
    ]


def _keep_fields(
    uow: UnitOfWork, document_id: str, fields: dict[str, Field], group: Sequence[Page], now: datetime
) -> None:
    """Keeps what was read, a row each with its page and box; cells of tables as ``table.row.column``."""
    rows = [
        DocumentField(
            document_id=document_id,
            key=key[:40],
            value=found.value,
            raw=found.raw,
            confidence=found.confidence,
            page_id=group[found.page - 1].id,
            box=json.dumps(list(found.box)),
            doubt="; ".join(found.doubts),
            source="machine",
            at=now,
        )
        for key, found in fields.items()
    ]
    uow.session.add_all(rows)


def _propose_persons(uow: UnitOfWork, unit: Unit, document: Document, text: str, now: datetime) -> list[str]:
    """Looks among the dossiers of the batch's own block, and returns whose were proposed.

    Who looks at the paper sees only those they may list.
    """
    view = Visibility((block_path(unit.path),), Secrecy.TUYET_MAT, frozenset(COMPARTMENTS))
    facts = persons.facts_of(document, text)
    found = persons.rank(uow, view, facts)
    for row, match in found:
        uow.session.add(
            Proposal(
                document_id=document.id,
                dossier_id=row.dossier.id,
                score=match.score,
                agrees=",".join(match.agrees),
                differs=",".join(match.differs),
            )
        )
    uow.session.flush()
    return [row.dossier.id for row, _match in found]
