"""Digital signatures on a PDF that came in: who, for which agency, when, intact or not, trusted or not.

The file is parsed by pyHanko in the sandboxed child. Trust is a folder of certificates (PEM) kept by the operator;
nothing is fetched: no OCSP, no lists of revoked certificates. Terms after ETSI EN 319 102-1 and ISO 32000-2, 12.8.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scanning.files import checked
from scanning.sandbox import run_confined

MAX_SIGNATURES = 50
MAX_TEXT = 300
TRUST = Path("/in/trust")
DETAILS_VI = {
    "changed": "nội dung đã bị sửa sau khi ký",
    "added": "có phần thêm vào sau khi ký làm thay đổi nội dung",
    "expired": "chứng thư số đã hết hạn",
    "early": "chứng thư số chưa đến ngày có hiệu lực",
    "unknown": "chưa rõ nơi cấp chứng thư số",
    "unreadable": "không kiểm tra được chữ ký này",
}
"""Codes of what is wrong with a signature."""


@dataclass(frozen=True)
class FoundSignature:
    """One signature. ``intact``: nothing that was signed has changed since; ``whole``: it covers the file to its end;
    ``trusted``: its certificate leads to one that the operator trusts. ``details`` are codes of ``DETAILS_VI``.

    ``signed_at`` is what the signer's own clock said, if anything.
    """

    signer: str
    agency: str
    signed_at: datetime | None
    intact: bool
    whole: bool
    trusted: bool
    details: tuple[str, ...]


def has_signature(path: Path) -> bool:
    """Return whether a file may hold a signature: a signature's dictionary is never compressed, so its bytes show."""
    with path.open("rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(b"/ByteRange") >= 0


def check_signatures(path: str | os.PathLike[str], trust: Path | None) -> list[FoundSignature]:
    """Return the signatures of a PDF in the order they were made; ``trust`` holds ``*.pem``, None trusts nobody.

    Raises Rejected as ``inspect`` does: over_limits and unreadable mean that the signatures could not be checked.
    """
    source = checked(path)
    shown = {TRUST: trust} if trust is not None and trust.is_dir() else {}
    with tempfile.TemporaryDirectory(prefix="oms-scan-") as folder:
        told = run_confined(["signatures"], source, Path(folder), shown)
    rows = told.get("signatures")
    return [_found(row) for row in rows[:MAX_SIGNATURES]] if isinstance(rows, list) else []


def _found(row: Any) -> FoundSignature:
    """Return what the child told of one signature; the child may have been taken over, so every value is looked at."""
    values: dict[str, Any] = row if isinstance(row, dict) else {}
    try:
        at = datetime.fromisoformat(str(values.get("signed_at")))
    except ValueError:
        at = None
    return FoundSignature(
        str(values.get("signer", ""))[:MAX_TEXT],
        str(values.get("agency", ""))[:MAX_TEXT],
        at if at is not None and at.tzinfo is not None else None,
        values.get("intact") is True,
        values.get("whole") is True,
        values.get("trusted") is True,
        tuple(code for code in DETAILS_VI if code in str(values.get("details", "")).split(",")),
    )


def check_file(path: Path) -> dict[str, Any]:
    """In the sandboxed child: return the signatures of a PDF as plain JSON values."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    with path.open("rb") as stream:
        reader = PdfFileReader(stream, strict=False)
        roots = list(_roots())
        return {"signatures": [_told(one, roots) for one in reader.embedded_regular_signatures[:MAX_SIGNATURES]]}


def _roots() -> Iterator[Any]:
    """Yield the certificates of the trust folder; a file that holds none is passed over."""
    from asn1crypto import pem, x509

    for file in sorted(TRUST.glob("*.pem")) if TRUST.is_dir() else ():
        try:
            yield from (x509.Certificate.load(data) for _, _, data in pem.unarmor(file.read_bytes(), multiple=True))
        except (ValueError, OSError):
            continue


def _told(signature: Any, roots: list[Any]) -> dict[str, Any]:
    subject: dict[str, Any] = {}
    try:
        subject = dict(signature.signer_cert.subject.native)
        at = signature.self_reported_timestamp
        told = _verdict(signature, roots, at)
    except Exception:  # the file is hostile and its parser is not ours: a signature that cannot be checked is told so
        return _row(subject, None) | {"details": "unreadable"}
    return _row(subject, at) | told


def _row(subject: dict[str, Any], at: datetime | None) -> dict[str, Any]:
    above = [subject.get(name) for name in ("organization_name", "organizational_unit_name")]
    flat = [", ".join(map(str, part)) if isinstance(part, list) else str(part) for part in above if part]
    return {
        "signer": str(subject.get("common_name", "")),
        "agency": " – ".join(flat),
        "signed_at": at.isoformat() if at else "",
        "intact": False,
        "whole": False,
        "trusted": False,
    }


def _verdict(signature: Any, roots: list[Any], at: datetime | None) -> dict[str, Any]:
    """Return intact, whole, trusted and the codes of what is wrong."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    status = _status(signature, roots, None)
    details = []
    trusted = bool(status.trusted)
    certificate = signature.signer_cert
    now = datetime.now(certificate.not_valid_after.tzinfo)
    if now > certificate.not_valid_after:
        details.append("expired")
        # the chain is judged at the time of signing: that it has run out since is told beside it
        trusted = at is not None and bool(_status(signature, roots, at).trusted)
    elif now < certificate.not_valid_before:
        details.append("early")
    added = status.modification_level is None or status.modification_level == ModificationLevel.OTHER
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    sound = bool(status.intact and status.valid)
    if not sound:
        details.append("changed")
    elif not whole and added:
        details.append("added")
    if not trusted:
        details.append("unknown")
    intact = sound and "added" not in details
    return {"intact": intact, "whole": whole, "trusted": trusted, "details": ",".join(details)}


def _status(signature: Any, roots: list[Any], at: datetime | None) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=at, revocation_mode="soft-fail")
    return validate_pdf_signature(signature, signer_validation_context=context)
