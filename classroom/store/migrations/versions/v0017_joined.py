"""Recordings that are made of others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "joined",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_joined_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", name="pk_joined"),
    )
    op.create_table(
        "part",
        sa.Column("joined", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["joined"], ["joined.resource"], name="fk_part_joined", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_part_resource", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("joined", "position", name="pk_part"),
    )
    op.create_index("ix_part_resource", "part", ["resource"])
