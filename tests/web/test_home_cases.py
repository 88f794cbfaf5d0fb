"""The office's work on the home page: my next steps, what is late, what changed; no secret case, nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from factories import World
from office import go, publish, receive

from oms.domain.access import Role
from oms.services.case_home import at_home

TITLE = "Bổ nhiệm Phó Trưởng phòng Nghiệp vụ"


@pytest.fixture
def ready(world: World) -> World:
    """An installation with a procedure of ten working days in force."""
    publish(world)
    return world


def home(client) -> str:  # type: ignore[no-untyped-def]
    """The home page as somebody sees it."""
    return str(client.get("/").get_data(as_text=True))


def test_my_next_steps_open_the_case_and_leave_a_row(ready: World, signed_in) -> None:
    case = receive(ready, title=TITLE)
    client = signed_in("officer")
    page = home(client)
    assert TITLE in page and f"/ho-so-cong-viec/{case.id}" in page and "còn 10 ngày" in page
    shown = [row for row in ready.journal() if row[0] == "case:list"]
    assert len(shown) == 1
    assert client.get(f"/ho-so-cong-viec/{case.id}").status_code == 200


def test_nobody_elses_step_is_shown_as_mine(ready: World, signed_in) -> None:
    case = receive(ready, title=TITLE)
    go(ready, "officer", case.id, "leader")
    assert TITLE not in home(signed_in("officer"))
    assert TITLE in home(signed_in("leader"))


def test_a_secret_case_is_neither_shown_nor_counted(ready: World, signed_in) -> None:
    receive(ready, title=TITLE, secrecy=2)
    page = home(signed_in("officer"))
    assert TITLE not in page and "việc trong tay" not in page and "việc mới tiếp nhận" not in page


def test_late_cases_are_told_to_the_holder_and_to_who_steers(ready: World) -> None:
    receive(ready, title=TITLE)
    later = ready.clock() + timedelta(days=30)
    for who, mine in (("officer", 1), ("leader", 0)):
        principal = ready.who(who)
        with ready.work(principal) as uow:
            found = at_home(uow, principal, later - timedelta(days=1), later)
        assert found is not None
        assert (found.hand.late, found.unit_late) == (mine, 1)
        assert [line.left is not None and line.left < 0 for line in found.lines] == [True] * mine


@pytest.mark.parametrize("username", ["reviewer", "admin"])
def test_whoever_works_on_no_case_sees_nothing_of_them(ready: World, signed_in, username: str) -> None:
    receive(ready, title=TITLE)
    page = home(signed_in(username))
    assert TITLE not in page and "ho-so-cong-viec" not in page


def test_what_came_and_ended_since_yesterday_opens_these_very_cases(ready: World, signed_in) -> None:
    receive(ready, title=TITLE)
    gone = receive(ready, title="Một việc đã được rút lại")
    go(ready, "officer", gone.id, act="withdraw", words="cán bộ xin rút")
    client = signed_in("officer")
    page = home(client)
    lines = dict(re.findall(r'href="([^"]+)"[^>]*><svg.*?work-count">\d+</span><span class="work-title">([^<]+)', page))
    came = next(href for href, title in lines.items() if title == "việc mới tiếp nhận").replace("&amp;", "&")
    ended = next(href for href, title in lines.items() if title == "việc đã kết thúc").replace("&amp;", "&")
    both, one = client.get(came).get_data(as_text=True), client.get(ended).get_data(as_text=True)
    assert TITLE in both and "Một việc đã được rút lại" in both
    assert "Một việc đã được rút lại" in one and TITLE not in one


def test_whoever_is_given_no_unit_yet_has_an_empty_home(ready: World, signed_in) -> None:
    receive(ready, title=TITLE)
    ready.account("moi", Role.LEADER, "D-BTC")
    answer = signed_in("moi").get("/")
    assert answer.status_code == 200 and TITLE not in answer.get_data(as_text=True)
