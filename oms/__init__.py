"""OMS: the house wired together; no logic here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Blueprint, Flask

    from oms.settings import Settings
    from oms.web.context import Clock


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The web application of one installation."""
    from flask import Flask
    from flask_wtf import CSRFProtect
    from werkzeug.middleware.proxy_fix import ProxyFix

    from oms.services.house import of_web
    from oms.settings import CHECKOUT
    from oms.web import api, auth, context, errors, frame, guard, observed
    from oms.web.sent import Sent

    app = Flask("oms", template_folder=str(CHECKOUT / "templates"), static_folder=str(CHECKOUT / "oms" / "static"))
    app.request_class = Sent
    app.config.update(
        DEBUG=False,  # whatever FLASK_DEBUG says
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="__Host-oms" if settings.secure_cookies else "oms",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxied:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    app.extensions["oms"] = of_web(settings)
    app.extensions["oms_clock"] = clock or context.utc_now
    observed.install(app)
    auth.login_manager.init_app(app)
    frame.install(app)
    guard.install(app)
    forms = CSRFProtect(app)  # behind the guard: it reads the whole form, which a stranger's request is not worth
    errors.install(app)
    for desk in (*_desks(), api.blueprint):
        app.register_blueprint(desk)
    forms.exempt(api.blueprint)  # no cookie opens anything there
    forms.exempt("oms.web.anchors.cosignature")  # a program with a token of its own, no browser
    return app


def load() -> None:
    """Loads every module of the pages, and opens nothing: for a process that parts into others."""
    import oms.web.warm  # noqa: F401 - what is wanted is that it is loaded

    _desks()


def _desks() -> tuple[Blueprint, ...]:
    """Every desk of the house; loaded here, so that asking for the package alone loads no Flask."""
    return (*_of_papers(), *_of_records(), *_of_office(), *_of_duties())


def _of_papers() -> tuple[Blueprint, ...]:
    """The door, scanning and reading."""
    from oms.web import (
        account,
        admin,
        auth,
        checks,
        copies,
        home,
        previews,
        probes,
        records,
        review,
        saved_searches,
        scanning_desk,
        search,
        tasks,
    )

    desks = (
        auth,
        account,
        home,
        scanning_desk,
        checks,
        records,
        copies,
        search,
        previews,
        saved_searches,
        tasks,
        review,
        admin,
        probes,
    )
    return tuple(desk.blueprint for desk in desks)


def _of_records() -> tuple[Blueprint, ...]:
    """The structured record."""
    from oms.web import (
        alerts,
        case_issue,
        cases,
        changes,
        exchange,
        figures,
        imports,
        keeping,
        link_conflicts,
        links,
        lists,
        persons,
        procedures,
        profiles,
        record,
        reports,
        rosters,
        units,
    )

    desks = (record, changes, keeping, exchange, imports, profiles, rosters, reports, alerts, units, lists)
    more = (links, link_conflicts, persons, procedures, cases, case_issue, figures)
    return tuple(desk.blueprint for desk in (*desks, *more))


def _of_office() -> tuple[Blueprint, ...]:
    """The office's work beside the procedures: directives, tasks, briefings."""
    from oms.web import briefings, directives, task_work, tokens

    return tuple(desk.blueprint for desk in (directives, task_work, briefings, tokens))


def _of_duties() -> tuple[Blueprint, ...]:
    """Who may, who did."""
    from oms.web import (
        anchors,
        approvals,
        consultations,
        emergencies,
        emergency_reviews,
        grants,
        notices,
        own_duties,
        review_desk,
        secrecy,
        secret_copies,
    )

    desks = (secrecy, secret_copies, consultations, emergencies, emergency_reviews, notices)
    duties = (approvals, grants, own_duties, anchors, review_desk)
    return tuple(desk.blueprint for desk in (*desks, *duties))
