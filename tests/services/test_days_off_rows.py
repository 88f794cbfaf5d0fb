"""The days off that are shipped: every working holiday of 2025–2027, the moved days, and which years are sure."""

from __future__ import annotations

from datetime import date, timedelta

from factories import World

from oms.domain.dated_rows import Catalogue, Row
from oms.services import catalogues, days_off
from oms.services.days_off import LIST


def shipped(world: World) -> Catalogue:
    with world.house.look() as uow:
        return catalogues.load(uow)


def off_in(world: World, year: int) -> list[str]:
    calendar = days_off.calendar(shipped(world), date(year, 6, 1))
    days = (date(year, 1, 1) + timedelta(days=each) for each in range(365))
    return [f"{day:%d/%m}" for day in days if day.weekday() < 5 and not calendar.works(day)]


def test_holidays_of_the_labour_code_are_off_with_the_days_moved_by_notice(world: World) -> None:
    assert off_in(world, 2025) == [
        *("01/01", "27/01", "28/01", "29/01", "30/01", "31/01", "07/04", "30/04", "01/05", "02/05", "01/09", "02/09"),
    ]
    tet = ["16/02", "17/02", "18/02", "19/02", "20/02"]
    assert [day for day in off_in(world, 2026) if day != "24/11"] == [
        *("01/01", *tet, "27/04", "30/04", "01/05", "31/08", "01/09", "02/09"),
    ]
    assert {"05/02", "08/02", "09/02", "16/04", "30/04", "03/05", "02/09"} <= set(off_in(world, 2027))


def test_saturdays_worked_instead_are_working_days(world: World) -> None:
    calendar = days_off.calendar(shipped(world), date(2026, 1, 1))
    assert calendar.works(date(2025, 4, 26)) and calendar.works(date(2026, 8, 22))


def test_a_year_with_guessed_rows_alone_stays_unsure_until_somebody_confirms_one(world: World) -> None:
    catalogue = shipped(world)
    assert days_off.known_years(catalogue) == {2025, 2026}
    confirmed = Row(LIST, "2027-02-11", "Tết Đinh Mùi", extra={"kind": "off"}, mark="S")
    assert days_off.known_years(Catalogue([*catalogue.history(LIST), confirmed])) == {2025, 2026, 2027}
