"""Lists as people keep them: dated changes with a preview, files there and back, the queue of words outside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from factories import World
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.domain.dated_rows import Row
from oms.domain.list_edits import Shape, after, file_plan, gaps, judged, overlaps, plan_of, same_row
from oms.domain.list_files import lines_of, rows_of
from oms.errors import Conflict, InvalidInput, Refused
from oms.services import catalogue_edit, catalogues, list_tables, others
from oms.services.others import Wanted
from oms.store import catalogues as store
from oms.store.record_tables import FactRow, RecordHead

DAY = date(2027, 1, 1)


def row_of(world: World, list_code: str, code: str) -> Row:
    with world.work() as uow:
        return next(row for row in store.list_rows(uow.session, list_code) if row.code == code)


def change(world: World, list_code: str, row: Row | None, act: str, **typed: str) -> catalogue_edit.Preview:
    """An edit by the administrator, previewed and made."""
    admin = world.who("admin")
    with world.work(admin) as uow:
        from oms.domain.list_edits import typed_row

        base = typed_row(row, catalogue_edit.shape(uow, list_code)) if row else {}
        found, problems = catalogue_edit.preview(
            uow,
            admin,
            list_code,
            row.row_id if row else None,
            act,
            base | {k.replace("__", "."): v for k, v in typed.items()},
        )
        assert not problems and found is not None, problems
        catalogue_edit.carry_out(uow, admin, found, found.mark, world.clock())
        return found


def test_a_rule_changed_from_a_day_holds_before_and_after_and_the_old_row_stays_in_the_history(world: World) -> None:
    found = change(
        world, "quy_tac", row_of(world, "quy_tac", "term.months"), "from", day="01/01/2027", extra__value="48"
    )
    assert [row.valid_to for row, _replaced in found.plan.new] == [date(2026, 12, 31), None]
    with world.work() as uow:
        catalogue = catalogues.load(uow)
        assert catalogue.number("term.months", date(2026, 12, 31)) == 60
        assert catalogue.number("term.months", DAY) == 48
    officer = world.who("officer")
    with world.work(officer) as uow:
        told = catalogue_edit.past(uow, officer, "quy_tac", "term.months", world.clock())
    assert [(each.by, each.ended_by) for each in told] == [
        ("Người thử admin", ""), ("Người thử admin", ""), ("", "Người thử admin"),
    ]  # fmt: skip


def test_a_preview_writes_nothing_and_counts_what_hangs_on_it_without_pointing_at_anybody(world: World) -> None:
    for number in range(12):
        row = world.dossier(f"Người Thứ {number}", number=f"H{number}")
        world.fact(row, "birth_date", value="05/08/1990")
        world.fact(row, "sex", value="Nam")
    secret = world.dossier("Người Mật", number="M1", secrecy=2)
    world.fact(secret, "sex", value="Nam")
    admin, before = world.who("admin"), row_of(world, "gioi_tinh", "nam")
    religion, rule = row_of(world, "ton_giao", "khong"), row_of(world, "quy_tac", "retirement.notice")
    with world.work(admin) as uow:
        found, _none = catalogue_edit.preview(uow, admin, "gioi_tinh", before.row_id, "withdraw", {})
        assert found is not None and found.effects.facts == 12
        masked, _none = catalogue_edit.preview(uow, admin, "ton_giao", religion.row_id, "withdraw", {})
        assert masked is not None and masked.effects.facts is None
        dues, _none = catalogue_edit.preview(uow, admin, "quy_tac", rule.row_id, "withdraw", {})
        assert dues is not None and dues.effects.dues == 12
    assert row_of(world, "gioi_tinh", "nam") == before


@pytest.mark.parametrize(
    ("act", "typed", "field"),
    [
        ("from", {}, "day"),
        ("from", {"day": "31/02/2027"}, "day"),
        ("correct", {"label": " "}, "label"),
        ("correct", {"extra.value": "nhiều"}, "extra.value"),
        ("correct", {"extra.value": ""}, "extra.value"),
        ("correct", {"code": "khac"}, "code"),
        ("correct", {}, "label"),
        ("correct", {"valid_from": "02/01/2027", "valid_to": "01/01/2027"}, "valid_to"),
    ],
)
def test_wrong_entries_are_named_by_field(world: World, act: str, typed: dict[str, str], field: str) -> None:
    admin, row = world.who("admin"), row_of(world, "quy_tac", "term.months")
    with world.work(admin) as uow:
        base = {"code": row.code, "label": row.label, "extra.value": "60", "legal_basis": row.legal_basis}
        base |= {"position": str(row.position), "mark": row.mark}
        found, problems = catalogue_edit.preview(uow, admin, "quy_tac", row.row_id, act, base | typed)
    assert found is None and field in problems


def test_overlapping_days_of_one_code_are_refused_and_a_gap_is_told(world: World) -> None:
    admin = world.who("admin")
    typed = {"code": "base_pay", "label": "Mức lương cơ sở", "extra.value": "2.700.000", "valid_from": "01/01/2028"}
    with world.work(admin) as uow:
        found, problems = catalogue_edit.preview(uow, admin, "quy_tac", None, "add", typed)
        assert not problems and found is not None and "01/01/2028" in found.against[0]
        with pytest.raises(InvalidInput):
            catalogue_edit.carry_out(uow, admin, found, found.mark, world.clock())
    with world.work() as uow:
        held = [row for row in store.list_rows(uow.session, "quy_tac") if row.code == "base_pay"]
    newest = max(held, key=lambda row: row.valid_from or date.min)
    change(world, "quy_tac", newest, "end", day="31/12/2026")
    with world.work(admin) as uow:
        found, _none = catalogue_edit.preview(uow, admin, "quy_tac", None, "add", typed)
    assert found is not None and not found.against
    assert any("01/01/2027 đến 31/12/2027" in text for text in found.warnings)


def test_who_changed_the_list_first_is_not_overwritten(world: World) -> None:
    admin, row = world.who("admin"), row_of(world, "ly_luan", "so_cap")
    typed = {"code": "so_cap", "label": "Sơ cấp lý luận", "position": "1"}
    with world.work(admin) as uow:
        mine, _none = catalogue_edit.preview(uow, admin, "ly_luan", row.row_id, "correct", typed)
    change(world, "ly_luan", None, "add", code="moi", label="Hoàn chỉnh")
    assert mine is not None
    with world.work(admin) as uow:
        now_there, _none = catalogue_edit.preview(uow, admin, "ly_luan", row.row_id, "correct", typed)
        assert now_there is not None
        with pytest.raises(Conflict):
            catalogue_edit.carry_out(uow, admin, now_there, mine.mark, world.clock())


def test_only_the_administrator_changes_lists_and_the_officer_sees_them(world: World) -> None:
    for username in ("officer", "leader", "clerk", "reviewer"):
        who = world.who(username)
        with pytest.raises(Refused), world.work(who) as uow:
            catalogue_edit.preview(uow, who, "ly_luan", None, "add", {"code": "x", "label": "X"})
        assert world.journal()[-1][:2] == ("catalogue:change", "refused")
    officer = world.who("officer")
    with world.work(officer) as uow:
        assert catalogue_edit.index(uow, officer, DAY, world.clock())
    assert world.journal()[-1][:2] == ("catalogue:view", "done")


# files

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
_RISKY = st.sampled_from(["=1+1", "+84", "-5", "@SUM(A1)", "'=A1", "''", '"', "a,b", "|cmd", "%0A"])
_DAYS = st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Rows of one list, each code once."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        since, until = draw(_DAYS), draw(_DAYS)
        if since and until and until < since:
            since, until = until, since
        extra = {"value": draw(st.integers(0, 10**9) | st.floats(0, 1000).map(lambda x: round(x, 3)))}
        label = draw(_WORDS | _RISKY)
        aliases = tuple(
            dict.fromkeys(word.replace(";", "") or "a" for word in draw(st.lists(_WORDS | _RISKY, max_size=3)))
        )
        from oms.domain.fields import squashed

        label, aliases = squashed(label) or "a", tuple(dict.fromkeys(squashed(word) or "a" for word in aliases))
        made.append(Row("bien_che", f"c{number}", label, aliases, number, extra, since, until, "QĐ 1", "M"))
    return made


@given(rows(), st.sampled_from(["csv", "xlsx"]))
@settings(max_examples=60, deadline=None)
def test_a_list_exported_and_taken_in_again_is_the_same(some: list[Row], form: str) -> None:
    shape = Shape("bien_che", some)
    lines = lines_of(some, shape)
    data = list_tables.as_csv(lines) if form == "csv" else list_tables.as_xlsx(lines, "Biên chế")
    read, problems = list_tables.read(data, f"a.{form}")
    back, wrong = rows_of(read, shape)
    assert not problems and not wrong
    assert len(back) == len(some) and all(same_row(left, right) for left, right in zip(some, back, strict=True))
    assert file_plan(some, back, end_missing=True).new == ()


@given(rows(), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
@settings(max_examples=60, deadline=None)
def test_a_change_from_a_day_leaves_neither_overlap_nor_gap(some: list[Row], day: date) -> None:
    before = some[0]
    plan, problems = plan_of("from", before, before, day)
    result = [row for row in after(some, plan) if row.code == before.code]
    assert not overlaps(result) and not gaps(result)
    if not problems:
        assert sum(row.valid_on(day) for row in result) == 1 and judged(some, plan)[0] == ()


def test_every_shipped_list_round_trips_and_no_code_holds_twice_on_one_day(world: World) -> None:
    with world.work() as uow:
        catalogue = catalogues.load(uow)
        for list_code in catalogue.lists:
            held = store.list_rows(uow.session, list_code)
            shape = Shape(list_code, held)
            back, wrong = rows_of(list_tables.read(list_tables.as_csv(lines_of(held, shape)), "a.csv")[0], shape)
            assert not wrong, (list_code, wrong[:3])
            assert file_plan(held, back, end_missing=True) == file_plan([], [], False), list_code
            assert overlaps(held) == [], list_code


def test_a_file_with_one_wrong_line_changes_nothing_and_each_problem_has_its_line(world: World) -> None:
    text = "Mã;Tên gọi;Từ ngày;Giá trị [value]\nD-BTC;Ban Tổ chức;01/01/2027;12\n"
    text += "D-XA;;31/02/2027;nhiều\nD-BTC;Lại;01/01/2027;1\n"
    admin = world.who("admin")
    lines, problems = list_tables.read(text.encode("utf-8-sig"), "bien che.csv")
    assert not problems
    with world.work(admin) as uow:
        found, wrong = catalogue_edit.preview_file(uow, admin, "bien_che", lines, False)
    assert found is None
    assert [(each.line, each.column) for each in wrong] == [
        (3, "Tên gọi"), (3, "Từ ngày"), (3, "Giá trị [value]"), (4, "Mã"),
    ]  # fmt: skip
    good = [line for line in lines if line[0] != 3 and line[0] != 4]
    with world.work(admin) as uow:
        found, wrong = catalogue_edit.preview_file(uow, admin, "bien_che", good, False)
        assert found is not None and not wrong
        catalogue_edit.carry_out(uow, admin, found, found.mark, world.clock())
    assert row_of(world, "bien_che", "D-BTC").extra == {"value": 12}


def test_formulas_unreadable_and_foreign_files_are_told(world: World) -> None:
    import io

    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Mã", "Tên gọi"])
    book.active.append(["a", "=1+1"])
    out = io.BytesIO()
    book.save(out)
    assert [(each.line, each.column) for each in list_tables.read(out.getvalue(), "a.xlsx")[1]] == [(2, "B")]
    for data, name in ((b"PK\x03\x04broken", "a.xlsx"), ("Mã".encode("utf-16"), "a.csv"), (b"x", "a.xls")):
        assert list_tables.read(data, name)[1]


def test_a_workbook_that_brings_entities_or_too_much_is_not_read(tmp_path: Path) -> None:
    import io
    import zipfile

    import openpyxl

    secret = tmp_path / "secret"
    secret.write_text("bí mật của máy chủ")
    whole, entity = io.BytesIO(), f'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file://{secret}">]>'
    book = openpyxl.Workbook()
    book.active.append(["Ma so"])
    book.save(whole)
    for plant in ("entity", "bomb", "many"):
        out = io.BytesIO()
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                text = old.read(info)
                if plant == "entity" and info.filename.endswith("sheet1.xml"):
                    text = entity.encode() + text.replace(b"Ma so", b"&x;")
                new.writestr(info.filename, text)
            if plant == "bomb":
                new.writestr("xl/media/a.bin", bytes(49 * 1024 * 1024))
            for number in range(2001 if plant == "many" else 0):
                new.writestr(f"xl/media/{number}", b"")
        lines, problems = list_tables.read(out.getvalue(), "a.xlsx")
        assert problems and "bí mật" not in str(lines), plant
    lines, problems = list_tables.read(whole.getvalue(), "a.xlsx")
    assert not problems and lines[0][1][0] == "Ma so", "the same workbook without what was planted"


# words outside the lists


def settle(world: World, username: str, wanted: Wanted) -> int:
    who = world.who(username)
    with world.work(who) as uow:
        return others.settle(uow, who, wanted, world.clock())


def waiting(world: World, username: str, *states: str) -> list[tuple[str, str, int]]:
    who = world.who(username)
    with world.work(who) as uow:
        found = others.queue(uow, who, states or ("waiting",), "", world.clock())
    return [(each.list_code, each.text, each.count) for each in found]


def code_of(world: World, fact_id: str) -> str:
    with world.work() as uow:
        return uow.session.get_one(FactRow, fact_id).code


def test_words_are_grouped_given_a_code_for_all_and_taken_back(world: World) -> None:
    first, second = world.dossier("Một"), world.dossier("Hai")
    facts = [
        world.fact(first, "position", value="Trưởng thôn Đông"),
        world.fact(second, "position", value="trưởng thôn đông"),
    ]
    assert waiting(world, "officer") == [("chuc_vu", "Trưởng thôn Đông", 2)]
    wanted = Wanted("map", "chuc_vu", ("truong thon dong",), "truong_phong")
    assert settle(world, "officer", wanted) == 2
    assert [code_of(world, fact) for fact in facts] == ["truong_phong"] * 2
    with world.work() as uow:
        assert {head.position_code for head in uow.session.query(RecordHead)} == {"truong_phong"}
        assert uow.session.get_one(FactRow, facts[0]).text == "Trưởng thôn Đông"
    officer = world.who("officer")
    with world.work(officer) as uow:
        others.undo(uow, officer, Wanted("mapped", "chuc_vu", ("truong thon dong",), "truong_phong"), world.clock())
    assert [code_of(world, fact) for fact in facts] == ["", ""]
    assert waiting(world, "officer") == [("chuc_vu", "Trưởng thôn Đông", 2)]


def test_the_queue_shows_counts_and_settles_only_what_one_may_see(world: World) -> None:
    open_one, secret = world.dossier("Thường"), world.dossier("Mật", secrecy=2)
    seen = world.fact(open_one, "position", value="Tổ trưởng lạ")
    hidden = world.fact(secret, "position", value="Tổ trưởng lạ")
    assert waiting(world, "officer") == [("chuc_vu", "Tổ trưởng lạ", 2)]
    assert waiting(world, "officer2") == [("chuc_vu", "Tổ trưởng lạ", 1)]
    assert waiting(world, "officer.gov") == []
    assert settle(world, "officer2", Wanted("map", "chuc_vu", ("to truong la",), "truong_phong")) == 1
    assert (code_of(world, seen), code_of(world, hidden)) == ("truong_phong", "")
    for username in ("officer.gov", "leader", "admin"):
        with pytest.raises(Refused):
            settle(world, username, Wanted("map", "chuc_vu", ("to truong la",), "truong_phong"))


def test_sensitive_words_are_in_nobodys_queue_without_the_permission(world: World) -> None:
    from oms.domain.access import Role

    world.account("officer.plain", Role.RECORDS_OFFICER, "D-BTC", "D", clearance=3)
    world.fact(world.dossier(), "religion", value="Đạo lạ")
    assert waiting(world, "officer") == [("ton_giao", "Đạo lạ", 1)]
    assert waiting(world, "officer.plain") == []
    with pytest.raises(Refused):
        settle(world, "officer.plain", Wanted("leave", "ton_giao", ("dao la",)))


def test_a_proposal_reaches_the_administrator_as_words_only_and_a_taken_in_alias_settles_it(world: World) -> None:
    fact = world.fact(world.dossier(), "position", value="Trưởng phòng kiêm nhiệm")
    late = world.fact(world.dossier("Khác"), "position", value="Chức lạ hoắc")
    settle(world, "officer", Wanted("suggest", "chuc_vu", ("truong phong kiem nhiem",), "truong_phong"))
    admin = world.who("admin")
    with world.work(admin) as uow:
        assert [(each.text, each.code, each.count) for each in others.suggestions(uow, admin, world.clock())] == [
            ("Trưởng phòng kiêm nhiệm", "truong_phong", 1)
        ]
        row, typed = catalogue_edit.with_alias(uow, admin, "chuc_vu", "truong_phong", "Trưởng phòng kiêm nhiệm")
        found, problems = catalogue_edit.preview(uow, admin, "chuc_vu", row.row_id, "correct", typed)
        assert found is not None and not problems
        assert catalogue_edit.carry_out(uow, admin, found, found.mark, world.clock()) == 1
    assert (code_of(world, fact), code_of(world, late)) == ("truong_phong", "")
    assert waiting(world, "officer", "added") == [("chuc_vu", "Trưởng phòng kiêm nhiệm", 1)]


def test_secret_words_are_not_proposed_to_the_administrator(world: World) -> None:
    world.fact(world.dossier(secrecy=1), "position", value="Chức danh kín")
    with pytest.raises(InvalidInput):
        settle(world, "officer", Wanted("suggest", "chuc_vu", ("chuc danh kin",)))


def test_wrong_settlements_are_told(world: World) -> None:
    world.fact(world.dossier(), "position", value="Chức lạ")
    for wanted in (
        Wanted("map", "chuc_vu", ("chuc la",), "khong-co"),
        Wanted("map", "chuc_vu", ("chuc la",)),
        Wanted("map", "chuc_vu", ()),
        Wanted("xoa", "chuc_vu", ("chuc la",)),
    ):
        with pytest.raises(InvalidInput):
            settle(world, "officer", wanted)
