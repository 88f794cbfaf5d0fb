"""Debian's Chromium, driven headless, that may speak to this machine only, and what it complained of."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response, Route

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
SMALL = (1366, 768)
LARGE = (1920, 1080)
HOME = ("127.0.0.1", "localhost")
# said by the browser itself about an answer the page meant to give (a form sent back, a refusal): not a fault
_MEANT = re.compile(r"Failed to load resource: the server responded with a status of 4(00|01|03|04|09)")


@dataclass
class Complaints:
    """What went wrong in a window: console errors (a broken content policy is one), script errors, foreign hosts."""

    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        """Everything, oldest first within its kind."""
        return [*self.foreign, *self.broken, *self.console]


def launch(playwright: Playwright) -> Browser:
    """Returns a running browser; the caller closes it."""
    found = shutil.which("chromium")
    assert found, "the browser tests need Debian's chromium"
    return playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))


@contextmanager
def window(
    browser: Browser, base: str, complaints: Complaints, size: tuple[int, int] = SMALL, scripts: bool = True
) -> Iterator[Page]:
    """A window of one person, with cookies of its own; what it complains of is put into ``complaints``."""
    shape = {"width": size[0], "height": size[1]}
    context = browser.new_context(base_url=base, viewport=shape, java_script_enabled=scripts, locale="vi-VN")  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    _listen(context, complaints)
    try:
        yield context.new_page()
        for page in context.pages:
            # a window closed in the middle of a load drops its connections, and the tests' server leaves files open
            page.wait_for_load_state("load")
    finally:
        context.close()


def _listen(context: BrowserContext, complaints: Complaints) -> None:
    def pass_on(route: Route, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host in HOME:
            route.continue_()
        else:
            complaints.foreign.append(f"asked another machine: {host}")
            route.abort()

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _MEANT.match(message.text):
            complaints.console.append(f"{message.type}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            complaints.broken.append(f"{response.status} {urlsplit(response.url).path}")

    context.route("**/*", pass_on)
    context.on("console", heard)
    context.on("weberror", lambda error: complaints.broken.append(f"script: {error.error}"))
    context.on("response", answered)


def sign_in(page: Page, username: str, password: str) -> None:
    """Comes in through the door like a person."""
    page.goto("/dang-nhap")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_url(re.compile(r"^(?!.*/dang-nhap)"))


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window; 0 when nothing has to be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
