"""The operator's command. Every sub-command prints for people; ``--json`` prints one line for programs."""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from oms import cli_exchange, cli_journal, cli_move, cli_services, cli_vault, measures, program_log
from oms.domain.catalogue import ROLE_LABELS
from oms.errors import InvalidInput, OmsError, of_disk
from oms.services import (
    archival,
    communes,
    health,
    hosts,
    indexing,
    last_done,
    record_seed,
    running,
    sealer,
    setup,
    type_learning,
    units,
    unlocking,
    watch,
)
from oms.services.house import House
from oms.services.jobs import ReadingQueue
from oms.settings import CHECKOUT, Settings
from search_index import SearchError


def now() -> datetime:
    """The wall clock, aware, UTC."""
    return datetime.now(UTC)


def _home() -> Path:
    return Path(os.environ.get("OMS_HOME") or CHECKOUT / "var").resolve()


def _house() -> House:
    return House(Settings.from_env())


def _setup(args: argparse.Namespace) -> int:
    """Folders, secrets, schema; with --demonstration the invented province, filed through the same services."""
    if args.schema:
        return _schema()
    setup.make_secrets(_home() / "keys")
    settings = Settings.from_env()
    if args.new_codes and running.alive(settings.home) and setup.is_current(settings):
        house = House(settings)  # codes alone: nobody has to stop for them
    else:
        with running.alone(settings.home, "setup"):
            house = setup.prepare(settings)
    if not args.demonstration:
        if settings.demonstration:
            print("oms: this OMS_HOME holds the demonstration; set another OMS_HOME for real work", file=sys.stderr)
            return 1
        return _first_steps(house, args)
    if not settings.demonstration and setup.in_use(house):
        print("oms: this OMS_HOME is a real installation: start it with './run --empty'", file=sys.stderr)
        return 1
    from oms.demonstration.filing import file_demonstration

    summary = file_demonstration(settings, now)
    if args.json:
        print(json.dumps(asdict(summary), ensure_ascii=False))
    return 0


def _schema() -> int:
    """The schema on a server by its administrator, who need not be the user the services run as."""
    admin = os.environ.get("OMS_DATABASE_ADMIN_URL", "")
    if not admin:
        print("oms: OMS_DATABASE_ADMIN_URL is missing", file=sys.stderr)
        return 1
    setup.schema_on_server(admin)
    return 0


def _first_steps(house: House, args: argparse.Namespace) -> int:
    """A real installation: the province, the folder's account, the first administrator and security officer."""
    with house.work(None, now()) as uow:
        root = setup.ensure_root(uow, args.root_code, args.root_name)
        print(f"Tỉnh / province: {root.code} – {root.name}")
        setup.ensure_agent(uow, root, now())
        given = setup.first_accounts(uow, root, args.admin, args.security_officer, now(), args.new_codes)
    for username, role, code in given:
        print(f"{ROLE_LABELS[role]} đầu tiên / first {role.replace('_', ' ')}: {username}")
        print(f"Mã dùng một lần, trong 72 giờ / one-time code, for 72 hours: {code}")
    if given:
        print("Hai mã của hai người: quản trị lập tài khoản, cán bộ bảo mật thẩm tra / two codes for two persons")
    return 0


def _work(args: argparse.Namespace) -> int:
    """Reads scans until stopped."""
    settings = Settings.from_env()
    with running.only_one(settings.home, "work"):  # what workers of this host had in hand is free: they have ended
        ReadingQueue(settings, now).work(args.workers or settings.workers)
    return 0


def _watch(args: argparse.Namespace) -> int:
    """Watches the intake folder, feeds the workers."""
    house = _house()
    queue = ReadingQueue(house.settings, now)
    with watch.only_one(house) as alone:
        if not alone:
            print("another housekeeper runs on this installation", file=sys.stderr)
            if not alone.waits:
                return 1
        keeper, first = watch.Housekeeper(house, queue, now), True
        while True:
            if alone.still():
                if first:
                    queue.empty()  # of an earlier run, or an earlier version of the program
                first = False
                keeper.round()
            time.sleep(args.every)


def _sealer(_args: argparse.Namespace) -> int:
    """Seals the journal until stopped; the only process that reads the signing key."""
    house = sealer.house_of(Settings.from_env())
    with sealer.only_one(house) as alone:
        if not alone:
            print("another sealer runs on this installation", file=sys.stderr)
            if not alone.waits:
                return 1
        return sealer.run(house, now, alone)


def _scan(args: argparse.Namespace) -> int:
    """Scans what a run asks for; started by the housekeeper, one process a run."""
    from oms.services import scanner_run

    return 0 if scanner_run.run(_house(), args.run_id, now) else 1


def _serve(args: argparse.Namespace) -> int:
    """Runs everything until stopped; says where, and in the demonstration as whom."""
    from oms.supervisor import port_free, serve

    settings = Settings.from_env()
    with running.only_one(settings.home, "serve"):
        if not port_free(settings):
            print(f"oms: port {settings.port} is in use; stop the other program or set OMS_PORT", file=sys.stderr)
            return 1
        house = House(settings)
        if args.unlock_fd >= 0:
            house.unlock(unlocking.lines_of(args.unlock_fd))
        house.vault.check_place()
        handing = unlocking.Handing(house.vault)
        house.close()
        return _served(settings, partial(serve, settings, handing))


def _served(settings: Settings, serve: Callable[[], int]) -> int:
    from oms.supervisor import connections

    for line in connections(settings):
        print(line, flush=True)
    print(f"OMS: http://{settings.host}:{settings.port}", flush=True)
    if settings.demonstration:
        from oms.demonstration.filing import greeting

        print(greeting(settings), flush=True)
    return serve()


def _check(args: argparse.Namespace) -> int:
    """Files, index, database and journal agree."""
    house = _house()
    findings = health.check(house, now())
    last_done.keep(house.settings, "check", last_done.Done(now(), not findings, len(findings)))
    if args.json:
        print(json.dumps({"ok": not findings, "findings": findings}, ensure_ascii=False))
    else:
        print("\n".join(findings) or "files, index, database and journal agree")
    return 1 if findings else 0


def _rebuild(_args: argparse.Namespace) -> int:
    """Makes the index anew beside the one in force; one line a portion."""

    def tell(done: int, of: int) -> None:
        print(f"tài liệu / documents: {done} of {of}", flush=True)

    try:
        done = indexing.rebuild(_house(), tell)
    except SearchError as error:
        print(f"oms: {error.message_vi} ({error})", file=sys.stderr)
        return 1
    print(f"{done} documents indexed anew")
    return 0


def _index(_args: argparse.Namespace) -> int:
    """Keeps the search index up until stopped."""
    return indexing.run(_house(), now)


def _renew_records(_args: argparse.Namespace) -> int:
    """Begins records that are empty, makes heads and due dates of all anew; one line a portion."""

    def tell(done: record_seed.Renewed) -> None:
        print(f"hồ sơ / dossiers: {done.dossiers} of {done.total}; facts begun: {done.begun}", flush=True)

    done = record_seed.renew_all(_house(), now, tell)
    print(f"{done.dossiers} records renewed")
    return 0


def _link(args: argparse.Namespace) -> int:
    """Compares the records of the blocks with each other; one line a portion."""
    from oms.services import linking_batch

    def tell(what: str, done: int, of: int) -> None:
        print(f"{what}: {done} of {of}", flush=True)

    found = linking_batch.run(_house(), now, tell, args.all)
    print(f"{found.compared} records compared anew; {found.pairs} pairs found, {found.dropped} dropped")
    return 0


def _learn(_args: argparse.Namespace) -> int:
    learned = type_learning.learn(_house(), datetime.now(UTC))
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
    found = watch.quarantined(_house())
    for place, name, reason in found:
        print(f"{place}/{name}\t{reason}")
    return 0


class _Unwell(Exception):
    """Rolls an import back."""


def _units(args: argparse.Namespace) -> int:
    """Lists the units, or adds those of a CSV file: all or none."""
    house = _house()
    if not args.file:
        with house.look() as uow:
            for unit in setup.all_units(uow):
                print(f"{'  ' * unit.path.count('/')}{unit.code}\t{unit.name}\t{unit.block}")
        return 0
    rows = _unit_rows(args.file)
    if rows is None:
        return 1
    try:
        with house.work(None, now()) as uow:
            added, problems = setup.import_units(uow, rows, now())
            if problems:
                raise _Unwell
    except _Unwell:
        for problem in problems:
            print(f"dòng {problem.line}: {problem.message_vi}")
        print("chưa thêm đơn vị nào / nothing was added")
        return 1
    print(f"{added} units added")
    return 0


def _unit_rows(path: str) -> list[dict[str, str]] | None:
    """The lines of a unit list, or None with the reason told."""
    try:
        return units.rows_of(Path(path).read_bytes())
    except OSError as error:
        print(f"không đọc được danh sách / cannot read the list: {type(error).__name__}", file=sys.stderr)
    except InvalidInput as problem:
        print(problem.message_vi, file=sys.stderr)
    return None


def _communes(args: argparse.Namespace) -> int:
    """Makes the units of a province's communes since July 2025; a dry run unless --apply is given."""
    house = _house()
    with house.work(None, now()) as uow:
        found = communes.load(uow, None, args.province, args.under, now()) if args.apply else None
        found = found or communes.planned(uow, args.province, args.under)
        lines = [
            f"{new.code}\t{new.name}\t{', '.join(old.code for old in (*new.before, *new.shared))}" for new in found.new
        ]
    print("\n".join([*lines, *found.left_out]))
    said = "made" if args.apply else "would be made (add --apply)"
    print(f"{found.province.kind} {found.province.name}: {len(found.new)} units {said}, {found.there} were there")
    print(f"{len(found.ended)} old units end on 2025-06-30")
    return 0


def _status(args: argparse.Namespace) -> int:
    """How far reading is: files and pages, what waits at the desk."""
    house = _house()
    with house.look() as uow:
        states, pages = health.reading_progress(uow)
        totals = health.totals(uow) | {"outbox": indexing.waiting(house)}
        copies, hands = archival.counts(uow), hosts.at_work(uow, now())
    if args.json:
        counts = {"files": states, "pages_read": pages, "copies": copies, "in_hand": hands}
        print(json.dumps(counts | totals, ensure_ascii=False))
        return 0
    print(f"trang đã đọc / pages read: {pages} of {totals['pages']}")
    print("tệp / files: " + (", ".join(f"{state} {count}" for state, count in sorted(states.items())) or "0"))
    print("bản lưu trữ / copies: " + (", ".join(f"{state} {count}" for state, count in sorted(copies.items())) or "0"))
    print("đang làm / in hand: " + (", ".join(f"{host} {count}" for host, count in hands.items()) or "0"))
    print(f"chờ duyệt / on the desk: {totals['on_desk']}; trong hồ sơ / filed: {totals['filed']}")
    return 0


def _sign_test(args: argparse.Namespace) -> int:
    """Signs a blank page with the agency's key: is the key there, whose is it, until when?"""
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


Command = Callable[[argparse.Namespace], int]


def _add(parsers: argparse._SubParsersAction, name: str, run: Command, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parsers.add_parser(name, help=about, description=about)
    parser.set_defaults(run=run)
    return parser


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="oms", description="OMS, the records system for cadre files")
    commands = top.add_subparsers(dest="command", required=True)
    made = _add(commands, "setup", _setup, "make folders, secrets and the newest schema; safe to repeat")
    made.add_argument("--demonstration", action="store_true", help="file the invented province")
    made.add_argument("--schema", action="store_true", help="the server's schema, roles and walls alone; no OMS_HOME")
    made.add_argument("--json", action="store_true")
    made.add_argument("--admin", default="quantri", help="name of the first administrator")
    made.add_argument("--security-officer", default="baomat", help="name of the first security officer")
    made.add_argument("--new-codes", action="store_true", help="new codes for first accounts not used yet")
    made.add_argument("--root-code", default="TINH", help="code of the province")
    made.add_argument("--root-name", default="Tỉnh", help="name of the province")
    serving = _add(commands, "serve", _serve, "run web server, workers, housekeeper, indexer and sealer")
    serving.add_argument("--unlock-fd", type=int, default=-1, metavar="N", help="descriptor with the vault's secret")
    work = _add(commands, "work", _work, "read scans with Tesseract")
    work.add_argument("--workers", type=int, default=0, help="processes; default OMS_WORKERS or one a core")
    watching = _add(commands, "watch", _watch, "intake folder, work for the others")
    watching.add_argument("--every", type=float, default=1.0, help="seconds between rounds")
    _add(commands, "index", _index, "keep the search index up; a second one waits for the first to end")
    _add(commands, "seal", _sealer, "seal the journal, beat each minute; the only process with the signing key")
    scanning = _add(commands, "scan", _scan, "one run of a scanner (the housekeeper starts it)")
    scanning.add_argument("run_id")
    checking = _add(commands, "check", _check, "do files, index, database and journal agree?")
    checking.add_argument("--json", action="store_true")
    told = _add(commands, "status", _status, "how far reading is, what waits")
    told.add_argument("--json", action="store_true")
    listing = _add(commands, "units", _units, "list the units, or add those of a CSV file")
    listing.add_argument("--file", help="columns: " + ", ".join((*setup.UNIT_COLUMNS, *setup.MORE_UNIT_COLUMNS)))
    loading = _add(commands, "load-communes", _communes, "units of a province's communes since July 2025")
    loading.add_argument("--province", required=True, help="code of the province since July 2025, like 86")
    loading.add_argument("--under", required=True, help="code of the unit they stand under")
    loading.add_argument("--apply", action="store_true", help="make them; without it only said")
    _add(commands, "rebuild-index", _rebuild, "make the search index anew beside the one in force")
    _add(commands, "renew-records", _renew_records, "begin empty records, make heads and due dates of all anew")
    linking = _add(commands, "link", _link, "compare the records of the blocks with each other, as wholes")
    linking.add_argument("--all", action="store_true", help="normalise every record anew first")
    _add(commands, "learn-types", _learn, "train the model of document types on what has been filed")
    _add(commands, "quarantine", _intake, "list files that could not be taken in, with reasons")
    signing = _add(commands, "sign-test", _sign_test, "sign a blank page with the agency's key")
    signing.add_argument("--out", required=True, help="where the signed page is written")
    cli_exchange.add_to(commands)
    cli_journal.add_to(commands)
    cli_services.add_to(commands)
    cli_move.add_to(commands)
    cli_vault.add_to(commands)
    return top


COUNTING = ("work", "watch", "index")


def _begin_service(name: str) -> None:
    """It runs from here on, and counts where somebody wants to know. ``web`` begins with its own processes."""
    settings = Settings.from_env()
    if name != "web":
        running.stay(settings.home, name)
    if settings.metrics and name in COUNTING:
        measures.begin(settings.figures, name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 done, 1 some input failed or not whole, 2 wrong usage."""
    args = parser().parse_args(arguments)
    service = args.command if args.command in running.SERVICES else ""
    program_log.begin(logging.INFO, service)
    os.umask(running.umask(_home()))
    with suppress(OSError, ValueError):  # a unit's sandbox may forbid it: it has LimitCORE of its own
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold keys and papers
    try:
        if service:
            _begin_service(service)
        return int(args.run(args))
    except OmsError as error:
        print(f"oms: {str(error) or error.message_vi}", file=sys.stderr)
        return 1
    except OSError as error:
        told = of_disk(error)
        if told is None:
            raise
        print(f"oms: {told.message_vi} ({told})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        running.leave()


if __name__ == "__main__":
    raise SystemExit(main())
