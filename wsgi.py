"""What gunicorn and the flask command import."""

import sys

from flask_migrate import Migrate

from service.app import create_app
from service.config import ConfigError
from service.database import db

try:
    app = create_app()
except ConfigError as error:
    sys.exit(f'Settings: {error}. See the README, "In production".')
Migrate(app, db)  # here, for `flask db`: worker and poller need no Alembic in their memory
