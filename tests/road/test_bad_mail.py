"""Mails that no program should send, over real SMTP and IMAP: kept, visible, in nobody's way."""

import subprocess
import sys
from email.message import EmailMessage
from typing import Any

from tests.mails import mail
from tests.road.city import City
from tests.road.parts import MAIL_ADDRESS
from tests.road.people import complaint_mail, somebody
from tests.road.processes import ROOT

MEGABYTE = 1_000_000


def test_bad_mails_are_kept_and_visible_and_the_next_one_is_read(either_city: City) -> None:
    city = either_city
    city.run("worker", "poller", "schedule")

    empty = received(city, b"")
    assert (empty.status, empty.sender) == ("quarantined", "")
    assert empty.reason

    anonymous = received(city, b"Subject: Tanpa pengirim\r\n\r\nLampu jalan mati di Jalan Salak.\r\n")
    assert (anonymous.status, anonymous.reason) == ("quarantined", "Surat tanpa alamat pengirim")
    assert b"Jalan Salak" in anonymous.raw

    sari = somebody()
    zeros = received(city, mail(sari, MAIL_ADDRESS, "Lampu\0mati", "x").replace(b"x\r\n", b"Lampu\0 jalan\0mati.\r\n"))
    assert zeros.status == "done"
    words = city.one("SELECT text FROM message WHERE complaint_id = %s", zeros.complaint_id)
    assert "Lampu" in words
    assert "jalan" in words

    huge = received(city, forty_megabytes(sari))
    assert huge.size > 40 * MEGABYTE
    assert huge.status == "done"
    assert "lebih besar dari" in city.one("SELECT text FROM message WHERE complaint_id = %s", huge.complaint_id)

    shown = quarantine(city)
    assert f"{empty.id}  " in shown
    assert f"{anonymous.id}  " in shown
    city.parts.send(complaint_mail(sari, "Sampah menumpuk di Jalan Danau."), sari, MAIL_ADDRESS)
    arrived = (
        "SELECT count(*) FROM outbound_mail WHERE kind = 'acknowledgement' AND to_address = %s AND status = 'sent'"
    )
    city.wait_until(lambda: city.one(arrived, sari) == 3, "the mails after the bad ones to be acknowledged")


def received(city: City, raw: bytes) -> Any:
    """Send it; the row of it once it has been judged."""
    before = city.one("SELECT coalesce(max(id), 0) FROM inbound_mail")
    city.parts.send(raw, "orang@warga.example", MAIL_ADDRESS)
    judged = "SELECT * FROM inbound_mail WHERE id > %s AND status <> 'stored'"
    return city.wait_until(lambda: city.sql(judged, before), f"a mail of {len(raw)} bytes", 60)[0]


def forty_megabytes(sender: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, MAIL_ADDRESS, "Video banjir"
    message.set_content("Banjir di Rawa Makmur, videonya terlampir.")
    message.add_attachment(bytes(30 * MEGABYTE), maintype="video", subtype="mp4", filename="banjir.mp4")
    return message.as_bytes().replace(b"\n", b"\r\n")


def quarantine(city: City) -> str:
    """What `flask quarantine list` prints."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "quarantine", "list"]
    done = subprocess.run(command, cwd=ROOT, env=city.environment, capture_output=True, text=True, check=True)
    return done.stdout
