"""An invented installation for the load: papers and their index as the page of search has them, and 200 people at work.

The papers come from :mod:`benchmarks.search_page`; eight papers make a person, so a million papers tell of 125,000
dossiers. Every page bears one of 32 images, of the size a page has after cleaning. The staff are officers of provinces'
size down to a commune's, leaders, and two reviewers.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks import search_page
from benchmarks.search_corpus import BLOCKS, PROVINCES, Corpus
from benchmarks.search_questions import Questions
from oms.domain.access import Role
from oms.services import passwords
from oms.services.house import House
from oms.store import units
from oms.store.tables import Account, AccountScope, Batch, Document, Dossier, Page, Unit

IMAGES, DOSSIERS_EACH, QUESTIONS_EACH = 32, 40, 12
PASSWORD = "một câu dài để đo"  # noqa: S105 - of an installation that lives for the measurement
KINDS = ("full name, as typed", "full name, no marks", "full name, marks", "common term", "rare term", "boolean of 3",
         "prefix of 3 letters", "name, 1 letter off", "facets type, unit")  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One of the staff: what they sign in with, what they may open, and one dossier that they may not."""

    username: str
    role: str
    dossiers: dict[str, list[tuple[str, str]]]
    """Dossiers drawn from those in scope, each with its open papers and a page of each."""
    barred: str
    batch: str


def made(home: Path, staff: int, corpus: Corpus) -> House:
    """The installation; its staff and the questions they ask stand in ``load.json``. What is there is used as it is."""
    house = search_page.prepare(home)
    kept = home / "load.json"
    if kept.exists():
        return house
    filling = search_page.Filling(house, corpus)
    filling.fill()
    _images(house)
    search_page.make_index(house, filling)
    members = _staff(house, staff)
    asked = [
        {"q": each.q, **({"dung_dau": "1"} if each.exact else {})}
        for kind, some in Questions(corpus, QUESTIONS_EACH, 9).all()
        if kind in KINDS
        for each in some
    ]
    told = {"staff": [asdict(each) for each in members], "questions": asked, "password": PASSWORD}
    kept.write_text(json.dumps(told, ensure_ascii=False))
    return house


def _images(house: House) -> None:
    """Gives every page one of a few images: some 150 KB of lines like those of a page of typing."""
    chance = random.Random(7)
    kept = []
    for _each in range(IMAGES):
        page = Image.new("L", (1654, 2339), 250)
        pen = ImageDraw.Draw(page)
        for line in range(60):
            for x in range(120, 1500, 22):
                if chance.random() < 0.8:
                    y = 150 + line * 34 + chance.randrange(5)
                    pen.line((x, y, x + chance.randrange(4, 18), y + chance.randrange(16)), fill=30, width=2)
        out = BytesIO()
        page.save(out, "JPEG", quality=75)
        kept.append(house.vault.put_bytes(out.getvalue()))
    with house.database.transaction() as session:
        for place, sha in enumerate(kept):
            words = text("UPDATE pages SET image_sha = :sha WHERE image_sha = '' AND number % :all = :place")
            session.execute(words, {"sha": sha, "all": IMAGES, "place": place})


def _staff(house: House, staff: int) -> list[Member]:
    chance, hashed = random.Random(11), passwords.hash_of(PASSWORD)
    with house.database.transaction() as session:
        known = {unit.code: unit for unit in units.everything(session)}
        root = known["P"]
        members = []
        for number in range(staff):
            role = Role.SECURITY_REVIEWER if number < max(1, staff // 100) else chance.choice(
                (Role.RECORDS_OFFICER, Role.RECORDS_OFFICER, Role.LEADER)
            )  # fmt: skip
            block, part = chance.choice(BLOCKS), chance.randrange(PROVINCES)
            scope = chance.choice((root, known[block], known[f"{block}-{part}"], known[f"{block}-{part}"]))
            account = Account(
                username=f"tai{number:03d}", display_name=f"Người làm {number:03d}", password_hash=hashed, role=role,
                unit_id=scope.id, clearance=1, created_at=search_page.START, vetted_at=search_page.START,
            )  # fmt: skip
            session.add(account)
            session.flush()
            session.add(AccountScope(account_id=account.id, unit_id=scope.id))
            batch = Batch(
                title=f"Đợt {number}", unit_id=known[f"{block}-{part}-0"].id, created_by=account.id,
                created_at=search_page.START,
            )  # fmt: skip
            session.add(batch)
            session.flush()
            members.append((account, scope, batch.id))
        session.execute(text("ANALYZE"))
        found = [_member(session, *each, chance) for each in members]
        # what was counted holds for one scan with all pages and 32 images; no installation counts, and asks by it
        session.execute(text("DELETE FROM sqlite_stat1"))
        return found


def _member(session: Session, account: Account, scope: Unit, batch: str, chance: random.Random) -> Member:
    inside = (Unit.path == scope.path) | Unit.path.startswith(f"{scope.path}/", autoescape=True)
    drawn = select(Dossier.id).join(Unit, Unit.id == Dossier.unit_id)
    all_of = list(session.scalars(drawn.where(inside).limit(4000)))
    dossiers: dict[str, list[tuple[str, str]]] = {
        each: [] for each in chance.sample(all_of, min(DOSSIERS_EACH, len(all_of)))
    }
    papers = session.execute(
        select(Document.dossier_id, Document.id, Page.id)
        .join(Page, Page.document_id == Document.id)
        .where(Document.dossier_id.in_(dossiers), Document.secrecy == 0, Document.compartment == "")
    )
    for dossier, paper, page in papers:
        dossiers[dossier].append((paper, page))
    barred = session.scalar(drawn.where(~inside).limit(1)) or "0" * 32
    return Member(account.username, str(account.role), dossiers, barred, batch)
