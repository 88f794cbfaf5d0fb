"""Criteria as a Vietnamese sentence that can be read aloud, and changed part by part. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from oms.domain.criteria import Condition, Criteria, Group, block_label, shown_date
from oms.domain.criteria_fields import POST_LEVELS, Kind
from oms.domain.dated_rows import Catalogue
from oms.domain.record_items import LABELS


def sentence(criteria: Criteria, catalogue: Catalogue, units: Mapping[str, str]) -> str:
    """The whole in one sentence; ``units`` names units by path. "" when nothing is asked."""
    words = _group(criteria.root, catalogue, units, outer=True)
    if words and criteria.on:
        words += f"; tính đến ngày {shown_date(criteria.on.isoformat())}"
    return words[:1].upper() + words[1:]


def _group(group: Group, catalogue: Catalogue, units: Mapping[str, str], outer: bool = False) -> str:
    said = []
    for part in group.parts:
        words = _group(part, catalogue, units) if isinstance(part, Group) else words_of(part, catalogue, units)
        if words:
            said.append(words)
    joined = (", " if group.join == "all" and outer else " và " if group.join == "all" else " hoặc ").join(said)
    if joined and group.negated:
        return f"không phải ({joined})"
    return f"({joined})" if len(said) > 1 and not outer else joined


def words_of(condition: Condition, catalogue: Catalogue, units: Mapping[str, str]) -> str:
    """One condition in words."""
    kind, said, what = condition.field.kind, condition.said, condition.what
    if kind is Kind.AGE:
        return _age(condition)
    if kind is Kind.HELD:
        return _held(said, catalogue)
    if kind is Kind.UNIT:
        former = " (kể cả đơn vị tiền thân)" if said.get("former") else ""
        return f"thuộc {units.get(said['path'], 'đơn vị đã chọn')}{former}"
    if kind is Kind.YES:
        return _yes(what, condition.op)
    if kind is Kind.WORDS:
        return f"mục {LABELS[said['item']]} có chữ “{said['text']}”"
    if kind is Kind.TRAINING:
        of = f" {catalogue.label('loai_dao_tao', said['kind']).lower()}" if said.get("kind") else ""
        award = f", văn bằng từ {catalogue.label('van_bang', said['award'])} trở lên" if said.get("award") else ""
        return f"đã qua đào tạo{of}{award}"
    if kind in (Kind.DATE, Kind.NUMBER):
        return _range(condition)
    return _listed(condition, catalogue)


def _yes(what: str, op: str) -> str:
    words = {
        ("planned", "yes"): "đã được quy hoạch",
        ("planned", "no"): "chưa được quy hoạch",
        ("working", "yes"): "đang công tác",
        ("working", "no"): "đã thôi công tác",
    }
    return words[what, op]


def _age(condition: Condition) -> str:
    name = {"age": "tuổi", "party_age": "năm tuổi Đảng", "service": "năm công tác"}[condition.what]
    value = condition.said["value"]
    if condition.op == "lt":
        return f"dưới {value} {name}"
    if condition.op == "ge":
        return f"từ {value} {name} trở lên"
    return f"từ {value} đến {condition.said['to']} {name}"


def _range(condition: Condition) -> str:
    field, said = condition.field, condition.said
    show = shown_date if field.kind is Kind.DATE else _comma
    name, value = _lower(field.label), show(said["value"])
    words = {
        "before": f"trước {value}",
        "from": f"từ {value} về sau",
        "ge": f"từ {value} trở lên",
        "le": f"không quá {value}",
    }
    return f"{name} {words[condition.op]}" if condition.op in words else f"{name} từ {value} đến {show(said['to'])}"


def _comma(number: str) -> str:
    return number.replace(".", ",")


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _labels(codes: str, list_code: str, catalogue: Catalogue) -> str:
    return " hoặc ".join(catalogue.label(list_code, code) for code in codes.split(","))


def _listed(condition: Condition, catalogue: Catalogue) -> str:
    field, said = condition.field, condition.said
    if field.key == "block":
        names = " hoặc ".join(_lower(block_label(code)) for code in said["codes"].split(","))
    else:
        names = _labels(said.get("codes") or said.get("code", ""), field.list_code, catalogue)
    if field.kind is Kind.RATINGS:
        return f"ít nhất {said['times']} lần {names} trong {said['years']} năm gần nhất"
    if field.kind is Kind.LEVEL:
        ending = {"ge": " trở lên", "le": " trở xuống", "is": ""}[condition.op]
        return f"{_lower(field.label)} {'từ ' if ending else ''}{names}{ending}"
    if field.key in ("sex", "block") and condition.op == "in":
        return names
    return f"{_lower(field.label)} {'không phải ' if condition.op == 'not_in' else ''}{names}"


def _held(said: Mapping[str, str], catalogue: Catalogue) -> str:
    what = _labels(said["codes"], "chuc_vu", catalogue) if said.get("codes") else "chức vụ"
    parts = [f"đã hoặc đang giữ {what}"]
    if said.get("level"):
        parts.append(POST_LEVELS[said["level"]])
    if said.get("block"):
        parts.append(f"({_lower(block_label(said['block']))})")
    if said.get("since"):
        parts.append(f"từ {shown_date(said['since'])} về sau")
    if said.get("until"):
        parts.append(f"trước {shown_date(said['until'])}")
    if said.get("months"):
        parts.append(f"ít nhất {said['months']} tháng")
    return " ".join(parts)


# changes, each a new value: a path is the place of a part in its group, in its group …: (0, 2)

Path = tuple[int, ...]


def part_at(group: Group, path: Path) -> Condition | Group:
    """The part at a path; IndexError when there is none."""
    part: Condition | Group = group
    for place in path:
        if not isinstance(part, Group):
            raise IndexError(path)
        part = part.parts[place]
    return part


def put(group: Group, path: Path, new: Condition | Group | None) -> Group:
    """The group with another part at the path, or without it. IndexError when there is none."""
    place, rest = path[0], path[1:]
    held = group.parts[place]
    if rest:
        if not isinstance(held, Group):
            raise IndexError(path)
        new = put(held, rest, new)
    middle = () if new is None else (new,)
    return replace(group, parts=(*group.parts[:place], *middle, *group.parts[place + 1 :]))


def add(group: Group, path: Path, new: Condition | Group) -> Group:
    """The group with one more part at the end of the group at the path (() is the group itself)."""
    held = part_at(group, path)
    if not isinstance(held, Group):
        raise IndexError(path)
    grown = replace(held, parts=(*held.parts, new))
    return put(group, path, grown) if path else grown
