"""Desk and second look as a person meets them: whole at both widths, readable, by keyboard, undone by key."""

from __future__ import annotations

import pytest
from axe import findings
from chromium import LARGE, SMALL, overflow
from factories import World
from installations import Enter, Site
from playwright.sync_api import Page, expect
from sqlalchemy import select

from oms.domain.catalogue import FIELD_LABELS
from oms.services import desk
from oms.store import papers
from oms.store.desk_tables import Check
from oms.store.tables import Document, DocumentField

pytestmark = pytest.mark.browser

NAME = "Công Tằng Tôn Nữ Hoàng Diễm Quỳnh"
FORM = f"SƠ YẾU LÝ LỊCH CÁN BỘ, CÔNG CHỨC\nHọ và tên khai sinh {NAME}"
DOUBTS = {
    "ethnicity": "không có trong danh sách dân tộc",
    "religion": "chữ viết tay, cần gõ lại",
    "career.2.what": "hai lần đọc khác nhau",
}


def _fill(world: World, paper: str) -> None:
    """A form of sixty values and two tables, three doubtful, one by pen."""
    with world.work() as uow:
        page = papers.pages_of_document(uow.session, paper)[0]
        keys = [key for key in FIELD_LABELS if key not in ("subject", "person_name", "person_birth_date")]
        cells = [f"career.{row}.{column}" for row in (1, 2, 3) for column in ("from", "to", "what")]
        cells += [
            f"family.{row}.{column}" for row in (1, 2) for column in ("relation", "full_name", "birth_date", "about")
        ]
        for line, key in enumerate([*keys, *cells]):
            dated = key.endswith(("_on", "_date", "_from", ".from", ".to"))
            value = NAME if key == "full_name" else "1990-08-05" if dated else f"Giá trị dài vừa phải của mục {line}"
            doubt = DOUBTS.get(key, "")
            x, y = 40 + 280 * (line % 2), 40 + 12 * (line // 2)
            row = DocumentField(
                document_id=paper, key=key, value="" if key == "religion" else value, raw=value,
                confidence=0.3 if doubt else 0.99, page_id=page.id,
                box=f"[{x}, {y}, {x + 260}, {y + 12}]",
                source="machine", doubt=doubt, at=world.clock(),
            )  # fmt: skip
            uow.session.add(row)
        document = uow.session.get_one(Document, paper)
        document.type_code, document.type_score, document.title = "so_yeu_ly_lich", 1.0, "Sơ yếu lý lịch"
        document.person_name, document.person_birth_date = NAME, "1990-08-05"


@pytest.fixture(scope="module")
def form(site: Site) -> str:
    """The id of a long form of twelve pages on the desk."""
    paper = site.world.paper(FORM, pages=12)
    _fill(site.world, paper)
    return paper


@pytest.fixture(scope="module")
def filed(site: Site) -> str:
    """The id of a form filed by the officer, so that a clerk may check it."""
    return site.world.filed(site.world.dossier(NAME), FORM, pages=2)


def faults(page: Page, path: str, ready: str) -> list[str]:
    found = []
    for size in (SMALL, LARGE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(path)
        page.wait_for_load_state("networkidle")
        expect(page.locator(ready).first).to_be_visible()
        tall = page.evaluate("document.documentElement.scrollHeight - document.documentElement.clientHeight")
        found += [f"{path} {size}: {by} px wider than the window" for by in [overflow(page)] if by]
        found += [f"{path} {size}: {tall} px taller than the window"] if tall and "ban-duyet/" in path else []
    return found + [f"{path}: {rule['id']} at {rule['nodes'][0]['html'][:160]}" for rule in findings(page)]


def alive(page: Page) -> None:
    """Waits until the desk's scripts run."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => document.querySelector('[data-sheet]').style.transform !== ''")


def test_the_pages_are_whole_and_readable(site: Site, form: str, filed: str, opened: Enter) -> None:
    page = opened(site, "clerk")
    page.goto("/kiem-tra")
    look = page.locator("a.row-link").first.get_attribute("href") or ""
    wrong = faults(page, f"/ban-duyet/{form}", "#desk-form") + faults(page, "/kiem-tra", "#checks")
    wrong += faults(page, look, "#check-form")
    officer = opened(site, "officer")
    assert wrong + faults(officer, "/kiem-tra/bao-cao", "#by-person") == []


def test_tab_stops_at_doubts_only_and_undo_gives_a_value_back(site: Site, form: str, opened: Enter) -> None:
    page = opened(site, "clerk")
    page.goto(f"/ban-duyet/{form}")
    alive(page)
    was = page.locator("[name='field.career.2.what']").input_value()
    stops = []
    for _ in range(3):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.name"))
    assert stops == ["field.ethnicity", "field.religion", "field.career.2.what"]
    page.keyboard.type("Phó Trưởng phòng")
    page.keyboard.press("Enter")
    expect(page.locator("[name='field.career.2.what']")).to_have_value("Phó Trưởng phòng")
    page.locator("[data-viewer]").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("[name='field.career.2.what']")).to_have_value(was)
    expect(page.locator(".value-cell .has-doubt")).to_have_count(1)


def test_a_page_is_moved_by_key_and_the_step_taken_back(site: Site, opened: Enter) -> None:
    paper = site.world.paper("QUYẾT ĐỊNH\nba trang", pages=3)
    page = opened(site, "clerk")
    page.goto(f"/ban-duyet/{paper}")
    first = page.locator("[data-page-id]").first
    moved = first.get_attribute("data-page-id")
    first.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".desk-news")).to_contain_text("Đã đổi thứ tự trang")
    alive(page)
    assert page.locator("[data-page-id]").nth(1).get_attribute("data-page-id") == moved
    page.keyboard.press("Control+z")
    expect(page.locator(".desk-news")).to_contain_text("Đã hoàn tác")
    assert page.locator("[data-page-id]").first.get_attribute("data-page-id") == moved


def test_a_turn_is_shown_at_once_kept_by_key_and_taken_back(site: Site, opened: Enter) -> None:
    paper = site.world.paper("QUYẾT ĐỊNH\nnằm ngang")
    page = opened(site, "clerk")
    page.goto(f"/ban-duyet/{paper}")
    page.keyboard.press("r")
    expect(page.locator("[data-turned]")).to_be_visible()
    page.keyboard.press("Shift+R")
    expect(page.locator("[data-rereading]")).to_contain_text("đang đọc lại")
    alive(page)
    assert "rotate(90deg)" in (page.locator("[data-sheet]").get_attribute("style") or "")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-rereading]")).to_have_count(0)
    expect(page.locator(".desk-news")).to_contain_text("Đã hoàn tác")


def test_a_second_look_is_taken_with_one_key_a_value(site: Site, filed: str, opened: Enter) -> None:
    page = opened(site, "clerk2")
    page.goto("/kiem-tra")
    page.locator("a.row-link").first.click()
    page.wait_for_url("**/kiem-tra/*")
    page.wait_for_load_state("networkidle")
    values = page.locator(".check-value").count()
    for _ in range(values + 1):
        page.keyboard.press("Enter")
    expect(page.locator("[data-done]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".desk-news")).to_contain_text("Khớp, đã ghi")


def test_a_row_of_a_table_is_accepted_by_one_key_and_taken_back_whole(site: Site, opened: Enter) -> None:
    world, officer = site.world, site.world.who("officer")
    paper, dossier = world.paper(FORM), world.dossier(NAME).dossier.id
    _fill(world, paper)
    with world.work(officer) as uow:
        desk.file(uow, officer, paper, 1, dossier, desk.Edit("so_yeu_ly_lich", "Sơ yếu lý lịch"), world.clock())
        check = uow.session.scalars(select(Check.id).where(Check.document_id == paper)).one()
    page = opened(site, "clerk2")
    page.goto(f"/kiem-tra/{check}")
    page.wait_for_load_state("networkidle")
    row = page.locator("input[name=seen][value^='career.1.']")
    page.locator("[name='value.career.1.from']").focus()
    page.keyboard.press("Shift+Enter")
    assert row.count() == 3
    expect(page.locator("input[name=seen]:checked")).to_have_count(3)
    expect(page.locator("[name='value.career.2.from']")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("input[name=seen]:checked")).to_have_count(0)
    expect(page.locator("[name='value.career.1.from']")).to_be_focused()


def test_without_scripts_a_page_is_turned_and_a_doubt_accepted(site: Site, opened: Enter) -> None:
    paper = site.world.paper("QUYẾT ĐỊNH\nkhông có kịch bản", pages=2)
    page = opened(site, "clerk", scripts=False)
    page.goto(f"/ban-duyet/{paper}")
    page.get_by_text("Trang: xoay, đọc lại, xếp, tách, ghép").click()
    page.get_by_role("button", name="Xoay phải 90° và đọc lại trang 1").click()
    expect(page.locator(".desk-news")).to_contain_text("Đã xoay")
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(".desk-news")).to_contain_text("Đã hoàn tác")


def test_the_last_filing_is_taken_back_by_key_from_the_list(site: Site, opened: Enter) -> None:
    site.world.unit("D-KEY", "Ban thử phím", "D", "party")
    row, paper = site.world.dossier("Vi Văn Phím", unit="D-KEY"), site.world.paper("ĐƠN\nmột tờ", unit="D-KEY")
    page = opened(site, "clerk")
    page.goto(f"/ban-duyet/{paper}?ho_so={row.dossier.id}")
    alive(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda address: paper not in address)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".desk-news")).to_contain_text("Đã vào hồ sơ")
    page.keyboard.press("Control+z")
    page.wait_for_url(f"**/ban-duyet/{paper}")
    expect(page.locator(".desk-news")).to_contain_text("Đã hoàn tác")
