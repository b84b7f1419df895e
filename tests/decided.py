"""A decision about a recording, as the routes store it: with what comes of it for the review."""

from __future__ import annotations

from classroom.review import Action, Asked, Part, decide
from classroom.store import Store
from classroom.store.records import Edit


async def decided(store: Store, edit: Edit) -> None:
    row = await store.resources.get(edit.resource)
    assert row is not None
    asked = Asked(Action.EDIT, frozenset(Part), edit.actor, edit.at, edit.number)
    await store.edits.add(edit, row, decide(row, await store.reviews.amendment(row.id), asked))
