"""The faces: one built HTML file each, and their assets. Nothing here knows who asks: pages find out by the API; some
of its answers come with them (`web.server.ahead`). By `About` a resource's page tells machines what that is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from classroom.errors import ClientFault, Status

STATIC = Path(__file__).parent.parent / "static"
# Vite puts a hash of the content into these names, so they never change.
ASSETS = "assets"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
RESOURCE = "/library/{resource}"
FACES = {
    "/": "index",
    "/setup": "setup",
    "/teach": "teach",
    "/teach/{lesson}": "teach",
    "/display": "display",
    "/display/{lesson}": "display",
    "/join": "join",
    "/join/{code}": "join",
    "/library": "library",
    RESOURCE: "library",
    "/staff": "staff",
    "/trust": "trust",
    "/watch/{lesson}": "watch",
    "/shared": "shared",
}
# What a page asks first, by its path.
ASKED = {"/library": ("/api/v1/session", "/api/v1/vocabularies", "/api/v1/resources?limit=30")}


PERSONAL = {"Cache-Control": "private, no-store", "Vary": "Cookie"}
About = Callable[[web.Request], Awaitable[str]]
"""JSON-LD for the head of a resource's page, in which no script ends; "" where whoever asks is not to know."""
Answered = Callable[[web.Request, Path], Awaitable[web.StreamResponse | None]]
"""A page with the answers to what it asks first; None where none come with it."""


def file_answer(path: Path, cache: str, content_type: str | None = None) -> web.FileResponse:
    """A file with ETag and ranges; `path.br` or `path.gz` beside it goes to who takes it."""
    kind = content_type or TYPES.get(path.suffix, "application/octet-stream")
    return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": cache})


def described(page: str, said: str) -> str:
    return page.replace("</head>", f'<script type="application/ld+json">\n{said}\n</script>\n</head>', 1)


def inside(root: Path, relative: str) -> Path:
    """The file of that name under `root`. Raises 404 for anything that is not one, or would be elsewhere."""
    try:
        path = (root / relative).resolve()
        if path.is_relative_to(root.resolve()) and path.is_file():
            return path
    except (OSError, ValueError):  # a name too long, or with a NUL
        pass
    raise ClientFault("not_found", "There is no such file.", Status.NOT_FOUND)


async def nothing(request: web.Request) -> str:
    return ""


async def alone(request: web.Request, path: Path) -> None:
    return None


def add(app: web.Application, static: Path | None = None, about: About = nothing, ahead: Answered = alone) -> None:
    static = static or STATIC

    def face(name: str) -> None:
        def built() -> Path:
            path = static / f"{name}.html"
            if not path.is_file():
                raise ClientFault("pages_not_built", "The pages are not built: run make setup.", Status.UNAVAILABLE)
            return path

        async def show(request: web.Request) -> web.StreamResponse:
            path = built()
            return await ahead(request, path) or file_answer(path, "no-cache")

        async def show_resource(request: web.Request) -> web.StreamResponse:
            path = built()
            said = await about(request)
            if not said:
                return file_answer(path, "no-cache")
            page = await asyncio.to_thread(path.read_text, encoding="utf-8")
            return web.Response(text=described(page, said), content_type="text/html", headers=PERSONAL)

        for pattern, page in FACES.items():
            if page == name:
                app.router.add_get(pattern, show_resource if pattern == RESOURCE else show)

    async def asset(request: web.Request) -> web.StreamResponse:
        return file_answer(inside(static / ASSETS, request.match_info["path"]), "public, max-age=31536000, immutable")

    async def plain(request: web.Request) -> web.StreamResponse:
        return file_answer(inside(static, request.match_info["file"]), "no-cache")

    for name in dict.fromkeys(FACES.values()):
        face(name)
    app.router.add_get(f"/{ASSETS}/{{path:.+}}", asset)
    app.router.add_get("/{file:[^/]+[.][a-z0-9]+}", plain)
