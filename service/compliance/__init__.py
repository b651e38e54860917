"""How the promise was kept: figures by agency and week, frozen when published, and the weekly digest.

In: cases and their clocks. Out: `figures.week_figures`, one frozen row a week with its hash and the corrections of
earlier weeks, digest letters in the outbox; `freeze.recompute` makes a published week again from events alone.
"""
