"""The model of document types on a real installation: what it learns from, when, and that a worse one is not taken."""

from __future__ import annotations

import json

import numpy as np
from factories import World, reading_of

from oms.domain.journal import Outcome, Verb
from oms.services import type_learning
from oms.store import journal, learning
from oms.store.tables import Document
from scanning import classify
from scanning.type_model import DIMENSIONS, TypeModel, starting_model

OWN = "PHIẾU THEO DÕI NGÀY CÔNG\nSố ngày công đã góp trong năm\nHợp tác xã xác nhận số ngày công của xã viên"
ORDER = (
    "QUYẾT ĐỊNH\nVề việc nâng bậc lương\nĐiều 1. Nâng bậc lương cho bà\nĐiều 2. Quyết định có hiệu lực kể từ ngày ký"
)


def confirmed(world: World, text: str, code: str, number: int, secrecy: int = 0, compartment: str = "") -> None:
    """Papers filed by a person under a type."""
    row = world.dossier(name="Vàng A Lử")
    for _ in range(number):
        document = world.filed(row, text=text, secrecy=secrecy, compartment=compartment)
        with world.work() as uow:
            uow.session.get_one(Document, document).type_code = code


def rows(world: World, verb: Verb) -> list[tuple[str, dict[str, int]]]:
    with world.work() as uow:
        found = [entry for entry, _ in journal.rows(uow.session) if entry.verb == verb]
    return [(entry.outcome, json.loads(entry.detail)) for entry in found]


def test_nothing_is_learned_from_a_handful(world: World) -> None:
    confirmed(world, OWN, "bao_cao", 5)
    assert not type_learning.is_due(world.house)
    assert type_learning.learn(world.house, world.clock()) is None
    assert type_learning.current_model(world.house.settings.models).samples == starting_model().samples


def test_the_model_learns_the_offices_own_paper_and_says_so_in_the_journal(world: World) -> None:
    confirmed(world, OWN, "bao_cao", 30)
    confirmed(world, ORDER, "quyet_dinh", 25)
    assert type_learning.is_due(world.house)
    learned = type_learning.learn(world.house, world.clock())
    assert learned is not None
    assert learned.taken
    assert (learned.papers, learned.held) == (44, 11)
    assert learned.right == learned.sure
    found = classify([reading_of(OWN)], type_learning.current_model(world.house.settings.models))
    assert (found.code, found.score >= 0.9) == ("bao_cao", True)
    assert rows(world, Verb.MODEL_TRAIN) == [
        (Outcome.DONE, {"papers": 44, "held": 11, "sure": learned.sure, "right": learned.right})
    ]
    assert not type_learning.is_due(world.house)


def test_papers_with_a_level_or_in_a_compartment_are_not_learned_from(world: World) -> None:
    confirmed(world, OWN, "bao_cao", 2, secrecy=1)
    confirmed(world, OWN, "bao_cao", 2, compartment="bvctnb")
    confirmed(world, ORDER, "quyet_dinh", 2)
    with world.work() as uow:
        assert learning.confirmed_number(uow.session) == 2
        assert {code for code, _ in learning.confirmed_pages(uow.session, 200)} == {"quyet_dinh"}
        assert len(learning.confirmed_pages(uow.session, 1)) == 1


def test_a_worse_model_is_not_taken() -> None:
    held = [(type_learning.features_of([reading_of(ORDER)]), "quyet_dinh")] * 4
    weights = np.zeros((2, DIMENSIONS), np.float32)
    mistaken = TypeModel(("don", "quyet_dinh"), weights, np.array([9.0, 0.0], np.float32), 2)
    assert type_learning._worse(mistaken, starting_model(), held)
    assert not type_learning._worse(starting_model(), starting_model(), held)


def test_a_damaged_model_file_is_passed_over(world: World) -> None:
    world.house.settings.models.mkdir(exist_ok=True)
    (world.house.settings.models / type_learning.MODEL).write_bytes(b"\x80\x04broken")
    assert type_learning.current_model(world.house.settings.models) is starting_model()
