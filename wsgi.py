"""gunicorn's entry."""

from oms import create_app
from oms.settings import Settings

application = create_app(Settings.from_env())
