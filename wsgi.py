"""What gunicorn and the flask command import."""

import sys

from service.app import create_app
from service.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(f'Settings: {error}. See the README, "In production".')
