"""The drill: a restore nobody needs, on an empty folder, so that one may rely on the one somebody does."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from oms.domain.journal import Outcome, Verb
from oms.errors import OmsError, SettingsError
from oms.services import last_done, notices, restoring
from oms.services.house import House, What, Why, note
from oms.services.jobs import Clock
from oms.services.restoring import Asked, Restored, Tell
from oms.settings import Settings


def drill(home: Path, asked: Asked, clock: Clock, tell: Tell, scratch: str = "") -> Restored:
    """Restores into a new folder, proves, measures, removes. Where there is an installation it is put down there.

    A drill that fails is put down too, the administrators get word, and the error goes on.
    """
    settings = _installation(home)
    try:
        done = restoring.drill(restoring.scratch_of(settings, scratch), asked, clock(), tell)
    except (OmsError, OSError) as problem:
        if settings is not None:
            _put_down(settings, None, type(problem).__name__, clock())
        raise
    if settings is not None:
        _put_down(settings, done, "", clock())
    return done


def _installation(home: Path) -> Settings | None:
    """The one of this machine; None on an empty one, where a drill is best done."""
    if not (home / "keys" / "secret_key").exists():
        return None
    try:
        return Settings.from_env()
    except SettingsError:
        return None


def _put_down(settings: Settings, done: Restored | None, problem: str, now: datetime) -> None:
    last_done.keep(settings, "restore_drill", last_done.Done(now, done is not None, round(done.seconds) if done else 0))
    house = House(settings)
    try:
        with house.work(None, now) as uow:
            detail = {"run": done.number, "of": done.at.isoformat(), "seconds": round(done.seconds)} if done else {}
            outcome = Outcome.DONE if done else Outcome.FAILED
            note(
                uow, None, Verb.BACKUP_DRILL, now, what=What("backup"), why=Why(problem), outcome=outcome, detail=detail
            )
            if done is None:
                notices.tell(uow, notices.administrators(uow), "drill_failed", "backup", "", "", now)
    finally:
        house.close()
