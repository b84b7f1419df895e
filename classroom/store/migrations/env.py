"""Alembic's entry: migrates over the connection that `classroom.store.database` hands in."""

from __future__ import annotations

from alembic import context

from classroom.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
with context.begin_transaction():
    context.run_migrations()
