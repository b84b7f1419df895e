"""Each lesson is written by one node at a time; words know the event that brought them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "owner",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_owner_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lesson", name="pk_owner"),
    )
    op.add_column("side_text", sa.Column("seq", sa.Integer(), nullable=True))
