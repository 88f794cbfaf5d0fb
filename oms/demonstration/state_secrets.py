"""State secrets in the demonstration: levels with a basis and an end, one of them due, two lines of the register of
papers not digitised, and copies in the register of copies. Invented, and no secret of anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from oms.demonstration import clerk
from oms.demonstration.lives import Steps, held, open_for
from oms.domain.keeping import after_years
from oms.domain.records import day_in_hanoi
from oms.services import classifying, custody, profiles, secret_copies, secret_stubs
from oms.services.classifying import NewLevel
from oms.services.house import House
from oms.services.secret_stubs import NewStub

Clock = Callable[[], datetime]
OFFICER = "canbo.tochuc"
HEAD = "Trưởng Ban Tổ chức Tỉnh uỷ"
PERIOD = 10


def lay_down(house: House, steps: Steps, clock: Clock) -> None:
    """Each step once; nothing where the party block holds no dossier with a level."""
    numbers = [dossier.number for _cadre, dossier in held() if dossier.block == "party" and dossier.secrecy]
    if not numbers:
        return
    steps.once("levels with their basis", partial(_levels, house, clock, numbers))
    steps.once("secret papers not digitised", partial(_stubs, house, clock, numbers[0]))
    steps.once("copies of a secret", partial(_copies, house, clock, numbers[0]))


def _levels(house: House, clock: Clock, numbers: list[str]) -> None:
    """The first ends in a hundred days, the second is fresh; the others wait for their basis."""
    officer = clerk.principal_named(house, OFFICER)
    today = day_in_hanoi(clock())
    days = (after_years(today, -PERIOD) + timedelta(days=100), today - timedelta(days=30))
    for number, day in zip(numbers, days, strict=False):
        with house.work(officer, clock()) as uow:
            dossier_id = custody.dossier_numbered(uow, officer, number)
            new = NewLevel(1, "", "bvctnb", "Mục 2", f"{day:%d/%m/%Y}", HEAD)
            classifying.classify(uow, officer, "dossier", dossier_id, new, clock())


def _stubs(house: House, clock: Clock, number: str) -> None:
    officer = clerk.principal_named(house, OFFICER)
    with house.work(officer, clock()) as uow:
        dossier_id = custody.dossier_numbered(uow, officer, number)
        unit_id = classifying.read(uow, officer, "dossier", dossier_id, clock()).secret.dossier.unit_id
        issued = day_in_hanoi(clock()) - timedelta(days=40)
        for order, (paper, title, dossier) in enumerate(
            (("07-TB/TU", "Thông báo về công tác nhân sự", number), ("12-KL/TU", "Kết luận thẩm tra lý lịch", "")), 1
        ):
            new = NewStub(
                unit_id, paper, 1, f"{issued:%d/%m/%Y}", "Tỉnh uỷ Lam Giang", title, "", str(order + 1),
                f"Két số 2, ngăn {order}", "", dossier,
            )  # fmt: skip
            secret_stubs.enter(uow, officer, new, clock())


def _copies(house: House, clock: Clock, number: str) -> None:
    """A short biography in two copies, one of them back already."""
    officer, day = clerk.principal_named(house, OFFICER), f"{day_in_hanoi(clock()):%d/%m/%Y}"
    said = secret_copies.Leaving("2", HEAD, day, "Văn phòng Tỉnh uỷ\nUỷ ban Kiểm tra Tỉnh uỷ")
    with house.work(officer, clock()) as uow:
        dossier_id = custody.dossier_numbered(uow, officer, number)
        open_for(uow, officer, dossier_id, "chuẩn bị hồ sơ nhân sự trình Ban Thường vụ", clock())
        profiles.make(uow, officer, dossier_id, "tieu_su_tom_tat", profiles.PDF, clock(), said)
    with house.work(officer, clock()) as uow:
        rows, _total, _names = secret_copies.listing(uow, officer, None, 1, 0, clock())
        secret_copies.end(uow, officer, rows[0].copy.id, secret_copies.Ended("2", "returned", day), clock())
