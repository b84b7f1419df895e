"""Where somebody stopped watching a recording, so that it goes on there, on whichever device."""

from __future__ import annotations

from classroom.payload import Millis
from web.server.api import Needs, Route
from web.server.bodies import Body, View
from web.server.routes.resources import visible
from web.server.sessions import Call


class Place(Body):
    """`at`: milliseconds of the lesson's clock."""

    at: Millis


class PlaceView(View):
    """`at` is null where the asker has not watched it."""

    at: int | None


async def shown(call: Call) -> PlaceView:
    resource = await visible(call)
    return PlaceView(at=await call.parts.store.resources.stopped(resource.id, call.signed_in.id))


async def kept(call: Call, body: Place) -> None:
    resource = await visible(call)
    await call.parts.store.resources.stop(resource.id, call.signed_in.id, body.at)


PLACE = "/api/v1/resources/{resource}/place"
ROUTES = (
    Route("GET", PLACE, shown, "Where I stopped watching", Needs.ACCOUNT, codes=("not_found",)),
    Route("PUT", PLACE, kept, "Keep where I stopped watching", Needs.ACCOUNT, 204, codes=("not_found", "malformed")),
)
