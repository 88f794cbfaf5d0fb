"""BagIt (RFC 8493) as text: declaration, bag-info, manifests, and the strict reading of them. Pure.

Only what a package needs is written and accepted: SHA-256 manifests, plain paths of ASCII letters, no fetch.txt. What
another program packed with the same parts is a bag all the same; what goes beyond is refused, not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT, INFO, MANIFEST, TAGS = "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
SIGNATURE, STATEMENT = "signature.txt", "data/package.json"
TAG_FILES = (BAGIT, INFO, MANIFEST)
"""The tag files that the tag manifest lists; it cannot list itself, and the signature is made over it."""

PATH = re.compile(r"data/(package\.json|records/[0-9a-f]{32}\.json|papers/[0-9a-f]{32}\.(pdf|jpg|png|tif))")
"""Every payload file a package may hold; nothing else has a name here, so no path can lead anywhere."""
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


class BadBag(ValueError):
    """The bag is not one; ``code`` says by which rule, ``words`` to whom it concerns."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


def manifest(digests: Mapping[str, str]) -> str:
    """A manifest: one line a file, by name."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


def parse_manifest(text: str) -> dict[str, str]:
    """Path → SHA-256; BadBag for a line that is none, or a path told twice."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    if lines[-1] != "":
        raise BadBag("manifest", "Danh mục tệp của gói bị cắt cụt.")
    for line in lines[:-1]:
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise BadBag("manifest", "Danh mục tệp của gói có dòng không đọc được.")
        if parts[2] in found:
            raise BadBag("manifest", "Danh mục tệp của gói ghi một tệp hai lần.")
        found[parts[2]] = parts[1]
    return found


def info(lines: Iterable[tuple[str, str]]) -> str:
    """bag-info.txt; values are one line each."""
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in lines)


def check_names(paths: Iterable[str]) -> None:
    """BadBag when a payload path is none of those a package has: also folders up, links, absolute and odd names."""
    for path in paths:
        if not PATH.fullmatch(path):
            raise BadBag("path", "Gói có tệp mang tên không được phép.")


def check_complete(listed: Mapping[str, str], held: Iterable[str]) -> None:
    """BadBag unless the manifest lists exactly the files that are there."""
    there = set(held)
    if there - set(listed):
        raise BadBag("manifest", "Gói có tệp không ghi trong danh mục.")
    if set(listed) - there:
        raise BadBag("manifest", "Gói thiếu tệp đã ghi trong danh mục.")


def oxum(sizes: Mapping[str, int]) -> str:
    """Payload-Oxum: bytes and number of the payload's files."""
    return f"{sum(sizes.values())}.{len(sizes)}"
