"""Histories of many cases, really acted: the acts of casework on PostgreSQL, under a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, select, text, true

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.casework import sweep
from service.casework.ask import ask
from service.casework.assign import assign
from service.casework.cases import locked
from service.casework.close import BY_CITIZEN, close
from service.casework.decline import decline
from service.casework.dismiss import dismiss
from service.casework.dispute import disputable, dispute
from service.casework.excuse import excuse
from service.casework.follow_up import follow_up
from service.casework.grant import grant
from service.casework.let_count import let_count, not_counted
from service.casework.object_ import object_
from service.casework.open import Submission, open_case
from service.casework.refuse import refuse
from service.casework.reject import reject
from service.casework.remark import remark
from service.casework.reopen import reopen
from service.casework.resolve import resolve
from service.casework.respond import respond
from service.casework.sweep import Sight
from service.casework.uphold import uphold
from service.casework.withdraw import WITHDRAWN
from service.complaints.history import events_of
from service.complaints.records import Complaint, Event
from service.complaints.rules import ASSIGNED, ENDED_STATES, RESOLVED, RESPONDED, ActRefusedError
from service.compliance.freeze import freeze, frozen_week
from service.compliance.rules import week_before
from service.database import transaction
from service.deadlines.records import Deadline
from service.deadlines.rules import CAUSES, PACT
from service.tables import Session
from tests.conftest import WRITTEN
from tests.fakes.clock import FakeClock

# When each pact of `eras` is in force: all hours and the longest holder; working hours; all hours and the last holder.
ERAS = (datetime(2026, 12, 18, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
AGENCIES = ("pupr", "dlh", "dishub")
MINUTE = timedelta(minutes=1)

NEW_PACT = """
INSERT INTO pact (version, title, signed_before, valid_from, response_hours, hours, accountable, question_counts,
                  reminders, escalations, digest, points)
SELECT :version, title, signed_before, :valid_from, :hours, :kind, :accountable, :questions, reminders, escalations,
       digest, points FROM pact ORDER BY id LIMIT 1
"""
HOLIDAY = """
INSERT INTO calendar (made_at, made_by, reason, week, days_off)
SELECT now(), 'system', 'uji', week, days_off || jsonb_build_object(CAST(:day AS text),
       '{"name": "Libur setempat", "kind": "holiday"}'::jsonb) FROM calendar ORDER BY id DESC LIMIT 1
"""


@contextmanager
def eras() -> Iterator[None]:
    """Two further pacts for the length of a test; and no trace afterwards."""
    with transaction() as session:
        session.execute(text("SELECT 1"))
        for version, valid_from, hours, kind, accountable, questions in (
            ("uji-kerja", "2027-03-01", 16, "working", "longest", True),
            ("uji-akhir", "2027-06-01", 24, "calendar", "last", False),
        ):
            session.execute(
                text(NEW_PACT),
                {
                    "version": version,
                    "valid_from": valid_from,
                    "hours": hours,
                    "kind": kind,
                    "accountable": accountable,
                    "questions": questions,
                },
            )
        _renew(session)
    try:
        yield
    finally:
        clean()
        with transaction() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text("DELETE FROM pact WHERE version LIKE 'uji-%'"))
            _renew(session)
        directories.forget()


def clean() -> None:
    """An empty database, and the first calendar."""
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(f"TRUNCATE {WRITTEN} RESTART IDENTITY"))
        session.execute(text("ALTER SEQUENCE complaint_number RESTART"))
        session.execute(text("DELETE FROM calendar WHERE reason = 'uji'"))
        _renew(session)
    directories.forget()


def _renew(session: Session) -> None:
    session.execute(text("UPDATE government SET revision = revision + 1"))
    directories.forget()


def deliver(at: datetime) -> None:
    """All letters are accepted `at` this instant; what was not accepted before a deadline excuses the lateness."""
    with transaction() as session:
        session.execute(
            text("UPDATE outbound_mail SET status = 'sent', sent_at = :at WHERE sent_at IS NULL"), {"at": at}
        )


@dataclass
class City:
    """A city whose history is made; `number` of a step chooses among what is possible."""

    clock: FakeClock
    cases: list[int] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._look()

    def _look(self) -> None:
        with transaction() as session:
            self.directory: Directory = directories.current(session)

    def step(self, act: str, number: int, minutes: int) -> None:
        """Let time pass and do one thing; an act that the state table refuses leaves no trace."""
        self.clock.advance(minutes=minutes)
        if act in ("open", "sweep", "blind", "post", "holiday", "freeze"):
            getattr(self, f"_{act}")(number)
        else:
            try:
                with transaction() as session:
                    # Chosen among the cases with which the act is likely possible, or some acts would never happen.
                    found = session.scalars(select(Complaint.id).where(_LIKELY.get(act, true())).order_by(Complaint.id))
                    cases = found.all() or self.cases
                    case = locked(session, cases[number % len(cases)])
                    ACTS[act](self, session, case, number // len(cases))
            except (ActRefusedError, Impossible):
                return
        self.done[act] = self.done.get(act, 0) + 1

    def _open(self, number: int) -> None:
        topic = next(t for t in self.directory.topics.values() if t.code == "jalan")
        texts = (("Jalan berlubang.", topic.id), ("Saya kecewa sekali.", None), ("Lampu jalan mati.", topic.id))
        words, category = texts[number % 3]
        received_at = self.clock() - MINUTE * (number % 240)
        with transaction() as session:
            submission = Submission(
                channel="mail", received_at=received_at, text=words, category_id=category,
                reporter_email="sari@warga.example",
            )  # fmt: skip
            self.cases.append(open_case(session, self.directory, submission).id)

    def _sweep(self, _number: int) -> None:
        while sweep.turn(transaction, lambda _: Sight(until=self.clock() + MINUTE)):
            pass

    def _blind(self, number: int) -> None:
        """A sweep that has not read the mailbox for a while."""
        sight = Sight(until=self.clock() - MINUTE * (number % 1500))
        while sweep.turn(transaction, lambda _: sight):
            pass

    def _post(self, _number: int) -> None:
        deliver(self.clock())

    def _holiday(self, number: int) -> None:
        with transaction() as session:
            day = (self.clock() + timedelta(days=number % 5)).date()
            session.execute(text(HOLIDAY), {"day": day.isoformat()})
            _renew(session)
        self._look()

    def _freeze(self, _number: int) -> None:
        with transaction() as session:
            week = week_before(self.clock(), self.directory.timezone)
            if frozen_week(session, week.name) is None:
                freeze(session, self.directory, week)


_LATE = exists().where(Deadline.complaint_id == Complaint.id, Deadline.kind == PACT, Deadline.breached_at.is_not(None))
_WORDS = exists().where(Event.complaint_id == Complaint.id, Event.kind.in_(("remark", "ask")))
_LIKELY = {
    "decline": Complaint.state == ASSIGNED,
    "let_count": _WORDS,
    "uphold": Complaint.disputed_at.is_not(None),
    "dismiss": Complaint.disputed_at.is_not(None),
    "dispute": Complaint.responded_at.is_not(None),
    "reopen": Complaint.state.in_(ENDED_STATES),
    "close": Complaint.state.in_((RESPONDED, RESOLVED)),
    "excuse": _LATE.where(Deadline.excuse == ""),
    "object": _LATE.where(Deadline.excuse == ""),
}


class Impossible(Exception):
    """The step makes no sense for this case."""


def _assign(city: City, session: Session, case: Complaint, number: int) -> None:
    unit = city.directory.by_code[AGENCIES[number % 3]]
    assign(session, city.directory, case, unit, reason="uji", actor="account:9")


def _decline(city: City, session: Session, case: Complaint, _number: int) -> None:
    decline(session, city.directory, case, reason="Bukan kami.", actor=_actor(city, case, 0))


def _actor(city: City, case: Complaint, number: int) -> str:
    inbox = f"agency:{city.directory.unit(case.agency_id).code}"
    return (inbox, "account:7", "account:8")[number % 3]


def _respond(city: City, session: Session, case: Complaint, number: int) -> None:
    respond(
        session, city.directory, case, text="Sudah kami tambal.", arrived_at=_arrived(city, case, number),
        actor=_actor(city, case, number),
    )  # fmt: skip


def _reject(city: City, session: Session, case: Complaint, _number: int) -> None:
    reject(session, city.directory, case, reason="Bukan pengaduan.", actor="account:9")


def _follow_up(city: City, session: Session, case: Complaint, _number: int) -> None:
    follow_up(session, city.directory, case, text="Bagaimana ini?", at=city.clock())


def _ask(city: City, session: Session, case: Complaint, number: int) -> None:
    ask(
        session, city.directory, case, text="Di gang mana?", arrived_at=_arrived(city, case, number),
        actor=_actor(city, case, number),
    )  # fmt: skip


def _resolve(city: City, session: Session, case: Complaint, number: int) -> None:
    resolve(
        session, city.directory, case, text="Lubang sudah ditambal.", arrived_at=_arrived(city, case, number),
        actor=_actor(city, case, number),
    )  # fmt: skip


def _arrived(city: City, case: Complaint, number: int) -> datetime:
    """An arrival some time ago, but not before the complaint; now and then long ago."""
    return max(case.received_at, city.clock() - MINUTE * (0, 0, 1, 30, 600, 2000)[number // 3 % 6])


def _remark(city: City, session: Session, case: Complaint, number: int) -> None:
    remark(
        session, city.directory, case, text="Terima kasih.", arrived_at=_arrived(city, case, number),
        actor=_actor(city, case, number), reasons=["thanks"],
    )  # fmt: skip


def _let_count(city: City, session: Session, case: Complaint, number: int) -> None:
    """The inspector lets a remark, or a question, count from when it came."""
    found = not_counted(events_of(session, case))
    if not found:
        raise Impossible
    seq = found[number % len(found)].seq
    let_count(session, city.directory, case, seq=seq, reason="Sudah menjawab.", actor="account:5")


def _close(city: City, session: Session, case: Complaint, _number: int) -> None:
    close(session, city.directory, case, by=BY_CITIZEN, at=city.clock(), actor="citizen")


def _reopen(city: City, session: Session, case: Complaint, number: int) -> None:
    """By the citizen, in a mail that waited a little; or by the desk."""
    ended = case.closed_at or case.resolved_at or case.received_at
    at = max(ended + MINUTE, city.clock() - MINUTE * (0, 45)[number % 2])
    if at > city.clock():
        raise Impossible
    reopen(session, city.directory, case, text="Rusak lagi.", at=at, actor=("citizen", "account:9")[number % 2])


def _dispute(city: City, session: Session, case: Complaint, number: int) -> None:
    found = disputable(case, events_of(session, case), city.clock())
    if not found:
        raise Impossible
    dispute(
        session, city.directory, case, response=found[number % len(found)].seq, text="Belum menjawab.", at=city.clock()
    )


def _uphold(city: City, session: Session, case: Complaint, _number: int) -> None:
    uphold(session, city.directory, case, reason="Memang belum menjawab.", actor="account:5")


def _dismiss(city: City, session: Session, case: Complaint, _number: int) -> None:
    dismiss(session, city.directory, case, reason="Sudah menjawab.", actor="account:5")


def _breached(session: Session, case: Complaint, number: int) -> Deadline:
    late = select(Deadline).where(Deadline.complaint_id == case.id, Deadline.breached_at.is_not(None))
    runs = session.scalars(late.where(Deadline.kind == PACT).order_by(Deadline.run)).all()
    if not runs:
        raise Impossible
    return runs[number % len(runs)]


def _excuse(city: City, session: Session, case: Complaint, number: int) -> None:
    run = _breached(session, case, number)
    excuse(session, city.directory, case, run, cause=CAUSES[number % len(CAUSES)], actor="account:5", reason="Banjir.")


def _object(city: City, session: Session, case: Complaint, number: int) -> None:
    """The head objects, and the inspector decides at once: refused, excused, or taken back."""
    run = _breached(session, case, number)
    object_(session, city.directory, case, run, text="Salah alamat.", actor="account:3")
    if number % 4 == 0:
        refuse(session, city.directory, case, run, reason="Tidak terbukti.", actor="account:5")
    elif number % 4 != 1:
        cause = WITHDRAWN if number % 4 == 2 else CAUSES[number % len(CAUSES)]
        grant(session, city.directory, case, run, cause=cause, reason="Benar.", actor="account:5")


Act = Callable[[City, Session, Complaint, int], None]
ACTS: dict[str, Act] = {
    "assign": _assign,
    "decline": _decline,
    "respond": _respond,
    "reject": _reject,
    "follow_up": _follow_up,
    "ask": _ask,
    "remark": _remark,
    "let_count": _let_count,
    "resolve": _resolve,
    "close": _close,
    "reopen": _reopen,
    "dispute": _dispute,
    "uphold": _uphold,
    "dismiss": _dismiss,
    "excuse": _excuse,
    "object": _object,
}
