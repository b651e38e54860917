"""Everything that stands around the pages: security, sign-in, languages, limits, errors."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for
from flask_babel import Babel, gettext
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from service import clock
from service.config import Settings, settings
from service.web import (
    accounts,
    admin,
    agency,
    desk,
    errors,
    filters,
    health,
    leadership,
    metrics,
    navigation,
    public,
    security,
)
from service.web.accounts.signed_in import load_account
from service.web.limits import limiter
from service.web.troubles import troubles

MEGABYTE = 1024 * 1024
BLUEPRINTS = (
    health.pages,
    metrics.pages,
    public.pages,
    agency.pages,
    desk.pages,
    leadership.pages,
    accounts.pages,
    admin.pages,
)

csrf = CSRFProtect()


class Number(IntegerConverter):
    """A number in an address. More than a column holds names nothing: 404, and no question to the database."""

    def __init__(self, map: Map, max: int = 2**31 - 1) -> None:
        super().__init__(map, max=max)


def set_up(app: Flask) -> None:
    """Prepare the app for its pages and add them all."""
    chosen = settings()
    app.config.update(_configuration(chosen))
    app.before_request(_note_arrival)  # first of all: what follows may read a long upload
    if chosen.trusted_proxies:
        trust = dict.fromkeys(("x_for", "x_proto", "x_host"), chosen.trusted_proxies)
        app.wsgi_app = ProxyFix(app.wsgi_app, **trust)  # type: ignore[method-assign]
    csrf.init_app(app)
    csrf.exempt(public.unsubscribe.take_unsubscribe)  # which looks itself: one click in a mail program has no token
    limiter.init_app(app)
    Babel(app, default_locale="id", default_timezone="UTC")
    _set_up_sign_in(app)
    filters.register(app)
    security.register(app)
    errors.register(app)
    app.context_processor(_for_every_template)
    app.url_map.converters["int"] = Number
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.jinja_env.globals["static_url"] = _static_url(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _configuration(chosen: Settings) -> dict[str, Any]:
    storage = chosen.redis_url.replace("unix://", "redis+unix://", 1)
    return {
        # A text is at most 20,000 characters; ten files of 10 MB and the rest of the form fit in 110 MB.
        "MAX_FORM_MEMORY_SIZE": MEGABYTE,
        "MAX_CONTENT_LENGTH": 110 * MEGABYTE,
        "WTF_CSRF_TIME_LIMIT": None,
        # The token suffices; some browsers send no Referer, and nobody shall be shut out for that.
        "WTF_CSRF_SSL_STRICT": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=365),  # every address carries the file's hash
        "RATELIMIT_STORAGE_URI": storage,
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
    }


def _note_arrival() -> None:
    """The moment at which the government had what this request brings."""
    g.arrived_at = clock.now()


def _set_up_sign_in(app: Flask) -> None:
    manager = LoginManager()
    manager.user_loader(load_account)
    manager.init_app(app)


def _for_every_template() -> dict[str, Any]:
    return {"_": gettext, "menu": navigation.menu, "current_user": current_user, "troubles": troubles}


def _static_url(app: Flask):
    """Addresses of static files with a piece of their hash, so that they may be cached for a year."""
    hashes: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in hashes:
            content = (Path(str(app.static_folder)) / name).read_bytes()
            hashes[name] = hashlib.sha256(content).hexdigest()[:10]
        return url_for("static", filename=name, v=hashes[name])

    return address
