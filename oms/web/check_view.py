"""What the pages of the second look are drawn from: each value beside its crop, blind or shown; the report's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from oms.domain import fields
from oms.domain.checks import PAPER
from oms.services.check_report import Line
from oms.services.checking import DOSSIER, CheckFinding, CheckView, Compared, kind_key
from oms.web.desk_fields import box_of
from oms.web.words import COLUMN_LABELS, DOCUMENT_TYPES, FIELD_LABELS, TABLE_LABELS, Words

PAPER_LABELS = Words(
    {
        "type_code": "Loại tài liệu",
        "title": "Tên tài liệu",
        "number": "Số, ký hiệu",
        "issued_on": "Ngày ban hành",
        "person_name": "Họ và tên",
        "person_birth_date": "Ngày sinh",
        "dossier": "Đúng hồ sơ của người này",
    }
)


@dataclass(frozen=True)
class Shown:
    """One value on the page of a look; ``value`` is empty when it is to be typed unseen."""

    key: str
    label: str
    value: str
    page_id: str
    box: str
    blind: bool
    choices: tuple[tuple[str, str], ...] = ()
    seen: bool = False
    error: str = ""
    first: str = ""
    second: str = ""
    kept: str = ""


def label_of(key: str) -> str:
    """A compared value's name in words; a table's cell as "Quá trình công tác 2: Từ", its column without the row."""
    if key.startswith(PAPER):
        name = key.removeprefix(PAPER)
        return PAPER_LABELS.get(name, name)
    parts = key.split(".")
    if len(parts) > 1:
        table, column = TABLE_LABELS.get(parts[0], parts[0]), COLUMN_LABELS.get(parts[-1], parts[-1])
        return f"{table} {parts[1]}: {column}" if len(parts) == 3 else f"{table}: {column}"
    return FIELD_LABELS.get(key, key)


def shown_value(key: str, value: str) -> str:
    """A kept value as the page writes it."""
    if key == f"{PAPER}type_code":
        return DOCUMENT_TYPES.get(value, value)
    return fields.shown(kind_key(key), value)


def _rank(view: CheckView, value: Compared) -> tuple[int, int, int, int]:
    """What is said of the paper first, then values as they stand on it."""
    if value.key == DOSSIER:
        return (-1, 0, 0, 0)
    if value.key.startswith(PAPER):
        return (-2, 0, 0, 0)
    places = {page.id: place for place, page in enumerate(view.pages)}
    box = box_of(value.row) if value.row else []
    if not box or value.row is None or value.row.page_id not in places:
        return (len(places), 0, 0, 0)
    return (places[value.row.page_id], box[1] // max(box[3] - box[1], 1), box[0], 0)


def values(view: CheckView, typed: Mapping[str, str], seen: frozenset[str], errors: Mapping[str, str]) -> list[Shown]:
    """Every value to look at, in order, with what was typed already."""
    found = {finding.key: finding for finding in view.findings}
    return [
        _shown(value, found.get(value.key), typed, value.key in seen, errors.get(value.key, ""))
        for value in sorted(view.values, key=lambda value: _rank(view, value))
    ]


def _shown(value: Compared, finding: CheckFinding | None, typed: Mapping[str, str], seen: bool, error: str) -> Shown:
    kept = "" if value.blind and finding is None else fields.shown(kind_key(value.key), value.value)
    choices = tuple(DOCUMENT_TYPES.items()) if value.key == f"{PAPER}type_code" else ()
    return Shown(
        key=value.key,
        label=label_of(value.key),
        value=typed.get(value.key, kept),
        page_id=(value.row.page_id or "") if value.row else "",
        box=",".join(map(str, box_of(value.row))) if value.row else "",
        blind=value.blind,
        choices=choices,
        seen=seen,
        error=error,
        first=shown_value(value.key, finding.first_value) if finding else "",
        second=shown_value(value.key, finding.second_value) if finding else "",
        kept=kept,
    )


def script_data(view: CheckView) -> dict[str, Any]:
    """Pages for the viewer; words are not shown here, only the image and the spots."""
    return {
        "pages": [
            {
                "id": page.id,
                "number": page.number,
                "position": page.position,
                "width": page.width,
                "height": page.height,
                "image": _image(view, page.id) if page.image_sha else "",
                "turn": 0,
                "words": [],
            }
            for page in view.pages
        ]
    }


def _image(view: CheckView, page_id: str) -> str:
    return url_for("checks.page_image", check_id=view.row.check.id, page_id=page_id)


def rate(line: Line) -> str:
    """ "3/412 (0,7 %)": never a rate without its counts."""
    if not line.tally.checked:
        return "–"
    percent = f"{line.tally.rate:.1f}".replace(".", ",")
    return _(
        "%(wrong)s/%(checked)s (%(percent)s %%)", wrong=line.tally.wrong, checked=line.tally.checked, percent=percent
    )
