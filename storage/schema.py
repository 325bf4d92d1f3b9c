"""Bring a database to the schema that this Twinbank knows: all steps in one transaction, or none."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database
from storage.errors import WorkspaceFromNewerVersionError

_STEPS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Run the steps that the file has not seen yet; a file that is up to date is only read.

    Raises:
        WorkspaceFromNewerVersionError: the file has seen a step that is unknown here; nothing was changed.
    """
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    steps = ScriptDirectory.from_config(config)
    newest = steps.get_current_head()
    assert newest is not None, "the migrations are not packaged"
    found = revision_of(database)
    if found == newest:
        return
    if found is not None and found not in {step.revision for step in steps.walk_revisions()}:
        raise WorkspaceFromNewerVersionError(database.path.parent, found, newest)
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision_of(database: Database) -> str | None:
    """Return the newest step that the file has seen; None: no step yet."""
    with database.reading() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()
