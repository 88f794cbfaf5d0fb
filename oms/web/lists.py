"""Catalogues: dated rows with preview, import and export; the queue of words outside the lists."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("lists", __name__)
