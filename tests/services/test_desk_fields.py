"""Values at the desk: what is accepted, typed, refused and taken back, and what is kept of who said so."""

from __future__ import annotations

import pytest
from factories import World

from oms.domain.fields import normalised, shown
from oms.errors import Conflict, InvalidInput
from oms.services import desk
from oms.store import papers
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, DocumentField

EDIT = desk.Edit("so_yeu_ly_lich", "Sơ yếu lý lịch", person_name="Tô Thị Hiếu")
READ = {
    "full_name": ("Tô Thị Hiếu", 0.99, ""),
    "birth_date": ("1961-08-05", 0.99, ""),
    "ethnicity": ("Kính", 0.4, "không có trong danh sách dân tộc"),
    "citizen_id": ("002173004455", 0.95, ""),
    "religion": ("", 0.0, "chữ viết tay, cần gõ lại"),
    "career.1.from": ("1990-08", 0.95, ""),
    "career.1.what": ("Chuyên viên Ban Tổ chức", 0.3, "hai lần đọc khác nhau"),
}


def read_paper(world: World) -> str:
    """A form on the desk with values as the machine leaves them."""
    paper = world.paper("SƠ YẾU LÝ LỊCH\nHọ và tên Tô Thị Hiếu")
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0]
        uow.session.get_one(Document, paper).person_birth_date = "1961-08-05"
        for line, (key, (value, confidence, doubt)) in enumerate(READ.items()):
            row = DocumentField(
                document_id=paper,
                key=key,
                value=value,
                raw=value.upper(),
                confidence=confidence,
                page_id=page.id,
                box=f"[40, {40 + line * 30}, 200, {60 + line * 30}]",
                source="machine",
                doubt=doubt,
                at=world.clock(),
            )
            uow.session.add(row)
    return paper


def newest(world: World, paper: str) -> dict[str, DocumentField]:
    with world.work() as uow:
        return papers.newest_fields(uow.session, [paper]).get(paper, {})


def file(world: World, paper: str, row: DossierRow, typed: desk.Typed, who: str = "clerk", version: int = 1) -> None:
    person = world.who(who)
    edit = desk.Edit("so_yeu_ly_lich", "Sơ yếu lý lịch", person_name="Tô Thị Hiếu", person_birth_date="05/08/1961")
    with world.work(person) as uow:
        desk.file(uow, person, paper, version, row.dossier.id, edit, world.clock(), typed)


def test_every_accepted_value_says_page_spot_who_and_whether_by_machine_or_hand(world: World) -> None:
    paper, row = read_paper(world), world.dossier()
    typed = {"ethnicity": "Kinh", "religion": "Không", "career.1.what": "Chuyên viên Ban Tổ chức"}
    file(world, paper, row, desk.Typed(typed, frozenset({"career.1.what"})))
    kept, clerk = newest(world, paper), world.who("clerk").account_id
    sources = {key: field.source for key, field in kept.items()}
    assert sources == dict.fromkeys(READ, "confirmed") | {"ethnicity": "hand", "religion": "hand"}
    assert {field.by for field in kept.values()} == {clerk}
    assert all(field.page_id and field.box and not field.doubt for field in kept.values())
    assert (kept["ethnicity"].value, kept["ethnicity"].raw) == ("Kinh", "KÍNH")
    verbs = [(verb, what) for verb, _outcome, what in world.journal()][-2:]
    assert verbs == [("field:confirm", paper), ("document:file", paper)]


def test_a_doubtful_value_nobody_looked_at_stays_the_machines(world: World) -> None:
    paper, row = read_paper(world), world.dossier()
    file(world, paper, row, desk.Typed({"ethnicity": "Kính"}))
    kept = newest(world, paper)
    assert (kept["ethnicity"].source, kept["ethnicity"].by, kept["ethnicity"].doubt) == (
        "machine", None, "không có trong danh sách dân tộc",
    )  # fmt: skip
    assert kept["religion"].value == ""
    assert kept["citizen_id"].source == "confirmed"


def test_saving_keeps_only_what_was_typed_or_accepted(world: World) -> None:
    paper, clerk = read_paper(world), world.who("clerk")
    typed = desk.Typed({"ethnicity": "Tày", "citizen_id": "002173004455"}, frozenset({"career.1.what"}))
    with world.work(clerk) as uow:
        desk.save(uow, clerk, paper, 1, EDIT, world.clock(), typed)
    sources = {key: field.source for key, field in newest(world, paper).items()}
    assert (sources["ethnicity"], sources["career.1.what"], sources["citizen_id"]) == ("hand", "confirmed", "machine")


def test_undo_of_a_save_brings_the_machines_values_and_their_doubt_back(world: World) -> None:
    paper, clerk = read_paper(world), world.who("clerk")
    before = {key: (field.value, field.source, field.doubt, field.by) for key, field in newest(world, paper).items()}
    with world.work(clerk) as uow:
        typed = desk.Typed({"ethnicity": "Tày", "health": "Tốt"}, frozenset({"career.1.what"}))
        desk.save(uow, clerk, paper, 1, EDIT, world.clock(), typed)
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    after = {key: (field.value, field.source, field.doubt, field.by) for key, field in newest(world, paper).items()}
    assert {key: after[key] for key in before} == before
    assert after["health"][0] == ""


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("id_issued_on", "31/02/2011"),
        ("citizen_id", "00217300445"),
        ("old_id", "09196568A"),
        ("salary_coefficient", "bốn"),
        ("sex", "nam giới"),
        ("social_insurance_no", "12345"),
        ("ethnicity", "x" * 2001),
    ],
)
def test_what_is_no_value_of_its_kind_is_named_and_nothing_is_kept(world: World, key: str, typed: str) -> None:
    paper, row = read_paper(world), world.dossier()
    with pytest.raises(InvalidInput) as caught:
        file(world, paper, row, desk.Typed({key: typed, "religion": "Không"}))
    assert caught.value.field == f"field.{key}"
    assert {field.source for field in newest(world, paper).values()} == {"machine"}
    with world.work() as uow:
        assert uow.session.get_one(Document, paper).state == "proposed"


def test_keys_nobody_knows_are_passed_over(world: World) -> None:
    paper, row = read_paper(world), world.dossier()
    file(world, paper, row, desk.Typed({"no_such_key": "x", "career.0.from": "x", "secret.1.from": "x", "a" * 60: "x"}))
    assert set(newest(world, paper)) == set(READ)


def test_a_missing_value_and_a_row_can_be_added(world: World) -> None:
    paper, row = read_paper(world), world.dossier()
    file(world, paper, row, desk.Typed({"health": "Tốt", "career.2.from": "08/1995", "career.2.what": "Phó phòng"}))
    kept = newest(world, paper)
    assert (kept["health"].value, kept["health"].source, kept["health"].page_id) == ("Tốt", "hand", None)
    assert (kept["career.2.from"].value, kept["career.2.what"].value) == ("1995-08", "Phó phòng")


def test_of_two_clerks_the_second_changes_no_value(world: World) -> None:
    paper, row = read_paper(world), world.dossier()
    file(world, paper, row, desk.Typed({"ethnicity": "Kinh"}))
    with pytest.raises(Conflict):
        file(world, paper, row, desk.Typed({"ethnicity": "Tày"}), who="clerk2")
    assert newest(world, paper)["ethnicity"].value == "Kinh"


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("birth_date", "05081961", "1961-08-05"),
        ("birth_date", "8/1961", "1961-08"),
        ("citizen_id", "002 173 004 455", "002173004455"),
        ("salary_coefficient", "4,98", "4.98"),
        ("full_name", "TÔ  THỊ HIẾU", "Tô Thị Hiếu"),
        ("sex", "nữ", "Nữ"),
        ("career.1.to", "nay", "nay"),
        ("career.1.from", "09/1995", "1995-09"),
        ("organisations_joined_on", "26/03/1984 (Đoàn TNCS)", "26/03/1984 (Đoàn TNCS)"),
        ("birth_date", "hôm qua", None),
    ],
)
def test_values_are_kept_as_the_contract_writes_them(key: str, typed: str, value: str | None) -> None:
    assert normalised(key, typed) == value
    if value:
        assert normalised(key, shown(key, value)) == value
