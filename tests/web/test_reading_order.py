"""The desk lists values as they stand on the paper."""

from __future__ import annotations

from oms.web.desk_fields import reading_order


def test_values_of_a_form_come_line_by_line_however_high_their_boxes_are() -> None:
    """A tall value or a short one moves nothing to another place."""
    spots = {
        "weight": (0, [700, 1304, 780, 1321]),
        "health": (0, [300, 1300, 360, 1330]),
        "height": (0, [500, 1298, 600, 1334]),
        "unit": (0, [420, 120, 900, 142]),
        "managing": (0, [460, 90, 800, 118]),
        "residence": (0, [300, 560, 1200, 640]),
        "old_id": (0, [520, 1390, 640, 1412]),
    }

    assert reading_order(spots) == ["managing", "unit", "residence", "health", "height", "weight", "old_id"]


def test_a_second_page_comes_after_the_first() -> None:
    spots = {"later": (1, [10, 10, 60, 30]), "foot": (0, [10, 2900, 60, 2930])}

    assert reading_order(spots) == ["foot", "later"]
