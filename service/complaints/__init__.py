"""The case: its row, its messages, its states, and its hash-chained events.

In: acts (room `casework`) that call `record`. Out: complaints and their history. Events are append-only;
triggers refuse UPDATE and DELETE.
"""
