"""Signing in and out, and one's own password.

In: address and password. Out: a session cookie that ends when the password changes or the account is shut.
"""

from service.web.accounts.views import pages

__all__ = ["pages"]
