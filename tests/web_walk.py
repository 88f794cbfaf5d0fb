"""Walks every route that takes an id, as insider, wrong unit, low clearance, wrong role and anonymous."""

from __future__ import annotations

import copy
import json
import re
from uuid import uuid4

import walk_alerts
import walk_case_issue
import walk_cases
import walk_changes
import walk_consult
import walk_criteria
import walk_directives
import walk_duties
import walk_exchange
import walk_exchange_astray
import walk_exchange_in
import walk_figures
import walk_imports
import walk_keeping
import walk_links
import walk_lists
import walk_procedures
import walk_profiles
import walk_record
import walk_reports
import walk_review
import walk_search
import walk_secrecy
import walk_sign_in
import walk_units
from factories import PASSWORD, START, World
from flask import Flask
from flask.testing import FlaskClient
from walk_case import READ_OUT, Case

from oms.services import custody, desk, pile, scanner, tasks
from oms.store import checks, papers

MISSING = "f" * 32
AREAS = (
    walk_record,
    walk_changes,
    walk_keeping,
    walk_consult,
    walk_units,
    walk_links,
    walk_lists,
    walk_procedures,
    walk_cases,
    walk_directives,
    walk_case_issue,
    walk_imports,
    walk_profiles,
    walk_criteria,
    walk_reports,
    walk_search,
    walk_secrecy,
    walk_review,
    walk_alerts,
    walk_sign_in,
    walk_duties,
    walk_exchange,
    walk_exchange_in,
    walk_exchange_astray,
    walk_figures,
)
TYPED_IDS = {
    "batch_id": MISSING,
    "scan_id": MISSING,
    "document_id": MISSING,
    "page_id": MISSING,
    "dossier_id": MISSING,
    "task_id": MISSING,
    "account_id": MISSING,
    "check_id": MISSING,
    "file_id": MISSING,
    "run_id": MISSING,
    **{name: value for area in AREAS for name, value in area.MISSING_IDS.items()},
}


# wrong unit, too low a clearance (the desk paper and the dossier are Mật), wrong roles
DESK_OUT = ("clerk.gov", "clerk.low", "leader", "reviewer", "admin")
# as at the desk, and whoever filed the paper
CHECK_OUT = ("officer", *DESK_OUT)
STEER_OUT = ("officer.gov", "clerk", "leader", "reviewer", "admin")
# reading is no right to take a copy away: the leader who may read is outside here
EXPORT_OUT = ("officer.gov", "leader", "clerk", "reviewer", "admin")
BATCH_OUT = ("clerk.gov", "leader", "reviewer", "admin")
EDIT = {
    "version": "2",
    "secrecy": "1",
    "type_code": "quyet_dinh",
    "title": "Tên tài liệu",
    "note": "lý do rõ",
    "position": "2",
}

ID_ROUTES: dict[str, Case] = {
    "scanning_desk.batch": Case("clerk", BATCH_OUT),
    "scanning_desk.progress": Case("clerk", BATCH_OUT),
    "scanning_desk.upload": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.close": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.retry": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.settle": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.scanners": Case("clerk", BATCH_OUT),
    "scanning_desk.find_scanners": Case("clerk", BATCH_OUT, (302,), True),
    "scanning_desk.scan_stack": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.scanner_progress": Case("clerk", BATCH_OUT),
    "scanning_desk.stop_scanning": Case("clerk", BATCH_OUT, (302,), True),
    "scanning_desk.add_paper_file": Case("clerk", BATCH_OUT, (302, 400), True, {"label": "Tập"}),
    "scanning_desk.change_paper_file": Case("clerk", BATCH_OUT, (302, 400), True, {"label": "Tập"}),
    "scanning_desk.remove_paper_file": Case("clerk", BATCH_OUT, (302,), True),
    "scanning_desk.explain_paper_file": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.explain_batch": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.record": Case("clerk", BATCH_OUT),
    "scanning_desk.sheet_choice": Case("clerk", BATCH_OUT),
    "scanning_desk.print_sheets": Case("clerk", BATCH_OUT, (200,), True, {"t-quyet_dinh": "1"}),
    "scanning_desk.scan_pages": Case("clerk", BATCH_OUT),
    "scanning_desk.assign_pages": Case("clerk", BATCH_OUT, (302,), True, {"pages": "1"}),
    "scanning_desk.put_back_pages": Case("clerk", BATCH_OUT, (302,), True),
    "scanning_desk.collate": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.uncollate": Case("clerk", BATCH_OUT, (302, 400), True),
    "scanning_desk.mark_page": Case("clerk", BATCH_OUT, (302,), True, {"as": "blank"}),
    "scanning_desk.unmark_page": Case("clerk", BATCH_OUT, (302,), True),
    "scanning_desk.document": Case("clerk", DESK_OUT),
    "scanning_desk.save": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT),
    "scanning_desk.file": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT),
    "scanning_desk.aside": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT),
    "scanning_desk.undo": Case("clerk", DESK_OUT, (302,), True, EDIT),
    "scanning_desk.split": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT),
    "scanning_desk.join": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT),
    "scanning_desk.page_step": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT | {"act": "reread/"}),
    "scanning_desk.page_state": Case("clerk", DESK_OUT),
    "checks.check": Case("clerk", CHECK_OUT),
    "checks.decide": Case("clerk", CHECK_OUT, (302, 400), True, EDIT),
    "checks.settle": Case("clerk", CHECK_OUT, (302,), True, EDIT),
    "checks.page_image": Case("clerk", CHECK_OUT),
    "checks.shares": Case("officer", STEER_OUT, (302,), True, {"share_2": "30", "share_3": "10"}),
    "checks.draw": Case("officer", STEER_OUT, (302,), True),
    "scanning_desk.new_cadre": Case("clerk", DESK_OUT, (200, 302, 400), True, EDIT),
    "scanning_desk.page_image": Case("clerk", DESK_OUT),
    "scanning_desk.word": Case("clerk", DESK_OUT, (200,), True, {"word": "0", "text": "sửa"}),
    "records.dossier": Case("leader", READ_OUT),
    "records.open": Case("leader", READ_OUT, (302, 400), True, {"purpose": "quy_hoach", "reason": "rà soát quy hoạch"}),
    "records.document": Case("leader", READ_OUT),
    "records.page_image": Case("leader", READ_OUT),
    "copies.sign": Case("officer", EXPORT_OUT, (302,), True),
    "copies.remake": Case("officer", EXPORT_OUT, (302,), True),
    "copies.take": Case("officer", EXPORT_OUT, (302,)),
    "copies.preview": Case("officer", EXPORT_OUT),
    "copies.export": Case("officer", EXPORT_OUT, (200, 400), True),
    "tasks.close": Case("officer", ("officer.gov", "clerk", "reviewer", "admin"), (302,), True),
    "admin.toggle": Case("admin", ("leader", "clerk", "reviewer"), (302,), True),
    "admin.reset": Case("admin", ("leader", "clerk", "reviewer", "security"), (302,), True),
}

for _area in AREAS:
    ID_ROUTES |= _area.CASES


def desk_of(endpoint: str) -> int | None:
    """The number of the desk that makes more objects for this route."""
    return next((number for number, area in enumerate(AREAS) if endpoint in area.CASES), None)


class Walker:
    """One world with a real object behind every id, and a signed-in client for each person.

    A walker made ``after`` another in the same world has objects of its own, and the other's clients.
    """

    def __init__(self, app: Flask, world: World, after: Walker | None = None) -> None:
        self.app, self.world, self.turn = app, world, 0 if after is None else after.turn + 1
        self._clients: dict[str | None, FlaskClient] = {}
        self._made: dict[int, dict[str, str]] = {}
        from oms.domain.access import Role

        if after is None:
            world.account("clerk.low", Role.SCANNING_CLERK, "D-BTC", "D", clearance=0)
        else:
            self._clients = after._clients
        row = world.dossier(secrecy=1)
        self.dossier = row.dossier.id
        self.filed = world.filed(row)
        self.waiting = world.paper(pages=3, secrecy=1)
        self._remember(world)

    def _remember(self, world: World) -> None:
        clerk, officer, leader = world.who("clerk"), world.who("officer"), world.who("leader")
        with world.work(clerk) as uow:
            view = desk.open_document(uow, clerk, self.waiting, world.clock())
            self.batch, self.scan = view.batch.id, view.scan.id
            self.desk_page = view.pages[0].page.id
            # a saved change, so that there is something to undo
            desk.save(uow, clerk, self.waiting, 1, desk.Edit("quyet_dinh", "Tên", secrecy=1), world.clock())
        with world.work(officer) as uow:
            unit = world.units["D-BTC"]
            self.task = tasks.create_task(uow, officer, "NV-1", "Rà soát quy hoạch", unit, world.clock()).id
            self.filed_page = papers.pages_of_document(uow.session, self.filed)[0].id
            self.check = checks.of_document(uow.session, self.filed)[0].id
        self.account = world.who("clerk2").account_id
        with world.work(clerk) as uow:
            self.paper_file = pile.add(uow, clerk, self.batch, pile.Counted("Tập giấy", 3), world.clock()).id
        self.run = self._run(world)
        for reader in (leader, officer):
            world.open(reader, self.dossier)
        with world.work(leader) as uow:
            reason = "rà soát quy hoạch năm 2026"
            custody.open_dossier(uow, leader, self.dossier, "quy_hoach", "", reason, 60, world.clock())

    def _run(self, world: World) -> str:
        """A run of a scanner as it stands in its folder while it waits for its process."""
        run_id = uuid4().hex
        folder = scanner.folder_of(world.house.settings) / run_id
        folder.mkdir()
        asked = {"batch_id": self.batch, "device": "test:0", "source": "", "mode": "", "resolution": 300}
        told = {"paper_file_id": "", "collation": "", "by": world.who("clerk").account_id, "at": START.isoformat()}
        (folder / "run.json").write_text(json.dumps(asked | told))
        return run_id

    def ids_for(self, endpoint: str) -> dict[str, str]:
        """The real ids for a route: desk routes get the waiting paper, reading routes the filed one."""
        at_desk = endpoint.startswith("scanning_desk.")
        desk = desk_of(endpoint)
        more = {} if desk is None else self._made_by(desk)
        return {
            "batch_id": self.batch,
            "scan_id": self.scan,
            "document_id": self.waiting if at_desk else self.filed,
            "page_id": self.desk_page if at_desk else self.filed_page,
            "dossier_id": self.dossier,
            "task_id": self.task,
            "account_id": self.account,
            "file_id": self.paper_file,
            "run_id": self.run,
            "check_id": self.check,
            **more,
        }

    def _made_by(self, number: int) -> dict[str, str]:
        """The objects of one desk, made once a walker."""
        if number not in self._made:
            self._made[number] = AREAS[number].ids(self)
        return self._made[number]

    def in_copy(self, app: Flask, world: World) -> Walker:
        """The same objects and the same sessions in a copy of this walker's world."""
        twin = copy.copy(self)
        twin.app, twin.world, twin._made = app, world, dict(self._made)
        twin._clients = {username: _same_session(client, app) for username, client in self._clients.items()}
        return twin

    def client(self, username: str | None) -> FlaskClient:
        if username not in self._clients:
            client = self.app.test_client()
            if username:
                done = client.post("/dang-nhap", data={"username": username, "password": PASSWORD})
                assert done.status_code == 302, username
            self._clients[username] = client
        return self._clients[username]

    def answer(self, username: str | None, endpoint: str, ids: dict[str, str]) -> tuple[int, str]:
        """Status and body, with the ids asked for, the number to quote and the tokens taken out."""
        rule = next(rule for rule in self.app.url_map.iter_rules() if rule.endpoint == endpoint)
        wanted = {name: ids[name] for name in rule.arguments}
        with self.app.test_request_context():
            path = rule.build(wanted)[1]  # type: ignore[index]
        case, client = ID_ROUTES[endpoint], self.client(username)
        form = case.form | {"unit_id": str(self.world.units["D-BTC"])}
        response = client.post(path, data=form) if case.post else client.get(path)
        body = response.get_data().decode(errors="replace") + str(response.headers.get("Location", ""))
        return response.status_code, _without_noise(body, wanted)


def _same_session(client: FlaskClient, app: Flask) -> FlaskClient:
    twin, kept = app.test_client(), client.get_cookie("oms")
    if kept is not None:
        twin.set_cookie("oms", kept.value)
    return twin


def _without_noise(body: str, ids: dict[str, str]) -> str:
    for value in ids.values():
        # a short number stands in dates and sizes too: only where it is part of an address
        body = body.replace(value, "ID") if len(value) > 8 else re.sub(rf"(?<=/){value}(?![\w-])", "ID", body)
    body = re.sub(r'name="csrf-token" content="[^"]*"|name="csrf_token"[^>]*value="[^"]*"|nonce="[^"]*"', "TOKEN", body)
    return re.sub(r"\b[0-9a-f]{8}\b", "NUMBER", body)
