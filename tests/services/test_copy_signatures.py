"""Signing archival copies for the agency, and the signatures on files that came in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certificates
import hostile_files
import pytest
from agency_key import AGENCY, CA, key_file, settings_with_key
from archival_papers import copy_of, filed_scan, give_scan, make_all
from factories import World
from sqlalchemy import delete

from oms.domain.records import HANOI, CopyState
from oms.errors import InvalidInput, Refused, SettingsError
from oms.services import archival, disposals, health, signatures
from oms.services.jobs import ReadingQueue
from oms.settings import Settings
from oms.store import journal
from oms.store.desk_tables import ArchivalCopy
from scanning.sealing import KeyFile, seal
from scanning.signatures import check_signatures


@pytest.fixture
def keyed(world: World) -> World:
    """A world that can sign."""
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world)
    return world


def test_an_officer_signs_a_copy(keyed: World) -> None:
    row, officer = keyed.dossier(), keyed.who("officer")
    paper = filed_scan(keyed, row)
    make_all(keyed)
    unsigned = copy_of(keyed, paper)
    with pytest.raises(Refused):
        archival.sign(keyed.house, officer, paper, keyed.clock)
    keyed.open(officer, row.dossier.id)
    archival.sign(keyed.house, officer, paper, keyed.clock)
    signed = copy_of(keyed, paper)
    assert signed.signer == "Văn thư" and signed.signed_at is not None and signed.sha256 != unsigned.sha256
    assert ("copy:sign", "done", signed.id) in keyed.journal()
    with keyed.house.vault.opened(signed.sha256) as path:
        [found] = check_signatures(path, None)
    assert found.intact and found.whole and found.agency == AGENCY
    with pytest.raises(InvalidInput, match="copy"):
        archival.sign(keyed.house, officer, paper, keyed.clock)
    assert health.check(keyed.house) == []


def test_what_a_signed_copy_was_before_goes_with_the_paper(keyed: World) -> None:
    """Destroyed is destroyed: the copy before signing shows every page, and no record named it any more."""
    row, officer, vault = keyed.dossier(birth_date="05/08/1900"), keyed.who("officer"), keyed.house.vault
    paper = filed_scan(keyed, row)
    before_all = set(vault.names())
    make_all(keyed)
    keyed.open(officer, row.dossier.id)
    archival.sign(keyed.house, officer, paper, keyed.clock)
    made = set(vault.names()) - before_all
    assert len(made) == 2 and copy_of(keyed, paper).sha256 in made
    assert health.check(keyed.house) == []
    with keyed.work(officer) as uow:
        disposals.close(uow, officer, row.dossier.id, "01/03/1950", "nghỉ hưu theo QĐ 12", keyed.clock())
        new = disposals.NewDisposal("đã hết thời hạn lưu trữ", "TT 10/2022/TT-BNV", "03/BB-HĐ")
        asked = disposals.ask(uow, officer, row.dossier.id, new, keyed.clock()).id
    leader = keyed.who("leader")
    with keyed.work(leader) as uow:
        disposals.decide(uow, leader, asked, True, "", keyed.clock())
    disposals.sweep(keyed.house)
    assert not made & set(vault.names())
    keys = vault.sealing()
    assert keys is not None and not any(keys.rows_of(sha) for sha in made), "nor opens what a backup has of them"


def test_a_copy_nobody_wants_any_more_when_it_is_made_leaves_no_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paper may have been destroyed while its copy was written: that one would open for ever."""
    filed_scan(world, world.dossier())
    before, real = set(world.house.vault.names()), archival.write_copy

    def meanwhile(*given: object) -> object:
        with world.work() as uow:
            uow.session.execute(delete(ArchivalCopy))
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(archival, "write_copy", meanwhile)
    make_all(world)
    assert set(world.house.vault.names()) == before


def test_reading_is_no_right_to_sign(keyed: World) -> None:
    row, leader = keyed.dossier(), keyed.who("leader")
    paper = filed_scan(keyed, row)
    make_all(keyed)
    keyed.open(leader, row.dossier.id)
    with pytest.raises(Refused):
        archival.sign(keyed.house, leader, paper, keyed.clock)
    assert keyed.journal()[-1][:2] == ("copy:sign", "refused")
    assert copy_of(keyed, paper).signed_at is None


def test_signed_by_itself_when_the_installation_says_so(world: World) -> None:
    key_file(world.house.settings.keys)
    world.house.settings = settings_with_key(world, OMS_SIGN_AUTO="yes")
    paper = filed_scan(world, world.dossier())
    make_all(world)
    assert copy_of(world, paper).signed_at is not None
    assert [verb for verb, *_ in world.journal()][-2:] == ["copy:make", "copy:sign"]


@pytest.mark.parametrize("auto", ["no", "yes"])
def test_a_key_out_of_date_signs_nothing_and_says_so(world: World, auto: str) -> None:
    key_file(world.house.settings.keys, days=(-3650, -3600))
    world.house.settings = settings_with_key(world, OMS_SIGN_AUTO=auto)
    row, officer = world.dossier(), world.who("officer")
    paper = filed_scan(world, row)
    make_all(world)
    world.open(officer, row.dossier.id)
    with pytest.raises(InvalidInput) as told:
        archival.sign(world.house, officer, paper, world.clock)
    assert "không còn hiệu lực" in told.value.message_vi
    copy = copy_of(world, paper)
    assert copy.state == CopyState.MADE and copy.signed_at is None
    assert (auto == "yes") == ("không còn hiệu lực" in copy.reason)


def test_the_secret_is_in_no_row_and_no_settings_text(keyed: World, caplog: pytest.LogCaptureFixture) -> None:
    (keyed.house.settings.keys / "sign_secret").write_text("mật khẩu sai")
    row, officer = keyed.dossier(), keyed.who("officer")
    paper = filed_scan(keyed, row)
    make_all(keyed)
    keyed.open(officer, row.dossier.id)
    with pytest.raises(InvalidInput):
        archival.sign(keyed.house, officer, paper, keyed.clock)
    with keyed.work() as uow:
        rows = json.dumps([entry.detail for entry, _ in journal.rows(uow.session)])
    for text in (caplog.text, rows, repr(keyed.house.settings.signing)):
        assert "mật khẩu sai" not in text and certificates.PASSPHRASE.decode() not in text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"OMS_SIGN_AGENCY": ""}, "OMS_SIGN_AGENCY"),
        ({"OMS_SIGN_SECRET_FILE": "/khong/co"}, "OMS_SIGN_SECRET_FILE"),
        ({"OMS_SIGN_PKCS11_MODULE": "/a.so"}, "OMS_SIGN_PKCS11_MODULE"),
        ({"OMS_SIGN_PKCS12": "", "OMS_SIGN_PKCS11_MODULE": "/a.so"}, "OMS_SIGN_PKCS11_TOKEN"),
        ({"OMS_SIGN_AUTO": "maybe"}, "OMS_SIGN_AUTO"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(world: World, change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings_with_key(world, **change)


def test_a_secret_others_can_read_is_refused(world: World) -> None:
    settings_with_key(world)
    secret = world.house.settings.keys / "sign_secret"
    secret.chmod(0o644)
    env = {"OMS_HOME": str(world.house.settings.home), "OMS_SIGN_PKCS12": "/k.p12", "OMS_SIGN_AGENCY": AGENCY}
    with pytest.raises(SettingsError, match="chmod 600"):
        Settings.from_env(env)


def incoming(world: World, tmp_path: Path, spoil: bool = False) -> bytes:
    """A PDF signed by another agency, as it comes in; spoilt after signing if asked."""
    from scanning.archival import CopyFacts, sheet_of, write_copy
    from scanning.files import rasterise

    (tmp_path / "p.png").write_bytes(hostile_files.picture("PNG"))
    facts = CopyFacts("Quyết định", "1", AGENCY, datetime.now(HANOI))
    write_copy(tmp_path / "p.pdf", [sheet_of(rasterise(tmp_path / "p.png", 1), None, {})], facts)
    seal(
        tmp_path / "p.pdf",
        tmp_path / "s.pdf",
        KeyFile(key_file(tmp_path), certificates.PASSPHRASE),
        AGENCY,
        datetime.now(HANOI),
    )
    data = bytearray((tmp_path / "s.pdf").read_bytes())
    if spoil:
        data[data.find(b"/DCTDecode") + 300] ^= 4
    return bytes(data)


def check(world: World, data: bytes) -> list[signatures.SignatureLine]:
    scan_id = give_scan(world, world.paper(), data)
    signatures.check_scan(world.house, scan_id, world.clock)
    with world.work() as uow:
        return signatures.lines_of(uow, [scan_id])


def test_the_signature_of_a_received_file_is_kept_and_told(world: World, tmp_path: Path) -> None:
    [line] = check(world, incoming(world, tmp_path))
    assert (line.signer, line.agency, line.verdict) == ("Văn thư", AGENCY, "doubt")
    assert line.words == ("chưa rõ nơi cấp chứng thư số",)
    assert line.signed_at is not None and abs(line.signed_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert world.journal()[-1][:2] == ("signature:check", "done")


def test_an_authority_in_the_trust_folder_is_believed(world: World, tmp_path: Path) -> None:
    world.house.settings.trust.mkdir()
    (world.house.settings.trust / "ca.pem").write_bytes(CA.pem())
    [line] = check(world, incoming(world, tmp_path))
    assert line.verdict == "ok" and line.words == ()


def test_a_file_changed_after_signing_is_told_in_red(world: World, tmp_path: Path) -> None:
    [line] = check(world, incoming(world, tmp_path, spoil=True))
    assert line.verdict == "changed" and "nội dung đã bị sửa sau khi ký" in line.words


def test_a_signature_that_cannot_be_checked_is_not_silent(world: World) -> None:
    [line] = check(world, b"%PDF-1.7 /ByteRange [0 1 2 3] rac")
    assert line.verdict == "changed" and line.words == ("không kiểm tra được chữ ký này",)
    assert world.journal()[-1][:2] == ("signature:check", "failed")


def test_each_file_is_looked_at_once_in_the_background(world: World, tmp_path: Path) -> None:
    scan_id = give_scan(world, world.paper(), incoming(world, tmp_path))
    queue = ReadingQueue(world.house.settings, world.clock)
    assert scan_id in signatures.unchecked(world.house, world.clock())
    assert queue.dispatch_copies(world.house) == 1
    assert signatures.check_scan(world.house, scan_id, world.clock) == 1
    assert signatures.unchecked(world.house, world.clock()) == []
    assert signatures.check_scan(world.house, scan_id, world.clock) == 0
