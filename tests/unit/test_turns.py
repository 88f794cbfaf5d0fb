"""A process's requests take turns: so many compute at once, in the order of coming; a slow sender holds nobody up."""

from __future__ import annotations

import io
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from oms.web.turns import Turns


def _environ(body: Any = None, **more: Any) -> dict[str, Any]:
    return {"wsgi.input": body or io.BytesIO(), **more}


def _until(true: Any) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.002)


class _Held:
    """An application whose requests stay inside until they are let out by name, and all at the end."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.out = defaultdict[str, threading.Event](threading.Event)
        self.over = False

    def __call__(self, environ: dict[str, Any], _start: Any) -> list[bytes]:
        name = environ["name"]
        self.began.append(name)
        while not self.over and not self.out[name].wait(0.01):
            pass
        return [name.encode()]


@pytest.fixture
def app() -> Iterator[_Held]:
    """Such an application."""
    held = _Held()
    yield held
    held.over = True


def _asked(turns: Turns, environ: dict[str, Any]) -> threading.Thread:
    thread = threading.Thread(target=lambda: turns(environ, lambda *_all: lambda _data: None), daemon=True)
    thread.start()
    return thread


def test_no_more_than_the_turns_compute_and_who_waits_is_served_in_the_order_of_coming(app: _Held) -> None:
    turns = Turns(app, 2)
    for name in ("a", "b"):
        _asked(turns, _environ(name=name))
        _until(lambda name=name: name in app.began)
    for number, name in enumerate(("c", "d", "e")):
        _asked(turns, _environ(name=name))
        _until(lambda number=number: len(turns._row._waiting) == number + 1)
    time.sleep(0.05)
    assert app.began == ["a", "b"]
    for ended, begins in (("b", "c"), ("c", "d"), ("a", "e")):
        app.out[ended].set()
        _until(lambda begins=begins: begins in app.began)
    assert app.began == ["a", "b", "c", "d", "e"]


def test_who_computes_for_long_goes_on_beside_the_turns_and_gives_none_back_that_it_has_not(app: _Held) -> None:
    turns = Turns(app, 1, long=0.2)
    _asked(turns, _environ(name="export"))
    _until(lambda: "export" in app.began)
    for name in ("a", "b"):
        _asked(turns, _environ(name=name))
        _until(lambda name=name: name in app.began or turns._row._waiting)
    begun = time.monotonic()
    _until(lambda: "a" in app.began)
    assert time.monotonic() - begun < 5 and "b" not in app.began
    app.out["export"].set()  # it had no turn any more: "b" waits for "a"
    time.sleep(0.05)
    assert "b" not in app.began
    app.out["a"].set()
    _until(lambda: "b" in app.began)


def test_what_a_monitor_asks_waits_for_nobody(app: _Held) -> None:
    turns = Turns(app, 1, long=60)
    _asked(turns, _environ(name="page"))
    _until(lambda: "page" in app.began)
    app.out["probe"].set()
    assert turns(_environ(name="probe", PATH_INFO="/readyz"), lambda *_all: lambda _data: None) == [b"probe"]


class _Slow(io.RawIOBase):
    """A body of which nothing comes for a while."""

    def __init__(self) -> None:
        self.asked, self.come = threading.Event(), threading.Event()

    def read(self, _size: int = -1) -> bytes:
        self.asked.set()
        assert self.come.wait(10)
        return b"late"


@pytest.mark.parametrize("how", ["read", "readline", "readlines"])
def test_who_sends_slowly_holds_nobody_up(how: str) -> None:
    got: list[Any] = []

    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        got.append(getattr(environ["wsgi.input"], how)() if environ["name"] == "slow" else "quick")
        return []

    slow = _Slow()
    slow.readline = slow.read  # type: ignore[method-assign]
    slow.readlines = lambda _size=-1: [slow.read()]  # type: ignore[method-assign]
    turns = Turns(app, 1)
    waiting = _asked(turns, _environ(slow, name="slow"))
    assert slow.asked.wait(10)
    quick = _asked(turns, _environ(name="quick"))
    quick.join(10)
    assert got == ["quick"]
    slow.come.set()
    waiting.join(10)
    assert got[1:] == ([[b"late"]] if how == "readlines" else [b"late"])


def test_a_form_waits_for_one_turn_and_only_when_it_has_come(app: _Held) -> None:
    bodies: dict[str, bytes] = {}

    def read(environ: dict[str, Any], start: Any) -> list[bytes]:
        bodies[environ["name"]] = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH", 0)))
        return app(environ, start)

    slow, turns = _Slow(), Turns(read, 1, long=60)
    _asked(turns, _environ(slow, name="slow", CONTENT_LENGTH="4"))
    assert slow.asked.wait(10)
    _asked(turns, _environ(io.BytesIO(b"ten=An"), name="form", CONTENT_LENGTH="6"))
    _until(lambda: "form" in app.began)
    _asked(turns, _environ(name="page"))
    _until(lambda: len(turns._row._waiting) == 1)
    time.sleep(0.05)
    assert app.began == ["form"], "it has its turn, and did not give it back for its body"
    app.out["form"].set()
    _until(lambda: "page" in app.began)
    slow.come.set()
    app.out["page"].set()
    _until(lambda: "slow" in app.began)
    assert bodies == {"form": b"ten=An", "page": b"", "slow": b"late"}


def test_a_form_whose_sender_went_away_is_told_as_cut_short() -> None:
    class Gone(io.BytesIO):
        def read(self, *size: Any) -> bytes:
            part = super().read(3)
            if not part:
                raise OSError("the line is gone")
            return part

    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        with pytest.raises(ClientDisconnected):
            get_input_stream(environ).read()
        return [b"told"]

    assert Turns(app, 1)(_environ(Gone(b"abcd"), CONTENT_LENGTH="9"), lambda *_all: None) == [b"told"]


def test_a_turn_comes_back_from_a_request_that_fails() -> None:
    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        if environ["name"] == "bad":
            raise OSError("the line is gone")
        return [b"well"]

    class Gone(io.BytesIO):
        def read(self, *_size: Any) -> bytes:
            raise OSError("the line is gone")

    turns = Turns(app, 1)
    for _time in range(3):
        with pytest.raises(OSError, match="gone"):
            turns(_environ(name="bad"), lambda *_all: lambda _data: None)
        with pytest.raises(OSError, match="gone"):
            Turns(lambda environ, _start: [environ["wsgi.input"].read()], 1)(_environ(Gone()), lambda *_all: None)
    assert list(turns(_environ(name="good"), lambda *_all: lambda _data: None)) == [b"well"]


def test_lines_of_a_body_come_as_they_are() -> None:
    lines: list[bytes] = []

    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        lines.extend(environ["wsgi.input"])
        return []

    Turns(app, 1)(_environ(io.BytesIO(b"one\ntwo\nthree")), lambda *_all: lambda _data: None)
    assert lines == [b"one\n", b"two\n", b"three"]
