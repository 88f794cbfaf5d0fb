"""A form filled from the record, as Word and PDF."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("profiles", __name__)
