"""A revision remembers the save it came from, so that a save that is sent twice is stored once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revisions", sa.Column("save_id", sa.Text(), nullable=True))
    op.create_index("ix_revisions_save_id", "revisions", ["image_id", "save_id"], unique=True)
