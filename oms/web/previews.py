"""Pictures beside search results: only what a page of results has offered to this very session can be asked for."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

from flask import Blueprint, Response, url_for

from oms.domain.access import Action, Principal
from oms.domain.journal import Verb
from oms.errors import Refused
from oms.services import previews
from oms.services.finding import FoundPaper
from oms.web.context import house, now, principal, work
from oms.web.guard import needs

blueprint = Blueprint("previews", __name__)

NO_WORDS = "-"
_ANY = "0" * 32


def mark_of(person: Principal, page_id: str, where: str) -> str:
    """What makes an offered picture's address: nobody else, and no other words of the page, can be asked for by it."""
    said = "|".join(("preview", person.account_id, person.session_ref, page_id, where))
    return hmac.new(house().settings.secret_key.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]


@blueprint.get("/tim-kiem/anh/<page_id>/<where>/<mark>.jpg")
@needs(Action.SEARCH)
def image(page_id: str, where: str, mark: str) -> Response:
    """The lines of a page around a hit; its journal row is on the disk before the first byte leaves."""
    with work() as uow:
        if not hmac.compare_digest(mark.encode(), mark_of(principal(), page_id, where).encode()):
            raise Refused(Verb.SEARCH_PREVIEW, kind="page", object_id=page_id, reason="not offered to this session")
        data = previews.preview(uow, principal(), page_id, _words_of(where), now())
    return Response(data, mimetype="image/jpeg")


def _words_of(where: str) -> tuple[str, ...]:
    """The words an address speaks of: one of our own, as its mark says."""
    if where == NO_WORDS:
        return ()
    return tuple(urlsafe_b64decode(where + "=" * (-len(where) % 4)).decode().split())


def offers() -> Callable[[FoundPaper], str]:
    """What says where the picture of a hit is asked for, of one after another; "" when its page has no picture.

    ``url_for`` costs many times as much.
    """
    head = url_for("previews.image", page_id=_ANY, where=NO_WORDS, mark=_ANY).partition(_ANY)[0]
    person, asked = principal(), cache(_asked)

    def offer(paper: FoundPaper) -> str:
        if paper.page is None or not paper.page.image_sha:
            return ""
        where = asked(paper.words)
        return f"{head}{quote(paper.page.id, safe='')}/{where}/{mark_of(person, paper.page.id, where)}.jpg"

    return offer


def _asked(words: tuple[str, ...]) -> str:
    """How an address speaks of words."""
    return urlsafe_b64encode(" ".join(words).encode()).decode().rstrip("=") or NO_WORDS
