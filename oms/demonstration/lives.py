"""The structured record in the demonstration: values taken from papers, confirmed by a second person, and what the
papers do not say declared and approved. Every step is one transaction through the desks' own services, done once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path

from oms.demonstration import clerk
from oms.demonstration.people import DemoCadre, DemoDossier, Relative, cadres
from oms.demonstration.people_facts import Training
from oms.domain.access import Principal, may_read_field
from oms.domain.record_items import ITEMS
from oms.services import change_decide, change_items, change_view, changes, custody, record_reading, record_taking
from oms.services.change_decide import Word
from oms.services.change_items import Typed
from oms.services.changes import About
from oms.services.house import House, UnitOfWork

Clock = Callable[[], datetime]
KEEPERS = {"party": "canbo.tochuc", "front": "canbo.mattran", "government": "canbo.noivu"}
LEADER = "lanhdao.tinh"
FORM = "Phiếu kê khai khi lập hồ sơ điện tử"
MINUTES = 2
"""Openings of the demonstration's people run out before anybody signs in as them."""


class Steps:
    """Which steps are done, in a file beside the demonstration's marker: a run that was cut off goes on after them."""

    def __init__(self, home: Path) -> None:
        self._path = home / "demonstration-lives"
        self._done: set[str] = set(json.loads(self._path.read_text())) if self._path.exists() else set()

    def once(self, name: str, act: Callable[[], None]) -> None:
        """Does a step unless it is done already."""
        if name in self._done:
            return
        act()
        self._done.add(name)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(sorted(self._done)))
        part.replace(self._path)


def held() -> Iterator[tuple[DemoCadre, DemoDossier]]:
    """Every dossier of the demonstration with its person."""
    for cadre in cadres():
        for dossier in cadre.dossiers:
            yield cadre, dossier


def lay_down(house: House, steps: Steps, clock: Clock, told: Callable[[], None]) -> None:
    """Fills the record of every dossier; ``told`` after each."""
    leader = clerk.principal_named(house, LEADER)
    for place, (cadre, dossier) in enumerate(held()):
        officer = clerk.principal_named(house, KEEPERS[dossier.block])
        steps.once(f"record {dossier.number}", partial(_record, house, officer, leader, cadre, dossier, place, clock))
        told()


def open_for(uow: UnitOfWork, who: Principal, dossier_id: str, reason: str, now: datetime) -> None:
    """Opens a dossier as its page does."""
    custody.open_dossier(uow, who, dossier_id, "bo_sung", "", reason, MINUTES, now)


def _record(
    house: House, officer: Principal, leader: Principal, cadre: DemoCadre, held: DemoDossier, place: int, clock: Clock
) -> None:
    with house.work(officer, clock()) as uow:
        dossier_id = custody.dossier_numbered(uow, officer, held.number)
        open_for(uow, officer, dossier_id, "lập lý lịch điện tử từ hồ sơ giấy", clock())
        view = record_taking.look(uow, officer, dossier_id, clock())
        chosen = [offer.value.key for offer in view.offers if offer.ticked]
        if chosen:
            record_taking.take(uow, officer, dossier_id, chosen, clock())
        said = _declared(cadre, place)
        known = {fact.item.key for fact in record_reading.of(uow, officer, view.row).held}
        wanted = [(item, values) for item, values in said if ITEMS[item].is_table or item not in known]
        wanted = [(item, values) for item, values in wanted if item not in known or item in ("evaluations", "posts")]
        wanted = [(item, values) for item, values in wanted if may_read_field(officer, ITEMS[item].sensitive)]
        about = About(FORM, "Bổ sung các mục giấy tờ chưa nêu", cadre.name, "15/10/2026")
        change = changes.create(uow, officer, dossier_id, about, clock())
        for item, values in wanted:
            typed = Typed(item, "add", values, source_words=f"{FORM}, người khai ký ngày 15/10/2026")
            change_items.put_item(uow, officer, change.id, change.version, typed, clock())
        changes.submit(uow, officer, change.id, change.version, clock())
    with house.work(leader, clock()) as uow:
        open_for(uow, leader, dossier_id, "duyệt lý lịch điện tử lập từ hồ sơ giấy", clock())
        view_now = record_reading.look_to_confirm(uow, leader, dossier_id, clock())
        waiting = [fact.row.id for fact in view_now.waiting()]
        if waiting:
            record_reading.confirm(uow, leader, dossier_id, waiting, clock())
        approve_all(uow, leader, change.id, clock())


def approve_all(uow: UnitOfWork, leader: Principal, change_id: str, now: datetime) -> None:
    """Approves every open item of a change."""
    view = change_view.open_change(uow, leader, change_id, now)
    words = {item.row.id: Word(True) for item in view.items}
    change_decide.decide(uow, leader, change_id, view.row.change.version, words, now)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


Values = Mapping[str, str]


def _declared(cadre: DemoCadre, place: int) -> list[tuple[str, Values]]:
    """What the person declares: every item that lists, reports and due dates ask for."""
    core = cadre.core
    joined, official = core.party
    single = {
        "full_name": core.name, "sex": core.sex, "birth_date": _day(core.born), "birth_place": core.birth_place,
        "home_place": core.home_place, "current_residence": core.lives_in, "ethnicity": core.ethnicity,
        "religion": core.religion, "family_class": cadre.family_class, "citizen_id": cadre.citizen_id,
        "social_insurance_no": cadre.social_insurance_no, "staff_code": cadre.staff_code,
        "previous_occupation": core.before, "recruited_on": _day(core.recruited), "recruiting_agency": core.recruiter,
        "party_joined_on": _day(joined), "party_official_on": _day(official), "party_card_no": cadre.party_card_no,
        "position": core.position, "main_duty": core.duty, "rank_title": cadre.rank_title, "rank_code": core.rank,
        "salary_step": str(core.step), "salary_coefficient": cadre.salary_coefficient.replace(".", ","),
        "salary_from": _day(cadre.salary_from), "highest_qualification": _degree(cadre),
        "political_theory": cadre.political_theory, "state_management": cadre.state_management,
        "foreign_language": cadre.foreign_language, "it_level": cadre.it_level, "health": "Tốt",
        "height": f"{cadre.height_cm} cm", "weight": f"{cadre.weight_kg} kg", "blood_group": cadre.blood,
        "strengths": cadre.strengths, "rewards": cadre.rewards,
        "person_kind": "Công chức" if place % 3 else "Cán bộ",
        "managed_by": "Ban Thường vụ Tỉnh uỷ quản lý" if core.rank == "01.002" else "Tập thể lãnh đạo cơ quan quản lý",
    }  # fmt: skip
    tables = [*_posts(cadre, place), *_years(place)]
    tables += [("training", _course(each)) for each in core.training]
    tables += [("family", _relative(each, "Bản thân")) for each in cadre.family]
    return [(item, {"value": value}) for item, value in single.items()] + tables


def _degree(cadre: DemoCadre) -> str:
    """The degree without its subject: what the closed list holds."""
    return next(each for each in ("Thạc sĩ", "Kỹ sư", "Cử nhân", "Cao đẳng") if each in cadre.highest_qualification)


def _course(each: Training) -> Values:
    kind = "Lý luận chính trị" if each.subject.startswith("Lý luận") else "Chuyên môn"
    return {"kind": kind, "from": each.since, "to": each.until, "school": each.school, "subject": each.subject,
            "form": each.form, "award": each.award}  # fmt: skip


def _relative(each: Relative, side: str) -> Values:
    return {"side": side, "relation": each.relation, "full_name": each.name, "birth_date": str(each.year),
            "about": each.about}  # fmt: skip


def _posts(cadre: DemoCadre, place: int) -> list[tuple[str, Values]]:
    now = cadre.career[-1]
    began = f"01/{now.since}"
    post = {"from": began, "position": cadre.core.position, "kind": "Bổ nhiệm", "term_months": "60",
            "decision_no": f"{110 + place}-QĐ/TU", "decision_on": began}  # fmt: skip
    found: list[tuple[str, Values]] = [("posts", post)]
    if place % 4 == 1:
        planned = {"from": "01/01/2026", "to": "31/12/2031", "position": "Phó Giám đốc Sở", "term": "2026–2031",
                   "decision_no": "56-QĐ/TU", "decision_on": "20/12/2025"}  # fmt: skip
        found.append(("plannings", planned))
    return found


def _years(place: int) -> list[tuple[str, Values]]:
    ratings = ("Hoàn thành tốt nhiệm vụ", "Hoàn thành xuất sắc nhiệm vụ", "Hoàn thành nhiệm vụ")
    return [
        ("evaluations", {"year": str(year), "rating": ratings[(year + place) % (3 if place % 5 == 0 else 2)]})
        for year in range(2022, 2026)
    ]
