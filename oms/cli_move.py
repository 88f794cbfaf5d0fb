"""`oms move`: an installation on SQLite goes over to PostgreSQL; `oms seal-database`: SQLite's file to SQLCipher's."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

from oms.errors import SettingsError
from oms.services import database_seal, moving
from oms.settings import Settings

_DOING = {"copied": "chép / copied", "followed": "chép thêm / followed"}


def _move(args: argparse.Namespace) -> int:
    """Copies, proves, closes the embedded database; killed at any moment it is repeated."""
    settings = replace(Settings.from_env(dict(os.environ) | {"OMS_DATABASE_URL": ""}), database_admin_url="")
    if args.reopen:
        moving.reopen(settings)
        print("the embedded database takes work again; what a server holds is another matter", flush=True)
        return 0
    if not args.to:
        raise SettingsError("oms move --to postgresql+psycopg://…/DATABASE (or --reopen)")
    admin = os.environ.get("OMS_DATABASE_ADMIN_URL", "")
    if not admin:
        raise SettingsError("OMS_DATABASE_ADMIN_URL is missing: moving needs a superuser's address")

    def tell(what: str, table: str, rows: int) -> None:
        said = f"{_DOING[what]}: {table} {rows}" if what in _DOING else "closed: nobody writes here any more"
        print(said, flush=True)

    done = moving.move_to(settings, args.to, admin, datetime.now(UTC), tell)
    print("\n".join(moving.table_of(done)))
    print("now set OMS_DATABASE_URL to the server's address and start the services anew", file=sys.stderr)
    return 0


def _seal_database(args: argparse.Namespace) -> int:
    """Seals the embedded database as a whole, or opens it again; nobody else may be at work."""
    done = database_seal.seal(Settings.from_env(), datetime.now(UTC), undo=args.undo)
    if not done.done:
        print("the database is plain already" if args.undo else "the database is sealed already")
        return 0
    print(f"{done.tables} tables, {done.rows} rows: the same in the {'plain' if args.undo else 'sealed'} database")
    if args.undo:
        print("now unset OMS_DATABASE_KEY and start the services", file=sys.stderr)
    else:
        print(
            "what the disk held in the clear stays on it until it is written over: docs/operators.md", file=sys.stderr
        )
    return 0
