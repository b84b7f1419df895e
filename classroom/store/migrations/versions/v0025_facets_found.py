"""Whoever changes a resource's subject, grade or the like, or whose it is, changes what it is found by."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

WORDS = ("title", "description", "points", "contributors")
FACETS = ("subject", "grade", "edition", "type", "audience", "owner", "school")
DETAILS = ", ".join((*WORDS, *FACETS, "target", "tracks", "status", "lesson", "published_edits"))
SAID_OTHERWISE = " OR ".join(
    f"coalesce(CAST(old.{one} AS text), '') <> coalesce(CAST(new.{one} AS text), '')" for one in (*WORDS, *FACETS)
)
NAME = "unindexed_1"
"""Of those that 0016 has."""
MARKED = (
    f"INSERT INTO unindexed (resource, turn, withheld) SELECT new.id, {{turn}}, {SAID_OTHERWISE} WHERE true "
    "ON CONFLICT (resource) DO UPDATE SET turn = excluded.turn, withheld = unindexed.withheld OR excluded.withheld"
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.execute(f"DROP TRIGGER {NAME}")
        marked = MARKED.format(turn="random()")
        op.execute(f"CREATE TRIGGER {NAME} AFTER UPDATE OF {DETAILS} ON resource BEGIN {marked}; END")
        return
    body = f"BEGIN {MARKED.format(turn='floor(random() * 1e18)::bigint')}; RETURN NULL; END"
    op.execute(f"DROP TRIGGER {NAME} ON resource")
    op.execute(f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {NAME} AFTER UPDATE OF {DETAILS} ON resource FOR EACH ROW EXECUTE FUNCTION {NAME}()")
