"""The confined child: Tesseract on pixels that come in over a pipe, its table of words back over another.

Run by ``scanning.engine`` as ``python -m scanning.tesseract`` inside the sandbox. It keeps the model loaded
(tesserocr); where tesserocr cannot be loaded it starts Debian's ``tesseract`` for every image (pytesseract).
Vietnamese only (``vie+eng`` doubles the errors in diacritics), one thread.

A message is four bytes of length, JSON of that length and, in requests, the shades of grey of the images the JSON
lists, row by row. Requests: ``{"op": "read" | "upright", "psm": 3, "images": [[width, height, dpi], …]}``. Answers:
``{"engine": …}`` at the start, ``{"tables": [TSV, …]}``, ``{"turns": [[degrees, confidence], …]}`` or
``{"error": code of Rejected}``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from scanning.limits import LIMITS

LANGUAGE = "vie"
_DATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata")
# tesserocr's numbers of page segmentation modes
_OSD_ONLY = 0
Shades = tuple[bytes, int, int, int]
"""Pixels row by row, width, height, dots per inch."""


class Reader(Protocol):
    """What reads images: the words as Tesseract's TSV, or how far to turn the image clockwise and how surely."""

    name: str

    def table(self, image: Shades, psm: int) -> str:
        """Return the rows of Tesseract's TSV without its head."""

    def turn(self, image: Shades) -> tuple[int, float]:
        """Return degrees clockwise that set the image upright, and Tesseract's confidence (0.0: no idea)."""


class Resident:
    """tesserocr: the models stay in memory from page to page."""

    def __init__(self, folder: str) -> None:
        self._module = import_module("tesserocr")
        self._folder = folder
        self._words = self._module.PyTessBaseAPI(path=folder, lang=LANGUAGE, psm=3)
        self._turns: Any = None
        self.name = f"tesserocr {self._module.tesseract_version().split()[1]}"

    def table(self, image: Shades, psm: int) -> str:
        """Return the rows of Tesseract's TSV without its head."""
        self._words.SetPageSegMode(psm)
        _show(self._words, image)
        try:
            return str(self._words.GetTSVText(0))
        finally:
            self._words.Clear()

    def turn(self, image: Shades) -> tuple[int, float]:
        """Return degrees clockwise that set the image upright, and Tesseract's confidence (0.0: no idea)."""
        if self._turns is None:
            self._turns = self._module.PyTessBaseAPI(path=self._folder, lang="osd", psm=_OSD_ONLY)
        _show(self._turns, image)
        found = self._turns.DetectOrientationScript()
        self._turns.Clear()
        if not found:
            return 0, 0.0
        return -int(found["orient_deg"]) % 360, float(found["orient_conf"])


def _show(api: Any, image: Shades) -> None:
    """Give an image to tesserocr."""
    pixels, width, height, dpi = image
    api.SetImageBytes(pixels, width, height, 1, width)
    api.SetSourceResolution(dpi)


class Spawning:
    """pytesseract: Debian's ``tesseract`` started for every image; slower by the start and the loading of the model."""

    def __init__(self, folder: str) -> None:
        self._module = import_module("pytesseract")
        self._image = import_module("PIL.Image")
        os.environ["TESSDATA_PREFIX"] = folder
        self.name = f"pytesseract {self._module.get_tesseract_version()}"

    def _picture(self, image: Shades) -> Any:
        pixels, width, height, _ = image
        picture = self._image.frombytes("L", (width, height), pixels)
        # pytesseract writes the picture to a file of this format: PNG would cost half as much as the OCR
        picture.format = "BMP"
        return picture

    def table(self, image: Shades, psm: int) -> str:
        """Return the rows of Tesseract's TSV without its head."""
        config = f"--psm {psm} --dpi {image[3]}"
        text: str = self._module.image_to_data(self._picture(image), lang=LANGUAGE, config=config)
        return text.partition("\n")[2]

    def turn(self, image: Shades) -> tuple[int, float]:
        """Return degrees clockwise that set the image upright, and Tesseract's confidence (0.0: no idea)."""
        output = self._module.Output.DICT
        try:
            found = self._module.image_to_osd(self._picture(image), lang="osd", config="--psm 0", output_type=output)
        except self._module.TesseractError:
            return 0, 0.0
        return int(found["rotate"]) % 360, float(found["orientation_conf"])


def reader() -> Reader | None:
    """Return the better reader this machine can run; None without Tesseract's Vietnamese data."""
    homes = (os.environ.get("TESSDATA_PREFIX", ""), *_DATA)
    folder = next((home for home in homes if home and (Path(home) / f"{LANGUAGE}.traineddata").is_file()), None)
    if folder is None:
        return None
    for kind in (Resident, Spawning):
        try:
            return kind(folder)
        except (ImportError, RuntimeError, OSError):
            continue
    return None


def confine() -> None:
    """Set the kernel limits of Limits on this process and all it starts; CPU is set anew for every request."""
    bounds = {
        resource.RLIMIT_AS: LIMITS.memory_bytes,
        resource.RLIMIT_FSIZE: LIMITS.output_bytes,
        resource.RLIMIT_NPROC: LIMITS.processes,
        resource.RLIMIT_NOFILE: LIMITS.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for bound, value in bounds.items():
        resource.setrlimit(bound, (value, value))


def answer(engine: Reader, request: dict[str, Any], images: list[Shades]) -> dict[str, Any]:
    """Return the answer to one request."""
    if request["op"] == "upright":
        return {"turns": [engine.turn(image) for image in images]}
    return {"tables": [engine.table(image, int(request["psm"])) for image in images]}


def main() -> int:
    """Answer requests until the pipe is closed."""
    confine()
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # whatever a library prints must not get between the messages
    os.dup2(2, 1)
    engine = reader()
    if engine is None:
        _send(target, {"error": "ocr_missing"})
        return 1
    _send(target, {"engine": engine.name})
    while head := source.read(4):
        request = json.loads(source.read(int.from_bytes(head, "big")))
        images = [(source.read(width * height), width, height, dpi) for width, height, dpi in request["images"]]
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + LIMITS.ocr_seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        try:
            found = answer(engine, request, images)
        except (RuntimeError, ValueError, KeyError, OSError, MemoryError):
            found = {"error": "ocr_failed"}
        _send(target, found)
    return 0


def _send(target: BinaryIO, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    target.write(len(data).to_bytes(4, "big") + data)
    target.flush()


if __name__ == "__main__":
    sys.exit(main())
