"""The sandboxed child: open one untrusted file, say what it is, or write one page as raw pixels.

Run by ``scanning.sandbox`` as ``python -m scanning.open inspect``, ``… rasterise NUMBER`` or ``… signatures``; reads
``/in/file``, writes ``/out/result.json`` (and ``/out/page.ppm``). With ``scanning.active_content`` it is the
only code of the project that parses files from outside.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from pdf2image import convert_from_path, pdfinfo_from_path
from pdf2image.exceptions import PDFPageCountError, PDFSyntaxError
from PIL import Image, ImageFile, ImageOps

from scanning.active_content import flags_of
from scanning.limits import LIMITS
from scanning.rejection import Rejected

SOURCE = Path("/in/file")
OUTPUT = Path("/out")
POINTS_PER_INCH = 72
A4_LONG_EDGE_INCHES = 11.69
_MAGIC = {
    b"%PDF-": "pdf",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"II+\x00": "tiff",
    b"MM\x00+": "tiff",
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
}
# TIFF tags 273/279 place strips, 324/325 place tiles
_TIFF_EXTENTS = ((273, 279), (324, 325))
_PAGE_SIZE = re.compile(r"([\d.]+) x ([\d.]+) pts")


def confine(cpu_seconds: int = LIMITS.cpu_seconds) -> None:
    """Set the kernel limits of Limits on this process and all it starts."""
    bounds = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_AS: LIMITS.memory_bytes,
        resource.RLIMIT_FSIZE: LIMITS.output_bytes,
        resource.RLIMIT_NPROC: LIMITS.processes,
        resource.RLIMIT_NOFILE: LIMITS.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for bound, value in bounds.items():
        resource.setrlimit(bound, (value, value))


def kind_of(head: bytes) -> str:
    """Return the kind (pdf, tiff, jpeg, png) that the first bytes of a file show; raises Rejected if none."""
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    raise Rejected("not_supported")


def inspect_file(path: Path) -> dict[str, Any]:
    """Return ``kind``, ``page_count`` and ``flags`` (scanning.active_content) of a file; raises Rejected if it cannot
    be opened whole.
    """
    with path.open("rb") as stream:
        kind = kind_of(stream.read(16))
    count = int(pdf_info(path).get("Pages", 0)) if kind == "pdf" else count_frames(path)
    if count < 1:
        raise Rejected("unreadable")
    if count > LIMITS.max_pages:
        raise Rejected("too_many_pages")
    return {"kind": kind, "page_count": count, "flags": list(flags_of(path, kind))}


def rasterise_file(path: Path, number: int) -> dict[str, Any]:
    """Write page ``number`` (from 1) as ``/out/page.ppm`` and return its ``dpi``; raises Rejected."""
    with path.open("rb") as stream:
        kind = kind_of(stream.read(16))
    return rasterise_pdf(path, number) if kind == "pdf" else rasterise_image(path, number)


def pdf_info(path: Path, number: int = 1) -> dict[str, Any]:
    """Return poppler's facts about a PDF, with the size of one page; raises Rejected."""
    try:
        info: dict[str, Any] = pdfinfo_from_path(str(path), first_page=number, last_page=number)
    except PDFPageCountError as error:
        if "assword" in str(error):
            raise Rejected("encrypted") from None
        tail = path.read_bytes()[-2048:]
        raise Rejected("unreadable" if b"%%EOF" in tail else "truncated") from None
    return info


def rasterise_pdf(path: Path, number: int) -> dict[str, Any]:
    """Render one PDF page at 300 dpi, or lower when its box is huge; raises Rejected.

    The size is always bounded in pixels: on a huge page box poppler given a resolution alone prints a
    memory error and still exits with 0. ``damaged`` tells that it complained: it leaves out what it cannot draw.
    """
    info = pdf_info(path, number)
    sizes = [_PAGE_SIZE.search(str(value)) for key, value in info.items() if re.match(r"Page\s+\d+ size", key)]
    size = next((found for found in sizes if found), None)
    if size is None:
        raise Rejected("no_such_page" if number > int(info.get("Pages", 0)) else "unreadable")
    inches = max(float(size[1]), float(size[2]), 1.0) / POINTS_PER_INCH
    edge = max(1, min(round(inches * LIMITS.dpi), LIMITS.max_edge))
    damaged = False
    try:
        convert_from_path(
            str(path),
            first_page=number,
            last_page=number,
            size=edge,
            fmt="ppm",
            output_folder=str(OUTPUT),
            output_file="page",
            single_file=True,
            paths_only=True,
            strict=True,
        )
    except PDFSyntaxError:
        damaged = True
    except PDFPageCountError:
        raise Rejected("unreadable") from None
    if not (OUTPUT / "page.ppm").is_file():
        raise Rejected("unreadable")
    return {"dpi": round(edge / inches, 2), "damaged": damaged}


def open_image(path: Path) -> ImageFile.ImageFile:
    """Open an image header with the pixel limit on; raises Rejected."""
    Image.MAX_IMAGE_PIXELS = LIMITS.max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        return Image.open(path, formats=("JPEG", "PNG", "TIFF"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Rejected("too_large_image") from None


def check_size(image: Image.Image) -> None:
    """Raise Rejected if a frame has too many pixels, before any memory is taken for it."""
    if image.width * image.height > LIMITS.max_pixels:
        raise Rejected("too_large_image")


def count_frames(path: Path) -> int:
    """Return the number of pages of an image file whose data is all there; raises Rejected."""
    image = open_image(path)
    check_size(image)
    if image.format != "TIFF":
        image.load()
        return 1
    size = path.stat().st_size
    count = 0
    while count <= LIMITS.max_pages:
        try:
            image.seek(count)
        except EOFError:
            break
        check_size(image)
        check_extents(image, size)
        count += 1
    return count


def check_extents(image: ImageFile.ImageFile, size: int) -> None:
    """Raise Rejected if a strip or tile of the current TIFF frame lies beyond the end of the file."""
    tags: Any = getattr(image, "tag_v2", {})
    for offsets, lengths in _TIFF_EXTENTS:
        for offset, length in zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False):
            if offset + length > size:
                raise Rejected("truncated")


def rasterise_image(path: Path, number: int) -> dict[str, Any]:
    """Decode one frame of an image into ``/out/page.ppm``, scaled down if larger than any office page."""
    image = open_image(path)
    try:
        image.seek(number - 1)
    except EOFError:
        raise Rejected("no_such_page") from None
    check_size(image)
    dpi = resolution(image)
    page = ImageOps.exif_transpose(flatten(image))
    edge = max(page.size)
    if edge > LIMITS.max_edge:
        page.thumbnail((LIMITS.max_edge, LIMITS.max_edge), Image.Resampling.BOX)
        dpi *= LIMITS.max_edge / edge
    page.save(OUTPUT / "page.ppm", format="PPM")
    return {"dpi": round(dpi, 2)}


def flatten(image: Image.Image) -> Image.Image:
    """Return the image as opaque 8-bit RGB: 16-bit grey scaled, transparency laid on white."""
    if image.mode.startswith("I;16"):
        # a plain conversion would clip every value above 255 to white
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return image.convert("RGB")


def resolution(image: Image.Image) -> float:
    """Return an image's dots per inch: as written in it if that makes a plausible sheet, else as if A4."""
    edge = max(image.size)
    stated = image.info.get("dpi")
    if stated:
        dpi = float(stated[0])
        # cameras and drawing programs write 72 or 96 on everything: a sheet of 3 to 18 inches is believable
        if 50 <= dpi <= 1250 and 3 <= edge / dpi <= 18:
            return dpi
    return min(max(edge / A4_LONG_EDGE_INCHES, 1.0), 1250.0)


def run(arguments: list[str]) -> dict[str, Any]:
    """Do one command and return its result; every failure becomes ``{"rejected": code}``."""
    result = attempt(arguments)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if "rejected" in result and used.ru_utime + used.ru_stime >= LIMITS.cpu_seconds - 1:
        # poppler was stopped by the kernel, which its wrapper takes for a broken file
        return {"rejected": "over_limits"}
    return result


def attempt(arguments: list[str]) -> dict[str, Any]:
    """Do one command; what is refused, or fails in any way, becomes ``{"rejected": code}``."""
    try:
        if arguments[0] == "inspect":
            return inspect_file(SOURCE)
        if arguments[0] == "signatures":
            # pyHanko takes half a second to load: only those pay who need it
            from scanning.signatures import check_file

            return check_file(SOURCE)
        return rasterise_file(SOURCE, int(arguments[1]))
    except Rejected as refusal:
        return {"rejected": refusal.code}
    except MemoryError:
        return {"rejected": "over_limits"}
    except Exception as error:  # the file is hostile and its parsers are not ours: any failure is a refusal
        text = str(error).lower()
        return {"rejected": "truncated" if "truncated" in text or "broken data" in text else "unreadable"}


def main() -> None:
    """Confine this process, do the command of the command line, write the result whole or not at all."""
    (OUTPUT / "started").touch()
    confine()
    result = run(sys.argv[1:])
    (OUTPUT / "result.tmp").write_text(json.dumps(result), encoding="utf-8")
    os.replace(OUTPUT / "result.tmp", OUTPUT / "result.json")


if __name__ == "__main__":
    main()
