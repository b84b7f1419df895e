"""The page of an exported resource: what it is can be read in it without scripts. Pure."""

from __future__ import annotations

import html
import json
from typing import Any

from classroom.events import Json
from web.server.exchange import folder

POLICY = (
    "default-src 'none'; script-src 'self' file: 'unsafe-inline'; style-src 'self' file: 'unsafe-inline'; "
    "img-src 'self' file: data: blob:; media-src 'self' file: blob:; font-src data:; frame-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is fetched from anywhere else, wherever the folder lies."""


def written(resource: Json, linked: str) -> str:
    """`linked`: what is said of it, as JSON-LD that no script ends in."""
    title = html.escape(resource["title"])
    rows = "".join(
        f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in _rows(json.loads(linked), resource) if value
    )
    return f"""<!doctype html>
<html lang="zh-CN" data-face="library">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{title}</title>
<link rel="icon" href="{folder.PLAYER}/icon.svg" type="image/svg+xml">
<script src="{folder.PLAYER}/prefs.js"></script>
<script type="application/ld+json">
{linked}
</script>
<link rel="stylesheet" href="{folder.PLAYER}/player.css">
<script defer src="{folder.DATA}"></script>
<script defer src="{folder.PLAYER}/player.js"></script>
</head>
<body>
<div id="app"></div>
<article id="about">
<h1>{title}</h1>
<dl>{rows}</dl>
</article>
</body>
</html>
"""


NAMES = (
    ("说明 Description", "description"),
    ("作者 Author", "author"),
    ("编辑 Editor", "editor"),
    ("发布者 Publisher", "publisher"),
    ("学科 Subject", "about"),
    ("年级 Grade", "educationalLevel"),
    ("类型 Type", "learningResourceType"),
    ("知识点 Knowledge points", "teaches"),
    ("语言 Language", "inLanguage"),
    ("日期 Date", "dateCreated"),
    ("许可 Licence", "license"),
)


def _rows(linked: Json, resource: Json) -> list[tuple[str, str]]:
    """Chinese and English, for whoever opens it."""
    said = [(name, _words(linked.get(key))) for name, key in NAMES if key != "description" or resource["description"]]
    if resource.get("pages"):
        return [*said, ("页数 Pages", str(resource["pages"]))]
    seconds = ((resource["duration_ms"] or 0) - sum(end - begin for begin, end in resource["cuts"])) // 1000
    return [*said, ("时长 Duration", f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}")]


def _words(said: Any) -> str:
    some = said if isinstance(said, list) else [said] if said else []
    return ", ".join(one["name"] if isinstance(one, dict) else str(one) for one in some)
