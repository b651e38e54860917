"""The acts: everything that may happen to a case, one file each.

In: a session whose transaction the caller owns, a case whose row is locked (`cases.locked`), and what is to be
done. An act checks the state table, changes the case, appends one event, moves the clock, and writes its
letters to the outbox. Out: nothing but those rows; the caller commits.
"""
