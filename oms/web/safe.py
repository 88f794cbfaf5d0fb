"""Text made safe for a page, many pieces at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from flask import Flask
from markupsafe import Markup, escape

from oms.services.finding import Named

_BETWEEN = "\0"
_KEPT = 2048


def escaped(texts: Sequence[str]) -> list[str]:
    """Each of these texts escaped, in one go: one by one the hundreds of a page cost ten times as much.

    Escaping goes letter by letter and leaves what stands between two texts alone; a text that holds it too is told by
    the number of pieces.
    """
    pieces = str(escape(_BETWEEN.join(texts))).split(_BETWEEN)
    return pieces if len(pieces) == len(texts) else [str(escape(text)) for text in texts]


def option_lines(options: Iterable[Mapping[str, object] | Sequence[object]], chosen: object) -> Markup:
    """The options of a choice, as (value, label) or {value, label, group}; those of one group stand together.

    A province has hundreds of units on many a page, which a loop of the template is slow with; :class:`Pairs` are drawn
    once and kept.
    """
    if isinstance(options, Pairs):
        places, kept = _drawn(options)
        return Markup("\n".join(_with_chosen(kept, places.get(str(chosen)))))  # noqa: S704 - escaped where drawn
    rows = [
        (str(each["value"]), each["label"], str(each["group"] or "") if "group" in each else "")
        if isinstance(each, Mapping)
        else (str(each[0]), each[1], "")
        for each in options
    ]
    values, labels = escaped([value for value, _label, _group in rows]), _labels([label for _, label, _ in rows])
    at = next((number for number, row in enumerate(rows) if row[0] == str(chosen)), None)
    drawn = _with_chosen(_options(values, labels), at)
    lines: list[str] = []
    for group, members in groupby(range(len(rows)), lambda number: rows[number][2]):
        some = [drawn[number] for number in members]
        lines += [f'<optgroup label="{escape(group)}">', *some, "</optgroup>"] if group else some
    return Markup("\n".join(lines))  # noqa: S704 - value, label and group are escaped above


class Pairs(tuple[tuple[str, str], ...]):
    """Options, as (value, label), that the same people are offered again and again."""


@lru_cache(64)
def unit_options(units: Sequence[Named]) -> Pairs:
    """Units to choose among, by path."""
    return Pairs((unit.path, unit.name) for unit in units)


@lru_cache(64)
def _drawn(options: Pairs) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each value stands, and every option's line."""
    values, labels = escaped([value for value, _ in options]), escaped([label for _, label in options])
    return {value: at for at, (value, _) in reversed(list(enumerate(options)))}, tuple(_options(values, labels))


def _options(values: Sequence[str], labels: Sequence[str]) -> list[str]:
    return [f'<option value="{value}">{label}</option>' for value, label in zip(values, labels, strict=True)]


def _with_chosen(lines: Sequence[str], chosen: int | None) -> Sequence[str]:
    if chosen is None:
        return lines
    return (*lines[:chosen], lines[chosen].replace('">', '" selected>', 1), *lines[chosen + 1 :])


def _labels(labels: Sequence[object]) -> Sequence[str]:
    """Escaped, but what is markup already: a translated word may be."""
    return (
        [str(escape(each)) for each in labels]
        if any(hasattr(each, "__html__") for each in labels)
        else escaped([str(each) for each in labels])
    )


def install(app: Flask) -> None:
    """Gives the templates these; a sign drawn once is kept, since a page has dozens of the same few."""
    app.jinja_env.filters["option_lines"] = option_lines
    app.jinja_env.filters["unit_options"] = unit_options
    signs = app.jinja_env.get_template("macros/icons.html").module
    app.jinja_env.globals["draw"] = lru_cache(_KEPT)(vars(signs)["icon"])
