"""The catalogue of procedures: versions, who keeps them, files there and back, proposals and their answers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from factories import World
from hypothesis import given
from hypothesis import strategies as st
from office import APPOINT, publish, receive, told
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from oms.domain.procedure_files import lines_of, procedures_of
from oms.domain.procedures import DayKind, Paper, Procedure, Stage, Step, problems
from oms.errors import Conflict, Refused
from oms.services import procedure_files, procedure_proposals, procedures
from oms.services.procedure_proposals import Said
from oms.store.case_tables import Case
from oms.store.consultation_tables import Notice

FLAW = replace(APPOINT, steps=(Step("a", Stage.RECEIVE, "Nhận", next="a"),))


def save(world: World, who: str, procedure: Procedure, edition: int = 0) -> int:
    person = world.who(who)
    with world.work(person) as uow:
        return procedures.save_draft(uow, person, procedure, edition, "đổi thời hạn", world.clock()).edition


def put_out(world: World, who: str, code: str, edition: int, day: date | None = None) -> None:
    person = world.who(who)
    with world.work(person) as uow:
        procedures.publish(uow, person, code, edition, day, world.clock())


def shown(world: World, who: str, code: str) -> procedures.Shown:
    person = world.who(who)
    with world.work(person) as uow:
        return procedures.show(uow, person, code, "", world.clock())


def listed(world: World, who: str, words: str = "") -> list[str]:
    person = world.who(who)
    with world.work(person) as uow:
        return [line.version.code for line in procedures.index(uow, person, words, "", "", world.clock())]


def test_the_shipped_set_covers_what_the_office_does_and_can_be_published(world: World) -> None:
    found = listed(world, "clerk")
    wanted = (
        "tiep_nhan_ho_so bo_sung_ho_so sua_ho_so nghien_cuu_ho_so cho_muon_ho_so chuyen_di chuyen_den bo_nhiem "
        "bo_nhiem_lai dieu_dong luan_chuyen quy_hoach nang_luong nghi_huu ky_luat khen_thuong danh_gia ket_nap so_hoa "
        "giai_mat tieu_huy"
    )
    assert set(wanted.split()) <= set(found)
    with world.work() as uow:
        for line in procedures.index(uow, world.who("officer"), "", "", "", world.clock()):
            assert procedures.wrong_with(uow, line.procedure, world.clock()) == []
            assert line.version.mark, "a shipped row says how sure it is"


def test_it_is_found_without_marks_by_title_and_by_a_paper(world: World) -> None:
    assert listed(world, "leader", "nghi huu") == ["nghi_huu"]
    assert "bo_nhiem" in listed(world, "leader", "phieu tin nhiem")


def test_a_draft_is_nobodys_rule_until_it_is_published_and_the_old_version_stays(world: World) -> None:
    publish(world)
    before = shown(world, "officer", "thu_nghiem")
    edition = save(world, "officer", replace(APPOINT, days=7, steps=APPOINT.steps[:1]))
    assert shown(world, "clerk", "thu_nghiem").line.procedure.days == 10
    tomorrow = world.clock().date() + timedelta(days=1)
    put_out(world, "officer", "thu_nghiem", edition, tomorrow)
    assert shown(world, "clerk", "thu_nghiem").line.version.id == before.line.version.id
    world.clock.forward(days=1)
    after = shown(world, "clerk", "thu_nghiem")
    assert after.line.procedure.days == 7 and len(after.versions) == 2


def test_what_is_published_cannot_be_rewritten_even_past_the_program(world: World) -> None:
    version = publish(world)
    with pytest.raises(IntegrityError, match="not rewritten"), world.work() as uow:
        uow.session.execute(text("UPDATE procedure_versions SET body = '{}' WHERE id = :id"), {"id": version})


def test_a_version_that_goes_round_is_not_published(world: World) -> None:
    edition = save(world, "officer", replace(FLAW, code="vong"))
    with told("đi vòng"):
        put_out(world, "officer", "vong", edition)


def test_of_two_editors_the_slower_is_told(world: World) -> None:
    save(world, "officer", replace(APPOINT, code="moi"))
    with pytest.raises(Conflict):
        save(world, "officer", replace(APPOINT, code="moi", days=3))


def test_only_who_keeps_it_edits_it(world: World) -> None:
    edition = save(world, "officer", replace(APPOINT, code="cua_btc", owner="D-BTC"))
    put_out(world, "officer", "cua_btc", edition)
    for who in ("officer.gov", "clerk", "leader", "reviewer"):
        with pytest.raises(Refused):
            save(world, who, replace(APPOINT, code="cua_btc", owner="C-SNV"))
    assert not shown(world, "officer.gov", "cua_btc").may_edit and shown(world, "admin", "cua_btc").may_edit


def test_one_that_ends_takes_no_new_cases_and_running_ones_go_on(world: World) -> None:
    publish(world)
    running, officer = receive(world), world.who("officer")
    with world.work(officer) as uow:
        procedures.end(uow, officer, "thu_nghiem", world.clock().date(), world.clock())
    world.clock.forward(days=1)
    with told("đang có hiệu lực"):
        receive(world)
    with world.work() as uow:
        assert uow.session.get_one(Case, running.id).state == "running"


@pytest.mark.parametrize("form", procedure_files.FORMATS)
def test_what_is_exported_is_read_back_as_the_same(world: World, form: str) -> None:
    admin = world.who("admin")
    with world.work(admin) as uow:
        data, name = procedure_files.export(uow, admin, form, world.clock())
        found = procedure_files.preview(uow, admin, data, name, world.clock())
    assert found.problems == () and found.new == () and found.changed == ()
    assert len(found.same) == len(listed(world, "admin"))


def test_a_file_is_taken_in_whole_or_not_at_all(world: World) -> None:
    admin = world.who("admin")
    rows = [{"code": "moi_a", "title": "Thủ tục mới A", "field": "to_chuc_can_bo",
             "steps": [{"key": "a", "stage": "receive", "title": "Nhận"}]},
            {"code": "moi_b", "title": "Thủ tục mới B", "field": "khong_co", "steps": []}]  # fmt: skip
    with told("moi_b"), world.work(admin) as uow:
        procedure_files.take(uow, admin, json.dumps(rows).encode(), "a.json", None, world.clock())
    assert not {"moi_a", "moi_b"} & set(listed(world, "admin"))
    with world.work(admin) as uow:
        procedure_files.take(uow, admin, json.dumps(rows[:1]).encode(), "a.json", None, world.clock())
    assert "moi_a" in listed(world, "admin")
    assert world.journal()[-1][0] != "procedure:import" or world.journal()[-1][1] == "done"


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b"[{}]", b'[{"code":"a","steps":[{"stage":"bay"}]}]', b"[" * 100_000, b"\xff\xfe\x00"],
)
def test_a_file_that_is_no_catalogue_is_one_clear_message(world: World, data: bytes) -> None:
    admin = world.who("admin")
    with world.work(admin) as uow:
        found = procedure_files.preview(uow, admin, data, "a.json", world.clock())
    assert found.problems and found.procedures == ()


def _entry(**more: object) -> dict[str, object]:
    steps = [{"key": "a", "stage": "receive", "title": "Nhận"}]
    return {"code": "moi_a", "title": "Thủ tục mới A", "field": "to_chuc_can_bo", "steps": steps, **more}


def _step(**more: object) -> list[dict[str, object]]:
    return [{"key": "a", "stage": "receive", "title": "Nhận", **more}]


@pytest.mark.parametrize(
    "entry",
    [
        _entry(title=5), _entry(title=["a"] * 10), _entry(days="abc"), _entry(days=3.5), _entry(days=True),
        _entry(days=None), _entry(days=10**30), _entry(subject={"x": 1}), _entry(subject="x" * 100_000),
        _entry(field=["to_chuc_can_bo"]), _entry(steps={"a": 1}), _entry(steps=_step(key=["x"])),
        _entry(steps=_step(key="k" * 61)), _entry(steps=_step(title=None)), _entry(steps=_step(days="x")),
        _entry(steps=_step(next=["a"])), _entry(steps=_step(unit=["a"])), _entry(papers=[{"title": 5}]),
        _entry(papers=[{"title": "Tờ trình", "copies": "x"}]), _entry(papers=[{"title": "Tờ", "type_code": ["x"]}]),
        _entry(papers=[{"title": "Tờ trình", "required": "không"}]), _entry(forms="abc"), _entry(forms=[{"a": 1}]),
        _entry(forms=["f"] * 101), _entry(mark="<script>"), _entry(code=5), _entry(code="a/b"), _entry(code=".."),
        _entry(code="soan"), _entry(code="x\0y"), _entry(title="Thủ tục\0mới"), _entry(title="Thủ tục \ud800"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_told_and_never_published(world: World, entry: dict[str, object]) -> None:
    """A list where a text belongs was once published, and its page failed ever after."""
    admin = world.who("admin")
    with world.work(admin) as uow:
        found = procedure_files.preview(uow, admin, json.dumps([entry]).encode(), "a.json", world.clock())
    assert found.problems


def test_a_proposal_is_answered_and_goes_into_the_next_version(world: World) -> None:
    publish(world, replace(APPOINT, owner="D-BTC"))
    clerk, officer = world.who("clerk"), world.who("officer")
    with world.work(clerk) as uow:
        said = Said("deadline", "Dự thảo", "Ba ngày không đủ để lấy ý kiến ba nơi")
        row = procedure_proposals.propose(uow, clerk, "thu_nghiem", said, world.clock()).id
    with world.work(officer) as uow:
        assert [each.id for each in procedure_proposals.waiting(uow, officer, world.clock())] == [row]
        with told("vì sao"):
            procedure_proposals.answer(uow, officer, row, False, "không", world.clock())
        procedure_proposals.answer(uow, officer, row, True, "", world.clock())
        with pytest.raises(Conflict):
            procedure_proposals.answer(uow, officer, row, True, "", world.clock())
    found = shown(world, "clerk", "thu_nghiem")
    assert found.draft is not None and found.proposals[0].taken_id == found.draft.id
    assert [row[0] for row in world.journal()][-2:] == ["procedure:save", "procedure:answer"]


def test_a_proposal_on_a_row_without_an_owner_reaches_the_officers_of_its_unit(world: World) -> None:
    publish(world)
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        said = Said("deadline", "", "Ba ngày không đủ để lấy ý kiến ba nơi")
        procedure_proposals.propose(uow, clerk, "thu_nghiem", said, world.clock())
    with world.work() as uow:
        told_of = uow.session.scalars(select(Notice).where(Notice.kind == "procedure_proposed")).all()
        assert world.who("officer").account_id in {each.account_id for each in told_of}
        assert {each.label for each in told_of} == {APPOINT.title}


words = st.text("aăâbđêơư,;.=+-@'\"/0123", min_size=5, max_size=20)


@given(st.lists(words, min_size=1, max_size=4, unique=True), st.integers(0, 90), st.sampled_from(list(DayKind)))
def test_lines_are_read_back_as_the_procedures_they_were(titles: list[str], days: int, kind: DayKind) -> None:
    steps = (Step("a", Stage.RECEIVE, titles[0], days), Step("b", Stage.ISSUE, titles[0], 0, "owner"))
    more = {"papers": (Paper(titles[0], "to_trinh", 2, required=False),), "legal_basis": "Luật", "mark": "M"}
    made = [
        Procedure(f"ma{n}", title, manner=title, days=90 + days, day_kind=kind, steps=steps, forms=(title,), **more)
        for n, title in enumerate(titles)
    ]
    back, wrong = procedures_of(list(enumerate(lines_of(made), 1)), lambda p: [e.text for e in problems(p)])
    assert (back, wrong) == (made, [])


def accept(world: World, text: str = "Mười ngày không đủ để lấy ý kiến ba nơi") -> None:
    clerk, officer = world.who("clerk"), world.who("officer")
    with world.work(clerk) as uow:
        said = Said("deadline", "Xin ý kiến", text)
        row = procedure_proposals.propose(uow, clerk, "thu_nghiem", said, world.clock()).id
    with world.work(officer) as uow:
        procedure_proposals.answer(uow, officer, row, True, "", world.clock())


def test_accepted_proposals_stand_in_the_news_of_the_version_they_went_into_and_in_no_later_one(world: World) -> None:
    publish(world)
    accept(world)
    draft = shown(world, "officer", "thu_nghiem").draft
    assert draft is not None
    edition = save(world, "officer", APPOINT, draft.edition)
    put_out(world, "officer", "thu_nghiem", edition)
    news = shown(world, "clerk", "thu_nghiem").line.version.notes
    assert news == "đổi thời hạn Theo góp ý: Thời hạn (Xin ý kiến): Mười ngày không đủ để lấy ý kiến ba nơi."
    world.clock.forward(days=1)
    put_out(world, "officer", "thu_nghiem", save(world, "officer", APPOINT))
    assert shown(world, "clerk", "thu_nghiem").line.version.notes == "đổi thời hạn"


def test_an_accepted_proposal_outlives_the_draft_it_went_into(world: World) -> None:
    publish(world)
    accept(world)
    officer, draft = world.who("officer"), shown(world, "officer", "thu_nghiem").draft
    assert draft is not None
    with world.work(officer) as uow:
        procedures.discard(uow, officer, "thu_nghiem", draft.edition, world.clock())
    with world.work(officer) as uow:
        assert [name for _row, name in procedures.accepted(uow, "thu_nghiem")] == [world.who("clerk").display_name]
    put_out(world, "officer", "thu_nghiem", save(world, "officer", APPOINT))
    assert "Theo góp ý" in shown(world, "clerk", "thu_nghiem").line.version.notes


def test_news_of_many_proposals_stay_within_what_a_version_keeps(world: World) -> None:
    publish(world)
    for number in range(30):
        accept(world, f"Góp ý thứ {number}: " + "thời hạn này không đủ " * 20)
    draft = shown(world, "officer", "thu_nghiem").draft
    assert draft is not None
    put_out(world, "officer", "thu_nghiem", save(world, "officer", APPOINT, draft.edition))
    news = shown(world, "clerk", "thu_nghiem").line.version.notes
    assert len(news) <= procedures.MOST_NOTES and "Góp ý thứ 0: " in news and "…" in news
