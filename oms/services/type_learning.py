"""The model of document types learns from what the clerks confirmed; a worse one never takes the better one's place."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oms.domain.journal import Outcome, Verb
from oms.services.house import House, UnitOfWork, What, note
from oms.store import learning, papers
from scanning import DocumentType, PageReading, classify
from scanning.type_model import TypeModel, Vector, features_of, load_model, score, starting_model, train
from scanning.type_samples import starting_samples

log = logging.getLogger(__name__)

MODEL, ABOUT = "types.npz", "types.json"
ENOUGH = 30
"""Confirmed papers below which nothing is learned."""
AGAIN_AFTER = 50
"""Newly confirmed papers after which it is worth learning again."""
PER_TYPE = 200
SURE = 0.9
_PORTION = 100


@dataclass(frozen=True)
class Learned:
    """What came of learning: papers learned from, papers held back to judge by, and whether the model was taken.

    ``sure`` and ``right`` are of the new model on the papers held back: sure of how many, right on how many of those.
    """

    papers: int
    held: int
    sure: int
    right: int
    taken: bool


def current_model(folder: Path) -> TypeModel:
    """The model in force: the one learned here, else the one shipped. A damaged file counts as none."""
    try:
        return load_model((folder / MODEL).read_bytes())
    except FileNotFoundError:
        return starting_model()
    except (OSError, ValueError) as error:
        log.error("model of document types cannot be used: %s", type(error).__name__)
        return starting_model()


def typed(uow: UnitOfWork, readings: Sequence[PageReading]) -> DocumentType:
    """The type of a document, by its heading and by the model in force."""
    return classify(readings, current_model(uow.models))


def is_due(house: House) -> bool:
    """True when enough papers were confirmed since the last time."""
    with house.database.snapshot() as session:
        number = learning.confirmed_number(session)
    return number >= ENOUGH and number - _last_number(house.settings.models) >= AGAIN_AFTER


def _last_number(folder: Path) -> int:
    try:
        return int(json.loads((folder / ABOUT).read_text())["confirmed"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def learn(house: House, now: datetime) -> Learned | None:
    """Trains on the starting samples and the confirmed papers and takes the model if it is no worse; None if too few.

    Every fifth confirmed paper is held back; the new model must be right on at least as many of them as the one in
    force, and where it is sure at least as often right. Papers with a level or in a compartment are left out.
    """
    samples = _confirmed(house)
    if len(samples) < ENOUGH:
        return None
    held, taught = samples[::5], [pair for place, pair in enumerate(samples) if place % 5]
    new = train([*starting_samples(), *taught])
    folder = house.settings.models
    taken = not _worse(new, current_model(folder), held)
    sure, right = score(new, held, SURE)
    with house.work(None, now) as uow:
        detail = {"papers": len(taught), "held": len(held), "sure": sure, "right": right}
        outcome = Outcome.DONE if taken else Outcome.FAILED
        note(uow, None, Verb.MODEL_TRAIN, now, outcome=outcome, what=What("model", "types"), detail=detail)
        confirmed = learning.confirmed_number(uow.session)
    if taken:
        _put(folder, MODEL, new.to_bytes())
    _put(folder, ABOUT, json.dumps(detail | {"confirmed": confirmed, "taken": taken}).encode())
    return Learned(len(taught), len(held), sure, right, taken)


def _confirmed(house: House) -> list[tuple[Vector, str]]:
    """Features and confirmed types; readings are looked at a hundred at a time, they are large."""
    with house.database.snapshot() as session:
        pages = learning.confirmed_pages(session, PER_TYPE)
    found: list[tuple[Vector, str]] = []
    for start in range(0, len(pages), _PORTION):
        part = pages[start : start + _PORTION]
        with house.database.snapshot() as session:
            stored = papers.readings(session, [page for _, page in part])
        for code, page in part:
            if page in stored:
                features = features_of([PageReading.from_json(stored[page])])
                if features.any():
                    found.append((features, code))
    return found


def _worse(new: TypeModel, old: TypeModel, held: list[tuple[Vector, str]]) -> bool:
    new_sure, new_right = score(new, held, SURE)
    old_sure, old_right = score(old, held, SURE)
    if score(new, held, 0.0)[1] < score(old, held, 0.0)[1]:
        return True
    return new_right * max(old_sure, 1) < old_right * max(new_sure, 1)


def _put(folder: Path, name: str, data: bytes) -> None:
    """Writes a file whole or not at all: readers open it at any time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    part.write_bytes(data)
    part.replace(folder / name)
