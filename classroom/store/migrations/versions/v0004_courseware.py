"""Teachers' shelves of courseware."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "courseware",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("slides", sa.Integer(), nullable=False),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["account.id"], name="fk_courseware_owner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_courseware"),
    )
    op.create_index("ix_courseware_owner", "courseware", ["owner"])
    op.create_index("ix_courseware_digest", "courseware", ["digest"])
