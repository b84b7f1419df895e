"""Whether who looks at a recording is told what the children in it are called, and what they are called instead."""

from __future__ import annotations

from classroom.access import Standing, knows_names, standings
from classroom.events import Event, Role, Seat
from classroom.nameless import Pupils, pupils
from classroom.participants import name_key
from classroom.rules import project
from classroom.store.records import Resource
from recordings.carried import is_carried
from web.server import carrying
from web.server.sessions import Call

VIEWER = Seat("library", Role.OBSERVER)
"""As whom everyone looks at a recording."""
CAME = "participant.joined"


def knows(call: Call, resource: Resource) -> bool:
    """Of what was imported it is not known whose pupils they are: its owner and the staff."""
    if call.operator:
        return True
    if is_carried(resource) and call.account is not None:
        return not {Standing.OWNER, Standing.STAFF}.isdisjoint(standings(call.account, resource, ()))
    return call.link is None and call.account is not None and knows_names(call.account, resource)


async def pupils_for(call: Call, resource: Resource) -> Pupils | None:
    """None for who knows their names. In the language that the caller reads, "en" but for Chinese."""
    if knows(call, resource):
        return None
    if is_carried(resource):
        came = [event for event in await carried(call, resource) if event.kind == CAME]
    elif resource.lesson is None:
        came = []
    else:
        journal = call.parts.store.journal
        texts = await journal.words(resource.lesson, name_key(""))
        events = await journal.of_kind(resource.lesson, CAME)
        came = [seen for one in events if (seen := project(one, VIEWER, texts)) is not None]
    language = call.request.headers.get("Accept-Language", "")[:2].lower()
    return pupils(came, language)


async def carried(call: Call, resource: Resource) -> list[Event]:
    """Events that came with an imported recording."""
    return [Event(**one) for one in (await carrying.of(call, resource)).answers["/events"]]
