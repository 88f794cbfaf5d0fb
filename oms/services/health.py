"""Do files, index, database and journal agree? Findings in plain words, ids only."""

from __future__ import annotations

from datetime import datetime

from oms.services import indexing, linking, review, sealing, vault_care, zones
from oms.services.house import House, UnitOfWork
from oms.store import papers, schema


def check(house: House, now: datetime | None = None) -> list[str]:
    """Every disagreement found, empty when all is well. Reads every file of the vault, in both places.

    With ``now`` a bad file is repaired from the second place, which is journalled and told; without, only said.
    """
    findings = _schema(house)
    findings += _zone(house)
    findings += _files(house) if now is None else _repaired(house, now)
    findings += indexing.compare(house)
    with house.look() as uow:
        findings += linking.disagreements(uow)
    verdict = review.verify(house, None)
    if not verdict.whole:
        findings.append(f"journal: {verdict.problem}")
    elif verdict.checkpoints and not sealing.witnessed_notes(house.settings.witness):
        findings.append("journal: the witness file is missing or empty; compare with the copy kept elsewhere")
    return findings


def _schema(house: House) -> list[str]:
    engine = house.database.engine
    there = schema.ahead(engine)
    if there:
        return ["database: " + schema.AHEAD.format(there=there, here=schema.newest())]
    return [] if schema.is_current(engine) else ["database: migrations are missing; run oms setup"]


def _zone(house: House) -> list[str]:
    """Pages of state secrets in a zone that may not hold them."""
    with house.look() as uow:
        pages = zones.pages_out_of_place(uow)
    if not pages:
        return []
    return [
        f"zone: {pages} pages of papers with a secrecy level lie here, but OMS_ZONE={house.settings.zone} may not hold "
        "them; they are not shown. Take the machine off the network and see docs/operators.md, Network zones"
    ]


def _files(house: House) -> list[str]:
    with house.database.transaction() as session:
        wanted = papers.kept_files(session)
    findings = []
    for sha in sorted(wanted):
        bad = [place for place, whole in vault_care.sound(house.vault, sha).items() if not whole]
        findings += [f"{place}: file {sha} is missing or damaged" for place in bad]
    return findings


def _repaired(house: House, now: datetime) -> list[str]:
    found = vault_care.check_all(house, now)
    mended = [f"{place}: file {sha} was damaged and is repaired from the other place" for sha, place in found.repaired]
    return mended + [f"vault: file {sha} is missing or damaged" for sha in found.lost]


def reading_progress(uow: UnitOfWork) -> tuple[dict[str, int], int]:
    """Files per state, and pages that have been read or have failed."""
    return papers.reading_progress(uow.session)


def totals(uow: UnitOfWork) -> dict[str, int]:
    """How many rows of each kind there are: counts only."""
    return papers.totals(uow.session)
