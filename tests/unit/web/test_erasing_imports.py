"""A person is erased from recordings that were exported here and imported again; where no more than a name is like
theirs, that is told and nothing touched."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from classroom.erasing import ERASED
from classroom.events import Role
from classroom.store.records import Resource
from recordings.carried import BEFORE, Carried, keep, load
from tests import exchanged
from tests.exchanged import CHILD
from tests.unit.web.people import Person
from tests.unit.web.test_exchange import brought, exported
from web.server.control import Control, connected
from web.server.exchange import folder
from web.server.exchange.bringing import Outcome
from web.server.keeping import imports
from web.server.parts import Parts

KEEPING = "/api/v1/keeping"


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("static")
    (home / "carried").mkdir()
    for name in ("carried/player.js", "carried/player.css", "prefs.js", "icon.svg"):
        (home / name).write_text("/**/")
    return home / "carried"


async def taken(control: Control, path: Path) -> str:
    [made] = await brought(control, path)
    assert isinstance(made, Outcome)
    assert made.id is not None, made.why
    return made.id


def elsewhere(out: Path, child: str) -> None:
    """As an installation exports it that gave them another id."""
    otherwise(out, child, "other")


def otherwise(out: Path, was: str, now: str) -> None:
    before = (out / folder.DATA).read_bytes()
    data = before.replace(was.encode(), now.encode())
    assert data != before
    (out / folder.DATA).write_bytes(data)
    said = json.loads((out / folder.MANIFEST).read_bytes())
    said["files"][folder.DATA] = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    (out / folder.MANIFEST).write_text(json.dumps(said))


def test_a_person_is_erased_from_what_came_back_and_who_is_like_them_elsewhere_is_told(
    tmp_path: Path, static: Path
) -> None:
    async def go() -> None:
        kept = await exchanged.keep(tmp_path / "data")
        async with connected(kept.settings) as control:
            out = tmp_path / "out"
            await exported(control, kept.resource, out, static, names=True)
            otherwise(out, "Good morning", f"Good morning, {CHILD}")  # in the captions
            ours = await taken(control, out)
            [met] = await control.ask("POST", f"{KEEPING}/people", {"name": CHILD})
            elsewhere(out, met["participant"])
            theirs = await taken(control, out)
            assert {one["id"] for one in await control.ask("POST", f"{KEEPING}/people/imported", {"name": CHILD})} == {
                ours,
                theirs,
            }
            wanted = {"participants": [met["participant"]], "tracks": "hide"}
            traces = await control.ask("POST", f"{KEEPING}/erasures/preview", wanted)
            assert (traces["imported"], [one["id"] for one in traces["alike"]]) == (1, [theirs])
            before = await events(control, ours)
            assert CHILD in await captions(control, ours)
            done = await control.ask("POST", f"{KEEPING}/erasures", wanted)
            assert (done["stage"], done["fault"]) == ("done", None)
            after = await events(control, ours)
            assert CHILD not in json.dumps(after, ensure_ascii=False)
            assert [(one["seq"], one["at"], one["kind"]) for one in after] == [
                (one["seq"], one["at"], one["kind"]) for one in before
            ]
            assert ERASED in {one["data"].get("name") for one in after}
            assert CHILD in json.dumps(await events(control, theirs), ensure_ascii=False)
            assert "Good morning" in (said := await captions(control, ours))
            assert CHILD not in said
            assert CHILD in await captions(control, theirs)
            again = await control.ask("POST", f"{KEEPING}/people/imported", {"name": CHILD})
            assert [one["id"] for one in again] == [theirs]
        home = tmp_path / "data" / "recordings"
        [left] = [path for path in home.glob(f"{BEFORE}*") if CHILD in (path / "carried.json").read_text()]
        assert left.name == f"{BEFORE}{theirs}"

    asyncio.run(go())


async def events(control: Control, resource: str) -> list[Any]:
    return list(await control.ask("GET", f"/api/v1/resources/{resource}/events"))


async def captions(control: Control, resource: str) -> str:
    data, _ = await control.fetch(f"/api/v1/resources/{resource}/captions/zh-CN")
    return data.decode()


async def test_tracks_and_works_of_theirs_go_from_an_imported_folder(parts: Parts, teacher: Person) -> None:
    me = (await teacher.look())["account"]["id"]
    lesson = (await parts.store.lessons.add("Autumn", parts.now_ms, owner=me)).id
    child = (await parts.store.participants.add(lesson, Role.STUDENT, "Ottoline", 0)).id
    home = parts.files.directory / f"{BEFORE}x"
    (home / "media").mkdir(parents=True)
    (home / "works").mkdir()
    for name in ("media/child.mp4", "media/lead.mp4", "works/w1.webp", "works/w2.webp"):
        (home / name).write_bytes(b"seen")
    works = [{"participant": child, "name": "Ottoline", "file": "w1"}, {"participant": "q", "file": "w2"}]
    shown = {"activity": "a", "works": works, "named": True}
    event = {"seq": 1, "at": 0, "actor": "t", "kind": "activity.shown", "data": shown, "cause": None, "v": 1}
    files = {"/works/w1/320": "works/w1.webp", "/works/w2/320": "works/w2.webp"}
    keep(home, Carried({"/events": [event], "/cuts": [], "/words": []}, files))
    tracks = [{"id": one, "participant": who, "playlist": f"media/{one}.mp4", "kind": "video"}
              for one, who in (("child", child), ("lead", "t"))]  # fmt: skip
    await parts.store.resources.put(Resource("x", None, "Came", "recording", "ready", 0, 9, home.name, tracks))
    found = await imports.look(parts, [child], ["Ottoline"])
    assert [row.id for row in found.theirs] == ["x"]
    for _ in range(2):  # again, it changes nothing
        gone = imports.erase(home, [child], ["media/child.mp4"])
    assert gone.files == 0
    assert sorted(path.name for path in home.rglob("*.*")) == ["carried.json", "lead.mp4", "w2.webp"]
    assert load(home).files == {"/works/w2/320": "works/w2.webp"}
