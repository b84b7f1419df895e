"""What is told of resources is as the published schemas have it, whatever a resource says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from lxml import etree

from classroom.store.records import Resource
from tests import lom as ieee
from tests.schemas import OAI_DC, OAI_PMH, published
from tests.unit.web.people import Client
from tests.unit.web.test_harvest import published as said
from tests.unit.web.test_harvest import put
from web.server import vocabularies
from web.server.metadata import dublin, lom
from web.server.metadata.described import Described
from web.server.oai import written
from web.server.parts import Parts
from web.server.routes import harvest

WORDS = vocabularies.load(None)
FIELDS = ("subject", "grade", "edition", "type", "licence", "audience")
KINDS = ("recording", "courseware", "bank", "upload", "link", "joined")
OAI = "{http://www.openarchives.org/OAI/2.0/}"


def every() -> Iterator[Resource]:
    """Of each kind, with each term of each vocabulary, with all that can be said, and with nothing."""
    for kind in KINDS:
        yield replace(said(), kind=kind, target="https://a.example/x" if kind == "link" else "")
    for field in FIELDS:
        for term in WORDS.of[field].terms:
            yield replace(said(), **{field: term.code})
    people = [{"name": f"Li;\\ {role}", "role": role} for role in ("author", "teacher", "editor", "publisher", "", "x")]
    yield replace(said(), contributors=people, language="zh-Hans-CN", points=["<&>", "\x0bx"])
    yield Resource("a", None, "x", "upload", "ready", 0, None, "", [])
    yield replace(said(), subject="gone", grade="gone", type="gone", licence="gone", audience="gone", duration_ms=0)


@pytest.fixture(scope="module")
def dc() -> etree.XMLSchema:
    return published(OAI_DC)


@pytest.fixture(scope="module")
def pmh() -> etree.XMLSchema:
    return published(OAI_PMH)


def faults(schema: etree.XMLSchema, xml: bytes) -> list[str]:
    schema.validate(etree.fromstring(xml))
    return [f"{one.line}: {one.message}" for one in schema.error_log]


@pytest.mark.parametrize("base", ["https://a.example", ""], ids=["here", "away"])
def test_dublin_core_is_as_its_schema_has_it(dc: etree.XMLSchema, base: str) -> None:
    for row in every():
        assert faults(dc, written(dublin.element(Described(row, WORDS, base)))) == [], row


def test_a_schema_finds_what_is_not_as_it_has_it(dc: etree.XMLSchema, pmh: etree.XMLSchema) -> None:
    element = dublin.element(Described(said(), WORDS, ""))
    ElementTree.SubElement(element, f"{{{dublin.DC}}}colour").text = "red"
    assert "colour" in faults(dc, written(element))[0]
    element[-1].tag, element[-1].text = f"{{{dublin.DC}}}source", ""
    ElementTree.SubElement(element[-1], f"{{{dublin.DC}}}title")
    assert "source" in faults(dc, written(element))[0]
    assert "Identify" in faults(pmh, b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><Identify/></OAI-PMH>')[0]


@pytest.mark.parametrize("base", ["https://a.example", ""], ids=["here", "away"])
def test_lom_is_as_the_standards_table_has_it(base: str) -> None:
    for row in every():
        read = ElementTree.fromstring(written(lom.element(Described(row, WORDS, base))))
        assert ieee.faults(read) == [], row


def test_the_table_finds_what_is_not_as_it_has_it() -> None:
    read = ElementTree.fromstring(written(lom.element(Described(said(), WORDS, ""))))
    read.append(read[0])
    assert ieee.faults(read) == ["lom/general stands there more than 1 times"]
    del read[-1]
    for path, text in (("technical/duration/duration", "90 s"), ("educational/context/value", "village")):
        one = read.find("/".join(f"{ieee.LOM}{name}" for name in path.split("/")))
        assert one is not None
        one.text = text
    assert [one.partition(":")[0] for one in ieee.faults(read)] == [
        "lom/technical/duration/duration",
        "lom/educational/context/value",
    ]


async def test_every_answer_to_a_harvester_is_as_the_schemas_have_it(
    parts: Parts, app_client: Client, monkeypatch: pytest.MonkeyPatch, pmh: etree.XMLSchema, dc: etree.XMLSchema
) -> None:
    monkeypatch.setattr(parts, "settings", parts.settings.model_copy(update={"harvest": True}))
    monkeypatch.setattr(harvest, "PAGE", 4)
    rows = [replace(said(n), state="withdrawn" if n == 1 else "published") for n in range(6)]
    await put(parts, *rows)

    async def asked(**query: Any) -> etree._Element:
        body = await (await app_client.get("/oai", params=query)).read()
        assert faults(pmh, body) == [], query
        return etree.fromstring(body)

    root = await asked(verb="ListIdentifiers", metadataPrefix="oai_dc")
    name = root.findtext(f".//{OAI}identifier")
    for verb in ("Identify", "ListMetadataFormats", "ListSets", "GetRecord", "ListRecords", "Nothing"):
        await asked(verb=verb)  # half of them lack an argument
    for prefix in ("oai_dc", "lom"):
        told = [await asked(verb="ListRecords", metadataPrefix=prefix)]
        token = told[0].findtext(f".//{OAI}resumptionToken")
        told.append(await asked(verb="ListRecords", resumptionToken=token))
        told.append(await asked(verb="GetRecord", metadataPrefix=prefix, identifier=name))
        records = [one[0] for root in told for one in root.iter(f"{OAI}metadata")]
        assert len(records) == 6  # of the seven that were told of one is gone
        for one in map(etree.tostring, records):
            assert (faults(dc, one) if prefix == "oai_dc" else ieee.faults(ElementTree.fromstring(one))) == []
