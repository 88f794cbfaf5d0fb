"""Registers brought in from Excel and CSV."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("imports", __name__)
