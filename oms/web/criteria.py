"""Cadres found by criteria; rosters with chosen columns."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("criteria", __name__)
