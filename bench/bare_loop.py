"""The shortest way from a mailbox to a mail: the limit of latency."""

import smtplib
import threading

import psycopg

from bench.city import Site
from bench.corpus import CITIZENS_DOMAIN
from bench.mailbox import connect
from tests.road.parts import HOST


def watch(site: Site, address: str, smtp_port: int, ready: threading.Event, stop: threading.Event) -> None:
    """Pass on every mail that comes to `address`: IDLE, fetch, one insert and commit, SMTP; until `stop`."""
    client = connect(site, address)
    with psycopg.connect(site.database_url) as database, smtplib.SMTP(HOST, smtp_port, timeout=30) as smtp:
        database.execute("CREATE TABLE scratch (id bigserial PRIMARY KEY, raw bytea)")
        database.commit()
        client.select_folder("INBOX")
        ready.set()
        last = 0
        while not stop.is_set():
            client.idle()
            client.idle_check(timeout=1)
            client.idle_done()
            client.noop()
            for uid in client.search(["UID", f"{last + 1}:*"]):
                if uid > last:
                    raw = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
                    database.execute("INSERT INTO scratch (raw) VALUES (%s)", (raw,))
                    database.commit()
                    smtp.sendmail(address, [f"dinas@{CITIZENS_DOMAIN}"], raw)
                    last = uid
    client.logout()
