"""Alembic's surroundings: the app's engine and metadata."""

from alembic import context
from flask import current_app

from service.database import db


def _run(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        # A migration that cannot have its lock soon gives up, so that the service is not held still.
        connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
        # Several machines may start at once: one migrates, the others wait for it and find nothing to do.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260101)")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with current_app.app_context(), db.engine.connect() as connection:
        _run(connection)
