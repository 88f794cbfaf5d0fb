"""A real browser before a real installation: the pages of a world, and the whole of it with workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromium import SMALL, Complaints, launch, sign_in, window
from factories import PASSWORD, FakeClock, copied_world
from installations import Enter, Site, WallClock, pages_of, served_whole
from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """One headless Chromium for the tests of a file; its event loop ends with it, so that others may have their own."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(world_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages over a small world whose clock the tests move; nothing is read by machine here."""
    world = copied_world(world_template, tmp_path_factory.mktemp("site") / "home", FakeClock())
    with pages_of(world) as served:
        yield served
    world.house.database.close()


@pytest.fixture
def installation(world_template: Path, tmp_path: Path) -> Iterator[Site]:
    """Everything as the operator runs it; stopped when the test ends."""
    world = copied_world(world_template, tmp_path / "home", WallClock())
    with served_whole(world) as served:
        yield served
    world.house.database.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What any window of the test complained of; a test that leaves something in it has failed."""
    heard = Complaints()
    yield heard
    assert heard.all() == []


@pytest.fixture
def opened(chrome: Browser, complaints: Complaints) -> Iterator[Enter]:
    """Opens a window on a site for a person (or for nobody), signed in through the door."""
    with ExitStack() as windows:

        def enter(site: Site, username: str = "", size: tuple[int, int] = SMALL, scripts: bool = True) -> Page:
            page = windows.enter_context(window(chrome, site.base, complaints, size, scripts))
            if username:
                sign_in(page, username, PASSWORD)
            return page

        yield enter
