"""What comes of a case: the type of paper that is issued, and which items of the record it usually changes. Pure.

A proposal only: whoever issues chooses the type, and the change of the record is typed, put up and decided like any
other. A procedure that is not named here issues a decision and proposes no item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """``type_code`` and ``subtype`` of the paper; ``items`` keys of ``record_items.ITEMS``, likeliest first."""

    type_code: str = "quyet_dinh"
    subtype: str = ""
    items: tuple[str, ...] = ()


_POST = ("posts", "position", "career", "appointed_on", "position_allowance")
_MOVE = ("posts", "career", "unit", "position", "managing_agency")
RESULTS: Mapping[str, Result] = {
    "tiep_nhan_ho_so": Result("bien_ban"),
    "bo_sung_ho_so": Result("thong_bao"),
    "sua_ho_so": Result("thong_bao"),
    "cho_muon_ho_so": Result("cong_van"),
    "chuyen_di": Result("giay_gioi_thieu"),
    "chuyen_den": Result("giay_gioi_thieu"),
    "bo_nhiem": Result(subtype="bo_nhiem", items=_POST),
    "bo_nhiem_lai": Result(subtype="bo_nhiem_lai", items=("posts", "reappointed_on", "position")),
    "dieu_dong": Result(subtype="dieu_dong", items=_MOVE),
    "luan_chuyen": Result(subtype="luan_chuyen", items=_MOVE),
    "quy_hoach": Result(subtype="quy_hoach", items=("plannings", "planned_position")),
    "nang_luong": Result(
        subtype="nang_luong", items=("salary_step", "salary_coefficient", "salary_from", "salary_history")
    ),
    "nghi_huu": Result(subtype="nghi_huu", items=("left_on", "left_kind", "career")),
    "ky_luat": Result(subtype="ky_luat", items=("discipline_table", "discipline")),
    "khen_thuong": Result(subtype="khen_thuong", items=("rewards_table", "rewards", "highest_honour")),
    "danh_gia": Result("phieu_danh_gia", items=("evaluations",)),
    "ket_nap": Result(subtype="ket_nap", items=("party_joined_on", "party_cell", "party_introducers")),
    "so_hoa": Result("bien_ban"),
    "giai_mat": Result(),
    "tieu_huy": Result(),
}
"""By the code of a shipped procedure."""


def result_of(code: str) -> Result:
    """What a procedure usually issues."""
    return RESULTS.get(code, Result())


def filled(columns: Iterable[str], number: str, issued_on: str) -> dict[str, str]:
    """What an item's form may say before it is typed: number and day of the paper, where the item has such columns.

    ``issued_on`` is ISO; days are given as they are typed. A single value gets nothing: the paper's day is not its.
    """
    day = "/".join(reversed(issued_on.split("-"))) if issued_on else ""
    known = {"decision_no": number, "decision_on": day, "from": day, "year": issued_on[:4]}
    return {name: value for name in columns if (value := known.get(name, ""))}
