"""Two records of one invented person in two blocks, and what may stand in the way of linking them."""

from __future__ import annotations

from dataclasses import dataclass

from factories import World

from oms.domain.access import Principal, Role
from oms.domain.links import Act
from oms.services import link_decide, linking, links
from oms.services.link_decide import Answer, Asked
from oms.store import linking as machine
from oms.store import people
from oms.store.dossiers import DossierRow
from oms.store.link_tables import LinkCandidate

PERSON = {"birth_date": "05/08/1981", "sex": "Nữ", "citizen_id": "086181001234", "home_place": "Xã An Bình, Vĩnh Long"}
NAME = "Tô Thị Hiếu"


@dataclass(frozen=True)
class Pair:
    """The Party's record, the government's, and the pair found."""

    party: DossierRow
    state: DossierRow
    id: str


def join(world: World) -> Principal:
    """An officer who acts in both blocks; made once."""
    with world.work() as uow:
        there = people.by_username(uow.session, "officer.both") is not None
    return world.who("officer.both") if there else world.account("officer.both", Role.RECORDS_OFFICER, "P", "P")


def compare(world: World) -> None:
    """What the housekeeper does within seconds."""
    linking.refresh(world.house, world.clock())


def pairs(world: World) -> list[LinkCandidate]:
    """Every pair there is, whoever may see it."""
    with world.work() as uow:
        ids = {row.cadre_id for row in uow.session.scalars(machine.select(machine.LinkFeature))}
        found = machine.pairs_of(uow.session, ids)
        uow.session.expunge_all()
    return found


def pair_of(world: World, one: DossierRow, other: DossierRow) -> str:
    """The id of the pair of two records; LookupError when there is none."""
    wanted = {one.cadre.id, other.cadre.id}
    found = [row.id for row in pairs(world) if {row.left_id, row.right_id} == wanted]
    if not found:
        raise LookupError("no such pair")
    return found[0]


def two_records(world: World, name: str = NAME, **more: object) -> Pair:
    """One person as the Party and as the government know them, compared."""
    said = PERSON | more
    party = world.dossier(name, "D-BTC", "officer", **said)
    state = world.dossier(name, "C-SNV", "officer.gov", **said)
    compare(world)
    return Pair(party, state, pair_of(world, party, state))


def two_people(world: World) -> list[Pair]:
    """Two persons who have nothing in common, each with a record in two blocks: both are proposed first."""
    first = {
        "birth_date": "12/02/1968",
        "sex": "Nam",
        "citizen_id": "086068004711",
        "home_place": "Xã Long Hồ, Vĩnh Long",
    }
    second = {"birth_date": "27/11/1990", "citizen_id": "079190998877", "home_place": "Xã Tân Phú, Đồng Tháp"}
    return [two_records(world, "Lê Văn Ân", **first), two_records(world, "Võ Thị Bé", **second)]


def take(world: World, who: Principal, pair_id: str, act: Act, reason: str = "", version: int | None = None) -> Answer:
    """A decision, at the version the pair has now unless told otherwise; then the machine's round."""
    with world.work(who) as uow:
        if version is None:
            version = links.reached(uow, who, pair_id, link_decide.VERBS[act]).pair.version
        answer = link_decide.take(uow, who, pair_id, Asked(act, version, reason), world.clock())
    compare(world)
    return answer


def link(world: World, one: DossierRow, other: DossierRow) -> None:
    """Has two records of one person linked by who sees both."""
    compare(world)
    answer = take(world, join(world), pair_of(world, one, other), Act.ACCEPT)
    assert answer.done, answer.words
