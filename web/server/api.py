"""The route table's words: what a Route needs, takes and gives is said once, for handler, checks and OpenAPI alike."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from classroom.errors import ClientFault, Status
from web.server.bodies import malformed

JSON_MOST = 64 * 1024
SDP_MOST = 384 * 1024  # an SDP of `signaling.media.MAX_SDP` in JSON

Model = TypeVar("Model", bound=BaseModel)


class Needs(StrEnum):
    """Who may call: anyone; anyone, who then gets a cookie; an account of at least this role; a bearer of a token;
    such a bearer, or whose session has a seat in the lesson (what pages show by its address can carry no token); who
    knows the key in the address, which the handler looks at: caches and players have no cookies; an account, or who
    came to this resource by a link, of which the handler finds out (`visible`)."""

    NOTHING = "nothing"
    SESSION = "session"
    ACCOUNT = "account"
    STAFF = "staff"
    ADMIN = "admin"
    TOKEN = "token"  # noqa: S105 - a word, not a password
    SEAT = "seat"
    KEY = "key"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Route:
    """`handler(call)`, or `(call, body)`, or `(call, query)`: its annotations are the models of request and answer;
    `Annotated[web.Response, model]` of an answer that it has in bytes."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    summary: str
    needs: Needs = Needs.NOTHING
    status: int = 200
    codes: tuple[str, ...] = ()  # of refusals, beside those that every route can give
    takes: str = "application/json"
    gives: str = "application/json"
    most_bytes: int = JSON_MOST
    by_owner: bool = False  # the node that owns the address's lesson answers; others say where that is
    body: type[BaseModel] | None = field(init=False)
    query: type[BaseModel] | None = field(init=False)
    answer: Any = field(init=False)

    def __post_init__(self) -> None:
        hints = get_type_hints(self.handler, include_extras=True)
        parameters = inspect.signature(self.handler).parameters
        object.__setattr__(self, "body", hints["body"] if "body" in parameters else None)
        object.__setattr__(self, "query", hints["query"] if "query" in parameters else None)
        result = hints.get("return")
        if get_origin(result) is Annotated:
            result = get_args(result)[1]
        answered = isinstance(result, type) and issubclass(result, web.StreamResponse)
        object.__setattr__(self, "answer", None if result is type(None) or answered else result)

    @property
    def tag(self) -> str:
        parts = self.path.strip("/").split("/")
        return parts[2] if parts[:2] == ["api", "v1"] and len(parts) > 2 else parts[0]


async def read(request: web.Request, media_type: str, most_bytes: int) -> bytes:
    """The body, if it is of that type and not longer. Raises 415 or 413."""
    if request.content_type != media_type:
        raise ClientFault("media_type", f"The body must be {media_type}.", Status.MEDIA_TYPE)
    if (request.content_length or 0) > most_bytes:
        raise too_large(most_bytes)
    data = bytearray()
    async for chunk in request.content.iter_any():
        data += chunk
        if len(data) > most_bytes:
            raise too_large(most_bytes)
    return bytes(data)


def too_large(most_bytes: int) -> ClientFault:
    return ClientFault("too_large", f"The body is larger than {most_bytes} bytes.", Status.TOO_LARGE)


def text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ClientFault("malformed", "The body is not UTF-8.", Status.MALFORMED) from None


def parsed(model: type[Model], data: bytes) -> Model:
    try:
        return model.model_validate_json(data)
    except ValidationError as fault:
        raise malformed(fault) from None


def queried(model: type[Model], query: Mapping[str, str]) -> Model:
    try:
        return model.model_validate(dict(query))
    except ValidationError as fault:
        raise malformed(fault) from None


def encoded(adapter: TypeAdapter[Any], result: Any) -> bytes:
    return adapter.dump_json(adapter.validate_python(result, from_attributes=True))


def answered(adapter: TypeAdapter[Any], result: Any, status: int) -> web.Response:
    return web.Response(body=encoded(adapter, result), status=status, content_type="application/json")
