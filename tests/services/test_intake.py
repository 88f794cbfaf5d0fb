"""Intake: bad files are told in words and kept, the same bytes are taken once, the watched folder loses nothing."""

from __future__ import annotations

import io
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from factories import World
from PIL import Image
from sqlalchemy import func, select

from oms.domain.access import Role
from oms.errors import InvalidInput, Refused
from oms.services import intake, pile, watch
from oms.services.intake import Receipt
from oms.services.jobs import ReadingQueue
from oms.settings import CHECKOUT
from oms.store.tables import Batch, Page, Scan


def pdf(pages: int, trailer: str = "") -> bytes:
    """A PDF of blank pages written by hand."""
    kids = " ".join(f"{number + 3} 0 R" for number in range(pages))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    objects += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    tail = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{tail}".encode()


def picture(kind: str = "TIFF", shade: int = 200) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (300, 420), shade).save(stream, kind)
    return stream.getvalue()


def huge_png() -> bytes:
    """A header that claims 40,000 × 40,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


LOCK = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'ab' * 32}> /U <{'cd' * 32}> >> /ID [<00> <00>]"


def batch_of(world: World, who: str = "clerk", unit: str = "D-BTC") -> str:
    person = world.who(who)
    with world.work(person) as uow:
        return intake.create_batch(uow, person, intake.NewBatch(world.units[unit], "Đợt 1"), world.clock()).id


def send(world: World, data: bytes, batch: str, who: str = "clerk", name: str = "quet.pdf") -> Receipt:
    path = world.house.settings.home / "upload"
    path.write_bytes(data)
    received, person = intake.take_in(world.house.vault, path), world.who(who)
    with world.work(person) as uow:
        return intake.receive(uow, person, batch, received, name, world.clock())


def scans(world: World) -> list[Scan]:
    with world.house.database.snapshot() as session:
        return list(session.scalars(select(Scan).order_by(Scan.received_at)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"ho so gia", "Không phải tệp PDF"),
        (b"", "rỗng"),
        (pdf(1, LOCK), "mật khẩu"),
        (picture()[:-3000], "cắt cụt"),
        (huge_png(), "Ảnh quá lớn"),
        (pdf(5000), "quá nhiều trang"),
    ],
    ids=["no pdf", "empty", "locked", "cut off", "huge", "5000 pages"],
)
def test_a_bad_file_is_told_in_words_kept_and_journalled(world: World, data: bytes, words: str) -> None:
    receipt = send(world, data, batch_of(world))
    assert (receipt.accepted, receipt.repeated) == (False, False)
    assert words in receipt.message_vi
    (scan,) = scans(world)
    assert (scan.state, scan.reason) == ("rejected", receipt.message_vi)
    assert world.house.vault.read(scan.sha256) == data
    assert world.journal()[-1] == ("scan:reject", "failed", scan.id)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\hồ sơ.pdf", "hồ sơ.pdf"),
        ("a\x00b\x1b[31m\u202egpj.pdf", "ab[31mgpj.pdf"),
        ("\udcff.pdf", ".pdf"),
        ("..", ".."),
        ("/", "không tên"),
        ("x" * 300 + ".pdf", "x" * 255),
    ],
)
def test_a_name_is_text_and_never_a_path(world: World, name: str, kept: str) -> None:
    send(world, picture(), batch_of(world), name=name)
    assert scans(world)[0].original_name == kept


def test_the_same_bytes_are_taken_once_and_told(world: World) -> None:
    batch = batch_of(world)
    first, again = send(world, picture(), batch), send(world, picture(), batch, "clerk2", "khac.tif")
    assert first.accepted
    assert (again.accepted, again.repeated, again.scan_id) == (False, True, first.scan_id)
    assert "Đợt 1" in again.message_vi
    assert len(scans(world)) == 1
    assert world.journal()[-1] == ("scan:repeat", "done", first.scan_id)


def test_the_same_bytes_in_another_block_are_not_hinted_at(world: World) -> None:
    send(world, picture(), batch_of(world))
    other = send(world, picture(), batch_of(world, "clerk.gov", "C-SNV"), "clerk.gov")
    control = send(world, picture(shade=99), batch_of(world, "clerk.gov", "C-SNV"), "clerk.gov")
    assert other.accepted
    assert other.message_vi == control.message_vi
    assert len(set(world.house.vault.names())) == 2


def test_a_closed_batch_takes_nothing_and_another_units_batch_does_not_exist(world: World) -> None:
    batch, clerk, stranger = batch_of(world), world.who("clerk"), world.who("clerk.gov")
    for act in (pile.close, pile.look):
        with pytest.raises(Refused), world.work(stranger) as uow:
            act(uow, stranger, batch, *([False] if act is pile.close else []), world.clock())
        assert world.journal()[-1][1:] == ("refused", batch)
    with world.work(clerk) as uow:
        assert pile.close(uow, clerk, batch, False, world.clock()) == []
    with pytest.raises(InvalidInput):
        send(world, picture(), batch)
    assert scans(world) == []


def test_a_batch_with_unread_pages_stays_open(world: World) -> None:
    batch, clerk = batch_of(world), world.who("clerk")
    send(world, picture(), batch)
    with world.work(clerk) as uow:
        assert "chưa đọc xong" in pile.close(uow, clerk, batch, False, world.clock())[0]


def test_no_batch_spans_the_blocks(world: World) -> None:
    wide = world.account("wide", Role.RECORDS_OFFICER, "P", "P")
    with pytest.raises(InvalidInput), world.work(wide) as uow:
        intake.create_batch(uow, wide, intake.NewBatch(world.units["P"], "Liên khối"), world.clock())
    with world.work(wide) as uow:
        assert world.units["P"] not in {unit.id for unit in intake.units_in_scope(uow, wide)}


def keeper_of(world: World) -> watch.Housekeeper:
    return watch.Housekeeper(world.house, ReadingQueue(world.house.settings, world.clock), world.clock)


def drop(world: World, place: str, data: bytes) -> Path:
    path = world.house.settings.intake / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def settle(world: World, keeper: watch.Housekeeper) -> int:
    keeper.round()
    world.clock.forward(seconds=5)
    return keeper.round()


def test_a_growing_file_waits_and_a_settled_one_is_taken_once(world: World) -> None:
    keeper, data = keeper_of(world), picture()
    path = drop(world, "D-BTC/lô 1/a.tif", data[:1000])
    keeper.round()
    for cut in (2000, 3000, len(data)):
        world.clock.forward(seconds=5)
        path.write_bytes(data[:cut])
        assert keeper.round() == 0
    world.clock.forward(seconds=5)
    assert keeper.round() == 1
    assert not path.exists()
    assert settle(world, keeper) == 0
    (scan,) = scans(world)
    assert (scan.state, scan.original_name, scan.page_count) == ("waiting", "a.tif", 1)
    assert world.house.vault.read(scan.sha256) == data


def test_files_of_one_folder_come_into_one_batch(world: World) -> None:
    for number in range(3):
        drop(world, f"D-BTC/lô   {'dài ' * 40}/{number}.tif", picture(shade=number))
    assert settle(world, keeper_of(world)) == 3
    with world.work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Batch)) == 1


@pytest.mark.parametrize("place", ["KHONG-CO/a.tif", "a.tif", "P/a.tif"])
def test_a_file_of_no_unit_is_set_aside_with_its_reason_and_its_bytes(world: World, place: str) -> None:
    drop(world, place, picture())
    assert settle(world, keeper_of(world)) == 0
    ((_place, name, reason),) = watch.quarantined(world.house)
    assert name == "a.tif"
    assert "mã đơn vị" in reason or "mã của đơn vị" in reason
    (kept,) = (world.house.settings.intake / watch.QUARANTINE).glob("*/a.tif")
    assert kept.read_bytes() == picture()


def test_a_file_named_like_the_reason_loses_no_byte(world: World) -> None:
    drop(world, f"KHONG-CO/{watch.REASON}", b"quan trong")
    settle(world, keeper_of(world))
    (kept,) = (world.house.settings.intake / watch.QUARANTINE).glob("*/tep-*")
    assert kept.read_bytes() == b"quan trong"


def test_a_bad_file_in_the_folder_is_set_aside_and_the_next_has_its_turn(world: World) -> None:
    drop(world, "D-BTC/a.pdf", b"khong phai pdf")
    drop(world, "D-BTC/b.tif", picture())
    assert settle(world, keeper_of(world)) == 1
    assert [name for _place, name, _reason in watch.quarantined(world.house)] == ["a.pdf"]
    assert {scan.state for scan in scans(world)} == {"rejected", "waiting"}


def test_names_that_are_no_text_stop_nothing(world: World) -> None:
    root = os.fsencode(world.house.settings.intake)
    for folder in (b"D-BTC\xff", b"D-BTC/lo\xff", b"D-BTC/ "):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
        Path(os.fsdecode(os.path.join(root, folder, b"x\xfe.tif"))).write_bytes(picture(shade=len(folder)))
    assert settle(world, keeper_of(world)) == 3
    assert {scan.original_name for scan in scans(world)} == {"x.tif"}


def test_a_secret_batch_takes_nothing_from_the_open_folder(world: World) -> None:
    officer = world.who("officer")
    with world.work(officer) as uow:
        intake.create_batch(uow, officer, intake.NewBatch(world.units["D-BTC"], "lô mật", secrecy=2), world.clock())
    drop(world, "D-BTC/lô mật/a.tif", picture())
    drop(world, "D-BTC/lô mở/b.tif", picture(shade=7))
    assert settle(world, keeper_of(world)) == 1
    assert [name for _place, name, _reason in watch.quarantined(world.house)] == ["a.tif"]


def test_links_are_not_followed_out_of_the_folder(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret.tif"
    secret.write_bytes(picture())
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "s.tif").write_bytes(picture())
    intake_root = world.house.settings.intake
    (intake_root / "D-BTC").mkdir()
    (intake_root / "D-BTC" / "a.tif").symlink_to(secret)
    (intake_root / "D-BTC" / "dir").symlink_to(tmp_path / "more")
    planted = intake_root / watch.CLAIMED / "D-BTC" / "-" / "x"
    planted.mkdir(parents=True)
    (planted / "b.tif").symlink_to(secret)
    settle(world, keeper_of(world))
    assert scans(world) == []
    assert secret.exists()


def test_a_file_claimed_before_a_crash_is_taken_after_it(world: World) -> None:
    drop(world, f"{watch.CLAIMED}/D-BTC/-/0123/a.tif", picture())
    assert keeper_of(world).round() == 1
    assert [scan.state for scan in scans(world)] == ["waiting"]


def test_a_file_entered_before_a_crash_is_not_entered_twice(world: World) -> None:
    """Killed after the commit, before the claimed file was removed."""
    drop(world, "D-BTC/a.tif", picture())
    settle(world, keeper_of(world))
    drop(world, f"{watch.CLAIMED}/D-BTC/-/0123/a.tif", picture())
    keeper_of(world).round()
    assert len(scans(world)) == 1
    assert not list((world.house.settings.intake / watch.CLAIMED).glob("*/*/*/*"))


def test_a_damaged_index_stops_no_other_chore_of_the_round(world: World) -> None:
    (world.house.settings.index / "junk").write_text("x")
    world.filed(world.dossier())
    keeper = keeper_of(world)
    drop(world, "D-BTC/a.tif", picture())
    settle(world, keeper)
    assert [scan.original_name for scan in scans(world)].count("a.tif") == 1


def test_two_housekeepers_are_one_too_many(world: World) -> None:
    with watch.only_one(world.house) as first, watch.only_one(world.house) as second:
        assert (bool(first), bool(second)) == (True, False)
    with watch.only_one(world.house) as again:
        assert again


def test_kill_9_in_the_middle_of_a_pile_loses_nothing_and_doubles_nothing(world: World) -> None:
    """The real housekeeper as a process of its own, killed again and again while it takes nine files in."""
    for number in range(9):
        drop(world, f"D-BTC/lô/{number:02}.tif", picture(shade=number))
    settings = world.house.settings
    env = os.environ | {"OMS_HOME": str(settings.home), "OMS_SETTLE_SECONDS": "0"}
    command = [sys.executable, "-m", "oms.cli", "watch", "--every", "0.02"]
    deadline = time.monotonic() + 60
    killed_at = set()
    while len(scans(world)) < 9 and time.monotonic() < deadline:
        seen = len(scans(world))
        child = subprocess.Popen(command, env=env, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(scans(world)) < min(seen + 3, 9) and time.monotonic() < deadline and child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.02)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        killed_at.add(len(scans(world)))
    assert len(killed_at) >= 3
    world.clock.forward(minutes=1)
    settle(world, keeper_of(world))
    found = scans(world)
    assert sorted(scan.original_name for scan in found) == [f"{number:02}.tif" for number in range(9)]
    assert all(world.house.vault.read(scan.sha256) for scan in found)
    with world.work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Page)) == 9
    assert sum(verb == "scan:receive" for verb, _outcome, _id in world.journal()) == 9
