"""A dossier under a seal takes nothing in: what was counted and sealed must still lie there when it is received."""

from __future__ import annotations

from oms.domain.keeping import DossierState
from oms.errors import InvalidInput
from oms.store import keeping
from oms.store.db import UnitOfWork
from oms.store.tables import Dossier


def require_fileable(uow: UnitOfWork, dossier: Dossier) -> None:
    """InvalidInput when nothing may be filed into the dossier: it is under a seal, or its content is gone."""
    if dossier.state == DossierState.DISPOSED:
        raise InvalidInput("dossier_id", "Hồ sơ này đã tiêu huỷ nên không nhận thêm tài liệu.")
    if keeping.is_sealed(uow.session, dossier.id):
        raise InvalidInput("dossier_id", "Hồ sơ đang niêm phong chờ chuyển giao nên chưa nhận thêm tài liệu.")
