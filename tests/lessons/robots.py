"""Those who answer every letter by themselves: vacation programs, mail servers, forwarding rules."""

from collections.abc import Iterable
from itertools import count

from service.mail.message import Message
from tests.lessons.post import LAPOR, Robot
from tests.mails import mail

_NUMBERS = count(1)


def answering(address: str, text: str, *, to_from: bool = False, subject: str = "", **headers: str) -> Robot:
    """Answers each letter with the same words, to its Reply-To, or to its From as Exchange does (`to_from`).

    `text` may hold {when}: then its words are new each time. `headers` mark it as automatic, if any.
    """

    def answer(letter: Message) -> Iterable[bytes]:
        to = letter.from_address if to_from or not letter.reply_to else letter.reply_to[0]
        tied = {} if to_from else {"In_Reply_To": letter.message_id, "References": letter.message_id}
        number = next(_NUMBERS)
        words = text.format(when=f"pukul {number // 60 % 24}.{number % 60:02}")
        headers["Message_ID"] = f"<auto-{number}@robot.example>"
        return [mail(address, to, subject or f"Re: {letter.subject}", words, **tied, **headers)]

    return answer


def shifting(text: str) -> Robot:
    """A ticket system that answers each letter from a new address, as a new matter."""

    def answer(letter: Message) -> Iterable[bytes]:
        number = 20260000 + next(_NUMBERS)
        return [mail(f"tiket-{number}@robot.example", LAPOR, f"[{number}] diterima", f"Tiket {number}. {text}")]

    return answer


def delivery_status(recipient: str, letter: Message, status: str = "5.1.1", action: str = "failed") -> bytes:
    """What a mail server sends about a letter that it could not hand on (RFC 3464)."""
    lines = [
        "Return-Path: <>",
        "From: MAILER-DAEMON@mx.warga.example",
        f"To: {LAPOR}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <status-{next(_NUMBERS)}@mx.warga.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "",
        "--b",
        "",
        f"Surat untuk {recipient} tidak dapat dikirim.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.warga.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {status[0]}50 {status} tidak diterima",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {letter.message_id}",
        f"Subject: {letter.message_id}",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def bouncing(recipient: str, status: str = "5.1.1") -> Robot:
    """A mail server that takes every letter first, and reports that it cannot be delivered afterwards."""
    return lambda letter: [delivery_status(recipient, letter, status)]
