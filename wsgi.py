"""gunicorn's entry."""

import logging

from oms import create_app, measures, program_log
from oms.services import running
from oms.settings import Settings
from oms.web import turns, warm

program_log.begin(logging.WARNING, "web")
settings = Settings.from_env()
running.stay(settings.home, "web")
if settings.metrics:
    measures.begin(settings.figures, "web")
application = create_app(settings)
application.wsgi_app = turns.Turns(application.wsgi_app, settings.web_turns)  # type: ignore[method-assign]
warm.begin(application)
