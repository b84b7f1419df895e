"""What a page is sure to ask first comes with it: the API's own answers, to whoever asks for the page, as data in its
HTML (`net/ahead.ts` reads it). The page's head is on its way before they are known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter
from yarl import URL

from classroom.errors import ClientFault
from web.server.api import Route, encoded, queried
from web.server.parts import PARTS
from web.server.routes.pages import PERSONAL
from web.server.sessions import Call, admit, recognise

log = logging.getLogger(__name__)

BLOCK = b'<script type="application/json" id="ahead">%s</script>'
BEFORE = b"</body>"
# Within a script element only `<` could be more than data (HTML §4.12.1.3); the others end a line of JavaScript.
ESCAPED = ((b"<", b"\\u003c"), ("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that a page makes: `GET address`."""

    address: str
    route: Route
    adapter: TypeAdapter[Any]
    query: Mapping[str, str]


class Ahead:
    """`pages`: by the path of a page, the addresses that it asks first."""

    def __init__(self, routes: Iterable[Route], pages: Mapping[str, Iterable[str]]) -> None:
        gets = {route.path: route for route in routes if route.method == "GET"}
        self._pages = {page: tuple(_asked(gets, one) for one in addresses) for page, addresses in pages.items()}

    async def page(self, request: web.Request, file: Path) -> web.StreamResponse | None:
        """None where nothing comes with it: another page, or a caller without an account."""
        asked = () if request.method != "GET" or request.query_string else self._pages.get(request.path, ())
        call = Call(request, request.app[PARTS])
        if asked:
            await recognise(call)
        if call.account is None:
            return None
        head, _, tail = (await asyncio.to_thread(file.read_bytes)).partition(BEFORE)
        response = web.StreamResponse(headers=PERSONAL)
        response.content_type, response.charset = "text/html", "utf-8"
        await response.prepare(request)
        await response.write(head)
        answers = await asyncio.gather(*(_answer(request, one) for one in asked))
        given = {one.address: said for one, said in zip(asked, answers, strict=True) if said is not None}
        await response.write(block(given) + BEFORE + tail)
        await response.write_eof()
        return response


def block(answers: Mapping[str, bytes]) -> bytes:
    """The answers, each of them JSON, by their addresses."""
    whole = b",".join(b'"%s":%s' % (address.encode(), said) for address, said in answers.items())
    for raw, escaped in ESCAPED:
        whole = whole.replace(raw, escaped)
    return BLOCK % (b"{%s}" % whole)


def _asked(gets: Mapping[str, Route], address: str) -> _Asked:
    url = URL(address)
    route = gets[url.path]
    return _Asked(address, route, TypeAdapter(route.answer), dict(url.query))


async def _answer(request: web.Request, asked: _Asked) -> bytes | None:
    """None where it would be refused, or fails: the page asks for itself, and hears why."""
    call = Call(request, request.app[PARTS])
    try:
        await admit(call, asked.route.needs)
        query = [] if asked.route.query is None else [queried(asked.route.query, asked.query)]
        return encoded(asked.adapter, await asked.route.handler(call, *query))
    except ClientFault:
        return None
    except Exception:  # the page's head is sent already
        log.exception("%s could not come with its page", asked.address)
        return None
