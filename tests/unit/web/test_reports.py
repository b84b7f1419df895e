"""What came of a lesson's questions, at the address: who may know it, and in which forms."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import random
import re
import signal
import uuid
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest

from classroom.errors import ClientFault
from classroom.events import SYSTEM, Command, Role, Seat
from tests.unit.classroom.otherwise import mark_otherwise
from tests.unit.classroom.questions import question, values
from tests.unit.web.people import PASSWORD, Person, refusal
from web.server import reporter
from web.server.parts import Parts
from web.server.routes.reports import ReportView

pytestmark = pytest.mark.long

FORMULA = '=HYPERLINK("http://evil")'
NAMES = [FORMULA, "王明", *(f"Child {number}" for number in range(16))]
TEST = ("choice", "truefalse", "multiple", "number", "text", "order", "match", "gaps", "essay")


@dataclass
class Taught:
    """A lesson that was held, with what everyone answered."""

    id: str
    children: Mapping[str, str]  # participant → name
    given: dict[str, dict[str, Any]] = field(default_factory=dict)  # activity → participant → value

    @property
    def path(self) -> str:
        return f"/api/v1/lessons/{self.id}/report"


async def do(parts: Parts, lesson: str, seat: Seat, kind: str, **data: Any) -> None:
    await parts.journal.submit(lesson, seat, Command(str(uuid.uuid4()), kind, data))


async def held(parts: Parts, teacher: Person, rooms: list[Any], seed: int, types: tuple[str, ...] = TEST) -> Taught:
    """A lesson of these rooms' children, who answer at random, and vote twice without their names."""
    rng = random.Random(seed)
    lesson = (await teacher.post("/api/v1/lessons", {"title": f"语文 {seed}"}))["id"]
    await do(parts, lesson, SYSTEM, "lesson.open")
    await do(parts, lesson, SYSTEM, "lesson.start")
    seats = {}
    for number, name in enumerate(NAMES):
        room = rooms[number % 2]["id"]
        row = await parts.store.participants.add(lesson, Role.STUDENT, name, parts.now_ms, room=room)
        seats[Seat(row.id, Role.STUDENT, room)] = name
    joining = (do(parts, lesson, seat, "participant.join", name=name) for seat, name in seats.items())
    await asyncio.gather(*joining)
    taught = Taught(lesson, {seat.participant: name for seat, name in seats.items()})
    for name in types:
        asked = question(name)
        await do(parts, lesson, SYSTEM, "activity.open", activity=name, **asked)
        who = [seat for seat in seats if rng.random() < 0.9]
        mine = taught.given[name] = {seat.participant: values(rng, name) for seat in who}
        key = {"choice": "choice", "truefalse": "choice", "multiple": "choices", "number": "number", "order": "order"}
        key |= {"text": "text", "essay": "text", "match": "pairs", "gaps": "texts"}
        answers = (
            do(parts, lesson, seat, "activity.answer", activity=name, **{key[name]: mine[seat.participant]})
            for seat in who
        )
        await asyncio.gather(*answers)
        await do(parts, lesson, SYSTEM, "activity.reveal", activity=name)
    for activity, voters in (("secret", list(seats)), ("few", list(seats)[:3])):
        await do(parts, lesson, SYSTEM, "activity.open", activity=activity, anonymous=True, **question("choice"))
        for seat in voters:
            with contextlib.suppress(ClientFault):  # held, until others have voted
                await do(parts, lesson, seat, "activity.answer", activity=activity, choice=rng.randrange(4))
        await do(parts, lesson, SYSTEM, "activity.reveal", activity=activity)
    await do(parts, lesson, SYSTEM, "lesson.end")
    return taught


@pytest.fixture
async def rooms(admin: Person) -> list[Any]:
    [school] = await admin.get("/api/v1/schools")
    body = {"school": school["id"]}
    return [await admin.post("/api/v1/rooms", {**body, "name": name}) for name in ("Room 3", "二年级")]


@pytest.fixture
async def taught(parts: Parts, teacher: Person, rooms: list[Any]) -> Taught:
    return await held(parts, teacher, rooms, 7)


async def body_of(person: Person, path: str) -> bytes:
    response = await person.call("GET", path)
    assert response.status == 200, await response.text()
    return await response.read()


async def test_the_report_says_what_another_reckoning_of_the_answers_says(teacher: Person, taught: Taught) -> None:
    told = await teacher.get(taught.path)
    assert [one["asked"]["activity"] for one in told["questions"]] == [*TEST, "secret", "few"]
    test = [one["asked"]["activity"] for one in told["questions"] if one["figures"]]
    assert test == list(TEST[:-1])  # of an essay nobody has said what is right
    assert told["quiz"]["attempts"] == len({who for name in test for who in taught.given[name]})
    for child in told["children"]:
        who = child["participant"]
        assert child["name"] == taught.children[who]
        marks = [
            mark_otherwise(question(name), taught.given[name][who]) if who in taught.given[name] else None
            for name in test
        ]
        assert child["marks"] == [None if mark is None else pytest.approx(mark, abs=1e-4) for mark in marks]
        assert child["result"] == pytest.approx(100 * sum(mark or 0 for mark in marks) / len(test), abs=1e-4)
    secret, few = told["questions"][-2:]
    assert (sum(secret["asked"]["tally"]), few["asked"]["tally"]) == (len(NAMES), None)
    assert [(room["name"], room["children"]) for room in told["rooms"]] == [("二年级", 9), ("Room 3", 9)]
    assert (told["trends"], told["room_trends"]) == ([], [])  # it is the first of its kind


async def test_the_page_gets_what_the_documents_say(teacher: Person, taught: Taught) -> None:
    told = await body_of(teacher, taught.path)
    assert json.loads(told) == json.loads(ReportView.model_validate_json(told).model_dump_json())


async def test_a_report_is_made_whatever_became_of_the_process_that_made_the_last(
    parts: Parts, teacher: Person, taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await body_of(teacher, taught.path)
    life = parts.reporter._life
    assert life is not None
    life.process.kill()
    await life.process.wait()
    assert await body_of(teacher, taught.path) == told
    life = parts.reporter._life
    assert life is not None
    life.process.send_signal(signal.SIGSTOP)
    asked = asyncio.create_task(teacher.call("GET", taught.path))
    await asyncio.sleep(0.2)
    life.process.kill()
    assert await refusal(await asked) == (503, "busy")
    assert await body_of(teacher, taught.path) == told
    monkeypatch.setattr(reporter, "TIME_S", 0.01)
    refused = await teacher.call("GET", taught.path)
    assert await refusal(refused) == (503, "busy")
    assert parts.reporter._life is None
    monkeypatch.undo()
    monkeypatch.setattr(reporter, "IDLE_S", 0)
    assert await body_of(teacher, taught.path) == told
    life = parts.reporter._life
    assert life is not None
    assert await asyncio.wait_for(life.process.wait(), 10) == 0
    assert await body_of(teacher, taught.path) == told


async def test_too_many_who_ask_at_once_are_told_to_come_again(parts: Parts, teacher: Person, taught: Taught) -> None:
    parts.reporter.turns.most = 2
    answers = await asyncio.gather(*(teacher.call("GET", taught.path) for _ in range(4)))
    assert [one.status for one in answers].count(200) >= 2
    [refused, *_] = (one for one in answers if one.status != 200)
    assert await refusal(refused) == (503, "busy")


async def test_over_lessons_a_child_is_known_again(
    parts: Parts, teacher: Person, rooms: list[Any], taught: Taught
) -> None:
    for seed in range(4):
        last = await held(parts, teacher, rooms, seed, ("choice", "truefalse"))
    told = await teacher.get(last.path)
    assert [one["title"] for one in told["lessons"]] == ["语文 7", *(f"语文 {seed}" for seed in range(4))]
    assert {one["of"] for one in told["trends"]} <= set(last.children)
    one = next(one for one in told["trends"] if last.children[one["of"]] == "王明")
    results = {step["lesson"]: step["result"] for step in one["steps"]}
    first = next(child for child in (await teacher.get(taught.path))["children"] if child["name"] == "王明")
    assert results[taught.id] == pytest.approx(first["result"])
    assert [len(one["steps"]) for one in told["room_trends"]] == [5, 5]


async def test_as_tables_no_name_is_a_formula_and_all_of_them_are_in_the_workbook(
    teacher: Person, taught: Taught
) -> None:
    told = await teacher.get(taught.path)
    sheets = read(await body_of(teacher, f"{taught.path}.xlsx"))
    for name, sheet in sheets.items():
        text = (await body_of(teacher, f"{taught.path}.csv?table={name}")).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert [[*map(plain, row)] for row in rows] == [[*map(plain, row)] for row in sheet]
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "+"))]
    assert any(FORMULA in row for row in sheets["children"])
    assert len(sheets["answers"]) - 1 == sum(map(len, taught.given.values()))
    head, *rows = sheets["children"]
    assert (head[-1], len(rows)) == ("q8", len(NAMES))
    assert [row[0] for row in rows] == [child["participant"] for child in told["children"]]
    assert await refusal(await teacher.call("GET", f"{taught.path}.csv?table=ballots")) == (400, "malformed")

    # A vote without names is in this one alone, and nothing of one in which too few took part.
    votes = [row for row in sheets["tallies"][1:] if row[1] == "secret"]
    assert [row[4] for row in votes] == question("choice")["options"]
    assert sum(int(row[5]) for row in votes) == len(NAMES)
    assert not [row for row in sheets["tallies"] if row[1] == "few"]
    counted = Counter(taught.given["choice"].values())
    assert [int(row[5]) for row in sheets["tallies"] if row[1] == "choice"] == [counted[n] for n in range(4)]
    numbers = Counter(taught.given["number"].values())
    assert {float(row[4]): int(row[5]) for row in sheets["tallies"] if row[1] == "number"} == numbers


def plain(cell: str) -> str | float:
    """What stands in a cell, in whichever form numbers and words are written."""
    try:
        return round(float(cell), 4)
    except ValueError:
        return cell.lstrip("'")


def read(book: bytes) -> dict[str, list[list[str]]]:
    """A workbook as another program reads it, which must find no formula and no link."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(book)) as files:
        everything = b"".join(files.read(name) for name in files.namelist() if "worksheets" in name)
        assert b"<f>" not in everything
        assert b"hyperlink" not in everything
        strings = ["".join(one.itertext()) for one in ElementTree.fromstring(files.read("xl/sharedStrings.xml"))]
        names = [
            one.get("name", "") for one in ElementTree.fromstring(files.read("xl/workbook.xml")).iter(f"{main}sheet")
        ]
        found = {}
        for number, name in enumerate(names, 1):
            rows = []
            for row in ElementTree.fromstring(files.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{main}row"):
                cells = []
                for cell in row:
                    value = cell.findtext(f"{main}v", "")
                    cells.append(strings[int(value)] if cell.get("t") == "s" else value)
                rows.append(cells)
            found[name] = rows
    return found


async def test_statements_are_in_the_form_of_xapi_and_name_nobody_unasked(teacher: Person, taught: Taught) -> None:
    said = json.loads(await body_of(teacher, f"{taught.path}/xapi"))
    assert said == json.loads(await body_of(teacher, f"{taught.path}/xapi"))  # with the same ids
    assert len({one["id"] for one in said}) == len(said)
    answered = [one for one in said if one["verb"]["id"] == "http://adlnet.gov/expapi/verbs/answered"]
    assert len(answered) == sum(map(len, taught.given.values()))
    assert len(said) - len(answered) == len({who for mine in taught.given.values() for who in mine})
    assert not [name for name in NAMES if name in json.dumps(said, ensure_ascii=False)]
    assert not [one for one in said if "secret" in one["object"]["id"] or "few" in one["object"]["id"]]
    for one in answered:
        assert uuid.UUID(one["id"])
        name, who = one["object"]["id"].rpartition("/")[2], one["actor"]["account"]["name"]
        value = taught.given[name][who]
        if name == "essay":
            assert "score" not in one["result"]
        else:
            assert one["result"]["score"]["scaled"] == pytest.approx(mark_otherwise(question(name), value), abs=1e-4)
        if name == "multiple":
            assert one["result"]["response"] == "[,]".join(map(str, value))
            assert one["object"]["definition"]["correctResponsesPattern"] == ["0[,]2[,]3"]
    named = json.loads(await body_of(teacher, f"{taught.path}/xapi?names=yes"))
    assert {one["actor"]["name"] for one in named} == set(NAMES)


@pytest.mark.parametrize(("language", "title"), [("en", "Results"), ("zh-CN", "答题结果")])
async def test_its_print_has_its_own_letters_and_all_names(
    teacher: Person, taught: Taught, language: str, title: str
) -> None:
    body = await body_of(teacher, f"{taught.path}.pdf?language={language}")
    assert b"/FontFile2" in body
    with contextlib.closing(pypdfium2.PdfDocument(body)) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    text = "".join(pages)
    assert title in text
    assert not [name for name in NAMES if name not in text]
    assert f"{len(pages)} / {len(pages)}" in pages[-1]
    assert not re.search("result\\.|\\{[a-z]+\\}", text)  # no key of words that are not there, no place of a value
    refused = await teacher.call("GET", f"{taught.path}.pdf?language=tlh")
    assert await refusal(refused) == (400, "malformed")


async def test_prints_wait_their_turn_and_too_many_are_told_to_come_again(
    parts: Parts, teacher: Person, taught: Taught
) -> None:
    parts.printer.turns.most = 2
    calls = [teacher.call("GET", f"{taught.path}.pdf") for _ in range(4)]
    answers = [response.status for response in await asyncio.gather(*calls)]
    assert set(answers) == {200, 503}
    assert (await teacher.call("GET", f"{taught.path}.pdf")).status == 200


async def test_others_read_of_their_own_rooms_or_nothing(
    admin: Person, parts: Parts, teacher: Person, rooms: list[Any], browser: Callable[[], Awaitable[Person]]
) -> None:
    for login in ("zhao", "qian"):
        await admin.post("/api/v1/accounts", {"login": login, "name": login, "role": "teacher", "password": PASSWORD})
    account = next(one["id"] for one in await admin.get("/api/v1/accounts") if one["login"] == "zhao")
    taught = await held(parts, teacher, rooms, 3, ("choice",))
    other, stranger = await browser(), await browser()
    paths = [f"{taught.path}{end}" for end in ("", ".csv", ".xlsx", ".pdf", "/xapi")]
    for path in paths:
        assert await refusal(await stranger.call("GET", path)) == (401, "signed_out")
    await other.sign_in("zhao")
    await stranger.sign_in("qian")
    await parts.store.participants.add(
        taught.id, Role.LOCAL_TEACHER, "zhao", parts.now_ms, room=rooms[1]["id"], account=account
    )
    for path in paths:
        assert await refusal(await stranger.call("GET", path)) == (404, "not_found")
    told = await other.get(taught.path)
    assert [room["name"] for room in told["rooms"]] == ["二年级"]
    assert len(told["children"]) == 9
    own = {child["name"] for child in told["children"]}
    for path in paths:
        text = (await body_of(other, path)).decode(errors="ignore")
        assert not [who for who, name in taught.children.items() if name not in own and who in text]
    assert len((await admin.get(taught.path))["children"]) == len(NAMES)


async def test_a_school_scores_participation_as_it_likes_or_not_at_all(
    admin: Person, teacher: Person, taught: Taught
) -> None:
    [school] = await admin.get("/api/v1/schools")
    path = f"/api/v1/schools/{school['id']}/participation"
    first = await teacher.get(path)
    assert len(first["formula"]["terms"]) == 2
    assert await refusal(await admin.call("PUT", path, {"formula": {"terms": []}})) == (422, "bad_formula")
    assert await refusal(await teacher.call("PUT", path, {"formula": None})) == (403, "not_allowed")
    assert (await admin.call("PUT", path, {"formula": None})).status == 200
    assert await teacher.get(path) == {"formula": None, "usual": first["formula"]}
    formula = {"terms": [{"counted": "answered", "of": 4, "weight": 1}]}
    assert (await (await admin.call("PUT", path, {"formula": formula})).json())["formula"] == formula
    off = await (await admin.call("PUT", path, {"formula": None})).json()
    assert off == await teacher.get(path) == {"formula": None, "usual": formula}, "what it had is kept"
    assert (await (await admin.call("PUT", path, {"formula": off["usual"]})).json())["formula"] == formula
