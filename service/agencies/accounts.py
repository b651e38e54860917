"""Accounts and their passwords."""

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from service.agencies.records import ROLES, Account
from service.tables import Session

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
# The least that OWASP advises for Argon2id (19 MiB, two passes): some 40 ms, so that sign-ins cannot starve the form.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def create_account(session: Session, email: str, name: str, role: str, agency_id: int | None, password: str) -> Account:
    """Open an account (the caller commits); raises ValueError, in English, for the administrator."""
    if "@" not in email:
        raise ValueError(f"{email!r} is not an address")
    if role not in ROLES:
        raise ValueError(f"{role!r} is not one of {', '.join(ROLES)}")
    if (role in ("officer", "head")) != (agency_id is not None):
        raise ValueError("officers and heads belong to an agency, and nobody else does")
    if find(session, email):
        raise ValueError(f"{email} has an account already")
    account = Account(
        email=_plain(email),
        name=name.strip(),
        role=role,
        agency_id=agency_id,
        password_hash=hash_password(password),
        active=True,
        signed_in_at=None,
    )
    session.add(account)
    session.flush()
    return account


def find(session: Session, email: str) -> Account | None:
    """The account with this address, in whatever case it is written."""
    return session.scalar(select(Account).where(Account.email == _plain(email)))


def verify(session: Session, email: str, password: str, now: datetime) -> Account | None:
    """Whose address and password these are; None for a wrong one, an unknown address or a shut account.

    An unknown address takes as long as a wrong password, so that the time does not tell who has an account.
    Notes the sign-in (the caller commits).
    """
    account = find(session, email)
    if not _matches(account.password_hash if account else _nobodys_hash(), password):
        return None
    if account is None or not account.active:
        return None
    if _hasher.check_needs_rehash(account.password_hash):
        account.password_hash = _hasher.hash(password)
    account.signed_in_at = now
    return account


def change_password(account: Account, old: str, new: str) -> bool:
    """Replace the password (the caller commits); False when `old` is wrong. Raises ValueError for a `new` too short."""
    if not _matches(account.password_hash, old):
        return False
    account.password_hash = hash_password(new)
    return True


def everyone(session: Session) -> list[Account]:
    """All accounts, by role and name."""
    return list(session.scalars(select(Account).order_by(Account.role, Account.name)))


def hash_password(password: str) -> str:
    """The Argon2id hash to keep; raises ValueError when the password is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _hasher.hash(password)


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def _plain(email: str) -> str:
    return email.strip().lower()
