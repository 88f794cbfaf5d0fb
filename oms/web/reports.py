"""Reports: number and quality of cadres, structures, staffing."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("reports", __name__)
