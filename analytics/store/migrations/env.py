"""Run by alembic: the connection and its transaction are those of analytics.store.database.schema."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False, render_as_batch=True)
context.run_migrations()
