"""Changes of records as cases, yearly supplements, requests of the persons themselves."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("changes", __name__)
