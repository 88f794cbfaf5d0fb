"""Recognition in one long-lived child a process, inside the sandbox: whole pages, single lines, which way is up.

The child (``scanning.tesseract``) is started by the first page, answers over pipes, and is started anew after
``RECYCLE`` images, when it died, or when it did not answer in time: the caller gets Rejected, never a crash. It ends
with its parent, also when that is killed. A forked process gets a child of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from scanning.files import Pixels
from scanning.limits import LIMITS
from scanning.page import Box
from scanning.pixels import grey, scaled
from scanning.rejection import Rejected
from scanning.sandbox import resident_command

CHILD = "scanning.tesseract"
RECYCLE = 400
START_SECONDS = 60.0
ANSWER_BYTES = 64 * 1024 * 1024
OSD_EDGE = 1600
WHOLE_PAGE, ONE_LINE = 3, 7
_MIN_DPI, _MAX_DPI = 70, 2400
# white paper around a line, in shares of its height: letters touching the edge of an image are misread
_CROP_MARGIN = 0.25
# Tesseract's lines are 36 or 48 px high inside: letters much smaller than that lose their marks
_LINE_HEIGHT = 48


@dataclass(frozen=True)
class RawWord:
    """A word as Tesseract gives it; ``line`` and ``paragraph`` are keys that change where those do."""

    text: str
    box: Box
    confidence: float
    line: tuple[int, int, int]
    paragraph: tuple[int, int]


class EngineDied(Exception):
    """The child ended or closed its pipe in the middle of a request."""


class Engine:
    """One child and the pipes to it; not for more than one thread at a time."""

    def __init__(self) -> None:
        """Start the child and wait for its greeting; raises Rejected sandbox_missing or ocr_missing."""
        try:
            self._child = subprocess.Popen(
                resident_command(CHILD),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError:
            raise Rejected("sandbox_missing") from None
        pipes = [stream.fileno() for stream in (self._child.stdin, self._child.stdout) if stream is not None]
        for pipe in pipes:
            os.set_blocking(pipe, False)
        self._to, self._from = pipes
        self.served = 0
        try:
            self.name = str(self._received(time.monotonic() + START_SECONDS)["engine"])
        except (EngineDied, TimeoutError, KeyError):
            self.close()
            raise Rejected("sandbox_missing") from None
        except Rejected:
            self.close()
            raise

    def ask(self, request: dict[str, Any], images: Sequence[Pixels], deadline: float) -> dict[str, Any]:
        """Return the child's answer; raises Rejected (its refusal), TimeoutError past ``deadline``, EngineDied."""
        head = json.dumps(request).encode()
        self._sent(len(head).to_bytes(4, "big") + head, deadline)
        for image in images:
            self._sent(np.ascontiguousarray(image).data.cast("B"), deadline)
        self.served += len(images)
        return self._received(deadline)

    def close(self) -> None:
        """Kill the child and close the pipes."""
        self._child.kill()
        self._child.wait()
        self.forget()

    def forget(self) -> None:
        """Close this process's ends of the pipes without touching the child: it belongs to another process."""
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()
        if self._child.returncode is None:
            self._child.returncode = 0

    def _sent(self, data: bytes | memoryview, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            _wait(self._to, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._to, rest[: 1 << 20]) :]
            except BlockingIOError:
                continue
            except OSError:
                raise EngineDied from None

    def _received(self, deadline: float) -> dict[str, Any]:
        size = int.from_bytes(self._bytes(4, deadline), "big")
        if size > ANSWER_BYTES:
            raise EngineDied
        try:
            answer = json.loads(self._bytes(size, deadline))
        except (ValueError, RecursionError):
            raise EngineDied from None
        if not isinstance(answer, dict):
            raise EngineDied
        if "error" in answer:
            raise Rejected("ocr_missing" if answer["error"] == "ocr_missing" else "ocr_failed")
        return answer

    def _bytes(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            _wait(self._from, select.POLLIN, deadline)
            try:
                part = os.read(self._from, min(count - len(data), 1 << 20))
            except BlockingIOError:
                continue
            if not part:
                raise EngineDied
            data += part
        return bytes(data)


def _wait(handle: int, event: int, deadline: float) -> None:
    """Return when the handle is ready (or its other end gone); raises TimeoutError past the deadline."""
    poll = select.poll()
    poll.register(handle, event)
    while not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        if time.monotonic() >= deadline:
            raise TimeoutError


class _Holder:
    """The engine of this process, and the lock that lets one thread use it at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engine: Engine | None = None

    def take(self) -> Engine:
        """Return the running engine, started if need be; only under the lock."""
        if self.engine is not None and self.engine.served >= RECYCLE:
            self.drop()
        if self.engine is None:
            self.engine = Engine()
        return self.engine

    def drop(self) -> None:
        """End the child, if there is one; only under the lock."""
        if self.engine is not None:
            self.engine.close()
            self.engine = None


_holder = _Holder()


def _after_fork() -> None:
    global _holder
    inherited, _holder = _holder.engine, _Holder()
    if inherited is not None:
        inherited.forget()


os.register_at_fork(after_in_child=_after_fork)


def close_engine() -> None:
    """End this process's child; the next page starts a new one."""
    with _holder.lock:
        _holder.drop()


atexit.register(close_engine)


def engine_name() -> str:
    """Return which engine reads here and its version, e.g. ``tesserocr 5.5.4``; raises Rejected without one."""
    with _holder.lock:
        return _holder.take().name


def _asked(request: dict[str, Any], images: Sequence[Pixels], deadline: float | None) -> dict[str, Any]:
    """Return the engine's answer on grey images; raises Rejected and leaves no broken child behind."""
    if deadline is None:
        deadline = time.monotonic() + LIMITS.ocr_seconds
    with _holder.lock:
        for _ in range(2):
            engine = _holder.take()
            fresh = engine.served == 0
            try:
                return engine.ask(request, images, deadline)
            except EngineDied:
                _holder.drop()
                # an old child may have been killed from outside; one that dies on its first request died of it
                if fresh:
                    break
            except TimeoutError:
                _holder.drop()
                break
            except BaseException as error:
                # half a message in the pipe is no place to go on from
                if not isinstance(error, Rejected):
                    _holder.drop()
                raise
    raise Rejected("ocr_failed")


def upright(image: Pixels, deadline: float | None = None) -> tuple[int, float]:
    """Return how far to turn the image clockwise to stand upright, and Tesseract's confidence (0.0: no idea).

    Raises Rejected.
    """
    thumbnail, _ = scaled(grey(image), OSD_EDGE)
    request = {"op": "upright", "images": [[thumbnail.shape[1], thumbnail.shape[0], 200]]}
    found = _asked(request, [thumbnail], deadline).get("turns")
    try:
        turn, sure = int(found[0][0]) % 360, float(found[0][1])  # type: ignore[index]
    except (TypeError, ValueError, IndexError, KeyError):
        raise Rejected("ocr_failed") from None
    return (turn, sure) if turn % 90 == 0 else (0, 0.0)


def recognise(image: Pixels, dpi: float, deadline: float | None = None) -> list[RawWord]:
    """Return the words of an upright page in reading order, boxes in its pixels.

    ``deadline`` is a time of ``time.monotonic``, by default ``LIMITS.ocr_seconds`` from now. Raises Rejected.
    """
    shades = grey(image)
    return _tables(WHOLE_PAGE, [shades], dpi, deadline)[0]


def read_crops(image: Pixels, boxes: Sequence[Box], dpi: float, deadline: float | None = None) -> list[list[RawWord]]:
    """Return, for each box, the words of the one line of text it frames (psm 7), boxes in pixels of ``image``.

    All crops go to the engine in one request: 0.02 to 0.05 CPU s each. ``image`` is the upright page, grey or colour
    (``PageReading.image``); boxes are clipped to it, an empty one gives no words. Small crops are enlarged. Raises
    Rejected (ocr_failed, ocr_missing, sandbox_missing).
    """
    shades = grey(image)
    height, width = shades.shape
    crops: list[Pixels] = []
    frames: list[tuple[int, int, float, int] | None] = []
    for x0, y0, x1, y1 in boxes:
        left, top, right, low = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
        if right - left < 3 or low - top < 3:
            frames.append(None)
            continue
        crop, factor, margin = _crop(shades[top:low, left:right])
        crops.append(crop)
        frames.append((left, top, factor, margin))
    tables = iter(_tables(ONE_LINE, crops, dpi, deadline) if crops else [])
    return [[] if frame is None else [_placed(word, frame) for word in next(tables)] for frame in frames]


def _crop(shades: Pixels) -> tuple[Pixels, float, int]:
    """Return the crop as Tesseract reads it best, the factor it was enlarged by and the margin laid around it."""
    factor = max(1.0, min(4.0, _LINE_HEIGHT / shades.shape[0]))
    if factor > 1.0:
        shades = np.asarray(cv2.resize(shades, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
    margin = max(4, round(_CROP_MARGIN * shades.shape[0]))
    paper = float(np.percentile(shades, 90))
    edges = (margin, margin, margin, margin)
    return np.asarray(cv2.copyMakeBorder(shades, *edges, cv2.BORDER_CONSTANT, value=paper), np.uint8), factor, margin


def _placed(word: RawWord, frame: tuple[int, int, float, int]) -> RawWord:
    """Return a word of a crop with its box in pixels of the page."""
    left, top, factor, margin = frame
    x0, y0, x1, y1 = (round((edge - margin) / factor) for edge in word.box)
    return RawWord(word.text, (x0 + left, y0 + top, x1 + left, y1 + top), word.confidence, word.line, word.paragraph)


def _tables(psm: int, images: Sequence[Pixels], dpi: float, deadline: float | None) -> list[list[RawWord]]:
    """Return the words of each image; raises Rejected."""
    resolution = max(_MIN_DPI, min(round(dpi), _MAX_DPI))
    request = {"op": "read", "psm": psm, "images": [[image.shape[1], image.shape[0], resolution] for image in images]}
    tables = _asked(request, images, deadline).get("tables")
    if not isinstance(tables, list) or len(tables) != len(images):
        raise Rejected("ocr_failed")
    return [_words(str(table), image.shape[1], image.shape[0]) for table, image in zip(tables, images, strict=True)]


def _words(table: str, width: int, height: int) -> list[RawWord]:
    """Return the words of Tesseract's TSV, boxes kept inside the image; raises Rejected on anything misshapen."""
    words = []
    for row in table.split("\n"):
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        try:
            block, paragraph, line, _, left, top, wide, high = map(int, cells[2:10])
            confidence = min(max(float(cells[10]), 0.0), 100.0)
        except ValueError:
            raise Rejected("ocr_failed") from None
        x0, y0 = max(0, min(left, width - 1)), max(0, min(top, height - 1))
        box = (x0, y0, max(x0 + 1, min(left + wide, width)), max(y0 + 1, min(top + high, height)))
        words.append(RawWord(cells[11].strip(), box, confidence, (block, paragraph, line), (block, paragraph)))
    return words
