"""axe in a page of a test: put in once a page, however often it is asked."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
_SCRIPT = Axe().axe_script
VIOLATIONS: dict[str, Any] = {"resultTypes": ["violations"]}


def findings(page: Page, options: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rules that a page breaks, serious and critical ones alone, with the places that do."""
    if page.evaluate("typeof window.axe === 'undefined'"):
        page.evaluate(_SCRIPT)
    answer = page.evaluate("options => axe.run(options).then(found => found.violations)", options or VIOLATIONS)
    return [rule for rule in answer if rule["impact"] in SERIOUS]
