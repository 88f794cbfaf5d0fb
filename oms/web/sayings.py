"""The words of the pages in the language of the request, each looked up once a language for the whole process.

A page says several hundred of them, and flask_babel looks for the request's language, its catalogue and the words anew
each time. What is kept here are the catalogues' own words and nothing that was put into them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, g
from flask_babel import get_locale, get_translations
from markupsafe import Markup

_globals: Callable[[], Any] = object.__getattribute__(g, "_get_current_object")
"""What is kept for the request, behind the proxy."""
_KEPT = 20_000
"""More than all the words there are: nothing but the program's own text is ever looked up."""


def gettext(text: str, /, **values: object) -> str:
    """As flask_babel's: the text in the language of the request, with the values put in."""
    said = _said(_language(), text)
    return said % values if values else said


def _in_template(text: str, /, **values: object) -> Markup:
    """As Jinja's own new style: safe text into which values are put escaped; a percent sign is always written twice."""
    language = _language()
    return _marked(language, text) % values if values else _whole(language, text)


def _language() -> str:
    """The language asked for; "" outside a request, where nothing is translated.

    flask_babel keeps its answer for the request, and asks for it by way of four proxies; a page asks a thousand times.
    """
    try:
        locale = _globals()._flask_babel.babel_locale or get_locale()
    except (RuntimeError, AttributeError):  # no request, or the first to ask in it
        locale = get_locale()
    return locale.language if locale else ""


@lru_cache(_KEPT)
def _said(language: str, text: str) -> str:
    return str(get_translations().ugettext(text)) if language else text


@lru_cache(_KEPT)
def _marked(language: str, text: str) -> Markup:
    return Markup(_said(language, text))  # noqa: S704 - the program's own words


@lru_cache(_KEPT)
def _whole(language: str, text: str) -> Markup:
    return _marked(language, text) % {}


def install(app: Flask) -> None:
    """Gives the templates these words; after flask_babel, which brings the rest."""
    app.jinja_env.globals["_"] = _in_template
