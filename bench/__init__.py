"""`python -m bench`: how fast Tuntas is, with real processes on real parts, each figure beside its physical limit.

In: names of measures (none: all). Out: a table, and JSON. `README.md` says how to read them.
"""
