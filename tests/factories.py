"""Makers of test worlds: a small province, people, dossiers and filed papers, through the real services.

OCR is slow, so most tests file papers whose readings were written down; those that are about reading run Tesseract.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import databases
from PIL import Image

from oms.domain.access import Principal, Role, Secrecy
from oms.domain.record_facts import NewFact, Source, checked
from oms.domain.record_items import SENSITIVE_LABELS
from oms.domain.records import DocumentState, PageState, ScanState
from oms.services import accounts, custody, desk, indexing, record, setup
from oms.services.house import House, UnitOfWork
from oms.settings import Settings
from oms.store import papers, units
from oms.store.dossiers import DossierRow
from oms.store.tables import Batch, Document, Dossier, Page, Scan, Unit
from scanning import PageReading, Word

PASSWORD = "một câu dài để thử nghiệm"
EVERY = tuple(SENSITIVE_LABELS)
WORLD_SETTINGS = {"OMS_ZONE": "isolated_lan", "OMS_SECOND_FACTOR": "optional"}
"""The test world may hold secrets and signs in by password; tests of other zones and of second factors ask for them."""
START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock the test moves; every look moves it by a millisecond so that rows have an order."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class World:
    """A province with three blocks, one account of each role, and helpers to fill it."""

    house: House
    clock: FakeClock = field(default_factory=FakeClock)
    units: dict[str, int] = field(default_factory=dict)
    _serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextmanager
    def work(self, who: Principal | None = None) -> Iterator[UnitOfWork]:
        with self.house.work(who, self.clock()) as uow:
            yield uow

    def unit(self, code: str, name: str, parent: str | None, block: str, level: str = "ban") -> None:
        with self.work() as uow:
            above = units.by_code(uow.session, parent) if parent else None
            row = units.add_unit(uow.session, code=code, name=name, parent=above, block=block, level=level)
            self.units[code] = row.id

    def account(
        self,
        username: str,
        role: Role,
        unit: str,
        *scopes: str,
        clearance: int = 0,
        compartments: tuple[str, ...] = (),
        sensitive: tuple[str, ...] = (),
    ) -> Principal:
        new = accounts.NewAccount(
            username=username,
            display_name=f"Người thử {username}",
            password=PASSWORD,
            role=role,
            unit_id=self.units[unit],
            scope_ids=tuple(self.units[code] for code in scopes),
            clearance=Secrecy(clearance),
            compartments=compartments,
            sensitive=sensitive,
        )
        with self.work() as uow:
            accounts.create(uow, None, new, self.clock())
        return self.who(username)

    def who(self, username: str) -> Principal:
        with self.house.look() as uow:
            return accounts.principal_named(uow, username)

    def dossier(
        self,
        name: str = "Tô Thị Hiếu",
        unit: str = "D-BTC",
        by: str = "officer",
        **more: object,
    ) -> DossierRow:
        number = str(more.pop("number", f"HS-{next(self._serial):04d}"))
        more.setdefault("confirmed", True)  # a world has namesakes
        new = custody.NewCadre(full_name=name, unit_id=self.units[unit], number=number, **more)  # type: ignore[arg-type]
        who = self.who(by)
        with self.work(who) as uow:
            return custody.create_cadre(uow, who, new, self.clock())

    def paper(
        self,
        text: str = "QUYẾT ĐỊNH\nVề việc bổ nhiệm cán bộ",
        unit: str = "D-BTC",
        pages: int = 1,
        secrecy: int = 0,
        compartment: str = "",
    ) -> str:
        """A paper waiting on the desk, with pages, image and readings as the machine leaves them; its id."""
        with self.work() as uow:
            return _paper(uow, self, text, unit, pages, secrecy, compartment)

    def filed(
        self, row: DossierRow, text: str = "QUYẾT ĐỊNH\nVề việc bổ nhiệm", by: str = "officer", **more: object
    ) -> str:
        """A paper filed into a dossier by the desk's own service; its id."""
        with self.work() as uow:
            home = uow.session.get_one(Unit, row.dossier.unit_id).code
        document_id = self.paper(text, home, **more)  # type: ignore[arg-type]
        who = self.who(by)
        title = text.splitlines()[-1] if text.strip() else "Không tên"
        edit = desk.Edit(
            "quyet_dinh",
            title,
            secrecy=int(str(more.get("secrecy", 0))),
            compartment=str(more.get("compartment", "")),
        )
        with self.work(who) as uow:
            desk.file(uow, who, document_id, 1, row.dossier.id, edit, self.clock())
        return document_id

    def fact(self, row: DossierRow, item: str, by: str = "officer", source: Source | None = None, **values: str) -> str:
        """A fact in force in a dossier's record, confirmed by officer2; its id. ``value=`` or the row's columns."""
        kept, wrong = checked(item, {name.rstrip("_"): value for name, value in values.items()})
        assert not wrong, wrong
        new = NewFact(item, kept, source or Source("declaration", words="Lời khai khi đăng ký"))
        who, second = self.who(by), self.who("officer2")
        with self.work() as uow:  # whoever is named need not be one who may see it
            dossier = uow.session.get_one(Dossier, row.dossier.id)
            keeping = record.Keeping(who.account_id, self.clock(), second.account_id)
            return record.keep(uow, [(dossier, [new])], keeping)[0][0]

    def open(self, who: Principal, dossier_id: str) -> None:
        """Opens a dossier for a purpose."""
        with self.work(who) as uow:
            custody.open_dossier(uow, who, dossier_id, "quy_hoach", "", "rà soát quy hoạch năm 2026", 60, self.clock())

    def index(self) -> None:
        indexing.drain(self.house)

    def journal(self) -> list[tuple[str, str, str]]:
        """(verb, outcome, object id) of every entry in order."""
        from oms.store import journal

        with self.work() as uow:
            return [(e.verb, e.outcome, e.object_id) for e, _leaf in journal.rows(uow.session)]


def page_image(width: int = 620, height: int = 877) -> bytes:
    """A small white page as a JPEG."""
    out = BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "JPEG")
    return out.getvalue()


def reading_of(text: str, width: int = 620, height: int = 877) -> PageReading:
    """A page reading written down: words in a grid, the second word of each line doubtful."""
    words = []
    for line, content in enumerate(text.splitlines()):
        for column, word in enumerate(content.split()):
            box = (40 + column * 60, 40 + line * 30, 95 + column * 60, 60 + line * 30)
            words.append(Word(word, box, 72.0 if column == 1 else 96.0, column == 1, line))
    return PageReading(width, height, 0, 0.0, "plain", not words, text, tuple(words), False, 94.0)


def _paper(uow: UnitOfWork, world: World, text: str, unit: str, pages: int, secrecy: int, compartment: str) -> str:
    now = world.clock()
    scan = _scan(uow, world, unit, pages, now)
    document = Document(
        scan_id=scan.id,
        unit_id=world.units[unit],
        state=DocumentState.PROPOSED,
        type_code="quyet_dinh",
        title=text.splitlines()[0] if text else "",
        secrecy=secrecy,
        compartment=compartment,
        page_count=pages,
        created_at=now,
    )
    uow.session.add(document)
    uow.session.flush()
    image = uow.vault.put_bytes(page_image())
    for number in range(1, pages + 1):
        page = Page(
            scan_id=scan.id,
            number=number,
            state=PageState.READ,
            document_id=document.id,
            position=number,
            image_sha=image,
            width=620,
            height=877,
            confidence=94.0,
            blank=not text.strip(),
            read_at=now,
        )
        uow.session.add(page)
        uow.session.flush()
        papers.keep_reading(uow.session, page, "written down", reading_of(text).to_json(), now)
    return document.id


def _scan(uow: UnitOfWork, world: World, unit: str, pages: int, now: datetime) -> Scan:
    """A file that has been read, in the unit's batch "Đợt thử"."""
    agent = accounts.principal_named(uow, "clerk").account_id
    batch = papers.open_batch_of_day(uow.session, world.units[unit], "Đợt thử")
    if batch is None:
        batch = Batch(title="Đợt thử", unit_id=world.units[unit], created_by=agent, created_at=now)
        uow.session.add(batch)
        uow.session.flush()
    scan = Scan(
        batch_id=batch.id,
        sha256=uow.vault.put_bytes(f"scan {now.isoformat()}".encode()),
        original_name="quet.pdf",
        kind="pdf",
        size=10,
        page_count=pages,
        state=ScanState.READ,
        received_by=agent,
        received_at=now,
        finished_at=now,
    )
    uow.session.add(scan)
    uow.session.flush()
    return scan


def make_world(home: Path, **more: str) -> World:
    """A fresh installation: province P with the blocks D (Party), M (Front), C (government) and one of each role."""
    setup.make_secrets(home / "keys")
    env = WORLD_SETTINGS | {"OMS_HOME": str(home)} | databases.settings_of(home) | more
    house = setup.prepare(Settings.from_env(env))
    world = World(house)
    world.unit("P", "Tỉnh thử", None, "all", "tinh")
    world.unit("D", "Tỉnh uỷ", "P", "party")
    world.unit("D-BTC", "Ban Tổ chức Tỉnh uỷ", "D", "party")
    world.unit("D-XA", "Đảng uỷ xã", "D", "party")
    world.unit("M", "Uỷ ban MTTQ", "P", "front")
    world.unit("C", "Uỷ ban nhân dân tỉnh", "P", "government")
    world.unit("C-SNV", "Sở Nội vụ", "C", "government")
    with world.work() as uow:
        setup.ensure_agent(uow, setup.ensure_root(uow, "P", ""), world.clock())
    world.account("clerk", Role.SCANNING_CLERK, "D-BTC", "D", clearance=1)
    world.account("clerk2", Role.SCANNING_CLERK, "D-BTC", "D", clearance=1)
    world.account("clerk.gov", Role.SCANNING_CLERK, "C-SNV", "C")
    world.account("officer", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=3, compartments=("bvctnb",), sensitive=EVERY)
    world.account("officer.gov", Role.RECORDS_OFFICER, "C-SNV", "C", clearance=1)
    world.account("leader", Role.LEADER, "D", "P", clearance=2, compartments=("bvctnb",), sensitive=EVERY)
    world.account("officer2", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=1, sensitive=EVERY)
    world.account("leader.low", Role.LEADER, "D", "P", clearance=0)
    world.account("leader.xa", Role.LEADER, "D-XA", "D-XA", clearance=2)
    world.account("reviewer", Role.SECURITY_REVIEWER, "D", "P")
    world.account("reviewer2", Role.SECURITY_REVIEWER, "C", "P")
    world.account("security", Role.SECURITY_OFFICER, "D-BTC")
    world.account("security2", Role.SECURITY_OFFICER, "C-SNV")
    world.account("admin", Role.ADMINISTRATOR, "P")
    return world


def copied_world(template: Path, home: Path, clock: FakeClock) -> World:
    """A world of one's own with all that is in the template, which nobody has open."""
    shutil.copytree(template, home)
    env = WORLD_SETTINGS | {"OMS_HOME": str(home)} | databases.settings_of(home, template)
    world = World(House(Settings.from_env(env)), clock)
    with world.work() as uow:
        world.units = {unit.code: unit.id for unit in units.everything(uow.session)}
    return world
