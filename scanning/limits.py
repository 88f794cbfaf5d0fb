"""What a file may cost: every bound on untrusted input in one place."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds kept on every file: pages, pixels, bytes, seconds.

    ``cpu_seconds``, ``memory_bytes``, ``output_bytes``, ``processes`` and ``open_files`` are kernel limits
    set inside the sandbox; ``wall_seconds`` is kept from outside, so that a sleeping child ends too. A file of which
    ``strikes`` pages ran over the limits is given up: looked at, then twice too slow, it ends within 90 seconds.
    """

    max_bytes: int = 500 * MIB
    max_pages: int = 2000
    max_pixels: int = 60_000_000  # a page of A3 at 600 dpi has 70 million: larger is not an office scan
    max_edge: int = 5000  # longest side of a page image handed on, pixels: A3 at 300 dpi
    dpi: int = 300
    cpu_seconds: int = 20
    wall_seconds: int = 25
    strikes: int = 2
    memory_bytes: int = 2048 * MIB
    output_bytes: int = 200 * MIB
    processes: int = 64
    open_files: int = 64
    ocr_seconds: int = 35


LIMITS = Limits()
