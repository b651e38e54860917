"""What the holder says, judged: answers, questions, words that do not count, and answers by rote."""

import pytest
from sqlalchemy import select, text, update

from service.agencies.directory import Directory
from service.casework.cases import locked
from service.casework.clocks import clock_of
from service.casework.let_count import let_count
from service.casework.respond import respond
from service.casework.say import say
from service.complaints.history import events_of, messages_of
from service.complaints.records import Complaint, Event
from service.complaints.rules import ActRefusedError
from service.database import transaction
from service.notifications.render import render
from service.outbox.records import OutboundMail
from service.pacts import registry
from service.pacts.records import Pact
from service.tables import Session
from tests.casework.test_acts import mails, opened, sweep_all
from tests.fakes.clock import FakeClock

ROTE = (
    "Petugas kami sudah memeriksa lokasi dan menjadwalkan perbaikan dalam pekan ini sesuai urutan laporan yang masuk."
)


def said(directory: Directory, clock: FakeClock, case_id: int, words: str, **more: object) -> Event:
    """PUPR says something by mail; returns the event."""
    with transaction() as session:
        case = locked(session, case_id)
        assert case
        say(session, directory, case, text=words, arrived_at=clock(), actor="agency:pupr", **more)  # type: ignore[arg-type]
    with transaction() as session:
        event = session.scalars(select(Event).where(Event.complaint_id == case_id).order_by(Event.seq.desc())).first()
        assert event
        session.expunge(event)
        return event


def counted(directory: Directory, case_id: int, seq: int) -> None:
    with transaction() as session:
        case = locked(session, case_id)
        assert case
        let_count(session, directory, case, seq=seq, reason="Sudah menjawab.", actor="account:7")


def _questions_count(counts: bool) -> None:
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # past the trigger: pacts are for ever
        session.execute(update(Pact).values(question_counts=counts))


@pytest.fixture
def case_id(directory: Directory, session: Session) -> int:
    return opened(directory)


def test_words_on_the_matter_are_an_answer(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    assert said(directory, clock, case_id, "Terima kasih laporannya. Besok kami tambal.").kind == "respond"
    case = session.get_one(Complaint, case_id)
    assert (case.state, case.responded_at) == ("responded", clock())
    assert "not_counted" not in dict(mails(session))


def test_words_that_say_nothing_go_on_and_the_officer_is_told_at_once(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    event = said(directory, clock, case_id, "Terima kasih atas laporannya, segera kami tindak lanjuti.")
    assert (event.kind, event.payload["reasons"]) == ("remark", ["announcement"])
    case = session.get_one(Complaint, case_id)
    assert (case.state, clock_of(session, case).met_at) == ("assigned", None)
    assert messages_of(session, case)[-1].author == "agency"
    assert mails(session)[-2:] == [
        ("remark", "sari@warga.example"),
        ("not_counted", directory.by_code["pupr"].inbox),
    ]


def test_the_officer_reads_why_how_and_by_when(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    said(directory, clock, case_id, "Baik Bu Sari, sedang kami tindak lanjuti.")
    letter = session.scalars(select(OutboundMail).where(OutboundMail.kind == "not_counted")).one()
    raw = render(session, letter)
    for words in (b"BELUM DIHITUNG SEBAGAI JAWABAN", b"tanpa apa, oleh siapa, atau kapan", b"Batas waktu: Selasa"):
        assert words in raw
    clock.advance(hours=30)
    said(directory, clock, case_id, "Siap.")
    assert session.scalars(select(OutboundMail).order_by(OutboundMail.id.desc())).first().context["late"]


def test_who_was_warned_on_the_page_gets_no_letter(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    said(directory, clock, case_id, "Terima kasih, Bu.", warned=True)
    assert mails(session)[-1][0] == "remark"


def test_thanks_after_the_answer_are_a_remark_and_no_reason_for_a_letter(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    said(directory, clock, case_id, "Sudah ditambal.")
    clock.advance(hours=1)
    assert said(directory, clock, case_id, "Sama-sama, Bu.").kind == "remark"
    assert mails(session)[-1][0] == "remark"
    letter = session.scalars(select(OutboundMail).where(OutboundMail.kind == "remark")).one()
    assert b"tetap berjalan" not in render(session, letter)


def test_a_question_is_passed_on_and_is_no_answer(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    event = said(directory, clock, case_id, "Di gang mana, Bu?")
    assert (event.kind, event.payload["counts"]) == ("ask", False)
    assert [kind for kind, _ in mails(session)[-2:]] == ["question", "not_counted"]
    assert session.get_one(Complaint, case_id).responded_at is None


def test_a_question_is_an_answer_where_the_pact_says_so(
    directory: Directory, session: Session, clock: FakeClock, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _questions_count(True)
    monkeypatch.setattr(registry, "_cached", (-1, []))
    try:
        assert said(directory, clock, case_id, "Di gang mana, Bu?").payload["counts"]
    finally:
        _questions_count(False)
    assert mails(session)[-1][0] == "question"
    assert session.get_one(Complaint, case_id).responded_at == clock()


def test_the_inspector_lets_words_count_from_when_they_came(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    clock.advance(hours=2)
    at = clock()
    seq = said(directory, clock, case_id, "Sedang kami tindak lanjuti.").seq
    clock.advance(hours=30)
    sweep_all()
    assert session.get_one(Complaint, case_id).breached_at
    counted(directory, case_id, seq)
    session.expire_all()
    case = session.get_one(Complaint, case_id)
    assert (case.state, case.responded_at, case.breached_at) == ("responded", at, None)
    respond_event = next(event for event in events_of(session, case) if event.kind == "respond")
    assert (respond_event.actor, respond_event.payload["accepted_by"]) == ("agency:pupr", "account:7")
    assert "counted" in dict(mails(session))


def test_words_are_let_count_once_and_only_those_that_did_not_count(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    seq = said(directory, clock, case_id, "Di gang mana, Bu?").seq
    counted(directory, case_id, seq)
    for other in (seq, 1, 99):
        with pytest.raises(ActRefusedError):
            counted(directory, case_id, other)


def test_an_answer_like_one_in_another_case_counts_and_says_so(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    first = said(directory, clock, case_id, ROTE)
    assert "similar_to" not in first.payload
    clock.advance(hours=1)
    other = opened(directory, reporter_email="tono@warga.example")
    event = said(directory, clock, other, "Yth. Bapak Tono, " + ROTE)
    number = session.get_one(Complaint, case_id).number
    assert event.kind == "respond"
    assert (event.payload["similar_to"], event.payload["similar_seq"]) == (number, first.seq)
    assert 70 <= event.payload["percent"] < 100


def test_the_same_words_in_the_same_case_or_long_ago_are_not_alike(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    said(directory, clock, case_id, ROTE)
    clock.advance(hours=1)
    assert "similar_to" not in said(directory, clock, case_id, ROTE).payload
    clock.advance(days=31)
    other = opened(directory, reporter_email="tono@warga.example")
    assert "similar_to" not in said(directory, clock, other, ROTE).payload


def test_another_agencys_words_are_not_compared(
    directory: Directory, session: Session, clock: FakeClock, case_id: int
) -> None:
    said(directory, clock, case_id, ROTE)
    other = opened(directory, category_id=next(t.id for t in directory.topics.values() if t.code == "sampah"))
    with transaction() as open_session:
        case = locked(open_session, other)
        assert case
        respond(open_session, directory, case, text=ROTE, arrived_at=clock(), actor="agency:dlh")
        assert "similar_to" not in events_of(open_session, case)[-1].payload
