"""What the session cookie says, and whether it still holds."""

import hashlib

from flask import session as cookie
from flask_login import login_user

from service.agencies.records import Account
from service.database import db

_STAMP = "stamp"


def begin(account: Account) -> None:
    """Sign this account in, for twelve hours from its last page."""
    login_user(account)
    cookie.permanent = True
    cookie[_STAMP] = _stamp(account)


def load_account(account_id: str) -> Account | None:
    """The account of the cookie; None when it was shut or its password changed since.

    Taken out of the database session, so that it outlives the view's transaction.
    """
    session = db.session()
    account = session.get(Account, int(account_id)) if account_id.isdigit() else None
    if account is None or not account.active or cookie.get(_STAMP) != _stamp(account):
        return None
    session.expunge(account)
    return account


def _stamp(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]
