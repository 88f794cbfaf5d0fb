"""The search desk: words and filters in, people with their papers out; every filter can be read aloud and taken off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from oms.domain.access import Action
from oms.domain.organisation import Block
from oms.errors import InvalidInput
from oms.services import finding
from oms.services.finding import Asked, Found, FoundPaper
from oms.web import words as catalogue
from oms.web.context import house, now, principal
from oms.web.guard import needs
from oms.web.paging import Paging, asked_page
from oms.web.records import secrecy_of, unit_path

blueprint = Blueprint("search", __name__)

PAGE = 20
MARKS_IN_ADDRESS = 12
MAX_ASKED = 300


@dataclass(frozen=True)
class Question:
    """What the address asks; every value as typed, empty when not given."""

    q: str
    loai: str
    khoi: str
    don_vi: str
    tu_nam: str
    den_nam: str
    dung_dau: str
    tien_than: str

    @classmethod
    def of_request(cls) -> Question:
        """Reads the address; what is not in a closed list is dropped."""
        asked = {name: request.args.get(name, "").strip() for name in cls.__dataclass_fields__}
        question = cls(**asked)
        return replace(
            question,
            q=question.q[:MAX_ASKED],
            loai=question.loai if question.loai in catalogue.DOCUMENT_TYPES else "",
            khoi=question.khoi if question.khoi in catalogue.BLOCK_LABELS else "",
            don_vi=unit_path(question.don_vi),
            dung_dau="1" if question.dung_dau else "",
            tien_than="1" if question.tien_than and question.don_vi else "",
        )

    @property
    def args(self) -> dict[str, str]:
        """The address's parts that are set."""
        return {name: value for name, value in vars(self).items() if value}

    @property
    def narrowed(self) -> bool:
        """True when anything but the words narrows the answer."""
        return any(value for name, value in self.args.items() if name != "q")

    def without(self, *names: str) -> str:
        """The address of the same question less some parts."""
        kept = {name: value for name, value in self.args.items() if name not in names}
        return url_for("search.search", **kept)  # type: ignore[arg-type]

    def with_value(self, name: str, value: str) -> str:
        """The address of the same question with one part set."""
        return url_for("search.search", **(self.args | {name: value}))  # type: ignore[arg-type]

    def asked(self, paging: Paging) -> Asked:
        """The service's question; InvalidInput names a year that is none."""
        return Asked(
            text=self.q,
            type_code=self.loai,
            block=self.khoi,
            unit_path=self.don_vi,
            with_before=bool(self.tien_than),
            year_from=_year("tu_nam", self.tu_nam),
            year_to=_year("den_nam", self.den_nam),
            exact_accents=bool(self.dung_dau),
            offset=paging.offset,
            top=paging.size,
        )


def _year(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise InvalidInput(name, _("Năm gồm bốn chữ số, như 2015."))
    return int(text)


@blueprint.get("/tim-kiem")
@needs(Action.SEARCH)
def search() -> str | tuple[str, int]:
    """Results grouped by person; without a question, what can be typed."""
    question = Question.of_request()
    paging = asked_page(PAGE)
    errors: list[dict[str, str]] = []
    found: Found | None = None
    if question.args:
        try:
            found = finding.search(house(), principal(), question.asked(paging), now())
        except InvalidInput as problem:
            errors = [{"field": problem.field, "text": problem.message_vi}]
    with house().look(principal()) as uow:
        units = finding.scope_units(uow, principal())
    names = {unit.path: unit.name for unit in units}
    page = render_template(
        "search/search.html",
        question=question,
        search_text=question.q,
        paging=paging,
        errors=errors,
        found=found,
        units=units,
        chips=_chips(question, names),
        facets=_facets(question, found),
        loosen=_loosen(question),
        page_secrecy=secrecy_of(*_levels(found)),
    )
    return (page, 400) if errors else page


def _levels(found: Found | None) -> list[int]:
    return [paper.document.secrecy for person in found.people for paper in person.papers] if found else []


def _chips(question: Question, units: dict[str, str]) -> list[dict[str, str]]:
    """One chip a filter, in words, with the address that takes it off."""
    said = {
        "loai": (_("Loại tài liệu"), catalogue.type_title(question.loai)),
        "khoi": (_("Khối"), catalogue.BLOCK_LABELS.get(Block(question.khoi), "") if question.khoi else ""),
        "don_vi": (_("Đơn vị"), units.get(question.don_vi, _("ngoài phạm vi của anh/chị"))),
        "tien_than": (_("Đơn vị"), _("gồm cả đơn vị tiền thân")),
        "tu_nam": (_("Từ năm"), question.tu_nam),
        "den_nam": (_("Đến năm"), question.den_nam),
        "dung_dau": (_("Dấu"), _("phải đúng như đã gõ")),
    }
    return [
        {"name": name, "value": value, "remove": question.without(part)}
        for part, (name, value) in said.items()
        if getattr(question, part)
    ]


def _facets(question: Question, found: Found | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """Groups of links with counts; choosing the chosen one again takes it off."""
    if found is None:
        return []
    groups = (
        ("type", "loai", _("Loại tài liệu"), catalogue.type_title),
        ("block", "khoi", _("Khối"), lambda code: str(catalogue.BLOCK_LABELS.get(code, code))),
    )
    shown = []
    for facet, part, title, words in groups:
        chosen = getattr(question, part)
        items = [
            {
                "label": words(value),
                "count": number,
                "href": question.without(part) if chosen == value else question.with_value(part, value),
                "active": chosen == value,
            }
            for value, number in found.facets.get(facet, {}).items()
        ]
        shown.append((title, items))
    return [*shown, (_("Năm ban hành"), _years(question, found))]


def _years(question: Question, found: Found) -> list[dict[str, Any]]:
    """Years, newest first; a year narrows to itself."""
    chosen = question.tu_nam if question.tu_nam == question.den_nam else ""
    only = replace(question, tu_nam="", den_nam="")
    return [
        {
            "label": year,
            "count": number,
            "href": only.without() if chosen == year else replace(only, tu_nam=year, den_nam=year).without(),
            "active": chosen == year,
        }
        for year, number in sorted(found.facets.get("year", {}).items(), reverse=True)[:12]
    ]


def _loosen(question: Question) -> list[tuple[str, str]]:
    """What could be loosened when nothing was found: words and address."""
    ways = []
    if question.dung_dau:
        ways.append((_("Tìm cả khi khác dấu"), question.without("dung_dau")))
    if '"' in question.q:
        loose = question.with_value("q", question.q.replace('"', " "))
        ways.append((_("Bỏ ngoặc kép: các từ không cần đứng liền nhau"), loose))
    if question.tu_nam or question.den_nam:
        ways.append((_("Bỏ giới hạn năm"), question.without("tu_nam", "den_nam")))
    if question.narrowed:
        ways.append((_("Bỏ mọi bộ lọc, giữ từ khoá"), url_for("search.search", q=question.q)))
    words = question.q.split()
    if len(words) > 1 and '"' not in question.q:
        ways.append((_("Tìm tài liệu có một trong các từ"), question.with_value("q", " OR ".join(words))))
    return ways


@blueprint.app_template_filter("marked")
def marked(paper: FoundPaper) -> Markup:
    """The snippet with its matches in <mark>; everything is escaped before a tag is added."""
    text, parts, at = paper.hit.snippet, [], 0
    for start, end in paper.hit.marks:
        if at <= start < end <= len(text):
            parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
            at = end
    return Markup("").join([*parts, escape(text[at:])])


@blueprint.app_template_filter("hit_address")
def hit_address(paper: FoundPaper) -> str:
    """The paper at the page and boxes where the words stand."""
    box = ";".join(",".join(str(number) for number in box) for box in paper.boxes[:MARKS_IN_ADDRESS])
    page = paper.page.position if paper.page else None
    return url_for("records.document", document_id=paper.document.id, trang=page, o=box or None)
