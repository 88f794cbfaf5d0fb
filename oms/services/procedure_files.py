"""The catalogue of procedures as Excel, CSV and JSON, and back: previewed, then taken in whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from oms.domain.access import Action, Principal
from oms.domain.journal import Verb
from oms.domain.list_files import LineProblem
from oms.domain.procedure_files import lines_of, of_json, procedures_of
from oms.domain.procedures import Procedure, body_of
from oms.errors import InvalidInput
from oms.services import list_tables, procedures
from oms.services.house import What, note, require_role
from oms.store import procedures as store
from oms.store.db import UnitOfWork

FORMATS = ("xlsx", "csv", "json")
MOST = 2000
MOST_BYTES = list_tables.MOST_BYTES


@dataclass(frozen=True)
class Taking:
    """What a file holds against what is in force: codes that are new, changed, the same; and what is wrong."""

    procedures: tuple[Procedure, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    problems: tuple[LineProblem, ...]


def export(uow: UnitOfWork, principal: Principal, form: str, now: datetime) -> tuple[bytes, str]:
    """Everything in force today as a file, and its name; journalled."""
    if form not in FORMATS:
        raise InvalidInput("form", "Chọn Excel, CSV hoặc JSON.")
    found = [line.procedure for line in procedures.index(uow, principal, "", "", "", now)]
    note(uow, principal, Verb.PROCEDURE_EXPORT, now, what=What("procedures"), detail={"form": form, "rows": len(found)})
    name = f"thu-tuc-{procedures.today(now):%Y-%m-%d}.{form}"
    if form == "json":
        bodies = [{"code": each.code, **body_of(each)} for each in found]
        return (json.dumps(bodies, ensure_ascii=False, indent=1) + "\n").encode(), name
    lines = lines_of(found)
    return (list_tables.as_csv(lines) if form == "csv" else list_tables.as_xlsx(lines, "Thủ tục")), name


def preview(uow: UnitOfWork, principal: Principal, data: bytes, name: str, now: datetime) -> Taking:
    """What taking a file in would do; nothing is written."""
    require_role(principal, Action.PROCEDURE_EDIT, Verb.PROCEDURE_IMPORT)
    found, wrong = _read(uow, data, name, now)
    held = {line.version.code: line.procedure for line in procedures.index(uow, principal, "", "", "", now)}
    sorts: dict[str, list[str]] = {"new": [], "changed": [], "same": []}
    for each in found:
        known = held.get(each.code)
        which = "new" if known is None else "same" if body_of(known) == body_of(each) else "changed"
        sorts[which].append(each.code)
    new, changed, same = (tuple(sorts[key]) for key in ("new", "changed", "same"))
    return Taking(tuple(found), new, changed, same, tuple(wrong))


def _read(uow: UnitOfWork, data: bytes, name: str, now: datetime) -> tuple[list[Procedure], list[LineProblem]]:
    if len(data) > MOST_BYTES:
        return [], [LineProblem(0, "", "Tệp quá lớn; nhiều nhất 4 MB.")]

    def check(procedure: Procedure) -> Sequence[str]:
        return procedures.wrong_with(uow, procedure, now)

    if name.casefold().endswith(".json"):
        return _of_json(data, check)
    lines, wrong = list_tables.read(data, name)
    if wrong:
        return [], wrong
    return procedures_of(lines, check)


def _of_json(data: bytes, check: Callable[[Procedure], Sequence[str]]) -> tuple[list[Procedure], list[LineProblem]]:
    try:
        bodies = json.loads(data)
        if not isinstance(bodies, list) or len(bodies) > MOST:
            raise ValueError("a list of procedures")
        found = [of_json(body) for body in bodies]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return [], [LineProblem(0, "", "Tệp JSON không đúng dạng: cần một danh sách thủ tục như tệp đã xuất.")]
    codes = [each.code for each in found]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    wrong = [LineProblem(0, "", f"Thủ tục “{code}” có hai lần.") for code in twice]
    for each in found:
        wrong += [LineProblem(0, "", f"{each.code}: {text}") for text in check(each)]
    return found, wrong


def take(
    uow: UnitOfWork, principal: Principal, data: bytes, name: str, valid_from: date | None, now: datetime
) -> Taking:
    """Takes a file in: new and changed procedures are published from a day. InvalidInput: nothing was written."""
    found = preview(uow, principal, data, name, now)
    if found.problems:
        first = found.problems[0]
        where = f"Dòng {first.line}: " if first.line else ""
        raise InvalidInput("file", f"{where}{first.text} ({len(found.problems)} lỗi; chưa ghi gì)")
    wanted = set(found.new) | set(found.changed)
    if not wanted:
        raise InvalidInput("file", "Tệp không có gì khác với danh mục đang có hiệu lực.")
    for each in found.procedures:
        if each.code not in wanted:
            continue
        if store.draft_of(uow.session, each.code) is not None:
            raise InvalidInput("file", f"Thủ tục “{each.code}” đang có bản soạn: hãy ban hành hoặc bỏ bản đó trước.")
        draft = procedures.save_draft(uow, principal, replace(each, valid_from=None, valid_to=None), 0, "", now)
        procedures.publish(uow, principal, each.code, draft.edition, valid_from, now)
    detail = {"new": len(found.new), "changed": len(found.changed)}
    note(uow, principal, Verb.PROCEDURE_IMPORT, now, what=What("procedures"), detail=detail)
    return found
