"""What a hostile colleague, a hostile file or a full disk tried, and what must hold."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import databases
import pytest
from factories import World
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from oms import supervisor
from oms.domain.access import Role
from oms.domain.journal import Verb
from oms.errors import InvalidInput, JournalUnavailable, Refused
from oms.services import desk, health, intake, jobs, review, sealing, watch
from oms.services.house import What, note
from oms.settings import Settings
from oms.store import journal_seal, papers
from oms.store.tables import Document
from scanning import Rejected, sandbox

EDIT = desk.Edit("quyet_dinh", "Quyết định bổ nhiệm", "12/QĐ", "05/8/2011")


def stored(world: World, document_id: str) -> Document:
    with world.work() as uow:
        return uow.session.get_one(Document, document_id)


def keeper(world: World) -> watch.Housekeeper:
    return watch.Housekeeper(world.house, jobs.ReadingQueue(world.house.settings, world.clock), world.clock)


def two_rounds(world: World) -> watch.Housekeeper:
    found = keeper(world)
    found.round()
    world.clock.forward(seconds=10)
    found.round()
    return found


def test_undo_does_not_lower_a_paper_that_secret_pages_were_joined_to(world: World) -> None:
    paper, clerk, other = world.paper(pages=2), world.who("clerk"), world.who("clerk2")
    with world.work(clerk) as uow:
        rest = desk.split(uow, clerk, paper, 1, 2, world.clock()).id
    with world.work(clerk) as uow:
        desk.save(uow, clerk, paper, 2, EDIT, world.clock())
    with world.work(other) as uow:
        desk.save(uow, other, rest, 1, replace(EDIT, secrecy=1), world.clock())
    with world.work(other) as uow:
        desk.join_previous(uow, other, rest, 2, world.clock())
    with pytest.raises(Refused), world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    with world.work(clerk) as uow:
        view = desk.open_document(uow, clerk, paper, world.clock())
    assert (len(view.pages), view.can_undo, view.document.secrecy) == (2, False, 1)
    with world.work(other) as uow:
        desk.undo(uow, other, paper, world.clock())
    assert (stored(world, paper).secrecy, stored(world, rest).secrecy) == (1, 1)
    assert (stored(world, paper).page_count, stored(world, rest).page_count) == (1, 1)


def test_a_paper_of_one_block_is_not_filed_in_another(world: World) -> None:
    who = world.account("wide", Role.RECORDS_OFFICER, "P", "P", clearance=3)
    row, paper = world.dossier(unit="C-SNV", by="wide"), world.paper()
    with pytest.raises(InvalidInput) as caught, world.work(who) as uow:
        desk.file(uow, who, paper, 1, row.dossier.id, EDIT, world.clock())
    assert caught.value.field == "dossier_id"
    assert stored(world, paper).state == "proposed"


def test_of_batches_with_one_title_the_folder_fills_the_most_restricted(world: World) -> None:
    officer, unit = world.who("officer"), world.units["D-BTC"]
    made = []
    for level in (0, 2, 0):
        with world.work(officer) as uow:
            new = intake.NewBatch(unit, "Đợt đảng viên", None, level)
            made.append(intake.create_batch(uow, officer, new, world.clock()).id)
    with world.work() as uow:
        found = papers.open_batch_of_day(uow.session, unit, "Đợt đảng viên")
    assert found is not None
    assert found.id == made[1]


def test_a_file_name_that_is_no_text_does_not_break_the_list_of_files_set_aside(world: World) -> None:
    folder = world.house.settings.intake / "D-BTC"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/h\xff\xfe so.pdf")).write_bytes(b"not a document")
    two_rounds(world)
    ((_place, name, reason),) = watch.quarantined(world.house)
    assert (name.encode(), bool(reason)) == (b"h so.pdf", True)


def test_a_pile_in_the_folder_does_not_hold_up_the_sealing(world: World) -> None:
    folder = world.house.settings.intake / "D-BTC"
    folder.mkdir()
    for number in range(watch.AT_ONCE + 5):
        (folder / f"{number:03}.pdf").write_bytes(b"not a document %d" % number)
    found = two_rounds(world)
    assert len(list(folder.iterdir())) == 5
    assert len(watch.quarantined(world.house)) == watch.AT_ONCE
    found.round()
    assert not list(folder.iterdir())


def test_the_log_holds_no_words_of_a_failed_statement(world: World, caplog: pytest.LogCaptureFixture) -> None:
    name = "".join(("Lò Thị ", "Kín"))
    told = ProgrammingError if databases.ON_SERVER else JournalUnavailable  # SQLite's driver tells no kinds apart
    with pytest.raises(told) as raised, world.house.database.transaction() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": name})
    logged = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert databases.ON_SERVER or "transaction failed" in logged
    assert name not in logged and name not in str(raised.value)
    with pytest.raises(Exception, match="nowhere") as caught, world.house.database.snapshot() as session:
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": name})
    assert name not in str(caught.value)


def test_a_verification_makes_nobody_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads must write a row: the whole tree is computed on a snapshot, beside the writers."""
    written = threading.Event()

    def write() -> None:
        with world.house.work(None, world.clock()) as uow:
            note(uow, None, Verb.JOURNAL_EXPORT, world.clock(), what=What("journal"))
        written.set()

    real = journal_seal.portions

    def while_reading(*args: object) -> Iterator[object]:
        for portion in real(*args):  # type: ignore[arg-type]
            if not written.is_set():
                threading.Thread(target=write, daemon=True).start()
                assert written.wait(5)
            yield portion

    monkeypatch.setattr(journal_seal, "portions", while_reading)
    assert review.verify_now(world.house, world.who("reviewer"), world.clock()).whole
    assert written.is_set()


def test_a_witness_file_taken_away_is_told(world: World) -> None:
    world.dossier()
    review.seal(world.house, world.clock())
    assert not [line for line in health.check(world.house) if line.startswith("journal")]
    (world.house.settings.witness / "checkpoints.txt").unlink()
    assert [line for line in health.check(world.house) if "witness" in line]


def test_a_disk_full_in_the_middle_leaves_no_torn_checkpoint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.dossier()
    review.seal(world.house, world.clock())
    world.dossier()

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            review.seal(world.house, world.clock())
    assert len(sealing.witnessed_notes(world.house.settings.witness)) == 1
    world.dossier()
    assert review.seal(world.house, world.clock())
    assert review.verify(world.house, None).whole


def test_nothing_under_the_home_is_for_other_users(tmp_path: Path) -> None:
    from oms.services import setup

    home, mask = tmp_path / "new" / "home", os.umask(0o022)
    try:
        setup.make_secrets(home / "keys")
        house = setup.prepare(Settings.from_env({"OMS_HOME": str(home)}))
        review.seal(house, World(house).clock())
        house.vault.put_bytes(b"bytes")
        house.database.close()
    finally:
        os.umask(mask)
    closed = [home, *home.iterdir()]  # whatever lies deeper lies in a folder that is closed
    assert len(closed) >= 8
    assert {path.name for path in closed if stat.S_IMODE(path.stat().st_mode) & 0o077} == set()


def test_what_a_captured_child_leaves_is_not_followed(tmp_path: Path) -> None:
    secret, output = tmp_path / "secret", tmp_path / "out"
    secret.write_text('{"kind": "pdf", "page_count": 1}')
    output.mkdir()
    (output / sandbox.RESULT).symlink_to(secret)
    with pytest.raises(Rejected):
        sandbox.result_of(output)
    (output / sandbox.RESULT).unlink()
    os.mkfifo(output / sandbox.RESULT)
    with pytest.raises(Rejected):
        sandbox.result_of(output)


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.1)
    return condition()


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_readers_end_with_the_process_that_started_them(world: World) -> None:
    """Else each kill leaves a set of readers behind, beside those that take their place."""
    environment = os.environ | {"OMS_HOME": str(world.house.settings.home)}
    command = [sys.executable, "-m", "oms.cli", "work", "--workers", "2"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as consumer:
        try:
            assert _until(lambda: len(_children(consumer.pid)) >= 2)
            readers = _children(consumer.pid)
        finally:
            consumer.kill()
    assert _until(lambda: not any(_alive(reader) for reader in readers))


def test_what_a_killed_process_left_is_gone_when_it_starts_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.house.settings
    left = settings.home / "tmp" / "work" / "oms-scan-1"
    left.mkdir(parents=True)
    (left / "page.ppm").write_bytes(b"a page")
    told = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    monkeypatch.setattr(supervisor, "_commands", lambda _settings: {"work": told})
    runner = supervisor.Supervisor(settings)
    runner.start("work")
    runner._running["work"].wait(30)
    assert not left.exists()
    assert (settings.log / "work.log").read_text().strip() == str(left.parent)
