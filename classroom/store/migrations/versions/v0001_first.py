"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_table(
        "link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_link"),
    )
    op.create_index("ix_link_expires_at", "link", ["expires_at"], unique=False)
    op.create_table(
        "school",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_school"),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_setting"),
    )
    op.create_table(
        "lesson",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("school", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("lobby", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["account.id"], name="fk_lesson_owner", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name="fk_lesson_school", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_lesson"),
    )
    op.create_index("ix_lesson_created_at", "lesson", ["created_at"], unique=False)
    op.create_index("ix_lesson_owner", "lesson", ["owner"], unique=False)
    op.create_index(
        "uq_lesson_code_not_ended",
        "lesson",
        ["code"],
        unique=True,
        sqlite_where=sa.text("phase <> 'ended'"),
        postgresql_where=sa.text("phase <> 'ended'"),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("school", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name="fk_room_school", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_room"),
    )
    op.create_index("ix_room_school", "room", ["school"], unique=False)
    op.create_table(
        "session",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_session_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id_hash", name="pk_session"),
    )
    op.create_index("ix_session_account", "session", ["account"], unique=False)
    op.create_index("ix_session_expires_at", "session", ["expires_at"], unique=False)
    op.create_table(
        "command",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_command_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lesson", "actor", "id", name="pk_command"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("epoch_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=True),
        sa.Column("v", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_event_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lesson", "seq", name="pk_event"),
    )
    op.create_table(
        "participant",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("room", sa.String(length=64), nullable=True),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_participant_account", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_participant_lesson", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room"], ["room.id"], name="fk_participant_room", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_participant"),
    )
    op.create_index("ix_participant_account", "participant", ["account"], unique=False)
    op.create_index("ix_participant_lesson", "participant", ["lesson"], unique=False)
    op.create_table(
        "resource",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("tracks", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_resource_lesson", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
    )
    op.create_index("ix_resource_created_at", "resource", ["created_at"], unique=False)
    op.create_index("ix_resource_lesson", "resource", ["lesson"], unique=False)
    op.create_table(
        "side_text",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("participant", sa.String(length=64), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lesson.id"], name="fk_side_text_lesson", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lesson", "key", name="pk_side_text"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_side_text_participant", "side_text", ["participant"], unique=False)
    op.create_table(
        "seat",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("participant", sa.String(length=64), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["participant"], ["participant.id"], name="fk_seat_participant", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session"], ["session.id_hash"], name="fk_seat_session", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_seat"),
    )
    op.create_index("ix_seat_participant", "seat", ["participant"], unique=False)
    op.create_index("ix_seat_session", "seat", ["session"], unique=False)
