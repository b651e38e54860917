"""All kept mails in memory, for the reader in the browser: by mailbox, by conversation, newest first."""

import threading
from collections import Counter
from dataclasses import dataclass

from deploy.local.store import Kept, Store, mailbox_of


@dataclass(frozen=True)
class Address:
    """One line of the left column."""

    address: str
    name: str
    count: int


class MailIndex:
    """Reads each mail's `.json` once. Safe for several threads."""

    def __init__(self, store: Store, mail_address: str) -> None:
        self.store = store
        self.mail_address = mail_address.lower()
        self._lock = threading.Lock()
        self._forget()

    def refresh(self) -> None:
        """Take in what has arrived since the last call."""
        with self._lock:
            names = self.store.names()
            if len(names) < len(self._mails):  # somebody has emptied the folder
                self._forget()
            for name in names:
                if name not in self._mails:
                    self._add(self.store.read(name))

    def mails(self, address: str = "", words: str = "") -> list[Kept]:
        """Mails newest first: all, or those to `address`; only those whose headers hold all of `words`."""
        wanted = words.lower().split()
        address = address.strip().lower()
        found = []
        for mail in reversed(list(self._mails.values())):
            if address and address not in (mail.mailbox, mail.recipient):
                continue
            if wanted and not all(word in self._haystack(mail) for word in wanted):
                continue
            found.append(mail)
        return found

    def mail(self, name: str) -> Kept | None:
        """One mail by its id."""
        return self._mails.get(name)

    def latest(self) -> str:
        """The id of the newest mail, or ""."""
        return next(reversed(self._mails), "")

    def addresses(self) -> list[Address]:
        """All mailboxes with their numbers of mails: the government's first, then by the latest mail."""
        counts = Counter(mail.mailbox for mail in self._mails.values())
        order = dict.fromkeys([self.mail_address, *(mail.mailbox for mail in reversed(list(self._mails.values())))])
        return [Address(address, self.name_of(address), counts[address]) for address in order if counts[address]]

    def name_of(self, address: str) -> str:
        """The human name that mails give to this address, or ""."""
        return self._names.get(mailbox_of(address, self.mail_address), "")

    def conversation(self, mail: Kept) -> list[Kept]:
        """The mails tied to this one by Message-ID and References, oldest first, itself among them."""
        thread = self._thread_of.get(mail.id)
        return [self._mails[name] for name in sorted(self._threads.get(thread, {mail.id}))]

    def _forget(self) -> None:
        self._mails: dict[str, Kept] = {}
        self._names: dict[str, str] = {}
        self._threads: dict[int, set[str]] = {}
        self._thread_of: dict[str, int] = {}  # by mail id
        self._thread_by_key: dict[str, int] = {}  # by Message-ID
        self._keys: dict[int, set[str]] = {}

    def _add(self, mail: Kept) -> None:
        self._mails[mail.id] = mail
        if mail.from_name:
            self._names[mailbox_of(mail.from_address, self.mail_address)] = mail.from_name
        if mail.to_name:
            self._names.setdefault(mail.mailbox, mail.to_name)
        self._tie(mail)

    def _tie(self, mail: Kept) -> None:
        """Put a mail into the conversation of its ids; two conversations that it joins become one."""
        keys = {key for key in (mail.message_id, mail.in_reply_to, *mail.references) if key}
        known = sorted({self._thread_by_key[key] for key in keys if key in self._thread_by_key})
        thread = known[0] if known else int(mail.id)
        members = self._threads.setdefault(thread, set())
        all_keys = self._keys.setdefault(thread, set())
        for other in known[1:]:
            members |= self._threads.pop(other)
            all_keys |= self._keys.pop(other)
        members.add(mail.id)
        all_keys |= keys
        self._thread_of.update(dict.fromkeys(members, thread) if known[1:] else {mail.id: thread})
        self._thread_by_key.update(dict.fromkeys(all_keys if known[1:] else keys, thread))

    def _haystack(self, mail: Kept) -> str:
        return " ".join((mail.subject, mail.from_name, mail.from_address, mail.to_name, mail.recipient)).lower()
