"""How long we try, and what an outage of ours costs a mail: nothing."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from service.agencies.directory import Directory
from service.database import transaction
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.records import OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session
from tests.casework.test_acts import opened
from tests.fakes.smtp import FakeSmtp

SARI = "sari@warga.example"
BUSY = Outcome(False, False, "450 4.2.1 try later")
DOWN = Outcome(False, False, "ConnectionRefusedError: refused", reachable=False)
GONE = Outcome(False, False, "SMTPServerDisconnected: in the middle")


def turn(smtp: FakeSmtp) -> int:
    return delivery.turn(transaction, smtp, render, tell_desk, bounce_address)


def acknowledgement(session: Session) -> OutboundMail:
    session.expire_all()
    return session.scalars(select(OutboundMail).where(OutboundMail.kind == "acknowledgement")).one()


def wait(session: Session) -> timedelta:
    """Let the time until Sari's mail is due again pass; returns how long that is."""
    query = select(OutboundMail.next_attempt_at - func.clock_timestamp()).where(OutboundMail.to_address == SARI)
    length = session.scalar(query)
    session.execute(text("UPDATE outbound_mail SET next_attempt_at = clock_timestamp()"))
    session.commit()
    return length or timedelta()


@pytest.mark.parametrize("luck", [0.0, 1.0])
def test_a_mail_is_tried_for_more_than_48_hours_and_then_shelved_and_the_desk_told(
    directory: Directory, session: Session, smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch, luck: float
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: low + (high - low) * luck)
    opened(directory)
    smtp.refuse[SARI] = BUSY
    waited, attempts = timedelta(), 0
    while True:
        turn(smtp)
        attempts += 1
        if acknowledgement(session).status == "dead":
            break
        waited += wait(session)
    assert attempts == delivery.MOST_ATTEMPTS == len(acknowledgement(session).log)
    assert timedelta(hours=48) <= waited <= timedelta(hours=72)
    while turn(smtp):
        pass
    assert "450 4.2.1 try later" in smtp.to(directory.desk.inbox)[-1].text


def test_an_outage_of_the_server_is_no_attempt_of_any_mail_and_each_mail_says_why_it_waited(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    """An hour, a look every ten seconds: more looks than a mail has attempts."""
    opened(directory)
    smtp.refuse = {row.to_address: DOWN for row in session.scalars(select(OutboundMail))}
    for _ in range(3 * delivery.MOST_ATTEMPTS):
        assert turn(smtp) == 0
        wait(session)
    for row in session.scalars(select(OutboundMail).execution_options(populate_existing=True)):
        assert (row.status, row.attempts, row.leased_until) == ("queued", 0, None)
        (line,) = row.log
        assert line["words"] == DOWN.words
        assert line["looked"] == 3 * delivery.MOST_ATTEMPTS
        assert line["since"] <= line["at"]


def test_after_an_outage_the_backlog_leaves_at_once(directory: Directory, session: Session, smtp: FakeSmtp) -> None:
    for _ in range(30):
        opened(directory)
    smtp.refuse = {row.to_address: DOWN for row in session.scalars(select(OutboundMail))}
    for _ in range(60):
        turn(smtp)
        wait(session)
    turn(smtp)
    smtp.refuse.clear()
    latest = session.scalar(select(func.max(OutboundMail.next_attempt_at) - func.clock_timestamp()))
    assert latest is not None
    assert latest < timedelta(seconds=20)
    wait(session)
    while turn(smtp):
        pass
    assert session.scalar(select(func.count()).where(OutboundMail.status == "sent")) == 60
    assert acknowledgement_log(session) == [DOWN.words, "250 2.0.0 OK"]


def acknowledgement_log(session: Session) -> list[str]:
    query = select(OutboundMail).where(OutboundMail.kind == "acknowledgement").order_by(OutboundMail.id).limit(1)
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    return [line["words"] for line in row.log]


def test_a_mail_that_the_server_cannot_stand_is_counted_and_blocks_no_other(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)
    smtp.refuse[SARI] = GONE
    assert turn(smtp) == 2
    assert smtp.to(directory.by_code["pupr"].inbox)
    assert acknowledgement(session).attempts == 1


def test_a_mail_whose_writing_kills_its_worker_is_not_tried_for_ever(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)

    def deadly(session: Session, row: OutboundMail) -> bytes:
        if row.kind == "acknowledgement":
            raise KeyboardInterrupt  # stands for a SIGKILL: nothing after the claim is committed
        return render(session, row)

    deaths = 0
    for _ in range(6):
        try:
            delivery.turn(transaction, smtp, deadly, tell_desk, bounce_address)
        except KeyboardInterrupt:
            deaths += 1
        session.execute(text("UPDATE outbound_mail SET leased_until = NULL"))
        session.commit()
    assert acknowledgement(session).status == "dead"
    assert deaths == delivery.MOST_DEATHS
    assert smtp.to(directory.by_code["pupr"].inbox)


def test_mails_that_shared_a_batch_with_a_death_are_taken_one_by_one_and_none_is_given_up(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    for _ in range(4):
        opened(directory)

    def deadly(*_: object) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        delivery.turn(transaction, smtp, deadly, tell_desk, bounce_address)
    session.execute(text("UPDATE outbound_mail SET leased_until = NULL"))
    session.commit()
    taken = []
    while found := turn(smtp):
        taken.append(found)
    assert taken == [1] * 8
    assert len(smtp.sent) == 8
    attempts = select(OutboundMail.attempts).execution_options(populate_existing=True)
    assert set(session.scalars(attempts)) == {2}


def test_a_batch_begins_no_mail_that_its_lease_might_not_cover(
    directory: Directory, session: Session, smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(directory)
    monkeypatch.setattr(delivery, "BEGIN_WITHIN_SECONDS", -1)
    assert turn(smtp) == 2
    assert not smtp.sent
    row = acknowledgement(session)
    assert (row.status, row.attempts, row.leased_until) == ("queued", 0, None)
