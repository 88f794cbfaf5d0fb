"""Names of exported files and folders: a pattern of the office, filled in, safe on every file system, never the same
twice in a folder.

The defaults follow Phụ lục 2 of CV 1361-CV/BTCTW as it is known at second hand; projects differ, so that the pattern
is a setting. TT 05/2025/TT-BNV would be ``{ho_so}.{to}``.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence

from vietnamese.text import nfc, repair_eth

FOLDER = "{don_vi}/{dinh_danh}_{HoTen}"
FILE = "{stt}.{ten}{lan}"
FIELDS = ("don_vi", "dinh_danh", "HoTen", "ho_so", "stt", "stt3", "ten", "ten_", "lan", "lan1", "to")
"""What a pattern may hold: code of the unit; number of the citizen's card, else of the dossier; the person's name as
one word; number of the dossier; number in the list with two or three digits; name in the list, or with underscores;
.1, .2 when there are several, or always; the paper's number in its dossier. The operator's guide lists them.
"""

LONGEST = 100
"""Letters of one part of a path; Windows stops at 260 for the whole."""

_BAD = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))))


def problem_of(pattern: str) -> str:
    """What is wrong with a pattern, in words for the operator, or ""."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError:
        return "braces do not match"
    fields = [name for _text, name, _form, _conversion in parts if name is not None]
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        return f"unknown field {{{unknown[0]}}}; known: {', '.join(FIELDS)}"
    if any(form or conversion for _text, name, form, conversion in parts if name is not None):
        return "fields take no format"
    if not fields:
        return "at least one field is needed"
    return "" if ".." not in pattern.split("/") and not pattern.startswith("/") else "must stay in its folder"


def plain(text: str) -> str:
    """The text without marks, its case kept: "Quyết định" becomes "Quyet dinh"."""
    bare = unicodedata.normalize("NFD", repair_eth(nfc(text)).replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in bare if letter.isascii())


def pascal(name: str) -> str:
    """A person's name as one word without marks: "Nguyễn Văn An" becomes "NguyenVanAn"."""
    return "".join(part[:1].upper() + part[1:].lower() for part in plain(name).split())


def safe(part: str) -> str:
    """One part of a path that every file system takes; "_" when nothing is left."""
    clean = " ".join(_BAD.sub("-", part).split())[:LONGEST].strip(" .")
    if clean.split(".")[0].lower() in _RESERVED:
        clean = f"_{clean}"
    return clean or "_"


def path_of(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern filled in: values cannot add a folder, parts are safe."""
    return "/".join(safe(part.format_map(dict(values))) for part in pattern.split("/") if part)


def serial(number: int | None, digits: int) -> str:
    """A number of the list: "05", "104"; "00" for a paper that has none."""
    return str(number or 0).zfill(digits)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, those that came before in any case told apart by " (2)", " (3)" …"""
    taken: set[str] = set()
    made = []
    for name in names:
        wanted, count = name, 1
        while wanted.lower() in taken:
            count += 1
            wanted = f"{name} ({count})"
        taken.add(wanted.lower())
        made.append(wanted)
    return made
