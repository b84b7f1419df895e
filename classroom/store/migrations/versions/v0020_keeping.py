"""Keeping: rules, what goes by them, legal holds, and the record of what was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"

ID = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "keeping_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("collection", ID, nullable=False),
        sa.Column("counted", sa.String(length=16), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("previewed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name="fk_keeping_rule_school", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_keeping_rule"),
    )
    op.create_index("ix_keeping_rule_school", "keeping_rule", ["school"])
    op.create_table(
        "going",
        sa.Column("resource", ID, nullable=False),
        sa.Column("rule", ID, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_going_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["rule"], ["keeping_rule.id"], name="fk_going_rule", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", name="pk_going"),
    )
    op.create_index("ix_going_rule", "going", ["rule"])
    op.create_index("ix_going_due_at", "going", ["due_at"])
    op.create_table(
        "spared",
        sa.Column("resource", ID, nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_spared_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", name="pk_spared"),
    )
    op.create_table(
        "hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", ID, nullable=True),
        sa.Column("lifted_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_index("ix_hold_subject", "hold", ["subject"])
    op.create_table(
        "removal",
        sa.Column("id", ID, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", ID, nullable=True),
        sa.Column("rule", ID, nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("work", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_removal"),
    )
    for name in ("school", "digest", "asked_at", "stage"):
        op.create_index(f"ix_removal_{name}", "removal", [name])
