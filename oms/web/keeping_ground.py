"""What the pages of the keeping desk share: their blueprint, files sent out, words of states."""

from __future__ import annotations

from flask import Blueprint, Response

from oms.domain import keeping
from oms.web.leaving import attachment
from oms.web.records import secrecy_of as secrecy_of
from oms.web.records import unit_path as unit_path
from oms.web.words import Words

blueprint = Blueprint("keeping", __name__, url_prefix="/luu-giu")

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
ORIGINALS = Words(keeping.ORIGINALS)
TRANSFER_LABELS = Words(keeping.TRANSFER_LABELS)
DISPOSAL_LABELS = Words(keeping.DISPOSAL_LABELS)
DOSSIER_LABELS = Words(keeping.DOSSIER_LABELS)
LINE_LABELS = Words(keeping.LINE_LABELS)
LOAN_STATES = Words(keeping.LOAN_LABELS)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """The words of states, for this desk's templates and the contents tab."""
    return {
        "originals": ORIGINALS,
        "transfer_labels": TRANSFER_LABELS,
        "disposal_labels": DISPOSAL_LABELS,
        "dossier_labels": DOSSIER_LABELS,
        "line_labels": LINE_LABELS,
    }


def file_answer(data: bytes, kind: str, name: str) -> Response:
    """A file to keep, under an ASCII name."""
    return Response(data, mimetype=kind, headers={"Content-Disposition": attachment(name)})
