"""Kept mails as pymap's messages: their bytes stay on disk until IMAP asks for them.

pymap would parse every mail at once and hold it in memory; for 5,000 mails that took 18 s and 750 MB at each start.
"""

from functools import lru_cache
from typing import Any

from pymap.backend.dict.mailbox import MailboxData, Message
from pymap.bytes import Writeable, WriteStream
from pymap.mime import MessageContent
from pymap.parsing.specials import ObjectId

from deploy.local.store import Kept, Store


class ContentOnDisk(Writeable):
    """Takes the place of pymap's MessageContent. The whole mail is served as it lies on disk; only what asks for its
    structure (ENVELOPE, single parts, SEARCH in headers) has it parsed.
    """

    __slots__ = ["_name", "_size", "_store"]

    def __init__(self, store: Store, mail: Kept) -> None:
        self._store = store
        self._name = mail.id
        self._size = mail.size

    def write(self, writer: WriteStream) -> None:
        """Called by pymap for BODY[]."""
        writer.write(self._store.raw(self._name))

    def __bytes__(self) -> bytes:
        return self._store.raw(self._name)

    def __len__(self) -> int:
        return self._size

    def __getattr__(self, attribute: str) -> Any:
        return getattr(_parsed(self._store, self._name), attribute)


@lru_cache(maxsize=8)
def _parsed(store: Store, name: str) -> MessageContent:
    return MessageContent.parse(store.raw(name))


async def add(mailbox: MailboxData, store: Store, mail: Kept) -> None:
    """Put a kept mail into a mailbox, which wakes those who IDLE there: MailboxData.append without its parsing."""
    content: Any = ContentOnDisk(store, mail)
    async with mailbox.messages_lock.write_lock():
        mailbox._max_uid += 1
        mailbox._messages[mailbox._max_uid] = Message(
            mailbox._max_uid,
            mail.received,
            (),
            email_id=ObjectId.random_email_id(),
            thread_id=ObjectId.random_thread_id(),
            content=content,
        )
        mailbox._mod_sequences.update([mailbox._max_uid])
        mailbox._updated.set()
