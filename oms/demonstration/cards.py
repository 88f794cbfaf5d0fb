"""A citizen's card of the invented people, both sides copied onto one sheet, with the code cards carry."""

from __future__ import annotations

import numpy as np
import segno
from PIL import Image

from oms.demonstration.forms import Drawn, printed
from oms.demonstration.papers import Paper
from oms.demonstration.people import DemoCadre

_WIDE, _HIGH, _CODE = 122.0, 77.0, 27.0
"""The card and its code as the copier enlarged them, in mm (a card is 86 by 54)."""


def code_of(cadre: DemoCadre) -> str:
    """The text of the card's code: number, old number, name, birth, sex, address, day of issue, between bars."""
    core = cadre.core
    parts = (cadre.citizen_id, cadre.old_id, core.name, f"{core.born:%d%m%Y}", core.sex, core.lives_in)
    return "|".join((*parts, f"{cadre.id_issued_on:%d%m%Y}"))


def citizens_card(cadre: DemoCadre, dpi: int) -> Drawn:
    """Draw the copy of a card that lies in the person's file: front above, back below."""
    core = cadre.core
    paper = Paper(dpi, 12, (44, 30, 44, 20))
    low = _frame(paper)
    paper.skip(4)
    paper.text("*CĂN CƯỚC CÔNG DÂN*", "centre", 17)
    paper.skip(4)
    _code(paper, code_of(cadre))
    across = (paper.left + paper.px(6), paper.right - paper.px(_CODE + 8))
    lines = (
        f"Số: *{cadre.citizen_id}*",
        f"Họ và tên: *{core.name.upper()}*",
        f"Ngày sinh: {printed(core.born)}",
        f"Giới tính: {core.sex}",
        "Quốc tịch: Việt Nam",
    )
    for line in lines:
        paper.text(line, "left", 12, across=across, spacing=1.5)
    for line in (f"Quê quán: {core.home_place}", f"Nơi thường trú: {core.lives_in}"):
        paper.text(line, "left", 10.5, across=(across[0], paper.right - paper.px(4)), spacing=1.35)
    paper.y = low + paper.px(18)
    low = _frame(paper)
    paper.skip(8)
    inner = (across[0], paper.right - paper.px(6))
    paper.text("Đặc điểm nhận dạng: Nốt ruồi cách 1 cm trên sau mép phải", "left", 12, across=inner, spacing=1.5)
    paper.text(f"Ngày cấp: {printed(cadre.id_issued_on)}", "left", 12, across=inner, spacing=1.5)
    paper.y = low
    fields = {
        "citizen_id": cadre.citizen_id,
        "full_name": core.name,
        "birth_date": core.born.isoformat(),
        "sex": core.sex,
        "id_issued_on": cadre.id_issued_on.isoformat(),
    }
    return Drawn("can_cuoc", "Căn cước công dân (bản chụp)", fields, tuple(paper.sheets))


def _frame(paper: Paper) -> int:
    """Rule the edge of one side of the card from here; answer where it ends."""
    low = paper.y + paper.px(_HIGH)
    paper.ink.rectangle((paper.left, paper.y, paper.left + paper.px(_WIDE), low), outline=90, width=2)
    return low


def _code(paper: Paper, text: str) -> None:
    """Print the code in the upper right corner of the card."""
    dark = np.array([[bool(dot) for dot in row] for row in segno.make(text, error="m", micro=False).matrix])
    with_margin = np.pad(dark, 4)
    size = paper.px(_CODE)
    image = Image.fromarray(np.where(with_margin, 18, 255).astype(np.uint8)).resize((size, size), Image.Resampling.BOX)
    paper.sheets[-1].image.paste(image, (paper.right - size - paper.px(2), paper.y - paper.px(2)))
