"""How the versions of QTI spell the same: 3.0 has the elements and attributes of 2.x in lower case, with hyphens, and
its own elements begin with `qti-`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from classroom.bank import tree
from classroom.bank.tree import Element

HUMP = re.compile(r"[A-Z]")
HYPHEN = re.compile(r"-([a-z])")
OF_HTML = frozenset({"p", "br", "img", "audio", "object"})


@dataclass(frozen=True, slots=True)
class Version:
    """`resource` is the type of an item in a manifest; `templates` where the response processing is that all share."""

    items: str
    packaging: str
    resource: str
    templates: str
    hyphens: bool

    def said(self, name: str, /, *inside: str, **attributes: str) -> str:
        """An element as XML, by its name in 2.x; what is inside is XML already."""
        if self.hyphens:
            attributes = {HUMP.sub(lambda one: f"_{one[0].lower()}", key): value for key, value in attributes.items()}
            name = name if name in OF_HTML else "qti-" + HUMP.sub(lambda one: f"-{one[0].lower()}", name)
        return tree.said(name, *inside, **attributes)

    def template(self, name: str) -> str:
        return f"{self.templates}{name}{'.xml' if self.hyphens else ''}"


V2 = Version(
    items="http://www.imsglobal.org/xsd/imsqti_v2p2",
    packaging="http://www.imsglobal.org/xsd/imscp_v1p1",
    resource="imsqti_item_xmlv2p2",
    templates="http://www.imsglobal.org/question/qti_v2p2/rptemplates/",
    hyphens=False,
)
V3 = Version(
    items="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    packaging="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    resource="imsqti_item_xmlv3p0",
    templates="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
    hyphens=True,
)


def older(root: Element) -> Element:
    """With the names of 2.x: qti-choice-interaction is choiceInteraction, response-identifier responseIdentifier."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if one.name.startswith("qti-"):
            one.name = HYPHEN.sub(lambda found: found[1].upper(), one.name[4:])
            one.attributes = {HYPHEN.sub(lambda found: found[1].upper(), key): it for key, it in one.attributes.items()}
        waiting += [child for child in one.children if isinstance(child, Element)]
    return root
