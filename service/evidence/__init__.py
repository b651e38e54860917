"""Proof: daily anchors over all cases, the check of the whole database, and bundles that anyone can check offline.

In: events, messages, attachments, mails, published weeks. Out: a row of `anchor` a day, a list of faults, a zip with
its own `verify.py`. Nothing here changes a case.
"""
