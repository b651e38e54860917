"""The promise: versions of the integrity pact, each with its response hours, reminders and ladder.

In: a preset's pact. Out: `registry.at(instant)`, the version in force then. Versions are append-only:
a case keeps the one it was started with.
"""
