"""What the administrator sees: agencies, accounts, mailboxes, the outbox. Nothing here changes anything yet."""

from service.web.admin.views import pages

__all__ = ["pages"]
