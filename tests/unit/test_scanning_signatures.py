"""Signatures made with invented certificates, then spoilt: what the check says of each."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import certificates
import hostile_files
import pikepdf
import pytest
from certificates import Pair
from pikepdf import pdfa

import scanning
from oms.domain.records import HANOI
from scanning.archival import CopyFacts, sheet_of, write_copy
from scanning.files import rasterise
from scanning.sealing import KeyFile, KeyToken, SealError, identity_of, seal, width_of, wrapped
from scanning.signatures import check_signatures, has_signature

AGENCY = "Ban Tổ chức Tỉnh uỷ Lam Giang"
NOW = datetime.now(HANOI).replace(microsecond=0)


@pytest.fixture(scope="module")
def authority() -> Pair:
    return certificates.make("CA thử", "Cơ yếu thử")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archival copy of one page."""
    folder = tmp_path_factory.mktemp("copy")
    (folder / "trang.png").write_bytes(hostile_files.picture("PNG", (1654, 2339), dpi=(200, 200)))
    facts = CopyFacts("Quyết định số 1/QĐ", "HS-1.1", AGENCY, NOW)
    write_copy(folder / "ban.pdf", [sheet_of(rasterise(folder / "trang.png", 1), None, {})], facts)
    return folder / "ban.pdf"


@pytest.fixture
def signed(tmp_path: Path, copy: Path, authority: Pair) -> Path:
    """The copy, signed for the agency."""
    pair = certificates.make("Văn thư", AGENCY, authority)
    key = KeyFile(pair.pkcs12(tmp_path / "khoa.p12", authority), certificates.PASSPHRASE)
    seal(copy, tmp_path / "ky.pdf", key, AGENCY, NOW)
    return tmp_path / "ky.pdf"


@pytest.fixture
def trust(tmp_path: Path, authority: Pair) -> Path:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "ca.pem").write_bytes(authority.pem())
    (tmp_path / "trust" / "rac.pem").write_bytes(b"khong phai chung thu")
    return tmp_path / "trust"


def test_an_intact_signature_tells_who_for_whom_and_when(signed: Path, trust: Path) -> None:
    assert has_signature(signed)
    [found] = check_signatures(signed, trust)
    assert (found.signer, found.agency) == ("Văn thư", AGENCY)
    assert found.signed_at is not None and abs(found.signed_at - datetime.now(HANOI)) < timedelta(minutes=5)
    assert found.intact and found.whole and found.trusted and found.details == ()


def test_an_authority_nobody_vouched_for_is_unknown(signed: Path, tmp_path: Path) -> None:
    for nobody in (None, tmp_path):
        [found] = check_signatures(signed, nobody)
        assert found.intact and not found.trusted and found.details == ("unknown",)


def test_one_changed_byte_shows(signed: Path, trust: Path) -> None:
    data = bytearray(signed.read_bytes())
    data[data.find(b"/DCTDecode") + 400] ^= 1
    signed.write_bytes(data)
    [found] = check_signatures(signed, trust)
    assert not found.intact and "changed" in found.details


def test_what_is_added_after_signing_shows(signed: Path, trust: Path) -> None:
    from pyhanko.pdf_utils.generic import ArrayObject, FloatObject, NameObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    with signed.open("r+b") as stream:
        writer = IncrementalPdfFileWriter(stream)
        page = writer.root["/Pages"]["/Kids"][0]
        page[NameObject("/MediaBox")] = ArrayObject([FloatObject(n) for n in (0, 0, 100, 100)])
        writer.update_container(page)
        writer.write_in_place()
    [found] = check_signatures(signed, trust)
    assert not found.intact and not found.whole and "added" in found.details


def test_an_expired_certificate_is_told_and_its_chain_still_known(copy: Path, tmp_path: Path, authority: Pair) -> None:
    """Signed a second before the end: the check comes after it."""
    pair = certificates.make("Hết hạn", AGENCY, authority, days=(-30, -1))
    key = KeyFile(pair.pkcs12(tmp_path / "k.p12"), certificates.PASSPHRASE)
    with pytest.raises(SealError, match="expired"):
        seal(copy, tmp_path / "ky.pdf", key, AGENCY, NOW)
    seal(copy, tmp_path / "ky.pdf", key, AGENCY, NOW - timedelta(days=2))
    [found] = check_signatures(tmp_path / "ky.pdf", None)
    assert found.intact and "expired" in found.details and "unknown" in found.details


def test_a_file_without_signatures_has_none(tmp_path: Path) -> None:
    path = tmp_path / "tep.pdf"
    path.write_bytes(hostile_files.page())
    assert not has_signature(path) and check_signatures(path, None) == []
    path.write_bytes(b"")
    assert not has_signature(path)


def test_rubbish_in_the_place_of_a_signature_is_no_crash(signed: Path, trust: Path) -> None:
    data = signed.read_bytes()
    start = data.find(b"/Contents <") + 11
    spoilt = data[:start] + b"f" * 200 + data[start + 200 :]
    for bad in (spoilt, data[: len(data) // 2], data.replace(b"/ByteRange", b"/ByteRangf")):
        signed.write_bytes(bad)
        try:
            found = check_signatures(signed, trust)
        except scanning.Rejected:
            continue
        assert all(not one.intact for one in found)


def test_what_is_shown_stands_top_right_in_times_10_black(signed: Path) -> None:
    with pikepdf.open(signed) as document:
        [field] = document.Root.AcroForm.Fields
        box = [float(side) for side in field.Rect]
        page = [float(side) for side in document.pages[0].MediaBox]
        look = field.AP.N
        drawn = look.read_bytes()
        [font] = look.Resources.Font.values()
    assert box[2] > page[2] - 20 and box[3] > page[3] - 20 and box[0] > page[2] / 2
    assert b" 10 Tf" in drawn and b" rg" not in drawn and b" Do" not in drawn, "black is the default, no image"
    assert "Tinos" in str(font.BaseFont)
    text = subprocess.run(["pdftotext", signed, "-"], capture_output=True, text=True, check=True).stdout
    assert AGENCY in text and NOW.isoformat() in text and text.count("+07:00") == 1


def test_the_signed_copy_is_still_pdf_a(signed: Path, copy: Path) -> None:
    assert pdfa.validate_written(copy, "2b").findings == []
    # the checker approves only what it knows, and it knows no forms at all: nothing else may be found
    assert {finding.rule for finding in pdfa.validate_written(signed, "2b").findings} == {"pikepdf:schema-Catalog"}
    assert "/AcroForm" in pdfa.validate_written(signed, "2b").findings[0].where
    assert signed.read_bytes().startswith(copy.read_bytes()), "signing adds and changes nothing"


def test_long_names_are_wrapped_and_percent_signs_are_only_signs(copy: Path, tmp_path: Path, authority: Pair) -> None:
    name = "Ban Tổ chức Tỉnh uỷ Lam Giang, Văn phòng Tỉnh uỷ 100% %(ts)s " * 3
    assert all(width_of(line) <= 230 for line in wrapped(name)) and " ".join(wrapped(name)) == name.strip()
    pair = certificates.make("Văn thư", AGENCY, authority)
    key = KeyFile(pair.pkcs12(tmp_path / "k.p12"), certificates.PASSPHRASE)
    seal(copy, tmp_path / "ky.pdf", key, name, NOW)
    assert check_signatures(tmp_path / "ky.pdf", None)[0].intact


@pytest.mark.parametrize(("passphrase", "code"), [(b"sai", "key_refused"), (None, "key_missing")])
def test_a_key_that_cannot_be_used_says_which_way(
    tmp_path: Path, authority: Pair, passphrase: bytes | None, code: str
) -> None:
    path = certificates.make("Văn thư", AGENCY, authority).pkcs12(tmp_path / "k.p12")
    if passphrase is None:
        path.unlink()
    with pytest.raises(SealError) as refusal:
        identity_of(KeyFile(path, passphrase or b""))
    assert refusal.value.code == code and "sai" not in str(refusal.value)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Pair) -> KeyToken:
    """A SoftHSM2 token of one's own that holds the agency's key and certificate."""
    import pkcs11
    from cryptography.hazmat.primitives import serialization
    from pkcs11.util.rsa import decode_rsa_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    (tmp_path / "tokens").mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    command = ["softhsm2-util", "--init-token", "--free", "--label", "co-quan", "--so-pin", "87654321", "--pin", "1234"]
    subprocess.run(command, check=True, capture_output=True)
    module = "/usr/lib/softhsm/libsofthsm2.so"
    pair = certificates.make("Văn thư", AGENCY, authority)
    secret = pair.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    library = pkcs11.lib(module)
    library.reinitialize()
    with library.get_token(token_label="co-quan").open(user_pin="1234", rw=True) as session:
        more = {pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: "khoa", pkcs11.Attribute.ID: b"1"}
        session.create_object(decode_rsa_private_key(secret) | more | {pkcs11.Attribute.SIGN: True})
        session.create_object(decode_x509_certificate(pair.der()) | more)
    return KeyToken(module, "co-quan", "khoa", "1234")


def test_a_key_in_a_token_signs(token: KeyToken, copy: Path, tmp_path: Path, trust: Path) -> None:
    assert identity_of(token).organisation == AGENCY
    seal(copy, tmp_path / "ky.pdf", token, AGENCY, NOW)
    [found] = check_signatures(tmp_path / "ky.pdf", trust)
    assert found.intact and found.whole and found.trusted and found.agency == AGENCY


def test_a_token_that_does_not_open_says_so_without_the_pin(token: KeyToken, copy: Path, tmp_path: Path) -> None:
    for bad, code in (
        (KeyToken(token.module, "khac", "khoa", "1234"), "token_missing"),
        (KeyToken(token.module, "co-quan", "khoa", "sai-pin"), "token_missing"),
        (KeyToken("/khong/co.so", "co-quan", "khoa", "1234"), "token_missing"),
        (KeyToken(token.module, "co-quan", "khac", "1234"), "key_missing"),
    ):
        with pytest.raises(SealError) as refusal:
            seal(copy, tmp_path / "ky.pdf", bad, AGENCY, NOW)
        assert refusal.value.code == code and "sai-pin" not in repr(refusal.value)


def test_a_page_deep_in_the_tree_with_its_size_above_it_is_signed(tmp_path: Path) -> None:
    authority = certificates.make("CA thử", "Cơ yếu thử")
    key = KeyFile(certificates.make("Văn thư", AGENCY, authority).pkcs12(tmp_path / "k.p12"), certificates.PASSPHRASE)
    made = pikepdf.new()
    leaf = made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Page, Resources=pikepdf.Dictionary()))
    middle = made.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Pages, Count=1, Kids=[leaf], MediaBox=[0, 0, 595, 842])
    )
    leaf.Parent, middle.Parent = middle, made.Root.Pages
    made.Root.Pages.Kids, made.Root.Pages.Count = pikepdf.Array([middle]), 1
    made.save(tmp_path / "deep.pdf")
    seal(tmp_path / "deep.pdf", tmp_path / "signed.pdf", key, AGENCY, NOW)
    [found] = check_signatures(tmp_path / "signed.pdf", None)
    assert found.intact and found.whole
