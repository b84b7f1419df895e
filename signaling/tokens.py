"""The lesson token: who someone is in one lesson, signed by this installation (a JWT, RFC 7519, HS256).

It is the only source of identity for sockets, media offers, WHIP and WHEP.
"""

from __future__ import annotations

from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, ValidationError

from classroom.errors import ClientFault, Status
from classroom.events import Role, Seat

ALGORITHM = "HS256"
AUDIENCE = "tongke.lesson"
MAX_LENGTH = 2048
HEAD = jwt.encode({"alg": ALGORITHM}, {}, OctKey.import_key(bytes(32))).partition(".")[0] + "."
"""How every token of ours begins. A header is read before a signature is checked; another one is not read at all."""


@dataclass(frozen=True, slots=True)
class Claims:
    """`sources`: what its bearer may publish at most, where it names any. `expires`: seconds since the epoch, 0 before
    it is issued. `recorded`: false where the school of its room has not agreed to be recorded."""

    lesson: str
    participant: str
    role: Role
    room: str | None = None
    sources: tuple[str, ...] = ()
    name: str | None = None
    expires: int = 0
    recorded: bool = True

    @property
    def seat(self) -> Seat:
        return Seat(self.participant, self.role, self.room)


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid")

    aud: str
    exp: int
    lesson: str
    sub: str
    role: Role
    room: str | None = None
    sources: tuple[str, ...] = ()
    name: str | None = None
    recorded: bool = True


class Tokens:
    def __init__(self, secret: bytes) -> None:
        self._key = OctKey.import_key(secret)

    def issue(self, claims: Claims, ttl_s: int, now: float) -> str:
        """A token that is good until `now` + `ttl_s` (seconds since the epoch)."""
        payload = _Payload(
            aud=AUDIENCE,
            exp=int(now) + ttl_s,
            lesson=claims.lesson,
            sub=claims.participant,
            role=claims.role,
            room=claims.room,
            sources=claims.sources,
            name=claims.name,
            recorded=claims.recorded,
        )
        return jwt.encode({"alg": ALGORITHM}, payload.model_dump(mode="json", exclude_none=True), self._key)

    def read(self, token: str, now: float) -> Claims:
        """Raises `ClientFault` 401: `token_invalid` (not ours, or broken) or `token_expired`."""
        if len(token) > MAX_LENGTH or not token.startswith(HEAD):
            raise _invalid()
        try:
            payload = _Payload.model_validate(jwt.decode(token, self._key, [ALGORITHM]).claims)
        except (JoseError, ValidationError, ValueError, RecursionError) as error:
            raise _invalid() from error
        if payload.aud != AUDIENCE:
            raise _invalid()
        if payload.exp <= now:
            raise ClientFault("token_expired", "This token has expired; ask for a new one.", Status.UNAUTHENTICATED)
        return Claims(
            payload.lesson,
            payload.sub,
            payload.role,
            payload.room,
            payload.sources,
            payload.name,
            payload.exp,
            payload.recorded,
        )


def _invalid() -> ClientFault:
    return ClientFault("token_invalid", "This token is not valid here.", Status.UNAUTHENTICATED)
