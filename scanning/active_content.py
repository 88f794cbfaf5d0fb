"""What in a file could act by itself, or is another file in disguise: found in the sandboxed child, only named here.

Nothing is taken out of the original. People are shown pixels, and every PDF that is handed out is written anew from
pixels, so that what is found here is for their knowledge, not for their safety. Names and places after ISO 32000-2
(12.6 actions, 12.5.6 annotations, 12.7.8 XFA, 7.11.4 embedded files).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

LABELS_VI = {
    "javascript": "JavaScript",
    "automatic": "lệnh tự chạy khi mở",
    "launch": "lệnh mở chương trình",
    "attachment": "tệp đính kèm",
    "xfa": "biểu mẫu XFA",
    "link": "liên kết ngoài",
    "media": "phim, âm thanh hoặc mô hình 3D",
    "submit": "biểu mẫu tự gửi đi",
    "trailing": "dữ liệu thừa sau cuối tệp",
    "polyglot": "tệp loại khác ẩn bên trong",
    "unchecked": "cấu trúc không kiểm tra hết được",
}
"""Codes of what is found, in the order they are told, with the words of the pages."""

MAX_NODES = 400_000
MAX_DEPTH = 60
_EOF = b"%%EOF"
_TAIL = 1024
_PADDING = b"\0\t\n\f\r \x1a"
_ACTIONS = {
    "/JavaScript": "javascript",
    "/Launch": "launch",
    "/URI": "link",
    "/GoToR": "link",
    "/GoToE": "link",
    "/GoToDp": "link",
    "/SubmitForm": "submit",
    "/ImportData": "submit",
    "/Movie": "media",
    "/Sound": "media",
    "/Rendition": "media",
    "/RichMediaExecute": "media",
    "/GoTo3DView": "media",
}
_ANNOTATIONS = {
    "/FileAttachment": "attachment",
    "/Movie": "media",
    "/Sound": "media",
    "/Screen": "media",
    "/RichMedia": "media",
    "/3D": "media",
}
_KEYS = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/XFA": "xfa",
    "/EF": "attachment",
    "/EmbeddedFiles": "attachment",
    "/RichMediaContent": "media",
    "/AA": "automatic",
}
# magic of programs, archives and pages that a browser or a shell would act on
_FOREIGN = (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"MZ\x90", b"\x7fELF", b"<html", b"<script", b"<svg")


def sentence_vi(flags: Sequence[str]) -> str:
    """Return what a person is told of a file with these flags, or ""; codes that are not known are left out."""
    acting = [LABELS_VI[code] for code in LABELS_VI if code in flags and code != "unchecked"]
    told = f"Tệp gốc có nội dung chạy được hoặc lạ ({', '.join(acting)}); trang xem là ảnh, đã bỏ." if acting else ""
    if "unchecked" in flags:
        told += " " * bool(told) + "Cấu trúc tệp gốc quá rối, không kiểm tra hết được; trang xem là ảnh."
    return told


def flags_of(path: Path, kind: str) -> tuple[str, ...]:
    """Return the codes of ``LABELS_VI`` found in a file of a kind (pdf, tiff, jpeg, png), in their order.

    Never raises for a bad file: what cannot be looked through is "unchecked".
    """
    found = set(_outside(path, kind))
    if kind == "pdf":
        try:
            found |= _inside(path)
        except Exception:  # the file is hostile and its parser is not ours: what it hides is told as unknown
            found.add("unchecked")
    return tuple(code for code in LABELS_VI if code in found)


def _outside(path: Path, kind: str) -> Iterator[str]:
    """Yield what the bytes around the file's own structure tell."""
    with path.open("rb") as stream:
        head = stream.read(_TAIL)
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - 66_000))
        tail = stream.read()
    after = b""
    if kind == "pdf":
        after = tail[tail.rfind(_EOF) + len(_EOF) :].strip(_PADDING) if _EOF in tail else tail
        if after:
            yield "trailing"
    elif kind == "png" and b"IEND" in tail:
        after = tail[tail.rfind(b"IEND") + 8 :].strip(_PADDING)
    elif kind == "jpeg" and b"\xff\xd9" in tail:
        after = tail[tail.rfind(b"\xff\xd9") + 2 :].strip(_PADDING)
    in_head = b"%PDF-" in head[1:] or any(magic in head.lower() for magic in (b"<html", b"<script"))
    if in_head or any(magic in after[:_TAIL] for magic in _FOREIGN) or _is_zip(path):
        yield "polyglot"


def _is_zip(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except (OSError, ValueError):
        return False


def _inside(path: Path) -> set[str]:
    """Return what the objects of a PDF hold: every object of its tables is looked at, once."""
    import pikepdf

    found: set[str] = set()
    with pikepdf.open(path) as document:
        opening = document.Root.get("/OpenAction")
        if isinstance(opening, pikepdf.Dictionary) and opening.get("/S") not in (None, "/GoTo"):
            found.add("automatic")
        left = MAX_NODES
        for item in document.objects:
            left = _look(item, found, left, pikepdf)
            if left <= 0:
                found.add("unchecked")
                break
    return found


def _look(item: Any, found: set[str], left: int, library: Any) -> int:
    """Look at one object and all that stands directly in it; return how many more may be looked at."""
    pending = [(item, 0)]
    while pending and left > 0:
        node, depth = pending.pop()
        left -= 1
        if depth > MAX_DEPTH:
            found.add("unchecked")
            continue
        if isinstance(node, (library.Dictionary, library.Stream)):
            values = dict(node.stream_dict if isinstance(node, library.Stream) else node)
            found |= set(_told_by(values, isinstance(node, library.Stream)))
            inner = list(values.values())
        elif isinstance(node, library.Array):
            inner = list(node)
        else:
            continue
        for value in inner:
            # what stands elsewhere has its own turn: a cycle needs such a reference
            if isinstance(value, (library.Dictionary, library.Array)) and not value.is_indirect:
                pending.append((value, depth + 1))
    return left


def _told_by(values: dict[str, Any], is_stream: bool) -> Iterator[str]:
    """Yield what one dictionary stands for."""
    action, kind = _name(values.get("/S")), _name(values.get("/Subtype"))
    if action in _ACTIONS and kind != "/Image":
        yield _ACTIONS[action]
    if kind in _ANNOTATIONS and ("/Rect" in values or kind == "/3D"):
        yield _ANNOTATIONS[kind]
    for key in values.keys() & _KEYS.keys():
        yield _KEYS[key]
    if is_stream and ("/F" in values or kind == "/PS"):
        # the data of the stream lies in another file, or it is a program in PostScript
        yield "link" if "/F" in values else "javascript"
    if _name(values.get("/Type")) == "/EmbeddedFile":
        yield "attachment"


def _name(value: Any) -> str:
    text = str(value) if value is not None else ""
    return text if text.startswith("/") else ""
