"""How right document types are: headings alone beside headings with the model, on the same readings in the same run.

``python benchmarks/document_types.py [--pages DIR] [--jobs 2] [--limit N]`` reads the demonstration's papers (drawn
anew and scanned with other damage than the demonstration's own) and, if given, the pages of a folder whose names tell
their type (``c2p1``, ``qd``, ``kd``, ``bang``). Each is judged whole and with its heading cut away. "Sure" means a
score of at least 0.5, where the desk does not ask for another look. The program asserts nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from oms.demonstration.damage import Scan, scan
from oms.demonstration.people import DemoCadre, cadres
from oms.demonstration.plan import plans
from scanning import PageReading, RasterPage, classify, rasterise, read_page
from scanning.classification import heading_of
from scanning.layout import pages_of
from scanning.type_model import DIMENSIONS, TypeModel

BY_NAME = {"c2p1": "so_yeu_ly_lich", "qd": "quyet_dinh", "kd": "ban_kiem_diem", "bang": "danh_sach"}
SILENT = TypeModel(("khac",), np.zeros((1, DIMENSIONS), np.float32), np.zeros(1, np.float32), 0)
SURE = 0.5
DPI = 200
DAMAGES = (Scan(), Scan(noise=9.0, skew=1.2, faded=0.25), Scan(shadow=0.4, blur=0.6, stains=2))
"""Other than the demonstration's own."""


def people() -> dict[str, DemoCadre]:
    """Return the demonstration's persons, drawn by another seed than its own."""
    return {cadre.key: cadre for cadre in cadres(seed=77)}


def drawn(limit: int) -> list[tuple[str, int, int]]:
    """Return (right type, number of the paper, damage) for every paper of the demonstration."""
    count = sum(len(plan.parts) for plan in plans(people()))
    return [("", paper, damage) for paper in range(count) for damage in range(len(DAMAGES))][:limit]


def read_drawn(task: tuple[str, int, int]) -> tuple[str, PageReading]:
    """Return the right type and the reading of one drawn paper's first page."""
    _, paper, damage = task
    parts = [part for plan in plans(people()) for part in plan.parts]
    made = parts[paper].draw(DPI)
    image = scan(made.sheets[0], DAMAGES[damage], DPI, Random(900 + paper * 7 + damage)).convert("RGB")
    return made.type_code, without_image(read_page(RasterPage(np.asarray(image)[:, :, ::-1].copy(), float(DPI))))


def read_file(path: Path) -> tuple[str, PageReading]:
    """Return the right type and the reading of one page of a folder."""
    return BY_NAME[path.name.split("__")[0]], without_image(read_page(rasterise(path, 1)))


def without_image(reading: PageReading) -> PageReading:
    """Return the reading alone: images are heavy to hand from process to process."""
    return replace(reading, image=None)


def beheaded(reading: PageReading) -> PageReading:
    """Return the reading without its heading and what stands above it, as under a stamp or a fold."""
    page = pages_of([reading])[0]
    heading = heading_of(page) if page.lines else None
    if heading is None:
        return reading
    kept = tuple(word for word in reading.words if word.box[1] > heading.line.box[3])
    return replace(reading, words=kept)


def report(name: str, papers: Sequence[tuple[str, PageReading]]) -> None:
    """Print one line a way of judging: right of all, sure of all, right of the sure."""
    for way, model in (("headings alone", SILENT), ("headings and model", None)):
        found = [(code, classify([reading], model)) for code, reading in papers]
        sure = [(code, kind) for code, kind in found if kind.score >= SURE]
        right = sum(code == kind.code for code, kind in found)
        sure_right = sum(code == kind.code for code, kind in sure)
        wrong = sorted({f"{code}->{kind.code}" for code, kind in sure if code != kind.code})
        shares = [f"{100 * part / max(whole, 1):6.1f}" for part, whole in
                  ((sure_right, len(sure)), (right, len(found)), (len(sure), len(found)))]  # fmt: skip
        print(f"| {name:28} | {way:18} | {' | '.join(shares)} | {len(found):5} | {' '.join(wrong)}")


def main(arguments: Iterable[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=10_000)
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    names = ("*.png", "*.jpg")
    files = sorted(path for folder in options.pages for name in names for path in folder.glob(name))
    files = [path for path in files if path.name.split("__")[0] in BY_NAME][: options.limit]
    with ProcessPoolExecutor(options.jobs) as pool:
        sets = {"drawn papers": list(pool.map(read_drawn, drawn(options.limit)))}
        if files:
            sets["pages of the folder"] = list(pool.map(read_file, files))
    print("| papers | way | right of sure % | right % | sure % | papers | wrong though sure")
    print("|---|---|---|---|---|---|---")
    for name, papers in sets.items():
        report(name, papers)
        report(f"{name}, no heading", [(code, beheaded(reading)) for code, reading in papers])


if __name__ == "__main__":
    main()
