"""Anchors outside of the machine: folders on other media, sheets of a bound register, witnesses that cosign.

Whoever owns this machine can rewrite database, key and witness file together. Only what is kept elsewhere shows it.
"""

from __future__ import annotations

import base64
import hmac
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from oms.domain.access import Action, Principal
from oms.domain.anchoring import AnchorKind
from oms.domain.checkpoints import Checkpoint, parse_body, parse_note, parse_signature
from oms.domain.journal import Outcome, Verb
from oms.domain.merkle import Frontier, grown_proof
from oms.errors import InvalidInput, Refused
from oms.services.house import House, What, Why, note, require_role
from oms.services.integrity import Integrity, integrity
from oms.services.sealing import append_note
from oms.store import anchors, journal_seal
from oms.store.anchor_tables import Anchor, AnchorSheet
from oms.store.db import UnitOfWork
from oms.store.journal_key import cosigned_by

log = logging.getLogger(__name__)
FOLDER_EVERY = timedelta(minutes=30)
"""A folder gets every head; that it did is entered this often."""
SHOWN = 30
MOST_PROVED = 2_000_000


@dataclass(frozen=True)
class Witness:
    """A reviewer's machine whose cosignatures are believed: its name and raw public key."""

    name: str
    public: bytes


@dataclass(frozen=True)
class AnchorPage:
    """What the page of anchors shows."""

    integrity: Integrity
    history: tuple[Anchor, ...]
    head: Checkpoint | None
    witnesses: tuple[Witness, ...]
    folders: int


def page(uow: UnitOfWork, house: House, principal: Principal, now: datetime) -> AnchorPage:
    """Where the journal is kept outside; a look is a row."""
    require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_VIEW)
    note(uow, principal, Verb.JOURNAL_VIEW, now, what=What("journal"), detail={"page": "anchors"})
    row = journal_seal.newest_checkpoint(uow.session)
    return AnchorPage(
        integrity(uow, house, now),
        tuple(anchors.history(uow.session, SHOWN)),
        parse_note(row.note) if row else None,
        tuple(witnesses(house)),
        len(house.settings.witness_dirs),
    )


def _record(
    uow: UnitOfWork, kind: AnchorKind, name: str, head: tuple[int, bytes], now: datetime,
    principal: Principal | None = None, kept: str = "",
) -> None:  # fmt: skip
    size, root = head
    by = principal.account_id if principal else ""
    anchors.add(uow.session, Anchor(kind=kind, name=name[:120], size=size, root=root.hex(), note=kept, at=now, by=by))
    detail = {"kind": str(kind), "name": name[:120], "size": size}
    note(uow, principal, Verb.JOURNAL_ANCHOR, now, what=What("journal", str(size)), detail=detail)


def _ours(uow: UnitOfWork, size: int, root: bytes) -> bool:
    """True when the head is one that this journal sealed."""
    return anchors.root_at(uow.session, size) == root


def sheet(uow: UnitOfWork, principal: Principal | None, now: datetime) -> tuple[AnchorSheet, Checkpoint]:
    """The next sheet for the bound register, of the newest head. It counts once its lines were typed back."""
    if principal is not None:
        require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_ANCHOR)
    row = journal_seal.newest_checkpoint(uow.session)
    if row is None:
        raise InvalidInput("sheet", "Nhật ký chưa được niêm phong lần nào; hãy chờ vài giây rồi in lại.")
    head = parse_note(row.note)
    made = anchors.add_sheet(uow.session, head.size, head.root.hex(), now, principal.account_id if principal else "")
    detail = {"sheet": made.number, "size": head.size}
    note(uow, principal, Verb.JOURNAL_ANCHOR, now, what=What("journal", str(head.size)), detail=detail)
    return made, head


def typed_back(house: House, principal: Principal, lines: str, number: int, now: datetime) -> int:
    """Checks the three lines of a signed sheet; what fits is an anchor. Returns how many entries it holds fast.

    InvalidInput when the lines are not those of a head. A head that this journal does not have is an alarm: the row
    says so, and InvalidInput tells it.
    """
    try:
        size, root = parse_body("\n".join(part.strip() for part in lines.strip().splitlines()))
    except ValueError:
        raise InvalidInput("lines", "Ba dòng chưa đúng dạng; hãy nhập đủ ba dòng như trên tờ giấy.") from None
    with house.work(principal, now) as uow:
        require_role(principal, Action.JOURNAL_READ, Verb.JOURNAL_ANCHOR)
        fits = _ours(uow, size, root)
        known = number in anchors.sheets_of(uow.session, size)
        if fits and known:
            _record(uow, AnchorKind.SHEET, f"Tờ số {number}", (size, root), now, principal)
        else:
            what, why = What("journal", str(size)), Why("no such head" if not fits else "no such sheet")
            note(uow, principal, Verb.JOURNAL_ANCHOR, now, what=what, why=why, outcome=Outcome.FAILED)
    if not fits:
        raise InvalidInput(
            "lines",
            "Ba dòng này KHÔNG khớp với nhật ký đang có. Nếu đã nhập đúng từng chữ thì nhật ký đã bị thay: giữ nguyên "
            "máy chủ và báo ngay người phụ trách an ninh.",
        )
    if not known:
        raise InvalidInput("number", "Chưa in tờ nào mang số này cho niêm phong đó; hãy xem lại số trên tờ giấy.")
    return size


def to_folders(house: House, signed: str, now: datetime) -> list[str]:
    """Appends a head to every folder outside; names of those that failed. A failing medium stops nothing."""
    failed, head = [], parse_note(signed)
    kept = []
    for folder in house.settings.witness_dirs:
        try:
            if not folder.is_dir():
                raise OSError
            append_note(folder, signed)
            kept.append((AnchorKind.FOLDER, str(folder)))
        except OSError as error:
            log.error("witness folder %s: %s", folder.name, type(error).__name__)
            failed.append(str(folder))
    if house.settings.demonstration:  # it stands alone on one machine: its own folder has to do, and the page says so
        kept.append((AnchorKind.DEMONSTRATION, "witness"))
    _enter_folders(house, kept, head, now)
    return failed


def _enter_folders(house: House, kept: Sequence[tuple[AnchorKind, str]], head: Checkpoint, now: datetime) -> None:
    with house.look() as uow:
        entered = {(row.kind, row.name): row.at for row in anchors.newest(uow.session)}
    due = [each for each in kept if (str(each[0]), each[1]) not in entered or now - entered[each] >= FOLDER_EVERY]
    if due:
        with house.work(None, now) as uow:
            for kind, name in due:
                _record(uow, kind, name, (head.size, head.root), now)


def witnesses(house: House) -> list[Witness]:
    """The machines whose cosignatures count: ``witness/trusted.txt``, a name and a public key in hex on each line."""
    path = house.settings.witness / "trusted.txt"
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, key = line.strip().partition(" ")
        if len(key) == 64 and not name.startswith("#"):
            found.append(Witness(name, bytes.fromhex(key)))
    return found


def trust(house: House, name: str, public: str) -> None:
    """Enters a witness's public key; InvalidInput when it is none."""
    if not name or " " in name or "+" in name or len(name) > 60:
        raise InvalidInput("name", "Tên máy chứng kiến không có dấu cách, tối đa 60 ký tự.")
    try:
        key = bytes.fromhex(public)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InvalidInput("key", "Khoá công khai phải là 64 chữ số thập lục phân.")
    house.settings.witness.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (house.settings.witness / "trusted.txt").open("a", encoding="utf-8") as file:
        file.write(f"{name} {key.hex()}\n")


def token(house: House) -> str:
    """The word by which a witness program is let at the head; made at the first use."""
    path = house.settings.keys / "witness_token"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32) + "\n")  # never "-" first: it is typed after --token
    return path.read_text().strip()


def may_witness(house: House, given: str) -> bool:
    """True for the right token. Without it nothing is told, not even how long the journal is."""
    path: Path = house.settings.keys / "witness_token"
    return path.exists() and hmac.compare_digest(path.read_text().strip().encode(), given.encode())


def proof(uow: UnitOfWork, first: int) -> tuple[str, list[str]]:
    """The newest head and the RFC 6962 proof that it grew out of the head of ``first``; InvalidInput without one."""
    row = journal_seal.newest_checkpoint(uow.session)
    old = journal_seal.checkpoint(uow.session, first) if first else None
    if row is None or (first and (old is None or row.size - first > MOST_PROVED)):
        raise InvalidInput("first", "không có niêm phong cỡ này")
    if old is None:
        return row.note, []
    leaves = journal_seal.leaves(uow.session, first, row.size)
    steps = grown_proof(Frontier.load(old.size, old.frontier), leaves)
    return row.note, [base64.b64encode(step).decode() for step in steps]


def cosigned(house: House, text: str, now: datetime) -> int:
    """Takes the cosignature of a witness under a head of ours; how many entries it holds fast.

    ``text`` is a signed note with the witness's line. Refused for a line of nobody, InvalidInput for what is none.
    """
    body, _, rest = text.partition("\n\n")
    try:
        size, root = parse_body(body)
        lines = [parse_signature(line) for line in rest.strip("\n").split("\n")]
    except ValueError:
        raise InvalidInput("note", "không phải bản niêm phong") from None
    known = [
        (who, line)
        for who in witnesses(house)
        for line in lines
        if cosigned_by(who.name, who.public, body + "\n", line)
    ]
    with house.work(None, now) as uow:
        if not known or not _ours(uow, size, root):
            raise Refused(Verb.JOURNAL_ANCHOR, kind="journal", object_id=str(size), reason="no trusted cosignature")
        _record(uow, AnchorKind.WITNESS, known[0][0].name, (size, root), now, kept=text)
    return size
