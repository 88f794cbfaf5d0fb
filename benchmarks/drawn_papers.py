"""Papers for the benchmark of fields: the demonstration's forms with other people, other numbers and other damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from random import Random

import numpy as np

from oms.demonstration import damage, forms, letters, orders, records
from oms.demonstration.damage import CREAM, GREYISH, WHITE, Scan
from oms.demonstration.forms import Drawn, printed
from oms.demonstration.people import DemoCadre, cadres
from oms.demonstration.province import unit
from scanning import RasterPage

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Lương", "Tạ", "Lò")
_MIDDLE = {"Nam": ("Văn", "Hữu", "Đức", "Công", "Đình", "Xuân", "Bá"), "Nữ": ("Thị", "Thu", "Ngọc", "Bích", "Kim")}
_GIVEN = ("Ẩn", "Bằng", "Cường", "Dũng", "Điệp", "Giang", "Khuê", "Lĩnh", "Mẫn", "Oanh", "Phượng", "Sửu", "Thuỷ", "Vỹ")
_POSTS = (
    "Trưởng phòng Tổ chức",
    "Phó Chánh Văn phòng",
    "Phó Bí thư Huyện uỷ",
    "Giám đốc Trung tâm",
    "Chủ tịch Hội Nông dân",
)

DAMAGES: dict[str, Scan] = {
    "clean": Scan(),
    "skewed": Scan(CREAM, 1.7),
    "faded": Scan(WHITE, 0.4, 0.35, 4.0),
    "stained": Scan(CREAM, -0.6, 0.0, 3.0, 3),
    "shadow": Scan(WHITE, 0.3, 0.0, 3.0, 0, 0.7),
    "noisy": Scan(GREYISH, -0.8, 0.1, 14.0),
    "turned": Scan(WHITE, 0.5, 0.0, 3.0, turned=180),
    "all": Scan(CREAM, 1.2, 0.2, 8.0, 2, 0.4, 0.7),
}
"""Harm by name; "clean" is none."""


@dataclass(frozen=True)
class Drawing:
    """One paper to be drawn: which kind, for which seed, how it is harmed, at which resolution (dots an inch)."""

    kind: str
    seed: int
    damage: str
    dpi: int

    @property
    def name(self) -> str:
        """A name nothing else has."""
        return f"{self.kind}-{self.seed}__{self.damage}{self.dpi}"


def drawings(count: int) -> list[Drawing]:
    """Return ``count`` papers of every kind, half of them clean, damage and resolution going round."""
    harms = [name for name in DAMAGES if name != "clean"]
    found = []
    for place, kind in enumerate(KINDS):
        for number in range(count):
            harm = "clean" if number % 2 == 0 else harms[(place + number // 2) % len(harms)]
            found.append(Drawing(kind, 4000 + 31 * number + place, harm, 200 if (place + number) % 3 else 300))
    return found


def drawn(which: Drawing) -> tuple[list[RasterPage], dict[str, str]]:
    """Return the pages of a paper as a scanner delivers them, and its true values, rows as ``table.row.column``."""
    rng = Random(f"fields/{which.kind}/{which.seed}")
    paper, tables = KINDS[which.kind](_somebody(which.seed, rng), rng, which.dpi)
    pages = []
    for sheet in paper.sheets:
        image = np.asarray(damage.scan(sheet, DAMAGES[which.damage], which.dpi, rng))
        pages.append(RasterPage(np.ascontiguousarray(image[:, :, ::-1]), float(which.dpi)))
    return pages, paper.fields | tables


def _somebody(seed: int, rng: Random) -> DemoCadre:
    """One of the demonstration's lives under another name, with other numbers and other relatives."""
    people = cadres(seed)
    cadre = people[seed % len(people)]
    core = cadre.core
    name = f"{rng.choice(_SURNAMES)} {rng.choice(_MIDDLE[core.sex])} {rng.choice(_GIVEN)}"
    born = core.born.replace(month=rng.randint(1, 12), day=rng.randint(1, 28))
    recruited = core.recruited.replace(day=rng.randint(1, 28))
    return replace(cadre, core=replace(core, name=name, born=born, recruited=recruited, duty=rng.choice(_POSTS)))


Made = tuple[Drawn, dict[str, str]]


def _career(cadre: DemoCadre) -> dict[str, str]:
    rows: dict[str, str] = {}
    for row, each in enumerate(cadre.career, 1):
        rows[f"career.{row}.from"], rows[f"career.{row}.what"] = each.since, each.post
        if each.until:
            rows[f"career.{row}.to"] = each.until
    return rows


def _training(cadre: DemoCadre) -> dict[str, str]:
    rows: dict[str, str] = {}
    for row, each in enumerate(cadre.training, 1):
        parts = {"school": each.school, "subject": each.subject, "from": each.since, "to": each.until}
        parts |= {"form": each.form, "award": each.award}
        rows |= {f"training.{row}.{column}": value for column, value in parts.items()}
    return rows


def _family(cadre: DemoCadre, in_laws: bool) -> dict[str, str]:
    rows: dict[str, str] = {}
    for row, each in enumerate((*cadre.family, *(cadre.in_laws if in_laws else ())), 1):
        parts = {"relation": each.relation, "full_name": each.name, "birth_date": str(each.year), "about": each.about}
        rows |= {f"family.{row}.{column}": value for column, value in parts.items()}
    return rows


def _salary(cadre: DemoCadre) -> dict[str, str]:
    rows: dict[str, str] = {}
    for row, each in enumerate(cadre.salary_history, 1):
        rank, _, step = each.rank_step.rpartition("/")
        parts = {"from": each.month, "rank_code": rank, "salary_step": step, "salary_coefficient": each.coefficient}
        rows |= {f"salary_history.{row}.{column}": value for column, value in parts.items()}
    return rows


def _summary(cadre: DemoCadre, _rng: Random, dpi: int) -> Made:
    paper = forms.summary_2c(cadre, unit("LG-C-SNV"), date(2024, 3, 11), dpi)
    return paper, _training(cadre) | _career(cadre) | _family(cadre, in_laws=True) | _salary(cadre)


def _party_history(cadre: DemoCadre, _rng: Random, dpi: int) -> Made:
    paper = forms.party_history(cadre, unit("LG-D-VK"), date(2019, 8, 20), dpi)
    return paper, _career(cadre) | _training(cadre) | _family(cadre, in_laws=True)


def _party_sheet(cadre: DemoCadre, _rng: Random, dpi: int) -> Made:
    paper = forms.party_sheet(cadre, unit("LG-D-VK"), date(2020, 1, 6), dpi)
    return paper, _career(cadre) | _family(cadre, in_laws=False)


def _biography(cadre: DemoCadre, _rng: Random, dpi: int) -> Made:
    return forms.biography(cadre, unit("LG-C-SNV"), date(2022, 5, 30), dpi), _career(cadre)


def _order(make: Callable[[DemoCadre, Random], tuple[letters.Desk, letters.Order, dict[str, str]]]) -> _Maker:
    def draw(cadre: DemoCadre, rng: Random, dpi: int) -> Made:
        desk, order, particulars = make(cadre, rng)
        if desk.style == "party":  # the title as it is printed, on whose behalf included
            particulars = {**particulars, "signer_title": f"T/M {desk.authority} {desk.signer_title.upper()}"}
        return letters.decision(cadre, desk, order, dpi), particulars

    return draw


def _number(rng: Random, tail: str) -> str:
    return f"{rng.randint(3, 2600)}{tail}"


def _day(rng: Random) -> date:
    return date(rng.randint(2004, 2023), rng.randint(1, 12), rng.randint(1, 28))


def _appointment(cadre: DemoCadre, rng: Random) -> tuple[letters.Desk, letters.Order, dict[str, str]]:
    new = rng.choice(_POSTS)
    order = orders.appointment(cadre, _number(rng, "/QĐ-UBND"), _day(rng), cadre.core.position, new)
    return orders.PROVINCE, order, {"position": new, "position_allowance": cadre.core.allowance}


def _transfer(cadre: DemoCadre, rng: Random) -> tuple[letters.Desk, letters.Order, dict[str, str]]:
    new = rng.choice(_POSTS)
    order = orders.transfer(cadre, _number(rng, "-QĐ/TU"), _day(rng), cadre.core.position, new)
    return orders.PROVINCIAL_COMMITTEE, order, {"position": new}


def _raise(cadre: DemoCadre, rng: Random) -> tuple[letters.Desk, letters.Order, dict[str, str]]:
    order = orders.pay_rise(cadre, _number(rng, "/QĐ-SNV"), _day(rng))
    particulars = {
        "rank_title": cadre.rank_title,
        "rank_code": cadre.core.rank,
        "salary_step": str(cadre.core.step),
        "salary_coefficient": cadre.salary_coefficient,
        "salary_from": printed(cadre.salary_from),
    }
    return orders.HOME_AFFAIRS, order, particulars


def _admission(cadre: DemoCadre, rng: Random) -> tuple[letters.Desk, letters.Order, dict[str, str]]:
    order = orders.admission(cadre, _number(rng, "-QĐ/HU"))
    return orders.OLD_DISTRICT_COMMITTEE, order, {"party_joined_on": cadre.core.party[0].isoformat()}


def _award(cadre: DemoCadre, rng: Random) -> tuple[letters.Desk, letters.Order, dict[str, str]]:
    honour = rng.choice(("Bằng khen", "Giấy khen", "Huân chương Lao động hạng Ba"))
    deed = "đã có thành tích xuất sắc trong công tác"
    return orders.PROVINCE, orders.award(cadre, _number(rng, "/QĐ-UBND"), _day(rng), honour, deed), {"rewards": honour}


def _criticism(cadre: DemoCadre, rng: Random, dpi: int) -> Made:
    return records.self_criticism(cadre, "Chi bộ Văn phòng", rng.randint(2008, 2023), dpi), {}


def _rating(cadre: DemoCadre, rng: Random, dpi: int) -> Made:
    particulars = {"salary_coefficient": cadre.salary_coefficient, "salary_step": str(cadre.core.step)}
    office = ("UBND TỈNH LAM GIANG", "SỞ NỘI VỤ")
    return records.rating(cadre, office, rng.randint(2008, 2023), dpi), particulars


def _diploma(cadre: DemoCadre, rng: Random, dpi: int) -> Made:
    return records.diploma(cadre, 0, f"LG {rng.randint(10000, 99999):07d}", dpi), {}


def _list(cadre: DemoCadre, rng: Random, dpi: int) -> Made:
    day = _day(rng)
    paper = records.member_list(cadre, orders.HOME_AFFAIRS, _number(rng, "/QĐ-SNV"), day, dpi, f"list/{rng.random()}")
    rows = {"members.5.full_name": cadre.name, "members.5.birth_date": cadre.core.born.isoformat()}
    rows |= {"members.5.rank_code": cadre.core.rank, "members.5.salary_coefficient": cadre.salary_coefficient}
    # the list itself prints neither its number nor where and when it was made
    unprinted = ("number", "issued_on", "issued_at", "subject")
    return replace(paper, fields={key: value for key, value in paper.fields.items() if key not in unprinted}), rows


_Maker = Callable[[DemoCadre, Random, int], Made]
KINDS: dict[str, _Maker] = {
    "summary": _summary,
    "party_history": _party_history,
    "party_sheet": _party_sheet,
    "biography": _biography,
    "appointment": _order(_appointment),
    "transfer": _order(_transfer),
    "raise": _order(_raise),
    "admission": _order(_admission),
    "award": _order(_award),
    "criticism": _criticism,
    "rating": _rating,
    "diploma": _diploma,
    "list": _list,
}
"""Every kind of paper that is drawn, and how."""
