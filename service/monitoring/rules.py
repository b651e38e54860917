"""Which troubles stand now. Pure: standard library only.

All ages are the machine's own time, also in a demo whose civil clock runs fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

MAILBOX_UNREAD = "mailbox_unread"
MAIL_UNPROCESSED = "mail_unprocessed"
MAIL_UNFETCHABLE = "mail_unfetchable"
QUARANTINE_WAITS = "quarantine_waits"
SMTP_DOWN = "smtp_down"
SPARE_SERVER = "spare_server"
OUTBOX_STUCK = "outbox_stuck"
DEAD_LETTERS = "dead_letters"
MAIL_MISSING = "mail_missing"
NOT_COMPARED = "not_compared"
SWEEPS_STOPPED = "sweeps_stopped"
STEPS_LATE = "steps_late"
DIGEST_LATE = "digest_late"
OUTAGE = "outage"

# After how many minutes a trouble is one, and why then.
MINUTES = {
    MAILBOX_UNREAD: 5,  # read every few seconds; a server that restarts is back within minutes
    MAIL_UNPROCESSED: 10,  # the three attempts at a bad mail, each with its lease, end before
    MAIL_UNFETCHABLE: 10,  # asked for again meanwhile; after that only the mail server's people can read it
    QUARANTINE_WAITS: 120,  # a citizen's 24 hours run from arrival; the desk was told at once and needs some of them
    SMTP_DOWN: 5,  # a server that restarts is back within minutes; the first pauses between attempts are shorter
    SPARE_SERVER: 15,  # mail still leaves; a server that is restarted is back before
    OUTBOX_STUCK: 10,  # the weekly digest of a whole province leaves in less
    DEAD_LETTERS: 60,  # the desk was told at once and can retry within the hour
    MAIL_MISSING: 0,  # the comparison is made once a night: what it finds is no hiccup
    NOT_COMPARED: 2 * 24 * 60,  # nightly; one night may fail
    SWEEPS_STOPPED: 5,  # every few seconds; a worker may take minutes over one long job
    STEPS_LATE: 15,  # a step that failed is tried again every minute
    DIGEST_LATE: 60,  # the leaders' meeting follows within hours
    OUTAGE: 30,  # an update of the software takes less
}
# A wave of refusals within a day is a fault of ours (blocked, or a bad address list), whoever they were for.
DEAD_IN_A_DAY = 10
# Nobody needs the exact number of a flood every twenty seconds.
MOST_COUNTED = 1000

TITLES = {
    MAILBOX_UNREAD: "Kotak surat tidak terbaca",
    MAIL_UNPROCESSED: "Surat masuk tidak diolah",
    MAIL_UNFETCHABLE: "Surat tidak dapat diambil dari server",
    QUARANTINE_WAITS: "Karantina menunggu terlalu lama",
    SMTP_DOWN: "Surat tidak dapat dikirim",
    SPARE_SERVER: "Server surat utama tidak dapat dipakai",
    OUTBOX_STUCK: "Surat keluar tertahan",
    DEAD_LETTERS: "Surat gagal belum ditangani",
    MAIL_MISSING: "Isi kotak surat tidak cocok dengan catatan",
    NOT_COMPARED: "Kotak surat tidak dicocokkan",
    SWEEPS_STOPPED: "Pekerja tidak berjalan",
    STEPS_LATE: "Pengingat tertunda",
    DIGEST_LATE: "Rekap mingguan tertunda",
    OUTAGE: "Layanan sempat berhenti",
}
# What to do next, in a sentence or two.
ADVICE = {
    MAILBOX_UNREAD: "Periksa server surat dan kata sandi di IMAP_URL, lalu pastikan proses poller berjalan. "
    "Surat warga tetap aman di server dan akan dibaca setelah pulih.",
    MAIL_UNPROCESSED: "Pastikan proses worker dan Redis berjalan, lalu lihat catatan (log) worker.",
    MAIL_UNFETCHABLE: "Minta pengelola server surat membuka surat itu di kotak surat dan meneruskannya. "
    "Setelah itu meja pengaduan menyisihkan barisnya dari karantina.",
    QUARANTINE_WAITS: "Minta petugas meja pengaduan membuka karantina: di dalamnya mungkin ada pengaduan "
    "yang batas 24 jamnya sedang berjalan.",
    SMTP_DOWN: "Periksa server di SMTP_URL dan kata sandinya. Surat tidak hilang: semuanya dikirim setelah pulih.",
    SPARE_SERVER: "Periksa server pertama di SMTP_URL. Selama itu surat tetap terkirim lewat server berikutnya.",
    OUTBOX_STUCK: "Pastikan proses worker dan Redis berjalan. Surat tidak hilang: semuanya dikirim setelah pulih.",
    DEAD_LETTERS: "Minta meja pengaduan memeriksa alamat di halaman Surat gagal, lalu mengirim ulang; "
    "atau jalankan flask outbox list.",
    MAIL_MISSING: "Lihat rinciannya di halaman Kesehatan surat; surat yang belum tercatat diambil ulang oleh poller.",
    NOT_COMPARED: "Pastikan proses poller berjalan dan dapat membuka kotak surat.",
    SWEEPS_STOPPED: "Pastikan proses worker, schedule, dan Redis berjalan, lalu lihat catatan (log) worker.",
    STEPS_LATE: "Lihat catatan (log) worker: sebuah kasus gagal diproses berulang kali.",
    DIGEST_LATE: "Pastikan semua kotak surat terbaca sampai akhir minggu dan worker berjalan; "
    "atau jalankan flask digest send.",
    OUTAGE: "Tidak ada yang perlu dilakukan jika ini disengaja. Surat yang datang selama itu sedang diolah.",
}


@dataclass(frozen=True)
class Box:
    """A mailbox that is to be read. Ages are since it was read to its end, and compared; None: never."""

    name: str
    unread: timedelta | None
    problem: str = ""
    not_compared: timedelta | None = None
    differences: int = 0
    findings: str = ""


@dataclass(frozen=True)
class State:
    """What was found, at one instant. None where nothing waits, or nothing fails."""

    watched: timedelta  # how long we have been looking without a gap: what was before is not held against anybody
    boxes: tuple[Box, ...] = ()
    stored: timedelta | None = None  # how long the mail that waits longest has been waiting to be processed
    unfetchable: int = 0
    unfetched: timedelta | None = None  # how long the first of those has been asked for in vain
    quarantined: int = 0
    quarantine: timedelta | None = None  # since the arrival of the oldest mail in it
    outbox: timedelta | None = None  # how long the mail that is due longest has been due without being tried
    queued: bool = False  # mail has been waiting to leave for as long as a server may be down
    smtp_failing: timedelta | None = None
    smtp_words: str = ""
    spare_used: timedelta | None = None  # since when mail leaves by another server than the preferred one
    spare_words: str = ""
    dead_for_offices: int = 0  # of the last week
    dead: timedelta | None = None  # since the oldest of those was given up
    dead_in_a_day: int = 0
    silent: tuple[tuple[str, timedelta | None, str], ...] = ()  # job, since it last went well (None: never), fault
    step: timedelta | None = None
    digest: timedelta | None = None
    digest_week: str = ""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: of which kind, with which mailbox, since how long ago, in words."""

    kind: str
    about: str
    age: timedelta
    words: str


def limit(kind: str) -> timedelta:
    """After how long a trouble of this kind is one."""
    return timedelta(minutes=MINUTES[kind])


def standing(state: State) -> list[Trouble]:
    """Every trouble that stands."""
    found = [*_mailboxes(state), *_incoming(state), *_outgoing(state), *_clocks(state)]
    return [trouble for trouble in found if trouble.age >= limit(trouble.kind)]


def _mailboxes(state: State) -> Iterator[Trouble]:
    for box in state.boxes:
        because = f": {box.problem}" if box.problem else "."
        yield Trouble(MAILBOX_UNREAD, box.name, _seen(state, box.unread), f"{box.name} tidak terbaca{because}")
        yield Trouble(NOT_COMPARED, box.name, _seen(state, box.not_compared), f"{box.name} belum dicocokkan.")
        if box.differences:
            words = f"{box.name}: {box.differences} perbedaan. {box.findings}".strip()
            yield Trouble(MAIL_MISSING, box.name, timedelta(0), words)


def _incoming(state: State) -> Iterator[Trouble]:
    if state.stored is not None:
        words = "Surat warga sudah tersimpan tetapi belum diolah."
        yield Trouble(MAIL_UNPROCESSED, "", _seen(state, state.stored), words)
    if state.unfetched is not None:
        words = (
            f"{counted(state.unfetchable)} surat ada di kotak surat, tetapi servernya tidak dapat memberikan isinya."
        )
        yield Trouble(MAIL_UNFETCHABLE, "", state.unfetched, words)
    if state.quarantine is not None:
        words = f"{counted(state.quarantined)} surat di karantina menunggu keputusan meja pengaduan."
        yield Trouble(QUARANTINE_WAITS, "", state.quarantine, words)


def _outgoing(state: State) -> Iterator[Trouble]:
    failing = state.smtp_failing is not None and state.queued
    if failing and state.smtp_failing is not None:
        words = f"Tidak ada server surat yang menerima. Kata terakhir: {state.smtp_words}"
        yield Trouble(SMTP_DOWN, "", _seen(state, state.smtp_failing), words)
    elif state.spare_used is not None:
        words = f"Surat dikirim lewat server cadangan. Kata terakhir server utama: {state.spare_words}"
        yield Trouble(SPARE_SERVER, "", _seen(state, state.spare_used), words)
    if not failing and state.outbox is not None:
        words = "Surat keluar sudah waktunya dikirim, tetapi tidak ada yang mencobanya."
        yield Trouble(OUTBOX_STUCK, "", _seen(state, state.outbox), words)
    if state.dead_in_a_day >= DEAD_IN_A_DAY:
        words = f"{state.dead_in_a_day} surat ditolak untuk selamanya dalam sehari."
        yield Trouble(DEAD_LETTERS, "", max(limit(DEAD_LETTERS), state.dead or timedelta(0)), words)
    elif state.dead is not None:
        words = f"{state.dead_for_offices} surat untuk dinas atau pejabat tidak dapat disampaikan."
        yield Trouble(DEAD_LETTERS, "", state.dead, words)


def _clocks(state: State) -> Iterator[Trouble]:
    late = [(job, age, fault) for job, age, fault in state.silent if _seen(state, age) >= limit(SWEEPS_STOPPED)]
    if late:
        names = ", ".join(job for job, _, _ in late)
        fault = next((fault for _, _, fault in late if fault), "")
        words = f"Tidak selesai dengan baik: {names}." + (f" Kata terakhir: {fault}" if fault else "")
        yield Trouble(SWEEPS_STOPPED, "", max(_seen(state, age) for _, age, _ in late), words)
    if state.step is not None:
        yield Trouble(STEPS_LATE, "", _seen(state, state.step), "Pengingat yang sudah waktunya belum dikirim.")
    if state.digest is not None:
        words = f"Rekap minggu {state.digest_week} belum terbit."
        yield Trouble(DIGEST_LATE, "", _seen(state, state.digest), words)


def counted(number: int) -> str:
    """The number, unless counting was ended there."""
    return str(number) if number < MOST_COUNTED else f"{MOST_COUNTED} atau lebih"


def _seen(state: State, age: timedelta | None) -> timedelta:
    """An age, but no longer than we have been looking: after a stop of everything each part gets its time anew."""
    return state.watched if age is None else min(age, state.watched)
