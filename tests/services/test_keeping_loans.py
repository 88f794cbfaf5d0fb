"""Paper lent and taken back, where it stands, and which components a dossier lacks, as far as one may see."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from factories import START, World
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from oms.domain.keeping import Component, counted_state, period_of, periods_around
from oms.errors import InvalidInput, Refused
from oms.services import components, loans, shelf
from oms.services.components import Wanted
from oms.services.loans import NewLoan
from oms.services.shelf import Place
from oms.store.dossiers import DossierRow
from oms.store.tables import Document

DUE = "20/11/2026"


def lend(world: World, row: DossierRow, *documents: str, pages: int = 3, borrower: str = "Lò Thị Mỷ") -> str:
    who = world.who("officer")
    world.open(who, row.dossier.id)
    new = NewLoan(documents, borrower, "Ban Nội chính", "xác minh lý lịch", "Trưởng ban", pages, DUE)
    with world.work(who) as uow:
        return loans.lend(uow, who, row.dossier.id, new, world.clock()).id


def give_back(world: World, loan_id: str, pages: int) -> None:
    who = world.who("officer2")
    with world.work(who) as uow:
        loans.give_back(uow, who, loan_id, pages, "nguyên vẹn", world.clock())


def test_the_same_paper_is_never_lent_twice_at_once(world: World) -> None:
    row = world.dossier()
    first, second = world.filed(row, pages=2), world.filed(row)
    loan = lend(world, row, first, pages=2)
    with pytest.raises(InvalidInput, match="documents"):
        lend(world, row, first)
    with pytest.raises(InvalidInput, match="documents"):
        lend(world, row)  # the whole folder holds that paper
    lend(world, row, second, pages=1)
    give_back(world, loan, 2)
    lend(world, row, first, pages=2)


def test_fewer_pages_back_keep_the_loan_open_until_somebody_explains(world: World) -> None:
    row = world.dossier()
    world.filed(row, pages=3)
    loan = lend(world, row, pages=3)
    with pytest.raises(InvalidInput, match="pages_back"):
        give_back(world, loan, 4)
    give_back(world, loan, 2)
    who = world.who("officer")
    with world.work(who) as uow:
        rows, total, counts = loans.register(uow, who, "thieu", 50, 0, world.clock())
        assert (total, counts["thieu"], counts["dang-muon"]) == (1, 1, 0)
        assert loans.missing_pages(rows[0].loan) == 1
    with pytest.raises(InvalidInput, match="documents"):
        lend(world, row)
    with pytest.raises(InvalidInput, match="explanation"), world.work(who) as uow:
        loans.explain(uow, who, loan, "mất", world.clock())
    with world.work(who) as uow:
        loans.explain(uow, who, loan, "trang 3 thất lạc ở nơi mượn, đã lập biên bản", world.clock())
    lend(world, row, pages=2)
    verbs = [verb for verb, outcome, _id in world.journal() if verb.startswith("loan:") and outcome == "done"]
    assert verbs.count("loan:lend") == 2
    assert verbs.count("loan:return") == 2


def test_a_loan_past_its_day_is_overdue_and_hidden_ones_are_in_no_list(world: World) -> None:
    row, secret = world.dossier(), world.dossier("Vàng A Páo", secrecy=3)
    for each in (row, secret):
        world.filed(each)
        lend(world, each, pages=1)
    world.clock.forward(days=30)
    for username, seen in (("officer", 2), ("officer2", 1)):
        who = world.who(username)
        with world.work(who) as uow:
            _rows, total, counts = loans.register(uow, who, "qua-han", 50, 0, world.clock())
        assert (total, counts["qua-han"]) == (seen, seen), username
    with pytest.raises(Refused), world.work(world.who("officer.gov")) as uow:
        loans.read(uow, world.who("officer.gov"), loans_of(world, row), world.clock())


def loans_of(world: World, row: DossierRow) -> str:
    from oms.store import keeping

    with world.house.look() as uow:
        return keeping.open_loans(uow.session, [row.dossier.id])[row.dossier.id][0].id


def test_lending_needs_a_running_opening_and_a_paper_of_the_dossier(world: World) -> None:
    row, other = world.dossier(), world.dossier("Sùng Thị Chứ")
    world.filed(row)
    foreign = world.filed(other)
    who = world.who("officer")
    new = NewLoan((), "Người mượn", "", "xác minh", "Thủ trưởng", 1, DUE)
    with pytest.raises(Refused, match="opening"), world.work(who) as uow:
        loans.lend(uow, who, row.dossier.id, new, world.clock())
    with pytest.raises(Refused, match="not visible"):
        lend(world, row, foreign)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("borrower", {"borrower": " "}),
        ("purpose", {"purpose": "x"}),
        ("approved_by_name", {"approved_by_name": ""}),
        ("pages_out", {"pages_out": 0}),
        ("pages_out", {"pages_out": None}),
        ("due_on", {"due_on": "31/02/2027"}),
        ("due_on", {"due_on": "12/2026"}),
        ("due_on", {"due_on": "01/11/2026"}),
    ],
)
def test_what_is_not_said_of_a_loan_is_asked_for(world: World, field: str, change: dict[str, object]) -> None:
    row = world.dossier()
    world.filed(row)
    who = world.who("officer")
    world.open(who, row.dossier.id)
    typed: dict[str, object] = {
        "documents": (), "borrower": "Người mượn", "borrower_unit": "", "purpose": "xác minh",
        "approved_by_name": "Thủ trưởng", "pages_out": 1, "due_on": DUE,
    }  # fmt: skip
    with pytest.raises(InvalidInput) as caught, world.work(who) as uow:
        loans.lend(uow, who, row.dossier.id, NewLoan(**(typed | change)), world.clock())  # type: ignore[arg-type]
    assert caught.value.field == field


def test_the_register_as_excel_holds_no_formula_and_its_row_says_what_for(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    lend(world, row, pages=1, borrower="=HYPERLINK(1)")
    who = world.who("officer")
    with pytest.raises(InvalidInput, match="purpose"), world.work(who) as uow:
        loans.sheet(uow, who, "", "", world.clock())
    with world.work(who) as uow:
        data = loans.sheet(uow, who, "", "báo cáo tình hình mượn đọc", world.clock())
    sheet = load_workbook(BytesIO(data)).active
    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert world.journal()[-1][0] == "list:export"


def test_where_paper_stands_is_kept_and_journalled_without_its_words(world: World) -> None:
    row = world.dossier()
    paper = world.filed(row)
    who = world.who("officer")
    world.open(who, row.dossier.id)
    put = Place("certified", "hộp 12", "05/08/2027")
    with world.work(who) as uow:
        assert shelf.place(uow, who, row.dossier.id, "kho 2, giá 5", {paper: put}, world.clock()) == 1
    with world.work() as uow:
        document = uow.session.get_one(Document, paper)
        assert (document.original, document.shelf, document.expires_on) == ("certified", "hộp 12", "2027-08-05")
    assert world.journal()[-1][:2] == ("dossier:place", "done")
    for wrong in (Place("thật"), Place("copy", "", "32/13/2027")):
        with pytest.raises(InvalidInput), world.work(who) as uow:
            shelf.place(uow, who, row.dossier.id, "", {paper: wrong}, world.clock())
    with pytest.raises(Refused), world.work(who) as uow:
        shelf.place(uow, who, row.dossier.id, "", {"f" * 32: put}, world.clock())


def lacks(world: World, username: str, code: str) -> set[str]:
    who = world.who(username)
    with world.work(who) as uow:
        rows, total = components.lacking(uow, who, Wanted(code=code), 50, 0, world.clock())
    assert total == len(rows)
    return {each.row.dossier.number for each in rows}


def test_a_component_in_a_paper_one_may_not_see_is_told_as_not_seen(world: World) -> None:
    row = world.dossier(number="HS-1")
    world.dossier("Giàng Thị Dợ", number="HS-2")
    world.filed(row, "QUYẾT ĐỊNH\nVề việc kết nạp đảng viên", secrecy=3)
    assert lacks(world, "officer", "dv_qd_ket_nap") == {"HS-2"}
    assert lacks(world, "officer2", "dv_qd_ket_nap") == {"HS-1", "HS-2"}
    assert lacks(world, "officer.gov", "dv_qd_ket_nap") == set()


def test_components_follow_the_kind_of_person(world: World) -> None:
    party, state = world.dossier(number="HS-1"), world.dossier("Hoàng Văn Páo", "C-SNV", "officer.gov", number="HS-9")
    who = world.who("officer")
    with world.work(who) as uow:
        mine = components.of_dossier(uow, party, [], world.clock())
        theirs = components.of_dossier(uow, state, [], world.clock())
    assert (mine.kind, theirs.kind) == ("dang_vien", "cong_chuc")
    assert "dv_don" in {component.code for component in mine.missing}
    assert "syll" in {component.code for component in theirs.missing}
    assert not {component.code for component in theirs.missing} & {component.code for component in mine.missing}


def test_the_list_and_the_page_of_a_dossier_agree_on_every_component(world: World) -> None:
    """The same rule is asked in SQL and in Python: over titles in several writings both say the same."""
    rows = [world.dossier(f"Người thứ {n}", number=f"HS-{n}", confirmed=True) for n in range(5)]
    said = ("Về việc KẾT NẠP đảng viên", "VỀ VIỆC KẾT NẠP", "Kết Nạp đảng viên", "đảng viên chính thức", "khen")
    for row, title in zip(rows, said, strict=True):
        world.filed(row, f"QUYẾT ĐỊNH\n{title}")
    who = world.who("officer")
    with world.work(who) as uow:
        found, _total = components.lacking(uow, who, Wanted(), 50, 0, world.clock())
        codes = [component.code for component in components.known(uow, START.date())]
    for code in codes:
        page = {each.row.dossier.number for each in found if code in {c.code for c in each.missing}}
        assert lacks(world, "officer", code) == page, code


def test_the_list_of_what_is_missing_goes_to_excel(world: World) -> None:
    world.dossier(number="HS-1")
    who = world.who("officer")
    with world.work(who) as uow:
        data = components.sheet(uow, who, Wanted(), "đôn đốc bổ sung hồ sơ", world.clock())
    values = [cell.value for line in load_workbook(BytesIO(data)).active.iter_rows() for cell in line]
    assert "HS-1" in values
    assert "Đơn xin vào Đảng" in values


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_every_day_lies_in_one_period_and_no_period_lies_ahead(day: date, months: int) -> None:
    around = periods_around(day, months)
    assert around[0] == period_of(day, months)
    assert len(set(around)) == len(around)
    assert all(int(each[:4]) <= day.year for each in around)


@given(st.integers(0, 500), st.none() | st.integers(0, 500), st.booleans(), st.booleans(), st.booleans())
def test_a_count_says_one_thing(listed: int, counted: int | None, lent: bool, missing: bool, damaged: bool) -> None:
    state = counted_state(listed, counted, lent=lent, missing=missing, damaged=damaged)
    assert (state == "ok") == (counted == listed and not (lent or missing or damaged))
    assert (state == "") == (counted is None and not (lent or missing or damaged))


def test_a_component_without_words_is_met_by_its_type_alone() -> None:
    plain, worded = Component("a", "A", types=("don",)), Component("b", "B", types=("don",), words=("vào Đảng",))
    assert plain.met_by("don", "", "Đơn xin nghỉ")
    assert not worded.met_by("don", "", "Đơn xin nghỉ")
    assert worded.met_by("don", "", "ĐƠN XIN VÀO ĐẢNG")
    assert not worded.met_by("quyet_dinh", "", "vào Đảng")
