"""Which lessons have shown which courseware: what is taken off a shelf stays for them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("courseware", sa.Column("removed_at", sa.BigInteger(), nullable=True))
    shown = op.create_table(
        "shown",
        sa.Column("courseware", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["courseware"], ["courseware.id"], name="fk_shown_courseware", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_shown_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("courseware", "lesson", name="pk_shown"),
    )
    op.create_index("ix_shown_lesson", "shown", ["lesson"])
    connection = op.get_bind()
    there = set(connection.execute(sa.text("SELECT id FROM courseware")).scalars())
    opened = connection.execute(sa.text("SELECT lesson, data FROM event WHERE kind = 'courseware.opened'"))
    known = {(json.loads(data)["courseware"], lesson) for lesson, data in opened}
    rows = [{"courseware": one, "lesson": lesson} for one, lesson in sorted(known) if one in there]
    if rows:
        connection.execute(shown.insert(), rows)
