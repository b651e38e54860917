"""Signs of life."""

import pytest
from flask import Flask
from sqlalchemy import select

from service.database import transaction
from service.monitoring import pulse
from service.monitoring.records import Heartbeat
from service.outbox.smtp import Outcome
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.smtp import FakeSmtp
from worker import jobs


@pytest.fixture(autouse=True)
def _nothing_noted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "_noted", {})


def beat_of(session: Session, name: str) -> Heartbeat:
    session.rollback()
    return session.scalars(select(Heartbeat).where(Heartbeat.name == name)).one()


def test_work_that_goes_well_is_noted_at_most_every_ten_seconds(session: Session, clock: FakeClock) -> None:
    with pulse.beating(transaction, "process_mail"):
        pass
    first = beat_of(session, "process_mail").at
    clock.advance(minutes=1)
    with pulse.beating(transaction, "process_mail"):
        pass
    assert beat_of(session, "process_mail").at == first


def test_work_that_fails_keeps_since_when_and_the_last_words(session: Session, clock: FakeClock) -> None:
    began = clock()
    for word in ("first", "last"):
        with pytest.raises(RuntimeError), pulse.beating(transaction, "process_mail"):
            raise RuntimeError(word)
        clock.advance(minutes=1)
    beat = beat_of(session, "process_mail")
    assert (beat.at, beat.failing_since, beat.words) == (None, began, "RuntimeError: last")
    with pulse.beating(transaction, "process_mail"):
        pass
    beat = beat_of(session, "process_mail")
    assert (beat.at, beat.failing_since, beat.words) == (clock(), None, "")


def test_every_job_of_the_schedule_leaves_a_sign(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.queues, "answer", lambda _job: None)
    every = (jobs.process_mail, jobs.deliver_mail, jobs.sweep_deadlines, jobs.send_digests, jobs.anchor_day)
    for job in every:
        job()
    assert set(session.scalars(select(Heartbeat.name))) == {*pulse.JOBS, pulse.SWEPT}


def test_five_recipients_refused_in_a_row_are_our_own_fault(session: Session) -> None:
    server = FakeSmtp()
    noting = pulse.NotingSender(server)
    refused = Outcome(False, False, "451 4.3.0 configuration error")
    server.refuse = {f"{n}@kota.example": refused for n in range(5)}
    for n in (0, 0, 0, 0, 0, 1, 2, 3):
        noting.send("a@b.example", f"{n}@kota.example", b"")
    noting.write_down(transaction)
    assert session.scalars(select(Heartbeat)).all() == []
    noting.send("a@b.example", "4@kota.example", b"")
    noting.write_down(transaction)
    assert beat_of(session, pulse.SMTP).words == "451 4.3.0 configuration error"
    noting.send("a@b.example", "sari@warga.example", b"")
    noting.write_down(transaction)
    assert beat_of(session, pulse.SMTP).failing_since is None


def test_mail_that_leaves_by_the_second_server_is_noted_until_the_first_takes_it_again(session: Session) -> None:
    server = FakeSmtp()
    noting = pulse.NotingSender(server)
    server.refuse["sari@warga.example"] = Outcome(True, False, "250 OK", passed_over="mx1: Connection refused")
    noting.send("a@b.example", "sari@warga.example", b"")
    noting.write_down(transaction)
    assert beat_of(session, pulse.FIRST_SMTP).words == "mx1: Connection refused"
    assert beat_of(session, pulse.FIRST_SMTP).failing_since
    assert beat_of(session, pulse.SMTP).failing_since is None
    noting.send("a@b.example", "budi@pupr.example", b"")
    noting.write_down(transaction)
    assert beat_of(session, pulse.FIRST_SMTP).failing_since is None
