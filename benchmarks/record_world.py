"""An invented installation of N cadres for the benchmark of the record: seeded, and brought in as any record is.

Names are drawn from short lists, units and days by chance; the facts go through ``oms.services.record.keep`` in
portions, so that heads and due dates are made as in daily work.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from oms.domain.access import Role, Secrecy
from oms.domain.record_facts import NewFact, Source
from oms.domain.record_items import SENSITIVE_LABELS
from oms.services import accounts, record, setup
from oms.services.house import House
from oms.settings import Settings
from oms.store import units
from oms.store.tables import Cadre, Dossier, Unit, new_id
from vietnamese.names import fold_name

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
AT_ONCE = 1000
FAMILY = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
    "Dương", "Lý",
)  # fmt: skip
MIDDLE = (
    "Văn", "Thị", "Đức", "Minh", "Hữu", "Ngọc", "Thanh", "Quang", "Xuân", "Thu", "Hồng", "Gia", "Bảo", "Kim",
)  # fmt: skip
GIVEN = (
    "An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hoa", "Hùng", "Khánh", "Lan", "Linh", "Long",
    "Mai", "Nam", "Nga", "Phúc", "Quân", "Sơn", "Tâm", "Thảo",
)  # fmt: skip
POSTS = (
    "Bí thư Đảng uỷ xã", "Phó Bí thư Đảng uỷ xã", "Đảng uỷ viên", "Bí thư Chi bộ", "Trưởng phòng", "Phó Trưởng phòng",
    "Chủ tịch Uỷ ban nhân dân xã", "Giám đốc Sở", "Chuyên viên chính", "Chuyên viên", "Chuyên viên", "Chuyên viên",
)  # fmt: skip
QUALIFICATIONS = ("Trung cấp", "Cao đẳng", "Đại học", "Đại học", "Đại học", "Đại học", "Thạc sĩ", "Thạc sĩ", "Tiến sĩ")
AWARDS = ("Cử nhân", "Cử nhân", "Thạc sĩ", "Chứng chỉ", "Kỹ sư")
RATINGS = ("Hoàn thành xuất sắc nhiệm vụ", *("Hoàn thành tốt nhiệm vụ",) * 3, "Hoàn thành nhiệm vụ")
COMMUNES = 200


@dataclass(frozen=True)
class Built:
    """How many facts were kept, and the seconds it took."""

    facts: int
    seconds: float


def prepare(home: Path) -> House:
    """An installation with a province, its blocks, communes and two people; as it was when there already."""
    setup.make_secrets(home / "keys")
    house = setup.prepare(Settings.from_env({"OMS_HOME": str(home)}))
    if setup.in_use(house):
        return house
    with house.work(None, START) as uow:
        add = units.add_unit
        root = add(uow.session, code="P", name="Tỉnh mẫu", parent=None, block="all", level="tinh")
        for code, name, block in (
            ("D", "Tỉnh uỷ", "party"), ("M", "Uỷ ban MTTQ", "front"), ("C", "Uỷ ban nhân dân tỉnh", "government")
        ):  # fmt: skip
            above = add(uow.session, code=code, name=name, parent=root, block=block, level="tinh")
            for number in range(COMMUNES):
                below = f"{name}: đơn vị số {number + 1:03d}"
                add(uow.session, code=f"{code}-{number}", name=below, parent=above, block=block, level="xa")
        setup.ensure_agent(uow, root, START)
        for username, role in (("officer", Role.RECORDS_OFFICER), ("leader", Role.LEADER)):
            new = accounts.NewAccount(
                username, f"Người đo {username}", "một câu dài để đo", role, root.id, (root.id,),
                Secrecy.MAT, (), tuple(SENSITIVE_LABELS),
            )  # fmt: skip
            accounts.create(uow, None, new, START)
    return house


def fill(house: House, wanted: int, seed: int, clock: Callable[[], float], tell: Callable[[int], None]) -> Built:
    """Adds ``wanted`` cadres with their records."""
    chance, before, facts = random.Random(seed), clock(), 0
    with house.look() as uow:
        homes = [unit for unit in units.everything(uow.session) if unit.level == "xa"]
        by = accounts.principal_named(uow, "officer").account_id
    for first in range(0, wanted, AT_ONCE):
        with house.work(None, START) as uow:
            batch = [_person(chance, number, chance.choice(homes), by) for number in range(first, first + AT_ONCE)]
            batch = batch[: wanted - first]
            uow.session.add_all([cadre for cadre, _dossier, _facts in batch])
            uow.session.flush()
            uow.session.add_all([dossier for _cadre, dossier, _facts in batch])
            uow.session.flush()
            kept = record.keep(uow, [(dossier, new) for _c, dossier, new in batch], record.Keeping(by, START))
            facts += sum(map(len, kept))
        tell(first + len(batch))
    return Built(facts, clock() - before)


def _person(chance: random.Random, number: int, unit: Unit, by: str) -> tuple[Cadre, Dossier, list[NewFact]]:
    woman = chance.random() < 0.42
    middle = "Thị" if woman and chance.random() < 0.5 else chance.choice(MIDDLE)
    name = f"{chance.choice(FAMILY)} {middle} {chance.choice(GIVEN)}"
    born = chance.randint(1962, 2002)
    birth = f"{born}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    if chance.random() < 0.06:
        birth = birth[: chance.choice((4, 7))]
    cadre = Cadre(
        id=new_id(), full_name=name, folded_name=fold_name(name), sex="Nữ" if woman else "Nam", birth_date=birth,
        created_by=by, created_at=START,
    )  # fmt: skip
    dossier = Dossier(
        id=new_id(), cadre_id=cadre.id, unit_id=unit.id, block=unit.block, number=f"HS-{number:06d}",
        secrecy=int(chance.random() < 0.02), created_by=by, created_at=START,
    )  # fmt: skip
    source = Source("import", words="Sổ mẫu")
    said = [*_singles(chance, cadre, born, unit), *_rows(chance, born)]
    return cadre, dossier, [NewFact(item, values, source) for item, values in said]


def _day(chance: random.Random, year: int) -> str:
    return f"{year}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"


def _singles(chance: random.Random, cadre: Cadre, born: int, unit: Unit) -> Iterator[tuple[str, dict[str, str]]]:
    began = born + chance.randint(22, 26)
    values = {
        "full_name": cadre.full_name,
        "sex": cadre.sex,
        "birth_date": cadre.birth_date,
        "ethnicity": "Kinh" if chance.random() < 0.8 else chance.choice(("Tày", "Thái", "Mường", "Nùng")),
        "religion": "Không" if chance.random() < 0.9 else "Phật giáo",
        "person_kind": chance.choice(("Cán bộ", "Công chức", "Công chức", "Viên chức")),
        "highest_qualification": chance.choice(QUALIFICATIONS),
        "political_theory": chance.choice(("Sơ cấp", "Trung cấp", "Trung cấp", "Cao cấp")),
        "recruited_on": _day(chance, began),
        "rank_code": chance.choice(("01.001", "01.002", "01.003", "01.003", "01.003", "01.004")),
        "salary_coefficient": f"{chance.choice((2.34, 2.67, 3.0, 3.33, 3.66, 3.99, 4.4, 4.74, 5.08)):.2f}",
        "salary_step": str(chance.randint(1, 8)),
        "salary_from": _day(chance, chance.randint(2023, 2026)),
        "position": chance.choice(POSTS),
        "unit": unit.name,
    }
    if chance.random() < 0.7:
        values["party_joined_on"] = _day(chance, began + chance.randint(1, 8))
    if chance.random() < 0.03:
        values["left_on"], values["left_kind"] = _day(chance, 2025), "Nghỉ hưu"
    for item, value in values.items():
        yield item, {"value": value}


def _rows(chance: random.Random, born: int) -> Iterator[tuple[str, dict[str, str]]]:
    year = born + 24
    for _ in range(chance.randint(2, 4)):
        until = year + chance.randint(2, 6)
        yield "career", {"from": _day(chance, year), "to": _day(chance, until), "position": chance.choice(POSTS)}
        year = until
    since = min(year, 2025)
    yield "posts", {"from": str(since), "position": chance.choice(POSTS), "term_months": "60"}
    for _ in range(chance.randint(1, 2)):
        begun = str(born + chance.randint(18, 35))
        kind = chance.choice(("Chuyên môn", "Lý luận chính trị"))
        yield "training", {"kind": kind, "from": begun, "award": chance.choice(AWARDS), "subject": "Luật"}
    for rated in (2023, 2024, 2025):
        yield "evaluations", {"year": str(rated), "rating": chance.choice(RATINGS)}
    if chance.random() < 0.15:
        yield "plannings", {"from": "2025", "position": chance.choice(POSTS), "term": "2025–2030"}
    if chance.random() < 0.3:
        yield "rewards_table", {"year": str(chance.randint(2010, 2025)), "form": "Bằng khen"}
    if chance.random() < 0.02:
        yield "discipline_table", {"year": str(chance.randint(2010, 2025)), "form": "Khiển trách"}
