"""Where somebody stopped watching a recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "stopped",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_stopped_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_stopped_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", "account", name="pk_stopped"),
    )
    op.create_index("ix_stopped_account", "stopped", ["account"])
