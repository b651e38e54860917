"""Who may open which page. Every view bears one of these marks; a test walks all routes and finds one without."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, redirect, request, url_for
from flask_login import current_user

PUBLIC, TOKEN = "public", "token"

View = Callable[..., Any]


def public(view: View) -> View:
    """Open to everybody."""
    view.lock = PUBLIC  # type: ignore[attr-defined]
    return view


def token_holder(view: View) -> View:
    """Open to whoever has the unguessable or signed token in the address; the view itself judges the token."""
    view.lock = TOKEN  # type: ignore[attr-defined]
    return view


def role_required(*roles: str) -> Callable[[View], View]:
    """Open to signed-in accounts with one of these roles. A stranger is sent to sign in, others get 403."""

    def mark(view: View) -> View:
        @wraps(view)
        def locked(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return redirect(url_for("accounts.sign_in", next=_way_back()), 303)
            if current_user.role not in roles:
                abort(403)
            return view(*args, **kwargs)

        locked.lock = frozenset(roles)  # type: ignore[attr-defined]
        return locked

    return mark


def _way_back() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None
