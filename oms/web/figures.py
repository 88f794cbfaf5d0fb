"""The desk of figures: its pages, one's own figures and contests."""

from __future__ import annotations

from oms.web import figure_contests
from oms.web.figure_pages import blueprint

__all__ = ["blueprint", "figure_contests"]
