"""The pages of forms filled from a record: seen, told what stays empty, made, and every time a row."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from conftest import SignIn
from docx import Document
from factories import World

from oms.domain.journal import Verb
from oms.store import journal, people
from oms.store.dossiers import DossierRow

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def row(world: World) -> DossierRow:
    made = world.dossier("Nguyễn Thị Trường Giang")
    world.open(world.who("officer"), made.dossier.id)
    world.fact(made, "religion", value="Phật giáo")
    world.fact(made, "career", from_="09/2014", position="Phó Trưởng phòng", unit="Ban Tổ chức Tỉnh uỷ")
    return made


def rows_of(world: World) -> list[dict[str, object]]:
    with world.work() as uow:
        rows = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == Verb.PROFILE_MAKE]
        return [json.loads(entry.detail) | {"bytes": entry.bytes} for entry in rows]


def test_a_form_is_seen_then_made_as_word_and_pdf(world: World, signed_in: SignIn, row: DossierRow) -> None:
    officer, here = signed_in("officer"), f"/ho-so/{row.dossier.id}/trich-doc"
    assert here in officer.get(f"/ho-so/{row.dossier.id}").text
    page = officer.get(f"{here}?mau=2c_bnv_2008").text
    assert "NGUYỄN THỊ TRƯỜNG GIANG" in page and "Phó Trưởng phòng, Ban Tổ chức Tỉnh uỷ" in page
    assert "Nơi sinh</li>" in page and "sẽ để dòng chấm" in page
    word = officer.post(here, data={"mau": "2c_bnv_2008", "dang": "docx"})
    assert word.mimetype == WORD and "Phật giáo" in "".join(p.text for p in Document(BytesIO(word.data)).paragraphs)
    name = word.headers["Content-Disposition"]
    assert f"2C-BNV-2008_{row.dossier.number}.docx" in name and "Giang" not in name
    assert not world.journal()[-1][0].startswith("secret_copy")
    pdf = officer.post(here, data={"mau": "tieu_su_tom_tat", "dang": "pdf"})
    assert pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF-")
    told = rows_of(world)
    assert [(d["form"], d["format"]) for d in told] == [
        ("2c_bnv_2008", "preview"), ("2c_bnv_2008", "docx"), ("tieu_su_tom_tat", "pdf"),
    ]  # fmt: skip
    assert told[1]["bytes"] == len(word.data) and told[1]["masked"] == 0 and told[1]["opening"]
    assert "Phật" not in json.dumps(told, ensure_ascii=False)


def test_a_form_with_a_level_leaves_as_pdf_through_the_register_alone(world: World, signed_in: SignIn) -> None:
    row = world.dossier("Nguyễn Thị Trường Giang", secrecy=1)
    world.open(world.who("officer"), row.dossier.id)
    officer, here = signed_in("officer"), f"/ho-so/{row.dossier.id}/trich-doc"
    page = officer.get(here).text
    assert "MẬT" in page and "Sổ quản lý sao, chụp" in page and "Tải bản Word" not in page
    said = {"copies": "2", "permitted_by": "Trưởng ban Tổ chức", "permitted_on": "02/11/2026", "recipients": "A\nB"}
    wanted = {"mau": "tieu_su_tom_tat", "dang": "pdf"}
    assert officer.post(here, data=wanted).status_code == 400
    assert officer.post(here, data=wanted | said | {"dang": "docx"}).status_code == 400
    left = officer.post(here, data=wanted | said)
    assert left.status_code == 200 and "-MAT.pdf" in left.headers["Content-Disposition"]
    verbs = [verb for verb, _outcome, _id in world.journal()]
    assert verbs.count("secret_copy:make") == 1 and verbs[-2:] == ["secret_copy:make", "profile:make"]


def test_what_a_reader_may_not_see_is_told_and_stays_dots(world: World, signed_in: SignIn, row: DossierRow) -> None:
    with world.work() as uow:
        people.set_sensitive(uow.session, world.who("officer").account_id, ())
    officer, here = signed_in("officer"), f"/ho-so/{row.dossier.id}/trich-doc"
    page = officer.get(here).text
    assert "không có quyền xem: Tôn giáo" in page and "Phật giáo" not in page
    made = officer.post(here, data={"mau": "tieu_su_tom_tat", "dang": "docx"})
    assert "Phật giáo" not in "".join(p.text for p in Document(BytesIO(made.data)).paragraphs)
    assert [d["masked"] for d in rows_of(world)] == [1, 1]


def test_a_closed_dossier_sends_to_its_door(world: World, signed_in: SignIn, row: DossierRow) -> None:
    second, here = signed_in("officer2"), f"/ho-so/{row.dossier.id}/trich-doc"
    for answer in (second.get(here), second.post(here, data={"mau": "tieu_su_tom_tat", "dang": "docx"})):
        assert answer.status_code == 302 and answer.headers["Location"].endswith(row.dossier.id)
    assert not rows_of(world)


@pytest.mark.parametrize(
    ("typed", "told"),
    [({"mau": "khong_co", "dang": "pdf"}, "Mẫu này không có"), ({"mau": "tt06_2023", "dang": "exe"}, "Word hoặc PDF")],
)
def test_what_is_no_form_is_said(signed_in: SignIn, row: DossierRow, typed: dict[str, str], told: str) -> None:
    answer = signed_in("officer").post(f"/ho-so/{row.dossier.id}/trich-doc", data=typed)
    assert answer.status_code == 400 and told in answer.text
