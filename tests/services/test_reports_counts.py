"""Reports: a small world counted by hand, sums that add up, nothing counted that may not be seen."""

from __future__ import annotations

import json
from datetime import date

import pytest
from factories import World
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import update

from oms.domain.reports import BM02, retired_born_by, years_before
from oms.errors import InvalidInput, Refused
from oms.services import catalogue_edit, catalogues, charts, report_tables, reports
from oms.services.reports import Report, Scope
from oms.services.secret_copies import Leaving
from oms.store.dossiers import DossierRow
from oms.store.tables import Cadre

DAY = date(2026, 11, 2)
PARTITION = ("age.30", "age.31", "age.41", "age.51", "age.over")


def made(world: World, username: str = "officer", kind: str = "bm02", **scope: object) -> Report:
    who = world.who(username)
    with world.work(who) as uow:
        return reports.view(uow, who, kind, Scope(scope.pop("day", DAY), **scope), world.clock())  # type: ignore[arg-type]


def person(world: World, name: str, unit: str = "D-BTC", by: str = "officer", **facts: str) -> DossierRow:
    more = {"secrecy": int(facts.pop("secrecy"))} if "secrecy" in facts else {}
    row = world.dossier(f"Người Thử {name}", unit=unit, by=by, **more)
    for item, value in facts.items():
        world.fact(row, item, by=by, value=value)
    return row


def golden(world: World) -> None:
    """Six people in three units of the Party block, one in the government, one secret."""
    person(world, "A", birth_date="02/11/1996", sex="Nữ", ethnicity="Kinh", rank_code="01.003",
           highest_qualification="Đại học", political_theory="Trung cấp", party_joined_on="05/08/2020")  # fmt: skip
    person(world, "B", birth_date="02/11/1995", sex="Nam", ethnicity="Tày", religion="Công giáo",
           rank_code="01.002", highest_qualification="TSKH", political_theory="Cao cấp")  # fmt: skip
    person(world, "C", unit="D-XA", birth_date="1973", sex="Nữ", it_level="Đại học", foreign_language="Anh văn B")
    person(world, "D", unit="D-XA", birth_date="03/1965", sex="Nam", state_management="Chuyên viên")
    row = person(world, "E", unit="D", birth_date="20/06/1962", sex="Nam", ethnic_language="Tiếng Mông")
    world.fact(row, "posts", from_="01/2025", position="Bí thư Đảng uỷ xã", kind="Luân chuyển")
    person(world, "F", unit="D", sex="Nam", left_on="01/10/2026")
    person(world, "Mật", birth_date="01/01/1990", sex="Nữ", secrecy="3")
    person(world, "G", unit="C-SNV", by="officer.gov", birth_date="01/01/1985", sex="Nữ")


def figures(found: Report) -> dict[str, int | None]:
    return {key: value for key, value in found.total.items() if value}


def test_the_form_has_its_38_columns() -> None:
    assert len(BM02) == 38
    assert [BM02[place].key for place in (0, 4, 9, 26, 36, 37)] == [
        "staffing", "religion", "rank.01.005", "ethnic_language", "age.over", "rotation",
    ]  # fmt: skip


def test_a_small_world_counted_by_hand(world: World) -> None:
    golden(world)
    assert figures(made(world, "leader")) == {
        "present": 6, "party": 1, "women": 3, "minority": 1, "religion": 1, "rank.01.003": 1, "rank.01.002": 1,
        "qualification.dai_hoc": 1, "qualification.tien_si": 1, "theory.trung_cap": 1, "theory.cao_cap": 1,
        "it.trung_cap": 1, "language.chung_chi_anh": 1, "management.chuyen_vien": 1, "ethnic_language": 1,
        "rotation": 1, "age.30": 1, "age.31": 1, "age.41": 1, "age.51": 1, "age.51.women": 1, "age.over": 2,
    }  # fmt: skip


def test_boundaries_of_age_turn_on_the_birthday(world: World) -> None:
    person(world, "A", birth_date="02/11/1995", sex="Nữ")
    assert figures(made(world, day=date(2026, 11, 1)))["age.30"] == 1
    assert figures(made(world, day=date(2026, 11, 2)))["age.31"] == 1
    person(world, "B", birth_date="20/06/1965", sex="Nam")  # last day of work 31/12/2026
    assert "age.over" not in figures(made(world, day=date(2026, 12, 31)))
    assert figures(made(world, day=date(2027, 1, 1)))["age.over"] == 1


def test_who_left_or_was_not_there_yet_on_the_day_is_out(world: World) -> None:
    person(world, "A", left_on="01/10/2026", recruited_on="01/01/2000")
    assert made(world, day=date(2026, 9, 30)).people == 1
    assert made(world, day=date(2026, 10, 1)).people == 0
    assert made(world, day=date(1999, 12, 31)).people == 0


def test_nothing_is_counted_that_may_not_be_seen(world: World) -> None:
    golden(world)
    assert (made(world, "officer").people, made(world, "leader").people) == (6, 6)
    assert (made(world, "leader.low").people, made(world, "leader.xa").people) == (6, 2)
    assert made(world, "officer.gov").people == 1
    masked = made(world, "leader.low")
    assert masked.masked and "religion" not in masked.total and made(world, "leader").total["religion"] == 1
    for username in ("clerk", "reviewer", "admin"):
        with pytest.raises(Refused):
            made(world, username)
    outside = made(world, "leader.xa", unit_path=f"{world.units['P']}/{world.units['C']}")
    assert outside.people == 0 and [line.unit.code for line in outside.lines] in ([], ["D-XA"])


@pytest.mark.parametrize("scope", [{}, {"block": "party"}, {"block": "government"}])
def test_lines_add_up_to_the_total_and_everybody_stands_in_one_band(world: World, scope: dict[str, str]) -> None:
    golden(world)
    found = made(world, "leader", **scope)
    for key in found.total:
        assert found.total[key] in (None, sum(line.figures[key] or 0 for line in found.lines)), key
    with_birth = sum(found.total[key] or 0 for key in PARTITION)
    assert with_birth == found.people
    shares = made(world, "leader", "structure", **scope)
    assert shares.people == found.people
    for name, values in shares.structures.items():
        assert sum(share.count for share in values) == found.people, name
        assert sum(share.women for share in values) == found.total["women"], name


def test_a_person_with_files_in_two_blocks_counts_once_together_and_in_each_block(world: World) -> None:
    first, second = person(world, "A"), person(world, "A", unit="C-SNV", by="officer.gov")
    with world.work() as uow:
        uow.session.execute(
            update(Cadre).where(Cadre.id.in_([first.cadre.id, second.cadre.id])).values(citizen_id="0" * 12)
        )
    assert made(world, "leader").people == 1
    assert [made(world, "leader", block=block).people for block in ("party", "government")] == [1, 1]


def test_staffing_comes_from_its_dated_list_and_is_compared(world: World) -> None:
    golden(world)
    admin = world.who("admin")
    for code, posts in (("D", "10"), ("D-XA", "1")):
        typed = {"code": code, "label": code, "extra.value": posts, "valid_from": "01/01/2026"}
        with world.work(admin) as uow:
            found, problems = catalogue_edit.preview(uow, admin, "bien_che", None, "add", typed)
            assert found is not None and not problems
            catalogue_edit.carry_out(uow, admin, found, found.mark, world.clock())
    path = f"{world.units['P']}/{world.units['D']}"
    table = made(world, "leader", "staffing", unit_path=path)
    told = {(line.unit.code, line.own): report_tables.compared(dict(line.figures)) for line in table.lines}
    assert told == {("D", True): (9, 1, -8), ("D-BTC", False): (None, 2, None), ("D-XA", False): (1, 2, 1)}
    assert report_tables.compared(dict(table.total)) == (10, 5, -5)
    assert made(world, "leader", "staffing", unit_path=path, day=date(2025, 6, 1)).total["staffing"] is None


def test_planned_posts_count_persons_of_visible_facts(world: World) -> None:
    row = person(world, "A", sex="Nữ", birth_date="01/01/1990")
    for _twice in range(2):
        world.fact(row, "plannings", position="Bí thư Đảng uỷ xã", from_="2026")
    world.fact(person(world, "B", sex="Nam"), "plannings", position="Chức danh lạ", from_="2026")
    world.fact(person(world, "C"), "plannings", position="Bí thư Đảng uỷ xã", from_="2015", to="2020")
    found = made(world, kind="planned")
    assert sorted(found.planned) == [("", "Chức danh lạ", 1, 0, 0), ("bi_thu_dang_uy_xa", "Bí thư Đảng uỷ xã", 1, 1, 1)]


def test_an_export_needs_a_purpose_and_its_row_says_how_large_it_was(world: World) -> None:
    golden(world)
    world.unit("X", "=HYPERLINK(1)", "D", "party")
    person(world, "X", unit="X")
    officer = world.who("officer")
    with pytest.raises(InvalidInput), world.work(officer) as uow:
        reports.to_export(uow, officer, "bm02", Scope(DAY), "ngắn")
    with world.work(officer) as uow:
        found, purpose = reports.to_export(uow, officer, "bm02", Scope(DAY), "báo cáo quý bốn năm 2026")
        data = report_tables.excel(found, "Tỉnh uỷ")
        said = Leaving("1", "Chử Văn Đoàn, Trưởng ban", "01/11/2026", "Phòng Tổng hợp")
        reports.note_export(uow, officer, found, reports.Drawn(data, "xlsx", said), purpose, world.clock())
    with world.work() as uow:
        from oms.store import journal

        entry = [entry for entry, _leaf in journal.rows(uow.session)][-1]
        detail = json.loads(entry.detail) | {"bytes": entry.bytes or json.loads(entry.detail).get("bytes")}
        assert (entry.verb, entry.purpose or entry.reason) == ("report:export", "báo cáo quý bốn năm 2026")
        assert detail["bytes"] == len(data) and detail["total"] == found.people
    import io

    sheet = load_workbook(io.BytesIO(data)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert [cell.value for cell in cells if cell.value == "MẬT" or cell.value == "TUYỆT MẬT"] == ["TUYỆT MẬT"]
    for username in ("leader", "clerk", "admin"):
        who = world.who(username)
        with pytest.raises(Refused), world.work(who) as uow:
            reports.to_export(uow, who, "bm02", Scope(DAY), "báo cáo quý bốn năm 2026")


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(1, 90))
def test_somebody_turns_a_year_older_on_the_birthday(day: date, years: int) -> None:
    latest = years_before(day, years)
    assert latest.year == day.year - years
    assert (latest.month, latest.day) == (day.month, day.day) or (day.month, day.day) == (2, 29)


def test_the_retirement_cut_agrees_with_the_rule_for_each_birth_date(world: World) -> None:
    from oms.domain.entitlements import retirement_row

    with world.work() as uow:
        catalogue = catalogues.load(uow)
    for sex in ("Nam", "Nữ"):
        for day in (date(2022, 5, 31), DAY, date(2031, 1, 1)):
            cut = retired_born_by(day, sex, catalogue)
            found = retirement_row(cut, sex, catalogue)
            later = retirement_row(date.fromordinal(cut.toordinal() + 1), sex, catalogue)
            assert found is None or found[0] < day
            assert later is not None and later[0] >= day


@given(st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**6), st.integers(0, 10**6)), max_size=20))
def test_bars_never_leave_the_drawing(items: list[tuple[str, int, int]]) -> None:
    drawing = charts.bars([(label, count, min(part, count)) for label, count, part in items])
    assert all(0 <= bar.part_width <= bar.width <= charts.BAR_WIDTH + 0.1 for bar in drawing.bars)
    assert all(bar.y + drawing.bar <= drawing.height for bar in drawing.bars)
