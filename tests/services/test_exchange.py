"""Packages between two installations: what leaves, what comes in, what comes back, and what nobody can smuggle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from exchanging import Pair, came, filled, package, round_of, send, take, two
from factories import World

from oms.store import facts, journal, packages
from oms.store.record_tables import FactRow
from oms.store.tables import Dossier, Scan
from sqlalchemy import select


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


def test_a_dossier_goes_over_and_its_receipt_comes_back(pair: Pair) -> None:
    row = filled(pair.here)
    sent = send(pair.here, row)
    pair.pass_over(pair.here, pair.there)
    assert package(pair.here, sent).state == "sent"
    arrived = came(pair.there)
    outcome = take(pair.there, arrived.id)
    assert outcome.taken
    pair.pass_over(pair.there, pair.here)
    answered = package(pair.here, sent)
    assert answered.state == "accepted"
    with pair.there.house.look() as uow:
        dossier = uow.session.scalars(select(Dossier)).one()
        held = {fact.item: (fact.body, fact.source) for fact in uow.session.scalars(select(FactRow))}
        scan = uow.session.scalars(select(Scan)).one()
        link = packages.links_of(uow.session, dossier.id)[0]
    assert dossier.number == row.dossier.number
    assert held["position"] == ('{"value": "Trưởng phòng"}', "exchange")
    assert "religion" not in held, "private groups stay unless they were chosen"
    assert scan.source == "exchange"
    assert (pair.there.house.vault.path_of(scan.sha256)).exists()
    assert link.remote == row.dossier.id and json.loads(answered.answer)["dossiers"][0]["ours"] == dossier.id
