"""Files of questions with their pictures and sounds: onto the shelf by the way of all uploads, and back into files."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from classroom import bank
from classroom.bank import Entry, File
from tests.unit.classroom.questions import QUESTIONS, question
from tests.unit.web.papers import picture, sound
from tests.unit.web.people import Person, good, refusal
from tests.unit.web.test_questions import BANK, CHOICE, ids, kept, sent
from web.server import banking, understanding
from web.server.courseware import shelf as shelving
from web.server.parts import Parts
from web.server.routes import question_files as routes

pytestmark = pytest.mark.long

LEAF, CAT = picture("PNG", 400, 200), picture("JPEG", 300, 300)
RIGHT = {"shape": "rect", "at": [0, 0], "size": [0.5, 1]}
SPOT = {"type": "spot", "prompt": "Where?", "aspect": 0.5, "answer": [RIGHT]}


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sound(tmp_path_factory.mktemp("tone") / "tone.ogg", "libopus").read_bytes()


def written(form: str, *asked: tuple[dict[str, Any], dict[str, File]]) -> bytes:
    return bank.write(form, [Entry(one, files=files) for one, files in asked])


async def shelf(person: Person) -> list[Any]:
    return [one for one in await person.get("/api/v1/courseware") if one["status"] == "ready"]


async def questions(person: Person) -> list[Any]:
    return [one["question"] for one in (await person.get(BANK))["questions"]]


async def exported(person: Person, form: str) -> tuple[bytes, tuple[str, str, str]]:
    answer = await person.call("GET", f"{BANK}/export?format={form}")
    assert answer.status == 200
    headers = answer.headers
    return await answer.read(), (headers[routes.LEFT_OUT], headers[routes.TYPES], headers[routes.BARE])


@pytest.mark.parametrize("form", ["xml", "zip", "qti3"])
async def test_pictures_and_sounds_of_a_file_come_onto_the_shelf_and_back_into_files(
    teacher: Person, parts: Parts, form: str, tone: bytes
) -> None:
    files = {"p": File("a leaf 叶.png", LEAF), "q": File("cat.jpg", CAT), "s": File("tone.ogg", tone)}
    first = {**CHOICE, "picture": "p", "alt": "A leaf", "sound": "s", "pictures": ["q", None]}
    second = {"type": "order", "prompt": "First?", "options": ["a", "b"], "answer": [1, 0], "pictures": [None, "q"]}
    data = written(form, (first, files), (second, {"q": files["q"]}))
    told = await good(await sent(teacher, f"q.{bank.suffix(form)}", data))
    assert (told["understood"], told["media"], told["notes"]) == (2, 3, [])
    there = {one["name"]: one for one in await shelf(teacher)}
    assert {(name, one["kind"]) for name, one in there.items()} == {
        ("a leaf 叶.png", "slides"),
        ("cat.jpg", "slides"),
        ("tone.ogg", "audio"),
    }
    one, other = await questions(teacher)
    assert one == {
        **CHOICE,
        "picture": there["a leaf 叶.png"]["id"],
        "alt": "A leaf",
        "sound": there["tone.ogg"]["id"],
        "pictures": [there["cat.jpg"]["id"], None],
    }
    assert [other["options"][i] for i in other["answer"]] == ["b", "a"]
    slide = f"/api/v1/courseware/{there['cat.jpg']['id']}/slides/1/320"
    assert (await teacher.call("GET", slide)).headers["Content-Type"] == "image/webp"
    # What was exported brings nothing new, for it is the same; on another shelf all of it.
    again, left = await exported(teacher, form)
    assert left == ("0", "", "0")
    told = await good(await sent(teacher, f"again.{bank.suffix(form)}", again))
    assert (told["understood"], told["media"], told["notes"]) == (2, 0, [])
    assert len(await shelf(teacher)) == 3
    assert (await questions(teacher))[2:] == [one, other]


def quiz(address: str, *files: tuple[str, str]) -> bytes:
    inside = "".join(f'<file name="{name}" encoding="base64">{data}</file>' for name, data in files)
    return f"""<quiz><question type="multichoice"><questiontext format="html"><text><![CDATA[
<p>See?</p><img src="@@PLUGINFILE@@/{address}">]]></text>{inside}</questiontext>
<answer fraction="100"><text>a</text></answer><answer fraction="0"><text>b</text></answer></question></quiz>""".encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (quiz("leaf.png"), "media_missing", "leaf.png"),
        (quiz("leaf.png", ("leaf.png", "no base 64!")), "media_missing", "leaf.png"),
        (quiz("leaf.svg", ("leaf.svg", b64(b"<svg onload='alert(1)'/>"))), "media_left", "leaf.svg"),
        (quiz("leaf.png", ("leaf.png", b64(b"\x89PNG\r\n\x1a\n, cut"))), "media_left", "damaged"),
        (quiz("leaf.png", ("leaf.png", b64(b"%PDF-1.4 no"))), "media_left", "leaf.png"),
        (quiz("leaf.exe", ("leaf.exe", b64(b"MZ"))), "media_kind", "leaf.exe"),
        (quiz("..%2F..%2Fetc%2Fpasswd.png", ("passwd.png", b64(b"MZ"))), "media_left", "passwd.png"),
    ],
)
async def test_what_is_no_picture_is_said_and_the_question_kept_without(
    teacher: Person, data: bytes, code: str, said: str
) -> None:
    told = await good(await sent(teacher, "q.xml", data))
    ((note),) = told["notes"]
    assert (told["understood"], told["media"], note["code"]) == (1, 0, code)
    assert note["line"] == 1
    assert said in note["message"]
    assert await teacher.get("/api/v1/courseware") == []
    (one,) = await questions(teacher)
    assert one == {"type": "choice", "prompt": "See?", "options": ["a", "b"], "answer": 0}


async def test_a_sound_where_a_picture_is_meant_and_what_is_nothing_without(teacher: Person, tone: bytes) -> None:
    bad, shown = {"p": File("p.png", tone)}, {**CHOICE, "pictures": ["p", None]}
    data = written("zip", ({**CHOICE, "picture": "p"}, bad), (shown, bad), ({**SPOT, "picture": "p"}, bad))
    told = await good(await sent(teacher, "q.zip", data))
    assert (told["understood"], [note["code"] for note in told["notes"]]) == (
        1,
        ["media_left", "media_needed", "media_needed"],
    )
    assert "p.png" in told["notes"][0]["message"]
    assert (await questions(teacher), await teacher.get("/api/v1/courseware")) == ([CHOICE], [])


async def test_of_a_question_that_is_left_out_nothing_is_left_on_the_shelf(teacher: Person) -> None:
    files = {"p": File("leaf.png", LEAF), "q": File("bad.png", b"MZ nothing")}
    told = await good(await sent(teacher, "q.zip", written("zip", ({**CHOICE, "pictures": ["p", "q"]}, files))))
    assert (told["understood"], told["media"]) == (0, 0)
    assert await teacher.get("/api/v1/courseware") == []


async def test_a_questionnaire_has_no_pictures_that_are_on_no_shelf(teacher: Person) -> None:
    vote = {"type": "vote", "prompt": "Which?", "options": ["a", "b"], "required": False}
    survey = {"type": "survey", "prompt": "A lesson", "questions": [{**vote, "picture": "elsewhere", "alt": "x"}]}
    pictured = {**survey, "questions": [{**vote, "pictures": ["elsewhere", None]}]}
    data = json.dumps({"questions": [{"question": survey}, {"question": pictured}]}).encode()
    told = await good(await sent(teacher, "q.json", data))
    assert (told["understood"], [note["code"] for note in told["notes"]]) == (
        1,
        ["media_left_off_shelf", "media_needed_off_shelf"],
    )
    assert await questions(teacher) == [{**survey, "questions": [vote]}]


async def test_a_spot_comes_with_its_picture_or_not_at_all(teacher: Person) -> None:
    data = written("qti3", ({**SPOT, "picture": "p"}, {"p": File("map.png", LEAF)}))
    told = await good(await sent(teacher, "q.zip", data))
    (one,), ((shown),) = await questions(teacher), await shelf(teacher)
    assert (told["notes"], one) == ([], {**SPOT, "picture": shown["id"]})
    await good(await teacher.call("DELETE", f"/api/v1/courseware/{shown['id']}?then=nowhere"))
    assert (await exported(teacher, "zip"))[1] == ("1", "spot=1", "0")


async def test_a_trial_keeps_nothing_and_sees_what_is_no_picture(teacher: Person, tone: bytes) -> None:
    data = written(
        "zip",
        ({**CHOICE, "picture": "p", "sound": "s"}, {"p": File("p.png", LEAF), "s": File("s.ogg", tone)}),
        ({**CHOICE, "picture": "q"}, {"q": File("q.png", b"GIF86a")}),
    )
    told = await good(await sent(teacher, "q.zip", data, "&keep=no"))
    assert (told["understood"], told["kept"], [note["code"] for note in told["notes"]]) == (2, False, ["media_left"])
    assert (await ids(teacher), await teacher.get("/api/v1/courseware")) == ([], [])


@pytest.mark.parametrize("why", ["bank", "late bank", "shelf", "disk"])
async def test_nothing_is_half_done_where_it_is_refused(
    teacher: Person, parts: Parts, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    data = written("zip", ({**CHOICE, "picture": "p"}, {"p": File("p.png", LEAF)}), (CHOICE, {}))
    code = (409, "bank_full")
    match why:
        case "bank":  # which is seen before anything is put on the shelf
            monkeypatch.setattr(routes, "MOST", 1)
            monkeypatch.setattr(parts.shelf, "begin", None)
        case "late bank":

            async def none(*_: object) -> bool:
                return False

            monkeypatch.setattr(parts.store.questions, "add", none)
        case "shelf":
            monkeypatch.setattr(shelving, "SHELF_BYTES", 10)
            code = (409, "shelf_full")
        case "disk":

            def full(*_: object) -> None:
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(parts.shelf, "_append", full)
            code = (503, "storage_full")
    assert await refusal(await sent(teacher, "q.zip", data)) == code
    monkeypatch.undo()
    assert (await ids(teacher), await teacher.get("/api/v1/courseware")) == ([], [])
    place = parts.settings.data / "courseware"
    assert [path for path in place.rglob("*") if path.is_file() and not path.name.startswith("lock")] == []
    assert (await good(await sent(teacher, "q.zip", data)))["media"] == 1


async def test_an_import_that_fails_takes_no_picture_from_another_of_the_same_teacher(
    teacher: Person, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = quiz("leaf.png", ("leaf.png", b64(LEAF)))
    add, first, full = parts.store.questions.add, asyncio.Event(), asyncio.Event()

    async def filled(*given: Any) -> bool:
        """The bank was filled by somebody else while the first file was brought."""
        if first.is_set():
            return await add(*given)
        first.set()
        await full.wait()
        return False

    monkeypatch.setattr(parts.store.questions, "add", filled)
    async with asyncio.TaskGroup() as tasks:
        fails = tasks.create_task(sent(teacher, "q.xml", data))
        await first.wait()
        other = tasks.create_task(sent(teacher, "q.xml", data))
        await asyncio.wait([other], timeout=3)
        full.set()
    assert await refusal(fails.result()) == (409, "bank_full")
    assert (await good(other.result()))["understood"] == 1
    assert [one["picture"] for one in await questions(teacher)] == [one["id"] for one in await shelf(teacher)]


def test_more_pictures_than_a_file_may_bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understanding, "MOST_FILES", 2)
    asked = (({**CHOICE, "picture": f"p{i}"}, {f"p{i}": File("p.png", LEAF + bytes([i]))}) for i in range(3))
    told = understanding.understood("q.zip", written("zip", *asked), tmp_path)
    assert (len(told["files"]), [note["code"] for note in told["notes"]]) == (2, ["media_too_many"])


def test_what_a_bank_does_not_keep_is_said_by_its_number(tmp_path: Path) -> None:
    accepted = [f"{i}{'字' * 298}" for i in range(20)]
    large = {"type": "gaps", "prompt": "", "text": "___ and ___", "answer": [accepted, accepted]}
    kept = [{"question": CHOICE, "folder": "x" * 121}, {"question": large}, {"question": CHOICE, "language": "?"}]
    told = understanding.understood("q.json", json.dumps({"questions": kept}).encode(), tmp_path)
    assert (told["questions"], [(note["code"], note["fields"]) for note in told["notes"]]) == (
        [],
        [
            ("too_long", {"number": 1, "where": "folder"}),
            ("question_too_large", {"number": 2, "kb": 32}),
            ("unfit", {"number": 3, "where": "language"}),
        ],
    )


async def test_of_anothers_question_pictures_are_exported_as_they_are_shown(
    parts: Parts, admin: Person, teacher: Person
) -> None:
    """Where a photo was taken is its owner's to know."""
    data = written("zip", ({**CHOICE, "picture": "p"}, {"p": File("cat.jpg", CAT)}))
    school = (await admin.get("/api/v1/schools"))[0]["id"]
    account = await parts.store.accounts.by_login("li")
    assert account is not None
    await parts.store.accounts.set_school(account.id, school)
    await good(await sent(teacher, "q.zip", data, "&shared=yes"))
    for person, name, is_same in ((teacher, "media/cat.jpg", True), (admin, "media/cat.webp", False)):
        file, _ = await exported(person, "zip")
        with zipfile.ZipFile(io.BytesIO(file)) as package:
            assert (package.read(name) == CAT) == is_same


async def test_a_file_says_what_its_format_cannot_hold(teacher: Person) -> None:
    """Each whole question, and each that it holds without its picture."""
    data = written("zip", ({**CHOICE, "picture": "p"}, {"p": File("p.png", LEAF)}))
    await good(await sent(teacher, "q.zip", data))
    asked = [question(one) for one in QUESTIONS if "picture" not in question(one)]
    for one in asked:
        await kept(teacher, one)
    for form in bank.FORMATS:
        file, (left, types, bare) = await exported(teacher, form)
        again = await good(await sent(teacher, f"q.{bank.suffix(form)}", file, "&keep=no"))
        assert again["understood"] + int(left) == len(asked) + 1, form
        assert sum(int(one.partition("=")[2]) for one in types.split(", ") if one) == int(left)
        assert (left == "0") == (form == "json")
        assert bare == ("1" if form in ("csv", "gift", "txt") else "0")


@pytest.mark.parametrize(
    ("name", "data", "refused"),
    [
        ("q.exe", b"MZ", (415, "format_unknown")),
        ("q", b"x", (415, "format_unknown")),
        ("q.json", b"[" * 100_000, (400, "malformed")),
        ("q.json", b"\xff\xfe", (400, "malformed")),
        ("q.csv", b"\xff\xfe", (400, "malformed")),
        ("q.csv", b"", (400, "malformed")),
        ("q.gift", b"\xff\x80\x00 {T}", (400, "encoding_unknown")),
        ("q.xml", b'<!DOCTYPE q [<!ENTITY a "ha">]><quiz>&a;</quiz>', (422, "xml_forbidden")),
        ("q.xml", b"<quiz>" + b"<a>" * 200_000, (422, "xml_too_large")),
        ("q.xml", '<?xml version="1.0" encoding="utf-8"?><quiz>地</quiz>'.encode("gbk"), (400, "encoding_unknown")),
        ("q.zip", b"PK\x03\x04", (422, "zip_unfit")),
    ],
)
async def test_what_is_no_file_of_questions_is_refused(
    teacher: Person, parts: Parts, name: str, data: bytes, refused: tuple[int, str]
) -> None:
    assert await refusal(await sent(teacher, name, data)) == refused
    assert await ids(teacher) == []
    assert list((parts.settings.data / "courseware" / "work").iterdir()) == []


MANY = 10_000
OPTIONS = "".join(f'<simpleChoice identifier="c{i}">x</simpleChoice>' for i in range(MANY))
ANSWERS = f"<questiontext><text>?</text></questiontext>{'<answer><text>x</text></answer>' * MANY}"
TOO_MANY = {
    "q.json": json.dumps({"questions": [{"question": {"type": "vote", "prompt": "?", "options": ["x"] * MANY}}]}),
    "q.csv": f"prompt,options\n?,{'x|' * (MANY // 2)}\n",
    "q.gift": f"? {{=a{'~x' * MANY}}}",
    "q.txt": "?\n" + "".join(f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[i % 26]}. x\n" for i in range(MANY)) + "ANSWER: A\n",
    "q.xml": f'<quiz><question type="multichoice">{ANSWERS}</question></quiz>',
    "q.zip": f"<assessmentItem><itemBody><choiceInteraction>{OPTIONS}</choiceInteraction></itemBody></assessmentItem>",
}


@pytest.mark.parametrize("name", TOO_MANY)
async def test_ten_thousand_options_are_no_question_in_any_format(teacher: Person, name: str) -> None:
    told = await good(await sent(teacher, name, TOO_MANY[name].encode()))
    assert told["understood"] == 0
    codes = {note["code"] for note in told["notes"]}
    assert codes == ({"no_answer_line", "too_many"} if name == "q.txt" else {"too_many"})
    assert all(note["message"] for note in told["notes"])
    assert await ids(teacher) == []


def item(body: str, before: str = "") -> str:
    return f"{before}<assessmentItem><itemBody>{body}</itemBody></assessmentItem>"


LAUGHS = '<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


async def test_a_package_with_items_that_mean_harm_has_its_others_read(teacher: Person) -> None:
    essay = "<extendedTextInteraction/>"
    files = {
        "a.xml": item(f"<p>&b;</p>{essay}", LAUGHS),
        "b.xml": item(f"{'<p>' * 200}deep{'</p>' * 200}{essay}"),
        "c.xml": '<?xml version="1.0" encoding="utf-8"?>' + item(f"<p>é</p>{essay}"),
        "d.xml": item(f'<p>Fine <img src="../../../../etc/passwd.png"/></p>{essay}'),
        "e.xml": item(f'<p>Fine, too <img src="http://127.0.0.1:1/x.png"/><img src="/etc/x.png"/></p>{essay}'),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(name, text.encode("latin-1"))
    told = await good(await sent(teacher, "q.zip", out.getvalue()))
    assert [one["prompt"] for one in await questions(teacher)] == ["Fine", "Fine, too"]
    assert [note["code"] for note in told["notes"]] == [
        *("xml_forbidden", "xml_too_large", "encoding_unknown"),
        *("media_missing", "media_missing", "media_missing"),
    ]
    assert all("xml" in note["message"] for note in told["notes"][:3])


async def test_a_file_that_is_too_large(teacher: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "FILE_BYTES", 1 << 20)
    assert await refusal(await sent(teacher, "q.csv", b"x" * ((1 << 20) + 1))) == (413, "too_large")


async def test_a_file_that_takes_too_long_is_given_up(teacher: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banking, "TIME_S", 0.001)
    assert await refusal(await sent(teacher, "q.csv", b"prompt\nOne?\n")) == (422, "file_too_complex")
