"""Packages between two installations: what leaves, what comes in, what comes back, what stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from archival_papers import filed_scan, make_all
from exchanging import Pair, came, card_of, filled, package, partner, round_of, send, take, trust, two
from factories import World
from pyrage import x25519
from sqlalchemy import select

from oms.domain.access import Action, Role, visibility
from oms.domain.kin import Declared
from oms.errors import InvalidInput, Refused
from oms.services import (
    approvals,
    exchange_astray,
    exchange_partners,
    exchange_send,
    exchange_take,
    exchange_view,
    kin,
    notices,
)
from oms.services.exchange_bag import opened
from oms.services.exchange_keys import Keys
from oms.services.exchange_place import Place
from oms.services.exchange_receive import arrive
from oms.services.exchange_take import Placed, Taking
from oms.services.secret_copies import Leaving
from oms.store import dossiers, journal, packages
from oms.store.package_tables import ExchangePackage
from oms.store.record_tables import Change, ChangeItem, FactRow
from oms.store.tables import Dossier, Scan


@pytest.fixture
def pair(world: World, world_template: Path, tmp_path: Path) -> Iterator[Pair]:
    with two(world, world_template, tmp_path / "second") as made:
        yield made


def rows(world: World, verb: str) -> list[dict[str, object]]:
    """The details of a verb's rows, oldest first."""
    with world.work() as uow:
        found = [entry for entry, _leaf in journal.rows(uow.session) if entry.verb == verb]
    return [json.loads(entry.detail) | {"outcome": entry.outcome, "bytes": entry.bytes} for entry in found]


def inside(world: World, sealed: Path) -> dict[str, bytes]:
    """Every file of a sealed package, as its receiver opens it."""
    with opened(sealed, Place(world.house.settings).keys) as bag:
        return {name: bag.read(name, 10**9) for name in bag.members}


def test_a_dossier_goes_over_and_its_receipt_comes_back(pair: Pair) -> None:
    row = filled(pair.here)
    sent = send(pair.here, row)
    leaving = rows(pair.here, "exchange:send")[-1]
    assert leaving["size"] == package(pair.here, sent).size == leaving["bytes"]
    assert not list(Place(pair.here.house.settings).out.glob("*")), "nothing has left while only the row is there"
    pair.pass_over(pair.here, pair.there)
    assert package(pair.here, sent).state == "sent" and rows(pair.here, "exchange:leave")[-1]["way"] == "folder"
    arrived = came(pair.there)
    with pair.there.house.look() as uow:
        assert uow.session.scalars(select(Dossier)).first() is None, "a dry run writes nothing into records"
    assert take(pair.there, arrived.id).taken
    pair.pass_over(pair.there, pair.here)
    answered = package(pair.here, sent)
    assert answered.state == "accepted" and not Place(pair.here.house.settings).file(answered.package_id).exists()
    with pair.there.house.look() as uow:
        dossier = uow.session.scalars(select(Dossier)).one()
        held = {fact.item: fact for fact in uow.session.scalars(select(FactRow))}
        scan = uow.session.scalars(select(Scan)).one()
        link = packages.links_of(uow.session, dossier.id)[0]
    assert dossier.number == row.dossier.number and dossier.block == "party"
    assert held["position"].body == '{"value": "Trưởng phòng"}' and held["position"].source == "exchange"
    assert arrived.number in held["position"].source_words and held["citizen_id"].confirmed_by is None
    assert "religion" not in held, "private groups stay unless they were chosen"
    body = json.loads(package(pair.here, sent).body)
    assert body["counts"]["papers"] == 1 and scan.source == "exchange" and scan.page_count == 1
    assert pair.there.house.vault.read(scan.sha256).startswith(b"%PDF")
    assert link.remote == row.dossier.id and json.loads(answered.answer)["dossiers"][0]["ours"] == dossier.id


def test_papers_have_the_same_bytes_on_both_sides(pair: Pair) -> None:
    row = filled(pair.here)
    send(pair.here, row)
    round_of(pair.here)
    (sealed,) = Place(pair.here.house.settings).out.glob("*.oms")
    files = inside(pair.there, sealed)
    record = json.loads(files[f"data/records/{row.dossier.id}.json"])
    pair.carry(pair.here, pair.there)
    round_of(pair.there)
    take(pair.there, came(pair.there).id)
    with pair.there.house.look() as uow:
        scan = uow.session.scalars(select(Scan)).one()
    paper = record["papers"][0]
    assert pair.there.house.vault.read(scan.sha256) == files[paper["file"]]
    assert (scan.sha256, paper["pages"], paper["form"]) == (paper["sha256"], 1, "archival")


def test_the_same_package_again_gets_the_same_receipt_and_changes_nothing(pair: Pair, tmp_path: Path) -> None:
    sent = send(pair.here, filled(pair.here))
    round_of(pair.here)
    (sealed,) = Place(pair.here.house.settings).out.glob("*.oms")
    kept = tmp_path / "kept.oms"
    shutil.copyfile(sealed, kept)
    pair.carry(pair.here, pair.there)
    round_of(pair.there)
    take(pair.there, came(pair.there).id)
    round_of(pair.there)
    (first,) = Place(pair.there.house.settings).out.glob("*.oms")
    before = inside(pair.here, first)
    first.unlink()
    again = arrive(pair.there.house, kept, pair.there.clock())
    round_of(pair.there)
    (second,) = Place(pair.there.house.settings).out.glob("*.oms")
    assert again.repeated and inside(pair.here, second) == before
    pair.carry(pair.there, pair.here)
    round_of(pair.here)
    assert package(pair.here, sent).state == "accepted"
    with pair.there.house.look() as uow:
        assert len(list(uow.session.scalars(select(Dossier)))) == 1
        assert len(list(uow.session.scalars(select(Scan)))) == 1


def test_what_is_known_becomes_a_draft_change_and_nothing_is_overwritten(pair: Pair) -> None:
    row = filled(pair.here)
    send(pair.here, row)
    mine = pair.there.dossier(citizen_id="001161004455", birth_date="05/08/1961", number="B-77")
    pair.there.fact(mine, "position", value="Phó trưởng phòng")
    pair.pass_over(pair.here, pair.there)
    arrived = came(pair.there)
    with pytest.raises(Refused):  # not open: what is in it must not be compared
        take(pair.there, arrived.id, **{f"r{row.dossier.id}": Placed(dossier_id=mine.dossier.id)})
    pair.there.open(pair.there.who("officer"), mine.dossier.id)
    outcome = take(pair.there, arrived.id, **{f"r{row.dossier.id}": Placed(dossier_id=mine.dossier.id)})
    with pair.there.house.look() as uow:
        held = uow.session.scalars(select(FactRow).where(FactRow.item == "position")).one()
        change = uow.session.scalars(select(Change)).one()
        items = {item.item: item for item in uow.session.scalars(select(ChangeItem))}
    assert held.body == '{"value": "Phó trưởng phòng"}' and held.ended_at is None
    assert outcome.changes == (change.id,) and change.state == "draft"
    assert (items["position"].act, items["position"].body) == ("replace", '{"value": "Trưởng phòng"}')
    assert arrived.number in items["position"].source_words and "citizen_id" not in items


def test_an_update_lands_as_a_proposal_with_a_clock_and_flows_back(pair: Pair) -> None:
    row = filled(pair.here)
    send(pair.here, row)
    pair.pass_over(pair.here, pair.there)
    take(pair.there, came(pair.there).id)
    pair.pass_over(pair.there, pair.here)
    with pytest.raises(InvalidInput, match="dossiers"):
        send(pair.here, row, kind="update")
    pair.here.clock.forward(minutes=1)
    pair.here.fact(row, "political_theory", value="Cao cấp")
    update = send(pair.here, row, kind="update")
    assert package(pair.here, update).due_on is not None
    pair.pass_over(pair.here, pair.there)
    arrived = came(pair.there)
    assert (arrived.kind, str(arrived.due_on)) == ("update", "2026-11-05"), "three working days from Monday 2 November"
    with pair.there.house.look() as uow:
        theirs = uow.session.scalars(select(Dossier)).one()
    with pytest.raises(InvalidInput):  # an update never registers anybody
        take(pair.there, arrived.id)
    pair.there.open(pair.there.who("officer"), theirs.id)
    take(pair.there, arrived.id, **{f"r{row.dossier.id}": Placed(dossier_id=theirs.id)})
    with pair.there.house.look() as uow:
        items = list(uow.session.scalars(select(ChangeItem)))
    assert [(item.item, item.act) for item in items] == [("political_theory", "add")]
    officer = pair.there.who("officer")
    with pair.there.house.look() as uow:
        mine = dossiers.find_dossier(uow.session, visibility(officer, Action.EXCHANGE_WORK), theirs.id)
    assert mine is not None
    send(pair.there, mine)  # the other way: found here through what the receipt said
    pair.pass_over(pair.there, pair.here)
    came_back = came(pair.here)
    with pair.here.house.look() as uow:
        assert [each.dossier_id for each in packages.records_of(uow.session, came_back.id)] == [row.dossier.id]


def test_a_hand_over_closes_the_dossier_only_when_the_count_matches(pair: Pair) -> None:
    row = filled(pair.here)
    first = send(pair.here, row, kind="transfer", decision="12-QĐ/BTC")
    with pytest.raises(InvalidInput):
        send(pair.here, row, kind="transfer", decision="12-QĐ/BTC")
    pair.pass_over(pair.here, pair.there)
    arrived = came(pair.there)
    wrong = Taking(pair.there.units["D-BTC"], {}, {})
    outcome = exchange_take.take(pair.there.house, pair.there.who("officer"), arrived.id, wrong, pair.there.clock())
    assert not outcome.taken and "không thấy" in outcome.words
    pair.pass_over(pair.there, pair.here)
    assert package(pair.here, first).state == "refused" and _state(pair.here, row.dossier.id) == "held"
    second = send(pair.here, row, kind="transfer", decision="12-QĐ/BTC")
    pair.pass_over(pair.here, pair.there)
    arrived = came(pair.there)
    paper = json.loads(arrived.report)["records"][0]["papers"][0]["id"]
    right = Taking(pair.there.units["D-BTC"], {}, {paper: 1})
    assert exchange_take.take(pair.there.house, pair.there.who("officer"), arrived.id, right, pair.there.clock()).taken
    pair.pass_over(pair.there, pair.here)
    assert package(pair.here, second).state == "accepted" and _state(pair.here, row.dossier.id) == "closed"
    assert rows(pair.here, "dossier:close")[-1]["as_sealed"] is True
    with pair.there.house.look() as uow:
        facts = {fact.item for fact in uow.session.scalars(select(FactRow))}
    assert "religion" in facts, "a hand-over takes everything"


def _state(world: World, dossier_id: str) -> str:
    with world.house.look() as uow:
        return uow.session.get_one(Dossier, dossier_id).state


def test_a_unit_code_nobody_knows_is_told_and_remembered(pair: Pair) -> None:
    send(pair.here, filled(pair.here), receiver_code="X99.1")
    pair.pass_over(pair.here, pair.there)
    arrived = came(pair.there)
    assert arrived.unit_id == pair.there.units["P"] and json.loads(arrived.report)["placed"] is False
    pair.there.account("chief", Role.RECORDS_OFFICER, "P", "P", clearance=1)
    with pytest.raises(Refused):
        take(pair.there, arrived.id)  # the officer of D does not reach what is placed nowhere
    take(pair.there, arrived.id, by="chief")
    with pair.there.house.look() as uow:
        found = packages.code(uow.session, "X99.1")
        assert found is not None and found.id == pair.there.units["D-BTC"]


def test_a_package_nobody_may_take_is_told_to_the_administrator_and_given_to_a_unit(pair: Pair) -> None:
    send(pair.here, filled(pair.here), receiver_code="X99.1")
    pair.pass_over(pair.here, pair.there)
    arrived, admin, officer = came(pair.there), pair.there.who("admin"), pair.there.who("officer")
    with pair.there.work(officer) as uow:
        assert "exchange_arrived" not in [row.kind for row in notices.listed(uow, officer, 9, 0)[0]]
        with pytest.raises(Refused):
            exchange_astray.astray(uow, officer)
    with pair.there.work(admin) as uow:
        assert "exchange_astray" in [row.kind for row in notices.listed(uow, admin, 9, 0)[0]]
        (told,) = exchange_astray.astray(uow, admin)
        assert (told.number, told.code, told.sender) == (arrived.number, "X99.1", "Tỉnh thử")
        assert "Hiếu" not in repr(told)
        with pytest.raises(InvalidInput):
            exchange_astray.direct(uow, admin, arrived.id, 0, pair.there.clock())
        given = exchange_astray.direct(uow, admin, arrived.id, pair.there.units["D-BTC"], pair.there.clock())
        assert given and exchange_astray.astray(uow, admin) == []
    with pair.there.work(officer) as uow:
        assert "exchange_arrived" in [row.kind for row in notices.listed(uow, officer, 9, 0)[0]]
        found = packages.code(uow.session, "X99.1")
        assert found is not None and found.id == pair.there.units["D-BTC"]
    with pair.there.work(admin) as uow, pytest.raises(Refused):  # what has its people is theirs
        exchange_astray.direct(uow, admin, arrived.id, pair.there.units["C-SNV"], pair.there.clock())
    take(pair.there, arrived.id)


def test_private_groups_go_only_for_a_purpose_that_needs_them(pair: Pair) -> None:
    row = filled(pair.here)
    with pytest.raises(InvalidInput) as refused:
        send(pair.here, row, purpose="kiem_ke", groups=("religion",))
    assert refused.value.field == "groups"
    send(pair.here, row, groups=("religion",))
    pair.pass_over(pair.here, pair.there)
    take(pair.there, came(pair.there).id)
    with pair.there.house.look() as uow:
        assert uow.session.scalars(select(FactRow).where(FactRow.item == "religion")).one()


def test_a_level_stays_or_goes_stamped_by_folder_between_isolated_networks_alone(pair: Pair) -> None:
    row = filled(pair.here)
    filed_scan(pair.here, row, "TỜ TRÌNH\nVề nhân sự bí mật", secrecy=1)
    filed_scan(pair.here, row, "TỜ TRÌNH\nVề chính trị nội bộ", compartment="bvctnb")
    filed_scan(pair.here, row, "TỜ TRÌNH\nTuyệt mật", secrecy=3)
    make_all(pair.here)
    with pytest.raises(InvalidInput) as asked:
        send(pair.here, row)
    assert asked.value.field in ("copies", "recipients")
    send(pair.here, row, leaving=Leaving("1", "Nguyễn Văn Phép, Trưởng ban", "02/11/2026", "Tỉnh thứ hai"))
    round_of(pair.here)
    (sealed,) = Place(pair.here.house.settings).out.glob("*.oms")
    record = json.loads(inside(pair.there, sealed)[f"data/records/{row.dossier.id}.json"])
    assert sorted(paper["secrecy"] for paper in record["papers"]) == [0, 1]
    assert [stub["secrecy"] for stub in record["stubs"]] == [3] and "title" not in record["stubs"][0]
    with pair.here.work(pair.here.who("admin")) as uow:
        admin = pair.here.who("admin")
        exchange_partners.set_address(uow, admin, partner(pair.here).id, "https://may-khac:8443", pair.here.clock())
    by_net = send(pair.here, row)
    body = json.loads(package(pair.here, by_net).body)
    assert body["highest_level"] == 0 and body["counts"]["papers"] == 1


def test_nothing_of_what_the_sender_may_not_see_is_in_any_byte(pair: Pair) -> None:
    """Metamorphic: the package is the same whatever is hidden from who makes it."""
    row = filled(pair.here)
    low = pair.here.who("officer2")  # clearance Mật, no compartment
    pair.here.open(low, row.dossier.id)

    def payload() -> dict[str, bytes]:
        sent = send(pair.here, row, by="officer2")
        name = package(pair.here, sent).package_id
        round_of(pair.here)
        (sealed,) = Place(pair.here.house.settings).out.glob(f"*{name}.oms")
        files = inside(pair.there, sealed)
        return {path: data for path, data in files.items() if path.startswith("data/records/")} | {
            "counts": json.dumps(json.loads(files["data/package.json"])["counts"]).encode()
        }

    before = payload()
    filed_scan(pair.here, row, "TỜ TRÌNH\nChuyện rất kín", secrecy=2)
    filed_scan(pair.here, row, "TỜ TRÌNH\nChuyện nội bộ kín", compartment="bvctnb")
    hidden = pair.here.dossier("Người Ẩn Danh", citizen_id="001161009999", secrecy=2)
    make_all(pair.here)
    assert payload() == before
    with pytest.raises(InvalidInput):
        send(pair.here, row, hidden, by="officer2")


def test_ones_own_and_relatives_are_neither_sent_nor_shown_nor_taken(pair: Pair) -> None:
    row = filled(pair.here)
    send(pair.here, row)
    officer = pair.there.who("officer")
    with pair.there.work(officer) as uow:
        declared = Declared("sibling", "Tô Thị Hiếu", "05/08/1961", "")
        kin.declare(uow, officer, officer.account_id, declared, pair.there.clock())
    pair.pass_over(pair.here, pair.there)
    arrived = came(pair.there)
    with pytest.raises(Refused), pair.there.work(officer) as uow:
        exchange_view.one(uow, pair.there.who("officer"), arrived.id, pair.there.clock())
    with pytest.raises(Refused):
        take(pair.there, arrived.id)
    with pair.there.work(officer) as uow:
        seen = exchange_view.desk(uow, pair.there.who("officer"), "in", 20, 0, pair.there.clock())
    assert (seen.waiting, seen.rows, seen.total) == ((), (), 0)
    me = pair.here.who("officer")
    with pair.here.work(me) as uow:
        kin.declare(uow, me, me.account_id, Declared("self", "Tô Thị Hiếu", "05/08/1961", ""), pair.here.clock())
    with pytest.raises(InvalidInput):
        send(pair.here, row)


def test_a_revoked_partner_is_refused_and_sent_nothing(pair: Pair) -> None:
    row = filled(pair.here)
    send(pair.here, row)
    admin = pair.there.who("admin")
    with pair.there.work(admin) as uow:
        exchange_partners.revoke(uow, admin, partner(pair.there).id, "khoá của họ bị lộ", pair.there.clock())
    pair.pass_over(pair.here, pair.there)
    failed = rows(pair.there, "exchange:arrive")[-1]
    assert (failed["outcome"], failed["check"]) == ("failed", "trust")
    with pair.there.house.look() as uow:
        assert uow.session.scalars(select(ExchangePackage)).first() is None
    reason = next((Place(pair.there.house.settings).incoming / "refused").glob("*/ly-do.txt"))
    assert "thu hồi" in reason.read_text()


def test_new_keys_count_once_approved_and_what_is_under_way_still_opens(pair: Pair) -> None:
    row = filled(pair.here)
    under_way = send(pair.here, row)
    round_of(pair.here)
    exchange_partners.make_keys(pair.there.house, pair.there.clock(), anew=True)
    pair.carry(pair.here, pair.there)
    round_of(pair.there)
    take(pair.there, came(pair.there).id)
    pair.pass_over(pair.there, pair.here)  # signed with keys nobody has approved here
    assert package(pair.here, under_way).state == "sent"
    old = partner(pair.here)
    fresh = trust(pair.here, card_of(pair.there))
    second = pair.here.who("security")
    with pair.here.work(second) as uow:  # whoever approved it saw whose place the card takes
        lines = {line.what: line for line in approvals.view(uow, second, fresh.approval_id, pair.here.clock()).lines}
        told = lines["Mã khoá, đối chiếu qua điện thoại"]
        assert (told.before, told.after) == (exchange_partners.keys_of(old), exchange_partners.keys_of(fresh))
    with pair.here.house.look() as uow:
        assert [each.id for each in packages.active(uow.session)] == [fresh.id]
        ended = packages.partner(uow.session, old.id)
        assert ended is not None and ended.state == "revoked"
    assert Keys(pair.there.house.settings.keys).public() == fresh.verify_key


def test_a_card_that_was_changed_or_is_ones_own_is_refused(pair: Pair) -> None:
    admin, card = pair.here.who("admin"), card_of(pair.there)
    bent = json.loads(card) | {"recipient": str(x25519.Identity.generate().to_public())}
    for data in (json.dumps(bent).encode(), b"{}", b"[1", card[:-40], card_of(pair.here)):
        with pytest.raises(InvalidInput), pair.here.work(admin) as uow:
            exchange_partners.add(uow, admin, data, "thử thẻ không đúng", pair.here.clock())


def test_a_package_not_sent_yet_can_be_stopped(pair: Pair) -> None:
    sent, officer = send(pair.here, filled(pair.here)), pair.here.who("officer")
    with pair.here.work(officer) as uow:
        exchange_send.stop(uow, officer, sent, pair.here.clock())
    round_of(pair.here)
    assert not list(Place(pair.here.house.settings).out.glob("*.oms")) and package(pair.here, sent).state == "stopped"


def test_a_refusal_says_why_on_the_other_side(pair: Pair) -> None:
    sent = send(pair.here, filled(pair.here))
    pair.pass_over(pair.here, pair.there)
    there = pair.there
    exchange_take.refuse(there.house, there.who("officer"), came(there).id, "Không thuộc diện phối hợp", there.clock())
    pair.pass_over(there, pair.here)
    answered = package(pair.here, sent)
    assert answered.state == "refused" and json.loads(answered.answer)["reasons"] == ["Không thuộc diện phối hợp"]
