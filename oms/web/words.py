"""The catalogues' words in the page's language. The domain holds them in Vietnamese; they are translated when shown.

The names are those of ``oms.domain.catalogue`` and its neighbours, so that pages import them from here instead.
``deploy/labels.py`` brings the same words into the English catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from oms import settings
from oms.domain import approvals, catalogue, consistency, kin, organisation, policy, record_items, records
from oms.domain.catalogue import MIN_PURPOSE_TEXT as MIN_PURPOSE_TEXT
from oms.web.sayings import gettext

Key = TypeVar("Key")


class Words(Mapping[Key, str]):
    """Codes to words, each word translated at the moment it is asked for."""

    def __init__(self, vietnamese: Mapping[Key, str]) -> None:
        self._vietnamese = vietnamese

    def __getitem__(self, key: Key) -> str:
        return str(gettext(self._vietnamese[key]))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._vietnamese)

    def __len__(self) -> int:
        return len(self._vietnamese)


DOCUMENT_TYPES = Words(catalogue.DOCUMENT_TYPES)
COMPARTMENTS = Words(catalogue.COMPARTMENTS)
SECRECY_LABELS = Words(catalogue.SECRECY_LABELS)
ROLE_LABELS = Words(catalogue.ROLE_LABELS)
PURPOSES = Words(catalogue.PURPOSES)
PURPOSE_LABELS = Words(catalogue.PURPOSE_LABELS)
FIELD_LABELS = Words(catalogue.FIELD_LABELS)
TABLE_LABELS = Words(catalogue.TABLE_LABELS)
COLUMN_LABELS = Words(catalogue.COLUMN_LABELS)
VERB_LABELS = Words(catalogue.VERB_LABELS)
OUTCOME_LABELS = Words(catalogue.OUTCOME_LABELS)
OBJECT_LABELS = Words(catalogue.OBJECT_LABELS)
BLOCK_LABELS = Words(organisation.BLOCK_LABELS)
UNIT_KINDS = Words(organisation.KIND_LABELS)
UNIT_KIND_WORDS = Words(organisation.KIND_WORDS)
STATE_LABELS = Words(records.STATE_LABELS)
ITEM_LABELS = Words(record_items.LABELS)
ITEM_COLUMNS = Words(record_items.COLUMNS)
SECTION_LABELS = Words(record_items.SECTION_LABELS)
SENSITIVE_LABELS = Words(record_items.SENSITIVE_LABELS)
CONTRADICTION_KINDS = Words(consistency.KIND_LABELS)
CONTRADICTIONS = Words(consistency.MESSAGES)
ZONES = Words(settings.ZONES)
APPROVAL_KINDS = Words(approvals.KIND_LABELS)
APPROVAL_STATES = Words(approvals.STATE_LABELS)
HINDRANCES = Words(approvals.HINDRANCES)
KIN_RELATIONS = Words(kin.RELATIONS)
GRANT_KINDS = Words(approvals.GRANT_KINDS)
POLICY_LABELS = Words(policy.LABELS)
POLICY_UNITS = Words(policy.UNITS)


def type_title(code: str) -> str:
    """The name of a document type in the page's language; the code itself when the catalogue does not hold it."""
    return DOCUMENT_TYPES.get(code, code)
