"""Alembic's entrance: bring the connection that ``engines.migrate`` hands over to the newest revision, nothing else."""

from alembic import context

from guardian.adapters.journal.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # SQLite cannot alter most things in place; revisions there copy the table.
    render_as_batch=True,
    # Our begin event starts a real transaction on SQLite too, so a revision is whole or absent.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
