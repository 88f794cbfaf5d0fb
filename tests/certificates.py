"""Certificates of invented agencies for the tests of signatures, made by ``cryptography``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

PASSPHRASE = b"cau dai de thu"


@dataclass(frozen=True)
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def pkcs12(self, path: Path, *chain: Pair) -> Path:
        """Write the pair as a PKCS#12 file."""
        above = [pair.certificate for pair in chain]
        locked = serialization.BestAvailableEncryption(PASSPHRASE)
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"ky", self.key, self.certificate, above, locked))
        return path


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common: str, agency: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, agency), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def make(
    common: str, agency: str, by: Pair | None = None, *, days: tuple[int, int] = (-30, 365), now: datetime | None = None
) -> Pair:
    """Return a certificate valid between two days from now, signed by another or (an authority) by itself."""
    key, now = _key(common), now or datetime.now(UTC)
    subject = _name(common, agency)
    usage = x509.KeyUsage(
        digital_signature=by is not None,
        content_commitment=by is not None,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=by is None,
        crl_sign=by is None,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by is not None:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
        builder = builder.add_extension(above, critical=False)
    return Pair(builder.sign(by.key if by else key, hashes.SHA256()), key)
