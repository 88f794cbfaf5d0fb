"""The command line's words: every command with its options, and where its work is written.

This module and what it imports are read for every ``oms --help``: nothing here may load the program itself. A command
names its function as ``module:function``; ``work_of`` loads it when the command is given.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

from oms.domain.organisation import MORE_UNIT_COLUMNS, UNIT_COLUMNS
from oms.settings import KEEPERS

Command = Callable[[argparse.Namespace], int]


def work_of(args: argparse.Namespace) -> Command:
    """The function that does what was asked for, loaded now."""
    module, _, name = args.run.partition(":")
    work: Command = getattr(import_module(f"oms.{module}"), name)
    return work


def _add(parsers: argparse._SubParsersAction, name: str, run: str, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parsers.add_parser(name, help=about, description=about)
    parser.set_defaults(run=run)
    return parser


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="oms", description="OMS, the records system for cadre files")
    commands = top.add_subparsers(dest="command", required=True)
    made = _add(commands, "setup", "cli_setup:_setup", "make folders, secrets and the newest schema; safe to repeat")
    made.add_argument("--demonstration", action="store_true", help="file the invented province")
    made.add_argument("--schema", action="store_true", help="the server's schema, roles and walls alone; no OMS_HOME")
    made.add_argument("--json", action="store_true")
    made.add_argument("--admin", default="quantri", help="name of the first administrator")
    made.add_argument("--security-officer", default="baomat", help="name of the first security officer")
    made.add_argument("--new-codes", action="store_true", help="new codes for first accounts not used yet")
    made.add_argument("--root-code", default="TINH", help="code of the province")
    made.add_argument("--root-name", default="Tỉnh", help="name of the province")
    serving = _add(commands, "serve", "cli_running:_serve", "run web server, workers, housekeeper, indexer and sealer")
    serving.add_argument("--unlock-fd", type=int, default=-1, metavar="N", help="descriptor with the vault's secret")
    work = _add(commands, "work", "cli_running:_work", "read scans with Tesseract")
    work.add_argument("--workers", type=int, default=0, help="processes; default OMS_WORKERS or one a core")
    watching = _add(commands, "watch", "cli_running:_watch", "intake folder, work for the others")
    watching.add_argument("--every", type=float, default=1.0, help="seconds between rounds")
    _add(commands, "index", "cli_running:_index", "keep the search index up; a second one waits for the first to end")
    _add(
        commands,
        "seal",
        "cli_running:_sealer",
        "seal the journal, beat each minute; the only process with the signing key",
    )
    scanning = _add(commands, "scan", "cli_running:_scan", "one run of a scanner (the housekeeper starts it)")
    scanning.add_argument("run_id")
    for others in (_upkeep, _exchange, _journal, _services, _backup, _move, _vault):
        others(commands)
    return top


def _upkeep(commands: argparse._SubParsersAction) -> None:
    checking = _opening(commands, "check", "cli_upkeep:_check", "do files, index, database and journal agree?")
    checking.add_argument("--json", action="store_true")
    told = _add(commands, "status", "cli_upkeep:_status", "how far reading is, what waits")
    told.add_argument("--json", action="store_true")
    listing = _add(commands, "units", "cli_setup:_units", "list the units, or add those of a CSV file")
    listing.add_argument("--file", help="columns: " + ", ".join((*UNIT_COLUMNS, *MORE_UNIT_COLUMNS)))
    loading = _add(commands, "load-communes", "cli_setup:_communes", "units of a province's communes since July 2025")
    loading.add_argument("--province", required=True, help="code of the province since July 2025, like 86")
    loading.add_argument("--under", required=True, help="code of the unit they stand under")
    loading.add_argument("--apply", action="store_true", help="make them; without it only said")
    _add(commands, "rebuild-index", "cli_upkeep:_rebuild", "make the search index anew beside the one in force")
    _add(
        commands,
        "renew-records",
        "cli_upkeep:_renew_records",
        "begin empty records, make heads and due dates of all anew",
    )
    linking = _add(commands, "link", "cli_upkeep:_link", "compare the records of the blocks with each other, as wholes")
    linking.add_argument("--all", action="store_true", help="normalise every record anew first")
    _add(commands, "learn-types", "cli_upkeep:_learn", "train the model of document types on what has been filed")
    _add(commands, "quarantine", "cli_upkeep:_intake", "list files that could not be taken in, with reasons")
    signing = _add(commands, "sign-test", "cli_upkeep:_sign_test", "sign a blank page with the agency's key")
    signing.add_argument("--out", required=True, help="where the signed page is written")


def _exchange(commands: argparse._SubParsersAction) -> None:
    """Adds ``exchange`` with its own commands, and ``exchange-serve``."""
    about = "exchange with other installations: keys, card, partners, packages"
    top = commands.add_parser("exchange", help=about, description=about)
    below = top.add_subparsers(dest="exchange", required=True)

    _add(below, "keys", "cli_exchange:_keys", "make the exchange's keys").add_argument(
        "--new", action="store_true", help="other keys"
    )
    card = _add(below, "card", "cli_exchange:_card", "write our public card; print the groups to compare")
    card.add_argument("--out", help="the file; default: the standard output")
    card.add_argument("--read", help="tell what this card says instead")
    _add(below, "trust", "cli_exchange:_trust", "list partners with the groups to compare")
    _add(below, "send", "cli_exchange:_send", "make receipts and send what is queued, now")
    _add(below, "receive", "cli_exchange:_receive", "take sealed files in as far as their check").add_argument(
        "files", nargs="+"
    )
    edxml = _add(
        below, "edxml", "cli_exchange:_edxml", "write a sent package as an edXML envelope of the State's document axis"
    )
    edxml.add_argument("package", help="number or id of a package that was sent; never one with a level")
    edxml.add_argument("--out", help="the file; default: the partner's code, the id, .edxml")
    edxml.add_argument("--code", required=True, help="number and notation of the letter it goes with: 123/SNV-CCVC")
    edxml.add_argument("--date", required=True, help="the day the letter was issued: 30/11/2026")
    for name in ("place", "signer", "position"):
        edxml.add_argument(f"--{name}", required=True, help=f"{name} of that letter")
    _add(below, "list", "cli_exchange:_list", "count packages by state")
    _add(commands, "exchange-serve", "cli_exchange:_serve", "the HTTPS server for partners, with mutual TLS")


def _journal(commands: argparse._SubParsersAction) -> None:
    """Adds `oms journal …` to the command line."""
    acts = commands.add_parser("journal", help="verify, seal, export, anchor").add_subparsers(dest="act", required=True)
    verifying = _add(
        acts, "verify", "cli_journal:_verify", "is the journal whole and consistent with every kept checkpoint?"
    )
    verifying.add_argument("--witness", help="file of checkpoints kept elsewhere")
    verifying.add_argument("--sheet", help="file with the three lines of a printed sheet")
    verifying.add_argument("--json", action="store_true")
    _add(acts, "export", "cli_journal:_export", "write every entry as JSON lines").add_argument("--out", required=True)
    _add(acts, "seal", "cli_journal:_seal", "sign a checkpoint now")
    _add(acts, "sheet", "cli_journal:_sheet", "print the newest checkpoint for the bound register").add_argument(
        "--out", required=True
    )
    _add(acts, "rotate-key", "cli_journal:_rotate", "change the signing key: the old one signs for the new one")
    trusting = _add(acts, "trust-witness", "cli_journal:_trust", "believe a witness program's cosignatures")
    trusting.add_argument("--name", required=True)
    trusting.add_argument("--key", required=True, help="its public key, 64 hex digits")
    _add(acts, "prove", "cli_journal:_prove", "prove that an entry is in the newest checkpoint").add_argument(
        "seq", type=int
    )


def _services(commands: argparse._SubParsersAction) -> None:
    _add(commands, "web", "cli_services:_web", "the web server alone, for a service of its own")
    _add(commands, "metrics", "cli_services:_metrics", "figures for a monitor at OMS_METRICS")


def _move(commands: argparse._SubParsersAction) -> None:
    """Adds `oms move` to the command line."""
    about = "take an installation on SQLite to PostgreSQL and prove that all of it arrived"
    made = _add(commands, "move", "cli_move:_move", about)
    made.add_argument("--to", default="", help="the server's address, like postgresql+psycopg://oms_app@/oms")
    made.add_argument("--reopen", action="store_true", help="let the embedded database take work again")
    sealing = _add(commands, "seal-database", "cli_move:_seal_database", "seal the embedded database as a whole")
    sealing.add_argument("--undo", action="store_true", help="make it a plain one again")


def _opening(parsers: argparse._SubParsersAction, name: str, run: str, about: str) -> argparse.ArgumentParser:
    """A command that may be given the vault's secret."""
    parser = _add(parsers, name, run, about)
    parser.add_argument(
        "--unlock-fd", type=int, default=-1, metavar="N", help="open descriptor with the secret: a line, or two shares"
    )
    return parser


def _kept_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keeper", choices=KEEPERS, default="file", help="how the master key is kept")
    parser.add_argument(
        "--secret-fd", type=int, default=-1, metavar="N", help="descriptor with the new passphrase or PIN"
    )
    parser.add_argument("--module", default="", help="PKCS#11 module")
    parser.add_argument("--token", default="", help="label of the token")
    parser.add_argument("--label", default="", help="label of the AES key in it")


def _vault(commands: argparse._SubParsersAction) -> None:
    """`oms keys …` and `oms vault …`."""
    keys = commands.add_parser("keys", help="the vault's keys").add_subparsers(dest="keys", required=True)
    _kept_by(
        _opening(keys, "init", "cli_vault:_init", "make the keys with another keeper than a file, before oms setup")
    )
    _opening(keys, "status", "cli_vault:_status", "how the master key is kept, files by level").add_argument(
        "--json", action="store_true"
    )
    _kept_by(_opening(keys, "rotate-master", "cli_vault:_rotate_master", "put a new master key in force"))
    level = _opening(keys, "rotate-level", "cli_vault:_rotate_level", "new keys of the levels")
    level.add_argument("--level", type=int, choices=(0, 1, 2, 3), help="one level alone")
    _opening(keys, "rewrap", "cli_vault:_rewrap", "wrap every file's key by the newest of its level now")
    _opening(keys, "share-check", "cli_vault:_share_check", "is a share written down without a slip?")
    vault = commands.add_parser("vault", help="the vault's files").add_subparsers(dest="vault", required=True)
    seal = _opening(vault, "seal", "cli_vault:_seal", "seal files that lie in the clear")
    seal.add_argument("--anew", action="store_true", help="every file, with a new key")
    _opening(vault, "check", "cli_vault:_check", "read every file in both places now, repair what can be")
    _opening(vault, "copy", "cli_vault:_copy", "put every waiting file into the second place now")


def _backup(commands: argparse._SubParsersAction) -> None:
    """`oms backup` and `oms restore`."""
    about = "a backup into every place of OMS_BACKUP, OMS_BACKUP_ONCE and OMS_BACKUP_KEYS"
    made = _add(commands, "backup", "cli_backup:_backup", about)
    what = made.add_mutually_exclusive_group()
    what.add_argument("--new-key", metavar="FILE", default="", help="make a pair: the private key goes into FILE alone")
    what.add_argument("--recipient", action="append", metavar="age1…", default=[], help="seal for pairs made elsewhere")
    what.add_argument("--prepare", action="store_true", help="mark new, empty places")
    what.add_argument("--check", action="store_true", help="read back what lies in the places")
    what.add_argument("--every", type=float, default=0.0, metavar="MINUTES", help="again and again, until stopped")
    about = "put an installation back into an empty OMS_HOME, proved and timed"
    back = _add(commands, "restore", "cli_backup:_restore", about)
    back.add_argument(
        "--from", action="append", required=True, metavar="PLACE", help="a place of backup; again: others"
    )
    back.add_argument("--keys", required=True, metavar="PLACE", help="the place of OMS_BACKUP_KEYS")
    back.add_argument(
        "--identity", action="append", required=True, metavar="FILE", help="the private key; again: older"
    )
    back.add_argument("--at", default="", metavar="TIME", help="the last backup up to this time; else the newest")
    back.add_argument(
        "--witness", action="append", default=[], metavar="FILE", help="checkpoints that were kept elsewhere"
    )
    back.add_argument("--s3-secret", default="", metavar="FILE", help="access key and secret of a bucket, a line each")
    back.add_argument("--unlock-fd", type=int, default=-1, metavar="N", help="descriptor with the vault's secret")
    back.add_argument("--drill", action="store_true", help="try it in a folder that is removed afterwards")
    back.add_argument("--scratch", default="", metavar="FOLDER", help="where a drill finds room")
    back.add_argument("--json", action="store_true")
