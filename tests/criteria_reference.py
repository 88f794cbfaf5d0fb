"""What criteria mean, written a second time without SQL: over days of the calendar and the facts themselves."""

from __future__ import annotations

import calendar
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from oms.domain.criteria import Condition, Group
from oms.domain.criteria_fields import Kind
from oms.domain.dated_rows import Catalogue, folded

YES, NO, DOUBT = 1, -1, 0
"""The three answers: certain, certainly not, as the partial dates stand either."""


@dataclass(frozen=True)
class Person:
    """A record as the reference reads it: the head's columns, the unit's path, its visible facts."""

    head: Any
    unit_path: str
    facts: Sequence[Any]


def span(text: str) -> tuple[date, date]:
    """First and last day a partial date may mean."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return date(*parts), date(*parts)
    last = parts[1] if len(parts) == 2 else 12
    return date(parts[0], last if len(parts) == 2 else 1, 1), date(
        parts[0], last, calendar.monthrange(parts[0], last)[1]
    )


def days(text: str) -> list[date]:
    """Every day a partial date may mean."""
    first, last = span(text)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def three(answers: Sequence[bool]) -> int:
    return YES if answers and all(answers) else DOUBT if any(answers) else NO


def group(asked: Group, who: Person, on: date, lists: Catalogue) -> int:
    """All, any, not – over three answers; a group that asks nothing is left out."""
    answers = []
    for part in asked.parts:
        if isinstance(part, Condition):
            answers.append(condition(part, who, on, lists))
        elif asks(part):
            answers.append(group(part, who, on, lists))
    found = YES if not answers else min(answers) if asked.join == "all" else max(answers)
    return -found if asked.negated and answers else found


def asks(asked: Group) -> bool:
    return any(isinstance(part, Condition) or asks(part) for part in asked.parts)


def condition(asked: Condition, who: Person, on: date, lists: Catalogue) -> int:
    kind, field = asked.field.kind, asked.field
    if kind is Kind.AGE or kind is Kind.DATE:
        return dated(asked, getattr(who.head, field.column), on)
    if kind is Kind.HELD:
        return max([held(asked, fact, on, lists) for fact in who.facts], default=NO)
    if asked.what == "working":
        left = who.head.left_on
        gone = three([day < on for day in days(left)]) if left else NO
        return -gone if asked.op == "yes" else gone
    return YES if plain(asked, who, on, lists) else NO


def dated(asked: Condition, value: str, on: date) -> int:
    said, op = asked.said, asked.op
    if not value:
        return NO
    if asked.field.kind is Kind.AGE:
        ages = [age(day, on) for day in days(value)]
        low = int(said["value"])
        tests = {"lt": lambda n: n < low, "ge": lambda n: n >= low, "between": lambda n: low <= n <= int(said["to"])}
        return three([tests[op](n) for n in ages])
    first = span(said["value"])[0]
    tests = {
        "before": lambda day: day < first,
        "from": lambda day: day >= first,
        "between": lambda day: first <= day <= span(said["to"])[1],
    }
    return three([tests[op](day) for day in days(value)])


def held(asked: Condition, fact: Any, on: date, lists: Catalogue) -> int:
    said = asked.said
    row = next((row for row in lists.history("chuc_vu") if row.code == fact.code), None)
    if fact.item not in ("career", "posts") or row is None:
        return NO
    if said.get("codes") and fact.code not in said["codes"].split(","):
        return NO
    if said.get("level", row.extra.get("level", "")) != row.extra.get("level", ""):
        return NO
    if said.get("block", row.extra.get("block", "")) != row.extra.get("block", ""):
        return NO
    answers = [YES]
    if said.get("until"):
        until = span(said["until"])[0]
        answers.append(three([day < until for day in days(fact.starts)]) if fact.starts else DOUBT)
    if said.get("since"):
        since = span(said["since"])[0]
        answers.append(three([day >= since for day in days(fact.ends)]) if fact.ends else YES)
    if said.get("months"):
        answers.append(long_enough(fact, int(said["months"]), on))
    return min(answers)


def long_enough(fact: Any, wanted: int, on: date) -> int:
    if not fact.starts:
        return DOUBT
    begun, ended = span(fact.starts), span(fact.ends) if fact.ends else (on, on)
    least, most = months(begun[1], ended[0]), months(begun[0], ended[1])
    return YES if least >= wanted else DOUBT if most >= wanted else NO


def months(begun: date, ended: date) -> int:
    return (ended.year - begun.year) * 12 + ended.month - begun.month - (ended.day < begun.day)


def plain(asked: Condition, who: Person, on: date, lists: Catalogue) -> bool:
    """Conditions that no partial date can leave in doubt."""
    kind, said, field, head = asked.field.kind, asked.said, asked.field, who.head
    if kind is Kind.CHOICE:
        codes = said["codes"].split(",")
        values = [getattr(head, field.column)]
        if field.key == "post":
            values.append(head.party_position_code)
        if field.key == "sex":
            values = [{"Nam": "nam", "Nữ": "nu"}.get(values[0], "")]
        inside = any(value in codes for value in values)
        return inside if asked.op == "in" else bool(values[0]) and values[0] not in codes
    if kind is Kind.LEVEL:
        level, wanted = getattr(head, field.column), lists.order(field.list_code, said["code"])
        return level > 0 and {"ge": level >= wanted, "le": level <= wanted, "is": level == wanted}[asked.op]
    if kind is Kind.NUMBER:
        value, low = getattr(head, field.column), float(said["value"])
        high = float(said.get("to", 0))
        return {"ge": value >= low, "le": value <= low, "between": low <= value <= high}[asked.op]
    if kind is Kind.YES:
        return (head.plannings > 0) == (asked.op == "yes")
    if kind is Kind.UNIT:
        return who.unit_path == said["path"] or who.unit_path.startswith(said["path"] + "/")
    if kind is Kind.WORDS:
        return any(folded(said["text"]) in fact.folded for fact in who.facts if fact.item == said["item"])
    if kind is Kind.RATINGS:
        codes, last = said["codes"].split(","), on.year
        years = {
            int(fact.starts[:4])
            for fact in who.facts
            if fact.item == "evaluations" and fact.code in codes and fact.starts
        }
        return len([y for y in years if last - int(said["years"]) <= y < last]) >= int(said["times"])
    return any(trained(said, fact, lists) for fact in who.facts if fact.item == "training")


def trained(said: Any, fact: Any, lists: Catalogue) -> bool:
    kind = json.loads(fact.body).get("kind", "")
    words = [
        w for r in lists.history("loai_dao_tao") if r.code == said.get("kind") for w in (r.code, r.label, *r.aliases)
    ]
    enough = lists.order("van_bang", fact.code) >= lists.order("van_bang", said["award"]) if said.get("award") else True
    return (not said.get("kind") or kind in words) and (not said.get("award") or (bool(fact.code) and enough))
