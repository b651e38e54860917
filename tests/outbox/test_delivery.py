"""What becomes of a mail in the outbox."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

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


def turn(smtp: FakeSmtp) -> int:
    return delivery.turn(transaction, smtp, render, tell_desk, bounce_address)


def rows(session: Session) -> dict[str, OutboundMail]:
    session.expire_all()
    return {row.kind: row for row in session.scalars(select(OutboundMail))}


def due_now(session: Session) -> None:
    session.execute(text("UPDATE outbound_mail SET next_attempt_at = clock_timestamp(), leased_until = NULL"))
    session.commit()


def test_a_mail_is_sent_once_and_the_servers_words_are_kept(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)
    assert turn(smtp) == 2
    assert turn(smtp) == 0
    row = rows(session)["acknowledgement"]
    assert row.status == "sent"
    assert row.log[0]["words"] == "250 2.0.0 OK"


def test_a_temporary_refusal_is_tried_again_with_the_same_bytes(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)
    smtp.refuse["sari@warga.example"] = Outcome(False, False, "451 4.7.1 greylisted")
    turn(smtp)
    first = rows(session)["acknowledgement"]
    raw = first.raw
    assert (first.status, first.attempts) == ("queued", 1)
    smtp.refuse.clear()
    due_now(session)
    turn(smtp)
    assert rows(session)["acknowledgement"].status == "sent"
    assert dict(smtp.sent)["sari@warga.example"] == raw


def test_a_permanent_refusal_goes_to_the_shelf_and_the_desk_is_told(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)
    inbox = directory.by_code["pupr"].inbox
    smtp.refuse[inbox] = Outcome(False, True, "550 5.1.1 no such user")
    while turn(smtp):
        pass
    assert rows(session)["assignment"].status == "dead"
    notice = smtp.to(directory.desk.inbox)[0]
    assert "550 5.1.1 no such user" in notice.text
    assert inbox in notice.text


def test_a_dead_letter_can_be_put_back(directory: Directory, session: Session, smtp: FakeSmtp) -> None:
    opened(directory)
    smtp.refuse["sari@warga.example"] = Outcome(False, True, "550 no")
    turn(smtp)
    smtp.refuse.clear()
    with transaction() as other:
        assert delivery.retry(other, rows(session)["acknowledgement"].id)
    turn(smtp)
    assert rows(session)["acknowledgement"].status == "sent"


def test_while_no_server_is_there_the_rest_of_the_batch_is_given_back(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)
    down = Outcome(False, False, "ConnectionRefusedError", reachable=False)
    smtp.refuse = {row.to_address: down for row in rows(session).values()}
    assert turn(smtp) == 0
    assert sorted(row.attempts for row in rows(session).values()) == [0, 0]
    assert all(row.leased_until is None for row in rows(session).values())


def test_a_lapsed_lease_is_taken_up_by_another_worker(directory: Directory, session: Session, smtp: FakeSmtp) -> None:
    opened(directory)
    session.execute(text("UPDATE outbound_mail SET leased_until = clock_timestamp() + interval '5 min'"))
    session.commit()
    assert turn(smtp) == 0
    session.execute(text("UPDATE outbound_mail SET leased_until = clock_timestamp() - interval '1 s'"))
    session.commit()
    assert turn(smtp) == 2


def test_a_mail_that_cannot_be_written_blocks_no_other(directory: Directory, session: Session, smtp: FakeSmtp) -> None:
    opened(directory)
    session.execute(text("UPDATE outbound_mail SET kind = 'no-such-letter' WHERE kind = 'assignment'"))
    session.commit()
    while turn(smtp):
        pass
    assert smtp.to("sari@warga.example")
    assert rows(session)["no-such-letter"].status == "dead"


def test_a_letter_quotes_a_very_long_complaint_in_part(directory: Directory, session: Session, smtp: FakeSmtp) -> None:
    opened(directory, text="Panjang sekali ceritanya. " * 4_000)
    turn(smtp)
    assignment = smtp.to(directory.by_code["pupr"].inbox)[0]
    assert "selengkapnya di halaman kasus" in assignment.text
    assert len(assignment.text) < 12_000


def test_pauses_double_up_to_two_hours() -> None:
    assert 7 < delivery.pause(1).total_seconds() < 13
    assert delivery.pause(33).total_seconds() <= 7200 * 1.25
    assert sum(min(7200, 10 * 2**n) for n in range(delivery.MOST_ATTEMPTS - 1)) > 48 * 3600


def test_a_sent_mail_is_written_down_when_the_database_is_back(
    directory: Directory, session: Session, smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(directory)
    monkeypatch.setattr(delivery, "WRITE_DOWN_PAUSE_SECONDS", 0)
    away = [False, False, True, True]  # claim, write, then twice not there

    @contextmanager
    def broken() -> Iterator[Session]:
        if away and away.pop(0):
            raise OperationalError("", {}, Exception("the database system is starting up"))
        with transaction() as inner:
            yield inner

    assert delivery.turn(broken, smtp, render, tell_desk, bounce_address) == 2
    assert {row.status for row in rows(session).values()} == {"sent"}
    assert len(smtp.sent) == 2


def test_a_mail_is_not_given_up_because_the_database_is_away_while_it_is_rendered(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)

    def unable(*_: object) -> bytes:
        raise OperationalError("", {}, Exception("server closed the connection"))

    with pytest.raises(OperationalError):
        delivery.turn(transaction, smtp, unable, tell_desk, bounce_address)
    assert {row.status for row in rows(session).values()} == {"queued"}
