"""What the complaints desk sees: cases without an agency, mail in quarantine, mail that could not be sent.

In: decisions of operators. Out: `casework.assign|reject|respond`, `intake.quarantine`, `outbox.delivery.retry`. The
inspector may read all of it and change nothing.
"""

from service.web.desk import acts, cases, clock, dead_letters, evidence, held_mail, quarantine, queue
from service.web.desk.pages import pages

__all__ = ["acts", "cases", "clock", "dead_letters", "evidence", "held_mail", "pages", "quarantine", "queue"]
