"""Routes with ids of the exchange: packages that came or go, and partners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walk_case import Case

from oms.store.package_tables import ExchangePackage, ExchangePartner, ExchangeRecord

if TYPE_CHECKING:
    from web_walk import Walker

# the package is of a dossier that is Mật: as the keeping of dossiers
OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")
ADMIN_OUT = ("officer", "leader", "clerk", "reviewer", "security")

CASES: dict[str, Case] = {
    "exchange.package": Case("officer", OUT),
    "exchange.stop": Case("officer", OUT, (302, 409), True),
    "exchange.take_out": Case("officer", OUT, (400, 409), True),
    "exchange.receipt": Case("officer", OUT, (409,), True),
    "exchange.envelope": Case("officer", OUT, (400, 409), True),
    "exchange.revoke": Case("admin", ADMIN_OUT, (302, 400), True, {"reason": ""}),
    "exchange.address": Case("admin", ADMIN_OUT, (302, 400), True, {"address": "x"}),
}
MISSING_IDS: dict[str, str] = {"exchange_id": "f" * 32, "partner_id": "f" * 32}

STATEMENT = (
    '{"kind": "records", "purpose": "bo_nhiem", "reason": "", "legal_basis": "", "highest_level": 1, '
    '"sender": {"name": "Tỉnh khác", "code": "Z"}, "receiver": {"name": "P", "code": "P"}, '
    '"counts": {"records": 1, "facts": 0, "papers": 0, "pages": 0}}'
)


def partner(walker: Walker, turn: int) -> ExchangePartner:
    """A partner as a card makes it, in force."""
    world = walker.world
    return ExchangePartner(
        name="Tỉnh khác",
        code=f"Z{turn}",
        zone="isolated_lan",
        verify_key=f"{turn:064x}",
        recipient="age1",
        fingerprint=f"{turn:064x}",
        state="active",
        added_by=world.who("admin").account_id,
        added_at=world.clock(),
    )


def ids(walker: Walker, direction: str = "out", state: str = "queued", place: int = 0) -> dict[str, str]:
    """Real ids for the routes of this desk, made in the walker's world: a package about the walker's dossier.

    ``place``: of the areas that make one here (one world has them all), which.
    """
    world = walker.world
    turn = 3 * walker.turn + place
    with world.work() as uow:
        known = partner(walker, turn)
        uow.session.add(known)
        uow.session.flush()
        package = ExchangePackage(
            direction=direction,
            package_id=f"{turn:032x}",
            kind="records",
            number=f"TD-{turn}",
            partner_id=known.id,
            unit_id=world.units["D-BTC"],
            secrecy=1,
            state=state,
            digest="0" * 64,
            file="0" * 64,
            body=STATEMENT,
            by=world.who("officer").account_id,
            at=world.clock(),
        )
        uow.session.add(package)
        uow.session.flush()
        uow.session.add(ExchangeRecord(package_id=package.id, dossier_id=walker.dossier))
        return {"exchange_id": package.id, "partner_id": known.id}
