"""The questions of a published bank, as they were when it was published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0019"

ID = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "published_bank",
        sa.Column("resource", ID, nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_published_bank_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", name="pk_published_bank"),
    )
