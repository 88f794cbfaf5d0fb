"""The desk of links in the pages: lists of pairs, one pair in two columns, decisions by key, a batch at once."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from oms.domain.access import Action, permits
from oms.domain.links import Act, PairState
from oms.services import link_decide, links
from oms.services.link_decide import Asked
from oms.services.links import FIRST_TAB, TABS, FieldLine, Page, PairView, Words
from oms.web.context import now, principal, work
from oms.web.guard import needs
from oms.web.link_words import BAND_LABELS, FIELD_LABELS, PAIR_STATES, TAB_LABELS, VERDICTS
from oms.web.paging import asked_page
from oms.web.records import secrecy_of
from oms.web.typed import whole_number

blueprint = Blueprint("links", __name__, url_prefix="/lien-ket")
Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class ShownWords:
    """What one side says of a field, and where its paper is shown."""

    text: str
    page: Page | None
    box: str
    words: str


@dataclass(frozen=True)
class ShownLine:
    """One row of the two columns."""

    label: str
    verdict: str
    verdict_label: str
    bits: float | None
    left: tuple[ShownWords, ...]
    right: tuple[ShownWords, ...]


def _say(text: str, kind: str = "ok") -> None:
    session["link_news"] = {"text": text, "kind": kind}


def _tab(asked: str) -> str:
    return asked if asked in TABS else FIRST_TAB


@blueprint.get("")
@needs(Action.LINK_REVIEW)
def queue() -> str:
    """Pairs that wait for this person, or that were linked or rejected."""
    tab, paging = _tab(request.args.get("the", "")), asked_page()
    with work() as uow:
        found = links.queue(uow, principal(), tab, paging.size, paging.offset, now())
    return render_template(
        "links/queue.html",
        lines=found.lines,
        total=found.total,
        counts=found.counts,
        paging=paging,
        tab=tab,
        tabs=TAB_LABELS,
        bands=BAND_LABELS,
        states=PAIR_STATES,
        may_batch=tab == "de-xuat" and permits(principal(), Action.LINK_BATCH),
        batch=session.pop("link_batch", None),
        news=session.pop("link_news", None),
        page_secrecy=secrecy_of(*(side.dossier.secrecy for line in found.lines for side in line.seen)),
    )


def _shown(words: Words, view: PairView) -> ShownWords:
    fact = words.fact
    page = view.pages.get(fact.page_id or "") if fact is not None else None
    box = fact.box.strip("[]") if fact is not None else ""
    return ShownWords(words.text, page, box, fact.source_words if fact is not None else "")


def _line(each: FieldLine, view: PairView) -> ShownLine:
    left, right = (tuple(_shown(words, view) for words in side) for side in (each.left, each.right))
    label = FIELD_LABELS.get(each.field, each.field)
    return ShownLine(label, each.verdict, VERDICTS[each.verdict], each.bits, left, right)


def _pair_page(pair_id: str, tab: str, problem: str = "", reason: str = "") -> str:
    with work() as uow:
        view = links.open_pair(uow, principal(), pair_id, tab, now())
    return render_template(
        "links/pair.html",
        view=view,
        pair=view.pair,
        lines=[_line(each, view) for each in view.fields],
        tab=tab,
        states=PAIR_STATES,
        bands=BAND_LABELS,
        problem=problem,
        reason=reason,
        news=session.pop("link_news", None),
        page_secrecy=secrecy_of(*(side.dossier.secrecy for side in view.line.seen)),
    )


@blueprint.get("/<pair_id>")
@needs(Action.LINK_REVIEW)
def pair(pair_id: str) -> str:
    """One pair: what agrees, differs or is missing, and what each weighs."""
    return _pair_page(pair_id, _tab(request.args.get("the", "")))


DONE = {
    (Act.ACCEPT, PairState.LINKED): "Đã liên kết hai hồ sơ. Không hồ sơ nào bị sửa.",
    (Act.ACCEPT, PairState.HALF): "Đã chấp nhận cho phía của anh/chị; cặp đang chờ phía bên kia.",
    (Act.REJECT, PairState.REJECTED): "Đã bác. Cặp này chỉ được nêu lại khi dữ liệu thay đổi.",
}


@blueprint.post("/<pair_id>/quyet-dinh")
@needs(Action.LINK_REVIEW)
def decide(pair_id: str) -> Answer:
    """Keeps a decision and goes on to the next pair; an undo stays where it is."""
    tab, said = _tab(request.form.get("the", "")), request.form.get("act", "")
    version, reason = whole_number(request.form.get("version", "")), request.form.get("reason", "")
    act = Act(said) if said in tuple(Act) else None
    with work() as uow:
        following = links.following(uow, principal(), pair_id, tab)
        at = -1 if version is None or act is None else version
        asked = Asked(act or Act.ACCEPT, at, reason[:1000], seen=request.form.get("seen", ""))
        answer = link_decide.take(uow, principal(), pair_id, asked, now())
    if not answer.done:  # said in the language of the journal, as what services say
        return _pair_page(pair_id, tab, answer.words, reason[:500]), 409
    _say(_(DONE.get((asked.act, answer.state), "Đã huỷ quyết định; cặp trở lại trạng thái trước đó.")))
    if asked.act is Act.UNDO or not following:
        return redirect(url_for(".pair", pair_id=pair_id, the=tab) if asked.act is Act.UNDO else url_for(".queue"), 303)
    return redirect(url_for(".pair", pair_id=following, the=tab), 303)


@blueprint.get("/<pair_id>/trang/<page_id>.jpg")
@needs(Action.LINK_REVIEW)
def page_image(pair_id: str, page_id: str) -> Response:
    """A page that shows what is compared; its row is durable before the first byte leaves."""
    with work() as uow:
        image = links.page_image(uow, principal(), pair_id, page_id, now())
    return Response(image, mimetype="image/jpeg")


def _chosen() -> list[tuple[str, int] | tuple[str, int, str]]:
    """Pairs ticked in the list, each with the version, and the digest of what was compared, it was shown at."""
    digests = {name: digest for name, _colon, digest in (sent.partition(":") for sent in request.form.getlist("seen"))}
    found: list[tuple[str, int] | tuple[str, int, str]] = []
    for sent in request.form.getlist("pair")[: link_decide.MOST_AT_ONCE]:
        pair_id, _colon, version = sent.partition(":")
        at = -1 if (number := whole_number(version)) is None else number
        found.append((pair_id[:32], at, digests[pair_id]) if pair_id in digests else (pair_id[:32], at))
    return found


@blueprint.post("/chap-nhan-loat")
@needs(Action.LINK_BATCH, step_up=True)
def accept_batch() -> Response:
    """Accepts the ticked pairs, a row each; says how many, and offers to take the batch back."""
    with work() as uow:
        answer = link_decide.accept_batch(uow, principal(), _chosen(), now())
    _say_batch(_("Đã liên kết %(n)s cặp.", n=answer.done), answer.refused)
    if answer.done:
        session["link_batch"] = answer.batch_id
    return redirect(url_for(".queue", the="de-xuat"), 303)


def _say_batch(done: str, refused: object) -> None:
    left = list(refused) if isinstance(refused, list) else []
    words = [done, *([_("%(n)s cặp không làm được: %(why)s", n=len(left), why=left[0])] if left else [])]
    _say(" ".join(words), "doubt" if left else "ok")


@blueprint.post("/loat/<link_batch_id>/huy")
@needs(Action.LINK_BATCH, step_up=True)
def undo_batch(link_batch_id: str) -> Response:
    """Takes back what still stands of a batch."""
    with work() as uow:
        answer = link_decide.undo_batch(uow, principal(), link_batch_id, now())
    _say_batch(_("Đã huỷ liên kết của %(n)s cặp trong loạt.", n=answer.done), answer.refused)
    return redirect(url_for(".queue", the="de-xuat"), 303)
