"""A page's sending and receiving connection: offer and revision in, answer out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from web.server.api import SDP_MOST, Needs, Route
from web.server.bodies import Body, View
from web.server.sessions import Call

Mid = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Source = Literal["camera", "courseware", "room", "student", "mic"]


class PeerOffer(Body):
    """`sources` says what each sending section (by mid) shows; `shows` whose pictures a receiving connection is for, if
    not for those of all sources. A revision that is not newer than the last is stale."""

    direction: Literal["send", "receive"]
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]
    sdp: Annotated[str, StringConstraints(min_length=1, max_length=SDP_MOST)]
    sources: Annotated[dict[Mid, Source], Field(max_length=16, default_factory=dict)]
    shows: Annotated[list[Source], Field(min_length=1, max_length=5)] | None = None


class PeerAnswer(View):
    sdp: str
    revision: int


async def put(call: Call, body: PeerOffer) -> PeerAnswer:
    answer = await call.live.gateway.door.put_peer(
        call.bearer,
        call.path("peer"),
        body.direction,
        body.sdp,
        body.sources,
        body.revision,
        shows=None if body.shows is None else frozenset(body.shows),
    )
    return PeerAnswer.model_validate(answer)


async def delete(call: Call) -> None:
    await call.live.gateway.door.delete_peer(call.bearer, call.path("peer"))


ROUTES = (
    Route(
        "PUT",
        "/api/v1/lessons/{lesson}/peers/{peer}",
        put,
        "Offer a connection; the answer is the server's",
        Needs.TOKEN,
        by_owner=True,
        codes=(
            "stale_revision",
            "sdp_malformed",
            "codec_unsupported",
            "data_channel_refused",
            "offer_mismatch",
            "not_allowed",
            "not_on_stage",
            "not_admitted",
            "lesson_ended",
            "lesson_not_open",
            "too_often",
            "too_many_open",
            "media_full",
            "media_unavailable",
            "owner_away",
        ),
        most_bytes=SDP_MOST,
    ),
    Route(
        "DELETE",
        "/api/v1/lessons/{lesson}/peers/{peer}",
        delete,
        "Close a connection",
        Needs.TOKEN,
        204,
        by_owner=True,
    ),
)
