"""Runs migrations on the connection that bot/migrate.py hands over; by itself it connects to nothing."""

from __future__ import annotations

from alembic import context

from bot.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
