"""Files of a recording are made in the background: asked for, waited for, given up, begun anew, cleared away."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import av
import pytest
from PIL import Image

from classroom.events import Command, Role, Seat
from classroom.store.records import Photo
from recordings.files import AAC
from tests.recorded import Take, publish
from tests.unit.web.people import Person, refusal
from tests.unit.web.test_edits import brought
from tests.unit.web.test_lessons import do
from web.server import renderer as module
from web.server.courseware.making import TEXT
from web.server.courseware.photos import BOUNDS
from web.server.parts import Live, Parts
from web.server.renderer import Renderer

SLIDE, PHOTO = (30, 90, 160), (160, 90, 30)
TAKES = [Take("camera", "p1", 0, 8_000, 320, 180), Take("mic", "p1", 0, 8_000)]


def a_renderer(parts: Parts) -> Renderer:
    made = Renderer(parts.store, parts.journal, parts.files, parts.shelf, parts.settings.data / "renders", parts.clock)
    parts.live = Live(*(None,) * 4, renderer=made)  # type: ignore[arg-type]
    return made


@pytest.fixture
async def renderer(parts: Parts) -> AsyncIterator[Renderer]:
    made = a_renderer(parts)
    yield made
    await made.close()
    parts.live = None


@pytest.fixture
async def base(parts: Parts, lesson: Any, renderer: Renderer) -> str:
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        await do(parts, lesson["id"], kind)
    made = await publish(parts, lesson["id"], TAKES)
    return f"/api/v1/resources/{made.id}"


async def until(person: Person, base: str, status: str) -> Any:
    async with asyncio.timeout(60):
        while True:
            [row] = await person.get(f"{base}/renders")
            if row["status"] == status:
                return row
            await asyncio.sleep(0.05)


async def test_a_file_is_made_given_and_given_no_more_once_something_was_cut_out(
    teacher: Person, base: str, renderer: Renderer
) -> None:
    first = await teacher.post(f"{base}/renders", {"layout": "lead"})
    assert first["status"] == "waiting"
    assert await teacher.post(f"{base}/renders", {"layout": "lead"}) == first, "asked for again it is the same"
    file = f"{base}/renders/{first['id']}/file"
    assert await refusal(await teacher.call("GET", file)) == (404, "not_found")
    await renderer.start()
    row = await until(teacher, base, "ready")
    answer = await teacher.call("GET", file)
    assert "attachment" in answer.headers["Content-Disposition"]
    data = await answer.read()
    assert len(data) == row["bytes"]
    with av.open(io.BytesIO(data)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 240
    part = await teacher.call("GET", file, headers={"Range": "bytes=4-7"})
    assert (part.status, await part.read()) == (206, b"ftyp")
    await teacher.post(f"{base}/edits", {"decision": {"revision": 0, "kind": "cut", "from_ms": 0, "to_ms": 4000}})
    assert await refusal(await teacher.call("GET", file)) == (404, "not_found")
    [row] = await teacher.get(f"{base}/renders")
    assert not row["current"]
    again = await teacher.post(f"{base}/renders", {"layout": "lead"})
    assert again["id"] != first["id"]
    await until(teacher, base, "ready")
    with av.open(io.BytesIO(await (await teacher.call("GET", file.replace(first["id"], again["id"]))).read())) as cut:
        assert sum(1 for _ in cut.decode(video=0)) == 120


async def test_the_board_with_its_slides_and_the_player_s_chapters_are_in_the_file(
    parts: Parts, teacher: Person, lesson: Any, renderer: Renderer
) -> None:
    owner = (await teacher.look())["account"]["id"]
    row = await parts.store.shelves.add(owner, "Map.pdf", 1, parts.now_ms, 10, 10)
    assert row is not None
    await parts.store.shelves.uploaded(row.id)
    await parts.store.shelves.ready(row.id, "digest", "slides", 1, [320], None, "")
    folder = parts.shelf.content("digest")
    folder.mkdir(parents=True)
    Image.new("RGB", (320, 180), SLIDE).save(folder / "1-320.webp", lossless=True)
    (folder / TEXT).write_text(json.dumps(["Rivers 河流\nand lakes"]))
    for kind in ("lesson.open", "lesson.start"):
        await do(parts, lesson["id"], kind)
    lead = Seat((await parts.store.participants.add(lesson["id"], Role.LEAD_TEACHER, "Li", 0, account=owner)).id,
                Role.LEAD_TEACHER)  # fmt: skip
    paper = {"kind": "slide", "courseware": row.id, "slide": 1}
    photo = Photo("photo1", lesson["id"], lead.participant, 100, 0)
    assert await parts.store.photos.add(photo, "Li", BOUNDS)
    parts.photos.folder(photo.id).mkdir(parents=True)
    Image.new("RGB", (320, 180), PHOTO).save(parts.photos.folder(photo.id) / "1-320.webp", lossless=True)
    image = {"object": "i1", "type": "image", "courseware": photo.id, "slide": 1, "box": [1200, 600, 320, 180]}
    for kind, data in (
        ("participant.join", {"name": "Li"}),
        ("page.add", {"page": "2", "paper": paper}),
        ("page.show", {"page": "2"}),
        ("object.add", {"page": "2", "object": image}),
        ("plan.write", {"revision": 0, "steps": [{"step": "s1", "title": "新课"}]}),
        ("step.begin", {"step": "s1"}),
        ("lesson.end", {}),
    ):
        await asyncio.sleep(0.002)  # each at a moment of its own
        await parts.journal.submit(lesson["id"], lead, Command(str(uuid.uuid4()), kind, data))
    made = await publish(parts, lesson["id"], [replace(TAKES[0], participant=lead.participant)])
    base = f"/api/v1/resources/{made.id}"
    await renderer.start()
    asked = await teacher.post(f"{base}/renders", {"layout": "beside"})
    await until(teacher, base, "ready")
    data = await (await teacher.call("GET", f"{base}/renders/{asked['id']}/file")).read()
    with av.open(io.BytesIO(data)) as container:
        *_, last = container.decode(video=0)
        titles = [one["metadata"]["title"] for one in container.chapters()]
    assert titles == ["Rivers 河流", "新课"]
    picture = last.to_ndarray(format="rgb24")
    assert (picture.shape, abs(picture[360, 480].astype(int) - SLIDE).max() < 12) == ((720, 1280, 3), True)
    assert abs(picture[510, 810].astype(int) - PHOTO).max() < 12, "which was sent in"
    assert abs(picture[110, 1100].astype(int) - SLIDE).max() > 12, "the camera stands beside it"


async def test_what_is_given_up_or_dies_leaves_nothing_and_the_next_server_begins_anew(
    parts: Parts, teacher: Person, base: str, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.2)
    await renderer.start()
    row = await teacher.post(f"{base}/renders", {"layout": "directed"})
    await until(teacher, base, "working")
    assert (await teacher.call("DELETE", f"{base}/renders/{row['id']}")).status == 204
    assert await teacher.get(f"{base}/renders") == []
    row = await teacher.post(f"{base}/renders", {"layout": "directed"})
    await until(teacher, base, "working")
    while renderer._sandbox is None or renderer._sandbox._process is None:
        await asyncio.sleep(0.01)
    renderer._sandbox.stop()
    row = await until(teacher, base, "failed")
    assert row["fault"] == "render_failed"
    await teacher.post(f"{base}/renders", {"layout": "directed"})
    await until(teacher, base, "working")
    await renderer.close()  # the server ends
    assert (await teacher.get(f"{base}/renders"))[0]["status"] == "working"
    after = a_renderer(parts)
    await after.start()
    try:
        row = await until(teacher, base, "ready")
    finally:
        await after.close()
    assert {path.name for path in after.directory.iterdir()} == {f"{row['id']}.mp4", "lock"}


async def test_sound_is_there_in_aac_a_while_after_the_lesson_and_is_cut_like_the_other(
    teacher: Person, base: str, renderer: Renderer, tmp_path: Any
) -> None:
    assert [one["aac"] for one in (await teacher.get(base))["tracks"]] == [None, None]
    await renderer.start()
    async with asyncio.timeout(60):
        while (aac := (await teacher.get(base))["tracks"][1]["aac"]) is None:
            await asyncio.sleep(0.1)
    assert f"/{AAC}/" in aac
    await teacher.post(f"{base}/edits", {"decision": {"revision": 0, "kind": "cut", "from_ms": 1000, "to_ms": 7000}})
    shown = (await teacher.get(base))["tracks"][1]
    played = await brought(teacher, shown["aac"], tmp_path / "aac")
    text = (played / "index.m3u8").read_text()
    lasts = [float(line[8:-1]) for line in text.splitlines() if line.startswith("#EXTINF")]
    assert sum(lasts) == pytest.approx(2.0, abs=0.025)
    assert (await teacher.call("GET", f"{base}/media/002-mic/{AAC}/seg-1.m4s")).status == 404


async def test_old_files_and_those_of_recordings_that_are_gone_are_cleared_away(
    parts: Parts, teacher: Person, base: str, renderer: Renderer
) -> None:
    await renderer.start()
    row = await teacher.post(f"{base}/renders", {"layout": "lead"})
    await until(teacher, base, "ready")
    assert renderer.file(row["id"]).exists()
    await parts.store.renders.change(row["id"], ended_at=parts.now_ms - module.KEPT_MS - 1)
    renderer.wake()
    async with asyncio.timeout(20):
        while renderer.file(row["id"]).exists():
            await asyncio.sleep(0.05)
    assert await teacher.get(f"{base}/renders") == []


async def test_no_file_is_made_of_what_is_no_recording(teacher: Person, renderer: Renderer) -> None:
    link = await teacher.post("/api/v1/resources", {"kind": "link", "target": "https://moe.example/a", "title": "A"})
    base = f"/api/v1/resources/{link['id']}/renders"
    assert await refusal(await teacher.call("POST", base, {"layout": "lead"})) == (409, "not_a_recording")
    assert await teacher.get(base) == []
