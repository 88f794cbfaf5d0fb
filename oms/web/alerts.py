"""Dates coming due: raises, retirement, terms, papers."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("alerts", __name__)
