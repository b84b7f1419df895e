"""Small pictures of a recording: made after it, given as it is edited, made anew where they are gone."""

from __future__ import annotations

import asyncio
import io
import shutil
from typing import Any

import numpy
import pytest
from PIL import Image

from recordings.files import STILLS
from tests.recorded import FPS, LOOP_FRAMES, Take, publish
from tests.unit.web.people import PASSWORD, Person, refusal
from tests.unit.web.test_lessons import do
from tests.unit.web.test_renders import renderer  # noqa: F401 - a fixture
from web.server import lacking
from web.server import renderer as module
from web.server.demo import framecounter
from web.server.parts import Parts
from web.server.renderer import Renderer

LASTS_MS = 40_000


@pytest.fixture
async def base(parts: Parts, teacher: Person, lesson: Any) -> str:
    """A camera with a keyframe each four seconds, from a second on."""
    for kind in ("lesson.open", "lesson.start", "lesson.end"):
        await do(parts, lesson["id"], kind)
    made = await publish(parts, lesson["id"], [Take("camera", "p1", 1_000, 1_000 + LASTS_MS, 320, 180)])
    return f"/api/v1/resources/{made.id}"


async def made(person: Person, base: str) -> Any:
    async with asyncio.timeout(60):
        while not (told := await person.get(f"{base}/stills"))["tracks"]:
            await asyncio.sleep(0.1)
    return told


async def pictures(person: Person, base: str, told: Any) -> dict[int, int | None]:
    """When each is of, and the number that it shows."""
    out = {}
    for track in told["tracks"]:
        data = await (await person.call("GET", f"{base}/stills/{track['track']}/0")).read()
        assert len(data) == sum(size for _, _, size in track["stills"])
        for _, at_ms, size in track["stills"]:
            image, data = Image.open(io.BytesIO(data[:size])), data[size:]
            assert (image.format, image.size) == ("WEBP", (240, 136))
            grey = numpy.asarray(image.convert("L").resize((320, 180)))
            out[at_ms] = framecounter.read(grey.tobytes(), 320, 180, 320)
    return out


async def test_pictures_are_made_and_what_was_cut_out_is_in_none_of_them(
    admin: Person,
    teacher: Person,
    base: str,
    browser: Any,
    renderer: Renderer,  # noqa: F811 - the fixture
) -> None:
    assert await teacher.get(f"{base}/stills") == {"revision": 0, "run": 60, "tracks": []}
    assert (await teacher.call("GET", f"{base}/poster")).status == 204
    await renderer.start()
    seen = await pictures(teacher, base, await made(teacher, base))
    assert seen == {at: (at - 1_000) * FPS // 1_000 % LOOP_FRAMES for at in (1_000, 13_000, 25_000, 37_000)}
    poster = await (await teacher.call("GET", f"{base}/poster")).read()
    assert Image.open(io.BytesIO(poster)).format == "WEBP"

    cut = {"decision": {"revision": 0, "kind": "cut", "from_ms": 12_000, "to_ms": 30_000}}
    await teacher.post(f"{base}/edits", cut)
    told = await teacher.get(f"{base}/stills")
    assert list(await pictures(teacher, base, told)) == [1_000, 37_000]
    assert [number for number, _, _ in told["tracks"][0]["stills"]] == [0, 3]
    assert await (await teacher.call("GET", f"{base}/poster")).read() != poster, "it was of what is cut out now"
    for path in ("001-camera/1", "001-camera/-1", "001-camera/x", "nobody/0", "..%2F001-camera/0"):
        assert await refusal(await teacher.call("GET", f"{base}/stills/{path}")) == (404, "not_found")
    files = "001-camera/stills/stills.bin", "001-camera/stills/index.json"
    for name in files:
        assert await refusal(await teacher.call("GET", f"{base}/media/{name}")) == (404, "not_found")
        assert await refusal(await teacher.call("GET", f"{base}/whole/media/{name}")) == (404, "not_found")

    await admin.post("/api/v1/accounts", {"login": "wu", "name": "wu", "password": PASSWORD, "role": "teacher"})
    other = await browser()
    await other.sign_in("wu")
    for path in ("stills", "stills/001-camera/0", "poster"):
        assert await refusal(await other.call("GET", f"{base}/{path}")) == (404, "not_found")

    await teacher.post(f"{base}/edits", {"decision": {"revision": 1, "kind": "hide", "track": "001-camera"}})
    assert (await teacher.get(f"{base}/stills"))["tracks"] == []
    assert await refusal(await teacher.call("GET", f"{base}/stills/001-camera/0")) == (404, "not_found")
    assert (await teacher.call("GET", f"{base}/poster")).status == 204


async def test_where_they_are_gone_they_are_made_anew(
    parts: Parts,
    teacher: Person,
    base: str,
    monkeypatch: pytest.MonkeyPatch,
    renderer: Renderer,  # noqa: F811 - the fixture
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.2)
    monkeypatch.setattr(lacking, "FORGET_S", 0.2)
    await renderer.start()
    told = await made(teacher, base)
    [folder] = (parts.settings.data / "recordings").glob(f"*/*/{STILLS}")
    shutil.rmtree(folder)
    assert (await teacher.get(f"{base}/stills"))["tracks"] == []
    assert await made(teacher, base) == told
    assert [path.name for path in renderer.directory.iterdir()] == ["lock"]
