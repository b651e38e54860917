"""Mails for tests, as citizens and officers send them."""

from email.message import EmailMessage


def mail(sender: str, to: str, subject: str, text: str, **headers: str) -> bytes:
    """A plain mail; keyword arguments become headers (`In_Reply_To="<…>"`)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = headers.pop(
        "Message_ID", f"<{abs(hash((sender, subject, text)))}@{sender.split('@')[-1].strip('>')}>"
    )
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")
