"""A relay for rooms that reach this server by neither UDP nor TCP: who may use it, and until when.

The relay (coturn, deploy/coturn) and the server share a secret; nothing else passes between them
(draft-uberti-behave-turn-rest-00).
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field

from classroom.events import Json

LIFE_S = 24 * 3600
# RFC 7065 §3.1: a name, an IPv4 address or an IPv6 address in brackets; a port; how to speak to it.
URL = re.compile(r"turns?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Turn:
    url: str
    secret: str = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Turn:
        """`URL,SECRET`. Raises ValueError, whose words do not give the secret away."""
        url, _, secret = text.partition(",")
        if not URL.fullmatch(url):
            raise ValueError("its URL is not like turn:relay.example:3478 or turns:relay.example:5349?transport=tcp")
        if not secret:
            raise ValueError("after the URL come a comma and the secret that the relay knows")
        return cls(url, secret)

    def ice_servers(self, participant: str, now_s: float) -> tuple[Json, ...]:
        """What a page gives its RTCPeerConnection: good for a day. `now_s` is seconds since 1970."""
        username = f"{int(now_s) + LIFE_S}:{participant}"
        digest = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        credential = base64.b64encode(digest).decode()
        return ({"urls": [self.url], "username": username, "credential": credential},)
