"""The operator's look at an installation at work, and what is made anew now and then: `oms check`, `oms status`, …"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from oms.cli_house import house_here, now
from oms.settings import Settings


def _check(args: argparse.Namespace) -> int:
    """Files, index, database and journal agree."""
    from oms.services import health, last_done, unlocking

    house = house_here()
    if args.unlock_fd >= 0:
        house.unlock(unlocking.lines_of(args.unlock_fd))
    findings = health.check(house, now())
    last_done.keep(house.settings, "check", last_done.Done(now(), not findings, len(findings)))
    if args.json:
        print(json.dumps({"ok": not findings, "findings": findings}, ensure_ascii=False))
    else:
        print("\n".join(findings) or "files, index, database and journal agree")
    return 1 if findings else 0


def _rebuild(_args: argparse.Namespace) -> int:
    """Makes the index anew beside the one in force; one line a portion."""
    from oms.services import indexing
    from search_index import SearchError

    def tell(done: int, of: int) -> None:
        print(f"tài liệu / documents: {done} of {of}", flush=True)

    try:
        done = indexing.rebuild(house_here(), tell)
    except SearchError as error:
        print(f"oms: {error.message_vi} ({error})", file=sys.stderr)
        return 1
    print(f"{done} documents indexed anew")
    return 0


def _renew_records(_args: argparse.Namespace) -> int:
    """Begins records that are empty, makes heads and due dates of all anew; one line a portion."""
    from oms.services import record_seed

    def tell(done: record_seed.Renewed) -> None:
        print(f"hồ sơ / dossiers: {done.dossiers} of {done.total}; facts begun: {done.begun}", flush=True)

    done = record_seed.renew_all(house_here(), now, tell)
    print(f"{done.dossiers} records renewed")
    return 0


def _link(args: argparse.Namespace) -> int:
    """Compares the records of the blocks with each other; one line a portion."""
    from oms.services import linking_batch

    def tell(what: str, done: int, of: int) -> None:
        print(f"{what}: {done} of {of}", flush=True)

    found = linking_batch.run(house_here(), now, tell, args.all)
    print(f"{found.compared} records compared anew; {found.pairs} pairs found, {found.dropped} dropped")
    return 0


def _learn(_args: argparse.Namespace) -> int:
    from oms.services import type_learning

    learned = type_learning.learn(house_here(), now())
    if learned is None:
        print(f"nothing learned: fewer than {type_learning.ENOUGH} papers without a level have been filed")
        return 1
    said = "taken" if learned.taken else "not taken: the model in force is better"
    print(
        f"learned from {learned.papers} papers; sure of {learned.sure} of {learned.held} others, {learned.right} right"
    )
    print(said)
    return 0


def _intake(args: argparse.Namespace) -> int:
    """Lists what lies in quarantine with its reason."""
    from oms.services import watch

    found = watch.quarantined(house_here())
    for place, name, reason in found:
        print(f"{place}/{name}\t{reason}")
    return 0


def _status(args: argparse.Namespace) -> int:
    """How far reading is: files and pages, what waits at the desk."""
    from oms.services import hosts, indexing
    from oms.store import copies, papers

    house = house_here()
    with house.look() as uow:
        states, pages = papers.reading_progress(uow.session)
        totals = papers.totals(uow.session) | {"outbox": indexing.waiting(house)}
        made, hands = copies.counts(uow.session), hosts.at_work(uow, now())
    if args.json:
        counts = {"files": states, "pages_read": pages, "copies": made, "in_hand": hands}
        print(json.dumps(counts | totals, ensure_ascii=False))
        return 0
    print(f"trang đã đọc / pages read: {pages} of {totals['pages']}")
    print("tệp / files: " + (", ".join(f"{state} {count}" for state, count in sorted(states.items())) or "0"))
    print("bản lưu trữ / copies: " + (", ".join(f"{state} {count}" for state, count in sorted(made.items())) or "0"))
    print("đang làm / in hand: " + (", ".join(f"{host} {count}" for host, count in hands.items()) or "0"))
    print(f"chờ duyệt / on the desk: {totals['on_desk']}; trong hồ sơ / filed: {totals['filed']}")
    return 0


def _sign_test(args: argparse.Namespace) -> int:
    """Signs a blank page with the agency's key: is the key there, whose is it, until when?"""
    from oms.services import archival
    from scanning.sealing import SealError

    signing = Settings.from_env().signing
    if signing is None:
        print("no key: set OMS_SIGN_PKCS12 or OMS_SIGN_PKCS11_MODULE", file=sys.stderr)
        return 1
    try:
        state = archival.sign_test(signing, Path(args.out), now())
    except SealError as error:
        print(f"oms: {error.code}: {archival.SEAL_MESSAGES_VI[error.code]}", file=sys.stderr)
        return 1
    print(f"signed for {state.agency} by {state.holder}, certificate until {state.valid_to:%Y-%m-%d}: {args.out}")
    return 0
