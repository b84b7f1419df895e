"""Accounts have a school, lessons their rooms, rooms a paired display and a roster."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("account", sa.Column("school", sa.String(length=64), nullable=True))
    op.execute("UPDATE account SET school = (SELECT min(id) FROM school) WHERE (SELECT count(*) FROM school) = 1")
    op.add_column("school", sa.Column("names_offered", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("participant", sa.Column("device", sa.String(length=64), nullable=True))
    op.create_index("ix_participant_device", "participant", ["device"], unique=False)
    op.create_index("uq_participant_lesson_device", "participant", ["lesson", "device"], unique=True)
    op.create_table(
        "lesson_room",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_lesson_room_lesson", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room"], ["room.id"], name="fk_lesson_room_room", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lesson", "room", name="pk_lesson_room"),
    )
    op.create_index("ix_lesson_room_room", "lesson_room", ["room"], unique=False)
    op.create_table(
        "roster",
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["room"], ["room.id"], name="fk_roster_room", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("room", "position", name="pk_roster"),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column("instance", sa.String(length=64), nullable=True),
        sa.Column("paired_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room"], ["room.id"], name="fk_device_room", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("room", name="uq_device_room"),
        sa.UniqueConstraint("token_hash", name="uq_device_token_hash"),
    )
    op.create_table(
        "pairing",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_pairing"),
        sa.UniqueConstraint("code", name="uq_pairing_code"),
    )
    op.create_index("ix_pairing_expires_at", "pairing", ["expires_at"], unique=False)
