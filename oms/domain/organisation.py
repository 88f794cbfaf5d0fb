"""Units and blocks: the tree that scopes are cut from."""

from __future__ import annotations

from enum import StrEnum


class Block(StrEnum):
    """The three blocks whose files are kept apart, and the province level above them."""

    PARTY = "party"
    FRONT = "front"
    GOVERNMENT = "government"
    ALL = "all"


BLOCK_LABELS = {
    Block.PARTY: "Khối Đảng",
    Block.FRONT: "Khối MTTQ – đoàn thể",
    Block.GOVERNMENT: "Khối chính quyền",
    Block.ALL: "Liên khối",
}


def child_path(parent_path: str, unit_id: int) -> str:
    """Materialised path of a unit: ids from the root, joined by "/" ("1/5/22")."""
    return f"{parent_path}/{unit_id}" if parent_path else str(unit_id)


def ancestors(path: str) -> list[str]:
    """Every prefix of the path from the root down, the path itself last."""
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def block_path(path: str) -> str:
    """Path of the block a unit belongs to: the part just below the province ("1/2/7" -> "1/2")."""
    return "/".join(path.split("/")[:2])
