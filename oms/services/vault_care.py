"""What the housekeeper does for the vault: levels, keys wrapped anew, the second copy, the rolling check, repair."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from oms.domain.journal import Outcome, Verb
from oms.errors import FileDamaged, FileKeyGone, OmsError
from oms.services import notices
from oms.services.house import House, What, note
from oms.store import file_levels, papers
from oms.store.file_place import FilePlace, FolderPlace
from oms.store.vault import Vault, leftovers

log = logging.getLogger(__name__)
AT_ONCE = 200
PASS = timedelta(days=30)
"""In this time every file is read once in both places."""
OVERTAKEN = timedelta(days=1)
"""A key without a file is one of a sealing that another overtook, or of one that is being made."""
DECIDED = "levels.decided"
POSITION, BEGUN, DAMAGED = "check.position", "check.begun", "check.damaged"


def settle_levels(house: House, most: int = AT_ONCE) -> int:
    """Has keys of new files, and of papers with a newly decided level, wrapped by the key of their level; how many."""
    keys = house.vault.sealing()
    if keys is None:
        return 0
    before = int(keys.value(DECIDED, "0"))
    with house.database.snapshot() as session:
        last, decided = file_levels.classified_after(session, before, most)
        levels = file_levels.levels_of(session, [*decided, *keys.unsettled(most)])
    changed = keys.relevel_all(levels) if levels else 0
    if last != before:
        keys.keep_value(DECIDED, str(last))
    return changed


def copy_waiting(house: House, most: int = AT_ONCE) -> int:
    """Puts files that are only in one place into the second one; how many went. OSError when it does not answer."""
    keys, twin = house.vault.sealing(), house.vault.twin()
    if keys is None or twin is None:
        return 0
    twin.check_place()
    done = []
    for sha, file_id in keys.not_copied(most):
        try:
            if house.vault.file_id(sha) == file_id:
                house.vault.carry(sha, twin.place, house.vault.place)
        except (FileDamaged, FileNotFoundError):  # overtaken, or damaged: the rolling check's business
            log.warning("second copy: file %s could not be read", sha)
        done.append(file_id)
    if done:
        keys.mark_copied(done)
    return len(done)


@dataclass
class Found:
    """What a stretch of the rolling check saw: files looked at, repaired and lost, each with its place."""

    looked: int = 0
    repaired: list[tuple[str, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    ended: bool = False


def sound(vault: Vault, sha: str) -> dict[str, bool]:
    """Whether a file is whole in each place there is: "vault", "copy"."""
    twin = vault.twin()
    return {"vault": _sound(vault, sha)} | ({"copy": _sound(twin, sha)} if twin is not None else {})


def check_file(vault: Vault, sha: str, found: Found) -> None:
    """Reads one file in each place, and puts the good bytes in the place of bad or missing ones."""
    twin, whole = vault.twin(), sound(vault, sha)
    found.looked += 1
    if not any(whole.values()):
        found.lost.append(sha)
        return
    if twin is None or all(whole.values()):
        return
    bad = "copy" if whole["vault"] else "vault"
    here, there = (twin.place, vault.place) if bad == "vault" else (vault.place, twin.place)
    vault.carry(sha, there, here)
    if not _sound(vault if bad == "vault" else twin, sha):
        found.lost.append(sha)
        return
    found.repaired.append((sha, bad))


def _sound(vault: Vault, sha: str) -> bool:
    try:
        vault.verify(sha)
    except FileDamaged:
        return False
    return True


class RollingCheck:
    """Goes round all files by name; the position is kept beside the keys, so that a stop loses nothing.

    Names are evenly spread, so the share of the time that has passed says up to which name files are due.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    def step(self, now: datetime) -> Found:
        """Looks at as many files as are due by now; writes down, tells and repairs what it finds.

        What a reader met damaged comes first.
        """
        keys = self._house.vault.sealing()
        if keys is None:
            return Found()
        suspects = keys.suspects()
        if suspects:
            found = check(self._house, suspects, now)
            keys.cleared(suspects)
            return found
        begun = keys.value(BEGUN)
        if not begun:
            begun = now.isoformat()
            keys.keep_value(BEGUN, begun)
        passed = (now - datetime.fromisoformat(begun)) / PASS
        position, upto = keys.value(POSITION), f"{max(0, min(2**32 - 1, int(passed * 2**32))):08x}"
        names = {*keys.names(position, AT_ONCE), *islice(self._house.vault.names(position), AT_ONCE)}
        portion = [name for name in sorted(names)[:AT_ONCE] if name[:8] <= upto]
        found = check(self._house, portion, now)
        if portion:
            keys.keep_value(POSITION, portion[-1])
        elif passed >= 1:
            found.ended = True
            keys.keep_value(POSITION, "")
            keys.keep_value(BEGUN, now.isoformat())
        return found


def check_all(house: House, now: datetime, tell: Callable[[int, int], None] | None = None) -> Found:
    """Every file the database names, at once: for the operator's check."""
    with house.database.snapshot() as session:
        names = sorted(papers.kept_files(session))
    whole = Found(ended=True)
    for start in range(0, len(names), AT_ONCE):
        found = check(house, names[start : start + AT_ONCE], now)
        whole.looked += found.looked
        whole.repaired += found.repaired
        whole.lost += found.lost
        if tell is not None:
            tell(whole.looked, len(names))
    return whole


def check(house: House, names: list[str], now: datetime) -> Found:
    """Looks at these files in both places; repairs are journalled, what is lost is told once."""
    found, keys = Found(), house.vault.sealing()
    for place in filter(None, (house.vault, house.vault.twin())):
        place.check_place()  # a disk that is not mounted is no lost file
    for sha in names:
        check_file(house.vault, sha, found)
        if keys is not None:
            tidy_keys(house, sha, now)
    if names:
        with house.database.snapshot() as session:
            levels = file_levels.levels_of(session, names)
        found.lost = [sha for sha in found.lost if sha in levels]  # a sealing that never came to its end is no loss
        if keys is not None and levels:
            keys.relevel_all(levels)
        _tell(house, found, now)
    return found


def _tell(house: House, found: Found, now: datetime) -> None:
    keys = house.vault.sealing()
    known = set(keys.value(DAMAGED).split()) if keys is not None else set()
    new = [sha for sha in found.lost if sha not in known]
    if not new and not found.repaired:
        return
    with house.work(None, now) as uow:
        for sha, place in found.repaired:
            note(uow, None, Verb.VAULT_REPAIR, now, what=What("file", sha), detail={"place": place})
        for sha in new:
            note(uow, None, Verb.VAULT_CHECK, now, what=What("file", sha), outcome=Outcome.FAILED)
        to = {*notices.administrators(uow), *notices.officers(uow)}
        if found.repaired:
            notices.tell(uow, to, "vault_repaired", "vault", "", f"{len(found.repaired)} tệp", now)
        if new:
            notices.tell(uow, to, "vault_damaged", "vault", "", f"{len(new)} tệp", now)
    if keys is not None and new:
        keys.keep_value(DAMAGED, " ".join(sorted(known | set(new))[:1000]))


def tidy_keys(house: House, sha: str, now: datetime) -> None:
    """Destroys keys of sealings of this file that another one overtook."""
    keys = house.vault.sealing()
    rows = keys.rows_of(sha) if keys is not None else []
    if keys is None or len(rows) < 2:
        return
    try:
        used = {house.vault.file_id(sha)}
        if house.vault.copy is not None:
            used.add(Vault(house.vault.copy, keys).file_id(sha))
    except FileDamaged:
        return
    made_before = (now - OVERTAKEN).replace(tzinfo=None)
    keys.forget([row.file_id for row in rows if row.file_id not in used and row.made < made_before])


def drop_unnamed(house: House, sha: str) -> bool:
    """Removes a file that was put for work that came to nothing, unless something names it; whether it went.

    In the writers' turn: who is about to name the same bytes looks in their own whether the file is still there. Where
    the database or the place does not answer the file stays, and is the same again when the work is done anew.
    """
    try:
        with house.database.transaction() as session:
            return not file_levels.levels_of(session, [sha]) and house.vault.destroy(sha)
    except (OmsError, OSError) as problem:
        log.warning("a file that nothing names stays: %s", type(problem).__name__)
        return False


def sweep_leftovers(house: House, now: datetime) -> int:
    """Removes sealed files in the making whose process was killed a day ago."""
    places: list[FilePlace | None] = [house.vault.place, house.vault.copy]
    before = (now - OVERTAKEN).timestamp()
    return sum(leftovers(place.root, before) for place in places if isinstance(place, FolderPlace))


def seal_all(
    house: House, anew: bool, after: str = "", tell: Callable[[int, int], None] | None = None
) -> tuple[int, list[str]]:
    """Seals every file that lies in the clear, or all of them anew; how many were, and which are damaged.

    May be stopped and given again at any time; ``after`` takes it up behind a name.
    """
    sealed, damaged = 0, []
    for number, sha in enumerate(house.vault.names(after), start=1):
        try:
            sealed += house.vault.seal(sha, anew)
        except FileKeyGone:
            log.warning("file %s was destroyed; its bytes are still there", sha)
        except FileDamaged:
            damaged.append(sha)
        if tell is not None:
            tell(number, sealed)
    return sealed, damaged
