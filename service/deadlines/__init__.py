"""When things are due: the steps of a case's clock, and who held the case how long.

In: a start, a promise. Out: one `deadline` row per case and run of its clock, whose `next_at` is the only
thing the sweep looks at.
"""
