"""What the administrator sees: agencies, accounts, mailboxes, the health of mail. Nothing here changes anything yet."""

from service.web.admin import mail_health, views
from service.web.admin.pages import pages

__all__ = ["mail_health", "pages", "views"]
