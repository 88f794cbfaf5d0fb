"""Untrusted files to page images, always by way of the sandbox: what a file is, one page as pixels."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scanning.active_content import LABELS_VI, sentence_vi
from scanning.limits import LIMITS
from scanning.rejection import Rejected
from scanning.sandbox import read_output, run_confined

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Inspection:
    """What a file is by its content: ``kind`` pdf, tiff, jpeg or png; ``page_count`` at least 1.

    ``flags`` are codes of ``scanning.active_content.LABELS_VI``: what in the file could act by itself.
    """

    kind: str
    page_count: int
    flags: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What a person is told of the flags, in Vietnamese, or ""."""
        return sentence_vi(self.flags)


@dataclass(frozen=True)
class RasterPage:
    """One page as pixels: ``image`` is height × width × 3, blue-green-red; ``dpi`` dots per inch.

    ``damaged`` says that the file has faults on this page and something of it may be missing from the image.
    """

    image: Pixels = field(repr=False, compare=False)
    dpi: float
    damaged: bool = False


def inspect(path: str | os.PathLike[str]) -> Inspection:
    """Return what the file is and how many pages it has, judged by content and never by name.

    Raises Rejected: empty, not_supported, encrypted, truncated, too_large_file, too_large_image,
    too_many_pages, unreadable, over_limits, sandbox_missing, missing.
    """
    source = checked(path)
    with tempfile.TemporaryDirectory(prefix="oms-scan-") as folder:
        result = run_confined(["inspect"], source, Path(folder))
        return Inspection(str(result["kind"]), int(result["page_count"]), _flags(result.get("flags")))


def _flags(told: object) -> tuple[str, ...]:
    """Return the flags the child told: known codes only, whatever it wrote."""
    return tuple(code for code in LABELS_VI if isinstance(told, list) and code in told)


def rasterise(path: str | os.PathLike[str], number: int) -> RasterPage:
    """Return page ``number`` (from 1) as pixels, at most ``LIMITS.max_edge`` on its longest side.

    PDF pages are rendered at 300 dpi (less when the page box is huge), images keep their own pixels. Raises
    Rejected as ``inspect`` does, and no_such_page.
    """
    if number < 1:
        raise Rejected("no_such_page")
    source = checked(path)
    with tempfile.TemporaryDirectory(prefix="oms-scan-") as folder:
        result = run_confined(["rasterise", str(number)], source, Path(folder))
        return RasterPage(_pixels(Path(folder) / "page.ppm"), float(result["dpi"]), result.get("damaged") is True)


def checked(path: str | os.PathLike[str]) -> Path:
    """Return the real path of a regular file within the size limit; raises Rejected."""
    try:
        source = Path(path).resolve(strict=True)
        size = source.stat().st_size
        readable = source.is_file() and os.access(source, os.R_OK)
    except (OSError, ValueError, RuntimeError):
        raise Rejected("missing") from None
    if not readable:
        raise Rejected("missing")
    if size == 0:
        raise Rejected("empty")
    if size > LIMITS.max_bytes:
        raise Rejected("too_large_file")
    return source


def _pixels(path: Path) -> Pixels:
    """Return the pixels of a binary PPM (P6) as blue-green-red; raises Rejected if it is not whole."""
    try:
        data = read_output(path)
    except OSError:
        raise Rejected("unreadable") from None
    # exactly one white byte ends the header: pixel bytes that look like white space must stay
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if header is None:
        raise Rejected("unreadable")
    columns, rows = int(header[1]), int(header[2])
    if columns * rows * 3 != len(data) - header.end() or columns * rows == 0:
        raise Rejected("unreadable")
    flat = np.frombuffer(data, np.uint8, offset=header.end())
    return np.ascontiguousarray(flat.reshape(rows, columns, 3)[:, :, ::-1])
