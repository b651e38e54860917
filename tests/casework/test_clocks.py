"""The two clocks of a case: the pact's and the law's."""

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.clocks import clock_of, statute_of
from service.casework.reject import reject
from service.casework.respond import respond
from service.complaints.history import events_of
from service.complaints.records import Complaint
from service.database import transaction
from service.deadlines.records import Deadline
from service.notifications.render import render
from service.outbox.records import OutboundMail
from service.pacts import registry
from service.pacts.records import Pact
from service.pacts.rules import Promise
from service.tables import Session
from tests.casework.test_acts import HOUR, mails, opened, sweep_all
from tests.fakes.clock import FakeClock


def test_beside_the_pacts_clock_runs_the_laws(directory: Directory, session: Session) -> None:
    case = session.get_one(Complaint, opened(directory))
    assert case.classification == "biasa"
    statute = statute_of(session, case)
    assert statute is not None
    # Fourteen working days after Monday 23 November: Friday 11 December, with no holiday between.
    assert statute.due_at.astimezone(directory.timezone).isoformat() == "2026-12-12T00:00:00+07:00"


def test_an_allegation_has_sixty_working_days(directory: Directory, session: Session) -> None:
    case_id = opened(directory, category_id=None, text="Petugas loket minta uang pelicin supaya KTP cepat jadi.")
    case = session.get_one(Complaint, case_id)
    assert case.classification == "pengawasan"
    assert statute_of(session, case).due_at - case.received_at > timedelta(days=80)


def test_a_suggestion_has_no_term_of_law(directory: Directory, session: Session) -> None:
    topic = next(t for t in directory.topics.values() if directory.terms[t.classification] is None)
    case = session.get_one(Complaint, opened(directory, category_id=topic.id))
    assert statute_of(session, case) is None


def test_the_laws_clock_runs_on_after_the_answer_and_says_when_its_time_is_over(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    case_id = opened(directory)
    with transaction() as other:
        respond(other, directory, locked(other, case_id), text="Kami cek.", arrived_at=clock(), actor="agency:pupr")
    clock.advance(days=10)
    sweep_all()
    assert [kind for kind, _ in mails(session)].count("statute_reminder") == 1
    clock.advance(days=30)
    sweep_all()
    sweep_all()
    kinds = [kind for kind, _ in mails(session)]
    assert kinds.count("statute_lapsed") == 2  # the inbox and the head
    assert "breach" not in kinds
    case = session.get_one(Complaint, case_id)
    assert clock_of(session, case).breached_at is None
    assert statute_of(session, case).breached_at == statute_of(session, case).due_at


def test_a_rejection_ends_both_clocks(directory: Directory, session: Session, clock: FakeClock) -> None:
    case_id = opened(directory)
    clock.advance(hours=1)
    with transaction() as other:
        reject(other, directory, locked(other, case_id), reason="Bukan pengaduan.", actor="account:1")
    clocks = session.scalars(select(Deadline).where(Deadline.complaint_id == case_id)).all()
    assert [(c.met_at, c.next_at) for c in clocks] == [(clock(), None)] * 2


def test_a_clock_keeps_what_became_of_it(directory: Directory, session: Session, clock: FakeClock) -> None:
    case_id = opened(directory)
    start = clock()
    clock.advance(hours=25)
    sweep_all()
    case = session.get_one(Complaint, case_id)
    late = clock_of(session, case)
    assert (late.breached_at, late.accountable_id) == (start + 24 * HOUR, directory.by_code["pupr"].id)
    session.commit()
    with transaction() as other:
        text_, at = "Sudah kami tangani tadi pagi.", start + 5 * HOUR
        respond(other, directory, locked(other, case_id), text=text_, arrived_at=at, actor="agency:pupr")
    session.refresh(late)
    assert (late.breached_at, late.met_at) == (None, start + 5 * HOUR)


@pytest.fixture
def working_pact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pact counts working hours and promises ten of them."""
    versions = registry._versions

    def counted_in_working_hours(session: Session, revision: int) -> list[tuple[Pact, Promise]]:
        promised = {"hours": "working", "response": 10 * HOUR}
        return [(pact, replace(promise, **promised)) for pact, promise in versions(session, revision)]

    monkeypatch.setattr(registry, "_versions", counted_in_working_hours)


def local(directory: Directory, instant: datetime) -> str:
    return instant.astimezone(directory.timezone).strftime("%a %d %H.%M")


@pytest.mark.usefixtures("working_pact")
def test_a_pact_in_working_hours_reminds_accuses_and_escalates_in_working_time(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    clock.advance(days=4, hours=6)  # Friday 14.00; offices close at 16.30
    case_id = opened(directory)
    case = session.get_one(Complaint, case_id)
    assert local(directory, case.due_at) == "Mon 30 15.30"
    for _ in range(9 * 24):
        clock.advance(hours=1)
        sweep_all()
    told = {
        event.kind + str(event.payload.get("percent", event.payload.get("level", ""))): event
        for event in events_of(session, case)
    }
    assert local(directory, told["remind50"].at) == "Mon 30 10.30"
    assert local(directory, told["remind80"].at) == "Mon 30 13.30"
    assert told["breach"].at == case.due_at
    assert told["breach"].payload["held"] == {"pupr": 10 * 3600}
    assert told["breach"].payload["hours"] == "working"
    assert local(directory, told["escalate1"].at) == "Thu 03 15.30"  # 24 working hours are three days


@pytest.mark.usefixtures("working_pact")
def test_the_reminder_says_what_is_left_in_the_hours_that_count(
    directory: Directory, session: Session, clock: FakeClock
) -> None:
    clock.advance(days=4, hours=6)
    opened(directory)
    clock.advance(days=2, hours=21)  # Monday 11.00
    sweep_all()
    row = session.scalars(select(OutboundMail).where(OutboundMail.kind == "reminder")).one()
    text_of_letter = message_from_bytes(render(session, row), policy=policy.default).get_body(("plain",)).get_content()
    assert "Tersisa 5 jam kerja" in text_of_letter


def test_a_calendar_version_is_never_changed(directory: Directory, session: Session) -> None:

    with pytest.raises(DBAPIError, match="is refused"):
        session.execute(text("UPDATE calendar SET reason = 'lain'"))
    session.rollback()
