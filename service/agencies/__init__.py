"""Who is who: the government, its agencies (OPD) with inboxes and heads, areas, categories, accounts.

In: a preset, and what administrators change. Out: `directory.current()`, a frozen picture that every
later room reads instead of asking the database row by row.
"""
