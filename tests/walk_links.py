"""Routes with ids of the desk of links: who gets through, who must not tell a real pair from a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import World
from linking_worlds import Pair, compare, pair_of
from walk_case import Case

from oms.domain.record_facts import Source
from oms.services import link_decide, links
from oms.store import papers
from oms.store.dossiers import DossierRow
from oms.store.link_tables import LinkConflict
from oms.store.record_tables import FactRow

if TYPE_CHECKING:
    from web_walk import Walker

# the Party's record is Mật: who sees the government's alone, or neither, must not learn of the pair
OUT = ("officer.gov", "leader.low", "leader.xa", "clerk", "reviewer", "admin")
BATCH_OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")

CASES: dict[str, Case] = {
    "links.pair": Case("leader", OUT),
    "links.decide": Case("leader", OUT, (303, 409), True, {"act": "accept", "version": "0", "the": "can-xem"}),
    "links.page_image": Case("leader", OUT),
    "persons.person": Case("leader", ("officer", *OUT)),
    "link_conflicts.conflict": Case("leader", OUT),
    "link_conflicts.settle": Case(
        "leader", OUT, (303, 409), True, {"act": "keep", "version": "0", "reason": "chờ xác minh"}
    ),
    "links.undo_batch": Case("officer", BATCH_OUT, (303,), True),
}
MISSING_IDS: dict[str, str] = {"pair_id": "f" * 32, "link_batch_id": "f" * 32, "conflict_id": "f" * 32}


def _records(world: World, number: int) -> tuple[DossierRow, DossierRow]:
    """One person in two blocks; another one each time."""
    said = {"birth_date": f"{number % 27 + 1:02d}/08/{1960 + number}", "citizen_id": f"0861600{number:05d}"}
    party = world.dossier(f"Bùi Thị {['Ân', 'Bình', 'Cúc', 'Dung'][number % 4]}", "D-BTC", "officer", secrecy=1, **said)
    return party, world.dossier(party.cadre.full_name, "C-SNV", "officer.gov", **said)


def pair(world: World, number: int) -> Pair:
    """A pair whose Party side is Mật and has a paper for its number."""
    party, state = _records(world, number)
    paper = world.filed(party, secrecy=1)
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0].id
    source = Source("document", paper, page, "[40, 40, 200, 60]")
    world.fact(party, "citizen_id", source=source, value=party.cadre.citizen_id)
    compare(world)
    return Pair(party, state, pair_of(world, party, state))


def ids(walker: Walker) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world."""
    world = walker.world
    made, other = pair(world, 2 * walker.turn), pair(world, 2 * walker.turn + 1)
    paper = _paper(world, made)
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0].id
    leader = world.who("leader")
    batch = "b" * 31 + str(walker.turn % 10)
    with world.work(leader) as uow:
        asked = link_decide.Asked(link_decide.Act.ACCEPT, 0, batch_id=batch)
        answer = link_decide.take(uow, leader, other.id, asked, world.clock())
        assert answer.done, answer.words
        assert links.reached(uow, leader, made.id, link_decide.Verb.LINK_OPEN)
    world.fact(other.party, "ethnicity", value="Kinh")
    world.fact(other.state, "ethnicity", value="Tày")
    compare(world)
    with world.work() as uow:
        differing = uow.session.query(LinkConflict).filter_by(candidate_id=other.id, item="ethnicity").one().id
    found = {"pair_id": made.id, "page_id": page, "dossier_id": other.party.dossier.id}
    return found | {"link_batch_id": batch, "conflict_id": differing}


def _paper(world: World, made: Pair) -> str:
    with world.work() as uow:
        rows = uow.session.query(FactRow).filter_by(dossier_id=made.party.dossier.id, item="citizen_id")
        return next(row.document_id for row in rows if row.document_id)
