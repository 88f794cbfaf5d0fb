"""Paper for the scanning tests: pages drawn with Tinos, and readings written down without OCR. All persons invented."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scanning import PageReading, RasterPage, Word

A4_INCHES = (8.27, 11.69)


@dataclass(frozen=True)
class Text:
    """A line to draw or write down: ``x`` and ``y`` as shares of the page, ``align`` left or centre, size in points."""

    text: str
    y: float
    x: float = 0.14
    align: str = "left"
    size: float = 13
    bold: bool = False


def centred(text: str, y: float, *, x: float = 0.5, size: float = 14) -> Text:
    """Return a bold line with its middle at ``x``."""
    return Text(text, y, x, "centre", size, bold=True)


DECISION = (
    centred("ỦY BAN NHÂN DÂN", 0.05, x=0.27, size=12),
    centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.05, x=0.68, size=12),
    centred("HUYỆN LAM THƯỢNG", 0.07, x=0.27, size=12),
    centred("Độc lập - Tự do - Hạnh phúc", 0.07, x=0.68, size=13),
    Text("Số: 417/QĐ-UBND", 0.105, 0.19),
    Text("Lam Thượng, ngày 09 tháng 5 năm 2011", 0.105, 0.48),
    centred("QUYẾT ĐỊNH", 0.15, size=15),
    centred("Về việc bổ nhiệm lại cán bộ, công chức", 0.175),
    centred("CHỦ TỊCH ỦY BAN NHÂN DÂN HUYỆN LAM THƯỢNG", 0.21, size=13),
    Text("Căn cứ Luật Cán bộ, công chức ngày 13 tháng 11 năm 2008;", 0.25),
    Text("Xét đề nghị của Trưởng phòng Nội vụ huyện,", 0.275),
    centred("QUYẾT ĐỊNH:", 0.31),
    Text("Điều 1. Bổ nhiệm lại ông Đặng Hữu Khoát, sinh ngày 18/02/1968, giữ chức vụ", 0.35),
    Text("Trưởng phòng Nội vụ huyện, kể từ ngày 01/6/2011.", 0.375),
    Text("Điều 2. Ông Đặng Hữu Khoát được hưởng các chế độ theo quy định hiện hành.", 0.41),
    Text("Điều 3. Các cơ quan liên quan và ông Đặng Hữu Khoát thi hành Quyết định này.", 0.445),
    Text("Nơi nhận:", 0.49),
    centred("KT. CHỦ TỊCH", 0.49, x=0.7, size=13),
    centred("PHÓ CHỦ TỊCH", 0.51, x=0.7, size=13),
    Text("- Như Điều 3;", 0.51),
    centred("Lê Thị Bích Huệ", 0.6, x=0.7, size=13),
)

FORM = (
    Text("Mẫu 2C-BNV/2008", 0.04, size=11),
    Text("Số hiệu cán bộ, công chức: 12.345-CB678", 0.06, size=11),
    centred("SƠ YẾU LÝ LỊCH CÁN BỘ, CÔNG CHỨC", 0.1, size=16),
    Text("1) Họ và tên khai sinh (viết chữ in hoa): ĐỖ THỊ THUÝ HƯỜNG", 0.16),
    Text("2) Tên gọi khác: Không", 0.185),
    Text("3) Sinh ngày: 05 tháng 8 năm 1973, Giới tính (nam, nữ): Nữ", 0.21),
    Text("4) Nơi sinh: Xã Đông Lĩnh, Huyện Lam Thượng, Tỉnh Hà Giang", 0.235),
    Text("5) Quê quán: Xã Bình Sơn, Huyện Lam Hạ, Tỉnh Hà Giang", 0.26),
    Text("6) Dân tộc: Kinh, 7) Tôn giáo: Không", 0.285),
    Text("12) Chức vụ (chức danh) hiện tại: Phó Trưởng ban Tổ chức Huyện ủy", 0.31),
    Text("14) Ngạch công chức (viên chức): Chuyên viên chính, Mã ngạch: 01.002", 0.335),
    Text("Bậc lương: 4, Hệ số: 5,42, Ngày hưởng: 01/12/2015, Phụ cấp chức vụ: 0,4", 0.36),
    Text("15.3- Lý luận chính trị: Cao cấp, 15.4- Quản lý nhà nước: Chuyên viên chính", 0.385),
    Text("16) Ngày vào Đảng Cộng sản Việt Nam: 03/02/1998, Ngày chính thức: 03/02/1999", 0.41),
    Text("25) Số căn cước công dân: 002173004455, Ngày cấp: 11/4/2021", 0.435),
    Text("26) Số sổ BHXH: 0203040506", 0.46),
)


@functools.cache
def font(pixels: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """Return Tinos, which has every Vietnamese letter, as fontconfig finds it."""
    style = "Bold" if bold else "Regular"
    pattern = f"Tinos:style={style}"
    found = subprocess.run(["fc-match", "-f", "%{file}", pattern], capture_output=True, text=True, check=True).stdout
    assert "Tinos" in found, "the tests need Debian's fonts-croscore"
    return ImageFont.truetype(found, pixels)


def draw(lines: Sequence[Text], dpi: int = 200) -> Image.Image:
    """Return an A4 page with the lines printed on it."""
    width, height = (round(side * dpi) for side in A4_INCHES)
    page = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(page)
    for line in lines:
        face = font(round(line.size * dpi / 72), bold=line.bold)
        shift = pen.textlength(line.text, font=face) / 2 if line.align == "centre" else 0
        pen.text((line.x * width - shift, line.y * height), line.text, font=face, fill=(20, 20, 20))
    return page


def raster(page: Image.Image, dpi: int = 200) -> RasterPage:
    """Return a drawn page as the reader takes it."""
    return RasterPage(np.ascontiguousarray(np.asarray(page.convert("RGB"))[:, :, ::-1]), float(dpi))


def skewed(page: RasterPage, degrees: float) -> RasterPage:
    """Return the page hung clockwise by some degrees, on white."""
    height, width = page.image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    image = cv2.warpAffine(page.image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    return RasterPage(np.asarray(image, np.uint8), page.dpi)


def written(lines: Sequence[Text], confidence: float = 95.0) -> PageReading:
    """Return the reading a faultless OCR would give of the lines at 100 dpi, word boxes of even letters."""
    width, height = (round(side * 100) for side in A4_INCHES)
    words = []
    for number, line in enumerate(lines):
        letter = line.size * 100 / 72 * (0.62 if line.text.isupper() else 0.45)
        x = line.x * width - (letter * len(line.text) / 2 if line.align == "centre" else 0)
        top = round(line.y * height)
        for text in line.text.split():
            box = (round(x), top, round(x + letter * len(text)), top + round(line.size * 100 / 72))
            words.append(Word(text, box, confidence, False, number))
            x += letter * (len(text) + 1)
    text = "\n".join(line.text for line in lines)
    return PageReading(width, height, 0, 0.0, "plain", not lines, text, tuple(words), False, confidence)
