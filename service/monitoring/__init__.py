"""Whether the service itself is well.

In: counts over the tables of mail in and out, and what reading the mailboxes has found. Out: alarms that are raised
once and cleared once, each told to the administrators by mail, and figures for machines that watch.
"""
