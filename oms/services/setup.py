"""Setting up an installation: folders, secrets, schema, the folder's account, the first administrator."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from oms.domain.access import Principal, Role, Secrecy, Target
from oms.domain.journal import Verb
from oms.domain.organisation import INHERITS, MORE_UNIT_COLUMNS, UNIT_COLUMNS
from oms.domain.records import day_in_hanoi
from oms.errors import InvalidInput
from oms.services import accounts, catalogues, indexing, procedures, vault_keys
from oms.services.house import House, What, note
from oms.services.succession import check_codes
from oms.settings import Settings
from oms.store import cipher, disk, people, schema, units
from oms.store.db import UnitOfWork
from oms.store.file_place import sync_folder
from oms.store.tables import Unit
from vietnamese import places


def make_secrets(home_keys: os.PathLike[str]) -> None:
    """Makes the folder (0700) and the cookie key (0600) unless they are there; both lie on the disk when this returns.

    The key comes whole or not at all: half a key after a fall of the machine would be one that setup leaves alone.
    """
    folder = Path(home_keys)
    for each in (folder.parent, folder):  # makedirs gives its mode to the last one only
        os.makedirs(each, mode=0o700, exist_ok=True)
    path, fresh = folder / "secret_key", folder / f"secret_key.{secrets.token_hex(4)}"
    if path.exists():
        return
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another setup was quicker: its key stays
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(folder)
    sync_folder(folder.parent)
    with suppress(PermissionError):  # the folder above may be another's
        sync_folder(folder.parent.parent)


@disk.told()
def prepare(settings: Settings) -> House:
    """Folders, journal key, newest schema: everything but people and units. Safe to repeat.

    DiskFull or DiskFailed where the disk has no room or does not work; the same command goes on afterwards.
    """
    for folder in (settings.home, settings.vault, settings.index, settings.intake, settings.witness, settings.log):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.database_url.startswith("sqlite:///"):
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        path.touch(mode=0o600)
        shared = settings.home.stat().st_mode & 0o020  # with the sealer, where it is another user of the group
        path.chmod(0o660 if shared else 0o600)  # SQLite gives its log and its shared memory the mode of the database
        if settings.database_key is not None and not cipher.is_sealed(path):
            cipher.make_key(settings.database_key)
    house = House(settings)
    house.signer.make()
    sync_folder(settings.home / "keys")
    vault_keys.prepare(house)
    schema.install(house.database, settings.database_url, settings.database_admin_url)
    with house.database.transaction() as session:
        at_once = UnitOfWork(session, house.vault, settings.models)
        catalogues.ensure_defaults(at_once)
        procedures.ensure_defaults(at_once)
    indexing.prepare(house)
    return house


def is_current(settings: Settings) -> bool:
    """Whether the database is there and stands at the newest schema."""
    path = settings.database_url.removeprefix("sqlite:///")
    return (path == settings.database_url or Path(path).exists()) and schema.is_current(House(settings).database.engine)


def schema_on_server(admin_url: str) -> None:
    """The newest schema with roles, guards and walls, by a superuser's address; SettingsError when it is refused."""
    schema.by_administrator(admin_url)


def in_use(house: House) -> bool:
    """True once an installation has its province."""
    with house.look() as uow:
        return units.root(uow.session) is not None


def ensure_root(uow: UnitOfWork, code: str, name: str) -> Unit:
    """The province above the three blocks; an installation has exactly one, made once."""
    root = units.root(uow.session)
    return root or units.add_unit(uow.session, code=code, name=name, parent=None, block="all", level="tinh")


def ensure_unit(
    uow: UnitOfWork,
    code: str,
    name: str,
    parent_code: str,
    block: str,
    level: str,
    valid_from: date | None,
    valid_to: date | None,
) -> Unit:
    """A unit under its parent, made once; the parent's code must be known."""
    known = units.by_code(uow.session, code)
    parent = units.by_code(uow.session, parent_code)
    if known is not None:
        return known
    if parent is None:
        raise InvalidInput("parent_code", "Đơn vị cấp trên không có trong danh mục.")
    return units.add_unit(
        uow.session,
        code=code,
        name=name,
        parent=parent,
        block=block,
        level=level,
        valid_from=valid_from,
        valid_to=valid_to,
    )


@dataclass(frozen=True)
class RowProblem:
    """A line of an imported list that cannot be taken, and why."""

    line: int
    message_vi: str


UNIT_BLOCKS = ("party", "front", "government", "service")


def import_units(
    uow: UnitOfWork, rows: Sequence[Mapping[str, str]], now: datetime, principal: Principal | None = None
) -> tuple[int, list[RowProblem]]:
    """Adds units from a list (parents before children); returns how many are new, and every line that is wrong.

    A code that is known already is left as it is. The caller rolls back when there is any problem: all or nothing.
    """
    added, problems = 0, []
    for line, row in enumerate(rows, start=2):
        try:
            values = {name: (row.get(name) or "").strip() for name in (*UNIT_COLUMNS, *MORE_UNIT_COLUMNS)}
            added += _import_unit(uow, values, now, principal)
        except (InvalidInput, ValueError) as error:
            words = error.message_vi if isinstance(error, InvalidInput) else "Ngày phải viết như 2025-07-01."
            problems.append(RowProblem(line, words))
    return added, problems


def _import_unit(uow: UnitOfWork, row: Mapping[str, str], now: datetime, principal: Principal | None) -> int:
    if not row["code"] or not row["name"] or len(row["code"]) > 35 or "/" in row["code"]:
        raise InvalidInput("code", "Thiếu mã hoặc tên, hoặc mã quá 35 ký tự hay có dấu gạch chéo.")
    if row["block"] not in UNIT_BLOCKS:
        raise InvalidInput("block", "Khối phải là party, front, government hoặc service.")
    if units.by_code(uow.session, row["code"]) is not None:
        return 0
    since, until = (date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_to"))
    level = row["level"] or "ban"
    if since and until and until < since:
        raise InvalidInput("valid_to", "Ngày kết thúc trước ngày bắt đầu.")
    check_codes(uow, row["code_party"], row["code_state"], since or day_in_hanoi(now), set())
    if row["place"] and places.of_code(row["place"]) is None:
        raise InvalidInput("place", "Mã địa phương không có trong bảng.")
    made = ensure_unit(uow, row["code"], row["name"], row["parent_code"], row["block"], level, since, until)
    made.code_party, made.code_state, made.place = (row[name] for name in MORE_UNIT_COLUMNS)
    note(uow, principal, Verb.UNIT_CREATE, now, what=What("unit", str(made.id), made.code), target=Target(made.path))
    return 1


def all_units(uow: UnitOfWork) -> list[Unit]:
    """Every unit in tree order, for the operator's list."""
    return units.everything(uow.session)


def has_successions(uow: UnitOfWork) -> bool:
    """True once the history of units has been laid down."""
    return units.any_succession(uow.session)


def add_succession(uow: UnitOfWork, old: str, new: str, kind: str, on_date: date, decision_no: str) -> None:
    """Records that one unit came after another; both codes must be known."""
    before, after = units.by_code(uow.session, old), units.by_code(uow.session, new)
    if before is None or after is None:
        raise InvalidInput("code", "Đơn vị không có trong danh mục.")
    units.add_succession(uow.session, before, after, kind, on_date, decision_no, inherits=kind in INHERITS)


def ensure_agent(uow: UnitOfWork, root: Unit, now: datetime) -> None:
    """The watched folder's account: acts within one unit at a time, cannot sign in."""
    if people.by_username(uow.session, accounts.FOLDER_ACCOUNT):
        return
    new = accounts.NewAccount(
        username=accounts.FOLDER_ACCOUNT,
        display_name="Máy quét – thư mục chờ",
        password=secrets.token_urlsafe(32),
        role=Role.SCANNING_CLERK,
        unit_id=root.id,
        scope_ids=(root.id,),
    )
    accounts.create(uow, None, new, now).active = False


def first_accounts(
    uow: UnitOfWork, root: Unit, administrator: str, officer: str, now: datetime, renew: bool = False
) -> list[tuple[str, Role, str]]:
    """The first administrator and the first security officer, each with a one-time code to be shown once.

    Two persons from the first minute: one makes accounts, the other lets them work. Who has been in is left
    alone; who has not gets a new code when theirs ran out, or at once with ``renew``.
    """
    wanted = (
        (administrator, "Quản trị hệ thống", Role.ADMINISTRATOR),
        (officer, "Cán bộ bảo mật", Role.SECURITY_OFFICER),
    )
    given = []
    for username, name, role in wanted:
        new = accounts.NewAccount(username, name, "", role, root.id, (), Secrecy.NONE)
        code = accounts.first_account(uow, new, renew, now)
        given += [(username, role, code)] if code else []
    return given
