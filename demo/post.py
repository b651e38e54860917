"""Handing mails to the mail server, as a mail program does."""

import smtplib
from urllib.parse import urlsplit

SECONDS = 15


def send(smtp_url: str, sender: str, recipient: str, raw: bytes) -> None:
    """Send one mail by SMTP. Raises OSError or smtplib.SMTPException: try again later."""
    parts = urlsplit(smtp_url)
    with smtplib.SMTP(parts.hostname or "127.0.0.1", parts.port or 25, timeout=SECONDS) as server:
        server.sendmail(sender, [recipient], raw)
