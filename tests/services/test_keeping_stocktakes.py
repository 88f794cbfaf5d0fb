"""The half-yearly reconciliation: every dossier a line, every line a state, what differs treated, then concluded."""

from __future__ import annotations

from io import BytesIO

import pytest
from factories import World
from openpyxl import load_workbook

from oms.errors import InvalidInput, Refused
from oms.services import loans, stocktakes
from oms.services.stocktakes import Counted, StocktakeView


def opened(world: World, username: str = "officer", period: str = "2026-2") -> str:
    who = world.who(username)
    with world.work(who) as uow:
        return stocktakes.open_stocktake(uow, who, world.units["D-BTC"], period, world.clock()).id


def look(world: World, stocktake_id: str, username: str = "officer") -> StocktakeView:
    who = world.who(username)
    with world.work(who) as uow:
        return stocktakes.read(uow, who, stocktake_id, "", None, 0, world.clock())


def count(world: World, stocktake_id: str, typed: dict[int, Counted], username: str = "officer") -> int:
    who = world.who(username)
    with world.work(who) as uow:
        return stocktakes.count(uow, who, stocktake_id, typed, world.clock())


def conclude(world: World, stocktake_id: str, username: str = "officer") -> None:
    who = world.who(username)
    with world.work(who) as uow:
        stocktakes.close(uow, who, stocktake_id, "danh sách và hồ sơ khớp, đã xử lý chỗ lệch", world.clock())


def test_it_is_concluded_only_when_every_line_has_a_state_and_differences_are_treated(world: World) -> None:
    rows = [world.dossier(f"Người thứ {n}", number=f"HS-{n}") for n in range(3)]
    for row in rows:
        world.filed(row, pages=2)
    who = world.who("officer")
    world.open(who, rows[2].dossier.id)
    with world.work(who) as uow:
        new = loans.NewLoan((), "Người mượn", "", "xác minh", "Thủ trưởng", 2, "01/12/2026")
        loans.lend(uow, who, rows[2].dossier.id, new, world.clock())
    taken = opened(world)
    view = look(world, taken)
    assert [(each.dossier.number, each.line.pages_listed) for each in view.lines] == [
        ("HS-0", 2), ("HS-1", 2), ("HS-2", 2),
    ]  # fmt: skip
    assert set(view.lent) == {rows[2].dossier.id}
    first, second, third = (each.line.id for each in view.lines)
    with pytest.raises(InvalidInput, match="conclusion"):
        conclude(world, taken)
    assert count(world, taken, {first: Counted(2), second: Counted(1), third: Counted()}) == 3
    states = [each.line.state for each in look(world, taken).lines]
    assert states == ["ok", "differs", "lent"]
    with pytest.raises(InvalidInput, match="conclusion"):
        conclude(world, taken)  # what differs is not treated
    count(world, taken, {second: Counted(1, note="thiếu tờ 2", treatment="sao lại từ bản số hoá")})
    conclude(world, taken)
    with pytest.raises(InvalidInput, match="lines"):
        count(world, taken, {first: Counted(1)})
    verbs = [verb for verb, outcome, _id in world.journal() if outcome == "done"]
    assert {"stocktake:open", "stocktake:count", "stocktake:close"} <= set(verbs)


def test_a_unit_is_due_until_its_stocktake_of_the_period_is_concluded(world: World) -> None:
    world.filed(world.dossier())
    who = world.who("officer")

    def due() -> list[str]:
        with world.work(who) as uow:
            return [each.unit.code for each in stocktakes.due(uow, who, world.clock())]

    assert due() == ["D-BTC"]
    taken = opened(world)
    count(world, taken, {each.line.id: Counted(each.line.pages_listed) for each in look(world, taken).lines})
    assert due() == ["D-BTC"]
    conclude(world, taken)
    assert due() == []
    world.clock.forward(days=70)  # the next half year
    assert due() == ["D-BTC"]


def test_hidden_dossiers_are_in_no_line_and_no_count_of_who_may_not_see_them(world: World) -> None:
    world.filed(world.dossier(number="HS-1"))
    world.filed(world.dossier("Vàng A Páo", secrecy=3, number="HS-2"))
    taken = opened(world)
    assert [each.dossier.number for each in look(world, taken).lines] == ["HS-1", "HS-2"]
    low = look(world, taken, "officer2")
    assert ([each.dossier.number for each in low.lines], low.all_lines) == (["HS-1"], 1)
    hidden = next(each.line.id for each in look(world, taken).lines if each.dossier.number == "HS-2")
    with pytest.raises(Refused):
        count(world, taken, {hidden: Counted(1)}, "officer2")
    with pytest.raises(Refused):
        look(world, taken, "officer.gov")
    count(world, taken, {each.line.id: Counted(1) for each in low.lines}, "officer2")
    with pytest.raises(InvalidInput, match="conclusion"):
        conclude(world, taken, "officer2")  # only its opener, whatever is left


def test_one_stocktake_of_a_unit_and_period_at_a_time_and_none_ahead(world: World) -> None:
    world.filed(world.dossier())
    opened(world)
    for period in ("2026-2", "2027-1", "x"):
        with pytest.raises(InvalidInput, match="period"):
            opened(world, period=period)
    opened(world, period="2026-1")
    with pytest.raises(Refused):
        opened(world, "officer.gov")


def test_the_report_goes_to_excel_with_every_line_this_person_sees(world: World) -> None:
    world.filed(world.dossier("=1+1", number="HS-1"))
    taken = opened(world)
    who = world.who("officer")
    with world.work(who) as uow:
        data = stocktakes.sheet(uow, who, taken, "báo cáo kiểm kê kỳ này", world.clock())
    cells = [cell for line in load_workbook(BytesIO(data)).active.iter_rows() for cell in line]
    assert "HS-1" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_pages_of_papers_above_the_dossier_are_in_no_total_a_lower_colleague_reads(world: World) -> None:
    row = world.dossier()
    world.filed(row, pages=2)
    world.filed(row, pages=7, secrecy=2)
    opener, lower = world.who("officer"), world.who("officer2")
    with world.work(opener) as uow:
        period = stocktakes.periods(uow, world.clock())[0]
        made = stocktakes.open_stocktake(uow, opener, world.units["D-BTC"], period, world.clock())
    for who in (opener, lower):
        with world.work(who) as uow:
            view = stocktakes.read(uow, who, made.id, "", None, 0, world.clock())
        assert [line.line.pages_listed for line in view.lines] == [2]
