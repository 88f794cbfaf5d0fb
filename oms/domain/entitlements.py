"""Dates that a record and the dated rules bring about: raises, retirement, terms, Party age. Pure arithmetic.

Sources: step raises and the over-frame allowance TT 08/2013/TT-BNV; retirement age NĐ 135/2020/NĐ-CP with the notice of
six and the decision of three months of NĐ 46/2010/NĐ-CP; all of them rows of the catalogue (list ``quy_tac``), asked
for on the day they apply to. What a rule does not cover is set by hand with its legal basis (``DueOverride``).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from oms.domain.dated_rows import Catalogue, NoSuchRow, Row

DUE_LABELS: dict[str, str] = {
    "raise": "Nâng bậc lương",
    "over_frame": "Phụ cấp thâm niên vượt khung",
    "retirement": "Nghỉ hưu",
    "reappointment": "Bổ nhiệm lại",
    "term_end": "Hết thời hạn giữ chức vụ",
    "party_age": "Tuổi Đảng, Huy hiệu Đảng",
    "paper": "Giấy tờ hết hạn",
}

BADGE_STAYS = timedelta(days=60)
"""How long a badge of Party age stays on the list after its day; then the next one counts."""


@dataclass(frozen=True)
class Working:
    """What of a record the dates hang on. Dates are partial ISO text, "" when not known.

    ``posts``: (subject, since, until, months of the term or 0) of the posts held; ``papers``: (words, last day).
    """

    birth_date: str = ""
    sex: str = ""
    rank_code: str = ""
    salary_step: int = 0
    salary_from: str = ""
    seniority_percent: float = 0.0
    seniority_from: str = ""
    party_joined_on: str = ""
    position: str = ""
    appointed_on: str = ""
    reappointed_on: str = ""
    left_on: str = ""
    posts: tuple[tuple[str, str, str, int], ...] = ()
    papers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DueDate:
    """A date coming due; ``notice_on`` is the first day it is told of, ``basis`` says by which rules and values."""

    kind: str
    due_on: date
    notice_on: date
    subject: str = ""
    basis: dict[str, str] = field(default_factory=dict)


def first_day(partial: str) -> date | None:
    """The first day of a partial date; None when there is none.

    A person of whom only the year of birth is known is counted from 1 January (Law on social insurance practice).
    """
    parts = [int(part) for part in partial.split("-") if part]
    return date(*[*parts, 1, 1][:3]) if parts else None


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def retirement_row(birth: date, sex: str, catalogue: Catalogue) -> tuple[date, Row] | None:
    """The last day of work and the row of the age that counts: the first whose age is reached while it is valid.

    A person retires at the end of the month in which the age is reached (NĐ 135/2020/NĐ-CP, art. 3).
    """
    code = "retirement_age." + ("nu" if sex == "Nữ" else "nam")
    rows = [row for row in catalogue.history("quy_tac") if row.code == code]
    for row in sorted(rows, key=lambda row: row.valid_from or date.min):
        reached = add_months(birth, int(row.extra["years"]) * 12 + int(row.extra["months"]))
        if row.valid_on(reached):
            return month_end(reached), row
    return None


def _told(row: Row) -> str:
    since = f", từ {row.valid_from:%d/%m/%Y}" if row.valid_from else ""
    return f"{row.label} – {row.legal_basis}{since}"


def _lead(kind: str, due: date, catalogue: Catalogue) -> date:
    """The first day of notice: so many days before, by the rule that holds on the due date."""
    return due - timedelta(days=int(catalogue.number(f"lead.{kind}", due)))


def _retirement(who: Working, catalogue: Catalogue) -> Iterable[DueDate]:
    birth = first_day(who.birth_date)
    if birth is None or who.sex not in ("Nam", "Nữ"):
        return
    found = retirement_row(birth, who.sex, catalogue)
    if found is None:
        return
    due, row = found
    told = add_months(due, -int(catalogue.number("retirement.notice", due)))
    decided = add_months(due, -int(catalogue.number("retirement.decision", due)))
    age = f"{row.extra['years']} tuổi {row.extra['months']} tháng"
    basis = {
        "Tuổi nghỉ hưu": age,
        "Thông báo chậm nhất": f"{told:%d/%m/%Y}",
        "Quyết định chậm nhất": f"{decided:%d/%m/%Y}",
        "Căn cứ": _told(row),
    }
    if len(who.birth_date) == 4:
        basis["Lưu ý"] = "chỉ biết năm sinh, tính từ ngày 01/01"
    yield DueDate("retirement", due, min(told, _lead("retirement", due, catalogue)), "", basis)


def _pay(who: Working, catalogue: Catalogue) -> Iterable[DueDate]:
    """The next step, or at the last step the over-frame allowance: 5 % after the cycle, then 1 % each year."""
    since = first_day(who.salary_from)
    rank = catalogue.find("ngach", who.rank_code, since) if since and who.rank_code else None
    if since is None or rank is None or not who.salary_step:
        return
    steps, kind = int(rank.extra.get("steps", 0)), str(rank.extra.get("class", ""))
    code = "raise_months.A" if kind in ("A1", "A2", "A3") else "raise_months.B"
    cycle = catalogue.rule("quy_tac", code, since)
    months = int(cycle.extra["value"])
    values = {
        "Ngạch": f"{rank.code} {rank.label}, bậc {who.salary_step}/{steps}",
        "Hưởng từ": f"{since:%d/%m/%Y}, chu kỳ {months} tháng",
        "Căn cứ": _told(cycle),
    }
    if steps and who.salary_step < steps:
        due = add_months(since, months)
        subject = f"bậc {who.salary_step + 1}"
        yield DueDate("raise", due, _lead("raise", due, catalogue), subject, values)
        return
    raised = first_day(who.seniority_from)
    if who.seniority_percent and raised is not None:
        more = catalogue.rule("quy_tac", "over_frame.step", raised)
        due = add_months(raised, int(more.extra["months"]))
        percent = who.seniority_percent + float(more.extra["value"])
        values["Căn cứ"] = _told(more)
    else:
        due = add_months(since, months)
        first = catalogue.rule("quy_tac", "over_frame.first", due)
        percent = float(first.extra["value"])
        values["Căn cứ"] = _told(first)
    yield DueDate("over_frame", due, _lead("raise", due, catalogue), f"{percent:g} %".replace(".", ","), values)


def _terms(who: Working, catalogue: Catalogue) -> Iterable[DueDate]:
    """The end of each post's term; of the post in hand when no list of posts says it."""
    for subject, since, until, months in who.posts:
        ends, begun = first_day(until), first_day(since)
        if ends is not None:
            yield DueDate("term_end", ends, _lead("term", ends, catalogue), subject, {"Căn cứ": "ghi trong quyết định"})
        elif begun is not None:
            yield _term(subject, begun, months, catalogue)
    begun = max(filter(None, map(first_day, (who.appointed_on, who.reappointed_on))), default=None)
    if not who.posts and begun is not None:
        yield _term(who.position, begun, 0, catalogue)


def _term(subject: str, begun: date, months: int, catalogue: Catalogue) -> DueDate:
    rule = catalogue.rule("quy_tac", "term.months", begun)
    length = months or int(rule.extra["value"])
    due = add_months(begun, length)
    basis = {"Từ ngày": f"{begun:%d/%m/%Y}", "Thời hạn": f"{length} tháng"}
    basis["Căn cứ"] = "ghi trong quyết định" if months else _told(rule)
    return DueDate("reappointment", due, _lead("term", due, catalogue), subject[:120], basis)


def _party(who: Working, catalogue: Catalogue, today: date) -> Iterable[DueDate]:
    """The next badge of Party age, or the last while its day is not long past."""
    joined = first_day(who.party_joined_on)
    if joined is None:
        return
    rule = catalogue.rule("quy_tac", "party_age.badges", today)
    for years in sorted(int(year) for year in rule.extra["years"]):
        due = add_months(joined, 12 * years)
        if due + BADGE_STAYS >= today:
            basis = {"Ngày vào Đảng": "/".join(reversed(who.party_joined_on.split("-"))), "Căn cứ": _told(rule)}
            yield DueDate("party_age", due, _lead("birthday", due, catalogue), f"{years} năm", basis)
            return


def _papers(who: Working, catalogue: Catalogue) -> Iterable[DueDate]:
    for words, last in who.papers:
        due = first_day(last)
        if due is not None:
            yield DueDate("paper", due, _lead("paper", due, catalogue), words[:120], {"Căn cứ": "ghi trên giấy tờ"})


def due_dates(who: Working, catalogue: Catalogue, today: date) -> list[DueDate]:
    """Every date coming due of one record, by day. Who has left has none but those of papers.

    A rule that the catalogue lacks on the day it is asked for brings about no date: nothing is guessed.
    """
    left = first_day(who.left_on)
    parts: list[Callable[[], Iterable[DueDate]]] = [lambda: _papers(who, catalogue)]
    if left is None or left > today:
        parts += [
            lambda: _retirement(who, catalogue),
            lambda: _pay(who, catalogue),
            lambda: _terms(who, catalogue),
            lambda: _party(who, catalogue, today),
        ]
    found: list[DueDate] = []
    for part in parts:
        try:
            found += part()
        except NoSuchRow:
            continue
    return sorted(found, key=lambda due: (due.due_on, due.kind, due.subject))


@dataclass(frozen=True)
class ByHand:
    """A date set by hand (``due_on``), or one that is settled (``settles``), with its legal basis."""

    kind: str
    subject: str
    due_on: date | None
    settles: date | None
    legal_basis: str


def with_overrides(dues: Sequence[DueDate], by_hand: Sequence[ByHand], catalogue: Catalogue) -> list[DueDate]:
    """The dates with those set by hand in their place, without those that are settled.

    A date set by hand stands even where the rules bring about none; of several for one matter the last counts.
    """
    found = {(due.kind, due.subject): due for due in dues}
    for each in by_hand:
        key = (each.kind, each.subject)
        if each.due_on is not None:
            lead = {"over_frame": "raise", "reappointment": "term", "term_end": "term", "party_age": "birthday"}
            notice = _lead(lead.get(each.kind, each.kind), each.due_on, catalogue)
            basis = {"Đặt bằng tay": each.legal_basis}
            held = found.get(key)
            made = DueDate(each.kind, each.due_on, notice, each.subject, basis)
            found[key] = replace(made, basis={**(held.basis if held else {}), **basis})
    settled = {(each.kind, each.subject, each.settles) for each in by_hand if each.settles}
    kept = [due for key, due in found.items() if (*key, due.due_on) not in settled]
    return sorted(kept, key=lambda due: (due.due_on, due.kind, due.subject))
