"""Signatures on PDFs that came in: checked once in the background, offline, and shown wherever the file is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.domain.access import Target
from oms.domain.journal import Outcome, Verb
from oms.domain.records import file_label
from oms.errors import FileDamaged
from oms.services import in_hand
from oms.services.house import House, What, note
from oms.store import copies, leases
from oms.store.db import UnitOfWork
from oms.store.desk_tables import ScanSignature
from oms.store.tables import Batch, Scan, Unit
from scanning import Rejected
from scanning.signatures import DETAILS_VI, FoundSignature, check_signatures, has_signature

SWEEP = 50
_UNREADABLE = [FoundSignature("", "", None, False, False, False, ("unreadable",))]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class SignatureLine:
    """A signature as a person reads it. ``verdict``: ok, doubt (intact, but not known or not whole) or changed."""

    signer: str
    agency: str
    signed_at: datetime | None
    verdict: str
    words: tuple[str, ...]


def unchecked(house: House, now: datetime) -> list[str]:
    """Files whose signatures have not been looked for yet, and that nobody has in hand."""
    with house.look() as uow:
        return copies.unchecked_scans(uow.session, now, SWEEP)


def check_scan(house: House, scan_id: str, clock: Clock) -> int:
    """Looks for signatures on one received PDF and keeps what was found; returns how many there are.

    Most scans have none and cost one look at their bytes. A file whose signatures cannot be checked gets one line
    that says so: silence would read as "not signed".
    """
    with house.work(None, clock()) as uow:
        scan = uow.session.get_one(Scan, scan_id)
        work, sha = None, scan.sha256
        if scan.signatures_checked_at is None:
            work = in_hand.take(uow, house, leases.SIGNATURES, scan_id, clock)
    if work is None:
        return 0
    found: list[FoundSignature] = []
    with work:
        hopeless = work.held.lost >= in_hand.MAX_LOST  # a file over which one worker after the other is lost
        found, outcome = (_UNREADABLE, Outcome.FAILED) if hopeless else _look(house, sha)
        now = clock()
        with house.work(None, now) as uow:
            work.end(uow)
            scan = uow.session.get_one(Scan, scan_id)
            scan.signatures_checked_at = now
            copies.replace_signatures(uow.session, scan_id, [_row(scan_id, one, now) for one in found])
            if found:
                _note(uow, scan, found, outcome, now)
    return len(found)


def _look(house: House, sha: str) -> tuple[list[FoundSignature], Outcome]:
    try:
        with house.vault.opened(sha) as path:
            if not has_signature(path):
                return [], Outcome.DONE
            return check_signatures(path, house.settings.trust), Outcome.DONE
    except (Rejected, FileDamaged):
        return _UNREADABLE, Outcome.FAILED


def _row(scan_id: str, found: FoundSignature, now: datetime) -> ScanSignature:
    return ScanSignature(
        scan_id=scan_id,
        signer=found.signer,
        agency=found.agency,
        signed_at=found.signed_at,
        intact=found.intact,
        whole=found.whole,
        trusted=found.trusted,
        detail=",".join(found.details),
        checked_at=now,
    )


def _note(uow: UnitOfWork, scan: Scan, found: Sequence[FoundSignature], outcome: Outcome, now: datetime) -> None:
    batch = uow.session.get_one(Batch, scan.batch_id)
    unit = uow.session.get_one(Unit, batch.unit_id)
    detail = {
        "signatures": len(found),
        "intact": sum(one.intact for one in found),
        "trusted": sum(one.trusted for one in found),
    }
    target = Target(unit.path, batch.secrecy, batch.compartment)
    what = What("scan", scan.id, file_label(scan.id))
    note(uow, None, Verb.SIGNATURE_CHECK, now, outcome=outcome, target=target, detail=detail, what=what)


def lines_of(uow: UnitOfWork, scan_ids: Sequence[str]) -> list[SignatureLine]:
    """The signatures on some received files, for a page whose reading has its row already."""
    found = copies.signatures(uow.session, list(dict.fromkeys(scan_ids)))
    return [_line(row) for scan_id in dict.fromkeys(scan_ids) for row in found.get(scan_id, [])]


def _line(row: ScanSignature) -> SignatureLine:
    words = tuple(DETAILS_VI[code] for code in DETAILS_VI if code in row.detail.split(","))
    if not row.intact:
        verdict = "changed"
    elif row.trusted and not words:
        verdict = "ok"
    else:
        verdict = "doubt"
    return SignatureLine(row.signer, row.agency, row.signed_at, verdict, words)
