"""Procedures and cases for tests: a published flow, and a case received under it, through the real services."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from factories import World
from PIL import Image, ImageDraw

from oms.domain.procedures import Paper, Procedure, Stage, Step, body_of
from oms.errors import InvalidInput
from oms.services import case_moves, casework
from oms.services.casework import NewCase
from oms.store import procedures
from oms.store.case_tables import Case, ProcedureVersion
from vietnamese.text import fold

FLOW = tuple(
    Step(stage.value, stage, title, days=days)
    for stage, title, days in (
        (Stage.RECEIVE, "Tiếp nhận, kiểm tra giấy tờ", 1),
        (Stage.INSTRUCT, "Bút phê", 1),
        (Stage.ASSIGN, "Chuyển xử lý", 1),
        (Stage.DRAFT, "Dự thảo quyết định", 3),
        (Stage.CONSULT, "Xin ý kiến", 2),
        (Stage.APPROVE, "Trình phê duyệt", 1),
        (Stage.ISSUE, "Phát hành", 1),
    )
)
PAPERS = (Paper("Tờ trình", "to_trinh"),)
APPOINT = Procedure("thu_nghiem", "Bổ nhiệm thử nghiệm", field="to_chuc_can_bo", days=10, steps=FLOW, papers=PAPERS)


def publish(world: World, procedure: Procedure = APPOINT) -> str:
    """A version of a procedure in force; its id."""
    with world.work() as uow:
        number = procedures.next_version(uow.session, procedure.code)
        row = ProcedureVersion(
            code=procedure.code,
            version=number,
            kind=procedure.kind,
            field=procedure.field,
            title=procedure.title,
            folded=fold(procedure.title),
            body=json.dumps(body_of(procedure), ensure_ascii=False),
            valid_from=procedure.valid_from,
            state="published",
            created_at=world.clock(),
            published_at=world.clock(),
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id


def receive(world: World, by: str = "officer", code: str = "thu_nghiem", **more: object) -> Case:
    """A case received in D-BTC with all its papers."""
    who = world.who(by)
    more.setdefault("papers", {0: 1})
    new = NewCase(code, str(more.pop("title", "Bổ nhiệm Phó Trưởng phòng")), world.units["D-BTC"], **more)  # type: ignore[arg-type]
    with world.work(who) as uow:
        return casework.receive(uow, who, new, world.clock())


def case(world: World, case_id: str) -> Case:
    """A case as it stands now."""
    with world.work() as uow:
        found = uow.session.get_one(Case, case_id)
        uow.session.expunge(found)
        return found


def go(world: World, who: str, case_id: str, to: str = "", act: str = "forward", words: str = "", **more: str) -> None:
    """Moves a case as somebody, at the version it stands at."""
    principal = world.who(who)
    version = case(world, case_id).version
    with world.work(principal) as uow:
        now = world.clock()
        if act == "forward":
            case_moves.forward(uow, principal, case_id, version, world.who(to).account_id if to else "", words, now)
        elif act == "back":
            case_moves.back(uow, principal, case_id, version, to, words, now)
        elif act == "hand_over":
            case_moves.hand_over(uow, principal, case_id, version, world.who(to).account_id, words, now)
        else:
            getattr(case_moves, act)(uow, principal, case_id, version, words, now)


def draft_file(path: Path, text: str) -> Path:
    """A PDF of one page that says something."""
    page = Image.new("RGB", (620, 877), "white")
    ImageDraw.Draw(page).text((60, 60), text.encode("ascii", "replace").decode(), fill="black")
    page.save(path, "PDF", creationDate=time.gmtime(0), modDate=time.gmtime(0))
    return path


@contextmanager
def told(words: str) -> Iterator[None]:
    """What is done inside is not taken, and the person is told so in these words."""
    with pytest.raises(InvalidInput) as problem:
        yield
    assert words in problem.value.message_vi
