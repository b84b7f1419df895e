"""A harvester (Sickle) asks a real server for what is published for all; the feed; and what is said of one resource."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from sickle import Sickle
from sickle.oaiexceptions import NoRecordsMatch

from classroom.ids import new_id
from classroom.store.records import Resource
from tests.unit.web.people import Client, Person, refusal
from web.server import oai
from web.server.parts import Parts
from web.server.routes import harvest
from web.server.settings import Settings

HOUR_MS = 3_600_000
AT_MS = 1_800_000_000_000
DC = "{http://purl.org/dc/elements/1.1/}"
TITLE = "三年级 <script>&\u2028 Autumn"


def published(number: int = 0, **more: Any) -> Resource:
    at = AT_MS + number * HOUR_MS
    row = Resource(new_id(), None, TITLE, "upload", "ready", at, 90_500, "", [])
    said = {
        "state": "published", "state_at": at, "changed_at": at, "published_at": at, "reach": "all",
        "description": "Leaves fall.\n叶落。", "subject": "chinese", "grade": "", "type": "lesson-recording",
        "language": "zh-CN", "licence": "cc-by-4.0", "audience": "learners", "points": ["秋", "leaves"],
        "contributors": [{"name": "李华; Li, Hua", "role": "author"}, {"name": "Qingshan", "role": "publisher"}],
        "mime": "video/mp4", "bytes": 1000,
    }  # fmt: skip
    return replace(row, **said | more)


async def put(parts: Parts, *rows: Resource) -> list[str]:
    for row in rows:
        await parts.store.resources.put(row)
    return [row.id for row in rows]


@pytest.fixture(autouse=True)
def harvested(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "settings", parts.settings.model_copy(update={"harvest": True}))


@pytest.fixture
def ask(app_client: Client) -> Callable[[Callable[[Sickle], Any]], Any]:
    """Sickle blocks, so it asks from a thread."""

    async def asked(what: Callable[[Sickle], Any]) -> Any:
        return await asyncio.to_thread(what, Sickle(str(app_client.make_url("/oai"))))

    return asked


def forged(subject: str, after: str) -> str:
    said = json.dumps([None, None, subject, "oai_dc", 1, 1, after]).encode()
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def name_of(header: Any) -> str:
    return str(header.identifier).rpartition(":")[2]


async def test_a_harvester_is_answered_for_all_six_verbs(parts: Parts, ask: Any) -> None:
    shown = published()
    withdrawn = published(1, state="withdrawn", subject="mathematics")
    school, draft = published(2, reach="school"), published(3, state="draft", published_at=None)
    await put(parts, shown, withdrawn, school, draft)

    identity = await ask(lambda sickle: sickle.Identify())
    assert (identity.protocolVersion, identity.deletedRecord) == ("2.0", "transient")
    assert identity.granularity == "YYYY-MM-DDThh:mm:ssZ"
    assert identity.earliestDatestamp == "2027-01-15T08:00:00Z"
    formats = await ask(lambda sickle: [one.metadataPrefix for one in sickle.ListMetadataFormats()])
    assert formats == ["oai_dc", "lom"]
    sets = await ask(lambda sickle: [(one.setSpec, one.setName) for one in sickle.ListSets()])
    assert sets == [("subject:chinese", "Chinese"), ("subject:mathematics", "Mathematics")]
    headers = await ask(lambda sickle: list(sickle.ListIdentifiers(metadataPrefix="oai_dc")))
    assert [(name_of(one), bool(one.deleted)) for one in headers] == [(shown.id, False), (withdrawn.id, True)]
    records = await ask(lambda sickle: list(sickle.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True)))
    assert [one.metadata["title"] for one in records] == [[TITLE]]
    said = records[0].metadata
    assert said["creator"] == ["李华; Li, Hua"]
    assert said["subject"] == ["语文", "Chinese", "秋", "leaves"]
    assert said["rights"][0] == "https://creativecommons.org/licenses/by/4.0/"
    one = await ask(lambda sickle: sickle.GetRecord(identifier=headers[0].identifier, metadataPrefix="lom"))
    assert "<lom:entity>BEGIN:VCARD" in one.raw
    gone = await ask(lambda sickle: sickle.GetRecord(identifier=headers[1].identifier, metadataPrefix="oai_dc"))
    assert gone.header.deleted


async def test_a_long_list_goes_on_and_can_be_of_a_time_or_a_subject(
    parts: Parts, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvest, "PAGE", 3)
    many = await put(parts, *(published(number // 2) for number in range(8)))  # two of each moment
    other = (await put(parts, published(9, subject="mathematics")))[0]

    def listed(**asked: str) -> Callable[[Sickle], list[str]]:
        return lambda sickle: [name_of(one) for one in sickle.ListIdentifiers(metadataPrefix="oai_dc", **asked)]

    every = await ask(listed())
    assert sorted(every) == sorted([*many, other])
    assert len(set(every)) == 9
    assert await ask(listed(set="subject:mathematics")) == [other]
    assert set(await ask(listed(**{"from": "2027-01-15T09:00:00Z", "until": "2027-01-15T10:00:00Z"}))) == set(many[2:6])
    assert set(await ask(listed(**{"from": "2027-01-15"}))) == {*many, other}
    with pytest.raises(NoRecordsMatch):
        await ask(listed(**{"from": "2027-01-16"}))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Nothing", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&x=1", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=lom", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=yesterday", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2027-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2027-01-02&until=2027-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2027-01-02&until=2027-01-03T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=%3Cx%3E", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=nothing", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=W10", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=%FF%00", "badResumptionToken"),
        *(
            (f"verb=ListRecords&resumptionToken={forged(*said)}", "badResumptionToken")
            for said in (("\ud800", "x"), ("\0", "x"), ("", "\udfff"), ("", "\0"), ("", ""), ("chinese", "x y"))
        ),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:%00", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=oai:127.0.0.1:%ED%A0%80", "idDoesNotExist"),
        ("verb=ListRecords&resumptionToken=W10&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:elsewhere:x", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:x", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=oai:127.0.0.1:x", "idDoesNotExist"),
        ("verb=ListIdentifiers&metadataPrefix=oai_dc", "noRecordsMatch"),
        ("verb=ListSets", "noSetHierarchy"),
    ],
)
async def test_what_is_asked_wrongly_is_refused_as_the_protocol_has_it(
    app_client: Client, query: str, code: str
) -> None:
    answer = await app_client.get(f"/oai?{query}")
    assert (answer.status, answer.content_type) == (200, "text/xml")
    root = ElementTree.fromstring(await answer.text())
    assert [one.get("code") for one in root.iter("{http://www.openarchives.org/OAI/2.0/}error")] == [code]


@pytest.mark.parametrize("name", ["\0", "\ud800", "", "a b", "x" * 65, "x\n"])
def test_what_is_no_id_is_not_looked_for(name: str) -> None:
    answers = oai.Answers("https://a.example/oai", "a.example", lambda row: pytest.fail(row.id))
    with pytest.raises(oai.Refused, match="no such record"):
        answers.resource(answers.identifier(name))
    assert answers.resource(answers.identifier(one := new_id())) == one


async def test_it_is_asked_by_a_form_too_and_is_closed_unless_it_was_opened(
    parts: Parts, app_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(parts, published())
    answer = await app_client.post("/oai", data={"verb": "ListRecords", "metadataPrefix": "oai_dc"})
    assert "<dc:title" in await answer.text()
    monkeypatch.setattr(
        parts, "settings", parts.settings.model_copy(update={"harvest": Settings.model_fields["harvest"].default})
    )
    for path in ("/oai?verb=Identify", "/feed"):
        assert await refusal(await app_client.get(path)) == (404, "not_found")


async def test_the_feed_tells_what_was_published_last(parts: Parts, app_client: Client) -> None:
    await put(parts, published(), published(1, title="Later"), published(2, reach="school"))
    answer = await app_client.get("/feed")
    assert answer.content_type == "application/atom+xml"
    root = ElementTree.fromstring(await answer.text())
    atom = "{http://www.w3.org/2005/Atom}"
    assert [one.findtext(f"{atom}title") for one in root.iter(f"{atom}entry")] == ["Later", TITLE]
    assert root.findtext(f"{atom}updated") == "2027-01-15T09:00:00Z"


async def test_a_resource_is_described_for_who_sees_it(parts: Parts, admin: Person, teacher: Person) -> None:
    row = published(description="x\x0b\ufffe", published_at=None, state="draft")
    await put(parts, row)
    base = f"/api/v1/resources/{row.id}/metadata"
    for form in ("dublin-core", "lom", "schema"):
        assert await refusal(await teacher.call("GET", f"{base}/{form}")) == (404, "not_found")
    said = json.loads(await (await admin.call("GET", f"{base}/schema")).text())
    assert said["@type"] == ["LearningResource", "VideoObject"]
    assert (said["name"], said["duration"]) == (TITLE, "PT90S")
    assert said["license"] == "https://creativecommons.org/licenses/by/4.0/"
    text = await (await admin.call("GET", f"{base}/schema")).text()
    assert "<" not in text
    root = ElementTree.fromstring(await (await admin.call("GET", f"{base}/dublin-core")).text())
    assert root.findtext(f"{DC}description") == "x"
    away = json.loads(await (await admin.call("GET", f"{base}/schema?place=away")).text())
    assert row.id not in json.dumps(away)
    assert await refusal(await admin.call("GET", f"{base}/marc")) == (404, "not_found")


def linked_in(page: str) -> list[Any]:
    return [
        json.loads(one) for one in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    ]


async def test_a_resources_page_says_what_it_is_to_who_sees_it_and_nothing_to_others(
    parts: Parts, admin: Person, teacher: Person, nobody: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = published(title="</script><b>秋", state="draft", published_at=None)
    shared, school = published(), published(reach="school")
    withdrawn = published(state="withdrawn")
    await put(parts, draft, shared, school, withdrawn)

    async def told(person: Person, row: Resource) -> list[Any]:
        answer = await person.call("GET", f"/library/{row.id}")
        assert answer.status == 200
        found = linked_in(await answer.text())
        assert ("no-store" in answer.headers["Cache-Control"]) == bool(found)
        return found

    [said] = await told(admin, draft)
    assert (said["name"], said["@type"]) == ("</script><b>秋", ["LearningResource", "VideoObject"])
    assert said["@id"].endswith(f"/library/{draft.id}")
    assert len(await told(teacher, shared)) == len(await told(nobody, shared)) == 1
    for person, row in (
        (teacher, draft), (nobody, draft), (nobody, school), (admin, withdrawn), (nobody, withdrawn),
        (admin, replace(shared, id="x")), (nobody, replace(shared, id="%00")),
    ):  # fmt: skip
        assert await told(person, row) == []
    assert linked_in(await (await admin.call("GET", "/library")).text()) == []
    monkeypatch.setattr(parts, "settings", parts.settings.model_copy(update={"harvest": False}))
    assert await told(nobody, shared) == []
    assert len(await told(teacher, shared)) == 1
