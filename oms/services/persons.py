"""How strongly a paper speaks of a registered person: a proposal with its reasons, never a decision."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from oms.domain.access import Visibility
from oms.store import dossiers
from oms.store.db import UnitOfWork
from oms.store.dossiers import DossierRow
from oms.store.tables import Document
from vietnamese.names import capitalised_runs, fold_name, is_plausible_name


@dataclass(frozen=True)
class PersonFacts:
    """What identifies a person on a paper or in the register; empty string = not known."""

    full_name: str = ""
    birth_date: str = ""
    citizen_id: str = ""
    old_id: str = ""
    other_names: str = ""


@dataclass(frozen=True)
class Likeness:
    """How well a paper fits a registered person: 0..1, and the facts that say so ("name", "birth_date", ...)."""

    score: float
    agrees: tuple[str, ...]
    differs: tuple[str, ...]


def _name_likeness(paper: PersonFacts, person: PersonFacts) -> float:
    """1 for the same folded name or alias, less by each wrong letter, 0 from four letters on."""
    left = fold_name(paper.full_name)
    if not left:
        return 0.0
    others = [part for part in person.other_names.split(";") if part.strip()]
    best = 0.0
    for name in [person.full_name, *others]:
        distance = DamerauLevenshtein.distance(left, fold_name(name), score_cutoff=3)
        best = max(best, {0: 1.0, 1: 0.85, 2: 0.6, 3: 0.3}.get(distance, 0.0))
    return best


def date_likeness(left: str, right: str) -> float | None:
    """1 when both dates agree to the coarser precision of the two, 0 when not, None when one is missing."""
    if not left or not right:
        return None
    length = min(len(left), len(right))
    return 1.0 if left[:length] == right[:length] else 0.0


def likeness(paper: PersonFacts, person: PersonFacts) -> Likeness:
    """Scores one registered person against one paper. It proposes; a clerk decides: nothing is merged on it.

    An equal ID number outweighs a misread name; a different birth date takes most of a name's weight away,
    because namesakes are common (3.7e-5 of random pairs share a folded full name, linkage.md §2).
    """
    agrees: list[str] = []
    differs: list[str] = []
    name = _name_likeness(paper, person)
    if paper.full_name:
        (agrees if name >= 0.6 else differs).append("full_name")
    score = 0.55 * name
    date = date_likeness(paper.birth_date, person.birth_date)
    if date is not None:
        (agrees if date else differs).append("birth_date")
        score += 0.35 if date else -0.25
    for key in ("citizen_id", "old_id"):
        left, right = getattr(paper, key), getattr(person, key)
        if left and right:
            (agrees if left == right else differs).append(key)
            score += 0.45 if left == right else -0.15
    return Likeness(max(0.0, min(1.0, score)), tuple(agrees), tuple(differs))


CITIZEN_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")
LEAST_LIKELY = 0.4
FULL_DATE = len("2000-01-31")
SHOWN = 5


def facts_of(document: Document, text: str) -> list[PersonFacts]:
    """The persons a paper may speak of: first the one its fields name, then other names and IDs in its text."""
    main = PersonFacts(document.person_name, document.person_birth_date, document.citizen_id, document.old_id)
    found = [main] if main.full_name or main.citizen_id or main.old_id else []
    if not main.full_name:
        names = dict.fromkeys(" ".join(run) for run in capitalised_runs(text))
        found += [PersonFacts(name) for name in names if is_plausible_name(name)][:8]
    if not main.citizen_id:
        found += [PersonFacts(citizen_id=number) for number in dict.fromkeys(CITIZEN_ID.findall(text))][:4]
    return found


def rank(uow: UnitOfWork, view: Visibility, facts: Sequence[PersonFacts]) -> list[tuple[DossierRow, Likeness]]:
    """Visible dossiers whose cadre fits one of the facts, best first, at most five."""
    names = {fold_name(item.full_name) for item in facts if item.full_name}
    ids = {number for item in facts for number in (item.citizen_id, item.old_id) if number}
    births = {item.birth_date for item in facts if len(item.birth_date) == FULL_DATE}
    best: dict[str, tuple[DossierRow, Likeness]] = {}
    for row in dossiers.candidates(uow.session, view, sorted(names), sorted(ids), sorted(births)):
        cadre = row.cadre
        person = PersonFacts(cadre.full_name, cadre.birth_date, cadre.citizen_id, cadre.old_id, cadre.other_names)
        top = max((likeness(item, person) for item in facts), key=lambda match: match.score)
        if top.score >= LEAST_LIKELY:
            best[row.dossier.id] = (row, top)
    return sorted(best.values(), key=lambda pair: -pair[1].score)[:SHOWN]
