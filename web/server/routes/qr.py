"""QR codes as SVG, drawn here: an address in a lesson is nobody else's business."""

from __future__ import annotations

import io

import segno
from aiohttp import web


def svg(text: str) -> web.Response:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=8, border=4, light="#fff", dark="#000", xmldecl=False
    )
    return web.Response(body=out.getvalue(), content_type="image/svg+xml")
