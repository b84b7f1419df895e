"""What was published last, as an Atom feed (RFC 4287). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from web.server.metadata.described import Described, moment

ATOM = "http://www.w3.org/2005/Atom"
NAME = "Tongke 同课"


def feed(some: Sequence[Described], address: str, base: str, now_ms: int) -> Element:
    """Newest first."""
    root = Element("feed", {"xmlns": ATOM})
    SubElement(root, "id").text = address
    SubElement(root, "title").text = NAME
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": f"{base}/library"})
    SubElement(root, "updated").text = moment(max((_published(one) for one in some), default=now_ms))
    SubElement(SubElement(root, "author"), "name").text = NAME
    for one in some:
        root.append(_entry(one))
    return root


def _published(one: Described) -> int:
    return one.resource.published_at or one.resource.created_at


def _entry(one: Described) -> Element:
    entry = Element("entry")
    SubElement(entry, "id").text = one.address
    SubElement(entry, "title").text = one.resource.title
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": one.address})
    SubElement(entry, "published").text = moment(_published(one))
    SubElement(entry, "updated").text = moment(max(_published(one), one.resource.changed_at))
    for name in one.people():
        SubElement(SubElement(entry, "author"), "name").text = name
    if one.resource.description:
        SubElement(entry, "summary").text = one.resource.description
    for language, words in one.labels("subject"):
        said = {"term": one.resource.subject, "label": words}
        SubElement(entry, "category", said | ({"xml:lang": language} if language else {}))
    if one.licence:
        SubElement(entry, "link", {"rel": "license", "href": one.licence})
    return entry
