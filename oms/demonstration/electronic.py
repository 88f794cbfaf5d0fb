"""Files that come by wire: one signed by an invented agency whose authority is trusted here, one that could act.

The agency's keys are made at set-up and thrown away. Only the demonstration's own signing key is kept, under
``keys/``, so that archival copies can be signed; its certificate says that it is worth nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from oms.demonstration import clerk, letters, orders
from oms.demonstration.damage import CLEAN, scan
from oms.demonstration.deliver import DemoDocument, DemoFile, save
from oms.demonstration.people import DemoCadre, cadres
from oms.demonstration.plan import FilePlan
from oms.demonstration.stack import CLERK, UNIT, open_batch, upload
from oms.domain.records import HANOI
from oms.services.house import House
from oms.settings import Settings
from scanning.sealing import KeyFile, seal

Clock = Callable[[], datetime]
TITLE = "Đợt 10-2026 - Văn bản điện tử gửi đến Sở Nội vụ"
SIGNED, ACTING = "QD bo nhiem ky so.pdf", "QD khen thuong co ma lenh.pdf"
AUTHORITY, AGENCY = "Cơ quan chứng thực thử nghiệm (không có thật)", "Uỷ ban nhân dân tỉnh Lam Giang (thử nghiệm)"
OWN_AGENCY = "Ban Tổ chức Tỉnh uỷ Lam Giang (thử nghiệm)"
OWN_KEY, OWN_SECRET = "demonstration.p12", "sign_secret"
_DPI = 200
_Pair = tuple[x509.Certificate, rsa.RSAPrivateKey]


def lay_down(house: House, clock: Clock) -> int:
    """Makes certificates and keys, opens the batch and takes both files in; returns how many files are in it."""
    who = clerk.principal_named(house, CLERK)
    batch_id = open_batch(house, who, TITLE, clock)
    authority = _trusted(house.settings, clock)
    people = {each.key: each for each in cadres()}
    upload(house, who, batch_id, SIGNED, lambda path: _signed(path, people["ngoc-an"], authority, clock), clock)
    upload(house, who, batch_id, ACTING, lambda path: _acting(path, people["thuy-duong"]), clock)
    return 2


def _trusted(settings: Settings, clock: Clock) -> _Pair | None:
    """An authority in the trust folder, and this installation's own key by it; None when they are there already."""
    root = settings.trust / "demonstration.pem"
    if root.exists():
        return None
    authority = _certificate("CA thử nghiệm", AUTHORITY, None, clock())
    _keep_own_key(settings.keys, _certificate("Văn thư cơ quan", OWN_AGENCY, authority, clock()), authority[0])
    settings.trust.mkdir(mode=0o700, exist_ok=True)
    part = root.with_suffix(".part")
    part.write_bytes(authority[0].public_bytes(serialization.Encoding.PEM))
    part.replace(root)
    return authority


def _keep_own_key(folder: Path, own: _Pair, authority: x509.Certificate) -> None:
    passphrase = secrets.token_urlsafe(24)
    locked = serialization.BestAvailableEncryption(passphrase.encode())
    bundle = pkcs12.serialize_key_and_certificates(b"oms", own[1], own[0], [authority], locked)
    for name, data in ((OWN_KEY, bundle), (OWN_SECRET, passphrase.encode())):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)


def _certificate(common: str, agency: str, by: _Pair | None, now: datetime) -> _Pair:
    """A certificate for two years, by an authority or (the authority itself) by its own key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    names = ((NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, agency), (NameOID.COMMON_NAME, common))
    subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in names])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=730))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(_usage(by is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by is not None:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by[1].public_key())
        builder = builder.add_extension(above, critical=False)
    return builder.sign(by[1] if by else key, hashes.SHA256()), key


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _draw(path: Path, cadre: DemoCadre, order: letters.Order) -> None:
    rng = Random(path.name)
    drawn = letters.decision(cadre, orders.PROVINCE, order, _DPI)
    plan = FilePlan(path.name, "pdf", _DPI, TITLE, UNIT, "government", CLERK, ())
    save(path, plan, [scan(sheet, CLEAN, _DPI, rng) for sheet in drawn.sheets])
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:  # Pillow's table of objects is one off
        pdf.save(path, deterministic_id=True)


def _appointment(cadre: DemoCadre) -> letters.Order:
    return orders.appointment(cadre, "311/QĐ-UBND", date(2026, 1, 9), cadre.core.position, "Phó Giám đốc Sở Nội vụ")


def settle(house: House, clock: Clock) -> None:
    """Files the signed decision; the file that could act waits on the desk."""
    cadre = next(each for each in cadres() if each.key == "ngoc-an")
    drawn = letters.decision(cadre, orders.PROVINCE, _appointment(cadre), _DPI)
    what = (drawn.type_code, drawn.subtype, drawn.title, drawn.number, drawn.issued_on)
    document = DemoDocument((1, len(drawn.sheets)), *what, cadre.key, drawn.fields, 0, "")
    file = DemoFile(Path(SIGNED), TITLE, UNIT, "government", CLERK, (document,), len(drawn.sheets), (), (), False)
    clerk.file_one(house, file, clock)


def _signed(path: Path, cadre: DemoCadre, authority: _Pair | None, clock: Clock) -> None:
    """A decision signed by the province's office. After a crash its authority is gone: signed by one nobody trusts."""
    authority = authority or _certificate("CA thử nghiệm", AUTHORITY, None, clock())
    order = _appointment(cadre)
    plain, keys = path.with_name("plain.pdf"), path.with_name("keys")
    _draw(plain, cadre, order)
    keys.mkdir()
    _keep_own_key(keys, _certificate("Văn phòng UBND tỉnh", AGENCY, authority, clock()), authority[0])
    key = KeyFile(keys / OWN_KEY, (keys / OWN_SECRET).read_bytes())
    seal(plain, path, key, AGENCY, clock().astimezone(HANOI))


def _acting(path: Path, cadre: DemoCadre) -> None:
    """A decision in a PDF that runs a script when it is opened and carries another file."""
    plain = path.with_name("plain.pdf")
    honour, deed = "Bằng khen của Chủ tịch Uỷ ban nhân dân tỉnh", "đã có thành tích xuất sắc trong cải cách hành chính"
    _draw(plain, cadre, orders.award(cadre, "90/QĐ-UBND", date(2026, 1, 12), honour, deed))
    with pikepdf.open(plain) as pdf:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('demonstration');"))
        pdf.Root.OpenAction = pdf.make_indirect(script)
        pdf.attachments["ghi-chu.txt"] = b"demonstration"
        pdf.save(path, deterministic_id=True)
