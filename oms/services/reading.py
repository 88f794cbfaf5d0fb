"""Machine reading: page by page, so that a crash loses at most the page in hand; then papers are proposed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
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
from oms.services import in_hand, persons, renewal, sorting, type_learning, vault_care
from oms.services.house import House, What, note
from oms.services.in_hand import InHand
from oms.store import handing_out, leases, papers
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
SLICE = 8
"""Pages of a file read at a time while other units wait."""
TRIED_AGAIN = frozenset(("over_limits", "ocr_failed", "ocr_missing", "sandbox_missing"))
"""Refusals that may be the machine's doing (too busy, not whole) rather than the page's."""
SET_ASIDE = "Máy đọc lỗi nhiều lần ở trang này nên trang được để riêng; có thể cho máy đọc lại, hoặc quét lại trang."
VIEW_EDGE = 2400
"""Longest side of the page image people see, in pixels: 200 dpi on A4, enough for a field's crop."""
SURE_TYPE = 0.5
LOW_CONFIDENCE = 60.0
_UNREAD_STATES = (PageState.WAITING, PageState.READING)
UNREAD = PageReading(0, 0, 0, 0.0, "none", False, "", (), True, 0.0)


def read_scan(
    house: House, scan_id: str, clock: Callable[[], datetime], stop: Callable[[], bool] = lambda: False
) -> bool:
    """Reads the waiting pages of a scan, then proposes its papers. False when another worker has it.

    Every page is committed on its own. Killed at any moment, the next call goes on with the first unread page. It is
    given back with pages unread when ``stop`` says so, when other units wait longer than :data:`SLICE` pages, and while
    a page of it has its pause.
    """
    begun = _begin(house, scan_id, clock)
    if begun is None:
        return False
    with begun.work:
        with _original(house, begun.sha) as path:
            _read_pages(begun, path, stop)
        _close(begun)
    return True


@dataclass(frozen=True)
class _Begun:
    """A file in hand: its bytes' name, its unit, the pages to be read now."""

    work: InHand
    scan_id: str
    sha: str
    unit_id: int
    unread: tuple[str, ...]


def _begin(house: House, scan_id: str, clock: Callable[[], datetime]) -> _Begun | None:
    with house.work(None, clock()) as uow:
        if not may_hold(uow.zone, papers.level_of_scan(uow.session, scan_id)):
            return None  # it stays in the queue: nothing of it is opened in this zone
        scan = uow.session.get(Scan, scan_id)
        if scan is None or scan.state not in handing_out.TO_BE_READ:
            return None
        work = in_hand.take(uow, house, leases.SCAN, scan_id, clock)
        if work is None:
            return None
        now, pages = clock(), papers.pages_of_scan(uow.session, scan_id)
        scan.state = ScanState.READING
        if scan.started_at is None or scan.finished_at is not None:  # pages read from here on are of this round
            scan.started_at, scan.finished_at = now, None
        was_at = [page for page in pages if page.state == PageState.READING]
        for page in was_at:
            _lost_over(work, page, now)
        if was_at:
            work.got_on(uow)  # it is the page that is counted, not the file
        elif work.held.lost >= in_hand.MAX_LOST:
            _set_aside(uow, work, scan, pages, now)
            return None
        unread = [p.id for p in pages if p.state in _UNREAD_STATES and (p.again_at is None or p.again_at <= now)]
        return _Begun(work, scan_id, scan.sha256, uow.session.get_one(Batch, scan.batch_id).unit_id, tuple(unread))


def _lost_over(work: InHand, page: Page, now: datetime) -> None:
    """A page whose worker is gone waits, from the second time on for a while; after too many it is set aside."""
    page.state, page.lost = PageState.WAITING, page.lost + in_hand.weight(work.held)
    page.again_at = now + in_hand.pause(page.lost - 1)
    if page.lost >= in_hand.MAX_LOST:
        _failed(page, SET_ASIDE)


def _set_aside(uow: UnitOfWork, work: InHand, scan: Scan, pages: Sequence[Page], now: datetime) -> None:
    """A file over which one worker after the other was lost while no page was read: a person decides."""
    for page in pages:
        if page.document_id is None:
            page.state, page.reason, page.again_at = PageState.FAILED, SET_ASIDE, None
        elif page.state in _UNREAD_STATES:
            _failed(page, SET_ASIDE)
    scan.state, scan.finished_at = ScanState.FLAGGED, now
    scan.reason = "Máy không xếp được các trang của tệp này thành tài liệu; tệp được để riêng, có thể cho đọc lại."
    work.end(uow)
    failed = sum(page.state == PageState.FAILED for page in pages)
    detail = {"pages": len(pages), "failed": failed, "documents": 0}
    _note_read(uow, scan, Outcome.FAILED, detail, now)


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


def _read_pages(begun: _Begun, path: Path | None, stop: Callable[[], bool]) -> None:
    work, struck = begun.work, list[str]()
    for done, page_id in enumerate(begun.unread):
        if path is None:
            _fail_page(work, page_id, FileDamaged.message_vi)
        elif len(struck) >= LIMITS.strikes:  # a file made to cost time would cost it on every one of its pages
            _fail_page(work, page_id, MESSAGES_VI["over_limits"])
        elif stop() or (done and done % SLICE == 0 and _others_wait(begun)):
            return
        elif _read_one(work, begun.scan_id, path, page_id) == "over_limits":
            struck.append(page_id)
            for each in struck if len(struck) >= LIMITS.strikes else ():
                _fail_page(work, each, MESSAGES_VI["over_limits"])


def _others_wait(begun: _Begun) -> bool:
    house = begun.work.house
    levels = levels_of(house.settings.zone)
    with house.look() as uow:
        return handing_out.others_wait(uow.session, begun.unit_id, begun.work.clock(), levels)


def levels_of(zone: str) -> list[int]:
    """The levels of batches that are opened in a zone."""
    return [int(level) for level in Secrecy if may_hold(zone, level)]


def _read_one(work: InHand, scan_id: str, path: Path, page_id: str) -> str:
    """One page: read, failed for good, or put off for another try. Returns the refusal's code."""
    begun = _begin_page(work, page_id)
    if begun is None:
        return ""
    number, turn = begun
    try:
        raster = rasterise(path, number)
        reading = second_look(read_page(raster, rotation=turn))
        if raster.damaged:  # what could not be drawn could not be read
            reading = replace(reading, missing_text=True)
        codes = [vars(code) for code in read_codes(raster.image if reading.image is None else reading.image)]
        image = _view_image(reading)
    except Rejected as rejection:
        if rejection.code in TRIED_AGAIN:
            _try_again(work, page_id, rejection.message_vi)
        else:
            _fail_page(work, page_id, rejection.message_vi)
        return rejection.code
    except Exception as error:  # a poison page must not stop the pile; its text must not reach the log
        where = traceback.extract_tb(error.__traceback__)[-1]
        name, place = type(error).__name__, f"{where.name}:{where.lineno}"
        log.error("page %s of scan %s: %s at %s", number, scan_id, name, place)
        _try_again(work, page_id, SET_ASIDE)
        return ""
    _keep_page(work, page_id, turn, reading, codes, image)
    measures.count("pages_read", "read")
    return ""


def _begin_page(work: InHand, page_id: str) -> tuple[int, int | None] | None:
    """Marks a page as in hand; its number and how a person wants it turned, None when it needs no reading."""
    with work.house.work(None, work.clock()) as uow:
        work.fence(uow)
        page = uow.session.get_one(Page, page_id)
        if page.state not in _UNREAD_STATES:
            return None
        if page.attempts >= in_hand.MAX_TRIES:
            _failed(page, SET_ASIDE)
            return None
        page.state, page.again_at = PageState.READING, None
        return page.number, page.wanted_turn


def _try_again(work: InHand, page_id: str, reason: str) -> None:
    """A try that ended badly is counted: the page waits a growing while, or has failed after the last."""
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.fence(uow)
        page = uow.session.get_one(Page, page_id)
        page.attempts += 1
        if page.attempts >= in_hand.MAX_TRIES:
            _failed(page, reason)
            measures.count("pages_read", "failed")
        else:
            page.state, page.again_at = PageState.WAITING, now + in_hand.pause(page.attempts)


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
    work: InHand, page_id: str, turn: int | None, reading: PageReading, codes: list[dict[str, object]], image: bytes
) -> None:
    """Keeps what was read with its picture. A picture that came too late is dropped: nobody would ever name it."""
    image_sha, kept = work.house.vault.put_bytes(image), False
    try:
        kept = _page_read(work, page_id, turn, reading, codes, image, image_sha)
    finally:
        if not kept:
            vault_care.drop_unnamed(work.house, image_sha)


def _page_read(
    work: InHand,
    page_id: str,
    turn: int | None,
    reading: PageReading,
    codes: list[dict[str, object]],
    image: bytes,
    image_sha: str,
) -> bool:
    """Writes down what was read; False when it is no longer asked for."""
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.fence(uow)
        work.got_on(uow)
        page = uow.session.get_one(Page, page_id)
        if not renewal.is_wanted(page, turn):
            return False
        if not work.house.vault.is_there(image_sha):  # the same bytes: whoever came too late with them dropped them
            work.house.vault.put_bytes(image)
        page.state, page.image_sha, page.read_at = PageState.READ, image_sha, now
        page.attempts = page.lost = 0
        page.width, page.height = reading.width, reading.height
        page.rotation, page.skew, page.variant = reading.rotation, reading.skew, reading.variant
        page.blank, page.missing_text, page.confidence = (
            reading.blank,
            reading.missing_text,
            reading.mean_confidence,
        )
        page.fingerprint = "" if reading.blank or reading.image is None else fingerprint(reading.image)
        papers.keep_reading(uow.session, page, ENGINE, reading.to_json() | {"codes": codes}, now)
    return True


def _fail_page(work: InHand, page_id: str, reason: str) -> None:
    with work.house.work(None, work.clock()) as uow:
        work.fence(uow)
        _failed(uow.session.get_one(Page, page_id), reason)
    measures.count("pages_read", "failed")


def _failed(page: Page, reason: str) -> None:
    page.again_at = None
    if not renewal.give_up(page, reason):
        page.state, page.reason = PageState.FAILED, reason


def _close(begun: _Begun) -> None:
    """Every page read or failed: papers are proposed. Else the file is given back until a page's pause is over."""
    house, work = begun.work.house, begun.work
    with house.work(None, work.clock()) as uow:
        work.fence(uow)
        scan, pages = uow.session.get_one(Scan, begun.scan_id), papers.pages_of_scan(uow.session, begun.scan_id)
        unread = [page for page in pages if page.state in _UNREAD_STATES]
        if unread:
            pauses = [page.again_at for page in unread if page.again_at is not None]
            work.put_off(uow, min(pauses) if len(pauses) == len(unread) else None)
            return
        since = scan.started_at
        read_now = [page.id for page in pages if since and page.read_at and page.read_at >= since]
    repeats = sorting.find_repeats(house, begun.scan_id, read_now)
    _assemble(work, begun.scan_id, read_now, repeats)


def _assemble(work: InHand, scan_id: str, read_now: Sequence[str], repeats: dict[str, str]) -> None:
    """Groups the read pages into papers, types them, proposes persons; once for a scan's unassigned pages.

    Papers on the desk of which pages were read again get their values anew.
    """
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.end(uow)
        scan = uow.session.get_one(Scan, scan_id)
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
        scan.finished_at = now
        renewal.requeue(uow, whole)
        failed = sum(page.state == PageState.FAILED for page in whole)
        outcome = Outcome.FAILED if failed else Outcome.DONE
        detail = {"pages": len(whole), "failed": failed, "documents": made}
        _note_read(uow, scan, outcome, detail, now)


def _note_read(uow: UnitOfWork, scan: Scan, outcome: Outcome, detail: dict[str, int], now: datetime) -> None:
    batch = uow.session.get_one(Batch, scan.batch_id)
    target = Target(uow.session.get_one(Unit, batch.unit_id).path)
    what = What("scan", scan.id, file_label(scan.id))
    note(uow, None, Verb.SCAN_READ, now, outcome=outcome, target=target, detail=detail, what=what)


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
