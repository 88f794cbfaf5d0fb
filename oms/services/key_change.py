"""Changing the key that signs the journal: the old key signs for the new one, and everybody can follow."""

from __future__ import annotations

import logging
from datetime import datetime

from oms.domain.journal import Verb
from oms.errors import InvalidInput
from oms.services import sealer, sealing
from oms.services.house import House, What, note

log = logging.getLogger(__name__)
FILE = "journal_keys.txt"


def rotate(house: House, now: datetime) -> str:
    """Seals with the old key, changes it, seals with the new one; returns every change so far, as both keys signed it.

    InvalidInput while a sealer runs: it holds the old key. The statements go into each witness folder too.
    """
    with sealer.only_one(house) as alone:
        if not alone:
            raise InvalidInput("sealer", "Bộ niêm phong đang chạy: hãy dừng dịch vụ rồi đổi khoá.")
        before = house.signer.public_bytes()
        try:
            sealing.seal(house, now)
        except PermissionError:
            log.warning("a change of the key that was begun is being ended")
        head = sealing.newest_head(house)
        told = house.signer.rotate(head[0].size if head else 0)
        detail = {"old": before.hex(), "new": house.signer.public_bytes().hex()}
        with house.work(None, now) as uow:
            note(uow, None, Verb.JOURNAL_KEY, now, what=What("journal"), detail=detail)
        sealing.seal(house, now)
    for folder in (house.settings.witness, *house.settings.witness_dirs):
        try:
            (folder / FILE).write_text(told, encoding="utf-8")
        except OSError as error:
            log.error("witness folder %s: %s", folder.name, type(error).__name__)
    return told
