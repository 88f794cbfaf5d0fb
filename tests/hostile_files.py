"""Hostile files of our own making: every one built here from nothing, the same bytes on every run.

``everything()`` yields a name and bytes for each; ``mutants(count)`` yields good files with bytes changed, cut out,
doubled or swapped, in an order fixed by the seed.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

from PIL import Image, ImageDraw

MIB = 1024 * 1024
Obj = bytes | str


def pdf(objects: Mapping[int, Obj], trailer: str = "", root: int = 1, version: str = "1.7") -> bytes:
    """Return a PDF of numbered objects with a whole cross-reference table."""
    out, places = bytearray(f"%PDF-{version}\n".encode()), {}
    for number, body in objects.items():
        places[number] = len(out)
        raw = body.encode("latin-1") if isinstance(body, str) else body
        out += b"%d 0 obj\n%b\nendobj\n" % (number, raw)
    size = max(objects) + 1
    table = [f"{places[n]:010d} 00000 n \n" if n in places else "0000000000 65535 f \n" for n in range(size)]
    head = f"xref\n0 {size}\n" + "".join(table)
    tail = f"trailer\n<< /Size {size} /Root {root} 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return bytes(out) + (head + tail).encode("latin-1")


def stream(data: bytes, extra: str = "") -> bytes:
    """Return a stream object's body."""
    return f"<< /Length {len(data)} {extra} >>\nstream\n".encode("latin-1") + data + b"\nendstream"


TEXT = b"BT /F1 24 Tf 72 700 Td (Quyet dinh) Tj ET"
FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def page(
    catalog: str = "", extra: str = "", content: Obj | None = None, more: Mapping[int, Obj] | None = None
) -> bytes:
    """Return a PDF of one page with a line of text; the catalog, the page and the objects can be added to."""
    return pdf(
        {
            1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
            2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            f"/Resources << /Font << /F1 5 0 R >> >> {extra} >>",
            4: stream(TEXT) if content is None else content,
            5: FONT,
            **(more or {}),
        }
    )


def deflated(size: int, layers: int = 1, filling: bytes = b"\0") -> bytes:
    """Return ``size`` equal bytes under some layers of Flate, never holding them whole."""
    count = size // MIB
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(filling * MIB) + packer.flush(zlib.Z_FULL_FLUSH)  # stands by itself: the next ones are it
    data = b"\x78\xda" + block * count + b"\x03\x00" + _adler(filling[0], count * MIB)
    for _ in range(layers - 1):
        data = zlib.compress(data, 9)
    return data


def _adler(byte: int, count: int) -> bytes:
    """Return the check sum of so many equal bytes as it ends a Flate stream."""
    low, high = (1 + count * byte) % 65_521, (count + byte * count * (count + 1) // 2) % 65_521
    return struct.pack(">HH", high, low)


def flate_bomb(layers: int) -> bytes:
    """Return a page whose content is 1 GiB of blanks: two layers take less than 4 kB."""
    packed = deflated(1024 * MIB, layers, b" ")
    filters = "/Filter [" + "/FlateDecode " * layers + "]"
    return page(content=stream(packed, filters))


def object_stream_bomb() -> bytes:
    """Return a PDF whose object stream unpacks to 512 MiB; the catalog lies in it."""
    packed = deflated(512 * MIB, 2, b" ")
    body = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        6: stream(packed, "/Type /ObjStm /N 5 /First 30 /Filter [/FlateDecode /FlateDecode]"),
    }
    return pdf(body)


def image_bomb(width: int, height: int, filters: str = "/FlateDecode", data: bytes | None = None) -> bytes:
    """Return a page that shows an image claiming a size."""
    packed = deflated(64 * MIB, 1) if data is None else data
    picture = stream(
        packed,
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB "
        f"/BitsPerComponent 8 /Filter {filters}",
    )
    return page(
        extra="/Resources << /XObject << /I 6 0 R >> >>",
        content=stream(b"500 0 0 700 40 60 cm /I Do"),
        more={6: picture},
    )


def form_tower(depth: int, width: int) -> bytes:
    """Return a page that draws a form, which draws the next one ``width`` times, ``depth`` levels down."""
    more: dict[int, Obj] = {}
    for level in range(depth):
        inner = b"/F Do " * width if level < depth - 1 else b"0 0 9 9 re f"
        resources = f"/Resources << /XObject << /F {11 + level} 0 R >> >>" if level < depth - 1 else ""
        more[10 + level] = stream(inner, f"/Type /XObject /Subtype /Form /BBox [0 0 600 850] {resources}")
    return page(extra="/Resources << /XObject << /F 10 0 R >> >>", content=stream(b"/F Do " * width), more=more)


def own_parent() -> bytes:
    """Return a PDF whose tree of pages holds itself."""
    return pdf(
        {
            1: "<< /Type /Catalog /Pages 2 0 R >>",
            2: "<< /Type /Pages /Kids [3 0 R] /Count 2 /Parent 3 0 R >>",
            3: "<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 /Parent 2 0 R >>",
        }
    )


def cyclic_xref() -> bytes:
    """Return a PDF whose cross-reference tables point at each other."""
    good = page()
    start = good.rfind(b"xref\n", 0, good.rfind(b"startxref"))
    return good.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start, 1)


def many_pages(count: int) -> bytes:
    """Return a PDF of so many empty pages in one flat tree."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(count))
    objects: dict[int, Obj] = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
    }
    for number in range(count):
        objects[3 + number] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    return pdf(objects)


def box(numbers: str) -> bytes:
    """Return a page with a strange page box."""
    return page().replace(b"[0 0 595 842]", f"[{numbers}]".encode())


def nested(depth: int) -> bytes:
    """Return a PDF with arrays inside arrays."""
    return page(more={6: "[" * depth + "]" * depth})


def picture(kind: str, size: tuple[int, int] = (620, 877), **options: object) -> bytes:
    """Return a whole picture with some writing on it."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for line in range(5):
        pen.text((60, 60 + 60 * line), f"QUYET DINH so {line}", fill="black", font_size=28)
    out = io.BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, data: bytes, *, before: bytes = b"", depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG of a claimed size with the given packed rows."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def tiff(entries: list[tuple[int, int, int, int]], *, next_at: int = 0, tail: bytes = b"") -> bytes:
    """Return a TIFF of one directory (tag, type, count, value) and what its link to the next one says."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", next_at) + tail


def plain_tiff(width: int = 100, height: int = 100, **more: int) -> list[tuple[int, int, int, int]]:
    """Return the directory of a grey picture whose strip lies at the file's start."""
    size = more.get("size", 40)
    return [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, more.get("compression", 1)),
        (262, 3, 1, 1),
        (273, 4, 1, more.get("place", 8)),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, size),
    ]


def tiff_loop() -> bytes:
    """Return a TIFF whose directory is followed by itself."""
    return tiff(plain_tiff(5, 5, size=25), next_at=8, tail=bytes(64))


def tiff_chain(count: int) -> bytes:
    """Return a TIFF of many directories, each a page of a few points."""
    entry = plain_tiff(5, 5, size=25)
    length = 2 + 12 * len(entry) + 4
    out = bytearray(b"II*\x00" + struct.pack("<I", 8))
    for number in range(count):
        body = b"".join(struct.pack("<HHII", *row) for row in sorted(entry))
        after = 8 + length * (number + 1) if number < count - 1 else 0
        out += struct.pack("<H", len(entry)) + body + struct.pack("<I", after)
    return bytes(out)


def jpeg_claiming(width: int, height: int) -> bytes:
    """Return a JPEG whose frame header claims another size than its data has."""
    data = bytearray(picture("JPEG"))
    at = data.find(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_scans(count: int) -> bytes:
    """Return a progressive JPEG whose first scan is repeated: each costs a whole pass."""
    data = picture("JPEG", (4000, 4000), progressive=True)
    first = data.find(b"\xff\xda")
    second = data.find(b"\xff", first + 2)
    while data[second + 1] in (0, *range(0xD0, 0xD8)):
        second = data.find(b"\xff", second + 2)
    return data[:second] + data[first:second] * count + data[second:]


def zipped() -> bytes:
    """Return a small ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("chay.cmd", "echo")
    return out.getvalue()


def acting(what: str) -> str:
    """Return an action dictionary."""
    return f"<< /Type /Action {what} >>"


LINK = "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A %s >>]"
ACTIVE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "javascript-khi-mo": (
        lambda: page(catalog="/OpenAction " + acting("/S /JavaScript /JS (app.alert\\(1\\))")),
        {"javascript", "automatic"},
    ),
    "javascript-trong-ten": (
        lambda: page(
            catalog="/Names << /JavaScript << /Names [(a) 6 0 R] >> >>",
            more={6: acting("/S /JavaScript /JS 7 0 R"), 7: stream(b"app.alert(1)")},
        ),
        {"javascript"},
    ),
    "javascript-ten-viet-khac": (
        lambda: page(catalog="/OpenAction << /S /J#61vaScript /J#53 (app.alert\\(1\\)) >>"),
        {"javascript", "automatic"},
    ),
    "mo-chuong-trinh": (
        lambda: page(catalog="/OpenAction " + acting("/S /Launch /F (cmd.exe)")),
        {"launch", "automatic"},
    ),
    "khi-roi-trang": (lambda: page(extra="/AA << /C << /S /Named /N /Print >> >>"), {"automatic"}),
    "lien-ket": (lambda: page(extra=LINK % acting("/S /URI /URI (http://192.0.2.1/)")), {"link"}),
    "tep-xa": (lambda: page(extra=LINK % acting("/S /GoToR /F (\\\\\\\\192.0.2.1\\\\a.pdf) /D [0 /Fit]")), {"link"}),
    "gui-bieu-mau": (
        lambda: page(extra=LINK % acting("/S /SubmitForm /F << /FS /URL /F (http://192.0.2.1/) >>")),
        {"submit"},
    ),
    "dinh-kem": (
        lambda: page(
            catalog="/Names << /EmbeddedFiles << /Names [(a.exe) 6 0 R] >> >>",
            more={6: "<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>", 7: stream(b"MZ", "/Type /EmbeddedFile")},
        ),
        {"attachment"},
    ),
    "xfa": (
        lambda: page(catalog="/AcroForm << /Fields [] /XFA 6 0 R >>", more={6: stream(b"<xdp:xdp/>")}),
        {"xfa"},
    ),
    "phim": (
        lambda: page(extra="/Annots [<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>]"),
        {"media"},
    ),
    "du-lieu-ngoai": (lambda: page(content=stream(b"", "/F (http://192.0.2.1/x)")), {"link"}),
    "thua-cuoi-tep": (lambda: page() + b"khong phai PDF nua", {"trailing"}),
    "pdf-va-zip": (lambda: page() + zipped(), {"trailing", "polyglot"}),
    "pdf-va-html": (
        lambda: b"%PDF-1.7\n<html><script>alert(1)</script></html>\n" + page().partition(b"\n")[2],
        {"polyglot"},
    ),
    "jpeg-va-zip": (lambda: picture("JPEG") + zipped(), {"polyglot"}),
    "png-va-html": (lambda: picture("PNG") + b"<html><script>alert(1)</script>", {"polyglot"}),
    "jpeg-va-pdf": (
        lambda: picture("JPEG")[:2] + b"\xff\xfe\x00\x10%PDF-1.7 abcd\n" + picture("JPEG")[2:],
        {"polyglot"},
    ),
}
"""Files that can be opened and hold something that acts: how each is made, and what must be told of it."""

HEAVY: dict[str, Callable[[], bytes]] = {
    "bom-flate": lambda: flate_bomb(1),
    "bom-flate-hai-lop": lambda: flate_bomb(2),
    "bom-flate-bay-lop": lambda: flate_bomb(7),
    "bom-object-stream": object_stream_bomb,
    "anh-ty-diem-trong-pdf": lambda: image_bomb(31_623, 31_623),
    "anh-am-trong-pdf": lambda: image_bomb(-5, 2**31 - 1, data=b""),
    "anh-jpx-rac": lambda: image_bomb(5000, 5000, "/JPXDecode", random.Random(3).randbytes(9000)),
    "anh-jbig2-rac": lambda: image_bomb(5000, 5000, "/JBIG2Decode", random.Random(4).randbytes(9000)),
    "thap-hinh": lambda: form_tower(12, 12),
    "hinh-tu-ve-minh": lambda: page(
        extra="/Resources << /XObject << /F 6 0 R >> >>",
        content=stream(b"/F Do"),
        more={
            6: stream(
                b"/F Do /F Do",
                "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 6 0 R >> >>",
            )
        },
    ),
    "duong-ve-trieu-net": lambda: page(
        content=stream(zlib.compress(b"0 0 m 595 842 l S " * 3_000_000), "/Filter /FlateDecode")
    ),
    "to-bong-sau": lambda: page(content=stream(b"q 9999999 0 0 9999999 0 0 cm " * 5000 + b"0 0 1 1 re f")),
    "cay-trang-vong": own_parent,
    "xref-vong": cyclic_xref,
    "trang-con-la-chinh-no": lambda: pdf({1: "<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 1 >>"}),
    "catalog-la-so": lambda: pdf({1: "17"}),
    "tram-nghin-trang": lambda: many_pages(100_000),
    "hai-nghin-trang-ti-hon": lambda: many_pages(2000),
    "dem-trang-noi-doi": lambda: page().replace(b"/Count 1", b"/Count 1999"),
    "dem-trang-am": lambda: page().replace(b"/Count 1", b"/Count -7"),
    "khung-trang-khong-lo": lambda: box("0 0 9999999 9999999"),
    "khung-trang-bang-khong": lambda: box("0 0 0 0"),
    "khung-trang-nguoc": lambda: box("595 842 0 0"),
    "khung-trang-vo-cung": lambda: box("-1e38 -1e38 1e38 1e38"),
    "khung-trang-soi-chi": lambda: box("0 0 1 200000"),
    "mang-long-sau": lambda: nested(100_000),
    "png-ty-diem": lambda: png(31_623, 31_623, zlib.compress(bytes(MIB))),
    "png-bom": lambda: png(7000, 8000, deflated(160 * MIB)),
    "png-chu-bom": lambda: png(
        50, 50, zlib.compress(bytes(8000)), before=chunk(b"zTXt", b"a\0\0" + deflated(512 * MIB))
    ),
    "png-icc-bom": lambda: png(
        50, 50, zlib.compress(bytes(8000)), before=chunk(b"iCCP", b"a\0\0" + deflated(512 * MIB))
    ),
    "png-cao-mot-diem": lambda: png(1, 59_000_000, zlib.compress(bytes(MIB))),
    "jpeg-65535": lambda: jpeg_claiming(65_535, 65_535),
    "jpeg-khong": lambda: jpeg_claiming(0, 0),
    "jpeg-nhieu-luot": lambda: jpeg_scans(400),
    "tiff-vong": tiff_loop,
    "tiff-chuoi-dai": lambda: tiff_chain(50_000),
    "tiff-khong-diem": lambda: tiff(plain_tiff(0, 0)),
    "tiff-deflate-bom": lambda: tiff(
        plain_tiff(7700, 7700, compression=8, place=126, size=60_000), tail=deflated(64 * MIB)[:60_000]
    ),
    "tiff-nhieu-the": lambda: tiff([(256 + number, 4, 2**31 - 1, 8) for number in range(400)]),
    "khong-byte": lambda: b"",
    "mot-byte": lambda: b"%",
    "chi-co-dau-pdf": lambda: b"%PDF-1.7",
    "pdf-toan-so-khong": lambda: b"%PDF-1.7\n" + bytes(MIB),
    "postscript": lambda: b"%!PS-Adobe-3.0\n(%pipe%id) (w) file",
    "html": lambda: b"<html><script>alert(1)</script></html>",
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "zip": zipped,
    "gif": lambda: picture("GIF"),
    "chuong-trinh": lambda: b"\x7fELF" + bytes(200),
}
"""Files that cost more than they seem to, lie about themselves, or are something else."""


def good() -> list[bytes]:
    """Return small files with nothing wrong, for mutation."""
    return [
        page(),
        many_pages(2),
        picture("PDF"),
        picture("JPEG"),
        picture("PNG"),
        picture("TIFF", compression="tiff_lzw"),
    ]


def mutants(count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield good files spoilt in ways drawn from the seed."""
    luck = random.Random(seed)
    bases = good()
    for number in range(count):
        data = bytearray(luck.choice(bases))
        for _ in range(luck.choice((1, 1, 2, 5, 20))):
            _spoil(data, luck)
        yield f"bien-dang-{seed}-{number}", bytes(data)


def _spoil(data: bytearray, luck: random.Random) -> None:
    at = luck.randrange(len(data))
    run = luck.randrange(1, 1 + min(64, len(data)))
    way = luck.randrange(7)
    if way == 0:
        data[at] ^= 1 << luck.randrange(8)
    elif way == 1:
        data[at : at + run] = luck.randbytes(run)
    elif way == 2 and len(data) > 200:
        del data[at : at + run]
    elif way == 3:
        data[at:at] = data[max(0, at - run) : at] * luck.choice((1, 3, 40))
    elif way == 4 and at > 100:
        del data[at:]
    elif way == 5:
        data[at : at + 4] = luck.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"9999"))
    else:
        other = luck.randrange(len(data))
        data[at : at + run], data[other : other + run] = data[other : other + run], data[at : at + run]


def everything() -> Iterator[tuple[str, bytes]]:
    """Yield every hostile file that is no mutant."""
    for name, make in HEAVY.items():
        yield name, make()
    for name, (make, _flags) in ACTIVE.items():
        yield name, make()
