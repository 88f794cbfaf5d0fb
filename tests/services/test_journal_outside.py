"""The sealer, the inbox beside long writers, anchors outside, pruning under two persons."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import databases
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factories import World
from sqlalchemy import text

from oms.domain.anchoring import AnchorLevel
from oms.domain.checkpoints import COSIGNATURE, cosigned_message, key_id, note_body, parse_note, signature_line
from oms.domain.journal import PRUNED, Verb
from oms.errors import InvalidInput, JournalUnavailable, Refused, Unanchored
from oms.services import anchors, custody, integrity, pruning, sealer, sealing
from oms.services.house import House, note
from oms.services.sealer import Sealer
from oms.store import inbox, journal


def write(world: World, number: int = 3) -> None:
    for _ in range(number):
        with world.work() as uow:
            note(uow, None, Verb.STATUS_VIEW, world.clock())


def verbs(world: World) -> list[str]:
    return [verb for verb, _outcome, _object in world.journal()]


@contextmanager
def long_writer(world: World) -> Iterator[None]:
    """Another thread that holds the database's write lock, as an import does."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with world.house.database.transaction() as session:
            session.execute(text("UPDATE units SET name = name"))
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    try:
        yield
    finally:
        done.set()
        thread.join()


def waiting(world: World) -> int:
    """Rows in the journal's waiting room: a table on a server, else a file."""
    if not databases.ON_SERVER:
        return len(inbox.waiting(world.house.settings.inbox, "", 0)[1])
    with world.house.look() as uow:
        return int(uow.session.scalar(text("SELECT count(*) FROM journal_waiting")) or 0)


@contextmanager
def keeping(world: World) -> Iterator[Sealer]:
    """The sealer, with the rights its process has."""
    with closing(sealer.house_of(world.house.settings)) as house:
        yield Sealer(house, world.clock)


def test_a_reading_does_not_wait_for_a_long_writer_and_has_its_row_on_the_disk(world: World) -> None:
    row = world.dossier()
    officer = world.who("officer")
    world.open(officer, row.dossier.id)
    before = len(world.journal())
    with long_writer(world):
        begun = time.monotonic()
        with world.house.read(officer, world.clock()) as uow:
            view = custody.read_dossier(uow, officer, row.dossier.id, world.clock())
        assert time.monotonic() - begun < 2
        assert view.row.dossier.id == row.dossier.id
        assert waiting(world) == 1  # durable before anything was shown
        with pytest.raises(Refused), world.house.read(officer, world.clock()) as uow:
            custody.read_dossier(uow, officer, "nothing", world.clock())
    assert len(world.journal()) == before
    with keeping(world) as keeper:
        for _ in range(3):  # also when the file has not been cleared yet: once and only once
            keeper.round()
    taken = world.journal()[before:]
    assert [(verb, outcome) for verb, outcome, _id in taken if verb != "journal:beat"] == [
        ("cadre:open", "done"),
        ("cadre:open", "refused"),
    ]
    with world.work() as uow:
        details = [entry.detail for entry, _leaf in journal.rows(uow.session, before)]
        assert '"read_at":"2026-' in details[0]
    assert sealing.verify(world.house, None).whole


def test_nothing_is_shown_when_the_inbox_cannot_be_written_either(world: World) -> None:
    row = world.dossier()
    officer = world.who("officer")
    world.open(officer, row.dossier.id)
    if databases.ON_SERVER:
        databases.harm(world.house.settings.home, "REVOKE INSERT ON journal_waiting FROM oms_app, oms_worker")
    else:
        world.house.settings.inbox.mkdir()
    with long_writer(world):
        begun = time.monotonic()
        with pytest.raises(JournalUnavailable), world.house.read(officer, world.clock()) as uow:
            custody.read_dossier(uow, officer, row.dossier.id, world.clock())
        assert time.monotonic() - begun < 2


def test_a_change_is_never_lost_in_a_reading(world: World) -> None:
    """Beside a long writer nothing but the journal can be written: whoever tries gets an error, not silence."""
    with long_writer(world), pytest.raises(JournalUnavailable), world.house.read(None, world.clock()) as uow:
        uow.session.execute(text("UPDATE units SET name = 'x'"))
    with world.work() as uow:
        uow.session.execute(text("UPDATE units SET name = name"))  # the connection is no longer closed to writing


def test_a_sealer_beats_seals_and_says_when_it_stopped(world: World) -> None:
    write(world)
    with keeping(world) as keeper:
        keeper.begin()
        world.clock.forward(seconds=61)
        keeper.round()
        time.sleep(1.05)
        assert keeper.round()
        keeper.end()
    assert verbs(world).count("journal:beat") == 3
    assert parse_note(sealing.witnessed_notes(world.house.settings.witness)[-1]).size == len(world.journal())


def test_a_sealer_signs_nothing_over_a_row_that_was_changed(world: World) -> None:
    write(world)
    changed = "UPDATE journal SET actor_name = 'khác' WHERE seq = 2"
    databases.harm(world.house.settings.home, databases.UNGUARDED + changed)
    with keeping(world) as keeper:
        keeper.round()
        time.sleep(1.05)
        assert not keeper.round()
    assert sealing.newest_head(world.house) is None


def test_a_clock_set_back_is_an_entry_and_an_unsaid_one_is_found(world: World) -> None:
    write(world)
    world.clock.forward(minutes=-10)
    write(world)
    assert verbs(world).count("journal:clock") == 1
    verdict = sealing.verify(world.house, None)
    assert (verdict.whole, verdict.clock_changes) == (True, 1)


def test_folders_outside_get_every_head_and_a_failing_one_stops_nothing(world: World, tmp_path: Path) -> None:
    good, gone = tmp_path / "usb", tmp_path / "gone"
    good.mkdir()
    house = House(replace(world.house.settings, witness_dirs=(good, gone)))
    write(world)
    sealing.seal(house, world.clock())
    found = sealing.newest_head(house)
    assert found is not None
    assert anchors.to_folders(house, found[1], world.clock()) == [str(gone)]
    assert sealing.witnessed_notes(good) == sealing.witnessed_notes(house.settings.witness)
    anchors.to_folders(house, found[1], world.clock())
    with house.look() as uow:
        light = integrity.integrity(uow, house, world.clock())
    assert [(row.kind, row.size) for row in light.anchors] == [("folder", found[0].size)]
    assert verbs(world).count("journal:anchor") == 1  # not one a second
    house.database.close()


def test_without_a_witness_tối_mật_is_closed_after_a_day_and_opens_again(world: World) -> None:
    write(world)
    sealing.seal(world.house, world.clock())
    with world.house.look() as uow:
        assert integrity.anchoring(uow, world.clock()).level(world.clock()) is AnchorLevel.GOOD
        assert integrity.anchoring(uow, world.clock()).level(world.clock() + timedelta(hours=5)) is AnchorLevel.WARN
    world.clock.forward(hours=25)
    reader = world.who("officer")
    what, target = custody.What("document", "d"), custody.Target("1", 2)
    with pytest.raises(Unanchored), world.work(reader) as uow:
        note(uow, reader, Verb.DOCUMENT_OPEN, world.clock(), what=what, target=target)
    assert world.journal()[-1] == ("document:open", "refused", "d")
    with world.work(reader) as uow:  # what is less secret stays open
        note(uow, reader, Verb.DOCUMENT_OPEN, world.clock(), what=what, target=replace(target, secrecy=1))
    reviewer = world.who("reviewer")
    with world.work(reviewer) as uow:
        made, head = anchors.sheet(uow, reviewer, world.clock())
    anchors.typed_back(world.house, reviewer, note_body(head.size, head.root), made.number, world.clock())
    with world.work(reader) as uow:
        note(uow, reader, Verb.DOCUMENT_OPEN, world.clock(), what=what, target=target)


def test_lines_of_a_sheet_that_do_not_fit_are_an_alarm(world: World) -> None:
    write(world)
    sealing.seal(world.house, world.clock())
    reviewer = world.who("reviewer")
    with world.work(reviewer) as uow:
        made, head = anchors.sheet(uow, reviewer, world.clock())
    forged = note_body(head.size, bytes(32))
    with pytest.raises(InvalidInput, match="lines"):
        anchors.typed_back(world.house, reviewer, forged, made.number, world.clock())
    assert world.journal()[-1][:2] == ("journal:anchor", "failed")
    with pytest.raises(InvalidInput, match="number"):
        anchors.typed_back(world.house, reviewer, note_body(head.size, head.root), 7, world.clock())
    with pytest.raises(InvalidInput, match="lines"):
        anchors.typed_back(world.house, reviewer, "ba dòng", made.number, world.clock())


def test_only_a_trusted_witness_counts_and_only_under_our_head(world: World) -> None:
    write(world)
    sealing.seal(world.house, world.clock())
    found = sealing.newest_head(world.house)
    assert found is not None
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    anchors.trust(world.house, "may-kiem-tra", public.hex())

    def note_of(signer: Ed25519PrivateKey, body: str) -> str:
        at = 1_800_000_000
        line = at.to_bytes(8, "big") + signer.sign(cosigned_message(body, at))
        return body + "\n" + signature_line("may-kiem-tra", key_id("may-kiem-tra", public, COSIGNATURE), line)

    body = found[0].body
    for bad in (note_of(other, body), note_of(key, note_body(found[0].size, bytes(32)))):
        with pytest.raises(Refused):
            anchors.cosigned(world.house, bad, world.clock())
    assert anchors.cosigned(world.house, note_of(key, body), world.clock()) == found[0].size
    with world.house.look() as uow:
        assert [row.kind for row in integrity.integrity(uow, world.house, world.clock()).anchors] == ["witness"]


@pytest.mark.embedded("the journal on a server lies in months and is not pruned there; test_journal_months.py says so")
def test_pruning_lets_bodies_go_and_keeps_every_proof(world: World, tmp_path: Path) -> None:
    write(world, 20)
    sealing.seal(world.house, world.clock())
    world.clock.forward(days=420)
    write(world, 3)
    sealing.seal(world.house, world.clock())
    before = sealing.verify(world.house, None)
    reviewer = world.who("reviewer")
    with pytest.raises(InvalidInput, match="month"), world.work(reviewer) as uow:
        pruning.propose(uow, reviewer, world.clock().strftime("%Y-%m"), "đã hết thời hạn giữ", world.clock())
    with world.work(reviewer) as uow:
        asked = pruning.propose(uow, reviewer, "2026-11", "đã hết thời hạn giữ", world.clock())
    with world.work() as uow:
        pruning.carry_out(uow, asked, reviewer, world.clock())
    sealing.seal(world.house, world.clock())
    after = sealing.verify(world.house, None)
    assert before.whole and after.whole
    assert after.pruned >= 20
    with world.work() as uow:
        kept = list(journal.rows(uow.session))
    assert kept[0][0].v == PRUNED and kept[-1][0].verb == Verb.JOURNAL_PRUNE
    out = tmp_path / "out.jsonl"
    sealing.export(world.house, out, world.clock())
    assert '"v": 0' in next(line for line in out.read_text().splitlines() if "checkpoint" not in line)


def test_emptied_without_a_pruning_is_found(world: World) -> None:
    write(world, 6)
    sealing.seal(world.house, world.clock())
    guard = ""
    if not databases.ON_SERVER:
        with world.work() as uow:
            asked = "SELECT sql FROM sqlite_schema WHERE name = 'journal_no_update'"
            guard = f"; {uow.session.execute(text(asked)).scalar()};"
    blank = {name: 0 if name in journal.WHOLE_NUMBERS else "''" for name in journal.COLUMNS if name != "seq"}
    setting = ", ".join(f"{name} = {value}" for name, value in blank.items())
    emptied = f"UPDATE journal SET {setting} WHERE seq = 4"  # noqa: S608
    databases.harm(world.house.settings.home, databases.UNGUARDED + emptied + guard)
    verdict = sealing.verify(world.house, None)
    assert (verdict.whole, verdict.first_bad) == (False, 4)
