"""What came of a recording's questions for who tried them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "tried",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("activity", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("first", sa.Float(), nullable=False),
        sa.Column("best", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_tried_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_tried_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", "activity", "account", name="pk_tried"),
    )
    op.create_index("ix_tried_account", "tried", ["account"])
