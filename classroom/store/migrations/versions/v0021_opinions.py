"""Ratings of resources; and whether a school has comments and ratings, which are off until somebody turns them on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

ID = sa.String(length=64)


def upgrade() -> None:
    for name in ("comments", "ratings"):
        op.add_column("school", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "rating",
        sa.Column("resource", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_rating_account", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_rating_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", "account", name="pk_rating"),
    )
    op.create_index("ix_rating_account", "rating", ["account"])
