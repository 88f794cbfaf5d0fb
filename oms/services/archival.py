"""Archival copies: a PDF/A of every filed paper, made in the background, made anew when the paper changes.

The work stands in the database (waiting → making → made | failed); a worker that dies leaves a copy in the making,
which is given out again once its lease ran out.
"""

from __future__ import annotations

import json
import logging
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from oms import measures
from oms.domain.access import Action, Principal, Target
from oms.domain.catalogue import SECRECY_LABELS, type_title
from oms.domain.journal import Outcome, Verb
from oms.domain.records import HANOI, CopyState, DocumentState, serial_label
from oms.domain.secrecy import may_hold, name_mark
from oms.errors import FileDamaged, InvalidInput, LeaseLost
from oms.services import custody, in_hand, secret_copies, signatures, vault_care
from oms.services.house import House, Served, What, note, require
from oms.services.in_hand import InHand
from oms.services.secret_copies import Copied, Leaving
from oms.services.signatures import SignatureLine
from oms.settings import Signing
from oms.store import copies, leases, papers
from oms.store.db import UnitOfWork
from oms.store.desk_tables import ArchivalCopy
from oms.store.tables import Document, Dossier, Page, Scan, Unit
from scanning import PageReading, Rejected, rasterise
from scanning.active_content import sentence_vi
from scanning.archival import LOWEST_DPI, CopyFacts, Sheet, Written, sheet_of, write_copy

if TYPE_CHECKING:
    from scanning.sealing import Key

log = logging.getLogger(__name__)

NOT_YET = timedelta(minutes=2)
"""How long a copy waits that cannot be made now."""
SWEEP = 200
Clock = Callable[[], datetime]

SEAL_MESSAGES_VI = {
    "key_missing": "Không tìm thấy khoá ký số của cơ quan. Hãy báo quản trị hệ thống.",
    "key_refused": "Khoá ký số của cơ quan không mở được (mật khẩu hoặc tệp sai). Hãy báo quản trị hệ thống.",
    "token_missing": "Không mở được thiết bị ký số của cơ quan. Hãy kiểm tra thiết bị rồi thử lại.",
    "expired": "Chứng thư số của cơ quan không còn hiệu lực. Hãy báo quản trị hệ thống.",
    "failed": "Ký số không thành. Hãy thử lại; nếu vẫn lỗi, hãy báo quản trị hệ thống.",
}


@dataclass(frozen=True)
class _PagePlan:
    """Where a page comes from, what was read on it and what people corrected."""

    sha: str
    number: int
    reading: PageReading | None
    texts: dict[int, str]


@dataclass(frozen=True)
class _Plan:
    """Everything one copy is made of, taken at one moment."""

    copy_id: str
    document_id: str
    version: int
    pages: tuple[_PagePlan, ...]
    facts: CopyFacts


def want_missing(house: House, now: datetime) -> int:
    """Asks for the copy of every filed paper that has none at its version; returns how many."""
    with house.database.transaction() as session:
        return copies.want_missing(session, now, SWEEP)


def make_copy(house: House, copy_id: str, clock: Clock) -> bool:
    """Makes one copy, and signs it where the installation signs by itself. False when there was nothing to make.

    A page that cannot be opened fails the copy at once, with its reason; anything else is tried three times.
    """
    begun = _begin(house, copy_id, clock)
    if begun is None:
        return False
    work, plan = begun
    with work:
        try:
            with tempfile.TemporaryDirectory(prefix="oms-copy-") as folder:
                path = Path(folder) / "copy.pdf"
                written = write_copy(path, _sheets(work, plan), plan.facts)
                sha, size = house.vault.put_file(path)
        except Rejected as rejection:
            _fail(work, plan, rejection.message_vi)
            return True
        except FileDamaged:
            _fail(work, plan, FileDamaged.message_vi)
            return True
        except (LeaseLost, *in_hand.AWAY):
            raise
        except Exception as error:  # its text may hold words of the paper: only the place is told
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error("copy %s: %s at %s:%s", copy_id, type(error).__name__, where.name, where.lineno)
            _try_again(work, plan)
            return True
        try:
            kept = _finish(work, plan, written, sha, size)
        except LeaseLost:
            vault_care.drop_unnamed(house, sha)
            raise
        if not kept:  # the paper was changed or destroyed meanwhile: nobody would remove this file
            vault_care.drop_unnamed(house, sha)
    measures.count("copies_made", "made")
    signing = house.settings.signing
    if signing is not None and signing.auto:
        _sign_by_itself(house, plan.document_id, clock)
    return True


def _begin(house: House, copy_id: str, clock: Clock) -> tuple[InHand, _Plan] | None:
    """Takes a copy in hand; None when another has it, it is made, no longer wanted, or too many were lost over it."""
    now = clock()
    with house.work(None, now) as uow:
        copy = uow.session.get(ArchivalCopy, copy_id)
        if copy is None or copy.state not in copies.OPEN:
            return None
        document = uow.session.get_one(Document, copy.document_id)
        if document.state != DocumentState.FILED or document.version != copy.version:
            uow.session.delete(copy)  # the paper has changed: its next version has a wish of its own
            return None
        work = in_hand.take(uow, house, leases.COPY, copy_id, clock)
        if work is None:
            return None
        # it stays wanted: no page of it is opened in this zone; the copy bears the words of a paper as it was issued
        unread = papers.to_be_read(papers.pages_of_document(uow.session, document.id))
        if unread or not may_hold(uow.zone, document.secrecy):
            work.put_off(uow, now + NOT_YET)
            return None
        if max(copy.attempts, work.held.lost * in_hand.MAX_TRIES // in_hand.MAX_LOST) >= in_hand.MAX_TRIES:
            copy.state, copy.reason = CopyState.FAILED, "Làm bản lưu trữ lỗi nhiều lần. Hãy báo quản trị hệ thống."
            work.end(uow)
            _note_copy(uow, None, Verb.COPY_MAKE, now, document, copy, Outcome.FAILED)
            return None
        copy.state = CopyState.MAKING
        return work, _plan(uow, copy, document, now)


def _try_again(work: InHand, plan: _Plan) -> None:
    """A try that ended badly is counted; the next comes after a growing while."""
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.fence(uow)
        copy = uow.session.get(ArchivalCopy, plan.copy_id)
        if copy is None:
            work.end(uow)
            return
        copy.attempts += 1
        uow.session.flush()
        work.put_off(uow, now + in_hand.pause(copy.attempts))


def _plan(uow: UnitOfWork, copy: ArchivalCopy, document: Document, now: datetime) -> _Plan:
    pages = papers.pages_of_document(uow.session, document.id)
    ids = [page.id for page in pages]
    stored, fixes = papers.readings(uow.session, ids), papers.corrections(uow.session, ids)
    shas = {page.scan_id: uow.session.get_one(Scan, page.scan_id).sha256 for page in pages}
    planned = [
        _PagePlan(
            shas[page.scan_id],
            page.number,
            PageReading.from_json(stored[page.id]) if page.id in stored else None,
            {word: fix.text for word, fix in fixes.get(page.id, {}).items() if fix.text},
        )
        for page in pages
    ]
    return _Plan(copy.id, document.id, copy.version, tuple(planned), _facts(uow, document, now))


def _facts(uow: UnitOfWork, document: Document, now: datetime) -> CopyFacts:
    """Type and number as title, dossier and serial as identifier (TT 05/2025): no name of a person."""
    unit = uow.session.get_one(Unit, document.unit_id)
    dossier = uow.session.get_one(Dossier, document.dossier_id or "")
    title = " ".join(filter(None, (type_title(document.type_code), document.number and f"số {document.number}")))
    serial = serial_label(document.serial, document.secrecy, document.compartment)
    mark = SECRECY_LABELS[document.secrecy].upper() if document.secrecy else ""
    return CopyFacts(title, f"{dossier.number}.{serial}", unit.name, now.astimezone(HANOI), mark)


def _sheets(work: InHand, plan: _Plan) -> Iterator[Sheet]:
    for page in plan.pages:
        work.beat()
        with work.house.vault.opened(page.sha) as path:
            raster = rasterise(path, page.number)
        yield sheet_of(raster, page.reading, page.texts)


def _finish(work: InHand, plan: _Plan, written: Written, sha: str, size: int) -> bool:
    """Writes down the file that was made; False when nobody wants it any more. LeaseLost when another has the copy."""
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.end(uow)
        copy = uow.session.get(ArchivalCopy, plan.copy_id)
        if copy is None or copy.state not in copies.OPEN:
            return False
        document = uow.session.get_one(Document, plan.document_id)
        copy.state, copy.sha256, copy.size, copy.pages = CopyState.MADE, sha, size, written.pages
        coarse = written.lowest_dpi < LOWEST_DPI
        copy.reason = f"Có trang quét dưới {LOWEST_DPI} dpi ({written.lowest_dpi:.0f} dpi)." if coarse else ""
        copy.made_at = now
        _note_copy(uow, None, Verb.COPY_MAKE, now, document, copy)
    return True


def _fail(work: InHand, plan: _Plan, reason: str) -> None:
    now = work.clock()
    with work.house.work(None, now) as uow:
        work.end(uow)
        copy = uow.session.get(ArchivalCopy, plan.copy_id)
        if copy is not None and copy.state in copies.OPEN:
            copy.state, copy.reason = CopyState.FAILED, reason
            document = uow.session.get_one(Document, plan.document_id)
            _note_copy(uow, None, Verb.COPY_MAKE, now, document, copy, Outcome.FAILED)


def _note_copy(
    uow: UnitOfWork,
    who: Principal | None,
    verb: Verb,
    now: datetime,
    document: Document,
    copy: ArchivalCopy,
    outcome: Outcome = Outcome.DONE,
) -> None:
    unit = uow.session.get_one(Unit, document.unit_id)
    target = Target(unit.path, document.secrecy, document.compartment)
    detail = {"document": document.id, "version": copy.version, "sha256": copy.sha256, "pages": copy.pages}
    what = What("copy", copy.id, custody.label_in_dossier(uow, document))
    note(uow, who, verb, now, outcome=outcome, target=target, detail=detail, what=what)


def current(uow: UnitOfWork, document: Document) -> ArchivalCopy | None:
    """The copy of a paper as it is now, whatever its state."""
    return copies.latest(uow.session, [document]).get(document.id)


@dataclass(frozen=True)
class CopyView:
    """What a paper's page says of its archival copy and of the files it came from."""

    copy: ArchivalCopy | None
    signatures: tuple[SignatureLine, ...]
    warnings: tuple[str, ...]


def about(uow: UnitOfWork, document: Document, pages: Sequence[Page]) -> CopyView:
    """The copy, the signatures and what could act in the original files, for a page whose reading has its row."""
    scan_ids = list(dict.fromkeys(page.scan_id for page in pages))
    scans = [uow.session.get_one(Scan, scan_id) for scan_id in scan_ids]
    warnings = dict.fromkeys(sentence_vi(json.loads(scan.flags)) for scan in scans)
    return CopyView(current(uow, document), tuple(signatures.lines_of(uow, scan_ids)), tuple(filter(None, warnings)))


def remake(uow: UnitOfWork, principal: Principal, document_id: str, now: datetime) -> None:
    """Puts a copy that failed back in the queue; under a running opening of the paper's dossier."""
    document, unit, _row, _opening = custody.filed(uow, principal, document_id, Verb.COPY_MAKE, now)
    target = Target(unit.path, document.secrecy, document.compartment)
    require(principal, Action.COPY_SIGN, Verb.COPY_MAKE, target, "document", document_id)
    copy = current(uow, document)
    if copy is not None and copy.state != CopyState.FAILED:
        raise InvalidInput("copy", "Bản lưu trữ đang được làm hoặc đã có; không cần làm lại.")
    if copy is None:
        copy = copies.want(uow.session, document.id, document.version, now)
    copy.state, copy.attempts, copy.reason, copy.wanted_at = CopyState.WAITING, 0, "", now
    leases.wake(uow.session, leases.COPY, copy.id)
    _note_copy(uow, principal, Verb.COPY_MAKE, now, document, copy)


def _sign_by_itself(house: House, document_id: str, clock: Clock) -> None:
    """Signs a copy just made; what goes wrong is kept with the copy and told on the pages."""
    with house.work(None, clock()) as uow:
        document = uow.session.get_one(Document, document_id)
        copy = current(uow, document)
        if copy is None or copy.state != CopyState.MADE or copy.signed_at is not None:
            return
        copy_id, sha = copy.id, copy.sha256
    problem = _sign(house, None, copy_id, sha, clock)
    if problem:
        with house.work(None, clock()) as uow:
            uow.session.get_one(ArchivalCopy, copy_id).reason = problem


def sign(house: House, principal: Principal, document_id: str, clock: Clock) -> None:
    """Signs the newest copy of a paper for the agency, under a running opening. The signature has a row of its own.

    InvalidInput: no copy yet, signed already, no key. The key is used outside of any transaction: a token is slow.
    """
    with house.work(principal, clock()) as uow:
        document, unit, _row, _opening = custody.filed(uow, principal, document_id, Verb.COPY_SIGN, clock())
        target = Target(unit.path, document.secrecy, document.compartment)
        require(principal, Action.COPY_SIGN, Verb.COPY_SIGN, target, "document", document_id)
        copy = current(uow, document)
        if copy is None or copy.state != CopyState.MADE:
            raise InvalidInput("copy", "Chưa có bản lưu trữ để ký; hãy chờ máy làm xong.")
        if copy.signed_at is not None:
            raise InvalidInput("copy", "Bản lưu trữ này đã được ký số.")
        copy_id, sha = copy.id, copy.sha256
    problem = _sign(house, principal, copy_id, sha, clock)
    if problem:
        raise InvalidInput("copy", problem)


def _sign(house: House, who: Principal | None, copy_id: str, sha: str, clock: Clock) -> str:
    """Signs and keeps; returns what went wrong in Vietnamese, or ""."""
    from scanning.sealing import SealError

    signing = house.settings.signing
    if signing is None:
        return "Hệ thống chưa được cài khoá ký số của cơ quan."
    now = clock()
    try:
        signed_sha, size, signer = sealed(house, signing, sha, now)
    except SealError as error:
        log.error("copy %s could not be signed: %s", copy_id, error.code)
        return SEAL_MESSAGES_VI[error.code]
    with house.work(who, clock()) as uow:
        copy = uow.session.get_one(ArchivalCopy, copy_id)
        if copy.sha256 != sha:
            return ""  # somebody else has just signed it
        copy.sha256, copy.size, copy.unsigned_sha256 = signed_sha, size, sha
        copy.signer, copy.signed_at = signer[:300], now
        copy.reason = ""
        document = uow.session.get_one(Document, copy.document_id)
        _note_copy(uow, who, Verb.COPY_SIGN, now, document, copy)
    return ""


def sealed(house: House, signing: Signing, sha: str, now: datetime) -> tuple[str, int, str]:
    """A file of the vault signed for the agency: SHA-256 and bytes of the signed one, and who signed. SealError."""
    from scanning.sealing import seal

    with tempfile.TemporaryDirectory(prefix="oms-sign-") as folder, house.vault.opened(sha) as source:
        path = Path(folder) / "signed.pdf"
        identity = seal(source, path, key_of(signing), signing.agency, now.astimezone(HANOI))
        return *house.vault.put_file(path), identity.name or signing.agency


def key_of(signing: Signing) -> Key:
    """The agency's key as the library takes it; SealError when its secret cannot be read."""
    from scanning.sealing import KeyFile, KeyToken, SealError

    try:
        secret = signing.secret()
    except OSError:
        raise SealError("key_refused") from None
    if signing.pkcs12 is not None:
        return KeyFile(signing.pkcs12, secret.encode())
    return KeyToken(signing.module, signing.token, signing.label, secret)


@dataclass(frozen=True)
class SealState:
    """How the agency's key is: whose it is and until when, or what is wrong with it in Vietnamese."""

    agency: str
    holder: str = ""
    valid_to: datetime | None = None
    problem: str = ""
    soon: bool = False
    """True when the certificate ends within sixty days."""


def seal_state(signing: Signing | None, now: datetime) -> SealState | None:
    """Looks at the agency's key without signing anything; None when the installation has none."""
    if signing is None:
        return None
    from scanning.sealing import SealError, identity_of

    try:
        identity = identity_of(key_of(signing))
    except SealError as error:
        return SealState(signing.agency, problem=SEAL_MESSAGES_VI[error.code])
    ended = not identity.valid_from <= now <= identity.valid_to
    return SealState(
        signing.agency,
        identity.name,
        identity.valid_to,
        SEAL_MESSAGES_VI["expired"] if ended else "",
        identity.valid_to - now < timedelta(days=60),
    )


def counts(uow: UnitOfWork) -> dict[str, int]:
    """Archival copies per state: counts only."""
    return copies.counts(uow.session)


def sign_test(signing: Signing, path: Path, now: datetime) -> SealState:
    """Signs a page made for the purpose into ``path``; SealError says what is wrong. Nothing of a dossier is used."""
    import numpy as np

    from scanning import RasterPage
    from scanning.sealing import seal

    blank = RasterPage(np.full((2339, 1654, 3), 255, np.uint8), 200.0)
    facts = CopyFacts("Trang thử ký số", "thu", signing.agency, now.astimezone(HANOI))
    with tempfile.TemporaryDirectory(prefix="oms-sign-") as folder:
        write_copy(Path(folder) / "page.pdf", [sheet_of(blank, None, {})], facts)
        identity = seal(Path(folder) / "page.pdf", path, key_of(signing), signing.agency, now.astimezone(HANOI))
    return SealState(signing.agency, identity.name, identity.valid_to)


def is_secret(uow: UnitOfWork, principal: Principal, document_id: str, now: datetime) -> bool:
    """Whether a copy of the paper leaves through the register of copies alone; under a running opening."""
    document, unit, _row, _opening = custody.filed(uow, principal, document_id, Verb.COPY_READ, now)
    target = Target(unit.path, document.secrecy, document.compartment)
    require(principal, Action.DOSSIER_EXPORT, Verb.COPY_READ, target, "document", document_id)
    return document.secrecy > 0


def take(
    uow: UnitOfWork, principal: Principal, document_id: str, now: datetime, leaving: Leaving | None = None
) -> tuple[bytes, str]:
    """A paper's archival copy and its file name, for one who may export; its row is written first.

    Of a secret: the copies entered in their register, each page with its level and number. InvalidInput without that.
    """
    document, unit, row, opening = custody.filed(uow, principal, document_id, Verb.COPY_READ, now)
    target = Target(unit.path, document.secrecy, document.compartment)
    require(principal, Action.DOSSIER_EXPORT, Verb.COPY_READ, target, "document", document_id)
    copy = current(uow, document)
    if copy is None or copy.state != CopyState.MADE:
        raise InvalidInput("copy", "Chưa có bản lưu trữ; hãy chờ máy làm xong.")
    what = What("copy", copy.id, custody.label_in_dossier(uow, document))
    subject = What("document", document.id, what.label)
    copied = Copied("archival", subject, target, unit.id, row.dossier.id, copy.pages)
    entered = secret_copies.enter(uow, principal, copied, leaving, opening.reason, now)
    data = uow.vault.read(copy.sha256)
    served = Served(copy.pages, len(data))
    custody.note_under(uow, principal, Verb.COPY_READ, opening, now, what, target, served=served)
    serial = serial_label(document.serial, document.secrecy, document.compartment)
    name = f"{row.dossier.number}.{serial}{name_mark(document.secrecy)}.pdf"
    return (secret_copies.stamped(data, secret_copies.marks_of(entered)) if entered else data), name
