"""`/berhenti`: no more weekly digests, for whoever has the link of one. GET shows, POST acts: scanners follow links."""

from flask import abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.config import settings
from service.database import db, transaction
from service.notifications.links import read_unsubscribe_token
from service.outbox import unsubscribed
from service.web.limits import MESSAGES, is_loopback, limiter
from service.web.locks import token_holder
from service.web.public.pages import pages

# What a mail program posts when its reader presses "unsubscribe" (RFC 8058 §3.1): without session, so without a token.
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@pages.get("/berhenti/<token>")
@token_holder
def unsubscribe(token: str) -> str:
    """Whether this address gets the digests, and the button that changes it."""
    email = _email(token)
    stopped = unsubscribed.is_stopped(db.session(), email)
    address = settings().mail_address
    return render_template("public/unsubscribe.html", token=token, email=email, stopped=stopped, mail_address=address)


@pages.post("/berhenti/<token>")
@token_holder
@limiter.limit(MESSAGES, exempt_when=is_loopback)
def take_unsubscribe(token: str) -> Response | str:
    """End the digests, or begin them again. A mail program's one click is answered in one line, for nobody sees it."""
    one_click = request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]
    if not one_click:  # a page of ours was filled in: it has our token
        current_app.extensions["csrf"].protect()
    email = _email(token)
    with transaction() as session:
        if one_click or request.form.get("wish") != "again":
            unsubscribed.stop(session, email)
        else:
            unsubscribed.resume(session, email)
    return "OK" if one_click else redirect(url_for("public.unsubscribe", token=token), 303)


def _email(token: str) -> str:
    email = read_unsubscribe_token(token)
    if email is None:
        abort(404)
    return email
