"""The record of a dossier: items with their papers, taken from papers, held against each other."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("record", __name__)
