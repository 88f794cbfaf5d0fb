"""The search desk's question as its address says it: read, said in words, narrowed, ordered and loosened."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode

from flask import g, url_for

from oms.domain.access import covers
from oms.domain.organisation import Block
from oms.errors import InvalidInput
from oms.services.finding import Asked, Found, Sort
from oms.web import words as catalogue
from oms.web.paging import Paging
from oms.web.records import unit_path
from oms.web.sayings import gettext as _

PAGE = 20
EACH = 3
ALL_OF_ONE = 100
"""Papers shown when one person's are asked for."""
MAX_ASKED = 300
FACET_SHOWN = 8
UNITS_SHOWN = 60
"""Nobody reads on in a list of seven hundred units: the choice in the form has them all."""
SORTS: dict[str, Sort] = {"": "rank", "moi": "newest", "cu": "oldest", "ten": "name"}
_ID = re.compile(r"[0-9a-f]{32}")
_SAFE = "!$'()*,/:;?@"
"""Letters that stand in an address as they are."""
_PLAIN = re.compile(r"[\w/.-]*", re.ASCII)
_NO_NARROWING = ("q", "xep", "luu")


@dataclass(frozen=True)
class Question:
    """What the address asks; every value as typed, empty when not given."""

    q: str = ""
    loai: str = ""
    khoi: str = ""
    don_vi: str = ""
    tien_than: str = ""
    mat: str = ""
    tu_nam: str = ""
    den_nam: str = ""
    lien_ket: str = ""
    thieu: str = ""
    dung_dau: str = ""
    xep: str = ""
    nguoi: str = ""
    """A dossier, of whose person the papers are meant."""
    luu: str = ""
    """The kept search that is being run."""
    moi: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Question:
        """Reads an address; what is not in a closed list is dropped."""
        asked = cls(**{name: sent.get(name, "").strip() for name in cls.__dataclass_fields__})
        unit = unit_path(asked.don_vi)
        return replace(
            asked,
            q=asked.q[:MAX_ASKED],
            loai=asked.loai if asked.loai in catalogue.DOCUMENT_TYPES else "",
            khoi=asked.khoi if asked.khoi in catalogue.BLOCK_LABELS else "",
            don_vi=unit,
            tien_than="1" if asked.tien_than and unit else "",
            mat=asked.mat if asked.mat in ("0", "1", "2", "3") else "",
            lien_ket=asked.lien_ket if asked.lien_ket in ("co", "khong") else "",
            thieu=asked.thieu if asked.thieu in catalogue.DOCUMENT_TYPES else "",
            dung_dau="1" if asked.dung_dau else "",
            xep=asked.xep if asked.xep in SORTS else "",
            nguoi=asked.nguoi if _ID.fullmatch(asked.nguoi) else "",
            luu=asked.luu if _ID.fullmatch(asked.luu) else "",
            moi="1" if asked.moi and _ID.fullmatch(asked.luu) else "",
        )

    @classmethod
    def again(cls, asked: Asked) -> Question:
        """The address's parts of a kept question."""
        return cls(
            q=asked.text,
            loai=asked.type_code,
            khoi=asked.block,
            don_vi=asked.unit_path,
            tien_than="1" if asked.with_before else "",
            mat="" if asked.secrecy is None else str(asked.secrecy),
            tu_nam=str(asked.year_from or ""),
            den_nam=str(asked.year_to or ""),
            lien_ket={True: "co", False: "khong", None: ""}[asked.linked],
            thieu=asked.missing,
            dung_dau="1" if asked.exact_accents else "",
            xep=next(key for key, sort in SORTS.items() if sort == asked.sort),
            nguoi=asked.person_of,
        )

    @property
    def args(self) -> dict[str, str]:
        """The address's parts that are set."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}

    @property
    def asks(self) -> bool:
        """True when there is something to find; an order alone asks nothing."""
        return self.narrowed or bool(self.q or self.luu)

    @property
    def narrowed(self) -> bool:
        """True when anything but the words narrows the answer."""
        return any(name not in _NO_NARROWING for name in self.args)

    @property
    def narrowed_otherwise(self) -> bool:
        """True when anything but the words and being new narrows the answer."""
        return any(name not in (*_NO_NARROWING, "moi") for name in self.args)

    @property
    def opened(self) -> bool:
        """True when a filter is set that stands nowhere but in the folded form."""
        hidden = ("don_vi", "tien_than", "tu_nam", "den_nam", "lien_ket", "thieu", "dung_dau")
        return any(getattr(self, name) for name in hidden)

    def address(self) -> str:
        """Where this question is asked."""
        return _address(self.args)

    def without(self, *names: str) -> str:
        """The address of the same question less some parts."""
        return replace(self, **dict.fromkeys(names, "")).address()

    def with_value(self, name: str, value: str) -> str:
        """The address of the same question with one part set."""
        return replace(self, **{name: value}).address()

    def ways(self, *names: str) -> Callable[[Sequence[str]], list[str]]:
        """What gives the addresses of the same question with a part, or neighbouring ones, set to each of these values.

        A page holds hundreds of them.
        """
        parts, args = list(self.__dataclass_fields__), self.args
        first, last = parts.index(names[0]), parts.index(names[-1])
        before = {each: args[each] for each in parts[:first] if each in args}
        after = {each: args[each] for each in parts[last + 1 :] if each in args}
        head, tail = _address(before) + ("&" if before else "?"), f"&{_encoded(after)}" if after else ""
        begun, again = f"{head}{names[0]}=", [f"&{name}=" for name in names[1:]]

        def ways(values: Sequence[str]) -> list[str]:
            plain = _PLAIN.fullmatch("".join(values))
            said = values if plain else [quote_plus(value, _SAFE) for value in values]
            return [begun + value + "".join(each + value for each in again) + tail for value in said]

        return ways

    def asked(self, paging: Paging, only: frozenset[str] | None = None) -> Asked:
        """The service's question; InvalidInput names a year that is none, or a last one before the first."""
        first, last = _year("tu_nam", self.tu_nam), _year("den_nam", self.den_nam)
        if first is not None and last is not None and last < first:
            raise InvalidInput("den_nam", _("Năm cuối phải bằng hoặc sau năm đầu."))
        return Asked(
            text=self.q,
            type_code=self.loai,
            block=self.khoi,
            unit_path=self.don_vi,
            with_before=bool(self.tien_than),
            secrecy=int(self.mat) if self.mat else None,
            linked={"co": True, "khong": False}.get(self.lien_ket),
            missing=self.thieu,
            year_from=first,
            year_to=last,
            exact_accents=bool(self.dung_dau),
            sort=SORTS[self.xep],
            only=only,
            person_of=self.nguoi,
            offset=paging.offset,
            top=paging.size,
            each=ALL_OF_ONE if self.nguoi else EACH,
        )


def _encoded(args: Mapping[str, object]) -> str:
    return urlencode([pair for pair in args.items() if pair[1] is not None], safe=_SAFE)


def address(root: str, args: Mapping[str, object]) -> str:
    """A route's address with what follows the question mark, as ``url_for`` says it, which costs many times as much."""
    said = _encoded(args)
    return f"{root}?{said}" if said else root


def _address(args: Mapping[str, str]) -> str:
    if "search_root" not in g:  # a page asks for it by the dozen
        g.search_root = url_for("search.search")
    return address(g.search_root, args)


def _year(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise InvalidInput(name, _("Năm gồm bốn chữ số, như 2015."))
    return int(text)


def said(question: Question, units: Mapping[str, str], person: str = "") -> dict[str, tuple[str, str]]:
    """The filters that are set, each by its part of the address, as (name, value) in words."""
    links = {"co": _("có tài liệu ở từ hai khối"), "khong": _("chỉ ở một khối")}
    words = {
        "nguoi": (_("Của"), person or _("một người đã chọn")),
        "loai": (_("Loại tài liệu"), catalogue.type_title(question.loai)),
        "khoi": (_("Khối"), catalogue.BLOCK_LABELS.get(Block(question.khoi), "") if question.khoi else ""),
        "don_vi": (_("Đơn vị"), units.get(question.don_vi, _("ngoài phạm vi của anh/chị"))),
        "tien_than": (_("Đơn vị"), _("gồm cả đơn vị tiền thân")),
        "mat": (_("Độ mật"), catalogue.SECRECY_LABELS[int(question.mat)] if question.mat else ""),
        "tu_nam": (_("Từ năm"), question.tu_nam),
        "den_nam": (_("Đến năm"), question.den_nam),
        "lien_ket": (_("Người"), links.get(question.lien_ket, "")),
        "thieu": (_("Hồ sơ chưa có"), catalogue.type_title(question.thieu)),
        "dung_dau": (_("Dấu"), _("phải đúng như đã gõ")),
        "moi": (_("Chỉ"), _("tài liệu mới từ lần xem trước")),
    }
    return {part: words[part] for part in words if getattr(question, part)}


def chips(question: Question, units: Mapping[str, str], person: str = "") -> list[dict[str, str]]:
    """One chip a filter, in words, with the address that takes it off."""
    off = {"don_vi": ("don_vi", "tien_than")}
    return [
        {"name": name, "value": value, "remove": question.without(*off.get(part, (part,)))}
        for part, (name, value) in said(question, units, person).items()
    ]


class Line(NamedTuple):
    """A line of a facet: the value it narrows to and its name, how many papers, where it leads, if it is chosen."""

    value: str
    label: str
    papers: int
    href: str
    active: bool


Facet = tuple[str, list[Line], int]
"""Title, lines, and how many more lines there would be."""


def facets(question: Question, found: Found | None, units: Mapping[str, str]) -> list[Facet]:
    """Groups of links with counts; choosing the chosen one again takes it off."""
    if found is None:
        return []

    def group(facet: str, part: str, words: Callable[[str], str]) -> list[Line]:
        counts = found.facets.get(facet, {})
        values = _most_first(counts)
        return _lines(question, part, values, list(map(words, values)), counts)

    return [
        (_("Loại tài liệu"), group("type", "loai", catalogue.type_title), 0),
        (_("Khối"), group("block", "khoi", lambda code: catalogue.BLOCK_LABELS[Block(code)]), 0),
        (_("Đơn vị và cấp dưới"), *_units(question, found, units)),
        (_("Năm ban hành"), _years(question, found), 0),
        (_("Độ mật"), sorted(group("secrecy", "mat", _level)), 0),
    ]


def _most_first(counts: Mapping[str, int]) -> list[str]:
    """The values with the most papers first, those with as many in their own order."""
    return sorted(sorted(counts), key=counts.__getitem__, reverse=True)


def _lines(
    question: Question, part: str, values: Sequence[str], labels: Sequence[str], counts: Mapping[str, int]
) -> list[Line]:
    """The lines of one facet; the chosen one leads to where nothing of it is chosen."""
    chosen, ways = getattr(question, part), question.ways(part)(values)
    lines = list(map(Line, values, labels, map(counts.__getitem__, values), ways, repeat(False)))
    if chosen in values:
        at = values.index(chosen)
        lines[at] = lines[at]._replace(href=question.without(part), active=True)
    return lines


def _level(value: str) -> str:
    return catalogue.SECRECY_LABELS[int(value)] if value in ("0", "1", "2", "3") else value


def _units(question: Question, found: Found, units: Mapping[str, str]) -> tuple[list[Line], int]:
    """Units with what lies under them, as choosing one narrows, and how many more; without what would narrow nothing.

    Nor is a unit named whose papers all lie in one unit under it: that one is.
    """
    totals = _with_above(found.facets.get("unit", {}))
    below = {path.rpartition("/")[0]: number for path, number in totals.items()}
    chosen, all_of_it = question.don_vi, found.answer.count
    shown = []
    for path in _most_first(totals):
        number = totals[path]
        narrows = number < all_of_it and not (chosen and covers(path, chosen))
        if path in units and (path == chosen or (narrows and below.get(path) != number)):
            shown.append(path)
    first = shown[:UNITS_SHOWN]
    if chosen in shown and chosen not in first:
        first[-1] = chosen  # it is here that it is taken off again
    lines = _lines(replace(question, tien_than=""), "don_vi", first, [units[path] for path in first], totals)
    return lines, len(shown) - len(first)


def _with_above(lowest: Mapping[str, int]) -> dict[str, int]:
    """The papers of each unit and of those under it, told from each paper's own unit."""
    totals: dict[str, int] = dict(lowest)
    layer = lowest
    while layer:
        above: dict[str, int] = {}
        for path, number in layer.items():
            upper = path.rpartition("/")[0]
            if upper:
                above[upper] = above.get(upper, 0) + number
        for path, number in above.items():
            totals[path] = totals.get(path, 0) + number
        layer = above
    return totals


def _years(question: Question, found: Found) -> list[Line]:
    """Years, newest first; a year narrows to itself."""
    chosen = question.tu_nam if question.tu_nam == question.den_nam else ""
    every, counts = question.without("tu_nam", "den_nam"), found.facets.get("year", {})
    years = sorted(counts, reverse=True)
    return [
        Line(year, year, counts[year], every if chosen == year else way, chosen == year)
        for year, way in zip(years, question.ways("tu_nam", "den_nam")(years), strict=True)
    ]


def orders(question: Question) -> list[dict[str, Any]]:
    """The ways to order an answer, as links."""
    labels = {"": _("liên quan"), "moi": _("mới nhất"), "cu": _("cũ nhất"), "ten": _("theo tên")}
    return [
        {"label": label, "href": question.with_value("xep", key), "active": question.xep == key}
        for key, label in labels.items()
    ]


def loosen(question: Question) -> list[tuple[str, str]]:
    """What could be loosened when nothing was found: words and address."""
    ways = []
    if question.dung_dau:
        ways.append((_("Tìm cả khi khác dấu"), question.without("dung_dau")))
    if '"' in question.q:
        loose = question.with_value("q", " ".join(question.q.replace('"', " ").split()))
        ways.append((_("Bỏ ngoặc kép: các từ không cần đứng liền nhau"), loose))
    if question.tu_nam or question.den_nam:
        ways.append((_("Bỏ giới hạn năm"), question.without("tu_nam", "den_nam")))
    if question.thieu or question.lien_ket:
        ways.append((_("Bỏ điều kiện về thành phần hồ sơ, liên khối"), question.without("thieu", "lien_ket")))
    if question.don_vi:
        if not question.tien_than:
            ways.append((_("Tìm cả ở các đơn vị tiền thân"), question.with_value("tien_than", "1")))
        ways.append((_("Tìm ở mọi đơn vị trong phạm vi"), question.without("don_vi", "tien_than")))
    if question.narrowed and question.q:
        ways.append((_("Bỏ mọi bộ lọc, giữ từ khoá"), url_for("search.search", q=question.q)))
    words = question.q.split()
    if len(words) > 1 and '"' not in question.q:
        ways.append((_("Tìm tài liệu có một trong các từ"), question.with_value("q", " OR ".join(words))))
    return ways
