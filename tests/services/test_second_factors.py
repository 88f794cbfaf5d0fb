"""Second factors: each code once, each key its owner's, nothing on the way in skipped."""

from __future__ import annotations

from dataclasses import replace

import pyotp
import pytest
from authenticator import SoftKey
from factories import PASSWORD, World
from signing_in import HERE, THERE, enter, refused, whole_database

from oms.domain.access import Principal, Role
from oms.errors import InvalidInput, Refused, SettingsError, Throttled
from oms.services import factors, notices, passkeys, sessions, sign_in, throttle
from oms.services.factors import Proof
from oms.services.house import House
from oms.services.passkeys import Site
from oms.services.sessions import Live, Stage
from oms.services.sign_in import Arrived
from oms.settings import Settings

SITE = Site("http://localhost:8000", "localhost")


def strict(world: World, *roles: str) -> None:
    """From now on the roles (all, when none is named) have to have a second factor."""
    world.house = House(replace(world.house.settings, second_factor=roles or ("*",)))


def first_step(world: World, name: str = "clerk") -> Arrived:
    return sign_in.with_password(world.house, name, PASSWORD, HERE, world.clock())


def live(world: World, token: str) -> Live:
    found = sessions.live(world.house, token, HERE.address, world.clock())
    assert found is not None
    return found


def second_step(world: World, begun: Arrived, kind: str, value: str) -> Arrived:
    proof = Proof(kind, value)
    return sign_in.with_factor(world.house, begun.token, live(world, begun.token), proof, SITE, HERE, world.clock())


def with_phone(world: World, who: Principal) -> pyotp.TOTP:
    """Adds a phone to an account; its generator."""
    shown = factors.new_totp(world.house.settings, who)
    phone = pyotp.TOTP(shown.letters.replace(" ", ""))
    with world.work(who) as uow:
        factors.add_totp(uow, who, world.house.settings, shown.sealed, phone.at(world.clock.at), world.clock())
    world.clock.forward(seconds=60)
    return phone


def with_key(world: World, who: Principal, name: str = "Khoá USB") -> SoftKey:
    """Adds a passkey to an account."""
    key = SoftKey()
    with world.work(who) as uow:
        asked = passkeys.registration_options(uow, who, SITE, world.clock())
    with world.work(who) as uow:
        passkeys.register(uow, who, key.made(asked), name, SITE, world.clock())
    return key


def asked(world: World, purpose: str = "factor", account_id: str = "") -> str:
    with world.work() as uow:
        return passkeys.authentication_options(uow, purpose, account_id, SITE, world.clock())


# codes of a phone


def test_password_then_code_each_under_a_new_token(world: World) -> None:
    phone = with_phone(world, world.who("clerk"))
    begun = first_step(world)
    assert begun.stage is Stage.FACTOR and begun.device == ""
    done = second_step(world, begun, "totp", phone.at(world.clock.at))
    assert done.stage is Stage.FULL and done.device
    assert sessions.live(world.house, begun.token, "", world.clock()) is None
    assert live(world, done.token).proofs == ("password", "totp")
    assert [row[0] for row in world.journal()[-2:]] == ["session:begin", "session:open"]


@pytest.mark.parametrize(("drift", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_one_step_of_drift_either_way(world: World, drift: int, good: bool) -> None:
    phone = with_phone(world, world.who("clerk"))
    world.clock.at = world.clock.at.replace(second=15)
    code = phone.at(int(world.clock.at.timestamp()) + drift)
    if good:
        assert second_step(world, first_step(world), "totp", code).stage is Stage.FULL
    else:
        with pytest.raises(InvalidInput):
            second_step(world, first_step(world), "totp", code)


def test_a_code_is_worth_nothing_the_second_time_nor_an_earlier_one(world: World) -> None:
    phone = with_phone(world, world.who("clerk"))
    world.clock.at = world.clock.at.replace(second=15)
    code, earlier = phone.at(world.clock.at), phone.at(int(world.clock.at.timestamp()) - 30)
    second_step(world, first_step(world), "totp", code)
    for used in (code, earlier):
        with pytest.raises(InvalidInput):
            second_step(world, first_step(world), "totp", used)
    assert world.journal()[-1][:2] == ("session:refuse", "refused")


def test_the_code_that_added_the_phone_is_used_up_too(world: World) -> None:
    who = world.who("clerk")
    shown = factors.new_totp(world.house.settings, who)
    code = pyotp.TOTP(shown.letters.replace(" ", "")).at(world.clock.at)
    with world.work(who) as uow:
        factors.add_totp(uow, who, world.house.settings, shown.sealed, code, world.clock())
    with pytest.raises(InvalidInput):
        second_step(world, first_step(world), "totp", code)


def test_a_secret_is_neither_readable_in_the_database_nor_another_accounts(world: World) -> None:
    clerk, other = world.who("clerk"), world.who("clerk2")
    shown = factors.new_totp(world.house.settings, clerk)
    secret = shown.letters.replace(" ", "")
    code = pyotp.TOTP(secret).at(world.clock.at)
    with pytest.raises(InvalidInput), world.work(other) as uow:
        factors.add_totp(uow, other, world.house.settings, shown.sealed, code, world.clock())
    with world.work(clerk) as uow:
        factors.add_totp(uow, clerk, world.house.settings, shown.sealed, code, world.clock())
    assert secret not in whole_database(world)
    assert shown.picture.startswith("data:image/png;base64,")


def test_five_wrong_codes_end_the_session_and_count_as_guesses(world: World) -> None:
    phone = with_phone(world, world.who("clerk"))
    begun = first_step(world)
    for _ in range(sign_in.MOST_TRIES - 1):
        with pytest.raises(InvalidInput):
            second_step(world, begun, "totp", "000000")
    with pytest.raises(Refused):
        second_step(world, begun, "totp", "000000")
    assert sessions.live(world.house, begun.token, "", world.clock()) is None
    with pytest.raises(Throttled):
        first_step(world)
    world.clock.forward(seconds=3)
    again = first_step(world)  # a right password does not clear what the codes got wrong
    with pytest.raises(InvalidInput):
        second_step(world, again, "totp", "000000")
    with pytest.raises(Throttled):
        second_step(world, again, "totp", phone.at(world.clock.at))


# recovery codes


def test_ten_recovery_codes_each_once_kept_as_hashes(world: World) -> None:
    clerk = world.who("clerk")
    with_phone(world, clerk)
    with world.work(clerk) as uow:
        codes = factors.new_recovery_codes(uow, clerk, world.clock())
    assert len(set(codes)) == 10
    kept = whole_database(world)
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    done = second_step(world, first_step(world), "recovery", codes[3].upper().replace("-", " "))
    assert done.stage is Stage.FULL
    with pytest.raises(InvalidInput):
        second_step(world, first_step(world), "recovery", codes[3])
    with world.work(clerk) as uow:
        assert factors.of(uow, clerk.account_id).recovery_left == 9
        factors.new_recovery_codes(uow, clerk, world.clock())
    world.clock.forward(seconds=3)
    with pytest.raises(InvalidInput):
        second_step(world, first_step(world), "recovery", codes[4])


def test_a_recovery_code_does_not_step_up(world: World) -> None:
    clerk = world.who("clerk")
    phone = with_phone(world, clerk)
    with world.work(clerk) as uow:
        code = factors.new_recovery_codes(uow, clerk, world.clock())[0]
    token = second_step(world, first_step(world), "totp", phone.at(world.clock.at)).token
    for proof in (
        Proof("recovery", code),
        Proof("password", PASSWORD),
    ):  # a factor is there: the password is not enough
        with pytest.raises(InvalidInput):
            sign_in.step_up(world.house, token, clerk, proof, SITE, HERE, world.clock())


# passkeys


def test_a_passkey_as_second_step_and_alone(world: World) -> None:
    clerk = world.who("clerk")
    key = with_key(world, clerk)
    begun = first_step(world)
    assert begun.stage is Stage.FACTOR
    answer = key.signed(asked(world, account_id=clerk.account_id))
    assert second_step(world, begun, "passkey", answer).stage is Stage.FULL
    alone = sign_in.with_passkey(world.house, key.signed(asked(world, "sign_in")), SITE, HERE, world.clock())
    assert alone.stage is Stage.FULL
    assert live(world, alone.token).principal.username == "clerk"


def test_whoever_holds_the_key_gets_in_whatever_strangers_guessed(world: World) -> None:
    key = with_key(world, world.who("clerk"))
    for number in range(throttle.MOST_GUESSES):
        refused(world, "clerk", place=replace(THERE, address=f"10.{number}.0.5"))
    assert isinstance(refused(world, "clerk", PASSWORD), Throttled)
    answer = key.signed(asked(world, "sign_in"))
    assert sign_in.with_passkey(world.house, answer, SITE, HERE, world.clock()).stage is Stage.FULL


@pytest.mark.parametrize(
    "wrong", ["replayed", "cloned", "origin", "host", "unverified", "purpose", "another's", "late", "not asked", "junk"]
)
def test_a_passkeys_answer_that_is_not_right_in_everything_is_refused(world: World, wrong: str) -> None:
    clerk = world.who("clerk")
    key = with_key(world, clerk)
    options = asked(
        world, "step_up" if wrong == "purpose" else "sign_in", clerk.account_id if wrong == "purpose" else ""
    )
    if wrong == "origin":
        key.origin = "http://localhost:8001"
    if wrong == "host":
        key.host = "example.org"
    key.verified = wrong != "unverified"
    if wrong == "another's":
        key = SoftKey()
    if wrong == "cloned":
        sign_in.with_passkey(world.house, key.signed(asked(world, "sign_in"), 5), SITE, HERE, world.clock())
        key.count -= 3
    answer = "{" if wrong == "junk" else key.signed(options)
    if wrong == "replayed":
        sign_in.with_passkey(world.house, answer, SITE, HERE, world.clock())
    if wrong == "late":
        world.clock.forward(minutes=6)
    if wrong == "not asked":
        answer = key.signed('{"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}')
    with pytest.raises(Refused):
        sign_in.with_passkey(world.house, answer, SITE, HERE, world.clock())
    assert world.journal()[-1][:2] == ("session:refuse", "refused")


def test_a_key_of_one_account_is_no_factor_of_another(world: World) -> None:
    clerk, other = world.who("clerk"), world.who("clerk2")
    with_key(world, clerk)
    strange = with_key(world, other)
    begun = first_step(world)
    with pytest.raises(InvalidInput):
        second_step(world, begun, "passkey", strange.signed(asked(world, account_id=clerk.account_id)))


def test_two_keys_have_names_and_go_one_by_one(world: World) -> None:
    clerk = world.who("clerk")
    first, second = with_key(world, clerk, "Khoá trong két"), with_key(world, clerk, "  Khoá   mang theo ")
    with world.work(clerk) as uow:
        kept = factors.of(uow, clerk.account_id).passkeys
        assert [key.name for key in kept] == ["Khoá trong két", "Khoá mang theo"]
        factors.remove(uow, clerk, world.house.settings, kept[0].id, world.clock())
    with pytest.raises(Refused):
        sign_in.with_passkey(world.house, first.signed(asked(world, "sign_in")), SITE, HERE, world.clock())
    sign_in.with_passkey(world.house, second.signed(asked(world, "sign_in")), SITE, HERE, world.clock())
    stranger = world.who("clerk2")
    with pytest.raises(Refused), world.work(stranger) as uow:
        factors.remove(uow, stranger, world.house.settings, kept[1].id, world.clock())


@pytest.mark.parametrize(
    ("site", "opened", "works"),
    [
        ("", "http://localhost:8000", True),
        ("", "http://127.0.0.1:8000", False),
        ("", "http://[::1]:8000", False),
        ("", "http://hoso.tinh:8000", False),
        ("https://hoso.tinh", "https://hoso.tinh", True),
        ("https://hoso.tinh", "http://10.0.0.1:8000", False),
        ("https://10.0.0.1", "https://10.0.0.1", False),
    ],
)
def test_passkeys_need_a_host_name_and_say_why_not(world: World, site: str, opened: str, works: bool) -> None:
    found = passkeys.site_of(replace(world.house.settings, site=site), opened)
    assert (found.problem == "") is works
    clerk = world.who("clerk")
    if not works:
        with pytest.raises(InvalidInput) as caught, world.work(clerk) as uow:
            passkeys.registration_options(uow, clerk, found, world.clock())
        assert caught.value.message_vi == found.problem


# who has to have one


def test_who_must_have_a_factor_adds_it_before_anything_else(world: World) -> None:
    strict(world)
    begun = first_step(world)
    assert begun.stage is Stage.ENROL
    pending = live(world, begun.token)
    with pytest.raises(Refused):
        sign_in.enrolled(world.house, begun.token, pending, "totp", HERE, world.clock())
    with_phone(world, world.who("clerk"))
    done = sign_in.enrolled(world.house, begun.token, live(world, begun.token), "totp", HERE, world.clock())
    assert done.stage is Stage.FULL and done.token != begun.token


def test_the_setting_may_name_roles(world: World) -> None:
    strict(world, Role.ADMINISTRATOR, Role.SECURITY_OFFICER)
    assert first_step(world, "admin").stage is Stage.ENROL
    assert first_step(world, "security").stage is Stage.ENROL
    assert first_step(world, "clerk").stage is Stage.FULL


@pytest.mark.parametrize(
    ("said", "means"),
    [("", ("*",)), ("required", ("*",)), ("optional", ()), ("leader, administrator", ("leader", "administrator"))],
)
def test_a_second_factor_is_required_unless_the_setting_says_less(
    world: World, said: str, means: tuple[str, ...]
) -> None:
    home = str(world.house.settings.home)
    assert Settings.from_env({"OMS_HOME": home, "OMS_SECOND_FACTOR": said}).second_factor == means
    for wrong in ("sometimes", "leader,chief"):
        with pytest.raises(SettingsError, match="OMS_SECOND_FACTOR"):
            Settings.from_env({"OMS_HOME": home, "OMS_SECOND_FACTOR": wrong})
    (world.house.settings.home / "demonstration").write_text("{}")
    assert Settings.from_env({"OMS_HOME": home}).second_factor == ()


@pytest.mark.parametrize("wrong", ["hoso.tinh", "http://hoso.tinh", "https://hoso.tinh/oms", "ftp://hoso.tinh"])
def test_a_site_that_passkeys_cannot_be_bound_to_stops_the_start(world: World, wrong: str) -> None:
    with pytest.raises(SettingsError, match="OMS_SITE"):
        Settings.from_env({"OMS_HOME": str(world.house.settings.home), "OMS_SITE": wrong})


def test_the_last_factor_stays_where_it_is_required_or_the_password_is_short(world: World) -> None:
    clerk = world.who("clerk")
    with_phone(world, clerk)
    sign_in.change_password(world.house, clerk, PASSWORD, "bông gòn 7", HERE, world.clock())
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        factors.remove(uow, clerk, world.house.settings, "totp", world.clock())
    sign_in.change_password(world.house, clerk, "bông gòn 7", PASSWORD, HERE, world.clock())
    strict(world)
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        factors.remove(uow, clerk, world.house.settings, "totp", world.clock())
    world.house = House(replace(world.house.settings, second_factor=()))
    with world.work(clerk) as uow:
        factors.remove(uow, clerk, world.house.settings, "totp", world.clock())
    assert world.journal()[-1][:2] == ("factor:remove", "done")
    enter(world)


def test_eight_characters_do_only_beside_a_factor(world: World) -> None:
    with pytest.raises(InvalidInput):
        sign_in.change_password(world.house, world.who("clerk"), PASSWORD, "bông gòn 7", HERE, world.clock())


def test_lost_factors_are_reset_by_the_administrator_forgotten_passwords_are_not(world: World) -> None:
    """Neither alone gets in: the administrator has no password, the security officer's code still wants the factor."""
    from oms.services import accounts

    clerk, admin, security = world.who("clerk"), world.who("admin"), world.who("security")
    with_phone(world, clerk)
    with pytest.raises(Refused), world.work(security) as uow:
        factors.reset(uow, security, clerk.account_id, world.clock())
    assert world.journal()[-1][:2] == ("factor:reset", "refused")
    with pytest.raises(Refused), world.work(admin) as uow:
        accounts.issue_code(uow, admin, clerk.account_id, world.clock())
    with world.work(security) as uow:
        _name, code = accounts.issue_code(uow, security, clerk.account_id, world.clock())
    begun = sign_in.with_password(world.house, "clerk", code, HERE, world.clock())
    assert begun.stage is Stage.FACTOR
    with world.work(admin) as uow:
        factors.reset(uow, admin, clerk.account_id, world.clock())
    assert sessions.live(world.house, begun.token, "", world.clock()) is None
    with world.work(clerk) as uow:  # the owner is told of both
        told = [each.kind for each in notices.listed(uow, clerk, 10, 0)[0]]
    assert sorted(told) == ["code_given", "factor_removed"]
    with pytest.raises(Refused), world.work(admin) as uow:
        factors.reset(uow, admin, admin.account_id, world.clock())
