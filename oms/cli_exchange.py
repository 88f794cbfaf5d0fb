"""The operator's commands of the exchange: keys, card, what lies where, the server for partners."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oms.errors import InvalidInput, OmsError
from oms.services import exchange_edxml, exchange_https, exchange_partners, exchange_post
from oms.services.exchange_edxml import Typed
from oms.services.exchange_keys import fingerprint_of, read_card
from oms.services.exchange_place import Place
from oms.services.exchange_receive import arrive
from oms.services.house import House
from oms.settings import Settings
from oms.store import packages


def _now() -> datetime:
    return datetime.now(UTC)


def _house() -> House:
    return House(Settings.from_env())


def _keys(args: argparse.Namespace) -> int:
    """Makes the keys of the exchange; with --new others in their place."""
    made = exchange_partners.make_keys(_house(), _now(), anew=args.new)
    print("keys made; give partners the new card (oms exchange card)" if made else "the keys are there already")
    return 0


def _card(args: argparse.Namespace) -> int:
    """Writes our public card, or tells what a card says of its keys."""
    if args.read:
        try:
            card = read_card(Path(args.read).read_bytes())
        except InvalidInput as problem:
            print(f"oms: {problem.message_vi}", file=sys.stderr)
            return 1
        print(f"{card.name} ({card.code}), {card.zone}, {card.address or 'folder'}")
        print(fingerprint_of(card.verify_key, card.recipient, card.fingerprint))
        return 0
    house = _house()
    with house.look() as uow:
        data = exchange_partners.own_card(uow, house.settings, _now())
    if args.out:
        Path(args.out).write_bytes(data)
    else:
        sys.stdout.write(data.decode())
    card = read_card(data)
    print(fingerprint_of(card.verify_key, card.recipient, card.fingerprint), file=sys.stderr)
    return 0


def _trust(_args: argparse.Namespace) -> int:
    """Lists partners with the groups to be compared; trusting one takes two persons on the pages."""
    with _house().look() as uow:
        for row in packages.partners(uow.session):
            keys = exchange_partners.keys_of(row)
            print(f"{row.state}\t{row.code}\t{row.name}\t{row.address or 'folder'}\t{keys}")
    return 0


def _send(_args: argparse.Namespace) -> int:
    """Sends what is queued and due now, as the housekeeper does."""
    house = _house()
    place = Place(house.settings)
    if not place.keys.made:
        print("oms: no keys: oms exchange keys", file=sys.stderr)
        return 1
    place.make()
    made = exchange_post.make_receipts(house, place, _now)
    print(f"{made} receipts made, {exchange_post.send_waiting(house, place, _now)} packages sent")
    return 0


def _receive(args: argparse.Namespace) -> int:
    """Takes sealed files in as far as their check; the files stay where they are."""
    house, failed = _house(), 0
    for name in args.files:
        arrival = arrive(house, Path(name), _now())
        failed += bool(arrival.words)
        print(f"{name}: {arrival.words or ('known already' if arrival.repeated else 'checked, waits on /trao-doi')}")
    return 1 if failed else 0


def _edxml(args: argparse.Namespace) -> int:
    """Writes a sent package as an edXML envelope for the State's document axis."""
    typed = Typed(args.code, args.date, args.place, args.signer, args.position)
    try:
        made = exchange_edxml.by_operator(_house(), args.package, typed, _now())
    except OmsError as problem:
        print(f"oms: {problem.message_vi}", file=sys.stderr)
        return 1
    Path(args.out or made.name).write_bytes(made.data)
    print(f"{args.out or made.name}: {len(made.data)} bytes")
    return 0


def _list(_args: argparse.Namespace) -> int:
    """Counts packages by direction, kind and state; names nobody."""
    with _house().look() as uow:
        for direction, kind, state, count in packages.counts(uow.session):
            print(f"{direction}\t{kind}\t{state}\t{count}")
    return 0


def _serve(_args: argparse.Namespace) -> int:
    """Runs the server for partners until stopped."""
    from gunicorn.app.base import BaseApplication

    house = _house()
    settings, place = house.settings, Place(house.settings)
    if not place.keys.made:
        print("oms: no keys: oms exchange keys", file=sys.stderr)
        return 1
    options = {
        "bind": f"{settings.exchange_host}:{settings.exchange_port}",
        "worker_class": "gthread",
        "workers": 1,
        "threads": 8,
        "timeout": 180,
        "certfile": str(place.keys.tls_certificate),
        "keyfile": str(place.keys.tls_key),
        "ca_certs": str(exchange_https.write_authorities(house)),
        "cert_reqs": 2,  # ssl.CERT_REQUIRED
        "do_handshake_on_connect": False,
        "accesslog": None,
        "loglevel": "warning",
    }

    class Running(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return exchange_https.Server(House(settings))

    house.database.close()
    print(f"exchange: https://{settings.exchange_host}:{settings.exchange_port}", flush=True)
    Running().run()
    return 0
