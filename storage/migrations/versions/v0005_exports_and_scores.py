"""Exports are jobs, and scores have an index in the order of their height."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs", recreate="always") as jobs:
        jobs.drop_constraint(op.f("ck_jobs_kind"), type_="check")
        jobs.create_check_constraint(op.f("ck_jobs_kind"), "kind IN ('import', 'fit', 'teach', 'score', 'export')")
    op.create_index(
        "ix_scores_by_score",
        "scores",
        ["version_id", "score", "image_id", "id"],
        unique=False,
    )
