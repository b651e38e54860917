"""What a report about a mail that had left means for it."""

from datetime import timedelta

from sqlalchemy import func

from service.mail.message import Bounce
from service.outbox.delivery import log_line
from service.outbox.records import DEAD, QUEUED, SENT, OutboundMail

# A full mailbox is emptied, a server that was away comes back: so long after such a report the mail goes again.
AGAIN_AFTER = (timedelta(hours=4), timedelta(hours=12), timedelta(hours=24), timedelta(hours=48))


def note(row: OutboundMail, bounce: Bounce) -> bool:
    """Keep what a mail server says about this mail of ours; True when that put the mail on the shelf.

    A delay changes nothing: the server is still trying. One that gave up for a reason that passes (RFC 3463 class 4,
    and X.2.2, the full mailbox, whatever its class) leaves the next attempt to us: the same mail, the same Message-ID.
    """
    line = log_line(f"bounce: {bounce.status} {bounce.diagnostic}".strip())
    passing = bounce.kind == "temporary" or is_full(bounce)
    waits = row.status == SENT and passing and bounce.kind not in ("delayed", "unknown")
    tried_again = sum("again" in said for said in row.log)
    if waits and tried_again < len(AGAIN_AFTER):
        row.status, row.attempts, row.sent_at = QUEUED, 0, None
        row.next_attempt_at = func.clock_timestamp() + AGAIN_AFTER[tried_again]  # type: ignore[assignment]
        line["again"] = True
    row.log = [*row.log, line]
    for_good = bounce.kind == "permanent" and not passing
    if row.status == DEAD or not (for_good or (waits and tried_again >= len(AGAIN_AFTER))):
        return False
    row.status, row.leased_until = DEAD, None
    return True


def is_full(bounce: Bounce) -> bool:
    """Whether the recipient's mailbox is full (RFC 3463 §3.3: X.2.2)."""
    return bounce.status.endswith(".2.2") and len(bounce.status) == len("5.2.2")
