"""Lines of the programs' own logs."""

from __future__ import annotations

import logging
import re
import time

import pytest

from oms.program_log import LINE, Utc


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
