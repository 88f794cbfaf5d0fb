"""The long-lived recogniser: real Tesseract in the real sandbox, killed, stopped, forked and starved."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz
from scanning_paper import DECISION, FORM, Text, draw, raster

from scanning import engine
from scanning.engine import RawWord, close_engine, engine_name, read_crops, recognise
from scanning.rejection import Rejected
from scanning.sandbox import resident_command

pytestmark = pytest.mark.ocr

LINE = (Text("Lam Thượng, ngày 09 tháng 5 năm 2011", 0.3),)


@pytest.fixture(autouse=True)
def _fresh_engine() -> Iterator[None]:
    close_engine()
    yield
    close_engine()


def said(words: list[RawWord]) -> str:
    return " ".join(word.text for word in words)


def child_of_engine() -> int:
    """Return the process id of the sandbox that holds the running child."""
    recognise(raster(draw(LINE)).image, 200)
    assert engine._holder.engine is not None
    return engine._holder.engine._child.pid


def test_one_child_serves_page_after_page_and_gives_the_same_words() -> None:
    page = raster(draw(DECISION)).image
    first = recognise(page, 200)
    assert engine._holder.engine is not None
    child = engine._holder.engine._child.pid
    recognise(raster(draw(FORM)).image, 200)
    assert recognise(page, 200) == first
    assert engine._holder.engine._child.pid == child
    assert fuzz.partial_ratio("Bổ nhiệm lại ông Đặng Hữu Khoát", said(first)) > 95


def test_lines_are_read_from_their_boxes_in_one_request() -> None:
    page = raster(draw(FORM)).image
    height, width = page.shape[:2]
    lines = [line for line in FORM if line.align == "left"]
    boxes = [
        (round(0.12 * width), round(line.y * height) - 6, width - 60, round(line.y * height) + 46) for line in lines
    ]
    found = read_crops(page, [*boxes, (50, 50, 50, 90), (-9, -9, 2 * width, 3)], 200)
    for line, words, box in zip(lines, found, boxes, strict=False):
        assert fuzz.ratio(line.text, said(words)) > 92
        for word in words:
            assert box[0] <= word.box[0] < word.box[2] <= box[2]
            assert box[1] <= word.box[1] < word.box[3] <= box[3]
    assert found[-2:] == [[], []] or found[-2] == []


def test_no_boxes_start_no_child() -> None:
    assert read_crops(raster(draw(LINE)).image, [], 200) == []
    assert engine._holder.engine is None


def test_a_child_killed_between_pages_is_replaced_unnoticed() -> None:
    os.kill(child_of_engine(), signal.SIGKILL)
    assert "tháng" in said(recognise(raster(draw(LINE)).image, 200))


def test_a_child_that_hangs_is_killed_and_the_next_page_is_read() -> None:
    page = raster(draw(LINE)).image
    child = child_of_engine()
    inner = int(Path(f"/proc/{child}/task/{child}/children").read_text().split()[0])
    for process in [inner, *map(int, Path(f"/proc/{inner}/task/{inner}/children").read_text().split())]:
        os.kill(process, signal.SIGSTOP)
    handle = os.pidfd_open(inner)
    began = time.monotonic()
    with pytest.raises(Rejected, match="ocr_failed"):
        recognise(page, 200, deadline=began + 1.0)
    assert time.monotonic() - began < 10
    assert _ended(handle)
    assert "tháng" in said(recognise(page, 200))


def test_a_page_past_its_deadline_is_refused_and_the_engine_lives() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (3000, 3000), np.uint8)
    with pytest.raises(Rejected, match="ocr_failed"):
        recognise(noise, 300, deadline=time.monotonic() + 0.5)
    assert "tháng" in said(recognise(raster(draw(LINE)).image, 200))


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (3, 3)])
def test_images_too_small_for_a_letter_hold_no_words(shape: tuple[int, int]) -> None:
    assert recognise(np.zeros(shape, np.uint8), 300) == []


def test_threads_share_the_child_and_get_their_own_answers() -> None:
    texts = ["Quyết định bổ nhiệm", "Phiếu đảng viên"]
    pages = [raster(draw([Text(text, 0.2)])).image for text in texts]
    answers: dict[str, str] = {}

    def ask(text: str, page: np.ndarray) -> None:
        answers[text] = said(recognise(page, 200))

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(texts, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {text: text for text in texts}


def _read_in_fork(answers: multiprocessing.SimpleQueue[tuple[str, int]]) -> None:
    words = said(recognise(raster(draw(LINE)).image, 200))
    assert engine._holder.engine is not None
    answers.put((words, engine._holder.engine._child.pid))
    close_engine()


def test_a_forked_worker_gets_a_child_of_its_own() -> None:
    mine = child_of_engine()
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.SimpleQueue[tuple[str, int]] = context.SimpleQueue()
    worker = context.Process(target=_read_in_fork, args=(answers,))
    worker.start()
    words, theirs = answers.get()
    worker.join()
    assert "tháng" in words
    assert theirs != mine
    assert "tháng" in said(recognise(raster(draw(LINE)).image, 200))
    assert engine._holder.engine is not None
    assert engine._holder.engine._child.pid == mine


def test_the_child_dies_with_a_killed_parent() -> None:
    program = (
        "import sys, numpy as np; from scanning import engine;"
        "engine.recognise(np.full((60, 60), 255, np.uint8), 200);"
        "print(engine._holder.engine._child.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        sandbox = int(parent.stdout.readline())
        inner = Path(f"/proc/{sandbox}/task/{sandbox}/children").read_text().split()
        handles = [os.pidfd_open(process) for process in (sandbox, *map(int, inner))]
        parent.kill()
    for handle in handles:
        assert _ended(handle)


def _ended(handle: int) -> bool:
    """Return whether the process of a pid file descriptor ends within some seconds."""
    try:
        return bool(select.select([handle], [], [], 20)[0])
    finally:
        os.close(handle)


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[list[str]], list[str]]) -> None:
    """Start the children of this test with a changed command."""
    monkeypatch.setattr(engine, "resident_command", lambda module: change(resident_command(module)))


def test_without_tesserocr_pytesseract_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; sys.modules['tesserocr'] = None; from scanning.tesseract import main; sys.exit(main())"
    changed(monkeypatch, lambda command: [*command[:-2], "-c", program])
    assert engine_name().startswith("pytesseract 5")
    page = raster(draw(DECISION)).image
    assert fuzz.partial_ratio("Bổ nhiệm lại ông Đặng Hữu Khoát", said(recognise(page, 200))) > 95
    assert engine.upright(np.rot90(page).copy())[0] == 90
    assert "2011" in said(read_crops(page, [(700, 240, 1600, 300)], 200)[0])


def test_a_server_without_vietnamese_data_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    changed(monkeypatch, lambda command: [command[0], *_hidden(command[1:])])
    with pytest.raises(Rejected, match="ocr_missing"):
        recognise(raster(draw(LINE)).image, 200)


def _hidden(options: list[str]) -> list[str]:
    place = options.index("--chdir")
    return [*options[:place], "--tmpfs", "/usr/share/tesseract-ocr", *options[place:]]


def test_without_a_sandbox_nothing_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Rejected, match="sandbox_missing"):
        recognise(raster(draw(LINE)).image, 200)


def test_a_sandbox_that_does_not_start_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    changed(monkeypatch, lambda _: ["/bin/false"])
    with pytest.raises(Rejected, match="sandbox_missing"):
        recognise(raster(draw(LINE)).image, 200)


def test_the_child_reaches_neither_files_nor_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What stands in the child's place tells in its greeting what it could reach."""
    secret = tmp_path / "ho-so.txt"
    secret.write_text("kín", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        program = f"""
import json, os, socket, sys
seen = []
for what, reach in (
    ("secret", lambda: open({str(secret)!r}).read()),
    ("passwords", lambda: open("/etc/passwd").read()),
    ("processes", lambda: os.listdir("/proc")),
    ("network", lambda: socket.create_connection(("127.0.0.1", {port}), 2)),
    ("code changed", lambda: open({engine.__file__!r}, "a")),
    ("code", lambda: open({engine.__file__!r}).read()),
):
    try:
        reach()
        seen.append(what)
    except OSError:
        pass
data = json.dumps({{"engine": ",".join(seen)}}).encode()
sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)
"""
        changed(monkeypatch, lambda command: [*command[:-2], "-c", program])
        assert engine_name() == "code"
