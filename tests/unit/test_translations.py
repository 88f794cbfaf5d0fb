"""The English catalogue is complete: every word of the pages, and what a reader sees after switching."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from factories import PASSWORD, World
from flask.testing import FlaskClient

from oms import create_app
from oms.domain import catalogue

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "oms" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None}
PLACES = re.compile(r"%\(\w+\)s|%%|\{\w+\}")
VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


@cache
def messages() -> set[str]:
    """Every message of the code and the templates as they stand now."""
    with (ROOT / "deploy" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = set()
    for folder in ("oms", "templates"):
        inside = [(pattern, method) for pattern, method in methods if pattern.startswith(folder)]
        mapping = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in inside]
        chosen = {pattern.removeprefix(f"{folder}/"): options.get(pattern, {}) for pattern, _method in inside}
        for _file, _line, words, _comments, _context in extract_from_dir(
            str(ROOT / folder), mapping, chosen, KEYWORDS, callback=None
        ):
            found.update([words] if isinstance(words, str) else words)
    return found


@pytest.fixture(scope="module")
def english() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def test_every_message_has_its_english(english: Catalog) -> None:
    wanted = messages()
    assert len(wanted) > 500
    assert [text for text in sorted(wanted) if text not in english or not english[text].string] == []


def test_nothing_stands_in_the_catalogue_that_no_page_says(english: Catalog) -> None:
    said = messages()
    assert [str(entry.id) for entry in english if entry.id and entry.id not in said] == []


def test_no_translation_is_doubtful_or_still_vietnamese(english: Catalog) -> None:
    entries = [entry for entry in english if entry.id]
    assert [entry.id for entry in entries if entry.fuzzy] == []
    # the name of a place stays what it is
    assert [entry.id for entry in entries if VIETNAMESE.search(str(entry.string).replace("Vân Khởi", ""))] == []


def test_placeholders_are_the_same(english: Catalog) -> None:
    pairs = [(str(entry.id), str(entry.string)) for entry in english if entry.id]
    assert [pair for pair in pairs if sorted(PLACES.findall(pair[0])) != sorted(PLACES.findall(pair[1]))] == []


def test_words_of_the_catalogues_are_in_it(english: Catalog) -> None:
    lists = (catalogue.DOCUMENT_TYPES, catalogue.VERB_LABELS, catalogue.FIELD_LABELS, catalogue.PURPOSES)
    assert [words for known in lists for words in known.values() if not english[words]] == []


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    app = create_app(world.house.settings, world.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_client() as browser:
        yield browser


def visible_text(page: str) -> str:
    """What a reader reads: without tags, scripts and the button that says Vietnamese in Vietnamese."""
    plain = re.sub(r"<(script|style).*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", plain).replace("Tiếng Việt", "")


def test_switching_the_language_turns_the_door_english_and_back(client: FlaskClient) -> None:
    assert "Đăng nhập" in client.get("/dang-nhap").get_data(as_text=True)
    assert client.post("/ngon-ngu", data={"lang": "en", "next": "/dang-nhap"}).headers["Location"] == "/dang-nhap"
    page = client.get("/dang-nhap").get_data(as_text=True)
    assert '<html lang="en">' in page and "Sign in" in page and "Password forgotten: ask the security officer" in page
    assert VIETNAMESE.findall(visible_text(page)) == []
    client.post("/ngon-ngu", data={"lang": "vi"})
    assert "Đăng nhập" in client.get("/dang-nhap").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/quan-tri", "/tai-khoan", "/"])
def test_pages_of_the_administrator_speak_english_but_for_names(client: FlaskClient, path: str) -> None:
    client.post("/dang-nhap", data={"username": "admin", "password": PASSWORD})
    client.post("/ngon-ngu", data={"lang": "en"})
    text = visible_text(client.get(path).get_data(as_text=True))
    for name in ("Người thử admin", "Tỉnh thử"):
        text = text.replace(name, "")
    assert VIETNAMESE.findall(text) == []
    assert "System administrator" in text


def test_reviewer_reads_acts_and_outcomes_in_english(client: FlaskClient) -> None:
    client.post("/dang-nhap", data={"username": "reviewer", "password": PASSWORD})
    client.post("/ngon-ngu", data={"lang": "en"})
    text = visible_text(client.get("/nhat-ky").get_data(as_text=True))
    assert "Create an account" in text and "Done" in text
    assert "Lập tài khoản" not in text
