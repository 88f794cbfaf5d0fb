"""Emergency access: what it opens and never opens, who is told, who judges, and what keeps from the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from consulting import as_now
from factories import World
from sqlalchemy import select, text

from oms.domain.access import Action, Role, Secrecy, delegated, visibility
from oms.errors import InvalidInput, Refused
from oms.services import custody, emergencies, finding, notices, previews
from oms.services.emergencies import Asked
from oms.services.finding import Asked as Sought
from oms.store import dossiers, papers
from oms.store.access_tables import AccountKin
from oms.store.consultation_tables import Emergency
from oms.store.dossiers import DossierFilter
from oms.store.tables import Account, Dossier

REASON = "đoàn kiểm tra yêu cầu ngay trong buổi sáng"


def urgent(world: World, number: str, by: str = "officer.gov", unit: str = "D-BTC") -> emergencies.Emergency:
    """Opens by the form's words; a try turned down in plain words keeps its row."""
    who = as_now(world, by)
    problem: InvalidInput | None = None
    with world.work(who) as uow:
        try:
            return emergencies.open_emergency(uow, who, Asked(world.units[unit], number, REASON), world.clock())
        except InvalidInput as caught:
            problem = caught
    raise problem


def judge(world: World, emergency_id: str, by: str, finding_: str) -> None:
    who = world.who(by)
    with world.work(who) as uow:
        emergencies.review(uow, who, emergency_id, finding_, "đã hỏi thủ trưởng đơn vị", world.clock())


def test_one_dossier_is_read_and_neither_listed_found_nor_taken_away(world: World) -> None:
    row, other = world.dossier("Vi Thị Kín", secrecy=2), world.dossier("Vi Thị Kín")
    lent, hidden = world.filed(row, secrecy=2), world.filed(other)
    world.index()
    opened = urgent(world, row.dossier.number)
    reader = as_now(world, "officer.gov")
    assert reader.emergency == {row.dossier.id}
    with world.work(reader) as uow:
        now = world.clock()
        assert custody.gate(uow, reader, row.dossier.id, now).opening is not None
        assert [line.document.id for line in custody.read_dossier(uow, reader, row.dossier.id, now).contents] == [lent]
        first = papers.pages_of_document(uow.session, lent)[0].id
        assert custody.page_image(uow, reader, first, now)
        looks = uow.session.execute(text("SELECT verb, rule FROM journal WHERE verb IN ('page:view', 'cadre:open')"))
        assert {(verb, rule) for verb, rule in looks} == {
            ("page:view", f"urgent:{opened.id}"),
            ("cadre:open", f"urgent:{opened.id}"),
        }
        assert papers.find_document(uow.session, visibility(reader, Action.DOSSIER_READ), hidden) is None
        listed, total = dossiers.list_dossiers(
            uow.session, visibility(reader, Action.CADRE_LIST), DossierFilter(), 50, 0
        )
        assert (listed, total) == ([], 0)
        for action in Action:
            seen = dossiers.find_dossier(uow.session, visibility(reader, action), row.dossier.id)
            assert (seen is not None) == (action is Action.DOSSIER_READ), action
    assert finding.search(world.house, reader, Sought("vi thi kin"), now).people == ()
    with pytest.raises(Refused), world.work(reader) as uow:  # nor is a line of it shown beside a search
        previews.preview(uow, reader, first, (), now)
    with pytest.raises(Refused), world.work(reader) as uow:
        custody.require_exportable(uow, reader, row.dossier.id)


def test_it_is_over_with_its_minutes_and_when_its_person_closes_it(world: World) -> None:
    row = world.dossier()
    world.filed(row)
    opened = urgent(world, row.dossier.number)
    assert opened.until - opened.opened_at == timedelta(minutes=60)
    world.clock.forward(minutes=59)
    assert as_now(world, "officer.gov").emergency
    world.clock.forward(minutes=1)
    late = as_now(world, "officer.gov")
    assert not late.emergency
    with pytest.raises(Refused), world.work(late) as uow:
        custody.read_dossier(uow, late, row.dossier.id, world.clock())
    second = urgent(world, row.dossier.number)
    for stranger in ("officer", "leader"):
        who = world.who(stranger)
        with pytest.raises(Refused), world.work(who) as uow:
            emergencies.close(uow, who, second.id, world.clock())
    reader = as_now(world, "officer.gov")
    with world.work(reader) as uow:
        emergencies.close(uow, reader, second.id, world.clock())
    gone = as_now(world, "officer.gov")
    assert not gone.emergency
    with pytest.raises(Refused), world.work(gone) as uow:
        custody.gate(uow, gone, row.dossier.id, world.clock())


def test_what_can_never_be_opened_is_answered_like_what_is_not_there(world: World) -> None:
    high, apart, own = (
        world.dossier(secrecy=3),
        world.dossier(compartment="bvctnb"),
        world.dossier(citizen_id="001070000123"),
    )
    world.account("leader.gov", Role.LEADER, "C-SNV", "C", clearance=3)  # holds Tuyệt mật, and still not this way
    account = world.who("leader.gov").account_id
    with world.work() as uow:
        told = {"relation": "spouse", "entered_by": account, "entered_at": world.clock()}
        uow.session.add(AccountKin(account_id=account, citizen_id="001070000123", **told))
    answers = set()
    for number in ("HS-9999", high.dossier.number, apart.dossier.number, own.dossier.number, "001070000123"):
        with pytest.raises(Refused) as refusal:
            urgent(world, number, by="leader.gov")
        answers.add((str(refusal.value), refusal.value.object_id, refusal.value.label))
        assert world.journal()[-1][:2] == ("emergency:open", "refused")
    assert len(answers) == 1
    with world.work() as uow:
        assert uow.session.scalars(select(Emergency)).all() == []


def test_the_citizens_number_names_the_dossier_and_the_own_scope_is_sent_to_the_ordinary_door(world: World) -> None:
    row = world.dossier(citizen_id="001070000123")
    assert urgent(world, "001070000123").dossier_id == row.dossier.id
    with pytest.raises(InvalidInput) as problem:
        urgent(world, row.dossier.number, by="officer")
    assert problem.value.field == "named"
    assert world.journal()[-1][:2] == ("emergency:open", "refused")


def test_two_are_told_at_once_or_nothing_opens(world: World) -> None:
    row = world.dossier()
    opened = urgent(world, row.dossier.number)
    for name in ("security", "security2", "reviewer", "reviewer2"):
        who = world.who(name)
        with world.work(who) as uow:
            (notice,), total = notices.listed(uow, who, 9, 0)
        assert (notice.kind, notice.object_id, total) == ("emergency_opened", opened.id, 1)
        assert row.cadre.full_name not in notice.label
    gone = [world.who(name).account_id for name in ("security", "security2", "reviewer")]
    with world.work() as uow:
        for account_id in gone:
            uow.session.get_one(Account, account_id).active = False
    with pytest.raises(InvalidInput):
        urgent(world, row.dossier.number, by="leader.xa")
    assert as_now(world, "leader.xa").emergency == frozenset()


def test_the_review_is_anothers_with_words_and_what_is_passed_on_is_a_third_ones(world: World) -> None:
    row = world.dossier()
    opened = urgent(world, row.dossier.number)
    reviewer = world.who("reviewer")
    with world.work(reviewer) as uow:
        assert emergencies.waiting(uow, reviewer, world.clock()) == (1, 0)
        view = emergencies.look(uow, reviewer, opened.id, world.clock())
        assert view.may_review and [look.verb for look in view.looked][:1] == ["emergency:open"]
    for finding_, words in (("justified", "ừ"), ("", "đã hỏi thủ trưởng")):
        with pytest.raises(InvalidInput), world.work(reviewer) as uow:
            emergencies.review(uow, reviewer, opened.id, finding_, words, world.clock())
    for name in ("officer.gov", "leader", "admin"):
        with pytest.raises(Refused):
            judge(world, opened.id, name, "justified")
    judge(world, opened.id, "reviewer", "escalated")
    assert not as_now(world, "officer.gov").emergency  # what is passed on is closed meanwhile
    with pytest.raises(Refused):
        judge(world, opened.id, "reviewer", "justified")
    with pytest.raises(InvalidInput):
        judge(world, opened.id, "security", "escalated")  # passed on once: the second one has to say
    judge(world, opened.id, "security", "justified")
    with pytest.raises(Refused):
        judge(world, opened.id, "reviewer2", "unjustified")


def test_a_reviewer_does_not_judge_what_concerns_a_relative(world: World) -> None:
    row = world.dossier(citizen_id="001070000123")
    opened = urgent(world, row.dossier.number)
    account = world.who("reviewer").account_id
    with world.work() as uow:
        told = {"relation": "spouse", "entered_by": account, "entered_at": world.clock()}
        uow.session.add(AccountKin(account_id=account, citizen_id="001070000123", **told))
    who = world.who("reviewer")
    with world.work(who) as uow:
        assert emergencies.reviews(uow, who, world.clock()).open == []
        assert emergencies.waiting(uow, who, world.clock()) == (0, 0)
    with pytest.raises(Refused):
        judge(world, opened.id, "reviewer", "justified")


def test_unreviewed_past_its_day_unjustified_or_too_many_bar_the_next(world: World) -> None:
    row = world.dossier()
    number = row.dossier.number
    opened = urgent(world, number)
    assert opened.review_by.isoformat() == "2026-11-05"  # Monday, and three working days
    world.clock.forward(days=4)
    with pytest.raises(InvalidInput):
        urgent(world, number)
    assert world.journal()[-1][:2] == ("emergency:open", "refused")
    reviewer = world.who("reviewer")
    with world.work(reviewer) as uow:
        assert emergencies.waiting(uow, reviewer, world.clock()) == (1, 1)
    judge(world, opened.id, "reviewer", "justified")
    for _more in range(2):
        judge(world, urgent(world, number).id, "reviewer", "justified")
        world.clock.forward(hours=1)
    with pytest.raises(InvalidInput) as limit:
        urgent(world, number)
    assert limit.value.message_vi == emergencies.BARS["limit"]
    world.clock.forward(days=31)
    last = urgent(world, number)
    judge(world, last.id, "reviewer", "unjustified")
    with pytest.raises(InvalidInput) as barred:
        urgent(world, number)
    assert barred.value.message_vi == emergencies.BARS["unjustified"]
    world.clock.forward(days=366)
    assert urgent(world, number)


def test_numbers_are_not_to_be_guessed_at(world: World) -> None:
    for _each in range(10):
        with pytest.raises(Refused):
            urgent(world, "HS-9999")
    row = world.dossier()
    with pytest.raises(InvalidInput) as problem:
        urgent(world, row.dossier.number)
    assert problem.value.message_vi == emergencies.BARS["limit"]


def test_borrowed_authority_opens_nothing_in_an_emergency(world: World) -> None:
    row = world.dossier()
    leader = world.who("leader.xa")
    acting = delegated(world.who("clerk.gov"), leader, leader.scopes)
    urgent_ = Asked(world.units["D-BTC"], row.dossier.number, REASON)
    with pytest.raises(InvalidInput), world.work(acting) as uow:
        emergencies.open_emergency(uow, acting, urgent_, world.clock())


def test_a_level_raised_to_the_highest_meanwhile_closes_it(world: World) -> None:
    row = world.dossier(secrecy=1)
    urgent(world, row.dossier.number)
    with world.work() as uow:
        uow.session.get_one(Dossier, row.dossier.id).secrecy = int(Secrecy.TUYET_MAT)
    reader = as_now(world, "officer.gov")
    with pytest.raises(Refused), world.work(reader) as uow:
        custody.read_dossier(uow, reader, row.dossier.id, world.clock())
