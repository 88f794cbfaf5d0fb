"""Two installations that trust each other, and the short words the exchange's tests are written in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import databases
from archival_papers import filed_scan, make_all
from factories import WORLD_SETTINGS, FakeClock, World
from sqlalchemy import select

from oms.domain.access import Principal
from oms.services import approvals, exchange_partners, exchange_send, exchange_take
from oms.services.exchange_bag import Part, parts_of, seal
from oms.services.exchange_place import Place
from oms.services.exchange_post import Post
from oms.services.exchange_send import Wanted
from oms.services.exchange_take import Outcome, Placed, Taking
from oms.services.house import House
from oms.settings import Settings
from oms.store import packages, units
from oms.store.dossiers import DossierRow
from oms.store.package_tables import ExchangePackage, ExchangePartner

WHY, BASIS = "phối hợp quản lý cán bộ hai khối", "Quy chế phối hợp số 01-QC/TU"


def second_world(template: Path, home: Path, **more: str) -> World:
    """Another installation beside the first: its province has the code Q, its unit D-BTC the State's code H49.12."""
    shutil.copytree(template, home)
    env = WORLD_SETTINGS | {"OMS_HOME": str(home)} | databases.settings_of(home, template) | more
    made = World(House(Settings.from_env(env)), FakeClock())
    with made.work() as uow:
        for unit in units.everything(uow.session):
            made.units[unit.code] = unit.id
            if unit.code == "P":
                unit.code, unit.name = "Q", "Tỉnh thứ hai"
            if unit.code == "D-BTC":
                unit.code_state = "H49.12"
    made.units["Q"] = made.units["P"]
    return made


@dataclass
class Pair:
    """The sender's world and the receiver's."""

    here: World
    there: World

    def carry(self, sender: World, receiver: World) -> list[Path]:
        """Takes what lies in the sender's ``out`` to the receiver's ``in``, as a memory stick does."""
        source, target = Place(sender.house.settings), Place(receiver.house.settings)
        target.make()
        moved = []
        for path in sorted(source.out.glob("*.oms")):
            copied = target.incoming / path.name
            shutil.copyfile(path, copied)
            path.unlink()
            moved.append(copied)
        return moved

    def pass_over(self, sender: World, receiver: World) -> None:
        """One package on its way: sent by the worker there, carried, taken as far as its check by the worker here."""
        round_of(sender)
        self.carry(sender, receiver)
        round_of(receiver)


def round_of(world: World) -> None:
    """The worker's round, with files taken at once."""
    post = Post(world.house, world.clock)
    post.round()
    world.clock.forward(seconds=5)
    post.round()


def card_of(world: World) -> bytes:
    """The public card, with keys made for it if need be."""
    exchange_partners.make_keys(world.house, world.clock())
    with world.house.look() as uow:
        return exchange_partners.own_card(uow, world.house.settings, world.clock())


def trust(world: World, card: bytes) -> ExchangePartner:
    """Adds a partner by the administrator and approves it by the security officer of another unit."""
    admin, second = world.who("admin"), world.who("security")
    with world.work(admin) as uow:
        asked = exchange_partners.add(uow, admin, card, "trao đổi hồ sơ giữa hai khối", world.clock())
    with world.work(second) as uow:
        approvals.decide(uow, second, asked.id, True, "đã đối chiếu mã khoá qua điện thoại", world.clock())
    with world.house.look() as uow:
        found = [row for row in packages.active(uow.session) if row.approval_id == asked.id]
    return found[0]


@contextmanager
def two(here: World, template: Path, home: Path) -> Iterator[Pair]:
    """Two worlds that trust each other."""
    there = second_world(template, home)
    pair = Pair(here, there)
    mine, theirs = card_of(here), card_of(there)
    trust(here, theirs)
    trust(there, mine)
    yield pair
    there.house.close()


def partner(world: World) -> ExchangePartner:
    """The one partner in force."""
    with world.house.look() as uow:
        return packages.active(uow.session)[0]


def filled(world: World, **more: Any) -> DossierRow:
    """A dossier with facts and a paper that has its archival copy, opened by the officer."""
    values = {"citizen_id": "001161004455", "birth_date": "05/08/1961", "sex": "Nữ", "home_place": "Xã Thử, tỉnh Thử"}
    row = world.dossier(str(more.pop("name", "Tô Thị Hiếu")), **(values | more))
    world.fact(row, "position", value="Trưởng phòng")
    world.fact(row, "religion", value="Không")
    filed_scan(world, row, "QUYẾT ĐỊNH\nVề việc bổ nhiệm cán bộ")
    make_all(world)
    world.open(world.who("officer"), row.dossier.id)
    return row


def send(world: World, *rows: DossierRow, by: str = "officer", **more: Any) -> str:
    """Makes a package for the one partner; its row's id."""
    wanted: dict[str, Any] = {
        "partner_id": partner(world).id,
        "kind": "records",
        "dossiers": tuple(row.dossier.id for row in rows),
        "purpose": "bo_nhiem",
        "reason": WHY,
        "legal_basis": BASIS,
        "receiver_code": "D-BTC",
    }
    return exchange_send.send(world.house, world.who(by), Wanted(**(wanted | more)), world.clock())


def package(world: World, row_id: str) -> ExchangePackage:
    """A package's row as it is now."""
    with world.house.look() as uow:
        found = packages.by_row(uow.session, row_id)
        assert found is not None
        uow.session.expunge(found)
        return found


def came(world: World, state: str = "checked") -> ExchangePackage:
    """The newest package that came and is in a state."""
    with world.house.look() as uow:
        wanted = select(ExchangePackage).where(ExchangePackage.direction == "in", ExchangePackage.state == state)
        found = uow.session.scalars(wanted.order_by(ExchangePackage.at.desc())).first()
        assert found is not None, f"nothing {state} came"
        uow.session.expunge(found)
        return found


def take(world: World, row_id: str, by: str = "officer", unit: str = "D-BTC", **places: Placed) -> Outcome:
    """Takes a package in; without ``places`` every record as a new dossier under the sender's number."""
    taking = Taking(world.units[unit], {name.removeprefix("r"): placed for name, placed in places.items()})
    return exchange_take.take(world.house, world.who(by), row_id, taking, world.clock())


def repacked(world: World, package_id: str, parts: list[Part], recipient: str, target: Path) -> Path:
    """A package of any parts, signed and sealed by a world: what a hostile or broken partner might send."""
    place = Place(world.house.settings)
    about = [("Source-Organization", "x")]
    seal(package_id, parts_of(package_id, parts, about, place.keys), recipient, target)
    return target


def who(world: World, name: str) -> Principal:
    """A principal by name."""
    return world.who(name)


def lay(world: World, made: Path, name: str) -> None:
    """Puts a file where the shared folder's come."""
    place = Place(world.house.settings)
    place.make()
    shutil.copyfile(made, place.incoming / name)


def states(world: World) -> list[str]:
    with world.house.look() as uow:
        wanted = select(ExchangePackage.state).where(ExchangePackage.direction == "in")
        return sorted(uow.session.scalars(wanted))
