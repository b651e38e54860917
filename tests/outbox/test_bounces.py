"""What comes back: matched by the envelope sender alone, told, sent again or shelved; and inboxes that refuse mail."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from service.agencies import directory as directories
from service.agencies.directory import Directory, Unit
from service.agencies.records import Agency
from service.casework.cases import locked
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.database import transaction
from service.intake import poll, process
from service.intake.records import InboundMail
from service.notifications.links import bounce_address, read_mail_tag
from service.notifications.render import render
from service.notifications.undelivered import inbox_mended, tell_desk
from service.outbox import bounced, delivery
from service.outbox.records import OutboundMail
from service.outbox.smtp import Outcome
from service.tables import Session
from tests.casework.test_acts import opened, sweep_all
from tests.fakes.clock import FakeClock
from tests.fakes.imap import FakeFolder
from tests.fakes.smtp import FakeSmtp
from tests.mails import mail

SARI = "sari@warga.example"
REFUSED = Outcome(False, True, "550 5.1.1 no such user")
REPORT = """Return-Path: <>
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

Your mail was not delivered.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; someone@else.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--x--
"""

Receive = Callable[[bytes], InboundMail]


def report(to: str, status: str, words: str = "said so", action: str = "failed") -> bytes:
    """A delivery report without one word of the mail that it is about."""
    return REPORT.format(to=to, status=status, words=words, action=action).replace("\n", "\r\n").encode()


@pytest.fixture
def receive(directory: Directory, clock: FakeClock, session: Session) -> Receive:
    folder = FakeFolder()

    def read(raw: bytes) -> InboundMail:
        folder.deliver(raw, clock())
        assert poll.take_lease(transaction, "lapor@imap/INBOX", "test")
        poll.turn(transaction, folder, "lapor@imap/INBOX", "test", first=False)
        while process.turn(transaction):
            pass
        session.expire_all()
        return session.scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()

    return read


def send(smtp: FakeSmtp) -> None:
    while delivery.turn(transaction, smtp, render, tell_desk, bounce_address):
        pass


def letter(session: Session, kind: str) -> OutboundMail:
    session.expire_all()
    return session.scalars(select(OutboundMail).where(OutboundMail.kind == kind).order_by(OutboundMail.id)).first()


def due_now(session: Session) -> None:
    session.execute(text("UPDATE outbound_mail SET next_attempt_at = clock_timestamp()"))
    session.commit()


def pupr(session: Session) -> Unit:
    directories.forget()
    return directories.current(session).by_code["pupr"]


def test_every_mail_leaves_with_an_envelope_sender_of_its_own(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    opened(directory)
    senders: list[str] = []
    taken = smtp.send
    smtp.send = lambda sender, to, raw: senders.append(sender) or taken(sender, to, raw)  # type: ignore[method-assign]
    send(smtp)
    ids = session.scalars(select(OutboundMail.id)).all()
    assert sorted(senders) == sorted(bounce_address(mail_id) for mail_id in ids)
    assert [read_mail_tag(address.partition("+")[2].partition("@")[0], "b") for address in senders] == ids


def test_a_bounce_without_a_word_of_the_mail_is_matched_by_its_address(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    opened(directory)
    send(smtp)
    about = letter(session, "acknowledgement")
    row = receive(report(bounce_address(about.id), "5.1.1", "550 5.1.1 unknown"))
    assert (row.verdict, row.complaint_id) == ("bounce", about.complaint_id)
    assert letter(session, "acknowledgement").status == "dead"
    send(smtp)
    assert "550 5.1.1 unknown" in smtp.to(directory.desk.inbox)[0].text


def test_a_forged_address_names_no_mail(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    opened(directory)
    send(smtp)
    about = letter(session, "acknowledgement")
    good = bounce_address(about.id)
    forged = good.replace(f"b-{good.split('b-')[1].split('-')[0]}-", "b-7-")
    for address in (forged, good[: good.index("@") - 1] + "x" + good[good.index("@") :]):
        receive(report(address, "5.1.1"))
        assert letter(session, "acknowledgement").status == "sent"
    assert read_mail_tag(good.partition("+")[2].partition("@")[0], "u") is None


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("delayed", "5.4.7"), ("delivered", "2.0.0")])
def test_a_report_of_a_delay_changes_nothing(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive, action: str, status: str
) -> None:
    opened(directory)
    send(smtp)
    receive(report(bounce_address(letter(session, "acknowledgement").id), status, action=action))
    assert letter(session, "acknowledgement").status == "sent"


@pytest.mark.parametrize("status", ["5.2.2", "4.2.2", "4.4.7"])
def test_what_bounces_for_a_reason_that_passes_is_sent_again_some_times_and_then_shelved(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive, clock: FakeClock, status: str
) -> None:
    opened(directory)
    send(smtp)
    about = letter(session, "acknowledgement")
    for pause in bounced.AGAIN_AFTER:
        receive(report(bounce_address(about.id), status, f"said so after {pause}"))
        row = letter(session, "acknowledgement")
        assert row.status == "queued"
        left = session.scalar(select(row.next_attempt_at - func.clock_timestamp()))
        assert abs(left - pause) < timedelta(minutes=1)
        due_now(session)
        clock.advance(seconds=pause.total_seconds())
        send(smtp)
    receive(report(bounce_address(about.id), status))
    assert letter(session, "acknowledgement").status == "dead"
    copies = [raw for to, raw in smtp.sent if to == SARI]
    assert len(copies) == 1 + len(bounced.AGAIN_AFTER)
    assert len(set(copies)) == 1
    send(smtp)
    assert smtp.to(directory.desk.inbox)


def test_two_reports_about_one_sending_bring_one_more(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    opened(directory)
    send(smtp)
    for _ in range(2):
        receive(report(bounce_address(letter(session, "acknowledgement").id), "4.2.2"))
    assert sum("again" in line for line in letter(session, "acknowledgement").log) == 1


def test_an_out_of_office_to_the_envelope_belongs_to_the_case_and_answers_nothing(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    case_id = opened(directory)
    send(smtp)
    to = bounce_address(letter(session, "assignment").id)
    row = receive(mail("hendra@pribadi.example", to, "Sedang cuti", "Saya cuti.", Auto_Submitted="auto-replied"))
    assert (row.verdict, row.status, row.complaint_id) == ("auto", "ignored", case_id)
    case = session.get_one(Complaint, case_id)
    assert (case.state, case.responded_at) == ("assigned", None)


def test_an_out_of_office_to_a_digest_disturbs_nobody(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    opened(directory)
    session.execute(
        text("UPDATE outbound_mail SET complaint_id = NULL, kind = 'digest_head' WHERE kind = 'assignment'")
    )
    session.commit()
    to = bounce_address(letter(session, "digest_head").id)
    row = receive(mail("kepala@dinas.example", to, "Cuti", "Saya cuti.", Auto_Submitted="auto-replied"))
    assert (row.verdict, row.status) == ("auto", "ignored")


def test_a_stranger_who_writes_to_the_envelope_opens_no_case(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    opened(directory)
    send(smtp)
    row = receive(mail("x@lain.example", bounce_address(letter(session, "assignment").id), "Halo", "Salah alamat."))
    assert row.verdict == "hold"


def flagged(directory: Directory, session: Session, smtp: FakeSmtp) -> Unit:
    """PUPR's inbox refuses an assignment."""
    smtp.refuse[directory.by_code["pupr"].inbox] = REFUSED
    opened(directory)
    send(smtp)
    return pupr(session)


def test_an_inbox_that_refuses_mail_is_flagged_and_desk_and_head_are_told_once(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    unit = flagged(directory, session, smtp)
    assert unit.inbox_problem == "550 5.1.1 no such user"
    assert unit.inbox_problem_at is not None
    assert unit.head
    for reader in (unit.head.email, directory.desk.inbox):
        (told,) = smtp.to(reader)
        assert "550 5.1.1 no such user" in told.text
        assert "BKL-26-00001" in told.text
        assert "TETAP BERJALAN" in told.text
    opened(directory)
    send(smtp)
    assert len(smtp.to(unit.head.email)) == 1
    assert "BKL-26-00002" in smtp.to(directory.desk.inbox)[1].text  # the agency does not know of this case


def test_a_bounce_flags_the_inbox_as_a_refusal_does(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    opened(directory)
    send(smtp)
    receive(report(bounce_address(letter(session, "assignment").id), "5.1.1", "550 5.1.1 gone"))
    assert "gone" in pupr(session).inbox_problem


def test_cases_are_still_given_to_an_agency_whose_inbox_refuses_mail(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    unit = flagged(directory, session, smtp)
    case = session.get_one(Complaint, opened(directory))
    assert case.agency_id == unit.id


def test_when_the_inbox_is_mended_the_flag_goes_and_what_is_still_true_is_sent(
    directory: Directory, session: Session, smtp: FakeSmtp, clock: FakeClock
) -> None:
    unit = flagged(directory, session, smtp)
    clock.advance(hours=20)
    sweep_all()  # a reminder
    send(smtp)
    clock.advance(hours=5)
    sweep_all()  # the breach
    send(smtp)
    smtp.refuse.clear()
    with transaction() as other:
        assert inbox_mended(other, directories.current(other), unit) == 2
    send(smtp)
    kinds = [found.subject for found in smtp.to(unit.inbox)]
    assert len(kinds) == 2
    assert pupr(session).inbox_problem == ""
    assert letter(session, "reminder").status == "dead"  # time has overtaken it


def test_mended_mails_go_to_the_address_that_the_agency_has_now(
    directory: Directory, session: Session, smtp: FakeSmtp
) -> None:
    unit = flagged(directory, session, smtp)
    session.execute(text("UPDATE government SET revision = revision + 1"))
    session.execute(text("UPDATE agency SET inbox = 'baru@pupr.example' WHERE code = 'pupr'"))
    session.commit()
    try:
        with transaction() as other:
            now = directories.current(other).by_code["pupr"] if directories.forget() is None else unit
            inbox_mended(other, directories.current(other), now)
        send(smtp)
        assert "baru@pupr.example" in smtp.to("baru@pupr.example")[0].to
    finally:
        session.execute(text("UPDATE government SET revision = revision + 1"))
        session.execute(text("UPDATE agency SET inbox = :inbox WHERE code = 'pupr'"), {"inbox": unit.inbox})
        session.commit()
        directories.forget()


def test_a_trusted_reply_from_the_inbox_clears_the_flag(
    directory: Directory, session: Session, smtp: FakeSmtp, receive: Receive
) -> None:
    unit = flagged(directory, session, smtp)
    receive(mail(unit.inbox, letter(session, "assignment").reply_to, "Re: x", "Kami tambal besok pagi."))
    assert session.scalars(select(Agency.inbox_problem).where(Agency.code == "pupr")).one() == ""


def test_a_breach_carries_that_the_agencys_notice_was_not_delivered(
    directory: Directory, session: Session, smtp: FakeSmtp, clock: FakeClock
) -> None:
    unit = flagged(directory, session, smtp)
    clock.advance(hours=25)
    sweep_all()
    with transaction() as other:
        case = locked(other, 1)
        assert case
        breach = next(event for event in events_of(other, case) if event.kind == "breach")
        assert breach.payload["undelivered"] == [{"unit": "pupr", "letter": "assignment"}]
    smtp.refuse.clear()
    send(smtp)
    assert unit.head
    assert "tidak sampai" in smtp.to(unit.head.email)[-1].text


def test_a_breach_of_an_agency_that_was_told_says_nothing_of_the_kind(
    directory: Directory, session: Session, smtp: FakeSmtp, clock: FakeClock
) -> None:
    opened(directory)
    send(smtp)
    clock.advance(hours=25)
    sweep_all()
    with transaction() as other:
        case = locked(other, 1)
        assert case
        assert "undelivered" not in next(e for e in events_of(other, case) if e.kind == "breach").payload
