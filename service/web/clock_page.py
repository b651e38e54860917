"""How the due times of a case came about, in words, for the one who reads it. The counting is `deadlines.explain`'s."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_date
from flask import render_template
from flask_babel import gettext as _

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.compliance.explained import Explained, explained
from service.deadlines.rules import BREACH, ESCALATION, REMINDER, Step
from service.deadlines.story import ARRIVAL, WAITS, ClockStory, Day, Moment, Pause, Recorded, RunStory
from service.notifications import words
from service.notifications.words import EXCUSES, LOCALE, counted, duration
from service.pacts.rules import LAST, WORKING
from service.tables import Session
from service.web.timeline import CITIZEN

# What passes between offices about a lateness is not the citizen's to follow.
BETWEEN_OFFICES = ("remark", "object", "grant", "refuse")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Line:
    """One line of a list: what, when (None: see `note`), and what is to be added. `strong` marks the decisive one."""

    title: str
    at: datetime | None
    note: str
    strong: bool = False


@dataclass(frozen=True)
class ShownClock:
    """One due time in words."""

    title: str
    story: ClockStory
    formula: str
    days: list[tuple[str, str, str]]
    pauses: list[Line]
    steps: list[Line]


@dataclass(frozen=True)
class ShownRun:
    """One run in words. `stays`: unit, since, until, time counted, whether it is accountable."""

    title: str
    source: str
    story: RunStory
    clocks: list[ShownClock]
    stays: list[tuple[str, datetime, datetime | None, str, bool]]
    tone: str
    outcome: str
    told: list[Line]


def clock_page(
    session: Session,
    directory: Directory,
    case: Complaint,
    reader: str,
    now: datetime,
    back: str,
    until: int | None = None,
) -> str:
    """The page for a `reader`, up to the event `until`; `back` is the address of the case's own page."""
    found = explained(session, directory, case, now, until)
    return render_template(
        "parts/clock.html",
        case=case,
        back=back,
        agrees=found.explanation.agrees or until is not None,  # with part of the events a part can only differ
        citizen=reader == CITIZEN,
        runs=[_run(directory, found, story, reader, now) for story in reversed(found.explanation.runs)],
    )


def _run(directory: Directory, found: Explained, story: RunStory, reader: str, now: datetime) -> ShownRun:
    tone, outcome = _outcome(directory, story, now)
    title = (
        _("Sejak pengaduan diterima")
        if story.number == 1
        else _("Sejak dibuka kembali (putaran %(n)s)", n=story.number)
    )
    told = [event for event in story.told if reader != CITIZEN or event.kind not in BETWEEN_OFFICES]
    return ShownRun(
        title=title,
        source=_source(found, story.opening),
        story=story,
        clocks=[_clock(directory, clock, story, now) for clock in (story.pact, story.statute) if clock],
        stays=[
            (
                _unit(directory, stay.unit),
                stay.since,
                stay.until,
                counted(stay.counted, story.pact.hours),
                story.breach is not None and stay.unit == story.accountable,
            )
            for stay in story.stays
        ],
        tone=tone,
        outcome=outcome,
        told=[_told(directory, found, event, reader) for event in told],
    )


def _source(found: Explained, opening: Recorded) -> str:
    if opening.seq in found.mailboxes:
        return _(
            "saat email tiba di kotak surat %(box)s, menurut server surat (INTERNALDATE)",
            box=found.mailboxes[opening.seq],
        )
    if opening.payload.get("channel") == "mail":
        return _("saat email tiba, menurut server surat (INTERNALDATE)")
    return _("saat formulir tiba, menurut jam server")


def _clock(directory: Directory, clock: ClockStory, story: RunStory, now: datetime) -> ShownClock:
    if clock.term:
        title = _("Batas penyelesaian (ketentuan SP4N-LAPOR!)")
        formula = _("%(days)s hari kerja; hari pengaduan masuk tidak dihitung", days=clock.term)
        waited = sum(pause.days for pause in clock.pauses)
        if waited:
            formula += _(", ditambah %(days)s hari kerja menunggu balasan pelapor", days=waited)
    else:
        title = _("Batas jawaban (pakta %(version)s)", version=clock.pact)
        hours = (
            _("hanya jam kerja") if clock.hours == WORKING else _("semua jam dihitung, termasuk malam dan hari libur")
        )
        formula = _("%(length)s, %(hours)s", length=_hours(clock), hours=hours)
    return ShownClock(
        title=title,
        story=clock,
        formula=formula,
        days=[_day(day, clock) for day in clock.days],
        pauses=[
            Line(
                _("Menunggu balasan pelapor atas pertanyaan %(unit)s", unit=_unit(directory, pause.unit)),
                pause.since,
                _("masih menunggu")
                if pause.until is None
                else _("%(days)s hari kerja tidak dihitung", days=pause.days),
            )
            for pause in clock.pauses
        ],
        steps=[_step(directory, moment, clock, story, now) for moment in clock.moments],
    )


def _pause(directory: Directory, pause: Pause) -> Line:
    title = _("Menunggu balasan pelapor atas pertanyaan %(unit)s", unit=_unit(directory, pause.unit))
    if pause.until is None:
        return Line(title, pause.since, _("masih menunggu"))
    until = words.when(pause.until, directory)
    return Line(
        title, pause.since, _("sampai %(until)s: %(days)s hari kerja tidak dihitung", until=until, days=pause.days)
    )


def _hours(clock: ClockStory) -> str:
    return _("%(n)s jam", n=int(clock.length.total_seconds() // 3600))


def _day(day: Day, clock: ClockStory) -> tuple[str, str, str]:
    """The day, what counted of it, and why no more."""
    why = {"weekend": _("akhir pekan"), ARRIVAL: _("hari pengaduan masuk"), WAITS: _("menunggu balasan pelapor")}
    name = format_date(day.day, "EEE, d MMM y", locale=LOCALE)
    if clock.term:
        return name, _("hari ke-%(n)s", n=day.number) if day.number else "–", why.get(day.off, day.off)
    return name, counted(day.counted, clock.hours) if day.counted else "–", why.get(day.off, day.off)


def _step(directory: Directory, moment: Moment, clock: ClockStory, story: RunStory, now: datetime) -> Line:
    step = moment.step
    if moment.recorded_at is not None:
        late = moment.recorded_at - step.at
        note = _("tercatat %(time)s setelahnya", time=duration(late)) if late >= MINUTE else _("tercatat saat itu juga")
    elif step.at > now:
        note = _("belum tiba")
    elif step.kind == REMINDER or (step.kind == ESCALATION and _seemed_answered(story, step)):
        note = _("tidak dikirim")
    else:
        note = _("tidak perlu") if story.answer or story.withdrawn else _("menunggu semua surat masuk terbaca")
    # A term that ends with a day ends within it: midnight would read as the day after.
    at = step.at - timedelta(microseconds=1) if clock.term and step.kind == BREACH else step.at
    return Line(_step_name(directory, step, clock), at, note, step.kind == BREACH)


def _seemed_answered(story: RunStory, step: Step) -> bool:
    """Whether the step's time passed before the inspector voided the answer: then it is not made up for."""
    return any(event.kind == "uphold" and event.at >= step.at for event in story.told)


def _step_name(directory: Directory, step: Step, clock: ClockStory) -> str:
    if step.kind == REMINDER:
        return _("Pengingat pada %(n)s %% waktu", n=step.level)
    if step.kind == BREACH:
        return _("Batas penyelesaian") if clock.term else _("Batas jawaban")
    posts = [directory.officials[post].title for post in step.posts if post in directory.officials]
    return _("Laporan kepada %(posts)s", posts=", ".join(posts) or _("atasan"))


def _outcome(directory: Directory, story: RunStory, now: datetime) -> tuple[str, str]:
    unit = _unit(directory, story.accountable)
    if story.in_time and story.answer:
        said = _("Dijawab tepat waktu oleh %(unit)s.", unit=unit)
        return "met", said + (" " + _("Catatan keterlambatan sebelumnya dicabut.") if story.withdrawn else "")
    if story.breach:
        rule = (
            _("terakhir memegang kasus sebelum batas")
            if story.rule == LAST
            else _("paling lama memegang kasus sampai batas")
        )
        words = _("Terlambat. Tercatat pada %(unit)s, karena %(rule)s.", unit=unit, rule=rule)
        if story.excuse:
            words += " " + _("Dikecualikan: %(cause)s.", cause=EXCUSES.get(story.excuse, story.excuse))
        return "missed", words
    if story.withdrawn:
        return "met", _("Catatan keterlambatan dicabut.")
    if now > story.pact.due:
        return "late", _("Batas jawaban sudah lewat; keterlambatan dicatat setelah semua surat masuk terbaca.")
    return "running", _("Masih berjalan.")


def _told(directory: Directory, found: Explained, event: Recorded, reader: str) -> Line:
    unit = _unit(directory, str(event.payload.get("agency", "")))
    counts = event.kind not in ("ask", "resolve") or bool(event.payload.get("counts"))
    names = {
        "respond": _("Jawaban %(unit)s", unit=unit),
        "ask": _("Pertanyaan %(unit)s kepada pelapor", unit=unit),
        "resolve": _("%(unit)s menyatakan selesai", unit=unit),
        "reject": _("Ditolak oleh meja pengaduan, dengan alasan"),
        "close": _("Kasus ditutup"),
        "reopen": _("Kasus dibuka kembali"),
        "follow_up": _("Pesan pelapor"),
        "remark": _("Pesan %(unit)s yang tidak dihitung sebagai jawaban", unit=unit),
        "dispute": _("Pelapor menyatakan jawaban belum menjawab"),
        "uphold": _("Inspektur membenarkan pelapor; jawaban itu tidak dihitung"),
        "dismiss": _("Inspektur menilai jawaban itu menjawab"),
        "withdraw": _("Catatan keterlambatan dicabut"),
        "excuse": _("Keterlambatan dikecualikan"),
        "object": _("Kepala mengajukan keberatan atas catatan keterlambatan"),
        "grant": _("Keberatan diterima inspektur"),
        "refuse": _("Keberatan ditolak inspektur"),
    }
    notes = [] if reader == CITIZEN else [_actor(directory, found, event.actor)]
    if not counts:
        notes.append(_("tidak dihitung sebagai jawaban"))
    cause = event.payload.get("cause")
    if cause:
        notes.append(EXCUSES.get(str(cause), str(cause)))
    late = event.recorded_at - event.at
    if late >= MINUTE:
        notes.append(_("tercatat %(time)s setelahnya", time=duration(late)))
    return Line(names[event.kind], event.at, "; ".join(notes))


def _actor(directory: Directory, found: Explained, actor: str) -> str:
    kind, _colon, who = actor.partition(":")
    if kind == "agency":
        return _unit(directory, who)
    role, agency_id = found.roles.get(int(who), ("", None)) if kind == "account" else (kind, None)
    names = {
        "citizen": _("pelapor"),
        "system": _("sistem"),
        "desk": _("petugas meja"),
        "officer": _("petugas"),
        "head": _("kepala"),
        "inspector": _("inspektur"),
    }
    name = names.get(role, _("akun"))
    return f"{name} {directory.units[agency_id].acronym}" if agency_id in directory.units else name


def _unit(directory: Directory, code: str) -> str:
    unit = directory.by_code.get(code)
    return unit.name if unit else directory.desk.name
