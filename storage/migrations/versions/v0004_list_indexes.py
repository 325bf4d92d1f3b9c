"""Indexes that lists are read from, so that a page of a large workspace looks at few rows or at none of the scores'."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_images_listed", "images", ["product_id", "name", "id", "deleted_at", "part_id"], unique=False)
    op.create_index("ix_images_imported_at", "images", ["imported_at", "id"], unique=False)
    op.create_index(
        "ix_scores_listed",
        "scores",
        ["version_id", "image_id", "id", "score", "limit", "call", "taught", "at"],
        unique=False,
    )
    op.drop_index("ix_scores_version_id_image_id_id", "scores")
