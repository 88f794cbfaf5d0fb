"""Cases as they stand when some time has gone by, for tests of figures: received and ended on days a test names."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from factories import World

from oms.domain.records import HANOI
from oms.store.case_tables import Case
from oms.store.procedures import in_force


def noon(day: date) -> datetime:
    """Noon of Ha Noi on a day."""
    return datetime.combine(day, time(12), HANOI).astimezone(UTC)


def case(
    world: World,
    received: str,
    ended: str = "",
    *,
    state: str = "issued",
    unit: str = "D-BTC",
    holder: str | None = "officer",
    code: str = "bo_nhiem",
    used: int = 1,
    late: int = 0,
    due: str = "",
    **more: object,
) -> str:
    """A case received and ended (or not) on days written as ISO; its id."""
    came = date.fromisoformat(received)
    over = date.fromisoformat(ended) if ended else None
    with world.work() as uow:
        version = in_force(uow.session, code, world.clock().date())
        assert version is not None
        serial = uow.session.query(Case).count() + 1
        row = Case(
            unit_id=world.units[unit],
            year=came.year,
            serial=serial,
            number=f"{unit}-{came.year}-{serial:05d}",
            procedure_id=version.id,
            code=code,
            title="Việc để đếm",
            state=state if over else more.pop("open_state", "running"),
            step="a",
            step_unit_id=world.units[str(more.pop("hand", unit))],
            assignee_id=world.who(holder).account_id if holder else None,
            received_at=noon(came),
            received_on=came,
            step_at=noon(came),
            due=date.fromisoformat(due) if due else None,
            created_by=world.who("officer").account_id,
            ended_at=noon(over) if over else None,
            ended_on=over,
            used_days=used if over else None,
            late_days=late,
            **more,
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id


def forward_to(world: World, day: str) -> None:
    """Moves the world's clock to noon of a day."""
    world.clock.at = noon(date.fromisoformat(day)) + timedelta(milliseconds=1)
