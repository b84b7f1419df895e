"""Editing a recording: what was cut out reaches nobody who may not edit, and all else plays as it was recorded."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from classroom.events import Role, Seat
from recordings.mp4 import samples
from tests.unit.recordings.harness import Desk, paced
from tests.unit.recordings.played import pictures, probe
from tests.unit.recordings.streams import Sender, encode
from tests.unit.web.people import PASSWORD, Person, refusal
from tests.unit.web.test_lessons import do
from tests.unit.web.test_resources import asked
from web.server.parts import Parts

SECONDS = 12
FPS = 30


@dataclass
class Recorded:
    resource: str
    folder: Path
    lead: Seat

    @property
    def base(self) -> str:
        return f"/api/v1/resources/{self.resource}"


@pytest.fixture
async def recorded(parts: Parts, lesson: Any) -> Recorded:
    """Twelve seconds of a camera and a microphone, with a keyframe every two seconds."""
    for kind in ("lesson.open", "lesson.start"):
        await do(parts, lesson["id"], kind)
    lead = Seat("lead", Role.LEAD_TEACHER)
    await asked(parts, lesson["id"], lead, "participant.join", name="Li Lei")
    await do(parts, lesson["id"], "lesson.end")
    folder = parts.settings.data / "recordings" / lesson["id"]
    record(folder)
    tracks = [track("001-camera", "video", "camera"), track("002-mic", "audio", "mic")]
    made = await parts.store.resources.add(
        "Autumn", lesson["id"], 1, lesson=lesson["id"], status="ready", duration_ms=SECONDS * 1000, tracks=tracks
    )
    return Recorded(made.id, folder, lead)


def record(folder: Path) -> None:
    desk = Desk(folder)
    camera, mic = Sender("H264", late_us=0), Sender("opus", ssrc=7, late_us=0)
    video, sound = desk.track(camera), desk.track(mic, "mic")
    desk.feed(video, camera, list(paced(camera, encode("H264", SECONDS * FPS, gop=60))))
    packets = [bytes((0xFC,)) + at.to_bytes(40, "big") for at in range(SECONDS * 50)]  # none is like another
    desk.feed(sound, mic, [(at * 20_000, one) for at, data in enumerate(packets) for one in mic.rtp(data, at * 20_000)])
    for one in (video, sound):
        one.finish()


def track(folder: str, kind: str, source: str, participant: str = "p1") -> dict[str, Any]:
    return {
        "id": folder, "source": source, "participant": participant, "kind": kind, "codec": "", "mime": "",
        "width": 0, "height": 0, "start_ms": 0, "end_ms": SECONDS * 1000, "playlist": f"{folder}/index.m3u8",
    }  # fmt: skip


async def decide(person: Person, one: Recorded, revision: int, **decision: Any) -> Any:
    return await person.post(f"{one.base}/edits", {"decision": {"revision": revision, **decision}})


async def brought(person: Person, playlist: str, into: Path) -> Path:
    """All that a player would fetch."""
    into.mkdir(parents=True)
    text = await (await person.call("GET", playlist)).text()
    (into / "index.m3u8").write_text(text)
    for name in {*re.findall(r'URI="(.*)"', text), *re.findall(r"^seg.*$", text, re.MULTILINE)}:
        answer = await person.call("GET", f"{playlist.rpartition('/')[0]}/{name}")
        assert answer.status == 200, name
        (into / name).write_bytes(await answer.read())
    return into


def frames(folder: Path) -> dict[bytes, int]:
    """What is in all segments, and when."""
    out = {}
    for path in folder.glob("seg-*.m4s"):
        out |= {one.data: time for time, one in samples(path.read_bytes())}
    return out


async def test_what_was_cut_out_does_not_leave_the_server(teacher: Person, recorded: Recorded, tmp_path: Path) -> None:
    whole = {kind: frames(recorded.folder / kind) for kind in ("001-camera", "002-mic")}
    told = await decide(teacher, recorded, 0, kind="cut", from_ms=3100, to_ms=7300)
    assert (told["revision"], told["cuts"]) == (1, [[3100, 7300]])
    shown = await teacher.get(recorded.base)
    assert shown["cuts"] == [[3100, 7300]]
    for one in shown["tracks"]:
        played = await brought(teacher, one["playlist"], tmp_path / one["id"])
        assert probe(played)
        assert "#EXT-X-DISCONTINUITY\n" in (played / "index.m3u8").read_text()
        scale = 90 if one["kind"] == "video" else 48
        kept, all_of_it = frames(played), whole[one["id"]]
        outside = {
            data for data, time in all_of_it.items()
            if time + (1 if scale == 90 else 960) <= 3100 * scale or time >= (8000 if scale == 90 else 7300) * scale
        }  # fmt: skip
        assert len(outside) > 100
        assert kept.keys() == outside, "every frame before, and after it from a keyframe on; none of the cut"
        total = sum(float(line) for line in re.findall(r"EXTINF:(.*),", (played / "index.m3u8").read_text()))
        assert total == pytest.approx(SECONDS - 4.2, abs=0.03), "it closes up over the cut"
    seen = pictures(tmp_path / "001-camera")
    numbers = [number for _, number in seen]
    assert numbers == [number % 30 for number in [*range(93), *range(240, 360)]], "no picture is missing or doubled"

    # Nor by the names that its files have on disk.
    for path in sorted(recorded.folder.glob("*/*")):
        name = str(path.relative_to(recorded.folder))
        answer = await teacher.call("GET", f"{recorded.base}/media/{name}")
        if answer.status == 200 and path.suffix == ".m4s":
            inside = {data for data, time in whole[path.parent.name].items()}
            assert {one.data for _, one in samples(await answer.read())} <= inside
            assert frames(tmp_path / path.parent.name).keys() >= {one.data for _, one in samples(path.read_bytes())}, (
                name
            )
    for forged in ("seg-1-0-99999999.m4s", "seg-2-3000000-7000000.m4s", "aac/../seg-2.m4s", "~0/../seg-2.m4s"):
        assert (await teacher.call("GET", f"{recorded.base}/media/001-camera/{forged}")).status == 404


async def test_who_may_edit_sees_all_of_it_and_takes_a_decision_back(
    admin: Person, teacher: Person, recorded: Recorded, browser: Any, tmp_path: Path
) -> None:
    for login, role in (("wu", "teacher"), ("sun", "staff")):
        await admin.post("/api/v1/accounts", {"login": login, "name": login, "password": PASSWORD, "role": role})
    other, staff = await browser(), await browser()
    await other.sign_in("wu")
    await staff.sign_in("sun")
    await decide(teacher, recorded, 0, kind="cut", from_ms=0, to_ms=5000)
    assert await refusal(await other.call("GET", f"{recorded.base}/whole")) == (404, "not_found")
    for number, person in enumerate((teacher, staff, admin)):
        uncut = await person.get(f"{recorded.base}/whole")
        assert uncut["cuts"] == []
        played = await brought(person, uncut["tracks"][0]["playlist"], tmp_path / str(number))
        assert frames(played) == frames(recorded.folder / "001-camera")
    told = await decide(staff, recorded, 1, kind="undo", number=1)
    assert told["cuts"] == []
    assert [(one["kind"], one["stands"], one["by"]) for one in told["decisions"]] == [
        ("cut", False, "Li Wen"),
        ("undo", False, "sun"),
    ]
    assert await refusal(await post(staff, recorded, 2, kind="undo", number=1)) == (409, "undone")


async def post(person: Person, one: Recorded, revision: int, **decision: Any) -> Any:
    return await person.call("POST", f"{one.base}/edits", {"decision": {"revision": revision, **decision}})


async def test_of_two_who_edit_at_once_one_is_told(teacher: Person, recorded: Recorded) -> None:
    await decide(teacher, recorded, 0, kind="cut", from_ms=0, to_ms=1000)
    late = await post(teacher, recorded, 0, kind="cut", from_ms=2000, to_ms=3000)
    assert await refusal(late) == (409, "edited")
    assert (await teacher.get(f"{recorded.base}/edits"))["cuts"] == [[0, 1000]]


async def test_what_makes_no_sense_is_refused_and_changes_nothing(teacher: Person, recorded: Recorded) -> None:
    bad: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"kind": "cut", "from_ms": 5, "to_ms": 5}, (422, "out_of_range")),
        ({"kind": "cut", "from_ms": 9, "to_ms": 5}, (422, "out_of_range")),
        ({"kind": "cut", "from_ms": 5, "to_ms": 12_001}, (422, "out_of_range")),
        ({"kind": "cut", "from_ms": -1, "to_ms": 5}, (400, "malformed")),
        ({"kind": "cut", "from_ms": 0.5, "to_ms": 5}, (400, "malformed")),
        ({"kind": "cut", "from_ms": 0}, (400, "malformed")),
        ({"kind": "cut", "from_ms": 0, "to_ms": 12_000}, (422, "nothing_left")),
        ({"kind": "trim", "from_ms": 12_000, "to_ms": None}, (422, "out_of_range")),
        ({"kind": "hide", "track": "../002-mic"}, (404, "not_found")),
        ({"kind": "hide", "participant": "nobody"}, (404, "not_found")),
        ({"kind": "undo", "number": 1}, (404, "not_found")),
        ({"kind": "burn"}, (400, "malformed")),
    ]
    for decision, expected in bad:
        assert await refusal(await post(teacher, recorded, 0, **decision)) == expected, decision
    assert (await teacher.get(f"{recorded.base}/edits"))["decisions"] == []
    # They may lie over each other.
    await decide(teacher, recorded, 0, kind="cut", from_ms=2000, to_ms=4000)
    await decide(teacher, recorded, 1, kind="cut", from_ms=1000, to_ms=3000)
    told = await decide(teacher, recorded, 2, kind="trim", from_ms=500, to_ms=9000)
    assert told["cuts"] == [[0, 500], [1000, 4000], [9000, 12_000]]
    assert (await decide(teacher, recorded, 3, kind="undo", number=1))["cuts"] == [
        [0, 500],
        [1000, 3000],
        [9000, 12_000],
    ]


async def test_a_hidden_track_and_a_hidden_participant_are_not_there(
    parts: Parts, teacher: Person, recorded: Recorded
) -> None:
    await decide(teacher, recorded, 0, kind="hide", track="002-mic")
    assert [one["id"] for one in (await teacher.get(recorded.base))["tracks"]] == ["001-camera"]
    for name in ("index.m3u8", "seg-1.m4s", "init-1.mp4"):
        assert (await teacher.call("GET", f"{recorded.base}/media/002-mic/{name}")).status == 404
    await decide(teacher, recorded, 1, kind="hide", participant="p1")
    assert (await teacher.get(recorded.base))["tracks"] == []


async def test_one_recording_becomes_two(parts: Parts, teacher: Person, recorded: Recorded, tmp_path: Path) -> None:
    await decide(teacher, recorded, 0, kind="cut", from_ms=1000, to_ms=2000)
    made = await teacher.post(f"{recorded.base}/split", {"revision": 1, "at_ms": 6000, "title": "Second half"})
    first = await teacher.get(recorded.base)
    second = await teacher.get(f"/api/v1/resources/{made['resource']}")
    assert first["cuts"] == [[1000, 2000], [6000, 12_000]]
    assert (second["title"], second["cuts"]) == ("Second half", [[0, 6000]])
    parted = [
        frames(await brought(teacher, one["tracks"][1]["playlist"], tmp_path / str(number)))
        for number, one in enumerate((first, second))
    ]
    assert not parted[0].keys() & parted[1].keys()
    assert len(parted[0]) == 250
    assert len(parted[1]) == 300
    again = {"revision": 2, "at_ms": 7000, "title": "x"}
    assert await refusal(await teacher.call("POST", f"{recorded.base}/split", again)) == (422, "out_of_range")
    # The files stay as long as one of them is there.
    assert (await teacher.call("DELETE", recorded.base)).status == 204
    assert (recorded.folder / "001-camera" / "seg-1.m4s").exists()
    assert (await teacher.call("DELETE", f"/api/v1/resources/{made['resource']}")).status == 204
    assert not recorded.folder.exists()


async def test_a_class_that_is_shown_a_recording_is_shown_what_is_left(
    parts: Parts, teacher: Person, recorded: Recorded, tmp_path: Path
) -> None:
    await decide(teacher, recorded, 0, kind="cut", from_ms=3100, to_ms=7300)
    lesson = await teacher.post("/api/v1/lessons", {"title": "Winter"})
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)
    await asked(parts, lesson["id"], lead, "participant.join", name="Li")
    await asked(parts, lesson["id"], lead, "lesson.open")
    await asked(parts, lesson["id"], lead, "lesson.start")
    await asked(parts, lesson["id"], lead, "courseware.open", courseware=recorded.resource)
    base = f"/api/v1/lessons/{lesson['id']}/courseware/{recorded.resource}/tracks"
    tracks = [one for one in await teacher.get(base) if one["kind"] == "video"]
    assert [(one["start_ms"], one["end_ms"]) for one in tracks] == [(0, 3100), (7300, 12_000)]
    counts = [len(frames(await brought(teacher, one["playlist"], tmp_path / one["id"]))) for one in tracks]
    assert counts == [93, 120]
    assert (await teacher.call("GET", f"{base}/001-camera/seg-2.m4s")).status == 404


async def test_a_class_that_opens_a_cut_recording_at_once_waits_for_nobody(teacher: Person, recorded: Recorded) -> None:
    await decide(teacher, recorded, 0, kind="cut", from_ms=3100, to_ms=7300)
    playlists = [one["playlist"] for one in (await teacher.get(recorded.base))["tracks"]]
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(teacher.call("GET", playlists[n % 2] + f"?{n}") for n in range(100)))
    assert {answer.status for answer in answers} == {200}
    for forged in ("~" + "9" * 5000, "~-1", "~", "~²"):
        assert (await teacher.call("GET", f"{recorded.base}/media/001-camera{forged}/seg-1.m4s")).status == 404
