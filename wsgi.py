"""gunicorn's entry."""

import logging

from oms import create_app, program_log
from oms.settings import Settings
from oms.web import warm

program_log.begin(logging.WARNING)
application = create_app(Settings.from_env())
warm.begin(application)
