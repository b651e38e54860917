"""What is known when a batch of mails is judged, and what each mail adds to it for the next one."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from service.agencies.directory import Directory
from service.complaints.records import Complaint
from service.intake import rules
from service.intake.records import DONE, QUARANTINED, InboundMail
from service.mail.message import Message

MOST_REFERENCES = 30
# What a mail that opened or repeated a complaint was judged. Held, yet done: the desk made a complaint of it.
_COMPLAINTS = (rules.COMPLAINT, rules.AGAIN, rules.HOLD)


@dataclass(frozen=True)
class Mail:
    """A stored mail, what it says, the fingerprint of its words, and the agency whose plus-address it was sent to."""

    row: InboundMail
    message: Message
    fingerprint: str
    tag: str

    @property
    def sender(self) -> str:
        """Who wrote it; may be empty."""
        return self.message.from_address

    @property
    def domain(self) -> str:
        """The sender's domain; empty where anyone may have an address."""
        domain = self.sender.rpartition("@")[2]
        return "" if domain in rules.PUBLIC_DOMAINS else domain

    @property
    def answered(self) -> list[str]:
        """Message-IDs of the mails that it answers, oldest first."""
        ids = (*self.message.references, self.message.in_reply_to)
        return list(dict.fromkeys(i for i in ids if i))[-MOST_REFERENCES:]

    @property
    def words(self) -> str:
        """What tells its words from all others; the bytes where there are too few words."""
        return self.fingerprint or self.row.sha256


class Letter(NamedTuple):
    """A letter of ours: in which case, to whom, and whose notice it was (None: the citizen's or the desk's)."""

    complaint_id: int | None
    to_address: str
    agency_id: int | None


class Heard(NamedTuple):
    """A mail that was judged before. `complaint_id` is the case that it belongs to, if any."""

    mail_id: int
    message_id: str
    received_at: datetime
    words: str
    status: str
    verdict: str
    complaint_id: int | None


@dataclass
class Known:
    """What bears on the mails of a batch (`gather`). Cases are locked."""

    directory: Directory
    staff: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # address: role and agency
    cases: dict[int, Complaint] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)  # by Message-ID
    by_id: dict[int, Letter] = field(default_factory=dict)  # those whose bounce address was written to
    heard: dict[str, dict[int, Heard]] = field(default_factory=lambda: defaultdict(dict))  # sender: mail: what
    forms: dict[tuple[str, str], int] = field(default_factory=dict)  # address and words of a form: its case
    domains: dict[str, list[datetime]] = field(default_factory=dict)  # when complaints came from a guarded domain
    speakers: dict[str, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))  # words: sender: when

    def note(self, mail: Mail) -> None:
        """Add what became of a mail: its row says it."""
        row = mail.row
        self._hear_of(mail)
        if row.verdict == rules.COMPLAINT:
            self.domains.get(mail.domain, []).append(row.received_at)
            self.speakers[mail.fingerprint][mail.sender] = row.received_at

    def opened(self, mail: Mail, case: Complaint) -> None:
        """Add the case that a mail opened."""
        self.cases[case.id] = case
        self._hear_of(mail)

    def _hear_of(self, mail: Mail) -> None:
        row = mail.row
        self.hear(
            mail.sender,
            Heard(row.id, row.message_id, row.received_at, mail.words, row.status, row.verdict, row.complaint_id),
        )

    def hear(self, sender: str, heard: Heard) -> None:
        """Add a mail that was judged before."""
        self.heard[sender][heard.mail_id] = heard

    def concerned(self, mail: Mail) -> set[int]:
        """The cases in which this sender sent the same mail or words before, or which a mail answered here opened."""
        answered = set(mail.answered)
        found = {
            heard.complaint_id
            for heard in self._others(mail)
            if heard.words == mail.words or _is_same_mail(heard, mail) or heard.message_id in answered
        }
        found.add(self.forms.get((mail.sender, mail.fingerprint)))
        return {case_id for case_id in found if case_id}

    def is_copy(self, mail: Mail) -> bool:
        """Whether the same mail came in before, by another of our addresses.

        One that was sent to two agencies' addresses is for both: neither may be left in the dark.
        """
        return any(
            not mail.tag or self._holder(heard.complaint_id) == mail.tag
            for heard in self._others(mail)
            if heard.status in (DONE, QUARANTINED) and _is_same_mail(heard, mail)
        )

    def same_complaint(self, mail: Mail) -> Complaint | None:
        """The case that this sender opened with the same words in the last 48 hours.

        Not the case of another agency than the one that the mail was now sent to.
        """
        if not mail.fingerprint:
            return None
        since = mail.row.received_at - rules.SAME_COMPLAINT
        found = [
            heard.complaint_id
            for heard in self._others(mail)
            if heard.status == DONE
            and heard.verdict in _COMPLAINTS
            and heard.words == mail.fingerprint
            and heard.received_at > since
        ]
        found.append(self.forms.get((mail.sender, mail.fingerprint)))
        cases = (self.cases.get(case_id or 0) for case_id in reversed(found))
        return next((c for c in cases if c and (not mail.tag or self._holder(c.id) == mail.tag)), None)

    def own_mail(self, mail: Mail) -> int | None:
        """The case of an earlier mail of the same sender that this one answers."""
        answered = set(mail.answered)
        return next((h.complaint_id for h in self._others(mail) if h.complaint_id and h.message_id in answered), None)

    def from_sender(self, mail: Mail) -> int:
        """Complaints that this sender sent within the hour before it."""
        since = mail.row.received_at - rules.HOUR
        return sum(h.verdict == rules.COMPLAINT and h.received_at > since for h in self._others(mail))

    def from_domain(self, mail: Mail) -> int:
        """Complaints that came from the sender's domain within the hour before it."""
        since = mail.row.received_at - rules.HOUR
        return sum(at > since for at in self.domains.get(mail.domain, ()))

    def senders_of_words(self, mail: Mail) -> int:
        """How many others sent a complaint with the same words within the day before it."""
        since = mail.row.received_at - rules.DAY
        others = self.speakers[mail.fingerprint].items() if mail.fingerprint else ()
        return sum(sender != mail.sender and at > since for sender, at in others)

    def in_case(self, mail: Mail, case_id: int) -> int:
        """Mails that this sender sent in the case within the hour before it."""
        since = mail.row.received_at - rules.HOUR
        return sum(heard.complaint_id == case_id and heard.received_at > since for heard in self._others(mail))

    def repeated(self, mail: Mail, case_id: int) -> bool:
        """Whether this sender sent the same words in the case before."""
        return bool(mail.fingerprint) and any(
            heard.complaint_id == case_id and heard.words == mail.fingerprint and heard.status == DONE
            for heard in self._others(mail)
        )

    def _others(self, mail: Mail) -> list[Heard]:
        return [heard for heard in self.heard[mail.sender].values() if heard.mail_id != mail.row.id]

    def _holder(self, complaint_id: int | None) -> str:
        case = self.cases.get(complaint_id) if complaint_id else None
        return self.directory.unit(case.agency_id).code if case else ""


def _is_same_mail(heard: Heard, mail: Mail) -> bool:
    """The same Message-ID; where there is none, the same words at nearly the same time."""
    if heard.message_id or mail.row.message_id:
        return heard.message_id == mail.row.message_id
    apart = abs(heard.received_at - mail.row.received_at)
    return heard.words == mail.words and apart < rules.SAME_DELIVERY
