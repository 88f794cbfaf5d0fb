"""The walks through who may and who did for ``screens.py``: studies, levels, acts of two persons, grants, the desk of
reviewers, one's own account, as the demonstration's people see them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from screens_record import _first, _pages

if TYPE_CHECKING:
    from screens import Camera


def officer(camera: Camera) -> None:
    """Requests to prepare, the register of use, levels coming due, copies, one's own account."""
    _pages(
        camera,
        consultations_waiting="/nghien-cuu/chuan-bi",
        usage_register="/nghien-cuu/so",
        secrecy="/do-mat",
        secret_stubs="/do-mat/so-dang-ky",
        secret_copies="/do-mat/so-sao-chup",
        account="/tai-khoan",
        account_factors="/tai-khoan/yeu-to",
    )


def keeper(camera: Camera) -> None:
    """One's own requests, a paper read in a study, notices."""
    _pages(camera, consultations="/nghien-cuu", notices="/thong-bao")
    page = camera.page
    page.goto("/nghien-cuu")
    running = page.locator("main table tbody tr", has_text="Còn").locator("a").first
    if running.count():
        running.click()
        page.wait_for_load_state("networkidle")
        camera.take("consultation")


def leader(camera: Camera) -> None:
    """Requests to decide, authority delegated, relatives."""
    _pages(
        camera,
        consultations_deciding="/nghien-cuu/duyet?the=dang",
        delegation="/uy-quyen",
        kin="/tai-khoan/nguoi-than",
    )


def commune(camera: Camera) -> None:
    """What has to be said before an emergency opens anything."""
    _pages(camera, emergency="/khan-cap")


def guard(camera: Camera) -> None:
    """Accounts and their grants, an emergency to judge."""
    _pages(camera, grants="/cap-quyen", emergency_reviews="/hau-kiem-khan-cap")
    if _first(camera.page, "/hau-kiem-khan-cap"):
        camera.take("emergency-review")


def second_guard(camera: Camera) -> None:
    """What waits for a second person, and the access policy."""
    _pages(camera, approvals="/phe-duyet", policy="/chinh-sach-truy-cap")
    if _first(camera.page, "/phe-duyet"):
        camera.take("approval")


def reviewer(camera: Camera) -> None:
    """The queue, a case, charts, rules, the report, the journal's witnesses."""
    _pages(
        camera,
        review="/kiem-soat",
        review_charts="/kiem-soat/bieu-do",
        review_rules="/kiem-soat/quy-tac",
        review_report="/kiem-soat/bao-cao",
        anchors="/nhat-ky/chung-kien",
    )
    page = camera.page
    page.goto("/kiem-soat")
    case = page.locator("main table tbody a").first
    if case.count():
        case.click()
        page.wait_for_load_state("networkidle")
        camera.take("review-case")


WALKS: dict[str, Callable[[Camera], None]] = {
    "canbo.tochuc": officer,
    "canbo.noivu": keeper,
    "lanhdao.tinh": leader,
    "lanhdao.xa": commune,
    "baomat": guard,
    "baomat2": second_guard,
    "giamsat": reviewer,
}
