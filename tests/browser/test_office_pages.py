"""Directives, tasks, figures, issuing and the home page with work on it, in a real browser: whole and readable."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from counting import case as counted
from directing import directive, line, report, task
from directing import give as give_tasks
from installations import Enter, Site
from office import APPOINT, go, publish, receive
from test_pages import _faults

pytestmark = pytest.mark.browser
LONG = "Rà soát, bổ sung quy hoạch cấp uỷ và các chức danh lãnh đạo chủ chốt nhiệm kỳ 2030-2035 ở các xã sáp nhập"


@dataclass(frozen=True)
class Filled:
    """A site with directives, tasks at every point and cases of some months, and where some of them are."""

    site: Site
    directive: str
    task: str
    issuing: str


@pytest.fixture(scope="module")
def filled(site: Site) -> Filled:
    """Tasks open, late and done; cases to count, one of them at its issue."""
    world = site.world
    one = directive(world, issuer="Ban Thường vụ Tỉnh uỷ")
    made = task(world, one, title=LONG, owner="officer")
    give_tasks(world, one, line("Việc đã xong", owner="officer"), line("Việc quá hạn", due="20/10/2026"))
    done = task(world, one, title="Việc báo cáo xong", owner="officer")
    report(world, done, 100, by="officer")
    for month in ("08", "09", "10"):
        counted(world, f"2026-{month}-03", f"2026-{month}-20", late=int(month) % 2)
        counted(world, f"2026-{month}-05", holder="clerk", due="2026-11-04")
    publish(world, replace(APPOINT, steps=(APPOINT.steps[0], APPOINT.steps[-1]), papers=()))
    dossier = world.dossier("Công Tằng Tôn Nữ Hoàng Diễm Quỳnh").dossier.id
    issuing = receive(world, papers={}, title=LONG, dossier_id=dossier).id
    go(world, "officer", issuing, "officer")
    return Filled(site, one, made, issuing)


@pytest.mark.parametrize("role", ["officer", "leader"])
def test_directives_tasks_and_figures_are_whole_readable_and_reachable(
    filled: Filled, opened: Enter, role: str
) -> None:
    page = opened(filled.site, role)
    at = f"/chi-dao/{filled.directive}"
    paths = ["/", "/chi-dao", at, "/chi-dao/giao-ban", "/nhiem-vu", f"/nhiem-vu/{filled.task}", "/thong-ke"]
    paths += ["/thong-ke?theo=nguoi", "/thong-ke/so-hoa", "/thong-ke/ho-so-cong-viec?so=received"]
    paths += ["/thong-ke/tai-lieu?so=scanned", "/thong-ke/cua-toi"]
    if role == "officer":
        paths += ["/chi-dao/moi", f"{at}/sua", f"{at}/nhap", f"/ho-so-cong-viec/{filled.issuing}/phat-hanh"]
    assert [fault for path in paths for fault in _faults(page, path)] == []
