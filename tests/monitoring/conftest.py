"""The administrators, and time that passes while everything works."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service.agencies.records import Account
from service.database import transaction
from service.monitoring import pulse, watch
from service.monitoring.records import Alarm
from service.notifications.render import render
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.tables import Session
from tests.fakes.clock import FakeClock
from tests.fakes.smtp import FakeSmtp

FAJAR, GITA = "fajar@kantor.example", "gita@kantor.example"


@pytest.fixture
def fajar(app: Flask) -> None:
    """The administrator; a second one, Gita, has left."""
    with transaction() as session:
        for email, active in ((FAJAR, True), (GITA, False)):
            session.add(
                Account(
                    email=email,
                    name=email.split("@")[0].title(),
                    role="administrator",
                    agency_id=None,
                    password_hash="x",
                    active=active,
                    signed_in_at=None,
                )
            )


@pytest.fixture
def well(app: Flask, fajar: None, clock: FakeClock) -> None:
    """Everything has worked for three days, and works."""
    with transaction() as session:
        pulse.beat(session, pulse.WATCH_BEGAN, clock() - timedelta(days=3))
    all_work(clock)


def all_work(clock: FakeClock) -> None:
    with transaction() as session:
        pulse.beat(session, pulse.WATCH)
        for job in pulse.JOBS:
            pulse.beat(session, job)


def pass_time(clock: FakeClock, minutes: float) -> None:
    """Time passes in which the service works and the watch looks, every two minutes."""
    end = clock() + timedelta(minutes=minutes)
    while clock() < end:
        clock.instant = min(end, clock() + timedelta(minutes=2))
        all_work(clock)
        watch.turn(transaction)


def alarms(session: Session) -> list[tuple[str, bool]]:
    """Kind, and whether it is open."""
    session.rollback()
    rows = session.scalars(select(Alarm).order_by(Alarm.id))
    return [(alarm.kind, alarm.cleared_at is None) for alarm in rows]


def told(session: Session, address: str = FAJAR) -> list[str]:
    """What the letters to an address tell."""
    session.rollback()
    query = select(OutboundMail).where(OutboundMail.to_address == address, OutboundMail.kind == "alarm")
    return [
        f"{mail.context['news']} {mail.context['title']}" for mail in session.scalars(query.order_by(OutboundMail.id))
    ]


def delivery_of_all(smtp: FakeSmtp) -> None:
    while delivery.turn(transaction, smtp, render, lambda *_: None, lambda _mail_id: "lapor@bengkulukota.example"):
        pass
