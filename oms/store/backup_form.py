"""What a backup is made of: sealed objects, lists that name them, and a signed manifest for each run in each place.

Objects are age files (X25519): who has the private half and Debian's ``age`` opens them without this program. Inside an
object is zlib's stream of its bytes, or, of a file of the vault, the bytes as they are. Names are keyed hashes, which
tell nobody what lies there. A manifest is an age file too, behind one line in the clear and that line's signature:

    {"at": …, "body": SHA-256 of the age file, "format": …, "number": …, "place": …, "previous": …}
    signature (Ed25519, hex)
    age file
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from oms.errors import BackupFault
from oms.store.journal_key import signed_by

FORMAT = "oms-backup/1"
BLOCK = 128 * 1024
"""Bytes of a block: small enough that a changed page costs little, large enough that lists stay short."""
LIST = 512
"""Blocks or files a list names: a list in which nothing changed is not written again."""
INLINE = 16
"""So few blocks stand in the manifest itself."""
SEALED_MOST, OPENED_MOST = 64 * 1024 * 1024, 256 * 1024 * 1024
"""Bytes of a manifest as it lies there, and of what it says: fifty million files are told in a tenth of that.
Of everything else a signed manifest says how large it is."""
_HEAD_MOST = 4096
MANIFEST = b"manifest".hex()
"""How the names of manifests begin: they follow one another in the order of their numbers."""
SIGN, NAMES, RECIPIENTS = "backup_key.pem", "backup_names", "backup_recipient"
_SIGNED = b"oms backup manifest\n"
_LEVEL = 1
Item = TypeVar("Item")


class Reader(Protocol):
    """What gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes; none at the end."""


class Writer(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> Any:
        """Takes some."""


@dataclass(frozen=True)
class Block:
    """A piece: the object it lies in, its SHA-256 in the clear, its bytes."""

    object: str
    sha: str
    size: int

    def line(self) -> str:
        """As a list names it."""
        return f"{self.object} {self.sha} {self.size}"

    @classmethod
    def of(cls, line: str) -> Block:
        """Read from a list; BackupFault when it is none."""
        name, sha, size = _words(line, 3)
        return cls(name, sha, int(size))


@dataclass(frozen=True)
class FileEntry:
    """A file of the vault: its name there, the id in its header ("" in the clear), its object, what lies there."""

    sha: str
    file_id: str
    object: str
    sealed: str
    size: int

    def line(self) -> str:
        """As a list names it."""
        return f"{self.object} {self.sealed} {self.size} {self.sha} {self.file_id or '-'}"

    @classmethod
    def of(cls, line: str) -> FileEntry:
        """Read from a list; BackupFault when it is none."""
        name, sealed, size, sha, file_id = _words(line, 5)
        return cls(sha, "" if file_id == "-" else file_id, name, sealed, int(size))


_HEX = re.compile(r"[0-9a-f]{64}")


def _words(line: str, number: int) -> list[str]:
    words = line.split(" ")
    if len(words) != number or not _HEX.fullmatch(words[0]) or not words[2].isdecimal():
        raise BackupFault("a list of the backup cannot be read")
    return words


# --- keys ---


class BackupKeys:
    """What the machine holds: whom backups are sealed for, the key that signs manifests, the key of names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recipients(self) -> list[str]:
        """Public halves (age1…), one a line; BackupFault when there is none: nothing is written in the clear."""
        try:
            lines = (self._folder / RECIPIENTS).read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            lines = []
        found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:
            raise BackupFault("nobody is named whom backups are for: oms backup --new-key FILE on a medium of its own")
        return found

    def set_recipients(self, recipients: Sequence[str]) -> None:
        """Names whom backups are sealed for from now on."""
        _keep(self._folder / RECIPIENTS, "".join(f"{each}\n" for each in recipients).encode(), anew=True)

    def make(self) -> None:
        """Makes the key that signs and the key of names, unless they are there."""
        key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _keep(self._folder / SIGN, key)
        _keep(self._folder / NAMES, os.urandom(32).hex().encode() + b"\n")

    def _signing(self) -> Ed25519PrivateKey:
        try:
            key = load_pem_private_key((self._folder / SIGN).read_bytes(), None)
        except (OSError, ValueError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise BackupFault("the key that signs backups is missing or unreadable: oms backup --new-key FILE")
        return key

    def sign(self, data: bytes) -> bytes:
        """The signature of a manifest's first line."""
        return self._signing().sign(_SIGNED + data)

    def public(self) -> bytes:
        """The public half (32 bytes): the restorer carries it beside the private half of the recipient."""
        return self._signing().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def names(self) -> Names:
        """The key of names."""
        try:
            return Names(bytes.fromhex((self._folder / NAMES).read_text(encoding="ascii").strip()))
        except (OSError, ValueError):
            raise BackupFault("the key of the names is missing or unreadable: oms backup --new-key FILE") from None


def _keep(path: Path, data: bytes, anew: bool = False) -> None:
    """A file of the owner's alone, on the disk; one that is there stays unless ``anew``."""
    if path.exists() and not anew:
        return
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


@dataclass(frozen=True)
class Names:
    """Names of objects: HMAC-SHA-256 of what they hold."""

    key: bytes

    def _of(self, kind: str, told: str) -> str:
        name = hmac.new(self.key, f"{kind} {told}".encode(), hashlib.sha256).hexdigest()
        return name if not name.startswith(MANIFEST) else self._of(kind, told + "+")

    def block(self, sha: str) -> str:
        """Of bytes with this SHA-256."""
        return self._of("block", sha)

    def file(self, sha: str, file_id: str) -> str:
        """Of a file of the vault as it is sealed under this id."""
        return self._of("file", f"{sha} {file_id}")


def new_identity(told: Sequence[str]) -> tuple[str, str]:
    """A new pair: the text of its private half with lines of comment, and the public half."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    lines = [f"# {line}" for line in (*told, f"public key: {public}")]
    return "\n".join([*lines, str(identity)]) + "\n", public


def checked_recipient(text: str) -> str:
    """A public half again; BackupFault when it is none."""
    try:
        return str(pyrage.x25519.Recipient.from_str(text.strip()))
    except pyrage.RecipientError:
        raise BackupFault("that is no public key of age (age1…)") from None


# --- sealing ---


def sealed_most(size: int) -> int:
    """The most bytes an object has that holds so many: pressing may add a little, sealing some for each recipient."""
    return size + size // 16 + 64 * 1024


class TooLarge(BackupFault):
    """Something in a place is larger than it may be, and was not read on."""


class Sealing:
    """Seals for the recipients."""

    def __init__(self, recipients: Sequence[str]) -> None:
        self._to = [pyrage.x25519.Recipient.from_str(checked_recipient(each)) for each in recipients]

    def sealed(self, data: bytes) -> bytes:
        """Bytes, pressed and sealed."""
        return bytes(pyrage.encrypt(zlib.compress(data, _LEVEL), self._to))

    def stream(self, source: Reader, out: Writer) -> None:
        """A stream, sealed as it is."""
        ways = _Ways(source, out)
        try:
            pyrage.encrypt_io(ways, ways, self._to)
        except pyrage.EncryptError:
            raise ways.failed or BackupFault("a file could not be sealed") from None


class Opening:
    """Opens with private halves; BackupFault when an object is for somebody else, or is not what was written."""

    def __init__(self, identities: Sequence[str]) -> None:
        try:
            self._by = [pyrage.x25519.Identity.from_str(each) for each in identities]
        except pyrage.IdentityError:
            raise BackupFault("the identity file holds no private key of age (AGE-SECRET-KEY-1…)") from None
        if not self._by:
            raise BackupFault("the identity file holds no private key of age (AGE-SECRET-KEY-1…)")

    def opened(self, data: bytes, most: int) -> bytes:
        """The bytes of an object; TooLarge when they are more than so many, of which no more are made."""
        pressed = zlib.decompressobj()
        try:
            plain = pressed.decompress(pyrage.decrypt(data, self._by), most + 1)
        except (pyrage.DecryptError, zlib.error):
            raise BackupFault("cannot be opened: damaged, or sealed for another identity") from None
        if len(plain) > most:
            raise TooLarge(f"holds more than the {most} bytes it may")
        if not pressed.eof:
            raise BackupFault("cannot be opened: damaged, or sealed for another identity")
        return plain

    def stream(self, source: Reader, out: Writer, most: int) -> None:
        """A stream as it was sealed; TooLarge when more than so many bytes come, of which no more are written."""
        ways = _Ways(source, out, most)
        try:
            pyrage.decrypt_io(ways, ways, self._by)
        except (pyrage.DecryptError, OSError):
            if ways.failed:
                raise ways.failed from None
            raise BackupFault("cannot be opened: damaged, or sealed for another identity") from None


class _Ways:
    """A stream in and one out for a library that tells their errors as its own: what really failed is kept."""

    def __init__(self, source: Reader, out: Writer, most: int | None = None) -> None:
        self._source, self._out, self._most = source, out, most
        self._read = self._written = 0
        self.failed: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """Some bytes."""
        try:
            data = self._source.read(size)
        except OSError as error:
            self.failed = error
            raise
        self._read += len(data)
        if self._most is not None and self._read > sealed_most(self._most):
            self._stop()
        return data

    def _stop(self) -> None:
        self.failed = TooLarge(f"holds more than the {self._most} bytes it may")
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))

    def write(self, data: bytes) -> int:
        """Takes some."""
        self._written += len(data)
        if self._most is not None and self._written > self._most:
            self._stop()
        try:
            self._out.write(data)
        except OSError as error:
            self.failed = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""


@dataclass(frozen=True)
class Carried:
    """What the restorer carries: private halves, public keys that sign manifests, the journal's, the installation."""

    identities: tuple[str, ...]
    signers: tuple[bytes, ...]
    journal: str = ""
    installation: str = ""


def carried(texts: Sequence[str]) -> Carried:
    """Read from identity files as ``oms backup --new-key`` wrote them, or as typed from paper."""
    identities, told = list[str](), dict[str, list[str]]()
    for line in "\n".join(texts).splitlines():
        if line.startswith("#"):
            name, _, value = line[1:].partition(":")
            told.setdefault(name.strip(), []).append(value.strip())
        elif line.strip():
            identities.append(line.strip())
    try:
        signers = tuple(bytes.fromhex(each) for each in told.get("signed by", ()))
    except ValueError:
        raise BackupFault("the line 'signed by' of the identity file cannot be read") from None
    last = {name: values[-1] for name, values in told.items()}
    return Carried(tuple(identities), signers, last.get("journal", ""), last.get("installation", ""))


# --- manifests ---


@dataclass(frozen=True)
class Head:
    """The line of a manifest that is in the clear."""

    place: str
    number: int
    at: datetime
    previous: str
    body: str

    @property
    def name(self) -> str:
        """The manifest's name in the place."""
        return manifest_name(self.place, self.number)


def manifest_name(place: str, number: int) -> str:
    """Names follow one another by number; no two places have the same."""
    return MANIFEST + f"{number:016x}" + hashlib.sha256(place.encode()).hexdigest()[:32]


def written(place: str, number: int, at: datetime, previous: str, body: bytes, keys: BackupKeys) -> bytes:
    """A manifest as it lies in its place; ``body`` is sealed already."""
    head = {
        "at": at.isoformat(),
        "body": hashlib.sha256(body).hexdigest(),
        "format": FORMAT,
        "number": number,
        "place": place,
        "previous": previous,
    }
    line = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    return line + b"\n" + keys.sign(line).hex().encode() + b"\n" + body


def read_manifest(data: bytes, signers: Sequence[bytes]) -> tuple[Head, bytes]:
    """Head and sealed body; BackupFault unless one of these keys signed it and the body is the one it names."""
    line, _, rest = data.partition(b"\n")
    signature, _, body = rest.partition(b"\n")
    if len(line) > _HEAD_MOST:
        raise BackupFault("a manifest cannot be read")
    try:
        told, raw = json.loads(line), bytes.fromhex(signature.decode("ascii"))
        head = Head(
            str(told["place"]), int(told["number"]), datetime.fromisoformat(told["at"]), str(told["previous"]),
            str(told["body"]),
        )  # fmt: skip
        known = told["format"] == FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):  # nobody's signature has been seen yet
        raise BackupFault("a manifest cannot be read") from None
    if not known:
        raise BackupFault("a manifest is of a newer format than this program knows")
    if not any(signed_by(public, raw, _SIGNED + line) for public in signers):
        raise BackupFault(f"manifest {head.number} is not signed by the key that was given")
    if hashlib.sha256(body).hexdigest() != head.body:
        raise BackupFault(f"manifest {head.number} is damaged")
    return head, body


def to_json(body: dict[str, Any]) -> bytes:
    """The inside of a manifest, or a list."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Hashing:
    """Writes on to another, or nowhere, and counts: what was written has this hash and size."""

    def __init__(self, out: Writer | None = None) -> None:
        self._out, self._digest, self.size = out, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        """Takes some bytes."""
        self._digest.update(data)
        self.size += len(data)
        if self._out is not None:
            self._out.write(data)
        return len(data)

    @property
    def sha(self) -> str:
        """Hex SHA-256 so far."""
        return self._digest.hexdigest()


def pieces(stream: BinaryIO, size: int = BLOCK) -> Iterator[bytes]:
    """A stream in blocks of one size."""
    while piece := stream.read(size):
        yield piece


def batched(items: Iterable[Item], number: int) -> Iterator[list[Item]]:
    """Items in lists of so many, the last one shorter."""
    held = list[Item]()
    for item in items:
        held.append(item)
        if len(held) == number:
            yield held
            held = []
    if held:
        yield held
