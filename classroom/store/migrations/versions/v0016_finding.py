"""Finding and use: what is to be indexed anew, who likes and watched what, how much each resource is used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0018"

ID = sa.String(length=64)
DETAILS = "title, description, points, contributors, target, tracks, status, lesson, published_edits"
SAID_OTHERWISE = " OR ".join(
    f"CAST(old.{one} AS text) <> CAST(new.{one} AS text)" for one in ("title", "description", "points", "contributors")
)
OF_LESSON = "SELECT id, {x} FROM resource WHERE lesson = new.lesson"
OF_FOLDER = "SELECT id, {x} FROM resource WHERE kind = 'bank' AND owner = {row}.owner AND target = {row}.folder"
TRIGGERS = (
    ("resource", "INSERT", "new.id", "false"),
    ("resource", f"UPDATE OF {DETAILS}", "new.id", SAID_OTHERWISE),
    ("resource", "DELETE", "old.id", "true"),
    ("captions", "INSERT", "new.resource", "false"),
    ("captions", "UPDATE OF cues", "new.resource", "true"),
    ("captions", "DELETE", "old.resource", "true"),
    ("edit", "INSERT", "new.resource", "true"),
    ("side_text", "UPDATE OF words", OF_LESSON, "true"),
    ("courseware", "UPDATE OF status, digest", "SELECT id, {x} FROM resource WHERE target = new.id", "false"),
    ("question", "INSERT", OF_FOLDER.replace("{row}", "new"), "false"),
    ("question", "UPDATE", OF_FOLDER.replace("{row}", "new"), "true"),
    ("question", "UPDATE OF folder", OF_FOLDER.replace("{row}", "old"), "true"),
    ("question", "DELETE", OF_FOLDER.replace("{row}", "old"), "true"),
)
"""Which table, what happens to it, whose words that are, and whether something may have been taken out: a condition."""


def upgrade() -> None:
    op.create_table(
        "unindexed",
        sa.Column("resource", ID, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("resource", name="pk_unindexed"),
    )
    _of_people("favourite", sa.Column("at", sa.BigInteger(), nullable=False))
    _of_people("watched", sa.Column("at", sa.BigInteger(), nullable=False))
    op.create_index("ix_watched_at", "watched", ["at"])
    _counts("use", "viewers", "views")
    _counts("use_day", "viewers", "views", keys=(("day", sa.Integer()), ("school", ID)))
    _counts("use_part", "plays", keys=(("part", sa.Integer()),))
    add = _trigger_postgresql if op.get_bind().dialect.name == "postgresql" else _trigger_sqlite
    for number, one in enumerate(TRIGGERS):
        add(f"unindexed_{number}", *one)


def _of_people(name: str, *more: sa.Column[int]) -> None:
    op.create_table(
        name,
        sa.Column("resource", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        *more,
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name=f"fk_{name}_resource", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=f"fk_{name}_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", "account", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_account", name, ["account"])


def _counts(name: str, *counts: str, keys: tuple[tuple[str, Any], ...] = ()) -> None:
    op.create_table(
        name,
        sa.Column("resource", ID, nullable=False),
        *(sa.Column(key, kind, nullable=False) for key, kind in keys),
        *(sa.Column(count, sa.BigInteger(), nullable=False) for count in counts),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name=f"fk_{name}_resource", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("resource", *(key for key, _ in keys), name=f"pk_{name}"),
    )


def _rows(whose: str, turn: str, withheld: str) -> str:
    """A condition always: SQLite takes ON CONFLICT after a SELECT for a join's ON otherwise."""
    said = f"{turn}, {withheld}"
    if not whose.startswith("SELECT"):
        return f"SELECT {whose}, {said} WHERE true"
    return whose.replace("{x}", said)


def _marked(whose: str, turn: str, withheld: str) -> str:
    return (
        f"INSERT INTO unindexed (resource, turn, withheld) {_rows(whose, turn, withheld)} "
        "ON CONFLICT (resource) DO UPDATE SET turn = excluded.turn, withheld = unindexed.withheld OR excluded.withheld"
    )


def _trigger_sqlite(name: str, table: str, when: str, whose: str, withheld: str) -> None:
    op.execute(f"CREATE TRIGGER {name} AFTER {when} ON {table} BEGIN {_marked(whose, 'random()', withheld)}; END")


def _trigger_postgresql(name: str, table: str, when: str, whose: str, withheld: str) -> None:
    turn = "floor(random() * 1e18)::bigint"
    body = f"BEGIN {_marked(whose, turn, withheld)}; RETURN NULL; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
