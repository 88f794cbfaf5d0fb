"""The operator's `oms journal` commands: verify, seal, export, sheets, witnesses, proofs."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from oms.domain.catalogue import SECRECY_LABELS
from oms.domain.checkpoints import note_body
from oms.errors import InvalidInput
from oms.services import anchors, sealing
from oms.services.house import House
from oms.settings import Settings
from oms.store import journal_seal


def _now() -> datetime:
    return datetime.now(UTC)


def _house() -> House:
    return House(Settings.from_env())


def _verify(args: argparse.Namespace) -> int:
    """Re-computes the Merkle tree and holds it against every kept checkpoint."""
    for given in filter(None, (args.witness, args.sheet)):
        if not Path(given).is_file():
            print(f"file not found: {Path(given).name}", file=sys.stderr)
            return 2
    witness, sheet = (Path(given) if given else None for given in (args.witness, args.sheet))
    verdict = sealing.verify(_house(), witness, sheet)
    if args.json:
        print(json.dumps(asdict(verdict), ensure_ascii=False))
        return 0 if verdict.whole else 1
    if verdict.whole:
        print(f"whole: {verdict.entries} entries, {verdict.checkpoints} checkpoints, root {verdict.root}")
        print(f"pruned: {verdict.pruned}; clock changes: {verdict.clock_changes}; silences: {len(verdict.silences)}")
    else:
        bad = f"first bad entry: {verdict.first_bad}; " if verdict.first_bad else ""
        print(f"NOT WHOLE: {bad}{verdict.problem}")
    for silence in verdict.silences:
        print(f"silent after entry {silence.after}: {silence.since} to {silence.until}")
    return 0 if verdict.whole else 1


def _export(args: argparse.Namespace) -> int:
    done = sealing.export(_house(), Path(args.out), _now())
    print(f"{done.entries} entries written")
    if done.secrecy:
        print(f"độ mật cao nhất / highest level in the file: {SECRECY_LABELS[done.secrecy]}")
    return 0


def _seal(_args: argparse.Namespace) -> int:
    print("sealed" if sealing.seal(_house(), _now()) else "nothing new to seal")
    return 0


def _sheet(args: argparse.Namespace) -> int:
    """Prints the three lines of the newest head as an A5 sheet for the bound register."""
    from oms.services import anchor_sheet

    house, now = _house(), _now()
    with house.work(None, now) as uow:
        made, head = anchors.sheet(uow, None, now)
    Path(args.out).write_bytes(anchor_sheet.pdf(made.number, head, now))
    print(f"tờ số / sheet {made.number}: {args.out}\n{note_body(head.size, head.root)}", end="")
    return 0


def _trust(args: argparse.Namespace) -> int:
    """Believes the cosignatures of a witness from now on; prints the word its program needs."""
    house = _house()
    try:
        anchors.trust(house, args.name, args.key)
    except InvalidInput as problem:
        print(problem.message_vi, file=sys.stderr)
        return 2
    print(f"token: {anchors.token(house)}")
    return 0


def _rotate(_args: argparse.Namespace) -> int:
    """Puts a new signing key in the place of the old one, which signs for it; prints the statement and the new key."""
    from oms.services import key_change

    house = _house()
    try:
        told = key_change.rotate(house, _now())
    except InvalidInput as problem:
        print(problem.message_vi, file=sys.stderr)
        return 2
    print(f"{told}public key: {house.signer.public_bytes().hex()}")
    return 0


def _prove(args: argparse.Namespace) -> int:
    """Prints the proof that an entry is in the newest head, for a checker that has neither database nor journal."""
    with _house().look() as uow:
        found = journal_seal.inclusion(uow.session, args.seq)
    if found is None:
        print("no such sealed entry", file=sys.stderr)
        return 1
    leaf, steps, note = found
    shown = {"index": args.seq - 1, "leaf": leaf.hex(), "proof": [base64.b64encode(step).decode() for step in steps]}
    print(json.dumps(shown | {"checkpoint": note}, ensure_ascii=False))
    return 0
