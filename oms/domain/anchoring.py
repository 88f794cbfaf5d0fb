"""How long the journal has stood without a witness outside, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.domain.access import Secrecy


class AnchorKind(StrEnum):
    """What keeps a head of the journal outside of the machine."""

    FOLDER = "folder"
    SHEET = "sheet"
    WITNESS = "witness"
    DEMONSTRATION = "demonstration"


class AnchorLevel(StrEnum):
    """What the time without an anchor means."""

    GOOD = "good"
    WARN = "warn"
    STOP = "stop"


STOPPED_FROM = Secrecy.TOI_MAT
READS = frozenset(
    {"open", "view", "read", "page", "export", "print", "history", "compare", "extract", "make", "preview"}
)
"""Second halves of the verbs by which the content of a record is shown or leaves."""


@dataclass(frozen=True)
class Anchoring:
    """The newest anchor, or the first entry where there was none yet: the clock starts when the house is set up."""

    since: datetime | None
    anchored: bool
    warn_hours: int
    stop_hours: int

    def level(self, now: datetime) -> AnchorLevel:
        """Good, a warning, or stop."""
        if self.since is None:
            return AnchorLevel.GOOD
        alone = now - self.since
        if alone >= timedelta(hours=self.stop_hours):
            return AnchorLevel.STOP
        return AnchorLevel.WARN if alone >= timedelta(hours=self.warn_hours) else AnchorLevel.GOOD

    def hours(self, now: datetime) -> int:
        """Whole hours without an anchor."""
        return int((now - self.since) / timedelta(hours=1)) if self.since else 0


def is_stopped_read(verb: str, secrecy: int) -> bool:
    """True for reading what may not be read while the journal has no witness."""
    return secrecy >= STOPPED_FROM and verb.rpartition(":")[2] in READS
