"""An IMAP folder, in memory."""

from datetime import datetime

from service.intake.mailbox import Fetched


class FakeFolder:
    """`mails` are those in the folder; archiving takes them away. Raise from `fetch` by setting `fault`."""

    def __init__(self, uidvalidity: int = 1) -> None:
        self.uidvalidity = uidvalidity
        self.mails: list[Fetched] = []
        self.archived: list[int] = []
        self.fault: Exception | None = None
        self.problem = ""
        self._next_uid = 1

    def deliver(self, raw: bytes | None, at: datetime) -> int:
        """Put a mail into the folder; returns its UID. One without bytes is one that the server cannot deliver."""
        uid, self._next_uid = self._next_uid, self._next_uid + 1
        self.mails.append(Fetched(uid, at, raw))
        return uid

    def uids_above(self, last_uid: int) -> list[int]:
        return [mail.uid for mail in self.mails if mail.uid > last_uid]

    def sizes(self, uids: list[int]) -> dict[int, int]:
        return {mail.uid: len(mail.raw or b"") for mail in self.mails if mail.uid in uids}

    def fetch(self, uids: list[int]) -> list[Fetched]:
        if self.fault:
            raise self.fault
        return [mail for mail in self.mails if mail.uid in uids]

    def archive(self, uids: list[int]) -> None:
        self.archived += uids
        self.mails = [mail for mail in self.mails if mail.uid not in uids]

    archive_left_over = archive
