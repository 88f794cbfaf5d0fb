"""The operator's commands that make an installation and its units: `oms setup`, `oms units`, `oms load-communes`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from oms.cli_house import home, house_here, now
from oms.domain.catalogue import ROLE_LABELS
from oms.errors import InvalidInput
from oms.services import communes, running, setup, units
from oms.services.house import House
from oms.settings import Settings


def _setup(args: argparse.Namespace) -> int:
    """Folders, secrets, schema; with --demonstration the invented province, filed through the same services."""
    if args.schema:
        return _schema()
    setup.make_secrets(home() / "keys")
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


class _Unwell(Exception):
    """Rolls an import back."""


def _units(args: argparse.Namespace) -> int:
    """Lists the units, or adds those of a CSV file: all or none."""
    house = house_here()
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
    house = house_here()
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
