"""What was decided to be taken out of recordings, and files that were made of them to be downloaded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "edit",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_edit_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["actor"], ["account.id"], name="fk_edit_actor", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("resource", "number", name="pk_edit"),
    )
    op.create_index("ix_edit_actor", "edit", ["actor"])
    op.create_table(
        "render",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("layout", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_render_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_render"),
    )
    op.create_index("ix_render_resource", "render", ["resource"])
