"""A package as a file: the bag as a deterministic tar, signed and sealed; and the strict way back.

The tar that is accepted is the one that would be written: every header is compared byte for byte with the one its name
and size make, names are in order, padding is zeros, nothing follows. So there are no links, no folders, no second file
of a name, no compression, and not one byte that the signature or the structure does not cover. Nothing is unpacked:
files are read out of the tar by their place.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from oms.domain import bagging
from oms.domain.bagging import BAGIT, INFO, MANIFEST, SIGNATURE, TAG_FILES, TAGS, BadBag
from oms.domain.packages import BOUNDS, Bounds
from oms.services.exchange_keys import Keys

BLOCK, PIECE = 512, 1024 * 1024
_END = b"\0" * (2 * BLOCK)
_SIGNATURE = re.compile(r"OMS-EXCHANGE-SIGNATURE 1\nkey: ([0-9a-f]{64})\nsignature: ([0-9a-f]{128})\n")
_ROOT = re.compile(r"oms-([0-9a-f]{32})")


@dataclass(frozen=True)
class Part:
    """One payload file: its path in the bag and its bytes, or what gives them piece by piece."""

    path: str
    sha256: str
    size: int
    source: bytes | Callable[[], Iterator[bytes]]


def part_of(path: str, data: bytes) -> Part:
    """A payload file held in memory."""
    return Part(path, hashlib.sha256(data).hexdigest(), len(data), data)


@dataclass(frozen=True)
class Written:
    """A sealed package on the disk: the SHA-256 of the bag (its digest), of the sealed file, and its size."""

    digest: str
    sealed_sha: str
    size: int


def _header(name: str, size: int) -> bytes:
    told = tarfile.TarInfo(name)
    told.size, told.mode, told.mtime = size, 0o600, 0
    return told.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")


def _pieces(part: Part) -> Iterator[bytes]:
    if isinstance(part.source, bytes):
        yield part.source
        return
    yield from part.source()


def parts_of(package_id: str, payload: Sequence[Part], about: Sequence[tuple[str, str]], keys: Keys) -> list[Part]:
    """Every file of the bag, the tag files and the signature made."""
    sizes = {part.path: part.size for part in payload}
    more = [("External-Identifier", package_id), ("Payload-Oxum", bagging.oxum(sizes)), *about]
    manifest = bagging.manifest({part.path: part.sha256 for part in payload}).encode()
    tags = {BAGIT: bagging.DECLARATION.encode(), INFO: bagging.info(more).encode(), MANIFEST: manifest}
    listed = bagging.manifest({name: hashlib.sha256(data).hexdigest() for name, data in tags.items()}).encode()
    signature = f"OMS-EXCHANGE-SIGNATURE 1\nkey: {keys.public()}\nsignature: {keys.sign_package(listed)}\n"
    tags |= {TAGS: listed, SIGNATURE: signature.encode()}
    made = [part_of(name, data) for name, data in tags.items()]
    return sorted([*made, *payload], key=lambda part: part.path)


def write_tar(package_id: str, parts: Sequence[Part], out: BinaryIO) -> str:
    """Writes the deterministic tar; returns its SHA-256. ValueError when a file is not what was said of it."""
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        out.write(data)

    for part in parts:
        put(_header(f"oms-{package_id}/{part.path}", part.size))
        seen, own = 0, hashlib.sha256()
        for piece in _pieces(part):
            seen += len(piece)
            own.update(piece)
            put(piece)
        if seen != part.size or own.hexdigest() != part.sha256:
            raise ValueError("a file changed while it was packed")
        put(b"\0" * (-seen % BLOCK))
    put(_END)
    return digest.hexdigest()


def seal(package_id: str, parts: Sequence[Part], recipient: str, target: Path) -> Written:
    """Packs, seals for the receiver and puts the whole file at ``target``, on the disk."""
    import pyrage

    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = pyrage.x25519.Recipient.from_str(recipient)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as folder:
        plain, sealed = Path(folder) / "bag.tar", Path(folder) / "bag.age"
        with plain.open("wb") as out:
            digest = write_tar(package_id, parts, out)
        with plain.open("rb") as source, sealed.open("wb") as out:
            pyrage.encrypt_io(source, out, [wanted])
            out.flush()
            os.fsync(out.fileno())
        with sealed.open("rb") as stream:
            sealed_sha = hashlib.file_digest(stream, "sha256").hexdigest()
        os.replace(sealed, target)
    sync_folder(target.parent)
    return Written(digest, sealed_sha, target.stat().st_size)


def sync_folder(folder: Path) -> None:
    """Has the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Bounded:
    """What a seal is opened into: stops at the bound, whatever the file says of itself."""

    def __init__(self, out: BinaryIO, most: int) -> None:
        self._out, self._most, self._held = out, most, 0

    def write(self, data: bytes) -> int:
        self._held += len(data)
        if self._held > self._most:
            raise BadBag("size", "Gói lớn hơn mức cho phép.")
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


@dataclass(frozen=True)
class Member:
    """Where a file of the bag lies in the tar."""

    at: int
    size: int


@dataclass(frozen=True)
class Bag:
    """A bag as it lies in a tar whose structure is right; nothing of it is believed yet."""

    path: Path
    package_id: str
    digest: str
    members: Mapping[str, Member]
    key: str
    """The public key (hex) that the signature names."""

    def read(self, name: str, most: int) -> bytes:
        """A file's bytes; BadBag when it is larger than it may be."""
        member = self.members[name]
        if member.size > most:
            raise BadBag("size", "Một tệp trong gói lớn hơn mức cho phép.")
        with self.path.open("rb") as stream:
            stream.seek(member.at)
            return stream.read(member.size)

    def sha256(self, name: str) -> str:
        """The SHA-256 of a file as it lies there."""
        return self._walk(name, None)

    def copy(self, name: str, target: Path) -> None:
        """Writes a file out under a name of the caller's."""
        with target.open("xb") as out:
            self._walk(name, out.write)

    def _walk(self, name: str, put: Callable[[bytes], int] | None) -> str:
        member, digest = self.members[name], hashlib.sha256()
        with self.path.open("rb") as stream:
            stream.seek(member.at)
            left = member.size
            while left:
                piece = stream.read(min(PIECE, left))
                left -= len(piece)
                digest.update(piece)
                if put is not None:
                    put(piece)
        return digest.hexdigest()


@contextmanager
def opened(sealed: Path, keys: Keys, bounds: Bounds = BOUNDS) -> Iterator[Bag]:
    """Opens the seal into a folder of its own, which is gone afterwards, and reads the bag's structure.

    BadBag: not sealed for us, damaged, too large, or no bag of ours.
    """
    import pyrage

    if sealed.stat().st_size > bounds.package_bytes + PIECE:
        raise BadBag("size", "Gói lớn hơn mức cho phép.")
    with tempfile.TemporaryDirectory(prefix="oms-exchange-") as folder:
        plain = Path(folder) / "bag.tar"
        with sealed.open("rb") as source, plain.open("wb") as out:
            try:
                pyrage.decrypt_io(source, _Bounded(out, bounds.package_bytes), keys.identities())
            except (pyrage.DecryptError, OSError):
                raise BadBag(
                    "seal", "Không mở được dấu niêm phong: gói hỏng, hoặc không gửi cho hệ thống này."
                ) from None
        yield read_tar(plain, bounds)


def read_tar(plain: Path, bounds: Bounds = BOUNDS) -> Bag:
    """The bag in a tar; BadBag unless it is byte for byte the tar we would have written."""
    with plain.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        package_id, members = _members(stream, plain.stat().st_size, bounds)
        signature = members.get(SIGNATURE)
        if signature is None or signature.size != len(_example()):
            raise BadBag("signature", "Gói không có chữ ký.")
        stream.seek(signature.at)
        told = _SIGNATURE.fullmatch(stream.read(signature.size).decode("latin-1"))
    if told is None:
        raise BadBag("signature", "Chữ ký của gói không đọc được.")
    return Bag(plain, package_id, digest, members, told[1])


def _example() -> str:
    return f"OMS-EXCHANGE-SIGNATURE 1\nkey: {'0' * 64}\nsignature: {'0' * 128}\n"


def signature_of(bag: Bag) -> str:
    """The signature's digits."""
    told = _SIGNATURE.fullmatch(bag.read(SIGNATURE, 4096).decode("latin-1"))
    return told[2] if told else ""


def _members(stream: BinaryIO, length: int, bounds: Bounds) -> tuple[str, dict[str, Member]]:
    wrong = BadBag("structure", "Gói sai cấu trúc: không phải tệp do hệ thống trao đổi lập, hoặc đã bị sửa.")
    found: dict[str, Member] = {}
    root, last = "", ""
    while (block := stream.read(BLOCK)) != _END[:BLOCK]:
        name, size = _told(block, wrong)
        folder, _slash, path = name.partition("/")
        if (root and folder != root) or not _ROOT.fullmatch(folder) or path <= last or block != _header(name, size):
            raise wrong
        if len(found) >= bounds.files:
            raise BadBag("files", f"Gói có nhiều hơn {bounds.files} tệp.")
        if size > bounds.file_bytes:
            raise BadBag("size", "Một tệp trong gói lớn hơn mức cho phép.")
        root, last, at = folder, path, stream.tell()
        if at + size > length:
            raise wrong
        found[path] = Member(at, size)
        stream.seek(size, io.SEEK_CUR)
        padding = -size % BLOCK
        if stream.read(padding) != b"\0" * padding:
            raise wrong
    if stream.read(2 * BLOCK) != _END[BLOCK:] or not root:
        raise wrong
    payload = [path for path in found if path not in (*TAG_FILES, TAGS, SIGNATURE)]
    if len(found) - len(payload) != 5:
        raise wrong
    bagging.check_names(payload)
    return root.removeprefix("oms-"), found


def _told(block: bytes, wrong: BadBag) -> tuple[str, int]:
    """Name and size that a header says; the rest of it is compared by whoever asks."""
    if len(block) != BLOCK:
        raise wrong
    name, digits = block[:100].rstrip(b"\0"), block[124:135]
    if not digits.isdigit() or not name.isascii():
        raise wrong
    try:
        return name.decode("ascii"), int(digits, 8)
    except ValueError:
        raise wrong from None


def check_files(bag: Bag) -> dict[str, str]:
    """Path → SHA-256 of the payload, every file held against the manifests. BadBag when one is not as listed."""
    tags = bagging.parse_manifest(_text(bag, TAGS))
    if set(tags) != set(TAG_FILES) or any(bag.sha256(name) != digest for name, digest in tags.items()):
        raise BadBag("manifest", "Danh mục của gói không đúng với các tệp của nó.")
    if _text(bag, BAGIT) != bagging.DECLARATION:
        raise BadBag("manifest", "Gói không khai là BagIt 1.0.")
    listed = bagging.parse_manifest(_text(bag, MANIFEST))
    payload = [path for path in bag.members if path.startswith("data/")]
    bagging.check_complete(listed, payload)
    if any(bag.sha256(path) != listed[path] for path in payload):
        raise BadBag("hash", "Một tệp trong gói không đúng mã SHA-256.")
    return listed


def _text(bag: Bag, name: str) -> str:
    try:
        return bag.read(name, BOUNDS.tag_bytes).decode("ascii" if name != INFO else "utf-8")
    except UnicodeDecodeError:
        raise BadBag("manifest", "Danh mục của gói có ký tự không cho phép.") from None
