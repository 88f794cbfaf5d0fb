"""The integrity light: where the journal stands, without re-computing the tree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oms.domain.anchoring import Anchoring, AnchorLevel
from oms.domain.checkpoints import parse_note
from oms.services import policy
from oms.services.house import House
from oms.services.sealing import all_notes
from oms.store import anchors, journal, journal_seal
from oms.store.anchor_tables import Anchor
from oms.store.db import UnitOfWork

QUIET = timedelta(seconds=150)
"""A running sealer writes an entry each minute."""


@dataclass(frozen=True)
class Integrity:
    """Entries, the last sealed head, what is kept outside, whether the journal fell silent, what guards are gone."""

    entries: int
    sealed: int
    sealed_at: datetime | None
    root: str
    witnessed: int
    anchors: tuple[Anchor, ...]
    level: AnchorLevel
    hours: int
    silent_since: datetime | None
    missing_guards: tuple[str, ...]

    @property
    def well(self) -> bool:
        """True when nothing here wants somebody's attention."""
        behind = self.entries - self.sealed > 1000
        return self.level is AnchorLevel.GOOD and not (behind or self.silent_since or self.missing_guards)


def anchoring(uow: UnitOfWork, now: datetime) -> Anchoring:
    """Since when the journal has had no witness outside."""
    return anchors.anchoring(uow.session, *policy.values(uow, ("anchor_warn_hours", "anchor_stop_hours"), now))


def integrity(uow: UnitOfWork, house: House, now: datetime) -> Integrity:
    """The light on the reviewer's desk."""
    last = journal_seal.newest_checkpoint(uow.session)
    newest_seq, newest_at = journal.newest(uow.session)
    state = anchoring(uow, now)
    heads = [_size(text) for text in all_notes(house)]
    quiet = datetime.fromisoformat(newest_at).astimezone(UTC) if newest_at else None
    return Integrity(
        entries=newest_seq,
        sealed=last.size if last else 0,
        sealed_at=last.at if last else None,
        root=parse_note(last.note).root.hex() if last else "",
        witnessed=max(heads, default=0),
        anchors=tuple(anchors.newest(uow.session)),
        level=state.level(now),
        hours=state.hours(now),
        silent_since=quiet if quiet and now - quiet > QUIET else None,
        missing_guards=tuple(journal_seal.missing_guards(uow.session)),
    )


def _size(text: str) -> int:
    """Size of a witnessed head; 0 for text that is no checkpoint (the verification names it, the light goes on)."""
    try:
        return parse_note(text).size
    except ValueError:
        return 0
