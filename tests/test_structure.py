"""The house's own rules: declared routes, floors, sizes, words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from factories import World
from flask import Flask
from web_walk import TYPED_IDS, Walker

from oms import create_app
from oms.domain.access import Action
from oms.web.guard import PUBLIC, declared_action

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("vietnamese", "scanning", "search_index", "oms")
MAX_LINES, MAX_FUNCTION = 500, 50


@pytest.fixture
def app(world: World) -> Flask:
    made = create_app(world.house.settings, world.clock)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def sources() -> list[Path]:
    """Every Python file of the project (no git needed: the project may be a plain folder)."""
    outside = {".venv", "var", "node_modules"}
    found = ROOT.rglob("*.py")
    return sorted(path for path in found if not outside & set(path.relative_to(ROOT).parts))


def test_every_route_declares_its_action_or_is_public(app: Flask) -> None:
    undeclared = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC and not isinstance(declared_action(app, rule.endpoint), Action)
    ]
    assert undeclared == []


def test_public_routes_exist_and_show_no_record(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(PUBLIC) <= endpoints
    door = {"auth.login", "auth.login_post", "auth.passkey_options", "auth.passkey_post"}
    witness = {"anchors.head", "anchors.cosignature"}  # with a token of their own; test_anchors holds them to it
    probes = {"probes.health", "probes.ready"}  # words alone; test_probes holds them to it
    assert set(PUBLIC) == {"static", "fonts.font", "auth.language", "api.document"} | door | witness | probes


def test_security_headers_on_every_kind_of_answer(app: Flask, world: World) -> None:
    walker, seen = Walker(app, world), set()
    for username, path in ((None, "/dang-nhap"), ("reviewer", "/nhat-ky"), ("leader", "/"), ("leader", "/khong-co")):
        response = walker.client(username).get(path)
        policy = response.headers["Content-Security-Policy"]
        nonces = re.findall(r"script-src 'nonce-([\w-]{24})';", policy)
        assert len(nonces) == 1 and nonces[0] not in seen, "scripts run by a nonce of their own answer alone"
        seen.add(nonces[0])
        tags = re.findall(r"<script[^>]*>", response.get_data(as_text=True))
        assert tags and all(f'nonce="{nonces[0]}"' in tag for tag in tags)
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"


def test_every_post_needs_its_token(world: World) -> None:
    app = create_app(world.house.settings, world.clock)
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    client = app.test_client()
    for rule in posts:
        values = {name: (TYPED_IDS | {"unit_id": "1"}).get(name, "1" * 32) for name in rule.arguments}
        with app.test_request_context():
            path = rule.build(values)[1]  # type: ignore[index]
        if rule.endpoint == "anchors.cosignature":  # a program's door with a word of its own; test_anchors holds it
            assert client.post(path).status_code == 404
            continue
        if rule.endpoint.startswith("api."):  # where no cookie opens anything: a token of its own, or nothing
            assert client.post(path).status_code == 401, rule.endpoint
            continue
        assert client.post(path).status_code in (302, 400), rule.endpoint
        if rule.endpoint in PUBLIC:
            assert client.post(path).status_code == 400, rule.endpoint


def test_import_contracts_hold() -> None:
    done = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stdout.decode()[-2000:]


def test_flask_only_in_the_web() -> None:
    allowed = ("oms/web/", "oms/__init__.py", "oms/cli.py", "wsgi.py", "tests/", "migrations/")
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(allowed):
            assert not re.search(r"^\s*(from|import) flask", path.read_text(), re.M), name


def test_sizes() -> None:
    too_long = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("migrations/"):
            continue
        text = path.read_text()
        if text.count("\n") > MAX_LINES:
            too_long.append(f"{name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > MAX_FUNCTION:
                    too_long.append(f"{name}:{node.name}: {lines} lines")
    assert too_long == []


def test_no_drawers() -> None:
    names = {path.stem for path in sources()}
    assert not names & {"utils", "helpers", "common", "misc", "manager"}


def test_clock_and_session_only_in_the_web() -> None:
    """No hidden inputs: services get ``now`` and the principal as arguments."""
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("oms/domain/", "oms/store/", "oms/services/")):
            text = path.read_text()
            for word in ("datetime.now(", "datetime.utcnow(", "time.time(", "current_user", "flask.g"):
                assert word not in text, f"{name}: {word}"


def test_templates_never_switch_escaping_off_and_hold_no_inline_code() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert "|safe" not in text.replace(" ", ""), path.name
        assert "autoescape" not in text, path.name
        assert not re.search(r"\sstyle=", text), path.name
        assert not re.search(r"\son[a-z]+=", text), path.name
        assert not re.search(r'<script(?![^>]*(\bsrc=|type="application/json"))', text), path.name


def test_nothing_comes_from_other_hosts() -> None:
    """Pages run on isolated networks: no address but our own in templates, styles and scripts."""
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "oms/static").rglob("*.*")]
    for path in files:
        if path.suffix in (".html", ".css", ".js"):
            found = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
            assert [address for address in found if "www.w3.org" not in address] == [], path.name


def test_lock_files_hold_hashes_and_name_no_registry() -> None:
    for path in (ROOT / "deploy").glob("*.lock"):
        text = path.read_text()
        assert "://" not in text
        assert "index" + "-url" not in text  # put together here: no file of ours may say it
        packages = re.findall(r"^[a-z0-9_.-]+==", text, re.M)
        assert len(packages) > 20
        for block in re.split(r"\n(?=[a-z0-9_.-]+==)", text.strip()):
            assert "--hash=sha256:" in block, block[:60]


def test_reader_and_register_know_the_same_document_types() -> None:
    """The library may not know oms and oms's domain may not know the library: this holds their lists together."""
    from oms.domain.catalogue import DOCUMENT_TYPES
    from scanning.headings import TITLES

    assert set(TITLES) == set(DOCUMENT_TYPES)
