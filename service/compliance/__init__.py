"""How the promise was kept: figures by agency and week, frozen when published, and the weekly digest.

In: cases. Out: `figures.week_figures`, one frozen row a week with its hash, and digest letters in the outbox.
"""
