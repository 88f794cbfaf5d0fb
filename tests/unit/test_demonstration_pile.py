"""The demonstration's pile with sheets, and the files that come by wire: truly told, really signed, filed once."""

from __future__ import annotations

import stat
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from oms.demonstration import cards, clerk, electronic, filing, stack
from oms.demonstration.people import cadres
from oms.services import intake, pile, setup
from oms.services.house import House
from oms.settings import Settings
from scanning import inspect, parse_card, parse_sheet, rasterise, read_codes
from scanning.signatures import check_signatures

PEOPLE = {each.key: each for each in cadres()}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The province with both batches laid down, twice over as after a crash; nothing is read."""
    home = tmp_path_factory.mktemp("demonstration") / "home"
    setup.make_secrets(home / "keys")
    house = setup.prepare(Settings.from_env({"OMS_HOME": str(home), "OMS_ZONE": "isolated_lan"}))
    filing._lay_down(house, "mot-mat-khau-dai-de-thu", now)
    for _ in range(2):
        stack.lay_down(house, now)
        electronic.lay_down(house, now)
    return house


def test_a_citizens_card_carries_the_code_of_its_holder() -> None:
    cadre = PEOPLE["quoc-khuyen"]
    card = parse_card(cards.code_of(cadre))
    assert card is not None
    assert (card.citizen_id, card.full_name) == (cadre.citizen_id, cadre.name)
    drawn = cards.citizens_card(cadre, 200)
    [code] = read_codes(np.asarray(drawn.sheets[0].image.convert("RGB")))
    assert (code.kind, code.text) == ("cccd_qr", cards.code_of(cadre))


def test_the_pile_is_counted_by_hand_with_one_file_short_twice() -> None:
    documents, repeated = stack._truth(PEOPLE)
    by_person = {key: [each for each in documents if each.person_key == key] for key in PEOPLE}
    scanned = [len(by_person[key]) for key in ("quoc-khuyen", "ngoc-an", "duc-huynh")]
    assert [number - folder.counted for number, folder in zip(scanned, stack.FOLDERS, strict=False)] == [0, -1, -2]
    assert len(repeated) == 1


def test_the_batches_are_laid_down_once_with_sheets_that_the_reader_sees(house: House) -> None:
    who = clerk.principal_named(house, stack.CLERK)
    with house.work(who, now()) as uow:
        known, _total = intake.list_batches(uow, who, 50, 0)
        by_title = {each.batch.title: each for each in known}
        assert sorted(by_title) == sorted((stack.TITLE, electronic.TITLE))
        summary = by_title[stack.TITLE]
        assert [(scan.original_name, scan.pages) for scan in summary.scans] == [(stack.PILE, 13), (stack.TWO_SIDED, 4)]
        files = pile.choices(uow, who, summary.batch.id)
        assert [each.expected_pages for each in files] == [folder.counted for folder in stack.FOLDERS]
        kinds = []
        with house.vault.opened(uow.session.get_one(_scan_row(), summary.scans[0].id).sha256) as path:
            pages = {number: rasterise(path, number) for number in (1, 2, 6, 10, 11)}
        for page in pages.values():
            [text] = {code.text for code in read_codes(page.image)}
            sheet = parse_sheet(text)
            assert sheet is not None and sheet.batch == summary.batch.id
            kinds.append(sheet.paper_file or sheet.type_code)
        ids = [each.id for each in files]
        assert kinds == [ids[0], "quyet_dinh", ids[1], ids[2], "tieu_su_tom_tat"]


def _scan_row() -> type:
    from oms.store.tables import Scan

    return Scan


def test_one_file_is_signed_by_who_is_trusted_and_one_could_act(house: House) -> None:
    who = clerk.principal_named(house, stack.CLERK)
    with house.work(who, now()) as uow:
        found = {name: intake.scan_named(uow, who, name) for name in (electronic.SIGNED, electronic.ACTING)}
        shas: dict[str, str] = {
            name: uow.session.get_one(_scan_row(), scan_id).sha256 for name, scan_id in found.items()
        }
    with house.vault.opened(shas[electronic.SIGNED]) as path:
        [signature] = check_signatures(path, house.settings.trust)
    assert signature.intact and signature.whole and signature.trusted
    assert signature.agency == electronic.AGENCY
    with house.vault.opened(shas[electronic.ACTING]) as path:
        flags = inspect(path).flags
    assert {"javascript", "automatic", "attachment"} <= set(flags)


def test_only_the_service_can_read_the_demonstrations_own_key(house: House) -> None:
    for name in (electronic.OWN_KEY, electronic.OWN_SECRET):
        assert stat.S_IMODE((house.settings.keys / name).stat().st_mode) == 0o600


def test_the_same_pile_is_drawn_the_same_every_time() -> None:
    once, again = (stack._stack(PEOPLE).images for _ in range(2))
    assert [image.tobytes() for image in once] == [image.tobytes() for image in again]
    assert all(isinstance(image, Image.Image) for image in once)
