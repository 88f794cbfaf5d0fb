"""The operator's `oms backup` and `oms restore`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from oms.errors import BackupFault, OmsError
from oms.services import backup, restore_drill, restoring, unlocking
from oms.services.house import House
from oms.settings import CHECKOUT, Settings


def _now() -> datetime:
    return datetime.now(UTC)


def _tell(words: str) -> None:
    print(words, flush=True)


def _backup(args: argparse.Namespace) -> int:
    """One run into every place, or what was asked for instead."""
    if args.every:
        return _again_and_again(args.every)
    house = House(Settings.from_env())
    try:
        return _did(house, args)
    finally:
        house.close()


def _did(house: House, args: argparse.Namespace) -> int:
    if args.new_key:
        public = backup.new_key(house, Path(args.new_key), _now())
        print(f"backups are sealed for {public} from now on")
        print(f"khoá riêng / private key: {args.new_key}: two copies in two safes, none on this machine")
        return 0
    if args.recipient:
        backup.use_keys(house, args.recipient, _now())
        print("\n".join(backup.carried_lines(house)))
        return 0
    if args.prepare:
        told = backup.prepare(house)
        print("\n".join(f"{label}: {words or 'marked as a place of backup'}" for label, words in told))
        return 1 if any(words not in ("", "was marked already") for _label, words in told) else 0
    if args.check:
        return 1 if backup.check(house, _tell) else 0
    done = backup.run(house, _now(), _tell)
    for sha in done.damaged:
        print(f"file {sha} is missing or damaged: not taken; see oms check")
    return 0 if done.well else 1


def _again_and_again(minutes: float) -> int:
    """For `oms serve`: a run every so many minutes; one that fails is told, and the next one tries again."""
    while True:
        begun = time.monotonic()
        try:
            house = House(Settings.from_env())
            try:
                backup.run(house, _now(), _tell)
            finally:
                house.close()
        except (OmsError, OSError) as problem:
            print(f"oms backup: {backup.said(problem)}", file=sys.stderr, flush=True)
        time.sleep(max(1.0, minutes * 60 - (time.monotonic() - begun)))


def _time(text: str) -> datetime | None:
    """A time of UTC, or with its own offset."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BackupFault(
            "--at is a time like 2026-11-02T08:30 (UTC), or with an offset: 2026-11-02T15:30+07:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _asked(args: argparse.Namespace) -> restoring.Asked:
    return restoring.Asked(
        places=restoring.texts_of(getattr(args, "from")),
        keys=args.keys,
        carried=backup.carried_by(Path(each) for each in args.identity),
        secret=Path(args.s3_secret or _home() / "keys" / backup.SECRET),
        at=_time(args.at),
        witnesses=tuple(Path(each) for each in args.witness),
        unlock=tuple(unlocking.lines_of(args.unlock_fd)) if args.unlock_fd >= 0 else None,
    )


def _home() -> Path:
    return Path(os.environ.get("OMS_HOME") or CHECKOUT / "var").resolve()


def _restore(args: argparse.Namespace) -> int:
    """Puts an installation back, or tries it; prints each step with its seconds."""
    asked = _asked(args)
    tell = (lambda _words: None) if args.json else _tell
    if args.drill:
        done = restore_drill.drill(_home(), asked, _now, tell, args.scratch)
    else:
        done = restoring.restore(_home(), asked, _now(), tell)
    if args.json:
        steps = [{"step": step.name, "seconds": round(step.seconds, 3), "found": step.words} for step in done.steps]
        print(json.dumps({"at": done.at.isoformat(), "run": done.number, "steps": steps, "notes": done.told}))
        return 0
    print("\n".join(["", *done.table()]))
    if args.drill:
        print("the drill went well; nothing of it is left")
    else:
        print(f"restored as it was at {done.at:%Y-%m-%d %H:%M:%S} UTC: now oms setup, then start the services")
    return 0
