"""The application: the only file that knows all doors."""

from flask import Flask

from service import cli, web
from service.config import Settings, settings
from service.database import db
from service.logs import configure_logs

# A network that vanishes without a word (a firewall that forgets, a machine that loses its power) ends a connection
# within a minute instead of two hours: what we sent stays without acknowledgement for 30 s, or an idle line does not
# answer three probes after 30 s.
CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "options": "-c idle_in_transaction_session_timeout=60000",
}


def create_app(with_settings: Settings | None = None) -> Flask:
    """A Flask app by the settings of this process."""
    chosen = with_settings or settings()
    configure_logs()
    app = Flask("service", root_path=web.ROOT, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=chosen.secret_key,
        SQLALCHEMY_DATABASE_URI=chosen.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 10,
            "max_overflow": 10,
            "connect_args": CONNECTION,
        },
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=chosen.public_url.startswith("https://"),
    )
    db.init_app(app)
    web.register(app)
    cli.register(app)
    return app
