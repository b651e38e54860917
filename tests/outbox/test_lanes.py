"""Who is served when: urgent mails first, domains in turn, none crowded, none held up by another."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from service import clock
from service.database import transaction
from service.notifications.links import bounce_address
from service.outbox import delivery
from service.outbox.claim import BATCH, MOST_PER_DOMAIN, claim
from service.outbox.records import OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session

CROWDED = Outcome(False, False, "421 4.7.0 too many messages", crowded=True)


def raw(_session: Session, row: OutboundMail) -> bytes:
    return f"Message-ID: {row.message_id}\r\n\r\n".encode()


def ignore(_session: Session, _row: OutboundMail, _refused: bool) -> None:
    pass


def fill(count: int, domain: str, kind: str = "reminder") -> None:
    """Put mails to different people of one domain into the outbox; `{n}` in the domain makes it one domain each."""
    rows = text(
        "INSERT INTO outbound_mail (ledger_key, kind, to_address, to_name, message_id, thread, reply_to, context,"
        " status, created_at, attempts, log) SELECT key, split_part(key, ':', 2), n || '@' || split_part(key, ':', 1),"
        " '', '<' || key || '>', '[]', '', '{}', 'queued', :at, 0, '[]' FROM generate_series(0, :count - 1) n,"
        " LATERAL (SELECT replace(CAST(:name AS text), '{n}', n::text) || ':' || n AS key) AS named"
    )
    with transaction() as session:
        session.execute(rows, {"count": count, "name": f"{domain}:{kind}", "at": clock.now()})


@dataclass
class Server:
    """Takes what it is given, at once or when `gate` opens; counts how many speak to it at a time."""

    refuse: dict[str, Outcome] = field(default_factory=dict)
    gate: threading.Event | None = None
    taken: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0
    count: threading.Lock = field(default_factory=threading.Lock)

    def send(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        with self.count:
            self.now += 1
            self.most = max(self.most, self.now)
        if self.gate:
            self.gate.wait(10)
        with self.count:
            self.now -= 1
            self.taken.append(recipient)
        return self.refuse.get(recipient.rpartition("@")[2], Outcome(True, False, "250 OK"))


def turn(server: Server) -> int:
    return delivery.turn(transaction, server, raw, ignore, bounce_address)


def domains(recipients: list[str]) -> list[str]:
    return [recipient.rpartition("@")[2] for recipient in recipients]


@pytest.fixture(autouse=True)
def _database(app: Flask) -> None:
    pass


def test_ten_thousand_digests_to_one_domain_do_not_hold_up_a_reminder_to_another() -> None:
    fill(10_000, "besar.example", "digest_head")
    fill(3, "kecil.example")
    server = Server()
    turn(server)
    assert domains(server.taken)[:3] == ["kecil.example"] * 3
    assert len(server.taken) == BATCH


def test_urgent_letters_go_before_digests_of_the_same_domain() -> None:
    fill(30, "dinas.example", "digest_head")
    fill(5, "dinas.example", "breach")
    with transaction() as session:
        kinds = dict(session.execute(select(OutboundMail.id, OutboundMail.kind)).all())
        assert [kinds[mail] for mail in claim(session)].count("breach") == 5


def test_domains_take_turns() -> None:
    fill(500, "besar.example")
    fill(2, "kecil.example")
    fill(2, "lain.example")
    server = Server()
    turn(server)
    assert domains(server.taken).count("kecil.example") == domains(server.taken).count("lain.example") == 2


@pytest.fixture
def workers(migrated_app: Flask) -> Iterator[list[threading.Thread]]:
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join(30)


def test_no_more_than_a_few_workers_speak_to_one_domain_at_a_time(
    migrated_app: Flask, workers: list[threading.Thread]
) -> None:
    """Eight real workers on one database: each mail once, never more than MOST_PER_DOMAIN at a time, others served."""
    fill(400, "besar.example")
    fill(40, "kecil.example")
    server, seen = Server(gate=threading.Event()), []

    def work() -> None:
        with migrated_app.app_context():
            while turn(server):
                pass

    for _ in range(8):
        workers.append(threading.Thread(target=work))
        workers[-1].start()
    with transaction() as session:
        for _ in range(400):
            query = (
                select(OutboundMail.domain, func.count(OutboundMail.leased_until.distinct()))
                .where(OutboundMail.leased_until > func.clock_timestamp())
                .group_by(OutboundMail.domain)
            )
            seen.append(dict(session.execute(query).all()))
            session.rollback()
            if len(seen) == 20:
                assert server.gate
                server.gate.set()
            if not any(thread.is_alive() for thread in workers):
                break
    for thread in workers:
        thread.join(30)
    while turn(server):
        pass
    assert sorted(server.taken) == sorted(
        [f"{n}@besar.example" for n in range(400)] + [f"{n}@kecil.example" for n in range(40)]
    )
    assert max(each.get("besar.example", 0) for each in seen) == MOST_PER_DOMAIN


def test_a_domain_that_asks_for_less_mail_rests_and_holds_up_no_other() -> None:
    fill(60, "ramai.example")
    fill(60, "lain.example")
    server = Server(refuse={"ramai.example": CROWDED})
    while turn(server):
        pass
    assert domains(server.taken).count("ramai.example") == 1
    assert domains(server.taken).count("lain.example") == 60
    with transaction() as session:
        tried = session.scalars(select(OutboundMail.attempts).where(OutboundMail.domain == "ramai.example")).all()
    assert sorted(tried) == [0] * 59 + [1]


def test_a_domain_that_has_rested_is_served_again() -> None:
    fill(10, "ramai.example")
    server = Server(refuse={"ramai.example": CROWDED})
    turn(server)
    server.refuse.clear()
    with transaction() as session:
        session.execute(text("UPDATE outbound_mail SET domain_rests_until = now() WHERE domain_rests_until > now()"))
        session.execute(update(OutboundMail).values(next_attempt_at=func.now()))
    turn(server)
    assert len(server.taken) == 11


def test_a_claim_is_cheap_however_long_the_queue_is() -> None:
    fill(10_000, "besar.example", "digest_head")
    fill(200, "dinas-{n}.example")
    with transaction() as session:
        session.execute(text("ANALYZE outbound_mail"))
        begun = clock.machine_clock()
        for _ in range(5):
            assert len(claim(session)) == BATCH
        assert (clock.machine_clock() - begun).total_seconds() < 2
