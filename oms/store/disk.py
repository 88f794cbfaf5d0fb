"""What an embedded database says of its disk, outside of the transactions that tell it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.exc import OperationalError

from oms.errors import DiskFailed, DiskFull


@contextmanager
def told() -> Iterator[None]:
    """DiskFull or DiskFailed in the place of SQLite's own error; every other error goes on as it is."""
    try:
        yield
    except (OperationalError, sqlite.OperationalError) as error:
        code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) & 0xFF
        if code == sqlite.SQLITE_FULL:
            raise DiskFull("the disk is full") from None
        if code == sqlite.SQLITE_IOERR:
            raise DiskFailed("the disk fails") from None
        raise
