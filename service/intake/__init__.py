"""How complaints and replies come in.

In: an IMAP mailbox, and the web form's submissions. Out: raw rows first (`inbound_mail`), then acts. Whatever
cannot be understood or trusted waits in quarantine with its reason and its bytes; nothing is dropped.
"""
