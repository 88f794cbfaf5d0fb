"""gunicorn's entry."""

import logging

from oms import create_app, measures, program_log
from oms.services import running
from oms.settings import Settings
from oms.web import warm

program_log.begin(logging.WARNING, "web")
settings = Settings.from_env()
running.stay(settings.home, "web")
if settings.metrics:
    measures.begin(settings.figures, "web")
application = create_app(settings)
warm.begin(application)
