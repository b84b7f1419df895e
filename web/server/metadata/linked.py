"""schema.org, as JSON-LD (https://schema.org/LearningResource, https://schema.org/VideoObject). Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from classroom.events import Json
from web.server.metadata.described import Described, day

FILMS = frozenset({"recording", "joined"})


def _people(one: Described, *roles: str) -> list[Json]:
    return [{"@type": "Person", "name": name} for name in one.people(*roles)]


def _words(field: str) -> Callable[[Described], Any]:
    return lambda one: [words for _, words in one.labels(field)]


TABLE: tuple[tuple[str, Callable[[Described], Any]], ...] = (
    ("name", lambda one: one.resource.title),
    ("description", lambda one: one.resource.description or one.resource.title),
    ("url", lambda one: one.address),
    ("sameAs", lambda one: one.target),
    ("inLanguage", lambda one: one.resource.language),
    ("dateCreated", lambda one: day(one.resource.created_at)),
    ("datePublished", lambda one: one.date),
    ("uploadDate", lambda one: one.date if _is_film(one) else ""),
    ("duration", lambda one: one.lasts),
    ("encodingFormat", lambda one: one.mime),
    ("learningResourceType", _words("type")),
    ("educationalLevel", _words("grade")),
    ("about", _words("subject")),
    ("teaches", lambda one: list(one.resource.points)),
    (
        "audience",
        lambda one: [{"@type": "EducationalAudience", "educationalRole": who} for who in _words("audience")(one)],
    ),
    ("author", lambda one: _people(one, "author", "teacher")),
    ("editor", lambda one: _people(one, "editor")),
    ("publisher", lambda one: _people(one, "publisher")),
    ("license", lambda one: one.licence or next(iter(_words("licence")(one)), "")),
    ("isAccessibleForFree", lambda one: True),
)
"""Property → what of a resource it says."""


def _is_film(one: Described) -> bool:
    return one.resource.kind in FILMS or one.mime.startswith("video/")


def document(one: Described) -> Json:
    kinds = ["LearningResource", "VideoObject"] if _is_film(one) else ["LearningResource"]
    said = {name: value for name, of in TABLE if (value := of(one))}
    where = {"@id": one.address} if one.address else {}
    return {"@context": "https://schema.org", "@type": kinds, **where, **said}


def written(one: Described) -> str:
    """It may stand in a page: nothing in it ends the script."""
    text = json.dumps(document(one), ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
