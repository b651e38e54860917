"""The watch: raises an alarm when trouble begins to stand, clears it when it is over, and has both told.

Any number of processes may watch; one at a time takes a turn. A trouble that comes and goes is one alarm: it is
cleared only after it was gone for a while, and for hours when it had been there before within a day.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from service import clock
from service.monitoring import letters, pulse
from service.monitoring.records import Alarm, Heartbeat
from service.monitoring.rules import OUTAGE, State, Trouble, limit, standing
from service.monitoring.state import gather
from service.tables import Session

log = structlog.get_logger()
Transaction = Callable[[], AbstractContextManager[Session]]

# How long a trouble must be gone. The long one holds when the same trouble was there before within a day: so one that
# comes and goes all day writes a handful of letters, not dozens.
CALM, LONG_CALM, SAME_TROUBLE = timedelta(minutes=15), timedelta(hours=4), timedelta(days=1)
REMIND_EVERY = timedelta(hours=24)
TELL_DESK_EVERY = timedelta(hours=2)
# A watch that has not turned for so long has a gap: ages are counted from its end.
GAP = timedelta(minutes=3)
_ONE_AT_A_TIME = 0x54554E544153  # any number; the name of the lock


def turn(transaction: Transaction) -> int:
    """Look once; returns how many alarms were raised or cleared. 0 also while another process looks."""
    with transaction() as session:
        if not session.scalar(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME))):
            return 0
        now = clock.now()
        changed = _note_turn(session, now)
        state = gather(session)
        changed += settle(session, standing(state), now)
        _tell_desk(session, state, now)
    for happened, kind, about in changed:
        (log.error if happened == "alarm_raised" else log.warning)(happened, kind=kind, about=about)
    return len(changed)


def _note_turn(session: Session, now: datetime) -> list[tuple[str, str, str]]:
    """Note this turn. After a gap, counting begins anew, and a long one is told once it is over."""
    last = session.get(Heartbeat, pulse.WATCH)
    pause = _machine_time(now - last.at) if last and last.at else None
    gone_since = last.at if last else None
    pulse.beat(session, pulse.WATCH, now)
    if pause is not None and pause <= GAP:
        return []
    pulse.beat(session, pulse.WATCH_BEGAN, now)
    if pause is None or gone_since is None or pause < limit(OUTAGE):
        return []
    words = "Seluruh layanan, atau penjadwalnya, berhenti selama itu."
    alarm = Alarm(kind=OUTAGE, about="", words=words, since=gone_since, raised_at=now, cleared_at=now)
    session.add(alarm)
    session.flush()
    letters.tell(session, alarm, letters.CLEARED)
    return [("alarm_raised", OUTAGE, ""), ("alarm_cleared", OUTAGE, "")]


def settle(session: Session, troubles: Sequence[Trouble], now: datetime) -> list[tuple[str, str, str]]:
    """Make the open alarms those that stand; returns what was raised and cleared, with kind and mailbox."""
    query = select(Alarm).where(Alarm.cleared_at.is_(None)).with_for_update()
    known = {(alarm.kind, alarm.about): alarm for alarm in session.scalars(query)}
    changed = []
    for trouble in troubles:
        alarm = known.pop((trouble.kind, trouble.about), None)
        if alarm is None:
            changed += _raise(session, trouble, now)
        else:
            alarm.words, alarm.calm_since = trouble.words, None
            _remind(session, alarm, now)
    for alarm in known.values():
        changed += _calm(session, alarm, now)
    return changed


def _raise(session: Session, trouble: Trouble, now: datetime) -> list[tuple[str, str, str]]:
    added = session.scalars(
        insert(Alarm)
        .values(
            kind=trouble.kind,
            about=trouble.about,
            words=trouble.words,
            since=now - trouble.age * clock.speed(),
            raised_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Alarm)
    ).one_or_none()
    if added is None:  # somebody was quicker
        return []
    letters.tell(session, added, letters.RAISED)
    return [("alarm_raised", trouble.kind, trouble.about)]


def _remind(session: Session, alarm: Alarm, now: datetime) -> None:
    days = _machine_time(now - alarm.raised_at) // REMIND_EVERY
    if days:
        letters.tell(session, alarm, letters.OPEN, str(days))


def _calm(session: Session, alarm: Alarm, now: datetime) -> list[tuple[str, str, str]]:
    """An alarm whose trouble is not there now: cleared when that has lasted."""
    if alarm.calm_since is None:
        alarm.calm_since = now
        return []
    if _machine_time(now - alarm.calm_since) < _needed_calm(session, alarm):
        return []
    alarm.cleared_at = alarm.calm_since
    letters.tell(session, alarm, letters.CLEARED)
    return [("alarm_cleared", alarm.kind, alarm.about)]


def _needed_calm(session: Session, alarm: Alarm) -> timedelta:
    before = alarm.raised_at - SAME_TROUBLE * clock.speed()
    earlier = select(Alarm.id).where(
        Alarm.kind == alarm.kind, Alarm.about == alarm.about, Alarm.id < alarm.id, Alarm.cleared_at > before
    )
    return LONG_CALM if session.scalar(earlier.limit(1)) else CALM


def _tell_desk(session: Session, state: State, now: datetime) -> None:
    """Tell the desk that mail waits in quarantine, every two hours while some does."""
    if not state.quarantined or state.quarantine is None:
        return
    told = session.get(Heartbeat, pulse.DESK_TOLD)
    if told and told.at and _machine_time(now - told.at) < TELL_DESK_EVERY:
        return
    pulse.beat(session, pulse.DESK_TOLD, now)
    letters.tell_desk(session, state.quarantined, now - state.quarantine * clock.speed(), now)


def _machine_time(civil: timedelta) -> timedelta:
    return civil / clock.speed()
