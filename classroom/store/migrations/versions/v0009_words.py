"""Captions of recordings, and what people note at their moments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "captions",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("cues", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_captions_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", "language", name="pk_captions"),
    )
    op.create_table(
        "captioning",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_captioning_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", name="pk_captioning"),
    )
    op.create_index("ix_captioning_due_at", "captioning", ["due_at"])
    op.create_table(
        "remark",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_remark_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_remark_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_remark"),
    )
    op.create_index("ix_remark_resource", "remark", ["resource"])
    op.create_index("ix_remark_account", "remark", ["account"])
