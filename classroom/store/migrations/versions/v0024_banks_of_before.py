"""Banks that were published before their questions were kept with them: from now on what is in them now is."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

resource = sa.table("resource", *map(sa.column, ("id", "kind", "state", "owner", "target")))
published_bank = sa.table("published_bank", sa.column("resource"), sa.column("questions"))
KEPT = ("id", "owner", "school", "folder", "position", "level", "language", "question", "created_at", "changed_at")
question = sa.table("question", *map(sa.column, KEPT), sa.column("tags", sa.JSON))


def upgrade() -> None:
    connection = op.get_bind()
    is_kept = sa.exists().where(published_bank.c.resource == resource.c.id)
    banks = sa.select(resource).where(resource.c.kind == "bank", resource.c.state == "published", ~is_kept)
    for bank in connection.execute(banks).all():
        mine = sa.select(question).where(question.c.owner == bank.owner, question.c.folder == bank.target)
        rows = connection.execute(mine.order_by(question.c.position, question.c.id)).mappings()
        told = [{**row, "question": json.loads(row["question"])} for row in rows]
        questions = json.dumps(told, ensure_ascii=False)
        connection.execute(published_bank.insert().values(resource=bank.id, questions=questions))
