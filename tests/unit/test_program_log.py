"""Lines of the programs' own logs."""

from __future__ import annotations

import json
import logging
import re
import time

import pytest

from oms.program_log import LINE, JsonLines, Utc, request_number


def test_a_line_says_when_in_utc_whatever_the_machine_is_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    time.tzset()
    try:
        record = logging.LogRecord("oms.web", logging.WARNING, "", 1, "answer %s", (404,), None)
        record.created, record.msecs = 1764460800.25, 250.0
        line = Utc(LINE).format(record)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.fullmatch(r"2025-11-30T00:00:00\.250Z WARNING oms\.web answer 404", line)


def _line(form: logging.Formatter, error: BaseException | None = None, **more: object) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("oms.web", logging.ERROR, "", 1, "answer %s", (500,), info)
    record.created, record.msecs, record.process = 1764460800.25, 250.0, 77
    record.__dict__.update(more)
    return form.format(record)


def test_a_service_writes_one_object_a_line_with_its_fields_and_the_request() -> None:
    before = request_number.set("3fa9c2d1")
    try:
        told = json.loads(_line(JsonLines("web"), fields={"endpoint": "home.index", "status": 200, "ms": 3.5}))
    finally:
        request_number.reset(before)
    assert told == {
        "at": "2025-11-30T00:00:00.250Z",
        "level": "ERROR",
        "process": "web",
        "pid": 77,
        "event": "oms.web",
        "message": "answer 500",
        "request": "3fa9c2d1",
        "endpoint": "home.index",
        "status": 200,
        "ms": 3.5,
    }
    assert "request" not in json.loads(_line(JsonLines("web")))


@pytest.mark.parametrize("form", [Utc(LINE), JsonLines("work")])
def test_an_error_is_told_by_type_and_place_and_never_by_its_words(form: logging.Formatter) -> None:
    try:
        raise ValueError("số căn cước của Tô Thị Hiếu")
    except ValueError as error:
        line = _line(form, error)
    assert "Hiếu" not in line and "căn cước" not in line and "\n" not in line
    assert "ValueError in test_program_log.py line" in line
