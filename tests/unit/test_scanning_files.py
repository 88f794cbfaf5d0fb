"""Untrusted files: judged by content, opened only in the sandbox, refused with words a clerk can act on."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import scanning
from scanning import sandbox
from scanning.limits import LIMITS
from scanning.rejection import MESSAGES_VI


def picture(kind: str, size: tuple[int, int] = (600, 850), dpi: int | None = None, frames: int = 1) -> bytes:
    """Return an image file of a kind, its frames of different shades."""
    images = [Image.new("L", size, 255 - 20 * number) for number in range(frames)]
    extra = {"dpi": (dpi, dpi)} if dpi else {}
    if frames > 1:
        extra |= {"save_all": True, "append_images": images[1:]}
    stream = io.BytesIO()
    images[0].save(stream, kind, **extra)
    return stream.getvalue()


def pdf(pages: int, box: str = "0 0 595 842", trailer: str = "") -> bytes:
    """Return a small PDF of blank pages written by hand, with a whole cross-reference table."""
    kids = " ".join(f"{number + 3} 0 R" for number in range(pages))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    objects += [f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] >>"] * pages
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    tail = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + (head + tail).encode()


def png_claiming(width: int, height: int) -> bytes:
    """Return a PNG whose header claims a size its data does not have."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff_claiming(width: int, height: int) -> bytes:
    """Return a TIFF of one strip whose header claims a size its data does not have."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1)]
    entries += [(278, 4, height), (279, 4, 10)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return (b"II*\x00" + struct.pack("<IH", 8, len(entries)) + body + bytes(4)).ljust(400, b"\0")


ENCRYPTION = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'ab' * 32}> /U <{'cd' * 32}> >> /ID [<00> <00>]"
NOISE = random.Random(7).randbytes(5000)


@pytest.fixture
def paper(tmp_path: Path):
    """Return a function that writes bytes to a file and returns its path."""

    def write(data: bytes, name: str = "tep.pdf") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    ("data", "kind", "pages"),
    [
        (picture("PNG"), "png", 1),
        (picture("JPEG"), "jpeg", 1),
        (picture("TIFF", frames=3), "tiff", 3),
        (picture("PDF", frames=2), "pdf", 2),
        (pdf(1), "pdf", 1),
    ],
)
def test_a_file_is_what_it_holds_whatever_its_name(paper, data: bytes, kind: str, pages: int) -> None:
    assert scanning.inspect(paper(data, "ảnh quét.bin")) == scanning.Inspection(kind, pages)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (NOISE, "not_supported"),
        (b"<html>" + NOISE, "not_supported"),
        (b"%PDF-1.7\n" + NOISE, "truncated"),
        (b"%PDF-1.7\n" + NOISE + b"\n%%EOF\n", "unreadable"),
        (pdf(1, trailer=ENCRYPTION), "encrypted"),
        (pdf(0), "unreadable"),
        (pdf(5000), "too_many_pages"),
        (picture("TIFF", frames=2)[:-4000], "truncated"),
        (picture("TIFF")[:3000], "truncated"),
        (picture("JPEG", (2000, 2000))[:4000], "truncated"),
        (picture("PNG", (2000, 2000))[:300], "truncated"),
        (b"II*\x00" + NOISE, "unreadable"),
        (b"\xff\xd8\xff" + NOISE, "unreadable"),
        (b"\x89PNG\r\n\x1a\n" + NOISE, "unreadable"),
        (png_claiming(40_000, 40_000), "too_large_image"),
        (png_claiming(10_000, 7_000), "too_large_image"),
        (tiff_claiming(40_000, 40_000), "too_large_image"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(paper, data: bytes, code: str) -> None:
    with pytest.raises(scanning.Rejected) as refusal:
        scanning.inspect(paper(data))
    assert refusal.value.code == code
    assert refusal.value.message_vi == MESSAGES_VI[code]


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "khong-co.pdf", tmp_path, "a\0b"):
        with pytest.raises(scanning.Rejected, match="missing"):
            scanning.inspect(path)


def test_a_file_over_the_size_limit_is_refused_unopened(paper) -> None:
    path = paper(pdf(1))
    with path.open("r+b") as stream:
        stream.truncate(LIMITS.max_bytes + 1)
    with pytest.raises(scanning.Rejected, match="too_large_file"):
        scanning.inspect(path)


@pytest.mark.parametrize("name", ["-r.pdf", "hồ sơ Nguyễn Văn Ấ.pdf", "..%2f..%2fetc", "a b;$(touch x).pdf", "--bind"])
def test_names_are_only_names(paper, name: str) -> None:
    path = paper(picture("PDF"), name)
    assert scanning.inspect(path).page_count == 1
    assert scanning.rasterise(path.parent / ".." / path.parent.name / name, 1).image.ndim == 3
    assert [entry.name for entry in path.parent.iterdir()] == [name]


def test_images_keep_their_pixels_and_resolution(paper) -> None:
    page = scanning.rasterise(paper(picture("TIFF", (1654, 2339), dpi=200, frames=2)), 2)
    assert page.image.shape == (2339, 1654, 3)
    assert page.dpi == pytest.approx(200, abs=1)
    assert set(page.image.flat) == {235}


def test_colours_arrive_as_blue_green_red(paper) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (100, 140), (200, 10, 60)).save(stream, "PNG")
    assert scanning.rasterise(paper(stream.getvalue()), 1).image[0, 0].tolist() == [60, 10, 200]


def test_a_page_without_resolution_is_taken_for_a4(paper) -> None:
    assert scanning.rasterise(paper(picture("PNG", (1654, 2339))), 1).dpi == pytest.approx(200, abs=1)
    assert scanning.rasterise(paper(picture("JPEG", (1654, 2339), dpi=72)), 1).dpi == pytest.approx(200, abs=1)


def test_deep_and_transparent_images_stay_legible(paper) -> None:
    stream = io.BytesIO()
    Image.new("I;16", (50, 70), 65_535).save(stream, "TIFF")
    assert scanning.rasterise(paper(stream.getvalue()), 1).image.min() == 255
    stream = io.BytesIO()
    Image.new("RGBA", (50, 70), (0, 0, 0, 0)).save(stream, "PNG")
    assert scanning.rasterise(paper(stream.getvalue()), 1).image.min() == 255


def test_pdf_pages_are_rendered_at_300_dpi(paper) -> None:
    page = scanning.rasterise(paper(pdf(2)), 2)
    assert page.image.shape[0] == pytest.approx(3508, abs=2)
    assert page.dpi == pytest.approx(300, abs=1)


def test_a_huge_page_box_gives_a_bounded_image(paper) -> None:
    page = scanning.rasterise(paper(pdf(1, "0 0 200000 100000")), 1)
    assert max(page.image.shape) <= LIMITS.max_edge
    assert page.dpi < 5


def test_a_page_beyond_the_last_is_refused(paper) -> None:
    for data in (pdf(1), picture("TIFF", frames=2), picture("PNG")):
        path = paper(data)
        for number in (0, 3):
            with pytest.raises(scanning.Rejected):
                scanning.rasterise(path, number)


@pytest.mark.parametrize("program", [None, "#!/bin/sh\nexit 1\n", "#!/bin/sh\nexit 0\n"])
def test_without_a_working_sandbox_nothing_is_opened(paper, tmp_path: Path, monkeypatch, program: str | None) -> None:
    path = paper(picture("PDF"))
    tools = tmp_path / "tools"
    tools.mkdir()
    if program:
        (tools / "bwrap").write_text(program)
        (tools / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(scanning.Rejected, match="sandbox_missing"):
        scanning.inspect(path)


def test_a_child_that_takes_too_long_is_stopped(paper, monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "LIMITS", replace(LIMITS, wall_seconds=0))
    with pytest.raises(scanning.Rejected, match="over_limits"):
        scanning.inspect(paper(picture("PDF")))


def test_the_sandbox_shows_one_file_and_no_network(paper, tmp_path: Path) -> None:
    source = paper(picture("PNG"))
    secret = tmp_path / "khoa.txt"
    secret.write_text("bí mật")
    output = tmp_path / "out"
    output.mkdir()
    attempt = f"""
import os, socket
def tried(action):
    try:
        action()
    except OSError:
        return "refused"
    return "done"
results = [
    tried(lambda: open({str(secret)!r})),
    tried(lambda: open("/in/file", "ab")),
    tried(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1)),
    tried(lambda: os.listdir({str(Path(sandbox.__file__).resolve().parents[1] / "oms")!r})),
    tried(lambda: open("/in/file", "rb")),
]
open("/out/seen", "w").write(" ".join(results))
"""
    command = ["bwrap", *sandbox.confinement(source, output), sys.executable, "-c", attempt]
    subprocess.run(command, check=True, timeout=60)
    assert (output / "seen").read_text() == "refused refused refused refused done"
