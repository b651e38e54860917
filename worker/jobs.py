"""What RQ runs. A job carries nothing: it looks into the database, does a bounded share of what is due there,
and rings again when more is left. Any of them may run twice, or never: the next sweep does what is due.
"""

import time
from collections.abc import Callable

from service import queues
from service.casework import quiet, sweep
from service.compliance import digest
from service.config import settings
from service.database import transaction
from service.evidence import anchoring
from service.intake import process
from service.intake.watermark import sight
from service.monitoring import pulse
from service.monitoring import watch as watching
from service.notifications import known
from service.notifications.links import bounce_address
from service.notifications.render import render
from service.notifications.undelivered import tell_desk
from service.outbox import delivery
from service.outbox.smtp import SmtpRoute

# A job gives the worker back after this long, so that SIGTERM and other queues are not kept waiting.
SHARE_SECONDS = 2.0
_smtp: pulse.NotingSender | None = None
_rests_until = 0.0


def process_mail() -> None:
    """Turn stored mail into acts."""
    _drain(queues.PROCESS_MAIL, lambda: process.turn(transaction))


def deliver_mail() -> None:
    """Send mail that is due, over a connection that stays open from job to job.

    A server that kept us waiting in vain is left alone for as long as it did: else one that hangs would take nearly
    all the time of a worker that has other things to do.
    """
    global _smtp, _rests_until
    begun = time.monotonic()
    if begun < _rests_until:
        queues.answer(queues.DELIVER_MAIL)
        return
    _smtp = _smtp or pulse.NotingSender(SmtpRoute(settings().smtp_url))
    smtp = _smtp
    _drain(
        queues.DELIVER_MAIL,
        lambda: delivery.turn(transaction, smtp, render, tell_desk, bounce_address, known.gather),
    )
    if smtp.failing:
        now = time.monotonic()
        _rests_until = now + (now - begun)
    smtp.write_down(transaction)


def sweep_deadlines() -> None:
    """Remind, record breaches, escalate; close what is done and about which nobody complained."""
    pulse.note_sweep(transaction)
    _drain(queues.SWEEP_DEADLINES, lambda: sweep.turn(transaction, sight) or quiet.turn(transaction, sight))


def send_digests() -> None:
    """Publish the weeks whose digest is due."""
    queues.answer(queues.SEND_DIGESTS)
    with pulse.beating(transaction, "send_digests"):
        digest.turn(transaction, sight)


def anchor_day() -> None:
    """Once a day, write down what every case was like."""
    queues.answer(queues.ANCHOR_DAY)
    with pulse.beating(transaction, "anchor_day"):
        anchoring.turn(transaction)


def watch() -> None:
    """Raise and clear alarms. The schedule does this itself, not by way of Redis and a worker: one of those may be
    what is amiss."""
    watching.turn(transaction)


def _drain(job: str, turn: Callable[[], int]) -> None:
    queues.answer(job)
    end = time.monotonic() + SHARE_SECONDS
    with pulse.beating(transaction, job.rpartition(".")[2]):
        while turn():
            if time.monotonic() > end:
                queues.ring(job)
                return
