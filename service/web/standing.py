"""How a case stands with its clock, in words. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _

from service.complaints.records import Complaint
from service.complaints.rules import ASSIGNED, RECEIVED, REJECTED, RESPONDED
from service.notifications.words import duration

# From here on the remaining time is shown as short.
SOON = 0.2


@dataclass(frozen=True)
class Standing:
    """`tone` is running, soon, late, met, missed or ended: it chooses a colour; the words say the same."""

    tone: str
    words: str


def standing(complaint: Complaint, now: datetime) -> Standing:
    """Running, late, kept or not, or ended with a reason in place of an answer."""
    if complaint.state == REJECTED:
        return Standing("ended", _("Tidak dapat ditangani"))
    if complaint.responded_at is not None:
        return _answered(complaint, complaint.responded_at)
    left = complaint.due_at - now
    if left < timedelta():
        return Standing("late", _("Terlambat %(time)s", time=duration(-left)))
    whole = complaint.due_at - complaint.received_at
    return Standing("soon" if left < whole * SOON else "running", _("Sisa %(time)s", time=duration(left)))


def _answered(complaint: Complaint, at: datetime) -> Standing:
    if at <= complaint.due_at:
        return Standing("met", _("Dijawab dalam %(time)s", time=duration(at - complaint.received_at)))
    return Standing("missed", _("Dijawab terlambat %(time)s", time=duration(at - complaint.due_at)))


def state_words(complaint: Complaint, agency: str) -> str:
    """What happens with the case at present, for the citizen."""
    if complaint.state == RECEIVED:
        return _("Diterima. Petugas sedang menentukan dinas yang berwenang.")
    if complaint.state == ASSIGNED:
        return _("Sedang ditangani oleh %(agency)s.", agency=agency)
    if complaint.state == RESPONDED:
        return _("Sudah dijawab oleh %(agency)s.", agency=agency)
    return _("Tidak dapat ditangani di sini; alasannya tertulis di bawah.")
