"""Changes of records as cases, yearly supplements, requests of the persons themselves: the desk's parts together."""

from __future__ import annotations

from oms.web import change_cases, requests_of_persons, supplements
from oms.web.change_pages import blueprint as blueprint

PARTS = (change_cases, requests_of_persons, supplements)
"""The modules whose routes the blueprint holds."""
