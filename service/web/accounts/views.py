"""`/masuk`, `/keluar`, `/sandi`."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from service import clock
from service.agencies import accounts
from service.agencies.records import ROLES, Account
from service.database import transaction
from service.web.accounts import signed_in
from service.web.limits import SIGN_IN, is_loopback, limiter, typed_address
from service.web.locks import public, role_required
from service.web.navigation import home_of

pages = Blueprint("accounts", __name__)


@pages.get("/masuk")
@public
def sign_in() -> Response | str:
    """The sign-in form; who is signed in already goes to their first page."""
    if current_user.is_authenticated:
        return redirect(home_of(current_user.role), 303)
    return render_template("accounts/sign_in.html", email="", fault="")


@pages.post("/masuk")
@public
@limiter.limit(SIGN_IN, exempt_when=is_loopback)
@limiter.limit(SIGN_IN, key_func=typed_address)
def take_sign_in() -> Response | tuple[str, int]:
    """Judge address and password."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with transaction() as session:
        account = accounts.verify(session, email.replace("\0", ""), password, clock.now())
        if account is not None:
            role = account.role
            signed_in.begin(account)
    if account is None:
        fault = _("Email atau kata sandi tidak cocok.")
        return render_template("accounts/sign_in.html", email=email, fault=fault), 401
    return redirect(_safe(request.args.get("next")) or home_of(role), 303)


@pages.post("/keluar")
@public
def sign_out() -> Response:
    """End the session on this device."""
    logout_user()
    flash(_("Anda sudah keluar."))
    return redirect(url_for("accounts.sign_in"), 303)


@pages.get("/sandi")
@role_required(*ROLES)
def password() -> str:
    """The form for one's own password."""
    return render_template("accounts/password.html", faults={})


@pages.post("/sandi")
@role_required(*ROLES)
@limiter.limit(SIGN_IN, exempt_when=is_loopback)
def take_password() -> Response | tuple[str, int]:
    """Change one's own password; sessions on other devices end."""
    home = home_of(current_user.role)
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    faults = {}
    if len(new) < accounts.SHORTEST_PASSWORD or len(new) > accounts.LONGEST_PASSWORD:
        faults["new"] = _(
            "Kata sandi baru paling sedikit %(least)s huruf atau angka.", least=accounts.SHORTEST_PASSWORD
        )
    elif new != again:
        faults["again"] = _("Tidak sama dengan kata sandi baru di atas.")
    if not faults and not _change(old, new):
        faults["old"] = _("Kata sandi sekarang tidak cocok.")
    if faults:
        return render_template("accounts/password.html", faults=faults), 422
    flash(_("Kata sandi sudah diganti."))
    return redirect(home, 303)


def _change(old: str, new: str) -> bool:
    with transaction() as session:
        account = session.get_one(Account, current_user.id, with_for_update=True)
        changed = accounts.change_password(account, old, new)
        if changed:
            signed_in.begin(account)
        return changed


def _safe(address: str | None) -> str | None:
    """The page to go back to, if it is one of ours: a path, and nothing that a browser reads as another host."""
    if not address or not address.startswith("/") or "\\" in address or any(c < " " for c in address):
        return None
    parts = urlsplit(address)
    return address if not parts.netloc and not parts.scheme and not address.startswith("//") else None
