"""Procedures (thủ tục), regulations and rules: what a catalogue says of one, and what is wrong with it. Pure.

A procedure has five attributes besides its name: the order of steps (trình tự), the manner (cách thức), whom it is for
(đối tượng), the papers it needs (thành phần hồ sơ) and its deadline (thời hạn giải quyết), as Lào Cai's catalogue of
149 lists them; beside these its forms and its legal basis. The stages a step may be are those of Đà Nẵng's paperless
flow (domain.md §1). A version holds from a day to a day; a case keeps the version it began under.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

LONGEST_DEADLINE = 1000
"""Days: more is a slip of the pen."""
MOST_STEPS, MOST_PAPERS, MOST_FORMS = 40, 100, 100
LONGEST_WORDS, LONGEST_KEY = 2000, 60
_CODE = re.compile(r"\w[\w.\-]{0,59}")
_PAGES = ("soan", "nhap")
"""Words that are pages of the catalogue: a row of that code could not be opened."""


class Kind(StrEnum):
    """What a row of the catalogue is; only a procedure runs as a case."""

    PROCEDURE = "procedure"
    REGULATION = "regulation"
    RULE = "rule"


class Stage(StrEnum):
    """What is done in a step."""

    RECEIVE = "receive"
    INSTRUCT = "instruct"
    ASSIGN = "assign"
    DRAFT = "draft"
    CONSULT = "consult"
    APPROVE = "approve"
    ISSUE = "issue"


class DayKind(StrEnum):
    """How days are counted: working days, or days whose last one moves on from a day off."""

    WORKING = "working"
    CALENDAR = "calendar"


class VersionState(StrEnum):
    """Where a version stands. A draft is nobody's rule yet; what is published is never rewritten."""

    DRAFT = "draft"
    PUBLISHED = "published"


KIND_LABELS: Mapping[Kind, str] = {
    Kind.PROCEDURE: "Thủ tục",
    Kind.REGULATION: "Quy định",
    Kind.RULE: "Quy chế",
}
STAGE_LABELS: Mapping[Stage, str] = {
    Stage.RECEIVE: "Tiếp nhận",
    Stage.INSTRUCT: "Bút phê",
    Stage.ASSIGN: "Chuyển xử lý",
    Stage.DRAFT: "Dự thảo",
    Stage.CONSULT: "Xin ý kiến",
    Stage.APPROVE: "Trình phê duyệt",
    Stage.ISSUE: "Phát hành",
}
DAY_KIND_LABELS: Mapping[DayKind, str] = {DayKind.WORKING: "ngày làm việc", DayKind.CALENDAR: "ngày"}
PART_LABELS: dict[str, str] = {
    "step": "Trình tự, bước",
    "form": "Biểu mẫu",
    "deadline": "Thời hạn",
    "paper": "Thành phần hồ sơ",
    "other": "Nội dung khác",
}
PROPOSAL_LABELS: dict[str, str] = {"open": "Chờ trả lời", "taken": "Tiếp thu", "declined": "Không tiếp thu"}
RECEIVER, OWNER = "receiver", "owner"
UNIT_LABELS: Mapping[str, str] = {RECEIVER: "Đơn vị tiếp nhận", OWNER: "Đơn vị chủ trì"}
"""Who does a step: one of these two, or a unit named by its code."""


@dataclass(frozen=True)
class Step:
    """One step. ``days`` of the whole deadline are its own (0: none set); ``next`` is the key of the step after it.

    An empty ``next`` is the step that follows in the list; the last step has none.
    """

    key: str
    stage: Stage
    title: str
    days: int = 0
    unit: str = RECEIVER
    next: str = ""


@dataclass(frozen=True)
class Paper:
    """A paper asked for at the door: its type of the catalogue of types where it has one, how many copies."""

    title: str
    type_code: str = ""
    copies: int = 1
    required: bool = True


@dataclass(frozen=True)
class Procedure:
    """One version of one row of the catalogue. ``mark`` says how sure a shipped one is (see ``dated_rows.Row``)."""

    code: str
    title: str
    kind: Kind = Kind.PROCEDURE
    field: str = ""
    owner: str = ""
    subject: str = ""
    manner: str = ""
    days: int = 0
    day_kind: DayKind = DayKind.WORKING
    steps: tuple[Step, ...] = ()
    papers: tuple[Paper, ...] = ()
    forms: tuple[str, ...] = ()
    legal_basis: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    mark: str = ""

    def step(self, key: str) -> Step:
        """The step of that key. KeyError when there is none."""
        for each in self.steps:
            if each.key == key:
                return each
        raise KeyError(key)

    def after(self, key: str) -> Step | None:
        """The step after one; None after the last. KeyError when there is no such step."""
        here = self.step(key)
        if here.next:
            return self.step(here.next)
        place = self.steps.index(here)
        return self.steps[place + 1] if place + 1 < len(self.steps) else None

    def path(self) -> tuple[Step, ...]:
        """The steps in the order they are walked, from the first one on."""
        walked: list[Step] = []
        here: Step | None = self.steps[0] if self.steps else None
        while here is not None and here not in walked:
            walked.append(here)
            here = self.after(here.key)
        return tuple(walked)


@dataclass(frozen=True)
class Problem:
    """What is wrong, at which field: a name, or ``steps.3`` for the fourth step."""

    field: str
    text: str


def problems(procedure: Procedure, fields_known: Iterable[str] = (), units_known: Iterable[str] = ()) -> list[Problem]:
    """Everything that keeps a version from being published, in Vietnamese.

    Fields and units are checked only when those known are given.
    """
    found = _of_words(procedure)
    known = set(fields_known)
    if known and procedure.field not in known:
        found.append(Problem("field", "Lĩnh vực này không có trong danh mục lĩnh vực."))
    codes = set(units_known)
    if codes and procedure.owner and procedure.owner not in codes:
        found.append(Problem("owner", f"Không có đơn vị mang mã “{procedure.owner}”."))
    if procedure.kind is not Kind.PROCEDURE:
        if procedure.steps:
            found.append(Problem("steps", "Quy định, quy chế không có trình tự: hãy chọn loại Thủ tục."))
        return found
    return found + _of_steps(procedure, codes) + _of_papers(procedure.papers)


def _of_words(procedure: Procedure) -> list[Problem]:
    found = []
    if not _CODE.fullmatch(procedure.code) or procedure.code in _PAGES:
        found.append(Problem("code", "Mã từ 1 đến 60 chữ cái, chữ số, dấu _ . hoặc -, và không phải “soan”, “nhap”."))
    if not 5 <= len(procedure.title) <= 300:
        found.append(Problem("title", "Tên từ 5 đến 300 ký tự."))
    if not 0 <= procedure.days <= LONGEST_DEADLINE:
        found.append(Problem("days", f"Thời hạn từ 0 đến {LONGEST_DEADLINE} ngày."))
    if procedure.valid_from and procedure.valid_to and procedure.valid_to < procedure.valid_from:
        found.append(Problem("valid_to", "Ngày hết hiệu lực đứng trước ngày có hiệu lực."))
    for name in ("subject", "manner", "legal_basis"):
        if len(getattr(procedure, name)) > LONGEST_WORDS:
            found.append(Problem(name, f"Đối tượng, cách thức, căn cứ: mỗi mục nhiều nhất {LONGEST_WORDS} ký tự."))
    if len(procedure.mark) > 2:
        found.append(Problem("mark", "Mức chắc chắn là một trong: S, S2, M, ? hoặc để trống."))
    if len(procedure.forms) > MOST_FORMS or any(len(form) > 300 for form in procedure.forms):
        found.append(Problem("forms", f"Nhiều nhất {MOST_FORMS} biểu mẫu, mỗi tên nhiều nhất 300 ký tự."))
    return found


def _of_steps(procedure: Procedure, codes: set[str]) -> list[Problem]:
    steps = procedure.steps
    if not steps:
        return [Problem("steps", "Thủ tục phải có ít nhất một bước.")]
    if len(steps) > MOST_STEPS:
        return [Problem("steps", f"Nhiều nhất {MOST_STEPS} bước.")]
    found, keys = [], [step.key for step in steps]
    for place, step in enumerate(steps):
        where = f"steps.{place}"
        if not 1 <= len(step.key) <= LONGEST_KEY or keys.count(step.key) > 1:
            found.append(Problem(where, f"Bước {place + 1}: mã bước trống, trùng hoặc dài quá {LONGEST_KEY} ký tự."))
        if not 2 <= len(step.title) <= 200:
            found.append(Problem(where, f"Bước {place + 1}: tên bước từ 2 đến 200 ký tự."))
        if step.next and step.next not in keys:
            found.append(Problem(where, f"Bước {place + 1}: không có bước kế tiếp mang mã “{step.next}”."))
        if not 0 <= step.days <= LONGEST_DEADLINE:
            found.append(Problem(where, f"Bước {place + 1}: số ngày từ 0 đến {LONGEST_DEADLINE}."))
        if codes and step.unit not in {RECEIVER, OWNER, *codes}:
            found.append(Problem(where, f"Bước {place + 1}: không có đơn vị mang mã “{step.unit}”."))
    return found or _of_order(procedure)


def _of_order(procedure: Procedure) -> list[Problem]:
    """Whether the steps lead from the first to an end without going round, and what each stage needs before it."""
    path, steps = procedure.path(), procedure.steps
    if procedure.after(path[-1].key) is not None:
        return [Problem("steps", f"Các bước đi vòng: sau “{path[-1].title}” lại về một bước đã qua.")]
    found = [
        Problem(f"steps.{place}", f"Bước {place + 1} “{step.title}” không bước nào dẫn tới.")
        for place, step in enumerate(steps)
        if step not in path
    ]
    stages = [step.stage for step in path]
    if stages[0] is not Stage.RECEIVE:
        found.append(Problem("steps", "Bước đầu tiên phải là Tiếp nhận."))
    if Stage.ISSUE in stages[:-1]:
        found.append(Problem("steps", "Phát hành chỉ có thể là bước cuối cùng."))
    together = sum(step.days for step in path)
    if procedure.days and together > procedure.days:
        words = f"Các bước cộng lại {together} ngày, lớn hơn thời hạn {procedure.days} ngày của thủ tục."
        found.append(Problem("days", words))
    return found


def _of_papers(papers: Sequence[Paper]) -> list[Problem]:
    if len(papers) > MOST_PAPERS:
        return [Problem("papers", f"Nhiều nhất {MOST_PAPERS} giấy tờ.")]
    return [
        Problem(f"papers.{place}", f"Giấy tờ {place + 1}: tên từ 2 đến 300 ký tự, từ 1 đến 50 bản.")
        for place, paper in enumerate(papers)
        if not 2 <= len(paper.title) <= 300 or not 1 <= paper.copies <= 50 or len(paper.type_code) > LONGEST_KEY
    ]


def body_of(procedure: Procedure) -> dict[str, Any]:
    """What of a version is kept as JSON: everything but its code, state and days."""
    kept = asdict(procedure)
    for name in ("code", "valid_from", "valid_to"):
        del kept[name]
    return kept


def of_body(
    code: str, body: Mapping[str, Any], valid_from: date | None = None, valid_to: date | None = None
) -> Procedure:
    """The version whose body :func:`body_of` gave. ValueError or TypeError when it is no such body."""
    known = {each.name for each in fields(Procedure)} - {"code", "valid_from", "valid_to"}
    values = {name: value for name, value in body.items() if name in known}
    values["kind"], values["day_kind"] = (
        Kind(values.get("kind", "procedure")),
        DayKind(values.get("day_kind", "working")),
    )
    values["steps"] = tuple(Step(**{**step, "stage": Stage(step["stage"])}) for step in values.get("steps", ()))
    values["papers"] = tuple(Paper(**paper) for paper in values.get("papers", ()))
    values["forms"] = tuple(str(form) for form in values.get("forms", ()))
    return Procedure(code=code, valid_from=valid_from, valid_to=valid_to, **values)
