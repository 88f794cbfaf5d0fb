"""Units come in from a list: all or none, every wrong line told."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import run
from factories import World

from oms.errors import Refused
from oms.services import accounts, units

COLUMNS = "code,name,parent_code,block,level,valid_from,valid_to\n"


def write(folder: Path, text: str) -> str:
    path = folder / "units.csv"
    path.write_text(COLUMNS + text, encoding="utf-8")
    return str(path)


def test_units_are_added_under_their_parents_and_journalled(world: World, tmp_path: Path) -> None:
    path = write(tmp_path, "X,Đảng uỷ khối,D,party,ban,2025-07-01,\nX1,Chi bộ một,X,party,xa,,\n")
    done = run(world, "units", "--file", path)
    assert done.returncode == 0, done.stdout
    assert "2 units added" in done.stdout
    assert "X1" in run(world, "units").stdout
    assert [verb for verb, _outcome, _id in world.journal()][-2:] == ["unit:create", "unit:create"]


def test_one_wrong_line_keeps_all_out_and_each_is_told(world: World, tmp_path: Path) -> None:
    path = write(
        tmp_path, "X,Đảng uỷ khối,D,party,ban,,\nY,Không cha,NO,party,ban,,\nZ,Sai ngày,D,party,ban,1/7/2025,\n"
    )
    done = run(world, "units", "--file", path)
    assert done.returncode == 1
    assert "dòng 3" in done.stdout
    assert "dòng 4" in done.stdout
    assert "dòng 2" not in done.stdout
    assert "X" not in run(world, "units").stdout.split()


def test_a_list_twice_adds_nothing(world: World, tmp_path: Path) -> None:
    path = write(tmp_path, "X,Đảng uỷ khối,D,party,ban,,\n")
    run(world, "units", "--file", path)
    assert "0 units added" in run(world, "units", "--file", path).stdout


def test_the_folders_account_can_never_be_made_a_sign_in(world: World) -> None:
    admin, security = world.who("admin"), world.who("security")
    folder = world.who(accounts.FOLDER_ACCOUNT).account_id
    with pytest.raises(Refused), world.work(admin) as uow:
        accounts.set_active(uow, admin, folder, True, world.clock())
    assert world.journal()[-1] == ("account:change", "refused", folder)
    with pytest.raises(Refused), world.work(security) as uow:
        accounts.issue_code(uow, security, folder, world.clock())
    assert world.journal()[-1] == ("account:code", "refused", folder)


def test_a_list_from_excel_with_semicolons_is_read_and_a_wrong_head_is_named(world: World, tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("code;name;parent_code;block\nX;Đảng uỷ khối;D;party\n", encoding="utf-8-sig")
    assert "1 units added" in run(world, "units", "--file", str(path)).stdout
    path.write_text("ma;ten\nX;Đảng uỷ khối\n", encoding="utf-8")
    done = run(world, "units", "--file", str(path))
    assert done.returncode == 1
    assert "code, name, parent_code, block" in done.stderr


def test_the_units_to_choose_among_are_those_of_now_and_of_ones_own_scope(world: World, tmp_path: Path) -> None:
    """They are kept as objects between requests; what is kept may never be what was."""

    def names(username: str) -> list[str]:
        with world.house.look(world.who(username)) as uow:
            return [unit.name for unit in units.listing_units(uow, world.who(username))]

    everywhere, here = names("officer"), names("leader.xa")
    assert everywhere == names("officer") and set(here) < set(everywhere)
    run(world, "units", "--file", write(tmp_path, 'X,"Đảng uỷ ""Khối"" [1], mới",D,party,ban,2025-07-01,\n'))
    assert [name for name in names("officer") if name not in everywhere] == ['Đảng uỷ "Khối" [1], mới']
    assert set(names("leader.xa")) <= set(names("officer"))
