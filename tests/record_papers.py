"""Papers with values, as the desk leaves them, for the tests of the record."""

from __future__ import annotations

import json

from factories import World

from oms.store import papers
from oms.store.dossiers import DossierRow
from oms.store.tables import Document, DocumentField


def paper_saying(
    world: World,
    row: DossierRow,
    values: dict[str, str],
    by: str = "clerk",
    issued_on: str = "2020-01-01",
    source: str = "confirmed",
    doubt: str = "",
    **more: object,
) -> str:
    """A paper filed into a dossier with these values, vouched for by ``by`` (``source`` "machine": by nobody)."""
    document_id = world.filed(row, **more)  # type: ignore[arg-type]
    hand = world.who(by).account_id
    with world.work() as uow:
        uow.session.get_one(Document, document_id).issued_on = issued_on
        page = papers.pages_of_document(uow.session, document_id)[0]
        for place, (key, value) in enumerate(values.items()):
            field = DocumentField(
                document_id=document_id,
                key=key,
                value=value,
                raw=value,
                confidence=0.95,
                page_id=page.id,
                box=json.dumps([10, 20 + 30 * place, 110, 40 + 30 * place]),
                source=source,
                doubt=doubt,
                by=None if source == "machine" else hand,
                at=world.clock(),
            )
            uow.session.add(field)
    return document_id
