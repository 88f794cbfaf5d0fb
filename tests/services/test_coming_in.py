"""Signing in: what a stranger learns, what stops guesses and never the owner, what a token is worth."""

from __future__ import annotations

import unicodedata

import pytest
from factories import PASSWORD, World
from signing_in import HERE, NEW_PASSWORD, THERE, WRONG, enter, refused, whole_database

from oms.domain.access import Principal
from oms.domain.passwords import canonical, own_words, parts, problem
from oms.errors import Busy, InvalidInput, Refused, Throttled
from oms.services import notices, passwords, sessions, sign_in, throttle
from oms.services.factors import Proof
from oms.services.passkeys import Site
from oms.services.throttle import Place
from oms.store import people
from oms.store import sign_in as rows

NOWHERE = Site("http://10.0.0.1", "10.0.0.1", "no passkeys here")


def arrived(world: World, name: str = "clerk", place: Place = HERE) -> sign_in.Arrived:
    return sign_in.with_password(world.house, name, PASSWORD, place, world.clock())


def live(world: World, token: str) -> sessions.Live | None:
    return sessions.live(world.house, token, HERE.address, world.clock())


def test_wrong_unknown_and_inactive_are_told_the_same_and_are_rows(world: World) -> None:
    with world.work() as uow:
        people.by_username(uow.session, "clerk2").active = False  # type: ignore[union-attr]
    answers = [refused(world, "clerk"), refused(world, "không.có.ai"), refused(world, "clerk2", PASSWORD)]
    assert {(type(found), found.message_vi, str(found)) for found in answers} == {
        (Refused, answers[0].message_vi, str(answers[0]))
    }
    refusals = [row for row in world.journal() if row[0] == "session:refuse"]
    assert [row[1] for row in refusals] == ["refused"] * 3
    assert refusals[1][2] == ""


@pytest.mark.parametrize("typed", ["clerk", "không.có.ai", "nguoi.moi"])
def test_as_many_hashes_are_computed_for_every_name(world: World, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is known, one that is not, and an account that has no password yet cost the same."""
    with world.work() as uow:
        people.by_username(uow.session, "clerk2").password_hash = ""  # type: ignore[union-attr]
    done: list[str] = []
    real = passwords._verified
    monkeypatch.setattr(passwords, "_verified", lambda stored, word: done.append(stored) or real(stored, word))
    refused(world, "clerk2" if typed == "nguoi.moi" else typed)
    assert len(done) == 1
    assert done[0].startswith("$argon2id$")


def test_a_mistyped_name_is_kept_nowhere(world: World) -> None:
    refused(world, "MậtKhẩuGõNhầmÔ")
    assert "mậtkhẩugõnhầmô" not in whole_database(world).lower()


def test_the_token_is_kept_only_as_a_hash_and_the_device_not_at_all(world: World) -> None:
    done = arrived(world)
    kept = whole_database(world)
    assert done.token not in kept
    assert done.device.partition(".")[0] not in kept
    assert world.journal()[-1][:2] == ("session:open", "done")


def stepped(world: World, token: str, person: Principal, password: str) -> str:
    return sign_in.step_up(world.house, token, person, Proof("password", password), NOWHERE, HERE, world.clock())


# one password, however it is typed


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_the_same_password_typed_on_another_keyboard_is_the_same(world: World, form: str) -> None:
    new = "hoà bình ở Quý Châu, thuỷ triều"
    sign_in.change_password(world.house, world.who("clerk"), PASSWORD, new, HERE, world.clock())
    typed = unicodedata.normalize(form, new.replace("hoà", "hòa").replace("thuỷ", "thủy"))
    enter(world, password=typed)


def test_hashes_made_before_go_on_and_are_made_anew(world: World) -> None:
    """Hashes used to be made of the password as it came, also when that was not composed."""
    came = unicodedata.normalize("NFD", "mật khẩu cũ kiểu tách dấu")
    with world.work() as uow:
        people.by_username(uow.session, "clerk").password_hash = passwords._HASHER.hash(came)  # type: ignore[union-attr]
    enter(world, password=came)
    enter(world, password=unicodedata.normalize("NFC", came))


def test_letters_are_counted_not_marks() -> None:
    fourteen = unicodedata.normalize("NFD", "ữở ệỗ ắẵ ợự ểễ")
    assert len(fourteen) > 25 and len(canonical(fourteen)) == 14
    assert problem(fourteen, {}, beside_factor=False) == "short"
    assert problem(fourteen, {}, beside_factor=True) == ""
    assert problem("x1" * 64 + "y", {}, beside_factor=False) == "long"
    assert problem("Tôi thích ăn khoai lang nướng ở chân đèo vào những buổi sáng mùa đông" + "!" * 20, {}, False) == ""


OWN = own_words(("Lương Thị Mơ", "vanthu.dang"), ("Ban Tổ chức Tỉnh uỷ", "LG-D-BTC", "Tỉnh Lam Giang"))


@pytest.mark.parametrize(
    "password",
    [
        "matkhau123456789",
        "P@ssw0rdP@ssw0rd",
        "Nguyễn Văn An 01/01/1990",
        "nguyenvanan19900101",
        "Lương Thị Mơ sn1985",
        "Ban Tổ chức Tỉnh uỷ 2026",
        "LG-D-BTC LG-D-BTC 01011990",
        "Hà Nội Hà Nội 1010",
        "Độc lập - Tự do - Hạnh phúc",
        "qwertyuiopasdfghjkl",
        "anh yêu em 14021995",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "vanthu.dang vanthu.dang",
        "123456789 123456789",
    ],
)
def test_what_is_made_of_names_dates_places_and_units_is_refused(password: str) -> None:
    assert len(canonical(password)) >= 15
    assert problem(password, OWN, beside_factor=False) == "guessable"


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        NEW_PASSWORD,
        "con mèo nhà tôi thích ăn cá kho",
        "mùa thu Hà Nội có lá vàng bay",
        "tôi là vanthu.dang của ban này đây",
        "xe đạp tím leo dốc",
        "correct horse battery staple",
        "chín mươi chín con trâu bạc",
    ],
)
def test_honest_sentences_pass_though_a_known_word_is_in_them(password: str) -> None:
    assert problem(password, OWN, beside_factor=False) == ""


def test_telling_pieces_apart_is_quick_for_the_longest_password() -> None:
    import time

    begun = time.process_time()
    parts("Ng9xQ7" * 21 + "ab", OWN)
    assert time.process_time() - begun < 0.5


def test_a_password_made_of_this_installations_units_is_refused_by_its_field(world: World) -> None:
    guess = "Ban Tổ chức Tỉnh uỷ 2026"
    with pytest.raises(InvalidInput) as caught:
        sign_in.change_password(world.house, world.who("clerk"), PASSWORD, guess, HERE, world.clock())
    assert caught.value.field == "new_password"
    enter(world)


# the throttle


def test_the_throttle_stops_one_place_and_locks_nobody_else_out(world: World) -> None:
    for _ in range(throttle.FREE_TRIES):
        assert isinstance(refused(world, "clerk"), Refused)
    assert isinstance(refused(world, "clerk", PASSWORD), Throttled)
    assert isinstance(refused(world, "clerk", PASSWORD, Place("10.0.0.77")), Throttled)  # the same network
    assert world.journal()[-1][:2] == ("session:refuse", "refused")
    enter(world, place=THERE)
    enter(world, "clerk2")
    world.clock.forward(seconds=3)
    enter(world)
    assert isinstance(refused(world, "clerk"), Refused)  # a good sign-in begins the count anew


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(world: World) -> None:
    for _ in range(throttle.FREE_TRIES):
        refused(world, "clerk")
    for wait in (2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        world.clock.forward(seconds=wait - 1)
        assert isinstance(refused(world, "clerk", PASSWORD), Throttled)
        world.clock.forward(seconds=2)
        assert isinstance(refused(world, "clerk"), Refused)


def test_a_stranger_never_keeps_the_owners_own_computer_out(world: World) -> None:
    """A hundred guesses from everywhere, the owner's network too: the known device is a place of its own."""
    known = arrived(world)
    for number in range(throttle.MOST_GUESSES):
        refused(world, "clerk", place=Place(f"10.{number % 50}.0.5"))
        world.clock.forward(minutes=16)
    fresh = Place("172.16.0.9")
    assert isinstance(refused(world, "clerk", PASSWORD, fresh), Throttled)
    assert isinstance(refused(world, "clerk", PASSWORD, HERE), Throttled)
    enter(world, place=Place(HERE.address, known.device))
    clerk = world.who("clerk")
    with world.work(clerk) as uow:  # and finds out what happened
        assert [each.kind for each in notices.listed(uow, clerk, 10, 0)[0]] == ["guesses_stopped"]
    enter(world, place=Place(fresh.address, known.device))
    forged = known.device[:-1] + ("0" if known.device[-1] != "0" else "1")
    assert isinstance(refused(world, "clerk", PASSWORD, Place(HERE.address, forged)), Throttled)
    others = arrived(world, "clerk2").device
    assert isinstance(refused(world, "clerk", PASSWORD, Place(HERE.address, others)), Throttled)
    world.clock.forward(days=31)
    enter(world, place=fresh)


def test_good_sign_ins_of_the_owner_give_a_stranger_no_further_guesses(world: World) -> None:
    for number in range(throttle.MOST_GUESSES):
        refused(world, "clerk", place=Place(f"10.{number % 50}.0.5"))
        world.clock.forward(minutes=1)
        if number % 10 == 0:
            enter(world, place=THERE)
    assert isinstance(refused(world, "clerk", place=Place("172.16.0.9")), Throttled)


def test_a_known_device_that_guesses_is_slowed_down_too(world: World) -> None:
    stolen = Place("10.9.9.9", arrived(world).device)
    for _ in range(throttle.FREE_TRIES):
        refused(world, "clerk", place=stolen)
    assert isinstance(refused(world, "clerk", PASSWORD, stolen), Throttled)
    enter(world)


def test_attempts_sent_at_once_are_all_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one password is being judged others arrive: they are not judged by the count before it."""
    real, seen = passwords.matches, []

    def nested(stored: str, password: str, is_code: bool = False) -> bool:
        if len(seen) < throttle.FREE_TRIES + 3:
            seen.append(refused(world, "clerk"))
        return real(stored, password, is_code)

    monkeypatch.setattr(passwords, "matches", nested)
    refused(world, "clerk")
    judged = [each for each in seen if isinstance(each, Refused)]
    assert len(judged) + 1 <= throttle.FREE_TRIES


def test_at_most_two_hashes_at_once_over_all_processes_and_a_flood_is_turned_away(world: World) -> None:
    """Two other processes hold both places: here everybody waits, few may, and who is turned away has not guessed."""
    import fcntl
    import threading

    passwords.share_slots(world.house.settings.home)
    places = [path.open("w") for path in passwords._slots]
    for place in places:
        fcntl.flock(place, fcntl.LOCK_EX)
    waiting = [threading.Thread(target=passwords.hash_of, args=("x",)) for _ in range(passwords.AT_ONCE)]
    waiting += [threading.Thread(target=passwords.hash_of, args=("y",)) for _ in range(passwords.QUEUE)]
    for thread in waiting:
        thread.start()
    while passwords._door._value:  # type: ignore[attr-defined]
        pass
    assert isinstance(refused(world, "clerk", PASSWORD), Busy)
    assert all(thread.is_alive() for thread in waiting)
    for place in places:
        place.close()
    for thread in waiting:
        thread.join(30)
    with world.work() as uow:
        name = throttle.name_of(world.house.settings, "clerk")
        assert rows.attempts_of_strangers(uow.session, name, world.clock.at.replace(year=2020)) == 0
    enter(world)


# sessions


def test_a_session_ends_when_idle_and_when_old(world: World) -> None:
    token = enter(world)
    for _ in range(3):
        world.clock.forward(minutes=14)
        assert live(world, token) is not None
    world.clock.forward(minutes=16)
    assert live(world, token) is None
    world.clock.at = world.clock.at.replace(minute=0)
    assert live(world, token) is None  # ended, not asleep
    token = enter(world)
    for _ in range(34):
        world.clock.forward(minutes=14)
        last = live(world, token)
    assert last is not None  # 7 h 56 min
    world.clock.forward(minutes=5)
    assert live(world, token) is None


def test_a_right_taken_away_counts_on_the_next_request(world: World) -> None:
    token = enter(world, "officer")
    before = live(world, token)
    assert before is not None
    assert before.principal.compartments == {"bvctnb"}
    with world.work() as uow:
        people.set_grants(uow.session, before.principal.account_id, [world.units["D-XA"]], [])
    after = live(world, token)
    assert after is not None
    assert (len(after.principal.scopes), after.principal.compartments) == (1, frozenset())


def test_the_token_changes_with_each_proof_and_the_old_one_is_worth_nothing(world: World) -> None:
    token = enter(world)
    world.clock.forward(minutes=11)
    stale = live(world, token)
    assert stale is not None and not stale.principal.stepped_up
    fresh = stepped(world, token, stale.principal, PASSWORD)
    assert fresh != token and live(world, token) is None
    proved = live(world, fresh)
    assert proved is not None and proved.principal.stepped_up and proved.id == stale.id
    world.clock.forward(minutes=10, seconds=1)
    again = live(world, fresh)
    assert again is not None and not again.principal.stepped_up
    assert world.journal()[-1][:2] == ("session:step-up", "done")


def test_a_wrong_proof_steps_nothing_up_is_a_row_and_slows_down(world: World) -> None:
    token = enter(world)
    world.clock.forward(minutes=11)
    person = live(world, token)
    assert person is not None
    for _ in range(throttle.FREE_TRIES):
        with pytest.raises(InvalidInput):
            stepped(world, token, person.principal, WRONG)
    assert world.journal()[-1][:2] == ("session:step-up", "refused")
    with pytest.raises(Throttled):
        stepped(world, token, person.principal, PASSWORD)
    still = live(world, token)
    assert still is not None and not still.principal.stepped_up


def test_high_clearances_have_one_session_and_low_ones_may_have_two(world: World) -> None:
    first, second = enter(world, "officer"), enter(world, "officer", place=THERE)
    assert live(world, first) is None and live(world, second) is not None
    assert ("session:end", "done") in [row[:2] for row in world.journal()]
    first, second = enter(world), enter(world, place=THERE)
    assert live(world, first) is not None and live(world, second) is not None


def test_ones_own_sessions_are_listed_and_ended_and_nobody_elses(world: World) -> None:
    token, other = enter(world), enter(world, place=THERE)
    strange = enter(world, "clerk2")
    me, them = live(world, token), live(world, strange)
    assert me is not None and them is not None
    with world.work(me.principal) as uow:
        found = sessions.own(uow, me.principal, world.house.settings, world.clock())
    assert {(row.address, row.own) for row in found} == {(HERE.address, True), (THERE.address, False)}
    with pytest.raises(Refused), world.work(me.principal) as uow:
        sessions.end_own(uow, me.principal, them.id, world.clock())
    with world.work(me.principal) as uow:
        sessions.end_own(uow, me.principal, "", world.clock())
    assert live(world, other) is None and live(world, token) is not None and live(world, strange) is not None


@pytest.mark.parametrize("who", ["admin", "security"])
def test_an_officer_ends_sessions_at_once_and_the_look_is_a_row(world: World, who: str) -> None:
    token, officer = enter(world), world.who(who)
    account = world.who("clerk").account_id
    with world.work(officer) as uow:
        _account, found = sessions.of_account(uow, officer, account, world.house.settings, world.clock())
    assert world.journal()[-1] == ("session:list", "done", account)
    with world.work(officer) as uow:
        sessions.end_of_account(uow, officer, account, found[0].id, world.clock())
    assert live(world, token) is None
    for stranger in ("leader", "officer", "reviewer"):
        person = world.who(stranger)
        with pytest.raises(Refused), world.work(person) as uow:
            sessions.end_of_account(uow, person, account, "", world.clock())
        assert world.journal()[-1][:2] == ("session:end", "refused")


def test_changing_a_password_asks_for_the_old_one_and_ends_every_session(world: World) -> None:
    token, clerk = enter(world), world.who("clerk")
    with pytest.raises(InvalidInput):
        sign_in.change_password(world.house, clerk, "không phải mật khẩu cũ", NEW_PASSWORD, HERE, world.clock())
    assert world.journal()[-1][:2] == ("account:password", "refused")
    sign_in.change_password(world.house, clerk, PASSWORD, NEW_PASSWORD, HERE, world.clock())
    assert world.journal()[-1][:2] == ("account:password", "done")
    assert live(world, token) is None
    refused(world, "clerk", PASSWORD)
    enter(world, "clerk", NEW_PASSWORD)


def test_sessions_that_ran_out_are_not_listed(world: World) -> None:
    enter(world)
    world.clock.forward(minutes=16)
    me = live(world, enter(world))
    assert me is not None
    with world.work(me.principal) as uow:
        assert len(sessions.own(uow, me.principal, world.house.settings, world.clock())) == 1
        assert len(rows.sessions_of(uow.session, me.principal.account_id, world.clock.at.replace(year=2020))) == 2
