"""What the desk does with mail in quarantine. Callers hold the transaction.

Every act locks the mail's row first, so that of two people who decide at once the second learns what the first one
did (`NotInQuarantineError.row`). Every decision is added to the row, and nothing is ever taken off it.
"""

from dataclasses import replace
from hashlib import sha256

from sqlalchemy.orm import undefer

from service import clock
from service.agencies.directory import Directory, Unit
from service.casework.cases import locked
from service.casework.open import Choice, Submission, open_case
from service.complaints.records import Complaint
from service.complaints.rules import ActRefusedError
from service.complaints.search import by_number
from service.intake.process import apply_reply, submission_of
from service.intake.records import DISCARDED, DONE, QUARANTINED, STORED, InboundMail
from service.intake.rules import COMPLAINT, DECLINE, REPLY
from service.intake.shelf import waiting as waiting
from service.mail.message import Message
from service.mail.parse import parse
from service.routing.directory_table import route
from service.tables import Document, Session

RETRY, OPEN, ATTACH, DISCARD = "retry", "open", "attach", "discard"
# Who speaks in a mail that is attached to a case: the citizen; the holder, answering; the holder, sending it back.
CITIZEN, ANSWER, SEND_BACK = "citizen", "answer", "send_back"
SPEAKERS = (CITIZEN, ANSWER, SEND_BACK)
INSPECTORATE = "inspektorat"
LARGEST_ID = 2**63 - 1


class NotInQuarantineError(Exception):
    """The mail does not wait for a decision, or no longer. `row` says what became of it; None: there is none."""

    def __init__(self, mail_id: int, row: InboundMail | None = None) -> None:
        super().__init__(f"mail {mail_id} is not in quarantine")
        self.row = row


class RefusedError(Exception):
    """What was asked for is not possible. `code` tells the desk's pages which words to use; the text is English."""

    def __init__(self, code: str, text: str, **values: str) -> None:
        super().__init__(text)
        self.code, self.values = code, values


def held(session: Session, mail_id: int, *, or_discarded: bool = False) -> InboundMail:
    """One mail in quarantine with its bytes, locked; raises NotInQuarantineError.

    `or_discarded`: one that was set aside will do too.
    """
    row = None
    if 0 < mail_id <= LARGEST_ID:
        options = [undefer(InboundMail.raw)]
        row = session.get(InboundMail, mail_id, with_for_update=True, populate_existing=True, options=options)
    if row is None or row.status not in ((QUARANTINED, DISCARDED) if or_discarded else (QUARANTINED,)):
        raise NotInQuarantineError(mail_id, row)
    return row


def came_without_bytes(row: InboundMail) -> bool:
    """Whether the mail server could not deliver this mail: then only its place in the mailbox is known."""
    return row.size == 0 and row.sha256 != sha256(b"").hexdigest()


def retry(row: InboundMail, actor: str) -> None:
    """Have it judged again, as if it had just come in (its arrival time stays). Undoes a discard, too.

    One that the server did not deliver stays on the shelf, and the server is asked for it at once.
    """
    _decided(row, RETRY, actor)
    row.status = QUARANTINED if came_without_bytes(row) else STORED
    row.attempts = 0


def make_complaint(
    session: Session, directory: Directory, row: InboundMail, actor: str, choice: Choice | None = None
) -> Complaint:
    """Open a case from it, received when the mail arrived; `choice` gives it to an agency at once.

    Raises RefusedError for a mail without bytes, and when the text may accuse officials and `choice` neither names
    the inspectorate nor states that it does not (design §5).
    """
    if came_without_bytes(row):
        raise _no_bytes()
    submission = submission_of(directory, row, parse(row.raw))
    if choice and choice.agency != INSPECTORATE and not choice.not_about_officials and _accuses(directory, submission):
        raise RefusedError(
            "accuses", "the mail may accuse officials: choose the inspectorate, or state that it does not"
        )
    complaint = open_case(session, directory, replace(submission, choice=choice))
    _decided(row, OPEN, actor, choice.reason if choice else "")
    row.status, row.verdict, row.complaint_id, row.party = DONE, COMPLAINT, complaint.id, "citizen"
    return complaint


def may_accuse(directory: Directory, message: Message) -> bool:
    """Whether the words of a mail may accuse officials."""
    return _accuses(directory, Submission("mail", clock.now(), message.text, subject=message.subject))


def _accuses(directory: Directory, submission: Submission) -> bool:
    text = f"{submission.subject}\n{submission.text}"
    return route(directory, text, submission.tag, submission.category_id, submission.area_id).rule == "allegation"


def attach(
    session: Session, directory: Directory, row: InboundMail, number: str, speaker: str, reason: str, actor: str
) -> Complaint:
    """Make the mail part of a case, as the words of `speaker` (one of SPEAKERS).

    An answer counts from the mail's arrival: a breach that it shows to be wrong is withdrawn. Who accepted it, and
    why, stays in the event. Raises RefusedError when the case is unknown or does not allow it; roll back then.
    """
    message = _readable(row)
    if not reason.strip():
        raise RefusedError("no_reason", "a reason is needed")
    found = by_number(session, number)
    case = locked(session, found.id) if found else None
    if case is None:
        raise RefusedError("no_case", f"there is no case {number}", number=number)
    holder = directory.unit(case.agency_id)
    if speaker != CITIZEN:
        _check_holder(directory, row, case, holder)
    party = "citizen" if speaker == CITIZEN else holder.code
    accepted: Document = {"accepted_by": actor, "accepted_reason": reason, "accepted_from": "quarantine"}
    try:
        apply_reply(session, directory, row, message, case, party, speaker == SEND_BACK, accepted)
    except ActRefusedError:
        text = f"{case.number} is {case.state}, held by {holder.name}: that does not allow it"
        raise RefusedError("state", text, number=case.number, state=case.state, holder=holder.name) from None
    _decided(row, ATTACH, actor, reason)
    row.status, row.verdict = DONE, DECLINE if speaker == SEND_BACK else REPLY
    row.complaint_id, row.party = case.id, party
    return case


def _readable(row: InboundMail) -> Message:
    """The mail, its whole text standing in where nothing but a quotation was found; raises RefusedError without any."""
    if came_without_bytes(row):
        raise _no_bytes()
    message = parse(row.raw)
    words = message.reply_text.strip() or message.text.strip()
    if not words and not message.attachments:
        raise RefusedError("empty", "the mail says nothing: there is nothing to attach")
    return replace(message, reply_text=words)


def _check_holder(directory: Directory, row: InboundMail, case: Complaint, holder: Unit) -> None:
    """Nobody answers in another agency's name, nor a case that was not there yet."""
    writes_for = directory.by_code.get(row.party)
    if row.complaint_id == case.id and writes_for and writes_for.code != holder.code:
        values = {"number": case.number, "sender": writes_for.name, "holder": holder.name}
        text = f"the mail comes from {writes_for.name}, but {holder.name} holds {case.number}: give the case back first"
        raise RefusedError("other_holder", text, **values)
    if row.received_at < case.received_at:
        text = f"the mail arrived before {case.number} was received: it cannot be its answer"
        raise RefusedError("too_early", text, number=case.number)


def discard(row: InboundMail, reason: str, actor: str) -> None:
    """Set it aside; the bytes stay, and `retry` brings it back. Raises RefusedError without a reason."""
    if not reason.strip():
        raise RefusedError("no_reason", "a reason is needed")
    _decided(row, DISCARD, actor, reason)
    row.status = DISCARDED


def _decided(row: InboundMail, act: str, actor: str, reason: str = "") -> None:
    now = clock.now()
    line = {"act": act, "by": actor, "at": now.isoformat(timespec="seconds"), "reason": reason, "held": row.reason}
    row.decisions = [*row.decisions, line]
    row.decided_by, row.decided_at, row.leased_until = actor, now, None


def _no_bytes() -> RefusedError:
    return RefusedError("no_bytes", "the mail server did not deliver this mail: look into the mailbox itself")
