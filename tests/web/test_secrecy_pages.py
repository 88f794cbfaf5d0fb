"""Levels, registers and copies of secrets in the pages: what is shown, refused, what leaves and how it is marked."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile

import pikepdf
import pytest
from factories import PASSWORD, World
from flask.testing import FlaskClient
from sqlalchemy import select

from oms import create_app
from oms.store import copies
from oms.store.secrecy_tables import SecretCopy, SecretStub
from oms.store.tables import Document

GIVEN = {"act": "set", "level": "1", "basis_code": "bvctnb", "decided_on": "01/10/2026", "decided_by": "Trưởng ban"}
LEAVING = {"copies": "2", "permitted_by": "Nguyễn Văn Thử, Trưởng ban", "permitted_on": "02/11/2026",
           "recipients": "Văn phòng Tỉnh uỷ\nUỷ ban Kiểm tra"}  # fmt: skip


def signed_in(world: World, username: str) -> FlaskClient:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.post("/dang-nhap", data={"username": username, "password": PASSWORD}).status_code == 302
    return client


@pytest.fixture
def officer(world: World) -> FlaskClient:
    return signed_in(world, "officer")


def pages_of(pdf: bytes) -> list[str]:
    """The words on each page, as a printer would print them."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return [" ".join(page.split()) for page in done.stdout.decode().split("\f")[:-1]]


def made_copy(world: World, document_id: str) -> None:
    """The archival copy as the worker makes it, from pixels."""
    with world.work() as uow:
        document = uow.session.get_one(Document, document_id)
        kept = copies.latest(uow.session, [document]).get(document_id)
        kept = kept or copies.want(uow.session, document_id, document.version, world.clock())
        kept.state, kept.pages, kept.made_at = "made", 1, world.clock()
        plain = pikepdf.new()
        plain.add_blank_page(page_size=(595, 842))
        out = io.BytesIO()
        plain.save(out)
        kept.sha256, kept.size = uow.vault.put_bytes(out.getvalue()), len(out.getvalue())


def test_a_level_is_given_extended_and_asked_to_be_lowered_on_its_page(world: World, officer: FlaskClient) -> None:
    document = world.filed(world.dossier())
    page = f"/tai-lieu/{document}/do-mat"
    wrong = officer.post(page, data=GIVEN | {"basis_code": ""})
    assert wrong.status_code == 400 and "Hãy chọn căn cứ" in wrong.text
    assert officer.post(page, data=GIVEN).status_code == 302
    shown = officer.get(page).text
    for words in (
        "bảo vệ chính trị nội bộ",
        "01/10/2036",
        "Xác định độ mật",
        "theo chế độ tài liệu mật",
        "chưa đối chiếu",
    ):
        assert words in shown
    asked = officer.post(page, data={"act": "lower", "level": "0", "reason": "Đã công bố tại hội nghị tháng 10"})
    assert asked.status_code == 302
    with world.work() as uow:  # asked is not done
        assert uow.session.get_one(Document, document).secrecy == 1
    assert "secrecy:lower" not in [verb for verb, _o, _i in world.journal()]


def test_a_second_person_of_another_unit_lowers_it(world: World, officer: FlaskClient) -> None:
    document = world.filed(world.dossier())
    officer.post(f"/tai-lieu/{document}/do-mat", data=GIVEN)
    reason = {"act": "lower", "level": "0", "reason": "Đã công bố tại hội nghị tháng 10"}
    officer.post(f"/tai-lieu/{document}/do-mat", data=reason)
    from oms.services import approvals
    from oms.store.duty_tables import Approval

    leader = world.who("leader")
    with world.work() as uow:
        waiting = uow.session.scalars(select(Approval)).one()
    with world.work(leader) as uow:
        approvals.decide(uow, leader, waiting.id, True, "", world.clock())
    with world.work() as uow:
        assert uow.session.get_one(Document, document).secrecy == 0
    assert ("secrecy:lower", "done", document) in world.journal()


def test_what_is_due_is_listed_to_whom_it_concerns_alone(world: World, officer: FlaskClient) -> None:
    row = world.dossier("Nguyễn Thị Đến Hạn", secrecy=2)
    world.filed(row)
    assert "Nguyễn Thị Đến Hạn" in officer.get("/do-mat").text
    for other in ("officer2", "leader.low", "officer.gov"):  # level, level, unit
        assert "Đến Hạn" not in signed_in(world, other).get("/do-mat").text.replace("Đến hạn", "")
    assert signed_in(world, "clerk").get("/do-mat").status_code == 404


STUB = {"number": "15-TB/TU", "level": "3", "place": "Két số 2, văn thư", "pages": "4", "issuer": "Tỉnh uỷ"}


def test_the_register_keeps_a_line_and_no_abstract_of_the_highest_level(world: World, officer: FlaskClient) -> None:
    row = world.dossier("Lê Văn Sổ")
    unit = {"unit_id": str(world.units["D-BTC"]), "dossier_no": row.dossier.number}
    wrong = officer.post("/do-mat/so-dang-ky", data=STUB | unit | {"title": "Phương án nhân sự"})
    assert wrong.status_code == 400 and "không ghi trích yếu" in wrong.text
    assert officer.post("/do-mat/so-dang-ky", data=STUB | unit | {"place": ""}).status_code == 400
    assert officer.post("/do-mat/so-dang-ky", data=STUB | unit | {"dossier_no": "không có"}).status_code == 400
    assert officer.post("/do-mat/so-dang-ky", data=STUB | unit).status_code == 302
    assert (
        officer.post("/do-mat/so-dang-ky", data=STUB | unit | {"level": "1", "number": "16-TB/TU"}).status_code == 302
    )
    shown = officer.get("/do-mat/so-dang-ky").text
    assert "15-TB/TU" in shown and "Két số 2" in shown and ">A<" in shown and ">C<" in shown
    with world.work() as uow:
        lines = uow.session.scalars(select(SecretStub).order_by(SecretStub.entry)).all()
        assert [(line.entry, line.year, line.title) for line in lines] == [(1, 2026, ""), (2, 2026, "")]
    low = signed_in(world, "officer2").get("/do-mat/so-dang-ky").text  # Mật
    assert "16-TB/TU" in low and "15-TB/TU" not in low
    assert "15-TB/TU" not in signed_in(world, "officer.gov").get("/do-mat/so-dang-ky").text
    world.open(world.who("officer"), row.dossier.id)
    contents = officer.get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text
    assert "không số hoá" in contents and "15-TB/TU" in contents
    leader = world.who("leader.low")
    world.open(leader, row.dossier.id)
    assert "TB/TU" not in signed_in(world, "leader.low").get(f"/ho-so/{row.dossier.id}?the=tai-lieu").text


def test_a_copy_of_a_secret_leaves_only_with_its_line_in_the_register(world: World, officer: FlaskClient) -> None:
    row = world.dossier()
    document, plain = world.filed(row, secrecy=1), world.filed(row)
    for each in (document, plain):
        made_copy(world, each)
    world.open(world.who("officer"), row.dossier.id)
    assert officer.get(f"/tai-lieu/{plain}/ban-luu-tru.pdf").status_code == 200
    straight = officer.get(f"/tai-lieu/{document}/ban-luu-tru.pdf")
    assert straight.status_code == 302 and straight.headers["Location"].endswith("/sao-chup")
    form = f"/tai-lieu/{document}/sao-chup"
    counts = [{"copies": typed} for typed in ("", "0", "51", "hai", "3")]
    others = [{"permitted_by": "Người thử officer"}, {"permitted_on": "03/11/2026"}, {"recipients": ""}]
    for lack in (*counts, *others, {"permitted_by": ""}):
        assert officer.post(form, data=LEAVING | lack).status_code == 400, lack
    with world.work() as uow:
        assert uow.session.scalars(select(SecretCopy)).all() == []
    left = officer.post(form, data=LEAVING)
    assert left.status_code == 200 and left.mimetype == "application/pdf"
    assert "-MAT.pdf" in left.headers["Content-Disposition"]
    assert pages_of(left.data) == ["MẬT · BẢN SAO SỐ 1/2", "MẬT · BẢN SAO SỐ 2/2"]  # one page each, no spare
    with world.work() as uow:
        line = uow.session.scalars(select(SecretCopy)).one()
        assert (line.copies, line.pages, line.secrecy, line.object_id) == (2, 1, 1, document)
        assert json.loads(line.recipients) == ["Văn phòng Tỉnh uỷ", "Uỷ ban Kiểm tra"]
    verbs = [verb for verb, outcome, _i in world.journal() if outcome == "done"]
    assert verbs[-2:] == ["secret_copy:make", "copy:read"]


def test_the_register_of_copies_is_shown_printed_and_ended_copy_by_copy(world: World, officer: FlaskClient) -> None:
    row = world.dossier()
    document = world.filed(row, secrecy=2)
    made_copy(world, document)
    world.open(world.who("officer"), row.dossier.id)
    assert officer.post(f"/tai-lieu/{document}/sao-chup", data=LEAVING).status_code == 200
    shown = officer.get("/do-mat/so-sao-chup").text
    assert "Nguyễn Văn Thử" in shown and "Uỷ ban Kiểm tra" in shown
    with world.work() as uow:
        copy_id = uow.session.scalars(select(SecretCopy.id)).one()
    address = f"/do-mat/so-sao-chup/{copy_id}/ket-thuc"
    good = {"number": "2", "what": "destroyed", "on": "02/11/2026", "minutes_no": "BB 3"}
    for lack in ({"number": "3"}, {"what": "lost"}, {"on": "01/11/2026"}, {"on": "03/11/2026"}, {"minutes_no": ""}):
        assert officer.post(address, data=good | lack).status_code == 400, lack
    assert officer.post(address, data=good).status_code == 302
    assert officer.post(address, data=good).status_code == 400  # once
    assert "đã tiêu huỷ 02/11/2026" in officer.get("/do-mat/so-sao-chup").text
    book = officer.post("/do-mat/so-sao-chup/in", data={"year": "2026"})
    with zipfile.ZipFile(io.BytesIO(book.data)) as kept:
        cells = kept.read("xl/sharedStrings.xml").decode()
    assert "TỐI MẬT" in cells and "BB 3" in cells and "Văn phòng Tỉnh uỷ" in cells
    for other in ("officer2", "officer.gov"):
        assert "Nguyễn Văn Thử" not in signed_in(world, other).get("/do-mat/so-sao-chup").text


def test_an_export_with_secrets_is_entered_and_marked_inside_and_out(world: World, officer: FlaskClient) -> None:
    row = world.dossier()
    secret, plain = world.filed(row, secrecy=1), world.filed(row)
    for each in (secret, plain):
        made_copy(world, each)
    world.open(world.who("officer"), row.dossier.id)
    address = f"/ho-so/{row.dossier.id}/xuat"
    assert "Sổ quản lý sao, chụp" in officer.get(address).text
    assert officer.post(address, data={}).status_code == 400
    left = officer.post(address, data=LEAVING)
    assert left.status_code == 200 and "-MAT.zip" in left.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(left.data)) as kept:
        names = kept.namelist()
        index = next(name for name in names if name.endswith(".csv"))
        assert kept.read(index).decode("utf-8-sig").splitlines()[0] == '"MẬT"'
    assert len([name for name in names if name.endswith(".pdf")]) == 4
    assert len([name for name in names if "-MAT" in name]) == 2
    assert {part for name in names for part in name.split("/") if part.startswith("ban-sao")} == {
        "ban-sao-so-1", "ban-sao-so-2",
    }  # fmt: skip


def test_a_page_with_secrets_prints_the_notice_alone(world: World, officer: FlaskClient) -> None:
    row = world.dossier(secrecy=1)
    world.open(world.who("officer"), row.dossier.id)
    assert "data-secret" in officer.get(f"/ho-so/{row.dossier.id}").text
    assert "data-secret" not in officer.get("/do-mat/so-dang-ky").text
