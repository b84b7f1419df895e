"""Who is let in to a resource, links to it, and who opened a recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0021"

ID = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "granted",
        _id(),
        _id("resource"),
        _id("account", nullable=True),
        _id("school", nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        _id("by", nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _to("granted", "resource", "resource"),
        _to("granted", "account", "account"),
        _to("granted", "school", "school"),
        _to("granted", "by", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_granted"),
    )
    op.create_table(
        "shared",
        _id(),
        _id("resource"),
        _id("secret_hash"),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("watch_only", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        _id("maker", nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        _to("shared", "resource", "resource"),
        _to("shared", "maker", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_shared"),
        sa.UniqueConstraint("secret_hash", name="uq_shared_secret_hash"),
    )
    op.create_table(
        "opening",
        _id(),
        _id("resource"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        _id("account", nullable=True),
        _id("link", nullable=True),
        _to("opening", "resource", "resource"),
        _to("opening", "account", "account", "SET NULL"),
        _to("opening", "link", "shared", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_opening"),
    )
    op.create_index("ix_opening_resource", "opening", ["resource", "at"])
    for table, columns in (
        ("granted", ("resource", "account", "school", "by")),
        ("shared", ("resource", "maker")),
        ("opening", ("at", "account", "link")),
    ):
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, ID, nullable=nullable)


def _to(table: str, column: str, other: str, when_gone: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete=when_gone)
