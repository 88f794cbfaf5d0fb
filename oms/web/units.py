"""Units: the tree with its history, succession, the reorganisation."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("units", __name__)
