"""What persons left for later, asked, judged again blindly, and wrote into the defect book."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _skips()
    _remarks()
    _rechecks()
    _book_entries()
    _book_examples()
    for table in ("skips", "remarks", "rechecks", "book_entries", "book_examples"):
        _refuse_change(table)


def _skips() -> None:
    op.create_table(
        "skips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_skips_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
    )
    op.create_index(
        op.f("ix_skips_author_queue_image_id_id"), "skips", ["author", "queue", "image_id", "id"]
    )


def _remarks() -> None:
    op.create_table(
        "remarks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_remarks_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remarks")),
    )
    op.create_index(op.f("ix_remarks_image_id"), "remarks", ["image_id"])


def _rechecks() -> None:
    op.create_table(
        "rechecks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("value", _states("value", "good", "defect", "unsure"), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_rechecks_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rechecks")),
        sa.UniqueConstraint("verdict_id", "author", name=op.f("uq_rechecks_verdict_id_author")),
    )


def _book_entries() -> None:
    op.create_table(
        "book_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("defect_type_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_book_entries_product_id")),
        sa.ForeignKeyConstraint(
            ["defect_type_id"], ["defect_types.id"], name=op.f("fk_book_entries_defect_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_entries")),
    )


def _book_examples() -> None:
    op.create_table(
        "book_examples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("defect_type_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("bottom", sa.Integer(), nullable=False),
        sa.Column("is_counter", sa.Boolean(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_book_examples_product_id")),
        sa.ForeignKeyConstraint(
            ["defect_type_id"], ["defect_types.id"], name=op.f("fk_book_examples_defect_type_id")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_book_examples_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_examples")),
    )


def _states(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def _refuse_change(table: str) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is history and never changes'); END"
        )
