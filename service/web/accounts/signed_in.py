"""What the session cookie says, and whether it still holds."""

import hashlib

from flask import session as cookie
from flask_login import login_user

from service.agencies.records import Account
from service.database import db

STAMP = "stamp"


def begin(account: Account) -> None:
    """Sign this account in, for twelve hours from its last page."""
    login_user(account)
    cookie.permanent = True
    cookie[STAMP] = stamp_of(account)


def load_account(account_id: str) -> Account | None:
    """The account of the cookie; None when it was shut or its password changed since.

    Taken out of the database session, so that it outlives the view's transaction.
    """
    session = db.session()
    account = session.get(Account, int(account_id)) if account_id.isdigit() else None
    if account is None or not account.active or cookie.get(STAMP) != stamp_of(account):
        return None
    session.expunge(account)
    return account


def stamp_of(account: Account) -> str:
    """Changes with the password."""
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]
