"""Lists from Excel and CSV: what is wrong is told by row and column, and a list is filed whole or not at all."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from factories import World

from oms.domain.access import Principal
from oms.errors import InvalidInput, OmsError, Refused
from oms.services import import_file, imports, jobs
from oms.store.exchange_tables import ImportRun
from oms.store.record_tables import FactRow
from oms.store.tables import Cadre, Dossier

HEAD = ["STT", "Số hồ sơ", "Họ và tên", "Ngày tháng năm sinh", "Giới tính", "Số CCCD", "Dân tộc", "Chức vụ", "Quê quán"]
GOOD = ["1", "N-01", "Tô Thị Nhàn", "05/08/1971", "Nữ", "001171000123", "Tày", "Chuyên viên", "Phú Thọ"]


def csv_file(folder: Path, rows: list[list[str]], head: list[str] = HEAD, encoding: str = "utf-8") -> Path:
    path = folder / "list"
    path.write_bytes("\n".join(";".join(row) for row in [head, *rows]).encode(encoding))
    return path


def book(folder: Path, rows: list[list[object]], head: list[str] = HEAD) -> Path:
    made = openpyxl.Workbook()
    for row in [head, *rows]:
        made.active.append(row)
    path = folder / "list"
    made.save(path)
    return path


def received(world: World, path: Path, who: Principal | None = None, unit: str = "D-BTC", secrecy: int = 0) -> str:
    who = who or world.who("officer")
    new = imports.read_in(world.house.vault, path, "danh sách.xlsx")
    with world.work(who) as uow:
        return imports.receive(uow, who, new, world.units[unit], secrecy, world.clock()).id


def tried(world: World, run_id: str) -> imports.View:
    who = world.who("officer")
    with world.work(who) as uow:
        found = imports.view(uow, who, run_id, world.clock())
        imports.map_columns(uow, who, run_id, found.mapping.columns, world.clock())
    return worked(world, run_id)


def worked(world: World, run_id: str) -> imports.View:
    import_file.work_on(world.house, run_id, world.clock)
    who = world.who("officer")
    with world.work(who) as uow:
        return imports.view(uow, who, run_id, world.clock())


def settled(world: World, run_id: str, act: str, place: int, how: str = "") -> imports.View:
    who = world.who("officer")
    with world.work(who) as uow:
        imports.settle(uow, who, run_id, act, place, how, world.clock())
    return worked(world, run_id)


def filed(world: World, run_id: str) -> imports.View:
    who = world.who("officer")
    with world.work(who) as uow:
        imports.ask_filing(uow, who, run_id, world.clock())
    return worked(world, run_id)


def texts(found: imports.View) -> str:
    return "\n".join(f"{each.row}:{each.column}:{each.level}: {each.text} [{each.beside}]" for each in found.problems)


def counts(world: World) -> tuple[int, int, int]:
    with world.work() as uow:
        return tuple(uow.session.query(table).count() for table in (Cadre, Dossier, FactRow))  # type: ignore[return-value]


def test_a_list_becomes_dossiers_whose_facts_name_list_and_row(world: World, tmp_path: Path) -> None:
    run_id = received(world, book(tmp_path, [list(GOOD)]))
    found = tried(world, run_id)
    assert found.may_file, texts(found)
    assert filed(world, run_id).run.state == "filed"
    with world.work() as uow:
        dossier = uow.session.query(Dossier).filter_by(number="N-01").one()
        facts = {row.item: row for row in uow.session.query(FactRow).filter_by(dossier_id=dossier.id)}
        cadre = uow.session.get_one(Cadre, dossier.cadre_id)
        assert (cadre.full_name, cadre.birth_date, cadre.citizen_id) == ("Tô Thị Nhàn", "1971-08-05", "001171000123")
    said = {item: json.loads(row.body)["value"] for item, row in facts.items()}
    assert said == {
        "full_name": "Tô Thị Nhàn", "birth_date": "1971-08-05", "sex": "Nữ", "citizen_id": "001171000123",
        "ethnicity": "Tày", "position": "Chuyên viên", "home_place": "Phú Thọ",
    }  # fmt: skip
    assert {row.source for row in facts.values()} == {"import"}
    assert {row.source_words for row in facts.values()} == {f"Danh sách nhập {run_id[:8]}, dòng 2"}
    assert ("import:file", "done", run_id) in world.journal()


def test_a_list_is_filed_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    before = counts(world)
    bad = ["2", "N-02", "Lò Văn Sai", "31/02/1970", "Nam", "", "", "", ""]
    found = tried(world, received(world, csv_file(tmp_path, [GOOD, bad])))
    assert "3:3:error: Không có ngày này trong lịch." in texts(found)
    assert not found.may_file
    with pytest.raises(InvalidInput):
        filed(world, found.run.id)
    assert counts(world) == before
    assert settled(world, found.run.id, "skip", 3).may_file
    assert filed(world, found.run.id).run.rows == 1


WORKER = """
import pickle, sys, time
from pathlib import Path
from oms.services import import_file, record
from oms.services.house import House
settings, now, run_id, sign = pickle.loads(bytes.fromhex(sys.argv[1]))
write = record.write_new
def slowly(*given):
    write(*given)
    Path(sign).touch()
    time.sleep(60)
record.write_new = slowly
import_file.work_on(House(settings), run_id, lambda: now)
"""
"""A worker that stands still with everything written and nothing committed."""


def killed_while_filing(world: World, run_id: str, sign: Path) -> None:
    given = pickle.dumps((world.house.settings, world.clock(), run_id, str(sign))).hex()
    with subprocess.Popen([sys.executable, "-c", WORKER, given]) as worker:
        while not sign.exists():
            assert worker.poll() is None, "the worker ended by itself"
            time.sleep(0.02)
        worker.kill()


def test_a_worker_killed_while_filing_leaves_nothing_and_the_next_one_files(world: World, tmp_path: Path) -> None:
    run_id = tried(world, received(world, csv_file(tmp_path, [GOOD]))).run.id
    before, who = counts(world), world.who("officer")
    with world.work(who) as uow:
        imports.ask_filing(uow, who, run_id, world.clock())
    asked = len(world.journal())
    killed_while_filing(world, run_id, tmp_path / "sign")
    assert counts(world) == before
    assert len(world.journal()) == asked
    assert worked(world, run_id).run.state == "filing", "another worker seems to be at it still"
    assert jobs.bury(world.house.settings, world.clock()) == 1, "as workers do when they start"
    assert worked(world, run_id).run.state == "filed"
    assert sum(verb == "dossier:create" for verb, _outcome, _object in world.journal()) == 1
    with pytest.raises(OmsError):
        filed(world, run_id)
    with pytest.raises(InvalidInput) as again:
        received(world, csv_file(tmp_path, [GOOD]))
    assert "đã được ghi" in again.value.message_vi


def test_bad_cells_are_told_by_row_and_column(world: World, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["1", "", "", "05/08/2071", "Nữ", "1,2E+11", "Người Sao Hoả", "=1+1", "+84 cmd"],
        ["2", "N-02", "Lò Văn Hai", 22858, "Nam", 1171000123, "Kinh", "", "x" * 2500],
        ["3", "N-02", "Bùi Thị Ba", "1890", "Nữ", "001171000123", "", "", "a\x07b".replace("\x07", "")],
        ["4", "N-04", "Bùi Thị Ba", "1971", "Nữ", "001171000123", "", "", ""],
        ["5", "N-05", "Vũ Thị Năm", "01/01/1980", "Nam", "001199000123", "", "", ""],
    ]
    found = tried(world, received(world, book(tmp_path, rows)))
    said = texts(found)
    for wanted in (
        "2:1:error: Thiếu số hồ sơ", "2:2:error: Thiếu họ và tên", "2:3:error: Ngày sinh ở sau", "2:5:error: Số đã bị",
        "2:6:warning: Không có trong danh mục", "2:7:error: Ô chứa công thức", "2:8:warning: Ô bắt đầu bằng dấu",
        "3:3:warning: Ô ghi số ngày của Excel", "31/07/1962", "3:5:error: Số căn cước chỉ còn 10 chữ số",
        "3:8:error: Giá trị dài", "4:1:error: Số hồ sơ này đã có ở dòng 3", "4:3:error: Người này đã quá",
        "5:5:error: Số căn cước này đã có ở dòng 4", "6:5:warning: Số căn cước nói năm sinh",
        "6:5:warning: Số căn cước nói giới tính",
    ):  # fmt: skip
        assert wanted in said, f"{wanted} not in\n{said}"


def test_old_encodings_are_told_and_converted_by_one_press(world: World, tmp_path: Path) -> None:
    old = [*GOOD]
    old[2] = "TrÇn ThÞ H¹nh"
    found = tried(world, received(world, csv_file(tmp_path, [old])))
    problem = next(each for each in found.problems if each.kind == "tcvn3")
    assert (problem.row, problem.column, problem.beside) == (2, 2, "Trần Thị Hạnh")
    assert settled(world, found.run.id, "convert", 2, "tcvn3").may_file
    filed(world, found.run.id)
    with world.work() as uow:
        assert uow.session.query(Cadre).filter_by(full_name="Trần Thị Hạnh").count() == 1


def test_somebody_registered_is_told_only_if_the_importer_may_see_them(world: World, tmp_path: Path) -> None:
    world.dossier("Tô Thị Nhàn", citizen_id="001171000123", number="CU-1")
    found = tried(world, received(world, csv_file(tmp_path, [GOOD])))
    assert "đã có hồ sơ số CU-1" in texts(found)
    assert settled(world, found.run.id, "skip", 2).outcome["rows"] == 0
    with world.work() as uow:
        uow.session.query(Dossier).filter_by(number="CU-1").update({"compartment": "other"})
    assert "CU-1" not in texts(settled(world, found.run.id, "take", 2))


def test_a_namesake_is_settled_as_another_person(world: World, tmp_path: Path) -> None:
    world.dossier("Tô Thị Nhàn", birth_date="05/08/1971", citizen_id="001171000999", number="CU-1")
    found = tried(world, received(world, csv_file(tmp_path, [GOOD])))
    assert "nhưng số căn cước khác" in texts(found)
    assert settled(world, found.run.id, "other", 2).may_file


def test_units_outside_the_scope_and_unknown_ones_are_told_alike(world: World, tmp_path: Path) -> None:
    rows = [[*GOOD, "C-SNV"], ["2", "N-9", "Lò Văn Hai", "1970", "Nam", "", "", "", "", "KHONG-CO"]]
    found = tried(world, received(world, csv_file(tmp_path, rows, [*HEAD, "Mã đơn vị"])))
    said = [each.text for each in found.problems if each.column == 9]
    assert len(said) == 2 and said[0] == said[1]


def test_a_list_belongs_to_who_brought_it_and_may_be_cancelled_before_filing(world: World, tmp_path: Path) -> None:
    run_id, other = received(world, csv_file(tmp_path, [GOOD])), world.who("officer2")
    for act in (imports.view, imports.cancel, imports.ask_filing):
        with pytest.raises(Refused), world.work(other) as uow:
            act(uow, other, run_id, world.clock())
    who = world.who("officer")
    with world.work(who) as uow:
        imports.cancel(uow, who, run_id, world.clock())
        assert not json.loads(uow.session.get_one(ImportRun, run_id).header)["samples"]
    with pytest.raises(OmsError), world.work(who) as uow:
        imports.ask_filing(uow, who, run_id, world.clock())


def test_the_mapping_is_remembered_for_the_next_list_with_these_headings(world: World, tmp_path: Path) -> None:
    who, run_id = world.who("officer"), received(world, csv_file(tmp_path, [GOOD]))
    with world.work(who) as uow:
        imports.map_columns(uow, who, run_id, {1: "number", 2: "full_name", 7: "party_position"}, world.clock())
    second = received(world, csv_file(tmp_path, [["9", "N-09", *GOOD[2:]]]))
    with world.work(who) as uow:
        assert dict(imports.view(uow, who, second, world.clock()).mapping.columns)[7] == "party_position"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1258"])
def test_the_encodings_offices_use_are_read(world: World, tmp_path: Path, encoding: str) -> None:
    head = ["Số hồ sơ", "Họ và tên"] if encoding != "cp1258" else ["So ho so", "Ho va ten"]
    name = "Tô Thị Nhàn" if encoding != "cp1258" else "Đặng Văn Tâm"
    path = tmp_path / "list"
    text = "\n".join(["\t".join(head), f"N-1\t{name}"])
    path.write_bytes(text.replace("ặ", "ă\u0323").encode("cp1258") if encoding == "cp1258" else text.encode(encoding))
    new = imports.read_in(world.house.vault, path, "x.csv")
    assert new.table.rows[1][1] == ("N-1", name)


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), data)
    return out.getvalue()


HOSTILE = {
    "empty": (b"", "rỗng"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "đời cũ"),
    "encrypted": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "mật khẩu"),
    "macros": (_zip(xl__workbook_xml=b"<a/>", xl__vbaProject_bin=b"x"), "macro"),
    "entities": (_zip(xl__workbook_xml=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'), "DOCTYPE"),
    "bomb": (_zip(xl__workbook_xml=b"<a/>", xl__worksheets__sheet1_xml=b" " * (201 << 20)), "quá lớn"),
    "nested": (_zip(xl__workbook_xml=b"<a>" * 200_000), "hỏng"),
    "no_book": (_zip(readme=b"x"), "Không phải"),
    "binary": (b"GIF89a\0\0\x01\0" * 50, "Không phải"),
    "one_column": (b"abc\ndef\n", "tiêu đề"),
    "no_rows": ("Số hồ sơ;Họ và tên\n".encode(), "không có dòng nào"),
    "twice": ("Số hồ sơ;Họ và tên;Lớp;Lớp\n1;2;3;4\n".encode(), "hai cột"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_and_wrong_files_are_refused_in_words(world: World, tmp_path: Path, kind: str) -> None:
    data, words = HOSTILE[kind]
    path = tmp_path / "list"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as refused:
        received(world, path)
    assert words in refused.value.message_vi


def test_a_sheet_that_claims_a_million_rows_costs_nothing_and_merged_cells_are_named(
    world: World, tmp_path: Path
) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (HEAD, GOOD):
        sheet.append(row)
    sheet.merge_cells("B5:C6")
    sheet.cell(1_048_576, 1).number_format = "0.00"
    made.create_sheet("Ẩn").sheet_state = "hidden"
    path = tmp_path / "list"
    made.save(path)
    found = tried(world, received(world, path))
    assert found.outcome["rows"] == 1
    assert found.header["merged"] == ["B5:C6"] and not found.may_file
    assert ["Ẩn", True] in found.header["sheets"]


def test_a_list_given_up_leaves_no_bytes_behind_and_a_filed_one_stays(world: World, tmp_path: Path) -> None:
    kept = received(world, csv_file(tmp_path, [["HS-81", "Trần Văn Giữ"]], ["Số hồ sơ", "Họ và tên"]))
    gone = received(world, csv_file(tmp_path, [["HS-82", "Trần Văn Bỏ"]], ["Số hồ sơ", "Họ và tên"]))
    who = world.who("officer")
    with world.work(who) as uow:
        imports.cancel(uow, who, gone, world.clock())
        stays, goes = (uow.session.get_one(ImportRun, each).sha256 for each in (kept, gone))
    assert imports.sweep(world.house) == 1
    assert set(world.house.vault.names()) & {stays, goes} == {stays}
    assert imports.sweep(world.house) == 0
