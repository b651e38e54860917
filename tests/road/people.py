"""What people write: Sari her complaints, Budi of public works his answers."""

from itertools import count

from service.mail.message import Message
from tests.mails import mail
from tests.road.parts import MAIL_ADDRESS

PUPR, PUPR_HEAD = "pupr@bengkulukota.example", "kepala.pupr@bengkulukota.example"
ROAD = "Jalan di depan SD 45 berlubang besar, sudah dua motor jatuh. Mohon segera ditambal."
ANSWER = "Terima kasih. Tim kami menambal lubang itu besok pagi."
_numbers = count(1)


def somebody() -> str:
    """The address of a citizen who has never written before."""
    return f"sari{next(_numbers)}@warga.example"


def complaint_mail(sender: str, words: str = ROAD) -> bytes:
    """A citizen's mail to the city."""
    return mail(f"Sari Wulandari <{sender}>", MAIL_ADDRESS, "Jalan berlubang", f"{words}\n\nSalam,\n{sender}")


def reply(to: Message, sender: str, words: str = ANSWER) -> tuple[bytes, str]:
    """A reply as mail programs write it, with the quotation below; returns it and the address it goes to."""
    quoted = "\n".join(f"> {line}" for line in to.text.splitlines())
    text = f"{words}\n\nPada Sen, 23 Nov 2026 pukul 08.00 Pengaduan <{MAIL_ADDRESS}> menulis:\n{quoted}\n"
    address = to.reply_to[0]
    headers = {"In_Reply_To": to.message_id, "References": to.message_id}
    return mail(sender, address, "Re: " + to.subject, text, **headers), address
