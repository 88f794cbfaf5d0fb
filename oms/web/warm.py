"""Warming a new web process: what its first page of search would wait for is loaded beside it, for nobody to see."""

from __future__ import annotations

import gc
import logging
import threading

from flask import Flask
from flask_babel import force_locale, gettext

from oms.services import finding
from oms.services.house import House

log = logging.getLogger(__name__)


def begin(app: Flask) -> threading.Thread:
    """Warms in the background: the process answers at once, and whoever asks first waits no longer than without."""
    thread = threading.Thread(target=warm, args=(app,), name="warm", daemon=True)
    thread.start()
    return thread


def warm(app: Flask) -> None:
    """Loads the index and the templates of the search, then takes all that out of the collector's rounds.

    Nobody asks: nothing may be seen by it, no record is read and the journal has no row of it. What goes wrong here is
    said by the first page that needs it.
    """
    house: House = app.extensions["oms"]
    try:
        finding.load(house)
        _pages(app)
    except Exception as error:
        log.warning("warming: %s", type(error).__name__)
    # Hundreds of thousands of objects that stay as long as the process: the collector need not walk them each time.
    gc.collect()
    gc.freeze()


def _pages(app: Flask) -> None:
    """Compiles the templates of the search and reads the catalogues."""
    names = app.jinja_env.list_templates(filter_func=lambda name: name.startswith(("search/", "macros/", "base.html")))
    for name in names:
        app.jinja_env.get_template(name)
    for language in ("vi", "en"):
        with app.test_request_context(), force_locale(language):
            gettext("Tìm kiếm")
