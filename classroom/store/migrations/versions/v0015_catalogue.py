"""The catalogue: what is said of resources, their review, and collections of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

CODES = ("subject", "grade", "edition", "type", "licence", "audience")


def upgrade() -> None:
    for new in (
        *(sa.Column(name, sa.String(length=64), nullable=True) for name in ("owner", "school", "reviewer")),
        _column("state", sa.String(length=16), "draft"),
        _column("state_at", sa.BigInteger(), "0"),
        _column("changed_at", sa.BigInteger(), "0"),
        _column("version", sa.Integer(), "1"),
        _column("description", sa.Text(), ""),
        *(_column(name, sa.String(length=64), "") for name in CODES),
        _column("language", sa.String(length=35), ""),
        _column("reach", sa.String(length=16), "school"),
        _column("points", sa.JSON(), "[]"),
        _column("contributors", sa.JSON(), "[]"),
        _column("target", sa.Text(), ""),
        _column("mime", sa.String(length=80), ""),
        _column("bytes", sa.BigInteger(), "0"),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        _column("published_edits", sa.Integer(), "0"),
    ):
        op.add_column("resource", new)
    for name in ("owner", "school", "state"):
        op.create_index(f"ix_resource_{name}", "resource", [name])
    _of_lessons()
    op.add_column("remark", _column("review", sa.Boolean(), sa.false()))
    _points()
    _reviews()
    _collections()


def _column(name: str, kind: Any, default: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _of_lessons() -> None:
    """Recordings are their lessons' owners' and schools'."""
    mine = "FROM lesson WHERE lesson.id = resource.lesson"
    for column in ("owner", "school"):
        op.execute(f"UPDATE resource SET {column} = (SELECT lesson.{column} {mine})")  # noqa: S608
    op.execute("UPDATE resource SET state_at = created_at, changed_at = created_at")


def _points() -> None:
    op.create_table(
        "resource_point",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("point", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_resource_point_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", "point", name="pk_resource_point"),
    )
    op.create_index("ix_resource_point_point", "resource_point", ["point"])


def _reviews() -> None:
    op.create_table(
        "amendment",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_amendment_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reviewer"], ["account.id"], name="fk_amendment_reviewer", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("resource", name="pk_amendment"),
    )
    op.create_index("ix_amendment_state", "amendment", ["state"])
    op.create_table(
        "review",
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("came_from", sa.String(length=16), nullable=False),
        sa.Column("went_to", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amended", sa.Boolean(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_review_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["actor"], ["account.id"], name="fk_review_actor", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("resource", "number", name="pk_review"),
    )
    op.create_index("ix_review_actor", "review", ["actor"])


def _collections() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("school", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["account.id"], name="fk_collection_owner", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name="fk_collection_school", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_collection"),
    )
    op.create_index("ix_collection_owner", "collection", ["owner"])
    op.create_table(
        "collected",
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["collection"], ["collection.id"], name="fk_collected_collection", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name="fk_collected_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("collection", "resource", name="pk_collected"),
    )
    op.create_index("ix_collected_resource", "collected", ["resource"])
