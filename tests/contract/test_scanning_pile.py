"""``python -m scanning read`` on a pile with separators: the papers between them, codes with their places."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import segno
from PIL import Image
from scanning_paper import DECISION, FORM, Text, draw

from scanning import Sheet

pytestmark = pytest.mark.ocr

ROOT = Path(__file__).resolve().parents[2]


def separator(sheet: Sheet) -> Image.Image:
    page, out = draw((Text("PHIẾU NGĂN TÀI LIỆU", 0.3, size=24),), 150), io.BytesIO()
    segno.make(sheet.text, error="h").save(out, kind="png", scale=5, border=4)
    page.paste(Image.open(out).convert("RGB"), (60, 60))
    return page


def test_separators_part_a_file_into_papers(tmp_path: Path) -> None:
    sign = Sheet("sep", "ban_kiem_diem")
    pages = [separator(sign), draw((), 150), draw(FORM[5:], 150), separator(Sheet("sep")), draw(DECISION, 150)]
    pages[0].save(tmp_path / "chồng.pdf", "PDF", resolution=150, save_all=True, append_images=pages[1:])
    done = subprocess.run(
        [sys.executable, "-m", "scanning", "read", "chồng.pdf", "--json", "--jobs", "1"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [(each["kind"], each["text"], each["page"]) for each in report["codes"]] == [
        ("separator", sign.text, 1),
        ("separator", Sheet("sep").text, 4),
    ]
    assert all(0 <= each["box"][0] < each["box"][2] for each in report["codes"])
    papers = report["documents"]
    assert [each["pages"] for each in papers] == [[3], [5]]
    first, second = papers[0]["document_type"], papers[1]["document_type"]
    assert (first["code"], first["score"], second["code"]) == ("ban_kiem_diem", 1.0, "quyet_dinh")
    assert report["document_type"] == first  # what the file is told to be is its first paper
    assert len(report["pages"]) == 5
