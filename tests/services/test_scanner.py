"""Scanning straight from a scanner, against SANE's own test device: real scanimage, real intake."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import World

from oms.domain.access import Principal
from oms.errors import InvalidInput, Refused
from oms.services import intake, pile, scanner, scanner_run
from oms.services.scanner import Asked
from oms.store import papers
from oms.store.tables import Page, Scan

FEEDER, GLASS = "Automatic Document Feeder", "Flatbed"
CONFIG = """number_of_devices 1
mode Color
depth 8
resolution_min 1.0
resolution_max 1200.0
resolution_quant 1.0
resolution 200.0
test-picture "Grid"
read-delay {delay}
read-delay-duration 200000
read-status-code "{status}"
geometry_min 0.0
geometry_max 60.0
geometry_quant 1.0
tl_x 0.0
tl_y 0.0
br_x 60.0
br_y 60.0
"""

Configure = Callable[..., None]


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """A SANE of one's own that knows nothing but its test device; called again, the device behaves otherwise."""
    folder = tmp_path / "sane"
    folder.mkdir()
    (folder / "dll.conf").write_text("test\n")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(folder))

    def configure(status: str = "Default", slow: bool = False) -> None:
        text = CONFIG.format(delay="true" if slow else "false", status=status)
        (folder / "test.conf").write_text(text)

    configure()
    return configure


@pytest.fixture
def batch(world: World) -> str:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        return intake.create_batch(uow, clerk, intake.NewBatch(world.units["D-BTC"], "Đợt quét"), world.clock()).id


def started(world: World, batch: str, who: str = "clerk", **more: object) -> str:
    scanner.find(world.house.settings)
    asked = Asked(
        **({"batch_id": batch, "device": "test:0", "source": FEEDER, "mode": "Color", "resolution": 200} | more)
    )  # type: ignore[arg-type]
    person = world.who(who)
    with world.work(person) as uow:
        run_id = scanner.start(uow, person, world.house.settings, asked, world.clock())
    scanner.release(world.house.settings, run_id)
    return run_id


def ended(world: World, run_id: str) -> scanner.State:
    state = scanner.state_of(world.house.settings, run_id)
    assert state is not None
    return state


def taken(world: World, batch: str) -> list[tuple[Scan, list[Page]]]:
    with world.work() as uow:
        return [(scan, papers.pages_of_scan(uow.session, scan.id)) for scan in papers.scans_of(uow.session, [batch])]


def meanwhile(run: Callable[[], object], watched: Callable[[], bool], act: Callable[[], None]) -> None:
    """Acts as soon as something is seen, while a run goes on."""
    pause = threading.Event()
    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(600):
        if watched() or not thread.is_alive():
            break
        pause.wait(0.05)
    act()
    thread.join()


@pytest.mark.usefixtures("device")
def test_the_scanners_and_what_they_offer_are_found(world: World) -> None:
    assert scanner.remembered(world.house.settings) is None
    (found,) = scanner.find(world.house.settings)
    assert (found.name, found.sources) == ("test:0", (GLASS, FEEDER))
    assert "Color" in found.modes
    assert 300 in found.resolutions
    assert scanner.remembered(world.house.settings) == [found]


@pytest.mark.usefixtures("device")
def test_only_scanners_that_the_installation_allows_are_offered(world: World) -> None:
    object.__setattr__(world.house.settings, "scanners", ("khac:1",))
    assert [each.name for each in scanner.find(world.house.settings)] == ["khac:1"]
    object.__setattr__(world.house.settings, "scanners", ("--help", "a\nb"))
    assert scanner.find(world.house.settings) == []


def test_without_a_scanner_or_without_scanimage_there_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "dll.conf").write_text("")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path))
    assert scanner.find(world.house.settings) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert scanner.program() is None
    assert scanner.find(world.house.settings) == []


@pytest.mark.usefixtures("device")
def test_a_feeder_is_emptied_into_one_file_of_the_batch(world: World, batch: str) -> None:
    run_id = started(world, batch)
    assert scanner.scanning(world.house.settings, batch)
    assert scanner_run.run(world.house, run_id, world.clock)
    state = ended(world, run_id)
    assert (state.state, state.pages, state.message) == ("done", 10, "")
    ((scan, pages),) = taken(world, batch)
    assert (scan.source, scan.kind, len(pages)) == ("scanner", "pdf", 10)
    assert scan.received_by == world.who("clerk").account_id
    assert [entry[:2] for entry in world.journal()[-2:]] == [("scan:receive", "done"), ("scanner:run", "done")]
    assert not scanner_run.run(world.house, run_id, world.clock)  # ended is ended
    assert len(taken(world, batch)) == 1


@pytest.mark.usefixtures("device")
def test_the_size_on_paper_is_kept(world: World, batch: str) -> None:
    run_id = started(world, batch, source=GLASS)
    scanner_run.run(world.house, run_id, world.clock)
    ((scan, _pages),) = taken(world, batch)
    import pikepdf

    with world.house.vault.opened(scan.sha256) as path, pikepdf.open(path) as pdf:
        box = [float(each) for each in pdf.pages[0].mediabox]
    assert box[2] == pytest.approx(60 / 25.4 * 72, abs=1)


@pytest.mark.usefixtures("device")
def test_a_glass_gives_one_page(world: World, batch: str) -> None:
    run_id = started(world, batch, source=GLASS)
    scanner_run.run(world.house, run_id, world.clock)
    assert [len(pages) for _scan, pages in taken(world, batch)] == [1]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("SANE_STATUS_JAMMED", "kẹt giấy"),
        ("SANE_STATUS_COVER_OPEN", "Nắp máy quét"),
        ("SANE_STATUS_IO_ERROR", "Mất liên lạc"),
        ("SANE_STATUS_ACCESS_DENIED", "không được phép"),
        ("SANE_STATUS_DEVICE_BUSY", "đang bận"),
        ("SANE_STATUS_NO_MEM", "hết bộ nhớ"),
        ("SANE_STATUS_UNSUPPORTED", "dừng bất thường"),
    ],
)
def test_what_the_device_complains_of_is_told_in_words(
    world: World, batch: str, device: Configure, status: str, words: str
) -> None:
    device(status)
    run_id = started(world, batch)
    scanner_run.run(world.house, run_id, world.clock)
    state = ended(world, run_id)
    assert (state.state, state.pages) == ("failed", 0)
    assert words in state.message
    assert taken(world, batch) == []
    assert world.journal()[-1][:2] == ("scanner:run", "failed")


def test_a_stopped_run_keeps_the_pages_it_had(world: World, batch: str, device: Configure) -> None:
    device(slow=True)
    run_id, clerk = started(world, batch), world.who("clerk")

    def stop() -> None:
        with world.work(clerk) as uow:
            assert scanner.cancel(uow, clerk, world.house.settings, run_id, world.clock()) == batch

    meanwhile(lambda: scanner_run.run(world.house, run_id, world.clock), lambda: ended(world, run_id).pages >= 1, stop)
    state = ended(world, run_id)
    assert state.state == "cancelled"
    ((_scan, pages),) = taken(world, batch)
    assert 1 <= len(pages) == state.pages < 10


def test_a_scanner_that_goes_away_loses_no_page(world: World, batch: str, device: Configure) -> None:
    device(slow=True)
    run_id = started(world, batch)

    def unplug() -> None:
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and run_id.encode() in _command(folder) and b"scanimage" in _command(folder):
                os.kill(int(folder.name), signal.SIGKILL)

    meanwhile(
        lambda: scanner_run.run(world.house, run_id, world.clock), lambda: ended(world, run_id).pages >= 1, unplug
    )
    state = ended(world, run_id)
    assert state.state == "failed"
    assert "dừng bất thường" in state.message
    assert [len(pages) for _scan, pages in taken(world, batch)] == [state.pages]


def _command(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.usefixtures("device")
def test_a_run_whose_process_was_killed_is_taken_up_and_nothing_comes_twice(world: World, batch: str) -> None:
    settings, run_id = world.house.settings, started(world, batch)
    folder = scanner.folder_of(settings) / run_id
    scanner_run._scan(settings, run_id, folder)
    assert scanner.waiting(settings) == [run_id]
    kept = {path.name: path.read_bytes() for path in folder.glob("p*.png")}
    assert len(kept) == 10
    assert scanner_run.run(world.house, run_id, world.clock)
    assert "ngắt giữa chừng" in ended(world, run_id).message
    for name, body in kept.items():  # as if it had been killed again, after the file was taken and before it said so
        (folder / name).write_bytes(body)
    scanner.keep_state(settings, run_id, scanner.STORING, 10)
    assert scanner_run.run(world.house, run_id, world.clock)
    assert [len(pages) for _scan, pages in taken(world, batch)] == [10]
    assert "không nhận lần hai" in ended(world, run_id).message


@pytest.mark.usefixtures("device")
def test_pages_that_a_closed_batch_cannot_take_stay_and_are_told(world: World, batch: str) -> None:
    run_id, clerk = started(world, batch), world.who("clerk")
    with world.work(clerk) as uow:
        assert pile.close(uow, clerk, batch, True, world.clock()) == ["Máy quét đang quét vào đợt này."]
        assert pile.close(uow, clerk, batch, False, world.clock()) == []
    scanner_run.run(world.house, run_id, world.clock)
    state = ended(world, run_id)
    assert state.state == "failed"
    assert "đã đóng" in state.message and run_id in state.message
    assert len(list((scanner.folder_of(world.house.settings) / run_id).glob("p*.png"))) == 10


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    "wrong",
    [
        {"device": "test:9"},
        {"device": "--help"},
        {"source": "Automatic Document Feeder --help"},
        {"mode": "Lineart; rm -rf /"},
        {"resolution": 123},
        {"collation": "upside down"},
        {"paper_file_id": "f" * 32},
    ],
)
def test_what_no_device_offers_is_not_run(world: World, batch: str, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        started(world, batch, **wrong)
    assert scanner.runs(world.house.settings) == []


@pytest.mark.usefixtures("device")
def test_one_stack_at_a_time_on_a_device(world: World, batch: str) -> None:
    started(world, batch)
    with pytest.raises(InvalidInput, match="device"):
        started(world, batch)


@pytest.mark.usefixtures("device")
def test_who_may_not_see_the_batch_scans_nothing_and_stops_nothing(world: World, batch: str) -> None:
    run_id = started(world, batch)
    for act in (_start, _cancel):
        for who in (world.who("clerk.gov"), world.who("leader")):
            with pytest.raises(Refused):
                act(world, who, batch, run_id)
            assert world.journal()[-1][:2] == ("scanner:run", "refused")
    assert not (scanner.folder_of(world.house.settings) / run_id / "cancel").exists()


def _start(world: World, who: Principal, batch: str, _run_id: str) -> None:
    with world.work(who) as uow:
        scanner.start(uow, who, world.house.settings, Asked(batch, "test:0", FEEDER, "Color", 200), world.clock())


def _cancel(world: World, who: Principal, _batch: str, run_id: str) -> None:
    with world.work(who) as uow:
        scanner.cancel(uow, who, world.house.settings, run_id, world.clock())


@pytest.mark.usefixtures("device")
def test_ended_runs_are_forgotten_after_a_week(world: World, batch: str) -> None:
    run_id = started(world, batch, source=GLASS)
    scanner_run.run(world.house, run_id, world.clock)
    assert scanner.sweep(world.house.settings, world.clock()) == 0
    world.clock.forward(days=8)
    assert scanner.sweep(world.house.settings, world.clock()) == 1
    assert scanner.newest_of_batch(world.house.settings, batch) is None
