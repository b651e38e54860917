"""When things are due: the clocks of a case, the calendar that they count by, and who held the case how long.

In: a start, a promise, a version of the calendar. Out: one `deadline` row per case, kind of clock and run, whose
`next_at` is the only thing the sweep looks at, and which keeps what became of that run.
"""
