"""How often an address may do something.

Counted in Redis; when Redis is down, in this process's memory. A fault of the counter lets the request pass:
a citizen is never stopped by it.
"""

from ipaddress import ip_address

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

# Many phones share one address of their provider: generous for a crowd, tight for a machine that fills in forms.
COMPLAINTS = "60 per minute"
MESSAGES = "30 per minute"
SIGN_IN = "10 per minute"

limiter = Limiter(key_func=get_remote_address)


def is_loopback() -> bool:
    """Whether the request comes from this machine: then it is a proxy that we were not told of (TRUSTED_PROXIES),
    and a limit would shut out everybody at once."""
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def typed_address() -> str:
    """The email address in a sign-in form: what is counted when many machines try one account."""
    return "account:" + request.form.get("email", "")[:320].strip().lower()
