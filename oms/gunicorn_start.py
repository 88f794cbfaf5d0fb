"""gunicorn's settings that are functions: the program is loaded once, before its processes part.

A process of the web server that was killed is back in the time of a fork, and a start pays for the loading once.
Loading opens nothing: files, databases and keys are each process's own (``wsgi``).
"""

from __future__ import annotations

import gc

from gunicorn.arbiter import Arbiter

from oms import load


def on_starting(_server: Arbiter) -> None:
    """Loads the program in gunicorn's first process; its objects stay, so the collector need not walk them."""
    gc.disable()
    try:
        load()
    finally:
        gc.enable()
        gc.freeze()
