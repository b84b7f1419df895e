"""Lessons' links for large audiences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "watching",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_watching_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lesson", name="pk_watching"),
    )
