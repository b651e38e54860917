"""Mails in quarantine, for tests of the desk."""

import hashlib
from email.message import EmailMessage

from sqlalchemy import select

from service import clock as service_clock
from service.database import transaction
from service.intake.records import QUARANTINED, InboundMail, Mailbox
from tests.fakes.clock import FakeClock

MAIL = (
    b"From: Orang <orang@contoh.example>\r\nTo: lapor@bengkulukota.example\r\nSubject: Siring mampet\r\n"
    b"Content-Type: text/html\r\n\r\n<p>Airnya <b>bau</b>.</p><script>alert(1)</script><img src=//jahat.example/x>"
)


def hold(clock: FakeClock, complaint_id: int | None = None, party: str = "", raw: bytes = MAIL, **fields: str) -> int:
    """A mail in quarantine that has just come in; its id. `fields`: sender, subject, reason, sha256."""
    with transaction() as session:
        row = InboundMail(
            mailbox_id=_mailbox(clock), uidvalidity=1, uid=1, received_at=clock(), message_id="<a@b>", size=len(raw),
            raw=raw, status=QUARANTINED, verdict="hold", complaint_id=complaint_id, party=party,
            **{"sender": "orang@contoh.example", "subject": "Siring mampet", "reason": "Pengirim tidak dikenal",
               "sha256": hashlib.sha256(f"{fields}{service_clock.machine_clock()}".encode()).hexdigest()} | fields,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def _mailbox(clock: FakeClock) -> int:
    with transaction() as session:
        box = session.scalar(select(Mailbox).where(Mailbox.name == "lapor@mail/INBOX"))
        if box is None:
            box = Mailbox(name="lapor@mail/INBOX", uidvalidity=1, last_uid=1, read_until=clock(), leased_by=None)
            session.add(box)
            session.flush()
        return box.id


def mail(mail_id: int) -> InboundMail:
    """The mail as it now is."""
    with transaction() as session:
        row = session.get_one(InboundMail, mail_id)
        session.expunge(row)
        return row


def with_attachments(*files: tuple[str, str, bytes], text: str = "Lihat lampiran.", sender: str = "") -> bytes:
    """The bytes of a mail with these (name, content type, content)."""
    message = EmailMessage()
    message["From"], message["Subject"] = sender or "orang@contoh.example", "Berkas"
    message.set_content(text)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()
