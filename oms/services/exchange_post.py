"""The worker's round of the exchange: files that came, receipts to make, packages to send, answers to fetch.

Before the first byte of a package leaves, its row is in the journal and on the disk. What fails is tried again, later
each time; what a killed process left half done is done again: every step is the same the second time.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from oms.domain.access import Target
from oms.domain.journal import Verb
from oms.domain.packages import BadStatement, Kind, OutState, PartnerState, canonical
from oms.services import exchange_https
from oms.services.exchange_bag import part_of, parts_of, seal
from oms.services.exchange_carried import tell_uploader
from oms.services.exchange_place import REASON, REFUSED, SUFFIX, Place, check_schema, name_out, put_out
from oms.services.exchange_receive import arrive
from oms.services.exchange_send import about, statement_of
from oms.services.house import House, Served, What, note
from oms.services.settling import Settling
from oms.store import packages as store
from oms.store.db import UnitOfWork
from oms.store.package_tables import ExchangePackage, ExchangePartner
from oms.store.tables import Unit

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
SWEEP_EVERY = timedelta(hours=1)
ASK_EVERY = timedelta(seconds=20)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=6)
HURT_AGAIN = timedelta(minutes=5)
AT_ONCE = 10


@dataclass
class Post:
    """What the rounds remember between them: files seen growing, when what was done last."""

    house: House
    clock: Clock
    _settling: Settling = field(init=False)
    _swept_at: datetime | None = None
    _asked_at: datetime | None = None
    _hurt: dict[Path, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._settling = Settling(self.house.settings.settle_seconds)

    def round(self) -> int:
        """One round; how many packages came or went. Without keys there is no exchange here."""
        place = Place(self.house.settings)
        if not place.keys.made:
            return 0
        place.make()
        exchange_https.write_authorities(self.house)
        done = self.take_in(place) + make_receipts(self.house, place, self.clock)
        done += send_waiting(self.house, place, self.clock) + self._answers(place)
        self._sweep(place)
        return done

    def take_in(self, place: Place) -> int:
        """Files of the shared folder, and those our server was handed."""
        done = 0
        for path in self._well(self._settled(place.incoming))[:AT_ONCE]:
            done += self._one(place, path, None)
        for path in self._well(sorted(exchange_https.handed(self.house.settings)))[:AT_ONCE]:
            done += self._one(place, path, path.parent.name)
        return done

    def _well(self, paths: list[Path]) -> list[Path]:
        """Without those at which the program failed a short while ago: they hold up no other."""
        now = self.clock()
        self._hurt = {path: again for path, again in self._hurt.items() if again > now}
        return [path for path in paths if path not in self._hurt]

    def _one(self, place: Place, path: Path, by_https: str | None) -> int:
        try:
            arrival = arrive(self.house, path, self.clock(), by_https)
        except FileNotFoundError:
            return 0
        except Exception as error:  # a full disk, or what nobody foresaw: it stays where it is and is tried again
            log.error("exchange: a file could not be taken in: %s", type(error).__name__)
            self._hurt[path] = self.clock() + HURT_AGAIN
            return 0
        if arrival.words:
            tell_uploader(self.house, path, arrival.words, self.clock())
            set_aside(place, path, arrival.words, self.clock())
        else:
            path.unlink(missing_ok=True)
        return 1

    def _settled(self, folder: Path) -> list[Path]:
        """Whole files named as packages are."""
        named = (path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))
        return self._settling.ready(named, self.clock())

    def _answers(self, place: Place) -> int:
        """Asks partners' servers for the receipts of what was sent to them."""
        now = self.clock()
        if self._asked_at is not None and now - self._asked_at < ASK_EVERY:
            return 0
        self._asked_at, done = now, 0
        with self.house.look() as uow:
            waiting = []
            for row in store.unanswered(uow.session):
                partner = store.partner(uow.session, row.partner_id)
                if partner is not None and partner.address and partner.state == PartnerState.ACTIVE:
                    waiting.append((row.package_id, partner))
        away: set[str] = set()
        for package_id, partner in waiting:
            if partner.id in away:
                continue
            try:
                path = exchange_https.fetch(self.house.settings, place, partner, package_id)
            except exchange_https.Unreachable:
                away.add(partner.id)  # one wait a round for a server that is down, however much waits there
                continue
            if path is not None:
                done += self._one(place, path, partner.fingerprint)
        return done

    def _sweep(self, place: Place) -> None:
        now = self.clock()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        with self.house.look() as uow:
            wanted = store.kept_files(uow.session)
        place.sweep(wanted, now)


def set_aside(place: Place, path: Path, words: str, now: datetime) -> None:
    """Moves a file that cannot be taken out of the way, with its reason beside it."""
    folder = place.incoming / REFUSED / f"{now:%Y%m%d-%H%M%S}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / REASON).write_text(f"{words}\n", encoding="utf-8")
    path.rename(folder / "goi.oms")


def make_receipts(house: House, place: Place, clock: Clock) -> int:
    """Makes the receipt of every package that was decided on: from its row alone, so the same each time."""
    with house.look() as uow:
        names = [row.id for row in store.without_receipt(uow.session)]
    for name in names:
        now = clock()
        try:
            with house.work(None, now) as uow:
                row = store.by_row(uow.session, name)
                if row is not None and row.answer and store.receipt_for(uow.session, row.package_id) is None:
                    _receipt(uow, place, row, now)
        except (BadStatement, OSError) as error:  # no other waits for it
            log.error("exchange: a receipt could not be made: %s", type(error).__name__)
    return len(names)


def _receipt(uow: UnitOfWork, place: Place, row: ExchangePackage, now: datetime) -> None:
    partner = _to_answer(uow, row)
    if partner is None:
        row.answer = ""  # nobody there to whom it could go
        return
    at = row.closed_at or now
    package_id = hashlib.sha256(f"receipt {row.package_id} {place.keys.public()}".encode()).hexdigest()[:32]
    statement = statement_of(uow, place, partner, package_id, Kind.RECEIPT, at) | {
        "purpose": "receipt",
        "reason": "",
        "legal_basis": "",
        "highest_level": 0,
        "counts": {"records": 0, "facts": 0, "papers": 0, "pages": 0},
        "answer": json.loads(row.answer),
    }
    check_schema("package", statement)
    parts = parts_of(package_id, [part_of("data/package.json", canonical(statement))], about(statement), place.keys)
    made = seal(package_id, parts, partner.recipient, place.file(package_id))
    receipt = ExchangePackage(
        direction="out",
        package_id=package_id,
        kind=Kind.RECEIPT,
        number=statement["number"],
        partner_id=partner.id,
        unit_id=row.unit_id,
        secrecy=row.secrecy,
        state=OutState.QUEUED,
        digest=made.digest,
        file=package_id,
        size=made.size,
        body=json.dumps(statement, ensure_ascii=False),
        answers=row.package_id,
        at=now,
    )
    uow.session.add(receipt)
    uow.session.flush()
    target = Target(uow.session.get_one(Unit, row.unit_id).path, row.secrecy)
    detail = {"answers": row.package_id, "package": package_id, "partner": partner.id, "size": made.size}
    note(uow, None, Verb.EXCHANGE_ANSWER, now, what=What("package", row.id, row.number), target=target, detail=detail)


def _to_answer(uow: UnitOfWork, row: ExchangePackage) -> ExchangePartner | None:
    """The partner as it is now: a change of keys on their side must not lose their receipt."""
    partner = store.partner(uow.session, row.partner_id)
    if partner is None or partner.state == PartnerState.ACTIVE:
        return partner
    return next((each for each in store.active(uow.session) if each.code == partner.code), None)


def send_waiting(house: House, place: Place, clock: Clock) -> int:
    """Sends what is queued and due; how many left."""
    with house.look() as uow:
        waiting = [(row.id, row.partner_id) for row in store.to_send(uow.session, clock())]
    away: set[str] = set()
    sent = 0
    for name, partner_id in waiting:
        if partner_id not in away:
            try:
                sent += _send(house, place, name, clock)
            except exchange_https.Unreachable:
                away.add(partner_id)  # the others for it wait for the next round: one wait for a server that is down
    return sent


def _send(house: House, place: Place, row_id: str, clock: Clock) -> int:
    now = clock()
    with house.work(None, now) as uow:
        row = store.by_row(uow.session, row_id)
        if row is None or row.state != OutState.QUEUED:
            return 0
        partner = store.partner(uow.session, row.partner_id)
        if partner is None or partner.state != PartnerState.ACTIVE:
            row.state, row.trouble, row.closed_at = OutState.STOPPED, "Đối tác đã bị thu hồi hoặc đổi khoá.", now
            return 0
        if not place.file(row.file).exists():
            row.state, row.trouble, row.closed_at = OutState.STOPPED, "Tệp gói không còn trên máy chủ.", now
            return 0
        _leaving(uow, row, partner, now)
        row_secrecy, package_id, file, answers = row.secrecy, row.package_id, row.file, row.answers
    try:
        _hand_over(house, place, partner, file, package_id, answers, row_secrecy)
    except exchange_https.Unreachable as problem:
        _later(house, row_id, str(problem)[:300], clock())
        raise
    except OSError as problem:
        _later(house, row_id, problem.strerror or type(problem).__name__, clock())
        return 0
    with house.work(None, clock()) as uow:
        if store.move(uow.session, row_id, OutState.QUEUED, OutState.SENT):
            sent = store.by_row(uow.session, row_id)
            if sent is not None:
                uow.session.refresh(sent)
                sent.sent_at, sent.trouble = clock(), ""
    return 1


def _leaving(uow: UnitOfWork, row: ExchangePackage, partner: ExchangePartner, now: datetime) -> None:
    """The row that is durable before the first byte leaves."""
    counts, statement = {}, json.loads(row.body)
    counts = statement["counts"]
    way = "https" if partner.address else "folder"
    detail = {
        "package": row.package_id,
        "partner": partner.id,
        "kind": row.kind,
        "size": row.size,
        "way": way,
        **counts,
    }
    detail |= {"try": row.tries + 1, "answers": row.answers} if row.answers else {"try": row.tries + 1}
    target = Target(uow.session.get_one(Unit, row.unit_id).path, row.secrecy)
    what, served = What("package", row.id, row.number), Served(int(counts["pages"]), row.size)
    note(uow, None, Verb.EXCHANGE_LEAVE, now, what=what, target=target, detail=detail, served=served)


def _hand_over(
    house: House, place: Place, partner: ExchangePartner, file: str, package_id: str, answers: str, secrecy: int
) -> None:
    sealed = place.file(file)
    if not partner.address:
        put_out(sealed, place.out, name_out(partner.code, package_id))
        return
    if answers:  # a receipt carries no record: it is also handed out to whom it is for when they ask
        exchange_https.lay_out(house.settings, partner, sealed, answers)
        return
    if secrecy:
        raise exchange_https.Unreachable("level")
    exchange_https.post(place, partner, sealed)


def _later(house: House, row_id: str, words: str, now: datetime) -> None:
    """Puts a package back for a later try, twice as late each time."""
    with house.work(None, now) as uow:
        row = store.by_row(uow.session, row_id)
        if row is not None and row.state == OutState.QUEUED:
            pause = min(FIRST_PAUSE * 2 ** min(row.tries, 20), LONGEST_PAUSE)
            row.tries, row.next_try_at, row.trouble = row.tries + 1, now + pause, words
    log.warning("exchange: a package was not handed over: %s", words[:80])
