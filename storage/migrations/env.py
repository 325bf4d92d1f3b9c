"""What Alembic runs for every step: on the connection, and in the transaction, that `storage.schema` hands over."""

from alembic import context

from storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # Alembic takes SQLite for one that can't; with our own BEGIN it can
    render_as_batch=True,
)
context.run_migrations()
