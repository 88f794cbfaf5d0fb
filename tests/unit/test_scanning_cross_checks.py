"""Values against each other, the card's code and the registered record; persons and numbers invented."""

from __future__ import annotations

import pytest
from scanning_paper import FORM, Text, centred, written

import scanning
from scanning import Code, Field, cross_check, parse_card

CARD = "002173004455|012345678|Đỗ Thị Thuý Hường|05081973|Nữ|Thôn Ba, Bình Sơn, Lam Hạ, Hà Giang|11042021"


def field(value: str, *doubts: str) -> Field:
    return Field(value, value, 0.4 if doubts else 0.98, 1, (10, 20, 90, 40), doubts)


def doubted(**values: str) -> dict[str, tuple[str, ...]]:
    """The reasons that values of one paper give each other, by key; only those that give any."""
    found = cross_check({key: field(value) for key, value in values.items()}, year=2026)
    assert all((one.confidence < 0.5) == one.doubtful for one in found.values())
    return {key: one.doubts for key, one in found.items() if one.doubts}


def test_facts_that_agree_are_left_as_they_are() -> None:
    assert not doubted(
        citizen_id="002173004455",
        birth_date="1973-08-05",
        sex="Nữ",
        party_joined_on="1998-02-03",
        party_official_on="1999-02-03",
        recruited_on="1995-09-01",
        enlisted_on="1991-02",
        discharged_on="1993",
        rank_title="Chuyên viên chính",
        rank_code="01.002",
        salary_coefficient="5.42",
        issued_on="2012-02-01",
        effective_on="2012-01-01",
    )


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"citizen_id": "002173004455", "birth_date": "1974-08-05"}, {"citizen_id", "birth_date"}),
        ({"citizen_id": "002173004455", "sex": "Nam"}, {"citizen_id", "sex"}),
        ({"citizen_id": "002373004455", "birth_date": "1973"}, {"citizen_id", "birth_date"}),
        ({"birth_date": "1980", "party_joined_on": "1995-05-19"}, {"birth_date", "party_joined_on"}),
        ({"birth_date": "1999-01-01", "recruited_on": "1998-01-01"}, {"birth_date", "recruited_on"}),
        (
            {"party_joined_on": "1999-02-03", "party_official_on": "1998-02-03"},
            {"party_joined_on", "party_official_on"},
        ),
        (
            {"party_joined_on": "1998-02-03", "party_official_on": "1998-04-03"},
            {"party_joined_on", "party_official_on"},
        ),
        ({"enlisted_on": "1985-03", "discharged_on": "1982-03"}, {"enlisted_on", "discharged_on"}),
        ({"birth_date": "1990-02-01", "issued_on": "1989-02-01"}, {"birth_date", "issued_on"}),
        ({"issued_on": "2012-02-01", "effective_on": "1912-02-01"}, {"issued_on", "effective_on"}),
        ({"issued_on": "2092-02-01"}, {"issued_on"}),
        ({"recruited_on": "1905-02-01"}, {"recruited_on"}),
        ({"rank_title": "Chuyên viên", "rank_code": "01.002"}, {"rank_title", "rank_code"}),
        ({"rank_code": "01.003", "salary_coefficient": "6.42"}, {"rank_code", "salary_coefficient"}),
        ({"career.2.from": "1999-05", "career.2.to": "1995-05"}, {"career.2.from", "career.2.to"}),
    ],
)
def test_facts_that_contradict_are_doubtful_with_the_reason(values: dict[str, str], keys: set[str]) -> None:
    found = doubted(**values)
    assert found.keys() == keys
    assert all(reasons and all(reasons) for reasons in found.values())


def test_the_record_confirms_what_was_hard_to_read_and_doubts_what_differs() -> None:
    fields = {
        "full_name": field("Đỗ Thị Thúy Hường", "chữ đọc không rõ"),
        "birth_date": field("1973-08-05"),
        "party_card_no": field("67046103"),
        "person_name": field("Đỗ Thị Hương"),
        "home_place": field("Xã Bình Sơn, Huyện Lam Hạ, Tỉnh Hà Giang"),
    }
    record = {
        "full_name": "Đỗ Thị Thuý Hường",
        "birth_date": "1973",
        "party_card_no": "67.046104",
        "home_place": "Hà Nội",
    }
    found = cross_check(fields, record)
    assert not found["full_name"].doubtful and found["full_name"].confidence >= 0.9
    assert not found["birth_date"].doubtful
    assert found["party_card_no"].doubts == ("số thẻ đảng viên khác hồ sơ: 67.046104",)
    assert found["person_name"].doubtful and found["home_place"].doubtful
    assert cross_check(fields, None)["party_card_no"] == fields["party_card_no"]


def test_handwriting_is_never_made_trusted() -> None:
    pen = Field("", "", 0.0, 1, (0, 0, 9, 9), ("chữ viết tay, cần gõ lại",))
    assert cross_check({"full_name": pen}, {"full_name": "Đỗ Thị Hường"})["full_name"] == pen


def test_a_card_is_read_from_its_code() -> None:
    card = parse_card(CARD + "|||extra")
    assert card is not None
    assert card.facts() == {
        "citizen_id": "002173004455",
        "old_id": "012345678",
        "full_name": "Đỗ Thị Thuý Hường",
        "birth_date": "1973-08-05",
        "sex": "Nữ",
        "permanent_residence": "Thôn Ba, Bình Sơn, Lam Hạ, Hà Giang",
        "id_issued_on": "2021-04-11",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|" * 500,
        "OMS:sep:quyet_dinh",
        CARD.replace("05081973", "31021973"),
        CARD.replace("002173004455", "00217300445"),
        CARD.replace("|Nữ|", "|X|"),
        CARD.replace("Đỗ Thị Thuý Hường", "12345"),
        CARD.replace("Đỗ Thị Thuý Hường", ""),
        "\u0660" * 12 + CARD[12:],
        "https://example.org/" + "a|" * 4000,
    ],
)
def test_what_is_no_card_gives_nothing(text: str) -> None:
    assert parse_card(text) is None


def test_a_card_fills_the_identity_and_checks_what_was_read() -> None:
    page = written((*FORM[:3], *FORM[4:-2], Text("25) Số căn cước công dân: 002173004456", 0.435)))
    code = Code("cccd_qr", CARD, (600, 900, 700, 1000))
    fields = scanning.extract_fields([page], scanning.classify([page]), [(1, code)])
    assert (fields["full_name"].value, fields["full_name"].confidence) == ("Đỗ Thị Thuý Hường", 0.99)
    assert (fields["full_name"].page, fields["full_name"].box) == (1, (600, 900, 700, 1000))
    assert fields["citizen_id"].value == "002173004455"
    assert fields["citizen_id"].doubts == ("mã QR khác chữ trên giấy: 002173004456",)
    assert fields["birth_date"].value == "1973-08-05" and not fields["birth_date"].doubtful


def test_a_card_alone_on_a_page_is_enough() -> None:
    page = written((centred("CĂN CƯỚC CÔNG DÂN", 0.1),))
    fields = scanning.extract_fields([page], scanning.classify([page]), [(1, Code("cccd_qr", CARD))])
    assert fields["citizen_id"].value == "002173004455"
    assert fields["citizen_id"].box == (0, 0, page.width, page.height)
    assert scanning.extract_fields([page], scanning.classify([page]), [(1, Code("other", "xin chào"))]).keys() <= {
        "subject"
    }
