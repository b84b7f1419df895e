"""Lessons that have a plan are found without looking through their journals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    planned = sa.text("kind = 'plan.written'")
    op.create_index("ix_event_planned", "event", ["lesson"], sqlite_where=planned, postgresql_where=planned)
