"""Letters, understood and written.

In: the raw bytes of a mail. Out: a `Message` (`parse.py`), always, whatever the bytes.
In: a `Draft`. Out: the bytes to hand to SMTP (`compose.py`).
Pure: no database, no sockets, no clock. Called by intake, outbox and casework.
"""
