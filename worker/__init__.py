"""The processes behind the pages: worker, poller, schedule.

In: bells from Redis, an IMAP mailbox, the clock. Out: calls into `service`, each a few lines.
"""
