"""A filled form as PDF: the form's own page laid out on A4 in Tinos, nothing fetched from anywhere."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader

from oms.domain.forms import FilledForm
from oms.services import outgoing
from oms.settings import CHECKOUT

STYLES = tuple(CHECKOUT / "oms" / "static" / "css" / name for name in ("profile_form.css", "profile_print.css"))
_pages = Environment(loader=FileSystemLoader(CHECKOUT / "templates" / "profiles"), autoescape=True)


def html_of(form: FilledForm) -> str:
    """The filled form as the page that is printed."""
    inside = _pages.get_template("form.html").render(form=form)
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{form.short}</title></head>{inside}</html>'
    )


def pdf_of(form: FilledForm) -> bytes:
    """The filled form as PDF."""
    return outgoing.pdf(html_of(form), STYLES)
