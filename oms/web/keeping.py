"""Paper and its keeping: components, shelf, loans, transfers, stocktakes, holds, disposals."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("keeping", __name__)
