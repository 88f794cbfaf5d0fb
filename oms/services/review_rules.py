"""What the queue's rules are worth, their weights, and the list of dossiers watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.domain.access import Action, Principal
from oms.domain.catalogue import MIN_PURPOSE_TEXT
from oms.domain.journal import Verb
from oms.domain.records import day_in_hanoi
from oms.domain.unusual_rules import RULES
from oms.errors import InvalidInput, Refused
from oms.services.house import What, Why, note, require_role
from oms.store import review
from oms.store.db import UnitOfWork
from oms.store.past_walls import past_walls
from oms.store.review_tables import ReviewWatch, ReviewWeight
from vietnamese.text import nfc

STATISTICS_DAYS = 365
HEAVIEST = 10.0


@dataclass(frozen=True)
class RuleLine:
    """A rule with what became of the cases it fired on."""

    rule: str
    weight: float
    usual: float
    fired: int
    explained: int
    breach: int
    unclear: int
    open: int
    set_by: str = ""
    reason: str = ""

    @property
    def pays(self) -> float | None:
        """Share of decided cases that were a breach; None while none is decided."""
        decided = self.explained + self.breach + self.unclear
        return self.breach / decided if decided else None


def statistics(uow: UnitOfWork, principal: Principal, now: datetime) -> list[RuleLine]:
    """Every rule with its counts of the last year, those that fire most first; journalled."""
    require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_LIST)
    note(uow, principal, Verb.REVIEW_LIST, now, what=What("case"), detail={"list": "rules"})
    today = day_in_hanoi(now)
    return lines(uow, (today - timedelta(days=STATISTICS_DAYS)).isoformat(), today.isoformat())


def lines(uow: UnitOfWork, since: str, until: str) -> list[RuleLine]:
    """The rules' counts of some days."""
    counts, set_ = review.outcomes_by_rule(uow.session, since, until), review.weight_rows(uow.session)
    made = []
    for rule, known in RULES.items():
        own, found = set_.get(rule), counts.get(rule, {})
        made.append(
            RuleLine(
                rule, own[0].weight if own else known.weight, known.weight, found.get("fired", 0),
                found.get("explained", 0), found.get("breach", 0), found.get("unclear", 0), found.get("open", 0),
                own[1] if own else "", own[0].reason if own else "",
            )
        )  # fmt: skip
    return sorted(made, key=lambda line: -line.fired)


def _words(field: str, typed: str) -> str:
    words = " ".join(nfc(typed).split())[:500]
    if len(words) < MIN_PURPOSE_TEXT:
        raise InvalidInput(field, f"Hãy ghi rõ lý do, ít nhất {MIN_PURPOSE_TEXT} ký tự.")
    return words


def set_weight(uow: UnitOfWork, principal: Principal, rule: str, typed: str, reason: str, now: datetime) -> None:
    """Sets how much a rule weighs from now on; 0 drops it. Days judged before keep their scores."""
    require_role(principal, Action.REVIEW_CASE, Verb.REVIEW_WEIGH)
    if rule not in RULES:
        raise InvalidInput("rule", "Hãy chọn quy tắc.")
    try:
        weight = float(typed.strip().replace(",", "."))
    except ValueError:
        raise InvalidInput("weight", "Trọng số là một số từ 0 đến 10.") from None
    if not 0 <= weight <= HEAVIEST:
        raise InvalidInput("weight", "Trọng số là một số từ 0 đến 10.")
    words = _words("reason", reason)
    uow.session.add(ReviewWeight(rule=rule, weight=weight, reason=words, by=principal.account_id, at=now))
    uow.session.flush()
    detail = {"rule": rule, "weight": f"{weight:g}"}
    note(uow, principal, Verb.REVIEW_WEIGH, now, what=What("case"), why=Why(words), detail=detail)


def watches(uow: UnitOfWork, principal: Principal, now: datetime) -> list[tuple[ReviewWatch, str]]:
    """The dossiers watched, by the numbers the journal gives them, with who added each; journalled."""
    require_role(principal, Action.WATCH_KEEP, Verb.REVIEW_LIST)
    found = review.watches(uow.session)
    note(uow, principal, Verb.REVIEW_LIST, now, what=What("case"), detail={"list": "watches", "shown": len(found)})
    return found


def watch(uow: UnitOfWork, principal: Principal, number: str, reason: str, now: datetime) -> ReviewWatch:
    """Puts a dossier on the watch list by its number, which need not have been read yet to be refused in words.

    InvalidInput when the journal never named such a dossier: the list asks no register, so it tells nothing of one.
    """
    require_role(principal, Action.WATCH_KEEP, Verb.REVIEW_WATCH)
    label, words = " ".join(nfc(number).split())[:120], _words("reason", reason)
    with past_walls(uow.session):  # the security officer reads no journal; told is only whether it names such a dossier
        dossier_id = review.dossier_of_label(uow.session, label) if label else ""
    if not dossier_id:
        raise InvalidInput("number", "Nhật ký chưa có dòng nào về hồ sơ mang số này.")
    if any(row.dossier_id == dossier_id for row, _by in review.watches(uow.session)):
        raise InvalidInput("number", "Hồ sơ này đã có trong danh sách.")
    made = ReviewWatch(dossier_id=dossier_id, label=label, reason=words, added_by=principal.account_id, added_at=now)
    uow.session.add(made)
    uow.session.flush()
    what, why = What("dossier", dossier_id, label), Why(words)
    note(uow, principal, Verb.REVIEW_WATCH, now, what=what, why=why, detail={"act": "add"})
    return made


def unwatch(uow: UnitOfWork, principal: Principal, watch_id: str, now: datetime) -> None:
    """Takes a dossier off the list; the row stays with who took it off."""
    require_role(principal, Action.WATCH_KEEP, Verb.REVIEW_WATCH)
    row = uow.session.get(ReviewWatch, watch_id)
    if row is None or row.removed_at is not None:
        raise Refused(Verb.REVIEW_WATCH, kind="case", object_id=watch_id, reason="missing")
    row.removed_by, row.removed_at = principal.account_id, now
    what = What("dossier", row.dossier_id, row.label)
    note(uow, principal, Verb.REVIEW_WATCH, now, what=what, detail={"act": "remove"})
