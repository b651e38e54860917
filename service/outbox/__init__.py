"""Mails waiting to leave.

In: `enqueue` writes a row in the same transaction as the act that caused it, under a ledger key that exists
once. Out: `delivery.turn` claims rows with a lease, renders, sends, and records the server's words.
"""
