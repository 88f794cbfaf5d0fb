"""Export of a dossier: what is in the ZIP, under which names, for whom, and what the journal knows before it leaves."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace

import pytest
from archival_papers import copy_of, filed_scan, make_all
from factories import World

from oms.domain.access import Role
from oms.errors import FileDamaged, InvalidInput, Refused
from oms.services import exporting
from oms.services.exporting import Export
from oms.services.secret_copies import Leaving
from oms.store import journal
from oms.store.dossiers import DossierRow
from oms.store.tables import Document


def unpacked(world: World, wanted: Export) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(exporting.stream(world.house, wanted))))
    assert archive.testzip() is None
    return archive


def run(world: World, row: DossierRow, who: str = "officer", **more: object) -> Export:
    person = world.who(who)
    with world.work(person) as uow:
        return exporting.export(
            uow,
            person,
            row.dossier.id,
            more.pop("chosen", {}),
            world.clock(),
            world.house.settings,
            **more,  # type: ignore[arg-type]
        )


@pytest.fixture
def filled(world: World) -> tuple[World, DossierRow, list[str]]:
    """A dossier of three papers with their copies, opened by the officer."""
    row = world.dossier(citizen_id="001161004455", birth_date="1961")
    texts = ("Quyết định kết nạp đảng viên", "Về việc bổ nhiệm cán bộ", "Về việc điều động cán bộ")
    found = [filed_scan(world, row, f"QUYẾT ĐỊNH\n{text}") for text in texts]
    make_all(world)
    world.open(world.who("officer"), row.dossier.id)
    return world, row, found


def test_files_bear_the_official_names_and_the_row_knows_each(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, found = filled
    wanted = run(world, row)
    with world.work() as uow:
        entry = list(journal.rows(uow.session))[-1][0]
    assert (entry.verb, entry.outcome, entry.purpose) == ("dossier:export", "done", "quy_hoach")
    detail = json.loads(entry.detail)
    assert [listed[0] for listed in detail["documents"]] == found
    archive = unpacked(world, wanted)
    folder = "D-BTC/001161004455_ToThiHieu"
    assert archive.namelist() == [
        f"{folder}/05.Quyet dinh ket nap dang vien.pdf",
        f"{folder}/87.Cac quyet dinh dieu dong, bo nhiem.1.pdf",
        f"{folder}/87.Cac quyet dinh dieu dong, bo nhiem.2.pdf",
        f"{folder}/muc-luc.csv",
    ]
    for name, paper in zip(archive.namelist(), found, strict=False):
        assert archive.read(name) == world.house.vault.read(copy_of(world, paper).sha256)
    rows = list(csv.reader(io.StringIO(archive.read(archive.namelist()[-1]).decode("utf-8-sig"))))
    assert len(rows) == 4 and rows[1][1:4] == ["5", "1", "Quyết định kết nạp đảng viên"]


def test_a_person_may_choose_other_numbers_and_see_the_names_before(
    filled: tuple[World, DossierRow, list[str]],
) -> None:
    world, row, found = filled
    officer = world.who("officer")
    chosen = {found[0]: 23, found[1]: None}
    with world.work(officer) as uow:
        plan = exporting.preview(uow, officer, row.dossier.id, chosen, world.clock(), world.house.settings)
    assert [line.name for line in plan.lines][:2] == ["23.Quyet dinh khen thuong", "00.Quyet dinh"]
    assert world.journal()[-1][0] == "cadre:open", "looking at the names is a row too"
    assert unpacked(world, run(world, row, chosen=chosen)).namelist()[0].endswith("/23.Quyet dinh khen thuong.pdf")


def test_the_pattern_is_the_offices(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, _ = filled
    world.house.settings = replace(world.house.settings, export_folder="{ho_so}", export_file="{ho_so}.{to}")
    number = row.dossier.number
    assert unpacked(world, run(world, row)).namelist()[:2] == [f"{number}/{number}.1.pdf", f"{number}/{number}.2.pdf"]


def test_papers_the_person_may_not_see_are_not_in_it(world: World) -> None:
    row = world.dossier()
    seen = filed_scan(world, row)
    hidden = filed_scan(world, row, compartment="bvctnb")
    secret = filed_scan(world, row, secrecy=2)
    make_all(world)
    world.account("officer.low", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=1)
    for name in ("officer", "officer.low"):
        world.open(world.who(name), row.dossier.id)
    low = unpacked(world, run(world, row, "officer.low"))
    assert len(low.namelist()) == 2
    with pytest.raises(InvalidInput):  # a secret leaves through the register of copies alone
        run(world, row)
    said = Leaving("1", "Trưởng ban Tổ chức", "02/11/2026", "Văn thư")
    whole = run(world, row, leaving=said)
    assert [file.mark for file in whole.files if file.mark] == ["TỐI MẬT · BẢN SAO SỐ 1/1"] and len(whole.files) == 3
    with world.work() as uow:
        entries = [entry for entry, _ in journal.rows(uow.session) if entry.verb == "dossier:export"]
    assert [(entry.secrecy, entry.compartment) for entry in entries] == [(0, ""), (2, "bvctnb")], (
        "the highest of its parts"
    )
    assert hidden not in entries[0].detail and secret not in entries[0].detail and seen in entries[0].detail


@pytest.mark.parametrize("who", ["leader", "clerk", "officer.gov"])
def test_who_may_not_export_is_refused_with_a_row(filled: tuple[World, DossierRow, list[str]], who: str) -> None:
    world, row, _ = filled
    if who == "leader":
        world.open(world.who(who), row.dossier.id)
    with pytest.raises(Refused):
        run(world, row, who)
    assert world.journal()[-1][:2] == ("dossier:export", "refused")


def test_without_a_running_opening_nothing_leaves(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, _ = filled
    world.clock.forward(minutes=61)
    with pytest.raises(Refused):
        run(world, row)


def test_copies_still_in_the_making_are_told(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, _ = filled
    filed_scan(world, row)
    with pytest.raises(InvalidInput) as told:
        run(world, row)
    assert "Còn 1 tài liệu" in told.value.message_vi
    archive = unpacked(world, run(world, row, partial=True))
    assert len(archive.namelist()) == 4
    assert "chưa có bản lưu trữ" in archive.read(archive.namelist()[-1]).decode()


def test_nothing_made_nothing_to_export(world: World) -> None:
    row = world.dossier()
    filed_scan(world, row)
    world.open(world.who("officer"), row.dossier.id)
    with pytest.raises(InvalidInput):
        run(world, row, partial=True)


def test_no_cell_of_the_index_is_a_formula(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, found = filled
    with world.work() as uow:
        paper = uow.session.get_one(Document, found[0])
        paper.title, paper.number = '=HYPERLINK("http://192.0.2.1")', "@SUM(A1)"
    archive = unpacked(world, run(world, row))
    rows = list(csv.reader(io.StringIO(archive.read(archive.namelist()[-1]).decode("utf-8-sig"))))
    assert rows[1][4].startswith("'=") and rows[1][5].startswith("'@")
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in rows for cell in line)


def test_a_damaged_copy_stops_the_export_before_the_first_byte(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, found = filled
    wanted = run(world, row)
    path = world.house.vault.path_of(copy_of(world, found[1]).sha256)
    path.chmod(0o600)
    path.write_bytes(b"hong")
    with pytest.raises(FileDamaged):
        exporting.verify(world.house, wanted)


def test_a_big_dossier_leaves_piece_by_piece(filled: tuple[World, DossierRow, list[str]]) -> None:
    world, row, _ = filled
    sha = world.house.vault.put_bytes(bytes(5 * 1024 * 1024))
    wanted = run(world, row)
    many = replace(wanted, files=tuple(exporting.ExportFile(f"a/{n}.pdf", sha) for n in range(20)))
    sizes = [len(piece) for piece in exporting.stream(world.house, many)]
    assert sum(sizes) > 100 * 1024 * 1024 and max(sizes) < 2 * exporting.PIECE
