"""gunicorn's entry."""

import logging

from oms import create_app, program_log
from oms.settings import Settings

program_log.begin(logging.WARNING)
application = create_app(Settings.from_env())
