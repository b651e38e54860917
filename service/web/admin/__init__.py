"""What the administrator sees: agencies, accounts, mailboxes, the health of mail; and the calendar, to be edited."""

from service.web.admin import calendar, mail_health, views
from service.web.admin.pages import pages

__all__ = ["calendar", "mail_health", "pages", "views"]
