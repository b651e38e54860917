"""How a case stands with its clock, in words. Pure."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from service.complaints.records import Complaint
from service.complaints.rules import ASSIGNED, CLOSED, RECEIVED, REJECTED, RESOLVED, RESPONDED
from service.deadlines.rules import Measure
from service.notifications.words import counted
from service.pacts.rules import CALENDAR

# From here on the remaining time is shown as short.
SOON = 0.2


@dataclass(frozen=True)
class Standing:
    """`tone` is running, soon, late, met, missed or ended: it chooses a colour; the words say the same."""

    tone: str
    words: str


@dataclass(frozen=True)
class Counting:
    """Which hours a case's pact counts, and how the time between two instants is measured in them."""

    hours: str
    measure: Measure

    def words(self, begin: datetime, end: datetime) -> str:
        """The time between, in words."""
        return counted(self.measure(begin, end), self.hours)


ALL_HOURS = Counting(CALENDAR, lambda begin, end: end - begin)


def standing(complaint: Complaint, now: datetime, counting: Counting = ALL_HOURS) -> Standing:
    """Running, late, kept or not, or ended with a reason in place of an answer. Times are told in the hours that
    the case's pact counts."""
    if complaint.state == REJECTED:
        return Standing("ended", _("Tidak dapat ditangani"))
    if complaint.responded_at is not None:
        return _answered(complaint, complaint.responded_at, counting)
    if complaint.state == CLOSED:
        return Standing("ended", _("Ditutup"))
    if complaint.due_at < now:
        return Standing("late", _("Terlambat %(time)s", time=counting.words(complaint.due_at, now)))
    left = counting.measure(now, complaint.due_at)
    whole = counting.measure(complaint.reopened_at or complaint.received_at, complaint.due_at)
    tone = "soon" if left < whole * SOON else "running"
    return Standing(tone, _("Sisa %(time)s", time=counting.words(now, complaint.due_at)))


def _answered(complaint: Complaint, at: datetime, counting: Counting) -> Standing:
    start = complaint.reopened_at or complaint.received_at
    if at <= complaint.due_at:
        return Standing("met", _("Dijawab dalam %(time)s", time=counting.words(start, at)))
    return Standing("missed", _("Dijawab terlambat %(time)s", time=counting.words(complaint.due_at, at)))


def state_words(complaint: Complaint, agency: str) -> str:
    """What happens with the case at present, for the citizen."""
    if complaint.asked_at is not None:
        return _("%(agency)s menunggu keterangan dari Anda.", agency=agency)
    if complaint.state == RECEIVED:
        return _("Diterima. Petugas sedang menentukan dinas yang berwenang.")
    if complaint.state == ASSIGNED:
        return _("Sedang ditangani oleh %(agency)s.", agency=agency)
    if complaint.state == RESPONDED:
        return _("Sudah dijawab oleh %(agency)s.", agency=agency)
    if complaint.state == RESOLVED:
        return _("Dilaporkan selesai oleh %(agency)s. Benarkah?", agency=agency)
    if complaint.state == CLOSED:
        return _("Sudah selesai dan ditutup.")
    return _("Tidak dapat ditangani di sini; alasannya tertulis di bawah.")
