"""Alembic's environment: it runs inside the connection that ``store/migrate.py`` hands it."""

from alembic import context

from snowflake.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
